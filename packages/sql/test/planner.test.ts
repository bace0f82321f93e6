import type { Diagnostic, JobHandle, Row } from "@tributary/core";
import { Decimal, DirectRunner, Instant, LocalTimestamp, parseType, printType } from "@tributary/core";
import { MemoryCheckpointStore, VirtualClock, until } from "@tributary/core/testing";
import { readSettings, scriptModules } from "@tributary/sql";
import test from "ava";
import fc from "fast-check";
import { Memory } from "./kit.js";

const at = (text: string): LocalTimestamp => new LocalTimestamp(Date.parse(`${text}Z`));
const clock = (text: string): LocalTimestamp => at(`2024-01-01T${text}`);
const M = "WITH ('connector' = 'memory')";
const ORDERS = `CREATE TABLE orders (item STRING, price INT, amount DECIMAL(10, 2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) ${M};`;

/** Orders of one batch each, so that the watermark moves between them. */
function orders(
  memory: Memory,
  rows: readonly (readonly [item: string | null, price: number | null, time: string])[],
): void {
  memory.inputs.set(
    "orders",
    rows.map(([item, price, time]) => [
      { item, price, amount: price === null ? null : new Decimal(BigInt(price) * 100n, 2), ts: clock(time) },
    ]),
  );
}

function brief(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map((one) => `${one.line}:${one.column} ${one.code} ${one.message}`);
}

const tumble = (items: string, rest = ""): string =>
  `SELECT ${items} FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) ${rest}`;

// ---------------------------------------------------------------------------------------------- projections

test("a filter and a projection reach the sink by position", async (t) => {
  const memory = new Memory();
  memory.inputs.set("clicks", [
    [
      { id: 1, item: "a" },
      { id: 2, item: "b" },
      { id: null, item: "c" },
    ],
  ]);

  await memory.run(`
    CREATE TABLE clicks (id INT, item STRING) ${M};
    CREATE TABLE out1 (name STRING, twice BIGINT) ${M};
    INSERT INTO out1 SELECT UPPER(item), id * 2 FROM clicks WHERE id > 1;
  `);

  t.deepEqual(memory.rows("out1"), [{ name: "B", twice: 4n }]);
});

test("computed and metadata columns are read, virtual and computed ones are not written", async (t) => {
  const memory = new Memory();
  memory.inputs.set("t", [[{ a: 20 }]]);

  await memory.run(`
    CREATE TABLE t (a INT, o INT METADATA FROM 'offset' VIRTUAL, b AS a * 2 + o) ${M};
    CREATE TABLE sink (a INT, b INT, c AS a + 1) ${M};
    INSERT INTO sink SELECT a, b FROM t;
  `);

  t.deepEqual(memory.rows("sink"), [{ a: 20, b: 47 }]);
});

test("views, subqueries and common table expressions become one step with the query over them", async (t) => {
  const memory = new Memory();
  memory.inputs.set("t", [[{ a: 1 }, { a: 2 }, { a: 3 }]]);
  const script = `
    CREATE TABLE t (a INT) ${M};
    CREATE TABLE sink (x INT) ${M};
    CREATE VIEW v (twice) AS SELECT a * 2 FROM t WHERE a < 3;
    INSERT INTO sink WITH w AS (SELECT twice + 1 AS n FROM v) SELECT q.n FROM (SELECT n FROM w WHERE n > 3) AS q;
  `;

  const { graph } = await memory.plan(script);
  await memory.run(script);

  t.deepEqual(memory.rows("sink"), [{ x: 5 }]);
  t.deepEqual(
    graph?.nodes.map((one) => one.name),
    ["insert:sink/read:t", "insert:sink/project", "insert:sink/write"],
  );
  t.is(graph?.nodes[1]?.details["condition"], "((a < 3) AND (((a * 2) + 1) > 3))");
});

test("a random value that is used twice is drawn once", async (t) => {
  const memory = new Memory();
  memory.inputs.set("t", [[{ a: 1 }, { a: 2 }]]);

  const { rows } = await memory.query(`CREATE TABLE t (a INT) ${M};
    SELECT r = r, r < 2 FROM (SELECT RAND() AS r FROM t)`);

  t.deepEqual(rows, [
    [true, true],
    [true, true],
  ]);
});

test("VALUES, column lists and static partitions fill a sink; columns left out are NULL", async (t) => {
  const memory = new Memory();

  await memory.run(`
    CREATE TABLE sink (a INT, dy STRING, b STRING, c BIGINT) PARTITIONED BY (dy) ${M};
    INSERT INTO sink (c, a) VALUES (1, 2), (3, NULL);
    INSERT INTO sink PARTITION (dy = 'mon') SELECT 1, 'x', 5;
  `);

  t.deepEqual(memory.rows("sink"), [
    { a: 2, dy: null, b: null, c: 1n },
    { a: null, dy: null, b: null, c: 3n },
    { a: 1, dy: "mon", b: "x", c: 5n },
  ]);
});

test("UNION ALL keeps every row, also of one table twice", async (t) => {
  const memory = new Memory();
  memory.inputs.set("t", [[{ a: 1 }, { a: 2 }]]);

  const { rows, types } = await memory.query(`CREATE TABLE t (a INT) ${M};
    SELECT a FROM t UNION ALL SELECT a FROM t UNION ALL SELECT CAST(a AS BIGINT) * 10 FROM t`);

  t.deepEqual(types, ["BIGINT"]);
  t.deepEqual(rows.map(String).toSorted(), ["1", "1", "10", "2", "2", "20"]);
});

