import test from "ava";
import fc from "fast-check";
import {
  FixedWindows,
  GLOBAL_WINDOW,
  SessionWindows,
  State,
  Sum,
  Timers,
  TributaryError,
  asList,
  bigIntCoder,
  kv,
  output,
  stringCoder,
  type,
  varIntCoder,
  type Coder,
  type DoFnSource,
  type KV,
  type None,
  type OutputTags,
  type SideInputs,
  type StateSpecs,
  type Timer,
  type TimerSpec,
  type TimerSpecs,
} from "@tributary/core";
import {
  MemoryCheckpointStore,
  ScriptedSource,
  TestPipeline,
  TestStream,
  until,
} from "@tributary/core/testing";
import { runner } from "./model-runner.js";

type Pair = KV<string, number>;

/** Emissions of a function over a stream, as `value@timestamp`. */
async function play<
  S extends StateSpecs = None,
  N extends TimerSpecs = None,
  G extends OutputTags = None,
  V extends SideInputs = None,
>(
  stream: TestStream<Pair>,
  fn: DoFnSource<Pair, string, S, N, G, V, string>,
  windowMs = 0,
  allowedLatenessMs = 0,
): Promise<readonly string[]> {
  const pipeline = new TestPipeline("state", { runner });
  const events = pipeline.play("stream", stream);
  const windowed =
    windowMs === 0
      ? events
      : events.windowInto("windows", {
          windowFn: FixedWindows.of(windowMs),
          allowedLatenessMs,
          accumulation: "discarding",
        });
  const out = windowed.parDo<string, S, N, G, V, string>("fn", fn);
  const main = "main" in out ? out.main : out;
  const seen = pipeline.collect("seen", main as never);
  await pipeline.run();
  return seen.elements.map(({ value, timestamp }) => `${String(value)}@${timestamp}`);
}

const values = (emissions: readonly string[]): readonly string[] =>
  emissions.map((one) => one.slice(0, one.lastIndexOf("@")));

/** Pairs of one key at increasing times, one bundle. */
function pairs(...numbers: readonly number[]): TestStream<Pair> {
  return new TestStream<Pair>().addAt(
    ...numbers.map((value, index) => ({ value: kv("k", value), timestamp: index })),
  );
}

// --- kinds of state ---------------------------------------------------------------------------------------------------

test("a value is unset, written, read and cleared", async (t) => {
  const out = await play(pairs(1, 2, 0, 3), {
    state: { v: State.value<number>(varIntCoder) },
    output: type<string>(),
    process({ value }, { state, emit }) {
      emit(`${state.v.read()}`);
      if (value === 0) state.v.clear();
      else state.v.write(value);
      emit(`${state.v.read()}`);
    },
  });

  t.deepEqual(values(out), ["undefined", "1", "1", "2", "2", "undefined", "undefined", "3"]);
});

test("a bag keeps duplicates, and what was read of it does not change", async (t) => {
  const out = await play(pairs(1, 1, 2), {
    state: { bag: State.bag<number>() },
    output: type<string>(),
    process({ value }, { state, emit }) {
      const before = state.bag.read();
      state.bag.add(value);
      emit(`${before.join()}|${state.bag.read().join()}|${state.bag.isEmpty()}`);
      if (value === 2) {
        state.bag.clear();
        emit(`${state.bag.read().length} ${state.bag.isEmpty()}`);
      }
    },
  });

  t.deepEqual(values(out), ["|1|false", "1|1,1|false", "1,1|1,1,2|false", "0 true"]);
});

test("a set tells what is new, by encoded bytes", async (t) => {
  const lower: Coder<string> = {
    isDeterministic: true,
    encode: (text) => stringCoder.encode(text.toLowerCase()),
    decode: (bytes) => stringCoder.decode(bytes),
  };
  const out = await play(pairs(1), {
    state: { set: State.set(lower) },
    output: type<string>(),
    process(_pair, { state: { set }, emit }) {
      emit(`${set.isEmpty()} ${set.addIfAbsent("A")} ${set.addIfAbsent("a")} ${set.contains("a")}`);
      set.add("b");
      set.remove("A");
      emit(`${set.read().join()} ${set.contains("a")}`);
      set.clear();
      emit(`${set.isEmpty()}`);
    },
  });

  t.deepEqual(values(out), ["true true false true", "b false", "true"]);
});

test("a map is read and written by key, and its iterations are snapshots", async (t) => {
  const out = await play(pairs(1), {
    state: { map: State.map<string, number>() },
    output: type<string>(),
    process(_pair, { state: { map }, emit }) {
      emit(`${map.isEmpty()} ${map.get("a")}`);
      map.put("a", 1);
      const keys = map.keys();
      map.put("b", 2);
      emit(`${keys.join()} ${map.keys().join()} ${map.values().join()} ${map.entries().join(";")}`);
      emit(
        `${map.computeIfAbsent("a", () => 9)} ${map.computeIfAbsent("c", (key) => key.length)} ${map.get("c")}`,
      );
      map.remove("a");
      emit(`${map.get("a")} ${map.entries().length}`);
      map.clear();
      emit(`${map.isEmpty()}`);
    },
  });

  t.deepEqual(values(out), ["true undefined", "a a,b 1,2 a,1;b,2", "1 1 1", "undefined 2", "true"]);
});

