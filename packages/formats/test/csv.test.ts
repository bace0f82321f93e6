import { Decimal, Instant, LocalTimestamp, TributaryError } from "@tributary/core";
import type { Row } from "@tributary/core";
import test from "ava";
import { decode, encode, makeFormat, rowTypeOf } from "./codec.js";
import type { Options } from "./codec.js";

const LENIENT: Options = { "ignore-parse-errors": "true" };

/** Column `c` between two others: cells and the canonical JSON read from them; `!` for a malformed one. */
const reads = test.macro(
  (t, type: string, options: Options, cases: readonly (readonly [cell: string, expected: string])[]) => {
    for (const [cell, expected] of cases) {
      const { events } = decode("csv", `a INT, c ${type}, b INT`, options, [`1,${cell},2`]);
      t.deepEqual(events, [expected === "!" ? "!c" : `{"a":1,"c":${expected},"b":2}`], `${cell} as ${type}`);
    }
  },
);

/** Messages of columns `a STRING, b STRING` and what is read from them. */
const splits = test.macro(
  (t, options: Options, cases: readonly (readonly [message: string, ...events: string[]])[]) => {
    for (const [message, ...events] of cases) {
      t.deepEqual(
        decode("csv", "a STRING, b STRING", options, [message]).events,
        events,
        JSON.stringify(message),
      );
    }
  },
);

const ab = (a: string | null, b: string | null): string => JSON.stringify({ a, b });

test("text is taken as it is", reads, "STRING", {}, [
  ["", '""'],
  [" x ", '" x "'],
  ['""', '""'],
  ["é😀", '"é😀"'],
  ["a\\nb", '"a\\\\nb"'],
]);

test("any text but true is false", reads, "BOOLEAN", {}, [
  ["true", "true"],
  [" TRUE ", "true"],
  ["1", "false"],
  ["", "false"],
  ["yes", "false"],
]);

test("integers are trimmed, signed and in range", reads, "SMALLINT", {}, [
  ["12", "12"],
  [" -12 ", "-12"],
  ["+7", "7"],
  ["007", "7"],
  ["-0", "0"],
  ["32767", "32767"],
  ["32768", "!"],
  ["1.0", "!"],
  ["1e3", "!"],
  ["", "!"],
  ["-", "!"],
  ['"5"', "5"],
]);

test("BIGINT is exact", reads, "BIGINT", {}, [
  ["9223372036854775807", '"9223372036854775807"'],
  ["-9223372036854775808", '"-9223372036854775808"'],
  ["9223372036854775808", "!"],
  ["999999999999999", '"999999999999999"'],
  [" 1 ", '"1"'],
]);

test("DOUBLE takes Java's forms", reads, "DOUBLE", {}, [
  ["1", "1"],
  [" .5 ", "0.5"],
  ["1e-3", "0.001"],
  ["NaN", '"NaN"'],
  ["-Infinity", '"-Infinity"'],
  ["", "!"],
  ["x", "!"],
]);

test("DECIMAL is not trimmed, rounded half up, and NULL where it does not fit", reads, "DECIMAL(5, 2)", {}, [
  ["12.50", '"12.50"'],
  ["-12.50", '"-12.50"'],
  ["12", '"12.00"'],
  ["1.005", '"1.01"'],
  ["-1.005", '"-1.01"'],
  ["1e2", '"100.00"'],
  [".5", '"0.50"'],
  ["1.", '"1.00"'],
  ["1000", "null"],
  ["999.995", "null"],
  [" 1", "!"],
  ["1 ", "!"],
  ["", "!"],
  ["1.2.3", "!"],
  ["-", "!"],
  [".", "!"],
]);

test("bytes are Base64", reads, "BYTES", {}, [
  ["AQI=", '"AQI="'],
  ["", '""'],
  ["AQI", "!"],
  ["A-_=", "!"],
]);

test("DATE takes short fields and rolls over", reads, "DATE", {}, [
  ["2024-02-29", '"2024-02-29"'],
  ["2024-2-9", '"2024-02-09"'],
  ["2018-02-30", '"2018-03-02"'],
  ["2018-02-32", "!"],
  [" 2024-02-29", "!"],
  ["2024-02-29 00:00:00", "!"],
]);

test("TIME is cut to its precision", reads, "TIME(1)", {}, [
  ["12:34:56.789", '"12:34:56.7"'],
  ["12:34", '"12:34:00.0"'],
  ["24:00:00", "!"],
  [" 12:34", "!"],
]);

test("timestamps are trimmed and keep their digits", reads, "TIMESTAMP(9)", {}, [
  ["2024-02-29 23:59:59.123456789", '"2024-02-29 23:59:59.123456789"'],
  [" 2020-02-30 00:00:00 ", '"2020-02-29 00:00:00.000000000"'],
  ["2024-02-29T23:59:59", "!"],
  ["2024-02-29 23:59", "!"],
]);

test("instants end in Z", reads, "TIMESTAMP_LTZ(0)", {}, [
  ["2024-02-29 23:59:59Z", '"2024-02-29 23:59:59Z"'],
  ["2024-02-29 23:59:59", "!"],
  ["2024-02-29 23:59:59+00:00", "!"],
]);

