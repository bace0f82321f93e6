import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import {
  Count,
  DirectoryCheckpointStore,
  FixedWindows,
  Sum,
  TributaryError,
  Trigger,
  combineFields,
  directoryFiles,
  type Combiner,
  type DirectoryFiles,
  type JobHandle,
  type JobResult,
  type JsonValue,
  type LogFields,
  type RunOptions,
  type SourceFunction,
  type WindowingStrategy,
} from "@tributary/core";
import {
  CollectingSink,
  MemoryCheckpointStore,
  SILENT_LOGGER,
  ScriptedSource,
  TestPipeline,
  VirtualClock,
  until,
  type ScriptOptions,
  type ScriptedSplit,
} from "@tributary/core/testing";

type Script = Readonly<Record<string, ScriptedSplit<number>>>;

/** Counts and sums numbers, which are their own event times, per parity in windows of ten milliseconds. */
function job(
  script: Script,
  options: ScriptOptions = {},
  windows: Partial<WindowingStrategy> = { windowFn: FixedWindows.of(10) },
) {
  const source = new ScriptedSource(script, { boundedness: "unbounded", ...options });
  const sink = new CollectingSink<string>();
  const pipeline = new TestPipeline();
  pipeline
    .read("numbers", source, { eventTime: { timestamp: (n) => n } })
    .windowInto("ten", windows)
    .combinePerKey("sums", {
      key: (n) => [n % 2 === 0 ? "even" : "odd", n % 3],
      combine: combineFields({ count: Count.elements<number>(), sum: Sum.of((n: number) => n) }),
      output: (key, { count, sum }, window) => `${key.join("/")} ${window.start} ${count} ${sum}`,
    })
    .write("out", sink);
  return { source, sink, start: (run: RunOptions) => pipeline.start(run) };
}

const restore = (store: MemoryCheckpointStore) => ({
  checkpoint: { directory: "memory", store, start: "restore" as const },
});

const fresh = (store: MemoryCheckpointStore) => ({ checkpoint: { directory: "memory", store } });