test("a multimap keeps all values of a key", async (t) => {
  const out = await play(pairs(1), {
    state: { map: State.multimap<string, number>() },
    output: type<string>(),
    process(_pair, { state: { map }, emit }) {
      map.put("a", 1);
      const before = map.get("a");
      map.put("a", 1);
      map.put("b", 2);
      emit(`${before.join()} ${map.get("a").join()} ${map.get("z").length} ${map.entries().join(";")}`);
      map.remove("a");
      emit(`${map.keys().join()} ${map.get("a").length} ${map.isEmpty()}`);
      map.clear();
      emit(`${map.isEmpty()}`);
    },
  });

  t.deepEqual(values(out), ["1 1,1 0 a,1;a,1;b,2", "b 0 false", "true"]);
});

test("a combining state folds, and takes accumulators", async (t) => {
  const out = await play(pairs(3), {
    state: { sum: State.combining(Sum.of((n: number) => n)) },
    output: type<string>(),
    process({ value }, { state: { sum }, emit }) {
      emit(`${sum.isEmpty()} ${sum.read()}`);
      sum.add(value);
      sum.addAccumulator(10);
      emit(`${sum.read()} ${sum.readAccumulator()} ${sum.isEmpty()}`);
      sum.clear();
      emit(`${sum.read()}`);
    },
  });

  t.deepEqual(values(out), ["true 0", "13 13 false", "0"]);
});

test("an ordered list is sorted by time, keeps duplicates, and has half-open ranges", async (t) => {
  const out = await play(pairs(1), {
    state: { list: State.orderedList<string>() },
    output: type<string>(),
    process(_pair, { state: { list }, emit }) {
      list.add(20, "c");
      list.add(10, "a");
      list.add(10, "b");
      list.add(30, "d");
      const text = (entries: readonly { timestamp: number; value: string }[]) =>
        entries.map((entry) => entry.value).join("");
      emit(`${text(list.read())} ${text(list.readRange(10, 30))} ${text(list.readRange(11, 20))}`);
      list.clearRange(10, 20);
      emit(`${text(list.read())} ${list.isEmpty()}`);
      list.clear();
      emit(`${list.isEmpty()}`);
    },
  });

  t.deepEqual(values(out), ["abcd abc ", "cd false", "true"]);
});

test("state belongs to a key, a window and a step", async (t) => {
  const stream = new TestStream<Pair>()
    .at(1, kv("a", 1), kv("b", 1), kv("a", 1))
    .at(11, kv("a", 1))
    .advanceWatermarkToInfinity();
  const pipeline = new TestPipeline("scopes", { runner });
  const counting: DoFnSource<
    Pair,
    Pair,
    { n: ReturnType<typeof State.value<number>> },
    None,
    None,
    None,
    string
  > = {
    state: { n: State.value<number>() },
    process({ key }, { state, emit }) {
      const n = (state.n.read() ?? 0) + 1;
      state.n.write(n);
      emit(kv(key, n));
    },
  };
  const windowed = pipeline.play("stream", stream).windowInto("windows", FixedWindows.of(10));
  const once = windowed.parDo<Pair, { n: ReturnType<typeof State.value<number>> }, None, None, None, string>(
    "one",
    counting,
  );
  const twice = once.parDo<Pair, { n: ReturnType<typeof State.value<number>> }, None, None, None, string>(
    "two",
    counting,
  );
  const first = pipeline.collect("first", once);
  const second = pipeline.collect("second", twice);

  await pipeline.run();

  t.deepEqual(
    first.values.map(({ key, value }) => key + String(value)),
    ["a1", "b1", "a2", "a1"],
  );
  t.deepEqual(
    second.values.map(({ key, value }) => key + String(value)),
    ["a1", "b1", "a2", "a1"],
  );
});

test("keys are the same when their encoded bytes are", async (t) => {
  const pipeline = new TestPipeline("keys", { runner });
  const out = pipeline.create("objects", [{ id: [1, 2] }, { id: [1, 2] }, { id: [2, 1] }]).parDo("count", {
    key: ({ id }) => id,
    state: { n: State.value<number>() },
    output: type<number>(),
    process(_element, { state, emit }) {
      state.n.write((state.n.read() ?? 0) + 1);
      emit(state.n.read() ?? 0);
    },
  });
  pipeline.assert("out", out).containsInAnyOrder([1, 2, 1]);

  await pipeline.run();
  t.pass();
});

test("functions with state have further outputs and side inputs", async (t) => {
  const pipeline = new TestPipeline("outputs", { runner });
  const side = pipeline.create("side", [10, 20]);
  const { main, again } = pipeline.create("pairs", [kv("a", 1), kv("a", 2), kv("b", 1)]).parDo("first", {
    state: { seen: State.value<boolean>() },
    outputs: { again: output<string>() },
    sideInputs: { side: asList(side) },
    output: type<string>(),
    process({ key, value }, { state, emit, emitTo, side: { side: list } }) {
      const text = `${key}${value + list.reduce((sum, one) => sum + one, 0)}`;
      if (state.seen.read() === true) emitTo("again", text);
      else emit(text);
      state.seen.write(true);
    },
  });
  pipeline.assert("firsts", main).containsInAnyOrder(["a31", "b31"]);
  pipeline.assert("others", again).containsInAnyOrder(["a32"]);

  await pipeline.run();
  t.pass();
});

