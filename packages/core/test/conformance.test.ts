import { readFile } from "node:fs/promises";
import test from "ava";
import { defineModule } from "@tributary/core";
import {
  CONFORMANCE_RULES,
  ConformanceFailure,
  factoryConformance,
  formatConformance,
  sinkConformance,
  sourceConformance,
  sourceFunctionConformance,
} from "@tributary/core/testing";
import type { ConformanceCase, ConformanceRule, FunctionHarness } from "@tributary/core/testing";
import { acmeHarness } from "./defective/factory.js";
import type { FactoryDefect } from "./defective/factory.js";
import { lineHarness } from "./defective/format.js";
import type { FormatDefect } from "./defective/format.js";
import { warehouseHarness } from "./defective/sink.js";
import type { SinkDefect } from "./defective/sink.js";
import { logHarness } from "./defective/source.js";
import type { SourceDefect } from "./defective/source.js";

/** The cases that fail, with their messages. */
async function failuresOf(cases: readonly ConformanceCase[]): Promise<readonly ConformanceFailure[]> {
  const failures: ConformanceFailure[] = [];
  for (const one of cases) {
    try {
      await one.run();
    } catch (error) {
      if (!(error instanceof ConformanceFailure)) throw error;
      failures.push(error);
    }
  }
  return failures;
}

/** A defect, the rule it breaks, and what the failure of its case says. */
type Catch<D> = readonly [defect: D, rule: ConformanceRule, happened: RegExp];

const catches = test.macro({
  title: (_, defect: string, rule: ConformanceRule) => `what ${defect} is caught by ${rule} alone`,
  exec: async (t, _: string, rule: ConformanceRule, happened: RegExp, cases: readonly ConformanceCase[]) => {
    const failures = await failuresOf(cases);

    t.deepEqual(
      failures.map((failure) => failure.rule),
      [rule],
      failures.map(({ message }) => message).join("\n"),
    );
    const [failure] = failures;
    t.regex(failure?.happened ?? "", happened);
    const { message = "" } = failure ?? {};
    t.true(message.startsWith(cases.find((one) => one.name === failure?.case)?.name ?? "-"), message);
    t.true(message.includes(`expected: ${failure?.expected}`));
    t.true(message.includes(CONFORMANCE_RULES[rule]));
    t.true(message.includes(`docs/plugins/conformance.md#${rule}`));
  },
});

const passes = test.macro(async (t, cases: readonly ConformanceCase[]) => {
  const failures = await failuresOf(cases);

  t.deepEqual(
    failures.map(({ message }) => message),
    [],
  );
  t.is(new Set(cases.map(({ name }) => name)).size, cases.length);
});

test("a sound bounded source passes", passes, sourceConformance(logHarness("bounded")));
test("a sound unbounded source passes", passes, sourceConformance(logHarness("unbounded")));
test("a sound sink passes", passes, sinkConformance(warehouseHarness()));
test("a sound format passes", passes, formatConformance(lineHarness()));
test("a sound factory passes", passes, factoryConformance(acmeHarness()));

