/** One contender in a process of its own: `node once.mjs MODULE CONTENDER ROWS ...` prints seconds, memory and result. */
const [module, contender, rows, ...rest] = process.argv.slice(2);
const { CONTENDERS } = await import(`./${module}.mjs`);
const run = CONTENDERS[contender];
const parameters = rest.map(Number);
await run(Math.min(Number(rows), 200_000), ...parameters);
const cpu = process.cpuUsage();
const begin = performance.now();
const result = await run(Number(rows), ...parameters);
const seconds = (performance.now() - begin) / 1_000;
const { user, system } = process.cpuUsage(cpu);
const peakMb = process.resourceUsage().maxRSS / 1_024;
console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, peakMb, result }));
