import { inspect } from "node:util";

import test from "ava";
import {
  Count,
  FixedWindows,
  GLOBAL_WINDOW,
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  Pipeline,
  SYSTEM_CLOCK,
  SlidingWindows,
  State,
  Timers,
  asMap,
  kv,
  output,
  type,
  type DoFn,
  type KV,
  type StateSpec,
  type TimerSpec,
  type TributaryError,
  type ValueState,
} from "@tributary/core";
import {
  CollectingSink,
  FunctionTester,
  PAssert,
  TestPipeline,
  TestStream,
  formatPanes,
  graphOf,
} from "@tributary/core/testing";
import { modelTest, runner } from "./model-runner.js";

const FIRST = { start: 0, end: 10 };
const SECOND = { start: 10, end: 20 };

// --- TestStream -------------------------------------------------------------------------------------------------------

for (const [what, build] of [
  ["a watermark that goes back", () => new TestStream().advanceWatermarkTo(10).advanceWatermarkTo(9)],
  ["a watermark that stays", () => new TestStream().advanceWatermarkTo(10).advanceWatermarkTo(10)],
  ["a watermark at the end of time", () => new TestStream().advanceWatermarkTo(MAX_TIMESTAMP)],
  ["a watermark that is no number", () => new TestStream().advanceWatermarkTo(Number.NaN)],
  ["an element at the end of time", () => new TestStream<number>().at(MAX_TIMESTAMP, 1)],
  ["an element after the end", () => new TestStream<number>().advanceWatermarkToInfinity().add(1)],
  ["an element before the beginning", () => new TestStream<number>().at(MIN_TIMESTAMP * 2, 1)],
  ["a clock that goes back", () => new TestStream().advanceProcessingTime(-1)],
] as const) {
  test(`a stream with ${what} is refused when it is built`, (t) => {
    t.throws(build, { code: "PIPELINE_INVALID" });
  });
}

test("elements that name no time have that of the watermark", async (t) => {
  const stream = new TestStream<string>()
    .add("first")
    .advanceWatermarkTo(7)
    .add("second", "third")
    .at(3, "late");
  const pipeline = new TestPipeline("times", { runner });
  const seen = pipeline.collect("seen", pipeline.play("stream", stream));

  await pipeline.run();

  t.deepEqual(
    seen.elements.map(({ value, timestamp }) => [value, timestamp]),
    [
      ["first", MIN_TIMESTAMP],
      ["second", 7],
      ["third", 7],
      ["late", 3],
    ],
  );
});

test("the next event is played when the pipeline has dealt with the one before, also where a step waits", async (t) => {
  const events: string[] = [];
  const stream = new TestStream<string>().add("a").add("b").advanceWatermarkTo(1).add("c");
  const pipeline = new TestPipeline("quiet", { runner });
  pipeline
    .play("stream", stream)
    .map("slow", async (value) => {
      events.push(`in ${value}`);
      for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
      events.push(`out ${value}`);
      return value;
    })
    .write("out", new CollectingSink());

  await pipeline.run();

  t.deepEqual(events, ["in a", "out a", "in b", "out b", "in c", "out c"]);
});

test("the elements of one call are one bundle", async (t) => {
  const bundles: number[][] = [];
  const stream = new TestStream<number>().add(1, 2, 3).add(4).addAt({ value: 5, timestamp: 1 });
  const pipeline = new TestPipeline("bundles", { runner });
  pipeline
    .play("stream", stream)
    .parDo("bundles", () => ({
      startBundle: () => void bundles.push([]),
      process: (n: number) => void bundles.at(-1)?.push(n),
    }))
    .write("out", new CollectingSink());

  await pipeline.run();

  t.deepEqual(bundles, [[1, 2, 3], [4], [5]]);
});

test("streams in step are played in the order in which their events were added, and end together", async (t) => {
  const left = new TestStream<string>();
  const right = new TestStream<string>({ inStepWith: left });
  const order: string[] = [];
  left.add("l1");
  right.add("r1").add("r2");
  left.advanceWatermarkTo(5).add("l2");
  right.add("r3");
  left.add("l3");
  const pipeline = new TestPipeline("in step", { runner });
  const seen = (value: string): string => {
    order.push(value);
    return value;
  };
  pipeline.play("left", left).map("see left", seen).write("left out", new CollectingSink());
  pipeline.play("right", right).map("see right", seen).write("right out", new CollectingSink());

  await pipeline.run();

  t.deepEqual(order, ["l1", "r1", "r2", "l2", "r3", "l3"]);
});

