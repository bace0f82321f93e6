import test from "ava";
import {
  FixedWindows,
  State,
  Sum,
  Trigger,
  asSingleton,
  kv,
  output,
  type,
  type DoFn,
  type FailedElement,
  type KV,
  type ProcessContext,
  type RequestResponse,
  type TributaryError,
} from "@tributary/core";
import { MemoryCheckpointStore, TestPipeline, TestStream, type Collected } from "@tributary/core/testing";
import { modelTest, runner } from "./model-runner.js";

const newPipeline = (): TestPipeline => new TestPipeline("model", { runner });
const ten = FixedWindows.of(10);

// --- batches ----------------------------------------------------------------------------------------------------------

const batchesOf = (seen: Collected<KV<string, readonly number[]>>): string[] =>
  seen.elements.map(({ value: { key, value }, window: { start } }) => `${key} ${start} ${value.join()}`);

modelTest("state", "timers")("batches have their size; what is left comes at the window's end", async (t) => {
  const stream = new TestStream<KV<string, number>>()
    .at(1, kv("a", 1), kv("a", 2), kv("b", 3), kv("a", 4))
    .at(11, kv("a", 5))
    .at(2, kv("a", 6), kv("a", 7))
    .advanceWatermarkToInfinity();
  const pipeline = newPipeline();
  const batches = pipeline
    .play("pairs", stream)
    .windowInto("ten", ten)
    .groupIntoBatches("batches", { size: 3 });
  const seen = pipeline.collect("seen", batches);

  await pipeline.run();

  t.is(batchesOf(seen)[0], "a 0 1,2,4");
  t.deepEqual(batchesOf(seen).toSorted(), ["a 0 1,2,4", "a 0 6,7", "a 10 5", "b 0 3"]);
});

modelTest("state", "timers")(
  "batches hold at most their bytes; a value that is larger goes alone",
  async (t) => {
    const pipeline = newPipeline();
    const batches = pipeline
      .create(
        "pairs",
        [4, 4, 4, 9, 12, 1].map((value) => kv("a", value)),
      )
      .groupIntoBatches("batches", { size: 10, maxBytes: 10, sizeOf: (value) => value });
    const seen = pipeline.collect("seen", batches);

    await pipeline.run();

    t.deepEqual(
      seen.values.map(({ value }) => value.join()),
      ["4,4", "4", "9", "12", "1"],
    );
  },
);

modelTest(
  "state",
  "timers",
  "processing-time",
)("a batch that is not full leaves when its first value has waited long enough", async (t) => {
  const stream = new TestStream<KV<string, number>>()
    .add(kv("a", 1))
    .advanceProcessingTime(60)
    .add(kv("a", 2))
    .advanceProcessingTime(60)
    .add(kv("a", 3))
    .advanceProcessingTime(99);
  const pipeline = newPipeline();
  const times: string[] = [];
  pipeline
    .play("pairs", stream)
    .groupIntoBatches("batches", { size: 10, maxDelayMs: 100 })
    .map("note", ({ value }) => times.push(`${pipeline.clock.now()} ${value.join()}`))
    .reshuffle("end");

  await pipeline.run();

  t.is(times[0]?.endsWith(" 1,2"), true, times.join("; "));
  t.is(times[1]?.endsWith(" 3"), true, times.join("; "));
});

modelTest("state", "timers")("what waits for its batch is not late further on", async (t) => {
  const stream = new TestStream<KV<string, number>>()
    .at(1, kv("a", 1))
    .advanceWatermarkTo(8)
    .at(9, kv("a", 2))
    .advanceWatermarkTo(50);
  const pipeline = newPipeline();
  const counts = pipeline
    .play("pairs", stream)
    .windowInto("twenty", FixedWindows.of(20))
    .groupIntoBatches("batches", { size: 5 })
    .windowInto("five", FixedWindows.of(5))
    .groupByKey("again");
  const seen = pipeline.collect("seen", counts);

  const { late } = await pipeline.run();

  t.is(late, 0);
  t.deepEqual(
    seen.values.map(({ value }) => value),
    [[[1, 2]]],
  );
});

