import avro from "avsc";
import test from "ava";
import fc from "fast-check";

import {
  createRegistry,
  parseType,
  planDecoder,
  printType,
  types,
  type LogicalType,
  type PlanContext,
} from "@tributary/core";
import { formats, inferColumns, type InferRequest } from "@tributary/formats";

const context: PlanContext = {
  registry: createRegistry([formats]),
  timeZone: "UTC",
  logger: { error: () => {}, warn: () => {}, info: () => {}, debug: () => {}, trace: () => {} },
};

/** Runs of each property; raise it to hunt. */
const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 300);

type Settings = Partial<Omit<InferRequest, "format" | "samples" | "options">> & {
  readonly options?: Readonly<Record<string, string>>;
};

function request(
  format: InferRequest["format"],
  samples: readonly (string | Uint8Array)[],
  { options = {}, ...settings }: Settings = {},
): InferRequest {
  return {
    format,
    options: Object.entries(options).map(([key, value]) => ({ key, value })),
    samples: samples.map((bytes, index) => ({
      name: `sample-${index + 1}`,
      bytes: Buffer.from(bytes as string),
    })),
    isLines: false,
    ...settings,
  };
}

/** `name TYPE -- notes`, the options that are needed, and the notes and faults. */
function shown(of: InferRequest): readonly string[] {
  const { columns, options, notes, diagnostics } = inferColumns(of, context);
  return [
    ...columns.map(({ name, type, notes: uncertain }) =>
      [`${name} ${printType(type)}`, ...uncertain.map((note) => `-- ${note}`)].join(" "),
    ),
    ...Array.from(options, ([key, value]) => `${key}=${value}`),
    ...notes.map((note) => `# ${note}`),
    ...diagnostics.map(({ code, message }) => `! ${code} ${message}`),
  ];
}

/** Values of one field `c`, one record each, and its column. */
const json = test.macro((t, values: readonly string[], ...expected: readonly string[]) => {
  const records = values.map((value) => `{"c":${value}}`).join("\n");

  t.deepEqual(shown(request("json", [records])), expected);
});

