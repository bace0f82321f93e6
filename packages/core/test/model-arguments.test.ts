/** What a pipeline is told wrongly is said clearly, and before anything runs where it can be seen before. */
import test from "ava";
import {
  Count,
  FixedWindows,
  MAX_TIMESTAMP,
  Pipeline,
  SessionWindows,
  SlidingWindows,
  State,
  Sum,
  Trigger,
  asList,
  kv,
  stringCoder,
  type,
  type Combiner,
  type KV,
  type PCollection,
  type TributaryError,
} from "@tributary/core";
import { TestPipeline, graphOf } from "@tributary/core/testing";
import { modelTest, runner } from "./model-runner.js";

const identity = (n: number): number => n;
const ANOTHER = new Pipeline("another");

/** Steps as callers without types may write them, with the text of the fault. */
const WRONG: readonly (readonly [string, (numbers: PCollection<number>) => unknown, RegExp])[] = [
  ["a name that is none", (n) => n.map(((x: number) => x) as never, undefined as never), /name of a step/],
  ["a function that is none", (n) => n.map("double", 2 as never), /'double' is a number and no function/],
  ["a concurrency below 1", (n) => n.map("ask", async (x) => x, { concurrency: 0 }), /at least 1, not 0/],
  [
    "a concurrency that is no number",
    (n) => n.map("ask", async (x) => x, { concurrency: Number.NaN }),
    /not NaN/,
  ],
  [
    "windows with an unknown option",
    (n) => n.windowInto("w", { windowfn: 1 } as never),
    /no option 'windowfn'/,
  ],
  ["a window function without assign", (n) => n.windowInto("w", { windowFn: 5 } as never), /'assign'/],
  [
    "a trigger inside another that does not exist",
    (n) => n.windowInto("w", { trigger: { kind: "repeat", trigger: { kind: "soon" } } as never }),
    /kind 'soon', which does not exist/,
  ],
  [
    "a trigger that is a text",
    (n) => n.windowInto("w", { trigger: "soon" as never }),
    /has soon for a trigger/,
  ],
  [
    "no combiner",
    (n) => n.combineGlobally("sum", undefined as never),
    /combiner of the step 'sum' is undefined/,
  ],
  [
    "a combiner without methods",
    (n) => n.combineGlobally("sum", { addInput: () => 0 } as never),
    /'createAccumulator', 'mergeAccumulators', 'extractOutput'/,
  ],
  [
    "a combiner that waits",
    (n) => n.combineGlobally("sum", { ...Count.elements(), addInput: async () => 1 }),
    /'addInput' of the step 'sum' is asynchronous/,
  ],
  ["a sink that is none", (n) => n.write("out", {} as never), /'createWriter'/],
  [
    "a table to write that is none",
    (n) => n.writeTable("out", { name: "t" } as never),
    /'out' wants a table/,
  ],
  ["no table to write", (n) => n.writeTable("out", undefined as never), /'out' wants a table, not undefined/],
  [
    "a collection of another pipeline",
    (n) => n.waitOn("wait", [ANOTHER.create("elsewhere", [1])]),
    /'elsewhere', which belongs to another pipeline/,
  ],
  [
    "a side input of another pipeline",
    (n) =>
      n.parDo("look", {
        sideInputs: { other: asList(ANOTHER.create("far away", [1])) },
        process: () => undefined,
      }),
    /'far away', which belongs to another pipeline/,
  ],
];

for (const [what, build, message] of WRONG) {
  test(`${what}: a fault that is told before anything runs`, (t) => {
    const pipeline = new Pipeline("wrong");
    build(pipeline.create("numbers", [1]));

    const error = t.throws(() => graphOf(pipeline), { code: "PIPELINE_INVALID" }) as TributaryError;

    t.is(error.diagnostics.length, 1);
    t.regex(error.message, message);
  });
}

test("all that is wrong with the steps of a pipeline is told at once", (t) => {
  const pipeline = new Pipeline("wrong");
  const numbers = pipeline.create("numbers", [1]);
  numbers.map("", (n) => n);
  numbers.map("double", 2 as never);
  numbers.windowInto("windows", { accumulation: "some" as never });
  pipeline.flatten("all", [numbers, ANOTHER.create("not here", [1])]);

  const error = t.throws(() => graphOf(pipeline)) as TributaryError;

  t.deepEqual(
    error.diagnostics.map((one) => one.step),
    ["", "double", "windows", "all"],
  );
});

