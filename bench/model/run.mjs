/**
 * `node bench/model/run.mjs [count|windowed|pause|growth] [ROUNDS]`: the pipeline model, each run in a process of its own,
 * contenders in turns; medians. Ratios are of CPU time, so that other work of the machine counts less; wall time stands
 * beside them. Needs `npx tsc -b packages/core`.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const only = process.argv[2];
const rounds = Number(process.argv[3] ?? 3);
const once = fileURLToPath(new URL("once.mjs", import.meta.url));
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
let hasFailed = false;

function runOnce(module, contender, rows, ...parameters) {
  const argv = [once, module, contender, rows, ...parameters].map(String);
  return JSON.parse(execFileSync(process.execPath, argv, { encoding: "utf8" }));
}

/** Rows of the slow ones are fewer; figures are by row. */
function compare(title, contenders, yardstick, goal) {
  const runs = new Map(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, module, contender, rows, parameters = [] } of contenders) {
      runs.get(name).push({ rows, ...runOnce(module, contender, rows, ...parameters) });
    }
  }
  const nanos = (name, field) => median(runs.get(name).map((run) => (run[field] / run.rows) * 1e9));
  const base = nanos(yardstick, "cpuSeconds");
  console.log(`\n${title}`);
  console.table(
    Object.fromEntries(
      contenders.map(({ name, rows }) => [
        name,
        {
          rows,
          "rows/s": Math.round(1e9 / nanos(name, "seconds")),
          "wall ns/row": Math.round(nanos(name, "seconds")),
          "cpu ns/row": Math.round(nanos(name, "cpuSeconds")),
          "of yardstick": Number((nanos(name, "cpuSeconds") / base).toFixed(2)),
          "peak MB": Math.round(Math.max(...runs.get(name).map((run) => run.peakMb))),
        },
      ]),
    ),
  );
  for (const rows of new Set(contenders.map((one) => one.rows))) {
    const results = contenders.filter((one) => one.rows === rows).map(({ name }) => runs.get(name)[0].result);
    if (new Set(results).size > 1 && goal !== undefined)
      fail(`${title}: the contenders disagree: ${results}`);
  }
  for (const [name, most] of Object.entries(goal ?? {})) {
    const ratio = nanos(name, "cpuSeconds") / base;
    console.log(`${name}: ${ratio.toFixed(2)} times the CPU time of ${yardstick}; goal: at most ${most}`);
  }
}

function fail(message) {
  console.error(message);
  hasFailed = true;
}

const sections = {
  count() {
    const rows = 10_000_000;
    const few = 1_000_000;
    const all = {
      loop: rows,
      tributary: rows,
      rxjs: rows,
      effect: rows,
      highland: few,
      nodeStreams: few,
      asyncGenerators: few,
    };
    const contenders = Object.entries(all).map(([name, rows]) => ({
      name,
      module: "count",
      contender: name,
      rows,
    }));
    compare("(a) map -> filter -> keyed count", contenders, "loop", { tributary: 1.5 });
  },
  windowed() {
    for (const keys of [1_000, 100_000]) {
      const contenders = ["map", "once", "general", "early"].map((name) => ({
        name,
        module: "windowed",
        contender: name,
        rows: 1_000_000,
        parameters: [keys],
      }));
      compare(`(b) keyed windowed sum, ${keys} keys`, contenders, "map", { once: 5, general: 5, early: 5 });
    }
  },
  async pause() {
    const { CONTENDERS } = await import("./pause.mjs");
    console.log("\n(c) longest time between two polls while checkpoints are taken, 1,000,000 keys in state");
    const figures = {};
    for (const [name, measure] of Object.entries(CONTENDERS)) {
      const { calm, longest, lastDurationMs, rowsDuring } = await measure(1_000_000);
      figures[name] = {
        "pause, cpu ms": Math.round(longest.cpu),
        "pause, wall ms": Math.round(longest.wall),
        "calm, cpu ms": Math.round(calm.cpu),
        "calm, wall ms": Math.round(calm.wall),
        "checkpoint ms": lastDurationMs,
        "rows meanwhile": rowsDuring,
      };
      if (longest.cpu >= 100) fail(`${name}: the pause is ${Math.round(longest.cpu)} ms; goal: below 100`);
    }
    console.table(figures);
  },
  growth() {
    const of = (contender, parameters) =>
      parameters.map((parameter) => ({
        name: `${contender} ${parameter}`,
        module: "growth",
        contender,
        rows: 1_000_000,
        parameters: [parameter],
      }));
    compare("(d) more steps", of("steps", [1, 10, 100]), "steps 1");
    compare("(d) more open windows, which fire once", of("windows", [1, 100, 10_000]), "windows 1");
    compare("(d) more open windows, general", of("windowsGeneral", [1, 100, 10_000]), "windowsGeneral 1");
  },
};

for (const [name, section] of Object.entries(sections)) {
  if (only === undefined || only === name || only.match(/^\d+$/)) await section();
}
if (hasFailed) process.exitCode = 1;
