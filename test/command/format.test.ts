import type { Diagnostic } from "@tributary/core";
import test from "ava";

import { folderWith, jsonLines, tributary } from "./tributary.js";

interface RowError {
  readonly $error: { readonly code: string; readonly message: string };
}

function words(verb: string, format: string, columns: string, options: readonly string[]): readonly string[] {
  const given = options.flatMap((option) => ["--option", option]);
  // The other modules take longer to load than all of this.
  const modules = ["--no-default-modules", "--module", "formats"];
  return ["format", verb, "--format", format, "--schema", `ROW<${columns}>`, ...given, ...modules];
}

/** `!column` for an error that names one, `!` for any other. */
function shown(line: string): string {
  const value = JSON.parse(line) as Partial<RowError>;
  if (value.$error === undefined) return line;
  if (value.$error.code !== "RECORD_MALFORMED" || value.$error.message === "") return line;
  return `!${/\(column '([^']*)'/.exec(value.$error.message)?.[1] ?? ""}`;
}

const linesOf = (text: string): readonly string[] => text.split("\n").slice(0, -1);

type DecodeCase = readonly [record: string | Uint8Array, ...expected: string[]];

/** Records and the lines they become: canonical JSON, `!column` for an error. All in one run, in hexadecimal. */
const decodes = test.macro(
  async (t, format: string, columns: string, options: readonly string[], cases: readonly DecodeCase[]) => {
    const input = cases.map(([record]) => `${Buffer.from(record as string).toString("hex")}\n`).join("");

    const outcome = await tributary([...words("decode", format, columns, options), "--hex", "--lines"], {
      input,
    });

    const expected = cases.flatMap(([, ...lines]) => lines);
    t.is(outcome.stderr, "");
    t.deepEqual(linesOf(outcome.stdout).map(shown), expected);
    t.is(outcome.code, expected.some((line) => line.startsWith("!")) ? 1 : 0);
  },
);

/** One column `c`: cells or values, and the canonical JSON of what they become. */
const values = test.macro(
  async (
    t,
    format: "csv" | "json",
    type: string,
    options: readonly string[],
    cases: readonly (readonly [text: string, expected: string])[],
  ) => {
    const records = cases.map(([text]) => (format === "csv" ? `${text},9` : `{"c":${text},"n":9}`));
    const input = records.map((record) => `${Buffer.from(record).toString("hex")}\n`).join("");

    const outcome = await tributary(
      [...words("decode", format, `c ${type}, n INT`, options), "--hex", "--lines"],
      { input },
    );

    t.is(outcome.stderr, "");
    const expected = cases.map(([, value]) =>
      value.startsWith("!") ? `!c${value.slice(1)}` : `{"c":${value},"n":9}`,
    );
    t.deepEqual(linesOf(outcome.stdout).map(shown), expected);
  },
);

/** Rows and the bytes they become, as text or with `0x` in front. */
const encodes = test.macro(
  async (
    t,
    format: string,
    columns: string,
    options: readonly string[],
    cases: readonly (readonly [row: string, record: string])[],
  ) => {
    const input = cases.map(([row]) => `${row}\n`).join("");

    const outcome = await tributary([...words("encode", format, columns, options), "--hex"], { input });

    t.is(outcome.stderr, "");
    const expected = cases.map(([, record]) =>
      record.startsWith("0x") ? record.slice(2) : Buffer.from(record).toString("hex"),
    );
    t.deepEqual(linesOf(outcome.stdout), expected);
    t.is(outcome.code, 0);
  },
);

// csv, reading

