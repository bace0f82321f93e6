/**
 * `node bench/sql/run.mjs [ROWS] [ROUNDS]`: queries beside loops by hand, in turns in one process; parsing of a script;
 * what an import costs. Medians. Needs `npx tsc -b packages/sql`.
 */
import { execFileSync } from "node:child_process";
import { DirectRunner } from "@tributary/core";
import { SILENT_LOGGER } from "@tributary/core/testing";
import { parseScript, planScript } from "@tributary/sql";
import { filterLoop, tumbleLoop } from "./loops.mjs";
import { COLUMNS, makeRows, rowsRegistry } from "./tables.mjs";

const count = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 5);
const WINDOW_MS = 60_000;
const WITH = "WITH ('connector' = 'rows')";
const FILTER = `CREATE TABLE t (${COLUMNS}) ${WITH};
  CREATE TABLE s (user_id BIGINT, behavior STRING, ts TIMESTAMP(3)) ${WITH};
  INSERT INTO s SELECT user_id, UPPER(behavior), ts FROM t WHERE item_id % 2 = 0 AND behavior LIKE 'b%';`;
const TUMBLE = `CREATE TABLE t (${COLUMNS}, WATERMARK FOR ts AS ts) ${WITH};
  CREATE TABLE s (user_id BIGINT, window_end TIMESTAMP(3), n BIGINT, total BIGINT) ${WITH};
  INSERT INTO s SELECT user_id, window_end, COUNT(*), SUM(item_id)
  FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, user_id;`;

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const rows = makeRows(count);
const { registry, counts } = rowsRegistry(rows);

async function query(text) {
  const { graph, diagnostics } = await planScript(text, { registry, logger: SILENT_LOGGER });
  if (graph === undefined) throw new Error(JSON.stringify(diagnostics));
  counts.written = 0;
  const begin = performance.now();
  const job = await new DirectRunner().run(graph);
  await job.result;
  return { ms: performance.now() - begin, written: counts.written };
}

/** The function of the query's one element-wise step, without the runner. */
async function stage(text) {
  const { graph } = await planScript(text, { registry, logger: SILENT_LOGGER });
  const { fn } = [...graph.bindings.values()].find((one) => one.kind === "elementwise");
  const begin = performance.now();
  const out = [];
  for (const row of rows) {
    const made = fn(row);
    if (made !== undefined) out.push(made);
  }
  return { ms: performance.now() - begin, written: out.length };
}

function byHand(loop) {
  const begin = performance.now();
  const written = loop();
  return { ms: performance.now() - begin, written };
}

async function compare(title, goal, contender, loop) {
  const times = { contender: [], loop: [] };
  for (let round = -1; round < rounds; round++) {
    const a = await contender();
    const b = byHand(loop);
    if (a.written !== b.written) throw new Error(`${title}: ${a.written} rows, by hand ${b.written}.`);
    if (round < 0) continue;
    times.contender.push(a.ms);
    times.loop.push(b.ms);
  }
  const [x, y] = [median(times.contender), median(times.loop)];
  console.log(
    `${title}: ${x.toFixed(0)} ms, by hand ${y.toFixed(0)} ms: ${(x / y).toFixed(2)} (goal ${goal})`,
  );
}

await compare(
  "filter and projection, the generated function",
  "1.6",
  () => stage(FILTER),
  () => filterLoop(rows),
);
await compare(
  "filter and projection, the whole job",
  "-",
  () => query(FILTER),
  () => filterLoop(rows),
);
await compare(
  "TUMBLE and GROUP BY, 1,000 keys, the whole job",
  "5",
  () => query(TUMBLE),
  () => tumbleLoop(rows, WINDOW_MS),
);

const column = (i) => `  c${i} DECIMAL(10, 2) NOT NULL COMMENT 'column ${i}',`;
const script = [
  "CREATE TABLE t (",
  ...Array.from({ length: 24 }, (_, i) => column(i)),
  "  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND",
  `) ${WITH};`,
  "INSERT INTO s SELECT",
  ...Array.from(
    { length: 20 },
    (_, i) => `  CASE WHEN c${i} > ${i} THEN UPPER(x || 'a') ELSE CAST(c${i} AS STRING) END AS d${i},`,
  ),
  "  1 FROM t",
  "WHERE c1 BETWEEN 1 AND 2 AND c2 LIKE 'a%';",
].join("\n");
await parseScript(script);
for (let i = 0; i < 200; i++) await parseScript(script);
const parses = [];
for (let i = 0; i < 100; i++) {
  const begin = performance.now();
  await parseScript(script);
  parses.push(performance.now() - begin);
}
console.log(`parse of ${script.split("\n").length} lines, warm: ${median(parses).toFixed(2)} ms (goal 2)`);

const importTime = (code) =>
  Number(
    execFileSync(
      process.execPath,
      ["--input-type=module", "-e", `${code}; console.log(performance.now() - t)`],
      { encoding: "utf8", cwd: import.meta.dirname },
    ),
  );
const adds = Array.from({ length: rounds }, () =>
  importTime('await import("@tributary/core"); const t = performance.now(); await import("@tributary/sql")'),
);
console.log(`import of the package beside core: ${median(adds).toFixed(1)} ms (goal 20)`);
