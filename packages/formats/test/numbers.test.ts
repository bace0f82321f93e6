// Numbers that a double does not hold, in every format and every numeric type, both ways.
import { Decimal, TributaryError } from "@tributary/core";
import type { Row } from "@tributary/core";
import test from "ava";
import { decode, decodeWith, encode, encodeBytes, makeFormat, rowTypeOf } from "./codec.js";
import type { FormatName, Options } from "./codec.js";
import { subjectsOf } from "./fuzz/subjects.js";

const BEYOND_DOUBLE = "9007199254740993";
const LONG_MIN = "-9223372036854775808";
const HUGE = "1e400";
const TENTH = "0.1";
const LONG_DECIMAL = "123456789012345678901234567890.123456789";
const NUMBERS = [BEYOND_DOUBLE, LONG_MIN, HUGE, TENTH, LONG_DECIMAL] as const;

/** What each of {@link NUMBERS} is as a type, in canonical JSON; `!` for an error. */
type Expected = Readonly<Record<string, readonly [string, string, string, string, string]>>;

const quoted = (text: string): string => JSON.stringify(text);

/** The same in csv and json. */
const OF_ALL_TEXTS: Expected = {
  FLOAT: ["9007199000000000", "-9223372000000000000", '"Infinity"', "0.1", "1.2345679e+29"],
  DOUBLE: ["9007199254740992", "-9223372036854776000", '"Infinity"', "0.1", "1.2345678901234568e+29"],
  "DECIMAL(38, 18)": [
    quoted(`${BEYOND_DOUBLE}.000000000000000000`),
    quoted(`${LONG_MIN}.000000000000000000`),
    "null",
    quoted("0.100000000000000000"),
    "null",
  ],
  "DECIMAL(38, 9)": [
    quoted(`${BEYOND_DOUBLE}.000000000`),
    quoted(`${LONG_MIN}.000000000`),
    "null",
    quoted("0.100000000"),
    // 39 digits.
    "null",
  ],
  "DECIMAL(38, 8)": [
    quoted(`${BEYOND_DOUBLE}.00000000`),
    quoted(`${LONG_MIN}.00000000`),
    "null",
    quoted("0.10000000"),
    quoted("123456789012345678901234567890.12345679"),
  ],
  "DECIMAL(16, 0)": [quoted(BEYOND_DOUBLE), "null", "null", quoted("0"), "null"],
  "DECIMAL(15, 0)": ["null", "null", "null", quoted("0"), "null"],
  STRING: NUMBERS.map(quoted) as unknown as Expected[string],
};
const BIGINT = [quoted(BEYOND_DOUBLE), quoted(LONG_MIN)] as const;

const OF_CSV: Expected = {
  ...OF_ALL_TEXTS,
  TINYINT: ["!", "!", "!", "!", "!"],
  SMALLINT: ["!", "!", "!", "!", "!"],
  INT: ["!", "!", "!", "!", "!"],
  BIGINT: [...BIGINT, "!", "!", "!"],
};
/** INT and BIGINT cut fractions. */
const OF_JSON_NUMBERS: Expected = {
  ...OF_CSV,
  INT: ["!", "!", "!", "0", "!"],
  BIGINT: [...BIGINT, "!", quoted("0"), "!"],
};

const reads = test.macro(
  (t, name: FormatName, options: Options, message: (number: string) => string, expected: Expected) => {
    for (const [type, values] of Object.entries(expected)) {
      for (const [index, number] of NUMBERS.entries()) {
        const { events } = decode(name, `c ${type}`, options, [message(number)]);
        const value = values[index] as string;
        t.deepEqual(events, [value === "!" ? "!c" : `{"c":${value}}`], `${number} as ${type}`);
      }
    }
  },
);

test("csv", reads, "csv", {}, (number) => number, OF_CSV);
test("csv in quotes", reads, "csv", {}, (number) => `"${number}"`, OF_CSV);
test("json numbers", reads, "json", {}, (number) => `{"c":${number}}`, OF_JSON_NUMBERS);
test("json strings", reads, "json", {}, (number) => `{"c":"${number}"}`, OF_CSV);
test(
  "json numbers by the tree decoder",
  reads,
  "json",
  { "decode.json-parser.enabled": "false" },
  (number) => `{"c":${number}}`,
  // It prints numbers of text columns again.
  {
    ...OF_JSON_NUMBERS,
    STRING: [BEYOND_DOUBLE, LONG_MIN, "Infinity", TENTH, "1.2345678901234568E29"].map(
      quoted,
    ) as unknown as Expected[string],
  },
);

