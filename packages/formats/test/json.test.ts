import { Decimal, Instant, LocalTimestamp, TributaryError } from "@tributary/core";
import type { Row } from "@tributary/core";
import test from "ava";
import { decode, encode, makeFormat, rowTypeOf } from "./codec.js";
import type { Options } from "./codec.js";

/** Column `c` of a type: JSON values and the canonical JSON read from them; `!` for a malformed one. */
const reads = test.macro((t, type: string, options: Options, cases: Readonly<Record<string, string>>) => {
  for (const [json, expected] of Object.entries(cases)) {
    const { events } = decode("json", `c ${type}`, options, [`{"c":${json}}`]);
    t.deepEqual(events, [expected === "!" ? "!c" : `{"c":${expected}}`], `${json} as ${type}`);
  }
});

const TREE: Options = { "decode.json-parser.enabled": "false" };
const ISO: Options = { "timestamp-format.standard": "ISO-8601" };

test(
  "text columns take every JSON value, numbers as they are written",
  reads,
  "STRING",
  {},
  {
    '"a"': '"a"',
    '""': '""',
    '"\\u00e9\\ud83d\\ude00\\n\\/"': '"é😀\\n/"',
    '"é😀"': '"é😀"',
    '"a\tb\nc"': '"a\\tb\\nc"',
    "1.50": '"1.50"',
    "1e3": '"1e3"',
    "-0": '"-0"',
    "12345678901234567890": '"12345678901234567890"',
    true: '"true"',
    null: "null",
    '{ "z" : [ 1 , {"a" : null} ] , "b": 1.50, "c": 1e3 }':
      '"{\\"z\\":[1,{\\"a\\":null}],\\"b\\":1.5,\\"c\\":1000.0}"',
    '{"2":1,"1":2,"2":"é"}': '"{\\"2\\":\\"é\\",\\"1\\":2}"',
    "[ ]": '"[]"',
    '["\\u001f\\"", -0, 1E400]': '"[\\"\\\\u001F\\\\\\"\\",0,\\"Infinity\\"]"',
  },
);

test("the tree decoder prints numbers of text columns again", reads, "STRING", TREE, {
  "1.50": '"1.5"',
  "1e3": '"1000.0"',
  "100": '"100"',
  "-0": '"0"',
});

test("numbers that are printed again stay exact where the table has a DECIMAL", (t) => {
  const { events } = decode("json", "c STRING, d DECIMAL(10, 2)", TREE, ['{"c":100.0}', '{"c":{"x":1.50}}']);
  t.deepEqual(events, ['{"c":"1E+2","d":null}', '{"c":"{\\"x\\":1.5}","d":null}']);
});

test(
  "any text but true is false, and objects are no BOOLEAN",
  reads,
  "BOOLEAN",
  {},
  {
    true: "true",
    false: "false",
    '" TRUE "': "true",
    '"yes"': "false",
    1: "false",
    null: "null",
    "{}": "!",
    "[]": "!",
  },
);

test(
  "TINYINT refuses fractions",
  reads,
  "TINYINT",
  {},
  {
    127: "127",
    128: "!",
    "-128": "-128",
    '" 12 "': "12",
    '"+7"': "7",
    "1.0": "!",
    "1e1": "!",
    '"1.0"': "!",
    true: "!",
    null: "null",
  },
);

test(
  "SMALLINT refuses fractions",
  reads,
  "SMALLINT",
  {},
  { 32767: "32767", 32768: "!", "-32768": "-32768", "0.5": "!" },
);

test(
  "INT cuts fractions",
  reads,
  "INT",
  {},
  {
    "112.013": "112",
    "-112.9": "-112",
    "-0.5": "0",
    "1e3": "1000",
    "2147483647": "2147483647",
    "2147483648": "!",
    "2147483647.5": "!",
    "-2147483648": "-2147483648",
    '" 42 "': "42",
    '"1.5"': "!",
    '""': "!",
    '"x"': "!",
    "{}": "!",
    false: "!",
  },
);

test(
  "BIGINT is exact to the full 64 bits",
  reads,
  "BIGINT",
  {},
  {
    "9223372036854775807": '"9223372036854775807"',
    "9007199254740993": '"9007199254740993"',
    "-9223372036854775808": '"-9223372036854775808"',
    "9223372036854775808": "!",
    "9007199254740993.75": '"9007199254740993"',
    "-1.9": '"-1"',
    "1e18": '"1000000000000000000"',
    "1e19": "!",
    "1e999999999": "!",
    "1e-999999999": '"0"',
    '" 9007199254740993 "': '"9007199254740993"',
  },
);

test(
  "DOUBLE takes numbers and their texts",
  reads,
  "DOUBLE",
  {},
  {
    1: "1",
    "0.1": "0.1",
    "-0.0": "-0",
    "1e400": '"Infinity"',
    "123456789.123456789": "123456789.12345679",
    '"NaN"': '"NaN"',
    '" -Infinity "': '"-Infinity"',
    '"1e3"': "1000",
    '"x"': "!",
    true: "!",
  },
);

test(
  "FLOAT is rounded to 32 bits",
  reads,
  "FLOAT",
  {},
  { "0.1": "0.1", "16777217": "16777216", '"1.5"': "1.5" },
);

test(
  "DECIMAL is rounded half up, and NULL where it does not fit",
  reads,
  "DECIMAL(5, 2)",
  {},
  {
    "1.005": '"1.01"',
    "-1.005": '"-1.01"',
    "1.004999": '"1.00"',
    "999.99": '"999.99"',
    "999.995": "null",
    "1000": "null",
    "1e2": '"100.00"',
    "1e999999999": "null",
    "-0": '"0.00"',
    "7": '"7.00"',
    '" 12.5 "': '"12.50"',
    '".5"': '"0.50"',
    '"x"': "!",
    true: "!",
    "{}": "!",
  },
);

test(
  "DECIMAL keeps 38 digits",
  reads,
  "DECIMAL(38, 18)",
  {},
  {
    "12345678901234567890.123456789012345678": '"12345678901234567890.123456789012345678"',
  },
);

test("the tree decoder does not trim DECIMAL text", reads, "DECIMAL(5, 2)", TREE, {
  '" 12.5 "': "!",
  '"12.5"': '"12.50"',
});

