/**
 * `node bench/pipeline/run.mjs [ROWS] [ROUNDS]`: the direct runner beside a plain loop that does the same work, each run
 * in a process of its own, in turns; medians. Needs `npx tsc -b packages/core`.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const rows = Number(process.argv[2] ?? 10_000_000);
const rounds = Number(process.argv[3] ?? 5);
const once = fileURLToPath(new URL("once.mjs", import.meta.url));
const results = { loop: [], pipeline: [] };

for (let round = 0; round < rounds; round++) {
  for (const contender of round % 2 === 0 ? ["loop", "pipeline"] : ["pipeline", "loop"]) {
    const output = execFileSync(process.execPath, [once, contender, String(rows)], { encoding: "utf8" });
    results[contender].push(JSON.parse(output));
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const summary = (runs) => ({
  "rows/s": Math.round(rows / median(runs.map((run) => run.seconds))),
  "cpu ns/row": Math.round((median(runs.map((run) => run.cpuSeconds)) / rows) * 1e9),
  "peak MB": Math.round(Math.max(...runs.map((run) => run.peakMb))),
  "rows out": runs[0].written,
});
const loop = summary(results.loop);
const pipeline = summary(results.pipeline);
console.table({ loop, pipeline });
const ratios = results.pipeline.map((run, i) => run.seconds / results.loop[i].seconds);
const cpuRatios = results.pipeline.map((run, i) => run.cpuSeconds / results.loop[i].cpuSeconds);
console.log(
  `${rows} rows, ${rounds} rounds: pipeline/loop ${median(ratios).toFixed(2)} (wall), ${median(cpuRatios).toFixed(2)} (cpu)`,
);
if (loop["rows out"] !== pipeline["rows out"]) {
  console.error("The contenders disagree on the number of rows out.");
  process.exitCode = 1;
}