test(
  "csv: text",
  values,
  "csv",
  "STRING",
  [],
  [
    ["", '""'],
    [" x ", '" x "'],
    ['"a,b"', '"a,b"'],
    ['"a""b"', '"a\\"b"'],
    ['a"b', '"a\\"b"'],
    ['"a\nb"', '"a\\nb"'],
    ['"a" ', '"a"'],
  ],
);
test(
  "csv: a boolean is true or false",
  values,
  "csv",
  "BOOLEAN",
  [],
  [
    ["true", "true"],
    [" TrUe ", "true"],
    ["1", "false"],
    ["", "false"],
  ],
);
test(
  "csv: bytes are Base64 with padding",
  values,
  "csv",
  "BYTES",
  [],
  [
    ["AQI=", '"AQI="'],
    ["AQI", "!"],
    ["_-==", "!"],
    ["", '""'],
  ],
);
test(
  "csv: a decimal is rounded, or NULL where it does not fit",
  values,
  "csv",
  "DECIMAL(5, 2)",
  [],
  [
    ["1.005", '"1.01"'],
    ["-1.005", '"-1.01"'],
    ["1e2", '"100.00"'],
    [".5", '"0.50"'],
    ["1.", '"1.00"'],
    ["1000", "null"],
    ["999.994", '"999.99"'],
    ["999.995", "null"],
    [" 1", "!"],
    ["", "!"],
  ],
);
test(
  "csv: integers are trimmed",
  values,
  "csv",
  "INT",
  [],
  [
    [" +07 ", "7"],
    ["-2147483648", "-2147483648"],
    ["2147483648", "!"],
    ["1.0", "!"],
    ["1e3", "!"],
    ["", "!"],
  ],
);
test(
  "csv: BIGINT is exact",
  values,
  "csv",
  "BIGINT",
  [],
  [
    ["9007199254740993", '"9007199254740993"'],
    ["-9223372036854775808", '"-9223372036854775808"'],
    ["9223372036854775808", "!"],
  ],
);
test(
  "csv: floating point numbers",
  values,
  "csv",
  "DOUBLE",
  [],
  [
    [" 1.5 ", "1.5"],
    ["1e3", "1000"],
    ["NaN", '"NaN"'],
    ["-Infinity", '"-Infinity"'],
  ],
);
test(
  "csv: days of a date roll over",
  values,
  "csv",
  "DATE",
  [],
  [
    ["2018-2-3", '"2018-02-03"'],
    ["2018-02-30", '"2018-03-02"'],
    ["2018-02-32", "!"],
    [" 2018-02-03", "!"],
  ],
);
test(
  "csv: times are cut to their precision",
  values,
  "csv",
  "TIME(1)",
  [],
  [
    ["12:30", '"12:30:00.0"'],
    ["12:30:59.99", '"12:30:59.9"'],
    [" 12:30", "!"],
  ],
);
test(
  "csv: timestamps are SQL's, trimmed, with lenient days",
  values,
  "csv",
  "TIMESTAMP(9)",
  [],
  [
    [" 2020-01-01 00:00:00.1 ", '"2020-01-01 00:00:00.100000000"'],
    ["2020-02-30 00:00:00", '"2020-02-29 00:00:00.000000000"'],
    ["2020-04-31 24:00:00", '"2020-05-01 00:00:00.000000000"'],
    ["2020-01-01 00:00:00.", '"2020-01-01 00:00:00.000000000"'],
    ["2020-01-32 00:00:00", "!"],
    ["2020-01-01T00:00:00", "!"],
    ["2020-01-01 00:00", "!"],
    ["2020-01-01 00:00:00.1234567890", "!"],
    ["2020-01-01 00:00:00Z", "!"],
    ["+12020-01-01 00:00:00", '"+12020-01-01 00:00:00.000000000"'],
  ],
);
test(
  "csv: instants have a Z",
  values,
  "csv",
  "TIMESTAMP_LTZ(0)",
  [],
  [
    ["2020-01-01 00:00:00.9Z", '"2020-01-01 00:00:00Z"'],
    ["2020-01-01 00:00:00z", "!"],
    ["2020-01-01 00:00:00+08:00", "!"],
    ["2020-01-01 00:00:00", "!"],
  ],
);
test(
  "csv: arrays are split at semicolons",
  values,
  "csv",
  "ARRAY<INT>",
  [],
  [
    ["1; 2", "[1,2]"],
    ["", "[]"],
    [" ", "[]"],
    ["1;x", "![1]"],
  ],
);
test(
  "csv: nested rows are split too",
  values,
  "csv",
  "ROW<x INT, y STRING>",
  [],
  [
    ["1;a", '{"x":1,"y":"a"}'],
    ["", "null"],
    ["1", "!"],
  ],
);
test(
  "csv: a null literal in an array is one NULL",
  values,
  "csv",
  "ARRAY<STRING>",
  ["null-literal=n/a"],
  [
    ["n/a", "[null]"],
    ["a;n/a", '["a",null]'],
  ],
);
test(
  "csv: a null literal matches quoted too, untrimmed",
  values,
  "csv",
  "STRING",
  ["csv.null-literal=-"],
  [
    ["-", "null"],
    ['"-"', "null"],
    [" -", '" -"'],
    ["", '""'],
  ],
);
test(
  "csv: records",
  decodes,
  "csv",
  "a STRING, b INT",
  [],
  [
    ["x,1\ny,2", '{"a":"x","b":1}'],
    ["x,1\r\n", '{"a":"x","b":1}'],
    ["\ufeffx,1", '{"a":"x","b":1}'],
    ["x,1, ", '{"a":"x","b":1}'],
    ["x,1,2", "!"],
    ["x", "!"],
    ["", "!"],
    ['"x', "!"],
    ['"x"y,1', "!"],
    ["x,y", "!b"],
  ],
);
test(
  "csv: errors that are ignored",
  decodes,
  "csv",
  "a STRING, b INT",
  ["ignore-parse-errors=TRUE"],
  [["x,y", '{"a":"x","b":null}'], ["x", '{"a":"x","b":null}'], ["x,1,2"], [""], ['"x']],
);
test(
  "csv: comments",
  decodes,
  "csv",
  "a STRING, b INT",
  ["allow-comments=true"],
  [
    ["# c\n\n  x,1", '{"a":"x","b":1}'],
    ["# c", "!"],
  ],
);
test(
  "csv: escapes and other characters",
  decodes,
  "csv",
  "a STRING, b STRING",
  ["field-delimiter=\\t", "quote-character='", "escape-character=\\"],
  [
    ["a\\\tb\tc", '{"a":"a\\tb","b":"c"}'],
    ["'x''y'\t\\n\\'", '{"a":"x\'y","b":"\\n\'"}'],
    ["a\tb\\", "!"],
  ],
);
test(
  "csv: the options of 2026",
  decodes,
  "csv",
  "a STRING, b ARRAY<STRING>",
  ["trim-spaces=true", "empty-string-as-null=true", "ignore-trailing-unmappable=true"],
  [
    [" a ,x ; y,z,,", '{"a":"a","b":["x","y"]}'],
    [",;x", '{"a":null,"b":[null,"x"]}'],
  ],
);