test(
  "bytes are Base64 strings",
  reads,
  "BYTES",
  {},
  {
    '"AQI="': '"AQI="',
    '""': '""',
    '"AQI"': "!",
    '"A-_="': "!",
    123: "!",
    null: "null",
  },
);

test(
  "DATE is strict",
  reads,
  "DATE",
  {},
  {
    '"2024-02-29"': '"2024-02-29"',
    '"2023-02-29"': "!",
    '"2024-2-9"': "!",
    '" 2024-02-29"': "!",
    20240229: "!",
    null: "null",
  },
);

test(
  "TIME keeps milliseconds whatever its precision",
  reads,
  "TIME(3)",
  {},
  {
    '"23:59:59.1239"': '"23:59:59.123"',
    '"24:00:00"': '"00:00:00.000"',
    '"12:00"': "!",
  },
);

test(
  "SQL timestamps clamp days and take up to nine digits",
  reads,
  "TIMESTAMP(9)",
  {},
  {
    '"2024-02-29 23:59:59.123456789"': '"2024-02-29 23:59:59.123456789"',
    '"2020-02-30 00:00:00"': '"2020-02-29 00:00:00.000000000"',
    '"2020-04-31 00:00:00."': '"2020-04-30 00:00:00.000000000"',
    '"2024-12-31 24:00:00"': '"2025-01-01 00:00:00.000000000"',
    '"2024-02-29T23:59:59"': "!",
    '"2024-02-29 23:59"': "!",
    '"2024-02-29 23:59:59.1234567890"': "!",
    '" 2024-02-29 23:59:59"': "!",
    1700000000: "!",
  },
);

test(
  "SQL instants end in an upper-case Z",
  reads,
  "TIMESTAMP_LTZ(3)",
  {},
  {
    '"2024-02-29 23:59:59.123Z"': '"2024-02-29 23:59:59.123Z"',
    '"2024-02-29 23:59:59.123z"': "!",
    '"2024-02-29 23:59:59.123"': "!",
    '"2024-02-29 23:59:59.123+08:00"': "!",
  },
);

test("ISO timestamps may lack seconds and are strict about days", reads, "TIMESTAMP(0)", ISO, {
  '"2024-02-29T23:59"': '"2024-02-29 23:59:00"',
  '"2024-02-29t23:59:01"': '"2024-02-29 23:59:01"',
  '"2020-02-30T00:00:00"': "!",
  '"2024-02-29 23:59:59"': "!",
});

test("ISO instants are lenient about days", reads, "TIMESTAMP_LTZ(0)", ISO, {
  '"2024-02-30T23:59:00Z"': '"2024-02-29 23:59:00Z"',
  '"2024-02-29T23:59:00"': "!",
});

const OFFSET: Options = { "timestamp-format.standard": "ISO-8601-WITH-OFFSET" };
const OFFSET_TEXTS: Readonly<Record<string, string>> = {
  '"2024-02-29T23:59:59.123Z"': "2024-02-29 23:59:59.123",
  '"2024-02-29T23:59:59.123+08:00"': "2024-02-29 15:59:59.123",
  '"2024-02-29T23:59:59-05:30"': "2024-03-01 05:29:59.000",
  '"2024-02-29T23:59+0545"': "2024-02-29 18:14:00.000",
  '"2020-02-30T00:00:00Z"': "2020-02-29 00:00:00.000",
  '"2024-02-29T23:59:59.123"': "!",
  '"2024-02-29 23:59:59.123Z"': "!",
  '"2024-02-29T23:59:59.123+19:00"': "!",
  '"2024-02-29T23:59:59.123+08:00 "': "!",
};

/** What is read from each text, with what stands behind it in canonical JSON. */
function offsetCases(end: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(OFFSET_TEXTS).map(([text, read]) => [text, read === "!" ? read : `"${read}${end}"`]),
  );
}

test("with offsets a TIMESTAMP is the time in UTC", reads, "TIMESTAMP(3)", OFFSET, offsetCases(""));
test("with offsets a TIMESTAMP_LTZ is the instant", reads, "TIMESTAMP_LTZ(3)", OFFSET, offsetCases("Z"));

test("with offsets both timestamps are written in UTC with Z", (t) => {
  const row = { a: new LocalTimestamp(1_709_251_199_120), b: new Instant(1_709_251_140_000) };
  t.deepEqual(encode("json", "a TIMESTAMP(3), b TIMESTAMP_LTZ(3)", OFFSET, [row]), [
    '{"a":"2024-02-29T23:59:59.12Z","b":"2024-02-29T23:59:00Z"}',
  ]);
});

test("an interval that cannot be read is told as the number that it should be", (t) => {
  const { faults } = decode("json", "m INTERVAL YEAR TO MONTH, d INTERVAL DAY TO SECOND", {}, [
    '{"m":"x"}',
    '{"d":"x"}',
  ]);
  t.deepEqual(
    faults.map(({ reason }) => reason),
    ['"x" is not a number of months.', '"x" is not a number of milliseconds.'],
  );
});

test("intervals are numbers", (t) => {
  const { events } = decode("json", "m INTERVAL YEAR TO MONTH, d INTERVAL DAY TO SECOND", {}, [
    '{"m":14.9,"d":"90061001"}',
  ]);
  t.deepEqual(events, ['{"m":14,"d":"90061001"}']);
});

test("collections nest", (t) => {
  const fields =
    "a ARRAY<INT>, m MAP<STRING, ARRAY<BIGINT>>, s MULTISET<STRING>, r ROW<x INT, y ROW<z STRING>>";
  const { events } = decode("json", fields, {}, [
    '{"a":[1,null,3],"m":{"k":[1],"n":null,"k":[2]},"s":{"b":2,"a":1},"r":{"y":{"q":0,"z":"v"},"x":1}}',
    '{"a":[],"m":{},"s":null,"r":{}}',
  ]);
  t.deepEqual(events, [
    '{"a":[1,null,3],"m":[["k",["2"]],["n",null]],"s":[["b",2],["a",1]],"r":{"x":1,"y":{"z":"v"}}}',
    '{"a":[],"m":[],"s":null,"r":{"x":null,"y":null}}',
  ]);
});

