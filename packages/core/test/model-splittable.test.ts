import test from "ava";
import fc from "fast-check";
import {
  Count,
  FixedWindows,
  GLOBAL_WINDOW,
  GrowableOffsetRangeTracker,
  OFFSET_MAX,
  OffsetRangeTracker,
  TributaryError,
  Watermarks,
  asSingleton,
  growableOffsetRanges,
  offsetRanges,
  output,
  resume,
  type,
  type OffsetRange,
  type PCollection,
  type SplittableFn,
  type WatermarkEstimatorSpec,
} from "@tributary/core";
import {
  MemoryCheckpointStore,
  ScriptedSource,
  TestPipeline,
  TestStream,
  VirtualClock,
  until,
} from "@tributary/core/testing";
import { runner } from "./model-runner.js";

const pipelineOf = (): TestPipeline => new TestPipeline("splittable", { runner });

const upTo = (size: number): readonly number[] => Array.from({ length: size }, (_, index) => index);

/** Gives every offset of its elements' ranges. */
function offsets(
  more: Partial<SplittableFn<number, number, OffsetRange, bigint>> = {},
): SplittableFn<number, number, OffsetRange, bigint> {
  const fn: SplittableFn<number, number, OffsetRange, bigint> = {
    restriction: offsetRanges((size: number) => ({ from: 0n, to: BigInt(size) })),
    process(_size, { tracker, emit }) {
      for (let at = tracker.restriction.from; tracker.tryClaim(at); at++) emit(Number(at));
    },
  };
  return { ...fn, ...more };
}

/** The types of a splittable function: compiled, and never run. */
export function typesFlow(sizes: PCollection<number>): readonly unknown[] {
  const { main, odd } = sizes.splittable("types", {
    output: type<string>(),
    outputs: { odd: output<bigint>() },
    sideInputs: { most: asSingleton(sizes) },
    restriction: offsetRanges((size) => ({ from: 0n, to: BigInt(size) })),
    watermark: Watermarks.manual(),
    process(size, { tracker, emit, emitTo, side, watermark }) {
      const from: bigint = tracker.restriction.from;
      // @ts-expect-error positions are big integers
      tracker.tryClaim(size);
      emit(`${from}${size + side.most}`);
      emitTo("odd", from);
      // @ts-expect-error no such output
      emitTo("even", from);
      watermark.set(1);
      return resume(10);
    },
  });
  const texts: PCollection<string> = main;
  const numbers: PCollection<bigint> = odd;
  return [texts, numbers];
}

// --- trackers ---------------------------------------------------------------------------------------------------------

test("an offset tracker claims what is in its range, in order, and nothing after a refusal", (t) => {
  const tracker = new OffsetRangeTracker({ from: 100n, to: 200n });

  t.true(tracker.tryClaim(100n));
  t.true(tracker.tryClaim(150n));
  t.true(tracker.tryClaim(199n));
  t.false(tracker.tryClaim(200n));
  t.throws(() => tracker.tryClaim(201n), { code: "RESTRICTION_INVALID" });
});

for (const [what, claims] of [
  ["the same position twice", [100n, 100n]],
  ["a position before the last one", [110n, 105n]],
  ["a position before the range", [99n]],
] as const) {
  test(`an offset tracker refuses to claim ${what}`, (t) => {
    const tracker = new OffsetRangeTracker({ from: 100n, to: 200n });
    const last = claims.at(-1) as bigint;
    for (const claim of claims.slice(0, -1)) t.true(tracker.tryClaim(claim));

    t.throws(() => tracker.tryClaim(last), { code: "RESTRICTION_INVALID" });
  });
}

test("a checkpoint ends the primary after the last claim; one before any claim gives everything away", (t) => {
  const untouched = new OffsetRangeTracker({ from: 100n, to: 200n });
  t.deepEqual(untouched.trySplit(0), {
    primary: { from: 100n, to: 100n },
    residual: { from: 100n, to: 200n },
  });
  t.notThrows(() => untouched.checkDone());

  const tracker = new OffsetRangeTracker({ from: 100n, to: 200n });
  tracker.tryClaim(105n);
  t.deepEqual(tracker.trySplit(0), { primary: { from: 100n, to: 106n }, residual: { from: 106n, to: 200n } });
  t.is(tracker.trySplit(0), undefined);
  t.false(tracker.tryClaim(106n));
  t.notThrows(() => tracker.checkDone());
});

