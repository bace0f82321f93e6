import { execFileSync } from "node:child_process";
import test from "ava";
import fc from "fast-check";

import {
  ByteReader,
  ByteWriter,
  Decimal,
  Instant,
  LocalTimestamp,
  TributaryError,
  bigIntCoder,
  booleanCoder,
  bytesCoder,
  canonicalJsonReader,
  decimalCoder,
  doubleCoder,
  instantCoder,
  iterableCoder,
  jsonCoder,
  keyOf,
  kvCoder,
  localTimestampCoder,
  makeCoder,
  mapCoder,
  nestedCoder,
  notNull,
  nullableCoder,
  parseType,
  rowCoder,
  rowConstructor,
  rowConverter,
  rowFactory,
  rowFromCanonicalJson,
  rowKeyOf,
  rowToCanonicalJson,
  stringCoder,
  typeCoder,
  types,
  varIntCoder,
  type Coder,
  type LogicalType,
  type Row,
  type RowType,
} from "@tributary/core";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const rowType = (text: string): RowType => parseType(text) as RowType;

// ---- row factories

const ODD_NAMES = ["__proto__", "constructor", "a'b", 'x"y\n\u2028', "`", "${z}", "7", "toString", "\ud800"];

const bothWays = test.macro<[generatesCode: boolean]>((t, generatesCode) => {
  const values = ODD_NAMES.map((_, index) => index);
  const fromArray = rowFactory(ODD_NAMES, { generatesCode })(values);
  const fromArguments = rowConstructor(ODD_NAMES, { generatesCode })(...values);

  t.deepEqual(
    ODD_NAMES.map((name) => [Object.hasOwn(fromArray, name), fromArray[name], fromArguments[name]]),
    values.map((value) => [true, value, value]),
  );
  t.is(Object.getPrototypeOf(fromArray), Object.prototype);
  t.is(Object.getPrototypeOf(fromArguments), Object.prototype);
  t.is(Object.keys(fromArray).length, ODD_NAMES.length);
});

test("any text is a field name with generated code", bothWays, true);
test("any text is a field name without generated code", bothWays, false);

test("both ways of building rows agree, however wide", (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 20 }), fc.array(fc.anything()), (names, values) => {
      const cells = names.map((_, index) => values[index] ?? null);
      t.deepEqual(
        rowFactory(names, { generatesCode: true })(cells),
        rowFactory(names, { generatesCode: false })(cells),
      );
    }),
  );
  const wide = Array.from({ length: 1_500 }, (_, index) => `c${index}`);
  t.deepEqual(Object.values(rowFactory(wide)(wide)), wide);
  t.deepEqual(Object.values(rowConstructor(wide)(...wide)), wide);
});

test("field names must differ", (t) => {
  t.throws(() => rowFactory(["a", "a"]), { message: /field names are distinct/ });
});

test("rows are built and converted in a process that may not generate code", (t) => {
  const script = `
    const { rowFactory, rowConstructor, rowConverter, types } = await import(process.argv[1]);
    const row = rowFactory(["a", "__proto__"])([1, 2]);
    const other = rowConstructor(["a", "__proto__"])(1, 2);
    const convert = rowConverter(types.row({ a: "DECIMAL(5, 2)", b: "INT" }));
    const sound = { b: 1 };
    console.log(JSON.stringify([Object.entries(row), Object.entries(other), convert({ a: 1, b: 2n })]));
    console.log(convert(sound) === sound);`;
  const output = execFileSync(
    process.execPath,
    [
      "--disallow-code-generation-from-strings",
      "--input-type=module",
      "--eval",
      script,
      import.meta.resolve("@tributary/core"),
    ],
    { encoding: "utf8" },
  );

  t.is(output, '[[["a",1],["__proto__",2]],[["a",1],["__proto__",2]],{"a":"1.00","b":2}]\ntrue\n');
});

// ---- values of any type

const stringsOf = fc.string({ unit: "binary" }).map((text) => Buffer.from(text).toString());
const bytesOf = fc.uint8Array({ maxLength: 20 });

const moments = fc.tuple(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), fc.nat(999_999));

const withoutMinusZero = (value: number): boolean => !Object.is(value, -0);

const SCALARS: Readonly<Partial<Record<LogicalType["kind"], fc.Arbitrary<unknown>>>> = {
  BOOLEAN: fc.boolean(),
  TINYINT: fc.integer({ min: -128, max: 127 }),
  SMALLINT: fc.integer({ min: -32768, max: 32767 }),
  INT: fc.integer(),
  INTERVAL_YEAR_MONTH: fc.integer(),
  BIGINT: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  INTERVAL_DAY_TIME: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  FLOAT: fc.float().filter(withoutMinusZero),
  DOUBLE: fc.double().filter(withoutMinusZero),
  VARCHAR: stringsOf,
  VARBINARY: bytesOf,
  DATE: fc.integer({ min: -719_528, max: 2_932_896 }),
  TIME: fc.nat(86_399_999),
  TIMESTAMP: moments.map(([millis, nanos]) => new LocalTimestamp(millis, nanos)),
  TIMESTAMP_LTZ: moments.map(([millis, nanos]) => new Instant(millis, nanos)),
};

