/** What a run wrote, and whether it is what an uninterrupted run writes. */
import { LONG_WINDOW_MS, type Reading } from "./pipelines.js";

/** Rows by plant and window; a window that was written again must have the same row. */
export interface Results {
  readonly windows: ReadonlyMap<string, string>;
  /** Rows that were there before. */
  readonly repeated: number;
  /** Windows that were written with two different rows. */
  readonly contradictions: readonly string[];
}

export function resultsOf(rows: readonly string[]): Results {
  const windows = new Map<string, string>();
  const contradictions: string[] = [];
  for (const text of rows) {
    const row = JSON.parse(text) as Record<string, unknown>;
    const key = `${String(row["plant"])} ${String(row["start_at"])}`;
    const known = windows.get(key);
    if (known !== undefined && known !== text) contradictions.push(`${known} and ${text}`);
    windows.set(key, text);
  }
  return { windows, repeated: rows.length - windows.size, contradictions };
}

/** What must come out, worked out from the readings. */
export function expectedOf(readings: readonly Reading[]): ReadonlyMap<string, string> {
  const sums = new Map<string, { plant: string; start: number; readings: number; amount: number }>();
  for (const { plant, at, amount } of readings) {
    const start = Math.floor(at / LONG_WINDOW_MS) * LONG_WINDOW_MS;
    const key = `${plant} ${start}`;
    const sum = sums.get(key) ?? { plant, start, readings: 0, amount: 0 };
    sum.readings += 1;
    sum.amount += amount;
    sums.set(key, sum);
  }
  return new Map(
    [...sums.values()].map(({ plant, start, readings: count, amount }) => {
      const at = new Date(start).toISOString().replace("T", " ").slice(0, 19);
      return [`${plant} ${at}`, JSON.stringify({ plant, start_at: at, readings: count, amount })];
    }),
  );
}

/** Windows that are missing, wrong or too many, as sentences. */
export function faultsOf(expected: ReadonlyMap<string, string>, found: Results): readonly string[] {
  const faults = found.contradictions.map((one) => `two rows for a window: ${one}`);
  for (const [key, row] of expected) {
    const other = found.windows.get(key);
    if (other === undefined) faults.push(`${key}: lost, should be ${row}`);
    else if (other !== row) faults.push(`${key}: ${other}, should be ${row}`);
  }
  for (const key of found.windows.keys()) if (!expected.has(key)) faults.push(`${key}: not expected`);
  return faults;
}