const SOURCES: readonly (readonly ["bounded" | "unbounded", ...Catch<SourceDefect>])[] = [
  ["bounded", "loses the first record of its third split", "source-exactly-once", /^1 missing: '2\/0'$/],
  ["bounded", "reads a record of its only split twice", "source-exactly-once", /^1 repeated: '0\/28'$/],
  ["bounded", "gives fewer timestamps than records", "source-batches", /6 timestamps with 7 records/],
  ["bounded", "writes positions as bigint", "source-plain-state", /the state of split '0'/],
  ["bounded", "gives every record the same position", "source-positions", /'somewhere'/],
  [
    "bounded",
    "loses one record at a restore",
    "source-restore",
    /restored after 1 batches: 1 missing: '0\/7'/,
  ],
  ["bounded", "begins one record early in another reader", "source-hand-over", /1 repeated: '0\/13'/],
  ["bounded", "forgets unassigned splits at a restore", "source-enumerator", /restored after 0 batches: '2'/],
  ["bounded", "assigns restored splits again", "source-enumerator", /split '0' is assigned twice/],
  [
    "bounded",
    "assigns finished splits again after a restore",
    "source-enumerator",
    /split '0' had ended and is assigned again/,
  ],
  ["bounded", "never ends", "source-end", /did not come to pass/],
  [
    "bounded",
    "emits after the end of a split",
    "source-after-end",
    /0 records of split '[01]' after its end/,
  ],
  ["bounded", "fetches without bound", "source-back-pressure", /^15 after one poll, of 22$/],
  ["bounded", "leaves a poll pending at close", "source-close", /did not come to pass/],
  ["bounded", "rejects a second close", "source-close", /it threw Error: closed before/],
  ["bounded", "keeps a handle open", "source-releases", /^1$/],
  ["bounded", "leaves a timer behind", "source-releases", /1 pending, the first of 3600000 ms/],
  ["bounded", "fails without the split in its error", "source-errors", /shard is undefined/],
  ["unbounded", "spins with empty batches while idle", "source-idle", /21 empty batches in a row/],
];
for (const [boundedness, defect, rule, happened] of SOURCES) {
  test(catches, `source ${defect}`, rule, happened, sourceConformance(logHarness(boundedness, defect)));
}

const SINKS: readonly Catch<SinkDefect>[] = [
  ["forgets a last batch of one at flush", "sink-flush", /^1 missing: 'order-250'$/],
  ["acknowledges early", "sink-acknowledge", /it resolved/],
  ["changes elements", "sink-elements", /40 were changed/],
  ["keeps the array of elements", "sink-elements", /'order-1000000', put into the array after the call/],
  ["lets writers overwrite each other", "sink-writers", /missing/],
  ["drops refused entries", "sink-retry", /51 missing: 'order-0'/],
  ["passes over a failure", "sink-failure", /it resolved, as if all were written/],
  ["hangs in close after a failure", "sink-failure", /did not come to pass/],
  ["accepts without bound", "sink-back-pressure", /elements were accepted/],
  ["begins anew at a restore", "sink-restore", /125 missing: 'order-0'/],
  ["rejects a second close", "sink-close", /it threw Error: closed before/],
  ["keeps a handle open", "sink-releases", /^1$/],
  ["leaves a timer behind", "sink-releases", /1 pending/],
];
for (const [defect, rule, happened] of SINKS) {
  test(catches, `sink ${defect}`, rule, happened, sinkConformance(warehouseHarness(defect)));
}

