import { CrossCheck, Option } from "@tributary/core";
import type { CrossCheckContext, OptionFault } from "@tributary/core";
import { JsonValueOptions } from "./json-value-options.js";

const SOURCE = "Flink documentation, JSON format";

/** Options of the format `json`. @public */
export class JsonFormatOptions extends JsonValueOptions {
  @Option({
    key: "fail-on-missing-field",
    type: "boolean",
    summary: "A column without a field in the object is an error; else it is NULL.",
    source: SOURCE,
  })
  readonly failOnMissingField: boolean = false;

  @Option({
    key: "decode.json-parser.enabled",
    type: "boolean",
    isForwarded: true,
    summary:
      "Read as Flink's streaming decoder does; else as its tree decoder, which reprints numbers in text columns, does not trim DECIMAL text and passes over a message that is null or blank.",
    source: SOURCE,
  })
  readonly usesStreamingParser: boolean = true;

  @CrossCheck()
  checkMissingFieldAgainstErrors(context: CrossCheckContext): readonly OptionFault[] {
    if (!this.failOnMissingField || !this.ignoreParseErrors) return [];
    const missing = context.fullKey("fail-on-missing-field");
    const ignore = context.fullKey("ignore-parse-errors");
    return [
      {
        key: "fail-on-missing-field",
        otherKeys: ["ignore-parse-errors"],
        code: "OPTION_CONFLICT",
        message: `'${missing}' and '${ignore}' cannot both be true.`,
        hint: `Leave out one of them.`,
      },
    ];
  }
}
