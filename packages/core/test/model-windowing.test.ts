import test from "ava";
import fc from "fast-check";
import {
  ApproximateQuantiles,
  ApproximateUnique,
  CalendarWindows,
  Count,
  FixedWindows,
  GLOBAL_WINDOW,
  GlobalWindows,
  Latest,
  MIN_TIMESTAMP,
  Max,
  Mean,
  Min,
  Sample,
  SessionWindows,
  SlidingWindows,
  Sum,
  ToList,
  Top,
  Trigger,
  VALUE_CODER,
  asList,
  combineFields,
  kv,
  mergeOverlapping,
  stringCoder,
  type,
  validateGraph,
  type Coder,
  type Combiner,
  type KV,
  type PCollection,
  type TributaryError,
  type Window,
  type WindowFn,
  type WindowOptions,
} from "@tributary/core";
import { TestPipeline, TestStream, graphOf } from "@tributary/core/testing";
import { modelTest, runner } from "./model-runner.js";

const newPipeline = (): TestPipeline => new TestPipeline("model", { runner });
const window = (start: number, end: number): Window => ({ start, end });
const spans = (windows: readonly Window[]): string =>
  windows.map(({ start, end }) => `${start}..${end}`).join(" ");
const sorted = <T>(values: readonly T[]): T[] => values.toSorted((a, b) => Number(a) - Number(b));

/** Values whose timestamp is the number in them. */
const at = (pipeline: TestPipeline, step: string, values: readonly (readonly [string, number])[]) =>
  pipeline.createTimestamped(
    step,
    values.map(([key, timestamp]) => ({ value: kv(key, timestamp), timestamp })),
  );

const byKey = <V>(groups: readonly KV<string, readonly V[]>[]): string[] =>
  groups.map(({ key, value }) => `${key}:${sorted(value).join(",")}`).toSorted();

// --- assignment -------------------------------------------------------------------------------------------------------

for (const [windowFn, timestamp, expected] of [
  [SessionWindows.of(10), 3, "3..13"],
  [SessionWindows.of(10), -3, "-3..7"],
  [SessionWindows.of(10), GLOBAL_WINDOW.end - 4, `${GLOBAL_WINDOW.end - 4}..${GLOBAL_WINDOW.end}`],
  [
    FixedWindows.of(1_000_000),
    GLOBAL_WINDOW.end - 2,
    `${Math.floor((GLOBAL_WINDOW.end - 2) / 1e6) * 1e6}..${GLOBAL_WINDOW.end}`,
  ],
  [CalendarWindows.days(1), -1, `${-86_400_000}..0`],
  [CalendarWindows.days(2), 86_400_000, `0..${2 * 86_400_000}`],
  // Berlin: the clocks go on at 2026-03-29T02:00 and back at 2026-10-25T03:00.
  [
    CalendarWindows.days(1, { timeZone: "Europe/Berlin" }),
    Date.UTC(2026, 2, 29, 12),
    `${Date.UTC(2026, 2, 28, 23)}..${Date.UTC(2026, 2, 29, 22)}`,
  ],
  [
    CalendarWindows.days(1, { timeZone: "Europe/Berlin" }),
    Date.UTC(2026, 9, 25, 22, 59),
    `${Date.UTC(2026, 9, 24, 22)}..${Date.UTC(2026, 9, 25, 23)}`,
  ],
  [CalendarWindows.weeks(1), Date.UTC(2026, 10, 23), `${Date.UTC(2026, 10, 23)}..${Date.UTC(2026, 10, 30)}`],
  [
    CalendarWindows.weeks(1, { startingOn: "1970-01-04" }),
    Date.UTC(2026, 10, 23),
    `${Date.UTC(2026, 10, 22)}..${Date.UTC(2026, 10, 29)}`,
  ],
  [CalendarWindows.months(1), Date.UTC(2024, 1, 29, 23), `${Date.UTC(2024, 1)}..${Date.UTC(2024, 2)}`],
  [
    CalendarWindows.months(3, { startingOn: "1970-02-01" }),
    Date.UTC(2026, 0, 31),
    `${Date.UTC(2025, 10)}..${Date.UTC(2026, 1)}`,
  ],
  [
    CalendarWindows.months(1, { startingOn: "1970-01-15" }),
    Date.UTC(2026, 2, 14),
    `${Date.UTC(2026, 1, 15)}..${Date.UTC(2026, 2, 15)}`,
  ],
  [CalendarWindows.years(1), Date.UTC(1969, 6), `${Date.UTC(1969, 0)}..${Date.UTC(1970, 0)}`],
  [
    CalendarWindows.years(1, { startingOn: "1970-04-06" }),
    Date.UTC(2026, 3, 5),
    `${Date.UTC(2025, 3, 6)}..${Date.UTC(2026, 3, 6)}`,
  ],
] as const satisfies readonly (readonly [WindowFn, number, string])[]) {
  test(`${windowFn.description} puts ${timestamp} into [${expected}]`, (t) => {
    t.is(spans(windowFn.assign(timestamp)), expected);
  });
}

test("calendar windows touch, contain their elements and do not depend on what was assigned before", (t) => {
  const zones = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "-03:30",
  ];
  const units = ["days", "weeks", "months", "years"] as const;
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.constantFrom(...units),
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: -4e12, max: 4e12 }), { minLength: 1, maxLength: 20 }),
      (timeZone, unit, count, times) => {
        const used = CalendarWindows[unit](count, { timeZone });
        for (const time of times) {
          const fresh = CalendarWindows[unit](count, { timeZone });
          const [one] = fresh.assign(time);
          t.true(one !== undefined && one.start <= time && time < one.end);
          t.deepEqual(used.assign(time)[0], one);
          t.is(fresh.assign((one as Window).end)[0]?.start, (one as Window).end);
        }
      },
    ),
    { numRuns: 60 },
  );
});

for (const [what, windows, expected] of [
  ["touch stay apart", [window(0, 10), window(10, 20)], ""],
  ["overlap by a millisecond merge", [window(0, 11), window(10, 20)], "0..11 10..20 -> 0..20"],
  [
    "are bridged merge into one, whatever their order",
    [window(12, 22), window(0, 10), window(5, 15)],
    "0..10 5..15 12..22 -> 0..22",
  ],
  ["lie within another merge", [window(0, 30), window(5, 10), window(40, 50)], "0..30 5..10 -> 0..30"],
  ["are alone are left out", [window(0, 10)], ""],
  [
    "make two groups merge twice",
    [window(0, 10), window(5, 12), window(20, 30), window(29, 31)],
    "0..10 5..12 -> 0..12; 20..30 29..31 -> 20..31",
  ],
] as const satisfies readonly (readonly [string, readonly Window[], string])[]) {
  test(`sessions that ${what}`, (t) => {
    const text = mergeOverlapping(windows)
      .map(({ sources, result }) => `${spans(sources)} -> ${spans([result])}`)
      .join("; ");

    t.is(text, expected);
  });
}

for (const [name, make] of [
  ["a gap of 0", () => SessionWindows.of(0)],
  ["a gap of half a millisecond", () => SessionWindows.of(0.5)],
  ["no days", () => CalendarWindows.days(0)],
  ["a start that is no day", () => CalendarWindows.days(1, { startingOn: "2026-02-30" })],
  ["months from the 31st", () => CalendarWindows.months(1, { startingOn: "1970-01-31" })],
  ["a count of 0", () => Trigger.afterCount(0)],
  ["a count of 1.5", () => Trigger.afterCount(1.5)],
  ["a delay below 0", () => Trigger.afterProcessingTime(-1)],
  ["an alignment to 0", () => Trigger.afterProcessingTime(1, { alignToMs: 0 })],
  ["none of several triggers", () => Trigger.afterFirst()],
  ["something that is no trigger", () => Trigger.repeat(3 as unknown as Trigger)],
] as const) {
  test(`${name}: refused`, (t) => {
    t.throws(make, { code: "PIPELINE_INVALID" });
  });
}

test("a calendar in a time zone that does not exist is refused", (t) => {
  t.throws(() => CalendarWindows.days(1, { timeZone: "Mars/Olympus" }), { code: "OPTION_INVALID" });
});

test("an element in a gap of sliding windows disappears", async (t) => {
  const pipeline = newPipeline();
  const seen = pipeline.collect(
    "seen",
    pipeline
      .createTimestamped(
        "numbers",
        [2, 5, 12].map((value) => ({ value, timestamp: value })),
      )
      .windowInto("with gaps", SlidingWindows.of(3, 10)),
  );

  await pipeline.run();

  t.deepEqual(
    seen.elements.map(({ value, window: { start } }) => [value, start]),
    [
      [2, 0],
      [12, 10],
    ],
  );
});

