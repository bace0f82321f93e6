/** One contender in a process of its own: `node once.mjs loop|pipeline ROWS` prints seconds, peak memory and rows out. */
import { runLoop } from "./loop.mjs";
import { runPipeline } from "./pipeline.mjs";

const [contender, rows] = process.argv.slice(2);
const run = contender === "loop" ? runLoop : runPipeline;
await run(200_000);
const cpu = process.cpuUsage();
const begin = performance.now();
const written = await run(Number(rows));
const seconds = (performance.now() - begin) / 1_000;
const { user, system } = process.cpuUsage(cpu);
const peakMb = process.resourceUsage().maxRSS / 1_024;
console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, peakMb, written }));