test("a failing value is named with every level above it", (t) => {
  const fields = "r ROW<a ARRAY<ROW<x INT>>, m MAP<STRING, INT>>";
  const { events, faults } = decode("json", fields, {}, [
    '{"r":{"a":[{"x":1},{"x":"no"}]}}',
    '{"r":{"m":{"k":"no"}}}',
    '{"r":{"a":{}}}',
    '{"r":[]}',
  ]);
  t.deepEqual(events, ["!r.a[1].x", "!r.m.k", "!r.a", "!r"]);
  t.like(faults[0], {
    reason: '"no" is not an INT.',
    offset: 24,
    excerpt: '{"r":{"a":[{"x":1},{"x":"no"}]}}',
  });
});

test("errors that are ignored leave NULL where the value was", (t) => {
  const fields = "i INT, a ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y STRING>";
  const { events } = decode("json", fields, { "ignore-parse-errors": "true" }, [
    '{"i":"x","a":[1,"x",3],"m":{"k":"x","l":2},"r":{"x":"no","y":"yes"}}',
    '{"i":{"i":1},"a":{"i":2},"m":[{"i":3}],"r":"x"}',
  ]);
  t.deepEqual(events, [
    '{"i":null,"a":[1,null,3],"m":[["k",null],["l",2]],"r":{"x":null,"y":"yes"}}',
    '{"i":null,"a":null,"m":null,"r":null}',
  ]);
});

test("fields are found in any order, skipped when unknown, and the last repetition wins", (t) => {
  const { events } = decode("json", 'a INT, b INT, `ä"` STRING', {}, [
    '{"a":1,"b":2,"ä\\"":"x"}',
    '{"b":2,"deep":{"a":[{"b":[[]]}],"s":"}\\""},"a":1}',
    '{ "a" : 1 , "b" : 2 }',
    '\n{"a":1,"a":3,"b":2,"b":4,"\\u00e4\\"":"y"}',
    '{"\\u0061":5,"A":6}',
    "{}",
  ]);
  t.deepEqual(events, [
    '{"a":1,"b":2,"ä\\"":"x"}',
    '{"a":1,"b":2,"ä\\"":null}',
    '{"a":1,"b":2,"ä\\"":null}',
    '{"a":3,"b":4,"ä\\"":"y"}',
    '{"a":5,"b":null,"ä\\"":null}',
    '{"a":null,"b":null,"ä\\"":null}',
  ]);
});

test("a column name that looks like structure matches only itself", (t) => {
  const { events } = decode("json", '`a":1,"b` STRING, `__proto__` INT', {}, [
    '{"a":1,"b":"x","__proto__":7}',
    '{"a\\":1,\\"b":"x"}',
  ]);
  t.deepEqual(events, ['{"a\\":1,\\"b":null,"__proto__":7}', '{"a\\":1,\\"b":"x","__proto__":null}']);
});

test("messages without a value emit nothing", (t) => {
  const { events } = decode("json", "a INT", { "fail-on-missing-field": "true" }, [null, ""]);
  t.deepEqual(events, []);
});

test("a top-level array gives a row for each element", (t) => {
  const { events, indexes } = decode("json", "a INT", {}, [
    '{"a":0}',
    ' [ {"a":1} , {"a":2} ] ',
    "[]",
    '[{"a":3}]',
  ]);
  t.deepEqual(events, ['{"a":0}', '{"a":1}', '{"a":2}', '{"a":3}']);
  t.deepEqual(indexes, [0, 1, 1, 3]);
});

test("a top-level array with a bad element fails whole, or keeps the good ones", (t) => {
  const message = '[{"a":1},7,null,{"a":2}]';
  t.deepEqual(decode("json", "a INT", {}, [message]).events, ["!"]);
  t.deepEqual(decode("json", "a INT", { "ignore-parse-errors": "true" }, [message]).events, [
    '{"a":1}',
    '{"a":2}',
    "~",
  ]);
  t.deepEqual(decode("json", "a INT", TREE, ['[{"a":1},null]']).events, ['{"a":1}']);
});

test("only the first value of a message is looked at", (t) => {
  t.deepEqual(decode("json", "a INT", {}, ['{"a":1} trailing \u0000']).events, ['{"a":1}']);
});

const NO_OBJECTS = ["1", '"x"', "null", "true", "   "];

test("other values at top level are errors", (t) => {
  t.deepEqual(decode("json", "a INT", {}, NO_OBJECTS).events, ["!", "!", "!", "!", "!"]);
  t.deepEqual(decode("json", "a INT", { "ignore-parse-errors": "true" }, NO_OBJECTS).events, [
    "~",
    "~",
    "~",
    "~",
    "~",
  ]);
});

test("the tree decoder passes over null and blanks", (t) => {
  t.deepEqual(decode("json", "a INT", TREE, NO_OBJECTS).events, ["!", "!", "!"]);
});

test("text that is no JSON fails the message, also in fields that no column names", (t) => {
  const broken = [
    '{"a":1',
    '{"a":1,}',
    '{"a":01}',
    '{"a":+1}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":1e}',
    '{"a":NaN}',
    "{'a':1}",
    '{"a":tru}',
    '{"a":truex}',
    '{"a" 1}',
    "{a:1}",
    '{"a":1 "b":2}',
    '{"x":[1,]}',
    '{"x":[1}',
    '{"x":{"y"}}',
    '{"x":"\\q"}',
    '{"x":"\\u12g4"}',
    '{"x":"abc',
    "/* c */{}",
    "[{}",
    "[{},]",
  ];
  for (const message of broken) {
    t.deepEqual(decode("json", "a INT", {}, [message]).events, ["!"], message);
    t.is(decode("json", "a INT", { "ignore-parse-errors": "true" }, [message]).events.at(-1), "~", message);
  }
});

test("bytes that are no UTF-8 fail the message", (t) => {
  const bytes = Buffer.from([...Buffer.from('{"a":"x'), 0xff, ...Buffer.from('"}')]);
  t.deepEqual(decode("json", "a STRING", {}, [bytes, Buffer.from('{"a":"\ufffd"}')]).events, [
    "!",
    '{"a":"\ufffd"}',
  ]);
});