// --- grouping ---------------------------------------------------------------------------------------------------------

test("a grouping by key gives each key's values of each window, and nothing for nothing", async (t) => {
  const pipeline = newPipeline();
  const groups = at(pipeline, "pairs", [
    ["a", 1],
    ["b", 2],
    ["a", 9],
    ["a", 11],
  ])
    .windowInto("ten", FixedWindows.of(10))
    .groupByKey("group");
  pipeline
    .assert("groups", groups)
    .inWindow(window(0, 10))
    .satisfies((values) => t.deepEqual(byKey(values), ["a:1,9", "b:2"]))
    .inWindow(window(10, 20))
    .satisfies((values) => t.deepEqual(byKey(values), ["a:11"]));
  const nothing = pipeline.create<KV<string, number>>("nothing", []).groupByKey("group nothing");
  pipeline.assert("still nothing", nothing).empty();

  await pipeline.run();
});

test("keys are equal when their bytes are, whatever they are in memory", async (t) => {
  const pipeline = newPipeline();
  const keys = [
    0,
    -0,
    Number.NaN,
    Number.NaN,
    { id: 1 },
    { id: 1 },
    [1, "a"],
    [1, "a"],
    null,
    null,
    1n,
    1,
    "1",
    new Uint8Array([1]),
    new Uint8Array([1]),
  ];
  const groups = pipeline
    .create(
      "pairs",
      keys.map((key, index) => kv<unknown, number>(key, index)),
    )
    .groupByKey("group");
  pipeline
    .assert("groups", groups)
    .satisfies((values) =>
      t.deepEqual(
        sorted(values.map(({ value }) => sorted(value)[0] as number)),
        [0, 1, 2, 4, 6, 8, 10, 11, 12, 13],
      ),
    );

  await pipeline.run();
});

test("a coder says which keys are equal", async (t) => {
  const lower: Coder<string> = {
    isDeterministic: true,
    encode: (key) => stringCoder.encode(key.toLowerCase()),
    decode: (bytes) => stringCoder.decode(bytes),
  };
  const pipeline = newPipeline();
  const pairs = pipeline.create("pairs", [kv("A", 1), kv("a", 2), kv("b", 3)]);
  pipeline
    .assert("groups", pairs.groupByKey("group", { keyCoder: lower }))
    .satisfies((values) => t.deepEqual(sorted(values.map(({ value }) => value.length)), [1, 2]));
  pipeline
    .assert(
      "sums",
      pairs
        .combineValues(
          "sum",
          Sum.of((n) => n),
          { keyCoder: lower },
        )
        .values("of sums"),
    )
    .containsInAnyOrder([3, 3]);

  await pipeline.run();
});

for (const size of [10_000, 1_000_000]) {
  test(`keys of ${size} characters are kept apart`, async (t) => {
    const pipeline = newPipeline();
    const long = "k".repeat(size - 1);
    const groups = pipeline
      .create("pairs", [kv(`${long}a`, 1), kv(`${long}b`, 2), kv(`${long}a`, 3)])
      .groupByKey("group");
    pipeline
      .assert("groups", groups)
      .satisfies((values) =>
        t.deepEqual(values.map(({ value }) => sorted(value).join()).toSorted(), ["1,3", "2"]),
      );

    await pipeline.run();
  });
}

test("sliding windows group an element in each of its windows", async (t) => {
  const pipeline = newPipeline();
  const groups = at(pipeline, "pairs", [
    ["a", 3],
    ["a", 7],
  ])
    .windowInto("sliding", SlidingWindows.of(10, 5))
    .groupByKey("group");
  const seen = pipeline.collect("seen", groups);

  await pipeline.run();

  t.deepEqual(
    seen.elements.map(({ value, window: { start } }) => `${start} ${sorted(value.value).join()}`).toSorted(),
    ["-5 3", "0 3,7", "5 7"],
  );
});

modelTest("merging-windows")("sessions merge key by key, also when elements come unordered", async (t) => {
  const pipeline = newPipeline();
  const groups = at(pipeline, "pairs", [
    ["a", 20],
    ["a", 0],
    ["b", 5],
    ["a", 9],
    ["a", 30],
    ["a", 12],
  ])
    .windowInto("sessions", SessionWindows.of(10))
    .groupByKey("group");
  const seen = pipeline.collect("seen", groups);

  await pipeline.run();

  t.deepEqual(
    seen.elements
      .map(({ value: { key, value }, window: span }) => `${key} ${spans([span])} ${sorted(value).join()}`)
      .toSorted(),
    ["a 0..30 0,9,12,20", "a 30..40 30", "b 5..15 5"],
  );
});

modelTest("merging-windows")("windows that a grouping merged do not merge again at the next", async (t) => {
  const pipeline = newPipeline();
  const first = at(pipeline, "pairs", [
    ["a", 0],
    ["a", 5],
    ["b", 8],
  ])
    .windowInto("sessions", SessionWindows.of(10))
    .groupByKey("first");
  const again = first.map("under one key", ({ key }) => kv(0, key)).groupByKey("second");
  const anew = first
    .map("under one key too", ({ key }) => kv(0, key))
    .windowInto("sessions again", SessionWindows.of(10))
    .groupByKey("third");
  const seenAgain = pipeline.collect("seen again", again);
  const seenAnew = pipeline.collect("seen anew", anew);

  await pipeline.run();

  const text = (seen: typeof seenAgain): string[] =>
    seen.elements
      .map(({ value, window: span }) => `${spans([span])} ${value.value.toSorted().join()}`)
      .toSorted();
  t.deepEqual(text(seenAgain), ["0..15 a", "8..18 b"]);
  t.deepEqual(text(seenAnew), ["14..27 a,b"]);
});

for (const [timestampCombiner, first, second] of [
  ["earliest", 2, 13],
  ["latest", 7, 18],
  ["end-of-window", 9, 19],
] as const) {
  modelTest("triggers")(
    `a group's timestamp can be ${timestampCombiner}, and new windows follow it`,
    async (t) => {
      const pipeline = newPipeline();
      const groups = at(pipeline, "pairs", [
        ["a", 7],
        ["a", 2],
        ["a", 13],
        ["a", 18],
      ])
        .windowInto("ten", { windowFn: FixedWindows.of(10), timestampCombiner })
        .groupByKey("group");
      const seen = pipeline.collect("seen", groups);
      const again = pipeline.collect(
        "again",
        groups.windowInto("five", FixedWindows.of(5)).groupByKey("regroup"),
      );

      await pipeline.run();

      t.deepEqual(
        seen.elements.map(({ timestamp }) => timestamp),
        [first, second],
      );
      t.deepEqual(
        again.elements.map(({ window: { start } }) => start),
        [Math.floor(first / 5) * 5, Math.floor(second / 5) * 5],
      );
    },
  );
}

// --- combining --------------------------------------------------------------------------------------------------------

test("a fold of everything gives its identity for an empty collection, and nothing when told so", async (t) => {
  const pipeline = newPipeline();
  const none = pipeline.create<number>("none", []);
  const some = pipeline.create("some", [1, 2, 3]);
  const sum = Sum.of((n: number) => n);
  pipeline.assert("zero", none.combineGlobally("sum none", sum)).singleton(0);
  pipeline.assert("no sum", none.combineGlobally("sum without", sum, { withoutDefaults: true })).empty();
  pipeline.assert("six", some.combineGlobally("sum some", sum)).singleton(6);
  pipeline.assert("zero in parts", none.combineGlobally("in parts", sum, { fanOut: 4 })).singleton(0);
  pipeline
    .assert(
      "NaN",
      none.combineGlobally(
        "mean",
        Mean.of((n) => n),
      ),
    )
    .singleton(Number.NaN);
  pipeline.assert("null", none.latestGlobally("latest")).singleton(null);
  pipeline.assert("list", none.combineGlobally("top", Top.largest<number>(3))).singleton([]);

  await t.notThrowsAsync(pipeline.run());
});

for (const [name, windowFn, expected] of [
  ["fixed", FixedWindows.of(10), ["0..10 3", "10..20 12"]],
  ["sliding", SlidingWindows.of(20, 10), ["-10..10 3", "0..20 15", "10..30 12"]],
  ["session", SessionWindows.of(5), ["1..7 3", "12..17 12"]],
] as const) {
  modelTest("merging-windows")(
    `a fold of everything in ${name} windows gives a result for each with elements`,
    async (t) => {
      const pipeline = newPipeline();
      const sums = pipeline
        .createTimestamped(
          "numbers",
          [1, 2, 12].map((value) => ({ value, timestamp: value })),
        )
        .windowInto("windows", windowFn)
        .combineGlobally(
          "sum",
          Sum.of((n) => n),
          { withoutDefaults: true },
        );
      const seen = pipeline.collect("seen", sums);

      await pipeline.run();

      t.deepEqual(seen.elements.map(({ value, window: span }) => `${spans([span])} ${value}`).toSorted(), [
        ...expected,
      ]);
    },
  );
}