test("debezium-json reads them as the tree decoder does", (t) => {
  const [subject] = subjectsOf(["debezium-json"]);
  if (subject === undefined) throw new Error("There is no format 'debezium-json'.");
  for (const [type, values] of Object.entries({ ...OF_JSON_NUMBERS, STRING: undefined })) {
    if (values === undefined) continue;
    for (const [index, number] of NUMBERS.entries()) {
      const message = Buffer.from(`{"before":null,"after":{"c":${number}},"op":"c"}`);
      const { events } = decodeWith(subject.decoding, rowTypeOf(`c ${type}`), [message]);
      const value = values[index] as string;
      t.is(
        events[0]?.slice(0, 1) === "!" ? "!" : events[0],
        value === "!" ? "!" : `{"c":${value}}`,
        `${number} as ${type}`,
      );
    }
  }
});

test("avro's JSON reads them", (t) => {
  const cases: readonly (readonly [type: string, json: string, expected: string])[] = [
    ["BIGINT", `{"long":${BEYOND_DOUBLE}}`, quoted(BEYOND_DOUBLE)],
    ["BIGINT", `{"long":${LONG_MIN}}`, quoted(LONG_MIN)],
    ["BIGINT", '{"long":9223372036854775808}', "!"],
    ["BIGINT", `{"long":${HUGE}}`, "!"],
    ["INT", `{"int":${BEYOND_DOUBLE}}`, "!"],
    ["DOUBLE", `{"double":${TENTH}}`, "0.1"],
    ["DOUBLE", `{"double":${LONG_DECIMAL}}`, "1.2345678901234568e+29"],
  ];
  for (const [type, json, expected] of cases) {
    const { events } = decode("avro", `c ${type}`, { encoding: "json" }, [`{"c":${json}}`]);
    t.deepEqual(events, [expected === "!" ? "!c" : `{"c":${expected}}`], json);
  }
});

const VALUES: readonly (readonly [type: string, value: unknown, csv: string, json: string])[] = [
  ["BIGINT", 9007199254740993n, BEYOND_DOUBLE, BEYOND_DOUBLE],
  ["BIGINT", -9007199254740993n, `-${BEYOND_DOUBLE}`, `-${BEYOND_DOUBLE}`],
  ["BIGINT", -(2n ** 63n), LONG_MIN, LONG_MIN],
  ["BIGINT", 2n ** 63n - 1n, "9223372036854775807", "9223372036854775807"],
  ["BIGINT", 0n, "0", "0"],
  ["DOUBLE", Infinity, "Infinity", '"Infinity"'],
  ["DOUBLE", -Infinity, "-Infinity", '"-Infinity"'],
  ["DOUBLE", Number.NaN, "NaN", '"NaN"'],
  ["DOUBLE", -0, "-0.0", "-0.0"],
  ["DOUBLE", Number.MAX_VALUE, "1.7976931348623157E308", "1.7976931348623157E308"],
  ["DOUBLE", Number.MIN_VALUE, "4.9E-324", "4.9E-324"],
  ["DOUBLE", 0.1, "0.1", "0.1"],
  ["FLOAT", Math.fround(0.1), "0.1", "0.1"],
  ["DECIMAL(38, 18)", Decimal.of("0.100000000000000000"), "0.100000000000000000", "0.1"],
  [
    "DECIMAL(38, 9)",
    Decimal.of("12345678901234567890123456789.123456789"),
    "12345678901234567890123456789.123456789",
    "12345678901234567890123456789.123456789",
  ],
  ["DECIMAL(38, 0)", new Decimal(10n ** 38n - 1n, 0), "9".repeat(38), "9".repeat(38)],
  ["DECIMAL(38, 38)", new Decimal(1n - 10n ** 38n, 38), `-0.${"9".repeat(38)}`, `-0.${"9".repeat(38)}`],
  ["DECIMAL(38, 0)", new Decimal(9007199254740993n, 0), BEYOND_DOUBLE, BEYOND_DOUBLE],
];