function presentValues(type: LogicalType): fc.Arbitrary<unknown> {
  if (type.kind === "ARRAY") return fc.array(valuesOf(type.element), { maxLength: 4 });
  if (type.kind === "MAP") return mapsOf(valuesOf(type.key), valuesOf(type.value));
  if (type.kind === "MULTISET") return mapsOf(valuesOf(type.element), fc.integer({ min: 1, max: 9 }));
  if (type.kind === "ROW") return rowsOf(type);
  if (type.kind === "DECIMAL") {
    const limit = 10n ** BigInt(type.precision) - 1n;
    return fc.bigInt({ min: -limit, max: limit }).map((unscaled) => new Decimal(unscaled, type.scale));
  }
  return SCALARS[type.kind] ?? fc.constant(null);
}

function mapsOf(keys: fc.Arbitrary<unknown>, values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.array(fc.tuple(keys, values), { maxLength: 4 }).map((entries) => new Map(entries));
}

function valuesOf(type: LogicalType): fc.Arbitrary<unknown> {
  return type.nullable ? fc.option(presentValues(type), { freq: 6 }) : presentValues(type);
}

function rowsOf(type: RowType): fc.Arbitrary<Row> {
  const make = rowFactory(type.fields.map((field) => field.name));
  return fc.tuple(...type.fields.map((field) => valuesOf(field.type))).map(make);
}

const EVERYTHING = rowType(
  "ROW<`__proto__` INT, b BOOLEAN, t TINYINT, s SMALLINT, i INT NOT NULL, l BIGINT, f FLOAT, d DOUBLE, " +
    "m DECIMAL(38, 10), n DECIMAL(5, 0), v STRING, y BYTES, dt DATE, tm TIME(3), ts TIMESTAMP(9), tz TIMESTAMP_LTZ(9), " +
    "im INTERVAL MONTH, id INTERVAL DAY, a ARRAY<STRING NOT NULL>, aa ARRAY<ARRAY<INT>>, mp MAP<STRING, DOUBLE>, " +
    "ms MULTISET<INT>, r ROW<x INT, y ROW<z STRING>>, nu NULL> NOT NULL",
);
/** The same without what has no order of its own. */
const KEYABLE: RowType = {
  ...EVERYTHING,
  fields: EVERYTHING.fields.filter((field) => field.name !== "mp" && field.name !== "ms"),
};

// ---- canonical JSON

test("canonical JSON writes each type in its own form", (t) => {
  const type = rowType(
    "ROW<b BOOLEAN, i INT, l BIGINT, m DECIMAL(6, 2), f FLOAT, d DOUBLE, v STRING, y BYTES, dt DATE, t0 TIME, t3 TIME(3), " +
      "ts TIMESTAMP(3), tz TIMESTAMP_LTZ(0), im INTERVAL MONTH, id INTERVAL DAY, a ARRAY<INT>, mp MAP<STRING, INT>, " +
      "ms MULTISET<STRING>, r ROW<`1` INT, x STRING>, n NULL, missing INT>",
  );
  const stamp = LocalTimestamp.fromCivil({
    year: 2024,
    month: 2,
    day: 29,
    hour: 23,
    nanoOfSecond: 123_999_999,
  });
  const row = {
    b: true,
    i: -5,
    l: 9007199254740993n,
    m: Decimal.of("12.5"),
    f: Math.fround(0.1),
    d: -Infinity,
    v: 'Zoë "q"\n',
    y: Uint8Array.of(0, 255),
    dt: -1,
    t0: 86_399_123,
    t3: 86_399_120,
    ts: stamp,
    tz: new Instant(stamp.epochMillis),
    im: -14,
    id: -5n,
    a: [1, null],
    mp: new Map([
      ["z", 1],
      ["a", null],
    ]),
    ms: new Map([["z", 2]]),
    r: { x: "y", 1: 7 },
    n: null,
  };

  t.is(
    rowToCanonicalJson(row, type),
    '{"b":true,"i":-5,"l":"9007199254740993","m":"12.50","f":0.1,"d":"-Infinity","v":"Zoë \\"q\\"\\n","y":"AP8=",' +
      '"dt":"1969-12-31","t0":"23:59:59","t3":"23:59:59.120","ts":"2024-02-29 23:00:00.123",' +
      '"tz":"2024-02-29 23:00:00Z","im":-14,"id":"-5","a":[1,null],"mp":[["z",1],["a",null]],"ms":[["z",2]],' +
      '"r":{"1":7,"x":"y"},"n":null,"missing":null}',
  );
});

