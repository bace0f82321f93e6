import test from "ava";
import fc from "fast-check";
import { Min } from "class-validator";
import {
  CrossCheck,
  Instant,
  Option,
  TributaryError,
  checkSchema,
  computed,
  createRegistry,
  defineModule,
  metadata,
  planSink,
  planSource,
  table,
  tableSource,
  types,
  validateTable,
} from "@tributary/core";
import type {
  ColumnDefinitions,
  DecodingFormat,
  Diagnostic,
  ElementBuffer,
  EncodingFormat,
  FactoryContext,
  FormatFactory,
  OptionFault,
  PlanContext,
  Row,
  SinkFactory,
  SinkFactoryContext,
  SourceFactory,
  SourceFactoryContext,
  TableDescriptor,
  TableOption,
} from "@tributary/core";

// A connector `river` whose records are texts with a position, and a format `words`: cells separated by commas.

interface RiverRecord {
  readonly text: string | null;
  readonly position: number;
}

class RiverOptions {
  @Option({
    key: "river.name",
    type: "string",
    required: true,
    summary: "Name of the river.",
    example: "rhine",
  })
  readonly name!: string;

  @Option({ key: "river.password", type: "string", summary: "Password." })
  readonly password?: string;

  @Option({ key: "river.pin", type: "int", summary: "Pin.", isSecret: true })
  @Min(1000)
  readonly pin?: number;
}

class RiverSourceOptions extends RiverOptions {
  @Option({ key: "source.mode", type: "enum", values: ["POLL", "PUSH"], summary: "Mode." })
  readonly mode: "POLL" | "PUSH" = "POLL";

  @Option({ key: "source.depth", type: "int", summary: "Depth.", deprecatedKeys: ["source.level"] })
  readonly depth: number = 1;

  @CrossCheck()
  checkDepth(): OptionFault[] {
    if (this.mode === "POLL" || this.depth > 1) return [];
    return [{ key: "source.depth", otherKeys: ["source.mode"], message: "PUSH needs a depth above 1." }];
  }
}

class RiverSinkOptions extends RiverOptions {
  @Option({ key: "sink.batch", type: "int", summary: "Batch." })
  @Min(1)
  readonly batch: number = 10;
}

const RIVER_METADATA = [
  { key: "position", type: types.bigint(), isReadable: true, isWritable: false },
  { key: "label", type: types.varchar(8), isReadable: true, isWritable: true },
];

const riverSource: SourceFactory<RiverSourceOptions> = {
  role: "source",
  identifier: "river",
  provides: "Source",
  options: RiverSourceOptions,
  otherOptions: [RiverSinkOptions],
  exemptPrefixes: ["aws."],
  format: "required",
  metadata: RIVER_METADATA,
  create(options: RiverSourceOptions, context: SourceFactoryContext) {
    if (options.name === "styx") {
      context.report({
        severity: "error",
        code: "OPTION_INVALID",
        message: "No way back.",
        option: "river.name",
      });
    }
    return tableSource<RiverRecord>({
      source: {
        boundedness: "unbounded",
        createEnumerator: () => {
          throw new Error("unused");
        },
        createReader: () => {
          throw new Error("unused");
        },
        describePosition: (record) => `@${record.position}`,
      },
      payload: ({ text }) => (text === null ? null : new TextEncoder().encode(text)),
      metadata: new Map<string, (record: RiverRecord) => unknown>([
        ["position", ({ position }: RiverRecord) => BigInt(position)],
        ["label", ({ position }: RiverRecord) => `l${position}`],
      ]),
    });
  },
};

class RiverSinkFactory implements SinkFactory<RiverSinkOptions> {
  readonly role = "sink";
  readonly identifier = "river";
  readonly provides = "Sink";
  readonly options = RiverSinkOptions;
  readonly otherOptions = [RiverSourceOptions];
  readonly format = "required";
  readonly metadata = RIVER_METADATA;
  lastContext: SinkFactoryContext | undefined;
  create(_options: RiverSinkOptions, context: SinkFactoryContext) {
    this.lastContext = context;
    return {
      sink: { createWriter: () => Promise.reject(new Error("unused")) },
      supportsPartitions: false,
    };
  }
}
const riverSink = new RiverSinkFactory();

