/** Jobs at their limits: functions that never come back, graphs that are deep or wide, keys that are many or large. */
import { mock } from "node:test";
import test from "ava";
import {
  FixedWindows,
  State,
  Sum,
  Timers,
  failedStep,
  type,
  type KV,
  type PCollection,
} from "@tributary/core";
import {
  CollectingSink,
  MemoryCheckpointStore,
  ScriptedSource,
  TestPipeline,
  TestStream,
  VirtualClock,
  listSource,
  until,
} from "@tributary/core/testing";
import { runner } from "./model-runner.js";

type Pair = KV<string, number>;

const pipelineOf = (): TestPipeline => new TestPipeline("job", { runner });

/** A source that stays open when it has given its batches. */
function openSource<T>(...batches: readonly (readonly T[])[]): ScriptedSource<T> {
  return new ScriptedSource<T>(
    { s: { batches: batches.map((records) => ({ records })), isOpen: true } },
    { boundedness: "unbounded" },
  );
}

// --- functions that never come back -----------------------------------------------------------------------------------

/** A method that never settles, and whether it was called. */
class Stuck {
  isCalled = false;

  readonly call = (): Promise<void> => {
    this.isCalled = true;
    return new Promise(() => {});
  };
}

const STUCK_STEPS: Readonly<
  Record<string, (pairs: PCollection<Pair>, stuck: Stuck) => PCollection<unknown>>
> = {
  "an asynchronous map": (pairs, { call }) => pairs.map("fn", call, { isAsync: true }),
  "an asynchronous flatMap": (pairs, { call }) =>
    pairs.flatMap("fn", async function* () {
      await call();
      yield 1;
    }),
  startBundle: (pairs, { call }) => pairs.parDo("fn", { startBundle: call, process() {} }),
  process: (pairs, { call }) => pairs.parDo("fn", { process: call }),
  "process with state": (pairs, { call }) =>
    pairs.parDo("fn", { state: { n: State.value<number>() }, process: call }),
  "process that is tried again": (pairs, { call }) => pairs.parDo("fn", { attempts: 3, process: call }),
  finishBundle: (pairs, { call }) => pairs.parDo("fn", { process() {}, finishBundle: call }),
  "a callback after the commit": (pairs, { call }) =>
    pairs.parDo("fn", {
      process: (_pair, { finalizer }) => finalizer.afterCommit(60_000, call),
    }),
};

for (const [name, build] of Object.entries(STUCK_STEPS)) {
  test(`a job is cancelled although a function never comes back: ${name}`, async (t) => {
    const stuck = new Stuck();
    const pipeline = pipelineOf();
    const other = pipeline.read("other", openSource<Pair>([{ key: "b", value: 2 }]));
    const pairs = pipeline.read("pairs", openSource<Pair>([{ key: "a", value: 1 }]));
    build(pipeline.flatten("both", [pairs, other]), stuck).write("out", new CollectingSink());
    const job = await pipeline.start();
    await until(() => stuck.isCalled);

    await job.cancel();

    t.is(job.state, "cancelled");
  });
}

test("a job is cancelled although a timer's callback never comes back, and the next bundle waits for it", async (t) => {
  const stuck = new Stuck();
  const clock = new VirtualClock();
  const pipeline = pipelineOf();
  const stream = new TestStream<Pair>()
    .add({ key: "a", value: 1 })
    .advanceProcessingTime(clock, 10)
    .add({ key: "b", value: 2 });
  pipeline
    .play("pairs", stream)
    .parDo("fn", {
      timers: { tick: Timers.processingTime() },
      process: (_pair, { timers }) => timers.tick.setRelative(5),
      onTimer: stuck.call,
    })
    .write("out", new CollectingSink());
  const job = await pipeline.start({ clock });
  await until(() => stuck.isCalled);

  await job.cancel();

  t.is(job.state, "cancelled");
});

test("a job that is cancelled while a function is set up ends, and tells so", async (t) => {
  const stuck = new Stuck();
  const controller = new AbortController();
  const pipeline = pipelineOf();
  pipeline
    .read("pairs", openSource<Pair>())
    .parDo("fn", { setup: stuck.call, process() {} })
    .write("out", new CollectingSink());
  const starting = pipeline.start({ signal: controller.signal });
  await until(() => stuck.isCalled);

  controller.abort();

  t.is((await (await starting).result).state, "cancelled");
});

