/**
 * Frames of an event stream: total length, length of the headers, CRC-32 of both, headers, payload, CRC-32 of all that.
 *
 * Source: AWS documentation, "Event stream encoding" (vnd.amazon.eventstream).
 */
import { crc32 } from "node:zlib";

const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
/** Beyond any event of the service, which holds 2 MB of records or so: a larger length is a damaged one. */
const FRAME_BYTES_MAX = 24 * 1024 * 1024;
/** Bytes of a header's value by its type; -1: two bytes of length stand before it. */
const VALUE_BYTES = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16];
const TEXT = 7;

/** A message of an event stream. */
export interface Frame {
  /** Headers that are texts. */
  readonly headers: ReadonlyMap<string, string>;
  /** A part of memory that belongs to this frame alone. */
  readonly payload: Buffer;
}

/** What came is no event stream, or was damaged on the way. Worth another attempt. */
export class FrameError extends Error {
  override readonly name = "ServiceUnavailableException";
}

/** Cuts the bytes of an answer into frames. Bytes are copied once, when their frame is whole. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** Length of the frame that is being read, once it is known. */
  #length = 0;

  /** Bytes that are not part of a frame yet. */
  get pending(): number {
    return this.#bytes;
  }

  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  /** The next whole frame. @throws FrameError if a checksum or a length is wrong. */
  next(): Frame | undefined {
    if (this.#length === 0) {
      if (this.#bytes < PRELUDE_BYTES) return undefined;
      const prelude = this.#head(PRELUDE_BYTES);
      this.#length = prelude.readUInt32BE(0);
      const isSound = crc32(prelude.subarray(0, 8)) === prelude.readUInt32BE(8);
      if (!isSound || this.#length < PRELUDE_BYTES + CRC_BYTES || this.#length > FRAME_BYTES_MAX) {
        throw new FrameError("A message of the subscription begins with what is not its length.");
      }
    }
    if (this.#bytes < this.#length) return undefined;
    const bytes = this.#take(this.#length);
    this.#length = 0;
    return frameOf(bytes);
  }

  /** The first bytes in one piece; they stay. */
  #head(bytes: number): Buffer {
    if ((this.#pieces[0] as Buffer).length < bytes) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0] as Buffer;
  }

  /** Takes the first bytes out, as a copy: payloads are decoded in place. */
  #take(bytes: number): Buffer {
    const taken = Buffer.allocUnsafeSlow(bytes);
    let at = 0;
    let piece = 0;
    while (at < bytes) {
      const next = this.#pieces[piece] as Buffer;
      const part = Math.min(next.length, bytes - at);
      next.copy(taken, at, 0, part);
      at += part;
      if (part < next.length) this.#pieces[piece] = next.subarray(part);
      else piece += 1;
    }
    this.#pieces.splice(0, piece);
    this.#bytes -= bytes;
    return taken;
  }
}

function frameOf(bytes: Buffer): Frame {
  const end = bytes.length - CRC_BYTES;
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) {
    throw new FrameError("A message of the subscription was damaged on the way.");
  }
  const headersEnd = PRELUDE_BYTES + bytes.readUInt32BE(4);
  if (headersEnd > end) throw new FrameError("The headers of a message are longer than the message.");
  return { headers: headersOf(bytes, headersEnd), payload: bytes.subarray(headersEnd, end) };
}

function headersOf(bytes: Buffer, end: number): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  let at = PRELUDE_BYTES;
  while (at < end) {
    const nameEnd = at + 1 + (bytes[at] as number);
    const type = bytes[nameEnd] ?? -1;
    const known = VALUE_BYTES[type];
    if (known === undefined || nameEnd + 3 > bytes.length) throw new FrameError("A header cannot be read.");
    const valueAt = nameEnd + (known < 0 ? 3 : 1);
    const valueEnd = valueAt + (known < 0 ? bytes.readUInt16BE(nameEnd + 1) : known);
    if (valueEnd > end) throw new FrameError("A header cannot be read.");
    if (type === TEXT) {
      headers.set(bytes.toString("utf8", at + 1, nameEnd), bytes.toString("utf8", valueAt, valueEnd));
    }
    at = valueEnd;
  }
  return headers;
}