test("rows of every type come back from their canonical JSON", (t) => {
  fc.assert(
    fc.property(rowsOf(EVERYTHING), (row) => {
      const text = rowToCanonicalJson(row, EVERYTHING);
      const again = rowFromCanonicalJson(text, EVERYTHING);
      t.deepEqual(again, row);
      t.is(rowToCanonicalJson(again, EVERYTHING), text);
    }),
  );
});

test("the sign of zero survives canonical JSON", (t) => {
  const type = types.row({ d: types.double() });

  t.is(rowToCanonicalJson({ d: -0 }, type), '{"d":-0}');
  t.true(Object.is(rowFromCanonicalJson('{"d":-0}', type)["d"], -0));
});

test("canonical JSON is read with missing fields as NULL, and numbers for integers and decimals", (t) => {
  const type = rowType("ROW<l BIGINT, m DECIMAL(4, 2), ts TIMESTAMP(0), n INT>");

  t.deepEqual(rowFromCanonicalJson('{"l":5,"m":1.005,"ts":"2024-01-01 00:00:00.123456789"}', type), {
    l: 5n,
    m: new Decimal(101n, 2),
    ts: LocalTimestamp.fromCivil({ year: 2024, month: 1, day: 1, nanoOfSecond: 123_456_789 }),
    n: null,
  });
});

test("every fault of a canonical row is reported with its place", (t) => {
  const type = rowType(
    "ROW<i INT, l BIGINT, a ARRAY<INT>, r ROW<x DATE>, m DECIMAL(3, 1), mp MAP<STRING, INT>>",
  );
  const text =
    '{"i":2147483648,"l":1.5,"a":[1,"x"],"r":{"x":"2024-02-30","y":1},"m":"100","mp":{"a":1},"zz":null}';
  const error = t.throws(() => rowFromCanonicalJson(text, type), { instanceOf: TributaryError });

  t.deepEqual(
    error.diagnostics.map((one) => [one.columnName ?? null, one.message]),
    [
      [null, "There is no field 'zz'."],
      ["i", "The value 2147483648 of 'i' is no INT."],
      ["l", "The value 1.5 of 'l' is no BIGINT."],
      ["a", "The value \"x\" of 'a.1' is no INT."],
      [null, "There is no field 'r.y'."],
      ["r", 'The value "2024-02-30" of \'r.x\' is no DATE such as "2024-02-29".'],
      ["m", "The value \"100\" of 'm' is no DECIMAL(3, 1)."],
      ["mp", "The value {\"a\":1} of 'mp' is no JSON array of pairs."],
    ],
  );
  t.throws(() => rowFromCanonicalJson("[]", type), { code: "RECORD_MALFORMED" });
  t.throws(() => rowFromCanonicalJson("{", type), { code: "RECORD_MALFORMED" });
  t.throws(() => canonicalJsonReader(type)(null), { code: "RECORD_MALFORMED" });
});

test("a value that is not of its column's type is refused by name when written", (t) => {
  const rows = [
    ["b BOOLEAN", "true"],
    ["i INT", "5"],
    ["i INT", 1.5],
    ["l BIGINT", 5],
    ["m DECIMAL(4, 2)", 5],
    ["v STRING", 5],
    ["y BYTES", "AA=="],
    ["d DATE", new Date(0)],
    ["ts TIMESTAMP(3)", new Instant(0)],
    ["tz TIMESTAMP_LTZ(3)", new LocalTimestamp(0)],
    ["a ARRAY<INT>", ["x"]],
    ["mp MAP<STRING, INT>", { a: 1 }],
  ] as const;

  t.deepEqual(
    rows.map(([field, value]) => {
      const [name = ""] = field.split(" ");
      const error = t.throws(() => rowToCanonicalJson({ [name]: value }, rowType(`ROW<${field}>`)), {
        instanceOf: TributaryError,
      });
      return [error.code, error.diagnostics[0]?.columnName];
    }),
    rows.map(([field]) => ["RECORD_MALFORMED", field.split(" ")[0]]),
  );
});

// ---- rows made by code

const day = {
  [Symbol.toStringTag]: "Temporal.PlainDate",
  calendarId: "iso8601",
  year: 1970,
  month: 1,
  day: 2,
};
const clock = {
  [Symbol.toStringTag]: "Temporal.PlainTime",
  hour: 0,
  minute: 0,
  second: 1,
  millisecond: 2,
  microsecond: 3,
  nanosecond: 4,
};
const wall = { ...day, ...clock, [Symbol.toStringTag]: "Temporal.PlainDateTime" };
const epoch = new Instant(0);
const MIDNIGHT = new LocalTimestamp(0);

