/** Steps that keep something, stopped after any event and restored: nothing is lost, repeated or changed. */
import { deepStrictEqual } from "node:assert/strict";

import test from "ava";
import fc from "fast-check";
import {
  FixedWindows,
  State,
  Timers,
  Trigger,
  Watermarks,
  asList,
  asSingleton,
  offsetRanges,
  resume,
  type,
  type KV,
  type PCollection,
} from "@tributary/core";
import {
  CollectingSink,
  MemoryCheckpointStore,
  TestPipeline,
  TestStream,
  VirtualClock,
  type Collected,
} from "@tributary/core/testing";
import { runner } from "./model-runner.js";

/** Of each property; more by hand. */
const RUNS = Number(process.env["MODEL_RUNS"] ?? 25);

interface Item extends KV<string, number> {
  readonly at: number;
}

type Told = KV<string, string>;

/** An event of one of two streams that are played in step. */
type Event = { readonly on: "main" | "side" } & (
  { readonly items: readonly Item[] } | { readonly to: number } | { readonly clock: number }
);

const anyEvents: fc.Arbitrary<readonly Event[]> = fc
  .array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          on: fc.constantFrom<"main" | "side">("main", "main", "side"),
          items: fc.array(
            fc.record({ key: fc.constantFrom("a", "b"), at: fc.integer({ min: -5, max: 40 }) }),
            { minLength: 1, maxLength: 4 },
          ),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          on: fc.constantFrom<"main" | "side">("main", "side"),
          by: fc.integer({ min: 1, max: 14 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          on: fc.constant<"main">("main"),
          clock: fc.integer({ min: 1, max: 9 }),
        }),
      },
    ),
    { minLength: 1, maxLength: 14 },
  )
  .map((parts) => {
    let value = 0;
    const watermarks = { main: -8, side: -8 };
    return parts.map((part): Event => {
      if ("items" in part) {
        return { on: part.on, items: part.items.map((item) => ({ ...item, value: ++value })) };
      }
      if ("clock" in part) return part;
      watermarks[part.on] += part.by;
      return { on: part.on, to: watermarks[part.on] };
    });
  });

const windowed = (items: PCollection<Item>, size: number, allowedLatenessMs = 0): PCollection<Item> =>
  items.windowInto(`windows of ${size}`, { windowFn: FixedWindows.of(size), allowedLatenessMs });

const sorted = (values: Iterable<unknown>): string => [...values].map(String).toSorted().join();

type Step = (main: PCollection<Item>, side: PCollection<Item>) => PCollection<Told>;

const STEPS: Readonly<Record<string, Step>> = {
  "states and timers": (main) =>
    windowed(main, 10, 4).parDo("fn", {
      state: { n: State.value<number>(), all: State.bag<number>() },
      timers: { event: Timers.eventTime(), clock: Timers.processingTime(), family: Timers.family() },
      output: type<Told>(),
      process({ key, value }, { state, timers, window, timestamp, emit }) {
        const n = (state.n.read() ?? 0) + 1;
        state.n.write(n);
        state.all.add(value);
        timers.event.set(window.start + 7, value % 2 === 0 ? {} : { outputTimestamp: timestamp });
        timers.clock.setRelative(4 + (value % 3));
        if (value % 3 === 0) timers.family.setRelative(2, { id: `${n}` });
        emit({ key, value: `element ${n}` });
      },
      onTimer(timer, { state, timers, key, id, emit }) {
        emit({ key, value: `${timer}${id} ${state.n.read()} ${sorted(state.all.read())}` });
        if (timer === "event") timers.family.setRelative(3, { id: "again" });
      },
      onWindowExpiration: ({ state, key, emit }) => emit({ key, value: `end ${state.n.read()}` }),
    }),
  "elements in the order of time": (main) =>
    windowed(main, 10, 4).parDo("fn", {
      state: { times: State.value<string>() },
      requiresTimeSortedInput: true,
      output: type<Told>(),
      process({ key }, { state, timestamp, emit }) {
        const times = `${state.times.read() ?? ""} ${timestamp}`;
        state.times.write(times);
        emit({ key, value: times });
      },
    }),
  "elements that wait for a side input": (main, side) =>
    windowed(main, 10, 30).parDo("fn", {
      sideInputs: { all: asList(windowed(side, 20).map("values", ({ value }) => value)) },
      output: type<Told>(),
      process: ({ key, value }, { side: { all }, emit }) => emit({ key, value: `${value}: ${sorted(all)}` }),
    }),
  "a side input read in the order of time, by timers and at the end": (main, side) =>
    windowed(main, 10, 5).parDo("fn", {
      sideInputs: { all: asList(windowed(side, 20).map("values", ({ value }) => value)) },
      state: { n: State.value<number>() },
      timers: { event: Timers.eventTime() },
      requiresTimeSortedInput: true,
      output: type<Told>(),
      process({ key, value }, { side: { all }, state, timers, window, emit }) {
        state.n.write(value);
        timers.event.set(window.end - 1);
        emit({ key, value: `${value}: ${sorted(all)}` });
      },
      onTimer: (_timer, { key, side: { all }, emit }) => emit({ key, value: `timer ${sorted(all)}` }),
      onWindowExpiration: ({ key, side: { all }, emit }) => emit({ key, value: `end ${sorted(all)}` }),
    }),
  "a side input that fires more than once": (main, side) => {
    const groups = side
      .windowInto("fired", {
        windowFn: FixedWindows.of(20),
        trigger: Trigger.repeat(Trigger.afterCount(2)),
        accumulation: "accumulating",
        allowedLatenessMs: 5,
      })
      .groupByKey("groups")
      .map("texts", ({ key, value }) => `${key}${sorted(value)}`);
    return windowed(main, 10, 5).parDo("fn", {
      sideInputs: { all: asList(groups) },
      output: type<Told>(),
      process: ({ key, value }, { side: { all }, emit }) => emit({ key, value: `${value}: ${sorted(all)}` }),
    });
  },
  "work that is put off": (main) =>
    main.splittable("fn", {
      restriction: offsetRanges(({ value }: Item) => ({ from: 0n, to: BigInt(value % 5) })),
      watermark: Watermarks.manual(),
      output: type<Told>(),
      process({ key, value }, { tracker, watermark, timestamp, emit }) {
        const { from } = tracker.restriction;
        if (!tracker.tryClaim(from)) return;
        const at = timestamp + Number(from);
        emit({ key, value: `${value}.${from}` }, { timestamp: at });
        watermark.set(at);
        return resume(value % 3);
      },
    }),
};

