import { GET_RECORDS_RECORDS_MAX } from "../limits.js";

/** What a shard may be read with in a second. @see Kinesis API Reference, GetRecords. */
export const SHARD_BYTES_PER_SECOND = 2 * 1024 * 1024;

/** What a batch was, counted after aggregated records were taken apart. */
export interface BatchFigures {
  readonly records: number;
  readonly bytes: number;
}

/**
 * Records to ask for in the next call, so that a second reads about what the service allows: the bytes that one loop may
 * read, by the average size. Unchanged after an empty batch, and where no time was measured.
 *
 * @param loopMs - the last full loop, its pause included.
 */
export function adaptiveLimit(limit: number, loopMs: number, { records, bytes }: BatchFigures): number {
  if (records === 0 || loopMs <= 0) return limit;
  const loopHz = 1000 / loopMs;
  const bytesPerRead = SHARD_BYTES_PER_SECOND / loopHz;
  return Math.max(1, Math.min(GET_RECORDS_RECORDS_MAX, Math.trunc(bytesPerRead / (bytes / records))));
}
