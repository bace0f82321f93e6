import { Decimal, Instant, LocalTimestamp, parseType, printType, TributaryError } from "@tributary/core";
import type { Diagnostic, Row, RowType } from "@tributary/core";
import type { CodeStyle } from "@tributary/formats";
import test from "ava";
import { AvroRecordReader, AvroRecordWriter } from "../dist/avro/avro-codec.js";
import { avroSchemaOf } from "../dist/avro/avro-derive.js";
import { rowTypeOfAvro } from "../dist/avro/avro-row-type.js";
import { parseAvroSchema } from "../dist/avro/avro-schema.js";
import { decode, encode, encodeBytes, makeFormat, rowTypeOf } from "./codec.js";
import type { Options } from "./codec.js";

const MICROS: Options = { "timestamp_mapping.legacy": "false" };
const NAMESPACE = "org.apache.flink.avro.generated";

function faultsOf(work: () => unknown): readonly Diagnostic[] {
  try {
    work();
  } catch (error) {
    if (TributaryError.is(error)) return error.diagnostics;
    throw error;
  }
  return [];
}

// The derived schema

const derives = test.macro(
  (t, options: Options, cases: readonly (readonly [type: string, schema: unknown])[]) => {
    for (const [type, schema] of cases) {
      const { fields } = avroSchemaOf(rowTypeOf(`c ${type} NOT NULL`), options !== MICROS) as {
        fields: readonly unknown[];
      };
      t.deepEqual(fields, [{ name: "c", type: schema }], type);
    }
  },
);

test("each type has its Avro type", derives, {}, [
  ["BOOLEAN", "boolean"],
  ["TINYINT", "int"],
  ["SMALLINT", "int"],
  ["INT", "int"],
  ["BIGINT", "long"],
  ["FLOAT", "float"],
  ["DOUBLE", "double"],
  ["CHAR(3)", "string"],
  ["STRING", "string"],
  ["BINARY(3)", "bytes"],
  ["BYTES", "bytes"],
  ["DECIMAL(10, 2)", { type: "bytes", logicalType: "decimal", precision: 10, scale: 2 }],
  ["DATE", { type: "int", logicalType: "date" }],
  ["TIME(3)", { type: "int", logicalType: "time-millis" }],
  ["TIMESTAMP(3)", { type: "long", logicalType: "timestamp-millis" }],
  ["ARRAY<INT>", { type: "array", items: ["null", "int"] }],
  ["ARRAY<INT NOT NULL>", { type: "array", items: "int" }],
  ["MAP<STRING, BIGINT>", { type: "map", values: ["null", "long"] }],
  ["MULTISET<STRING>", { type: "map", values: ["null", "int"] }],
]);

test("without the legacy mapping timestamps are local or not, at every depth", derives, MICROS, [
  ["TIMESTAMP(3)", { type: "long", logicalType: "local-timestamp-millis" }],
  ["TIMESTAMP(4)", { type: "long", logicalType: "local-timestamp-micros" }],
  ["TIMESTAMP(6)", { type: "long", logicalType: "local-timestamp-micros" }],
  ["TIMESTAMP_LTZ(0)", { type: "long", logicalType: "timestamp-millis" }],
  ["TIMESTAMP_LTZ(6)", { type: "long", logicalType: "timestamp-micros" }],
  [
    "ARRAY<TIMESTAMP_LTZ(3) NOT NULL>",
    { type: "array", items: { type: "long", logicalType: "timestamp-millis" } },
  ],
]);

test("the schema names records after their columns, and unions have null first", (t) => {
  const schema = avroSchemaOf(rowTypeOf("a INT, c ROW<d ARRAY<ROW<e INT NOT NULL>>> NOT NULL"), true);

  t.deepEqual(schema, {
    type: "record",
    name: "record",
    namespace: NAMESPACE,
    fields: [
      { name: "a", type: ["null", "int"], default: null },
      {
        name: "c",
        type: {
          type: "record",
          name: "record_c",
          namespace: NAMESPACE,
          fields: [
            {
              name: "d",
              type: [
                "null",
                {
                  type: "array",
                  items: [
                    "null",
                    {
                      type: "record",
                      name: "record_c_d",
                      namespace: NAMESPACE,
                      fields: [{ name: "e", type: "int" }],
                    },
                  ],
                },
              ],
              default: null,
            },
          ],
        },
      },
    ],
  });
});

test("equal rows under one name are one record, different ones are refused", (t) => {
  const equal = encodeBytes("avro", rowTypeOf("a_b ROW<x INT>, a ROW<b ROW<x INT>>"), {}, [
    { a_b: { x: 1 }, a: { b: { x: 2 } } },
  ]);
  const [fault] = faultsOf(() =>
    makeFormat("avro", {}).createDecoder({
      table: "t",
      rowType: rowTypeOf("a_b ROW<x INT>, a ROW<b ROW<x BIGINT>>"),
    }),
  );

  t.is(Buffer.from(equal[0] ?? []).toString("hex"), "02020202020204");
  t.is(fault?.code, "SCHEMA_INVALID");
  t.regex(fault?.message ?? "", /record_a_b/);
});