const numbersSource: SourceFactory = {
  role: "source",
  identifier: "numbers",
  provides: "SourceFunction",
  options: class Numbers {},
  format: "none",
  metadata: [],
  create: () =>
    tableSource<Row>({
      source: {
        createFunction: () => {
          throw new Error("unused");
        },
      },
    }),
};

class WordsOptions {
  @Option({ key: "ignore-parse-errors", type: "boolean", summary: "Skip." })
  readonly ignores: boolean = false;
}

const words: FormatFactory<WordsOptions> = {
  role: "format",
  identifier: "words",
  provides: ["DecodingFormat", "EncodingFormat"],
  options: WordsOptions,
  createDecoding({ ignores }: WordsOptions): DecodingFormat {
    return {
      changelog: ["+I"],
      createDecoder({ rowType }) {
        const unfit = rowType.fields.find(({ type }) => type.kind === "MAP");
        if (unfit !== undefined) {
          throw new TributaryError({
            severity: "error",
            code: "SCHEMA_INVALID",
            message: `words cannot carry ${unfit.name}.`,
            columnName: unfit.name,
          });
        }
        return {
          decode(messages, output) {
            messages.forEach((message, index) => {
              if (message === null) return;
              const cells = new TextDecoder().decode(message).split(",");
              if (cells.length === rowType.fields.length) {
                output.row(
                  index,
                  Object.fromEntries(rowType.fields.map(({ name }, at) => [name, cells[at]])),
                );
              } else {
                const fault = { reason: `it has ${cells.length} cells`, column: "a", excerpt: "..." };
                if (ignores) output.skipped(index, fault);
                else output.malformed(index, fault);
              }
            });
          },
        };
      },
    };
  },
  createEncoding(): EncodingFormat {
    return { changelog: ["+I"], createEncoder: () => ({ encode: (rows) => rows.map(() => null) }) };
  },
};

const readOnly: FormatFactory = {
  role: "format",
  identifier: "readonly",
  provides: ["DecodingFormat"],
  options: class ReadOnly {},
  createDecoding: (_: object, context: FactoryContext) =>
    words.createDecoding?.({ ignores: false }, context) as DecodingFormat,
};

const registry = createRegistry(
  [
    defineModule({
      name: "test",
      version: "1.0.0",
      factories: [riverSource, riverSink, numbersSource, words, readOnly],
    }),
  ],
  { catalogue: [{ role: "source", identifier: "kinesis-legacy", module: "kinesis@5" }] },
);
const silent = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };
const CONTEXT: PlanContext = { registry, timeZone: "UTC", logger: silent };

const RIVER = { connector: "river", format: "words", "river.name": "rhine" };

function riverTable(options: Readonly<Record<string, string>>, columns: ColumnDefinitions = { a: "STRING" }) {
  return table({ name: "t", columns, options });
}

/** The same table with its options on lines of their own, from line 10. */
function placed(descriptor: TableDescriptor): TableDescriptor {
  return {
    ...descriptor,
    place: { file: "t.sql", line: 1, column: 1 },
    options: descriptor.options.map((option, index): TableOption => ({
      ...option,
      place: { file: "t.sql", line: 10 + index, column: 3 },
    })),
  };
}

function short(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(
    ({ severity, code, option, columnName, line }) =>
      `${severity} ${code} ${option ?? columnName ?? ""}${line === undefined ? "" : ` ${line}`}`,
  );
}

const reading = test.macro((t, options: Readonly<Record<string, string>>, expected: readonly string[]) => {
  const planned = planSource(riverTable(options), CONTEXT);

  t.deepEqual(short(planned.diagnostics), expected);
  t.is(
    planned.value === undefined,
    expected.some((line) => line.startsWith("error")),
  );
});

