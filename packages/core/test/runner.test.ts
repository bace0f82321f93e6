import { spawnSync } from "node:child_process";

import test from "ava";
import {
  Count,
  DirectRunner,
  FixedWindows,
  GLOBAL_WINDOW,
  MAX_TIMESTAMP,
  SYSTEM_CLOCK,
  SlidingWindows,
  Sum,
  TributaryError,
  failedStep,
  textLogger,
  type DoFn,
  type JobHandle,
  type JsonValue,
  type Pipeline,
  type Sink,
  type SinkWriter,
  type SourceFunction,
  type WriterContext,
} from "@tributary/core";
import {
  CollectingSink,
  MemoryCheckpointStore,
  ScriptedSource,
  SILENT_LOGGER,
  TestPipeline,
  TestStream,
  VirtualClock,
  graphOf,
  listSource,
  until,
} from "@tributary/core/testing";

interface Event {
  readonly key: string;
  readonly time: number;
}

const event = (key: string, time: number): Event => ({ key, time });
const byTime = { eventTime: { timestamp: (one: Event) => one.time } };

/** Counts per key in windows of ten milliseconds, as `key start count`. */
function countInto(
  pipeline: TestPipeline,
  source: ScriptedSource<Event>,
  options: object = byTime,
): CollectingSink<string> {
  const sink = new CollectingSink<string>();
  pipeline
    .read("events", source, options)
    .windowInto("ten", FixedWindows.of(10))
    .combinePerKey("count", {
      key: (one) => one.key,
      combine: Count.elements(),
      output: (key, count, window) => `${key} ${window.start} ${count}`,
    })
    .write("out", sink);
  return sink;
}

// --- element-wise -----------------------------------------------------------------------------------------------------

test("element-wise steps, fan-out and a flatten of one collection twice give every element to every consumer", async (t) => {
  const pipeline = new TestPipeline();
  const numbers = pipeline.create("numbers", [1, 2, 3, 4]);
  const even = numbers.filter("even", (n) => n % 2 === 0);
  const repeated = even.flatMap("repeat", (n) => Array.from({ length: n }, () => n));
  pipeline
    .assert("both", pipeline.flatten("twice", [even, even, repeated]))
    .containsInAnyOrder([2, 2, 4, 4, 2, 2, 4, 4, 4, 4]);
  pipeline
    .assert(
      "all",
      numbers.map("negate", (n) => -n),
    )
    .containsInAnyOrder([-1, -2, -3, -4]);

  const result = await pipeline.run();

  t.deepEqual(result.read, { numbers: 4 });
  t.deepEqual(result.written, { both: 10, all: 4 });
  t.is(result.state, "finished");
});

test("asynchronous functions run within the step's concurrency and keep the order of their elements", async (t) => {
  const pipeline = new TestPipeline();
  const sink = new CollectingSink<number>();
  let inProgress = 0;
  let most = 0;
  pipeline
    .create(
      "numbers",
      Array.from({ length: 50 }, (_, i) => i),
    )
    .map(
      "double",
      async (n) => {
        most = Math.max(most, ++inProgress);
        for (let turn = 0; turn < (n * 7) % 5; turn++) await Promise.resolve();
        inProgress -= 1;
        return n * 2;
      },
      { concurrency: 3 },
    )
    .filter("small", async (n) => n < 60)
    .flatMap("pairs", async function* (n) {
      yield n;
      yield n + 1;
    })
    .write("out", sink);

  await pipeline.run();

  t.deepEqual(
    sink.values,
    Array.from({ length: 60 }, (_, i) => i),
  );
  t.is(most, 3);
});

test("a function that is not declared asynchronous and returns a promise fails the job and names the step", async (t) => {
  const pipeline = new TestPipeline();
  pipeline
    .create("numbers", [1])
    .filter("sneaky", (n) => Promise.resolve(n > 1))
    .write("out", new CollectingSink());

  const error = await t.throwsAsync(pipeline.run());

  t.true(TributaryError.is(error, "PIPELINE_INVALID"));
  t.is(failedStep(error), "sneaky");
});

test("a DoFn lives through setup, bundles that never overlap, and teardown, and sees each window of an element", async (t) => {
  const calls: string[] = [];
  let isBusy = false;
  const fn: DoFn<number, string> = {
    setup: async () => void calls.push("setup"),
    startBundle: () => void calls.push("start"),
    process(element, context) {
      t.false(isBusy);
      if (element % 2 === 0) {
        context.emit(`${element}@${context.window.start}`);
        return undefined;
      }
      isBusy = true;
      return Promise.resolve().then(() => {
        isBusy = false;
        context.emit(`${element}@${context.window.start}`);
      });
    },
    async finishBundle(context) {
      calls.push("finish");
      context.emit("end", 7, GLOBAL_WINDOW);
    },
    teardown: () => void calls.push("teardown"),
  };
  const pipeline = new TestPipeline();
  const sink = new CollectingSink<string>();
  pipeline
    .read("numbers", new ScriptedSource({ a: { batches: [{ records: [2, 3, 4] }, { records: [] }] } }), {
      eventTime: { timestamp: (n) => n },
    })
    .windowInto("overlapping", SlidingWindows.of(4, 2))
    .parDo("fn", () => fn)
    .write("out", sink);

  await pipeline.run();

  t.deepEqual(calls, ["setup", "start", "finish", "teardown"]);
  t.deepEqual(sink.values, ["2@0", "2@2", "3@0", "3@2", "4@2", "4@4", "end"]);
});