test("byte order marks are honoured", (t) => {
  const utf16 = Buffer.from('\ufeff{"a":"é"}', "utf16le");
  t.deepEqual(decode("json", "a STRING", {}, ['\ufeff{"a":"é"}', utf16]).events, ['{"a":"é"}', '{"a":"é"}']);
});

test("values may be nested a thousand levels deep and no deeper", (t) => {
  const nested = (levels: number): string => `{"x":${"[".repeat(levels)}${"]".repeat(levels)},"a":1}`;
  t.deepEqual(decode("json", "a INT", {}, [nested(1000)]).events, ['{"a":1}']);
  t.deepEqual(decode("json", "a INT", {}, [nested(1001)]).events, ["!"]);
  t.deepEqual(decode("json", "x STRING", {}, [nested(100_000)]).events, ["!"]);
});

test("a missing field is named at every level", (t) => {
  const options = { "fail-on-missing-field": "true" };
  const { events, faults } = decode("json", "a INT, r ROW<x INT, y ROW<z INT>>", options, [
    '{"a":1,"r":{"x":1,"y":{}}}',
    '{"r":null}',
    '{"a":null,"r":{"y":null,"x":null}}',
  ]);
  t.deepEqual(events, ["!r.y.z", "!a", '{"a":null,"r":{"x":null,"y":null}}']);
  t.is(faults[0]?.reason, 'The field "z" is missing.');
});

test("rows wider than generated code goes are read alike", (t) => {
  const names = Array.from({ length: 300 }, (_, index) => `f${index}`);
  const fields = names.map((name) => `${name} INT`).join(", ");
  const text = JSON.stringify(Object.fromEntries(names.map((name, index) => [name, index])));
  t.deepEqual(decode("json", fields, {}, [text]).events, [text]);
  t.deepEqual(encode("json", fields, {}, decode("json", fields, {}, [text]).rows), [text]);
});

// Writing.

const ALL: Row = {
  bo: true,
  ti: -128,
  i: -0,
  bi: 9007199254740993n,
  f: Math.fround(0.1),
  d: 1,
  de: new Decimal(1230n, 2),
  s: 'é"\\/\b\f\n\r\t\u0001\u001f\u007f',
  by: new Uint8Array([1, 2]),
  da: 19782,
  tm: 45_296_120,
  ts: new LocalTimestamp(1_709_251_199_120),
  tz: new Instant(1_709_251_199_000, 1),
  a: [1, null],
  m: new Map([
    ["k", 1],
    ["n", null],
  ]),
  r: { x: 1, y: null },
  n: null,
};
const ALL_FIELDS =
  "bo BOOLEAN, ti TINYINT, i INT, bi BIGINT, f FLOAT, d DOUBLE, de DECIMAL(10, 2), s STRING, by BYTES, da DATE, " +
  "tm TIME(3), ts TIMESTAMP(3), tz TIMESTAMP_LTZ(9), a ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y INT>, n INT";

test("rows are written compactly in column order", (t) => {
  t.deepEqual(encode("json", ALL_FIELDS, {}, [ALL]), [
    '{"bo":true,"ti":-128,"i":0,"bi":9007199254740993,"f":0.1,"d":1.0,"de":12.3,' +
      '"s":"é\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001F\u007f","by":"AQI=","da":"2024-02-29","tm":"12:34:56.12",' +
      '"ts":"2024-02-29 23:59:59.12","tz":"2024-02-29 23:59:59.000000001Z","a":[1,null],"m":{"k":1,"n":null},' +
      '"r":{"x":1,"y":null},"n":null}',
  ]);
});

test("NULL columns and NULL fields of rows can be left out, elements and map values not", (t) => {
  const options = { "encode.ignore-null-fields": "true" };
  const fields = "n INT, a ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y INT>";
  const row = { n: null, a: [null], m: new Map([["k", null]]), r: { x: null, y: 1 } };
  t.deepEqual(
    encode("json", fields, options, [row, { n: null, a: null, m: null, r: { x: null, y: null } }]),
    ['{"a":[null],"m":{"k":null},"r":{"y":1}}', '{"r":{}}'],
  );
});

test("numbers are written as Java does", (t) => {
  const rows = [1e10, 1e-5, 0.001, 12345678, 9999999, Number.NaN, -Infinity].map((d) => ({ d }));
  t.deepEqual(encode("json", "d DOUBLE", {}, rows), [
    '{"d":1.0E10}',
    '{"d":1.0E-5}',
    '{"d":0.001}',
    '{"d":1.2345678E7}',
    '{"d":9999999.0}',
    '{"d":"NaN"}',
    '{"d":"-Infinity"}',
  ]);
});

test("DECIMAL is written without trailing zeros, or plainly with all fraction digits", (t) => {
  const rows = [
    "454621864049246170.000000000",
    "0.000000027",
    "100.000000000",
    "12.300000000",
    "0.000000000",
  ].map((text) => ({ d: Decimal.of(text) }));
  t.deepEqual(encode("json", "d DECIMAL(38, 9)", {}, rows), [
    '{"d":4.5462186404924617E+17}',
    '{"d":2.7E-8}',
    '{"d":1E+2}',
    '{"d":12.3}',
    '{"d":0}',
  ]);
  t.deepEqual(
    encode("json", "d DECIMAL(10, 2)", { "encode.decimal-as-plain-number": "true" }, [
      { d: Decimal.of("12.3") },
    ]),
    ['{"d":12.30}'],
  );
});

test("small DECIMAL values are written as large ones are", (t) => {
  const texts = [
    "100.00",
    "12.30",
    "-12.30",
    "0.10",
    "0.01",
    "-0.01",
    "0.00",
    "1200.00",
    "1.00",
    "21474836.48",
  ];
  const rows = texts.map((text) => ({ d: Decimal.of(text) }));
  const written = ["1E+2", "12.3", "-12.3", "0.1", "0.01", "-0.01", "0", "1.2E+3", "1", "21474836.48"];
  t.deepEqual(
    encode("json", "d DECIMAL(10, 2)", {}, rows),
    written.map((text) => `{"d":${text}}`),
  );
  const plain = { "encode.decimal-as-plain-number": "true" };
  t.deepEqual(
    encode("json", "d DECIMAL(10, 2)", plain, rows),
    texts.map((text) => `{"d":${text}}`),
  );
  t.deepEqual(
    encode("json", "d DECIMAL(10, 7)", {}, [{ d: Decimal.of("0.0000012") }, { d: Decimal.of("0.0000001") }]),
    ['{"d":0.0000012}', '{"d":1E-7}'],
  );
});