test.serial("a teardown that never comes back keeps no job from ending", async (t) => {
  const stuck = new Stuck();
  const pipeline = pipelineOf();
  pipeline
    .read("pairs", listSource([1]))
    .parDo("fn", { process() {}, teardown: stuck.call })
    .write("out", new CollectingSink());
  mock.timers.enable({ apis: ["setTimeout"] });
  t.teardown(() => mock.timers.reset());
  const job = await pipeline.start();
  while (!stuck.isCalled) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  mock.timers.tick(60_000);

  t.is((await job.result).state, "finished");
});

test("a callback after a commit has the time that it was given, and the job goes on without it", async (t) => {
  const stuck = new Stuck();
  const clock = new VirtualClock();
  const pipeline = pipelineOf();
  const source = openSource([1], [2], [3]);
  const out = new CollectingSink<number>();
  pipeline
    .read("numbers", source)
    .parDo("fn", {
      output: type<number>(),
      process(n, { finalizer, emit }) {
        if (n === 1) finalizer.afterCommit(1_000, stuck.call);
        emit(n);
      },
    })
    .write("out", out);
  const job = await pipeline.start({ clock });
  await until(() => stuck.isCalled);
  await clock.advance(1_001);
  await until(() => out.values.length === 3);
  await job.stop();

  t.deepEqual(out.values, [1, 2, 3]);
});

