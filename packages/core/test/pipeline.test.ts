import test from "ava";
import fc from "fast-check";
import {
  Count,
  Decimal,
  DirectRunner,
  FixedWindows,
  GLOBAL_WINDOW,
  GlobalWindows,
  Instant,
  LocalTimestamp,
  MAX_TIMESTAMP,
  Max,
  Mean,
  Min,
  Pipeline,
  SlidingWindows,
  Sum,
  VALUE_CODER,
  combineFields,
  createRegistry,
  defineModule,
  explainGraph,
  explainText,
  table,
  tableSource,
  types,
  validateGraph,
  type Coder,
  type GraphNode,
  type PipelineGraph,
  type Row,
  type SinkFactory,
  type SourceFactory,
  type StepBinding,
  type TributaryError,
  type Window,
  type WindowFn,
} from "@tributary/core";
import {
  CollectingSink,
  PAssert,
  ScriptedSource,
  SILENT_LOGGER,
  TestPipeline,
  graphOf,
  listSource,
} from "@tributary/core/testing";

// --- windows ----------------------------------------------------------------------------------------------------------

const spans = (windows: readonly Window[]): string =>
  windows.map(({ start, end }) => `${start}..${end}`).join(" ");

for (const [windowFn, timestamp, expected] of [
  [FixedWindows.of(10), 0, "0..10"],
  [FixedWindows.of(10), 9, "0..10"],
  [FixedWindows.of(10), 10, "10..20"],
  [FixedWindows.of(10), -1, "-10..0"],
  [FixedWindows.of(10), -10, "-10..0"],
  [FixedWindows.of(10, 3), 2, "-7..3"],
  [FixedWindows.of(10, 3), 13, "13..23"],
  [SlidingWindows.of(10, 5), 7, "0..10 5..15"],
  [SlidingWindows.of(10, 5), -1, "-10..0 -5..5"],
  [SlidingWindows.of(10, 4), 9, "0..10 4..14 8..18"],
  [SlidingWindows.of(10, 4), 10, "4..14 8..18"],
  [SlidingWindows.of(10, 5, 2), 6, "-3..7 2..12"],
  [SlidingWindows.of(10, 10), 12, "10..20"],
  [SlidingWindows.of(3, 10), 2, "0..3"],
  [SlidingWindows.of(3, 10), 3, ""],
  [GlobalWindows.of(), 3, spans([GLOBAL_WINDOW])],
] as const satisfies readonly (readonly [WindowFn, number, string])[]) {
  test(`${windowFn.description} puts ${timestamp} into [${expected}]`, (t) => {
    t.is(spans(windowFn.assign(timestamp)), expected);
  });
}

test("an assignment depends on the timestamp alone, whatever was assigned before", (t) => {
  const spec = fc.record({ size: fc.integer({ min: 1, max: 30 }), period: fc.integer({ min: 1, max: 30 }) });
  fc.assert(
    fc.property(
      spec,
      fc.array(fc.integer({ min: -200, max: 200 }), { minLength: 1 }),
      ({ size, period }, times) => {
        const used = { fixed: FixedWindows.of(size), sliding: SlidingWindows.of(size, period) };
        for (const time of times) {
          t.is(spans(used.fixed.assign(time)), spans(FixedWindows.of(size).assign(time)));
          t.is(spans(used.sliding.assign(time)), spans(SlidingWindows.of(size, period).assign(time)));
        }
      },
    ),
  );
});

test("the last window is cut at the end of time", (t) => {
  const [window] = FixedWindows.of(1_000_000).assign(GLOBAL_WINDOW.end - 1_000);

  t.is(window?.end, GLOBAL_WINDOW.end);
  t.true(GLOBAL_WINDOW.end < MAX_TIMESTAMP);
});

for (const [name, make] of [
  ["size 0", () => FixedWindows.of(0)],
  ["size 1.5", () => FixedWindows.of(1.5)],
  ["offset -1", () => FixedWindows.of(10, -1)],
  ["offset = size", () => FixedWindows.of(10, 10)],
  ["period 0", () => SlidingWindows.of(10, 0)],
  ["offset = period", () => SlidingWindows.of(10, 5, 5)],
] as const) {
  test(`windows of ${name} are refused`, (t) => {
    t.throws(make, { code: "PIPELINE_INVALID" });
  });
}