/** A type, and what each value becomes; `REFUSED` if it is no value of the type. */
const REFUSED = Symbol("refused");
const FORMS: readonly (readonly [type: string, ...cases: (readonly [given: unknown, value: unknown])[]])[] = [
  ["BOOLEAN", [true, true], [1, REFUSED], ["true", REFUSED]],
  ["TINYINT", [-128, -128], [127n, 127], [128, REFUSED], [-129n, REFUSED], [1.5, REFUSED], ["1", REFUSED]],
  ["SMALLINT", [32767, 32767], [32768, REFUSED]],
  [
    "INT",
    [2147483647, 2147483647],
    [2147483648, REFUSED],
    [Number.NaN, REFUSED],
    [5n, 5],
    [2n ** 70n, REFUSED],
  ],
  [
    "BIGINT",
    [2n ** 63n - 1n, 2n ** 63n - 1n],
    [2n ** 63n, REFUSED],
    [-(2n ** 63n), -(2n ** 63n)],
    [-(2n ** 63n) - 1n, REFUSED],
    [9007199254740991, 9007199254740991n],
    [9007199254740992, REFUSED],
    [1.5, REFUSED],
    ["1", REFUSED],
  ],
  ["FLOAT", [0.1, Math.fround(0.1)], [Number.NaN, Number.NaN], [3n, 3], ["1", REFUSED]],
  ["DOUBLE", [0.1, 0.1], [-0, -0], [Infinity, Infinity], [3n, 3], [2n ** 60n, REFUSED], [null, null]],
  [
    "DECIMAL(5, 2)",
    [Decimal.of("12.50"), Decimal.of("12.50")],
    [Decimal.of("12.5"), Decimal.of("12.50")],
    ["1.005", Decimal.of("1.01")],
    [0.1, Decimal.of("0.10")],
    [999n, Decimal.of("999.00")],
    [1000n, REFUSED],
    [Decimal.of("999.995"), REFUSED],
    ["1e400", REFUSED],
    ["x", REFUSED],
    [Number.NaN, REFUSED],
  ],
  ["STRING", ["x", "x"], ["", ""], [1, REFUSED], [epoch, REFUSED]],
  ["CHAR(1)", ["long", "long"]],
  [
    "BYTES",
    [Uint8Array.of(1), Uint8Array.of(1)],
    [Uint8Array.of(1, 2).buffer, Uint8Array.of(1, 2)],
    ["AQ==", REFUSED],
    [[1], REFUSED],
  ],
  [
    "DATE",
    [-1, -1],
    [1.5, REFUSED],
    [1e9, REFUSED],
    [day, 1],
    [new Date(0), REFUSED],
    ["1970-01-01", REFUSED],
  ],
  ["TIME(0)", [86_399_999, 86_399_999], [86_400_000, REFUSED], [-1, REFUSED], [clock, 1_002]],
  [
    "TIMESTAMP(3)",
    [MIDNIGHT, MIDNIGHT],
    [wall, new LocalTimestamp(86_401_002, 3_004)],
    [new Date(0), REFUSED],
    [epoch, REFUSED],
    [0, REFUSED],
    ["1970-01-01 00:00:00", REFUSED],
  ],
  [
    "TIMESTAMP_LTZ(3)",
    [epoch, epoch],
    [new Date(5), new Instant(5)],
    [{ [Symbol.toStringTag]: "Temporal.Instant", epochNanoseconds: 1n }, new Instant(0, 1)],
    [{ [Symbol.toStringTag]: "Temporal.ZonedDateTime", epochNanoseconds: 1n }, new Instant(0, 1)],
    [new Date(Number.NaN), REFUSED],
    [MIDNIGHT, REFUSED],
    [wall, REFUSED],
    [0, REFUSED],
  ],
  ["INTERVAL YEAR TO MONTH", [14, 14], [14n, 14], [1.5, REFUSED]],
  ["INTERVAL DAY TO SECOND", [5n, 5n], [5, 5n], [0.5, REFUSED]],
  [
    "ARRAY<BIGINT>",
    [
      [1n, null],
      [1n, null],
    ],
    [
      [1n, 2, undefined],
      [1n, 2n, null],
    ],
    [[], []],
    ["x", REFUSED],
  ],
  [
    "MAP<STRING, BIGINT>",
    [new Map([["a", 1]]), new Map([["a", 1n]])],
    [{ a: 1, __proto__: null }, new Map([["a", 1n]])],
    [[["a", 1]], REFUSED],
    [new Date(0), REFUSED],
  ],
  ["MAP<INT, INT>", [new Map([[1n, 2]]), new Map([[1, 2]])], [{ 1: 2 }, REFUSED]],
  ["MULTISET<STRING>", [new Map([["a", 2]]), new Map([["a", 2]])], [["a"], REFUSED]],
  [
    "ROW<x BIGINT, y STRING>",
    [
      { x: 1n, y: "a" },
      { x: 1n, y: "a" },
    ],
    [{ x: 1 }, { x: 1n, y: null }],
    [[1n], REFUSED],
    [new Map(), REFUSED],
    ["x", REFUSED],
  ],
  ["NULL", [null, null], [0, REFUSED]],
];