test("bundles of two sources never overlap in a step that waits", async (t) => {
  const pipeline = new TestPipeline();
  const script = { s: { batches: Array.from({ length: 5 }, (_, i) => ({ records: [i, i, i] })) } };
  let inBundle = 0;
  const bundles: number[] = [];
  const fn: DoFn<number, number> = {
    startBundle() {
      inBundle += 1;
      bundles.push(inBundle);
    },
    async process(element, context) {
      for (let turn = 0; turn < 3; turn++) await Promise.resolve();
      context.emit(element);
    },
    async finishBundle() {
      await Promise.resolve();
      inBundle -= 1;
    },
  };
  const both = pipeline.flatten("both", [
    pipeline.read("left", new ScriptedSource(script)),
    pipeline.read("right", new ScriptedSource(script)),
  ]);
  pipeline
    .assert(
      "out",
      both.parDo("fn", () => fn),
    )
    .satisfies((values) => t.is(values.length, 30));

  await pipeline.run();

  t.deepEqual(
    bundles,
    Array.from({ length: 10 }, () => 1),
  );
});

test("a step that multiplies its elements hands them to the sink in writes of at most a thousand", async (t) => {
  const pipeline = new TestPipeline();
  const sink = new CollectingSink<number>();
  pipeline
    .create(
      "numbers",
      Array.from({ length: 1_000 }, (_, i) => i),
    )
    .flatMap("many", (n) => Array.from({ length: 30 }, () => n))
    .write("out", sink);

  await pipeline.run();

  t.is(sink.values.length, 30_000);
  t.true(sink.largestWrite <= 1_000);
});

// --- windows, watermarks, lateness ------------------------------------------------------------------------------------

test("a window fires once the watermark is at its end, not a millisecond before", async (t) => {
  const stream = new TestStream<string>()
    .addAt({ value: "a", timestamp: 3 }, { value: "a", timestamp: 9 }, { value: "b", timestamp: 10 })
    .advanceWatermarkTo(9);
  const clock = new VirtualClock();
  const pipeline = new TestPipeline();
  const sink = new CollectingSink<string>();
  pipeline
    .read("stream", stream.source, stream.options)
    .windowInto("ten", FixedWindows.of(10))
    .combinePerKey("count", { key: (one) => one, combine: Count.elements() })
    .map("text", ({ key, value }) => `${key}${value}`)
    .write("out", sink);
  let atNine: readonly string[] | undefined;
  stream.advanceProcessingTime(clock, 1).advanceWatermarkTo(10);
  clock.setTimer(1, () => {
    atNine = [...sink.values];
  });

  const result = await (await pipeline.start({ clock })).result;

  t.deepEqual(atNine, []);
  t.deepEqual(sink.values, ["a2", "b1"]);
  t.is(result.late, 0);
});

test("windows fire in the order of their ends and keys in the order in which they came", async (t) => {
  const pipeline = new TestPipeline();
  const times = [25, 5, 15, 5, 25, 15];
  const sink = countInto(pipeline, listSource(times.map((time, i) => event(`k${5 - i}`, time))));

  await pipeline.run();

  t.deepEqual(sink.values, ["k4 0 1", "k2 0 1", "k3 10 1", "k0 10 1", "k5 20 1", "k1 20 1"]);
});

test("an element whose window is over is late; one that is behind the watermark in an open window is not", async (t) => {
  const pipeline = new TestPipeline();
  const batches = [[event("a", 12)], [event("a", 9), event("a", 11), event("a", 10)], [event("b", -1)]];
  const sink = countInto(
    pipeline,
    new ScriptedSource({ s: { batches: batches.map((records) => ({ records })) } }),
  );

  const result = await pipeline.run();

  t.deepEqual(sink.values, ["a 10 3"]);
  t.is(result.late, 2);
});

test("an element that is late in one of its windows still counts in the others and is no late row", async (t) => {
  const stream = new TestStream<string>()
    .advanceWatermarkTo(10)
    .addAt({ value: "x", timestamp: 9 }, { value: "x", timestamp: 3 });
  const pipeline = new TestPipeline();
  const counts = pipeline
    .read("stream", stream.source, stream.options)
    .windowInto("overlapping", SlidingWindows.of(10, 5))
    .combinePerKey("count", {
      key: (one) => one,
      combine: Count.elements(),
      output: (key, count, window) => [key, window.start, count],
    });
  pipeline.assert("out", counts).containsInAnyOrder([["x", 5, 1]]);

  const job = await pipeline.start();
  const result = await job.result;

  t.is(result.late, 1);
  const dropped = job.metrics.read().find((metric) => metric.name === "step.count.droppedDueToLateness");
  t.is(dropped?.value, 3);
});