// --- expiry -----------------------------------------------------------------------------------------------------------

test("the state of a window is deleted when it expires, and elements that come later are dropped and counted", async (t) => {
  const stream = new TestStream<Pair>()
    .at(1, kv("k", 1))
    .advanceWatermarkTo(14)
    .at(2, kv("k", 2))
    .advanceWatermarkTo(15)
    .at(3, kv("k", 3))
    .at(15, kv("k", 4))
    .advanceWatermarkToInfinity();
  const pipeline = new TestPipeline("late", { runner });
  const windowed = pipeline.play("stream", stream).windowInto("windows", {
    windowFn: FixedWindows.of(10),
    allowedLatenessMs: 5,
    accumulation: "discarding",
  });
  const out = windowed.parDo("sum", {
    state: { sum: State.value<number>() },
    output: type<number>(),
    process({ value }, { state, emit }) {
      const sum = (state.sum.read() ?? 0) + value;
      state.sum.write(sum);
      emit(sum);
    },
  });
  const seen = pipeline.collect("seen", out);
  const job = await pipeline.start();
  const result = await job.result;

  t.deepEqual(seen.values, [1, 3, 4]);
  t.is(result.late, 1);
  const dropped = job.metrics.read().find(({ name }) => name === "step.sum.droppedDueToLateness");
  t.is(dropped?.value, 1);
});

test("an element in a window that is one millisecond from its expiry is kept", async (t) => {
  const stream = new TestStream<Pair>()
    .advanceWatermarkTo(9)
    .at(1, kv("k", 1))
    .advanceWatermarkTo(10)
    .at(1, kv("k", 2));
  const out = await play(
    stream,
    { state: { n: State.value<number>() }, process: ({ value }, { emit }) => emit(`${value}`) },
    10,
  );

  t.deepEqual(out, ["1@1"]);
});

test("onWindowExpiration runs once for each key and window, after its timers, at the end of the window", async (t) => {
  const stream = new TestStream<Pair>()
    .at(1, kv("a", 1), kv("b", 1))
    .at(12, kv("a", 1))
    .advanceWatermarkTo(10)
    .advanceWatermarkTo(13)
    .advanceWatermarkToInfinity();
  const out = await play(
    stream,
    {
      state: { sum: State.combining(Sum.of((n: number) => n)) },
      timers: { last: Timers.eventTime() },
      process({ value }, { state, timers, window }) {
        state.sum.add(value);
        timers.last.set(window.end + 1);
      },
      onTimer(_timer, { emit, key, state }) {
        state.sum.add(10);
        emit(`timer ${key}`);
      },
      onWindowExpiration({ emit, key, state, window }) {
        emit(`expired ${key} ${window.start} ${state.sum.read()}`);
      },
    },
    10,
    2,
  );

  t.deepEqual(out, [
    "timer a@11",
    "timer b@11",
    "expired a 0 11@9",
    "expired b 0 11@9",
    "timer a@21",
    "expired a 10 11@19",
  ]);
});

test("the global window expires when a bounded input ends", async (t) => {
  const pipeline = new TestPipeline("bounded", { runner });
  const out = pipeline.create("pairs", [kv("a", 1), kv("b", 2), kv("a", 3)]).parDo("sum", {
    state: { sum: State.combining(Sum.of((n: number) => n)) },
    output: type<string>(),
    process: ({ value }, { state }) => state.sum.add(value),
    onWindowExpiration: ({ key, state, emit, timestamp }) =>
      emit(`${key}${state.sum.read()} ${timestamp === GLOBAL_WINDOW.end - 1}`),
  });
  pipeline.assert("sums", out).containsInAnyOrder(["a4 true", "b2 true"]);

  await pipeline.run();
  t.pass();
});

test("state in windows that merge is refused before anything runs", async (t) => {
  const pipeline = new TestPipeline("sessions", { runner });
  pipeline
    .create("pairs", [kv("a", 1)])
    .windowInto("sessions", SessionWindows.of(10))
    .parDo("fn", { state: { n: State.value<number>() }, output: type<number>(), process() {} })
    .map("next", (n) => n);

  const error = await t.throwsAsync(pipeline.start());

  t.true(TributaryError.is(error, "PIPELINE_INVALID"));
  t.true(error instanceof TributaryError && error.diagnostics.some((one) => one.step === "fn"));
});

// --- order ------------------------------------------------------------------------------------------------------------

const inOrder: DoFnSource<
  Pair,
  string,
  { seen: ReturnType<typeof State.bag<number>> },
  None,
  None,
  None,
  string
> = {
  requiresTimeSortedInput: true,
  state: { seen: State.bag<number>() },
  process({ value }, { state, emit }) {
    state.seen.add(value);
    emit(state.seen.read().join());
  },
};

test("elements of a key come in the order of their times, once the watermark has passed them", async (t) => {
  const at = (...times: readonly number[]) =>
    times.map((time) => ({ value: kv("k", time), timestamp: time }));
  const stream = new TestStream<Pair>()
    .addAt(...at(5, 3, 8))
    .advanceWatermarkTo(6)
    .addAt(...at(7, 6))
    .addAt(...at(2))
    .advanceWatermarkToInfinity();

  const out = await play<{ seen: ReturnType<typeof State.bag<number>> }>(stream, inOrder, 100);

  t.deepEqual(out, ["3@3", "3,5@5", "3,5,6@6", "3,5,6,7@7", "3,5,6,7,8@8"]);
});

