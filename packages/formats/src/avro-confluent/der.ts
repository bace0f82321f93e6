/** Just enough of DER to find certificates in a PKCS #12 file. ITU-T X.690. */

/** A value: its tag, and what is in it. */
export interface Der {
  readonly tag: number;
  readonly content: Buffer;
}

/** The bytes are no DER. */
export class NotDer extends Error {}

/** Longest length that is read, in bytes of the length itself. */
const LENGTH_BYTES_MAX = 4;

/** The values that stand one behind the other. */
export function derValues(bytes: Buffer): readonly Der[] {
  const values: Der[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = byteAt(bytes, at++);
    let length = byteAt(bytes, at++);
    if (length > 0x7f) {
      const count = length & 0x7f;
      if (count === 0 || count > LENGTH_BYTES_MAX || at + count > bytes.length) throw new NotDer();
      length = bytes.readUIntBE(at, count);
      at += count;
    }
    if (at + length > bytes.length) throw new NotDer();
    values.push({ tag, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return values;
}

/** The value in a place of what a value holds, e.g. `derAt(value, 1, 0)`. */
export function derAt(value: Der, ...path: readonly number[]): Der {
  let found = value;
  for (const index of path) {
    const inner = derValues(found.content)[index];
    if (inner === undefined) throw new NotDer();
    found = inner;
  }
  return found;
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new NotDer();
  return byte;
}