for (const [type, ...cases] of FORMS) {
  test(`${type} takes its values and what says the same thing`, (t) => {
    const convert = rowConverter({
      kind: "ROW",
      nullable: false,
      fields: [{ name: "c", type: parseType(type) }],
    });
    const outcomes = cases.map(([given]) => {
      try {
        return convert({ c: given })["c"];
      } catch (error) {
        t.true(TributaryError.is(error, "RECORD_MALFORMED"));
        return REFUSED;
      }
    });

    t.deepEqual(
      outcomes,
      cases.map(([, value]) => value),
    );
  });
}

test("a row of the right values is not copied, whatever else it holds", (t) => {
  const convert = rowConverter(types.row({ a: "BIGINT", l: "ARRAY<INT>", m: "MAP<STRING, INT>" }));
  const row = { a: 1n, l: [1, null], m: new Map([["x", 1]]), more: "left alone" };
  const lacking = { a: 1n };

  t.is(convert(row), row);
  t.is<unknown, unknown>(convert(lacking), lacking);
  t.deepEqual(convert({ ...row, a: 1 }), { a: 1n, l: row.l, m: row.m });
});

test("only a row's own properties are its columns", (t) => {
  const names = ["__proto__", "constructor", "toString"];
  const convert = rowConverter(types.row(names.map((name) => [name, "STRING"] as const)));
  const own = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}') as object;

  t.is<unknown, unknown>(convert(own), own);
  t.is(JSON.stringify(convert({})), '{"__proto__":null,"constructor":null,"toString":null}');
});

test("every fault of a row names table, column, value and what is taken", (t) => {
  const rowType = types.row({
    id: "BIGINT",
    at: "TIMESTAMP(3)",
    lines: "ARRAY<ROW<n INT>>",
    constructor: "INT",
  });
  const convert = rowConverter(rowType, { table: "orders" });
  const error = t.throws(
    () => convert({ id: 2 ** 53, at: new Date(0), lines: [{ n: 1 }, { n: "x" }], constructor: "y" }),
    { instanceOf: TributaryError },
  );

  t.deepEqual(
    error.diagnostics.map(({ columnName, table, message }) => [columnName, table, message]),
    [
      [
        "id",
        "orders",
        "The column 'id' of the table 'orders' cannot be the number 9007199254740992: that is no value of BIGINT.",
      ],
      [
        "at",
        "orders",
        "The column 'at' of the table 'orders' cannot be the Date 1970-01-01T00:00:00.000Z: that is no value of TIMESTAMP(3).",
      ],
      [
        "lines",
        "orders",
        "The column 'lines.1.n' of the table 'orders' cannot be the string 'x': that is no value of INT.",
      ],
      [
        "constructor",
        "orders",
        "The column 'constructor' of the table 'orders' cannot be the string 'y': that is no value of INT.",
      ],
    ],
  );
  t.regex(error.diagnostics[1]?.hint ?? "", /LocalTimestamp\.fromDate/);
  t.like(t.throws(() => convert(7), { instanceOf: TributaryError }).diagnostics[0], {
    message: "A row of the table 'orders' cannot be the number 7: that is no value of ROW.",
  });
});

test("types without values cannot be written, coded or made keys", (t) => {
  const type = rowType("ROW<a Money>");

  t.throws(() => rowToCanonicalJson({ a: 1 }, type), { code: "SCHEMA_INVALID" });
  t.throws(() => rowCoder(type), { code: "SCHEMA_INVALID" });
  t.throws(() => rowKeyOf(type.fields), { code: "SCHEMA_INVALID" });
});

// ---- coders

test("the bytes of the basic coders are those of the Beam model", (t) => {
  const rows: readonly (readonly [string, string])[] = [
    [hex(bytesCoder.encode(Uint8Array.of(1, 2))), "0102"],
    [hex(stringCoder.encode("aé")), "61c3a9"],
    [hex(booleanCoder.encode(true)), "01"],
    [hex(varIntCoder.encode(0)), "00"],
    [hex(varIntCoder.encode(127)), "7f"],
    [hex(varIntCoder.encode(128)), "8001"],
    [hex(varIntCoder.encode(300)), "ac02"],
    [hex(varIntCoder.encode(-1)), "ffffffffffffffffff01"],
    [hex(doubleCoder.encode(1)), "3ff0000000000000"],
    [hex(doubleCoder.encode(-0)), "0000000000000000"],
    [hex(doubleCoder.encode(Number.NaN)), "7ff8000000000000"],
    [hex(kvCoder(stringCoder, stringCoder).encode(["k", "value"])), "016b76616c7565"],
    [hex(nestedCoder(kvCoder(stringCoder, stringCoder)).encode(["", ""])), "00"],
    [hex(iterableCoder(stringCoder).encode(["a", "bc"])), "000000020161026263"],
    [hex(nullableCoder(booleanCoder).encode(null)), "00"],
    [hex(nullableCoder(booleanCoder).encode(false)), "0100"],
  ];

  t.deepEqual(
    rows.map(([bytes]) => bytes),
    rows.map(([, expected]) => expected),
  );
});