test("a fan-out gives what a fold without it gives", async (t) => {
  const elements = fc.array(
    fc.record({ key: fc.constantFrom("a", "b"), value: fc.integer({ min: -99, max: 99 }) }),
  );
  const combine = combineFields({
    count: Count.elements<KV<string, number>>(),
    sum: Sum.of((one: KV<string, number>) => one.value),
    mean: Mean.of((one: KV<string, number>) => one.value),
    least: Min.of((one: KV<string, number>) => one.value),
  });
  await fc.assert(
    fc.asyncProperty(elements, fc.integer({ min: 1, max: 5 }), async (pairs, fanOut) => {
      const pipeline = newPipeline();
      const read = pipeline.create("pairs", pairs);
      const key = (one: KV<string, number>): string => one.key;
      const plain = pipeline.collect("plain", read.combinePerKey("one stage", { key, combine }));
      const spread = pipeline.collect("spread", read.combinePerKey("two stages", { key, combine, fanOut }));
      const byKeys = pipeline.collect(
        "by keys",
        read.combinePerKey("some keys", { key, combine, fanOut: (one) => (one === "a" ? fanOut : 1) }),
      );
      await pipeline.run();
      const text = (values: readonly KV<string, unknown>[]): unknown[] =>
        values.toSorted((a, b) => (a.key < b.key ? -1 : 1));
      t.deepEqual(text(spread.values), text(plain.values));
      t.deepEqual(text(byKeys.values), text(plain.values));
    }),
    { numRuns: 20 },
  );
});

modelTest("triggers")("a fan-out of accumulated panes adds no element twice", async (t) => {
  const stream = new TestStream<number>();
  for (const n of [1, 2, 3, 4, 5]) stream.at(n, n);
  stream.advanceWatermarkToInfinity();
  const pipeline = newPipeline();
  const sums = pipeline
    .play("numbers", stream)
    .windowInto("hundred", {
      windowFn: FixedWindows.of(100),
      trigger: Trigger.repeat(Trigger.afterCount(1)),
      accumulation: "accumulating",
      allowedLatenessMs: 0,
    })
    .combineGlobally(
      "sum",
      Sum.of((n) => n),
      { withoutDefaults: true, fanOut: 2 },
    );
  pipeline.assert("sums", sums).satisfies((values) => t.deepEqual([...new Set(values)], [1, 3, 6, 10, 15]));

  await pipeline.run();
});

modelTest("merging-windows")("a fan-out of sessions merges those of its parts", async (t) => {
  const pipeline = newPipeline();
  const counts = at(pipeline, "pairs", [
    ["a", 0],
    ["a", 6],
    ["a", 12],
    ["a", 40],
  ])
    .windowInto("sessions", SessionWindows.of(10))
    .combineValues("count", Count.elements(), { fanOut: 3 });
  const seen = pipeline.collect("seen", counts);

  await pipeline.run();

  t.deepEqual(seen.elements.map(({ value, window: span }) => `${spans([span])} ${value.value}`).toSorted(), [
    "0..22 3",
    "40..50 1",
  ]);
});

test("a fan-out that is no number of parts is refused", (t) => {
  const numbers = newPipeline().create("numbers", [1]);

  t.throws(
    () =>
      numbers.combineGlobally(
        "sum",
        Sum.of((n) => n),
        { fanOut: 0 },
      ),
    { code: "PIPELINE_INVALID" },
  );
});

test("the lists of a grouping are folded by any combiner", async (t) => {
  const pipeline = newPipeline();
  const groups = pipeline.create("pairs", [kv("a", 1), kv("a", 2), kv("b", 5)]).groupByKey("group");
  pipeline
    .assert(
      "sums",
      groups.combineGroupedValues(
        "sum",
        Sum.of((n) => n),
      ),
    )
    .containsInAnyOrder([kv("a", 3), kv("b", 5)]);

  await t.notThrowsAsync(pipeline.run());
});

test("groupings after one another in the global window lose nothing", async (t) => {
  const pipeline = newPipeline();
  const groups = pipeline.create("pairs", [kv("a", 1), kv("b", 2)]).groupByKey("first");
  const sizes = groups.mapValues("sizes", (values) => values.length);
  pipeline
    .assert(
      "second",
      sizes.combineValues(
        "sum",
        Sum.of((n) => n),
      ),
    )
    .containsInAnyOrder([kv("a", 1), kv("b", 1)]);
  pipeline
    .assert(
      "third",
      sizes
        .combineValues(
          "again",
          Sum.of((n) => n),
        )
        .values("of them")
        .combineGlobally("all", Count.elements()),
    )
    .singleton(2);

  const { late } = await pipeline.run();

  t.is(late, 0);
});

modelTest("side-inputs")(
  "a fold as a side input is the result of nothing in windows without elements",
  async (t) => {
    const pipeline = newPipeline();
    const sums = pipeline
      .createTimestamped(
        "amounts",
        [3, 4].map((value) => ({ value, timestamp: value })),
      )
      .windowInto("ten of amounts", FixedWindows.of(10))
      .combineToSideInput(
        "sum",
        Sum.of((n) => n),
      );
    const seen = pipeline
      .createTimestamped(
        "elements",
        [1, 11].map((value) => ({ value, timestamp: value })),
      )
      .windowInto("ten", FixedWindows.of(10))
      .parDo("with sum", {
        output: type<string>(),
        sideInputs: { sums },
        process: (n: number, { side, emit }) => emit(`${n} ${side.sums}`),
      });
    pipeline.assert("sums", seen).containsInAnyOrder(["1 7", "11 0"]);

    await t.notThrowsAsync(pipeline.run());
  },
);

modelTest("side-inputs")("a fold may be told by a side input, and a union may be one", async (t) => {
  const pipeline = newPipeline();
  const limits = pipeline.flatten("limits", [pipeline.create("one", [2]), pipeline.create("other", [3])]);
  const small = pipeline
    .create("numbers", [1, 2, 3, 4])
    .parDo("below all", {
      output: type<number>(),
      sideInputs: { limits: asList(limits) },
      process(n: number, { side, emit }) {
        if (side.limits.every((limit) => n < limit)) emit(n);
      },
    })
    .combineGlobally(
      "sum",
      Sum.of((n) => n),
    );
  pipeline.assert("sum of them", small).singleton(1);

  await t.notThrowsAsync(pipeline.run());
});

// --- standard combiners -----------------------------------------------------------------------------------------------

const foldOf = <T, A, O>(combiner: Combiner<T, A, O>, parts: readonly (readonly T[])[]): O =>
  combiner.extractOutput(
    combiner.mergeAccumulators(
      parts.map((part) => {
        const folded = part.reduce((kept, one) => combiner.addInput(kept, one), combiner.createAccumulator());
        const compact = combiner.compact?.(folded) ?? folded;
        return (combiner.accumulatorCoder ?? VALUE_CODER).decode(
          (combiner.accumulatorCoder ?? VALUE_CODER).encode(compact),
        ) as A;
      }),
    ),
  );

const parts = fc.array(fc.array(fc.integer({ min: -50, max: 50 })));

test("the greatest and the least values come in order, in any split", (t) => {
  fc.assert(
    fc.property(parts, fc.integer({ min: 0, max: 5 }), (split, count) => {
      const ascending = sorted(split.flat());
      t.deepEqual(foldOf(Top.smallest<number>(count), split), ascending.slice(0, count));
      t.deepEqual(foldOf(Top.largest<number>(count), split), ascending.toReversed().slice(0, count));
      const farthest = foldOf(
        Top.of<number>(count, (a, b) => Math.abs(a) - Math.abs(b)),
        split,
      );
      const distances = sorted(split.flat().map(Math.abs)).toReversed();
      t.deepEqual(farthest.map(Math.abs), distances.slice(0, count));
    }),
  );
});

test("a sample has its size and only values that were there, and each has the same chance", (t) => {
  fc.assert(
    fc.property(parts, fc.integer({ min: 0, max: 5 }), (split, count) => {
      const values = split.flat();
      const sample = foldOf(Sample.of<number>(count), split);
      t.is(sample.length, Math.min(count, values.length));
      const rest = [...values];
      for (const one of sample) {
        t.true(rest.includes(one));
        rest.splice(rest.indexOf(one), 1);
      }
    }),
  );
  const drawn = [0, 0, 0, 0];
  for (let round = 0; round < 2_000; round++) {
    for (const one of foldOf(Sample.of<number>(1), [
      [0, 1],
      [2, 3],
    ]))
      drawn[one] = (drawn[one] ?? 0) + 1;
  }
  t.true(
    drawn.every((times) => times > 350 && times < 650),
    drawn.join(),
  );
});