// --- combiners and coder ----------------------------------------------------------------------------------------------

const all = combineFields({
  rows: Count.elements<number | null>(),
  values: Count.of((n: number | null) => n),
  sum: Sum.of((n: number | null) => n),
  big: Sum.ofBigInt((n: number | null) => (n === null ? null : BigInt(n))),
  mean: Mean.of((n: number | null) => n),
  least: Min.of((n: number | null) => n),
  greatest: Max.of((n: number | null) => n),
});

const fold = (values: readonly (number | null)[]): unknown[] =>
  values.reduce((accumulator, value) => all.addInput(accumulator, value), all.createAccumulator());

test("combiners leave null out; of nothing they give their identity", (t) => {
  t.deepEqual(all.extractOutput(fold([3, null, -5, 4])), {
    rows: 4,
    values: 3,
    sum: 2,
    big: 2n,
    mean: 2 / 3,
    least: -5,
    greatest: 4,
  });
  t.deepEqual(all.extractOutput(fold([null])), {
    rows: 1,
    values: 0,
    sum: 0,
    big: 0n,
    mean: Number.NaN,
    least: null,
    greatest: null,
  });
});

test("accumulators merge, and travel through their coder, in any split of the values", (t) => {
  const values = fc.array(fc.option(fc.integer({ min: -1_000, max: 1_000 })));
  fc.assert(
    fc.property(fc.array(values), (parts) => {
      const coder = all.accumulatorCoder;
      const merged = all.mergeAccumulators(
        parts.map((part) => coder?.decode(coder.encode(fold(part))) as unknown[]),
      );

      t.deepEqual(all.extractOutput(merged), all.extractOutput(fold(parts.flat())));
    }),
  );
});

test("the value coder gives back what it took, and the same bytes for the same value", (t) => {
  const leaf = fc.oneof(
    fc.string(),
    fc.double(),
    fc.bigInt(),
    fc.boolean(),
    fc.constantFrom(null, undefined, -0, Number.NaN, Number.POSITIVE_INFINITY),
    fc.uint8Array(),
    fc.date({ noInvalidDate: true }),
    fc.tuple(fc.bigInt(), fc.nat(10)).map(([unscaled, scale]) => new Decimal(unscaled, scale)),
    fc.tuple(fc.integer(), fc.nat(999_999)).map(([ms, nanos]) => new Instant(ms, nanos)),
    fc.tuple(fc.integer(), fc.nat(999_999)).map(([ms, nanos]) => new LocalTimestamp(ms, nanos)),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.array(tie("value")),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("$bigint", "__proto__", "$x")), tie("value"), {
        noNullPrototype: true,
      }),
      fc.array(fc.tuple(tie("value"), tie("value"))).map((entries) => new Map(entries)),
      fc.array(tie("value")).map((values) => new Set(values)),
    ),
  }));
  fc.assert(
    fc.property(value, (one) => {
      const bytes = VALUE_CODER.encode(one);
      const decoded = VALUE_CODER.decode(bytes);

      t.deepEqual(decoded, one);
      t.deepEqual(VALUE_CODER.encode(decoded), bytes);
    }),
  );
  t.throws(() => VALUE_CODER.encode(() => 0), { instanceOf: TypeError });
  t.throws(() => VALUE_CODER.encode(new (class Money {})()), { message: /Money/ });
});

test("keys of several properties are equal exactly when every property is", async (t) => {
  const part = fc.constantFrom<unknown>(
    "",
    "a",
    "1",
    "s1:",
    1,
    -1,
    1n,
    true,
    "true",
    null,
    "null",
    new Decimal(1n, 0),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ a: part, b: part })), async (rows) => {
      const pipeline = new TestPipeline();
      const counts = pipeline.create("rows", rows).groupBy("count", {
        by: ["a", "b"],
        aggregate: { count: Count.elements() },
      });
      const expected: { a: unknown; b: unknown; count: number }[] = [];
      for (const { a, b } of rows) {
        const known = expected.find(
          (one) => Buffer.compare(VALUE_CODER.encode([one.a, one.b]), VALUE_CODER.encode([a, b])) === 0,
        );
        if (known === undefined) expected.push({ a, b, count: 1 });
        else known.count += 1;
      }
      pipeline.assert("out", counts).satisfies((values) => t.deepEqual(values, expected));
      await pipeline.run();
    }),
    { numRuns: 40 },
  );
});