test("json: whole numbers are BIGINT, however small", json, ["1", "2"], "c BIGINT");
test(
  "json: the ends of 64 bits are BIGINT",
  json,
  ["9223372036854775807", "-9223372036854775808"],
  "c BIGINT",
);
test(
  "json: whole numbers beyond 64 bits are DECIMAL",
  json,
  ["1", "9223372036854775808"],
  "c DECIMAL(19, 0) -- whole numbers beyond BIGINT",
);
test(
  "json: whole numbers of more than 38 digits are texts",
  json,
  ["123456789012345678901234567890123456789"],
  "c STRING -- numbers beyond every numeric type: STRING holds their digits",
);
test(
  "json: fractions are DOUBLE if it holds them",
  json,
  ["1", "2.50", "-0.125"],
  "c DOUBLE -- DECIMAL(4, 3) holds the sample exactly",
);
test("json: exponents are DOUBLE", json, ["1e3"], "c DOUBLE");
test(
  "json: fractions that DOUBLE would cut are DECIMAL",
  json,
  ["12345678901234567890.123456789"],
  "c DECIMAL(29, 9) -- more digits than DOUBLE holds",
);
test(
  "json: a long number beside a fraction is not cut",
  json,
  ["9007199254740993", "0.5"],
  "c DECIMAL(17, 1) -- more digits than DOUBLE holds",
);
test(
  "json: 1e400 is a text",
  json,
  ["1e400", "1"],
  "c STRING -- numbers beyond every numeric type: STRING holds their digits",
);
test("json: true and false are BOOLEAN", json, ["true", "null", "false"], "c BOOLEAN");
test("json: texts are STRING", json, ['"x"', '""', '" 2024-01-01"'], "c STRING");
test(
  "json: texts of digits are STRING",
  json,
  ['"1"', '"0020"'],
  "c STRING -- texts of whole numbers: BIGINT reads them too",
);
test("json: only NULL is STRING", json, ["null"], "c STRING -- only NULL in the sample");
test("json: dates", json, ['"2024-02-29"', '"0001-01-01"'], "c DATE");
test("json: impossible dates are texts", json, ['"2024-02-30"'], "c STRING");
test("json: times", json, ['"23:59:59"'], "c TIME(0)");
test("json: times of milliseconds", json, ['"23:59:59"', '"00:00:00.5"'], "c TIME(3)");
test(
  "json: finer times are not cut",
  json,
  ['"23:59:59.0001"'],
  "c STRING -- times finer than milliseconds, which TIME would cut",
);
test("json: timestamps of SQL", json, ['"2024-01-01 00:00:00"'], "c TIMESTAMP(3)");
test("json: microseconds", json, ['"2024-01-01 00:00:00.1234"'], "c TIMESTAMP(6)");
test("json: nanoseconds", json, ['"2024-01-01 00:00:00.1234567Z"'], "c TIMESTAMP_LTZ(9)");
test(
  "json: timestamps of ISO-8601 need their option",
  json,
  ['"2024-01-01T00:00:00"', '"2024-01-01T00:00"'],
  "c TIMESTAMP(3)",
  "json.timestamp-format.standard=ISO-8601",
);
test(
  "json: instants of ISO-8601 too",
  json,
  ['"2024-01-01T00:00:00.123Z"'],
  "c TIMESTAMP_LTZ(3)",
  "json.timestamp-format.standard=ISO-8601",
);
test(
  "json: offsets need their option, and Z among them is one",
  json,
  ['"2024-01-01T00:00:00+02:00"', '"2024-01-01T00:00:00.1234Z"'],
  "c TIMESTAMP_LTZ(6)",
  "json.timestamp-format.standard=ISO-8601-WITH-OFFSET",
);
test(
  "json: offsets behind SQL timestamps are read by no type",
  json,
  ['"2024-01-01 00:00:00+02:00"'],
  "c STRING -- timestamps with an offset, which no timestamp type reads",
);
test(
  "json: wall clocks among offsets are texts",
  json,
  ['"2024-01-01T00:00:00+02:00"', '"2024-01-01T00:00:00"'],
  "c STRING -- timestamps of different forms: STRING holds the text of each",
);
test(
  "json: instants among wall clocks are texts",
  json,
  ['"2024-01-01 00:00:00"', '"2024-01-01 00:00:00Z"'],
  "c STRING -- timestamps of different forms: STRING holds the text of each",
);
test(
  "json: values of different kinds are texts",
  json,
  ["1", '"x"', "{}"],
  "c STRING -- numbers and texts and objects in the sample: STRING holds the text of each",
);
test("json: arrays", json, ["[1,null]", "[]"], "c ARRAY<BIGINT>");
test(
  "json: arrays of everything",
  json,
  ['[1,"x",true]'],
  "c ARRAY<STRING> -- elements: numbers and texts and booleans in the sample: STRING holds the text of each",
);
test("json: empty arrays", json, ["[]"], "c ARRAY<STRING> -- only empty arrays in the sample");
test(
  "json: objects are rows, optional fields are said so",
  json,
  ['{"a":1,"b":{"c":"x"}}', '{"a":2}'],
  "c ROW<`a` BIGINT, `b` ROW<`c` STRING>> -- b: in 1 of 2 objects",
);
test(
  "json: names that are data make a map",
  json,
  ['{"2024-01-01":1,"2024-01-02":2.5}'],
  "c MAP<STRING, DOUBLE> -- names that change from object to object: a MAP; ROW<...> if they are fixed",
);
test(
  "json: names that change make a map",
  json,
  ['{"u1":{"n":1}}', '{"u2":{"n":2}}', '{"u3":{"n":3},"u4":{"n":4}}'],
  "c MAP<STRING, ROW<`n` BIGINT>> -- names that change from object to object: a MAP; ROW<...> if they are fixed",
);
test("json: a name with a space is a name", json, ['{"first name":"a"}'], "c ROW<`first name` STRING>");
test("json: empty objects", json, ["{}"], "c MAP<STRING, STRING> -- only empty objects in the sample");
test(
  "json: what is nested too deep is a text",
  json,
  [`${"[".repeat(500)}1${"]".repeat(500)}`],
  `c ${"ARRAY<".repeat(31)}STRING${">".repeat(31)} -- ${"elements: ".repeat(31)}nested too deep: its JSON as text`,
);