test("ISO timestamps are written with a T", (t) => {
  const row = { a: new LocalTimestamp(1_709_251_199_120), b: new Instant(1_709_251_140_000) };
  t.deepEqual(encode("json", "a TIMESTAMP(3), b TIMESTAMP_LTZ(3)", ISO, [row]), [
    '{"a":"2024-02-29T23:59:59.12","b":"2024-02-29T23:59:00Z"}',
  ]);
});

test("a NULL key of a map fails, is dropped or written as a literal, in nested maps too", (t) => {
  const fields = "m MAP<STRING, MAP<STRING, INT>>";
  const row: Row = {
    m: new Map<string | null, unknown>([
      [null, new Map<string | null, number>([[null, 1]])],
      ["a", new Map([["b", 2]])],
    ]),
  };
  t.deepEqual(encode("json", fields, { "map-null-key.mode": "drop" }, [row]), ['{"m":{"a":{"b":2}}}']);
  t.deepEqual(
    encode("json", fields, { "map-null-key.mode": "LITERAL", "map-null-key.literal": "none" }, [row]),
    ['{"m":{"none":{"none":1},"a":{"b":2}}}'],
  );
  const error = t.throws(() => encode("json", fields, {}, [row]), { instanceOf: TributaryError });
  t.is(error.code, "RECORD_MALFORMED");
  t.is(error.diagnostics[0]?.columnName, "m");
  t.regex(error.diagnostics[0]?.hint ?? "", /map-null-key\.mode/);
});

test("a value that is not of its column's type names the column", (t) => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ["INT", 1.5],
    ["INT", 2147483648],
    ["TINYINT", 128],
    ["BIGINT", 1],
    ["BIGINT", 2n ** 63n],
    ["STRING", 1],
    ["BOOLEAN", "true"],
    ["DOUBLE", 1n],
    ["DECIMAL(5, 2)", 1],
    ["BYTES", "AQI="],
    ["DATE", 1.5],
    ["TIME(3)", 86_400_000],
    ["TIMESTAMP(3)", new Instant(0)],
    ["TIMESTAMP_LTZ(3)", new LocalTimestamp(0)],
    ["ARRAY<INT>", new Map()],
    ["ARRAY<INT>", ["x"]],
    ["MAP<STRING, INT>", {}],
    ["ROW<x INT>", 1],
    ["ROW<x INT>", { x: "1" }],
  ];
  for (const [type, value] of wrong) {
    const error = t.throws(() => encode("json", `a INT, c ${type}`, {}, [{ a: 1, c: value }]), {
      instanceOf: TributaryError,
    });
    t.like(error.diagnostics[0], { code: "RECORD_MALFORMED", columnName: "c", table: "t" }, type);
  }
});

// Validation.

const refusesOptions = test.macro((t, options: Options, expected: Readonly<Record<string, unknown>>) => {
  const error = t.throws(() => makeFormat("json", options), { instanceOf: TributaryError });
  t.like(error.diagnostics[0], expected);
});

test(
  "failing on missing fields and ignoring errors exclude each other",
  refusesOptions,
  { "fail-on-missing-field": "true", "ignore-parse-errors": "TRUE" },
  { code: "OPTION_CONFLICT", option: "json.fail-on-missing-field" },
);
test(
  "the timestamp format is case-sensitive",
  refusesOptions,
  { "timestamp-format.standard": "iso-8601" },
  {
    code: "OPTION_INVALID",
    option: "json.timestamp-format.standard",
    value: "iso-8601",
    candidates: ["ISO-8601", "SQL", "ISO-8601-WITH-OFFSET"],
  },
);
test(
  "the mode of NULL keys is one of three",
  refusesOptions,
  { "map-null-key.mode": "skip" },
  { code: "OPTION_INVALID", option: "json.map-null-key.mode", value: "skip" },
);
test(
  "booleans are words",
  refusesOptions,
  { "ignore-parse-errors": "yes" },
  { code: "OPTION_INVALID", option: "json.ignore-parse-errors", value: "yes" },
);
test(
  "unknown options are refused",
  refusesOptions,
  { "ignore-parse-error": "true" },
  { code: "OPTION_UNKNOWN", option: "json.ignore-parse-error" },
);

test("columns that JSON cannot carry are refused all at once", (t) => {
  const rowType = rowTypeOf(
    "a MAP<INT, STRING>, b MULTISET<INT>, c ARRAY<MAP<DATE, INT>>, d INT, e RAW('x', 'AAE=')",
  );
  const error = t.throws(() => makeFormat("json", {}).createDecoder({ table: "t", rowType }), {
    instanceOf: TributaryError,
  });
  t.deepEqual(
    error.diagnostics.map(({ code, columnName }) => [code, columnName]),
    [
      ["SCHEMA_INVALID", "a"],
      ["SCHEMA_INVALID", "b"],
      ["SCHEMA_INVALID", "c"],
      ["SCHEMA_INVALID", "e"],
    ],
  );
  t.regex(error.diagnostics[0]?.message ?? "", /MAP<INT, STRING>/);
});

// The reference's rules that stand in no table above, one a case.

test("the tree decoder reads integers alike", reads, "INT", TREE, {
  "112.013": "112",
  "-0.5": "0",
  '" 42 "': "42",
  "2147483648": "!",
  '"1.5"': "!",
  true: "!",
});
test("the tree decoder reads BIGINT exactly", reads, "BIGINT", TREE, {
  "9007199254740993": '"9007199254740993"',
  "-9223372036854775808": '"-9223372036854775808"',
  "9007199254740993.75": '"9007199254740993"',
  "9223372036854775808": "!",
});
test("the tree decoder reads booleans alike", reads, "BOOLEAN", TREE, {
  true: "true",
  '" True "': "true",
  '"trueA"': "false",
  1: "false",
  "[]": "!",
});

test(
  "TINYINT takes integers in strings, and no others",
  reads,
  "TINYINT",
  {},
  { '"007"': "7", '" -128 "': "-128", '"129"': "!", '""': "!", '"1e1"': "!", "-129": "!", "[1]": "!" },
);