test("a stream in step with one that no pipeline reads is played all the same", async (t) => {
  const left = new TestStream<string>();
  const right = new TestStream<string>({ inStepWith: left });
  left.add("never");
  right.add("r");
  const pipeline = new TestPipeline("alone", { runner });
  const seen = pipeline.collect("seen", pipeline.play("right", right));

  await pipeline.run();

  t.deepEqual(seen.values, ["r"]);
});

modelTest("unbounded")("a collection's watermark is the least of several streams'", async (t) => {
  const left = new TestStream<string>();
  const right = new TestStream<string>({ inStepWith: left });
  left.at(1, "a").advanceWatermarkTo(20);
  right.at(2, "a").advanceWatermarkTo(5).at(3, "a").advanceWatermarkToInfinity();
  const pipeline = new TestPipeline("least", { runner });
  pipeline
    .assert(
      "counts",
      pipeline
        .flatten("both", [pipeline.play("left", left), pipeline.play("right", right)])
        .windowInto("ten", FixedWindows.of(10))
        .combinePerKey("count", { key: (one) => one, combine: Count.elements() }),
    )
    .inOnTimePane(FIRST)
    .containsInAnyOrder([{ key: "a", value: 3 }]);

  const { late } = await pipeline.run();

  t.is(late, 0);
});

modelTest("processing-time")(
  "processing time moves by what the stream says, and timers on the way fire",
  async (t) => {
    const pipeline = new TestPipeline("clock", { runner });
    const fired: number[] = [];
    pipeline.clock.setTimer(300, () => fired.push(pipeline.clock.now()));
    pipeline.clock.setTimer(1_300, () => fired.push(pipeline.clock.now()));
    const times: number[] = [];
    const stream = new TestStream<number>()
      .add(1)
      .advanceProcessingTime(1_000)
      .add(2)
      .advanceProcessingTime(500);
    pipeline
      .play("stream", stream)
      .map("now", () => times.push(pipeline.clock.now()))
      .write("out", new CollectingSink());

    await pipeline.run();

    t.deepEqual(times, [0, 1_000]);
    t.deepEqual(fired, [300, 1_300]);
    t.is(pipeline.clock.now(), 1_500);
  },
);

test("a clock that cannot be moved fails a stream that moves it", async (t) => {
  const pipeline = new TestPipeline("clock", { runner });
  pipeline
    .play("stream", new TestStream<number>().advanceProcessingTime(1))
    .write("out", new CollectingSink());

  await t.throwsAsync(pipeline.run({ clock: SYSTEM_CLOCK }), { code: "PIPELINE_INVALID" });
});

test("a pipeline with a stream can be run again, from the beginning", async (t) => {
  const stream = new TestStream<string>().at(1, "a").advanceWatermarkTo(50).at(2, "b");
  const pipeline = new TestPipeline("twice", { runner });
  const counts = pipeline
    .play("stream", stream)
    .windowInto("ten", FixedWindows.of(10))
    .combinePerKey("count", { key: (one) => one, combine: Count.elements() });
  const seen = pipeline.collect("seen", counts);

  const first = await pipeline.run();
  const second = await pipeline.run();

  t.deepEqual([first.late, second.late], [1, 1]);
  t.deepEqual(seen.values, [
    { key: "a", value: 1 },
    { key: "a", value: 1 },
  ]);
});

test("a stream written as text plays the same events", async (t) => {
  const pipeline = new TestPipeline("text", { runner });
  const stream = TestStream.of("a:3 b:-9 | >10 | c | + 500 | a:4 |> 20|>>", (name) => name.toUpperCase());
  const clock: number[] = [];
  const seen = pipeline.collect(
    "seen",
    pipeline.play("stream", stream).map("note", (value) => (clock.push(pipeline.clock.now()), value)),
  );

  await pipeline.run();

  t.deepEqual(
    seen.elements.map(({ value, timestamp }) => `${value} ${timestamp}`),
    ["A 3", "B -9", "C 10", "A 4"],
  );
  t.deepEqual(clock, [0, 0, 0, 500]);
});