test("read: a sound table plans without remarks", reading, RIVER, []);
test("read: a connector is required", reading, { format: "words" }, ["error OPTION_MISSING connector"]);
test("read: an unknown connector is one fault", reading, { ...RIVER, connector: "rivr", "x.y": "1" }, [
  "error FACTORY_NOT_FOUND connector",
]);
test(
  "read: a missing format is one fault, whatever its options",
  reading,
  { connector: "river", "river.name": "r", "words.ignore-parse-errors": "x" },
  ["error OPTION_MISSING format"],
);
test(
  "read: an unknown format is one fault, whatever its options",
  reading,
  { ...RIVER, format: "wrds", "wrds.x": "1" },
  ["error FACTORY_NOT_FOUND format"],
);
test(
  "read: faults come in the order of the checks: format, missing, invalid, unknown, watermark, across",
  reading,
  {
    connector: "river",
    format: "words",
    "words.ignore-parse-errors": "yes",
    "source.mode": "PULL",
    "sorce.depth": "1",
    zzz: "1",
    "scan.watermark.idle-timeout": "1.5 s",
    "scan.watermark.alignment.group": "g",
  },
  [
    "error OPTION_INVALID words.ignore-parse-errors",
    "error OPTION_MISSING river.name",
    "error OPTION_INVALID source.mode",
    "error OPTION_UNKNOWN sorce.depth",
    "error OPTION_UNKNOWN zzz",
    "error OPTION_INVALID scan.watermark.idle-timeout",
    "error OPTION_CONFLICT scan.watermark.alignment.group",
    "warning OPTION_IGNORED scan.watermark.alignment.group",
    "warning OPTION_IGNORED scan.watermark.idle-timeout",
  ],
);
test("read: a rule across options is checked", reading, { ...RIVER, "source.mode": "push" }, [
  "error OPTION_INVALID source.depth",
]);
test("read: options of a format that is not chosen are unknown", reading, { ...RIVER, "readonly.x": "1" }, [
  "error OPTION_UNKNOWN readonly.x",
]);
test("read: the sink's options are accepted and not judged", reading, { ...RIVER, "sink.batch": "0" }, []);
test(
  "read: an unknown key below an exempt prefix is a warning",
  reading,
  { ...RIVER, "aws.x": "1", awsx: "1" },
  ["error OPTION_UNKNOWN awsx", "warning OPTION_UNKNOWN aws.x"].toReversed(),
);
test("read: an older spelling works, with a warning", reading, { ...RIVER, "source.level": "2" }, [
  "warning OPTION_DEPRECATED source.level",
]);
test(
  "read: what a factory reports keeps the table from being planned",
  reading,
  { ...RIVER, "river.name": "styx" },
  ["error OPTION_INVALID river.name"],
);

test("a key given twice is a warning, and the last value wins", (t) => {
  const once = riverTable({ ...RIVER, "source.mode": "nonsense" });
  const twice = { ...once, options: [...once.options, { key: "source.mode", value: "POLL" }] };

  t.deepEqual(short(planSource(twice, CONTEXT).diagnostics), ["warning OPTION_REPEATED source.mode"]);
});

test("keys that the session calls secret are masked too", (t) => {
  const faulty = riverTable({ ...RIVER, "source.depth": "hunter2" });
  const { diagnostics } = planSource(faulty, { ...CONTEXT, redactionKeys: ["DEPTH"] });

  t.is(diagnostics[0]?.value, "******");
  t.false(JSON.stringify(diagnostics).includes("hunter2"));
});

test("a diagnostic stands at the place of its option, what is missing at the table's", (t) => {
  const faulty = placed(
    riverTable({ connector: "river", format: "wrds", "source.mode": "x", nonsense: "1" }),
  );

  t.deepEqual(short(planSource(faulty, CONTEXT).diagnostics), [
    "error FACTORY_NOT_FOUND format 11",
    "error OPTION_MISSING river.name 1",
    "error OPTION_INVALID source.mode 12",
    "error OPTION_UNKNOWN nonsense 13",
  ]);
});

test("secrets are masked by key and by declaration, in values and in messages", (t) => {
  const faulty = riverTable({ ...RIVER, "river.passwrod": "hunter2", "river.pin": "999", token: "hunter2" });
  const text = JSON.stringify(planSource(faulty, CONTEXT).diagnostics);

  t.false(text.includes("999"));
  t.is(text.match(/hunter2/g)?.length, 1, "only the misspelt key, which nothing marks as secret");
});

