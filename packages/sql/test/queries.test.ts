import { readFileSync } from "node:fs";
import type { Diagnostic, JobHandle, Row } from "@tributary/core";
import { DirectRunner, LocalTimestamp } from "@tributary/core";
import { MemoryCheckpointStore, VirtualClock, until } from "@tributary/core/testing";
import type { PlanScriptOptions } from "@tributary/sql";
import { UserFunctions } from "@tributary/sql";
import test from "ava";
import fc from "fast-check";
import { Memory } from "./kit.js";

const at = (text: string): LocalTimestamp => new LocalTimestamp(Date.parse(`2024-01-01T${text}Z`));
const M = "WITH ('connector' = 'memory')";
const ORDERS = `CREATE TABLE orders (item STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) ${M};`;

type Order = readonly [item: string | null, price: number | null, time: string];

/** One batch each, so that the watermark moves between them. */
const orders = (rows: readonly Order[]): readonly (readonly Row[])[] =>
  rows.map(([item, price, time]) => [{ item, price, ts: at(time) }]);

const short = (value: unknown): unknown =>
  typeof value === "string" ? value.replace(/^2024-01-01 /u, "").replace(/\.000$/u, "") : value;

/** Rows of a SELECT, sorted, with the day and round fractions left out. */
async function rowsOf(
  inputs: Readonly<Record<string, readonly (readonly Row[])[]>>,
  script: string,
  options: Partial<PlanScriptOptions> = {},
): Promise<readonly string[]> {
  const memory = new Memory();
  for (const [name, rows] of Object.entries(inputs)) memory.inputs.set(name, rows);
  const { rows } = await memory.query(script, options);
  return rows.map((row) => row.map(short).map(String).join(" ")).toSorted();
}

const SESSIONS: readonly Order[] = [
  ["a", 1, "00:00:01"],
  ["b", 5, "00:00:03"],
  ["a", 2, "00:00:11"],
  ["a", 3, "00:00:21.001"],
  ["b", 9, "00:00:40"],
];

// ---------------------------------------------------------------------------------------------- windows

test("sessions of a key that touch are one, a millisecond apart they are two", async (t) => {
  t.deepEqual(
    await rowsOf(
      { orders: orders(SESSIONS) },
      `${ORDERS} SELECT window_start, window_end, window_time, item, SUM(price) FROM TABLE(
        SESSION(TABLE orders PARTITION BY item, DESCRIPTOR(ts), INTERVAL '10' SECOND))
        GROUP BY window_start, window_end, window_time, item`,
    ),
    [
      "00:00:01 00:00:21 00:00:20.999 a 3",
      "00:00:03 00:00:13 00:00:12.999 b 5",
      "00:00:21.001 00:00:31.001 00:00:31 a 3",
      "00:00:40 00:00:50 00:00:49.999 b 9",
    ],
  );
});

test("sessions without PARTITION BY are those of all rows, whatever is grouped by", async (t) => {
  const from = "FROM SESSION(DATA => TABLE orders, TIMECOL => DESCRIPTOR(ts), GAP => INTERVAL '10' SECOND)";

  t.deepEqual(
    await rowsOf(
      { orders: orders(SESSIONS) },
      `${ORDERS} SELECT window_start, window_end, COUNT(*) ${from} GROUP BY window_start, window_end`,
    ),
    ["00:00:01 00:00:21 3", "00:00:21.001 00:00:31.001 1", "00:00:40 00:00:50 1"],
  );
  t.deepEqual(
    await rowsOf(
      { orders: orders(SESSIONS) },
      `${ORDERS} SELECT window_start, window_end, item, COUNT(*) ${from} GROUP BY window_start, window_end, item`,
    ),
    [
      "00:00:01 00:00:21 a 2",
      "00:00:01 00:00:21 b 1",
      "00:00:21.001 00:00:31.001 a 1",
      "00:00:40 00:00:50 b 1",
    ],
  );
});