test("with allowed lateness late elements are sorted, too, and later ones are dropped", async (t) => {
  const at = (...times: readonly number[]) =>
    times.map((time) => ({ value: kv("k", time), timestamp: time }));
  const stream = new TestStream<Pair>()
    .addAt(...at(10, 5))
    .advanceWatermarkTo(12)
    .addAt(...at(4))
    .advanceWatermarkTo(16)
    .addAt(...at(3))
    .advanceWatermarkToInfinity();

  const out = await play<{ seen: ReturnType<typeof State.bag<number>> }>(stream, inOrder, 100, 10);

  t.deepEqual(values(out), ["4", "4,5", "4,5,10"]);
});

test("what waits for its turn holds the watermark for the next step", async (t) => {
  const pipeline = new TestPipeline("two", { runner });
  const stream = new TestStream<Pair>()
    .addAt({ value: kv("k", 5), timestamp: 5 }, { value: kv("k", 2), timestamp: 2 })
    .advanceWatermarkTo(4)
    .advanceWatermarkToInfinity();
  type Seen = { seen: ReturnType<typeof State.bag<number>> };
  const pass: DoFnSource<Pair, Pair, Seen, None, None, None, string> = {
    requiresTimeSortedInput: true,
    state: { seen: State.bag<number>() },
    process: (pair, { emit }) => emit(pair),
  };
  const first = pipeline
    .play("stream", stream)
    .windowInto("w", FixedWindows.of(10))
    .parDo<Pair, Seen, None, None, None, string>("one", pass);
  const second = pipeline.collect("seen", first.parDo<Pair, Seen, None, None, None, string>("two", pass));

  await pipeline.run();

  t.deepEqual(
    second.values.map(({ value }) => value),
    [2, 5],
  );
});

// --- timers -----------------------------------------------------------------------------------------------------------

/** Sets timers as its element says and tells what fires. */
const timed = (
  set: (context: {
    readonly timers: { readonly t: Timer; readonly u: Timer };
    readonly timestamp: number;
  }) => void,
) =>
  ({
    timers: { t: Timers.eventTime(), u: Timers.eventTime() },
    process: (_pair: Pair, context: Parameters<typeof set>[0]) => set(context),
    onTimer: (
      timer: string,
      { emit, fireTime }: { readonly emit: (value: string) => void; readonly fireTime: number },
    ) => emit(`${timer}${fireTime}`),
  }) as DoFnSource<Pair, string, None, { t: TimerSpec; u: TimerSpec }, None, None, string>;

const at = (timestamp: number): TestStream<Pair> => new TestStream<Pair>().at(timestamp, kv("k", 1));

test("an event-time timer fires when the watermark is beyond it, and not when it is at it", async (t) => {
  const fired: string[] = [];
  const stream = at(1)
    .advanceWatermarkTo(5)
    .at(50, kv("other", 1))
    .advanceWatermarkTo(6)
    .at(51, kv("other", 2))
    .advanceWatermarkToInfinity();
  await play(
    stream,
    {
      timers: { t: Timers.eventTime() },
      process({ value, key }, { timers }) {
        fired.push(`${key}${value}`);
        if (key === "k") timers.t.set(5);
      },
      onTimer: () => void fired.push("timer"),
    },
    100,
  );

  t.deepEqual(fired, ["k1", "other1", "timer", "other2"]);
});

for (const [what, set, expected] of [
  ["relative", ({ t }: { t: Timer }) => t.setRelative(10), ["t11@11"]],
  ["aligned", ({ t }: { t: Timer }) => t.setRelative(10, { alignToMs: 8 }), ["t16@16"]],
  ["set anew", ({ t }: { t: Timer }) => (t.set(10), t.set(20)), ["t20@20"]],
  ["set to an earlier time", ({ t }: { t: Timer }) => (t.set(20), t.set(10)), ["t10@10"]],
  ["cleared", ({ t }: { t: Timer }) => (t.set(10), t.clear()), []],
  ["cleared without being set", ({ t }: { t: Timer }) => t.clear(), []],
  ["set after it was cleared", ({ t }: { t: Timer }) => (t.set(10), t.clear(), t.set(12)), ["t12@12"]],
  ["relative beyond the window", ({ t }: { t: Timer }) => t.setRelative(1_000), ["t99@99"]],
  ["at the window's expiry", ({ t }: { t: Timer }) => t.set(99), ["t99@99"]],
  ["in the past", ({ t }: { t: Timer }) => t.set(-5), ["t-5@-5"]],
  ["with an output timestamp", ({ t }: { t: Timer }) => t.set(50, { outputTimestamp: 7 }), ["t50@7"]],
] as const) {
  test(`a timer that is ${what} fires as it should`, async (t) => {
    const out = await play(
      at(1).advanceWatermarkTo(30).advanceWatermarkToInfinity(),
      timed(({ timers }) => set(timers)),
      100,
    );

    t.deepEqual(out, expected);
  });
}

