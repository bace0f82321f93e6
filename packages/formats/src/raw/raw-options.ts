import { CrossCheck, Option } from "@tributary/core";
import type { CrossCheckContext, OptionFault } from "@tributary/core";
import { CHARSET_EXAMPLES, findCharset } from "./charset.js";

const SOURCE = "Flink documentation, raw format";

/** Options of the format `raw`. @public */
export class RawFormatOptions {
  @Option({
    key: "charset",
    type: "string",
    summary: "Character set of text.",
    example: "UTF-16",
    source: SOURCE,
  })
  readonly charset: string = "UTF-8";

  @Option({
    key: "endianness",
    type: "enum",
    printedType: "String",
    values: ["big-endian", "little-endian"],
    summary: "Order of the bytes of numbers.",
    source: SOURCE,
  })
  readonly endianness: "big-endian" | "little-endian" = "big-endian";

  @Option({
    key: "line-delimiter",
    type: "string",
    summary:
      "Reading splits a message at this text, one row a part; writing appends it. Taken as typed: \\n is a backslash and an n.",
    source: SOURCE,
  })
  readonly lineDelimiter?: string;

  @CrossCheck()
  checkCharset(context: CrossCheckContext): readonly OptionFault[] {
    if (findCharset(this.charset) !== undefined) return [];
    return [
      {
        key: "charset",
        message: `'${context.fullKey("charset")}' = '${this.charset}' is no character set known here.`,
        candidates: CHARSET_EXAMPLES,
      },
    ];
  }

  @CrossCheck()
  checkLineDelimiter(context: CrossCheckContext): readonly OptionFault[] {
    if (this.lineDelimiter !== "") return [];
    return [
      {
        key: "line-delimiter",
        message: `'${context.fullKey("line-delimiter")}' is empty: nothing can be split at it.`,
        hint: "Leave it out to have one row a message.",
      },
    ];
  }
}