test("rows of HOP, CUMULATE and SESSION have the bounds of each of their windows", async (t) => {
  const rows = async (windows: string): Promise<readonly string[]> =>
    rowsOf(
      { orders: orders(SESSIONS.slice(0, 3)) },
      `${ORDERS} SELECT item, window_start, window_end, window_time FROM TABLE(${windows}) WHERE item = 'a'`,
    );

  t.deepEqual(await rows("HOP(TABLE orders, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '20' SECOND)"), [
    "a 00:00:00 00:00:20 00:00:19.999",
    "a 00:00:00 00:00:20 00:00:19.999",
    "a 00:00:10 00:00:30 00:00:29.999",
    "a 2023-12-31 23:59:50 00:00:10 00:00:09.999",
  ]);
  t.deepEqual(
    await rows("CUMULATE(TABLE orders, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '20' SECOND)"),
    [
      "a 00:00:00 00:00:10 00:00:09.999",
      "a 00:00:00 00:00:20 00:00:19.999",
      "a 00:00:00 00:00:20 00:00:19.999",
    ],
  );
  t.deepEqual(await rows("SESSION(TABLE orders PARTITION BY item, DESCRIPTOR(ts), INTERVAL '10' SECOND)"), [
    "a 00:00:01 00:00:21 00:00:20.999",
    "a 00:00:01 00:00:21 00:00:20.999",
  ]);
});

test("a condition on the bounds of HOP leaves out windows", async (t) => {
  t.deepEqual(
    await rowsOf(
      { orders: orders(SESSIONS) },
      `${ORDERS} SELECT window_start, COUNT(*) FROM TABLE(
        HOP(TABLE orders, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '20' SECOND))
        WHERE window_start >= TIMESTAMP '2024-01-01 00:00:10' GROUP BY window_start, window_end`,
    ),
    ["00:00:10 2", "00:00:20 1", "00:00:30 1", "00:00:40 1"],
  );
});

test("the rows of an aggregation can be grouped again by its window", async (t) => {
  t.deepEqual(
    await rowsOf(
      { orders: orders(SESSIONS) },
      `${ORDERS} WITH sums AS (
        SELECT window_start, window_end, item, SUM(price) AS s
        FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '30' SECOND))
        GROUP BY window_start, window_end, item)
      SELECT window_start, window_end, SUM(s), COUNT(*) FROM sums GROUP BY window_start, window_end`,
    ),
    ["00:00:00 00:00:30 11 2", "00:00:30 00:01:00 9 1"],
  );
});

// ---------------------------------------------------------------------------------------------- joins and the rest

const TABLES = `
CREATE TABLE o (id INT, item STRING, price INT, tags ARRAY<STRING>, ts TIMESTAMP(3), proc AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) ${M};
CREATE TABLE s (oid INT, carrier STRING, sts TIMESTAMP(3), WATERMARK FOR sts AS sts - INTERVAL '5' SECOND) ${M};
CREATE TABLE d (item STRING, label STRING) ${M};
CREATE TABLE r (item STRING, rate INT, rts TIMESTAMP(3), WATERMARK FOR rts AS rts, PRIMARY KEY (item) NOT ENFORCED) ${M};
CREATE VIEW pairs AS SELECT o.id, carrier, ts, sts FROM o, s WHERE o.id = s.oid
  AND o.ts BETWEEN s.sts - INTERVAL '10' SECOND AND s.sts;
`;

const INPUTS: Readonly<Record<string, readonly (readonly Row[])[]>> = {
  o: (
    [
      [1, "a", 1, ["x", "y"], "00:00:01"],
      [2, "b", 5, [], "00:00:03"],
      [3, "a", 2, null, "00:00:11"],
      [4, null, 3, ["z"], "00:00:21"],
      [5, "c", 9, ["q"], "00:00:40"],
    ] as const
  ).map(([id, item, price, tags, time]) => [{ id, item, price, tags, ts: at(time) }]),
  s: (
    [
      [1, "ups", "00:00:04"],
      [3, "ups", "00:00:11"],
      [3, "dhl", "00:00:12"],
      [9, "x", "00:00:12"],
      [2, "dhl", "00:00:30"],
    ] as const
  ).map(([oid, carrier, time]) => [{ oid, carrier, sts: at(time) }]),
  d: [
    [
      { item: "a", label: "A1" },
      { item: "a", label: "A2" },
      { item: "b", label: "B" },
      { item: "z", label: null },
    ],
  ],
  r: (
    [
      ["a", 10, "00:00:00"],
      ["a", 20, "00:00:05"],
      ["b", 7, "00:00:04"],
    ] as const
  ).map(([item, rate, time]) => [{ item, rate, rts: at(time) }]),
};

