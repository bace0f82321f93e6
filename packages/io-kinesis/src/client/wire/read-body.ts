import type { Readable } from "node:stream";

/** Pieces are put together in here as they come, so that nothing is held twice. */
const UNSIZED_BYTES_FIRST = 64 * 1024;
/** Of a length that is announced, at most so much is believed before it has come. */
const SIZED_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Collects an answer's body. The buffer belongs to the caller alone.
 *
 * @param length - of the header `content-length`, if there is one.
 * @throws what the stream fails with; `ECONNRESET` if it ends before its length.
 */
export function readBody(body: Readable, length: number | undefined): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Not of the shared pool: its size would be anybody's.
    let bytes = Buffer.allocUnsafeSlow(Math.min(length ?? UNSIZED_BYTES_FIRST, SIZED_BYTES_MAX));
    let at = 0;
    let hasEnded = false;
    body.on("data", (piece: Buffer) => {
      if (at + piece.length > bytes.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(bytes.length * 2, at + piece.length));
        bytes.copy(larger, 0, 0, at);
        bytes = larger;
      }
      piece.copy(bytes, at);
      at += piece.length;
    });
    body.once("error", reject);
    body.once("end", () => {
      hasEnded = true;
      if (length !== undefined && at !== length) reject(cutOff(at, length));
      else resolve(at === bytes.length ? bytes : bytes.subarray(0, at));
    });
    // Neither end nor error: the connection was given up from this side.
    body.once("close", () => {
      if (!hasEnded) reject(cutOff(at, length));
    });
  });
}

/** The `content-length` of an answer's headers, which are in lower case. */
export function lengthOf(headers: Readonly<Record<string, string>>): number | undefined {
  const text = headers["content-length"];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function cutOff(at: number, length: number | undefined): Error {
  return Object.assign(
    new Error(`the connection ended after ${at} of ${length ?? "an unknown number of"} bytes of the answer`),
    { code: "ECONNRESET" },
  );
}