test("an identifier that only another role has, or a module that is not loaded, is said so", (t) => {
  const numbers = planSink(riverTable({ connector: "numbers" }), CONTEXT).diagnostics[0];
  const legacy = planSource(riverTable({ connector: "kinesis-legacy" }), CONTEXT).diagnostics[0];

  t.regex(numbers?.message ?? "", /'numbers' is only a source/);
  t.regex(legacy?.hint ?? "", /--module kinesis@5/);
});

test("a format that only reads is refused by a sink", (t) => {
  const fault = planSink(riverTable({ ...RIVER, format: "readonly" }), CONTEXT).diagnostics[0];

  t.is(fault?.code, "FACTORY_NOT_FOUND");
  t.regex(fault?.message ?? "", /can only read/);
  t.deepEqual(fault?.candidates, ["words"]);
});

test("a column that the format cannot carry is refused at its column", (t) => {
  const faulty = riverTable(RIVER, { a: "STRING", m: "MAP<STRING, INT>" });

  t.deepEqual(short(planSource(faulty, CONTEXT).diagnostics), ["error SCHEMA_INVALID m"]);
});

const columnFaults = test.macro(
  (t, role: "source" | "sink", columns: ColumnDefinitions, expected: readonly string[], hint?: RegExp) => {
    const planned = (role === "source" ? planSource : planSink)(riverTable(RIVER, columns), CONTEXT);

    t.deepEqual(short(planned.diagnostics), expected);
    t.regex(planned.diagnostics[0]?.hint ?? "", hint ?? /^/);
  },
);

test(
  "read: metadata of a known key in its type",
  columnFaults,
  "source",
  { a: "STRING", position: metadata("BIGINT") },
  [],
);
test(
  "read: metadata cast to another type",
  columnFaults,
  "source",
  { a: "STRING", p: metadata("STRING", { key: "position" }) },
  [],
);
test(
  "read: metadata of an unknown key",
  columnFaults,
  "source",
  { a: "STRING", postion: metadata("BIGINT") },
  ["error SCHEMA_INVALID postion"],
);
test(
  "read: metadata that cannot be cast",
  columnFaults,
  "source",
  { a: "STRING", position: metadata("ARRAY<INT>") },
  ["error SCHEMA_INVALID position"],
);
test(
  "write: metadata that is only read must be VIRTUAL",
  columnFaults,
  "sink",
  { a: "STRING", position: metadata("BIGINT") },
  ["error SCHEMA_INVALID position"],
  /VIRTUAL/,
);
test(
  "write: virtual metadata is not looked at",
  columnFaults,
  "sink",
  { a: "STRING", x: metadata("BIGINT", { isVirtual: true }) },
  [],
);
test("write: metadata that is written", columnFaults, "sink", { a: "STRING", label: metadata("STRING") }, []);

test("every key of the connector is a candidate for an unknown metadata key", (t) => {
  const { diagnostics } = planSource(
    riverTable(RIVER, { a: "STRING", postion: metadata("BIGINT") }),
    CONTEXT,
  );

  t.deepEqual(diagnostics[0]?.candidates, ["position", "label"]);
});

test("a partitioned table and a sink without partitions do not go together", (t) => {
  const partitioned = table({ name: "t", columns: { a: "STRING" }, options: RIVER, partitionedBy: ["a"] });

  t.is(planSink(partitioned, CONTEXT).diagnostics[0]?.code, "SCHEMA_INVALID");
  t.deepEqual(planSource(partitioned, CONTEXT).diagnostics, []);
});

function decode(
  columns: ColumnDefinitions,
  records: readonly RiverRecord[],
  options: Readonly<Record<string, string>> = {},
): ElementBuffer & { skipped: number } {
  const output: ElementBuffer = { values: [], timestamps: [] };
  const planned = planSource(riverTable({ ...RIVER, ...options }, columns), CONTEXT);
  const skipped = planned.value?.binding.deserializer?.deserialize(
    { splitId: "shard-1", records, timestamps: records.map(({ position }) => position * 10), state: null },
    output,
  );
  return { ...output, skipped: skipped ?? -1 };
}