test(
  "BIGINT takes digits with blanks around them, and cuts towards zero",
  reads,
  "BIGINT",
  {},
  {
    " 12 ": '"12"',
    "-9223372036854775808.9": '"-9223372036854775808"',
    "-0": '"0"',
    "0": '"0"',
    "1E2": '"100"',
    "12345678901234567890123": "!",
    '"-9223372036854775808"': '"-9223372036854775808"',
    '"+1"': '"1"',
    '"1.0"': "!",
    true: "!",
    "{}": "!",
  },
);

test(
  "FLOAT takes the names of what is no number as strings",
  reads,
  "FLOAT",
  {},
  {
    '"NaN"': '"NaN"',
    '"-Infinity"': '"-Infinity"',
    '" 1.5 "': "1.5",
    "1e39": '"Infinity"',
    '"x"': "!",
    "{}": "!",
  },
);

test(
  "lengths of text and bytes are not checked",
  reads,
  "ROW<a CHAR(1), b VARCHAR(2), c BINARY(1)>",
  {},
  { '{"a":"abc","b":"abcdef","c":"AQID"}': '{"a":"abc","b":"abcdef","c":"AQID"}' },
);

test(
  "Base64 may have blanks between groups of four only",
  reads,
  "BYTES",
  {},
  { '"AQID BAUG"': '"AQIDBAUG"', '"AQ ID"': "!", '"AQI=AQI="': "!", '"A==="': "!", true: "!", "[]": "!" },
);

test(
  "DATE takes years beyond four digits with a sign",
  reads,
  "DATE",
  {},
  {
    '"+12024-01-01"': '"+12024-01-01"',
    '"-0001-12-31"': '"-0001-12-31"',
    '"12024-01-01"': "!",
    '"2024-02-30"': "!",
    '"2024-13-01"': "!",
    '"2024-02-29T00:00:00"': "!",
    '"2024-02-29 "': "!",
    '""': "!",
    "{}": "!",
  },
);

test("TIME without fraction digits keeps them in the row", (t) => {
  const { rows } = decode("json", "c TIME(0), d TIME(9)", {}, ['{"c":"12:34:56.7899","d":"12:34:56."}']);
  t.deepEqual(rows, [{ c: 45_296_789, d: 45_296_000 }]);
  t.deepEqual(encode("json", "c TIME(0), d TIME(9)", {}, rows), ['{"c":"12:34:56.789","d":"12:34:56"}']);
});
test(
  "TIME needs seconds",
  reads,
  "TIME(3)",
  {},
  {
    '"24:00:00.000"': '"00:00:00.000"',
    '"24:00:01"': "!",
    '"23:59:60"': "!",
    '"1:02:03"': "!",
    '"12:34:56.1234567890"': "!",
    '" 12:34:56"': "!",
  },
);

test(
  "SQL timestamps keep their rules at the edges",
  reads,
  "TIMESTAMP(9)",
  {},
  {
    '"+12020-01-01 00:00:00"': '"+12020-01-01 00:00:00.000000000"',
    '"-0001-01-01 00:00:00"': '"-0001-01-01 00:00:00.000000000"',
    '"12020-01-01 00:00:00"': "!",
    '"+2020-01-01 00:00:00"': "!",
    '"2020-02-32 00:00:00"': "!",
    '"2020-01-01 24:00:00.000000000"': '"2020-01-02 00:00:00.000000000"',
    '"2020-01-01 24:00:00.000000001"': "!",
    '"2020-01-01 00:00"': "!",
    '"2020-01-01 00:00:00 "': "!",
    '"2020-01-01 00:00:00Z"': "!",
    '"2020-01-01\\u002000:00:00"': '"2020-01-01 00:00:00.000000000"',
  },
);

test("ISO timestamps keep their rules at the edges", reads, "TIMESTAMP(9)", ISO, {
  '"2024-02-29T23:59:59.123456789"': '"2024-02-29 23:59:59.123456789"',
  '"2024-02-29T23:59:59."': '"2024-02-29 23:59:59.000000000"',
  '"+12020-01-01T00:00"': '"+12020-01-01 00:00:00.000000000"',
  '"2024-02-29T24:00:00"': "!",
  '"2024-02-29T23"': "!",
  '"2024-02-29T23:59:59.1234567890"': "!",
  '"2024-02-29T23:59:59Z"': "!",
});
test("ISO instants keep their rules at the edges", reads, "TIMESTAMP_LTZ(9)", ISO, {
  '"2024-02-29T23:59Z"': '"2024-02-29 23:59:00.000000000Z"',
  '"2024-02-29T24:00:00Z"': '"2024-03-01 00:00:00.000000000Z"',
  '"2024-02-29T23:59:59.5Z"': '"2024-02-29 23:59:59.500000000Z"',
  '"2024-02-29T23:59:59z"': "!",
  '"2024-02-29T23:59:59+00:00"': "!",
  '"2024-02-29 23:59:59Z"': "!",
});

test("intervals cut fractions and take integers in strings", (t) => {
  const fields = "m INTERVAL YEAR TO MONTH, d INTERVAL DAY TO SECOND(3)";
  t.deepEqual(
    decode("json", fields, {}, [
      '{"m":" 3 ","d":1.9}',
      '{"m":"1.5"}',
      '{"m":2147483648}',
      '{"d":9007199254740993}',
    ]).events,
    ['{"m":3,"d":"1"}', "!m", "!m", '{"m":null,"d":"9007199254740993"}'],
  );
});

test("NOT NULL is not checked when reading", (t) => {
  t.deepEqual(decode("json", "a INT NOT NULL, b STRING NOT NULL", {}, ['{"a":null}']).events, [
    '{"a":null,"b":null}',
  ]);
});

test("names of fields differ by case, and may be written with escapes", (t) => {
  t.deepEqual(decode("json", "a INT, A INT, `b c` INT", {}, ['{"A":1,"\\u0061":2,"b\\u0020c":3}']).events, [
    '{"a":2,"A":1,"b c":3}',
  ]);
});