for (const [text, value] of [
  ["a:3 >10", ">10"],
  ["a:x", "a:x"],
  ["> soon", ">"],
  ["+1s", "+1s"],
] as const) {
  test(`'${text}' is refused as a stream, with the word that is no event`, (t) => {
    const error = t.throws(() => TestStream.of(text), { code: "PIPELINE_INVALID" }) as
      TributaryError | undefined;

    t.is(error?.diagnostics[0]?.value, value);
  });
}

// --- PAssert ----------------------------------------------------------------------------------------------------------

/** Numbers with their event times, in windows of ten, two of the second window. */
function numbers(pipeline: TestPipeline) {
  return pipeline
    .create("numbers", [1, 12, 13, 13], { timestamp: (n) => n })
    .windowInto("ten", FixedWindows.of(10));
}

for (const [form, passes, fails, message] of [
  [
    "containsInAnyOrder",
    (a) => a.containsInAnyOrder([13, 1, 13, 12]),
    (a) => a.containsInAnyOrder([1, 12, 13, 14]),
    /missing \[14\], unexpected \[13\]/,
  ],
  ["containsOnly", (a) => a.containsOnly([13, 12, 1]), (a) => a.containsOnly([13, 12]), /unexpected \[1\]/],
  [
    "containsOnly, of all",
    (a) => a.containsOnly([1, 12, 13]),
    (a) => a.containsOnly([1, 12, 13, 2]),
    /missing \[2\]/,
  ],
  ["empty", (a) => a.inLatePane(FIRST).empty(), (a) => a.empty(), /expected nothing, got \[1, 12, 13, 13\]/],
  [
    "singleton",
    (a) => a.inWindow(FIRST).singleton(1),
    (a) => a.inWindow(SECOND).singleton(12),
    /\[12\] alone/,
  ],
  [
    "singleton, of its value",
    (a) => a.inWindow(FIRST).singleton(1),
    (a) => a.inWindow(FIRST).singleton(2),
    /got \[1\]/,
  ],
  [
    "satisfies",
    (a) => a.satisfies((values) => values.length === 4 || fail("length")),
    (a) => a.satisfies(() => fail("as told")),
    /as told/,
  ],
  [
    "inWindow",
    (a) => a.inWindow(SECOND).containsInAnyOrder([12, 13, 13]),
    (a) => a.inWindow(FIRST).containsInAnyOrder([12]),
    /in the window \[0, 10\): missing \[12\], unexpected \[1\]/,
  ],
  [
    "inFinalPane",
    (a) => a.inFinalPane(FIRST).containsInAnyOrder([1]),
    (a) => a.inFinalPane(FIRST).empty(),
    /final pane/,
  ],
  [
    "inEarlyPane",
    (a) => a.inEarlyPane(FIRST).empty(),
    (a) => a.inEarlyPane(FIRST).singleton(1),
    /early panes/,
  ],
  [
    "inOnTimePane",
    (a) => a.inOnTimePane(FIRST).empty(),
    (a) => a.inOnTimePane(FIRST).singleton(1),
    /on-time pane/,
  ],
  ["inLatePane", (a) => a.inLatePane(FIRST).empty(), (a) => a.inLatePane(FIRST).singleton(1), /late panes/],
  [
    "inCombinedNonLatePanes",
    (a) => a.inCombinedNonLatePanes(FIRST).singleton(1),
    (a) => a.inCombinedNonLatePanes(FIRST).empty(),
    /panes that are not late/,
  ],
] as const satisfies readonly (readonly [
  string,
  (a: PAssert<number>) => unknown,
  (a: PAssert<number>) => unknown,
  RegExp,
])[]) {
  test(`the assertion ${form} holds where it should and fails where it should, with its place`, async (t) => {
    const good = new TestPipeline("good", { runner });
    passes(good.assert("that", numbers(good)));
    await t.notThrowsAsync(good.run());

    const bad = new TestPipeline("bad", { runner });
    fails(bad.assert("that", numbers(bad)));
    const error = await t.throwsAsync(bad.run());
    t.regex(error?.message ?? "", message);
    t.regex(
      error?.message ?? "",
      /^The assertion 'that' failed.*\(\/.*model-testing\.test\.[jt]s:\d+:\d+\)$/,
    );
  });
}

function fail(message: string): never {
  throw new Error(message);
}

