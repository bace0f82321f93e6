import test from "ava";
import {
  DirectRunner,
  Instant,
  Option,
  Pipeline,
  createRegistry,
  defineModule,
  failedStep,
  metadata,
  planSource,
  table,
  tableSource,
} from "@tributary/core";
import type {
  ColumnDefinitions,
  DecodingFormat,
  FormatFactory,
  JobHandle,
  PlanContext,
  Row,
  RunOptions,
  SinkFactory,
  SourceFactory,
  TableDescriptor,
  TributaryError,
} from "@tributary/core";
import {
  CollectingSink,
  MemoryCheckpointStore,
  SILENT_LOGGER,
  ScriptedSource,
  VirtualClock,
  graphOf,
  until,
} from "@tributary/core/testing";
import type { ScriptedSplit } from "@tributary/core/testing";

// A source `letters` of bytes with positions, a format `digits` for one column of numbers, a sink `kept`.

interface Letter {
  readonly bytes: Uint8Array;
  readonly at: number;
}

class NoOptions {}

class DigitsOptions {
  @Option({ key: "ignore-parse-errors", type: "boolean", summary: "Skip what is no number." })
  readonly ignoreParseErrors: boolean = false;
}

const digits: FormatFactory<DigitsOptions> = {
  role: "format",
  identifier: "digits",
  provides: ["DecodingFormat"],
  options: DigitsOptions,
  createDecoding: (): DecodingFormat => ({
    changelog: ["+I"],
    createDecoder: () => ({
      decode(messages, output) {
        for (const [index, message] of messages.entries()) {
          const text = Buffer.from(message ?? []).toString();
          if (/^\d+$/.test(text)) output.row(index, { n: Number(text) });
          else if (text === "") output.malformed(index, { reason: "There is nothing." });
          else output.malformed(index, { reason: `${text} is no number.`, column: "n", offset: 0 });
        }
      },
    }),
  }),
};

type Script = Readonly<Record<string, ScriptedSplit<Letter>>>;

/** Each batch as texts; positions count from 0 in each split. */
function script(splits: Readonly<Record<string, readonly (readonly string[])[]>>, isOpen = false): Script {
  return Object.fromEntries(
    Object.entries(splits).map(([id, batches]) => {
      let at = 0;
      const records = batches.map((batch) => ({
        records: batch.map((text): Letter => ({ bytes: Buffer.from(text), at: at++ })),
      }));
      return [id, { batches: records, isOpen }];
    }),
  );
}

interface Bench {
  readonly source: ScriptedSource<Letter>;
  /** By table. */
  readonly sinks: Map<string, CollectingSink<Row>>;
  readonly context: PlanContext;
}

function bench(played: Script = {}, describesPosition = true, polls = Number.POSITIVE_INFINITY): Bench {
  const source = new ScriptedSource<Letter>(played, { boundedness: "unbounded", polls });
  const position = describesPosition ? { describePosition: ({ at }: Letter) => `@${at}` } : {};
  const described = Object.assign(source, position);
  const sinks = new Map<string, CollectingSink<Row>>();
  const connector = (
    identifier: string,
    format: "required" | "optional" | "none",
  ): SourceFactory<NoOptions> => ({
    role: "source",
    identifier,
    provides: "Source",
    options: NoOptions,
    format,
    metadata: [],
    create: (_, context) =>
      tableSource<Letter>({
        source: described,
        ...(context.format !== undefined && { payload: ({ bytes }: Letter) => bytes }),
      }),
  });
  const kept: SinkFactory<NoOptions> = {
    role: "sink",
    identifier: "kept",
    provides: "Sink",
    options: NoOptions,
    format: "none",
    metadata: [
      { key: "label", type: { kind: "BIGINT", nullable: true }, isReadable: true, isWritable: true },
    ],
    create: (_, context) => {
      const sink = sinks.get(context.table.name) ?? new CollectingSink<Row>();
      sinks.set(context.table.name, sink);
      return { sink, supportsPartitions: false };
    },
  };
  const registry = createRegistry([
    defineModule({
      name: "test",
      version: "1.0.0",
      factories: [
        connector("letters", "required"),
        connector("loose", "optional"),
        connector("rows", "none"),
        kept,
        digits,
      ],
    }),
  ]);
  return { source, sinks, context: { registry, timeZone: "UTC", logger: SILENT_LOGGER } };
}

const LETTERS = { connector: "letters", format: "digits" } as const;

