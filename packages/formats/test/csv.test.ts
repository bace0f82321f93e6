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
  ["1;2;3", "!"],
]);

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