test("a blank cell is an empty array", reads, "ARRAY<INT>", {}, [
  ["1;2;3", "[1,2,3]"],
  ["", "[]"],
  ["  ", "[]"],
  ["5", "[5]"],
]);

test("elements of text are taken as they are", reads, "ARRAY<STRING>", {}, [
  ["a; b;", '["a"," b",""]'],
  [";", '["",""]'],
  ['"x;""y"""', '["x","\\"y\\""]'],
]);

test("a nested row goes by position, and an empty cell is NULL", reads, "ROW<x INT, y STRING>", {}, [
  ["1;b", '{"x":1,"y":"b"}'],
  ["", "null"],
  ["1;", '{"x":1,"y":""}'],
  ["1", "!"],
  ["  ", "null"],
  ["1;2;3", '{"x":1,"y":"2"}'],
]);

test("a nested row with too few elements says how many there are", (t) => {
  const { faults } = decode("csv", "r ROW<x INT, y STRING>", {}, ["1"]);
  t.like(faults[0], { column: "r", reason: '"1" is not a row of 2 fields: it has 1 elements.' });
});

test("a failing element is named with its column", (t) => {
  t.deepEqual(decode("csv", "a ARRAY<INT>, r ROW<x INT, y INT>", {}, ["1;x,1;2", "1,1;x"]).events, [
    "!a[1]",
    "!r.y",
  ]);
});

test("cells that cannot be converted are NULL where errors are ignored", (t) => {
  const fields = "i INT, a ARRAY<INT>, r ROW<x INT, y INT>, s STRING";
  t.deepEqual(decode("csv", fields, LENIENT, ["x,1;x,y;2,ok", "x", "x,,1,", '"']).events, [
    '{"i":null,"a":[1,null],"r":{"x":null,"y":2},"s":"ok"}',
    '{"i":null,"a":null,"r":null,"s":null}',
    '{"i":null,"a":[],"r":{"x":1,"y":null},"s":""}',
    "~",
  ]);
});

test("a record ends at the first line end", splits, {}, [
  ["a,b\nc,d", ab("a", "b")],
  ["a,b\r\nc,d", ab("a", "b")],
  ["a,b\rc,d", ab("a", "b")],
  [",", ab("", "")],
  ["a,\n", ab("a", "")],
]);

test("quotes protect delimiters, line ends and themselves", splits, {}, [
  ['"a,b","c\r\nd"', ab("a,b", "c\r\nd")],
  ['"a ""b""",""', ab('a "b"', "")],
  ['"a"  ,b', ab("a", "b")],
  ['a"b,c""d', ab('a"b', 'c""d')],
  [' "a",b', ab(' "a"', "b")],
  ['"é""é",b', ab('é"é', "b")],
  ['"a"x,b', "!"],
  ['"a,b', "!"],
  ['"a""', "!"],
]);

test("quotes can be switched off", splits, { "disable-quote-character": "true" }, [
  ['"a",b"', ab('"a"', 'b"')],
  ['"a\nb', "!"],
]);

test("another quote character", splits, { "quote-character": "'" }, [["'a,''b','c'", ab("a,'b", "c")]]);

test("a backslash is an ordinary character without an escape character", splits, {}, [
  ["a\\,b", ab("a\\", "b")],
]);

test("an escape character protects, inside and outside quotes", splits, { "escape-character": "\\" }, [
  ["a\\,b,c", ab("a,b", "c")],
  ['"a\\"b",c\\\\', ab('a"b', "c\\")],
  ["\\n\\r\\t\\0,\\x\\é", ab("\n\r\t\0", "xé")],
  ['"\\n",\\"', ab("\n", '"')],
  ["a,b\\", "!"],
]);

test("delimiters may be written as Java escapes", (t) => {
  for (const [option, delimiter] of [
    ["\\t", "\t"],
    ["\t", "\t"],
    ["\\u0001", "\u0001"],
    ["§", "§"],
    ["\\u00a7", "§"],
    ["|", "|"],
  ]) {
    const options = { "field-delimiter": option as string };
    t.deepEqual(decode("csv", "a STRING, b STRING", options, [`x${delimiter}"y${delimiter}z"`]).events, [
      ab("x", `y${delimiter}z`),
    ]);
  }
});

test("another element delimiter", (t) => {
  t.deepEqual(decode("csv", "a ARRAY<STRING>", { "array-element-delimiter": "|" }, ["x|y;z"]).events, [
    '{"a":["x","y;z"]}',
  ]);
});

test("comments and empty lines are skipped where allowed", splits, { "allow-comments": "true" }, [
  ["# c\n\n  # d\r\n  a,b\n", ab("a", "b")],
  ["a,#b", ab("a", "#b")],
  ["# only", "!"],
  ["\n\n", "!"],
]);

test("without comments nothing is skipped", splits, {}, [
  ["#a,b", ab("#a", "b")],
  ["\n", "!"],
]);

test("a message that is a line end has one empty cell", (t) => {
  t.deepEqual(decode("csv", "a STRING", {}, ["\n", ""]).events, ['{"a":""}', "!"]);
});