test("the bytes of a row are field count, null bitmap without trailing zeros, and the values present", (t) => {
  const type = rowType("ROW<s STRING, i INT, l BIGINT, d DOUBLE>");
  const wide: RowType = types.row(
    Array.from({ length: 9 }, (_, index) => [`c${index}`, types.boolean()] as const),
  );
  const coder = rowCoder(type);

  t.is(
    hex(coder.encode({ s: "foo", i: 32, l: -1n, d: 1 })),
    "0400" + "03666f6f" + "20" + "ffffffffffffffffff01" + "3ff0000000000000",
  );
  t.is(hex(coder.encode({ s: null, i: -1, l: null, d: null })), "04" + "010d" + "ffffffff0f");
  t.is(hex(coder.encode({})), "04" + "010f");
  t.is(
    hex(
      rowCoder(wide).encode({
        c8: null,
        ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`c${i}`, true])),
      }),
    ),
    "09" + "020001" + "0101010101010101",
  );
});

const roundTrip = test.macro<[coder: Coder<unknown>, values: fc.Arbitrary<unknown>]>((t, coder, values) => {
  const nested = nestedCoder(coder);
  fc.assert(
    fc.property(values, values, (one, other) => {
      const bytes = nested.encode(one);
      t.deepEqual(nested.decode(bytes), one);
      t.deepEqual(nested.decode(Buffer.from(bytes)), one);
      const output = new ByteWriter();
      nested.append(one, output);
      nested.append(other, output);
      const input = new ByteReader(output.take());
      t.deepEqual([nested.read(input), nested.read(input), input.remaining], [one, other, 0]);
      t.is(
        nested.keyOf(one) === nested.keyOf(other) || (one !== one && other !== other),
        hex(bytes) === hex(nested.encode(other)),
      );
    }),
  );
});

const numbers = fc.double().filter((value) => !Object.is(value, -0));
const keyedText = fc.oneof(fc.constantFrom("", "a", "b", "1", "1:"), stringsOf);

test("bytesCoder brings back what it takes", roundTrip, bytesCoder, bytesOf);
test("stringCoder brings back what it takes", roundTrip, stringCoder, keyedText);
test("booleanCoder brings back what it takes", roundTrip, booleanCoder, fc.boolean());
test(
  "varIntCoder brings back what it takes",
  roundTrip,
  varIntCoder,
  fc.maxSafeInteger().map((value) => value + 0),
);
test("bigIntCoder brings back what it takes", roundTrip, bigIntCoder, fc.bigInt());
test("doubleCoder brings back what it takes", roundTrip, doubleCoder, numbers);
test(
  "jsonCoder brings back what it takes",
  roundTrip,
  jsonCoder(),
  fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown),
);
test(
  "instantCoder brings back what it takes",
  roundTrip,
  instantCoder,
  moments.map(([a, b]) => new Instant(a, b)),
);
test(
  "localTimestampCoder brings back what it takes",
  roundTrip,
  localTimestampCoder,
  moments.map(([a, b]) => new LocalTimestamp(a, b)),
);
test(
  "kvCoder brings back what it takes",
  roundTrip,
  kvCoder(stringCoder, varIntCoder),
  fc.tuple(keyedText, fc.nat(3)),
);
test(
  "iterableCoder brings back what it takes",
  roundTrip,
  iterableCoder(nullableCoder(stringCoder)),
  fc.array(fc.option(keyedText)),
);
test(
  "mapCoder brings back what it takes, in order",
  roundTrip,
  mapCoder(stringCoder, varIntCoder),
  fc.array(fc.tuple(keyedText, fc.nat(3))).map((entries) => new Map(entries)),
);
test("typeCoder of ROW brings back rows of every type", roundTrip, typeCoder(EVERYTHING), rowsOf(EVERYTHING));
test(
  "typeCoder of a nullable type has a mark for NULL",
  roundTrip,
  typeCoder(types.decimal(5, 2)),
  valuesOf(types.decimal(5, 2)),
);

