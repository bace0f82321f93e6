/** What comes of a grouping: panes, timestamps, holds, lateness, merging windows; compared with the definitions. */
import { deepStrictEqual } from "node:assert/strict";

import test from "ava";
import fc from "fast-check";
import {
  Count,
  FixedWindows,
  GlobalWindows,
  SessionWindows,
  SlidingWindows,
  TributaryError,
  Trigger,
  type Combiner,
  type KV,
  type Window,
  type WindowFn,
  type WindowingStrategy,
} from "@tributary/core";
import {
  CollectingSink,
  MemoryCheckpointStore,
  SILENT_LOGGER,
  TestPipeline,
  TestStream,
  VirtualClock,
  graphOf,
  listSource,
} from "@tributary/core/testing";
import { type ScriptElement, type ScriptEvent } from "./grouping-reference.js";
import { groupingOf, play, playReference, script, strategyOf, textOf } from "./grouping-script.js";
import { runner } from "./model-runner.js";

/** Of each property; more by hand. */
const RUNS = Number(process.env["MODEL_RUNS"] ?? 100);

// --- any strategy, any script -----------------------------------------------------------------------------------------

const LATEST = 40;

const anyTrigger = fc.letrec<{ trigger: Trigger }>((tie) => ({
  trigger: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<Trigger>(
      { kind: "default" },
      { kind: "never" },
      { kind: "always" },
      { kind: "after-synchronized-processing-time" },
    ),
    fc.integer({ min: 1, max: 4 }).map((count) => Trigger.afterCount(count)),
    fc
      .tuple(fc.integer({ min: 0, max: 8 }), fc.constantFrom(undefined, 5))
      .map(([delay, alignToMs]) =>
        Trigger.afterProcessingTime(delay, alignToMs === undefined ? {} : { alignToMs }),
      ),
    fc
      .tuple(fc.option(tie("trigger"), { nil: undefined }), fc.option(tie("trigger"), { nil: undefined }))
      .map(([early, late]): Trigger =>
        Trigger.afterEndOfWindow({
          ...(early === undefined ? {} : { early }),
          ...(late === undefined ? {} : { late }),
        }),
      ),
    tie("trigger").map((trigger) => Trigger.repeat(trigger)),
    fc.array(tie("trigger"), { minLength: 1, maxLength: 3 }).map((all) => Trigger.afterEach(...all)),
    fc.array(tie("trigger"), { minLength: 1, maxLength: 3 }).map((all) => Trigger.afterFirst(...all)),
    fc.array(tie("trigger"), { minLength: 1, maxLength: 3 }).map((all) => Trigger.afterAll(...all)),
    fc.tuple(tie("trigger"), tie("trigger")).map(([main, until]) => Trigger.orFinally(main, until)),
  ),
})).trigger;

const anyWindows = fc.constantFrom<WindowFn>(
  FixedWindows.of(10),
  FixedWindows.of(7, 3),
  SlidingWindows.of(10, 5),
  SlidingWindows.of(4, 6),
  GlobalWindows.of(),
  SessionWindows.of(3),
  SessionWindows.of(8),
);

const anyStrategy = fc
  .record({
    windowFn: anyWindows,
    trigger: anyTrigger,
    accumulation: fc.constantFrom("discarding" as const, "accumulating" as const),
    allowedLatenessMs: fc.constantFrom(0, 0, 6, 25, Number.MAX_SAFE_INTEGER),
    timestampCombiner: fc.constantFrom("end-of-window" as const, "earliest" as const, "latest" as const),
    closing: fc.constantFrom("if-non-empty" as const, "always" as const),
    onTime: fc.constantFrom("always" as const, "if-non-empty" as const),
    allowsUnsafeTrigger: fc.constant(true),
  })
  // Nothing would ever come of those: they are refused.
  .filter(({ windowFn, trigger }) => windowFn.description !== "Global" || trigger.kind !== "default");