test("every assertion of a chain of restrictions is checked", async (t) => {
  const pipeline = new TestPipeline("chain", { runner });
  const assertion = pipeline.assert("that", numbers(pipeline));
  assertion.inWindow(FIRST).singleton(1).inWindow(SECOND).containsOnly([12, 13]);
  assertion.inWindow(SECOND).empty();

  await t.throwsAsync(pipeline.run(), { message: /in the window \[10, 20\): expected nothing/ });
});

test("an element in several windows counts once, and in each of its windows", async (t) => {
  const pipeline = new TestPipeline("sliding", { runner });
  const one = pipeline
    .create("one", [7], { timestamp: (n) => n })
    .windowInto("overlapping", SlidingWindows.of(10, 5));
  const assertion = pipeline.assert("that", one).singleton(7);
  assertion.inWindow(FIRST).singleton(7);
  assertion.inWindow({ start: 5, end: 15 }).singleton(7);

  await t.notThrowsAsync(pipeline.run());
});

test("all assertions that fail are told at once", async (t) => {
  const pipeline = new TestPipeline("several", { runner });
  const [even, odd] = pipeline.create("numbers", [1, 2]).partition("parity", 2, (n) => n % 2);
  pipeline.assert("even", even).empty();
  PAssert.that("odd", odd).empty();

  const error = await t.throwsAsync(pipeline.run());

  t.regex(error?.message ?? "", /'even' failed.*\n.*'odd' failed/);
});

test("an assertion that asserts nothing, and one whose check nobody awaits, fail the run", async (t) => {
  const pipeline = new TestPipeline("nothing", { runner });
  const values = pipeline.create("numbers", [1]);
  pipeline.assert("empty handed", values);
  pipeline.assert("asynchronous", values).satisfies((): unknown => Promise.resolve());

  const error = await t.throwsAsync(pipeline.run());

  t.regex(error?.message ?? "", /'empty handed' asserts nothing/);
  t.regex(error?.message ?? "", /'asynchronous' failed: the check is asynchronous/);
});

test("a test pipeline that was never run, and an assertion that no run looked at, fail at the end of the test", async (t) => {
  const unrun = new TestPipeline("unrun", { runner });
  unrun.assert("that", unrun.create("numbers", [1])).singleton(1);
  t.throws(() => unrun.close(), { message: /'unrun' was never run/ });

  const started = new TestPipeline("started", { runner });
  const values = started.create("numbers", [1]);
  started.assert("that", values).singleton(1);
  await (
    await started.start()
  ).result;
  t.throws(() => started.close(), { message: /'that' did not run/ });
  started.verify();
  t.notThrows(() => started.close());

  started.assert("afterwards", values).singleton(1);
  t.throws(() => started.close(), { message: /'afterwards' did not run/ });
});

test("a checked pipeline is built, run and looked at", async (t) => {
  await t.notThrowsAsync(
    TestPipeline.check(
      (pipeline) => void pipeline.assert("that", numbers(pipeline)).containsOnly([1, 12, 13]),
    ),
  );
  await t.throwsAsync(
    TestPipeline.check((pipeline) => void pipeline.assert("that", numbers(pipeline)).empty()),
    { message: /'that' failed/ },
  );
});

test("a strict pipeline has no collection that is neither read nor asserted", async (t) => {
  const pipeline = new TestPipeline("strict", { runner, isStrict: true });
  const values = pipeline.create("numbers", [1]);
  pipeline.assert("that", values).singleton(1);
  values.map("double", (n) => n * 2);
  values.partition("parity", 2, (n) => n % 2);

  const error = await t.throwsAsync<TributaryError>(pipeline.run());

  t.deepEqual(
    error?.diagnostics.map(({ step }) => step),
    ["double", "parity", "parity"],
  );
});

test("what a collection held prints as a table of panes", async (t) => {
  const pipeline = new TestPipeline("table", { runner });
  const counts = numbers(pipeline).combinePerKey("count", {
    key: (n) => n % 2,
    combine: Count.elements(),
    output: (key, count) => ({ key, count: BigInt(count) }),
  });
  const seen = pipeline.collect("seen", counts);

  await pipeline.run();

  t.is(
    String(seen),
    `window    pane            time  value
[0, 10)   on-time 0 last     9  {"key":1,"count":"1n"}
[10, 20)  on-time 0 last    19  {"key":0,"count":"1n"}
[10, 20)  on-time 0 last    19  {"key":1,"count":"2n"}`,
  );
  t.is(formatPanes([]), "window  pane  time  value");
});

