import test from "ava";

import {
  createRegistry,
  malformedPlace,
  parseType,
  planDecoder,
  type DiagnosticCode,
  type MalformedRecord,
  type PlanContext,
  type RowType,
} from "@tributary/core";
import { formats } from "@tributary/formats";

const context: PlanContext = {
  registry: createRegistry([formats]),
  timeZone: "UTC",
  logger: { error: () => {}, warn: () => {}, info: () => {}, debug: () => {}, trace: () => {} },
};

type Options = Readonly<Record<string, string>>;

function rowTypeOf(columns: string): RowType {
  return { ...(parseType(`ROW<${columns}>`) as RowType), nullable: false };
}

/** What a decoder says of one message: its faults, those that are ignored, and the number of rows. */
function outcome(format: string, columns: string, message: string | Uint8Array, options: Options = {}) {
  const planned = planDecoder(
    {
      identifier: format,
      table: "t",
      rowType: rowTypeOf(columns),
      options: Object.entries(options).map(([key, value]) => ({ key: `${format}.${key}`, value })),
    },
    context,
  );
  const found = { malformed: [] as MalformedRecord[], skipped: [] as MalformedRecord[], rows: 0 };
  planned.value?.decoder.decode([Buffer.from(message as string)], {
    row: () => void found.rows++,
    malformed: (_, fault) => found.malformed.push(fault),
    skipped: (_, fault) => found.skipped.push(fault),
  });
  return found;
}

type Place = readonly [column: string | undefined, offset: number | undefined];

/** A message that is malformed at a place; the reason says what was expected there. */
const MALFORMED: readonly (readonly [
  format: string,
  columns: string,
  message: string | Uint8Array,
  place: Place,
  reason: RegExp,
  options?: Options,
])[] = [
  ["csv", "a STRING, c INT", "x,y", ["c", 2], /"y" is not an INT/],
  ["csv", "a STRING, c BIGINT", "x,9223372036854775808", ["c", 2], /"9223372036854775808" is not a BIGINT/],
  ["csv", "c DECIMAL(5, 2)", "1 ", ["c", 0], /"1 " is not DECIMAL\(5, 2\)/],
  ["csv", "c BYTES", "AQI", ["c", 0], /Base64/],
  ["csv", "c DATE", "2024-13-01", ["c", 0], /date/],
  ["csv", "c TIME(3)", "25:00", ["c", 0], /time/],
  ["csv", "c TIMESTAMP(3)", "2024-01-01T00:00:00", ["c", 0], /timestamp/],
  ["csv", "c TIMESTAMP_LTZ(3)", "2024-01-01 00:00:00", ["c", 0], /timestamp with Z/],
  ["csv", "c ARRAY<INT>", "1;x", ["c[1]", 0], /"x" is not an INT/],
  ["csv", "c ROW<x INT, y INT>", "1;x", ["c.y", 0], /"x" is not an INT/],
  ["json", "c INT", '{"c":"y"}', ["c", 5], /"y" is not an INT/],
  ["json", "c SMALLINT", '{"c":1.5}', ["c", 5], /"1.5" is not a SMALLINT/],
  ["json", "c DATE", '{"c":"2024-02-30"}', ["c", 5], /date/],
  ["json", "c ROW<x ARRAY<INT>>", '{"c":{"x":[1,"y"]}}', ["c.x[1]", 13], /"y" is not an INT/],
  ["json", "c MAP<STRING, INT>", '{"c":{"k":"y"}}', ["c.k", 10], /"y" is not an INT/],
  ["json", "c ARRAY<INT>", '{"c":{}}', ["c", 5], /array \(ARRAY<INT>\)/],
  ["json", "c INT", '{"c":1', [undefined, 6], /ends where/],
  ["json", "c INT", "[1]", [undefined, 1], /an object/],
  ["avro", "c INT, d STRING", Uint8Array.of(2, 2), ["d", 2], /ends within/],
  ["avro", "c BOOLEAN NOT NULL", Uint8Array.of(7), ["c", 0], /boolean is 0 or 1/],
  ["avro", "c BIGINT", '{"c":{"int":1}}', ["c", 5], /"long"/, { encoding: "json" }],
  ["raw", "c INT", Uint8Array.of(1), ["c", 0], /INT has 4 bytes, and there are 1/],
  ["debezium-json", "c INT", '{"after":{"c":"x"},"op":"c"}', ["c", 14], /"x" is not an INT/],
  ["debezium-json", "c INT", "nonsense", [undefined, 0], /where a value should be/],
];