async function temporaryDirectory(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "tributary-checkpoint-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

const SIMPLE: Script = {
  a: { batches: [1, 4, 12, 15, 23, 40].map((n) => ({ records: [n] })) },
  b: { batches: [2, 3, 11, 18, 29, 41].map((n) => ({ records: [n] })) },
};

/** The same, but never ending. */
const OPEN: Script = Object.fromEntries(
  Object.entries(SIMPLE).map(([id, split]) => [id, { ...split, isOpen: true }]),
);

/** Drains once everything that `polls` polls gave is processed. */
async function drainAfter(
  polls: number,
  source: ScriptedSource<number>,
  running: JobHandle,
): Promise<JobResult> {
  await until(() => source.isPolled && source.answered === polls, `${polls} polls`);
  return running.drain();
}

/** A combiner that says when it is called; to write an accumulator takes as long as half a millisecond. */
function observedSum(calls: string[], onEncode: () => void): Combiner<number, number, number> {
  return {
    description: "ObservedSum",
    accumulatorCoder: {
      isDeterministic: true,
      encode(sum) {
        calls.push("encode");
        onEncode();
        for (const end = performance.now() + 0.5; performance.now() < end;);
        return Buffer.from(String(sum));
      },
      decode: (bytes) => Number(Buffer.from(bytes).toString()),
    },
    createAccumulator: () => 0,
    addInput(sum, value) {
      calls.push("add");
      return sum + value;
    },
    mergeAccumulators: (sums) => sums.reduce((all, one) => all + one, 0),
    extractOutput: (sum) => sum,
  };
}

// --- restore ----------------------------------------------------------------------------------------------------------

/** Splits whose numbers go up, some with children that go on from there; and an order of polls. */
const scripts = fc
  .record({
    splits: fc.array(fc.array(fc.array(fc.nat(30), { maxLength: 4 }), { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 4,
    }),
    hasChildren: fc.boolean(),
    order: fc.array(fc.nat(3), { maxLength: 16 }),
  })
  .map(({ splits, hasChildren, order }) => {
    let start = 0;
    const script: Record<string, ScriptedSplit<number>> = {};
    splits.forEach((batches, index) => {
      // Children begin where their parent ended: the splits of a family stand one after the other in time.
      let time = hasChildren ? start : 0;
      const built = batches.map((steps) => ({ records: steps.map((step) => (time += step)) }));
      start = time;
      const child = hasChildren && index + 1 < splits.length ? [`s${index + 1}`] : [];
      script[`s${index}`] = { batches: built, children: child };
    });
    return { script, order: order.map((index) => `s${index}`) };
  });

test("cut at any poll and restored, a job gives what it gives uninterrupted", async (t) => {
  await fc.assert(
    fc.asyncProperty(scripts, async ({ script, order }) => {
      const whole = job(script, { order, boundedness: "bounded" });
      const expected = await (await whole.start({})).result;
      t.is(expected.late, 0);

      for (let cut = 0; cut < whole.source.answered; cut++) {
        const store = new MemoryCheckpointStore();
        const first = job(script, { order, polls: cut });
        const running = await first.start(fresh(store));
        await until(() => first.source.isPolled && first.source.answered === cut);
        await running.stop();
        const second = job(script, { order: order.slice(cut) });
        const restored = await second.start(restore(store));
        const result = await restored.result;

        t.deepEqual([...first.sink.values, ...second.sink.values].toSorted(), whole.sink.values.toSorted());
        t.deepEqual(result.read, expected.read);
        t.deepEqual(result.written, expected.written);
        t.is(result.late, 0);
      }
    }),
    { numRuns: 25 },
  );
});

for (const [version, windows] of [
  ["1", { windowFn: FixedWindows.of(10) }],
  ["2", { windowFn: FixedWindows.of(10) }],
  [
    "2-firings",
    {
      windowFn: FixedWindows.of(10),
      trigger: Trigger.afterEndOfWindow({ early: Trigger.afterCount(2), late: Trigger.afterCount(1) }),
      accumulation: "accumulating",
      allowedLatenessMs: 15,
    },
  ],
] as const satisfies readonly (readonly [string, Partial<WindowingStrategy>])[]) {
  test(`a checkpoint of format ${version} goes on as the job would have`, async (t) => {
    const bytes = await readFile(
      new URL(`../test/checkpoints/format-${version}.checkpoint`, import.meta.url),
    );
    const store = new MemoryCheckpointStore();
    store.checkpoints.set(1, bytes);
    const whole = job(SIMPLE, {}, windows);
    await (
      await whole.start({})
    ).result;
    const second = job(SIMPLE, {}, windows);

    const result = await (await second.start(restore(store))).result;

    // Written before the checkpoint, which was taken after seven polls.
    const first = ["odd/1 0 1 1", "even/2 0 1 2", "even/1 0 1 4", "odd/0 0 1 3"];
    t.deepEqual([...first, ...second.sink.values].toSorted(), whole.sink.values.toSorted());
    t.is(result.read["numbers"], 12);
  });
}

for (const [step, allowedLatenessMs] of [
  ["that fires once", 0],
  ["of the general kind", 5],
] as const) {
  test(`bundles go on while the state of a grouping ${step} is written, and it is written as it was at the cut`, async (t) => {
    const build = (calls: string[], polls?: number) => {
      const sink = new CollectingSink<string>();
      const records = Array.from({ length: 300 }, (_, i) => i);
      const batches = Array.from({ length: 40 }, (_, i) => ({
        records: i === 0 ? records : records.slice(i * 7, i * 7 + 20).toReversed(),
      }));
      const source = new ScriptedSource(
        { all: { batches, isOpen: true } },
        { boundedness: "unbounded", ...(polls === undefined ? {} : { polls }) },
      );
      const pipeline = new TestPipeline();
      pipeline
        .read("numbers", source, { eventTime: { timestamp: () => 0 } })
        .windowInto("ten", { windowFn: FixedWindows.of(10), allowedLatenessMs })
        .combinePerKey("sums", {
          key: (n) => n,
          // Once the state is being written there is more to read.
          combine: observedSum(calls, () => source.allow(38)),
          output: (key, sum) => `${key} ${sum}`,
        })
        .write("out", sink);
      return { source, sink, pipeline };
    };
    const whole = build([]);
    const uninterrupted = await whole.pipeline.start();
    await drainAfter(40, whole.source, uninterrupted);
    const clock = new VirtualClock();
    const store = new MemoryCheckpointStore();
    const calls: string[] = [];
    const first = build(calls, 2);
    const running = await first.pipeline.start({
      clock,
      checkpoint: { directory: "memory", store, intervalMs: 1_000 },
    });
    await until(() => first.source.isPolled && first.source.answered === 2);

    await clock.advance(1_000);
    await until(() => store.checkpoints.size === 1 && first.source.answered === 40);
    await running.cancel();

    const encoded = calls.flatMap((call, i) => (call === "encode" ? [i] : []));
    t.is(encoded.length, 300, "every key once");
    t.true(calls.slice(encoded[0], encoded.at(-1)).includes("add"));
    const second = build([]);
    const restored = await second.pipeline.start({ clock, ...restore(store) });
    await drainAfter(38, second.source, restored);
    t.deepEqual(second.sink.values.toSorted(), whole.sink.values.toSorted());
  });
}

test("killed after a checkpoint, a job repeats what came after it and loses nothing", async (t) => {
  const whole = job(OPEN);
  const uninterrupted = await whole.start({});
  await drainAfter(12, whole.source, uninterrupted);

  for (let cut = 0; cut < 12; cut++) {
    const store = new MemoryCheckpointStore();
    const clock = new VirtualClock();
    const first = job(OPEN, { polls: cut });
    const running = await first.start({ ...fresh(store), clock });
    await until(() => first.source.isPolled && first.source.answered === cut);
    await clock.advance(10_000);
    const written = first.sink.values.length;
    first.source.allow(3);
    await until(() => first.source.answered === Math.min(cut + 3, 12));
    await running.cancel();
    const second = job(OPEN);
    const again = await second.start(restore(store));
    await drainAfter(12 - cut, second.source, again);

    t.deepEqual(
      [...first.sink.values.slice(0, written), ...second.sink.values].toSorted(),
      whole.sink.values.toSorted(),
    );
  }
});

test("a source function gets its state back, and sinks theirs", async (t) => {
  const store = new MemoryCheckpointStore();
  const run = async (count: number, start: RunOptions) => {
    const restoredStates: (readonly JsonValue[] | undefined)[] = [];
    const fn = (): SourceFunction<number> => {
      let position = 0;
      let stop: () => void = () => {};
      return {
        async run(context) {
          restoredStates.push(context.restored);
          position = (context.restored?.[0] as number | undefined) ?? 0;
          for (let i = 0; i < count; i++) {
            await context.underCheckpointLock((emit) => {
              emit(position, 0);
              position += 1;
            });
          }
          await new Promise<void>((resolve) => {
            stop = resolve;
          });
        },
        cancel: () => stop(),
        snapshot: () => [position],
      };
    };
    const pipeline = new TestPipeline();
    const sink = new CollectingSink<number>();
    pipeline.read("fn", { createFunction: fn }).write("out", sink);
    const running = await pipeline.start(start);
    await until(() => sink.values.length === count);
    const result = await running.stop();
    return { restoredStates, values: sink.values, restored: sink.restored, result };
  };

  const first = await run(3, fresh(store));
  const second = await run(2, restore(store));

  t.deepEqual(first.restoredStates, [undefined]);
  t.deepEqual(second.restoredStates, [[3]]);
  t.deepEqual(second.values, [3, 4]);
  t.deepEqual(second.restored, [3]);
  t.deepEqual(second.result.written, { out: 5 });
});

test("a restored split that had finished is not read again, and its children go on from the watermark", async (t) => {
  const script: Script = {
    parent: { batches: [{ records: [1, 25] }], children: ["child"] },
    other: { batches: [{ records: [27] }], isOpen: true },
    child: { batches: [{ records: [26] }, { records: [45] }] },
  };
  const store = new MemoryCheckpointStore();
  const first = job(script, { polls: 2, order: ["parent", "other"] });
  const running = await first.start(fresh(store));
  await until(() => first.source.isPolled && first.source.answered === 2);
  await running.stop();

  const second = job(script);
  const restored = await second.start(restore(store));
  t.deepEqual(
    restored.restoredFrom?.sources[0]?.splits.map((split) => [split.id, split.state]),
    [
      ["other", 1],
      ["child", 0],
    ],
  );
  t.is(restored.progress().sources[0]?.watermark, 25);
  const result = await drainAfter(2, second.source, restored);

  t.deepEqual(second.source.events.slice(0, 1), ["finished child"]);
  t.deepEqual(first.sink.values, ["odd/1 0 1 1"]);
  t.deepEqual(second.sink.values, ["odd/1 20 1 25", "odd/0 20 1 27", "even/2 20 1 26", "odd/0 40 1 45"]);
  t.is(result.late, 0);
});

test("a split that ended before the other parent of its child holds the watermark, also over a restore", async (t) => {
  const script: Script = {
    behind: { batches: [{ records: [1] }, { records: [12] }], children: ["merged"] },
    ahead: { batches: [{ records: [41] }, { records: [95] }], children: ["merged"] },
    other: { batches: [{ records: [97] }], isOpen: true },
    merged: { batches: [{ records: [13] }, { records: [98] }], isOpen: true },
  };
  const order = ["other", "ahead", "behind", "behind", "ahead", "merged", "merged"];
  const expected = ["odd/1 0 1 1", "even/0 10 1 12", "odd/1 10 1 13", "odd/2 40 1 41"];

  for (let cut = 0; cut <= order.length; cut++) {
    const store = new MemoryCheckpointStore();
    const first = job(script, { polls: cut, order });
    const running = await first.start(fresh(store));
    await until(() => first.source.isPolled && first.source.answered === cut);
    await running.stop();
    const second = job(script, { order: order.slice(cut), polls: order.length - cut });
    const restored = await second.start(restore(store));
    await until(() => second.source.isPolled && second.source.answered === order.length - cut);

    t.is(restored.progress().late, 0);
    t.deepEqual([...first.sink.values, ...second.sink.values], expected, `cut after ${cut} polls`);
    t.is(restored.progress().sources[0]?.watermark, 97);
    await restored.cancel();
  }
});

// --- when checkpoints are taken ---------------------------------------------------------------------------------------

test("checkpoints come at their interval, after a flush, and the newest two are kept", async (t) => {
  const store = new MemoryCheckpointStore();
  const clock = new VirtualClock();
  const { source, sink, start } = job({ a: { batches: [{ records: [1] }], isOpen: true } });
  const running = await start({
    checkpoint: { directory: "memory", store, intervalMs: 500 },
    clock,
  });
  await until(() => source.isPolled && source.answered === 1);

  await clock.advance(499);
  t.is(store.checkpoints.size, 0);
  await clock.advance(1);
  t.deepEqual([...store.checkpoints.keys()], [1]);
  t.deepEqual(sink.calls, ["flush", "snapshot", "completed"]);
  await clock.advance(1_000);

  t.deepEqual([...store.checkpoints.keys()], [2, 3]);
  t.is(running.progress().checkpoints.completed, 3);
  await running.stop();
  t.deepEqual([...store.checkpoints.keys()], [3, 4]);
  t.false(store.isAcquired);
});

test("a checkpoint waits for the bundle that a slow sink has not accepted", async (t) => {
  const store = new MemoryCheckpointStore();
  const clock = new VirtualClock();
  const source = new ScriptedSource(
    { a: { batches: [{ records: [1] }], isOpen: true } },
    { boundedness: "unbounded" },
  );
  const sink = new CollectingSink<number>();
  sink.pause();
  const pipeline = new TestPipeline();
  pipeline.read("in", source).write("out", sink);
  const running = await pipeline.start({ ...fresh(store), clock });
  await until(() => sink.calls.length === 1);

  await clock.advance(30_000);
  t.is(store.checkpoints.size, 0);
  sink.resume();
  await until(() => store.checkpoints.size > 0);

  t.deepEqual(sink.calls.slice(0, 4), ["write 1", "flush", "snapshot", "completed"]);
  await running.cancel();
});

test("a checkpoint waits for a batch in progress: one part of it in the state and its position not would count twice", async (t) => {
  const store = new MemoryCheckpointStore();
  const clock = new VirtualClock();
  const records = Array.from({ length: 1_500 }, (_, i) => i % 10);
  const build = (gate: () => Promise<void>) => {
    const source = new ScriptedSource(
      { a: { batches: [{ records }], isOpen: true } },
      { boundedness: "unbounded" },
    );
    const sink = new CollectingSink<number>();
    const pipeline = new TestPipeline();
    const numbers = pipeline.read("numbers", source, { eventTime: { timestamp: (n) => n } });
    numbers.map("gated", () => gate(), { isAsync: true }).write("waste", new CollectingSink<void>());
    numbers
      .windowInto("ten", FixedWindows.of(10))
      .combinePerKey("count", { key: () => 0, combine: Count.elements(), output: (_key, count) => count })
      .write("out", sink);
    return { source, sink, pipeline };
  };
  let open: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let calls = 0;
  const first = build(() => (++calls > 1_000 ? gate : Promise.resolve()));
  const running = await first.pipeline.start({ ...fresh(store), clock });
  await until(() => calls > 1_000);

  await clock.advance(10_000);
  t.is(store.checkpoints.size, 0);
  open();
  await until(() => store.checkpoints.size === 1);
  await running.cancel();
  const second = build(() => Promise.resolve());
  const restored = await second.pipeline.start(restore(store));
  await until(() => second.source.isPolled);
  await restored.drain();

  t.is(second.source.answered, 0);
  t.deepEqual(second.sink.values, [1_500]);
});

test("a checkpoint that cannot be written, and a flush that fails, fail the job", async (t) => {
  const clock = new VirtualClock();
  const store = new MemoryCheckpointStore();
  store.write = () => Promise.reject(new Error("disk full"));
  const first = job(SIMPLE, { polls: 1 });
  const running = await first.start({ ...fresh(store), clock });
  await until(() => first.source.isPolled);
  await clock.advance(10_000);
  const error = await t.throwsAsync(running.result);
  t.true(TributaryError.is(error, "EXTERNAL_FAILED"));
  t.regex(error?.message ?? "", /disk full/);

  const flushFailure = new Error("flush failed");
  const second = job(SIMPLE, { polls: 1 });
  const another = await second.start({ ...fresh(new MemoryCheckpointStore()), clock });
  await until(() => second.source.isPolled);
  second.sink.failNext("flush", flushFailure);
  await clock.advance(10_000);
  t.is(await t.throwsAsync(another.result), flushFailure);
});

// --- where a job starts -----------------------------------------------------------------------------------------------

async function stopped(script: Script, start: RunOptions): Promise<void> {
  const one = job(script, { polls: 1 });
  const running = await one.start(start);
  await until(() => one.source.isPolled);
  await running.stop();
}

test("checkpoints that are there are refused unless the start says what to do", async (t) => {
  const store = new MemoryCheckpointStore();
  await t.throwsAsync(job(SIMPLE).start(restore(store)), {
    code: "CHECKPOINT_UNUSABLE",
    message: /no checkpoint/,
  });
  await stopped(SIMPLE, fresh(store));

  const error = await t.throwsAsync(job(SIMPLE).start(fresh(store)), { code: "CHECKPOINT_UNUSABLE" });

  t.regex(error?.message ?? "", /holds a checkpoint of an earlier run/);
  t.false(store.isAcquired);
});

test("a fresh start replaces older checkpoints as soon as its own first one is complete", async (t) => {
  const store = new MemoryCheckpointStore();
  await stopped(SIMPLE, fresh(store));
  const one = job(SIMPLE, { polls: 0 });

  const running = await one.start({ checkpoint: { directory: "memory", store, start: "fresh" } });
  await until(() => store.checkpoints.has(2));
  await until(() => !store.checkpoints.has(1));
  await running.cancel();

  const again = job(SIMPLE);
  const restored = await again.start(restore(store));
  t.deepEqual((await restored.result).read, { numbers: 12 });
});

test("the checkpoint of a drained job cannot be continued", async (t) => {
  const store = new MemoryCheckpointStore();
  const one = job(SIMPLE, { boundedness: "bounded" });
  await (
    await one.start(fresh(store))
  ).result;

  const error = await t.throwsAsync(job(SIMPLE).start(restore(store)), { code: "CHECKPOINT_UNUSABLE" });

  t.regex(error?.message ?? "", /drained/);
});

test("a damaged newest checkpoint is passed over with a warning; when none is whole that is an error", async (t) => {
  const store = new MemoryCheckpointStore();
  await stopped(SIMPLE, fresh(store));
  await stopped(SIMPLE, restore(store));
  const warnings: (LogFields | undefined)[] = [];
  const logger = {
    ...SILENT_LOGGER,
    warn: (_message: string, fields?: LogFields) => void warnings.push(fields),
  };
  const damage = (id: number): void => {
    const bytes = Uint8Array.from(store.checkpoints.get(id) ?? []);
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    store.checkpoints.set(id, bytes);
  };
  damage(2);

  const running = await job(SIMPLE, { polls: 0 }).start({ ...restore(store), logger });
  t.deepEqual(running.progress().sources[0]?.records, 1);
  await running.cancel();
  t.deepEqual(warnings, [
    { code: "CHECKPOINT_DAMAGED", value: "2", hint: "The checkpoint 1 is used instead." },
  ]);

  damage(1);
  const error = await t.throwsAsync(job(SIMPLE).start({ ...restore(store), logger }), {
    code: "CHECKPOINT_DAMAGED",
  });
  t.is((error as unknown as TributaryError).diagnostics.length, 2);
});

test("any byte changed and any length cut is noticed", async (t) => {
  const store = new MemoryCheckpointStore();
  await stopped(SIMPLE, fresh(store));
  const whole = store.checkpoints.get(1) as Uint8Array;
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const changed = Uint8Array.from(whole);
      changed[at] = (changed[at] ?? 0) ^ change;
      for (const bytes of [changed, whole.subarray(0, at)]) {
        store.checkpoints.set(1, bytes);
        await t.throwsAsync(job(SIMPLE).start(restore(store)), { code: "CHECKPOINT_DAMAGED" });
      }
    }),
    { numRuns: 60 },
  );
});

