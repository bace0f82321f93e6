import test from "ava";
import { LocalTimestamp } from "@tributary/core";
import { Memory } from "./kit.js";

const at = (text: string): LocalTimestamp => new LocalTimestamp(Date.parse(`${text}Z`));

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
    CREATE TABLE clicks (id INT, item STRING) WITH ('connector' = 'memory');
    CREATE TABLE out1 (name STRING, twice BIGINT) WITH ('connector' = 'memory');
    INSERT INTO out1 SELECT UPPER(item), id * 2 FROM clicks WHERE id > 1;
  `);

  t.deepEqual(memory.rows("out1"), [{ name: "B", twice: 4n }]);
});

test("TUMBLE counts and sums by key, one final row a window", async (t) => {
  const memory = new Memory();
  memory.inputs.set("orders", [
    [
      { item: "a", price: 1, ts: at("2024-01-01T00:00:01") },
      { item: "a", price: 2, ts: at("2024-01-01T00:00:59") },
      { item: "b", price: 5, ts: at("2024-01-01T00:00:30") },
      { item: "a", price: 7, ts: at("2024-01-01T00:01:00") },
    ],
  ]);

  await memory.run(`
    CREATE TABLE orders (item STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'memory');
    CREATE TABLE totals (ws TIMESTAMP(3), we TIMESTAMP(3), item STRING, n BIGINT, total INT) WITH ('connector' = 'memory');
    INSERT INTO totals
    SELECT window_start, window_end, item, COUNT(*), SUM(price)
    FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
    GROUP BY window_start, window_end, item;
  `);

  const minute = (text: string) => at(`2024-01-01T${text}`);
  t.deepEqual(
    memory.rows("totals").toSorted((a, b) => String(a["item"]).localeCompare(String(b["item"]))),
    [
      { ws: minute("00:00:00"), we: minute("00:01:00"), item: "a", n: 2n, total: 3 },
      { ws: minute("00:01:00"), we: minute("00:02:00"), item: "a", n: 1n, total: 7 },
      { ws: minute("00:00:00"), we: minute("00:01:00"), item: "b", n: 1n, total: 5 },
    ],
  );
});