const HALF_MINUTES = (table: string, time: string): string =>
  `TABLE(TUMBLE(TABLE ${table}, DESCRIPTOR(${time}), INTERVAL '30' SECOND))`;
const WITHIN = "o.id = s.oid AND s.sts >= o.ts AND s.sts < o.ts + INTERVAL '10' SECOND";
const COUNTS = `(SELECT window_start, window_end, item, COUNT(*) AS n FROM ${HALF_MINUTES("o", "ts")}
  GROUP BY window_start, window_end, item)`;
const SENT = `(SELECT window_start, window_end, oid, carrier FROM ${HALF_MINUTES("s", "sts")})`;
const SAME_WINDOW = "a.window_start = b.window_start AND a.window_end = b.window_end";

/** Title, query, rows sorted. A person can add one. */
const CASES: readonly (readonly [title: string, query: string, rows: readonly string[]])[] = [
  [
    "an interval join by WHERE",
    "SELECT id, carrier, sts FROM pairs",
    ["1 ups 00:00:04", "3 dhl 00:00:12", "3 ups 00:00:11"],
  ],
  [
    "an interval join with one bound left out of it",
    `SELECT o.id, carrier FROM o JOIN s ON ${WITHIN} AND s.sts > o.ts`,
    ["1 ups", "3 dhl"],
  ],
  [
    "a LEFT interval join gives a row without partner alone",
    `SELECT o.id, carrier FROM o LEFT JOIN s ON ${WITHIN}`,
    ["1 ups", "2 null", "3 dhl", "3 ups", "4 null", "5 null"],
  ],
  [
    "a RIGHT interval join",
    `SELECT o.id, s.oid, carrier FROM o RIGHT JOIN s ON ${WITHIN}`,
    ["1 1 ups", "3 3 dhl", "3 3 ups", "null 2 dhl", "null 9 x"],
  ],
  [
    "a FULL interval join with a condition of its own",
    `SELECT o.id, s.oid, carrier FROM o FULL JOIN s ON ${WITHIN} AND carrier <> 'dhl'`,
    [
      "1 1 ups",
      "2 null null",
      "3 3 ups",
      "4 null null",
      "5 null null",
      "null 2 dhl",
      "null 3 dhl",
      "null 9 x",
    ],
  ],
  [
    "both times of an interval join are time attributes",
    `SELECT window_start, COUNT(*) FROM ${HALF_MINUTES("pairs", "sts")} GROUP BY window_start, window_end
     UNION ALL SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE pairs, DESCRIPTOR(ts), INTERVAL '10' SECOND))
     GROUP BY window_start, window_end`,
    ["00:00:00 1", "00:00:00 3", "00:00:10 2"],
  ],
  [
    "a lookup join takes every row of the key",
    "SELECT o.id, d.label FROM o JOIN d FOR SYSTEM_TIME AS OF o.proc AS d ON o.item = d.item",
    ["1 A1", "1 A2", "2 B", "3 A1", "3 A2"],
  ],
  [
    "a LEFT lookup join with a condition on what comes back",
    "SELECT o.id, x.label FROM o LEFT JOIN d FOR SYSTEM_TIME AS OF o.proc AS x ON o.item = x.item AND x.label <> 'A1'",
    ["1 A2", "2 B", "3 A2", "4 null", "5 null"],
  ],
  [
    "a temporal join takes the version of the row's time",
    "SELECT o.id, r.rate FROM o JOIN r FOR SYSTEM_TIME AS OF o.ts ON o.item = r.item",
    ["1 10", "3 20"],
  ],
  [
    "a LEFT temporal join keeps rows without a version, and their time",
    `SELECT window_start, COUNT(*), SUM(rate) FROM TABLE(TUMBLE(TABLE (
      SELECT o.ts, r.rate FROM o LEFT JOIN r FOR SYSTEM_TIME AS OF o.ts ON o.item = r.item), DESCRIPTOR(ts), INTERVAL '30' SECOND))
     GROUP BY window_start, window_end`,
    ["00:00:00 4 30", "00:00:30 1 null"],
  ],
  [
    "a window join joins the rows of equal windows",
    `SELECT a.item, a.n, b.carrier FROM ${COUNTS} a JOIN ${SENT} b ON ${SAME_WINDOW} AND a.n = b.oid - 1`,
    ["a 2 dhl", "a 2 ups", "c 1 dhl"],
  ],
  [
    "a FULL window join",
    `SELECT a.item, b.carrier FROM ${COUNTS} a FULL JOIN ${SENT} b ON ${SAME_WINDOW} AND a.n = b.oid`,
    ["a null", "b ups", "c null", "null dhl", "null dhl", "null ups", "null ups", "null x"],
  ],
  [
    "a window Top-N",
    `SELECT item, price, n, window_end FROM (SELECT *, ROW_NUMBER() OVER (
      PARTITION BY window_start, window_end ORDER BY price DESC) AS n FROM ${HALF_MINUTES("o", "ts")}) WHERE n <= 2`,
    ["b 5 1 00:00:30", "c 9 1 00:01:00", "null 3 2 00:00:30"],
  ],
  [
    "a window Top-N over an aggregation, by key, and grouped again",
    `SELECT window_start, COUNT(*) FROM (SELECT window_start, window_end, item, ROW_NUMBER() OVER (
      PARTITION BY window_start, window_end, item ORDER BY n DESC) AS place FROM ${COUNTS}) WHERE 1 >= place
      GROUP BY window_start, window_end`,
    ["00:00:00 3", "00:00:30 1"],
  ],
  [
    "window deduplication keeps the first or the last row of a key",
    `SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, item ORDER BY ts DESC) AS n
      FROM ${HALF_MINUTES("o", "ts")}) WHERE n = 1`,
    ["2", "3", "4", "5"],
  ],
  [
    "UNNEST of an array",
    "SELECT id, t FROM o CROSS JOIN UNNEST(tags) AS u (t)",
    ["1 x", "1 y", "4 z", "5 q"],
  ],
  [
    "LEFT JOIN UNNEST keeps NULL and empty arrays",
    "SELECT id, t, n FROM o LEFT JOIN UNNEST(tags) WITH ORDINALITY AS u (t, n) ON TRUE",
    ["1 x 1", "1 y 2", "2 null null", "3 null null", "4 z 1", "5 q 1"],
  ],
  ["UNNEST that stands alone", "SELECT a + 1 FROM UNNEST(ARRAY[1, 2, NULL]) AS t (a)", ["2", "3", "null"]],
  [
    "UNNEST of a MAP and of an array of rows",
    "SELECT k, v, x, y FROM (VALUES (MAP['a', 1, 'b', 2], ARRAY[ROW(1, 'p'), ROW(2, 'q')])) AS t (m, rs), UNNEST(m) AS e (k, v), UNNEST(rs) AS f (x, y)",
    ["a 1 1 p", "a 1 2 q", "b 2 1 p", "b 2 2 q"],
  ],
  ["IN with a query", "SELECT id FROM o WHERE item IN (SELECT item FROM d) AND price < 3", ["1", "3"]],
  ["NOT IN with a query", "SELECT id FROM o WHERE item NOT IN (SELECT item FROM d)", ["5"]],
  ["NOT IN with a NULL in the query", "SELECT id FROM o WHERE item NOT IN (SELECT label FROM d)", []],
  [
    "NOT IN with no rows",
    "SELECT id FROM o WHERE item NOT IN (SELECT label FROM d WHERE FALSE)",
    ["1", "2", "3", "4", "5"],
  ],
  [
    "EXISTS of what the outer row matches",
    "SELECT id FROM o WHERE EXISTS (SELECT 1 FROM d WHERE d.item = o.item AND label = 'B')",
    ["2"],
  ],
  ["NOT EXISTS", "SELECT id FROM o WHERE NOT EXISTS (SELECT 1 FROM d WHERE d.item = o.item)", ["4", "5"]],
  ["EXISTS of any row", "SELECT id FROM o WHERE price > 4 AND EXISTS (SELECT * FROM d)", ["2", "5"]],
  [
    "IN that depends on the outer row",
    "SELECT id FROM o WHERE id IN (SELECT oid FROM s WHERE s.sts > o.ts)",
    ["1", "2", "3"],
  ],
  ["LIMIT and OFFSET over a bounded table", "SELECT id FROM o LIMIT 2 OFFSET 1", ["2", "3"]],
  ["FETCH FIRST", "SELECT id FROM o FETCH FIRST ROW ONLY", ["1"]],
  [
    "SELECT DISTINCT of rows of windows",
    `SELECT DISTINCT window_start, window_end, item FROM ${HALF_MINUTES("o", "ts")}`,
    ["00:00:00 00:00:30 a", "00:00:00 00:00:30 b", "00:00:00 00:00:30 null", "00:00:30 00:01:00 c"],
  ],
];