test("decimals are equal as keys whatever their scale", (t) => {
  t.is(hex(decimalCoder.encode(Decimal.of("1.00"))), hex(decimalCoder.encode(Decimal.of("1"))));
  t.is(decimalCoder.keyOf(Decimal.of("1.00")), decimalCoder.keyOf(Decimal.of("1")));
  t.true(decimalCoder.decode(decimalCoder.encode(Decimal.of("-12.50"))).equals(Decimal.of("-12.5")));
});

test("equal numbers have equal bytes: -0 is 0, every NaN the same, a FLOAT is what 32 bits hold", (t) => {
  const float = typeCoder(notNull(types.float()));
  const nan = new Float64Array(Uint8Array.of(1, 0, 0, 0, 0, 0, 0xf8, 0xff).buffer)[0];

  t.is(hex(doubleCoder.encode(nan as number)), hex(doubleCoder.encode(Number.NaN)));
  t.is(hex(float.encode(-0)), hex(float.encode(0)));
  t.is(hex(float.encode(0.1)), hex(float.encode(Math.fround(0.1))));
  t.is(float.keyOf(0.1), float.keyOf(Math.fround(0.1)));
});

test("lone surrogates are the replacement character, in bytes and in keys", (t) => {
  t.is(hex(stringCoder.encode("a\ud800")), hex(stringCoder.encode("a\ufffd")));
  t.is(stringCoder.keyOf("a\ud800"), stringCoder.keyOf("a\ufffd"));
  t.is(stringCoder.decode(stringCoder.encode("a\ufffd")), "a\ufffd");
});

test("jsonCoder sorts keys at every depth, so that equal values have equal bytes", (t) => {
  const coder = jsonCoder<unknown>();

  t.is(
    Buffer.from(coder.encode({ b: [{ d: 1, c: undefined, a: null }], a: -0 })).toString(),
    '{"a":0,"b":[{"a":null,"d":1}]}',
  );
  t.is(Buffer.from(coder.encode(new Date(0))).toString(), '"1970-01-01T00:00:00.000Z"');
});

test("jsonCoder refuses what JSON would lose, and names the place", (t) => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  const coder = jsonCoder<unknown>();
  const values = [
    undefined,
    Number.NaN,
    Infinity,
    1n,
    () => 1,
    new Map(),
    new Set(),
    Uint8Array.of(1),
    [undefined],
    circle,
  ];

  values.forEach((value) => t.throws(() => coder.encode(value), { code: "RECORD_MALFORMED" }));
  t.regex(t.throws(() => coder.encode({ a: [0, { b: 1n }] })).message, /bigint, found at 'a\.1\.b'/);
});