/** Steps that cannot even be declared. */
const IMPOSSIBLE: readonly (readonly [string, (pipeline: Pipeline) => unknown])[] = [
  ["values that are no array", (p) => p.create("c", 5 as never)],
  ["no windows", (p) => p.create("c", [1]).windowInto("w", undefined as never)],
  ["no function", (p) => p.create("c", [1]).parDo("f", undefined as never)],
  ["a function that makes no instance", (p) => p.create("c", [1]).parDo("f", ((x: number) => x) as never)],
  ["more parts than there can be", (p) => p.create("c", [1]).partition("p", 1e9, () => 0)],
  ["batches without options", (p) => p.create("c", [kv(1, 1)]).groupIntoBatches("b", undefined as never)],
  ["a duration that goes back", (p) => p.create("c", [1]).deduplicate("d", { durationMs: -1 })],
  ["a time domain that is none", (p) => p.create("c", [1]).deduplicate("d", { timeDomain: "soon" as never })],
  ["requests without a call", (p) => p.create("c", [1]).requestResponse("r", {} as never)],
  ["times that are no function", (p) => p.generateSequence("s", { timestamp: 5 as never })],
  ["nothing to apply", (p) => p.create("c", [1]).apply(undefined as never)],
];

for (const [what, build] of IMPOSSIBLE) {
  test(`${what}: refused where it is written`, (t) => {
    t.throws(() => build(new Pipeline("impossible")), { code: "PIPELINE_INVALID" });
  });
}

/** Steps whose fault shows with an element. */
const AT_RUN: readonly (readonly [string, string, (pipeline: Pipeline) => PCollection<unknown>])[] = [
  [
    "a list of outputs that is none",
    "OUTPUT_INVALID",
    (p) => p.create("c", [1]).flatMap("f", () => 5 as never),
  ],
  ["the same, awaited", "OUTPUT_INVALID", (p) => p.create("c", [1]).flatMap("f", async () => 5 as never)],
  [
    "an event time that is no number",
    "OUTPUT_INVALID",
    (p) => p.create("c", [1], { timestamp: () => Number.NaN }),
  ],
  [
    "an event time after the end",
    "OUTPUT_INVALID",
    (p) => p.create("c", [1], { timestamp: () => MAX_TIMESTAMP }),
  ],
  [
    "a moved time that is a text",
    "OUTPUT_INVALID",
    (p) => p.create("c", [1]).withTimestamps("t", () => "6" as never),
  ],
  [
    "a part that is a text",
    "PIPELINE_INVALID",
    (p) => p.create("c", [1]).partition("p", 2, () => "0" as never)[0],
  ],
  [
    "windows that are no array",
    "OUTPUT_INVALID",
    (p) =>
      p.create("c", [1]).windowInto("w", {
        description: "one",
        isMerging: false,
        assign: () => ({ start: 0, end: 1 }) as never,
      }),
  ],
  [
    "a sequence whose time is no number",
    "OUTPUT_INVALID",
    (p) => p.generateSequence("s", { to: 3, timestamp: () => Number.NaN }),
  ],
  [
    "a sequence whose time goes back",
    "OUTPUT_INVALID",
    (p) => p.generateSequence("s", { to: 3, timestamp: (n) => 5 - n }),
  ],
  [
    "a fan-out that is no number",
    "PIPELINE_INVALID",
    (p) => p.create("c", [kv("a", 1)]).combineValues("s", Sum.of(identity), { fanOut: () => Number.NaN }),
  ],
  [
    "a fan-out into half a part",
    "PIPELINE_INVALID",
    (p) => p.create("c", [kv("a", 1)]).combineValues("s", Sum.of(identity), { fanOut: () => 1.5 }),
  ],
  ["pairs that are none", "PIPELINE_INVALID", (p) => p.create("c", [1 as never]).groupByKey("g")],
];

for (const [what, code, build] of AT_RUN) {
  test(`${what}: fails the job`, async (t) => {
    const pipeline = new TestPipeline("at run", { runner });
    pipeline.collect("seen", build(pipeline));

    await t.throwsAsync(pipeline.run(), { code });
  });
}

const windowings = [
  ["at the end of the window", {}],
  ["early and late", { trigger: Trigger.repeat(Trigger.afterCount(1)), accumulation: "accumulating" }],
] as const;
for (const [method, when] of Object.keys(Sum.of(identity))
  .filter((name) => /^(createAccumulator|addInput|extractOutput)$/.test(name))
  .flatMap((name) => windowings.map((windows) => [name, windows] as const))) {
  test(`a combiner whose ${method} returns a promise fails the job, ${when[0]}`, async (t) => {
    const total = Sum.of(identity) as unknown as Record<string, (...args: unknown[]) => unknown>;
    const waiting = { ...total, [method]: (...args: unknown[]) => Promise.resolve(total[method]?.(...args)) };
    const pipeline = new TestPipeline("waiting", { runner });
    pipeline.collect(
      "seen",
      pipeline
        .create("c", [1, 2])
        .windowInto("w", { allowedLatenessMs: 0, ...when[1] })
        .combineGlobally("sum", waiting as unknown as Combiner<number, unknown, number>),
    );

    const error = await t.throwsAsync(pipeline.run(), { code: "PIPELINE_INVALID" });

    t.regex(error.message, new RegExp(`'sum' returned a promise from .*${method}`));
  });
}