test("json: columns stand in the order in which they come, and say how many records lack them", (t) => {
  const sample = '{"b":1}{"a":null,"b":2}\n\n[{"b":3,"constructor":true,"__proto__":"x"}]';

  t.deepEqual(shown(request("json", [sample])), [
    "b BIGINT",
    "a STRING -- only NULL in the sample -- in 1 of 3 records",
    "constructor BOOLEAN -- in 1 of 3 records",
    "__proto__ STRING -- in 1 of 3 records",
  ]);
});

test("json: the form of timestamps that more columns have is taken, or the given one", (t) => {
  const sample = '{"a":"2024-01-01T00:00:00","b":"2024-01-01T00:00:00Z","c":"2024-01-01 00:00:00"}';
  const given = { options: { "json.timestamp-format.standard": "SQL" } };

  t.deepEqual(shown(request("json", [sample])), [
    "a TIMESTAMP(3)",
    "b TIMESTAMP_LTZ(3)",
    "c STRING -- timestamps of the SQL form; the format reads those of ISO-8601 here",
    "json.timestamp-format.standard=ISO-8601",
  ]);
  t.deepEqual(shown(request("json", [sample], given)), [
    "a STRING -- timestamps of the ISO-8601 form; the format reads those of SQL here",
    "b STRING -- timestamps of the ISO-8601 form; the format reads those of SQL here",
    "c TIMESTAMP(3)",
  ]);
});

test("json: with lines each line is one record", (t) => {
  const sample = '{"a":1}\r\n\n{"a":2} {"b":3}\n';

  t.deepEqual(shown(request("json", [sample], { isLines: true })).slice(0, 1), ["a BIGINT"]);
});

test("json: records that are none are faults with their number, unless the options skip them", (t) => {
  const sample = '{"a":1}\nnonsense\n{"a":2}\n7';
  const skips = { isLines: true, options: { "json.ignore-parse-errors": "true" } };
  const { diagnostics } = inferColumns(request("json", [sample], { isLines: true }), context);

  t.deepEqual(
    diagnostics.map(({ code, file, message }) => [code, file, /record \d/.exec(message)?.[0]]),
    [
      ["RECORD_MALFORMED", "sample-1", "record 2"],
      ["RECORD_MALFORMED", "sample-1", "record 4"],
    ],
  );
  t.deepEqual(shown(request("json", [sample], skips)), ["a BIGINT"]);
});

test("options that are wrong are faults of their own", (t) => {
  const wrong = {
    "json.timestamp-format.standard": "iso",
    "csv.quote-character": "ab",
    "avro.encoding": "x",
  };
  const codes = (["json", "csv"] as const).map((format) => {
    const options = Object.fromEntries(Object.entries(wrong).filter(([key]) => key.startsWith(format)));
    const sample = format === "json" ? '{"a":1}' : "1";
    return inferColumns(request(format, [sample], { options }), context).diagnostics[0]?.code;
  });

  t.deepEqual(codes, ["OPTION_INVALID", "OPTION_INVALID"]);
});

test("a sample without records is a fault", (t) => {
  for (const format of ["json", "csv", "avro"] as const) {
    const { diagnostics, columns } = inferColumns(request(format, [""]), context);
    t.deepEqual(columns, []);
    t.is(diagnostics[0]?.code, "SCHEMA_INVALID", format);
  }
});

/** Cells of one column `c1`, one record each, and what is said about it. A second column keeps empty lines apart. */
const csv = test.macro((t, cells: readonly string[], ...expected: readonly string[]) => {
  const records = cells.map((cell) => `${cell},x\n`).join("");

  t.deepEqual(
    shown(request("csv", [records])).filter((line) => line !== "c2 STRING"),
    expected,
  );
});