// csv, writing

test(
  "csv: what is written",
  encodes,
  "csv",
  "a STRING, b INT, c BOOLEAN, d BYTES",
  [],
  [
    ['{"a":"x","b":-1,"c":true,"d":"AQI="}', "x,-1,true,AQI="],
    ['{"a":"x y","b":null}', '"x y",,,'],
    ['{"a":"a\\"b"}', '"a""b",,,'],
    ['{"a":"é"}', "é,,,"],
    ['{"a":""}', ",,,"],
    ['{"a":"aaaaaaaaaaaaaaaaaaaaaaaaa"}', '"aaaaaaaaaaaaaaaaaaaaaaaaa",,,'],
    ['{"a":"back\\\\slash"}', '"back\\slash",,,'],
  ],
);
test(
  "csv: numbers and times written",
  encodes,
  "csv",
  "a DECIMAL(9, 3), b DOUBLE, c DATE, d TIME(3), e TIMESTAMP(3), f TIMESTAMP_LTZ(3)",
  [],
  [
    [
      '{"a":"100000.000","b":1e10,"c":"2020-01-02","d":"12:30:00.500","e":"2020-01-02 03:04:05.600","f":"2020-01-02 03:04:05.000Z"}',
      '100000.000,1.0E10,2020-01-02,12:30:00.5,"2020-01-02 03:04:05.6","2020-01-02 03:04:05Z"',
    ],
  ],
);
test(
  "csv: scientific decimals",
  encodes,
  "csv",
  "a DECIMAL(13, 7)",
  ["write-bigdecimal-in-scientific-notation=true"],
  [
    ['{"a":"100000"}', "1E+5"],
    ['{"a":"1200"}', "1.2E+3"],
    ['{"a":"12.30"}', "12.3"],
    ['{"a":"0"}', "0"],
    ['{"a":"0.0000012"}', "0.0000012"],
    ['{"a":"0.0000001"}', "1E-7"],
  ],
);
test(
  "csv: arrays and rows written",
  encodes,
  "csv",
  "a ARRAY<STRING>, b ROW<x INT, y STRING>",
  ["null-literal=n/a"],
  [
    ['{"a":["x;y","z"],"b":{"x":1,"y":null}}', "x;y;z,1;n/a"],
    ['{"a":null,"b":null}', "n/a,n/a"],
    ['{"a":[]}', ",n/a"],
  ],
);

// json, reading