for (const [what, set] of [
  ["after its window", ({ t }: { t: Timer }) => t.set(100)],
  ["with an output timestamp before the element", ({ t }: { t: Timer }) => t.set(50, { outputTimestamp: 0 })],
  ["with an output timestamp after its window", ({ t }: { t: Timer }) => t.set(50, { outputTimestamp: 100 })],
  ["relative by less than nothing", ({ t }: { t: Timer }) => t.setRelative(-1)],
  ["with an id although it is no family", ({ t }: { t: Timer }) => t.set(50, { id: "x" })],
] as const) {
  test(`a timer ${what} is refused`, async (t) => {
    const error = await t.throwsAsync(
      play(
        at(1),
        timed(({ timers }) => set(timers)),
        100,
      ),
    );

    t.true(TributaryError.is(error, "TIMER_INVALID"));
  });
}

test("timers may be set up to the end of the allowed lateness", async (t) => {
  const out = await play(
    at(1).advanceWatermarkToInfinity(),
    timed(({ timers }) => timers.t.set(109)),
    100,
    10,
  );

  t.deepEqual(out, ["t109@109"]);
});

test("timers of a key and window fire in the order of their targets, those that callbacks set among them", async (t) => {
  const out = await play(
    at(1).advanceWatermarkTo(90).advanceWatermarkToInfinity(),
    {
      timers: { t: Timers.eventTime(), u: Timers.eventTime() },
      process(_pair, { timers }) {
        timers.u.set(40);
        timers.t.set(10);
      },
      onTimer(timer, { timers, emit, fireTime }) {
        emit(`${timer}${fireTime}`);
        if (timer === "t" && fireTime < 60) timers.t.setRelative(20);
      },
    },
    100,
  );

  t.deepEqual(values(out), ["t10", "t30", "u40", "t50", "t70"]);
});

test("two timers that set each other, and one that clears another", async (t) => {
  const out = await play(
    at(1).advanceWatermarkToInfinity(),
    {
      timers: { ping: Timers.eventTime(), pong: Timers.eventTime(), never: Timers.eventTime() },
      process(_pair, { timers }) {
        timers.ping.set(10);
        timers.never.set(15);
      },
      onTimer(timer, { timers, emit, fireTime }) {
        emit(`${timer}${fireTime}`);
        timers.never.clear();
        if (fireTime < 40) (timer === "ping" ? timers.pong : timers.ping).set(fireTime + 10);
      },
    },
    100,
  );

  t.deepEqual(values(out), ["ping10", "pong20", "ping30", "pong40"]);
});

test("a loop of timers ends with its window", async (t) => {
  const out = await play(
    at(1).advanceWatermarkToInfinity(),
    {
      timers: { t: Timers.eventTime() },
      process: (_pair, { timers }) => timers.t.set(70),
      onTimer(_timer, { timers, emit, fireTime }) {
        emit(`${fireTime}`);
        timers.t.setRelative(10);
      },
    },
    100,
  );

  t.deepEqual(values(out), ["70", "80", "90", "99"]);
});

test("timers of families have names of their own", async (t) => {
  const out = await play(
    at(1).advanceWatermarkToInfinity(),
    {
      timers: { a: Timers.family(), b: Timers.family() },
      process(_pair, { timers }) {
        timers.a.set(10, { id: "x" });
        timers.b.set(20, { id: "x" });
        timers.a.set(30, { id: "y" });
        timers.a.set(40, { id: "z" });
        timers.a.clear("z");
      },
      onTimer: (timer, { emit, id, fireTime }) => emit(`${timer}.${id}${fireTime}`),
    },
    100,
  );

  t.deepEqual(values(out), ["a.x10", "b.x20", "a.y30"]);
});

test("a timer without an output timestamp holds nothing and must not emit", async (t) => {
  const error = await t.throwsAsync(
    play(
      at(1).advanceWatermarkToInfinity(),
      {
        timers: { t: Timers.eventTime() },
        process: (_pair, { timers }) => timers.t.set(50, { outputTimestamp: "none" }),
        onTimer: (_timer, { emit }) => emit("x"),
      },
      100,
    ),
  );

  t.true(TributaryError.is(error, "OUTPUT_INVALID"));
});

test("a timer holds the watermark at its output timestamp, which delays the timers of the next step", async (t) => {
  const order: string[] = [];
  const pipeline = new TestPipeline("holds", { runner });
  const stream = at(1)
    .advanceWatermarkTo(30)
    .at(60, kv("k", 2))
    .advanceWatermarkTo(70)
    .advanceWatermarkToInfinity();
  pipeline
    .play("stream", stream)
    .windowInto("windows", FixedWindows.of(100))
    .parDo("holding", {
      timers: { t: Timers.eventTime() },
      output: type<Pair>(),
      process(pair, { timers, emit }) {
        order.push(`element ${pair.value}`);
        if (pair.value === 1) timers.t.set(65, { outputTimestamp: 20 });
        emit(pair);
      },
      onTimer: () => void order.push("held"),
    })
    .parDo("below", {
      timers: { t: Timers.eventTime() },
      output: type<string>(),
      process: (pair, { timers }) => {
        if (pair.value === 1) timers.t.set(25);
      },
      onTimer: () => void order.push("below"),
    });

  await pipeline.run();

  t.deepEqual(order, ["element 1", "element 2", "held", "below"]);
});