test("a statement set reads a table once, separate INSERTs read it each", async (t) => {
  const memory = new Memory();
  const tables = `CREATE TABLE t (a INT) ${M}; CREATE TABLE x (a INT) ${M}; CREATE TABLE y (a INT) ${M};`;

  const set = await memory.plan(`${tables} EXECUTE STATEMENT SET BEGIN
    INSERT INTO x SELECT a FROM t WHERE a > 1; INSERT INTO y SELECT a + 1 FROM t; END;`);
  const apart = await memory.plan(`${tables} INSERT INTO x SELECT a FROM t; INSERT INTO x SELECT a FROM t;`);

  t.deepEqual(
    set.graph?.nodes.map((one) => one.name),
    ["statement-set/read:t", "insert:x/filter", "insert:x/write", "insert:y/project", "insert:y/write"],
  );
  t.deepEqual(
    apart.graph?.nodes.map((one) => one.name),
    ["insert:x/read:t", "insert:x/write", "insert:x#2/read:t", "insert:x#2/write"],
  );
});

test("names and constants of a script are never code", async (t) => {
  const memory = new Memory();
  const evil = 'x"]; globalThis.hit = 1; //';
  const names = ["__proto__", evil, "a'b", "constructor"];
  const row = Object.fromEntries(names.map((one, i) => [one, i])) as Row;
  memory.inputs.set("t", [[row]]);
  const quoted = names.map((one) => `\`${one}\``);

  const { rows } = await memory.query(`CREATE TABLE t (${quoted.map((one) => `${one} INT`).join(", ")}) ${M};
    SELECT ${quoted.map((one) => `${one} + 1 AS ${one}`).join(", ")}, '\${1}"; throw 1; //' AS s FROM t`);

  t.deepEqual(rows, [[1, 2, 3, 4, '${1}"; throw 1; //']]);
  t.false("hit" in globalThis);
});

// ---------------------------------------------------------------------------------------------- windows

test("TUMBLE gives one final row for each window and key, with the exact types", async (t) => {
  const memory = new Memory();
  orders(memory, [
    ["a", 1, "00:00:01"],
    ["a", 2, "00:00:59"],
    ["b", null, "00:00:30"],
    ["a", 7, "00:01:00"],
  ]);

  const { rows, types } = await memory.query(
    `${ORDERS} ${tumble(
      "window_start, window_end, window_time, item, COUNT(*), COUNT(price), SUM(price), AVG(price), MIN(price), MAX(item), SUM(amount), AVG(amount)",
      "GROUP BY window_start, window_end, window_time, item",
    )}`,
  );

  t.deepEqual(types, [
    "TIMESTAMP(3) NOT NULL",
    "TIMESTAMP(3) NOT NULL",
    "TIMESTAMP(3) NOT NULL",
    "STRING",
    "BIGINT NOT NULL",
    "BIGINT NOT NULL",
    "INT",
    "INT",
    "INT",
    "STRING",
    "DECIMAL(38, 2)",
    "DECIMAL(38, 6)",
  ]);
  const [first, second] = ["2024-01-01 00:00:00.000", "2024-01-01 00:01:00.000"];
  t.deepEqual(
    rows.toSorted((a, b) => String(a).localeCompare(String(b))),
    [
      [first, second, "2024-01-01 00:00:59.999", "a", "2", "2", 3, 1, 1, "a", "3.00", "1.500000"],
      [first, second, "2024-01-01 00:00:59.999", "b", "1", "0", null, null, null, "b", null, null],
      [
        second,
        "2024-01-01 00:02:00.000",
        "2024-01-01 00:01:59.999",
        "a",
        "1",
        "1",
        7,
        7,
        7,
        "a",
        "7.00",
        "7.000000",
      ],
    ],
  );
});

test("HAVING, FILTER and DISTINCT see the rows they should", async (t) => {
  const memory = new Memory();
  orders(memory, [
    ["a", 1, "00:00:01"],
    ["a", 1, "00:00:02"],
    ["a", 5, "00:00:03"],
    ["b", 9, "00:00:04"],
  ]);

  const { rows } = await memory.query(
    `${ORDERS} ${tumble(
      "item, COUNT(DISTINCT price), SUM(DISTINCT price), SUM(price) FILTER (WHERE price > 1), LISTAGG(CAST(price AS STRING), '+')",
      "WHERE price < 100 GROUP BY window_start, window_end, item HAVING COUNT(*) > 1",
    )}`,
  );

  t.deepEqual(rows, [["a", "2", 6, 5, "1+1+5"]]);
});

test("SUM(INT) wraps around, AVG(INT) is exact and cut", async (t) => {
  const memory = new Memory();
  orders(memory, [
    ["a", 2147483647, "00:00:01"],
    ["a", 2147483647, "00:00:02"],
  ]);

  const { rows } = await memory.query(
    `${ORDERS} ${tumble("SUM(price), AVG(price)", "GROUP BY window_start, window_end")}`,
  );

  t.deepEqual(rows, [[-2, 2147483647]]);
});

