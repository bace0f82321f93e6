/** Records on stdin: all of it, or one a line; as they are, or as hexadecimal text. */
import type { Readable } from "node:stream";

import { TributaryError } from "@tributary/core";

/** Longest record, in bytes of stdin. */
const RECORD_BYTES_MAX = 268_435_456;
/** Most records that are handed on together. */
const BATCH_RECORDS = 1_000;
const LINE_FEED = 0x0a;

function tooLarge(size: number): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "RECORD_TOO_LARGE",
    message: `A record on stdin has more than ${RECORD_BYTES_MAX} bytes (${size} so far).`,
    hint: "Give one record a line, with --lines.",
  });
}

/** Everything. */
export async function readAll(input: Readable): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > RECORD_BYTES_MAX) throw tooLarge(size);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Lines without their line feed, some at a time; nothing behind the last line feed is no line. */
export async function* readLines(input: Readable): AsyncGenerator<readonly Uint8Array[]> {
  let rest: Buffer[] = [];
  let restSize = 0;
  let batch: Uint8Array[] = [];
  for await (const chunk of input as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      const last = chunk.subarray(start, end);
      batch.push(rest.length === 0 ? last : Buffer.concat([...rest, last]));
      rest = [];
      restSize = 0;
      start = end + 1;
      if (batch.length === BATCH_RECORDS) {
        yield batch;
        batch = [];
      }
    }
    if (start < chunk.length) {
      rest.push(chunk.subarray(start));
      restSize += chunk.length - start;
      if (restSize > RECORD_BYTES_MAX) throw tooLarge(restSize);
    }
    if (batch.length > 0) yield batch;
    batch = [];
  }
  if (rest.length > 0) yield [Buffer.concat(rest)];
}

/** The bytes of a hexadecimal text, blanks aside; `undefined` if it is none. */
export function fromHexadecimal(text: Uint8Array): Uint8Array | undefined {
  const digits = Buffer.from(text.buffer, text.byteOffset, text.byteLength)
    .toString("latin1")
    .replace(/\s+/g, "");
  return /^(?:[0-9A-Fa-f]{2})*$/.test(digits) ? Buffer.from(digits, "hex") : undefined;
}