test("a split cuts a fraction of what was not claimed, and is refused when nothing is left or claims have ended", (t) => {
  const tracker = new OffsetRangeTracker({ from: 100n, to: 200n });
  tracker.tryClaim(100n);
  t.deepEqual(tracker.trySplit(0.5), {
    primary: { from: 100n, to: 150n },
    residual: { from: 150n, to: 200n },
  });
  tracker.tryClaim(149n);
  t.is(tracker.trySplit(0.5), undefined);
  t.false(tracker.tryClaim(150n));
  t.is(tracker.trySplit(0), undefined);
  t.throws(() => tracker.trySplit(1.5), { code: "RESTRICTION_INVALID" });
});

test("checkDone holds when the last offset was claimed, or a later one tried, and not before", (t) => {
  for (const [claims, isDone] of [
    [[199n], true],
    [[250n], true],
    [[198n], false],
    [[], false],
  ] as const) {
    const tracker = new OffsetRangeTracker({ from: 100n, to: 200n });
    for (const claim of claims) tracker.tryClaim(claim);
    let thrown: unknown;
    try {
      tracker.checkDone();
    } catch (caught) {
      thrown = caught;
    }
    t.is(thrown === undefined, isDone);
    t.is(TributaryError.is(thrown, "RESTRICTION_INVALID"), !isDone);
  }
  t.notThrows(() => new OffsetRangeTracker({ from: 5n, to: 5n }).checkDone());
});

test("progress tells what is done and what remains; offsets may be bigger than numbers hold", (t) => {
  const tracker = new OffsetRangeTracker({ from: 0n, to: 100n });
  t.deepEqual(tracker.progress(), { completed: 0, remaining: 100 });
  tracker.tryClaim(40n);
  t.deepEqual(tracker.progress(), { completed: 40, remaining: 60 });

  const big = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n;
  const far = new OffsetRangeTracker({ from: big, to: big + 1_000n });
  t.true(far.tryClaim(big + 1n));
  t.deepEqual(far.trySplit(0.5)?.residual, { from: big + 500n, to: big + 1_000n });
  t.deepEqual(far.progress(), { completed: 1, remaining: 499 });
});

test("a range that grows is cut where it ends at present, and is bounded after that", (t) => {
  let end = 0n;
  const tracker = new GrowableOffsetRangeTracker(0n, () => end);
  t.deepEqual(tracker.progress(), { completed: 0, remaining: 0 });
  t.true(tracker.tryClaim(10n));
  end = 20n;
  t.deepEqual(tracker.progress(), { completed: 10, remaining: 10 });
  t.deepEqual(tracker.trySplit(0.5), {
    primary: { from: 0n, to: 15n },
    residual: { from: 15n, to: OFFSET_MAX },
  });
  t.deepEqual(tracker.progress(), { completed: 10, remaining: 5 });
  t.false(tracker.tryClaim(15n));
  t.notThrows(() => tracker.checkDone());

  const behind = new GrowableOffsetRangeTracker(0n, () => 0n);
  behind.tryClaim(5n);
  t.deepEqual(behind.trySplit(0)?.residual, { from: 6n, to: OFFSET_MAX });
});

test("however a range is split, every offset is claimed exactly once", (t) => {
  const action = fc.oneof(fc.constant("claim" as const), fc.double({ min: 0, max: 1, noNaN: true }));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), fc.array(action, { maxLength: 60 }), (size, actions) => {
      const claimed: bigint[] = [];
      const left: OffsetRange[] = [{ from: 0n, to: BigInt(size) }];
      let next = 0;
      for (let range = left.shift(); range !== undefined; range = left.shift()) {
        const tracker = new OffsetRangeTracker(range);
        for (let at = range.from; ;) {
          const what = actions[next++] ?? "claim";
          if (what === "claim") {
            if (!tracker.tryClaim(at)) break;
            claimed.push(at++);
          } else {
            const split = tracker.trySplit(what);
            if (split !== undefined) left.push(split.residual);
          }
        }
        tracker.checkDone();
      }
      t.deepEqual(
        claimed.toSorted((a, b) => (a < b ? -1 : 1)),
        upTo(size).map(BigInt),
      );
    }),
  );
});

// --- functions --------------------------------------------------------------------------------------------------------