test("rows have every column in SELECT order: decoded, cast metadata, computed", (t) => {
  const { values, timestamps } = decode(
    {
      pos: metadata("STRING", { key: "position" }),
      a: "STRING",
      both: computed("STRING", (row) => `${String(row["a"])}${String(row["pos"])}`),
      b: "STRING",
    },
    [
      { text: "x,y", position: 7 },
      { text: null, position: 8 },
      { text: "u,v", position: 9 },
    ],
  );

  t.deepEqual(values, [
    { pos: "7", a: "x", both: "x7", b: "y" },
    { pos: "9", a: "u", both: "u9", b: "v" },
  ]);
  t.deepEqual(Object.keys(values[0] ?? {}), ["pos", "a", "both", "b"]);
  t.deepEqual(timestamps, [70, 90]);
});

/** Names that would do harm if they were pasted into code, and any others but numbers (whose order is fixed). */
const ANY_NAME = fc
  .oneof(fc.string(), fc.constantFrom("__proto__", "constructor", 'a"];throw 1;//', "`x`", "\u2028", "${x}"))
  .filter((name) => !/^\d+$/.test(name) && name !== "position");

test("a column's name is data, whatever it is", (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(ANY_NAME, { minLength: 1, maxLength: 5 }), (names) => {
      const physical = Object.fromEntries(names.map((name) => [name, "STRING"] as const));
      const columns = Object.defineProperty({ ...physical }, "position", {
        value: metadata("BIGINT"),
        enumerable: true,
      });
      const cells = names.map((_, index) => `c${index}`);
      const { values } = decode(columns, [{ text: cells.join(","), position: 3 }]);

      t.deepEqual(Object.entries(values[0] as Row), [
        ...names.map((name, index) => [name, cells[index]] as [string, unknown]),
        ["position", 3n],
      ]);
    }),
    { numRuns: 100 },
  );
});

test("a table too wide for generated code gives the same rows", (t) => {
  const names = Array.from({ length: 1200 }, (_, index) => `c${index}`);
  const columns: ColumnDefinitions = {
    position: metadata("BIGINT"),
    ...Object.fromEntries(names.map((name) => [name, "STRING"] as const)),
    last: computed("STRING", (row) => `${String(row["c1199"])}!`),
  };
  const { values } = decode(columns, [{ text: names.join(","), position: 2 }]);

  t.deepEqual(Object.entries(values[0] as Row), [
    ["position", 2n],
    ...names.map((name) => [name, name] as [string, unknown]),
    ["last", "c1199!"],
  ]);
});

test("a malformed record fails with table, split, position and column", (t) => {
  const error = t.throws(() => decode({ a: "STRING" }, [{ text: "x,y", position: 5 }])) as TributaryError;
  const [fault] = error.diagnostics;

  t.is(fault?.code, "RECORD_MALFORMED");
  t.deepEqual(
    [fault?.table, fault?.shard, fault?.sequenceNumber, fault?.columnName],
    ["t", "shard-1", "@5", "a"],
  );
  t.regex(fault?.hint ?? "", /words\.ignore-parse-errors/);
});

test("a malformed record is skipped and counted by the format's option or the table's", (t) => {
  const records = [
    { text: "x", position: 1 },
    { text: "x,y", position: 2 },
  ];

  t.is(decode({ a: "STRING" }, records, { "words.ignore-parse-errors": "true" }).skipped, 1);
  t.is(decode({ a: "STRING" }, records, { "decode.on-error": "skip" }).skipped, 1);
});

test("a metadata value that cannot be cast fails with table, split and position", (t) => {
  const columns = { a: "STRING", n: metadata("INT", { key: "label" }) };
  const error = t.throws(() => decode(columns, [{ text: "x", position: 5 }])) as TributaryError;

  t.like(error.diagnostics[0], {
    code: "RECORD_MALFORMED",
    table: "t",
    shard: "shard-1",
    sequenceNumber: "@5",
  });
});

const TIMED = { at: types.timestampLtz(3), b: "STRING" } as const;