test("csv: whole numbers", csv, ["1", " -2 ", "0"], "c1 BIGINT");
test(
  "csv: zeros and signs in front are not lost",
  csv,
  ["007", "+49"],
  "c1 STRING -- digits with a sign or zeros in front, which a number would lose",
);
test("csv: fractions", csv, ["1.5", "2"], "c1 DOUBLE -- DECIMAL(2, 1) holds the sample exactly");
test(
  "csv: beyond 64 bits",
  csv,
  ["18446744073709551615"],
  "c1 DECIMAL(20, 0) -- whole numbers beyond BIGINT",
);
test("csv: booleans", csv, ["true", "FALSE"], "c1 BOOLEAN");
test("csv: dates", csv, ["2024-02-29"], "c1 DATE");
test("csv: times", csv, ["12:30:00.25"], "c1 TIME(3)");
test("csv: timestamps", csv, ["2024-01-01 00:00:00"], "c1 TIMESTAMP(3)");
test("csv: instants", csv, ["2024-01-01 00:00:00.123456Z"], "c1 TIMESTAMP_LTZ(6)");
test(
  "csv: it reads no ISO-8601",
  csv,
  ["2024-01-01T00:00:00Z"],
  "c1 STRING -- timestamps of the ISO-8601 form; the format reads those of SQL here",
);
test(
  "csv: empty cells of numbers need an option",
  csv,
  ["1", ""],
  "c1 BIGINT -- empty in 1 of 2 records",
  "csv.empty-string-as-null=true",
);
test("csv: empty cells of texts need none", csv, ["a", ""], "c1 STRING");
test("csv: only empty cells", csv, ["", ""], "c1 STRING -- only empty cells in the sample");
test(
  "csv: numbers and texts",
  csv,
  ["1", "x"],
  "c1 STRING -- numbers and texts in the sample: STRING holds the text of each",
);

test("csv: a header gives the names, each once", (t) => {
  const sample = 'id,"the name",,id\r\n1,"a\r\nb",2,3\r\n';

  t.deepEqual(shown(request("csv", [sample, "id,x,y,z\n4,c,5,6\n"], { hasHeader: true })), [
    "id BIGINT",
    "the name STRING",
    "c3 BIGINT",
    "id_2 BIGINT -- the header has 'id' more than once",
    "# the first record holds the names: a table reads it as a row, so leave it out of the data",
  ]);
});

test("csv: a first record that looks like a header is remarked on", (t) => {
  t.deepEqual(shown(request("csv", ["id,name\n1,a\n"])).slice(-1), [
    "# the first record looks like names of columns: --header takes it for them",
  ]);
  t.deepEqual(shown(request("csv", ["id,name\nx,a\n"])), ["c1 STRING", "c2 STRING"]);
});

test("csv: the format's options hold", (t) => {
  const options = {
    "csv.field-delimiter": "|",
    "csv.quote-character": "'",
    "csv.allow-comments": "true",
    "csv.null-literal": "-",
  };

  t.deepEqual(shown(request("csv", ["# c\n1|'a|b'|-\n\n# d\n-|c|x\n"], { options })), [
    "c1 BIGINT",
    "c2 STRING",
    "c3 STRING",
  ]);
});

test("csv: records of other widths are faults", (t) => {
  const { diagnostics } = inferColumns(request("csv", ["1,2\n3\n4,5,6\n7,8\n"]), context);

  t.deepEqual(
    diagnostics.map(({ code, message }) => [code, /record \d/.exec(message)?.[0]]),
    [
      ["RECORD_MALFORMED", "record 2"],
      ["RECORD_MALFORMED", "record 3"],
    ],
  );
});

const SCHEMA = {
  type: "record",
  name: "r",
  fields: [
    { name: "id", type: "long" },
    { name: "name", type: ["null", "string"], default: null },
    { name: "at", type: { type: "long", logicalType: "timestamp-millis" } },
    { name: "tags", type: { type: "array", items: "string" } },
    { name: "price", type: ["null", { type: "bytes", logicalType: "decimal", precision: 10, scale: 2 }] },
  ],
} as const;
const COLUMNS = [
  "id BIGINT NOT NULL",
  "name STRING",
  "at TIMESTAMP(3) NOT NULL",
  "tags ARRAY<STRING NOT NULL> NOT NULL",
  "price DECIMAL(10, 2)",
];

test("avro: a schema, given or as a file, gives its columns", (t) => {
  const text = JSON.stringify(SCHEMA);

  t.deepEqual(shown(request("avro", [text])), COLUMNS);
  t.deepEqual(shown(request("avro", [], { writerSchema: text })), COLUMNS);
});