test("an empty message is an error, and null emits nothing", (t) => {
  t.deepEqual(decode("csv", "a STRING", {}, [null, "", "\ufeff"]).events, ["!", "!"]);
  t.deepEqual(decode("csv", "a STRING", LENIENT, [null, "", "\ufeff"]).events, ["~", "~"]);
  t.deepEqual(decode("csv", "a STRING", { ...LENIENT, "allow-comments": "true" }, ["# c"]).events, ["~"]);
});

test("byte order marks are honoured", (t) => {
  const utf16 = Buffer.from('\ufeff"é",b', "utf16le");
  t.deepEqual(decode("csv", "a STRING, b STRING", {}, ['\ufeff"é",b', utf16]).events, [
    ab("é", "b"),
    ab("é", "b"),
  ]);
});

test("the null literal is compared after unquoting and without trimming", splits, { "null-literal": "N/A" }, [
  ["N/A,b", ab(null, "b")],
  ['"N/A",b', ab(null, "b")],
  [" N/A,", ab(" N/A", "")],
]);

test("a null literal in an array column is an array with one NULL", (t) => {
  const options = { "null-literal": "NULL" };
  const { events } = decode("csv", "a ARRAY<INT>, r ROW<x INT>, n INT", options, [
    "NULL,NULL,NULL",
    "1;NULL,2,3",
  ]);
  t.deepEqual(events, ['{"a":[null],"r":{"x":null},"n":null}', '{"a":[1,null],"r":{"x":2},"n":3}']);
});

test("an empty null literal makes empty cells NULL", splits, { "null-literal": "" }, [
  [',""', ab(null, null)],
]);

test("empty cells and elements are NULL by option", (t) => {
  const options = { "empty-string-as-null": "true" };
  const { events } = decode("csv", "s STRING, i INT, a ARRAY<STRING>", options, [',"",x;;y', '"",,']);
  t.deepEqual(events, ['{"s":null,"i":null,"a":["x",null,"y"]}', '{"s":null,"i":null,"a":[]}']);
});

test(
  "the null literal and empty cells are NULL together",
  splits,
  { "null-literal": "-", "empty-string-as-null": "true" },
  [["-,", ab(null, null)]],
);

test("blanks are trimmed by option, but not inside quotes", (t) => {
  const options = { "trim-spaces": "true" };
  t.deepEqual(
    decode("csv", "a STRING, d DECIMAL(5, 2), l ARRAY<STRING>", options, [
      " x , 1.5 , p ; q ",
      '" x ",2," r ;s"',
    ]).events,
    ['{"a":"x","d":"1.50","l":["p","q"]}', '{"a":" x ","d":"2.00","l":["r","s"]}'],
  );
});

test("one blank surplus cell is dropped", splits, {}, [
  ["a,b,", ab("a", "b")],
  ["a,b,  ", ab("a", "b")],
  ["a,b,,", "!"],
  ["a,b,c", "!"],
]);

test("a surplus cell is an error that says which", (t) => {
  const one = decode("csv", "a STRING", {}, ["a,b"]);
  t.is(one.faults[0]?.reason, '1 cell is expected, and cell 2, "b", is one too many.');

  const { faults } = decode("csv", "a STRING, b STRING", {}, ["a,b,c"]);
  t.is(faults[0]?.reason, '2 cells are expected, and cell 3, "c", is one too many.');
  t.is(faults[0]?.offset, 4);
  t.is(faults[0]?.column, undefined);
});

test("no surplus cell at all by option", splits, { "allow-trailing-comma": "false" }, [["a,b,", "!"]]);

test("surplus cells are dropped by option", splits, { "ignore-trailing-unmappable": "true" }, [
  ['a,b,c,"d,e",f', ab("a", "b")],
  ['a,b,"c', "!"],
]);

test("too few cells are an error with both counts, or NULL where errors are ignored", (t) => {
  const { events, faults } = decode("csv", "a INT, b INT, c INT", {}, ["1,2"]);
  t.deepEqual(events, ["!"]);
  t.is(faults[0]?.reason, "3 cells are expected and 2 were found.");
  t.deepEqual(decode("csv", "a INT, b INT, c INT", LENIENT, ["1,2"]).events, ['{"a":1,"b":2,"c":null}']);
  t.deepEqual(
    decode("csv", "a INT, b INT", { ...LENIENT, "fail-on-missing-columns": "true" }, ["1"]).events,
    ["~"],
  );
});

test("surplus cells skip the record where errors are ignored", splits, LENIENT, [
  ["a,b,c", "~"],
  ['"a"b', "~"],
]);

test("bytes that are no UTF-8 fail the record", (t) => {
  t.deepEqual(decode("csv", "a STRING", {}, [Uint8Array.of(0x61, 0xff)]).events, ["!a"]);
  t.deepEqual(decode("csv", "a STRING", LENIENT, [Uint8Array.of(0x61, 0xff)]).events, ["~"]);
});

test("rows wider than generated code goes are read alike", (t) => {
  const fields = Array.from({ length: 300 }, (_, index) => `f${index} INT`).join(", ");
  const text = Array.from({ length: 300 }, (_, index) => index).join(",");
  const { rows } = decode("csv", fields, {}, [text]);
  t.deepEqual(encode("csv", fields, {}, rows), [text]);
});