function numbers(options: Readonly<Record<string, string>> = {}): TableDescriptor {
  return table({ name: "numbers", columns: { n: "INT" }, options: { ...LETTERS, ...options } });
}

const ALL_COLUMNS = {
  payload: "BYTES NOT NULL",
  reason: "STRING NOT NULL",
  column_name: "STRING",
  table: "STRING NOT NULL",
  format: "STRING NOT NULL",
  split: "STRING NOT NULL",
  position: "STRING",
  failed_at: "TIMESTAMP_LTZ(3) NOT NULL",
} as const;

function letterTable(columns: ColumnDefinitions = ALL_COLUMNS, name = "bad"): TableDescriptor {
  return table({ name, columns, options: { connector: "kept" } });
}

const good: TableDescriptor = table({ name: "good", columns: { n: "INT" }, options: { connector: "kept" } });

/** `numbers` into `good`, what cannot be decoded into `bad`. */
async function start(
  { context }: Bench,
  run: RunOptions = {},
  deadLetter: TableDescriptor = letterTable(),
): Promise<JobHandle> {
  const pipeline = new Pipeline("test");
  pipeline.readTable("read", numbers(), { deadLetter }).writeTable("write", good);
  return new DirectRunner().run(graphOf(pipeline, context.registry), { logger: SILENT_LOGGER, ...run });
}

const valuesOf = ({ sinks }: Bench, name: string): readonly Row[] => sinks.get(name)?.values ?? [];
const payloads = (one: Bench): readonly string[] =>
  valuesOf(one, "bad").map(({ payload }) => Buffer.from(payload as Uint8Array).toString());

test("records that cannot be decoded become rows of the dead-letter table, the others go on", async (t) => {
  const one = bench(
    script({
      a: [
        ["1", "x", "2"],
        ["", "3"],
      ],
    }),
  );
  const result = await (await start(one, { clock: new VirtualClock(1_000) })).result;

  t.deepEqual(valuesOf(one, "good"), [{ n: 1 }, { n: 2 }, { n: 3 }]);
  const common = { table: "numbers", format: "digits", split: "a", failed_at: new Instant(1_000) };
  t.deepEqual(valuesOf(one, "bad"), [
    { ...common, payload: Buffer.from("x"), reason: "x is no number.", column_name: "n", position: "@1" },
    { ...common, payload: Buffer.from(""), reason: "There is nothing.", column_name: null, position: "@3" },
  ]);
  t.like(result, { state: "finished", read: { numbers: 3 }, written: { good: 3, bad: 2 }, skipped: 2 });
});

test("a dead-letter table takes what it has columns for, in its own order", async (t) => {
  const one = bench(script({ a: [["x"]] }), false);
  await (
    await start(
      one,
      {},
      letterTable({
        position: "STRING",
        reason: "VARCHAR(80)",
        label: metadata("BIGINT", { isVirtual: true }),
      }),
    )
  ).result;

  t.deepEqual(
    valuesOf(one, "bad").map((row) => Object.entries(row)),
    [
      [
        ["position", null],
        ["reason", "x is no number."],
      ],
    ],
  );
});

test("nothing is read on, and no checkpoint is taken, before dead letters are accepted; they are flushed before it", async (t) => {
  const one = bench(script({ a: [["1", "x"], ["2"], ["3"]] }, true));
  const store = new MemoryCheckpointStore();
  const clock = new VirtualClock();
  const bad = new CollectingSink<Row>();
  one.sinks.set("bad", bad);
  bad.pause();
  const running = await start(one, { clock, checkpoint: { directory: "memory", store, intervalMs: 500 } });
  await until(() => bad.calls.length > 0);
  await clock.advance(2_000);

  t.is(one.source.answered, 1);
  t.is(store.checkpoints.size, 0);
  t.true(running.progress().sinks.find(({ name }) => name === "bad")?.isBackPressured);

  bad.resume();
  await until(() => store.checkpoints.size > 0);
  t.deepEqual(bad.calls.slice(0, 3), ["write 1", "flush", "snapshot"]);
  await until(() => valuesOf(one, "good").length === 3);
  await running.stop();
});