test("varIntCoder takes whole numbers up to 2^53-1 and no others", (t) => {
  const inside = [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
  const outside = [2 ** 53, -(2 ** 53), 0.5, Number.NaN, Infinity];

  t.deepEqual(
    inside.map((value) => varIntCoder.decode(varIntCoder.encode(value))),
    inside,
  );
  outside.forEach((value) => t.throws(() => varIntCoder.encode(value), { code: "RECORD_MALFORMED" }));
});

test("bytes that no coder made are refused", (t) => {
  const row = rowCoder(rowType("ROW<a INT, b STRING>"));
  const cases: readonly (() => unknown)[] = [
    () => booleanCoder.decode(Uint8Array.of()),
    () => booleanCoder.decode(Uint8Array.of(2)),
    () => booleanCoder.decode(Uint8Array.of(1, 1)),
    () => varIntCoder.decode(Uint8Array.of(0x80)),
    () => varIntCoder.decode(Uint8Array.of(...Array.from({ length: 8 }, () => 255), 1)),
    () => stringCoder.decode(Uint8Array.of(0xff)),
    () => nullableCoder(booleanCoder).decode(Uint8Array.of(7)),
    () => iterableCoder(booleanCoder).decode(Uint8Array.of(0x7f, 0, 0, 0, 1)),
    () => iterableCoder(booleanCoder).decode(Uint8Array.of(0xff, 0, 0, 0)),
    () => jsonCoder().decode(Uint8Array.of(0x7b)),
    () => row.decode(Uint8Array.of(1, 0, 0)),
    () => row.decode(Uint8Array.of(2, 0, 0, 9, 97)),
  ];

  cases.forEach((decode) => t.throws(decode, { code: "RECORD_MALFORMED" }));
});

test("only maps and multisets make a row's coder not deterministic", (t) => {
  t.false(rowCoder(EVERYTHING).isDeterministic);
  t.true(rowCoder(KEYABLE).isDeterministic);
  t.false(typeCoder(types.array(types.map(types.string(), types.int()))).isDeterministic);
  t.false(kvCoder(stringCoder, mapCoder(stringCoder, stringCoder)).isDeterministic);
});

test("a coder may encode with another while it encodes", (t) => {
  const boxed = makeCoder<string>({
    isDeterministic: true,
    append: (value, output) => {
      output.byte(1);
      output.bytes(stringCoder.encode(value));
    },
    read: (input) => {
      input.byte();
      return stringCoder.decode(input.bytes());
    },
  });

  t.deepEqual(iterableCoder(boxed).decode(iterableCoder(boxed).encode(["a", "bc"])), ["a", "bc"]);
});

test("a coder of a user stands inside others with its length before it", (t) => {
  const upper: Coder<string> = {
    isDeterministic: true,
    encode: (value) => Buffer.from(value.toUpperCase()),
    decode: (bytes) => Buffer.from(bytes).toString().toLowerCase(),
  };
  const coder = kvCoder(upper, upper);

  t.is(hex(coder.encode(["ab", "c"])), "024142" + "43");
  t.deepEqual(coder.decode(coder.encode(["ab", "c"])), ["ab", "c"]);
  t.is(keyOf(upper)("ab"), "AB");
});

test("an element larger than the writer's memory is written whole", (t) => {
  const large = "é".repeat(700_000);

  t.is(stringCoder.decode(stringCoder.encode(large)), large);
  t.is(nullableCoder(stringCoder).decode(nullableCoder(stringCoder).encode(large)), large);
});

// ---- keys

test("a single column of text, numbers or NULL is its own key", (t) => {
  const field = (type: LogicalType): ((value: unknown) => unknown) => {
    const key = rowKeyOf([{ name: "k", type }]);
    return (value) => key({ k: value });
  };

  t.is(field(types.string())("a"), "a");
  t.is(field(types.int())(5), 5);
  t.is(field(types.bigint())(5n), 5n);
  t.is(field(types.decimal(5, 2))(Decimal.of("1.5")), 150n);
  t.is(field(types.string())(null), null);
  t.is(field(types.string())(undefined), null);
});

test("keys are equal exactly when the encoded bytes of their columns are", (t) => {
  const type = rowType(
    "ROW<a STRING, b STRING, c INT, d DOUBLE, e ARRAY<STRING>, f BYTES, g ROW<x STRING, y STRING>>",
  );
  const some = fc.constantFrom(null, "", "1", "1:", "~", ";", "a", "1:a");
  const rows = fc
    .tuple(
      some,
      some,
      fc.constantFrom(null, 0, 1, 11),
      fc.constantFrom(null, 0, 1, Number.NaN),
      fc.option(fc.array(some, { maxLength: 2 })),
      fc.option(fc.uint8Array({ max: 1, maxLength: 2 })),
      fc.option(fc.record({ x: some, y: some })),
    )
    .map(rowFactory(type.fields.map((field) => field.name)));
  const coder = rowCoder(type);
  const key = rowKeyOf(type.fields);

  fc.assert(
    fc.property(rows, rows, (one, other) => {
      t.is(key(one) === key(other), hex(coder.encode(one)) === hex(coder.encode(other)));
      t.is(coder.keyOf(one), key(one));
    }),
    { numRuns: 2_000 },
  );
});

test("columns side by side do not run into each other in a key", (t) => {
  const keys = (field: string, values: readonly (readonly [unknown, unknown])[]): number => {
    const key = rowKeyOf(rowType(`ROW<a ${field}, b ${field}>`).fields);
    return new Set(values.map(([a, b]) => key({ a, b }))).size;
  };
  const one = Uint8Array.of(49);
  const none = Uint8Array.of();

  t.is(
    keys("STRING", [
      ["", "1"],
      ["1", ""],
      [null, "1"],
      ["1", null],
      ["", "~1"],
      ["~", "1"],
      ["1:", ""],
    ]),
    7,
  );
  t.is(
    keys("INT", [
      [1, 11],
      [11, 1],
      [null, 11],
      [-1, 11],
    ]),
    4,
  );
  t.is(
    keys("BYTES", [
      [one, none],
      [none, one],
      [null, one],
    ]),
    3,
  );
  t.is(
    keys("ARRAY<STRING>", [
      [["a"], ["b"]],
      [["a", "b"], []],
      [[], ["a", "b"]],
      [[null], []],
      [null, [""]],
    ]),
    5,
  );
  t.is(
    keys("ARRAY<ARRAY<INT>>", [
      [[[]], []],
      [[], [[]]],
      [[[], []], null],
    ]),
    3,
  );
  t.is(
    keys("DECIMAL(4, 1)", [
      [Decimal.of("1"), Decimal.of("0.1")],
      [Decimal.of("1.0"), Decimal.of("0.1")],
      [Decimal.of("0.1"), Decimal.of("1")],
    ]),
    2,
  );
});

test("rows of every type have keys that agree with their bytes", (t) => {
  const coder = rowCoder(EVERYTHING);
  fc.assert(
    fc.property(rowsOf(EVERYTHING), (row) => {
      t.is(coder.keyOf(coder.decode(coder.encode(row))), coder.keyOf(row));
    }),
  );
});