// Writing.

/** Values of one STRING column and the bytes written. */
const quotes = test.macro(
  (t, options: Options, cases: readonly (readonly [value: string, written: string])[]) => {
    for (const [value, written] of cases) {
      t.deepEqual(encode("csv", "a STRING", options, [{ a: value }]), [written], JSON.stringify(value));
    }
  },
);

test("text is quoted by the rules of the library", quotes, {}, [
  ["", ""],
  ["abc-./0:;<é", "abc-./0:;<é"],
  ["a b", '"a b"'],
  ["a!", '"a!"'],
  ["a,b", '"a,b"'],
  ['a"b', '"a""b"'],
  ["a+b", '"a+b"'],
  ["a\\b", '"a\\b"'],
  ["a\nb", '"a\nb"'],
  ["abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwx"],
  ["abcdefghijklmnopqrstuvwxy", '"abcdefghijklmnopqrstuvwxy"'],
]);
test("a semicolon quotes every digit", quotes, { "field-delimiter": ";" }, [
  ["a1", '"a1"'],
  ["az", "az"],
]);
test("a tab quotes only up to the quote character", quotes, { "field-delimiter": "\\t" }, [
  ["a,b", "a,b"],
  ["a b", '"a b"'],
  ["#", "#"],
]);
test(
  "what looks like a comment is quoted where comments are allowed",
  quotes,
  { "field-delimiter": "\\t", "allow-comments": "true" },
  [
    ["#a", '"#a"'],
    ["a#", "a#"],
  ],
);
test("quotes are doubled, and so is the escape character", quotes, { "escape-character": "~" }, [
  ['a"~', '"a""~~"'],
  ["a\\b", "a\\b"],
  ["a~", '"a~~"'],
]);
test("another quote character doubles", quotes, { "quote-character": "'" }, [
  ["it's", "'it''s'"],
  ['a"', "'a\"'"],
]);
test("without quotes nothing is protected", quotes, { "disable-quote-character": "true" }, [
  ['a,"\n', 'a,"\n'],
]);

const ALL_FIELDS =
  "bo BOOLEAN, i INT, bi BIGINT, f FLOAT, d DOUBLE, de DECIMAL(10, 2), s STRING, by BYTES, da DATE, tm TIME(3), " +
  "ts TIMESTAMP(3), tz TIMESTAMP_LTZ(9), a ARRAY<STRING>, r ROW<x INT, y STRING>, n INT";
const ALL: Row = {
  bo: true,
  i: -5,
  bi: 9007199254740993n,
  f: Math.fround(0.1),
  d: 1e10,
  de: new Decimal(1230n, 2),
  s: "x",
  by: new Uint8Array([1, 2]),
  da: 19782,
  tm: 45_296_120,
  ts: new LocalTimestamp(1_709_251_199_120),
  tz: new Instant(1_709_251_199_000, 1),
  a: ["x;y", null, "z"],
  r: { x: 1, y: null },
  n: null,
};

test("every type is written in its text", (t) => {
  t.deepEqual(encode("csv", ALL_FIELDS, {}, [ALL]), [
    'true,-5,9007199254740993,0.1,1.0E10,12.30,x,AQI=,2024-02-29,12:34:56.12,"2024-02-29 23:59:59.12",' +
      '"2024-02-29 23:59:59.000000001Z",x;y;;z,1;,',
  ]);
});

test("NULL is written as the null literal, in arrays too, and a text equal to it is not protected", (t) => {
  const row = { s: null, t: "NULL", a: [1, null], b: null, r: { x: null }, q: null };
  const fields = "s STRING, t STRING, a ARRAY<INT>, b ARRAY<INT>, r ROW<x INT>, q ROW<x INT>";
  t.deepEqual(encode("csv", fields, { "null-literal": "NULL" }, [row]), ["NULL,NULL,1;NULL,NULL,NULL,NULL"]);
  t.deepEqual(encode("csv", fields, {}, [row]), [",NULL,1;,,,"]);
});

test("DECIMAL is written plainly unless the scientific notation is asked for", (t) => {
  const rows = ["100000.0000000", "1200.0000000", "12.3000000", "0.0000000", "0.0000001"].map((d) => ({
    d: Decimal.of(d),
  }));
  const fields = "d DECIMAL(20, 7)";
  t.deepEqual(encode("csv", fields, { "write-bigdecimal-in-scientific-notation": "true" }, rows), [
    "1E+5",
    "1.2E+3",
    "12.3",
    "0",
    "1E-7",
  ]);
  const plain = ["100000.0000000", "1200.0000000", "12.3000000", "0.0000000", "0.0000001"];
  t.deepEqual(encode("csv", fields, { "write-bigdecimal-in-scientific-notation": "false" }, rows), plain);
  t.deepEqual(encode("csv", fields, {}, rows), plain);
});

test("halves of a surrogate pair in neighbouring rows stay apart", (t) => {
  const written = encode("csv", "s STRING", {}, [{ s: "x\ud83d" }, { s: "\ude00y" }]);
  t.deepEqual(written, ["x\ufffd", "\ufffdy"]);
});