const anyScript = fc
  .array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.array(
          fc.record({ key: fc.constantFrom("a", "b"), timestamp: fc.integer({ min: -5, max: LATEST }) }),
          { minLength: 1, maxLength: 5 },
        ),
      },
      { weight: 3, arbitrary: fc.record({ watermark: fc.integer({ min: 1, max: 14 }) }) },
      { weight: 2, arbitrary: fc.record({ clock: fc.integer({ min: 1, max: 9 }) }) },
    ),
    { minLength: 1, maxLength: 14 },
  )
  .map((parts): readonly ScriptEvent[] => {
    let value = 0;
    let to = -8;
    return parts.map((part): ScriptEvent => {
      if (Array.isArray(part)) {
        const elements: ScriptElement[] = part.map((one) => ({ ...one, value: ++value }));
        return { kind: "elements", elements };
      }
      if ("clock" in part) return { kind: "clock", byMs: part.clock };
      to += part.watermark;
      return { kind: "watermark", to };
    });
  });

test("any strategy gives what the definitions give, for any elements, watermarks and moves of the clock", async (t) => {
  await fc.assert(
    fc.asyncProperty(anyStrategy, anyScript, async (strategy, events) => {
      deepStrictEqual(await play(strategy, events), playReference(strategy, events));
    }),
    { numRuns: RUNS },
  );
  t.pass();
});

test("what fires once at a window's end gives the same by the faster step and by the general one", async (t) => {
  // Windows with a coder of their own are the general step's.
  const coded = (windowFn: WindowFn): WindowFn => ({
    description: windowFn.description,
    isMerging: false,
    assign: (timestamp) => windowFn.assign(timestamp),
    windowCoder: {
      isDeterministic: true,
      encode: ({ start, end }) => Buffer.from(`${start} ${end}`),
      decode: (bytes) => {
        const [start = 0, end = 0] = Buffer.from(bytes).toString().split(" ").map(Number);
        return { start, end };
      },
    },
  });
  const windows = fc.constantFrom(FixedWindows.of(10), SlidingWindows.of(10, 5), SlidingWindows.of(4, 6));
  await fc.assert(
    fc.asyncProperty(windows, anyScript, async (windowFn, events) => {
      const fast = await play(strategyOf({ windowFn }), events);
      deepStrictEqual(await play(strategyOf({ windowFn: coded(windowFn) }), events), fast);
    }),
    { numRuns: RUNS },
  );
  t.pass();
});

test("stopped after any event and restored, a grouping gives what it gives uninterrupted", async (t) => {
  await fc.assert(
    fc.asyncProperty(anyStrategy, anyScript, fc.nat(), async (strategy, events, at) => {
      const stopAfter = at % events.length;
      const store = new MemoryCheckpointStore();
      const clock = new VirtualClock();
      let marks = 0;
      const control: { stop?: () => void } = {};
      const first = groupingOf(strategy, events, clock, () => {
        if (marks++ === stopAfter) control.stop?.();
      });
      const options = { clock, logger: SILENT_LOGGER };
      const job = await runner.run(graphOf(first.pipeline), {
        ...options,
        checkpoint: { directory: "memory", store, start: "fresh" },
      });
      control.stop = () => void job.stop();
      await job.result;
      const second = groupingOf(strategy, events, clock, () => {});
      const restored = await runner.run(graphOf(second.pipeline), {
        ...options,
        checkpoint: { directory: "memory", store, start: "restore" },
      });
      await restored.result;

      const whole = await play(strategy, events);
      const panes = [...first.sink.values, ...second.sink.values].map(textOf);
      deepStrictEqual(panes.toSorted(), whole.steps.flat().toSorted());
      const [late, closed] = ["droppedDueToLateness", "droppedDueToClosedWindow"].map(
        (name) => restored.metrics.read().find((one) => one.name === `step.group.${name}`)?.value,
      );
      deepStrictEqual([late, closed], [whole.droppedLate, whole.droppedClosed]);
    }),
    { numRuns: RUNS },
  );
  t.pass();
});

