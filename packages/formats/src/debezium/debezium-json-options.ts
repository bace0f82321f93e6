import { Option } from "@tributary/core";
import { JsonValueOptions } from "../json/json-value-options.js";

const SOURCE = "Flink documentation, Debezium format";

/** The format's identifier. */
export const DEBEZIUM_JSON = "debezium-json";

/** Options of the format `debezium-json`. @public */
export class DebeziumJsonFormatOptions extends JsonValueOptions {
  @Option({
    key: "ignore-parse-errors",
    type: "boolean",
    summary:
      "A value that cannot be converted is NULL and a message that is no change event is skipped; else both fail the record.",
    source: SOURCE,
  })
  override readonly ignoreParseErrors: boolean = false;

  @Option({
    key: "schema-include",
    type: "boolean",
    summary:
      "The event is wrapped with its schema, as { schema, payload }. For reading only: a table with it cannot be written.",
    source: SOURCE,
  })
  readonly includesSchema: boolean = false;
}