for (const [title, query, expected] of CASES)
  test(title, async (t) => {
    t.deepEqual(await rowsOf(INPUTS, `${TABLES} ${query}`), expected);
    t.deepEqual(await rowsOf(INPUTS, `${TABLES} ${query}`, { generatesCode: false }), expected);
  });

// ---------------------------------------------------------------------------------------------- random scripts

const { left, right, size, own, minutes } = {
  left: fc.constantFrom("", "LEFT ", "RIGHT ", "FULL "),
  right: fc.constantFrom("s.carrier", "UPPER(s.carrier)", "CHAR_LENGTH(s.carrier) * 2", "s.oid + o.price"),
  size: fc.integer({ min: 1, max: 40 }),
  own: fc.constantFrom(
    "TRUE",
    "s.carrier <> 'ups'",
    "o.price + s.oid > 4",
    "o.item IS NOT DISTINCT FROM 'a'",
  ),
  minutes: fc.constantFrom(
    "SUM(price)",
    "COUNT(DISTINCT item)",
    "MAX(item) FILTER (WHERE price > 1)",
    "AVG(price * 2)",
  ),
};

const randomQuery = fc.oneof(
  fc.tuple(left, right, size, size, own).map(
    ([kind, column, before, after, condition]) =>
      `SELECT o.id, ${column} FROM o ${kind}JOIN s ON o.id = s.oid AND ${condition}
         AND s.sts BETWEEN o.ts - INTERVAL '${before}' SECOND AND o.ts + INTERVAL '${after}' SECOND`,
  ),
  fc
    .tuple(
      minutes,
      size,
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom("TUMBLE", "HOP", "CUMULATE", "SESSION"),
    )
    .map(([value, step, times, name]) => {
      const steps = `INTERVAL '${step}' SECOND`;
      const sizes =
        name === "TUMBLE" || name === "SESSION" ? steps : `${steps}, INTERVAL '${step * times}' SECOND(3)`;
      return `SELECT window_start, window_end, ${value} FROM TABLE(${name}(TABLE o, DESCRIPTOR(ts), ${sizes}))
        WHERE price <> 9 GROUP BY window_start, window_end HAVING COUNT(*) < 4`;
    }),
);