test("the latest value wins in any split, and of nothing comes null", (t) => {
  const latest = Latest.by((n: number) => n);
  fc.assert(
    fc.property(parts, (split) => {
      const values = split.flat();
      t.is(foldOf(latest, split), values.length === 0 ? null : Math.max(...values));
    }),
  );
});

test("all values are collected, in any split", (t) => {
  fc.assert(
    fc.property(parts, (split) =>
      t.deepEqual(sorted(foldOf(ToList.elements<number>(), split)), sorted(split.flat())),
    ),
  );
});

test("the number of different values is exact below the size of the sample and near beyond it", (t) => {
  fc.assert(
    fc.property(parts, (split) => t.is(foldOf(ApproximateUnique.of(200), split), new Set(split.flat()).size)),
  );
  const many = Array.from({ length: 40_000 }, (_, index) => `value ${index % 20_000}`);
  const estimate = foldOf(ApproximateUnique.of(4_096), [many.slice(0, 25_000), many.slice(25_000)]);
  t.true(Math.abs(estimate - 20_000) < 20_000 * 0.08, String(estimate));
});

test("quantiles of few values are exact, and of many within their error; the ends are exact", (t) => {
  t.deepEqual(foldOf(ApproximateQuantiles.of<number>(5), [[]]), []);
  t.deepEqual(foldOf(ApproximateQuantiles.of<number>(5), [[3]]), [3, 3, 3, 3, 3]);
  const few = Array.from({ length: 101 }, (_, index) => (index * 37) % 101);
  t.deepEqual(
    foldOf(ApproximateQuantiles.of<number>(5), [few.slice(50), few.slice(0, 50)]),
    [0, 25, 50, 75, 100],
  );
  const many = Array.from({ length: 100_000 }, (_, index) => (index * 7_919) % 100_003);
  const [least, ...middle] = foldOf(ApproximateQuantiles.of<number>(5), [
    many.slice(60_000),
    many.slice(0, 60_000),
  ]);
  t.is(least, 0);
  t.is(middle.at(-1), Math.max(...many));
  for (const [index, value] of middle.slice(0, 3).entries()) {
    t.true(Math.abs(value - (index + 1) * 25_000) < 1_000, String(value));
  }
});

for (const [name, make] of [
  ["Top of -1", () => Top.largest(-1)],
  ["a sample of 1.5", () => Sample.of(1.5)],
  ["one quantile", () => ApproximateQuantiles.of(1)],
  ["quantiles without error", () => ApproximateQuantiles.of(3, { epsilon: 0 })],
  ["a small sample of hashes", () => ApproximateUnique.of(3)],
] as const) {
  test(`${name} is refused`, (t) => {
    t.throws(make, { code: "PIPELINE_INVALID" });
  });
}

test("different elements come once a window, compared whole or by a part", async (t) => {
  const pipeline = newPipeline();
  const pairs = at(pipeline, "pairs", [
    ["a", 1],
    ["a", 1],
    ["a", 2],
    ["b", 2],
    ["a", 11],
  ]).windowInto("ten", FixedWindows.of(10));
  pipeline
    .assert("whole", pairs.distinct("different"))
    .containsInAnyOrder([kv("a", 1), kv("a", 2), kv("b", 2), kv("a", 11)]);
  pipeline
    .assert("keys", pairs.distinct("different keys", { by: ({ key }) => key }).keys("names"))
    .containsInAnyOrder(["a", "b", "a"]);

  await t.notThrowsAsync(pipeline.run());
});

modelTest("triggers")("an element that was given is not given again by a late pane", async (t) => {
  const stream = new TestStream<string>().at(1, "x").advanceWatermarkTo(10).at(2, "x").at(3, "y");
  const pipeline = newPipeline();
  pipeline
    .assert(
      "different",
      pipeline
        .play("names", stream)
        .windowInto("ten", { windowFn: FixedWindows.of(10), allowedLatenessMs: 100 })
        .distinct("distinct"),
    )
    .containsInAnyOrder(["x", "y"]);

  await t.notThrowsAsync(pipeline.run());
});

test("the latest value of a key is that with the latest event time", async (t) => {
  const pipeline = newPipeline();
  const pairs = at(pipeline, "pairs", [
    ["a", 3],
    ["a", 9],
    ["b", 4],
    ["a", 5],
  ]);
  pipeline.assert("keys", pairs.latestPerKey("latest of a key")).containsInAnyOrder([kv("a", 9), kv("b", 4)]);
  pipeline.assert("all", pairs.latestGlobally("latest of all")).singleton(kv("a", 9));

  await t.notThrowsAsync(pipeline.run());
});

// --- joins, unions, parts ---------------------------------------------------------------------------------------------

test("a join gives each key the values of every input, in each window", async (t) => {
  const pipeline = newPipeline();
  const make = (
    step: string,
    pairs: readonly (readonly [string, number])[],
  ): PCollection<KV<string, number>> =>
    at(pipeline, step, pairs).windowInto(`${step} windows`, FixedWindows.of(10));
  const joined = pipeline.coGroupByKey("join", {
    left: make("left", [
      ["a", 1],
      ["a", 2],
      ["b", 12],
    ]),
    right: make("right", [
      ["a", 3],
      ["c", 4],
    ]),
    names: make("third", [["a", 13]]).map("as text", ({ key, value }) => kv(key, `<${value}>`)),
  });
  const seen = pipeline.collect("seen", joined);

  await pipeline.run();

  t.deepEqual(
    seen.elements
      .map(
        ({ value: { key, value }, window: { start } }) =>
          `${start} ${key} ${sorted(value.left).join()}|${value.right.join()}|${value.names.join()}`,
      )
      .toSorted(),
    ["0 a 1,2|3|", "0 c |4|", "10 a ||<13>", "10 b 12||"],
  );
});

test("a union of none is empty; of one collection twice it has every element twice", async (t) => {
  const pipeline = newPipeline();
  const numbers = pipeline.create("numbers", [1, 2]);
  pipeline.assert("nothing", pipeline.flatten<number>("none", [])).empty();
  pipeline.assert("one", pipeline.flatten("only", [numbers])).containsInAnyOrder([1, 2]);
  const twice = pipeline.flatten("twice", [numbers, numbers]);
  pipeline.assert("double", twice).containsInAnyOrder([1, 1, 2, 2]);
  pipeline
    .assert(
      "again",
      twice.map("negate", (n) => -n),
    )
    .containsInAnyOrder([-1, -1, -2, -2]);

  await t.notThrowsAsync(pipeline.run());
});

test("parts hold what their index says; a part that nobody reads is dropped", async (t) => {
  const pipeline = newPipeline();
  const numbers = pipeline.create("numbers", [1, 2, 3, 4]);
  const [even, odd] = numbers.partition("parity", 2, (n) => n % 2);
  pipeline.assert("even", even).containsInAnyOrder([2, 4]);
  pipeline.assert("odd", odd).containsInAnyOrder([1, 3]);
  const [, second, third] = numbers.partition("thirds", 3, (n) => (n === 4 ? 1 : 0));
  pipeline.assert("second", second).singleton(4);
  pipeline.assert("third", third).empty();

  await t.notThrowsAsync(pipeline.run());
});

for (const index of [2, -1, 0.5, Number.NaN]) {
  test(`an index of ${index} among two parts fails the job`, async (t) => {
    const pipeline = newPipeline();
    pipeline.create("numbers", [1]).partition("parts", 2, () => index);

    await t.throwsAsync(pipeline.run(), { code: "PIPELINE_INVALID", message: /into part/ });
  });
}

for (const count of [0, -1, 1.5]) {
  test(`${count} parts are refused`, (t) => {
    t.throws(
      () =>
        newPipeline()
          .create("numbers", [1])
          .partition("parts", count, () => 0),
      {
        code: "PIPELINE_INVALID",
      },
    );
  });
}

// --- metadata ---------------------------------------------------------------------------------------------------------