const REFUSED: readonly (readonly [field: string, options: Options, names: RegExp])[] = [
  ["c TIME(4)", {}, /TIME\(4\).*precision is 4/],
  ["c TIMESTAMP(4)", {}, /TIMESTAMP\(4\)/],
  ["c TIMESTAMP_LTZ(3)", {}, /TIMESTAMP_LTZ\(3\)/],
  ["c TIMESTAMP(7)", MICROS, /TIMESTAMP\(7\)/],
  ["c TIMESTAMP_LTZ(9)", MICROS, /TIMESTAMP_LTZ\(9\)/],
  ["c ARRAY<ROW<x TIMESTAMP(6)>>", {}, /TIMESTAMP\(6\)/],
  ["c MAP<INT, STRING>", {}, /INT/],
  ["c MULTISET<INT>", {}, /INT/],
  ["c INTERVAL DAY TO SECOND(3)", {}, /INTERVAL/],
  ["c INTERVAL YEAR TO MONTH", {}, /INTERVAL/],
  ["c TIMESTAMP(3) WITH TIME ZONE", {}, /TIME ZONE/],
  ["`c-d` INT", {}, /'c-d'/],
  ["c ROW<`1x` INT>", {}, /'1x'/],
];

for (const [field, options, names] of REFUSED) {
  test(`${field} is refused${options === MICROS ? " without the legacy mapping" : ""}`, (t) => {
    const context = { table: "t", rowType: rowTypeOf(`ok INT, ${field}`) };
    const faults = [
      ...faultsOf(() => makeFormat("avro", options).createDecoder(context)),
      ...faultsOf(() => makeFormat("avro", options).createEncoder(context)),
    ];

    t.is(faults.length, 2);
    for (const fault of faults) {
      t.is(fault.code, "SCHEMA_INVALID");
      t.regex(fault.message, names);
      t.is(fault.columnName, context.rowType.fields[1]?.name);
    }
  });
}

// The binary encoding

/** A NOT NULL column `c`: the value's canonical JSON and its bytes. */
const wire = test.macro(
  (t, type: string, options: Options, cases: readonly (readonly [value: unknown, hex: string])[]) => {
    const rowType = rowTypeOf(`c ${type} NOT NULL`);
    for (const [value, hex] of cases) {
      const [bytes] = encodeBytes("avro", rowType, options, [{ c: value }]);
      t.is(Buffer.from(bytes ?? []).toString("hex"), hex, `${type} ${hex}`);
      const { rows } = decode("avro", `c ${type} NOT NULL`, options, [Buffer.from(hex, "hex")]);
      t.deepEqual(rows, [{ c: value }], `${type} ${hex}`);
    }
  },
);

test("BOOLEAN is a byte", wire, "BOOLEAN", {}, [
  [false, "00"],
  [true, "01"],
]);
test("INT is a zig-zag number", wire, "INT", {}, [
  [0, "00"],
  [-1, "01"],
  [1, "02"],
  [-64, "7f"],
  [64, "8001"],
  [2147483647, "feffffff0f"],
  [-2147483648, "ffffffff0f"],
]);
test("BIGINT is exact to the last bit", wire, "BIGINT", {}, [
  [0n, "00"],
  [-1n, "01"],
  [9007199254740991n, "feffffffffffff1f"],
  [9007199254740992n, "8080808080808020"],
  [9007199254740993n, "8280808080808020"],
  [-9007199254740991n, "fdffffffffffff1f"],
  [-9007199254740992n, "ffffffffffffff1f"],
  [-9007199254740993n, "8180808080808020"],
  [9223372036854775807n, "feffffffffffffffff01"],
  [-9223372036854775808n, "ffffffffffffffffff01"],
]);
test("FLOAT is little-endian", wire, "FLOAT", {}, [
  [1.5, "0000c03f"],
  [Number.NaN, "0000c07f"],
  [Number.NEGATIVE_INFINITY, "000080ff"],
]);
test("DOUBLE has eight bytes", wire, "DOUBLE", {}, [
  [1.5, "000000000000f83f"],
  [-0, "0000000000000080"],
]);
test("text is UTF-8 behind its length", wire, "STRING", {}, [
  ["", "00"],
  ["foo", "06666f6f"],
  ["é", "04c3a9"],
  ["x".repeat(64), `8001${"78".repeat(64)}`],
  [`${"x".repeat(62)}é`, `8001${"78".repeat(62)}c3a9`],
]);
test("bytes stand behind their length", wire, "BYTES", {}, [
  [Uint8Array.of(), "00"],
  [Uint8Array.of(255, 0), "04ff00"],
]);
test("a decimal has the fewest bytes of its unscaled value", wire, "DECIMAL(38, 2)", {}, [
  [new Decimal(0n, 2), "0200"],
  [new Decimal(127n, 2), "027f"],
  [new Decimal(128n, 2), "040080"],
  [new Decimal(-128n, 2), "0280"],
  [new Decimal(-129n, 2), "04ff7f"],
  [new Decimal(-12345n, 2), "04cfc7"],
  [new Decimal(2n ** 31n, 2), "0a0080000000"],
  [new Decimal(-(2n ** 63n), 2), "108000000000000000"],
  [new Decimal(10n ** 38n - 1n, 2), "204b3b4ca85a86c47a098a223fffffffff"],
]);
test("DATE counts days", wire, "DATE", {}, [
  [0, "00"],
  [-1, "01"],
  [19782, "8cb502"],
]);
test("TIME counts milliseconds of the day", wire, "TIME(3)", {}, [[86_399_999, "feefb252"]]);
test("TIMESTAMP counts milliseconds", wire, "TIMESTAMP(3)", {}, [
  [new LocalTimestamp(0), "00"],
  [new LocalTimestamp(-1), "01"],
  [new LocalTimestamp(1), "02"],
]);
test("TIMESTAMP(6) counts true microseconds", wire, "TIMESTAMP(6)", MICROS, [
  [new LocalTimestamp(0, 1000), "02"],
  [new LocalTimestamp(1, 0), "d00f"],
  [new LocalTimestamp(-1, 999_000), "01"],
]);
test("TIMESTAMP_LTZ(3) counts milliseconds", wire, "TIMESTAMP_LTZ(3)", MICROS, [[new Instant(1), "02"]]);
test("nested timestamps follow the option too", wire, "ARRAY<TIMESTAMP_LTZ(6) NOT NULL>", MICROS, [
  [[new Instant(0, 1000)], "020200"],
]);
test("an array is one block with a zero at its end", wire, "ARRAY<INT>", {}, [
  [[], "00"],
  [[1, null, 2], "06020200020400"],
]);
test("a map is a block of keys and values", wire, "MAP<STRING, INT NOT NULL>", {}, [
  [new Map(), "00"],
  [
    new Map([
      ["a", 1],
      ["b", 2],
    ]),
    "040261020262" + "0400",
  ],
]);
test("a multiset is a map of counts", wire, "MULTISET<STRING>", {}, [[new Map([["a", 2]]), "020261020400"]]);
test("a nested row is its fields", wire, "ROW<x INT NOT NULL, y STRING>", {}, [
  [{ x: 1, y: null }, "0200"],
  [{ x: 1, y: "a" }, "02020261"],
]);