test("killed at any instant and restored from its last checkpoint, a grouping gives what it gives uninterrupted", async (t) => {
  // Moves of the clock are played again: what depends on them may fire at other times.
  const withoutClock = anyStrategy.filter(
    ({ trigger }) => !JSON.stringify(trigger).includes("after-processing-time"),
  );
  await fc.assert(
    fc.asyncProperty(withoutClock, anyScript, fc.nat(), async (strategy, events, at) => {
      const killAfter = at % events.length;
      const store = new MemoryCheckpointStore();
      const clock = new VirtualClock();
      let marks = 0;
      const control: { kill?: () => void } = {};
      const first = groupingOf(strategy, events, clock, () => {
        if (marks++ === killAfter) control.kill?.();
      });
      // Moves of the clock make checkpoints due.
      const options = { clock, logger: SILENT_LOGGER };
      const checkpoint = { directory: "memory", store, intervalMs: 3 };
      const job = await runner.run(graphOf(first.pipeline), {
        ...options,
        checkpoint: { ...checkpoint, start: "fresh" },
      });
      control.kill = () => void job.cancel();
      await job.result.catch(() => {});
      fc.pre(store.checkpoints.size > 0);
      const second = groupingOf(strategy, events, clock, () => {});
      const restored = await runner.run(graphOf(second.pipeline), {
        ...options,
        checkpoint: { ...checkpoint, intervalMs: 1e9, start: "restore" },
      });
      await restored.result;

      const whole = await play(strategy, events);
      const kept = Number(second.sink.restored[0] ?? 0);
      const panes = [...first.sink.values.slice(0, kept), ...second.sink.values].map(textOf);
      deepStrictEqual(panes.toSorted(), whole.steps.flat().toSorted());
    }),
    { numRuns: RUNS },
  );
  t.pass();
});

test("the cut of batches and the order within a batch change no final accumulating pane", async (t) => {
  const strategies = fc.record({
    windowFn: anyWindows.filter(({ description }) => description !== "Global"),
    accumulation: fc.constant("accumulating" as const),
    allowedLatenessMs: fc.constantFrom(0, 6, 25),
    closing: fc.constant("always" as const),
  });
  const lasts = (steps: readonly (readonly string[])[]): readonly string[] =>
    steps
      .flat()
      .filter((pane) => pane.endsWith("."))
      .map((pane) => pane.replace(/ \S+ \S+ @\S+/, ""))
      .toSorted();
  await fc.assert(
    fc.asyncProperty(strategies, anyScript, fc.infiniteStream(fc.nat(99)), async (part, events, random) => {
      const strategy = strategyOf(part);
      const cut = events.flatMap((event): readonly ScriptEvent[] => {
        if (event.kind !== "elements") return [event];
        const shuffled = event.elements
          .map((element) => ({ element, rank: random.next().value }))
          .toSorted((a, b) => a.rank - b.rank)
          .map(({ element }) => element);
        const at = random.next().value % (shuffled.length + 1);
        return [shuffled.slice(0, at), shuffled.slice(at)]
          .filter((elements) => elements.length > 0)
          .map((elements): ScriptEvent => ({ kind: "elements", elements }));
      });
      const [whole, pieces] = [await play(strategy, events), await play(strategy, cut)];
      deepStrictEqual(lasts(pieces.steps), lasts(whole.steps));
      deepStrictEqual([pieces.droppedLate], [whole.droppedLate]);
    }),
    { numRuns: RUNS },
  );
  t.pass();
});

test("nothing that a grouping emits is late for the next, however late it was itself", async (t) => {
  await fc.assert(
    fc.asyncProperty(anyStrategy, anyScript, async (strategy, events) => {
      const clock = new VirtualClock();
      const { pipeline, sink, panes } = groupingOf(strategy, events, clock, () => {});
      const second = new CollectingSink<number>();
      panes
        .map("again", ({ value }) => value)
        .groupByKey("next")
        .map("sizes", ({ value }) => value.length)
        .write("second", second);
      const job = await runner.run(graphOf(pipeline), { clock, logger: SILENT_LOGGER });
      await job.result;

      const valueOf = (name: string): unknown =>
        job.metrics.read().find((metric) => metric.name === `step.next.${name}`)?.value;
      deepStrictEqual(valueOf("droppedDueToLateness"), 0);
      if (strategy.accumulation === "discarding" && valueOf("droppedDueToClosedWindow") === 0) {
        const regrouped = second.values.reduce((sum, size) => sum + size, 0);
        deepStrictEqual(regrouped, sink.values.length);
      }
    }),
    { numRuns: RUNS },
  );
  t.pass();
});

// --- panes, timestamps and holds --------------------------------------------------------------------------------------