const CHANGES: Readonly<Record<string, (pipeline: TestPipeline, source: ScriptedSource<number>) => void>> = {
  "the grouping was renamed": (pipeline, source) =>
    pipeline
      .read("numbers", source)
      .windowInto("ten", FixedWindows.of(10))
      .combinePerKey("totals", { key: (n) => n, combine: Count.elements() })
      .write("out", new CollectingSink()),
  "the windows changed": (pipeline, source) =>
    pipeline
      .read("numbers", source)
      .windowInto("ten", FixedWindows.of(20))
      .combinePerKey("sums", { key: (n) => n, combine: Count.elements() })
      .write("out", new CollectingSink()),
  "the combiner changed": (pipeline, source) =>
    pipeline
      .read("numbers", source)
      .windowInto("ten", FixedWindows.of(10))
      .combinePerKey("sums", { key: (n) => n, combine: Sum.of((n) => n) })
      .write("out", new CollectingSink()),
  "the grouping is gone": (pipeline, source) =>
    pipeline.read("numbers", source).write("out", new CollectingSink()),
};

for (const [change, build] of Object.entries(CHANGES)) {
  test(`a checkpoint does not fit when ${change}`, async (t) => {
    const store = new MemoryCheckpointStore();
    const counting = (pipeline: TestPipeline, source: ScriptedSource<number>): void =>
      pipeline
        .read("numbers", source)
        .windowInto("ten", FixedWindows.of(10))
        .combinePerKey("sums", { key: (n) => n, combine: Count.elements() })
        .write("out", new CollectingSink());
    const first = new TestPipeline();
    counting(first, new ScriptedSource({ a: { batches: [], isOpen: true } }, { boundedness: "unbounded" }));
    await (await first.start(fresh(store))).stop();
    const second = new TestPipeline();
    build(second, new ScriptedSource({ a: { batches: [], isOpen: true } }, { boundedness: "unbounded" }));

    const error = await t.throwsAsync(second.start(restore(store)), { code: "STATE_INCOMPATIBLE" });

    t.true(
      (error as unknown as TributaryError).diagnostics.some((one) => /sums|totals/.test(one.step ?? "")),
    );
    t.false(store.isAcquired);
  });
}