test("a shard read a hundred times faster than its neighbours makes no row late", async (t) => {
  const slow = Array.from({ length: 10 }, (_, i) => ({ records: [event("slow", i * 100)] }));
  const fast = Array.from({ length: 1_000 }, (_, i) => ({ records: [event("fast", i)] }));
  const order = Array.from({ length: 1_010 }, (_, i) => (i % 101 === 100 ? "slow" : "fast"));
  const pipeline = new TestPipeline();
  const sink = countInto(
    pipeline,
    new ScriptedSource({ slow: { batches: slow }, fast: { batches: fast } }, { order }),
  );

  const result = await pipeline.run();

  t.is(result.late, 0);
  t.is(sink.values.filter((row) => row === "slow 500 1" || row === "fast 500 10").length, 2);
});

test("a split that was just assigned holds the watermark until it has given something", async (t) => {
  const pipeline = new TestPipeline();
  const source = new ScriptedSource(
    {
      a: { batches: [{ records: [event("a", 5)] }, { records: [event("a", 105)] }], isOpen: true },
      b: { batches: [{ records: [event("b", 7)] }, { records: [event("b", 50)] }], isOpen: true },
    },
    { order: ["a", "a", "b", "b"], polls: 2, boundedness: "unbounded" },
  );
  const sink = countInto(pipeline, source);
  const job = await pipeline.start();

  await until(() => source.answered === 2 && source.isPolled);
  t.deepEqual(sink.values, []);
  source.allow(2);
  await until(() => source.answered === 4 && source.isPolled);

  t.deepEqual(sink.values, ["a 0 1", "b 0 1"]);
  t.is(job.progress().sources[0]?.watermark, 50);
  await job.cancel();
});

test("children assigned while their parent finishes hold the watermark where the parent left it", async (t) => {
  const pipeline = new TestPipeline();
  const source = new ScriptedSource(
    {
      parent: {
        batches: [{ records: [event("p", 31)], notice: ["left", "right"] }],
        children: ["left", "right"],
      },
      other: { batches: [{ records: [event("o", 95)] }], isOpen: true },
      left: { batches: [{ records: [event("l", 33)] }, { records: [event("l", 90)] }], isOpen: true },
      right: { batches: [{ records: [event("r", 38)] }, { records: [event("r", 91)] }], isOpen: true },
    },
    { order: ["other", "parent", "left", "right", "left", "right"], polls: 2, boundedness: "unbounded" },
  );
  const sink = countInto(pipeline, source);
  const job = await pipeline.start();

  await until(() => source.answered === 2 && source.isPolled);
  t.deepEqual(source.events, ['notice parent ["left","right"]', "finished parent"]);
  t.is(job.progress().sources[0]?.watermark, 31);
  source.allow(4);
  await until(() => source.answered === 6 && source.isPolled);

  t.is(job.progress().late, 0);
  t.deepEqual(sink.values, ["p 30 1", "l 30 1", "r 30 1"]);
  t.is(job.progress().sources[0]?.watermark, 90);
  await job.cancel();
});

test("an idle split stops holding the watermark after its timeout and holds again when it delivers", async (t) => {
  const clock = new VirtualClock();
  const pipeline = new TestPipeline();
  const source = new ScriptedSource(
    {
      a: {
        batches: [{ records: [event("a", 5)] }, { records: [event("a", 25)] }, { records: [event("a", 60)] }],
        isOpen: true,
      },
      b: { batches: [{ records: [event("b", 2)] }, { records: [event("b", 27)] }], isOpen: true },
    },
    { order: ["b", "a", "a", "b", "a"], polls: 3, boundedness: "unbounded" },
  );
  const sink = countInto(pipeline, source, { ...byTime, idleTimeoutMs: 1_000 });
  const job = await pipeline.start({ clock });
  const watermark = (): number | undefined => job.progress().sources[0]?.watermark;

  await until(() => source.answered === 3 && source.isPolled);
  t.is(watermark(), 2);
  await clock.advance(999);
  t.is(watermark(), 2);
  await clock.advance(1);
  t.is(watermark(), 25, "both are idle: nothing holds");
  t.deepEqual(sink.values, ["b 0 1", "a 0 1"]);
  source.allow(2);
  await until(() => source.answered === 5 && source.isPolled);

  t.is(watermark(), 27);
  t.is(job.progress().late, 0);
  await job.cancel();
});

test("a split that is kept from reading is not idle, however long it gives nothing", async (t) => {
  const clock = new VirtualClock();
  const pipeline = new TestPipeline();
  const source = new ScriptedSource(
    {
      a: { batches: [5, 25, 60, 90].map((at) => ({ records: [event("a", at)] })), isOpen: true },
      b: { batches: [{ records: [event("b", 2)] }], isOpen: true },
    },
    { order: ["b", "a", "a", "a", "a"], polls: 3, boundedness: "unbounded" },
  );
  source.behind.add("b");
  const events = pipeline.read("events", source, { ...byTime, idleTimeoutMs: 1_000 });
  events.write("out", new CollectingSink<Event>());
  const job = await pipeline.start({ clock });
  const watermark = (): number | undefined => job.progress().sources[0]?.watermark;
  const delivers = async (): Promise<void> => {
    const answered = source.answered + 1;
    source.allow(1);
    await until(() => source.answered === answered && source.isPolled);
  };

  await until(() => source.answered === 3 && source.isPolled);
  await clock.advance(60_000);
  t.is(watermark(), 2);
  source.behind.delete("b");
  await clock.advance(2_000);
  t.is(watermark(), 25, "it has nothing to give: idle");
  source.behind.add("b");
  await delivers();
  t.is(watermark(), 25, "it may have something again");
  await clock.advance(60_000);
  t.is(watermark(), 25);
  source.behind.delete("b");
  await delivers();
  await clock.advance(2_000);

  t.is(watermark(), 90);
  await job.cancel();
});