for (const options of [{ size: 0 }, { size: 1, maxBytes: 0 }, { size: 1, maxDelayMs: 0.5 }]) {
  test(`batches of ${JSON.stringify(options)} are refused`, (t) => {
    const pairs = newPipeline().create("pairs", [kv("a", 1)]);

    t.throws(() => pairs.groupIntoBatches("batches", options), { code: "PIPELINE_INVALID" });
  });
}

// --- deduplicate ------------------------------------------------------------------------------------------------------

modelTest(
  "state",
  "timers",
  "processing-time",
)("the first of equal elements passes, and another when its time is over", async (t) => {
  const stream = new TestStream<string>()
    .add("a", "a", "b")
    .advanceProcessingTime(50)
    .add("a")
    .advanceProcessingTime(60)
    .add("a", "b", "b");
  const pipeline = newPipeline();
  pipeline
    .assert("first", pipeline.play("stream", stream).deduplicate("once", { durationMs: 100 }))
    .containsInAnyOrder(["a", "b", "a", "b"]);

  await t.notThrowsAsync(pipeline.run());
});

modelTest("state", "timers")("in event time, and by a part of the element, window by window", async (t) => {
  const stream = new TestStream<{ readonly id: number; readonly text: string }>()
    .at(1, { id: 1, text: "first" })
    .at(2, { id: 1, text: "again" })
    .at(3, { id: 2, text: "other" })
    .at(11, { id: 1, text: "next window" })
    .advanceWatermarkTo(8)
    .at(9, { id: 1, text: "later" });
  const pipeline = newPipeline();
  const first = pipeline
    .play("stream", stream)
    .windowInto("ten", ten)
    .deduplicate("once", { by: ({ id }) => id, durationMs: 5, timeDomain: "event-time" });
  pipeline
    .assert(
      "texts",
      first.map("text", ({ text }) => text),
    )
    .containsInAnyOrder(["first", "other", "next window", "later"]);

  await t.notThrowsAsync(pipeline.run());
});

// --- wait -------------------------------------------------------------------------------------------------------------

modelTest("side-inputs")(
  "elements wait until the signal's window is over, and late signals change nothing",
  async (t) => {
    const main = new TestStream<string>();
    const signal = new TestStream<string>({ inStepWith: main });
    const seen: string[] = [];
    const note = (what: string): void => void seen.push(what);
    main.at(1, "a").at(11, "b").advanceWatermarkTo(20);
    signal.at(2, "s");
    signal.advanceWatermarkTo(10).at(3, "late");
    main.at(12, "c");
    signal.advanceWatermarkTo(15);
    signal.advanceWatermarkTo(20);
    const pipeline = newPipeline();
    const signals = pipeline
      .play("signal", signal)
      .map("note signal", (one) => (note(one), one))
      .windowInto("ten of signals", ten);
    pipeline
      .play("main", main)
      .windowInto("ten", ten)
      .waitOn("wait", [signals])
      .map("note main", (one) => (note(one), one))
      .reshuffle("end");

    await pipeline.run();

    t.deepEqual(seen.slice(0, 3), ["s", "a", "late"]);
    t.deepEqual(seen.slice(3).toSorted(), ["b", "c"]);
  },
);

modelTest("side-inputs")("several signals are waited for, also empty ones", async (t) => {
  const pipeline = newPipeline();
  const numbers = pipeline.create("numbers", [1, 2]);
  const [some, none] = [pipeline.create("some", ["x"]), pipeline.create<string>("none", [])];
  pipeline.assert("all", numbers.waitOn("wait", [some, none])).containsInAnyOrder([1, 2]);

  await t.notThrowsAsync(pipeline.run());
});

// --- failures ---------------------------------------------------------------------------------------------------------

const parse = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new RangeError(`no number: ${text}`);
  return Number(text);
};