test("they are written exactly, and read back as they were", (t) => {
  for (const [type, value, csv, json] of VALUES) {
    const columns = `c ${type}`;
    const rows: Row[] = [{ c: value }];
    t.deepEqual(encode("csv", columns, {}, rows), [csv]);
    t.deepEqual(encode("json", columns, {}, rows), [`{"c":${json}}`]);
    const expected = decode("json", columns, {}, [`{"c":${json}}`]).events;
    const formats: readonly (readonly [FormatName, Options])[] = [
      ["csv", {}],
      ["csv", { "write-bigdecimal-in-scientific-notation": "true" }],
      ["json", {}],
      ["json", { "encode.decimal-as-plain-number": "true" }],
      ["avro", {}],
      ["avro", { encoding: "json" }],
    ];
    for (const [name, options] of formats) {
      const [message] = encodeBytes(name, rowTypeOf(columns), options, rows);
      t.deepEqual(decode(name, columns, options, [message ?? null]).events, expected, `${type} in ${name}`);
    }
  }
});

test("raw holds every number of 64 bits", (t) => {
  for (const value of [9007199254740993n, -(2n ** 63n), 2n ** 63n - 1n, -1n]) {
    for (const endianness of ["big-endian", "little-endian"]) {
      const [message] = encodeBytes("raw", rowTypeOf("c BIGINT"), { endianness }, [{ c: value }]);
      t.deepEqual(decode("raw", "c BIGINT", { endianness }, [message ?? null]).rows, [{ c: value }]);
    }
  }
});

test("protobuf holds every number of 64 bits in each of its kinds", (t) => {
  const [subject] = subjectsOf(["protobuf"]);
  if (subject === undefined) throw new Error("There is no format 'protobuf'.");
  const rowType = rowTypeOf("i64 BIGINT, s64 BIGINT, u64 BIGINT, f64 BIGINT, sf64 BIGINT, d DOUBLE");
  const rows = [9007199254740993n, -(2n ** 63n), 2n ** 63n - 1n, -1n].map((value) => ({
    i64: value,
    s64: value,
    u64: value,
    f64: value,
    sf64: value,
    d: 0.1,
  }));
  const messages = subject.encoding.createEncoder({ table: "t", rowType }).encode(rows);
  t.deepEqual(decodeWith(subject.decoding, rowType, messages).rows, rows);
});

test("avro's longs are those of 64 bits, in one to ten bytes", (t) => {
  const powers = Array.from({ length: 64 }, (_, exponent) => 2n ** BigInt(exponent));
  const values = powers.flatMap((power) => [power - 1n, -power, ...(power < 2n ** 63n ? [power] : [])]);
  const rowType = rowTypeOf("c BIGINT NOT NULL");
  const messages = encodeBytes(
    "avro",
    rowType,
    {},
    values.map((c) => ({ c })),
  );
  t.deepEqual(
    messages.map((message) => Buffer.from(message ?? []).toString("hex")),
    values.map(zigZag),
  );
  t.deepEqual(
    decodeWith(makeFormat("avro", {}), rowType, messages).rows,
    values.map((c) => ({ c })),
  );
});

/** Avro specification, binary encoding, by arithmetic on bigints. */
function zigZag(value: bigint): string {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]).toString("hex");
}

test("longs of every length are read from and written as digits", (t) => {
  const values = Array.from({ length: 19 }, (_, digits) => 10n ** BigInt(digits))
    .flatMap((power) => [power, power - 1n, power + 1n, power * 9n, (power * 922337n) / 100000n])
    .concat(Array.from({ length: 63 }, (_, exponent) => 2n ** BigInt(exponent)))
    .flatMap((value) => [value, -value])
    .filter((value) => BigInt.asIntN(64, value) === value);
  const rows = values.map((c) => ({ c }));
  const texts = values.map(String);

  t.deepEqual(encode("csv", "c BIGINT", {}, rows), texts);
  t.deepEqual(decode("csv", "c BIGINT", {}, texts).rows, rows);
  t.deepEqual(
    encode("json", "c BIGINT", {}, rows),
    texts.map((text) => `{"c":${text}}`),
  );
  t.deepEqual(
    decode(
      "json",
      "c BIGINT",
      {},
      texts.map((text) => `{"c": ${text} }`),
    ).rows,
    rows,
  );
});