/** Rows with small integers, so that sums of floating-point numbers are exact in any order. */
const aggregated = fc.record({
  a: fc.option(fc.integer({ min: -128, max: 127 })),
  s: fc.option(fc.integer({ min: -32768, max: 32767 })),
  i: fc.option(fc.oneof(fc.integer(), fc.constantFrom(2147483647, -2147483648))),
  l: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  f: fc.option(fc.integer({ min: -99, max: 99 })),
  d: fc.option(fc.integer({ min: -99, max: 99 })),
  c: fc.option(fc.integer({ min: -9999, max: 9999 })),
  u: fc.option(fc.constantFrom("a", "b", "😀", "\uffff")),
});

test("aggregates are what a plain loop over the values gives, with both back ends", async (t) => {
  const calls = [
    ...["a", "s", "i", "l"].map((one) => `SUM(${one}), AVG(${one})`),
    ...["f", "d"].map((one) => `SUM(${one}), CAST(AVG(${one}) AS DOUBLE)`),
    "CAST(SUM(c) AS STRING), CAST(AVG(c) AS STRING)",
    "COUNT(*), COUNT(u), COUNT(DISTINCT u), SUM(DISTINCT d), MIN(i), MAX(l), MIN(u), MAX(u), COUNT(*) FILTER (WHERE d > 0), FIRST_VALUE(i), LAST_VALUE(i)",
  ].join(", ");
  const script = `CREATE TABLE t (a TINYINT, s SMALLINT, i INT, l BIGINT, f FLOAT, d DOUBLE, c DECIMAL(6, 2), u STRING,
      ts TIMESTAMP(3), WATERMARK FOR ts AS ts) ${M};
    SELECT ${calls} FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end`;
  await fc.assert(
    fc.asyncProperty(fc.array(aggregated, { minLength: 1, maxLength: 8 }), async (rows) => {
      const memory = new Memory();
      const input = rows.map((row): Row => ({
        ...row,
        c: row.c === null ? null : new Decimal(BigInt(row.c), 2),
        ts: clock("00:00:00"),
      }));
      memory.inputs.set("t", [input]);

      const code = await memory.query(script);
      const closures = await memory.query(script, { generatesCode: false });

      const present = <T>(values: readonly (T | null)[]): readonly T[] =>
        values.filter((one) => one !== null);
      const big = (name: "a" | "s" | "i" | "l" | "f" | "d" | "c"): readonly bigint[] =>
        present(rows.map((row) => row[name])).map(BigInt);
      const total = (values: readonly bigint[]): bigint => values.reduce((sum, one) => sum + one, 0n);
      const integers = (["a", "s", "i"] as const).flatMap((name, at) => {
        const values = big(name);
        if (values.length === 0) return [null, null];
        return [
          Number(BigInt.asIntN([8, 16, 32][at]!, total(values))),
          Number(total(values) / BigInt(values.length)),
        ];
      });
      const longs = big("l");
      const long = BigInt.asIntN(64, total(longs));
      const reals = (["f", "d"] as const).flatMap((name) => {
        const values = big(name);
        const sum = Number(total(values));
        if (values.length === 0) return [null, null];
        return [sum, name === "f" ? Math.fround(sum / values.length) : sum / values.length];
      });
      const cents = big("c");
      const exact = new Decimal(total(cents), 2);
      const texts = present(rows.map((row) => row.u));
      const sorted = [...texts].sort((x, y) => x.codePointAt(0)! - y.codePointAt(0)!);
      const doubles = [...new Set(big("d"))];
      const ints = present(rows.map((row) => row.i));
      const max = longs.reduce<bigint | null>(
        (best, one) => (best === null || one > best ? one : best),
        null,
      );
      t.deepEqual(code.rows[0], [
        ...integers,
        ...(longs.length === 0 ? [null, null] : [String(long), String(long / BigInt(longs.length))]),
        ...reals,
        ...(cents.length === 0
          ? [null, null]
          : [String(exact), String(exact.div(new Decimal(BigInt(cents.length), 0), 6))]),
        String(rows.length),
        String(texts.length),
        String(new Set(texts).size),
        doubles.length === 0 ? null : Number(total(doubles)),
        ints.length === 0 ? null : Math.min(...ints),
        max === null ? null : String(max),
        sorted[0] ?? null,
        sorted.at(-1) ?? null,
        String(big("d").filter((one) => one > 0n).length),
        ints[0] ?? null,
        ints.at(-1) ?? null,
      ]);
      t.deepEqual(closures, code);
    }),
    { numRuns: 40 },
  );
});

test("a row is late when the watermark has passed its window, and is counted", async (t) => {
  const memory = new Memory();
  orders(memory, [
    ["a", 1, "00:00:59"],
    ["a", 2, "00:01:04"],
    ["in time", 3, "00:00:58"],
    ["a", 4, "00:01:05"],
    ["late", 5, "00:00:57"],
  ]);
  memory.outputs.clear();
  const script = `${ORDERS} CREATE TABLE sink (n BIGINT, total INT) ${M};
    INSERT INTO sink ${tumble("COUNT(*), SUM(price)", "GROUP BY window_start, window_end")}`;

  const result = await memory.run(script);

  t.is(result.late, 1);
  t.deepEqual(memory.rows("sink"), [
    { n: 2n, total: 4 },
    { n: 2n, total: 6 },
  ]);
});