test("time spent waiting for a slow sink makes no split idle", async (t) => {
  const clock = new VirtualClock();
  const pipeline = new TestPipeline();
  const source = new ScriptedSource(
    {
      a: { batches: [{ records: [event("a", 5)] }, { records: [event("a", 95)] }], isOpen: true },
      b: { batches: [{ records: [event("b", 6)] }, { records: [event("b", 96)] }], isOpen: true },
    },
    { order: ["a", "b", "a", "b"], polls: 2, boundedness: "unbounded" },
  );
  const slow = new CollectingSink<Event>();
  const events = pipeline.read("events", source, { ...byTime, idleTimeoutMs: 1_000 });
  events.write("slow", slow);
  const job = await pipeline.start({ clock });
  await until(() => source.answered === 2 && source.isPolled);

  slow.pause();
  source.allow(1);
  await until(() => slow.calls.length === 3);
  await clock.advance(60_000);
  t.is(job.progress().sources[0]?.watermark, 5);
  t.true(job.progress().sinks[0]?.isBackPressured);
  slow.resume();
  await until(() => source.isPolled);
  t.is(job.progress().sources[0]?.watermark, 6);
  await clock.advance(1_000);

  t.is(job.progress().sources[0]?.watermark, 95);
  await job.cancel();
});

test("an idle input of a flatten does not hold the other", async (t) => {
  const clock = new VirtualClock();
  const pipeline = new TestPipeline();
  const busy = new ScriptedSource(
    { a: { batches: [{ records: [event("a", 5)] }, { records: [event("a", 95)] }], isOpen: true } },
    { boundedness: "unbounded" },
  );
  const idle = new ScriptedSource<Event>({ b: { batches: [], isOpen: true } }, { boundedness: "unbounded" });
  const both = pipeline.flatten("both", [
    pipeline.read("busy", busy, byTime),
    pipeline.read("idle", idle, { ...byTime, idleTimeoutMs: 100 }),
  ]);
  const sink = new CollectingSink<unknown>();
  both
    .windowInto("ten", FixedWindows.of(10))
    .combinePerKey("count", { key: (one) => one.key, combine: Count.elements() })
    .write("out", sink);
  const job = await pipeline.start({ clock });

  await until(() => busy.answered === 2 && busy.isPolled);
  t.deepEqual(sink.values, []);
  await clock.advance(100);

  t.deepEqual(sink.values, [{ key: "a", value: 1 }]);
  await job.cancel();
});

test("a second grouping sees the first one's rows at the end of their windows, and none is late", async (t) => {
  const pipeline = new TestPipeline();
  const rows = Array.from({ length: 60 }, (_, i) => event(i % 3 === 0 ? "x" : "y", i));
  const source = new ScriptedSource({ s: { batches: rows.map((one) => ({ records: [one] })) } });
  const sink = new CollectingSink<string>();
  pipeline
    .read("events", source, byTime)
    .windowInto("five", FixedWindows.of(5))
    .combinePerKey("count", { key: (one) => one.key, combine: Count.elements() })
    .windowInto("twenty", FixedWindows.of(20))
    .combinePerKey("sum", {
      key: () => 0,
      combine: Sum.of((one) => one.value),
      output: (_key, sum, window) => `${window.start} ${sum}`,
    })
    .write("out", sink);

  const result = await pipeline.run();

  t.deepEqual(sink.values, ["0 20", "20 20", "40 20"]);
  t.is(result.late, 0);
});

test("many groups that become due at once leave in slices, and later windows wait for them", async (t) => {
  const pipeline = new TestPipeline();
  const rows = Array.from({ length: 20_000 }, (_, i) => event(`k${i}`, i % 20));
  const sink = new CollectingSink<string>();
  pipeline
    .read("events", listSource(rows), byTime)
    .windowInto("ten", FixedWindows.of(10))
    .combinePerKey("count", {
      key: (one) => one.key,
      combine: Count.elements(),
      output: (_key, count, window) => ({ count, start: window.start }),
    })
    .combinePerKey("sum", {
      key: (one) => one.start,
      combine: Sum.of((one) => one.count),
      output: (start, sum) => `${start} ${sum}`,
    })
    .write("out", sink);

  const result = await pipeline.run();

  t.deepEqual(sink.values, ["0 10000", "10 10000"]);
  t.is(result.late, 0);
});

// --- back-pressure ----------------------------------------------------------------------------------------------------