test("a nullable column has a branch in front", (t) => {
  const rowType = rowTypeOf("a INT, b STRING");
  const [bytes] = encodeBytes("avro", rowType, {}, [{ a: null, b: "x" }]);

  t.is(Buffer.from(bytes ?? []).toString("hex"), "00020278");
});

test("a nullable row type is a union at the top", (t) => {
  const rowType = parseType("ROW<a INT NOT NULL>") as RowType;
  const encoder = makeFormat("avro", {}).createEncoder({ table: "t", rowType });
  const decoded: unknown[] = [];
  const output = { row: (_: number, row: Row) => decoded.push(row), malformed: t.fail, skipped: t.fail };
  const messages = ["0202", "00"].map((hex) => Buffer.from(hex, "hex"));
  makeFormat("avro", {})
    .createDecoder({ table: "t", rowType })
    .decode(messages, output as never);

  t.is(Buffer.from(encoder.encode([{ a: 1 }])[0] ?? []).toString("hex"), "0202");
  t.deepEqual(decoded, [{ a: 1 }]);
});

const reads = test.macro(
  (
    t,
    fields: string,
    cases: readonly (readonly [hex: string, ...events: string[]])[],
    options: Options = {},
  ) => {
    for (const [hex, ...events] of cases) {
      t.deepEqual(decode("avro", fields, options, [Buffer.from(hex, "hex")]).events, events, hex);
    }
  },
);

test(
  "arrays may come in several blocks, also with their size in bytes",
  reads,
  "c ARRAY<INT NOT NULL> NOT NULL",
  [
    ["0202" + "0204" + "00", '{"c":[1,2]}'],
    ["0304" + "0204" + "00", '{"c":[1,2]}'],
    ["0102" + "02" + "0204" + "00", '{"c":[1,2]}'],
  ],
);
test("a key that comes twice has its last value", reads, "c MAP<STRING, INT NOT NULL> NOT NULL", [
  ["02026102" + "02026104" + "00", '{"c":[["a",2]]}'],
]);
test("numbers may take more bytes than they need", reads, "c BIGINT NOT NULL", [
  ["8000", '{"c":"0"}'],
  ["82808080808080808000", '{"c":"1"}'],
]);
test("a decimal of too many digits is NULL", reads, "c DECIMAL(3, 1) NOT NULL", [
  ["0403e7", '{"c":"99.9"}'],
  ["0403e8", '{"c":null}'],
  [`22${"7f".repeat(17)}`, '{"c":null}'],
  [`22${"ff".repeat(16)}80`, '{"c":"-12.8"}'],
]);
test("bytes behind the record are not looked at", reads, "c INT NOT NULL", [["02ffff", '{"c":1}']]);