// --- building ---------------------------------------------------------------------------------------------------------

class NoOptions {}

const flights = table({
  name: "flights",
  columns: { origin: types.string(), delay: types.int(), time: types.timestampLtz(3) },
  watermark: { column: "time", delayMs: 0 },
  options: { connector: "memory" },
});

const report = table({
  name: "report",
  columns: {
    origin: types.string(),
    hour: types.timestampLtz(3),
    flights: types.bigint(),
    mean_delay: types.double(),
  },
  options: { connector: "memory" },
});

/** A connector that reads given rows and collects what is written. */
function memory(rows: readonly Row[]) {
  const sink = new CollectingSink<Row>();
  const source: SourceFactory = {
    role: "source",
    identifier: "memory",
    provides: "Source",
    options: NoOptions,
    format: "none",
    metadata: [],
    create: () => tableSource({ source: listSource(rows) }),
  };
  const sinkFactory: SinkFactory = {
    role: "sink",
    identifier: "memory",
    provides: "Sink",
    options: NoOptions,
    format: "none",
    metadata: [],
    create: () => ({ sink, supportsPartitions: false }),
  };
  const registry = createRegistry([
    defineModule({ name: "memory", version: "1.0.0", factories: [source, sinkFactory] }),
  ]);
  return { registry, sink };
}

/** Flights and mean delay per origin and hour; types flow from the tables. */
function flightReport(): Pipeline {
  const pipeline = new Pipeline("flight report");
  pipeline
    .readTable("flights", flights)
    .filter("delayed", (flight) => flight.delay === null || flight.delay > 0)
    .windowInto("hourly", FixedWindows.of(3_600_000))
    .groupBy("per origin", {
      by: ["origin"],
      aggregate: { flights: Count.elements(), mean: Mean.of((flight) => flight.delay) },
      output: ({ origin }, { flights: count, mean }, window) => ({
        origin,
        hour: new Instant(window.start),
        flights: BigInt(count),
        mean_delay: mean,
      }),
    })
    .writeTable("report", report);
  return pipeline;
}

test("a pipeline over tables runs with the event time and the rows that the tables declare", async (t) => {
  const at = (minutes: number): Instant => new Instant(minutes * 60_000);
  const { registry, sink } = memory([
    { origin: "ATL", delay: 10, time: at(3) },
    { origin: "ATL", delay: -5, time: at(4) },
    { origin: "SFO", delay: 7, time: at(59) },
    { origin: "ATL", delay: 20, time: at(5) },
    { origin: "ATL", delay: null, time: at(60) },
  ]);

  const job = await new DirectRunner().run(graphOf(flightReport(), registry), { logger: SILENT_LOGGER });
  const result = await job.result;

  t.deepEqual(
    sink.values.map((row) =>
      ["origin", "hour", "flights", "mean_delay"].map((name) => String(row[name])).join(" "),
    ),
    [`ATL ${String(at(0))} 2 15`, `SFO ${String(at(0))} 1 7`, `ATL ${String(at(60))} 1 NaN`],
  );
  t.deepEqual(result.read, { flights: 5 });
  t.deepEqual(result.written, { report: 3 });
});

test("every fault of the tables comes at once, with the step that uses them", (t) => {
  const pipeline = new Pipeline("faulty");
  const unknown = table({ name: "a", columns: { x: types.int() }, options: { connector: "nowhere" } });
  pipeline.readTable("read a", unknown).writeTable("write a", unknown);

  const { value, diagnostics } = pipeline.toGraph({
    registry: memory([]).registry,
    timeZone: "UTC",
    logger: SILENT_LOGGER,
  });

  t.is(value, undefined);
  t.deepEqual(
    diagnostics.map((one) => [one.code, one.step]),
    [
      ["FACTORY_NOT_FOUND", "read a"],
      ["FACTORY_NOT_FOUND", "write a"],
    ],
  );
});