test("an error of a function that comes when the job is over harms nobody", async (t) => {
  const rejections: unknown[] = [];
  const note = (error: unknown): number => rejections.push(error);
  process.on("unhandledRejection", note);
  t.teardown(() => process.off("unhandledRejection", note));
  const kinds: readonly ((numbers: PCollection<Pair>, call: () => Promise<void>) => PCollection<unknown>)[] =
    [
      (pairs, call) => pairs.map("fn", call, { isAsync: true }),
      (pairs, call) => pairs.parDo("fn", { process: call }),
      (pairs, call) => pairs.parDo("fn", { state: { n: State.value<number>() }, process: call }),
      (pairs, call) => pairs.parDo("fn", { process() {}, finishBundle: call }),
    ];
  for (const build of kinds) {
    let reject: ((error: Error) => void) | undefined;
    const pipeline = pipelineOf();
    const pairs = pipeline.read("pairs", openSource<Pair>([{ key: "a", value: 1 }]));
    build(
      pairs,
      () =>
        new Promise((_resolve, later) => {
          reject = later;
        }),
    ).write("out", new CollectingSink());
    const job = await pipeline.start();
    await until(() => reject !== undefined);
    await job.cancel();

    reject?.(new Error("too late"));
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  t.deepEqual(rejections, []);
});

test("what a generator throws names its step, whether the function waits or not, and nothing of the bundle leaves", async (t) => {
  const broken = function* (): Generator<number> {
    yield 1;
    throw new Error("broken");
  };
  for (const fn of [broken, async () => Promise.resolve(broken())]) {
    const pipeline = pipelineOf();
    const out = new CollectingSink<number>();
    pipeline
      .read("numbers", listSource([1]))
      .flatMap<number>("generate", fn)
      .write("out", out);
    const job = await pipeline.start();

    const error: unknown = await job.result.catch((reason: unknown) => reason);

    t.is(failedStep(error), "generate");
    t.deepEqual(out.values, []);
  }
});

// --- deep and wide ----------------------------------------------------------------------------------------------------

const CHAINS: Readonly<Record<string, (pairs: PCollection<Pair>, step: string) => PCollection<Pair>>> = {
  maps: (pairs, step) => pairs.map(step, ({ key, value }) => ({ key, value: value + 1 })),
  functions: (pairs, step) =>
    pairs.parDo(step, {
      output: type<Pair>(),
      process: ({ key, value }, { emit }) => emit({ key, value: value + 1 }),
    }),
  "functions with state": (pairs, step) =>
    pairs.parDo(step, {
      state: { n: State.value<number>() },
      output: type<Pair>(),
      process({ key, value }, { emit, state }) {
        state.n.write(value);
        emit({ key, value: value + 1 });
      },
    }),
  folds: (pairs, step) =>
    pairs.combinePerKey(step, {
      key: ({ key }) => key,
      combine: Sum.of(({ value }: Pair) => value + 1),
    }),
};

for (const [name, append] of Object.entries(CHAINS)) {
  test(`a graph may be a thousand steps deep: ${name}`, async (t) => {
    const pipeline = pipelineOf();
    let pairs: PCollection<Pair> = pipeline.read("pairs", listSource<Pair>([{ key: "a", value: 0 }]));
    for (let step = 0; step < 1_000; step++) pairs = append(pairs, `step ${step}`);
    const out = new CollectingSink<Pair>();
    pairs.write("out", out);

    await pipeline.run();

    t.deepEqual(out.values, [{ key: "a", value: 1_000 }]);
  });
}

test("a flatten may have a thousand inputs, and one collection a thousand times", async (t) => {
  const total = async (build: (pipeline: TestPipeline) => readonly PCollection<number>[]) => {
    const pipeline = pipelineOf();
    const out = new CollectingSink<number>();
    pipeline
      .flatten("all", build(pipeline))
      .combineGlobally(
        "sum",
        Sum.of((n: number) => n),
      )
      .write("out", out);
    await pipeline.run();
    return out.values;
  };
  const numbers = Array.from({ length: 1_000 }, (_, n) => n);

  t.deepEqual(
    await total((pipeline) => numbers.map((n) => pipeline.read(`${n}`, listSource([n])))),
    [499_500],
  );
  t.deepEqual(
    await total((pipeline) => {
      const one = pipeline.read("one", listSource([1]));
      return numbers.map(() => one);
    }),
    [1_000],
  );
});

test("a busy key, a slow step below it and two sources: all arrives", async (t) => {
  const source = (): ScriptedSource<Pair> =>
    new ScriptedSource<Pair>({
      s: {
        batches: Array.from({ length: 20 }, (_, timestamp) => ({
          records: Array.from({ length: 100 }, () => ({ key: "hot", value: 1 })),
          timestamps: Array.from({ length: 100 }, () => timestamp),
        })),
      },
    });
  const pipeline = pipelineOf();
  const out = new CollectingSink<string>();
  pipeline
    .flatten("both", [pipeline.read("first", source()), pipeline.read("second", source())])
    .parDo("count", {
      state: { n: State.value<number>() },
      output: type<Pair>(),
      async process(pair, { state, emit }) {
        await Promise.resolve();
        state.n.write((state.n.read() ?? 0) + 1);
        emit(pair);
      },
    })
    .windowInto("windows", { windowFn: FixedWindows.of(5) })
    .combinePerKey("sum", { key: ({ key }) => key, combine: Sum.of(({ value }: Pair) => value) })
    .flatMap("again", ({ key, value }) => Array.from({ length: value }, () => key))
    .map(
      "slow",
      async (key) => {
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        return key;
      },
      { concurrency: 64 },
    )
    .write("out", out);

  await pipeline.run();

  t.is(out.values.length, 4_000);
});

test("a key may have a megabyte, and a hundred thousand keys their timers and states in one window", async (t) => {
  const large = "k".repeat(1_048_576);
  const pipeline = pipelineOf();
  const pairs = Array.from({ length: 100_000 }, (_, n): Pair => ({ key: `${n % 10}${n}`, value: n }));
  const stream = new TestStream<Pair>()
    .at(0, ...pairs)
    .at(0, { key: large, value: 1 }, { key: large, value: 2 }, { key: `${large}x`, value: 3 })
    .advanceWatermarkToInfinity();
  const out = new CollectingSink<number>();
  let fired = 0;
  pipeline
    .play("pairs", stream)
    .windowInto("windows", { windowFn: FixedWindows.of(10) })
    .parDo("keyed", {
      state: { n: State.value<number>() },
      timers: { end: Timers.eventTime() },
      output: type<number>(),
      process(_pair, { state, timers }) {
        state.n.write((state.n.read() ?? 0) + 1);
        timers.end.set(5);
      },
      onTimer() {
        fired += 1;
      },
      onWindowExpiration: ({ state, emit }) => emit(state.n.read() ?? 0),
    })
    .write("out", out);

  await pipeline.run();

  t.is(fired, 100_002);
  t.is(out.values.length, 100_002);
  t.is(out.values.filter((n) => n === 2).length, 1);
});

test("a job that is cancelled lets go of its checkpoints when the one under way is written", async (t) => {
  const events: string[] = [];
  let written: (() => void) | undefined;
  class SlowStore extends MemoryCheckpointStore {
    override async write(...args: Parameters<MemoryCheckpointStore["write"]>): Promise<void> {
      events.push("write");
      await new Promise<void>((resolve) => {
        written = resolve;
      });
      await super.write(...args);
      events.push("written");
    }

    override async release(): Promise<void> {
      await super.release();
      events.push("release");
    }
  }
  const clock = new VirtualClock();
  const pipeline = pipelineOf();
  const source = openSource([1]);
  pipeline.read("numbers", source).write("out", new CollectingSink());
  const job = await pipeline.start({
    clock,
    checkpoint: { directory: "memory", store: new SlowStore(), intervalMs: 10 },
  });
  await until(() => source.answered === 1 && source.isPolled);
  await clock.advance(20);
  await until(() => written !== undefined);

  const cancelled = job.cancel();
  setImmediate(() => written?.());
  await cancelled;

  t.deepEqual(events, ["write", "written", "release"]);
});
