/** What is tried of each format: options, columns, and pieces of which its messages consist. */
import { fileURLToPath } from "node:url";
import type { Options } from "../codec.js";

/** One table to decode with. */
export interface Setup {
  readonly title: string;
  /** Without the format's prefix. */
  readonly options: Options;
  readonly columns: string;
  /** Texts, or bytes as characters, that are put into messages. */
  readonly tokens: readonly string[];
  /** Can a row that was read be written, and read again as the same? */
  readonly isInvertible: boolean;
}

const ODD_NAMES =
  '`__proto__` BIGINT, `constructor` STRING, `toString` INT, `hasOwnProperty` BOOLEAN, `é"\\` STRING';
const SCALARS =
  "a BOOLEAN, b TINYINT, c SMALLINT, d INT, e BIGINT, f FLOAT, g DOUBLE, h DECIMAL(12, 3), i DECIMAL(38, 18), " +
  "j STRING, k BYTES, l DATE, m TIME(3)";
const TIMES = "n TIMESTAMP(9), o TIMESTAMP_LTZ(9)";
const NESTED =
  "p ARRAY<INT>, q ARRAY<ARRAY<STRING>>, r ROW<x BIGINT, y ROW<z ARRAY<DOUBLE>>>, s MAP<STRING, ROW<u INT>>, t MULTISET<STRING>";
const LENIENT: Options = { "ignore-parse-errors": "true" };

const JSON_TOKENS = [
  ...'{ } [ ] , : " \\ 0 - . e E'.split(" "),
  " ",
  "\t",
  "\n",
  "null",
  "true",
  "false",
  "NaN",
  '"',
  '"a":',
  '"e":9007199254740993',
  '"__proto__":',
  '"constructor":{"prototype":{"polluted":1}}',
  '"toString":',
  "-9223372036854775808",
  "9223372036854775808",
  "1e400",
  "1e999999999",
  "0.1",
  "123456789012345678901234567890.123456789",
  '"2024-02-30 24:00:00"',
  '"2024-02-29 23:59:59.123456789Z"',
  "\\u0000",
  "\\ud800",
  "\ufeff",
  "[[[[[[[[",
  '{"x":{"x":{"x":',
];
const CSV_TOKENS = [
  ...", ; \" \n \r \\ # \t ' |".split(" "),
  " ",
  '""',
  "\r\n",
  "-9223372036854775808",
  "9223372036854775808",
  "99999999999999999999",
  "1e400",
  "1E+5",
  "0.1",
  "NaN",
  "true",
  "N/A",
  "2024-02-30 24:00:00",
  "2024-02-29 23:59:59.123456789Z",
  "# c\n",
  "\ufeff",
  "AQI=",
];
/** Varints and lengths at their limits, as characters of Latin-1. */
const BINARY_TOKENS = [
  "\x00",
  "\x01",
  "\x02",
  "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
  "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01",
  "\xff\xff\xff\xff\x0f",
  "\x80\x80\x80\x80\x10",
  "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80",
  "\xed\xa0\x80",
  "\xf0\x9f\x98\x80",
];

const descriptor = fileURLToPath(new URL("../../test/protobuf/kinds.desc", import.meta.url));
const protobuf = (title: string, message: string, columns: string, options: Options = {}): Setup => ({
  title,
  options: { "message-class-name": message, "descriptor-file": descriptor, ...options },
  columns,
  tokens: BINARY_TOKENS,
  isInvertible: false,
});
const HOLDER =
  "first ROW<sku STRING, count INT, tags ARRAY<STRING>>, lines ARRAY<ROW<sku STRING, count INT>>, packed ARRAY<INT>, " +
  "loose ARRAY<INT>, words ARRAY<STRING>, colors ARRAY<STRING>, counts MAP<STRING, BIGINT>, by_id MAP<INT, ROW<sku STRING>>, " +
  "name STRING, number INT, `at` ROW<seconds BIGINT, nanos INT>, ratios ARRAY<DOUBLE>, blobs ARRAY<BYTES>, deltas ARRAY<BIGINT>";

const json = (title: string, columns: string, options: Options = {}): Setup => ({
  title,
  options,
  columns,
  tokens: JSON_TOKENS,
  isInvertible: true,
});
const csv = (title: string, columns: string, options: Options = {}): Setup => ({
  title,
  options,
  columns,
  tokens: CSV_TOKENS,
  isInvertible: false,
});
const avro = (title: string, columns: string, options: Options = {}): Setup => ({
  title,
  options,
  columns,
  tokens: BINARY_TOKENS,
  isInvertible: true,
});
const raw = (title: string, type: string, options: Options = {}): Setup => ({
  title,
  options,
  columns: `c ${type}`,
  tokens: [...BINARY_TOKENS, "\n", "\ud83d"],
  isInvertible: false,
});