test(
  "json: text takes any value",
  values,
  "json",
  "STRING",
  [],
  [
    ['"x"', '"x"'],
    ["1.50", '"1.50"'],
    ["true", '"true"'],
    ['{ "a" : [1, 2] }', '"{\\"a\\":[1,2]}"'],
    ["null", "null"],
    ['"\t"', '"\\t"'],
  ],
);
test(
  "json: booleans",
  values,
  "json",
  "BOOLEAN",
  [],
  [
    ["true", "true"],
    ['" TRUE "', "true"],
    ["1", "false"],
    ['"trueA"', "false"],
    ["{}", "!"],
  ],
);
test(
  "json: SMALLINT refuses fractions",
  values,
  "json",
  "SMALLINT",
  [],
  [
    ["1", "1"],
    ['" 1 "', "1"],
    ["1.5", "!"],
    ["32768", "!"],
  ],
);
test(
  "json: INT cuts fractions",
  values,
  "json",
  "INT",
  [],
  [
    ["112.013", "112"],
    ["-1.9", "-1"],
    ['"12"', "12"],
    ['"1.5"', "!"],
    ["2147483648", "!"],
  ],
);
test(
  "json: BIGINT is exact",
  values,
  "json",
  "BIGINT",
  [],
  [
    ["9223372036854775807", '"9223372036854775807"'],
    ["9223372036854775808", "!"],
    ["1.9", '"1"'],
  ],
);
test(
  "json: DOUBLE",
  values,
  "json",
  "DOUBLE",
  [],
  [
    ["1e3", "1000"],
    ['"NaN"', '"NaN"'],
    ['" 1.5 "', "1.5"],
  ],
);
test(
  "json: DECIMAL",
  values,
  "json",
  "DECIMAL(5, 2)",
  [],
  [
    ["1.005", '"1.01"'],
    ['" 2.5 "', '"2.50"'],
    ["1000", "null"],
  ],
);
test(
  "json: DATE is strict",
  values,
  "json",
  "DATE",
  [],
  [
    ['"2020-02-29"', '"2020-02-29"'],
    ['"2020-02-30"', "!"],
    ['"2020-2-1"', "!"],
  ],
);
test(
  "json: TIME is kept to milliseconds",
  values,
  "json",
  "TIME(0)",
  [],
  [
    ['"24:00:00"', '"00:00:00"'],
    ['"12:30:59.999"', '"12:30:59"'],
    ['"12:30"', "!"],
  ],
);
test(
  "json: timestamps of SQL",
  values,
  "json",
  "TIMESTAMP(3)",
  [],
  [
    ['"2020-02-30 00:00:00.1"', '"2020-02-29 00:00:00.100"'],
    ['"2020-01-01T00:00:00"', "!"],
    ['" 2020-01-01 00:00:00"', "!"],
  ],
);
test(
  "json: timestamps of ISO-8601",
  values,
  "json",
  "TIMESTAMP(3)",
  ["timestamp-format.standard=ISO-8601"],
  [
    ['"2020-02-29T12:30"', '"2020-02-29 12:30:00.000"'],
    ['"2020-02-29t12:30:01.5"', '"2020-02-29 12:30:01.500"'],
    ['"2020-02-30T00:00:00"', "!"],
    ['"2020-01-01T24:00:00"', "!"],
  ],
);
test(
  "json: instants of ISO-8601",
  values,
  "json",
  "TIMESTAMP_LTZ(3)",
  ["json.timestamp-format.standard=ISO-8601"],
  [
    ['"2020-02-30T12:30:00Z"', '"2020-02-29 12:30:00.000Z"'],
    ['"2020-01-01T24:00:00Z"', '"2020-01-02 00:00:00.000Z"'],
    ['"2020-01-01T00:00:00+08:00"', "!"],
  ],
);
test(
  "json: maps, multisets, arrays and intervals",
  decodes,
  "json",
  "m MAP<STRING, INT>, s MULTISET<STRING>, a ARRAY<BIGINT>, y INTERVAL YEAR TO MONTH, d INTERVAL DAY TO SECOND(3)",
  [],
  [
    [
      '{"m":{"a":1,"b":null,"a":2},"s":{"x":2},"a":[1,null],"y":14,"d":1500}',
      '{"m":[["a",2],["b",null]],"s":[["x",2]],"a":["1",null],"y":14,"d":"1500"}',
    ],
  ],
);
test(
  "json: messages",
  decodes,
  "json",
  "a INT, r ROW<b INT>",
  [],
  [
    [""],
    ['{"a":1}{"a":2}', '{"a":1,"r":null}'],
    ['[{"a":1},{"a":2}]', '{"a":1,"r":null}', '{"a":2,"r":null}'],
    ["[]"],
    ["null", "!"],
    ["1", "!"],
    [" ", "!"],
    ['{"a":1,"x":{"y":[1,{"z":"}"}]},"a":2}', '{"a":2,"r":null}'],
    ['{"r":{"b":"x"}}', "!r.b"],
    ['{"a":01}', "!"],
  ],
);
test(
  "json: the tree decoder",
  decodes,
  "json",
  "a STRING",
  ["decode.json-parser.enabled=false"],
  [["null"], [" "], ['{"a":1.50}', '{"a":"1.5"}']],
);
test(
  "json: errors that are ignored",
  decodes,
  "json",
  "a INT, l ARRAY<INT>",
  ["ignore-parse-errors=true"],
  [['{"a":"x","l":[1,"y"]}', '{"a":null,"l":[1,null]}'], ["no JSON"]],
);
test(
  "json: missing fields",
  decodes,
  "json",
  "a INT, r ROW<b INT, c INT>",
  ["fail-on-missing-field=true"],
  [
    ['{"a":1,"r":{"b":1,"c":null}}', '{"a":1,"r":{"b":1,"c":null}}'],
    ['{"a":1}', "!r"],
    ['{"a":1,"r":{"b":1}}', "!r.c"],
    [""],
  ],
);