test("a source is not polled while a sink has not accepted its bundle; other sources go on", async (t) => {
  const pipeline = new TestPipeline();
  const held = new ScriptedSource({ s: { batches: [{ records: [1] }, { records: [2] }] } });
  const free = new ScriptedSource({ s: { batches: [{ records: [3] }, { records: [4] }] } });
  const slow = new CollectingSink<number>();
  const fast = new CollectingSink<number>();
  slow.pause();
  const numbers = pipeline.read("held", held);
  numbers.write("slow", slow);
  numbers.write("also fast", fast);
  pipeline.read("free", free).write("fast", fast);
  const job = await pipeline.start();

  await until(() => fast.values.length === 3);
  t.is(held.answered, 1);
  t.false(held.isPolled);
  t.deepEqual(
    job.progress().sinks.map((sink) => sink.isBackPressured),
    [true, false, false],
  );
  slow.resume();
  await job.result;

  t.deepEqual(slow.values, [1, 2]);
  t.deepEqual(
    fast.values.toSorted((a, b) => a - b),
    [1, 2, 3, 4],
  );
});

test("a slow sink below a grouping holds the source when a window fires, and all of it arrives", async (t) => {
  const pipeline = new TestPipeline();
  const batches = Array.from({ length: 30 }, (_, i) => ({ records: [event(`k${i}`, i)] }));
  const source = new ScriptedSource({ s: { batches } });
  const sink = countInto(pipeline, source);
  sink.pause();
  const job = await pipeline.start();

  await until(() => sink.calls.length > 0);
  await until(() => !source.isPolled);
  t.is(source.answered, 11);
  sink.resume();
  await job.result;

  t.is(sink.values.length, 30);
});

// --- ends -------------------------------------------------------------------------------------------------------------

function openEnded(): {
  pipeline: TestPipeline;
  source: ScriptedSource<Event>;
  sink: CollectingSink<string>;
} {
  const pipeline = new TestPipeline();
  const source = new ScriptedSource(
    { s: { batches: [{ records: [event("a", 1), event("b", 2)] }], isOpen: true } },
    { boundedness: "unbounded" },
  );
  return { pipeline, source, sink: countInto(pipeline, source) };
}

test("drain fires every window and flushes; stop flushes and fires none; cancel does neither", async (t) => {
  const end = async (how: (job: JobHandle) => Promise<unknown>) => {
    const { pipeline, source, sink } = openEnded();
    const job = await pipeline.start();
    await until(() => source.answered === 1 && source.isPolled);
    await how(job);
    const result = await job.result;
    return { state: result.state, rows: sink.values, calls: sink.calls, events: source.events };
  };

  t.like(await end((job) => job.drain()), {
    state: "finished",
    rows: ["a 0 1", "b 0 1"],
    calls: ["write 2", "flush", "close"],
    events: ["close enumerator", "close reader"],
  });
  t.like(await end((job) => job.stop()), { state: "stopped", rows: [], calls: ["flush", "close"] });
  t.like(await end((job) => job.cancel()), { state: "cancelled", rows: [], calls: ["close"] });
});

test("aborting the signal cancels the job, also when it was aborted before", async (t) => {
  const controller = new AbortController();
  const first = openEnded();
  const job = await first.pipeline.start({ signal: controller.signal });
  await until(() => first.source.isPolled);

  controller.abort();

  t.is((await job.result).state, "cancelled");
  const late = await openEnded().pipeline.start({ signal: controller.signal });
  t.is((await late.result).state, "cancelled");
});

test("until idle: the job drains once nothing was delivered for so long, counted anew with each delivery", async (t) => {
  const clock = new VirtualClock();
  const pipeline = new TestPipeline();
  const source = new ScriptedSource(
    {
      s: {
        batches: [{ records: [event("a", 1)] }, { records: [event("b", 2)] }, { records: [] }],
        isOpen: true,
      },
    },
    { boundedness: "unbounded", polls: 1 },
  );
  const sink = countInto(pipeline, source);
  const job = await pipeline.start({ clock, untilIdleMs: 1_000 });
  await until(() => source.isPolled && source.answered === 1);

  await clock.advance(900);
  source.allow(1);
  await until(() => source.isPolled && source.answered === 2);
  await clock.advance(900);
  source.allow(1);
  await until(() => source.isPolled && source.answered === 3);
  t.is(job.state, "running");
  await clock.advance(100);

  const result = await job.result;
  t.is(result.state, "finished");
  t.deepEqual(sink.values, ["a 0 1", "b 0 1"]);
});

test("until idle: a reader that is behind its tip is not idle, however long it waits for an answer", async (t) => {
  const clock = new VirtualClock();
  const { pipeline, source } = openEnded();
  source.isCaughtUp = false;
  const job = await pipeline.start({ clock, untilIdleMs: 1_000 });
  await until(() => source.isPolled && source.answered === 1);

  await clock.advance(10_000);
  t.is(job.state, "running");
  source.isCaughtUp = true;
  await clock.advance(2_000);

  t.is((await job.result).state, "finished");
});

