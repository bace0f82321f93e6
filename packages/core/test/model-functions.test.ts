import test from "ava";
import {
  Count,
  DEFAULT_TRIGGER,
  FixedWindows,
  GLOBAL_WINDOW,
  MIN_TIMESTAMP,
  SessionWindows,
  SlidingWindows,
  State,
  Sum,
  Timers,
  Trigger,
  TributaryError,
  asIterable,
  asList,
  asMap,
  asMultimap,
  asSingleton,
  failedStep,
  kv,
  output,
  stringCoder,
  type,
  type Coder,
  type KV,
  type PCollection,
  type ProcessContext,
} from "@tributary/core";
import {
  CollectingSink,
  MemoryCheckpointStore,
  ScriptedSource,
  TestPipeline,
  TestStream,
  until,
} from "@tributary/core/testing";
import { runner } from "./model-runner.js";

const pipelineOf = (): TestPipeline => new TestPipeline("functions", { runner });

/** Everything that a literal declares flows into its methods and out of the step: compiled, and never run. */
export function typesFlow(
  orders: PCollection<{ readonly id: string; readonly amount: number; readonly currency: string }>,
  rates: PCollection<KV<string, number>>,
  limit: PCollection<number>,
): readonly unknown[] {
  const { main, late, bad } = orders.parDo("everything", {
    key: (order) => order.id,
    state: { seen: State.value<number>(), sum: State.combining(Sum.of((n: number) => n)) },
    timers: { flush: Timers.eventTime(), idle: Timers.family("processing-time") },
    outputs: { late: output<string>(), bad: output<{ readonly reason: string }>() },
    sideInputs: { rates: asMap(rates), all: asList(orders), limit: asSingleton(limit) },
    output: type<number>(),
    process(order, { state, timers, side, emit, emitTo, key }) {
      const id: string = key;
      const seen: number | undefined = state.seen.read();
      // @ts-expect-error the state holds numbers
      state.seen.write(id);
      const rate: number | undefined = side.rates.get(order.currency);
      const first: string | undefined = side.all[0]?.id;
      const most: number = side.limit;
      timers.flush.setRelative(10);
      // @ts-expect-error no such timer
      timers.flosh?.set(1);
      emit((rate ?? 1) * Math.min(most, seen ?? 0));
      // @ts-expect-error the main output holds numbers
      emit(id);
      emitTo("late", `${id}${first}`);
      // @ts-expect-error no such output
      emitTo("lat", id);
      // @ts-expect-error that output holds objects
      emitTo("bad", id);
      // @ts-expect-error a list is no map
      side.all.get(id);
      // @ts-expect-error no such side input
      side.rate?.get(id);
    },
    onTimer(timer, { emit, key, state }) {
      const name: "flush" | "idle" = timer;
      emit(state.sum.read() + name.length + key.length);
    },
    onWindowExpiration: ({ emitTo, key }) => emitTo("late", key),
    finishBundle({ emit, emitTo }) {
      emit(1, 0, GLOBAL_WINDOW);
      emitTo("bad", { reason: "none" }, 0, GLOBAL_WINDOW);
    },
  });
  const numbers: PCollection<number> = main;
  const texts: PCollection<string> = late;
  const faults: PCollection<{ readonly reason: string }> = bad;
  // @ts-expect-error elements have no such property
  orders.parDo("key", { key: (order) => order.nothing, state: { n: State.value<number>() }, process() {} });
  // @ts-expect-error a collection is no view of one
  orders.parDo("view", { sideInputs: { rates }, process() {} });
  // @ts-expect-error the step makes numbers
  const wrong: PCollection<string> = orders.parDo("wrong", { output: type<number>(), process() {} });
  return [numbers, texts, faults, wrong];
}

// --- elements and outputs ---------------------------------------------------------------------------------------------

test("every element is processed once; nothing in gives nothing out, and a function may give nothing", async (t) => {
  const pipeline = pipelineOf();
  const doubling = {
    output: type<number>(),
    process: (n: number, { emit }: ProcessContext<number>) => {
      emit(n);
      emit(n * 10);
    },
  };
  pipeline
    .assert("some", pipeline.create("numbers", [1, 2]).parDo("double", doubling))
    .containsInAnyOrder([1, 10, 2, 20]);
  pipeline.assert("none", pipeline.create<number>("nothing", []).parDo("double nothing", doubling)).empty();
  pipeline
    .assert("silent", pipeline.create("more", [1]).parDo("silence", { output: type<number>(), process() {} }))
    .empty();

  await pipeline.run();
  t.pass();
});