/** A script and, by event, its panes in full. */
const gives = test.macro(
  async (
    t,
    part: Partial<WindowingStrategy>,
    text: string,
    expected: string,
    dropped: string = "0 late, 0 closed",
  ) => {
    const strategy = strategyOf({ windowFn: FixedWindows.of(10), ...part });

    const played = await play(strategy, script(text));

    t.is(
      played.steps
        .map((step) => step.join(", "))
        .join(" | ")
        .replaceAll(/ +/g, " ")
        .trim(),
      expected,
    );
    t.is(`${played.droppedLate} late, ${played.droppedClosed} closed`, dropped);
    t.deepEqual(playReference(strategy, script(text)), played);
  },
);

const EVERY = Trigger.repeat(Trigger.afterCount(1));
const LATE_TOO: Partial<WindowingStrategy> = { allowedLatenessMs: 20, accumulation: "accumulating" };

test(
  "early, on-time and late panes are numbered one by one, those from the end on by themselves as well",
  gives,
  {
    ...LATE_TOO,
    trigger: Trigger.afterEndOfWindow({ early: Trigger.afterCount(1), late: Trigger.afterCount(1) }),
  },
  "1 | 2 | w10 | 3 | 4 | w100",
  "a [0,10) early 0/-1 @9: 1 | a [0,10) early 1/-1 @9: 1 2 | a [0,10) on-time 2/0 @9: 1 2 | a [0,10) late 3/1 @9: 1 2 3 | a [0,10) late 4/2 @9: 1 2 3 4 | |",
);
test(
  "an empty pane at the end may be left out",
  gives,
  {
    trigger: Trigger.afterEndOfWindow({ early: Trigger.afterCount(1), late: Trigger.afterCount(1) }),
    allowedLatenessMs: 20,
    onTime: "if-non-empty",
  },
  "1 | w10 | w100",
  "a [0,10) early 0/-1 @9: 1 | | |",
);
test(
  "an empty last pane comes where windows are closed always",
  gives,
  { trigger: EVERY, allowedLatenessMs: 20, closing: "always" },
  "1 | w10 | 2 | w30",
  "a [0,10) early 0/-1 @9: 1 | | a [0,10) late 1/0 @9: 2 | a [0,10) late 2/1 @9: . |",
);
test(
  "one step of the watermark over end and expiry gives one pane",
  gives,
  { allowedLatenessMs: 20, closing: "always" },
  "1 | w100",
  "| a [0,10) on-time 0/0 @9: 1. |",
);
test(
  "the first pane of a window may be late",
  gives,
  { allowedLatenessMs: 20 },
  "w12 | 3 | w29 | w30",
  "| a [0,10) late 0/0 @9: 1 | | |",
);
test(
  "a window that its trigger has closed drops and counts; the pane that closed it is the last",
  gives,
  { trigger: Trigger.afterCount(2), allowedLatenessMs: 20 },
  "1 2 | 3 4 | w10 | 5 | w40 | 6",
  "a [0,10) early 0/-1 @9: 1 2. | | | | | |",
  "1 late, 3 closed",
);
test(
  "an element behind the watermark is dropped only when its window has expired, not by its own time",
  gives,
  { allowedLatenessMs: 5 },
  "w8 | 1 | w14 | 2 | w15 | 3",
  "| | a [0,10) on-time 0/0 @9: 1 | a [0,10) late 1/1 @9: 2 | | |",
  "1 late, 0 closed",
);
test(
  "discarding panes hold what is new, accumulating ones all there is",
  gives,
  { trigger: EVERY, allowedLatenessMs: 20, accumulation: "discarding" },
  "1 | 2 3 | w10",
  "a [0,10) early 0/-1 @9: 1 | a [0,10) early 1/-1 @9: 2 3 | |",
);
test(
  "the earliest timestamp is that of the elements since the last pane",
  gives,
  { trigger: Trigger.repeat(Trigger.afterCount(2)), allowedLatenessMs: 20, timestampCombiner: "earliest" },
  "5 3 | 7 8 | 6 | w10",
  "a [0,10) early 0/-1 @3: 1 2 | a [0,10) early 1/-1 @7: 3 4 | | | a [0,10) on-time 2/0 @6: 5.",
);
test(
  "the latest timestamp is that of the elements since the last pane",
  gives,
  { timestampCombiner: "latest", allowedLatenessMs: 20 },
  "5 3 | w10 | 4 | w100",
  "| a [0,10) on-time 0/0 @5: 1 2 | a [0,10) late 1/1 @9: 3 | |",
);
test(
  "elements that could not hold do not move the timestamp",
  gives,
  { timestampCombiner: "earliest", allowedLatenessMs: 0 },
  "w5 | 3 7 | w10",
  "| | a [0,10) on-time 0/0 @7: 1 2. |",
);
test(
  "sessions merge key by key, over chains, in any order, and touching ones stay apart",
  gives,
  { windowFn: SessionWindows.of(5) },
  "1 9 b1 5 | 14 20 | w100",
  "| | a [1,14) on-time 0/0 @13: 1 2 4., a [14,19) on-time 0/0 @18: 5., a [20,25) on-time 0/0 @24: 6., b [1,6) on-time 0/0 @5: 3. |",
);
test(
  "an element whose own session has expired is dropped although it would touch an open one",
  gives,
  { windowFn: SessionWindows.of(10), allowedLatenessMs: 0 },
  "12 | w11 | 1 | 3 | w100",
  "| | | | a [3,22) on-time 0/0 @21: 1 3. |",
  "1 late, 0 closed",
);
test(
  "a late element that stretches a session past the watermark makes it on time again, numbered from 0",
  gives,
  { windowFn: SessionWindows.of(10), allowedLatenessMs: 20 },
  "1 | w12 | 9 | w19",
  "| a [1,11) on-time 0/0 @10: 1 | | a [1,19) on-time 0/0 @18: 2 |",
);
test(
  "sliding windows fire each for itself, and an element in a gap is in none",
  gives,
  { windowFn: SlidingWindows.of(4, 6) },
  "1 5 7 | w100",
  "| a [0,4) on-time 0/0 @3: 1., a [6,10) on-time 0/0 @9: 3. |",
);
test(
  "negative times lie in windows below zero",
  gives,
  {},
  "-1 -10 -11 | w100",
  "| a [-10,0) on-time 0/0 @-1: 1 2., a [-20,-10) on-time 0/0 @-11: 3. |",
);

