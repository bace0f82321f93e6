/**
 * Frames of an event stream: lengths, their CRC-32, headers, payload, and the CRC-32 of all that.
 *
 * Source: AWS documentation, "Event stream encoding" (vnd.amazon.eventstream).
 */
import { crc32 } from "node:zlib";

export const EVENT_STREAM_TYPE = "application/vnd.amazon.eventstream";
const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const STRING_HEADER = 7;

/** A frame as the pieces it is sent in; the payload is not copied. */
export function frame(headers: Readonly<Record<string, string>>, payload: readonly Buffer[]): Buffer[] {
  const headerBytes = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const payloadBytes = payload.reduce((sum, piece) => sum + piece.length, 0);
  const prelude = Buffer.alloc(PRELUDE_BYTES);
  prelude.writeUInt32BE(PRELUDE_BYTES + headerBytes.length + payloadBytes + CRC_BYTES, 0);
  prelude.writeUInt32BE(headerBytes.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const head = Buffer.concat([prelude, headerBytes]);
  const tail = Buffer.alloc(CRC_BYTES);
  tail.writeUInt32BE(payload.reduce((crc, piece) => crc32(piece, crc), crc32(head)));
  return [head, ...payload, tail];
}

function header(name: string, value: string): Buffer {
  const nameBytes = Buffer.from(name);
  const valueBytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(valueBytes.length);
  return Buffer.concat([
    Buffer.from([nameBytes.length]),
    nameBytes,
    Buffer.from([STRING_HEADER]),
    length,
    valueBytes,
  ]);
}