test("the watermark is SQL's plus one, NULL in the time column fails", (t) => {
  const timed = table({
    name: "timed",
    columns: TIMED,
    options: { ...RIVER, "scan.watermark.idle-timeout": "30 s" },
    watermark: { column: "at", delayMs: 1000 },
  });
  const planned = planSource(timed, CONTEXT).value;
  const timestamps = [0, 0];
  const rows = [{ at: new Instant(5000) }, { at: new Instant(4000) }];

  t.is(planned?.binding.watermarks?.assign(rows, timestamps), 4001);
  t.deepEqual(timestamps, [5000, 4000]);
  t.is(planned?.binding.watermarks?.assign([], []), Number.NEGATIVE_INFINITY);
  t.is(planned?.binding.idleTimeoutMs, 30_000);
  const error = t.throws(() => planned?.binding.watermarks?.assign([{ at: null }], [0])) as TributaryError;
  t.like(error.diagnostics[0], { code: "RECORD_MALFORMED", table: "timed", columnName: "at" });
});

test("rows of a source without format pass as they are, with computed columns added", (t) => {
  const numbers = table({
    name: "n",
    columns: { n: types.int(), twice: computed("INT", (row) => Number(row["n"]) * 2) },
    options: { connector: "numbers" },
  });
  const planned = planSource(numbers, CONTEXT).value;
  const output: ElementBuffer = { values: [], timestamps: [] };
  planned?.binding.deserializer?.deserialize({ splitId: "0", records: [{ n: 4 }], state: null }, output);

  t.deepEqual(output.values, [{ n: 4, twice: 8 }]);
  t.is(planned?.boundedness, "unbounded");
});

const SINK_COLUMNS = {
  a: types.string(),
  b: "STRING NOT NULL",
  label: metadata("INT"),
  v: metadata("BIGINT", { isVirtual: true }),
} as const;

test("rows for a sink are checked for NULL, and metadata is cast to its key's type", (t) => {
  const planned = planSink(riverTable(RIVER, SINK_COLUMNS), CONTEXT).value;
  const prepare = planned?.binding.prepare;

  t.deepEqual(prepare?.([{ a: null, b: "x", label: 12 }]), [{ a: null, b: "x", label: "12" }]);
  const error = t.throws(() => prepare?.([{ a: "x", b: null, label: 1 }])) as TributaryError;
  t.like(error.diagnostics[0], { code: "RECORD_MALFORMED", table: "t", columnName: "b" });
  t.deepEqual(
    planned?.rowType.fields.map(({ name }) => name),
    ["a", "b", "label"],
  );
  t.deepEqual(
    riverSink.lastContext?.physicalRowType.fields.map(({ name }) => name),
    ["a", "b"],
  );
  t.is(riverSink.lastContext?.rowType.fields[2]?.type.kind, "VARCHAR");
});

test("rows made by code are converted where they say the same thing, and refused by name where not", (t) => {
  const columns = { a: "STRING", b: "STRING NOT NULL", n: "BIGINT", at: "TIMESTAMP_LTZ(3)" };
  const prepare = planSink(riverTable(RIVER, columns), CONTEXT).value?.binding.prepare;
  const sound = [{ a: "x", b: "y", n: 1n, at: new Instant(0) }];

  t.is(prepare?.(sound), sound);
  t.deepEqual(prepare?.([...sound, { a: null, b: "y", n: 2, at: new Date(3) }]), [
    ...sound,
    { a: null, b: "y", n: 2n, at: new Instant(3) },
  ]);
  const error = t.throws(() => prepare?.([{ a: 1, b: "y", n: 0.5, at: null }])) as TributaryError;
  t.deepEqual(
    error.diagnostics.map(({ code, table, columnName }) => [code, table, columnName]),
    [
      ["RECORD_MALFORMED", "t", "a"],
      ["RECORD_MALFORMED", "t", "n"],
    ],
  );
});

test("rows that a query made are not looked at again", (t) => {
  const columns = { a: "STRING" };

  t.is(
    planSink(riverTable(RIVER, columns), CONTEXT, { hasTypedRows: true }).value?.binding.prepare,
    undefined,
  );
});

test("rows with NULL in a NOT NULL column are dropped if the session says so", (t) => {
  const columns = { b: "STRING NOT NULL" };
  const prepare = planSink(riverTable(RIVER, columns), { ...CONTEXT, notNullEnforcer: "drop" }).value?.binding
    .prepare;
  const rows = [{ b: "x" }, { b: null }, { b: "y" }];

  t.deepEqual(prepare?.(rows), [{ b: "x" }, { b: "y" }]);
  const sound = [{ b: "x" }];
  t.is(prepare?.(sound), sound);
});