test("until idle: a job that waits for its sink is not idle", async (t) => {
  const clock = new VirtualClock();
  const { pipeline, source } = openEnded();
  const slow = new CollectingSink<Event>();
  const second = new ScriptedSource({ s: { batches: [{ records: [event("c", 1)] }], isOpen: true } });
  pipeline.read("second", second).write("slow", slow);
  slow.pause();
  const job = await pipeline.start({ clock, untilIdleMs: 1_000 });
  await until(() => source.isPolled && slow.calls.length === 1);

  await clock.advance(10_000);
  t.is(job.state, "running");
  slow.resume();
  await until(() => second.isPolled);
  await clock.advance(2_000);

  t.is((await job.result).state, "finished");
});

// --- errors -----------------------------------------------------------------------------------------------------------

const boom = new Error("boom");

const FAILURES: Readonly<Record<string, (pipeline: Pipeline, sink: CollectingSink<number>) => void>> = {
  map: (pipeline, sink) =>
    pipeline
      .create("in", [1])
      .map("bad", (): number => {
        throw boom;
      })
      .write("out", sink),
  "async map": (pipeline, sink) =>
    pipeline
      .create("in", [1])
      .map("bad", async (): Promise<number> => {
        throw boom;
      })
      .write("out", sink),
  "DoFn finishBundle": (pipeline, sink) =>
    pipeline
      .create("in", [1])
      .parDo<number>("bad", () => ({ process() {}, finishBundle: () => Promise.reject(boom) }))
      .write("out", sink),
  "combine output": (pipeline, sink) =>
    pipeline
      .create("in", [1])
      .combinePerKey("bad", {
        key: (n) => n,
        combine: Count.elements(),
        output: (): number => {
          throw boom;
        },
      })
      .write("out", sink),
  "event time": (pipeline, sink) =>
    pipeline
      .read("bad", listSource([1]), {
        eventTime: {
          timestamp: () => {
            throw boom;
          },
        },
      })
      .write("out", sink),
  "sink write": (pipeline, sink) => {
    sink.failNext("write", boom);
    pipeline.create("in", [1]).write("bad", sink);
  },
  "sink flush": (pipeline, sink) => {
    sink.failNext("flush", boom);
    pipeline.create("in", [1]).write("bad", sink);
  },
};

for (const [where, build] of Object.entries(FAILURES)) {
  test(`an error in ${where} ends the job with that error, names the step and closes everything`, async (t) => {
    const pipeline = new TestPipeline();
    const sink = new CollectingSink<number>();
    build(pipeline, sink);

    const job = await pipeline.start();
    const error = await t.throwsAsync(job.result);

    t.is(error, boom);
    t.is(failedStep(error), "bad");
    t.is(job.state, "failed");
    t.is(sink.calls.at(-1), "close");
    t.true(sink.context?.signal.aborted);
  });
}

test("the first error wins over those that follow from it, and everything is closed in reverse order", async (t) => {
  const closed: string[] = [];
  const pipeline = new TestPipeline();
  const source = new ScriptedSource<number>(
    { s: { batches: [], isOpen: true } },
    { boundedness: "unbounded" },
  );
  const sink = new CollectingSink<number>();
  pipeline
    .read("in", source)
    .parDo<number>("fn", () => ({
      process() {},
      teardown: () => {
        closed.push(...source.events, "teardown", ...sink.calls);
        throw new Error("teardown failed, too");
      },
    }))
    .write("out", sink);
  const job = await pipeline.start();
  await until(() => source.isPolled);

  const failure = new Error("boom");
  sink.context?.fail(failure);
  sink.context?.fail(new Error("another"));

  t.is(await t.throwsAsync(job.result), failure);
  t.deepEqual(closed, ["close enumerator", "close reader", "teardown"]);
  t.is(sink.calls.at(-1), "close");
});

test("a failing reader, and a sink that cannot be opened, fail the job", async (t) => {
  const { pipeline, source, sink } = openEnded();
  const job = await pipeline.start();
  const lost = new Error("lost");
  source.fail(lost);
  t.is(await t.throwsAsync(job.result), lost);
  t.is(failedStep(lost), "events");
  t.is(sink.calls.at(-1), "close");

  const broken = new TestPipeline();
  const opened = new CollectingSink<number>();
  const numbers = broken.create("in", [1]);
  numbers.write("first", opened);
  numbers.write("second", { createWriter: () => Promise.reject(new Error("no network")) });
  await t.throwsAsync(broken.start(), { message: "no network" });
  t.deepEqual(opened.calls, ["close"]);
});

test("the job's clock neither goes back nor stands still when the machine's is set back, and follows a leap ahead", (t) => {
  const wall = Date.now;
  const answers: number[] = [];
  t.teardown(() => {
    Date.now = wall;
  });

  answers.push(SYSTEM_CLOCK.now());
  Date.now = () => wall() - 3_600_000;
  answers.push(SYSTEM_CLOCK.now());
  const since = performance.now();
  while (performance.now() - since < 10);
  answers.push(SYSTEM_CLOCK.now());
  Date.now = () => wall() + 3_600_000;
  answers.push(SYSTEM_CLOCK.now());
  Date.now = wall;

  const [start = 0, back = 0, later = 0, ahead = 0] = answers;
  t.true(back >= start, `${back - start}`);
  t.true(later >= back + 4, `${later - back}`);
  t.true(ahead >= start + 3_600_000, `${ahead - start}`);
  t.true(answers.every((one) => Number.isInteger(one)));
});