for (const [name, fn] of [
  ["throws", parse],
  ["rejects", async (text: string) => parse(text)],
] as const) {
  test(`an element for which a function ${name} is an output of its own, and the job goes on`, async (t) => {
    const pipeline = newPipeline();
    const { main, failed } = pipeline
      .createTimestamped(
        "texts",
        ["1", "x", "3"].map((value, timestamp) => ({ value, timestamp })),
      )
      .mapCatching("parse", fn);
    pipeline.assert("numbers", main).containsInAnyOrder([1, 3]);
    pipeline.assert("failures", failed).satisfies(([one, ...others]) => {
      t.deepEqual(others, []);
      const { stack, ...rest } = one as FailedElement<string>;
      t.deepEqual(rest, {
        element: "x",
        errorClass: "RangeError",
        message: "no number: x",
        step: "parse",
        timestamp: 1,
      });
      t.regex(stack ?? "", /model-transforms/);
    });

    await pipeline.run();
  });
}

test("of an element that fails half way nothing comes, and what is thrown need be no error", async (t) => {
  const pipeline = newPipeline();
  const { main, failed } = pipeline.create("numbers", [1, 2]).flatMapCatching("both", function* (n) {
    yield n;
    // What users' code throws may be anything.
    // oxlint-disable-next-line typescript/only-throw-error
    if (n === 2) throw "two";
    yield -n;
  });
  pipeline.assert("both of one", main).containsInAnyOrder([1, -1]);
  pipeline
    .assert(
      "failures",
      failed.map("short", ({ element, errorClass, message }) => [element, errorClass, message]),
    )
    .singleton([2, "string", "two"]);

  await t.notThrowsAsync(pipeline.run());
});

test("a step below that fails is not caught", async (t) => {
  const pipeline = newPipeline();
  const { main, failed } = pipeline.create("texts", ["1"]).mapCatching("parse", parse);
  main.map("below", () => {
    throw new Error("below");
  });
  pipeline.assert("failures", failed).empty();

  await t.throwsAsync(pipeline.run(), { message: "below" });
});

for (const [name, process] of [
  ["throws", (n: number) => reject(n)],
  ["rejects", async (n: number) => reject(n)],
] as const) {
  test(`of an element for which a ParDo ${name} nothing is seen but the failure`, async (t) => {
    const pipeline = newPipeline();
    const factor = pipeline.create("factor", [10]).map("same", (n) => n);
    const finished: number[] = [];
    const { main, odd, failed } = pipeline
      .createTimestamped(
        "numbers",
        [1, 2, 3].map((value) => ({ value, timestamp: value })),
      )
      .parDoCatching("work", {
        output: type<number>(),
        outputs: { odd: output<number>() },
        sideInputs: { factor: asSingleton(factor) },
        concurrency: 2,
        process(n, { emit, emitTo, side }) {
          emit(n * side.factor);
          if (n % 2 === 1) emitTo("odd", n);
          return process(n);
        },
        finishBundle: () => void finished.push(1),
      });
    pipeline.assert("main", main).containsInAnyOrder([10, 20]);
    pipeline.assert("odd", odd).containsInAnyOrder([1]);
    pipeline
      .assert(
        "failures",
        failed.map("no stack", ({ stack, ...rest }) => ({ ...rest, hasStack: stack !== undefined })),
      )
      .singleton({
        element: 3,
        errorClass: "RangeError",
        message: "three",
        step: "work",
        timestamp: 3,
        hasStack: true,
      });

    await pipeline.run();

    t.true(finished.length > 0);
  });
}

function reject(n: number): void {
  if (n === 3) throw new RangeError("three");
}