class Money {
  readonly cents = 1;
}

for (const [what, key] of [
  ["an instance of Money", new Money()],
  ["a symbol", Symbol("key")],
  ["a function", identity],
] as const) {
  test(`${what} as key, or within it, is refused with the step and what to do`, async (t) => {
    const by: readonly ((pairs: PCollection<KV<unknown, number>>) => PCollection<unknown>)[] = [
      (pairs) => pairs.groupByKey("step"),
      (pairs) =>
        pairs
          .windowInto("early", {
            trigger: Trigger.repeat(Trigger.afterCount(1)),
            accumulation: "discarding",
            allowedLatenessMs: 0,
          })
          .groupByKey("step"),
      (pairs) => pairs.groupBy("step", { by: ["key"], aggregate: { count: Count.elements() } }),
      (pairs) =>
        pairs.parDo("step", {
          state: { seen: State.value<number>() },
          output: type<number>(),
          process: () => {},
        }),
    ];
    for (const build of by) {
      for (const one of [key, [key]]) {
        const pipeline = new TestPipeline("keys", { runner });
        pipeline.collect("seen", build(pipeline.create("pairs", [kv(one as unknown, 1)])));
        const error = (await t.throwsAsync(pipeline.run(), { code: "PIPELINE_INVALID" })) as TributaryError;
        const [fault] = error.diagnostics;
        t.deepEqual([fault?.step, fault?.value], ["step", what]);
        t.regex(fault?.hint ?? "", /coder/);
      }
    }
  });
}

test("a predicate keeps what an array's would, and keys and values may be waited for", async (t) => {
  const pipeline = new TestPipeline("as on arrays", { runner });
  const words = pipeline.create("words", ["", "a", "bc"]);
  const kept = pipeline.collect(
    "kept",
    words.filter("not empty", (word) => word.length as unknown as boolean),
  );
  const keyed = pipeline.collect(
    "keyed",
    words
      .withKeys("length", async (word) => word.length)
      .mapValues("upper", async (word) => word.toUpperCase()),
  );

  await pipeline.run();

  t.deepEqual(kept.values, ["a", "bc"]);
  t.deepEqual(keyed.values, [kv(0, ""), kv(1, "A"), kv(2, "BC")]);
});

test("a combiner may be an instance of a class, in every kind of fold", async (t) => {
  class Total implements Combiner<number, number, number> {
    readonly description = "Total";
    createAccumulator(): number {
      return 0;
    }
    addInput(sum: number, value: number): number {
      return sum + value;
    }
    mergeAccumulators(sums: readonly number[]): number {
      return sums.reduce((sum, one) => sum + one, 0);
    }
    extractOutput(sum: number): number {
      return sum;
    }
  }
  const pipeline = new TestPipeline("class", { runner });
  const pairs = pipeline.create("pairs", [kv("a", 1), kv("a", 2)]);
  const plain = pipeline.collect("plain", pairs.combineValues("sum", new Total()));
  const spread = pipeline.collect("spread", pairs.combineValues("sum in parts", new Total(), { fanOut: 2 }));

  await pipeline.run();

  t.deepEqual(plain.values, [kv("a", 3)]);
  t.deepEqual(spread.values, [kv("a", 3)]);
});

for (const [what, windowFn] of [
  ["fixed", FixedWindows.of(1)],
  ["sliding", SlidingWindows.of(2, 1)],
  ["sessions", SessionWindows.of(1)],
] as const) {
  modelTest("merging-windows")(`values without an event time are lost in no windows: ${what}`, async (t) => {
    const pipeline = new TestPipeline("beginning of time", { runner });
    const seen = pipeline.collect(
      "seen",
      pipeline
        .create("values", [1, 2])
        .windowInto("windows", windowFn)
        .withKeys("all", () => "all")
        .groupByKey("grouped"),
    );

    await pipeline.run();

    t.true(seen.values.length > 0);
    t.true(seen.elements.every(({ window }) => window.end > window.start));
    t.true(seen.values.every(({ value }) => value.length === 2));
  });
}

test("what a pipeline was made of may be changed afterwards", async (t) => {
  const values = [1, 2];
  const pipeline = new TestPipeline("fixed", { runner });
  const seen = pipeline.collect("seen", pipeline.create("values", values));
  values.push(3);

  await pipeline.run();

  t.deepEqual(seen.values, [1, 2]);
});

test("a grouping tells how its keys are encoded, by which a checkpoint knows it again", (t) => {
  const pipeline = new Pipeline("keys");
  const pairs = pipeline.create("pairs", [kv("a", 1)]);
  pairs.groupByKey("plain");
  pairs.groupByKey("texts", { keyCoder: stringCoder });

  const details = new Map(graphOf(pipeline).nodes.map((node) => [node.name, node.details["keyCoder"]]));

  t.is(details.get("plain"), undefined);
  t.is(details.get("texts"), "string");
});