test("a function knows its step, the element's time and window, and what it was made with", async (t) => {
  const pipeline = pipelineOf();
  const suffix = "!";
  const out = pipeline
    .create("words", ["a"], { timestamp: () => 25 })
    .windowInto("tens", FixedWindows.of(10))
    .parDo("shout", () => ({
      output: type<string>(),
      process(word, { emit, step, timestamp, window, pane }) {
        emit(`${word}${suffix} ${step} ${timestamp} ${window.start} ${pane.timing}`);
      },
    }));
  pipeline.assert("out", out).containsInAnyOrder(["a! shout 25 20 unknown"]);

  await pipeline.run();
  t.pass();
});

test("a function may be a class or a function that makes one, and two uses of it are two", async (t) => {
  class Counting {
    #seen = 0;
    process(_element: string, { emit }: ProcessContext<number>): void {
      this.#seen += 1;
      emit(this.#seen);
    }
  }
  const literal = {
    seen: 0,
    process(_element: string, { emit }: ProcessContext<number>) {
      this.seen += 1;
      emit(this.seen);
    },
  };
  const pipeline = pipelineOf();
  const words = pipeline.create("words", ["a", "b"]);
  for (const [name, fn] of Object.entries({ Counting, made: () => new Counting(), literal })) {
    pipeline.assert(`${name} 1 out`, words.parDo(`${name} 1`, fn)).containsInAnyOrder([1, 2]);
    pipeline.assert(`${name} 2 out`, words.parDo(`${name} 2`, fn)).containsInAnyOrder([1, 2]);
  }

  await pipeline.run();
  t.is(literal.seen, 0);
});

test("an instance of a class is refused: two uses of it could not be told apart", async (t) => {
  class Silent {
    process(): void {}
  }
  const pipeline = pipelineOf();
  pipeline.create("words", ["a"]).parDo("shared", new Silent());

  const error = await t.throwsAsync(async () => pipeline.start());

  t.true(TributaryError.is(error, "PIPELINE_INVALID"));
});

test("further outputs go to collections of their own, in the windows of the input; unused ones are empty", async (t) => {
  const pipeline = pipelineOf();
  const { main, odd, never } = pipeline
    .create("numbers", [1, 2, 3], { timestamp: (n) => n * 10 })
    .windowInto("tens", FixedWindows.of(10))
    .parDo("split", {
      output: type<number>(),
      outputs: { odd: output<string>(), never: output<boolean>() },
      process(n, { emit, emitTo }) {
        if (n % 2 === 0) emit(n);
        else emitTo("odd", `odd ${n}`);
      },
    });
  pipeline.assert("even", main).containsInAnyOrder([2]);
  pipeline.assert("odds", odd).inWindow({ start: 30, end: 40 }).containsInAnyOrder(["odd 3"]);
  pipeline
    .assert("nothing", never.combineGlobally("count", Count.elements(), { withoutDefaults: true }))
    .empty();

  await pipeline.run();
  t.pass();
});

test("what a function returns beside a promise means nothing", async (t) => {
  const seen: number[] = [];
  const pipeline = pipelineOf();
  const numbers = pipeline.create("numbers", [1, 2]);
  numbers.parDo("plain", { process: (n: number) => seen.push(n) as unknown as void });
  numbers.parDo("keyed", {
    key: (n) => n,
    state: { n: State.value<number>() },
    process: (n) => seen.push(n) as unknown as void,
    finishBundle: () => seen.length as unknown as void,
  });

  await pipeline.run();

  t.deepEqual(
    seen.toSorted((a, b) => a - b),
    [1, 1, 2, 2],
  );
});

test("an output that nobody declared fails, and the nearest name is given", async (t) => {
  const pipeline = pipelineOf();
  const { main } = pipeline.create("numbers", [1]).parDo("split", {
    output: type<number>(),
    outputs: { late: output<number>() },
    process: (n, { emitTo }) => emitTo("lat" as "late", n),
  });
  pipeline.assert("out", main).empty();

  const error = (await t.throwsAsync(pipeline.run())) as TributaryError;

  t.is(error.code, "OUTPUT_INVALID");
  t.deepEqual(error.diagnostics[0]?.candidates, ["late"]);
});

// --- times ------------------------------------------------------------------------------------------------------------

for (const [what, allowedSkewMs, shift, isAllowed] of [
  ["later", undefined, 1_000, true],
  ["at the same time", undefined, 0, true],
  ["a millisecond earlier", undefined, -1, false],
  ["as early as the skew allows", 5, -5, true],
  ["a millisecond earlier than that", 5, -6, false],
  ["long before, with unlimited skew", Number.POSITIVE_INFINITY, -1_000_000, true],
  ["after the end of the global window", undefined, GLOBAL_WINDOW.end, false],
] as const) {
  test(`an output ${what} is ${isAllowed ? "taken" : "refused"}`, async (t) => {
    const pipeline = pipelineOf();
    const out = pipeline.create("numbers", [1], { timestamp: () => 100 }).parDo("shift", {
      ...(allowedSkewMs === undefined ? {} : { allowedSkewMs }),
      output: type<number>(),
      process: (n, { emit, timestamp }) => emit(n, { timestamp: timestamp + shift }),
    });
    const seen = pipeline.collect("seen", out);

    const error = await pipeline.run().then(
      () => undefined,
      (reason: unknown) => reason,
    );

    t.is(TributaryError.is(error, "OUTPUT_INVALID"), !isAllowed);
    t.deepEqual(
      seen.elements.map(({ timestamp }) => timestamp),
      isAllowed ? [100 + shift] : [],
    );
  });
}

test("what finishBundle emits names time and window, and later steps see that window", async (t) => {
  const pipeline = pipelineOf();
  const window = { start: 20, end: 30 };
  const out = pipeline
    .create("numbers", [1, 2, 3])
    .parDo("collect", () => {
      let sum = 0;
      return {
        output: type<number>(),
        process: (n) => void (sum += n),
        finishBundle: ({ emit }) => emit(sum, 25, window),
      };
    })
    .parDo("look", {
      output: type<string>(),
      process: (sum, { emit, window: seen, timestamp }) => emit(`${sum} ${seen.start} ${timestamp}`),
    });
  pipeline.assert("out", out).containsInAnyOrder(["6 20 25"]);

  await pipeline.run();
  t.pass();
});

test("a function runs once for each window of an element", async (t) => {
  const pipeline = pipelineOf();
  const out = pipeline
    .create("numbers", [7], { timestamp: (n) => n })
    .windowInto("sliding", SlidingWindows.of(10, 5))
    .parDo("look", {
      output: type<number>(),
      process: (_n, { emit, window }) => emit(window.start),
    });
  pipeline.assert("out", out).containsInAnyOrder([0, 5]);

  await pipeline.run();
  t.pass();
});

test("what waits until finishBundle is not made late by it, in any of many bundles", async (t) => {
  const stream = new TestStream<number>();
  for (let time = 0; time < 50; time++) {
    stream.at(time, time);
    if (time > 0) stream.advanceWatermarkTo(time);
  }
  stream.advanceWatermarkToInfinity();
  const pipeline = pipelineOf();
  const counts = pipeline
    .play("stream", stream)
    .windowInto("milliseconds", FixedWindows.of(1))
    .parDo("buffer", () => {
      let waiting: {
        readonly n: number;
        readonly timestamp: number;
        readonly window: { start: number; end: number };
      }[] = [];
      return {
        output: type<number>(),
        process: (n, { timestamp, window }) => void waiting.push({ n, timestamp, window }),
        async finishBundle({ emit }) {
          await Promise.resolve();
          for (const { n, timestamp, window } of waiting) emit(n, timestamp, window);
          waiting = [];
        },
      };
    })
    .combinePerKey("count", { key: (n) => n, combine: Count.elements(), output: (n) => n });
  pipeline.assert("out", counts).containsInAnyOrder(Array.from({ length: 50 }, (_, time) => time));

  const result = await pipeline.run();

  t.is(result.late, 0);
});

// --- life -------------------------------------------------------------------------------------------------------------

test("setup, bundles and teardown come in their order, also where there is state", async (t) => {
  for (const state of [undefined, { n: State.value<number>() }]) {
    const calls: string[] = [];
    const pipeline = pipelineOf();
    const stream = new TestStream<number>().at(1, 1, 2).at(2, 3).advanceWatermarkToInfinity();
    pipeline.play("stream", stream).parDo("fn", () => ({
      ...(state === undefined ? {} : { state, key: () => "k" }),
      output: type<number>(),
      setup: () => void calls.push("setup"),
      startBundle: async () => void calls.push("start"),
      process: async (n) => void calls.push(`${n}`),
      finishBundle: () => void calls.push("finish"),
      teardown: () => void calls.push("teardown"),
    }));

    await pipeline.run();

    const bundles = calls.slice(1, -1).join(" ");
    t.is(calls[0], "setup");
    t.is(calls.at(-1), "teardown");
    t.regex(bundles, /^start 1 2 finish start 3 finish( start finish)?$/);
  }
});

for (const method of ["setup", "startBundle", "process", "finishBundle", "teardown"] as const) {
  for (const isAsync of [false, true]) {
    test(`an error in ${isAsync ? "an asynchronous " : ""}${method} fails the job, ends the instance and lets nothing of the bundle out`, async (t) => {
      const calls: string[] = [];
      const boom = new Error("boom");
      const call = (name: string): void | Promise<void> => {
        calls.push(name);
        if (name !== method) return undefined;
        if (isAsync) return Promise.reject(boom);
        throw boom;
      };
      const sink = new CollectingSink<number>();
      const pipeline = pipelineOf();
      pipeline
        .create("numbers", [1])
        .parDo("fn", () => ({
          output: type<number>(),
          setup: () => call("setup"),
          startBundle: () => call("startBundle"),
          process(n, { emit }) {
            emit(n);
            return call("process");
          },
          finishBundle: () => call("finishBundle"),
          teardown: () => call("teardown"),
        }))
        .write("out", sink);

      const error = await t.throwsAsync(async () => pipeline.run());

      t.is(error, boom);
      t.is(failedStep(boom), "fn");
      t.deepEqual(
        calls.filter((name) => name === "teardown"),
        ["teardown"],
      );
      t.is(calls.at(-1), "teardown");
      t.deepEqual(sink.values, method === "teardown" ? [1] : []);
    });
  }
}

test("an error below a function fails the bundle although the function catches it", async (t) => {
  const sink = new CollectingSink<number>();
  const pipeline = pipelineOf();
  pipeline
    .create("numbers", [1])
    .parDo("careless", {
      output: type<number>(),
      process(n, { emit }) {
        try {
          emit(n);
        } catch {
          // Caught, and not mended.
        }
      },
    })
    .map("bad", (): number => {
      throw new Error("boom");
    })
    .write("out", sink);

  const error = await t.throwsAsync(pipeline.run(), { message: "boom" });

  t.is(failedStep(error), "bad");
});

test("emitting after the function has finished with an element fails", async (t) => {
  const pipeline = pipelineOf();
  let kept: ((n: number) => void) | undefined;
  const out = pipeline.create("numbers", [1, 2]).parDo("late", {
    output: type<number>(),
    process(_n, { emit }) {
      kept = emit;
    },
  });
  pipeline.assert("out", out).empty();

  await pipeline.run();

  t.throws(() => kept?.(1), { code: "OUTPUT_INVALID" });
});

test("functions that wait run as many elements at a time as they say", async (t) => {
  let running = 0;
  let most = 0;
  const pipeline = pipelineOf();
  const numbers = Array.from({ length: 40 }, (_, n) => n);
  const out = pipeline.create("numbers", numbers).parDo("wait", {
    concurrency: 5,
    output: type<number>(),
    async process(n, { emit }) {
      running += 1;
      most = Math.max(most, running);
      for (let turn = 0; turn < 3; turn++) await Promise.resolve();
      running -= 1;
      emit(n);
    },
  });
  pipeline.assert("out", out).containsInAnyOrder(numbers);

  await pipeline.run();

  t.is(most, 5);
});

for (const [what, process] of [
  [
    "its input",
    (element: { n: number }, { emit }: ProcessContext<{ n: number }>) => {
      element.n += 1;
      emit({ n: 0 });
    },
  ],
  [
    "an output",
    (_element: { n: number }, { emit }: ProcessContext<{ n: number }>) => {
      const made = { n: 1 };
      emit(made);
      made.n = 2;
    },
  ],
] as const) {
  test(`a function that changes ${what} is found out where a run asks for it`, async (t) => {
    const build = (): TestPipeline => {
      const pipeline = pipelineOf();
      pipeline.create("objects", [{ n: 1 }]).parDo("change", { process });
      return pipeline;
    };

    await build().run();
    const error = await t.throwsAsync(build().run({ detectMutations: true }));

    t.true(TributaryError.is(error, "ELEMENT_MUTATED"));
  });
}

// --- bundles that are tried again, metrics, callbacks -----------------------------------------------------------------

test("a bundle is tried again with a new instance; only the attempt that succeeds counts", async (t) => {
  const instances: number[] = [];
  let made = 0;
  const finalized: string[] = [];
  const pipeline = pipelineOf();
  const out = pipeline.create("numbers", [1, 2, 3]).parDo("flaky", () => {
    made += 1;
    const instance = made;
    return {
      attempts: 4,
      retryDelayMs: 1,
      output: type<number>(),
      setup: () => void instances.push(instance),
      process(n, { emit, metrics, finalizer }) {
        metrics.counter("seen").add();
        metrics.distribution("sizes").update(n);
        metrics.gauge("last").set(n);
        metrics.stringSet("names").add(`n${n}`);
        finalizer.afterCommit(1_000, () => void finalized.push(`${instance}.${n}`));
        emit(n);
        if (n === 3 && instances.length < 3) throw new Error("again");
      },
    };
  });
  pipeline.assert("out", out).containsInAnyOrder([1, 2, 3]);
  const job = await pipeline.start();
  await job.result;

  const find = (name: string) => job.metrics.query({ step: "flaky", name })[0];
  t.like(find("seen"), { kind: "counter", namespace: "user", attempted: 9, committed: 3 });
  t.like(find("sizes"), {
    attempted: { sum: 18, count: 9, min: 1, max: 3 },
    committed: { sum: 6, count: 3, min: 1, max: 3 },
  });
  t.like(find("last"), { attempted: 3, committed: 3 });
  t.deepEqual(find("names")?.committed, new Set(["n1", "n2", "n3"]));
  t.is(job.metrics.read().find(({ name }) => name === "step.flaky.bundleRetries")?.value, 2);
  t.is(instances.length, 3);
  t.deepEqual(
    finalized,
    [1, 2, 3].map((n) => `${instances.at(-1)}.${n}`),
  );
});

test("a bundle that fails as often as it may fails the job, and counts for nothing", async (t) => {
  const called: string[] = [];
  const pipeline = pipelineOf();
  let tried = 0;
  pipeline.create("numbers", [1]).parDo("bad", {
    attempts: 2,
    output: type<number>(),
    process(_n, { metrics, finalizer }) {
      tried += 1;
      metrics.counter("seen", "ours").add();
      finalizer.afterCommit(1_000, () => void called.push("called"));
      throw new Error("boom");
    },
  });
  const job = await pipeline.start();

  await t.throwsAsync(job.result, { message: "boom" });

  t.is(tried, 2);
  t.deepEqual(called, []);
  t.like(job.metrics.query({ namespace: "ours" })[0], { step: "bad", attempted: 2, committed: 0 });
});

test("metrics with empty names, or of another kind than before, are refused; steps have metrics of their own", async (t) => {
  for (const use of [
    (context: ProcessContext<number>) => context.metrics.counter(""),
    (context: ProcessContext<number>) => context.metrics.gauge(" "),
    (context: ProcessContext<number>) => context.metrics.distribution("d", ""),
    (context: ProcessContext<number>) => (context.metrics.counter("x"), context.metrics.stringSet("x")),
  ]) {
    const pipeline = pipelineOf();
    pipeline
      .create("numbers", [1])
      .parDo("fn", { process: (_n: number, context: ProcessContext<number>) => void use(context) });

    const error = await t.throwsAsync(pipeline.run());

    t.true(TributaryError.is(error, "METRIC_INVALID"));
  }
  const pipeline = pipelineOf();
  const numbers = pipeline.create("numbers", [1, 2]);
  for (const step of ["one", "two"]) {
    numbers.parDo(step, {
      output: type<number>(),
      process: (n, { metrics }) => metrics.counter("sum").add(n),
    });
  }
  const job = await pipeline.start();
  await job.result;
  t.deepEqual(
    job.metrics.query({ name: "sum" }).map(({ step, committed }) => [step, committed]),
    [
      ["one", 3],
      ["two", 3],
    ],
  );
  t.deepEqual(job.metrics.query({ step: "none" }), []);
});

test("where a job writes checkpoints, callbacks wait for the one that covers their bundle", async (t) => {
  const called: number[] = [];
  const source = new ScriptedSource<number>(
    { s: { batches: [{ records: [1] }], isOpen: true } },
    { boundedness: "unbounded" },
  );
  const sink = new CollectingSink<number>();
  const pipeline = pipelineOf();
  pipeline
    .read("numbers", source)
    .parDo("fn", {
      output: type<number>(),
      process(n, { finalizer, emit }) {
        finalizer.afterCommit(60_000, () => void called.push(n));
        finalizer.afterCommit(-1, () => void called.push(-n));
        emit(n);
      },
    })
    .write("out", sink);
  const store = new MemoryCheckpointStore();
  const job = await pipeline.start({ checkpoint: { directory: "memory", store } });
  await until(() => sink.values.length === 1);
  const before = [...called];
  await job.stop();

  t.deepEqual(before, []);
  t.deepEqual(called, [1]);
});

// --- side inputs ------------------------------------------------------------------------------------------------------

test("a function reads singletons, iterables, lists, maps and multimaps, plain and empty", async (t) => {
  const pipeline = pipelineOf();
  const rates = pipeline.create("rates", [kv("eur", 2), kv("usd", 3)]);
  const words = pipeline.create("words", ["one", "two", "three"]);
  const none = pipeline.create<KV<string, number>>("none", []);
  const out = pipeline.create("numbers", [1]).parDo("look", {
    sideInputs: {
      one: asSingleton(pipeline.create("single", [7])),
      fallback: asSingleton(pipeline.create<number>("missing", []), { defaultValue: 9 }),
      iterable: asIterable(words),
      list: asList(words),
      map: asMap(rates),
      byLength: asMultimap(words, { key: (word) => word.length, value: (word) => word }),
      noList: asList(none),
      noMap: asMap(none),
      noMultimap: asMultimap(none),
    },
    output: type<string>(),
    process(_n, { side, emit }) {
      emit(`${side.one} ${side.fallback}`);
      emit([...side.iterable].sort().join());
      emit([...side.list].sort().join());
      emit(
        `${side.map.get("eur")} ${side.map.get("gbp")} ${side.map.has("usd")} ${side.map.size} ${side.map.keys().length}`,
      );
      emit(`${[...side.byLength.get(3)].sort().join()} ${side.byLength.get(9).length} ${side.byLength.size}`);
      emit(`${side.noList.length} ${side.noMap.size} ${side.noMultimap.get("x").length}`);
    },
  });
  pipeline
    .assert("out", out)
    .containsInAnyOrder([
      "7 9",
      "one,three,two",
      "one,three,two",
      "2 undefined true 2 2",
      "one,two 0 2",
      "0 0 0",
    ]);

  await pipeline.run();
  t.pass();
});

test("keys of a map are the same when their encoded bytes are", async (t) => {
  const lower: Coder<string> = {
    isDeterministic: true,
    encode: (text) => stringCoder.encode(text.toLowerCase()),
    decode: (bytes) => stringCoder.decode(bytes),
  };
  const pipeline = pipelineOf();
  const rates = pipeline.create("rates", [{ code: "EUR", rate: 2 }]);
  const out = pipeline.create("codes", ["eur", "Eur"]).parDo("look", {
    sideInputs: {
      rates: asMap(rates, { key: ({ code }) => code, value: ({ rate }) => rate, keyCoder: lower }),
    },
    output: type<number | undefined>(),
    process: (code, { side, emit }) => emit(side.rates.get(code)),
  });
  pipeline.assert("out", out).containsInAnyOrder([2, 2]);

  await pipeline.run();
  t.pass();
});

test("a window of the main input sees the side window that holds its last millisecond", async (t) => {
  const sums = (sideMs: number) => async (): Promise<readonly string[]> => {
    const pipeline = pipelineOf();
    const side = pipeline
      .create("side", [1, 12, 14, 23], { timestamp: (n) => n })
      .windowInto("side windows", sideMs === 0 ? SlidingWindows.of(20, 10) : FixedWindows.of(sideMs));
    const out = pipeline
      .create("main", [3, 13, 35], { timestamp: (n) => n })
      .windowInto("main windows", FixedWindows.of(10))
      .parDo("look", {
        sideInputs: { side: asList(side) },
        output: type<string>(),
        process: (n, { side: { side: list }, emit }) =>
          emit(`${n}: ${[...list].sort((a, b) => a - b).join()}`),
      });
    const seen = pipeline.collect("seen", out);
    await pipeline.run();
    return seen.values.toSorted();
  };

  t.deepEqual(await sums(10)(), ["13: 12,14", "35: ", "3: 1"]);
  t.deepEqual(await sums(20)(), ["13: 1,12,14", "35: 23", "3: 1,12,14"]);
  // Of the sliding windows that hold the last millisecond, the one that ends first.
  t.deepEqual(await sums(0)(), ["13: 1,12,14", "35: 23", "3: 1"]);
});

test("windows of the main input see a side input in the global window whole", async (t) => {
  const pipeline = pipelineOf();
  const side = pipeline.create("side", [1, 2]);
  const out = pipeline
    .create("main", [3, 13], { timestamp: (n) => n })
    .windowInto("main windows", FixedWindows.of(10))
    .parDo("look", {
      sideInputs: { side: asList(side) },
      output: type<number>(),
      process: (n, { side: { side: list }, emit }) => emit(n + list.length),
    });
  pipeline.assert("out", out).containsInAnyOrder([5, 15]);

  await pipeline.run();
  t.pass();
});

for (const [what, build] of [
  [
    "a singleton with no value and no default",
    (p: TestPipeline) => asSingleton(p.create<number>("side", [])),
  ],
  ["a singleton with two values", (p: TestPipeline) => asSingleton(p.create("side", [1, 2]))],
  ["a map with a key twice", (p: TestPipeline) => asMap(p.create("side", [kv("a", 1), kv("a", 2)]))],
] as const) {
  test(`reading ${what} fails, and says which side input it is`, async (t) => {
    const pipeline = pipelineOf();
    pipeline.create("main", [1]).parDo("look", {
      sideInputs: { view: build(pipeline) },
      output: type<unknown>(),
      process: (_n, { side, emit }) => emit(side.view),
    });

    const error = (await t.throwsAsync(pipeline.run())) as TributaryError;

    t.is(error.code, "SIDE_INPUT_INVALID");
    t.like(error.diagnostics[0], { step: "look", value: "view" });
  });
}

test("a singleton that is not read may be anything", async (t) => {
  const pipeline = pipelineOf();
  const out = pipeline.create("main", [1]).parDo("look", {
    sideInputs: { view: asSingleton(pipeline.create("side", [1, 2])) },
    output: type<number>(),
    process: (n, { emit }) => emit(n),
  });
  pipeline.assert("out", out).containsInAnyOrder([1]);

  await pipeline.run();
  t.pass();
});

test("views cannot be changed", async (t) => {
  const pipeline = pipelineOf();
  const out = pipeline.create("main", [1]).parDo("look", {
    sideInputs: { list: asList(pipeline.create("side", [1])) },
    output: type<string>(),
    process(_n, { side, emit }) {
      try {
        (side.list as number[]).push(2);
      } catch (error) {
        emit(String(error instanceof TypeError));
      }
    },
  });
  pipeline.assert("out", out).containsInAnyOrder(["true"]);

  await pipeline.run();
  t.pass();
});

for (const [what, build] of [
  [
    "a main input in the global window and a side input that is not",
    (p: TestPipeline) => p.create("side", [1]).windowInto("w", FixedWindows.of(10)),
  ],
  [
    "a side input in sessions",
    (p: TestPipeline) => p.create("side", [1]).windowInto("w", SessionWindows.of(10)),
  ],
  [
    "an unbounded side input in the global window with the default trigger",
    (p: TestPipeline) => p.play("side", new TestStream<number>().add(1)),
  ],
] as const) {
  test(`${what}: refused before anything runs`, async (t) => {
    const pipeline = pipelineOf();
    pipeline.create("main", [1]).parDo("look", {
      sideInputs: { side: asList(build(pipeline)) },
      output: type<number>(),
      process() {},
    });

    const error = (await t.throwsAsync(pipeline.start())) as TributaryError;

    t.is(error.code, "PIPELINE_INVALID");
    t.like(error.diagnostics[0], { step: "look", value: "side" });
  });
}

/** Main and side elements, played in turns. */
function turns(): { readonly main: TestStream<string>; readonly side: TestStream<number> } {
  const main = new TestStream<string>();
  return { main, side: new TestStream<number>({ inStepWith: main }) };
}

test("an element waits until its side window is past, and holds the watermark while it does", async (t) => {
  const { main, side } = turns();
  main.at(1, "a").advanceWatermarkTo(50);
  side.at(2, 1).advanceWatermarkTo(9).at(3, 2).advanceWatermarkTo(10);
  main.advanceWatermarkToInfinity();
  side.advanceWatermarkToInfinity();
  const pipeline = pipelineOf();
  const sideWindows = pipeline.play("side", side).windowInto("side windows", FixedWindows.of(10));
  const looked = pipeline
    .play("main", main)
    .windowInto("main windows", FixedWindows.of(10))
    .parDo("look", {
      sideInputs: { side: asList(sideWindows) },
      output: type<string>(),
      process: (word, { side: { side: list }, emit }) => emit(`${word}${list.join("")}`),
    });
  const counts = looked.combinePerKey("count", { key: (word) => word, combine: Count.elements() });
  pipeline.assert("looked", looked).containsInAnyOrder(["a12"]);
  pipeline
    .assert("counted", counts)
    .inOnTimePane({ start: 0, end: 10 })
    .containsInAnyOrder([kv("a12", 1)]);

  const result = await pipeline.run();

  t.is(result.late, 0);
});

for (const [what, trigger, isEarly] of [
  ["default", DEFAULT_TRIGGER, false],
  ["end of the window", Trigger.afterEndOfWindow(), false],
  ["early", Trigger.afterEndOfWindow({ early: Trigger.afterCount(1) }), true],
] as const) {
  test(`a side window is ready ${isEarly ? "when it fires first" : "at its end"}: ${what}`, async (t) => {
    const { main, side } = turns();
    side.at(1, 1);
    main.at(1, "a");
    side.at(2, 2).advanceWatermarkTo(10);
    main.advanceWatermarkToInfinity();
    side.advanceWatermarkToInfinity();
    const pipeline = pipelineOf();
    const sideWindows = pipeline.play("side", side).windowInto("side windows", {
      windowFn: FixedWindows.of(10),
      trigger,
      accumulation: "discarding",
      allowedLatenessMs: 0,
    });
    const out = pipeline
      .play("main", main)
      .windowInto("main windows", FixedWindows.of(10))
      .parDo("look", {
        sideInputs: { side: asList(sideWindows) },
        output: type<string>(),
        process: (word, { side: { side: list }, emit }) => emit(`${word}${list.join("")}`),
      });
    pipeline.assert("out", out).containsInAnyOrder([isEarly ? "a1" : "a12"]);

    await pipeline.run();
    t.pass();
  });
}

test("a triggered side input is seen as it is when an element comes, and elements are not processed again", async (t) => {
  const { main, side } = turns();
  main.at(1, "a");
  side.at(1, 10);
  main.at(2, "b");
  side.at(2, 20);
  main.at(3, "c").advanceWatermarkToInfinity();
  side.advanceWatermarkToInfinity();
  const pipeline = pipelineOf();
  const latest = pipeline.play("side", side).windowInto("side windows", {
    trigger: Trigger.repeat(Trigger.afterCount(1)),
    accumulation: "discarding",
    allowedLatenessMs: 0,
  });
  const out = pipeline.play("main", main).parDo("look", {
    sideInputs: { latest: asSingleton(latest) },
    output: type<string>(),
    process: (word, { side: { latest: value }, emit }) => emit(`${word}${value}`),
  });
  pipeline.assert("out", out).containsInAnyOrder(["a10", "b10", "c20"]);

  await pipeline.run();
  t.pass();
});

for (const [accumulation, expected] of [
  ["accumulating", ["a: x1", "b: x2"]],
  ["discarding", ["a: x1", "b: x1,x1"]],
] as const) {
  test(`panes of a side input come together as its mode says: ${accumulation}`, async (t) => {
    const { main, side } = turns();
    side.at(1, 1);
    main.at(1, "a");
    side.at(2, 1);
    main.at(2, "b").advanceWatermarkToInfinity();
    side.advanceWatermarkToInfinity();
    const pipeline = pipelineOf();
    const counts = pipeline
      .play("side", side)
      .windowInto("side windows", {
        trigger: Trigger.repeat(Trigger.afterCount(1)),
        accumulation,
        allowedLatenessMs: 0,
      })
      .combinePerKey("counts", { key: () => "x", combine: Count.elements() });
    const out = pipeline.play("main", main).parDo("look", {
      sideInputs: { counts: asList(counts) },
      output: type<string>(),
      process: (word, { side: { counts: list }, emit }) =>
        emit(`${word}: ${list.map(({ key, value }) => `${key}${value}`).join()}`),
    });
    pipeline.assert("out", out).containsInAnyOrder(expected);

    await pipeline.run();
    t.pass();
  });
}

test("elements that wait for a side input, and what has come of it, are in checkpoints", async (t) => {
  const build = (mainOpen: boolean, sideBatches: readonly (readonly number[])[]) => {
    const main = new ScriptedSource<string>(
      { m: { batches: [{ records: ["a", "b"] }], isOpen: mainOpen } },
      { boundedness: "unbounded" },
    );
    const side = new ScriptedSource<number>(
      { s: { batches: sideBatches.map((records) => ({ records })), isOpen: mainOpen } },
      { boundedness: "unbounded" },
    );
    const pipeline = pipelineOf();
    const sideWindows = pipeline
      .read("side", side, { eventTime: { timestamp: (n) => n } })
      .windowInto("side windows", FixedWindows.of(10));
    const out = pipeline
      .read("main", main, { eventTime: { timestamp: () => 5 } })
      .windowInto("main windows", FixedWindows.of(10))
      .parDo("look", {
        sideInputs: { side: asList(sideWindows) },
        output: type<string>(),
        process: (word, { side: { side: list }, emit }) => emit(`${word}${list.join()}`),
      });
    return { main, side, pipeline, seen: pipeline.collect("seen", out) };
  };
  const store = new MemoryCheckpointStore();
  const first = build(true, [[1, 2]]);
  const job = await first.pipeline.start({ checkpoint: { directory: "memory", store } });
  await until(
    () =>
      first.main.isPolled && first.main.answered === 1 && first.side.isPolled && first.side.answered === 1,
  );
  await job.stop();
  const second = build(false, [
    [1, 2],
    [3, 20],
  ]);
  const restored = await second.pipeline.start({
    checkpoint: { directory: "memory", store, start: "restore" },
  });
  await restored.result;

  t.deepEqual(first.seen.values, []);
  t.deepEqual([...second.seen.values].sort(), ["a1,2,3", "b1,2,3"]);
});

test("an impulse of a bounded input has the earliest time", async (t) => {
  const pipeline = pipelineOf();
  const out = pipeline.create("numbers", [1]).parDo("look", {
    output: type<number>(),
    process: (_n, { timestamp, emit }) => emit(timestamp),
  });
  pipeline.assert("out", out).containsInAnyOrder([MIN_TIMESTAMP]);

  await pipeline.run();
  t.pass();
});