test("what cannot be read is malformed", reads, "a INT NOT NULL, c TINYINT NOT NULL", [
  ["", "!a"],
  ["02", "!c"],
  ["0280", "!c"],
  ["808080808010" + "00", "!a"],
  ["feffffff1f" + "00", "!a"],
  ["028002", "!c"],
]);
test("a number beyond 64 bits is malformed", reads, "c BIGINT NOT NULL", [
  ["ffffffffffffffffff02", "!c"],
  ["ffffffffffffffffffff01", "!c"],
]);
test("a boolean is 0 or 1", reads, "c BOOLEAN NOT NULL", [["02", "!c"]]);
test("a branch that the union lacks is malformed", reads, "c INT", [
  ["04", "!c"],
  ["01", "!c"],
]);
test("a decimal has at least one byte", reads, "c DECIMAL(3, 1) NOT NULL", [["00", "!c"]]);
test("a string is UTF-8", reads, "c STRING NOT NULL", [["04c328", "!c"]]);
test("a time is one of the day", reads, "c TIME(3) NOT NULL", [
  ["01", "!c"],
  ["80f0b252", "!c"],
]);
test("a timestamp beyond what can be represented is malformed", reads, "c TIMESTAMP(3) NOT NULL", [
  ["feffffffffffffffff01", "!c"],
]);

test("lengths and counts beyond the message are malformed, whatever they promise", (t) => {
  const huge = "feffffffffffffffff01";
  const cases: readonly (readonly [type: string, hex: string])[] = [
    ["STRING", huge],
    ["STRING", "feffffff0f"],
    ["STRING", "01"],
    ["BYTES", "08ffff"],
    ["DECIMAL(5, 2)", "feffffff0f00"],
    ["ARRAY<INT NOT NULL>", huge],
    ["ARRAY<INT NOT NULL>", "feffffff0f02"],
    ["ARRAY<INT NOT NULL>", "ffffffffffffffffff01"],
    ["ARRAY<INT NOT NULL>", "010802"],
    ["ARRAY<NULL>", "feffffff0f00"],
    ["ARRAY<ROW<> NOT NULL>", "feffffff0f00"],
    ["MAP<STRING, INT>", huge],
    ["MAP<STRING, INT>", "feffffff0f00"],
  ];
  for (const [type, hex] of cases) {
    const { events } = decode("avro", `c ${type} NOT NULL`, {}, [Buffer.from(hex, "hex")]);
    t.regex(events[0] ?? "", /^!c/, `${type} ${hex}`);
  }
});

test("a fault has the whole path to its column, an offset and the bytes", (t) => {
  const { faults } = decode("avro", "a ROW<b ARRAY<MAP<STRING, INT NOT NULL> NOT NULL>>", {}, [
    Buffer.from("02" + "02" + "04" + "00" + "02026b80", "hex"),
  ]);

  t.is(faults[0]?.column, "a.b[1].k");
  t.is(faults[0]?.offset, 7);
  t.is(faults[0]?.excerpt, "0x0202040002026b80");
});

test("values share no memory with their message", (t) => {
  for (const message of [Buffer.from("040102", "hex"), Uint8Array.of(4, 1, 2)]) {
    const { rows } = decode("avro", "c BYTES NOT NULL", {}, [message]);
    message.fill(0);
    t.deepEqual(rows, [{ c: Uint8Array.of(1, 2) }]);
  }
});

test("a message without body gives no row", (t) => {
  t.deepEqual(decode("avro", "c INT", {}, [null]).events, []);
});

// Writing

test("a value that does not fit names its column", (t) => {
  const cases: readonly (readonly [type: string, value: unknown])[] = [
    ["INT NOT NULL", null],
    ["INT", 2 ** 31],
    ["TINYINT", 128],
    ["BIGINT", 1],
    ["BIGINT", 2n ** 63n],
    ["STRING", 1],
    ["BYTES", "x"],
    ["BOOLEAN", 1],
    ["DOUBLE", "1"],
    ["DECIMAL(3, 1)", new Decimal(10000n, 1)],
    ["TIME(3)", 86_400_000],
    ["TIMESTAMP(3)", new Instant(0)],
    ["ARRAY<INT>", new Map()],
    ["MAP<STRING, INT>", new Map([[null, 1]])],
    ["ROW<x INT>", [1]],
    ["ROW<x INT NOT NULL>", { x: null }],
  ];
  for (const encoding of ["binary", "json"]) {
    for (const [type, value] of cases) {
      const [fault] = faultsOf(() => encode("avro", `a INT, c ${type}`, { encoding }, [{ a: 1, c: value }]));
      t.is(fault?.code, "RECORD_MALFORMED", type);
      t.is(fault?.columnName, "c", type);
      t.is(fault?.connector, "avro");
    }
  }
});

test("messages that were written stay as they are", (t) => {
  const encoder = makeFormat("avro", {}).createEncoder({
    table: "t",
    rowType: rowTypeOf("c STRING NOT NULL"),
  });
  const texts = Array.from({ length: 3000 }, (_, index) => `${index}`.repeat(1 + (index % 90)));
  const messages = texts.map((text) => encoder.encode([{ c: text }])[0] ?? Buffer.of());

  t.deepEqual(
    decode("avro", "c STRING NOT NULL", {}, messages).rows,
    texts.map((c) => ({ c })),
  );
});

// The JSON encoding

const JSON_ENCODING: Options = { encoding: "json" };

/** Columns, a row's canonical JSON as values, and its text. */
const asJson = test.macro((t, fields: string, row: Row, text: string, options: Options = JSON_ENCODING) => {
  t.deepEqual(encode("avro", fields, options, [row]), [text]);
  t.deepEqual(decode("avro", fields, options, [text]).rows, [row]);
});