// json, writing

test(
  "json: what is written",
  encodes,
  "json",
  "s STRING, d DECIMAL(20, 2), f DOUBLE, t TIMESTAMP_LTZ(3), b BYTES",
  [],
  [
    [
      '{"s":"é\\"\\n","d":"100.00","f":"NaN","t":"2020-01-02 03:04:05.600Z","b":"AQI="}',
      '{"s":"é\\"\\n","d":1E+2,"f":"NaN","t":"2020-01-02 03:04:05.6Z","b":"AQI="}',
    ],
    ['{"f":1}', '{"s":null,"d":null,"f":1.0,"t":null,"b":null}'],
  ],
);
test(
  "json: plain decimals, no NULL, NULL keys by name",
  encodes,
  "json",
  "d DECIMAL(6, 2), r ROW<x INT, y INT>, m MAP<STRING, INT>",
  [
    "encode.decimal-as-plain-number=true",
    "encode.ignore-null-fields=true",
    "map-null-key.mode=literal",
    "map-null-key.literal=nil",
  ],
  [
    [
      '{"d":"12.3","r":{"x":null,"y":1},"m":[[null,1],["a",null]]}',
      '{"d":12.30,"r":{"y":1},"m":{"nil":1,"a":null}}',
    ],
  ],
);

// avro and raw

test(
  "avro: a record, both ways",
  encodes,
  "avro",
  "a INT, b BIGINT NOT NULL, c STRING",
  [],
  [
    ['{"a":-1,"b":"9007199254740993","c":"foo"}', "0x0201" + "8280808080808020" + "0206666f6f"],
    ['{"a":null,"b":"0","c":null}', "0x000000"],
  ],
);
test(
  "avro: read",
  decodes,
  "avro",
  "a INT, d DECIMAL(5, 2) NOT NULL, l ARRAY<INT NOT NULL> NOT NULL",
  [],
  [
    [Buffer.from("0201" + "04cfc7" + "0304020400", "hex"), '{"a":-1,"d":"-123.45","l":[1,2]}'],
    [Buffer.from("0201" + "04cf", "hex"), "!d"],
    [Buffer.from("0201" + "0200" + "feffffff0f", "hex"), "!l[0]"],
  ],
);
test(
  "avro: its JSON",
  encodes,
  "avro",
  "id BIGINT, t TIMESTAMP_LTZ(6)",
  ["encoding=json", "timestamp_mapping.legacy=false"],
  [
    ['{"id":"7","t":null}', '{"id":{"long":7},"t":null}'],
    ['{"t":"1970-01-01 00:00:00.000001Z"}', '{"id":null,"t":{"long":1}}'],
  ],
);
test(
  "avro: its JSON, read",
  decodes,
  "avro",
  "id BIGINT",
  ["avro.encoding=JSON"],
  [
    ['\n{"id":{"long":7}}', '{"id":"7"}'],
    ['{"id":7}', "!id"],
  ],
);
test(
  "raw: numbers",
  decodes,
  "raw",
  "c INT",
  ["endianness=little-endian"],
  [
    [Buffer.of(1, 0, 0, 0), '{"c":1}'],
    [Buffer.of(1, 0, 0), "!c"],
  ],
);
test(
  "raw: lines",
  decodes,
  "raw",
  "c STRING",
  ["line-delimiter=\n"],
  [["a\n\nb\n", '{"c":"a"}', '{"c":""}', '{"c":"b"}']],
);
test("raw: text", encodes, "raw", "c STRING", ["charset=UTF-16"], [['{"c":"a"}', "0xfeff0061"]]);
test("raw: NULL is no message", encodes, "raw", "c INT", [], []);

// The command