test("keys are equal when their encoded bytes are, however large, and an empty input gives nothing", async (t) => {
  const pipeline = new TestPipeline();
  const large = "x".repeat(1_000_000);
  const pairs: readonly KV<unknown, number>[] = [
    { key: { a: 1, list: [large] }, value: 1 },
    { key: { a: 1, list: [large] }, value: 2 },
    { key: { a: 2, list: [] }, value: 3 },
    { key: new Uint8Array([1]), value: 4 },
    { key: new Uint8Array([1]), value: 5 },
    { key: null, value: 6 },
    { key: "null", value: 7 },
  ];
  const grouped = pipeline.create("pairs", pairs).groupByKey("group");
  const values = grouped.map("values", (one) => one.value.toSorted((a, b) => a - b).join());
  pipeline.assert("all", values).containsInAnyOrder(["1,2", "3", "4,5", "6", "7"]);
  const none = pipeline.create("none", pairs.slice(0, 0)).groupByKey("group none");
  pipeline.assert("nothing", none).empty();

  await pipeline.run();
  t.pass();
});

test("what was grouped in sessions does not merge again, and goes on with the trigger that continues its own", async (t) => {
  const pipeline = new TestPipeline();
  const stream = new TestStream<{ readonly key: string; readonly value: number }>()
    .addAt({ value: { key: "a", value: 1 }, timestamp: 0 }, { value: { key: "b", value: 2 }, timestamp: 3 })
    .addAt({ value: { key: "a", value: 3 }, timestamp: 4 })
    .advanceWatermarkTo(100);
  const sink = new CollectingSink<string>();
  pipeline
    .read("stream", stream.source, stream.options)
    .windowInto("sessions", {
      windowFn: SessionWindows.of(10),
      trigger: Trigger.afterEndOfWindow({ early: Trigger.afterCount(2), late: Trigger.afterCount(1) }),
      accumulation: "discarding",
      allowedLatenessMs: 10,
    })
    .groupByKey("first")
    .map("one key", ({ value }) => ({ key: "all", value: value.length }))
    .groupByKey("second")
    .reify("panes")
    .map(
      "text",
      ({ value, window, pane }) => `[${window.start},${window.end}) ${pane.timing} ${value.value.join()}`,
    )
    .write("out", sink);

  await (
    await pipeline.start()
  ).result;

  // What comes from before is early for the next: its watermark follows.
  t.deepEqual(sink.values, [
    "[0,14) early 2",
    "[3,13) early 1",
    "[0,14) early 0",
    "[3,13) on-time ",
    "[0,14) on-time ",
  ]);
});