test("random joins and windows have the same rows with closures as with generated code", async (t) => {
  await fc.assert(
    fc.asyncProperty(randomQuery, async (query) => {
      const script = `${TABLES} ${query}`;
      t.deepEqual(
        await rowsOf(INPUTS, script, { generatesCode: false }),
        await rowsOf(INPUTS, script),
        query,
      );
    }),
    { numRuns: 60 },
  );
});

const tokensOf = (script: string): readonly string[] =>
  script.match(/'[^']*'|[\p{L}\p{N}_]+|\s+|[^\s]/gu) ?? [];
const SCRIPTS = CASES.map(([, query]) =>
  tokensOf(`${TABLES} CREATE TABLE k (x STRING) ${M}; INSERT INTO k ${query};`),
);
const WORDS = [...new Set(SCRIPTS.flat()), "NULL", "(", ")", ",", "OVER", "WITH", "`", "'", "--", "/*"];

/** One edit: a token left out, doubled, changed for another, put elsewhere, or everything after it cut. */
const edit = fc.record({
  what: fc.constantFrom("delete", "double", "replace", "insert", "swap", "cut"),
  at: fc.double({ min: 0, max: 0.999, noNaN: true }),
  to: fc.double({ min: 0, max: 0.999, noNaN: true }),
  word: fc.constantFrom(...WORDS),
});

function edited(
  tokens: readonly string[],
  { what, at: place, to, word }: typeof edit extends fc.Arbitrary<infer E> ? E : never,
): readonly string[] {
  const i = Math.floor(place * tokens.length);
  const j = Math.floor(to * tokens.length);
  if (what === "delete") return tokens.toSpliced(i, 1);
  if (what === "double") return tokens.toSpliced(i, 0, tokens[i] ?? "");
  if (what === "replace") return tokens.toSpliced(i, 1, word);
  if (what === "insert") return tokens.toSpliced(i, 0, " ", word, " ");
  if (what === "swap") return tokens.with(i, tokens[j]!).with(j, tokens[i]!);
  return to < 0.1 ? tokens.slice(0, i) : tokens.toSpliced(i, 1);
}