test("a repeated key of a map keeps the last value, a repeated field the last one that is read", (t) => {
  t.deepEqual(
    decode("json", "m MAP<STRING, INT>, r ROW<x INT>", {}, ['{"m":{"k":1,"k":null},"r":{"x":1},"r":null}'])
      .events,
    ['{"m":[["k",null]],"r":null}'],
  );
  t.deepEqual(decode("json", "a INT", {}, ['{"a":1,"b":[1,{"a":5}],"a":2}']).events, ['{"a":2}']);
});

test("an earlier value of a repeated field need not fit, at any level and however the name is written", (t) => {
  const fields = "a INT, r ROW<x INT, y ARRAY<ROW<z INT>>>, m MAP<STRING, INT>";
  for (const options of [{}, TREE, { "fail-on-missing-field": "true" }]) {
    const { events, faults } = decode("json", fields, options, [
      '{"a":"x","r":{"x":[],"y":[{"z":"q","z":1}],"\\u0078":2},"m":{"k":"v","k":3},"a":4}',
      '[{"a":1,"r":{"x":1,"y":[]},"m":{}},{"a":{},"r":{"x":1,"y":[]},"m":{},"a":null}]',
      '\ufeff{"a":"x","a":5,"r":null,"m":null}',
      '{"a":1,"a":"x","r":null,"m":null}',
      '{"a":"x","b":1,"b":2,"r":null,"m":null}',
      '{"a":"x","a":1,"r":null,"m":null',
      '{"a":"x","b":"a","r":null,"m":null}',
    ]);
    t.deepEqual(events, [
      '{"a":4,"r":{"x":2,"y":[{"z":1}]},"m":[["k",3]]}',
      '{"a":1,"r":{"x":1,"y":[]},"m":[]}',
      '{"a":null,"r":{"x":1,"y":[]},"m":[]}',
      '{"a":5,"r":null,"m":null}',
      "!a",
      "!a",
      "!a",
      "!a",
    ]);
    t.deepEqual(
      faults.map(({ offset }) => offset),
      [11, 5, 5, 5],
    );
  }
});

test("missing fields are named at every level, in arrays and maps too", (t) => {
  const options = { "fail-on-missing-field": "true" };
  const fields = "a ARRAY<ROW<x INT>>, m MAP<STRING, ROW<y INT>>";
  const { events, faults } = decode("json", fields, options, [
    '{"a":[{"x":1},{}],"m":{}}',
    '{"a":[],"m":{"k":{"z":1}}}',
    '{"a":[]}',
    '[{"a":[],"m":{}},{"a":[]}]',
    '{"a":[{"x":null}],"m":{"k":{"y":null}}}',
  ]);
  t.deepEqual(events, ["!a[1].x", "!m.k.y", "!m", "!m", '{"a":[{"x":null}],"m":[["k",{"y":null}]]}']);
  t.deepEqual(
    faults.map(({ reason }) => reason),
    [
      'The field "x" is missing.',
      'The field "y" is missing.',
      'The field "m" is missing.',
      'The field "m" is missing.',
    ],
  );
});

test("values that cannot be converted are NULL one by one where errors are ignored", (t) => {
  const types = [
    "TINYINT",
    "INT",
    "BIGINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL(5, 2)",
    "BYTES",
    "DATE",
    "TIME(3)",
    "TIMESTAMP(3)",
    "TIMESTAMP_LTZ(3)",
    "INTERVAL MONTH",
    "ARRAY<INT>",
    "MAP<STRING, INT>",
    "MULTISET<STRING>",
    "ROW<x INT>",
  ];
  const lenient = { "ignore-parse-errors": "true" };
  for (const type of types) {
    for (const value of ['"x"', "true", '"é\\n"']) {
      const fields = `a INT, c ${type}, b INT`;
      t.deepEqual(decode("json", fields, lenient, [`{"a":1,"c":${value},"b":2}`]).events, [
        '{"a":1,"c":null,"b":2}',
      ]);
      t.deepEqual(
        decode("json", fields, {}, [`{"a":1,"c":${value},"b":2}`]).events,
        ["!c"],
        `${value} as ${type}`,
      );
      t.deepEqual(decode("json", `r ROW<c ${type}, b INT>`, lenient, [`{"r":{"c":${value},"b":2}}`]).events, [
        '{"r":{"c":null,"b":2}}',
      ]);
      t.deepEqual(decode("json", `r ARRAY<${type}>`, lenient, [`{"r":[${value},null]}`]).events, [
        '{"r":[null,null]}',
      ]);
    }
  }
});

test("what is read of a wrong shape is passed over whole, however deep", (t) => {
  const lenient = { "ignore-parse-errors": "true" };
  t.deepEqual(
    decode("json", "a ROW<x INT>, b INT", lenient, [
      '{"a":[{"x":1,"b":9},[{"b":8}]],"b":2}',
      '{"b":{"a":{"x":1}},"a":{"x":[3]}}',
    ]).events,
    ['{"a":null,"b":2}', '{"a":{"x":null},"b":null}'],
  );
});

test("an error carries reason, column, offset and excerpt", (t) => {
  const { faults } = decode("json", "a INT, r ROW<b BIGINT>", {}, [
    '{"a":1,"r":{"b":"x"}}',
    '{"a":1,"r":{"b":1}',
    `{"a":"${"x".repeat(500)}"}`,
  ]);
  t.deepEqual(faults[0], {
    reason: '"x" is not a BIGINT.',
    offset: 16,
    excerpt: '{"a":1,"r":{"b":"x"}}',
    column: "r.b",
  });
  t.deepEqual(faults[1], {
    reason: "The text ends where ',' or '}' should be.",
    offset: 18,
    excerpt: '{"a":1,"r":{"b":1}',
  });
  t.true((faults[2]?.reason.length ?? 0) < 300 && (faults[2]?.excerpt?.length ?? 0) < 200);
});

test("in a top-level array the elements before a broken place are kept where errors are ignored", (t) => {
  const lenient = { "ignore-parse-errors": "true" };
  t.deepEqual(
    decode("json", "a INT", lenient, ['[{"a":1},{"a":"x"},{"a":3}]', '[{"a":1},{"a":2', "[]", "[ ]"]).events,
    ['{"a":1}', '{"a":null}', '{"a":3}', '{"a":1}', "~"],
  );
  t.deepEqual(decode("json", "a INT", {}, ['[{"a":1},{"a":"x"}]', '[{"a":1},{"a":2']).events, ["!a", "!"]);
});