test("timestamps are moved forward freely, back within the skew, and no further", async (t) => {
  const move = async (by: number, allowedSkewMs?: number): Promise<readonly number[]> => {
    const pipeline = newPipeline();
    const moved = pipeline
      .createTimestamped("numbers", [{ value: 100, timestamp: 100 }])
      .withTimestamps("move", (n) => n + by, allowedSkewMs === undefined ? {} : { allowedSkewMs });
    const seen = pipeline.collect("seen", moved);
    await pipeline.run();
    return seen.elements.map(({ timestamp }) => timestamp);
  };

  t.deepEqual(await move(0), [100]);
  t.deepEqual(await move(50), [150]);
  t.deepEqual(await move(-10, 10), [90]);
  t.deepEqual(await move(-1e9, Number.POSITIVE_INFINITY), [100 - 1e9]);
  await t.throwsAsync(move(-1), { message: /allowed skew of 0 ms/ });
  await t.throwsAsync(move(-11, 10), { message: /allowed skew of 10 ms/ });
  await t.throwsAsync(move(GLOBAL_WINDOW.end), { message: /end of time/ });
  await t.throwsAsync(move(Number.NaN), { code: "OUTPUT_INVALID", message: /not a number/ });
  await t.throwsAsync(move(0, -1), { code: "PIPELINE_INVALID" });
});

test("an element shows its timestamp, its window and its pane", async (t) => {
  const pipeline = newPipeline();
  const counts = at(pipeline, "pairs", [["a", 3]])
    .windowInto("ten", FixedWindows.of(10))
    .combineValues("count", Count.elements());
  const reified = pipeline.collect("shown", counts.reify("show"));
  const sliding = pipeline
    .createTimestamped("seven", [{ value: 7, timestamp: 7 }])
    .windowInto("sliding", SlidingWindows.of(10, 5));
  const perWindow = pipeline.collect("windows", sliding.reify("per window"));

  await pipeline.run();

  t.deepEqual(reified.values, [
    {
      value: kv("a", 1),
      timestamp: 9,
      window: window(0, 10),
      pane: { timing: "on-time", index: 0, nonSpeculativeIndex: 0, isFirst: true, isLast: true },
    },
  ]);
  t.deepEqual(
    perWindow.values.map(({ window: span, pane }) => [spans([span]), pane.timing]),
    [
      ["0..10", "unknown"],
      ["5..15", "unknown"],
    ],
  );
});

test("keys, values and pairs are taken apart and put together", async (t) => {
  const pipeline = newPipeline();
  const pairs = pipeline.create("words", ["a", "bb"]).withKeys("length", (word) => word.length);
  pipeline.assert("pairs", pairs).containsInAnyOrder([kv(1, "a"), kv(2, "bb")]);
  pipeline.assert("keys", pairs.keys("their keys")).containsInAnyOrder([1, 2]);
  pipeline.assert("values", pairs.values("their values")).containsInAnyOrder(["a", "bb"]);
  pipeline.assert("swapped", pairs.swap("swap")).containsInAnyOrder([kv("a", 1), kv("bb", 2)]);
  pipeline
    .assert(
      "upper",
      pairs.mapValues("upper case", (word, length) => word.toUpperCase() + length),
    )
    .containsInAnyOrder([kv(1, "A1"), kv(2, "BB2")]);

  await t.notThrowsAsync(pipeline.run());
});

for (const windowFn of [
  FixedWindows.of(10),
  SlidingWindows.of(10, 5),
  SessionWindows.of(10),
  GlobalWindows.of(),
]) {
  test(`a reshuffle in ${windowFn.description} windows keeps timestamps, windows and panes, and drops nothing`, async (t) => {
    const stream = new TestStream<string>()
      .at(3, "a")
      .advanceWatermarkTo(100)
      .at(4, "late")
      .advanceWatermarkToInfinity();
    const pipeline = newPipeline();
    const windowed = pipeline.play("stream", stream).windowInto("windows", windowFn);
    const before = pipeline.collect("before", windowed);
    const after = pipeline.collect("after", windowed.reshuffle("shuffle"));

    const { late } = await pipeline.run();

    t.deepEqual(after.elements, before.elements);
    t.is(new Set(after.values).size, 2);
    t.is(late, 0);
  });
}

// --- windowing strategies ---------------------------------------------------------------------------------------------

modelTest("triggers")("a step that sets the trigger alone keeps the windows", async (t) => {
  const pipeline = newPipeline();
  const sums = pipeline
    .createTimestamped(
      "numbers",
      [1, 2, 12].map((value) => ({ value, timestamp: value })),
    )
    .windowInto("ten", { windowFn: FixedWindows.of(10), accumulation: "discarding", allowedLatenessMs: 0 })
    .windowInto("trigger", { trigger: Trigger.repeat(Trigger.afterCount(1)) })
    .combineGlobally(
      "sum",
      Sum.of((n) => n),
      { withoutDefaults: true },
    );
  const seen = pipeline.collect("seen", sums);

  await pipeline.run();

  t.deepEqual([...new Set(seen.elements.map(({ window: span }) => spans([span])))], ["0..10", "10..20"]);
  t.is(
    seen.values.reduce((sum, one) => sum + one, 0),
    15,
  );
});

modelTest("triggers")("new windows never shorten the allowed lateness", async (t) => {
  const stream = new TestStream<number>()
    .at(1, 1)
    .advanceWatermarkTo(15)
    .at(2, 2)
    .advanceWatermarkTo(200)
    .at(3, 3);
  const pipeline = newPipeline();
  const sums = pipeline
    .play("numbers", stream)
    .windowInto("patient", { windowFn: FixedWindows.of(5), allowedLatenessMs: 100 })
    .windowInto("hasty", { windowFn: FixedWindows.of(10), allowedLatenessMs: 0 })
    .combineGlobally(
      "sum",
      Sum.of((n) => n),
      { withoutDefaults: true },
    );
  pipeline.assert("sums", sums).inLatePane(window(0, 10)).singleton(2);

  const { late } = await pipeline.run();

  t.is(late, 1);
});

/** Groups an unbounded collection with a strategy; gives the messages of what is wrong. */
function faultsOf(...options: readonly (WindowOptions | WindowFn)[]): readonly string[] {
  const pipeline = newPipeline();
  let collection = pipeline.play("stream", new TestStream<number>());
  for (const [index, one] of options.entries()) collection = collection.windowInto(`window ${index}`, one);
  collection.combineGlobally("group", Count.elements(), { withoutDefaults: true });
  return validateGraph(graphOf(pipeline)).map(({ step, message }) => `${step}: ${message}`);
}

const discarding = { accumulation: "discarding", allowedLatenessMs: 0 } as const;
const ten = FixedWindows.of(10);

for (const [what, options, expected] of [
  [
    "a trigger without mode and lateness",
    [{ windowFn: ten, trigger: Trigger.always() }],
    /without accumulation and allowedLatenessMs/,
  ],
  [
    "a trigger without mode",
    [{ windowFn: ten, trigger: Trigger.always(), allowedLatenessMs: 0 }],
    /without accumulation\./,
  ],
  [
    "a trigger without lateness",
    [{ trigger: Trigger.always(), accumulation: "accumulating" }],
    /without allowedLatenessMs\./,
  ],
  ["the default trigger", [ten], undefined],
  ["a lateness alone", [{ windowFn: ten, allowedLatenessMs: 5 }], undefined],
  [
    "mode and lateness of a step before",
    [{ windowFn: ten, ...discarding }, { trigger: Trigger.always() }],
    undefined,
  ],
  ["no windows and the default trigger", [], /global window, which never ends/],
  [
    "the global window and another trigger",
    [{ trigger: Trigger.repeat(Trigger.afterCount(1)), ...discarding }],
    undefined,
  ],
] as const satisfies readonly (readonly [
  string,
  readonly (WindowOptions | WindowFn)[],
  RegExp | undefined,
])[]) {
  test(`an unbounded grouping with ${what} is ${expected === undefined ? "accepted" : "refused"}`, (t) => {
    const faults = faultsOf(...options);

    t.is(faults.length, expected === undefined ? 0 : 1, faults.join("\n"));
    t.regex(faults[0] ?? "", expected ?? /^$/);
  });
}

const {
  afterAll,
  afterCount,
  afterEach,
  afterEndOfWindow,
  afterFirst,
  afterProcessingTime,
  always,
  never,
  orFinally,
  repeat,
} = Trigger;