test("every position is given once, however often the runner stops the function", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 5 }),
      fc.boolean(),
      async (outputs, sizes, isSplit) => {
        const pipeline = pipelineOf();
        const ranges = offsetRanges((size: number) => ({ from: 0n, to: BigInt(size) }));
        const restriction = isSplit
          ? {
              ...ranges,
              split: (_size: number, { from, to }: OffsetRange) => [
                { from, to: to / 2n },
                { from: to / 2n, to },
              ],
            }
          : ranges;
        const out = pipeline
          .create("sizes", sizes)
          .splittable<number, OffsetRange, bigint>(
            "offsets",
            offsets({ restriction, checkpointAfter: { outputs } }),
          );
        pipeline.assert("out", out).containsInAnyOrder(sizes.flatMap(upTo));
        await pipeline.run();
      },
    ),
    { numRuns: 30 },
  );
  t.pass();
});

test("elements keep their times and windows, and what is late passes", async (t) => {
  const pipeline = pipelineOf();
  const stream = new TestStream<number>()
    .at(5, 2)
    .advanceWatermarkTo(50)
    .at(6, 1)
    .advanceWatermarkToInfinity();
  const out = pipeline
    .play("sizes", stream)
    .windowInto("tens", FixedWindows.of(10))
    .splittable("offsets", {
      output: type<number>(),
      restriction: offsetRanges((size: number) => ({ from: 0n, to: BigInt(size) })),
      process(_size, { tracker, emit, timestamp }) {
        for (let at = tracker.restriction.from; tracker.tryClaim(at); at++) {
          emit(Number(at), { timestamp: timestamp + Number(at) });
        }
      },
    });
  const seen = pipeline.collect("seen", out);

  await pipeline.run();

  t.deepEqual(
    seen.elements.map(({ value, timestamp, window }) => [value, timestamp, window.start]),
    [
      [0, 5, 0],
      [1, 6, 0],
      [0, 6, 0],
    ],
  );
});

test("functions that wait, with side inputs, further outputs, a life and callbacks", async (t) => {
  const calls: string[] = [];
  const finalized: number[] = [];
  const pipeline = pipelineOf();
  const factor = asSingleton(pipeline.create("factor", [10]));
  const { main, odd } = pipeline.create("sizes", [3]).splittable("offsets", () => ({
    output: type<number>(),
    outputs: { odd: output<number>() },
    sideInputs: { factor },
    restriction: offsetRanges((size: number) => ({ from: 0n, to: BigInt(size) })),
    checkpointAfter: { outputs: 1 },
    setup: () => void calls.push("setup"),
    startBundle: () => void calls.push("start"),
    async process(size, { tracker, emit, emitTo, side, finalizer }) {
      for (let at = tracker.restriction.from; tracker.tryClaim(at); at++) {
        await Promise.resolve();
        const value = Number(at) * side.factor;
        if (at % 2n === 1n) emitTo("odd", value);
        else emit(value);
        finalizer.afterCommit(1_000, () => void finalized.push(value));
      }
      calls.push(`${size}`);
    },
    finishBundle({ emit }) {
      calls.push("finish");
      emit(-1, 0, GLOBAL_WINDOW);
    },
    teardown: () => void calls.push("teardown"),
  }));
  pipeline.assert("even", main).containsInAnyOrder([0, 20, -1]);
  pipeline.assert("odds", odd).containsInAnyOrder([10]);

  await pipeline.run();

  t.is(calls.join(" "), "setup start 3 3 3 finish teardown");
  t.deepEqual(finalized, [0, 10, 20]);
});

test("what is emitted after the last claim of a call is kept", async (t) => {
  const pipeline = pipelineOf();
  const out = pipeline.create("sizes", [2]).splittable("offsets", {
    output: type<string>(),
    restriction: offsetRanges((size: number) => ({ from: 0n, to: BigInt(size) })),
    checkpointAfter: { outputs: 1 },
    process(_size, { tracker, emit }) {
      let at = tracker.restriction.from;
      while (tracker.tryClaim(at)) emit(`${at++}`);
      emit(`to ${at}`);
    },
  });
  pipeline.assert("out", out).containsInAnyOrder(["0", "to 1", "1", "to 2"]);

  await pipeline.run();
  t.pass();
});

test("a function that returns without having claimed all fails", async (t) => {
  const pipeline = pipelineOf();
  pipeline
    .create("sizes", [3])
    .splittable<number, OffsetRange, bigint>(
      "lazy",
      offsets({ process: (_size, { tracker }) => void tracker.tryClaim(0n) }),
    );

  const error = await t.throwsAsync(pipeline.run());

  t.true(TributaryError.is(error, "RESTRICTION_INVALID"));
});