test("two steps of one name are refused when the graph is made", (t) => {
  const pipeline = new TestPipeline();
  pipeline.create("numbers", [1]).map("numbers", (n) => n);

  const error = t.throws(() => graphOf(pipeline), { code: "PIPELINE_INVALID" });

  t.regex(error?.message ?? "", /Two steps are named 'numbers'/);
});

test("an assertion that does not hold fails the run and names its step", async (t) => {
  const pipeline = new TestPipeline();
  pipeline.assert("these", pipeline.create("numbers", [1, 2])).containsInAnyOrder([2, 3]);
  const other = new TestPipeline();
  PAssert.that("nothing", other.create("numbers", [1])).empty();
  other.assert("unasserted", other.create("more", [1]));

  await t.throwsAsync(pipeline.run(), {
    message: /'these' failed: missing \[3\], unexpected \[1\].*pipeline\.test/,
  });
  await t.throwsAsync(other.run(), { message: /'unasserted' asserts nothing/ });
});

// --- validation -------------------------------------------------------------------------------------------------------

const unboundedSource = new ScriptedSource<number>({}, { boundedness: "unbounded" });

const BINDINGS: Readonly<Record<string, StepBinding>> = {
  read: { kind: "read", source: listSource([1]) },
  unbounded: { kind: "read", source: unboundedSource },
  map: { kind: "elementwise", form: "map", fn: (value: never) => value },
  window: { kind: "window", windowFn: FixedWindows.of(10) },
  merging: { kind: "window", windowFn: { description: "Sessions(5)", isMerging: true, assign: () => [] } },
  combine: {
    kind: "combine",
    keyOf: (value: never) => value,
    keyCoder: VALUE_CODER as Coder<never>,
    combineFn: Count.elements(),
    accumulatorCoder: VALUE_CODER as Coder<never>,
    toOutput: (key: never) => key,
  },
  write: { kind: "write", sink: new CollectingSink() },
  flatten: { kind: "flatten" },
};

type Step = readonly [name: string, binding: string, inputs: readonly string[], outputs?: readonly string[]];

function graph(steps: readonly Step[]): PipelineGraph {
  const bindings = new Map<string, StepBinding>();
  const nodes = steps.map(([name, binding, inputs, outputs]): GraphNode => {
    const bound = BINDINGS[binding];
    if (bound !== undefined) bindings.set(name, bound);
    const kind = bound?.kind ?? "elementwise";
    return { name, kind, inputs, outputs: outputs ?? (kind === "write" ? [] : [name]), details: {} };
  });
  return { name: "test", nodes, bindings };
}

for (const [what, steps, expected] of [
  [
    "a name given twice",
    [
      ["a", "read", []],
      ["a", "read", [], ["b"]],
    ],
    [["a", /Two steps are named 'a'/]],
  ],
  ["no name", [[" ", "read", []]], [[" ", /has no name/]]],
  [
    "an unknown collection, with the nearest",
    [
      ["numbers", "read", []],
      ["w", "write", ["numbrs"]],
    ],
    [["w", /reads the collection 'numbrs', which no step before it makes/]],
  ],
  [
    "a collection made by two steps",
    [
      ["a", "read", []],
      ["b", "read", [], ["a"]],
    ],
    [["b", /made by two steps/]],
  ],
  [
    "a step without a function",
    [
      ["a", "read", []],
      ["m", "none", ["a"]],
    ],
    [["m", /no function behind it/]],
  ],
  [
    "wrong numbers of inputs and outputs",
    [
      ["a", "read", ["a"]],
      ["w", "write", []],
    ],
    [
      ["a", /reads 1 collections; it must read 0/],
      ["a", /reads the collection 'a'/],
      ["w", /reads 0 collections; it must read 1/],
    ],
  ],
  [
    "an unbounded collection grouped in the global window",
    [
      ["a", "unbounded", []],
      ["m", "map", ["a"]],
      ["c", "combine", ["m"]],
    ],
    [["c", /in the global window, which never ends/]],
  ],
  [
    "a flatten of different windows",
    [
      ["a", "read", []],
      ["x", "window", ["a"]],
      ["f", "flatten", ["a", "x"]],
    ],
    [["f", /different windows: Global, Fixed\(10\)/]],
  ],
  [
    "merging windows, and every fault at once",
    [
      ["a", "read", []],
      ["s", "merging", ["a"]],
      ["w", "write", ["t"]],
      ["s", "merging", ["a"], ["u"]],
    ],
    [
      ["s", /windows that merge/],
      ["w", /'t'/],
      ["s", /Two steps/],
      ["s", /windows that merge/],
    ],
  ],
] as const satisfies readonly (readonly [
  string,
  readonly Step[],
  readonly (readonly [string, RegExp])[],
])[]) {
  test(`validation reports ${what}`, async (t) => {
    const diagnostics = validateGraph(graph(steps));

    t.is(diagnostics.length, expected.length, JSON.stringify(diagnostics));
    expected.forEach(([step, message], index) => {
      t.is(diagnostics[index]?.step, step);
      t.regex(diagnostics[index]?.message ?? "", message);
    });
    const error = await t.throwsAsync(new DirectRunner().run(graph(steps)));
    t.deepEqual((error as unknown as TributaryError).diagnostics, diagnostics);
  });
}

