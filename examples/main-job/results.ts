import type { LocalTimestamp, Row } from "@tributary/core";

import type { Departure } from "./data-set.js";

/** One row of the output: an airport in an hour. */
export interface Window {
  readonly airport: string;
  readonly hour: number;
  readonly departures: number;
  readonly delayed: number;
  readonly averageDelay: number;
  readonly worstDelay: number;
}

const HOUR_MS = 3_600_000;

/** The script's WHERE, in one line of TypeScript. */
export function isCounted(departure: Departure): boolean {
  return departure.distance >= 100;
}

/** What the script must give, worked out straight from the data set, by airport and hour. */
export function expectedWindows(departures: readonly Departure[]): Map<string, Window> {
  const sums = new Map<string, { departures: number; delayed: number; total: number; worst: number }>();
  for (const departure of departures) {
    if (!isCounted(departure)) continue;
    const hour = Math.floor(departure.date.epochMillis / HOUR_MS) * HOUR_MS;
    const key = `${departure.origin} ${hour}`;
    let sum = sums.get(key);
    if (sum === undefined) sums.set(key, (sum = { departures: 0, delayed: 0, total: 0, worst: -Infinity }));
    sum.departures++;
    if (departure.delay >= 15) sum.delayed++;
    sum.total += departure.delay;
    sum.worst = Math.max(sum.worst, departure.delay);
  }
  return new Map(
    [...sums].map(([key, sum]) => {
      const [airport = "", hour = ""] = key.split(" ");
      const { departures, delayed, total, worst } = sum;
      const averageDelay = total / departures;
      return [key, { airport, hour: Number(hour), departures, delayed, averageDelay, worstDelay: worst }];
    }),
  );
}

/**
 * The output by airport and hour, at the last value of each: after a restart the rows since the last checkpoint stand
 * in the stream twice.
 */
export function lastWindows(rows: readonly Row[]): Map<string, Window> {
  const windows = new Map<string, Window>();
  for (const row of rows) {
    const airport = row["airport"] as string;
    const hour = (row["window_start"] as LocalTimestamp).epochMillis;
    windows.set(`${airport} ${hour}`, {
      airport,
      hour,
      departures: Number(row["departures"]),
      delayed: Number(row["delayed"]),
      averageDelay: row["average_delay"] as number,
      worstDelay: row["worst_delay"] as number,
    });
  }
  return windows;
}

/** Differences between what should be there and what is, as sentences; at most `most`. */
export function differences(
  expected: ReadonlyMap<string, Window>,
  found: ReadonlyMap<string, Window>,
  most: number,
): readonly string[] {
  const faults: string[] = [];
  for (const [key, window] of expected) {
    const other = found.get(key);
    if (other === undefined) faults.push(`${key}: missing, should be ${JSON.stringify(window)}`);
    else if (JSON.stringify(other) !== JSON.stringify(window)) {
      faults.push(`${key}: ${JSON.stringify(other)}, should be ${JSON.stringify(window)}`);
    }
  }
  for (const key of found.keys()) if (!expected.has(key)) faults.push(`${key}: not expected`);
  return faults.slice(0, most);
}