test("a restored job repeats no dead letter that its checkpoint holds, and loses none", async (t) => {
  const played = script({ a: [["x"], ["1"], ["y"], ["2"], ["z"]] }, true);
  const store = new MemoryCheckpointStore();
  const first = bench(played, true, 3);
  const running = await start(first, { checkpoint: { directory: "memory", store } });
  await until(() => first.source.isPolled && first.source.answered === 3);
  await running.stop();
  t.deepEqual(payloads(first), ["x", "y"]);

  const second = bench(played);
  const again = await start(second, { checkpoint: { directory: "memory", store, start: "restore" } });
  await until(() => valuesOf(second, "bad").length === 1);
  const result = await again.stop();

  t.deepEqual(payloads(second), ["z"]);
  t.deepEqual(second.sinks.get("bad")?.restored, [2]);
  t.like(result, { read: { numbers: 2 }, written: { good: 2, bad: 3 }, skipped: 3 });
});

test("a checkpoint with dead letters does not fit a pipeline that has no table for them", async (t) => {
  const store = new MemoryCheckpointStore();
  const first = bench(script({ a: [["x"]] }, true), true, 1);
  const running = await start(first, { checkpoint: { directory: "memory", store } });
  await until(() => first.source.isPolled && first.source.answered === 1);
  await running.stop();

  const { context } = bench();
  const pipeline = new Pipeline("test");
  pipeline.readTable("read", numbers({ "decode.on-error": "skip" })).writeTable("write", good);
  const error = await t.throwsAsync<TributaryError>(
    new DirectRunner().run(graphOf(pipeline, context.registry), {
      logger: SILENT_LOGGER,
      checkpoint: { directory: "memory", store, start: "restore" },
    }),
  );

  t.deepEqual(
    error?.diagnostics.map(({ code, step }) => [code, step]),
    [["STATE_INCOMPATIBLE", "read/dead-letters"]],
  );
});

test("a dead letter that cannot be written fails the job with its own step", async (t) => {
  const one = bench(script({ a: [["x"]] }));
  const bad = new CollectingSink<Row>();
  one.sinks.set("bad", bad);
  bad.failNext("write", new Error("the disk is full"));
  const error = await t.throwsAsync((await start(one)).result, { message: "the disk is full" });

  t.is(failedStep(error), "read/dead-letters");
});

test("many dead letters are written in bounded pieces", async (t) => {
  const one = bench(
    script({ a: [Array.from({ length: 4_500 }, (_, index) => (index % 3 === 0 ? "1" : `x${index}`))] }),
  );
  const result = await (await start(one)).result;

  t.like(result, { read: { numbers: 1_500 }, written: { good: 1_500, bad: 3_000 }, skipped: 3_000 });
  t.true((one.sinks.get("bad")?.largestWrite ?? 0) <= 1_000);
});

test("a step that has the name of a dead-letter write is refused", async (t) => {
  const { context } = bench();
  const pipeline = new Pipeline("test");
  pipeline
    .readTable("read", numbers(), { deadLetter: letterTable() })
    .map("read/dead-letters", (row) => row)
    .write("write", new CollectingSink());
  const error = await t.throwsAsync<TributaryError>(
    new DirectRunner().run(graphOf(pipeline, context.registry)),
  );
  t.like(error?.diagnostics[0], { code: "PIPELINE_INVALID", step: "read/dead-letters" });
});

interface Case {
  readonly options: Readonly<Record<string, string>>;
  readonly tables?: readonly TableDescriptor[];
  readonly source?: TableDescriptor;
}

const plans = test.macro(
  (t, { options, tables = [letterTable()], source = numbers(options) }: Case, ...expected: string[]) => {
    const { context } = bench();
    const find = (name: string): TableDescriptor | undefined =>
      [source, ...tables].find((one) => one.name === name);
    const names = [source, ...tables].map(({ name }) => name);
    const { value, diagnostics } = planSource(source, { ...context, tables: { find, names } });

    t.deepEqual(
      diagnostics.map(
        ({ code, table: name, option, columnName }) => `${code} ${name} ${option ?? columnName}`,
      ),
      expected,
    );
    t.is(value === undefined, expected.length > 0);
    t.is(value?.deadLetterTable, expected.length > 0 ? undefined : "bad");
  },
);

const DEAD = { "decode.on-error": "dead-letter", "decode.dead-letter.table": "bad" } as const;