for (const [what, steps] of [
  ["an empty graph", []],
  [
    "a bounded collection grouped in the global window",
    [
      ["a", "read", []],
      ["c", "combine", ["a"]],
      ["w", "write", ["c"]],
    ],
  ],
  [
    "an unbounded one grouped in windows",
    [
      ["a", "unbounded", []],
      ["x", "window", ["a"]],
      ["c", "combine", ["x"]],
    ],
  ],
  [
    "a flatten of nothing",
    [
      ["f", "flatten", []],
      ["w", "write", ["f"]],
    ],
  ],
] as const satisfies readonly (readonly [string, readonly Step[]])[]) {
  test(`validation accepts ${what}`, (t) => {
    t.deepEqual(validateGraph(graph(steps)), []);
  });
}

test("a candidate for an unknown collection is the nearest name", (t) => {
  const [fault] = validateGraph(
    graph([
      ["numbers", "read", []],
      ["other", "read", []],
      ["w", "write", ["numbrs"]],
    ]),
  );

  t.deepEqual(fault?.candidates, ["numbers", "other"]);
});

// --- explain ----------------------------------------------------------------------------------------------------------

test("explain shows fused stages and keyed exchanges, as a graph and as text", (t) => {
  const explanation = explainGraph(graphOf(flightReport(), memory([]).registry));

  t.deepEqual(
    explanation.nodes.map((node) => [node.name, node.kind, node.stage]),
    [
      ["flights", "read", 1],
      ["delayed", "elementwise", 1],
      ["hourly", "window", 1],
      ["per origin", "combine", 2],
      ["report", "write", 2],
    ],
  );
  t.deepEqual(explanation.edges, [
    { from: "flights", to: "delayed", exchange: "fused" },
    { from: "delayed", to: "hourly", exchange: "fused" },
    { from: "hourly", to: "per origin", exchange: "keyed" },
    { from: "per origin", to: "report", exchange: "fused" },
  ]);
  t.is(
    explainText(explanation),
    `Pipeline 'flight report', parallelism 1

Stage 1
  read        flights
      table: flights
      connector: memory
      boundedness: bounded
      columns: origin, delay, time
  elementwise delayed
      form: filter
  window      hourly
      windows: Fixed(3600000)
      -> stage 2, keyed: per origin

Stage 2
  combine     per origin
      by: origin
      combine: {flights: Count, mean: Mean}
  write       report
      table: report
      connector: memory
      columns: origin, hour, flights, mean_delay
`,
  );
});

test("a flatten of two stages is a stage of its own", (t) => {
  const { nodes, edges } = explainGraph(
    graph([
      ["a", "read", []],
      ["b", "read", []],
      ["f", "flatten", ["a", "b"]],
      ["w", "write", ["f"]],
    ]),
  );

  t.deepEqual(
    nodes.map((node) => node.stage),
    [1, 2, 3, 3],
  );
  t.deepEqual(
    edges.map((edge) => edge.exchange),
    ["forward", "forward", "fused"],
  );
});