/** A program whose sink waits on the job's clock before it opens, as one that tries a connection again does. */
const SLOW_TO_OPEN = `
  import { DirectRunner, Pipeline } from "@tributary/core";
  const pipeline = new Pipeline("slow to open");
  pipeline.create("in", [1]).write("out", {
    async createWriter({ clock }) {
      await clock.sleep(20);
      throw new Error("gave up");
    },
  });
  const { value } = pipeline.toGraph({ timeZone: "UTC", logger: console });
  await new DirectRunner().run(value).catch((error) => console.log(error.message));
`;

test("a process lives while a job opens, though nothing but the clock is waited for", (t) => {
  const { status, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", SLOW_TO_OPEN], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });

  t.deepEqual({ status, stdout }, { status: 0, stdout: "gave up\n" });
});

// --- source functions -------------------------------------------------------------------------------------------------

test("a source function is held back until its emissions are accepted, and its state moves with them", async (t) => {
  const accepted: number[] = [];
  let position = 0;
  const fn = (): SourceFunction<number> => ({
    async run(context) {
      for (let i = 0; i < 3; i++) {
        await context.underCheckpointLock((emit) => {
          emit(i, i * 10);
          position = i + 1;
        });
        accepted.push(i);
      }
    },
    cancel() {},
    snapshot: () => [position],
  });
  const pipeline = new TestPipeline();
  const sink = new CollectingSink<number>();
  sink.pause();
  pipeline.read("fn", { createFunction: fn }).write("out", sink);
  const job = await pipeline.start();

  await until(() => sink.calls.length === 1);
  t.deepEqual(accepted, []);
  sink.resume();
  const result = await job.result;

  t.deepEqual(sink.values, [0, 1, 2]);
  t.deepEqual(accepted, [0, 1, 2]);
  t.deepEqual(result.read, { fn: 3 });
});

test("a source function that marks itself idle holds no watermark, and cancel ends it", async (t) => {
  let isCancelled = false;
  let stop: () => void = () => {};
  const fn = (): SourceFunction<Event> => ({
    async run(context) {
      await context.underCheckpointLock((emit) => emit(event("f", 3), 3));
      context.markIdle();
      await new Promise<void>((resolve) => {
        stop = resolve;
      });
    },
    cancel() {
      isCancelled = true;
      stop();
    },
    snapshot: () => [],
  });
  const pipeline = new TestPipeline();
  const other = new ScriptedSource(
    { s: { batches: [{ records: [event("o", 4)] }, { records: [event("o", 44)] }], isOpen: true } },
    { boundedness: "unbounded" },
  );
  const sink = new CollectingSink<unknown>();
  pipeline
    .flatten("both", [
      pipeline.read("fn", { createFunction: fn }, byTime),
      pipeline.read("other", other, byTime),
    ])
    .windowInto("ten", FixedWindows.of(10))
    .combinePerKey("count", { key: () => "all", combine: Count.elements() })
    .write("out", sink);
  const job = await pipeline.start();

  await until(() => sink.values.length === 1);
  t.deepEqual(sink.values, [{ key: "all", value: 2 }]);
  await job.stop();

  t.true(isCancelled);
  t.is(job.state, "stopped");
});

test("an error in a source function fails the job", async (t) => {
  const pipeline = new TestPipeline();
  const failure = new Error("boom");
  const fn = (): SourceFunction<number> => ({
    run: () => Promise.reject(failure),
    cancel() {},
    snapshot: () => [],
  });
  pipeline.read("fn", { createFunction: fn }).write("out", new CollectingSink());

  t.is(await t.throwsAsync(pipeline.run()), failure);
});

// --- progress ---------------------------------------------------------------------------------------------------------

test("progress and metrics tell rows, lag and watermark of each split, and what sinks have accepted", async (t) => {
  const pipeline = new TestPipeline();
  const source = new ScriptedSource(
    {
      a: { batches: [{ records: [event("a", 5)], lagMs: 70 }], isOpen: true },
      b: { batches: [{ records: [event("b", 9), event("b", 8)] }] },
    },
    { boundedness: "unbounded" },
  );
  pipeline.read("events", source, byTime).write("out", new CollectingSink());
  const job = await pipeline.start();
  await until(() => source.answered === 2 && source.isPolled);

  t.deepEqual(job.progress(), {
    state: "running",
    sources: [
      {
        name: "events",
        records: 3,
        skipped: 0,
        watermark: 5,
        splits: [
          { id: "a", records: 1, lagMs: 70, isFinished: false, watermark: 5 },
          { id: "b", records: 2, isFinished: true, watermark: 9 },
        ],
      },
    ],
    sinks: [{ name: "out", written: 3, isBackPressured: false }],
    late: 0,
    checkpoints: { completed: 0 },
  });
  t.like(Object.fromEntries(job.metrics.read().map(({ name, value }) => [name, value])), {
    "source.events.numRecordsIn": 3,
    "source.events.currentWatermark": 5,
    "sink.out.numRecordsOut": 3,
  });
  await job.drain();
  t.is(job.progress().sources[0]?.watermark, MAX_TIMESTAMP);
});

test("two parts of a graph that are not connected do not wait for each other", async (t) => {
  const pipeline = new TestPipeline();
  const stuck = new CollectingSink<number>();
  stuck.pause();
  pipeline
    .create("left", [1])
    .map("slow", async (n) => n)
    .write("stuck", stuck);
  const free = new CollectingSink<number>();
  pipeline
    .create("right", [2])
    .map("async", async (n) => n)
    .write("free", free);
  const job = await new DirectRunner().run(graphOf(pipeline), { logger: SILENT_LOGGER });

  await until(() => free.values.length === 1);
  t.deepEqual(stuck.values, []);
  stuck.resume();

  t.is((await job.result).state, "finished");
});

test("a text logger prints its level and rarer ones, with the fields that are defined", (t) => {
  const lines: string[] = [];
  const logger = textLogger("info", (line) => lines.push(line));

  logger.error("failed", { code: "EXTERNAL_FAILED", step: undefined });
  logger.info("read", { rows: 3n, isLast: true });
  logger.debug("not printed");
  logger.trace("not printed");

  t.deepEqual(lines, ["error: failed code=EXTERNAL_FAILED", "info: read rows=3 isLast=true"]);
});

// --- several writers --------------------------------------------------------------------------------------------------

/** Says which writer got what, and keeps the count of its elements as state. */
class IndexedSink implements Sink<number> {
  readonly written: string[] = [];
  readonly opened: string[] = [];
  readonly closed: number[] = [];
  readonly #keepsState: boolean;

  constructor(keepsState = false) {
    this.#keepsState = keepsState;
  }

  async createWriter(context: WriterContext, restored?: JsonValue): Promise<SinkWriter<number>> {
    const { writerIndex, parallelism } = context;
    this.opened.push(
      `${writerIndex}/${parallelism}${restored === undefined ? "" : ` ${JSON.stringify(restored)}`}`,
    );
    let count = Number(restored ?? 0);
    return {
      write: async (elements) => {
        count += elements.length;
        this.written.push(...elements.map((one) => `${writerIndex}:${one}`));
      },
      flush: async () => {},
      ...(this.#keepsState ? { snapshot: () => count } : {}),
      close: async () => void this.closed.push(writerIndex),
    };
  }
}

function numbersInto(sink: Sink<number>) {
  const batches = [[1, 2], [3], [4], [5]].map((records) => ({ records }));
  const source = new ScriptedSource({ a: { batches, isOpen: true } }, { boundedness: "unbounded" });
  const pipeline = new TestPipeline();
  pipeline.read("numbers", source).write("out", sink);
  return { pipeline, source };
}

test("bundles take a sink's writers in turn; each knows its index and how many there are, and all are closed", async (t) => {
  const sink = new IndexedSink();
  const { pipeline, source } = numbersInto(sink);
  const job = await pipeline.start({ parallelism: 3 });
  await until(() => source.isPolled && source.answered === 4);

  await job.drain();

  t.deepEqual(sink.opened, ["0/3", "1/3", "2/3"]);
  t.deepEqual(sink.written.toSorted(), ["0:1", "0:2", "0:5", "1:3", "2:4"]);
  t.deepEqual(new Set(sink.closed), new Set([0, 1, 2]));
});

test("every writer gets its own state back; another number of writers is refused where they left some", async (t) => {
  const store = new MemoryCheckpointStore();
  const checkpoint = { directory: "memory", store };
  const first = numbersInto(new IndexedSink(true));
  const job = await first.pipeline.start({ parallelism: 2, checkpoint });
  await until(() => first.source.isPolled && first.source.answered === 4);
  await job.stop();

  const restored = { ...checkpoint, start: "restore" as const };
  const other = new IndexedSink(true);
  const error = await t.throwsAsync(numbersInto(other).pipeline.start({ checkpoint: restored }));
  const same = new IndexedSink(true);
  const again = await numbersInto(same).pipeline.start({ parallelism: 2, checkpoint: restored });
  await again.cancel();

  t.true(TributaryError.is(error, "STATE_INCOMPATIBLE"));
  t.regex(error?.message ?? "", /the step 'out': 2 writers left state, and there are 1 now/);
  t.deepEqual(other.opened, []);
  t.deepEqual(same.opened, ["0/2 3", "1/2 2"]);
});

test("writers without state may be more or fewer after a restore; a number that is none is refused", async (t) => {
  const store = new MemoryCheckpointStore();
  const first = numbersInto(new IndexedSink());
  const job = await first.pipeline.start({ checkpoint: { directory: "memory", store } });
  await until(() => first.source.isPolled && first.source.answered === 4);
  await job.stop();

  const sink = new IndexedSink();
  const again = await numbersInto(sink).pipeline.start({
    parallelism: 4,
    checkpoint: { directory: "memory", store, start: "restore" },
  });
  await again.cancel();

  t.is(sink.opened.length, 4);
  for (const parallelism of [0, 1.5, 129, Number.NaN]) {
    const error = await t.throwsAsync(numbersInto(sink).pipeline.start({ parallelism }));
    t.true(TributaryError.is(error, "OPTION_INVALID"));
  }
});