for (const [trigger, latenessMs, isSafe] of [
  [Trigger.default(), 5, true],
  [repeat(afterCount(2)), 5, true],
  [never(), 5, true],
  [always(), 5, true],
  [afterEndOfWindow(), 0, true],
  [afterEndOfWindow(), 5, false],
  [afterEndOfWindow({ early: afterCount(1) }), 0, true],
  [afterEndOfWindow({ early: afterCount(1) }), 5, false],
  [afterEndOfWindow({ late: afterCount(1) }), 5, true],
  [afterEndOfWindow({ early: afterCount(3), late: afterCount(1) }), 5, true],
  [afterCount(1), 0, false],
  [afterProcessingTime(10), 0, false],
  [afterEach(afterCount(1), afterCount(2)), 0, false],
  [afterEach(afterCount(1), repeat(afterCount(2))), 5, true],
  [afterEach(afterCount(1), afterEndOfWindow()), 0, true],
  [afterEach(afterCount(1), afterEndOfWindow()), 5, false],
  [afterFirst(afterCount(1), afterEndOfWindow()), 0, false],
  [afterFirst(never(), afterEndOfWindow()), 0, true],
  [afterFirst(repeat(afterCount(1)), never()), 0, false],
  [afterAll(afterCount(1), afterEndOfWindow()), 0, true],
  [afterAll(afterCount(1), afterEndOfWindow()), 5, false],
  [afterAll(afterCount(1), afterProcessingTime(5)), 0, false],
  [afterAll(afterCount(1), never()), 5, true],
  [orFinally(repeat(afterCount(1)), afterCount(10)), 0, false],
  [orFinally(repeat(afterCount(1)), afterEndOfWindow()), 0, true],
  [orFinally(repeat(afterCount(1)), afterEndOfWindow()), 5, false],
  [orFinally(afterCount(1), never()), 0, false],
] as const) {
  test(`with lateness ${latenessMs}, ${JSON.stringify(trigger)} is ${isSafe ? "safe" : "refused"}`, (t) => {
    const options = {
      windowFn: ten,
      trigger,
      accumulation: "discarding",
      allowedLatenessMs: latenessMs,
    } as const;
    const faults = faultsOf(options);

    t.is(faults.length, isSafe ? 0 : 1, faults.join("\n"));
    t.regex(faults[0] ?? "", isSafe ? /^$/ : /^group: .*may finish while the window still takes elements/);
    t.deepEqual(faultsOf({ ...options, allowsUnsafeTrigger: true }), []);
  });
}

modelTest("triggers")("an early firing goes through a second grouping at once", async (t) => {
  const stream = new TestStream<string>().at(1, "a", "b").at(2, "a").advanceWatermarkToInfinity();
  const pipeline = newPipeline();
  const firings: string[] = [];
  pipeline
    .play("stream", stream)
    .map("note element", (one) => (firings.push(one), one))
    .windowInto("ten", {
      windowFn: ten,
      trigger: repeat(afterCount(2)),
      onTime: "if-non-empty",
      ...discarding,
    })
    .combineGlobally("count", Count.elements(), { withoutDefaults: true })
    .combineGlobally(
      "sum",
      Sum.of((n) => n),
      { withoutDefaults: true },
    )
    .map("note result", (n) => (firings.push(`sum ${n}`), n))
    .reshuffle("end");

  await pipeline.run();

  t.deepEqual(firings, ["a", "b", "sum 2", "a", "sum 1"]);
});

// --- firing -----------------------------------------------------------------------------------------------------------

/** What each firing of one key's fixed windows of ten holds, as `timing index: values`. */
async function firings(
  options: WindowOptions,
  play: (stream: TestStream<number>) => TestStream<number>,
): Promise<readonly string[]> {
  const pipeline = newPipeline();
  const lists = pipeline
    .play("stream", play(new TestStream<number>()))
    .windowInto("windows", { windowFn: ten, ...options })
    .combineGlobally("list", ToList.elements<number>(), { withoutDefaults: true });
  const seen = pipeline.collect("seen", lists);
  await pipeline.run();
  return seen.elements.map(
    ({ value, pane }) => `${pane.timing} ${pane.index}${pane.isLast ? " last" : ""}: ${sorted(value).join()}`,
  );
}

const accumulating = { accumulation: "accumulating", allowedLatenessMs: 0 } as const;

for (const [what, options, play, expected] of [
  [
    "early by count, discarding",
    { trigger: afterEndOfWindow({ early: afterCount(2) }), ...discarding },
    (stream) => stream.at(1, 1, 2, 3).at(4, 4).at(5, 5).advanceWatermarkTo(10),
    ["early 0: 1,2,3", "early 1: 4,5", "on-time 2 last: "],
  ],
  [
    "early by count, accumulating",
    { trigger: afterEndOfWindow({ early: afterCount(2) }), ...accumulating },
    (stream) => stream.at(1, 1).at(2, 2).at(3, 3).advanceWatermarkTo(10),
    ["early 0: 1,2", "on-time 1 last: 1,2,3"],
  ],
  [
    "early by processing time since the first element",
    { trigger: afterEndOfWindow({ early: afterProcessingTime(100) }), ...discarding },
    (stream) =>
      stream
        .at(1, 1)
        .advanceProcessingTime(60)
        .at(2, 2)
        .advanceProcessingTime(60)
        .at(3, 3)
        .advanceWatermarkTo(10),
    ["early 0: 1,2", "on-time 1 last: 3"],
  ],
  [
    "early by what comes first, count or processing time",
    {
      trigger: afterEndOfWindow({ early: afterFirst(afterCount(2), afterProcessingTime(100)) }),
      ...discarding,
    },
    (stream) => stream.at(1, 1).advanceProcessingTime(150).at(2, 2).at(3, 3).at(4, 4).advanceWatermarkTo(10),
    ["early 0: 1", "early 1: 2,3", "on-time 2 last: 4"],
  ],
  [
    "late by count",
    {
      trigger: afterEndOfWindow({ late: afterCount(2) }),
      accumulation: "discarding",
      allowedLatenessMs: 100,
    },
    (stream) => stream.at(1, 1).advanceWatermarkTo(10).at(2, 2).at(3, 3).at(4, 4).advanceWatermarkTo(200),
    ["on-time 0: 1", "late 1: 2,3", "late 2 last: 4"],
  ],
  [
    "late at once by default, accumulating",
    { accumulation: "accumulating", allowedLatenessMs: 100 },
    (stream) => stream.at(1, 1).advanceWatermarkTo(10).at(2, 2).at(3, 3),
    ["on-time 0: 1", "late 1: 1,2", "late 2: 1,2,3"],
  ],
  [
    "never, but when the window expires",
    { trigger: never(), accumulation: "discarding", allowedLatenessMs: 5 },
    (stream) => stream.at(1, 1).advanceWatermarkTo(12).at(2, 2).advanceWatermarkTo(15),
    ["on-time 0 last: 1,2"],
  ],
  [
    "always, after every batch",
    { trigger: always(), onTime: "if-non-empty", ...discarding },
    (stream) => stream.at(1, 1, 2).at(3, 3).advanceWatermarkTo(10),
    ["early 0: 1,2", "early 1: 3"],
  ],
  [
    "an empty last pane when it must come",
    { closing: "always", accumulation: "accumulating", allowedLatenessMs: 5 },
    (stream) => stream.at(1, 1).advanceWatermarkTo(10).advanceWatermarkTo(15),
    ["on-time 0: 1", "late 1 last: 1"],
  ],
  [
    "one pane where the end and the expiry come at once",
    { closing: "always", accumulation: "discarding", allowedLatenessMs: 5 },
    (stream) => stream.at(1, 1).advanceWatermarkTo(100),
    ["on-time 0 last: 1"],
  ],
] as const satisfies readonly (readonly [
  string,
  WindowOptions,
  (stream: TestStream<number>) => TestStream<number>,
  readonly string[],
])[]) {
  modelTest("triggers", "processing-time")(`a window fires ${what}`, async (t) => {
    t.deepEqual(await firings(options, play), [...expected]);
  });
}

for (const [what, windowFns, message] of [
  ["fixed and sliding", [ten, SlidingWindows.of(10, 5)], /different windows: Fixed\(10\), Sliding\(10, 5\)/],
  ["fixed of two sizes", [ten, FixedWindows.of(20)], /Fixed\(10\), Fixed\(20\)/],
  ["fixed of two offsets", [ten, FixedWindows.of(10, 1)], /Fixed\(10\), Fixed\(10, 1\)/],
  ["global and sessions", [GlobalWindows.of(), SessionWindows.of(5)], /Global, Sessions\(5\)/],
  ["equal", [ten, FixedWindows.of(10)], undefined],
  ["any sessions", [SessionWindows.of(5), SessionWindows.of(9)], undefined],
] as const satisfies readonly (readonly [string, readonly WindowFn[], RegExp | undefined])[]) {
  test(`a union and a join of ${what} windows are ${message === undefined ? "accepted" : "refused"}`, (t) => {
    const pipeline = newPipeline();
    const inputs = windowFns.map((windowFn, index) =>
      pipeline.create(`numbers ${index}`, [kv(1, 1)]).windowInto(`windows ${index}`, windowFn),
    );
    pipeline.flatten("union", inputs);
    const [left, right] = inputs as [PCollection<KV<number, number>>, PCollection<KV<number, number>>];
    pipeline.coGroupByKey("join", { left, right });
    const faults = validateGraph(graphOf(pipeline));

    t.deepEqual(
      faults.map(({ step }) => step),
      message === undefined ? [] : ["union", "join/inputs"],
    );
    t.regex(faults[0]?.message ?? "", message ?? /^$/);
  });
}