const validated = test.macro((t, options: Readonly<Record<string, string>>, expected: readonly string[]) => {
  t.deepEqual(short(validateTable(riverTable(options), CONTEXT)), expected);
});

test("validate: a sound table in both roles", validated, RIVER, []);
test(
  "validate: a fault of both roles is reported once",
  validated,
  {
    connector: "river",
    format: "wrds",
    "sink.btch": "1",
    "river.pin": "1",
  },
  [
    "error FACTORY_NOT_FOUND format",
    "error OPTION_MISSING river.name",
    "error OPTION_INVALID river.pin",
    "error OPTION_UNKNOWN sink.btch",
  ],
);
test(
  "validate: a fault of one role is reported",
  validated,
  { ...RIVER, "sink.batch": "0", "source.depth": "x" },
  ["error OPTION_INVALID sink.batch", "error OPTION_INVALID source.depth"],
);
test(
  "validate: a warning of one role gives way to the other's error",
  validated,
  { ...RIVER, "aws.x": "1" },
  ["error OPTION_UNKNOWN aws.x"],
);
test("validate: a connector that no module has is a warning only", validated, { connector: "rivr" }, [
  "warning FACTORY_NOT_FOUND connector",
]);
test("validate: a table without connector is a warning only", validated, {}, [
  "warning OPTION_MISSING connector",
]);

test("validate: what is near a connector that no module has is looked for in both roles", (t) => {
  const [found] = validateTable(riverTable({ connector: "rivr" }), CONTEXT);

  t.is(found?.candidates?.[0], "river");
  t.is(found?.hint, "Did you mean 'river'?");
  t.deepEqual(
    [...(found?.candidates ?? [])].sort(),
    [
      ...new Set(
        CONTEXT.registry.registrations.filter(({ role }) => role !== "format").map((one) => one.identifier),
      ),
    ].sort(),
  );
});

test("validate: in a role that a statement uses, a connector that no module has is an error", (t) => {
  t.deepEqual(short(validateTable(riverTable({ connector: "rivr" }), CONTEXT, ["source"])), [
    "error FACTORY_NOT_FOUND connector",
  ]);
});

test("validate: diagnostics are sorted by place", (t) => {
  const faulty = placed(riverTable({ zzz: "1", connector: "river", "source.mode": "x", format: "words" }));

  t.deepEqual(short(validateTable(faulty, CONTEXT)), [
    "error OPTION_MISSING river.name 1",
    "error OPTION_UNKNOWN zzz 10",
    "error OPTION_INVALID source.mode 12",
  ]);
});

test("a table's own faults are all reported when it is declared", (t) => {
  const error = t.throws(() =>
    table({
      name: "t",
      columns: {
        a: "STRNG ARRAY<",
        k: metadata("INT", { key: "x" }),
        l: metadata("INT", { key: "x" }),
        c: types.int(),
      },
      options: {},
      watermark: { column: "c" },
      primaryKey: ["k"],
      partitionedBy: ["c"],
    }),
  ) as TributaryError;

  t.true(error.diagnostics.length >= 4);
  t.deepEqual(
    error.diagnostics.slice(1).map(({ columnName }) => columnName),
    ["l", "c", "k"],
  );
});

test("names that are not columns are refused with the columns as candidates", (t) => {
  const sound = riverTable(RIVER, { aa: "STRING", b: "STRING" });
  const faults = checkSchema({ ...sound, partitionKeys: ["a"] });

  t.deepEqual(faults[0]?.candidates, ["aa", "b"]);
});

test("a primary key makes its columns NOT NULL", (t) => {
  const keyed = table({
    name: "t",
    columns: { id: types.bigint(), b: "STRING" },
    options: {},
    primaryKey: ["id"],
  });

  t.deepEqual(
    keyed.schema.columns.map(({ type }) => type.nullable),
    [false, true],
  );
  t.is(keyed.schema.primaryKey?.name, "PK_id");
});