test("many rows of any text are cut apart as they were", (t) => {
  const rows = Array.from({ length: 5_000 }, (_, index) => ({
    s: `row-${index}${index % 7 === 0 ? "-é" : ""}`,
  }));
  t.deepEqual(
    encode("csv", "s STRING", { "disable-quote-character": "true" }, rows),
    rows.map(({ s }) => s),
  );
});

test("a value that is not of its column's type names the column", (t) => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ["INT", "1"],
    ["STRING", 1],
    ["DECIMAL(5, 2)", 1.5],
    ["TIMESTAMP(3)", new Date()],
    ["ARRAY<INT>", "1;2"],
    ["ARRAY<INT>", [1n]],
    ["ROW<x INT>", [1]],
  ];
  for (const [type, value] of wrong) {
    const error = t.throws(() => encode("csv", `a INT, c ${type}`, {}, [{ a: 1, c: value }]), {
      instanceOf: TributaryError,
    });
    t.like(error.diagnostics[0], { code: "RECORD_MALFORMED", columnName: "c", table: "t" }, type);
  }
});

// Validation.

const refusesOptions = test.macro(
  (t, options: Options, expected: readonly Readonly<Record<string, unknown>>[]) => {
    const error = t.throws(() => makeFormat("csv", options), { instanceOf: TributaryError });
    t.is(error.diagnostics.length, expected.length);
    for (const [index, one] of expected.entries()) t.like(error.diagnostics[index], one);
  },
);

test(
  "switching quotes off and choosing a quote character exclude each other, even the default one",
  refusesOptions,
  { "disable-quote-character": "true", "quote-character": '"' },
  [{ code: "OPTION_CONFLICT", option: "csv.quote-character" }],
);
test(
  "characters are one character each, and all faults are told at once",
  refusesOptions,
  {
    "field-delimiter": "ab",
    "array-element-delimiter": "",
    "quote-character": "''",
    "escape-character": "\\t",
  },
  [
    { option: "csv.array-element-delimiter", code: "OPTION_INVALID" },
    { option: "csv.escape-character", value: "\\t" },
    { option: "csv.field-delimiter", value: "ab" },
    { option: "csv.quote-character", value: "''" },
  ],
);
test("booleans are words", refusesOptions, { "trim-spaces": "1" }, [
  { code: "OPTION_INVALID", option: "csv.trim-spaces", value: "1" },
]);

test("columns that csv cannot carry are refused all at once", (t) => {
  const rowType = rowTypeOf(
    "a MAP<STRING, INT>, b MULTISET<STRING>, c INTERVAL MONTH, d ARRAY<ARRAY<INT>>, e ROW<x ROW<y INT>>, f TIME(4), " +
      "g ARRAY<TIME(6)>, h TIME(3), i ARRAY<DECIMAL(3, 1)>, j TIMESTAMP(9)",
  );
  const error = t.throws(() => makeFormat("csv", {}).createEncoder({ table: "t", rowType }), {
    instanceOf: TributaryError,
  });
  t.deepEqual(
    error.diagnostics.map(({ columnName }) => columnName),
    ["a", "b", "c", "d", "e", "f", "g"],
  );
  t.true(error.diagnostics.every(({ code, table }) => code === "SCHEMA_INVALID" && table === "t"));
});

// The reference's rules that stand in no table above, one a case.

test("FLOAT is trimmed and takes Java's forms", reads, "FLOAT", {}, [
  [" 0.1 ", "0.1"],
  ["16777217", "16777216"],
  ["1.e3", "1000"],
  ["+.5", "0.5"],
  ["1E400", '"Infinity"'],
  ["+Infinity", '"Infinity"'],
  ["infinity", "!"],
]);

test("TINYINT and INT have their ranges", (t) => {
  const { events } = decode("csv", "a TINYINT, b INT", {}, [
    "127,2147483647",
    "-128,-2147483648",
    "128,1",
    "-129,1",
    "1,2147483648",
    "1,-2147483649",
    "+0,-0",
  ]);
  t.deepEqual(events, [
    '{"a":127,"b":2147483647}',
    '{"a":-128,"b":-2147483648}',
    "!a",
    "!a",
    "!b",
    "!b",
    '{"a":0,"b":0}',
  ]);
});

test("BIGINT takes a sign, blanks and leading zeros", reads, "BIGINT", {}, [
  ["+9007199254740993", '"9007199254740993"'],
  [" -9223372036854775808 ", '"-9223372036854775808"'],
  ["0000000000000000000000007", '"7"'],
  ["-0", '"0"'],
  ['"9007199254740993"', '"9007199254740993"'],
  ["", "!"],
  ["-", "!"],
  ["1.0", "!"],
  ["1e3", "!"],
  ["12x", "!"],
]);

test("CHAR and VARCHAR keep what is longer than they are, and blanks", reads, "VARCHAR(2)", {}, [
  ["abc ", '"abc "'],
  ["\t", '"\\t"'],
]);

test("Base64 may have blanks between groups of four only", reads, "BYTES", {}, [
  ["AQID BAUG", '"AQIDBAUG"'],
  [" AQI=", '"AQI="'],
  ["AQ ID", "!"],
  ["AQI=AQI=", "!"],
  ["A", "!"],
  ["AQID*", "!"],
]);

