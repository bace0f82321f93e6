/** Records of samples. */
import type { RecordFraming } from "@tributary/core";
import type { InferSample } from "./inferred-columns.js";

/** One record, and where it stands. */
export interface SampleRecord {
  readonly sample: string;
  /** Counted from 1. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

const LINE_FEED = 0x0a;

/** Lines that are not empty. */
export function linesOf({ name, bytes }: InferSample): SampleRecord[] {
  const records: SampleRecord[] = [];
  let number = 0;
  for (let start = 0; start < bytes.length;) {
    const feed = bytes.indexOf(LINE_FEED, start);
    const end = feed < 0 ? bytes.length : feed;
    number++;
    if (!isBlank(bytes, start, end))
      records.push({ sample: name, number, bytes: bytes.subarray(start, end) });
    start = end + 1;
  }
  return records;
}

/** A carriage return alone belongs to the line end. */
function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  return start === end || (end - start === 1 && bytes[start] === 0x0d);
}

/** Records by the format's own rule; empty lines are none. */
export function framedRecords({ name, bytes }: InferSample, framing: RecordFraming): SampleRecord[] {
  const records: SampleRecord[] = [];
  let number = 0;
  for (let start = framing.findStart(bytes, 0); start >= 0 && start < bytes.length;) {
    const found = framing.findEnd(bytes, start);
    const end = found < 0 ? bytes.length : found;
    let last = end;
    while (last > start && (bytes[last - 1] === LINE_FEED || bytes[last - 1] === 0x0d)) last--;
    if (last > start) records.push({ sample: name, number: ++number, bytes: bytes.subarray(start, last) });
    start = framing.findStart(bytes, end);
  }
  return records;
}