test("steps without state may be added, renamed and changed over a restore", async (t) => {
  const store = new MemoryCheckpointStore();
  const open = (): ScriptedSource<number> =>
    new ScriptedSource(
      { a: { batches: [{ records: [1, 2, 3] }], isOpen: true } },
      { boundedness: "unbounded" },
    );
  const first = new TestPipeline();
  first.read("numbers", open()).write("out", new CollectingSink());
  await (await first.start(fresh(store))).stop();
  const second = new TestPipeline();
  const numbers = second.read("numbers", open());
  numbers.write("another", new CollectingSink());
  numbers
    .filter("odd", (n) => n % 2 === 1)
    .map("negate", (n) => -n)
    .write("out", new CollectingSink());

  const running = await second.start(restore(store));

  t.is(running.state, "running");
  await running.cancel();
});

// --- the directory ----------------------------------------------------------------------------------------------------

class CrashError extends Error {}

/** Files of a process that dies at its n-th operation: nothing happens from there on, a file may be written in part. */
function crashingFiles(directory: string, operations: number): DirectoryFiles {
  const files = directoryFiles(directory);
  let left = operations;
  const step = async <T>(work: () => Promise<T>, partly: () => Promise<unknown> = async () => undefined) => {
    left -= 1;
    if (left > 0) return work();
    if (left === 0) await partly();
    throw new CrashError();
  };
  return {
    makeDirectory: () => step(() => files.makeDirectory()),
    list: () => step(() => files.list()),
    read: (name) => step(() => files.read(name)),
    writeDurably: (name, parts) =>
      step(
        () => files.writeDurably(name, parts),
        () => files.writeDurably(name, [Buffer.concat(parts).subarray(0, 3)]),
      ),
    create: (name, text) => step(() => files.create(name, text)),
    rename: (from, to) => step(() => files.rename(from, to)),
    syncNames: () => step(() => files.syncNames()),
    remove: (name) => step(() => files.remove(name)),
  };
}