test("DATE has a year of four digits and days up to 31", reads, "DATE", {}, [
  ["2024-1-31", '"2024-01-31"'],
  ["2024-2-31", '"2024-03-02"'],
  ["2023-12-31", '"2023-12-31"'],
  ["0001-01-01", '"0001-01-01"'],
  ["24-01-01", "!"],
  ["02024-01-01", "!"],
  ["-2024-01-01", "!"],
  ["2024-13-01", "!"],
  ["2024-00-01", "!"],
  ["2024-01-00", "!"],
  ["2024-001-01", "!"],
  ["2024-01-01 ", "!"],
  ["2024/01/01", "!"],
]);

test("TIME takes a fraction of up to nine digits and refuses a 24th hour", reads, "TIME(3)", {}, [
  ["23:59:59.999999999", '"23:59:59.999"'],
  ["12:34:56.", '"12:34:56.000"'],
  ["12:34:56.1234567890", "!"],
  ["24:00", "!"],
  ["23:60", "!"],
  ["1:02:03", "!"],
  ["12", "!"],
  ["12:34:56 ", "!"],
]);

test("TIME without fraction digits is cut to seconds", reads, "TIME(0)", {}, [
  ["12:34:56.999", '"12:34:56"'],
]);

test("timestamps follow the rules of the SQL form", reads, "TIMESTAMP(9)", {}, [
  ["+12020-01-01 00:00:00", '"+12020-01-01 00:00:00.000000000"'],
  ["-0001-01-01 00:00:00", '"-0001-01-01 00:00:00.000000000"'],
  ["12020-01-01 00:00:00", "!"],
  ["2020-04-31 00:00:00.", '"2020-04-30 00:00:00.000000000"'],
  ["2020-04-32 00:00:00", "!"],
  ["2020-01-01 24:00:00.000", '"2020-01-02 00:00:00.000000000"'],
  ["2020-01-01 24:00:00.001", "!"],
  ["2020-01-01 00:00:00.1234567890", "!"],
  ["2020-1-01 00:00:00", "!"],
  ["2020-01-01  00:00:00", "!"],
  ["2020-01-01 00:00:00Z", "!"],
  ["\t2020-01-01 00:00:00", '"2020-01-01 00:00:00.000000000"'],
  ['"2020-01-01 00:00:00.5"', '"2020-01-01 00:00:00.500000000"'],
  ['" 2020-01-01 00:00:00 "', '"2020-01-01 00:00:00.000000000"'],
]);

test("declared precision does not cut a timestamp", (t) => {
  const text = '"2024-02-29 23:59:59.123456789","2024-02-29 23:59:59.123456789Z"';
  const fields = "a TIMESTAMP(0), b TIMESTAMP_LTZ(0)";
  const { rows } = decode("csv", fields, {}, [text]);
  t.deepEqual(rows, [
    { a: new LocalTimestamp(1_709_251_199_123, 456_789), b: new Instant(1_709_251_199_123, 456_789) },
  ]);
  t.deepEqual(encode("csv", fields, {}, rows), [text]);
});

test("instants have an upper-case Z and clamp days", reads, "TIMESTAMP_LTZ(3)", {}, [
  ["2020-02-30 00:00:00Z", '"2020-02-29 00:00:00.000Z"'],
  [" 2020-01-01 24:00:00.0Z ", '"2020-01-02 00:00:00.000Z"'],
  ["2020-01-01 00:00:00z", "!"],
  ["2020-01-01 00:00:00 Z", "!"],
  ["2020-01-01 00:00:00+0800", "!"],
  ['"2020-01-01 00:00:00.25Z"', '"2020-01-01 00:00:00.250Z"'],
]);

test("NOT NULL is not checked when reading", (t) => {
  const options = { "null-literal": "NULL" };
  t.deepEqual(decode("csv", "a INT NOT NULL, b STRING NOT NULL", options, ["NULL,NULL"]).events, [
    '{"a":null,"b":null}',
  ]);
});

test("a null literal that looks like a value comes first", (t) => {
  const fields = "a INT, b BIGINT, c STRING, d TIMESTAMP(3), e DOUBLE";
  t.deepEqual(
    decode("csv", fields, { "null-literal": "0" }, ["0,0,0,0,0", "00,00,00,2024-01-01 00:00:00,00"]).events,
    [
      '{"a":null,"b":null,"c":null,"d":null,"e":null}',
      '{"a":0,"b":"0","c":"00","d":"2024-01-01 00:00:00.000","e":0}',
    ],
  );
  const time = "2024-01-01 00:00:00";
  t.deepEqual(decode("csv", "d TIMESTAMP(3)", { "null-literal": time }, [time, `"${time}"`]).events, [
    '{"d":null}',
    '{"d":null}',
  ]);
  t.deepEqual(decode("csv", "b BIGINT", { "null-literal": "-1" }, ["-1", "-2"]).events, [
    '{"b":null}',
    '{"b":"-2"}',
  ]);
});