test("plan: by name, one of the tables that there are", plans, { options: DEAD });
test(
  "plan: a table is required",
  plans,
  { options: { "decode.on-error": "dead-letter" } },
  "OPTION_MISSING numbers decode.dead-letter.table",
);
test(
  "plan: a table without the policy is a conflict",
  plans,
  { options: { "decode.dead-letter.table": "bad", "decode.on-error": "skip" } },
  "OPTION_CONFLICT numbers decode.dead-letter.table",
);
test(
  "plan: an unknown table",
  plans,
  { options: { ...DEAD, "decode.dead-letter.table": "bda" } },
  "OPTION_INVALID numbers decode.dead-letter.table",
);
test(
  "plan: the table that is read cannot be its own",
  plans,
  { options: { ...DEAD, "decode.dead-letter.table": "numbers" } },
  "OPTION_INVALID numbers decode.dead-letter.table",
);
test(
  "plan: a format that drops what it cannot decode leaves no dead letters",
  plans,
  { options: { ...DEAD, "digits.ignore-parse-errors": "true" } },
  "OPTION_CONFLICT numbers decode.on-error",
);
test(
  "plan: without a format nothing can fail to be decoded",
  plans,
  {
    options: {},
    source: table({ name: "n", columns: { n: "INT" }, options: { connector: "loose", ...DEAD } }),
  },
  "OPTION_CONFLICT n decode.on-error",
);
test(
  "plan: where there is never a format the options are unknown",
  plans,
  {
    options: {},
    source: table({ name: "n", columns: { n: "INT" }, options: { connector: "rows", ...DEAD } }),
  },
  "OPTION_UNKNOWN n decode.dead-letter.table",
  "OPTION_UNKNOWN n decode.on-error",
);
test(
  "plan: columns of other names and types, and those that must not be NULL where there may be nothing, are refused at once",
  plans,
  {
    options: DEAD,
    tables: [
      letterTable({
        payload: "STRING",
        resaon: "STRING",
        position: "STRING NOT NULL",
        column_name: "STRING NOT NULL",
        failed_at: "TIMESTAMP(3)",
        label: metadata("BIGINT"),
      }),
    ],
  },
  "SCHEMA_INVALID bad payload",
  "SCHEMA_INVALID bad resaon",
  "SCHEMA_INVALID bad position",
  "SCHEMA_INVALID bad column_name",
  "SCHEMA_INVALID bad failed_at",
  "SCHEMA_INVALID bad label",
);
test(
  "plan: faults of the dead-letter table are its own",
  plans,
  {
    options: DEAD,
    tables: [
      table({ name: "bad", columns: { payload: "BYTES" }, options: { connector: "kpet", format: "x" } }),
    ],
  },
  "FACTORY_NOT_FOUND bad connector",
);
test(
  "plan: the policies are three",
  plans,
  { options: { "decode.on-error": "deadletter" } },
  "OPTION_INVALID numbers decode.on-error",
);

test("unknown tables and columns name the nearest first", (t) => {
  const { context } = bench();
  const tables = [letterTable(), letterTable({ reson: "STRING" }, "odd")];
  const find = (name: string): TableDescriptor | undefined => tables.find((one) => one.name === name);
  const plan = (name: string) =>
    planSource(numbers({ ...DEAD, "decode.dead-letter.table": name }), {
      ...context,
      tables: { find, names: ["numbers", "bad", "odd"] },
    }).diagnostics[0];

  t.deepEqual(plan("bda")?.candidates, ["bad", "odd"]);
  t.is(plan("odd")?.candidates?.[0], "reason");
});

test("a table given in TypeScript stands for both options; what the table sets itself stays", (t) => {
  const { context } = bench();
  const faultsOf = (source: TableDescriptor): readonly string[] => {
    const pipeline = new Pipeline("test");
    pipeline.readTable("read", source, { deadLetter: letterTable() }).write("write", new CollectingSink());
    return pipeline.toGraph(context).diagnostics.map(({ code, option }) => `${code} ${option}`);
  };

  t.deepEqual(faultsOf(numbers()), []);
  t.deepEqual(faultsOf(numbers(DEAD)), []);
  t.deepEqual(faultsOf(numbers({ "decode.on-error": "skip" })), ["OPTION_CONFLICT decode.dead-letter.table"]);
  t.deepEqual(faultsOf(numbers({ "decode.dead-letter.table": "other" })), [
    "OPTION_INVALID decode.dead-letter.table",
  ]);
});

test("the plan of a read names its dead-letter table", (t) => {
  const { context } = bench();
  const pipeline = new Pipeline("test");
  pipeline.readTable("read", numbers(), { deadLetter: letterTable() }).write("write", new CollectingSink());

  t.is(graphOf(pipeline, context.registry).nodes[0]?.details["deadLetterTable"], "bad");
});