test(
  "values of unions are wrapped by the name of their branch",
  asJson,
  "id BIGINT, n INT",
  { id: 7n, n: null },
  '{"id":{"long":7},"n":null}',
);
test(
  "values that cannot be NULL stand as they are",
  asJson,
  "id BIGINT NOT NULL",
  { id: 9223372036854775807n },
  '{"id":9223372036854775807}',
);
test(
  "bytes are strings of one character a byte",
  asJson,
  "b BYTES, d DECIMAL(5, 2)",
  { b: Uint8Array.of(0, 65, 34, 255), d: new Decimal(-12345n, 2) },
  '{"b":{"bytes":"\\u0000A\\"ÿ"},"d":{"bytes":"ÏÇ"}}',
);
test(
  "records are wrapped by their full name",
  asJson,
  "r ROW<x INT, a ARRAY<STRING>>, m MAP<STRING, BOOLEAN>",
  { r: { x: 1, a: ["y", null] }, m: new Map([["k", true]]) },
  `{"r":{"${NAMESPACE}.record_r":{"x":{"int":1},"a":{"array":[{"string":"y"},null]}}},"m":{"map":{"k":{"boolean":true}}}}`,
);
test(
  "floating point numbers are as Java writes them",
  asJson,
  "f FLOAT NOT NULL, d DOUBLE, e DOUBLE",
  { f: 1, d: 1e10, e: Number.NaN },
  '{"f":1.0,"d":{"double":1.0E10},"e":{"double":"NaN"}}',
);
test(
  "times are numbers",
  asJson,
  "d DATE, t TIME(3), p TIMESTAMP(6), q TIMESTAMP_LTZ(3)",
  { d: 1, t: 2, p: new LocalTimestamp(3, 4000), q: new Instant(5) },
  '{"d":{"int":1},"t":{"int":2},"p":{"long":3004},"q":{"long":5}}',
  { ...JSON_ENCODING, ...MICROS },
);
test("a record without fields is an empty object", asJson, "r ROW<> NOT NULL", { r: {} }, '{"r":{}}');

test("Avro's JSON is read in any order, behind blanks, and no further than its end", (t) => {
  const { events } = decode("avro", "a INT, b STRING", JSON_ENCODING, [
    '\n {"b" : {"string" : "x"}, "a":null} trailing',
    '{"a":{"int":1e1},"b":null}',
  ]);
  t.deepEqual(events, ['{"a":null,"b":"x"}', '{"a":10,"b":null}']);
});

test("JSON that is not Avro's is malformed", (t) => {
  const cases: readonly (readonly [text: string, event: string])[] = [
    ['{"a":1,"b":null}', "!a"],
    ['{"a":{"long":1},"b":null}', "!a"],
    ['{"a":{"int":1,"x":1},"b":null}', "!a"],
    ['{"a":{"int":1.5},"b":null}', "!a"],
    ['{"a":{"int":"1"},"b":null}', "!a"],
    ['{"a":{"int":2147483648},"b":null}', "!a"],
    ['{"a":{"int":1e999999999},"b":null}', "!a"],
    ['{"a":{},"b":null}', "!a"],
    ['{"a":null}', "!b"],
    ['{"a":null,"b":null,"c":null}', "!"],
    ['{"a":null,"b":{"bytes":"Ā"}}', "!b"],
    ["[]", "!"],
    ["null", "!"],
    ["", "!"],
    ["{", "!"],
  ];
  for (const [text, event] of cases) {
    t.deepEqual(decode("avro", "a INT, b BYTES", JSON_ENCODING, [text]).events, [event], text);
  }
});

test("the encoding is binary or json in any letter case", (t) => {
  t.deepEqual(encode("avro", "a INT", { encoding: "JSON" }, [{ a: null }]), ['{"a":null}']);
  const [fault] = faultsOf(() => makeFormat("avro", { encoding: "xml" }));
  t.like(fault, {
    code: "OPTION_INVALID",
    option: "avro.encoding",
    value: "xml",
  });
});

// Schemas from elsewhere

const typeText = (schema: unknown, isLegacy: boolean): string =>
  printType(rowTypeOfAvro(parseAvroSchema(JSON.stringify(schema)), isLegacy).fields[0]?.type as never);
const recordOf = (...types: readonly unknown[]): unknown => ({
  type: "record",
  name: "r",
  fields: types.map((type, index) => ({ name: `f${index}`, type })),
});