/** Tells its `mark` when the events before it are dealt with. */
class Marker extends VirtualClock {
  constructor(readonly mark: () => void) {
    super();
  }

  override advance(): Promise<void> {
    this.mark();
    return Promise.resolve();
  }
}

interface Play {
  readonly pipeline: TestPipeline;
  readonly collected: readonly Collected<unknown>[];
}

/** The step, and a grouping below it that shows its watermark by what is late. */
function playOf(step: Step, events: readonly Event[], clock: VirtualClock, mark: () => void): Play {
  const main = new TestStream<Item>();
  const side = new TestStream<Item>({ inStepWith: main });
  const marker = new Marker(mark);
  for (const event of events) {
    const stream = event.on === "main" ? main : side;
    if ("items" in event) stream.addAt(...event.items.map((value) => ({ value, timestamp: value.at })));
    else if ("to" in event) stream.advanceWatermarkTo(event.to);
    else stream.advanceProcessingTime(clock, event.clock);
    stream.advanceProcessingTime(marker, 0);
  }
  // What is put off gets its time before the streams end.
  for (let move = 0; move < 12; move++) main.advanceProcessingTime(clock, 3);
  const pipeline = new TestPipeline("recovery", { runner });
  const sides = pipeline.play("side", side);
  const told = step(pipeline.play("main", main), sides);
  sides.write("side out", new CollectingSink());
  const groups = told
    .windowInto("small windows", { windowFn: FixedWindows.of(5) })
    .groupByKey("groups below");
  return {
    pipeline,
    collected: [pipeline.collect("told", told), pipeline.collect("grouped", groups)],
  };
}

function textsOf({ collected }: Play): readonly string[] {
  return collected
    .flatMap((one) => one.elements)
    .map(({ value, timestamp, window, pane }) => {
      const { key, value: content } = value as KV<string, string | readonly string[]>;
      const text = typeof content === "string" ? content : `[${sorted(content)}]`;
      return `${key} ${text} @${timestamp} [${window.start}, ${window.end}) ${pane.timing} ${pane.index}`;
    });
}

/** An element that is late and waits for a side window which nobody on time would read any more. */
const LATE_AND_WAITING: Event[] = [
  { on: "main", to: 5 },
  {
    on: "main",
    items: [
      { key: "a", at: -1, value: 1 },
      { key: "a", at: 0, value: 2 },
    ],
  },
  { on: "side", items: [{ key: "a", at: -1, value: 3 }] },
];