test("a crash at any step of writing a checkpoint leaves the one before it whole", async (t) => {
  const parts = (text: string) => [Buffer.from(text), Buffer.from("!")];
  for (let operations = 1; operations <= 12; operations++) {
    const directory = await temporaryDirectory(t);
    const before = new DirectoryCheckpointStore(directory);
    await before.acquire();
    await before.write(1, parts("first"));
    await before.release();

    const crashing = new DirectoryCheckpointStore(directory, crashingFiles(directory, operations));
    const isAcquired = await crashing.acquire().then(
      () => true,
      () => false,
    );
    if (isAcquired) await crashing.write(2, parts("second")).catch(() => {});
    // The process is gone: its lock names a process that is no longer there.
    await rm(join(directory, "lock"), { force: true });

    const after = new DirectoryCheckpointStore(directory);
    await after.acquire();
    const ids = await after.list();
    const texts = await Promise.all(ids.map(async (id) => Buffer.from(await after.read(id)).toString()));
    t.true(
      ["first!", "second!,first!"].includes(texts.join()),
      `after ${operations} operations: ${texts.join()}`,
    );
    t.deepEqual(
      (await readdir(directory)).filter((name) => name.endsWith(".partial")),
      [],
    );
    await after.release();
  }
});

test("a job restores from the directory that the job before it wrote to", async (t) => {
  const directory = await temporaryDirectory(t);
  const first = job(SIMPLE, { polls: 5 });
  const running = await first.start({ checkpoint: { directory } });
  await until(() => first.source.isPolled && first.source.answered === 5);
  await running.stop();
  t.deepEqual(await readdir(directory), ["checkpoint-0000000001"]);

  const second = job(SIMPLE);
  const restored = await second.start({ checkpoint: { directory, start: "restore" } });
  const result = await restored.result;

  t.deepEqual(result.read, { numbers: 12 });
  t.deepEqual((await readdir(directory)).toSorted(), ["checkpoint-0000000001", "checkpoint-0000000002"]);
});