const TYPES: readonly (readonly [schema: unknown, type: string, typeWithoutLegacy?: string])[] = [
  ["boolean", "BOOLEAN NOT NULL"],
  ["int", "INT NOT NULL"],
  ["long", "BIGINT NOT NULL"],
  ["float", "FLOAT NOT NULL"],
  ["double", "DOUBLE NOT NULL"],
  ["string", "STRING NOT NULL"],
  ["bytes", "BYTES NOT NULL"],
  ["null", "NULL"],
  [["null", "string"], "STRING"],
  [["string", "null"], "STRING"],
  [["string"], "STRING NOT NULL"],
  [{ type: "enum", name: "e", symbols: ["A"] }, "STRING NOT NULL"],
  [{ type: "fixed", name: "f", size: 3 }, "VARBINARY(3) NOT NULL"],
  [
    { type: "fixed", name: "f", size: 3, logicalType: "decimal", precision: 5, scale: 2 },
    "DECIMAL(5, 2) NOT NULL",
  ],
  [{ type: "bytes", logicalType: "decimal", precision: 5 }, "DECIMAL(5, 0) NOT NULL"],
  [{ type: "bytes", logicalType: "decimal", precision: 5, scale: 6 }, "BYTES NOT NULL"],
  [{ type: "array", items: ["null", "int"] }, "ARRAY<INT> NOT NULL"],
  [{ type: "map", values: "int" }, "MAP<STRING NOT NULL, INT NOT NULL> NOT NULL"],
  [{ type: "int", logicalType: "date" }, "DATE NOT NULL"],
  [{ type: "int", logicalType: "time-millis" }, "TIME(3) NOT NULL"],
  [{ type: "long", logicalType: "time-micros" }, "TIME(6) NOT NULL"],
  [{ type: "long", logicalType: "date" }, "BIGINT NOT NULL"],
  [{ type: "string", logicalType: "uuid" }, "STRING NOT NULL"],
  [{ type: "long", logicalType: "timestamp-millis" }, "TIMESTAMP(3) NOT NULL", "TIMESTAMP_LTZ(3) NOT NULL"],
  [{ type: "long", logicalType: "timestamp-micros" }, "TIMESTAMP(6) NOT NULL", "TIMESTAMP_LTZ(6) NOT NULL"],
  [{ type: "long", logicalType: "local-timestamp-millis" }, "BIGINT NOT NULL", "TIMESTAMP(3) NOT NULL"],
  [{ type: "long", logicalType: "local-timestamp-micros" }, "BIGINT NOT NULL", "TIMESTAMP(6) NOT NULL"],
];

test("an Avro type has its SQL type", (t) => {
  for (const [schema, type, other = type] of TYPES) {
    t.is(typeText(recordOf(schema), true), type);
    t.is(typeText(recordOf(schema), false), other);
  }
});

test("schemas without a row type are refused", (t) => {
  const cases: readonly (readonly [schema: unknown, message: RegExp])[] = [
    ["int", /record at the top/],
    [recordOf(["null", "int", "string"]), /union/],
    [recordOf(["null", "r"]), /itself/],
    [recordOf({ type: "bytes", logicalType: "decimal", precision: 39 }), /38/],
    [recordOf("nope"), /nope/],
    [{ type: "record", name: "r", fields: [{ name: "a-b", type: "int" }] }, /a-b/],
  ];
  for (const [schema, message] of cases) {
    const [fault] = faultsOf(() => rowTypeOfAvro(parseAvroSchema(JSON.stringify(schema)), true));
    t.is(fault?.code, "SCHEMA_INVALID");
    t.regex(fault?.message ?? "", message);
  }
  t.regex(faultsOf(() => parseAvroSchema("{"))[0]?.message ?? "", /JSON/);
});

test("names are found in the namespace around them", (t) => {
  const schema = parseAvroSchema(
    JSON.stringify({
      type: "record",
      name: "a.b.r",
      fields: [
        { name: "x", type: { type: "fixed", name: "f", size: 1 } },
        { name: "y", type: "f" },
        { name: "z", type: "a.b.f" },
        { name: "w", type: { type: "enum", name: "e", namespace: "c", symbols: ["A"] } },
        { name: "v", type: "c.e" },
      ],
    }),
  );
  t.is(
    printType(rowTypeOfAvro(schema, true)),
    "ROW<`x` VARBINARY(1) NOT NULL, `y` VARBINARY(1) NOT NULL, `z` VARBINARY(1) NOT NULL, `w` STRING NOT NULL, `v` STRING NOT NULL> NOT NULL".replaceAll(
      "`",
      printType(rowTypeOf("x INT")).includes("`") ? "`" : "",
    ),
  );
});

// Resolution

interface Resolution {
  readonly writer: unknown;
  readonly reader: unknown;
  readonly fields: string;
}

function readWith({ writer, reader, fields }: Resolution, hex: string, codeStyle: CodeStyle): unknown {
  const record = new AvroRecordReader({
    format: "avro-test",
    table: "t",
    writer: parseAvroSchema(JSON.stringify(writer)),
    reader: parseAvroSchema(JSON.stringify(reader)),
    rowType: rowTypeOf(fields),
    codeStyle,
  });
  const message = Buffer.from(hex, "hex");
  return record.read(message) ?? record.fault(message).reason;
}

const field = (name: string, type: unknown, more: object = {}): object => ({ name, type, ...more });
const record = (...fields: readonly object[]): unknown => ({ type: "record", name: "w", fields });

const resolves = test.macro((t, resolution: Resolution, hex: string, expected: unknown) => {
  for (const style of ["generated", "closures"] as const) {
    const found = readWith(resolution, hex, style);
    if (expected instanceof RegExp) t.regex(String(found), expected);
    else t.deepEqual(found, expected as never);
  }
});