test("a function that resumes is called again when the clock has moved by the delay, and not before", async (t) => {
  const clock = new VirtualClock();
  const calls: number[] = [];
  const pipeline = pipelineOf();
  const out = pipeline.create("sizes", [3]).splittable("polling", {
    output: type<number>(),
    restriction: offsetRanges((size: number) => ({ from: 0n, to: BigInt(size) })),
    process(_size, { tracker, emit }) {
      calls.push(clock.now());
      const { from } = tracker.restriction;
      if (!tracker.tryClaim(from)) return undefined;
      emit(Number(from));
      return resume(100);
    },
  });
  const seen = pipeline.collect("seen", out);
  const job = await pipeline.start({ clock });
  await until(() => calls.length === 1);
  await clock.advance(99);
  const before = calls.length;
  await clock.advance(1);
  await clock.advance(500);
  const result = await job.result;

  t.is(before, 1);
  t.deepEqual(calls, [0, 100, 200]);
  t.deepEqual(seen.values, [0, 1, 2]);
  t.is(result.state, "finished");
});

// --- watermarks -------------------------------------------------------------------------------------------------------

for (const [what, estimator, times, expected] of [
  ["manual", Watermarks.manual(), [10, 20], 20],
  ["monotonic", Watermarks.monotonic(), [10, 20], 20],
  ["bounded out-of-orderness", Watermarks.boundedOutOfOrderness(5), [20, 15], 15],
] as const) {
  test(`what is left of a restriction holds the watermark where its estimator is: ${what}`, async (t) => {
    const estimated: WatermarkEstimatorSpec = estimator;
    const clock = new VirtualClock();
    const pipeline = pipelineOf();
    let current = Number.NaN;
    let calls = 0;
    const out = pipeline.create("one", [1], { timestamp: () => 0 }).splittable("poll", {
      output: type<number>(),
      restriction: growableOffsetRanges(
        (_one: number) => 0n,
        () => 100n,
      ),
      watermark: estimated,
      process(_one, { tracker, emit, watermark }) {
        calls += 1;
        let at = tracker.restriction.from;
        if (at > 0n) return resume(1_000);
        for (const time of times) {
          if (!tracker.tryClaim(at++)) return undefined;
          if (what === "manual") watermark.set(time);
          emit(time, { timestamp: time });
        }
        current = watermark.current;
        return resume(1_000);
      },
    });
    const counts = out.windowInto("windows", FixedWindows.of(5)).combinePerKey("count", {
      key: () => "k",
      combine: Count.elements(),
      output: (_key, count, window) => `${window.start}: ${count}`,
    });
    const seen = pipeline.collect("seen", counts);
    const job = await pipeline.start({ clock });
    await until(() => calls > 0);
    await clock.advance(2_000);
    const fired = [...seen.values];
    const drained = await job.drain();

    t.is(current, expected);
    // Only windows that end at or before the estimate have fired before the drain.
    const windows = Array.from(new Set(times.map((time) => Math.floor(time / 5) * 5))).sort((a, b) => a - b);
    t.deepEqual(
      fired,
      windows.filter((start) => start + 5 <= expected).map((start) => `${start}: 1`),
    );
    t.deepEqual(
      seen.values,
      windows.map((start) => `${start}: 1`),
    );
    t.is(drained.state, "finished");
    t.is(drained.late, 0);
  });
}

test("an estimator of the wall clock lets the watermark follow the clock", async (t) => {
  const clock = new VirtualClock(1_000);
  const estimator = Watermarks.wallClock().create(0, () => clock.now());
  t.is(estimator.watermark, 1_000);
  await clock.advance(500);
  t.is(estimator.watermark, 1_500);
  t.is(estimator.state, 1_500);
});

test("an output before the watermark of its restriction, and a watermark that goes back, are refused", async (t) => {
  for (const [use, code] of [
    [
      (context: { emit: (n: number, o: { timestamp: number }) => void }) =>
        context.emit(1, { timestamp: 19 }),
      "OUTPUT_INVALID",
    ],
    [
      (context: { watermark: { set: (n: number) => void } }) => context.watermark.set(19),
      "RESTRICTION_INVALID",
    ],
  ] as const) {
    const pipeline = pipelineOf();
    pipeline.create("one", [1], { timestamp: () => 0 }).splittable("poll", {
      output: type<number>(),
      restriction: offsetRanges((_one: number) => ({ from: 0n, to: 1n })),
      process(_one, context) {
        context.tracker.tryClaim(0n);
        context.watermark.set(20);
        use(context as never);
      },
    });

    const error = await t.throwsAsync(pipeline.run());

    t.true(TributaryError.is(error, code));
  }
});