const loose: Coder<never> = { ...(VALUE_CODER as Coder<never>), isDeterministic: false };

test("every fault of a pipeline is told at once, with its step", async (t) => {
  const pipeline = newPipeline();
  const stream = pipeline.play("stream", new TestStream<KV<string, number>>());
  stream.groupByKey("endless");
  stream.windowInto("unsaid", { windowFn: ten, trigger: always() });
  const counted = stream.windowInto("ten", { windowFn: ten, trigger: afterCount(1), ...discarding });
  counted.groupByKey("once");
  counted.combineGlobally("with default", Count.elements());
  pipeline.create("pairs", [kv("a", 1)]).groupByKey("loose keys", { keyCoder: loose });
  stream.windowInto("loose windows", { windowFn: { ...custom, windowCoder: loose } });
  pipeline.flatten("mixed", [stream, counted]);

  const error = await t.throwsAsync<TributaryError>(pipeline.run());

  t.deepEqual(
    error?.diagnostics.map(({ step, code }) => `${step} ${code}`),
    [
      "endless PIPELINE_INVALID",
      "unsaid PIPELINE_INVALID",
      "once PIPELINE_INVALID",
      "with default PIPELINE_INVALID",
      "with default PIPELINE_INVALID",
      "loose keys PIPELINE_INVALID",
      "loose windows PIPELINE_INVALID",
      "mixed PIPELINE_INVALID",
    ],
  );
});

test("what a step cannot be planned for hides no fault elsewhere, and makes none", (t) => {
  const pipeline = newPipeline();
  const stream = pipeline.play("stream", new TestStream<KV<string, number>>());
  stream.windowInto("bad lateness", { windowFn: ten, allowedLatenessMs: -1 }).groupByKey("depends on it");
  stream.keys("keys");
  stream.keys("keys");
  stream.windowInto("once", { windowFn: ten, trigger: afterCount(1), ...discarding }).groupByKey("unsafe");

  const error = t.throws(() => graphOf(pipeline)) as TributaryError | undefined;

  t.deepEqual(
    error?.diagnostics.map(({ step }) => step),
    ["bad lateness", "keys", "unsafe"],
  );
});

test("parts of a strategy that do not exist are refused with what there is", (t) => {
  const pipeline = newPipeline();
  pipeline.create("numbers", [1]).windowInto("odd", {
    accumulation: "retracting" as "discarding",
    timestampCombiner: "median" as "latest",
    closing: "never" as "always",
    onTime: "late" as "always",
    allowedLatenessMs: -1,
  });

  const error = t.throws(() => graphOf(pipeline)) as TributaryError | undefined;

  t.deepEqual(
    error?.diagnostics.map(({ step, value }) => [step, value]),
    ["retracting", "median", "never", "late", "-1"].map((value) => ["odd", value]),
  );
  t.deepEqual(error?.diagnostics[0]?.candidates, ["discarding", "accumulating"]);
});

// --- window functions of one's own ------------------------------------------------------------------------------------

/** Windows by what the element says. */
const custom: WindowFn = {
  description: "ByContent",
  isMerging: false,
  assign: (timestamp, element) => [
    window(timestamp, timestamp + (element as KV<string, number>).key.length * 10),
  ],
};

test("a window function of one's own may look at the element", async (t) => {
  const pipeline = newPipeline();
  const seen = pipeline.collect(
    "seen",
    at(pipeline, "pairs", [
      ["a", 5],
      ["long", 5],
    ]).windowInto("by content", custom),
  );

  await pipeline.run();

  t.deepEqual(
    seen.elements.map(({ window: span }) => spans([span])),
    ["5..15", "5..45"],
  );
});

modelTest("merging-windows")(
  "a merging window function of one's own says which windows become one",
  async (t) => {
    const touching: WindowFn = {
      description: "Touching(10)",
      isMerging: true,
      assign: (timestamp) => [window(timestamp, timestamp + 10)],
      merge: (windows) => {
        const wider = windows.map(({ start, end }) => window(start, end + 1));
        return mergeOverlapping(wider).map(({ sources, result }) => ({
          sources: sources.map(({ start, end }) => window(start, end - 1)),
          result: window(result.start, result.end - 1),
        }));
      },
    };
    const pipeline = newPipeline();
    const counts = at(pipeline, "pairs", [
      ["a", 0],
      ["a", 10],
      ["a", 21],
    ])
      .windowInto("touching", touching)
      .combineValues("count", Count.elements());
    const seen = pipeline.collect("seen", counts);

    await pipeline.run();

    t.deepEqual(
      seen.elements.map(({ value, window: span }) => `${spans([span])} ${value.value}`).toSorted(),
      ["0..20 2", "21..31 1"],
    );
  },
);

// --- sources ----------------------------------------------------------------------------------------------------------

test("an impulse is one element without bytes at the beginning of time in the global window", async (t) => {
  const pipeline = newPipeline();
  const seen = pipeline.collect("seen", pipeline.impulse("start"));

  await pipeline.run();

  t.deepEqual(
    seen.elements.map(({ value, timestamp, window: span }) => [value.length, timestamp, span]),
    [[0, MIN_TIMESTAMP, GLOBAL_WINDOW]],
  );
});

test("created values have the timestamps they are given, or none", async (t) => {
  const pipeline = newPipeline();
  const plain = pipeline.collect("plain", pipeline.create("values", ["a"]));
  const timed = pipeline.collect(
    "timed",
    pipeline.createTimestamped("timed values", [{ value: "b", timestamp: -7 }]),
  );
  const empty = pipeline.collect("empty", pipeline.create<string>("no values", []));

  await pipeline.run();

  t.deepEqual(
    plain.elements.map(({ timestamp }) => timestamp),
    [MIN_TIMESTAMP],
  );
  t.deepEqual(
    timed.elements.map(({ value, timestamp }) => [value, timestamp]),
    [["b", -7]],
  );
  t.deepEqual(empty.values, []);
});

test("a sequence with an end gives its numbers", async (t) => {
  const pipeline = newPipeline();
  const seen = pipeline.collect("seen", pipeline.generateSequence("numbers", { from: 3, to: 2_503 }));
  pipeline.assert("none", pipeline.generateSequence("empty", { from: 3, to: 3 })).empty();

  await pipeline.run();

  t.deepEqual(
    seen.values,
    Array.from({ length: 2_500 }, (_, index) => index + 3),
  );
  t.is(seen.elements[0]?.timestamp, MIN_TIMESTAMP);
});

test("a sequence without an end goes on until the job ends, and its watermark follows its event times", async (t) => {
  const pipeline = newPipeline();
  const windows: string[] = [];
  const enough = new Promise<void>((resolve) => {
    pipeline
      .generateSequence("numbers", { timestamp: (n) => n })
      .windowInto("thousand", FixedWindows.of(1_000))
      .combineGlobally("count", Count.elements(), { withoutDefaults: true })
      .map("seen", (count) => {
        windows.push(String(count));
        if (windows.length === 5) resolve();
      })
      .reshuffle("end");
  });
  const job = await pipeline.start();

  await enough;
  await job.cancel();

  t.deepEqual(windows.slice(0, 5), ["1000", "1000", "1000", "1000", "1000"]);
});

test("a sequence at a rate comes by the clock, with its event times from it", async (t) => {
  const pipeline = newPipeline();
  const seen = pipeline.collect(
    "seen",
    pipeline.generateSequence("numbers", { to: 6, rate: { elements: 2, perMs: 100 } }),
  );
  const job = await pipeline.start({ clock: pipeline.clock });

  await pipeline.clock.advance(0);
  const atStart = seen.values.length;
  await pipeline.clock.advance(49);
  const before = seen.values.length;
  await pipeline.clock.advance(1);
  const after = seen.values.length;
  await pipeline.clock.advance(1_000);
  await job.result;

  t.deepEqual([atStart, before, after], [1, 1, 2]);
  t.deepEqual(
    seen.elements.map(({ value, timestamp }) => [value, timestamp]),
    [0, 50, 100, 150, 200, 250].map((timestamp, index) => [index, timestamp]),
  );
});