test("all of stdin is one record, or each line is one", async (t) => {
  const one = await tributary(words("decode", "csv", "a STRING, b STRING", []), { input: 'x,"1\n2"\ny,3\n' });
  const more = await tributary([...words("decode", "csv", "a STRING", []), "--lines"], { input: "x\ny" });
  const hexadecimal = await tributary([...words("decode", "raw", "a BYTES", []), "--hex"], {
    input: "01 0a\nFF\n",
  });

  t.is(one.stdout, '{"a":"x","b":"1\\n2"}\n');
  t.is(more.stdout, '{"a":"x"}\n{"a":"y"}\n');
  t.is(hexadecimal.stdout, '{"a":"AQr/"}\n');
});

test("an empty stdin is an empty record, and no lines at all", async (t) => {
  const record = await tributary(words("decode", "raw", "a STRING", []), { input: "" });
  const lines = await tributary([...words("decode", "raw", "a STRING", []), "--lines"], { input: "" });

  t.is(record.stdout, '{"a":""}\n');
  t.is(lines.stdout, "");
});

test("records are written as their bytes and a line feed", async (t) => {
  const outcome = await tributary(words("encode", "csv", "a STRING, b INT", []), {
    input: '{"a":"é","b":1}\n\n{"b":2}',
  });

  t.is(outcome.stdout, "é,1\n,2\n");
  t.is(outcome.code, 0);
});

test("a tombstone is written as nothing", async (t) => {
  const outcome = await tributary([...words("encode", "raw", "c INT", []), "--hex"], {
    input: '{"c":null}\n{"c":1}\n',
  });

  t.is(outcome.stdout, "00000001\n");
});

test("with --json every line is JSON", async (t) => {
  const plain = [
    ...words("encode", "csv", "a INT, b STRING", ["null-literal=-", "null-literal=+"]),
    "--json",
  ];
  const input = '{"a":1,"b":null}\n{"a":"x"}\n';
  const base64 = await tributary(plain, { input });
  const hexadecimal = await tributary([...plain, "--hex"], { input });

  for (const [outcome, encoding] of [
    [base64, "base64"],
    [hexadecimal, "hex"],
  ] as const) {
    const [repeated, record, fault, ...more] = jsonLines<unknown>(outcome);
    t.like(repeated, { code: "OPTION_REPEATED", option: "csv.null-literal" });
    t.is(record, Buffer.from("1,+").toString(encoding));
    t.like(fault, { code: "RECORD_MALFORMED", columnName: "a", line: 2 });
    t.deepEqual(more, []);
    t.is(outcome.stderr, "");
    t.is(outcome.code, 1);
  }
});

test("rows of a changelog carry their kind", async (t) => {
  const event = (op: string, before: string, after: string): string =>
    `{"before":${before},"after":${after},"op":"${op}"}\n`;
  const read = await tributary([...words("decode", "debezium-json", "a INT", []), "--lines"], {
    input: event("c", "null", '{"a":1}') + event("u", '{"a":1}', '{"a":2}') + event("d", '{"a":2}', "null"),
  });
  const written = await tributary(words("encode", "debezium-json", "a INT", []), {
    input: '{"$kind":"-D","a":1}\n{"a":2}\n{"$kind":"+X","a":1}\n',
  });

  t.is(
    read.stdout,
    '{"$kind":"+I","a":1}\n{"$kind":"-U","a":1}\n{"$kind":"+U","a":2}\n{"$kind":"-D","a":2}\n',
  );
  t.is(
    written.stdout,
    '{"before":{"a":1},"after":null,"op":"d"}\n{"before":null,"after":{"a":2},"op":"c"}\n',
  );
  t.is(written.code, 1);
  t.regex(written.stderr, /\+X/);
});

test("a format of insertions takes no other kind", async (t) => {
  const outcome = await tributary([...words("encode", "json", "a INT", []), "--json"], {
    input: '{"$kind":"-U","a":1}\n',
  });

  t.is(outcome.code, 1);
  t.like(jsonLines(outcome)[0], { code: "RECORD_MALFORMED", candidates: ["+I"] });
});