// --- drain, checkpoints -----------------------------------------------------------------------------------------------

test("at a drain bounded work is done to its end, and work without end is cut off, unless the function says otherwise", async (t) => {
  const clock = new VirtualClock();
  const pipeline = pipelineOf();
  const one = pipeline.create("one", [1]);
  let calls = 0;
  const slowly = (
    restriction: ReturnType<typeof offsetRanges<number>>,
  ): SplittableFn<number, number, OffsetRange, bigint> => ({
    restriction,
    process(_one, { tracker, emit }) {
      calls += 1;
      const { from } = tracker.restriction;
      if (!tracker.tryClaim(from)) return undefined;
      emit(Number(from));
      return resume(from < 1n ? 60_000 : 0);
    },
  });
  const endless = growableOffsetRanges(
    (_one: number) => 0n,
    () => 10n,
  );
  const bounded = pipeline.collect(
    "bounded out",
    one.splittable("bounded", slowly(offsetRanges((_one: number) => ({ from: 0n, to: 3n })))),
  );
  const cut = pipeline.collect("cut out", one.splittable("cut", slowly(endless)));
  const shortened = pipeline.collect(
    "shortened out",
    one.splittable(
      "shortened",
      slowly({ ...endless, truncate: (_one, { from }) => ({ from, to: from + 2n }) }),
    ),
  );
  const job = await pipeline.start({ clock });
  await until(() => calls === 3);
  const drained = job.drain();
  await clock.advance(60_000);
  await drained;

  t.deepEqual(bounded.values, [0, 1, 2]);
  t.deepEqual(cut.values, [0]);
  t.deepEqual(shortened.values, [0, 1, 2]);
});

test("a collection made by work without end is unbounded: grouping it in the global window is refused", async (t) => {
  const pipeline = pipelineOf();
  pipeline
    .create("one", [1])
    .splittable<number, OffsetRange, bigint>(
      "endless",
      offsets({
        restriction: growableOffsetRanges(
          (_one: number) => 0n,
          () => 0n,
        ),
      }),
    )
    .combinePerKey("count", { key: () => 1, combine: Count.elements() });

  const error = await t.throwsAsync(pipeline.start());

  t.true(TributaryError.is(error, "PIPELINE_INVALID"));
});

test("what is left of restrictions is in checkpoints, with its estimator: every position once over a restore", async (t) => {
  const build = (clock: VirtualClock) => {
    const source = new ScriptedSource<number>(
      { s: { batches: [{ records: [4, 2] }], isOpen: true } },
      { boundedness: "unbounded" },
    );
    const pipeline = pipelineOf();
    const estimates: number[] = [];
    const out = pipeline.read("sizes", source, { eventTime: { timestamp: () => 0 } }).splittable("poll", {
      output: type<string>(),
      restriction: offsetRanges((size: number) => ({ from: 0n, to: BigInt(size) })),
      watermark: Watermarks.manual(),
      process(size, { tracker, emit, watermark }) {
        estimates.push(watermark.current);
        const { from } = tracker.restriction;
        if (!tracker.tryClaim(from)) return undefined;
        watermark.set(Number(from) + 1);
        emit(`${size}.${from}`, { timestamp: Number(from) + 1 });
        return resume(10);
      },
    });
    return { source, pipeline, estimates, seen: pipeline.collect("seen", out), clock };
  };
  const store = new MemoryCheckpointStore();
  const first = build(new VirtualClock());
  const job = await first.pipeline.start({ clock: first.clock, checkpoint: { directory: "memory", store } });
  await until(() => first.seen.values.length === 2);
  await job.stop();
  const second = build(new VirtualClock(1_000));
  const restored = await second.pipeline.start({
    clock: second.clock,
    checkpoint: { directory: "memory", store, start: "restore" },
  });
  for (let turn = 0; turn < 10; turn++) await second.clock.advance(10);
  await restored.drain();

  t.deepEqual([...first.seen.values, ...second.seen.values].toSorted(), [
    "2.0",
    "2.1",
    "4.0",
    "4.1",
    "4.2",
    "4.3",
  ]);
  t.deepEqual(second.estimates.slice(0, 2), [1, 1]);
});