test("HOP and CUMULATE put a row into each window it belongs to", async (t) => {
  const memory = new Memory();
  orders(memory, [["a", 1, "00:00:25"]]);
  const windows = (call: string): string => `${ORDERS} SELECT window_start, window_end, COUNT(*)
    FROM TABLE(${call}) GROUP BY window_start, window_end`;

  const hop = await memory.query(
    windows("HOP(TABLE orders, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '30' SECOND)"),
  );
  const cumulate = await memory.query(
    windows("CUMULATE(TABLE orders, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '1' MINUTE)"),
  );
  const ends = (rows: readonly (readonly unknown[])[]): readonly string[] =>
    rows.map(([start, end]) => `${String(start).slice(14, 19)}-${String(end).slice(14, 19)}`).toSorted();

  t.deepEqual(ends(hop.rows), ["00:00-00:30", "00:10-00:40", "00:20-00:50"]);
  t.deepEqual(ends(cumulate.rows), ["00:00-00:30", "00:00-00:40", "00:00-00:50", "00:00-01:00"]);
});

test("named arguments, an offset and the bare form of TUMBLE are read", async (t) => {
  const memory = new Memory();
  orders(memory, [["a", 1, "00:00:25"]]);

  const { rows } = await memory.query(`${ORDERS} SELECT window_start, COUNT(*) FROM
    TUMBLE(DATA => TABLE orders, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '1' MINUTE, \`OFFSET\` => INTERVAL '10' SECOND)
    GROUP BY window_start, window_end`);

  t.deepEqual(rows, [["2024-01-01 00:00:10.000", "1"]]);
});

test("window_time is a time attribute again: windows over windows", async (t) => {
  const memory = new Memory();
  orders(memory, [
    ["a", 1, "00:00:10"],
    ["a", 2, "00:01:10"],
    ["a", 4, "00:02:10"],
  ]);

  const { rows } = await memory.query(`${ORDERS}
    CREATE VIEW minutes AS ${tumble(
      "window_time AS rowtime, SUM(price) AS total",
      "GROUP BY window_start, window_end, window_time",
    )};
    SELECT window_end, SUM(total), COUNT(*) FROM TABLE(TUMBLE(TABLE minutes, DESCRIPTOR(rowtime), INTERVAL '2' MINUTE))
    GROUP BY window_start, window_end`);

  t.deepEqual(rows, [
    ["2024-01-01 00:02:00.000", 3, "2"],
    ["2024-01-01 00:04:00.000", 4, "1"],
  ]);
});

test("days of a TIMESTAMP_LTZ follow the session's zone, also when the clocks change", async (t) => {
  const memory = new Memory();
  const instants = [
    "2024-11-02T22:00:00Z",
    "2024-11-03T04:30:00Z",
    "2024-11-04T04:59:59Z",
    "2024-11-04T05:00:00Z",
  ];
  memory.inputs.set("t", [instants.map((text) => ({ ts: new Instant(Date.parse(text)) }))]);

  const { rows } = await memory.query(
    `CREATE TABLE t (ts TIMESTAMP_LTZ(3), WATERMARK FOR ts AS ts) ${M};
     SELECT window_start, window_end, window_time, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' DAY))
     GROUP BY window_start, window_end, window_time`,
    { settings: new Map([["table.local-time-zone", "America/New_York"]]) },
  );

  t.deepEqual(rows, [
    ["2024-11-02 00:00:00.000", "2024-11-03 00:00:00.000", "2024-11-03 03:59:59.999Z", "1"],
    ["2024-11-03 00:00:00.000", "2024-11-04 00:00:00.000", "2024-11-04 04:59:59.999Z", "2"],
    ["2024-11-04 00:00:00.000", "2024-11-05 00:00:00.000", "2024-11-05 04:59:59.999Z", "1"],
  ]);
});

test("TUMBLE without an aggregation adds the bounds to each row", async (t) => {
  const memory = new Memory();
  orders(memory, [["a", 1, "00:00:25"]]);

  const { rows } = await memory.query(`${ORDERS} ${tumble("item, window_start, window_end")}`);

  t.deepEqual(rows, [["a", "2024-01-01 00:00:00.000", "2024-01-01 00:01:00.000"]]);
});

test("groups of several keys keep NULL and texts with separators apart", async (t) => {
  const memory = new Memory();
  memory.inputs.set("t", [
    [
      { a: "1:2", b: "3", ts: clock("00:00:01") },
      { a: "1", b: "2:3", ts: clock("00:00:01") },
      { a: null, b: "~", ts: clock("00:00:01") },
      { a: "~", b: null, ts: clock("00:00:01") },
      { a: null, b: "~", ts: clock("00:00:02") },
    ],
  ]);

  const { rows } =
    await memory.query(`CREATE TABLE t (a STRING, b STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) ${M};
    SELECT a, b, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
    GROUP BY window_start, window_end, a, b`);

  t.deepEqual(rows.map((one) => JSON.stringify(one)).toSorted(), [
    '["1","2:3","1"]',
    '["1:2","3","1"]',
    '["~",null,"1"]',
    '[null,"~","2"]',
  ]);
});