test("what 64 bits do not hold is refused by its text", (t) => {
  for (const text of [
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "99999999999999999999",
  ]) {
    t.deepEqual(decode("csv", "c BIGINT", {}, [text]).events, ["!c"]);
    t.deepEqual(decode("json", "c BIGINT", {}, [`{"c":${text}}`]).events, ["!c"]);
  }
});

test("what a column cannot hold is not written", (t) => {
  const wrong: readonly (readonly [type: string, value: unknown])[] = [
    ["BIGINT", 2n ** 63n],
    ["BIGINT", -(2n ** 63n) - 1n],
    ["BIGINT", 2n ** 64n],
    ["BIGINT", 1],
    ["INT", 2 ** 31],
    ["INT", 0.5],
    ["TINYINT", 128],
    ["SMALLINT", -32769],
  ];
  for (const [type, value] of wrong) {
    for (const name of ["csv", "json", "avro", "raw"] as const) {
      const error = t.throws(() => encode(name, `c ${type}`, {}, [{ c: value }]), {
        instanceOf: TributaryError,
      });
      t.like(
        error.diagnostics[0],
        { code: "RECORD_MALFORMED", columnName: "c" },
        `${String(value)} as ${type} in ${name}`,
      );
    }
  }
});

test("numbers of a million digits are read or refused at once, whatever the column", (t) => {
  const many = "9".repeat(1_000_000);
  const cases: readonly (readonly [type: string, number: string, json: string, csv: string])[] = [
    ["BIGINT", many, "!", "!"],
    ["BIGINT", `0.${many}`, quoted("0"), "!"],
    ["BIGINT", `-12.${many}`, quoted("-12"), "!"],
    ["BIGINT", `${many}e-999990`, quoted("9999999999"), "!"],
    ["INT", many, "!", "!"],
    ["DOUBLE", many, '"Infinity"', '"Infinity"'],
    ["DECIMAL(38, 18)", many, "null", "null"],
    ["DECIMAL(38, 18)", `0.${many}`, quoted("1.000000000000000000"), quoted("1.000000000000000000")],
    [
      "DECIMAL(38, 18)",
      `-0.1${"0".repeat(1_000_000)}1`,
      quoted("-0.100000000000000000"),
      quoted("-0.100000000000000000"),
    ],
    ["DECIMAL(5, 2)", `1.005${"0".repeat(1_000_000)}`, quoted("1.01"), quoted("1.01")],
    ["DECIMAL(5, 2)", `0.00${many}`, quoted("0.01"), quoted("0.01")],
    ["DECIMAL(5, 2)", `0.000${many}`, quoted("0.00"), quoted("0.00")],
    ["DECIMAL(5, 2)", `${"1".repeat(200)}e-198`, quoted("11.11"), quoted("11.11")],
    ["DECIMAL(5, 2)", `0.${"0".repeat(200)}1e202`, quoted("10.00"), quoted("10.00")],
  ];
  for (const [type, number, json, csv] of cases) {
    const text = `${number.slice(0, 8)}... as ${type}`;
    const expected = (value: string): string => (value === "!" ? "!c" : `{"c":${value}}`);
    t.deepEqual(decode("json", `c ${type}`, {}, [`{"c":${number}}`]).events, [expected(json)], text);
    t.deepEqual(decode("csv", `c ${type}`, {}, [number]).events, [expected(csv)], text);
  }
  const zeros = "0".repeat(1_000_000);
  t.deepEqual(decode("csv", "a BIGINT, b DECIMAL(5, 2)", {}, [`${zeros}7,${zeros}7`]).events, [
    '{"a":"7","b":"7.00"}',
  ]);
  t.deepEqual(decode("json", "a BIGINT", {}, [`{"a":"-${zeros}7"}`]).events, ['{"a":"-7"}']);
  t.deepEqual(decode("avro", "a BIGINT", { encoding: "json" }, [`{"a":{"long":${many}}}`]).events, ["!a"]);
});

test("blanks in great number are passed over once", (t) => {
  const blanks = " ".repeat(1_000_000);
  const options = { "trim-spaces": "true", "escape-character": "\\" };
  t.deepEqual(
    decode("csv", "a STRING, b BIGINT", options, [`\\x${blanks}x${blanks},${blanks}7${blanks}`]).rows,
    [{ a: `x${blanks}x`, b: 7n }],
  );
});