test("a merging function of the user's own decides what becomes one, by a window with a coder", async (t) => {
  interface Named extends Window {
    readonly name: string;
  }
  const byName: WindowFn = {
    description: "ByName",
    isMerging: true,
    assign: (timestamp, element) => {
      const { key, value } = element as { readonly key: string; readonly value: number };
      return [{ start: timestamp, end: timestamp + 10, name: value < 0 ? `${key}!` : key } as Named];
    },
    // Windows of one name become one, unless it is marked.
    merge: (windows) => {
      const names = new Set((windows as Named[]).map((window) => window.name));
      return [...names].flatMap((name) => {
        const sources = (windows as Named[]).filter((window) => window.name === name);
        if (sources.length < 2 || name.endsWith("!")) return [];
        const start = Math.min(...sources.map((window) => window.start));
        const end = Math.max(...sources.map((window) => window.end));
        const result: Named = { start, end, name };
        return [{ sources, result }];
      });
    },
    windowCoder: {
      isDeterministic: true,
      encode: (window) => Buffer.from(JSON.stringify(window)),
      decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as Window,
    },
  };
  const pipeline = new TestPipeline();
  const times = [
    { key: "x", value: 1, time: 0 },
    { key: "x", value: 2, time: 50 },
    { key: "x", value: -3, time: 0 },
    { key: "x", value: -4, time: 5 },
  ];
  const sink = new CollectingSink<string>();
  pipeline
    .read("times", listSource(times), {
      eventTime: { timestamp: (one) => one.time, maxOutOfOrdernessMs: 100 },
    })
    .windowInto("named", byName)
    .groupByKey("group")
    .reify("panes")
    .map("text", ({ value, window }) => `[${window.start},${window.end}) ${value.value.join()}`)
    .write("out", sink);

  await pipeline.run();

  t.deepEqual(sink.values.toSorted(), ["[0,10) -3", "[0,60) 1,2", "[5,15) -4"]);
});

test("a pane that went out stays as it was while its window goes on", async (t) => {
  const collecting: Combiner<number, number[], number[]> = {
    description: "Shared",
    createAccumulator: () => [],
    addInput: (all, one) => {
      all.push(one);
      return all;
    },
    mergeAccumulators: ([first = [], ...others]) => {
      for (const one of others) first.push(...one);
      return first;
    },
    // The accumulator itself.
    extractOutput: (all) => all,
  };
  const pipeline = new TestPipeline();
  const stream = new TestStream<number>().add(1).add(2).add(3);
  const sink = new CollectingSink<readonly number[]>();
  pipeline
    .read("stream", stream.source, stream.options)
    .windowInto("all", { trigger: EVERY, accumulation: "accumulating", allowedLatenessMs: 0 })
    .combinePerKey("collect", { key: () => "k", combine: collecting, output: (_key, all) => all })
    .write("out", sink);

  await (
    await pipeline.start()
  ).result;

  t.deepEqual(sink.values, [[1], [1, 2], [1, 2, 3], [1, 2, 3]]);
});

test("a function of a combiner that throws fails the job and names the step, also where windows merge", async (t) => {
  for (const windowFn of [FixedWindows.of(10), SessionWindows.of(10)]) {
    const pipeline = new TestPipeline();
    const broken = {
      ...Count.elements<number>(),
      addInput: () => {
        throw new RangeError("no");
      },
    };
    pipeline
      .create("numbers", [1])
      .windowInto("windows", { windowFn, allowedLatenessMs: 5 })
      .combinePerKey("fold", { key: (one) => one, combine: broken })
      .write("out", new CollectingSink());

    const error = await t.throwsAsync(pipeline.run(), { instanceOf: RangeError });

    t.false(TributaryError.is(error));
  }
});
