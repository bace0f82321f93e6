import test from "ava";
import { factoryConformance, formatConformance } from "@tributary/core/testing";
import type { ConformanceCase } from "@tributary/core/testing";
import { formats } from "@tributary/formats";
import { makeFormat } from "./codec.js";

const SCALARS = [
  "BOOLEAN",
  "TINYINT",
  "SMALLINT",
  "INT",
  "BIGINT",
  "FLOAT",
  "DOUBLE",
  "DECIMAL(12, 3)",
  "DECIMAL(38, 0)",
  "CHAR(3)",
  "VARCHAR(10)",
  "STRING",
  "BINARY(4)",
  "BYTES",
  "DATE",
  "TIME(3)",
  "TIMESTAMP(0)",
  "TIMESTAMP(9)",
  "TIMESTAMP_LTZ(3)",
  "TIMESTAMP_LTZ(9)",
];
const OPAQUE = ["TIMESTAMP(3) WITH TIME ZONE", "RAW('java.lang.Object', 'AAE=')"];

function register(suite: string, cases: readonly ConformanceCase[]): void {
  for (const one of cases) test(`${suite}${one.name}`, (t) => t.notThrowsAsync(one.run()));
}

const json = (options: Readonly<Record<string, string>>) => () => makeFormat("json", options);
const JSON_TYPES = [
  ...SCALARS,
  "INTERVAL YEAR TO MONTH",
  "INTERVAL DAY TO SECOND(3)",
  "ARRAY<STRING>",
  "MAP<STRING, DECIMAL(10, 2)>",
  "MULTISET<STRING>",
  "ROW<x BIGINT, y ARRAY<ROW<z TIMESTAMP(3)>>>",
];
const JSON_MALFORMED = ["no JSON", '{"a":', '{"a":"x"}', '{"a":1]', "3"];

register(
  "",
  formatConformance({
    name: "json",
    decoding: json({}),
    encoding: json({}),
    types: JSON_TYPES,
    unsupported: [...OPAQUE, "MAP<INT, STRING>", "ARRAY<TIMESTAMP(3) WITH TIME ZONE>"],
    malformed: JSON_MALFORMED,
  }),
);

const OTHER_JSON = { "timestamp-format.standard": "ISO-8601", "decode.json-parser.enabled": "false" };
register(
  "tree decoder: ",
  formatConformance({
    name: "json",
    decoding: json(OTHER_JSON),
    encoding: json(OTHER_JSON),
    types: JSON_TYPES,
    malformed: JSON_MALFORMED,
  }),
);

const csv = (options: Readonly<Record<string, string>>) => () => makeFormat("csv", options);
const CSV = { "null-literal": "<null>" };
/** The null literal in such a column is an array, or a row, with one NULL. After Apache Flink. */
const CSV_NESTED = ["ARRAY<INT>", "ROW<x INT, y DOUBLE>"];
const CSV_TYPES = [...SCALARS, ...CSV_NESTED];

register(
  "",
  formatConformance({
    name: "csv",
    decoding: csv(CSV),
    encoding: csv(CSV),
    types: CSV_TYPES,
    typesWithoutNull: CSV_NESTED,
    unsupported: [...OPAQUE, "MAP<STRING, INT>", "MULTISET<STRING>", "ARRAY<ARRAY<INT>>", "TIME(6)"],
    malformed: ["1", "1,2,3,4", "x,y", '1,"y'],
  }),
);

const STRICT_CSV = { ...CSV, "quote-character": "'", "field-delimiter": "\\t", "escape-character": "\\" };
register(
  "other characters: ",
  formatConformance({
    name: "csv",
    decoding: csv(STRICT_CSV),
    encoding: csv(STRICT_CSV),
    types: CSV_TYPES,
    typesWithoutNull: CSV_NESTED,
  }),
);

const avro = (options: Readonly<Record<string, string>>) => () => makeFormat("avro", options);
const AVRO_TYPES = [
  ...SCALARS.filter((type) => !type.startsWith("TIMESTAMP")),
  "ARRAY<STRING>",
  "MAP<STRING, DECIMAL(10, 2)>",
  "MULTISET<STRING>",
  "ROW<x BIGINT, y ARRAY<ROW<z DOUBLE>>>",
];
const AVRO_TIMESTAMPS = ["TIMESTAMP(0)", "TIMESTAMP(6)", "TIMESTAMP_LTZ(3)", "TIMESTAMP_LTZ(6)"];
const NOT_IN_AVRO = [...OPAQUE, "TIME(6)", "MAP<INT, STRING>", "INTERVAL YEAR TO MONTH", "TIMESTAMP(9)"];

register(
  "",
  formatConformance({
    name: "avro",
    decoding: avro({}),
    encoding: avro({}),
    types: [...AVRO_TYPES, "TIMESTAMP(3)", "ARRAY<TIMESTAMP(0)>"],
    unsupported: [...NOT_IN_AVRO, "TIMESTAMP(4)", "TIMESTAMP_LTZ(3)", "ARRAY<TIMESTAMP_LTZ(3)>"],
    malformed: ["", Uint8Array.of(2), Uint8Array.of(4), Uint8Array.of(2, 0xff)],
  }),
);

const OTHER_AVRO = { "timestamp_mapping.legacy": "false", encoding: "json" };
register(
  "Avro's JSON: ",
  formatConformance({
    name: "avro",
    decoding: avro(OTHER_AVRO),
    encoding: avro(OTHER_AVRO),
    types: [...AVRO_TYPES, ...AVRO_TIMESTAMPS, "ARRAY<TIMESTAMP_LTZ(6)>"],
    unsupported: [...NOT_IN_AVRO, "TIMESTAMP_LTZ(9)"],
    malformed: ["", "no JSON", "{}", '{"a":1}'],
  }),
);

register(
  "",
  factoryConformance({
    role: "format",
    identifier: "avro",
    modules: [formats],
    options: {},
    invalid: { "avro.encoding": "xml", "avro.timestamp_mapping.legacy": "yes" },
  }),
);
register(
  "",
  factoryConformance({
    role: "format",
    identifier: "json",
    modules: [formats],
    options: {},
    invalid: { "json.timestamp-format.standard": "sql" },
  }),
);
register(
  "",
  factoryConformance({
    role: "format",
    identifier: "csv",
    modules: [formats],
    options: {},
    invalid: { "csv.field-delimiter": ";;", "csv.escape-character": "" },
  }),
);