test("every accumulator goes through a checkpoint", async (t) => {
  const memory = new Memory();
  const rows = ["00:00:01", "00:00:02", "00:00:03", "00:00:04"].map((time, i): Row => ({
    k: i % 2 === 0 ? null : new Decimal(BigInt(i), 1),
    i: i * 3,
    l: BigInt(i) * 2n ** 61n,
    d: i / 3,
    c: new Decimal(BigInt(i) * 10n ** 20n, 2),
    s: `s${i % 3}`,
    ts: clock(time),
  }));
  memory.inputs.set("t", [rows.slice(0, 2), rows.slice(2)]);
  const script = `CREATE TABLE t (k DECIMAL(5, 1), i INT, l BIGINT, d DOUBLE, c DECIMAL(30, 2), s STRING, ts TIMESTAMP(3),
      WATERMARK FOR ts AS ts) ${M};
    CREATE TABLE sink (k DECIMAL(5, 1), n BIGINT, i1 INT, i2 INT, l1 BIGINT, l2 BIGINT, d1 DOUBLE, d2 DOUBLE, d3 DOUBLE,
      c1 DECIMAL(38, 2), c2 DECIMAL(38, 6), m TIMESTAMP(3), s1 STRING, s2 STRING, dn BIGINT, co MULTISET<STRING>,
      ar ARRAY<INT>) ${M};
    INSERT INTO sink SELECT k, COUNT(*), SUM(i), AVG(i), SUM(l), AVG(l), SUM(d), AVG(d), STDDEV_POP(d), SUM(c), AVG(c),
      MAX(ts), LAST_VALUE(s), LISTAGG(s), COUNT(DISTINCT s), COLLECT(s), ARRAY_AGG(i)
    FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, k`;
  await memory.run(script);
  const expected = [...memory.rows("sink")];
  memory.outputs.clear();
  const store = new MemoryCheckpointStore();
  const start = async (options: { readonly start?: "restore" }): Promise<JobHandle> => {
    const { graph } = await memory.plan(script);
    return new DirectRunner().run(graph!, {
      clock: new VirtualClock(),
      checkpoint: { directory: "memory", store, ...options },
    });
  };

  memory.polls = 1;
  const first = await start({});
  await until(() => first.progress().sources[0]?.records === 2);
  await first.stop();
  memory.polls = Number.POSITIVE_INFINITY;
  await (
    await start({ start: "restore" })
  ).result;

  t.is(expected.length, 3);
  t.deepEqual(memory.rows("sink"), expected);
});

// ---------------------------------------------------------------------------------------------- tables

test("LIKE takes over, excludes and overwrites what its options say", async (t) => {
  const memory = new Memory();

  const { tables, diagnostics } = await memory.plan(`
    CREATE TABLE base (a INT, b AS a + 1, o BIGINT METADATA FROM 'offset', ts TIMESTAMP(3),
      WATERMARK FOR ts AS ts, PRIMARY KEY (a) NOT ENFORCED) PARTITIONED BY (a) WITH ('connector' = 'memory', 'limit' = '1');
    CREATE TABLE all_of_it (z STRING) WITH ('limit' = '2') LIKE base;
    CREATE TABLE little (WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
      LIKE base (EXCLUDING ALL INCLUDING OPTIONS OVERWRITING WATERMARKS);
  `);

  const [, all, little] = tables;
  t.deepEqual(diagnostics, []);
  t.deepEqual(
    all?.schema.columns.map((one) => one.name),
    ["a", "b", "o", "ts", "z"],
  );
  t.deepEqual(
    all?.options.map((one) => `${one.key}=${one.value}`),
    ["connector=memory", "limit=2"],
  );
  t.deepEqual(all?.partitionKeys, ["a"]);
  t.is(all?.schema.primaryKey?.name, "PK_a");
  t.is(all?.schema.watermark?.expression, "ts");
  t.deepEqual(
    little?.schema.columns.map((one) => one.name),
    ["a", "ts"],
  );
  t.is(little?.schema.watermark?.expression, "ts - INTERVAL '1' SECOND");
  t.is(little?.schema.primaryKey, undefined);
  t.deepEqual(little?.partitionKeys, []);
});

test("a clash with LIKE names the option that solves it, if one does", async (t) => {
  const { diagnostics } = await new Memory().plan(`CREATE TABLE base (a INT, b AS a + 1, c AS a + 2) ${M};
    CREATE TABLE t (a INT, b AS a + 3, c INT) LIKE base;`);

  t.deepEqual(
    diagnostics.map(({ hint }) => /\((.*)\)/.exec(hint ?? "")?.[1]),
    [undefined, "OVERWRITING GENERATED or EXCLUDING GENERATED", "EXCLUDING GENERATED"],
  );
});

test("SECOND(f) gives an interval type its fraction digits", async (t) => {
  const { tables, diagnostics } = await new Memory().plan(
    `CREATE TABLE t (a INTERVAL SECOND(9), b INTERVAL SECOND(0)) ${M}; CREATE TABLE u (c INTERVAL SECOND(10)) ${M};`,
  );

  t.deepEqual(
    tables[0]?.schema.columns.map(({ type }) => printType(type)),
    ["INTERVAL SECOND(9)", "INTERVAL SECOND(0)"],
  );
  t.deepEqual(brief(diagnostics), ["1:119 SCHEMA_INVALID SECOND(10): a second has 0 to 9 fraction digits."]);
});