test("a periodic impulse ticks at its times, catches up what it missed, and stops", async (t) => {
  const pipeline = newPipeline();
  const ticks = pipeline.periodicImpulse("tick", {
    startMs: 0,
    stopMs: 50,
    intervalMs: 10,
    applyWindowing: true,
  });
  const seen = pipeline.collect("seen", ticks);
  await pipeline.clock.advance(25);
  const job = await pipeline.start({ clock: pipeline.clock });

  await pipeline.clock.advance(0);
  const caughtUp = [...seen.values];
  await pipeline.clock.advance(100);
  await job.result;

  t.deepEqual(caughtUp, [0, 10, 20]);
  t.deepEqual(
    seen.elements.map(({ value, timestamp, window: span }) => [value, timestamp, spans([span])]),
    [0, 10, 20, 30, 40].map((tick) => [tick, tick, `${tick}..${tick + 10}`]),
  );
});

test("a periodic impulse without an interval, or whose end has passed, gives nothing", async (t) => {
  const pipeline = newPipeline();
  pipeline
    .assert("no interval", pipeline.periodicImpulse("a", { startMs: 0, stopMs: 50, intervalMs: 0 }))
    .empty();
  pipeline
    .assert("no time", pipeline.periodicImpulse("b", { startMs: 50, stopMs: 50, intervalMs: 10 }))
    .empty();
  pipeline.assert("too late", pipeline.periodicImpulse("c", { stopMs: 50, intervalMs: 10 })).empty();
  await pipeline.clock.advance(60);

  await t.notThrowsAsync(pipeline.run({ clock: pipeline.clock }));
});

for (const [name, make] of [
  ["a sequence that ends before it begins", (p) => p.generateSequence("n", { from: 3, to: 2 })],
  ["a sequence from a fraction", (p) => p.generateSequence("n", { from: 0.5 })],
  ["a rate of nothing", (p) => p.generateSequence("n", { rate: { elements: 0, perMs: 1 } })],
  ["an interval below 0", (p) => p.periodicImpulse("n", { intervalMs: -1 })],
] as const satisfies readonly (readonly [string, (pipeline: TestPipeline) => unknown])[]) {
  test(`${name} is refused`, (t) => {
    t.throws(() => make(newPipeline()), { code: "PIPELINE_INVALID" });
  });
}

// --- order and cuts ---------------------------------------------------------------------------------------------------

interface Played {
  readonly key: string;
  readonly time: number;
}

const eventArb = fc.record({ key: fc.constantFrom("a", "b", "c"), time: fc.integer({ min: 0, max: 60 }) });
/** Batches of elements; before each but the first the watermark moves by its step. */
const stepsArb = fc.array(
  fc.record({ step: fc.integer({ min: 1, max: 25 }), events: fc.array(eventArb, { maxLength: 6 }) }),
  { minLength: 1, maxLength: 5 },
);

/** Plays batches, each split into bundles and in the order that `arrange` gives. */
async function playAll(
  steps: readonly { readonly step: number; readonly events: readonly Played[] }[],
  arrange: (events: readonly Played[]) => readonly (readonly Played[])[],
  options: WindowOptions,
): Promise<{ readonly final: readonly string[]; readonly late: number }> {
  const stream = new TestStream<Played>();
  let watermark = -1;
  for (const { step, events } of steps) {
    for (const bundle of arrange(events)) {
      stream.addAt(...bundle.map((value) => ({ value, timestamp: value.time })));
    }
    watermark += step;
    stream.advanceWatermarkTo(watermark);
  }
  const pipeline = newPipeline();
  const counts = pipeline
    .play("stream", stream)
    .windowInto("windows", options)
    .combinePerKey("list", { key: (one) => one.key, combine: ToList.elements() });
  const seen = pipeline.collect("seen", counts);
  const { late } = await pipeline.run();
  const last = new Map<string, string>();
  for (const { value, window: span } of seen.elements) {
    const times = sorted(value.value.map((one) => one.time));
    last.set(`${value.key} ${spans([span])}`, times.join());
  }
  return { final: [...last].map((one) => one.join(" ")).toSorted(), late };
}

const cutArb = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 });

function cutting(cuts: readonly number[]): (events: readonly Played[]) => readonly (readonly Played[])[] {
  return (events) => {
    const bundles: (readonly Played[])[] = [];
    for (let from = 0, turn = 0; from < events.length; turn++) {
      const size = cuts[turn % cuts.length] as number;
      bundles.push(events.slice(from, from + size));
      from += size;
    }
    return bundles;
  };
}

for (const [name, options] of [
  ["the default trigger", { windowFn: FixedWindows.of(20) }],
  [
    "accumulated early and late firings",
    {
      windowFn: SlidingWindows.of(20, 10),
      trigger: afterEndOfWindow({ early: afterCount(2), late: afterCount(1) }),
      accumulation: "accumulating",
      allowedLatenessMs: 15,
    },
  ],
] as const satisfies readonly (readonly [string, WindowOptions])[]) {
  modelTest("triggers")(
    `with ${name}, the last pane depends neither on the cut of bundles nor on the order between watermarks`,
    async (t) => {
      await fc.assert(
        fc.asyncProperty(stepsArb, cutArb, fc.infiniteStream(fc.nat()), async (steps, cuts, random) => {
          const straight = await playAll(steps, (events) => [events], options);
          const cut = await playAll(steps, cutting(cuts), options);
          const shuffled = await playAll(
            steps,
            (events) => {
              const order = events.map((event) => ({ event, rank: random.next().value as number }));
              return cutting(cuts)(order.toSorted((a, b) => a.rank - b.rank).map(({ event }) => event));
            },
            options,
          );

          t.deepEqual(cut, straight);
          t.deepEqual(shuffled, straight);
        }),
        { numRuns: 25 },
      );
    },
  );
}

test("with the default trigger, a result depends on the elements and on what was dropped alone", async (t) => {
  await fc.assert(
    fc.asyncProperty(stepsArb, async (steps) => {
      const { final, late } = await playAll(steps, (events) => [events], { windowFn: FixedWindows.of(20) });
      const expected = new Map<string, number[]>();
      let dropped = 0;
      let watermark = Number.NEGATIVE_INFINITY;
      let next = -1;
      for (const { step, events } of steps) {
        for (const { key, time } of events) {
          const start = Math.floor(time / 20) * 20;
          if (start + 20 <= watermark) {
            dropped += 1;
            continue;
          }
          const name = `${key} ${start}..${start + 20}`;
          expected.set(name, [...(expected.get(name) ?? []), time]);
        }
        next += step;
        watermark = next;
      }

      t.is(late, dropped);
      t.deepEqual(final, [...expected].map(([name, times]) => `${name} ${sorted(times).join()}`).toSorted());
    }),
    { numRuns: 40 },
  );
});

modelTest("triggers")(
  "however a stream goes, the panes of a fan-out add up to those without one",
  async (t) => {
    const options: WindowOptions = {
      windowFn: SlidingWindows.of(20, 10),
      trigger: afterEndOfWindow({ early: afterCount(2), late: afterCount(2) }),
      allowedLatenessMs: 15,
    };
    await fc.assert(
      fc.asyncProperty(
        stepsArb,
        fc.constantFrom("discarding", "accumulating"),
        fc.constantFrom(undefined, 3),
        async (steps, accumulation, fanOut) => {
          const stream = new TestStream<Played>();
          let watermark = -1;
          for (const { step, events } of steps) {
            stream.addAt(...events.map((value) => ({ value, timestamp: value.time })));
            watermark += step;
            stream.advanceWatermarkTo(watermark);
          }
          const pipeline = newPipeline();
          const windowed = pipeline
            .play("stream", stream)
            .windowInto("windows", { ...options, accumulation });
          const combine = Count.elements();
          const plain = pipeline.collect(
            "plain",
            windowed.combinePerKey("count", { key: (one) => one.key, combine }),
          );
          const parted = pipeline.collect(
            "parted",
            windowed.combinePerKey("count in parts", {
              key: (one) => one.key,
              combine,
              ...(fanOut === undefined ? {} : { fanOut }),
            }),
          );
          await pipeline.run();
          const totals = ({ elements }: typeof plain): readonly string[] => {
            const byWindow = new Map<string, number>();
            for (const { value, window: span } of elements) {
              const name = `${value.key} ${spans([span])}`;
              const before = accumulation === "discarding" ? (byWindow.get(name) ?? 0) : 0;
              byWindow.set(name, before + value.value);
            }
            return [...byWindow].map(([name, count]) => `${name} ${count}`).toSorted();
          };

          t.deepEqual(totals(parted), totals(plain));
        },
      ),
      { numRuns: 40 },
    );
  },
);

test("the greatest of nothing and the sum of nothing are their identities", async (t) => {
  const pipeline = newPipeline();
  const none = pipeline.create<number>("none", []);
  pipeline
    .assert(
      "max",
      none.combineGlobally(
        "greatest",
        Max.of((n) => n),
      ),
    )
    .singleton(null);

  await t.notThrowsAsync(pipeline.run());
});