test("delimiters, quotes and escapes that numbers and timestamps consist of keep their meaning", (t) => {
  const fields = "a BIGINT, b TIMESTAMP(3), c BIGINT";
  const row = '{"a":"12","b":"2024-01-01 00:00:00.000","c":"3"}';
  const cases: readonly (readonly [Options, string])[] = [
    [{ "field-delimiter": "-" }, '12-"2024-01-01 00:00:00"-3'],
    [{ "field-delimiter": " " }, '12 "2024-01-01 00:00:00" 3'],
    [{ "field-delimiter": ":" }, '12:"2024-01-01 00:00:00":3'],
    [{ "field-delimiter": "0" }, '120"2024-01-01 00:00:00"03'],
  ];
  for (const [options, message] of cases) {
    t.deepEqual(decode("csv", fields, options, [message]).events, [row], message);
  }
  t.deepEqual(decode("csv", "a BIGINT", { "escape-character": "2" }, ["122"]).events, ['{"a":"12"}']);
  t.deepEqual(decode("csv", "a BIGINT", { "quote-character": "1" }, ["1231"]).events, ['{"a":"23"}']);
});

test("a line end or a surplus delimiter may follow every kind of column", (t) => {
  for (const [type, cell, value] of [
    ["BIGINT", "12", '"12"'],
    ["TIMESTAMP(0)", '"2024-01-01 00:00:00"', '"2024-01-01 00:00:00"'],
    ["TIMESTAMP_LTZ(0)", "2024-01-01 00:00:00Z", '"2024-01-01 00:00:00Z"'],
    ["INT", "5", "5"],
    ["STRING", "x", '"x"'],
  ]) {
    const expected = [`{"c":${value}}`];
    for (const tail of ["", "\n", "\r", "\r\nx", ",", ",\n", ", "]) {
      t.deepEqual(decode("csv", `c ${type}`, {}, [`${cell}${tail}`]).events, expected, `${type} and ${tail}`);
    }
    t.deepEqual(decode("csv", `c ${type}`, {}, [`${cell},x`]).events, ["!"], type);
  }
});

test("elements are NULL by the null literal, after unquoting and without trimming", (t) => {
  const options = { "null-literal": "N" };
  const { events } = decode("csv", "a ARRAY<STRING>, r ROW<x STRING, y STRING>", options, [
    'N;x; N,"N;y"',
    "x;N,N;N",
    "NN,N;z",
  ]);
  t.deepEqual(events, [
    '{"a":[null,"x"," N"],"r":{"x":null,"y":"y"}}',
    '{"a":["x",null],"r":{"x":null,"y":null}}',
    '{"a":["NN"],"r":{"x":null,"y":"z"}}',
  ]);
});

test("elements have the rules of their types", (t) => {
  const fields =
    "a ARRAY<BIGINT>, b ARRAY<DECIMAL(5, 2)>, c ARRAY<TIMESTAMP(3)>, d ARRAY<BOOLEAN>, e ARRAY<BYTES>";
  const { events } = decode("csv", fields, {}, [
    " 1 ;9007199254740993,1.005;1e5,2024-01-01 00:00:00; 2024-01-01 00:00:00 ,true;x,AQI=;",
    "1;,1,2024-01-01 00:00:00,true,AQI=",
  ]);
  t.deepEqual(events, [
    '{"a":["1","9007199254740993"],"b":["1.01",null],"c":["2024-01-01 00:00:00.000","2024-01-01 00:00:00.000"],"d":[true,false],"e":["AQI=",""]}',
    "!a[1]",
  ]);
});

test("an error says what is wrong, where, and what was expected", (t) => {
  const { faults } = decode("csv", "a INT, b BIGINT, c ARRAY<DOUBLE>", {}, [
    "1,x,1",
    "1,2,1;y",
    `1,${"9".repeat(300)},`,
  ]);
  t.deepEqual(faults[0], {
    reason: '"x" is not a BIGINT from -9223372036854775808 to 9223372036854775807.',
    offset: 2,
    excerpt: "1,x,1",
    column: "b",
  });
  t.like(faults[1], { column: "c[1]", offset: 4, reason: '"y" is not a DOUBLE.' });
  t.true((faults[2]?.reason.length ?? 0) < 300 && (faults[2]?.excerpt?.length ?? 0) < 200);
});

test("quotes that are wrong, and an empty message, are no column's fault", (t) => {
  const { faults } = decode("csv", "a STRING, b STRING", {}, ['x,"y', 'x,"y"z', "x", ""]);
  t.deepEqual(
    faults.map(({ column, offset }) => [column, offset]),
    [
      [undefined, 2],
      [undefined, 5],
      [undefined, 1],
      [undefined, 0],
    ],
  );
});

test("bytes that are no UTF-8 name their column, in quotes too", (t) => {
  const bad = (text: string): Uint8Array => Buffer.from(text.replaceAll("*", "\xff"), "latin1");
  t.deepEqual(decode("csv", "a STRING, b STRING", {}, [bad("x,*"), bad('x,"*"'), bad('x,"a""*"')]).events, [
    "!b",
    "!b",
    "!b",
  ]);
});

test("comments keep the rules of lines", splits, { "allow-comments": "true" }, [
  ["\t # c\r\n\r\n x,y", ab("x", "y")],
  ['"#a",b', ab("#a", "b")],
  ["#", "!"],
  ["  ", "!"],
]);