/** Types of DDL and the type strings that they are: defaults differ for VARCHAR and VARBINARY alone. */
const DECLARED: readonly (readonly [ddl: string, type: string])[] = [
  ["CHAR", "CHAR(1)"],
  ["VARCHAR", "STRING"],
  ["VARCHAR(1)", "VARCHAR(1)"],
  ["BINARY", "BINARY(1)"],
  ["VARBINARY", "BYTES"],
  ["VARBINARY(2147483647)", "BYTES"],
  ["STRING NOT NULL", "STRING NOT NULL"],
  ["BYTES NULL", "BYTES"],
  ["DECIMAL", "DECIMAL(10, 0)"],
  ["DEC(38)", "DECIMAL(38, 0)"],
  ["NUMERIC(38, 38)", "DECIMAL(38, 38)"],
  ["integer", "INT"],
  ["DOUBLE PRECISION", "DOUBLE"],
  ["TIME", "TIME(0)"],
  ["TIME(9) WITHOUT TIME ZONE", "TIME(9)"],
  ["TIMESTAMP", "TIMESTAMP(6)"],
  ["TIMESTAMP(0) WITHOUT TIME ZONE", "TIMESTAMP(0)"],
  ["TIMESTAMP WITH LOCAL TIME ZONE", "TIMESTAMP_LTZ(6)"],
  ["TIMESTAMP(9) WITH TIME ZONE", "TIMESTAMP(9) WITH TIME ZONE"],
  ["TIMESTAMP_LTZ", "TIMESTAMP_LTZ(6)"],
  ["INTERVAL YEAR", "INTERVAL YEAR(2)"],
  ["INTERVAL YEAR(4) TO MONTH", "INTERVAL YEAR(4) TO MONTH"],
  ["INTERVAL MONTH", "INTERVAL MONTH"],
  ["INTERVAL DAY", "INTERVAL DAY(2)"],
  ["INTERVAL DAY(6) TO SECOND(0)", "INTERVAL DAY(6) TO SECOND(0)"],
  ["INTERVAL DAY TO HOUR", "INTERVAL DAY(2) TO HOUR"],
  ["INTERVAL HOUR TO SECOND", "INTERVAL HOUR TO SECOND(6)"],
  ["INTERVAL MINUTE", "INTERVAL MINUTE"],
  ["INTERVAL SECOND", "INTERVAL SECOND(6)"],
  ["INT ARRAY", "ARRAY<INT>"],
  ["INT NOT NULL MULTISET NOT NULL", "MULTISET<INT NOT NULL> NOT NULL"],
  ["MAP<VARCHAR, VARBINARY(3)>", "MAP<STRING, VARBINARY(3)>"],
  ["ROW<a INT NOT NULL 'it''s', `b``c` ROW<>>", "ROW<`a` INT NOT NULL 'it''s', `b``c` ROW<>>"],
  ["ROW(a INT)", "ROW<`a` INT>"],
  ["RAW('it''s', 'AAE=')", "RAW('it''s', 'AAE=')"],
  ["VARIANT", "VARIANT"],
  ["BITMAP", "BITMAP"],
];

test("a type of DDL is the type that its text is", async (t) => {
  const columns = DECLARED.map(([ddl], index) => `c${index} ${ddl}`).join(", ");
  const { tables } = await new Memory().plan(`CREATE TABLE t (${columns}) ${M}`);
  const declared = tables[0]?.schema.columns.map(({ type }) => type) ?? [];

  t.deepEqual(
    declared.map(printType),
    DECLARED.map(([, type]) => type),
  );
  t.deepEqual(
    declared,
    DECLARED.map(([, type]) => parseType(type)),
  );
});

const WRONG_TYPES = [
  "CHAR(0)",
  "VARCHAR(2147483648)",
  "DECIMAL(39)",
  "DECIMAL(0)",
  "DECIMAL(5, 6)",
  "TIME(10)",
  "TIMESTAMP(10)",
  "TIMESTAMP_LTZ(10)",
  "INTERVAL YEAR(5)",
  "INTERVAL DAY(7)",
  "INTERVAL SECOND(10)",
  "INTERVAL WEEK",
  "INTERVAL QUARTER",
  "Money",
  "ROW<a INT, a INT>",
];

for (const type of WRONG_TYPES) {
  test(`a column of type ${type} is refused`, async (t) => {
    const { diagnostics } = await new Memory().plan(`CREATE TABLE t (c ${type}) ${M}`);

    t.is(diagnostics[0]?.code, "SCHEMA_INVALID");
  });
}

test("values of secret keys are masked, also those that the session adds", async (t) => {
  const { diagnostics } = await new Memory().plan(`SET 'my.password' = 'hunter2';
    SET 'security.redaction.additional-keys' = 'pin; code';
    SET 'x.pin' = 'hunter2';
    CREATE TABLE a (x INT) WITH ('connector' = 'memory', 'door.code' = 'hunter2'); INSERT INTO a SELECT 1;`);

  t.deepEqual(
    diagnostics.map(({ option, value }) => `${option} ${value}`),
    ["my.password ******", "x.pin ******", "door.code ******"],
  );
});