test("timers keep the window of their element, and fire for every key", async (t) => {
  const stream = new TestStream<Pair>()
    .at(1, kv("a", 1), kv("b", 1))
    .at(11, kv("a", 1))
    .advanceWatermarkToInfinity();
  const out = await play(
    stream,
    {
      timers: { t: Timers.eventTime() },
      process: (_pair, { timers }) => timers.t.setRelative(5),
      onTimer: (_timer, { key, window, emit }) => emit(`${key}${window.start}`),
    },
    10,
  );

  t.deepEqual([...out].sort(), ["a0@6", "a10@16", "b0@6"]);
});

// --- processing time --------------------------------------------------------------------------------------------------

test("a processing-time timer fires when the clock is beyond it; the last time it was set to counts", async (t) => {
  const order: string[] = [];
  const stream = new TestStream<Pair>()
    .at(1, kv("k", 1))
    .advanceProcessingTime(5)
    .at(2, kv("k", 2))
    .advanceProcessingTime(9)
    .at(3, kv("k", 3))
    .advanceProcessingTime(100)
    .at(4, kv("k", 4))
    .advanceWatermarkToInfinity();
  const out = await play(
    stream,
    {
      timers: { t: Timers.processingTime() },
      process({ value }, { timers }) {
        order.push(`${value}`);
        if (value < 3) timers.t.setRelative(10);
      },
      onTimer: (_timer, { emit, timestamp }) => {
        order.push("timer");
        emit(`at ${timestamp}`);
      },
    },
    100,
  );

  t.deepEqual(order, ["1", "2", "3", "timer", "4"]);
  t.deepEqual(out, ["at 2@2"]);
});

test("a processing-time timer that was cleared, or whose window has expired, does not fire", async (t) => {
  const fired: string[] = [];
  const stream = new TestStream<Pair>()
    .at(1, kv("cleared", 1), kv("expired", 1))
    .at(2, kv("cleared", 2))
    .advanceWatermarkTo(10)
    .advanceProcessingTime(1_000);
  await play(
    stream,
    {
      timers: { t: Timers.processingTime() },
      process({ key, value }, { timers }) {
        if (key === "cleared" && value === 2) timers.t.clear();
        else timers.t.setRelative(10);
      },
      onTimer: (_timer, { key }) => void fired.push(key),
    },
    10,
  );

  t.deepEqual(fired, []);
});

test("processing-time timers of a bounded input fire when it ends, and a loop of them ends, too", async (t) => {
  const pipeline = new TestPipeline("bounded", { runner });
  const out = pipeline.create("pairs", [kv("a", 1)]).parDo("fn", {
    state: { bag: State.bag<number>() },
    timers: { flush: Timers.processingTime() },
    output: type<string>(),
    process({ value }, { state, timers }) {
      state.bag.add(value);
      timers.flush.setRelative(60_000);
    },
    onTimer(_timer, { state, timers, emit }) {
      emit(`flushed ${state.bag.read().join()}`);
      timers.flush.setRelative(60_000);
    },
    onWindowExpiration: ({ emit }) => emit("expired"),
  });
  const seen = pipeline.collect("seen", out);

  await pipeline.run();

  t.deepEqual(seen.values, ["flushed 1", "expired"]);
});

test("processing-time timers that are left at a drain fire before their windows expire", async (t) => {
  const source = new ScriptedSource<number>(
    { s: { batches: [{ records: [1, 2] }], isOpen: true } },
    { boundedness: "unbounded" },
  );
  const pipeline = new TestPipeline("drain", { runner });
  const out = pipeline.read("numbers", source, { eventTime: { timestamp: (n) => n } }).parDo("fn", {
    key: () => "k",
    state: { bag: State.bag<number>() },
    timers: { flush: Timers.processingTime() },
    output: type<string>(),
    process(n, { state, timers }) {
      state.bag.add(n);
      timers.flush.setRelative(3_600_000);
    },
    onTimer: (_timer, { state, emit }) => emit(state.bag.read().join()),
  });
  const seen = pipeline.collect("seen", out);
  const job = await pipeline.start();
  await until(() => source.isPolled && source.answered === 1);
  await job.drain();

  t.deepEqual(seen.values, ["1,2"]);
});

// --- bundles, cuts, checkpoints ---------------------------------------------------------------------------------------

test("functions that wait see the elements of a key one after the other, whatever their concurrency", async (t) => {
  const busy = new Set<string>();
  let most = 0;
  const pipeline = new TestPipeline("async", { runner });
  const elements = Array.from({ length: 60 }, (_, index) => kv(`k${index % 5}`, index));
  const out = pipeline.create("pairs", elements).parDo("fn", {
    concurrency: 4,
    state: { n: State.value<number>() },
    output: type<string>(),
    async process({ key }, { state, emit }) {
      t.false(busy.has(key));
      busy.add(key);
      most = Math.max(most, busy.size);
      const n = (state.n.read() ?? 0) + 1;
      await Promise.resolve();
      await Promise.resolve();
      state.n.write(n);
      busy.delete(key);
      emit(`${key}.${n}`);
    },
  });
  pipeline
    .assert("out", out)
    .containsInAnyOrder(elements.map(({ key, value }) => `${key}.${Math.floor(value / 5) + 1}`));

  await pipeline.run();

  t.is(most, 4);
});