/** The header of a container file: magic, a map of texts to bytes in one block, and a mark. */
function containerOf(schema: string): Buffer {
  const varint = (value: number): Buffer => {
    const bytes: number[] = [];
    for (let rest = value * 2; ; rest = Math.floor(rest / 128)) {
      if (rest < 128) return Buffer.from([...bytes, rest]);
      bytes.push((rest % 128) | 128);
    }
  };
  const text = (value: string): Buffer =>
    Buffer.concat([varint(Buffer.byteLength(value)), Buffer.from(value)]);
  const entries = [text("avro.codec"), text("null"), text("avro.schema"), text(schema)];
  return Buffer.concat([Buffer.from("Obj\u0001"), varint(2), ...entries, varint(0), Buffer.alloc(16)]);
}

test("avro: a container file gives the columns of its schema", (t) => {
  const file = containerOf(JSON.stringify(SCHEMA));

  t.deepEqual(shown(request("avro", [file])), COLUMNS);
  t.regex(shown(request("avro", [file.subarray(0, 40)]))[0] ?? "", /^! RECORD_MALFORMED .*damaged/);
});

test("avro: a container file of another implementation is read too", async (t) => {
  const type = avro.Type.forSchema({ type: "record", name: "r", fields: [{ name: "id", type: "long" }] });
  const encoder = new avro.streams.BlockEncoder(type);
  const chunks: Buffer[] = [];
  encoder.on("data", (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => encoder.once("end", resolve));
  encoder.end({ id: 1 });
  await ended;

  t.deepEqual(shown(request("avro", [Buffer.concat(chunks)])), ["id BIGINT NOT NULL"]);
});

test("avro: bare records are read with the given schema", (t) => {
  const schema = JSON.stringify({
    type: "record",
    name: "r",
    fields: [{ name: "a", type: ["null", "string"] }],
  });
  const given = { writerSchema: schema };

  t.deepEqual(shown(request("avro", [Buffer.of(2, 2, 97)], given)), ["a STRING"]);
  t.regex(shown(request("avro", [Buffer.of(2, 20, 97)], given))[1] ?? "", /^! RECORD_MALFORMED /);
  t.regex(shown(request("avro", [Buffer.of(2, 2, 97)]))[0] ?? "", /^! SCHEMA_INVALID .*no Avro schema/);
});

const avroField = test.macro(
  (t, type: unknown, options: Readonly<Record<string, string>>, ...expected: string[]) => {
    const schema = JSON.stringify({ type: "record", name: "r", fields: [{ name: "c", type }] });

    t.deepEqual(shown(request("avro", [schema], { options })), expected);
  },
);
const NEW = { "avro.timestamp_mapping.legacy": "false" };

test(
  "avro: instants with the true mapping",
  avroField,
  { type: "long", logicalType: "timestamp-millis" },
  NEW,
  "c TIMESTAMP_LTZ(3) NOT NULL",
);
test(
  "avro: microseconds need the true mapping",
  avroField,
  { type: "array", items: { type: "long", logicalType: "timestamp-micros" } },
  {},
  "c ARRAY<TIMESTAMP_LTZ(6) NOT NULL> NOT NULL",
  "avro.timestamp_mapping.legacy=false",
);
test(
  "avro: an enum is read with the writer's schema alone",
  avroField,
  { type: "enum", name: "e", symbols: ["A"] },
  {},
  "c STRING NOT NULL -- other bytes than the format 'avro' reads: an enum is written as the place of its symbol",
);
test(
  "avro: so is null behind a type",
  avroField,
  ["int", "null"],
  {},
  "c INT -- other bytes than the format 'avro' reads: the union has null behind the other type",
);
test(
  "avro: and a fixed inside a map",
  avroField,
  { type: "map", values: { type: "fixed", name: "f", size: 2 } },
  {},
  "c MAP<STRING NOT NULL, VARBINARY(2) NOT NULL> NOT NULL -- other bytes than the format 'avro' reads: a fixed is written without its length",
);

test("avro: a column without a type is left out, and said so", (t) => {
  const fields = [
    { name: "a", type: "int" },
    { name: "u", type: ["int", "string"] },
  ];
  const lines = shown(request("avro", [JSON.stringify({ type: "record", name: "r", fields })]));

  t.is(lines[0], "a INT NOT NULL");
  t.regex(lines[1] ?? "", /^# 'u' is left out, and the format 'avro' cannot read the records: /);
});

// ---- the columns decode the sample

/** Rows that the inferred table reads from the sample's records. */
function decoded(
  of: InferRequest,
  records: readonly string[],
): { readonly rows: number; readonly faults: number } {
  const { columns, options, diagnostics } = inferColumns(of, context);
  if (diagnostics.length > 0) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const read = planDecoder(
    {
      identifier: of.format,
      table: "t",
      // What is printed is what a reader of the columns gets.
      rowType: types.row(
        columns.map(({ name, type }): [string, LogicalType] => [name, parseType(printType(type))]),
      ),
      options: [...of.options, ...Array.from(options, ([key, value]) => ({ key, value }))],
    },
    context,
  ).value;
  const counts = { rows: 0, faults: 0 };
  read?.decoder.decode(
    records.map((record) => Buffer.from(record)),
    {
      row: () => void counts.rows++,
      malformed: () => void counts.faults++,
      skipped: () => void counts.faults++,
    },
  );
  return counts;
}

const jsonText = fc.oneof(
  fc.string(),
  fc.constantFrom(
    "2024-01-01",
    "2024-01-01 00:00:00",
    "2024-01-01T00:00:00Z",
    "12:00:00",
    "1",
    "\u0001",
    "\u0001x",
  ),
);
const jsonNumber = fc.oneof(
  fc.integer().map(String),
  fc.bigInt().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.constantFrom("1e400", "-0", "0.1", "1E5", "123456789012345678901234567890.123456789"),
);
/** JSON texts: their numbers have digits that a value would lose. */
const { value: jsonValue } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom("null", "true", "false"),
    jsonText.map((text) => JSON.stringify(text)),
    jsonNumber,
    fc.array(tie("value"), { maxLength: 4 }).map((items) => `[${items.join(",")}]`),
    fc
      .array(fc.tuple(fc.oneof(jsonText, fc.constantFrom("a", "b", "__proto__")), tie("value")), {
        maxLength: 4,
      })
      .map((fields) => `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`),
  ),
}));
const jsonRecord = fc
  .array(fc.tuple(fc.constantFrom("a", "b", "c", "date", "x y", "__proto__"), jsonValue), {
    minLength: 1,
    maxLength: 4,
  })
  .map((fields) => `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`);