test("a primary key makes its columns NOT NULL", async (t) => {
  const { tables } = await new Memory().plan(`CREATE TABLE t (a INT, PRIMARY KEY (a) NOT ENFORCED) ${M}`);

  t.false(tables[0]?.schema.columns[0]?.type.nullable);
});

test("settings are kept, known ones checked, and read before there is a registry", async (t) => {
  const script = `SET 'tributary.modules' = 'kinesis@5; ./mine.js'; SET 'pipeline.name' = 'p'; SET 'x.y' = '1';
    SET 'table.local-time-zone' = 'Mars/Olympus'; RESET 'pipeline.name';`;

  const plan = await new Memory().plan(script);

  t.deepEqual(await scriptModules(script), ["kinesis@5", "./mine.js"]);
  t.is((await readSettings(script)).get("x.y"), "1");
  t.deepEqual([...plan.settings.keys()], ["tributary.modules", "x.y"]);
  t.deepEqual(
    plan.diagnostics.map((one) => `${one.severity} ${one.code} ${one.option}`),
    ["warning OPTION_IGNORED x.y", "error OPTION_INVALID table.local-time-zone"],
  );
});

// ---------------------------------------------------------------------------------------------- faults

test("every fault of a script is reported in one run, and none twice", async (t) => {
  const { diagnostics, graph } = await new Memory()
    .plan(`CREATE TABLE a (x INT, x STRING, w TIMESTAMP(6), WATERMARK FOR w AS w) ${M};
CREATE TABLE b (y DECIMAL(50, 2), z INT, PRIMARY KEY (q) NOT ENFORCED) ${M};
CREATE TABLE c (k INT, n AS nope + 1) PARTITIONED BY (m) ${M};
INSERT INTO c SELECT x FROM a;
INSERT INTO c SELECT y FROM b;
INSERT INTO nowhere SELECT z FROM b;`);

  t.is(graph, undefined);
  t.deepEqual(brief(diagnostics), [
    "1:24 SCHEMA_INVALID Column 'x' is declared twice.",
    "1:64 SCHEMA_INVALID The WATERMARK column 'w' is TIMESTAMP(6).",
    "2:19 SCHEMA_INVALID DECIMAL(50, 2): 50 is not from 1 to 38.",
    "2:55 SCHEMA_INVALID The PRIMARY KEY names the column 'q', which does not exist.",
    "3:29 SCHEMA_INVALID The computed column 'n': Column 'nope' does not exist.",
    "3:55 SCHEMA_INVALID PARTITIONED BY names the column 'm', which does not exist.",
    "6:13 SQL_INVALID There is no table 'nowhere'.",
  ]);
});

test("options are checked beside faults of schemas and queries, in the roles in which tables are used", async (t) => {
  const { diagnostics } = await new Memory()
    .plan(`CREATE TABLE a (x INT, x INT) WITH ('connector' = 'memory', 'limt' = '1');
CREATE TABLE b (y INT) WITH ('connector' = 'memory', 'limit' = 'many');
CREATE TABLE c (y INT) WITH ('connector' = 'memori');
INSERT INTO b SELECT x, nope FROM a;
INSERT INTO b SELECT y FROM c;`);

  t.deepEqual(
    diagnostics.map((one) => `${one.line} ${one.code} ${one.option ?? one.columnName}`),
    [
      "1 SCHEMA_INVALID x",
      "1 OPTION_UNKNOWN limt",
      "2 OPTION_INVALID limit",
      "3 FACTORY_NOT_FOUND connector",
      "4 SQL_INVALID nope",
    ],
  );
});

test("a cast takes the time attribute away, a plain projection keeps it", async (t) => {
  const window = (
    inner: string,
  ): string => `${ORDERS} CREATE TABLE sink (n BIGINT) ${M}; CREATE VIEW v AS ${inner};
    INSERT INTO sink SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE v, DESCRIPTOR(x), INTERVAL '1' MINUTE))
    GROUP BY window_start, window_end`;

  const kept = await new Memory().plan(window("SELECT ts AS x FROM orders"));
  const cast = await new Memory().plan(window("SELECT CAST(ts AS TIMESTAMP(3)) AS x FROM orders"));
  const moved = await new Memory().plan(window("SELECT ts + INTERVAL '0' SECOND AS x FROM orders"));

  t.deepEqual(kept.diagnostics, []);
  t.is(cast.diagnostics[0]?.message, "Column 'x' is no time attribute.");
  t.is(moved.diagnostics[0]?.message, "Column 'x' is no time attribute.");
});

test("a statement that does not parse does not make others fail for its name", async (t) => {
  const { diagnostics } = await new Memory().plan(`CREATE TABLE a (x INT,, y INT) ${M};
CREATE TABLE b (x INT) ${M};
INSERT INTO b SELECT x FROM a;`);

  t.deepEqual(
    diagnostics.map((one) => `${one.line} ${one.code}`),
    ["1 SQL_SYNTAX"],
  );
});