test("a directory in use by a live process is refused, and free again when the job has ended", async (t) => {
  const directory = await temporaryDirectory(t);
  const start = (): Promise<JobHandle> => job(SIMPLE, { polls: 0 }).start({ checkpoint: { directory } });
  const first = await start();

  const error = await t.throwsAsync(start(), { code: "CHECKPOINT_UNUSABLE" });
  t.regex(error?.message ?? "", new RegExp(`in use by the process ${process.pid}`));
  await first.cancel();
  const second = await start();
  await second.cancel();

  t.is(second.state, "cancelled");
});

test("a lock that its process has not written yet is respected, one that nobody writes is taken over", async (t) => {
  const directory = await temporaryDirectory(t);
  const files = directoryFiles(directory);
  const first = new DirectoryCheckpointStore(directory);
  await first.acquire();
  let looks = 0;
  const early: DirectoryFiles = {
    ...files,
    // What is moved out of the way is looked at in the same instant.
    read: async (name) => {
      if (name === "lock") looks += 1;
      return name !== "lock" || looks === 1 ? new Uint8Array(0) : files.read(name);
    },
  };

  await t.throwsAsync(new DirectoryCheckpointStore(directory, early).acquire(), {
    code: "CHECKPOINT_UNUSABLE",
  });
  t.deepEqual(await readdir(directory), ["lock"]);
  await writeFile(join(directory, "lock"), "");
  await new DirectoryCheckpointStore(directory).acquire();

  const text = await readFile(join(directory, "lock"), "utf8");
  t.is((JSON.parse(text) as { pid: number }).pid, process.pid);
});