test("a bundle that fails leaves no write, no timer and no output when it is tried again", async (t) => {
  let failures = 2;
  const pipeline = new TestPipeline("retries", { runner });
  const out = pipeline.create("pairs", [kv("a", 1), kv("b", 1), kv("a", 2)]).parDo("fn", {
    attempts: 3,
    state: { sum: State.value<number>(), bag: State.bag<number>() },
    timers: { end: Timers.eventTime() },
    output: type<string>(),
    process({ key, value }, { state, timers, emit }) {
      state.sum.write((state.sum.read() ?? 0) + value);
      state.bag.add(value);
      timers.end.set(value);
      emit(`${key}${state.sum.read()}`);
      if (key === "a" && value === 2 && failures-- > 0) throw new Error("again");
    },
    onTimer: (_timer, { key, emit, fireTime, state }) =>
      emit(`${key}@${fireTime}:${state.bag.read().join()}`),
  });
  pipeline.assert("out", out).containsInAnyOrder(["a1", "b1", "a3", "a@2:1,2", "b@1:1"]);

  const result = await pipeline.run();

  t.is(result.state, "finished");
  t.is(failures, -1);
});

test("a timer, an expiration and elements that waited in order are tried again as they were", async (t) => {
  const failures = new Map([
    ["process", 1],
    ["onTimer", 2],
    ["onWindowExpiration", 1],
  ]);
  const fail = (method: string): void => {
    const left = failures.get(method) ?? 0;
    failures.set(method, left - 1);
    if (left > 0) throw new Error(`again: ${method}`);
  };
  const stream = new TestStream<Pair>()
    .addAt({ value: kv("k", 2), timestamp: 2 }, { value: kv("k", 1), timestamp: 1 })
    .advanceWatermarkTo(5)
    .advanceWatermarkTo(60)
    .advanceWatermarkToInfinity();
  const out = await play(
    stream,
    {
      attempts: 5,
      requiresTimeSortedInput: true,
      state: { bag: State.bag<number>() },
      timers: { t: Timers.eventTime() },
      process({ value }, { state, timers, emit }) {
        state.bag.add(value);
        timers.t.set(50);
        emit(`element ${state.bag.read().join()}`);
        if (value === 2) fail("process");
      },
      onTimer(_timer, { state, timers, emit, fireTime }) {
        state.bag.add(fireTime);
        emit(`timer ${state.bag.read().join()}`);
        if (fireTime < 55) timers.t.set(55);
        fail("onTimer");
      },
      onWindowExpiration({ state, emit }) {
        emit(`expired ${state.bag.read().join()}`);
        fail("onWindowExpiration");
      },
    },
    100,
  );

  t.deepEqual(values(out), [
    "element 1",
    "element 1,2",
    "timer 1,2,50",
    "timer 1,2,50,55",
    "expired 1,2,50,55",
  ]);
});

test("timers whose callbacks wait fire one after the other, in their order", async (t) => {
  const out = await play(
    at(1).advanceWatermarkToInfinity(),
    {
      state: { bag: State.bag<number>() },
      timers: { t: Timers.eventTime(), u: Timers.eventTime() },
      process(_pair, { timers }) {
        timers.u.set(20);
        timers.t.set(10);
      },
      async onTimer(timer, { state, timers, emit, fireTime }) {
        await Promise.resolve();
        state.bag.add(fireTime);
        await Promise.resolve();
        emit(`${timer} ${state.bag.read().join()}`);
        if (fireTime === 10) timers.t.set(15);
      },
      async onWindowExpiration({ emit, state }) {
        await Promise.resolve();
        emit(`expired ${state.bag.read().join()}`);
      },
    },
    100,
  );

  t.deepEqual(values(out), ["t 10", "t 10,15", "u 10,15,20", "expired 10,15,20"]);
});