test("blanks are trimmed from numbers, booleans and quotes by option", (t) => {
  const options = { "trim-spaces": "true", "null-literal": "N" };
  t.deepEqual(
    decode("csv", "a BIGINT, b BOOLEAN, c DATE, d STRING, e ARRAY<DECIMAL(3, 1)>", options, [
      '  12 , true , 2024-01-01 ,  "x y"  , 1.5 ; 2 ',
      " N , N, N ,N , N ",
    ]).events,
    [
      '{"a":"12","b":true,"c":"2024-01-01","d":"x y","e":["1.5","2.0"]}',
      '{"a":null,"b":null,"c":null,"d":null,"e":[null]}',
    ],
  );
});

test("with quotes switched off nothing is quoted, whatever it holds", (t) => {
  const options = { "disable-quote-character": "true" };
  const row = { a: "x y,z", b: new LocalTimestamp(0), c: new Uint8Array([251, 255]) };
  t.deepEqual(encode("csv", "a STRING, b TIMESTAMP(3), c BYTES", options, [row]), [
    "x y,z,1970-01-01 00:00:00,+/8=",
  ]);
});

test("what has a type of its own is quoted as its text would be", (t) => {
  const fields = "a DATE, b TIME(3), c TIMESTAMP(3), d BYTES, e ARRAY<INT>, f TIMESTAMP_LTZ(3)";
  const row = {
    a: 0,
    b: 1,
    c: new LocalTimestamp(0),
    d: new Uint8Array([251, 239, 190]),
    e: [1, 2],
    f: new Instant(-1, 999_999),
  };
  t.deepEqual(encode("csv", fields, {}, [row]), [
    '1970-01-01,00:00:00.001,"1970-01-01 00:00:00","++++",1;2,"1969-12-31 23:59:59.999999999Z"',
  ]);
  t.deepEqual(encode("csv", fields, { "field-delimiter": ";" }, [row]), [
    '"1970-01-01";"00:00:00.001";"1970-01-01 00:00:00";"++++";"1;2";"1969-12-31 23:59:59.999999999Z"',
  ]);
  t.deepEqual(encode("csv", fields, { "field-delimiter": "\\u0001", "quote-character": "\u0002" }, [row]), [
    [
      "1970-01-01",
      "00:00:00.001",
      "1970-01-01 00:00:00",
      "++++",
      "1;2",
      "\u00021969-12-31 23:59:59.999999999Z\u0002",
    ].join("\u0001"),
  ]);
  // A quote character that stands in every timestamp is doubled there.
  t.deepEqual(encode("csv", "c TIMESTAMP(3)", { "quote-character": ":" }, [{ c: new LocalTimestamp(0) }]), [
    ":1970-01-01 00::00::00:",
  ]);
  t.deepEqual(encode("csv", "c TIMESTAMP(3)", { "escape-character": "-" }, [{ c: new LocalTimestamp(0) }]), [
    '"1970--01--01 00:00:00"',
  ]);
});

test("years beyond four digits have a sign", (t) => {
  const texts = ['"+10000-01-01 00:00:00"', '"-0001-12-31 23:59:59"', '"0000-01-01 00:00:00.000000001"'];
  const { rows } = decode("csv", "c TIMESTAMP(9)", {}, texts);
  t.deepEqual(encode("csv", "c TIMESTAMP(9)", {}, rows), texts);
});

test("numbers are never quoted, whatever the delimiter", (t) => {
  const row = { a: -5, b: -9007199254740993n, c: 1.5, d: Decimal.of("1.50"), e: true, f: Math.fround(0.1) };
  t.deepEqual(
    encode(
      "csv",
      "a INT, b BIGINT, c DOUBLE, d DECIMAL(5, 2), e BOOLEAN, f FLOAT",
      { "field-delimiter": "|" },
      [row],
    ),
    ["-5|-9007199254740993|1.5|1.50|true|0.1"],
  );
});

test("an element delimiter within an element is not protected", (t) => {
  t.deepEqual(encode("csv", "a ARRAY<STRING>", {}, [{ a: ["x;y", "z"] }, { a: [] }, { a: [""] }]), [
    "x;y;z",
    "",
    "",
  ]);
  t.deepEqual(encode("csv", "a ARRAY<STRING>", { "array-element-delimiter": "|" }, [{ a: ["x", "y"] }]), [
    "x|y",
  ]);
});

test(
  "every character option names its key and the value as typed",
  refusesOptions,
  { "field-delimiter": "", "array-element-delimiter": ";;", "quote-character": "", "escape-character": "😀" },
  [
    {
      option: "csv.array-element-delimiter",
      value: ";;",
      message: "'csv.array-element-delimiter' must be exactly one character, but was ';;'.",
    },
    { option: "csv.escape-character", value: "😀" },
    { option: "csv.field-delimiter", value: "" },
    { option: "csv.quote-character", value: "" },
  ],
);

test("booleans are taken in any case", (t) => {
  t.notThrows(() =>
    makeFormat("csv", { "trim-spaces": "TRUE", "allow-comments": "False", "ignore-parse-errors": "tRuE" }),
  );
  t.deepEqual(decode("csv", "a STRING", { "trim-spaces": "TRUE" }, [" x "]).events, ['{"a":"x"}']);
});