test(
  "fields are found by name, others passed over, missing ones have their default",
  resolves,
  {
    writer: record(
      field("skipped", { type: "map", values: { type: "array", items: ["null", "string"] } }),
      field("b", "string"),
      field("a", "int"),
    ),
    reader: {
      type: "record",
      name: "other",
      fields: [
        field("a", "long"),
        field("n", ["null", "int"], { default: null }),
        field("b", "string"),
        field("d", "string", { default: "x" }),
      ],
    },
    fields: "a BIGINT NOT NULL, n INT, b STRING NOT NULL, d STRING NOT NULL",
  },
  // A block of one entry "k" with an array of a text and a NULL; then b and a.
  "02026b" + "0402027a0000" + "00" + "0279" + "06",
  { a: 3n, n: null, b: "y", d: "x" },
);

test(
  "blocks with a size are passed over as a whole",
  resolves,
  {
    writer: record(field("s", { type: "array", items: "int" }), field("a", "int")),
    reader: record(field("a", "int")),
    fields: "a INT NOT NULL",
  },
  "0304ffff" + "02" + "06" + "00" + "02",
  { a: 1 },
);

test(
  "a field is found by an alias",
  resolves,
  {
    writer: record(field("old", "int")),
    reader: record(field("a", "int", { aliases: ["old"] })),
    fields: "a INT NOT NULL",
  },
  "02",
  { a: 1 },
);

const PROMOTIONS: readonly (readonly [
  writer: unknown,
  reader: unknown,
  type: string,
  hex: string,
  value: unknown,
])[] = [
  ["int", "long", "BIGINT", "03", -2n],
  ["int", "float", "FLOAT", "02", 1],
  ["int", "double", "DOUBLE", "02", 1],
  ["long", "float", "FLOAT", "02", 1],
  ["long", "double", "DOUBLE", "8280808080808020", 2 ** 53],
  ["float", "double", "DOUBLE", "0000c03f", 1.5],
  ["string", "bytes", "BYTES", "0261", Uint8Array.of(0x61)],
  ["bytes", "string", "STRING", "0261", "a"],
  ["int", ["null", "long"], "BIGINT", "02", 1n],
  [["null", "int"], ["null", "long"], "BIGINT", "0202", 1n],
  [["null", "int"], ["null", "long"], "BIGINT", "00", null],
  [["int", "null"], ["null", "int"], "INT", "02", null],
  [["int", "null"], ["null", "int"], "INT", "0006", 3],
  [["int", "null", "long"], ["null", "long"], "BIGINT", "0406", 3n],
  [["int"], "int", "INT", "0006", 3],
  [{ type: "enum", name: "e", symbols: ["A", "B"] }, "string", "STRING", "02", "B"],
  [{ type: "fixed", name: "f", size: 2 }, "bytes", "BYTES", "0102", Uint8Array.of(1, 2)],
  [
    { type: "fixed", name: "f", size: 3, logicalType: "decimal", precision: 5, scale: 1 },
    { type: "bytes", logicalType: "decimal", precision: 5, scale: 2 },
    "DECIMAL(5, 2)",
    "ffff85",
    new Decimal(-1230n, 2),
  ],
  [
    "bytes",
    { type: "bytes", logicalType: "decimal", precision: 5, scale: 2 },
    "DECIMAL(5, 2)",
    "0285",
    new Decimal(-123n, 2),
  ],
  [
    { type: "long", logicalType: "timestamp-micros" },
    { type: "long", logicalType: "timestamp-millis" },
    "TIMESTAMP(3)",
    "d00f",
    new LocalTimestamp(1),
  ],
  ["long", { type: "long", logicalType: "timestamp-millis" }, "TIMESTAMP(3)", "02", new LocalTimestamp(1)],
  [
    { type: "long", logicalType: "time-micros" },
    { type: "long", logicalType: "time-micros" },
    "TIME(6)",
    "d00f",
    1,
  ],
];

for (const [writer, reader, type, hex, value] of PROMOTIONS) {
  test(
    `${JSON.stringify(writer)} is read as ${JSON.stringify(reader)}: ${hex}`,
    resolves,
    {
      writer: record(field("c", writer)),
      reader: record(field("c", reader)),
      fields: `c ${type}`,
    },
    hex,
    { c: value },
  );
}

test(
  "a branch that the reader lacks spoils only the messages that have it",
  resolves,
  {
    writer: record(field("c", ["null", "string", "int"])),
    reader: record(field("c", ["null", "int"], { default: null })),
    fields: "c INT",
  },
  "020261",
  /something else here: string/,
);

test(
  "a symbol that the reader's enum lacks is its default",
  resolves,
  {
    writer: record(field("c", { type: "enum", name: "e", symbols: ["A", "B"] })),
    reader: record(field("c", { type: "enum", name: "e", symbols: ["A", "Z"], default: "Z" })),
    fields: "c STRING NOT NULL",
  },
  "02",
  { c: "Z" },
);

test(
  "a symbol that the reader's enum lacks is malformed without a default",
  resolves,
  {
    writer: record(field("c", { type: "enum", name: "e", symbols: ["A", "B"] })),
    reader: record(field("c", { type: "enum", name: "e", symbols: ["A"] })),
    fields: "c STRING NOT NULL",
  },
  "02",
  /lacks 'B'/,
);