for (const [name, step] of Object.entries(STEPS)) {
  test(`stopped after any event and restored, a job gives what it gives uninterrupted: ${name}`, async (t) => {
    await fc.assert(
      fc.asyncProperty(anyEvents, fc.nat(), async (events, at) => {
        const wholeClock = new VirtualClock();
        const whole = playOf(step, events, wholeClock, () => {});
        const uninterrupted = await whole.pipeline.start({ clock: wholeClock });
        const { late } = await uninterrupted.result;

        const stopAfter = at % events.length;
        const store = new MemoryCheckpointStore();
        const clock = new VirtualClock();
        const checkpoint = { directory: "memory", store };
        const control: { stop?: () => void } = {};
        let marks = 0;
        const first = playOf(step, events, clock, () => {
          if (marks++ === stopAfter) control.stop?.();
        });
        const stopped = await first.pipeline.start({ clock, checkpoint });
        control.stop = () => void stopped.stop();
        await stopped.result;
        const second = playOf(step, events, clock, () => {});
        const restored = await second.pipeline.start({
          clock,
          checkpoint: { ...checkpoint, start: "restore" },
        });
        const result = await restored.result;

        deepStrictEqual([...textsOf(first), ...textsOf(second)].toSorted(), textsOf(whole).toSorted());
        deepStrictEqual(result.late, late);
      }),
      { numRuns: RUNS, examples: [[LATE_AND_WAITING, 1]] },
    );
    t.pass();
  });
}

test("what is due when the watermark jumps still reads the side input of its window", async (t) => {
  const main = new TestStream<Item>();
  const side = new TestStream<Item>({ inStepWith: main });
  side.at(3, { key: "s", value: 7, at: 3 });
  main.at(4, { key: "a", value: 1, at: 4 });
  side.advanceWatermarkTo(20);
  main.advanceWatermarkTo(1_000);
  const pipeline = new TestPipeline("jump", { runner });
  const told = windowed(pipeline.play("main", main), 10).parDo("fn", {
    sideInputs: {
      one: asSingleton(windowed(pipeline.play("side", side), 20).map("values", ({ value }) => value)),
    },
    state: { n: State.value<number>() },
    timers: { event: Timers.eventTime() },
    requiresTimeSortedInput: true,
    output: type<string>(),
    process(_item, { side: { one }, state, timers, window, emit }) {
      state.n.write(one);
      timers.event.set(window.end - 1);
      emit(`element ${one}`);
    },
    onTimer: (_timer, { side: { one }, emit }) => emit(`timer ${one}`),
    onWindowExpiration: ({ side: { one }, emit }) => emit(`end ${one}`),
  });
  const seen = pipeline.collect("seen", told);

  await pipeline.run();

  t.deepEqual(seen.values, ["element 7", "timer 7", "end 7"]);
});

test("a late element sees the side input of its window; where that is long gone the element is dropped and counted", async (t) => {
  const main = new TestStream<number>();
  const side = new TestStream<number>({ inStepWith: main });
  for (let at = 5; at < 200; at += 10) {
    side.at(at, at);
    side.advanceWatermarkTo(at + 5);
    main.at(at, at);
    main.advanceWatermarkTo(at + 5);
  }
  main.at(182, 182).at(3, 3);
  const pipeline = new TestPipeline("late", { runner });
  const tens = { windowFn: FixedWindows.of(10) };
  const told = pipeline
    .play("main", main)
    .windowInto("main windows", tens)
    .parDo("fn", {
      sideInputs: { one: asSingleton(pipeline.play("side", side).windowInto("side windows", tens)) },
      output: type<string>(),
      process: (n, { side: { one }, emit }) => emit(`${n}: ${one}`),
    });
  const seen = pipeline.collect("seen", told);

  const { late } = await pipeline.run();

  t.deepEqual(
    seen.values.filter((text) => text.startsWith("182") || text.startsWith("3:")),
    ["182: 185"],
  );
  t.is(late, 1);
});

test("elements of twenty thousand windows may wait for one side input", async (t) => {
  const windows = 20_000;
  const main = new TestStream<number>();
  const side = new TestStream<number>({ inStepWith: main });
  main.addAt(...Array.from({ length: windows }, (_, n) => ({ value: n, timestamp: n * 10 })));
  const pipeline = new TestPipeline("waiting", { runner });
  const tens = { windowFn: FixedWindows.of(10) };
  const out = new CollectingSink<number>();
  pipeline
    .play("main", main)
    .windowInto("main windows", tens)
    .parDo("fn", {
      sideInputs: { all: asList(pipeline.play("side", side).windowInto("side windows", tens)) },
      output: type<number>(),
      process: (n, { side: { all }, emit }) => emit(n + all.length),
    })
    .write("out", out);

  await pipeline.run();

  t.is(out.values.length, windows);
});
