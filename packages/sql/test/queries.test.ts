import type { Row } from "@tributary/core";
import { LocalTimestamp } from "@tributary/core";
import test from "ava";
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
): Promise<readonly string[]> {
  const memory = new Memory();
  for (const [name, rows] of Object.entries(inputs)) memory.inputs.set(name, rows);
  const { rows } = await memory.query(script);
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