test("a valid script with tokens changed is a plan or has faults with a place, and is never a crash", async (t) => {
  const memory = new Memory();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...SCRIPTS),
      fc.array(edit, { minLength: 1, maxLength: 4 }),
      async (tokens, edits) => {
        const text = edits
          .reduce<readonly string[]>((all, one) => (all.length === 0 ? all : edited(all, one)), tokens)
          .join("");
        const { graph, diagnostics } = await memory.plan(text);
        const lines = text.split("\n").length;
        const errors = diagnostics.filter((one) => one.severity === "error");
        t.true(graph === undefined || errors.length === 0, text);
        t.true(
          errors.every(
            ({ line = 0, column = 0, code }) =>
              line >= 1 && line <= lines && column >= 1 && code !== undefined,
          ),
          `${text}\n${JSON.stringify(errors)}`,
        );
      },
    ),
    { numRuns: 250 },
  );
});

test("every join goes on from a checkpoint as if there had been no crash", async (t) => {
  const queries = [
    `SELECT CAST(o.id AS STRING) || carrier FROM o FULL JOIN s ON ${WITHIN}`,
    "SELECT CAST(o.id AS STRING) || label FROM o JOIN d FOR SYSTEM_TIME AS OF o.proc AS d ON o.item = d.item",
    "SELECT CAST(o.id + r.rate AS STRING) FROM o JOIN r FOR SYSTEM_TIME AS OF o.ts ON o.item = r.item",
    `SELECT a.item || b.carrier FROM ${COUNTS} a JOIN ${SENT} b ON ${SAME_WINDOW}`,
    `SELECT item FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY price DESC) AS n
      FROM ${HALF_MINUTES("o", "ts")}) WHERE n <= 2`,
    "SELECT CAST(window_end AS STRING) FROM TABLE(SESSION(TABLE o PARTITION BY item, DESCRIPTOR(ts), INTERVAL '10' SECOND))",
  ];
  for (const query of queries) {
    const script = `${TABLES} CREATE TABLE sink (x STRING) ${M}; INSERT INTO sink ${query};`;
    const texts = (memory: Memory): readonly string[] => memory.rows("sink").map((row) => String(row["x"]));
    const whole = new Memory();
    for (const [name, rows] of Object.entries(INPUTS)) whole.inputs.set(name, rows);
    await whole.run(script);
    const store = new MemoryCheckpointStore();
    const cut = new Memory();
    for (const [name, rows] of Object.entries(INPUTS)) cut.inputs.set(name, rows);
    cut.polls = 3;
    const start = async (options: { readonly start?: "restore" }): Promise<JobHandle> => {
      const { graph } = await cut.plan(script);
      return new DirectRunner().run(graph!, {
        clock: new VirtualClock(),
        checkpoint: { directory: "memory", store, ...options },
      });
    };
    const first = await start({});
    await until(() => first.progress().sources[0]!.records >= 3);
    await first.stop();
    const before = texts(cut).length;
    cut.polls = Number.POSITIVE_INFINITY;
    await (
      await start({ start: "restore" })
    ).result;
    t.true(before <= texts(whole).length);
    t.deepEqual(texts(cut).toSorted(), texts(whole).toSorted(), query);
  }
});