const WRONG: readonly (readonly [
  title: string,
  args: readonly string[],
  code: number,
  ...expected: Partial<Diagnostic>[],
])[] = [
  [
    "an unknown option",
    words("decode", "csv", "a INT", ["field-delimeter=x"]),
    1,
    { code: "OPTION_UNKNOWN", option: "csv.field-delimeter" },
  ],
  [
    "invalid options, all of them",
    words("decode", "csv", "a INT", ["field-delimiter=ab", "quote-character=xy", "trim-spaces=no"]),
    1,
    { code: "OPTION_INVALID", option: "csv.trim-spaces", value: "no" },
  ],
  [
    "options that exclude each other",
    words("decode", "json", "a INT", ["fail-on-missing-field=true", "ignore-parse-errors=true"]),
    1,
    { code: "OPTION_CONFLICT" },
  ],
  [
    "an enumeration in the wrong letter case",
    words("encode", "json", "a INT", ["timestamp-format.standard=iso-8601"]),
    1,
    { code: "OPTION_INVALID", option: "json.timestamp-format.standard", value: "iso-8601" },
  ],
  ["a type", words("encode", "avro", "a TIME(6)", []), 1, { code: "SCHEMA_INVALID", columnName: "a" }],
  [
    "a charset",
    words("decode", "raw", "a STRING", ["charset=X"]),
    1,
    { code: "OPTION_INVALID", option: "raw.charset" },
  ],
  ["a schema", words("decode", "csv", "a INT,", []), 1, { code: "SCHEMA_INVALID" }],
  [
    "a schema that is no row",
    ["format", "decode", "--format", "csv", "--schema", "INT"],
    1,
    { code: "SCHEMA_INVALID" },
  ],
  ["a format", words("decode", "cvs", "a INT", []), 1, { code: "FACTORY_NOT_FOUND" }],
  [
    "what is missing",
    ["format", "encode", "--option", "x"],
    2,
    { code: "COMMAND_INVALID" },
    { code: "COMMAND_INVALID" },
    { code: "COMMAND_INVALID" },
  ],
  ["an option of the command", ["format", "decode", "--hexx"], 2, { code: "COMMAND_INVALID" }],
];

for (const [title, args, code, ...expected] of WRONG) {
  test(`format: ${title} that is wrong`, async (t) => {
    const outcome = await tributary([...args, "--json"], { input: "" });

    const found = jsonLines(outcome);
    t.is(outcome.code, code);
    t.is(outcome.stderr, "");
    for (const [index, one] of expected.entries()) t.like(found[index], one);
  });
}

test("text that is not hexadecimal is an error of its record", async (t) => {
  const outcome = await tributary([...words("decode", "raw", "a BYTES", []), "--hex", "--lines"], {
    input: "0\nzz\n00\n",
  });

  t.deepEqual(linesOf(outcome.stdout).map(shown), ["!", "!", '{"a":"AA=="}']);
  t.is(outcome.code, 1);
});

test("a module of one's own may have the format", async (t) => {
  const outcome = await tributary(
    ["format", "decode", "--format", "csv", "--schema", "ROW<a INT>", "--no-default-modules", "--json"],
    { input: "" },
  );

  t.is(outcome.code, 1);
  t.like(jsonLines(outcome)[0], { code: "FACTORY_NOT_FOUND", value: "csv" });
});

// Columns of samples

const infer = (...args: readonly string[]): readonly string[] => [
  "format",
  "infer",
  ...args,
  "--no-default-modules",
  "--module",
  "formats",
];

/** Names that need backquotes, or would end a comment or a string. */
const NAMES = [
  "id",
  "date",
  "a b",
  "a`b",
  "it's",
  "two\nlines",
  "-- no comment",
  "größe",
  "__proto__",
  "1st",
];

test("the columns of a sample stand in CREATE TABLE as they are printed, and read the sample", async (t) => {
  const fields = NAMES.map(
    (name, at) => `${JSON.stringify(name)}:${at === 1 ? '"2024-02-29T01:02:03Z"' : at}`,
  );
  const sample = `{${fields.join(",")},"r":{"the x":[1,null],"2024-01-01":{}},"m":{"1":true,"2":false},"n":null}\n`;
  const listed = await tributary(infer("--format", "json"), { input: sample });
  const script = `CREATE TABLE s ${listed.stdout} WITH (
    'connector' = 'filesystem', 'path' = 'sample.json', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601'
  );
  CREATE TABLE p WITH ('connector' = 'print') LIKE s (EXCLUDING ALL);
  INSERT INTO p SELECT * FROM s;`;
  const cwd = folderWith({ "script.sql": script, "sample.json": sample });
  const printed = await tributary(["run", "script.sql", "--progress", "none"], { cwd });

  t.is(listed.code, 0);
  t.is(listed.stderr, "");
  t.is(
    listed.stdout,
    `(
  -- the sample needs the option 'json.timestamp-format.standard' = 'ISO-8601'
  id BIGINT,
  \`date\` TIMESTAMP_LTZ(3),
  \`a b\` BIGINT,
  \`a\`\`b\` BIGINT,
  \`it's\` BIGINT,
  \`two
lines\` BIGINT,
  \`-- no comment\` BIGINT,
  \`größe\` BIGINT,
  __proto__ BIGINT,
  \`1st\` BIGINT,
  r ROW<\`the x\` ARRAY<BIGINT>, \`2024-01-01\` MAP<STRING, STRING>>, -- 2024-01-01: only empty objects in the sample
  m MAP<STRING, BOOLEAN>, -- names that change from object to object: a MAP; ROW<...> if they are fixed
  n STRING -- only NULL in the sample
)
`,
  );
  t.regex(printed.stderr, /read 1 s; wrote 1 p/);
  t.is(
    printed.stdout,
    '{"id":"0","date":"2024-02-29 01:02:03.000Z","a b":"2","a`b":"3","it\'s":"4","two\\nlines":"5","-- no comment":"6",' +
      '"größe":"7","__proto__":"8","1st":"9","r":{"the x":["1",null],"2024-01-01":[]},"m":[["1",true],["2",false]],"n":null}\n',
  );
});

