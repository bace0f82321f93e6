import test from "ava";

import type { Vitals } from "../faults/job-process.js";
import { judge, trendOf } from "./judge.js";

const MB = 1_000_000;

/** A run of forty samples. */
function run(of: (at: number) => Partial<Vitals>): readonly Vitals[] {
  const calm = { heap: 40 * MB, resident: 90 * MB, handles: 20, lagMs: 200, records: 0, written: 0 };
  return Array.from({ length: 40 }, (_, at) => ({ ...calm, ...of(at) }));
}

test("a trend is the growth from first to last sample, and what is left around it", (t) => {
  t.deepEqual(trendOf([1, 3, 5, 7]), { growth: 6, noise: 0 });
  t.is(trendOf([4, 4, 4]).growth, 0);
});

test("noise, a slow start and connections that come and go are no faults", (t) => {
  t.deepEqual(judge(run((at) => ({ heap: (40 + (at % 5)) * MB, handles: 20 + (at % 10) }))).faults, []);
  t.deepEqual(judge(run((at) => (at < 8 ? { heap: 5 * MB, lagMs: 60_000 } : {}))).faults, []);
});

for (const [what, of, fault] of [
  ["memory that grows", (at: number) => ({ heap: (40 + at) * MB }), /the heap grew by 29000000 bytes/],
  ["a lag beyond its bound", (at: number) => ({ lagMs: at === 30 ? 5_001 : 0 }), /5001 ms behind/],
  ["handles that stay open", (at: number) => ({ handles: 20 + at }), /handles grew from 30 to 50/],
] as const) {
  test(`${what} is a fault`, (t) => {
    const { faults } = judge(run(of));

    t.is(faults.length, 1);
    t.regex(faults[0] ?? "", fault);
  });
}

test("too few samples say nothing", (t) => {
  t.regex(judge(run(() => ({})).slice(0, 4)).faults.join(), /run it longer/);
});