const FORMATS: readonly Catch<FormatDefect>[] = [
  ["rounds large numbers", "format-round-trip", /0: {"a":"/],
  ["loses nulls in arrays", "format-round-trip", /"a":\[.*0/],
  ["loses nulls", "format-nulls", /a: a value/],
  ["gives a value of another type in wide rows", "format-any-bytes", /1 in BOOLEAN/],
  ["crashes on bad bytes", "format-any-bytes", /decode threw TypeError: bad byte/],
  ["crashes on a message that ends early", "format-truncated", /decode threw TypeError: end/],
  ["crashes on a message without body", "format-no-body", /decode threw TypeError: no body/],
  ["drops the row behind a malformed one", "format-neighbours", /^0: {"a":"1","b":"one"}$/],
  ["changes the messages", "format-stateless", /^'"    /],
  ["uses its rows again", "format-stateless", /{"a":/],
  ["accepts types that it cannot carry", "format-unsupported", /they were accepted/],
  ["names only the first column that it cannot carry", "format-unsupported", /diagnostics for: a$/],
];
for (const [defect, rule, happened] of FORMATS) {
  test(catches, `format ${defect}`, rule, happened, formatConformance(lineHarness(defect)));
}

const FACTORIES: readonly Catch<FactoryDefect>[] = [
  ["has an option without documentation", "factory-documented", /none for 'acme.speed'/],
  ["gives an example that it refuses", "factory-defaults", /'a while' of option 'acme.grace'/],
  ["accepts a bad value", "factory-bad-values", /it was accepted/],
  ["takes any key", "factory-unknown-keys", /it was accepted/],
  ["crashes when an option is missing", "factory-missing", /it threw 'TypeError/],
  ["leaks a secret", "factory-secrets", /Logging in with 'conformance-secret-4711'/],
  ["refuses its own options", "factory-create", /'No\.'/],
  ["starts a timer in create", "factory-create", /Timeout/],
  ["creates a promise", "factory-create", /a promise/],
  ["gives the same sink twice", "factory-create", /the same one twice/],
];
for (const [defect, rule, happened] of FACTORIES) {
  test.serial(catches, `factory ${defect}`, rule, happened, factoryConformance(acmeHarness(defect)));
}

test("a factory that no registry takes fails every case with the registry's words", async (t) => {
  const { factories = [] } = acmeHarness().modules[0] ?? {};
  const factory = { ...factories[0], identifier: "Acme" } as (typeof factories)[number];
  const modules = [defineModule({ name: "acme", version: "1.0.0", factories: [factory] })];

  const cases = factoryConformance({ ...acmeHarness(), identifier: "Acme", modules });
  const failures = await failuresOf(cases);

  t.is(failures.length, cases.length);
  t.is(failures[0]?.rule, "factory-declaration");
  t.regex(failures[0]?.happened ?? "", /FACTORY_INVALID: .* has the identifier 'Acme'/);
});

test("the text of a failure says what, where and what to do", async (t) => {
  const cases = sourceConformance(logHarness("bounded", "loses one record at a restore"));

  const [failure] = await failuresOf(cases);

  t.is(
    failure?.message,
    [
      "source log: a job restored after any batch goes on with the next record",
      "  expected: all 60 records once, those of a split in order",
      "  happened: restored after 1 batches: 1 missing: '0/7'",
      "  to do:    Give each batch the position behind its last record, and begin a split exactly at the position in its state.",
      "  rule:     docs/plugins/conformance.md#source-restore",
    ].join("\n"),
  );
});

test("every rule has a place in the documentation, and every place a rule", async (t) => {
  const page = await readFile(new URL("../../../docs/plugins/conformance.md", import.meta.url), "utf8");

  const anchors = [...page.matchAll(/^#+ ((?:source|function|sink|format|factory)-[a-z-]+)$/gm)].map(
    ([, id]) => id,
  );

  t.deepEqual(anchors, Object.keys(CONFORMANCE_RULES));
});

/** A push-style source that emits numbers from where its state says. */
function pushHarness(): FunctionHarness<number> {
  return {
    name: "push",
    create: (values) => ({
      expected: Array.from({ length: values }, (_, index) => String(index)),
      function: () => {
        let next = 0;
        let isCancelled = false;
        return {
          async run(context) {
            next = Number(context.restored?.[0] ?? 0);
            while (next < values && !isCancelled) {
              await context.underCheckpointLock((emit) => {
                for (const end = Math.min(values, next + 7); next < end; next += 1) emit(next, 0);
              });
            }
          },
          cancel: () => {
            isCancelled = true;
          },
          snapshot: () => [next],
        };
      },
    }),
    identify: String,
  };
}

for (const one of sourceFunctionConformance(pushHarness())) {
  test(one.name, (t) => t.notThrowsAsync(one.run()));
}

test("every rule has a case in the suites above", (t) => {
  const rules = [
    ...sourceConformance(logHarness("bounded")),
    ...sourceConformance(logHarness("unbounded")),
    ...sinkConformance(warehouseHarness()),
    ...formatConformance(lineHarness()),
    ...factoryConformance(acmeHarness()),
    ...sourceFunctionConformance(pushHarness()),
  ].map(({ rule }) => rule);

  t.deepEqual(
    Object.keys(CONFORMANCE_RULES).filter((rule) => !rules.includes(rule as ConformanceRule)),
    [],
  );
});