test("samples come from files, with the format's options", async (t) => {
  const cwd = folderWith({ "a.csv": "id;name\n1;x\n", "b.csv": "id;name\n;y\n" });
  const outcome = await tributary(
    infer("--format", "csv", "--header", "--option", "field-delimiter=\\;", "a.csv", "b.csv"),
    { cwd },
  );

  t.is(outcome.stderr, "");
  t.is(
    outcome.stdout,
    `(
  -- the first record holds the names: a table reads it as a row, so leave it out of the data
  -- the sample needs the option 'csv.empty-string-as-null' = 'true'
  id BIGINT, -- empty in 1 of 2 records
  name STRING
)
`,
  );
});

test("with --json a column is an object, and so is an option that is needed", async (t) => {
  const outcome = await tributary(infer("--format", "json", "--json"), {
    input: '{"a":"2024-01-01T00:00:00"}{"b":1}',
  });

  t.deepEqual(jsonLines<unknown>(outcome), [
    { column: "a", type: "TIMESTAMP(3)", notes: ["in 1 of 2 records"] },
    { column: "b", type: "BIGINT", notes: ["in 1 of 2 records"] },
    { option: "json.timestamp-format.standard", value: "ISO-8601" },
  ]);
});

test("the writer's schema of avro is JSON or a file", async (t) => {
  const schema = '{"type":"record","name":"r","fields":[{"name":"id","type":["null","long"]}]}';
  const cwd = folderWith({ "r.avsc": schema });
  const outcomes = await Promise.all([
    tributary(infer("--format", "avro", "r.avsc"), { cwd }),
    tributary(infer("--format", "avro", "--schema", "r.avsc"), { cwd, input: Buffer.of(2, 2) }),
    tributary(infer("--format", "avro", "--schema", schema), { cwd, input: "" }),
  ]);

  for (const { stdout, code } of outcomes) {
    t.is(stdout, "(\n  id BIGINT\n)\n");
    t.is(code, 0);
  }
});

const INFER_FAULTS: readonly (readonly [
  title: string,
  args: readonly string[],
  input: string,
  code: number,
  ...expected: Partial<Diagnostic>[],
])[] = [
  ["no format", ["--lines"], "", 2, { code: "COMMAND_INVALID" }],
  ["a format without inference", ["--format", "raw"], "", 2, { code: "COMMAND_INVALID" }],
  ["a header of json", ["--format", "json", "--header"], "", 2, { code: "COMMAND_INVALID" }],
  ["a schema of csv", ["--format", "csv", "--schema", "{}"], "", 2, { code: "COMMAND_INVALID" }],
  ["a file that is not there", ["--format", "csv", "nowhere.csv"], "", 2, { code: "COMMAND_INVALID" }],
  ["an option that is none", ["--format", "csv", "--option", "x"], "", 2, { code: "COMMAND_INVALID" }],
  [
    "an option that the format lacks",
    ["--format", "csv", "--option", "x=1"],
    "1",
    1,
    { code: "OPTION_UNKNOWN", option: "csv.x" },
  ],
  ["no records", ["--format", "json"], "", 1, { code: "SCHEMA_INVALID", file: "stdin" }],
  [
    "records that are none",
    ["--format", "json", "--lines"],
    '{"a":1}\n[}\n',
    1,
    { code: "RECORD_MALFORMED", file: "stdin" },
  ],
];

for (const [title, args, input, code, ...expected] of INFER_FAULTS) {
  test(`format infer: ${title} is a fault`, async (t) => {
    const outcome = await tributary(infer(...args, "--json"), { input });

    t.is(outcome.code, code);
    t.is(outcome.stderr, "");
    const found = jsonLines(outcome);
    for (const [index, one] of expected.entries()) t.like(found[index], one);
  });
}