const AVRO_COLUMNS = `${SCALARS}, n TIMESTAMP(3), ${NESTED}`;
const FRAMED: Options = { url: "http://registry.test", subject: "t-value" };

/** By the format's identifier. */
export const SETUPS: Readonly<Record<string, readonly Setup[]>> = {
  csv: [
    csv("strict", `${SCALARS}, ${TIMES}, p ARRAY<INT>, q ARRAY<STRING>, r ROW<x BIGINT, y STRING>`),
    csv("lenient", `${SCALARS}, ${TIMES}, p ARRAY<BIGINT>`, { ...LENIENT, "null-literal": "N/A" }),
    csv("escapes, comments, trimmed", `${ODD_NAMES}, e BIGINT, o TIMESTAMP_LTZ(3)`, {
      "field-delimiter": "\\t",
      "quote-character": "'",
      "escape-character": "\\",
      "allow-comments": "true",
      "trim-spaces": "true",
      "empty-string-as-null": "true",
      "ignore-trailing-unmappable": "true",
    }),
    csv("two-byte delimiter, no quotes", "a BIGINT, b STRING, c TIMESTAMP(3)", {
      "field-delimiter": "§",
      "disable-quote-character": "true",
    }),
  ],
  json: [
    json("strict", `${SCALARS}, ${TIMES}, ${NESTED}`),
    json("lenient", `${SCALARS}, ${TIMES}, ${NESTED}`, LENIENT),
    json("tree decoder, ISO", `${ODD_NAMES}, ${SCALARS}, ${TIMES}`, {
      "decode.json-parser.enabled": "false",
      "timestamp-format.standard": "ISO-8601",
    }),
    json("every field asked for", `${ODD_NAMES}, r ROW<\`__proto__\` INT, y STRING>, s MAP<STRING, STRING>`, {
      "fail-on-missing-field": "true",
    }),
  ],
  avro: [
    avro("binary", AVRO_COLUMNS),
    avro("micros", `${SCALARS}, n TIMESTAMP(6), o TIMESTAMP_LTZ(6), ${NESTED}`, {
      "timestamp_mapping.legacy": "false",
    }),
    { ...avro("json", AVRO_COLUMNS, { encoding: "json" }), tokens: JSON_TOKENS },
  ],
  "avro-confluent": [{ ...avro("framed", AVRO_COLUMNS, FRAMED), isInvertible: false }],
  "avro-glue": [
    {
      ...avro("framed", AVRO_COLUMNS, {
        "aws.region": "eu-west-1",
        "registry.name": "r",
        "schema.name": "s",
      }),
      tokens: [...BINARY_TOKENS, "\x03\x05", "\x03\x00"],
      isInvertible: false,
    },
  ],
  raw: [
    raw("text", "STRING", { "line-delimiter": "\n" }),
    raw("UTF-16", "STRING", { charset: "UTF-16" }),
    raw("GBK", "STRING", { charset: "GBK" }),
    raw("bytes", "BYTES"),
    raw("long", "BIGINT", { endianness: "little-endian" }),
    raw("double", "DOUBLE"),
    raw("boolean", "BOOLEAN"),
  ],
  protobuf: [
    protobuf(
      "scalars",
      "kinds.v1.Scalars",
      "i32 INT, s32 INT, u32 INT, f32 INT, sf32 INT, i64 BIGINT, s64 BIGINT, u64 BIGINT, f64 BIGINT, sf64 BIGINT, " +
        "f FLOAT, d DOUBLE, b BOOLEAN, t STRING, y BYTES, c STRING, maybe INT, far INT",
    ),
    protobuf("collections", "kinds.v1.Holder", HOLDER),
    protobuf(
      "a tree, lenient, with defaults",
      "kinds.v1.Tree",
      "name STRING, children ARRAY<ROW<name STRING>>",
      {
        ...LENIENT,
        "read-default-values": "true",
      },
    ),
  ],
  "debezium-json": [
    {
      ...json("strict", `${SCALARS}, ${TIMES}, ${NESTED}`),
      tokens: [...JSON_TOKENS, '"op":"u"', '"before":'],
    },
    {
      ...json("lenient", `${ODD_NAMES}, e BIGINT`, LENIENT),
      tokens: [...JSON_TOKENS, '"op":"d"', '"after":{}'],
    },
  ],
};

/** For a format that has no list of its own and needs no options. */
export const DEFAULT_SETUP: Setup = {
  title: "as it is",
  options: {},
  columns: "a INT, b BIGINT, c STRING, d DOUBLE, e BOOLEAN",
  tokens: [...BINARY_TOKENS, ...JSON_TOKENS],
  isInvertible: false,
};