const gone = spawnSync(process.execPath, ["-e", ""]).pid;

for (const [what, owner] of Object.entries({
  "a process that is gone": { pid: gone, host: hostname(), started: "1" },
  "an earlier process with this process's number": { pid: process.pid, host: hostname(), started: "1" },
  "another host": { pid: process.pid, host: "elsewhere.example", started: "1" },
})) {
  test(`the lock of ${what} is taken over`, async (t) => {
    const directory = await temporaryDirectory(t);
    await writeFile(join(directory, "lock"), JSON.stringify(owner));
    const store = new DirectoryCheckpointStore(directory);

    await store.acquire();

    const text = await readFile(join(directory, "lock"), "utf8");
    t.is((JSON.parse(text) as { pid: number }).pid, process.pid);
    await store.release();
    t.deepEqual(await readdir(directory), []);
  });
}

test("files of a checkpoint directory may be read by their owner alone", async (t) => {
  const directory = await temporaryDirectory(t);
  const one = job(OPEN, { polls: 1 });
  const running = await one.start({ checkpoint: { directory, intervalMs: 1 } });
  await until(() => running.progress().checkpoints.completed > 0);

  const modes = await Promise.all(
    (await readdir(directory)).map(async (name) => {
      const { mode } = await stat(join(directory, name));
      return [name.replace(/\d+$/, ""), (mode & 0o777).toString(8)] as const;
    }),
  );
  await running.cancel();

  t.deepEqual(Object.fromEntries(modes.filter(([name]) => !name.endsWith(".partial"))), {
    "checkpoint-": "600",
    lock: "600",
  });
});

