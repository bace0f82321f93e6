import { fileURLToPath } from "node:url";

import { LocalTimestamp } from "@tributary/core";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";

/**
 * Departures of US domestic flights in January 2001, ordered by date: the first rows of `flights-3m.parquet` of the
 * package vega-datasets. Source: US Department of Transportation, Bureau of Transportation Statistics, on-time
 * performance data, collected under 14 CFR Part 234; the package names no other licence for it.
 */
export interface Departure {
  /** Scheduled departure, local time. */
  readonly date: LocalTimestamp;
  /** Minutes; negative when early. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

/** Rows used: 1 to 13 January. */
export const DEPARTURES = 200_000;

interface ParquetRow {
  readonly date: Date;
  readonly delay: bigint;
  readonly distance: bigint;
  readonly origin: string;
  readonly destination: string;
}

/** Reads the first `count` departures from the installed package. */
export async function readDepartures(count: number = DEPARTURES): Promise<Departure[]> {
  const url = new URL("../data/flights-3m.parquet", import.meta.resolve("vega-datasets"));
  const file = await asyncBufferFromFile(fileURLToPath(url));
  const rows = (await parquetReadObjects({ file, compressors, rowStart: 0, rowEnd: count })) as unknown[];
  return (rows as ParquetRow[]).map((row) => ({
    date: LocalTimestamp.fromDate(row.date),
    delay: Number(row.delay),
    distance: Number(row.distance),
    origin: row.origin,
    destination: row.destination,
  }));
}