test("json: whatever was inferred from a sample decodes the sample", (t) => {
  fc.assert(
    fc.property(fc.array(jsonRecord, { minLength: 1, maxLength: 5 }), (records) => {
      const counts = decoded(request("json", [records.join("\n")]), records);
      t.deepEqual(counts, { rows: records.length, faults: 0 });
    }),
    { numRuns: RUNS },
  );
});

const cell = fc.oneof(
  fc.string(),
  jsonNumber,
  fc.constantFrom(
    "",
    "true",
    "2024-01-01",
    "2024-01-01 00:00:00",
    "12:00",
    "12:00:00.123",
    " 1 ",
    "007",
    "1e400",
  ),
);
const csvSample = fc
  .integer({ min: 2, max: 4 })
  .chain((width) =>
    fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 }),
  )
  .map((rows) => rows.map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(",")));

test("csv: whatever was inferred from a sample decodes the sample", (t) => {
  fc.assert(
    fc.property(csvSample, (records) => {
      const counts = decoded(request("csv", [records.join("\n")]), records);
      t.deepEqual(counts, { rows: records.length, faults: 0 });
    }),
    { numRuns: RUNS },
  );
});

test("any bytes are columns or faults", (t) => {
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.string().map((text) => Buffer.from(text)),
  );

  fc.assert(
    fc.property(bytes, fc.constantFrom("json", "csv", "avro"), fc.boolean(), (sample, format, isLines) => {
      const { columns, diagnostics } = inferColumns(request(format, [sample], { isLines }), context);
      t.true(columns.length > 0 || diagnostics.length > 0);
    }),
    { numRuns: 2 * RUNS },
  );
});