test("a caught ParDo emits a refused output as a failure of its element, and a failure below is not caught", async (t) => {
  const pipeline = newPipeline();
  const { main, failed } = pipeline
    .createTimestamped(
      "numbers",
      [1, 2].map((value) => ({ value, timestamp: value })),
    )
    .parDoCatching(
      "early",
      class {
        #seen = 0;
        process(n: number, { emit }: ProcessContext<number>) {
          this.#seen += 1;
          emit(this.#seen);
          emit(n, { timestamp: n === 1 ? 0 : 5 });
        }
      },
    );
  pipeline.assert("main", main).containsInAnyOrder([2, 2]);
  pipeline
    .assert(
      "failures",
      failed.map("element", ({ element }) => element),
    )
    .singleton(1);
  await pipeline.run();

  const failing = newPipeline();
  const below = failing.create("numbers", [1]).parDoCatching("work", {
    output: type<number>(),
    process: (n, { emit }) => emit(n),
  });
  below.main.map("below", () => {
    throw new Error("below");
  });
  await t.throwsAsync(failing.run(), { message: "below" });
});

type CaughtFn = DoFn<number, number> & { readonly state?: never; readonly timers?: never };

test("failures are caught of no function with state, nor beside an output 'failed', and a handler takes them", async (t) => {
  const pipeline = newPipeline();
  const errors = pipeline.errorHandler("errors");
  const numbers = pipeline.create("numbers", [1]);
  const counting = { state: { seen: State.value<number>() }, process: () => {} };
  numbers.parDoCatching("keeps", counting as unknown as CaughtFn, { handler: errors });
  numbers.parDoCatching("named", { outputs: { failed: output<number>() }, process: () => {} });
  numbers.parDoCatching("empty", {} as unknown as CaughtFn);
  errors.close();

  const error = await t.throwsAsync(pipeline.run(), { code: "PIPELINE_INVALID" });

  t.deepEqual(
    (error as TributaryError).diagnostics.map(({ step, message }) => [step, message.slice(0, 24)]),
    [
      ["keeps", "Failures are caught of f"],
      ["named", "No further output can be"],
      ["empty", "The function has no meth"],
    ],
  );
});

test("an error handler collects the failures of several steps", async (t) => {
  const pipeline = newPipeline();
  const errors = pipeline.errorHandler("errors");
  const texts = pipeline.create("texts", ["1", "x"]);
  texts.mapCatching("parse", parse, { handler: errors });
  texts.requestResponse("ask", { call: async (text) => parse(text), handler: errors });
  const collected = errors.close();
  pipeline
    .assert(
      "failures",
      collected.map("short", ({ step, element }) => [step, element]),
    )
    .containsInAnyOrder([
      ["parse", "x"],
      ["ask", "x"],
    ]);

  await pipeline.run();

  t.throws(() => errors.close(), { code: "PIPELINE_INVALID" });
  t.throws(() => texts.mapCatching("again", parse, { handler: errors }), { code: "PIPELINE_INVALID" });
});

test("an error handler that is not closed fails the pipeline before it runs", async (t) => {
  const pipeline = newPipeline();
  const errors = pipeline.errorHandler("errors");
  pipeline.create("texts", ["1"]).mapCatching("parse", parse, { handler: errors });

  const error = await t.throwsAsync<TributaryError>(pipeline.run(), { code: "PIPELINE_INVALID" });

  t.is(error?.diagnostics[0]?.step, "errors");
  t.regex(error?.message ?? "", /was not closed/);
});

// --- requests ---------------------------------------------------------------------------------------------------------

/** Runs requests about numbers; the clock goes on until the job has ended. */
async function ask<R>(
  elements: readonly number[],
  what: RequestResponse<number, R>,
): Promise<{
  readonly main: readonly R[];
  readonly failed: readonly FailedElement<number>[];
  readonly tookMs: number;
}> {
  const pipeline = newPipeline();
  const { main, failed } = pipeline.create("numbers", elements).requestResponse("ask", what);
  const results = pipeline.collect("results", main);
  const failures = pipeline.collect("failures", failed);
  const job = await pipeline.start({ clock: pipeline.clock });
  let hasEnded = false;
  const end = job.result.finally(() => {
    hasEnded = true;
  });
  let tookMs = 0;
  while (!hasEnded) {
    if (pipeline.clock.pendingTimers > 0) tookMs = pipeline.clock.now();
    await pipeline.clock.advance(hasEnded ? 0 : 5);
  }
  await end;
  return { main: results.values, failed: failures.values, tookMs };
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
};

test("requests run side by side up to the concurrency, and leave as they come or in order", async (t) => {
  let inProgress = 0;
  let most = 0;
  const call = async (n: number): Promise<number> => {
    most = Math.max(most, ++inProgress);
    await turns(12 - n * 2);
    inProgress -= 1;
    return n;
  };
  const elements = [1, 2, 3, 4, 5];

  const ordered = await ask(elements, { call, concurrency: 3, keepsOrder: true });
  const mostOrdered = most;
  most = 0;
  const loose = await ask(elements, { call, concurrency: 5 });

  t.deepEqual(ordered.main, elements);
  t.is(mostOrdered, 3);
  t.deepEqual(loose.main, elements.toReversed());
  t.is(most, 5);
});

test("a request is tried again with growing waits, and fails in the end without ending the job", async (t) => {
  const attempts: string[] = [];
  const { main, failed, tookMs } = await ask([1, 2], {
    call: async (n, { attempt }) => {
      attempts.push(`${n}.${attempt}`);
      if (n === 1 || attempt < 3) throw new Error(`refused ${attempt}`);
      return n * 10;
    },
    attempts: 3,
    backOffMs: 100,
  });

  t.deepEqual(main, [20]);
  t.deepEqual(
    failed.map(({ element, message }) => [element, message]),
    [[1, "refused 3"]],
  );
  t.deepEqual(attempts.toSorted(), ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3"]);
  t.true(tookMs >= 290 && tookMs < 400, String(tookMs));
});

test("an error that another attempt cannot mend is not tried again", async (t) => {
  let calls = 0;
  const { failed } = await ask([1], {
    call: async () => {
      calls += 1;
      throw new TypeError("for ever");
    },
    attempts: 5,
    isRetryable: (error) => !(error instanceof TypeError),
  });

  t.is(calls, 1);
  t.is(failed.length, 1);
});

test("a request that takes too long is aborted", async (t) => {
  const signals: AbortSignal[] = [];
  const { main, failed } = await ask([1, 2], {
    call: (n, { signal, attempt }) => {
      signals.push(signal);
      return n === 1 && attempt < 2
        ? Promise.resolve(n)
        : n === 1
          ? Promise.resolve(n)
          : new Promise(() => {});
    },
    timeoutMs: 50,
    attempts: 2,
    backOffMs: 10,
  });

  t.deepEqual(main, [1]);
  t.deepEqual(
    failed.map(({ element, errorClass }) => [element, errorClass]),
    [[2, "TimeoutError"]],
  );
  t.deepEqual(
    signals.map((signal) => signal.aborted),
    [false, true, true],
  );
});

test("equal elements are asked about once while the answer is good", async (t) => {
  const calls: number[] = [];
  const call = async (n: number): Promise<number> => {
    calls.push(n);
    await turns(2);
    return -n;
  };

  const { main } = await ask([1, 2, 1, 1, 2, 3, 1], { call, cache: { maxEntries: 10 } });
  const all = calls.splice(0);
  await ask([1, 2, 3, 1], { call, concurrency: 1, cache: { maxEntries: 2 } });
  const small = calls.splice(0);
  await ask([1, 11, 2], { call, cache: { maxEntries: 10, by: (n) => n % 10 } });

  t.deepEqual(sorted(main), [-3, -2, -2, -1, -1, -1, -1]);
  t.deepEqual(all, [1, 2, 3]);
  t.deepEqual(small, [1, 2, 3, 1]);
  t.deepEqual(calls, [1, 2]);
});

test("an answer that failed is not kept", async (t) => {
  let calls = 0;
  const { main, failed } = await ask([1, 1], {
    call: async (n) => {
      calls += 1;
      if (calls === 1) throw new Error("once");
      return n;
    },
    concurrency: 1,
    cache: { maxEntries: 10 },
  });

  t.deepEqual(main, [1]);
  t.is(failed.length, 1);
});

test("calls keep to their pace", async (t) => {
  const { main, tookMs } = await ask([1, 2, 3, 4, 5], {
    call: (n) => Promise.resolve(n),
    throttle: { calls: 2, perMs: 100 },
  });

  t.is(main.length, 5);
  t.true(tookMs >= 190 && tookMs < 300, String(tookMs));
});

for (const what of [
  { concurrency: 0 },
  { timeoutMs: 0 },
  { attempts: 0 },
  { backOffMs: -1 },
  { cache: { maxEntries: 0 } },
  { throttle: { calls: 1, perMs: 0 } },
]) {
  test(`requests with ${JSON.stringify(what)} are refused`, (t) => {
    const numbers = newPipeline().create("numbers", [1]);

    t.throws(() => numbers.requestResponse("ask", { call: async (n: number) => n, ...what }), {
      code: "PIPELINE_INVALID",
    });
  });
}

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

modelTest("triggers")("a union of failures keeps their windows", async (t) => {
  const pipeline = newPipeline();
  const { failed } = pipeline
    .createTimestamped("texts", [{ value: "x", timestamp: 13 }])
    .windowInto("ten", {
      windowFn: ten,
      trigger: Trigger.always(),
      accumulation: "discarding",
      allowedLatenessMs: 0,
    })
    .mapCatching("parse", parse);
  const seen = pipeline.collect("seen", failed);

  await pipeline.run();

  t.deepEqual(
    seen.elements.map(({ window, timestamp }) => [window.start, timestamp]),
    [[10, 13]],
  );
});

// --- restarts ---------------------------------------------------------------------------------------------------------

/** Sums of a sequence in batches, by key, in parts, and as distinct remainders; `at` is called with each number. */
function summing(at: (n: number) => void): {
  readonly pipeline: TestPipeline;
  readonly results: readonly string[];
} {
  const pipeline = newPipeline();
  const results: string[] = [];
  const keyed = pipeline
    .generateSequence("numbers", { to: 200, timestamp: (n) => n })
    .map("see", (n) => (at(n), kv(n % 3, n)))
    .windowInto("fifty", FixedWindows.of(50));
  const note = (what: string) => (text: string) => void results.push(`${what} ${text}`);
  keyed
    .combineValues(
      "sum",
      Sum.of((n) => n),
      { fanOut: 2 },
    )
    .map("note sums", ({ key, value }) => note("sum")(`${key} ${value}`))
    .reshuffle("end of sums");
  keyed
    .groupIntoBatches("batches", { size: 7 })
    .map("note batches", ({ key, value }) => note("batch")(`${key} ${value.join()}`))
    .reshuffle("end of batches");
  keyed
    .values("plain")
    .deduplicate("remainders", { by: (n) => n % 5, durationMs: 1e9, timeDomain: "event-time" })
    .map("note remainders", (n) => note("first")(String(n)))
    .reshuffle("end of remainders");
  return { pipeline, results };
}

modelTest(
  "checkpoints",
  "state",
  "timers",
)("stopped anywhere and restored, batches, sums in parts and duplicates are those of one run", async (t) => {
  const whole = summing(() => {});
  await whole.pipeline.run();

  for (const cut of [0, 1, 60, 149, 199]) {
    const store = new MemoryCheckpointStore();
    const checkpoint = { directory: "memory", store, intervalMs: 1e9 };
    let stop = (): void => {};
    const first = summing((n) => n === cut && stop());
    const job = await first.pipeline.start({ checkpoint: { ...checkpoint, start: "fresh" } });
    stop = () => void job.stop();
    await job.result;
    const second = summing(() => {});
    await second.pipeline.run({ checkpoint: { ...checkpoint, start: "restore" } }).catch((error: unknown) => {
      // A run that had ended before it was stopped cannot be continued.
      if (first.results.length < whole.results.length) throw error;
    });

    t.deepEqual([...first.results, ...second.results].toSorted(), whole.results.toSorted(), `cut at ${cut}`);
  }
});

modelTest("state", "timers")("late values are batched until the window expires", async (t) => {
  const stream = new TestStream<KV<string, number>>()
    .at(1, kv("a", 1))
    .advanceWatermarkTo(12)
    .at(2, kv("a", 2), kv("a", 3))
    .advanceWatermarkTo(15)
    .at(3, kv("a", 4))
    .advanceWatermarkTo(20)
    .at(4, kv("a", 5));
  const pipeline = newPipeline();
  const batches = pipeline
    .play("pairs", stream)
    .windowInto("ten", { windowFn: ten, allowedLatenessMs: 5 })
    .groupIntoBatches("batches", { size: 10 });
  const seen = pipeline.collect("seen", batches);

  const { late } = await pipeline.run();

  t.deepEqual(sorted(seen.values.flatMap(({ value }) => value)), [1, 2, 3]);
  t.is(late, 2);
});