const HINTED: readonly (readonly [query: string, message: RegExp])[] = [
  ["SELECT 1 FROM o JOIN s ON o.id = s.oid", /^A JOIN without bounds on time is not run/u],
  ["SELECT 1 FROM o LEFT JOIN s ON o.id = s.oid", /^A LEFT JOIN without bounds on time/u],
  ["SELECT 1 FROM o, s", /^A join without a condition/u],
  [
    `SELECT 1 FROM ${COUNTS} a JOIN (SELECT * FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(sts), INTERVAL '1' HOUR))) b ON ${SAME_WINDOW}`,
    /^A window join is of equal windows, not of TUMBLE\(30000\) and TUMBLE\(3600000\)/u,
  ],
  ["SELECT 1 FROM o CROSS JOIN s", /^A join without a condition/u],
  [
    "SELECT 1 FROM o JOIN s ON o.ts BETWEEN s.sts AND s.sts + INTERVAL '1' HOUR",
    /^An interval join without an equality/u,
  ],
  ["SELECT 1 FROM o NATURAL JOIN s", /^NATURAL JOIN/u],
  ["SELECT 1 FROM o JOIN d USING (item)", /^JOIN \.\.\. USING/u],
  [
    "SELECT 1 FROM o RIGHT JOIN d FOR SYSTEM_TIME AS OF o.proc AS d ON o.item = d.item",
    /^RIGHT JOIN with FOR SYSTEM_TIME/u,
  ],
  [
    "SELECT 1 FROM o JOIN d FOR SYSTEM_TIME AS OF o.id AS d ON o.item = d.item",
    /^FOR SYSTEM_TIME AS OF takes a time attribute/u,
  ],
  ["SELECT 1 FROM o JOIN d FOR SYSTEM_TIME AS OF o.ts AS d ON o.item = d.item", /needs a PRIMARY KEY/u],
  ["SELECT SUM(price) OVER (PARTITION BY item ORDER BY ts) FROM o", /^SUM with OVER/u],
  [
    "SELECT id, ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts) AS n FROM o",
    /^ROW_NUMBER with OVER outside of windows/u,
  ],
  [
    `SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY ts) AS n FROM ${HALF_MINUTES("o", "ts")}`,
    /^ROW_NUMBER with OVER that no condition bounds/u,
  ],
  ["SELECT RANK() OVER (ORDER BY ts) FROM o", /^RANK with OVER/u],
  ["SELECT item, COUNT(*) FROM o GROUP BY item", /^GROUP BY without a window/u],
  ["SELECT COUNT(*) FROM o GROUP BY GROUPING SETS ((item), ())", /^GROUPING SETS/u],
  ["SELECT COUNT(*) FROM o GROUP BY ROLLUP (item)", /^ROLLUP/u],
  ["SELECT COUNT(*) FROM o GROUP BY CUBE (item)", /^CUBE/u],
  ["SELECT DISTINCT item FROM o", /^SELECT DISTINCT/u],
  ["SELECT id FROM o ORDER BY ts", /^ORDER BY/u],
  ["SELECT id FROM o UNION SELECT oid FROM s", /^UNION without ALL/u],
  ["SELECT id FROM o INTERSECT SELECT oid FROM s", /^INTERSECT/u],
  ["SELECT id FROM o EXCEPT SELECT oid FROM s", /^EXCEPT/u],
  [
    "SELECT * FROM o MATCH_RECOGNIZE (PARTITION BY id ORDER BY ts MEASURES A.id AS x PATTERN (A) DEFINE A AS TRUE)",
    /^MATCH_RECOGNIZE/u,
  ],
  ["SELECT (SELECT 1) FROM o", /^A subquery inside an expression/u],
  ["SELECT id FROM o WHERE item IN (SELECT item FROM d) OR id = 1", /^A subquery inside an expression/u],
  ["SELECT id FROM o QUALIFY ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts) = 1", /^QUALIFY/u],
  ["SELECT id FROM o, LATERAL (SELECT 1)", /^LATERAL \(SELECT/u],
  ["WITH RECURSIVE t AS (SELECT 1) SELECT * FROM t", /^WITH RECURSIVE/u],
  [
    "SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(proc), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end",
    /^TUMBLE over processing time/u,
  ],
];

for (const [query, message] of HINTED)
  test(`refused by name, with what to use instead: ${query.slice(0, 80)}`, async (t) => {
    const { diagnostics } = await new Memory().plan(`${TABLES} ${query}`, {
      queryTable: (type) => ({
        name: "x",
        schema: { columns: type.fields.map((one) => ({ kind: "physical", name: one.name, type: one.type })) },
        partitionKeys: [],
        options: [{ key: "connector", value: "memory" }],
      }),
    });
    t.is(diagnostics.length, 1);
    const [{ code, message: text, hint = "", line = 0 }] = diagnostics as [Diagnostic];
    t.regex(text, message);
    t.regex(code, /^SQL_(UNSUPPORTED|INVALID)$/u);
    t.true(hint.length > 10 && line > 1, hint);
  });

// ---------------------------------------------------------------------------------------------- user functions

function functions(): UserFunctions {
  const made = new UserFunctions();
  made.registerFunction("twice", {
    args: ["BIGINT"],
    returns: "BIGINT",
    eval: (n) => (n === null ? null : n * 2n),
  });
  made.registerFunction("words", {
    kind: "table",
    args: ["STRING", "STRING"],
    returns: "ROW<word STRING, size INT>",
    eval: (text, by) => (text ?? "").split(by ?? "").map((one) => [one, one.length]),
  });
  made.registerFunction("longest", {
    kind: "aggregate",
    args: ["STRING"],
    returns: "STRING",
    createAccumulator: () => "",
    accumulate: (longest, text) => (text !== null && text.length > longest.length ? text : longest),
    merge: (a, b) => (b.length > a.length ? b : a),
    eval: (longest) => longest,
  });
  made.registerFunction("bad", {
    args: ["INT"],
    returns: "INT",
    eval: () => {
      throw new Error("no such thing");
    },
  });
  return made;
}

test("functions of the application work on values, make rows and fold groups", async (t) => {
  const memory = new Memory();
  for (const [name, rows] of Object.entries(INPUTS)) memory.inputs.set(name, rows);

  const { rows, types } = await memory.query(
    `${TABLES} SELECT TWICE(id), word, size FROM o, LATERAL TABLE(words(item || '-zz', '-')) AS w (word, size) WHERE id < 3`,
    { functions: functions() },
  );
  const groups = await memory.query(
    `${TABLES} SELECT longest(item || 'x'), longest(DISTINCT carrier) FILTER (WHERE id = 3) FROM (SELECT id, item, '' AS carrier, window_start, window_end
      FROM ${HALF_MINUTES("o", "ts")}) GROUP BY window_start, window_end`,
    { functions: functions() },
  );

  t.deepEqual(types, ["BIGINT", "STRING", "INT"]);
  t.deepEqual(rows.map(String), ["2,a,1", "2,zz,2", "4,b,1", "4,zz,2"]);
  t.deepEqual(groups.rows.map(String).toSorted(), ["ax,", "cx,"]);
});

test("what a function of the application throws names it and its place; misuse is told before anything runs", async (t) => {
  const memory = new Memory();
  const faults = async (query: string): Promise<string> => {
    const plan = await memory.plan(`CREATE TABLE k (x STRING) ${M};\nINSERT INTO k SELECT ${query};`, {
      functions: functions(),
    });
    return plan.diagnostics
      .map((one) => `${one.line}:${one.column} ${one.message} ${one.hint ?? ""}`)
      .join("\n");
  };

  t.regex(
    await faults("twice('a')"),
    /^2:22 twice does not take these arguments\. It is called as twice\(BIGINT\)/u,
  );
  t.regex(await faults("words('a', 'b')"), /table function 'words' cannot stand in an expression/u);
  t.regex(await faults("twise(1)"), /There is no function 'twise'/u);
  t.throws(
    () => {
      functions().registerFunction("TWICE", { args: [], returns: "INT", eval: () => 1 });
    },
    { message: /already/u },
  );
  t.throws(() => {
    functions().registerFunction("f", { args: ["NOPE NOPE"], returns: "INT", eval: () => 1 });
  });
  const error = await t.throwsAsync(memory.query("SELECT bad(1)", { functions: functions() }));
  t.regex(String(error?.message), /bad failed: no such thing/u);
  const created = await memory.plan("CREATE FUNCTION f AS 'f.js' LANGUAGE JAVASCRIPT;");
  t.regex(created.diagnostics[0]?.hint ?? "", /registerFunction/u);
});

// ---------------------------------------------------------------------------------------------- pages

for (const page of ["windows.md", "joins.md", "user-functions.md"])
  test(`the examples of docs/sql/${page} run`, async (t) => {
    const text = readFileSync(new URL(`../../../docs/sql/${page}`, import.meta.url), "utf8");
    const blocks = Array.from(text.matchAll(/```sql\n([\s\S]*?)```/gu), ([, block = ""]) => block);
    const [tables = "", ...queries] = blocks;

    t.true(queries.length > 2);
    for (const query of queries)
      t.deepEqual(
        await rowsOf({}, `${tables.replaceAll(/WITH \([^)]*\)/gu, M)} ${query}`, { functions: functions() }),
        [],
        query,
      );
  });