test("cuts of bundles and the order among keys do not change what a function with state gives", async (t) => {
  const word = fc.record({ key: fc.constantFrom("a", "b", "c"), value: fc.integer({ min: 0, max: 50 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(word, { maxLength: 20 }),
      fc.array(fc.boolean(), { maxLength: 20 }),
      async (elements, cuts) => {
        const stream = new TestStream<Pair>();
        let bundle: { value: Pair; timestamp: number }[] = [];
        for (const [index, { key, value }] of elements.entries()) {
          bundle.push({ value: kv(key, value), timestamp: value });
          if (cuts[index] !== true) continue;
          stream.addAt(...bundle);
          bundle = [];
        }
        if (bundle.length > 0) stream.addAt(...bundle);
        const out = await play(
          stream.advanceWatermarkToInfinity(),
          {
            state: { sum: State.combining(Sum.of((n: number) => n)) },
            timers: { end: Timers.eventTime() },
            process({ value }, { state, timers, window }) {
              state.sum.add(value);
              timers.end.set(window.end - 1);
            },
            onTimer: (_timer, { key, state, emit }) => emit(`${key}${state.sum.read()}`),
          },
          10,
        );
        const sums = new Map<string, number>();
        for (const { key, value } of elements) {
          const group = `${key} ${Math.floor(value / 10)}`;
          sums.set(group, (sums.get(group) ?? 0) + value);
        }
        const expected = Array.from(sums, ([group, sum]) => {
          const [key, start] = group.split(" ");
          return `${key}${sum}@${Number(start) * 10 + 9}`;
        });
        t.deepEqual([...out].sort(), expected.sort());
      },
    ),
    { numRuns: 40 },
  );
});

/** Everything a function may keep, told when its timers fire. */
function remembering(batches: readonly (readonly number[])[], polls = batches.length) {
  const source = new ScriptedSource<number>(
    { s: { batches: batches.map((records) => ({ records })), isOpen: true } },
    { boundedness: "unbounded", polls },
  );
  const pipeline = new TestPipeline("remembering", { runner });
  const out = pipeline
    .read("numbers", source, { eventTime: { timestamp: (n) => n } })
    .windowInto("windows", FixedWindows.of(100))
    .parDo("fn", {
      key: (n) => (n % 2 === 0 ? "even" : "odd"),
      keyCoder: stringCoder,
      state: {
        value: State.value(varIntCoder),
        bag: State.bag(varIntCoder),
        set: State.set(varIntCoder),
        map: State.map(stringCoder, varIntCoder),
        multimap: State.multimap(stringCoder, varIntCoder),
        sum: State.combining(
          Sum.ofBigInt((n: bigint) => n),
          bigIntCoder,
        ),
        list: State.orderedList(varIntCoder),
      },
      timers: { t: Timers.eventTime(), family: Timers.family() },
      output: type<string>(),
      process(n, { state, timers, key, window }) {
        state.value.write(n);
        state.bag.add(n);
        state.set.add(n % 10);
        state.map.put(key, n);
        state.multimap.put(key, n);
        state.sum.add(BigInt(n));
        state.list.add(n, n);
        timers.t.set(window.start + 90, { outputTimestamp: n });
        timers.family.setRelative(5, { id: `f${n}` });
      },
      onTimer(timer, { key, id, state, emit, timestamp }) {
        const all = [
          state.value.read(),
          state.bag.read().join(),
          state.set.read().join(),
          state.map.entries().join(),
          state.multimap.entries().join(";"),
          state.sum.read(),
          state.list
            .read()
            .map((entry) => entry.value)
            .join(),
        ];
        emit(`${timer}${id}@${timestamp} ${key}: ${all.join(" ")}`);
      },
    });
  return { source, seen: pipeline.collect("seen", out), pipeline };
}

test("cut anywhere and restored, a function with state and timers goes on as if nothing had happened", async (t) => {
  const batches = [[3, 6], [8, 9, 20], [40, 41], [110], [130, 230]];
  const whole = remembering(batches);
  const running = await whole.pipeline.start();
  await until(() => whole.source.isPolled && whole.source.answered === batches.length);
  await running.drain();

  for (let cut = 0; cut < batches.length; cut++) {
    const store = new MemoryCheckpointStore();
    const first = remembering(batches, cut);
    const stopped = await first.pipeline.start({ checkpoint: { directory: "memory", store } });
    await until(() => first.source.isPolled && first.source.answered === cut);
    await stopped.stop();
    const second = remembering(batches);
    const restored = await second.pipeline.start({
      checkpoint: { directory: "memory", store, start: "restore" },
    });
    await until(() => second.source.isPolled && second.source.answered === batches.length - cut);
    await restored.drain();

    t.deepEqual([...first.seen.values, ...second.seen.values].toSorted(), whole.seen.values.toSorted());
  }
});

/** A job with a checkpoint, and then another one with the same step. */
async function restoredWith(
  before: StateSpecs,
  after: StateSpecs,
  keyCoder?: Coder<string>,
): Promise<TributaryError> {
  const store = new MemoryCheckpointStore();
  const build = (state: StateSpecs, coder?: Coder<string>) => {
    const source = new ScriptedSource<Pair>(
      { s: { batches: [], isOpen: true } },
      { boundedness: "unbounded" },
    );
    const pipeline = new TestPipeline("changed", { runner });
    pipeline.read("pairs", source).parDo("fn", {
      state,
      ...(coder === undefined ? {} : { keyCoder: coder }),
      output: type<string>(),
      process() {},
    });
    return pipeline;
  };
  const job = await build(before).start({ checkpoint: { directory: "memory", store } });
  await job.stop();
  const again = build(after, keyCoder).start({
    checkpoint: { directory: "memory", store, start: "restore" },
  });
  return again.then(
    () => {
      throw new Error("it was restored");
    },
    (error: unknown) => error as TributaryError,
  );
}

test("a state that is gone, new, of another kind or with another coder is named when a checkpoint does not fit", async (t) => {
  const n = State.value(varIntCoder);
  for (const [after, name] of [
    [{ m: n }, "state 'n'"],
    [{ n: State.bag(varIntCoder) }, "state 'n'"],
    [{ n: State.value(bigIntCoder) }, "state 'n'"],
    [{ n, m: n }, "state 'm'"],
  ] as const) {
    const error = await restoredWith({ n }, after);

    t.is(error.code, "STATE_INCOMPATIBLE");
    t.is(error.diagnostics[0]?.step, "fn");
    t.true(error.message.includes(name), error.message);
  }
  const error = await restoredWith({ n }, { n }, stringCoder);
  t.true(error.message.includes("key"), error.message);
});