const refused = test.macro(async (t, cases: readonly (readonly [query: string, fault: string])[]) => {
  const memory = new Memory();
  const prelude = `${ORDERS.replaceAll("\n", " ")}CREATE TABLE sink (n BIGINT) ${M};\n`;

  const found: string[] = [];
  for (const [query] of cases) {
    const { diagnostics } = await memory.plan(`${prelude}INSERT INTO sink ${query};`);
    found.push(diagnostics.map((one) => `${one.line}:${one.column} ${one.code} ${one.message}`).join("\n"));
  }

  t.deepEqual(
    found,
    cases.map(([, fault]) => fault),
  );
});

test("what does not run here is refused by name and place", refused, [
  [
    "SELECT COUNT(*) FROM orders",
    "2:18 SQL_UNSUPPORTED An aggregate without GROUP BY is not run by the embedded runner.",
  ],
  [
    "SELECT COUNT(*) FROM orders GROUP BY item",
    "2:46 SQL_UNSUPPORTED GROUP BY without a window is not run by the embedded runner.",
  ],
  [
    "SELECT 1 FROM orders a JOIN orders b ON a.item = b.item",
    "2:46 SQL_UNSUPPORTED A JOIN without bounds on time is not run by the embedded runner.",
  ],
  [
    "SELECT DISTINCT price FROM orders",
    "2:18 SQL_UNSUPPORTED SELECT DISTINCT is not run by the embedded runner.",
  ],
  [
    "SELECT price FROM orders ORDER BY price",
    "2:52 SQL_UNSUPPORTED ORDER BY is not run by the embedded runner.",
  ],
  [
    "SELECT SUM(price) OVER (PARTITION BY item ORDER BY ts) FROM orders",
    "2:41 SQL_UNSUPPORTED SUM with OVER is not run by the embedded runner.",
  ],
  [
    "SELECT window_start FROM TABLE(HOP(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' SECOND, INTERVAL '2' SECOND))",
    "2:25 SQL_INVALID Column 1 of the query ('window_start', TIMESTAMP(3)) does not go into 'n' (BIGINT) of table 'sink'.",
  ],
]);

test("wrong names, types and numbers are named with their place", refused, [
  ["SELECT prise FROM orders", "2:25 SQL_INVALID Column 'prise' does not exist."],
  ["SELECT price FROM ordres", "2:36 SQL_INVALID There is no table or view 'ordres'."],
  ["SELECT UPER(item) FROM orders", "2:25 SQL_INVALID There is no function 'UPER'."],
  ["SELECT price + item FROM orders", "2:25 SQL_INVALID '+' does not take INT and STRING."],
  ["SELECT price FROM orders WHERE item = 1", "2:49 SQL_INVALID '=' does not take STRING and INT NOT NULL."],
  ["SELECT price FROM orders WHERE item", "2:49 SQL_INVALID WHERE takes a BOOLEAN, not STRING."],
  [
    "SELECT item FROM orders",
    "2:25 SQL_INVALID Column 1 of the query ('item', STRING) does not go into 'n' (BIGINT) of table 'sink'.",
  ],
  ["SELECT price, price FROM orders", "2:18 SQL_INVALID The query gives 2 columns, table 'sink' takes 1."],
  ["SELECT LEFT(item) FROM orders", "2:25 SQL_INVALID LEFT does not take these arguments."],
  [
    "SELECT REGEXP(item, '(') FROM orders",
    "2:25 SQL_INVALID The pattern '(' is not a regular expression: unterminated group.",
  ],
  [
    "SELECT price FROM orders WHERE COUNT(*) > 1",
    "2:49 SQL_INVALID The aggregate function COUNT cannot stand in WHERE.",
  ],
  [
    "SELECT prise, UPER(item) FROM orders WHERE nope = 1",
    "2:25 SQL_INVALID Column 'prise' does not exist.\n2:32 SQL_INVALID There is no function 'UPER'.\n2:61 SQL_INVALID Column 'nope' does not exist.",
  ],
  [
    "SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start",
    "2:104 SQL_INVALID GROUP BY has window_start only.",
  ],
  [
    "SELECT price FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end",
    "2:25 SQL_INVALID Column 'price' is neither in GROUP BY nor in an aggregate function.",
  ],
  [
    "SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(price), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end",
    "2:77 SQL_INVALID Column 'price' is no time attribute.",
  ],
  [
    "SELECT COUNT(*) FROM (SELECT CAST(ts AS TIMESTAMP(2)) AS t2 FROM orders)",
    "2:18 SQL_UNSUPPORTED An aggregate without GROUP BY is not run by the embedded runner.",
  ],
]);

test("near names come first among the candidates", async (t) => {
  const { diagnostics } = await new Memory().plan(
    `${ORDERS} CREATE TABLE sink (n INT) ${M}; INSERT INTO sink SELECT prise FROM orders;`,
  );

  t.is(diagnostics[0]?.candidates?.[0], "price");
});

test("tables that nobody uses are checked only when asked", async (t) => {
  const memory = new Memory();
  const script = `CREATE TABLE a (x INT) WITH ('connector' = 'memory', 'limt' = '3');`;

  const plain = await memory.plan(script);
  const checked = await memory.plan(script, { validateUnused: true });

  t.deepEqual(plain.diagnostics, []);
  t.deepEqual(
    checked.diagnostics.map((one) => `${one.code} ${one.option}`),
    ["OPTION_UNKNOWN limt"],
  );
});
