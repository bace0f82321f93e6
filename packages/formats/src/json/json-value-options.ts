import { Option } from "@tributary/core";

/** Values of `timestamp-format.standard`. */
export const TIMESTAMP_FORMS = ["SQL", "ISO-8601", "ISO-8601-WITH-OFFSET"] as const;

/** The texts of timestamps. */
export type TimestampForm = (typeof TIMESTAMP_FORMS)[number];

const SOURCE = "Flink documentation, JSON format";

/** What the formats that carry values as JSON have in common: how values are read and written. @public */
export class JsonValueOptions {
  @Option({
    key: "ignore-parse-errors",
    type: "boolean",
    summary:
      "A value that cannot be converted is NULL and a message that is no JSON is skipped; else both fail the record.",
    source: SOURCE,
  })
  readonly ignoreParseErrors: boolean = false;

  @Option({
    key: "timestamp-format.standard",
    type: "enum",
    printedType: "String",
    values: TIMESTAMP_FORMS,
    isCaseSensitive: true,
    isForwarded: true,
    summary:
      "Text of TIMESTAMP and TIMESTAMP_LTZ: 'SQL' is yyyy-MM-dd HH:mm:ss[.f], 'ISO-8601' is yyyy-MM-ddTHH:mm:ss[.f]; both end in Z for TIMESTAMP_LTZ. 'ISO-8601-WITH-OFFSET' reads Z or an offset such as +02:00 behind both types, and writes UTC with Z.",
    source: SOURCE,
  })
  readonly timestampFormat: TimestampForm = "SQL";

  @Option({
    key: "map-null-key.mode",
    type: "enum",
    printedType: "String",
    values: ["FAIL", "DROP", "LITERAL"],
    isForwarded: true,
    summary:
      "Writing a map with a NULL key: 'FAIL' is an error, 'DROP' leaves the entry out, 'LITERAL' writes map-null-key.literal.",
    source: SOURCE,
  })
  readonly mapNullKeyMode: "FAIL" | "DROP" | "LITERAL" = "FAIL";

  @Option({
    key: "map-null-key.literal",
    type: "string",
    isForwarded: true,
    summary: "The key that stands for NULL where map-null-key.mode is 'LITERAL'.",
    source: SOURCE,
  })
  readonly mapNullKeyLiteral: string = "null";

  @Option({
    key: "encode.decimal-as-plain-number",
    type: "boolean",
    isForwarded: true,
    summary: "Write DECIMAL with all its fraction digits and never with an exponent.",
    source: SOURCE,
  })
  readonly writesPlainDecimals: boolean = false;

  @Option({
    key: "encode.ignore-null-fields",
    type: "boolean",
    isForwarded: true,
    summary: "Leave out NULL columns and NULL fields of nested rows when writing.",
    source: SOURCE,
  })
  readonly omitsNullFields: boolean = false;
}