test("half a checkpoint that could not be finished is removed, and the fault of a full disk is the machine's", async (t) => {
  const directory = await temporaryDirectory(t);
  const real = directoryFiles(directory);
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const store = new DirectoryCheckpointStore(directory, {
    ...real,
    writeDurably: async (name, parts) => {
      await real.writeDurably(name, parts.slice(0, 1));
      throw full;
    },
  });
  const clock = new VirtualClock();
  const one = job(SIMPLE, { polls: 1 });
  const running = await one.start({ checkpoint: { directory, store }, clock });
  await until(() => one.source.isPolled);
  await clock.advance(10_000);

  const error = await t.throwsAsync(running.result);
  t.true(TributaryError.is(error, "EXTERNAL_FAILED"));
  t.deepEqual(await readdir(directory), []);

  const lockless = new DirectoryCheckpointStore(directory, { ...real, create: () => Promise.reject(full) });
  const refused = await t.throwsAsync(job(SIMPLE).start({ checkpoint: { directory, store: lockless } }));
  t.true(TributaryError.is(refused, "EXTERNAL_FAILED"));
});

test("as many checkpoints are kept as asked for", async (t) => {
  const store = new MemoryCheckpointStore();
  const clock = new VirtualClock();
  const one = job(OPEN, { polls: 1 });
  const running = await one.start({ checkpoint: { directory: "memory", store, retained: 3 }, clock });
  for (let taken = 1; taken <= 5; taken++) {
    await clock.advance(10_000);
    await until(() => running.progress().checkpoints.completed === taken);
  }
  await running.cancel();

  t.deepEqual(await store.list(), [5, 4, 3]);
});

test("a checkpoint of a later release is refused by its version, also where an older one could be used", async (t) => {
  const store = new MemoryCheckpointStore();
  await stopped(OPEN, fresh(store));
  const body = Buffer.from(await store.read(1)).subarray(0, -32);
  body.writeUInt32LE(99, 20);
  await store.write(2, [body, createHash("sha256").update(body).digest()]);

  const error = await t.throwsAsync(job(OPEN).start(restore(store)));

  t.true(TributaryError.is(error, "CHECKPOINT_UNUSABLE"));
  t.regex(error?.message ?? "", /version is 99; this release reads 1 to \d+/);
});

test("a directory that cannot be made is unusable", async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, "file"), "");

  await t.throwsAsync(job(SIMPLE).start({ checkpoint: { directory: join(directory, "file", "below") } }), {
    code: "CHECKPOINT_UNUSABLE",
  });
});