for (const [index, [format, columns, message, place, reason, options]] of MALFORMED.entries()) {
  test(`${format} says where and why a message is malformed (${index}: ${columns})`, (t) => {
    const { malformed, skipped, rows } = outcome(format, columns, message, options);
    const [fault] = malformed;

    t.deepEqual([malformed.length, skipped.length, rows], [1, 0, 0]);
    t.deepEqual([fault?.column, fault?.offset], [...place]);
    t.regex(fault?.reason ?? "", reason);
    t.truthy(fault?.excerpt);
  });
}

test("excerpts are short, however long the message is", (t) => {
  const long = "x".repeat(100_000);
  const faults = [
    ...outcome("csv", "a STRING, c INT", `${long},y`).malformed,
    ...outcome("csv", "c INT", long).malformed,
    ...outcome("json", "c INT", `{"c":"${long}"}`).malformed,
    ...outcome("json", "c INT", `{"a":"${long}"`).malformed,
    ...outcome("raw", "c INT", long).malformed,
    ...outcome("avro", "c BOOLEAN NOT NULL", Buffer.alloc(100_000, 7)).malformed,
    ...outcome("debezium-json", "c INT", `{"op":"${long}"}`).malformed,
  ];

  t.is(faults.length, 7);
  for (const { excerpt = "", reason } of faults) {
    t.true(excerpt.length > 0 && excerpt.length < 300, excerpt);
    t.true(reason.length < 400, reason);
  }
});

test("errors that a format ignores are reported as skipped, with the same facts", (t) => {
  const ignored = { "ignore-parse-errors": "true" };

  for (const [format, message] of [
    ["csv", '"open'],
    ["json", "nonsense"],
    ["debezium-json", "nonsense"],
  ] as const) {
    const { malformed, skipped, rows } = outcome(format, "c INT", message, ignored);
    t.deepEqual([malformed.length, skipped.length, rows], [0, 1, 0], format);
    t.truthy(skipped[0]?.reason, format);
    t.truthy(skipped[0]?.excerpt, format);
  }
});

test("a place names the column with its type, also for what is inside it", (t) => {
  const rowType = rowTypeOf("a DECIMAL(5, 2) NOT NULL, `a.b` INT, `a[0]` STRING, l ARRAY<ROW<n INT>>");
  const places = (["a", "a.b", "a[0]", "a.x", "l[0].n", "z"] as const).map((column) =>
    malformedPlace({ reason: "", column, offset: 7 }, rowType).join(", "),
  );

  t.deepEqual(places, [
    "column 'a' of type DECIMAL(5, 2), offset 7",
    "column 'a.b' of type INT, offset 7",
    "column 'a[0]' of type STRING, offset 7",
    "column 'a.x' of type DECIMAL(5, 2), offset 7",
    "column 'l[0].n' of type ARRAY<ROW<`n` INT>>, offset 7",
    "column 'z', offset 7",
  ]);
  t.deepEqual(malformedPlace({ reason: "" }, rowType), []);
});

/** Options that do not fit together, for the whole of a format. */
const CONFLICTS: readonly (readonly [
  format: string,
  options: Options,
  code: DiagnosticCode,
  keys: readonly string[],
])[] = [
  [
    "json",
    { "fail-on-missing-field": "true", "ignore-parse-errors": "true" },
    "OPTION_CONFLICT",
    ["json.fail-on-missing-field", "json.ignore-parse-errors"],
  ],
  [
    "csv",
    { "disable-quote-character": "true", "quote-character": "'" },
    "OPTION_CONFLICT",
    ["csv.disable-quote-character", "csv.quote-character"],
  ],
  ["csv", { "field-delimiter": "ab" }, "OPTION_INVALID", ["csv.field-delimiter"]],
  ["csv", { "array-element-delimiter": "" }, "OPTION_INVALID", ["csv.array-element-delimiter"]],
  ["csv", { "escape-character": "\\\\" }, "OPTION_INVALID", ["csv.escape-character"]],
  ["json", { "timestamp-format.standard": "iso-8601" }, "OPTION_INVALID", ["json.timestamp-format.standard"]],
  ["avro", { encoding: "xml" }, "OPTION_INVALID", ["avro.encoding"]],
  ["raw", { endianness: "BIG_ENDIAN" }, "OPTION_INVALID", ["raw.endianness"]],
  ["raw", { charset: "nowhere" }, "OPTION_INVALID", ["raw.charset"]],
];

for (const [format, options, code, keys] of CONFLICTS) {
  test(`${format}: ${JSON.stringify(options)} is refused before anything is read`, (t) => {
    const { value, diagnostics } = planDecoder(
      {
        identifier: format,
        table: "t",
        rowType: rowTypeOf("c STRING"),
        options: Object.entries(options).map(([key, one]) => ({ key: `${format}.${key}`, value: one })),
      },
      context,
    );

    t.is(value, undefined);
    t.is(diagnostics[0]?.code, code);
    const told = JSON.stringify(diagnostics);
    for (const key of keys) t.true(told.includes(key), told);
  });
}