test("strings of any length and content are written so that JSON.parse reads them, and read as it does", (t) => {
  const pieces = [
    "",
    "a",
    '"',
    "\\",
    "\n",
    "\u0000",
    "\u001f",
    "\u007f",
    "é",
    "😀",
    "\ud800",
    "\udc00x",
    "\u2028",
    "</script>",
  ];
  const texts = pieces.flatMap((piece) => [
    piece,
    `${"x".repeat(30)}${piece}`,
    `${piece}${"y".repeat(80)}`,
    piece.repeat(100),
  ]);
  const written = encode(
    "json",
    "s STRING",
    {},
    texts.map((s) => ({ s })),
  );
  t.deepEqual(
    written.map((text) => (JSON.parse(text) as { s: string }).s),
    texts,
  );
  t.deepEqual(
    decode("json", "s STRING", {}, written).rows,
    texts.map((s) => ({ s })),
  );
  const plain = texts.map((s) => JSON.stringify({ s }));
  t.deepEqual(
    decode("json", "s STRING", {}, plain).rows,
    texts.map((s) => ({ s })),
  );
});

test("names and keys of any content are written and read", (t) => {
  const names = ['"', "\\", "\n", "é", "😀", "\ud800", "a:b", "{", " "];
  const fields = names.map((name) => `\`${name}\` INT`).join(", ");
  const row = Object.fromEntries(names.map((name, index) => [name, index]));
  const [text] = encode("json", fields, {}, [row]);
  t.deepEqual(JSON.parse(text ?? ""), row);
  t.deepEqual(decode("json", fields, {}, [text ?? ""]).rows, [row]);
  t.deepEqual(decode("json", fields, {}, [JSON.stringify(row, null, 2)]).rows, [row]);
  const map = { m: new Map(names.map((name, index) => [name, index])) };
  const [written] = encode("json", "m MAP<STRING, INT>", {}, [map]);
  t.deepEqual(decode("json", "m MAP<STRING, INT>", {}, [written ?? ""]).rows, [map]);
});

test("NULL fields are left out of rows in arrays and maps too", (t) => {
  const options = { "encode.ignore-null-fields": "true" };
  const fields = "a ARRAY<ROW<x INT, y INT>>, m MAP<STRING, ROW<x INT>>, z INT";
  t.deepEqual(
    encode("json", fields, options, [
      { a: [{ x: null, y: 1 }, null], m: new Map([["k", { x: null }]]), z: null },
      { a: null, m: null, z: 5 },
      { a: null, m: null, z: null },
    ]),
    ['{"a":[{"y":1},null],"m":{"k":{}}}', '{"z":5}', "{}"],
  );
});

test("NULL keys of multisets follow the mode too, and a literal that is a key keeps the later entry", (t) => {
  const literal = { "map-null-key.mode": "literal", "map-null-key.literal": "k" };
  const fields = "s MULTISET<STRING>, m MAP<STRING, INT>";
  const row: Row = {
    s: new Map<string | null, number>([[null, 2]]),
    m: new Map<string | null, number>([
      ["k", 1],
      [null, 2],
    ]),
  };
  t.deepEqual(encode("json", fields, literal, [row]), ['{"s":{"k":2},"m":{"k":2}}']);
  t.deepEqual(encode("json", fields, { "map-null-key.mode": "LITERAL" }, [row]), [
    '{"s":{"null":2},"m":{"k":1,"null":2}}',
  ]);
  t.deepEqual(encode("json", fields, { "map-null-key.mode": "Drop" }, [row]), ['{"s":{},"m":{"k":1}}']);
});

test("years beyond four digits are written with a sign", (t) => {
  const texts = ["+10000-01-01 00:00:00", "-0001-12-31 23:59:59.5", "0000-01-01 00:00:00.000000001"];
  const messages = texts.map((text) => `{"c":"${text}","d":"${text}Z"}`);
  const fields = "c TIMESTAMP(9), d TIMESTAMP_LTZ(9)";
  t.deepEqual(encode("json", fields, {}, decode("json", fields, {}, messages).rows), messages);
  const inIso = messages.map((text) => text.replaceAll(" ", "T"));
  t.deepEqual(encode("json", fields, ISO, decode("json", fields, ISO, inIso).rows), inIso);
});

test("numbers in any place of a message are read, blanks and line ends around them", (t) => {
  const message = '\r\n{\t"a" :\n 1 ,"b":\t-2.50 , "c" : [ 9007199254740993\n, -1 ] }\n';
  t.deepEqual(decode("json", "a INT, b DECIMAL(5, 2), c ARRAY<BIGINT>", {}, [message]).events, [
    '{"a":1,"b":"-2.50","c":["9007199254740993","-1"]}',
  ]);
});

test("text that is no number is no number in every numeric column", (t) => {
  for (const type of ["INT", "BIGINT", "DOUBLE", "FLOAT", "DECIMAL(10, 2)", "STRING"]) {
    for (const value of [
      "01",
      "-",
      "+1",
      "1.",
      ".5",
      "1e",
      "1e+",
      "0x1",
      "1_0",
      "--1",
      "NaN",
      "Infinity",
      "1a",
      "00",
      "-01",
    ]) {
      const { events, faults } = decode("json", `c ${type}`, {}, [`{"c":${value}}`]);
      t.deepEqual(events, ["!"], `${value} as ${type}`);
      t.is(faults[0]?.column, undefined);
    }
  }
});

test("the mode of the timestamp format is told with its key, its value and what there is", (t) => {
  for (const value of ["iso-8601", "sql", "ISO8601", ""]) {
    const error = t.throws(() => makeFormat("json", { "timestamp-format.standard": value }), {
      instanceOf: TributaryError,
    });
    t.like(error.diagnostics[0], { code: "OPTION_INVALID", option: "json.timestamp-format.standard", value });
    t.deepEqual(error.diagnostics[0]?.candidates?.toSorted(), ["ISO-8601", "ISO-8601-WITH-OFFSET", "SQL"]);
  }
  for (const mode of ["fail", "Drop", "LITERAL"])
    t.notThrows(() => makeFormat("json", { "map-null-key.mode": mode }));
});