test(
  "defaults may be of every type",
  resolves,
  {
    writer: record(),
    reader: record(
      field("a", { type: "array", items: "int" }, { default: [1, 2] }),
      field("b", { type: "map", values: ["null", "string"] }, { default: { k: null } }),
      field(
        "c",
        { type: "record", name: "n", fields: [field("x", "int"), field("y", "int", { default: 9 })] },
        { default: { x: 1 } },
      ),
      field(
        "d",
        { type: "bytes", logicalType: "decimal", precision: 4, scale: 1 },
        { default: "\u0001\u0000" },
      ),
      field("e", { type: "enum", name: "e", symbols: ["A"] }, { default: "A" }),
      field("f", { type: "fixed", name: "f", size: 1 }, { default: "ÿ" }),
      field("g", "double", { default: 1.5 }),
      field("h", { type: "long", logicalType: "timestamp-millis" }, { default: 5 }),
      field("i", "boolean", { default: true }),
    ),
    fields:
      "a ARRAY<INT NOT NULL>, b MAP<STRING, STRING>, c ROW<x INT NOT NULL, y INT NOT NULL>, d DECIMAL(4, 1), e STRING, f BYTES, g DOUBLE, h TIMESTAMP(3), i BOOLEAN",
  },
  "",
  {
    a: [1, 2],
    b: new Map([["k", null]]),
    c: { x: 1, y: 9 },
    d: new Decimal(256n, 1),
    e: "A",
    f: Uint8Array.of(255),
    g: 1.5,
    h: new LocalTimestamp(5),
    i: true,
  },
);

const LIST = { type: "record", name: "list", fields: [field("next", ["null", "list"])] };

test(
  "a recursive record that nobody asks for is passed over",
  resolves,
  {
    writer: record(field("l", LIST), field("c", "int")),
    reader: record(field("c", "int")),
    fields: "c INT NOT NULL",
  },
  "02020200" + "02",
  { c: 1 },
);

test(
  "records in records have a limit",
  resolves,
  {
    writer: record(field("l", LIST), field("c", "int")),
    reader: record(field("c", "int")),
    fields: "c INT NOT NULL",
  },
  "02".repeat(100_000),
  /deeper than 1000/,
);

const MISMATCHES: readonly (readonly [writer: unknown, reader: unknown, type: string, message: RegExp])[] = [
  [record(), record(field("c", "int")), "INT", /'c'.*default/],
  [record(field("c", "long")), record(field("c", "int")), "INT", /'c'.*long/],
  [record(field("c", "string")), record(field("c", "int")), "INT", /'c'.*string/],
  [record(field("c", "null")), record(field("c", "int")), "INT", /'c'.*null/],
  [
    record(field("c", { type: "array", items: "string" })),
    record(field("c", { type: "array", items: "int" })),
    "ARRAY<INT>",
    /'c\[\]'/,
  ],
  [record(), record(field("c", "int", { default: "x" })), "INT", /'c'.*default "x"/],
  [
    record(field("c", { type: "bytes", logicalType: "decimal", precision: 9, scale: 3 })),
    record(field("c", { type: "bytes", logicalType: "decimal", precision: 9, scale: 2 })),
    "DECIMAL(9, 2)",
    /3 fraction digits/,
  ],
];

test("schemas that cannot be resolved are refused, with the place", (t) => {
  for (const [writer, reader, type, message] of MISMATCHES) {
    const [fault] = faultsOf(() => readWith({ writer, reader, fields: `c ${type}` }, "", "generated"));
    t.is(fault?.code, "SCHEMA_INVALID");
    t.regex(fault?.message ?? "", message);
  }
});

// Writing with a schema from elsewhere

test("rows are written with a given schema, behind a header", (t) => {
  const schema = parseAvroSchema(
    JSON.stringify(
      record(
        field("e", { type: "enum", name: "e", symbols: ["A", "B"] }),
        field("f", { type: "fixed", name: "f", size: 2 }),
        field("d", { type: "fixed", name: "d", size: 3, logicalType: "decimal", precision: 5, scale: 1 }),
        field("u", ["int", "null"]),
        field("t", { type: "long", logicalType: "time-micros" }),
      ),
    ),
  );
  const rowType = rowTypeOfAvro(schema, true);
  const row = { e: "B", f: Uint8Array.of(1, 2), d: new Decimal(-2n, 1), u: null, t: 1 };
  for (const codeStyle of ["generated", "closures"] as const) {
    const options = { format: "avro-test", table: "t", schema, rowType, codeStyle };
    const bytes = new AvroRecordWriter(options).write(row, Uint8Array.of(0xaa));
    const reader = new AvroRecordReader({ ...options, writer: schema, reader: schema });

    t.is(Buffer.from(bytes).toString("hex"), "aa" + "02" + "0102" + "fffffe" + "02" + "d00f");
    t.deepEqual(reader.read(bytes, 1), row);
    for (const wrong of [{ e: "C" }, { f: Uint8Array.of(1) }]) {
      const [fault] = faultsOf(() => new AvroRecordWriter(options).write({ ...row, ...wrong }));
      t.is(fault?.columnName, Object.keys(wrong)[0]);
    }
  }
});