test("elements without event time stand in the table as such", async (t) => {
  const pipeline = new TestPipeline("table", { runner });
  const seen = pipeline.collect("seen", pipeline.create("numbers", [1]));

  await pipeline.run();

  t.is(String(seen), "window  pane  time  value\nglobal  -     -inf  1");
  t.deepEqual(seen.elements[0]?.window, GLOBAL_WINDOW);
});

test("an assertion in a pipeline of one's own is verified by hand", async (t) => {
  const pipeline = new Pipeline("own");
  const assertion = PAssert.that("that", pipeline.create("numbers", [1])).singleton(2);

  await (
    await runner.run(graphOf(pipeline))
  ).result;

  t.throws(() => assertion.verify(), { message: /\[2\] alone, got \[1\]/ });
  t.is(typeof inspect(assertion), "string");
});

// --- FunctionTester ---------------------------------------------------------------------------------------------------

modelTest(
  "state",
  "timers",
  "processing-time",
)("a function is driven with elements, watermarks and the clock, and shows what it emits", async (t) => {
  const timeout = {
    output: type<string>(),
    key: ({ key }: KV<string, number>) => key,
    state: { sum: State.value<number>() },
    timers: { quiet: Timers.processingTime(), end: Timers.eventTime() },
    process({ value }: KV<string, number>, { state, timers, window }) {
      state.sum.write((state.sum.read() ?? 0) + value);
      timers.quiet.setRelative(100);
      timers.end.set(window.end - 1);
    },
    onTimer(timer: "quiet" | "end", { key, state, emit }) {
      emit(`${timer} ${key} ${state.sum.read()}`);
    },
  } satisfies DoFn<
    KV<string, number>,
    string,
    { sum: StateSpec<ValueState<number>> },
    { quiet: TimerSpec; end: TimerSpec },
    {},
    {},
    string
  >;
  const tester = await FunctionTester.start(timeout, { windows: FixedWindows.of(10) });

  await tester.processAt(1, kv("a", 1), kv("b", 5), kv("a", 2));
  const atFirst = tester.take();
  await tester.advanceProcessingTime(150);
  const quiet = tester.take().map(({ value }) => value);
  await tester.advanceWatermarkTo(20);
  const over = tester.take();
  await tester.finish();

  t.deepEqual(atFirst, []);
  t.deepEqual(quiet.toSorted(), ["quiet a 3", "quiet b 5"]);
  t.deepEqual(over.map(({ value }) => value).toSorted(), ["end a 3", "end b 5"]);
  t.deepEqual(over[0]?.window, FIRST);
  t.deepEqual(tester.take(), []);
  await t.throwsAsync(tester.advanceWatermarkTo(3), { code: "PIPELINE_INVALID" });
});

modelTest("side-inputs")("side inputs and further outputs are given and taken by name", async (t) => {
  const pipeline = new TestPipeline("declares", { runner });
  const rates = pipeline.create<KV<string, number>>("rates", []);
  const tester = await FunctionTester.start(
    () => ({
      output: type<number>(),
      outputs: { unknown: output<string>() },
      sideInputs: { rates: asMap(rates) },
      process(currency: string, { side, emit, emitTo }) {
        const rate = side.rates.get(currency);
        if (rate === undefined) emitTo("unknown", currency);
        else emit(rate);
      },
    }),
    { sideInputs: { rates: [kv("EUR", 1.5)] } },
  );

  await tester.process("EUR", "XXX");

  t.deepEqual(
    tester.take().map(({ value }) => value),
    [1.5],
  );
  t.deepEqual(
    tester.takeFrom("unknown").map(({ value }) => value),
    ["XXX"],
  );
  await tester.finish();
});

test("what a function throws rejects the call that made it", async (t) => {
  const tester = await FunctionTester.start({
    output: type<number>(),
    process(n: number, { emit }) {
      if (n < 0) throw new RangeError("below zero");
      emit(n);
    },
  });

  await tester.process(1);
  await t.throwsAsync(tester.process(-1), { instanceOf: RangeError });

  t.is(tester.take().length, 1);
  await t.throwsAsync(tester.finish(), { instanceOf: RangeError });
});
