/** Inputs near valid ones: bytes changed, cut out, put in, repeated, taken from elsewhere. */
import type { Random } from "./random.js";

const RANDOM_BYTES_MAX = 40;
const EDITS_MAX = 4;
const PIECE_BYTES_MAX = 12;
/** Bytes that mean something in one encoding or another. */
const TELLING_BYTES = [
  0x00, 0x01, 0x02, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x2d, 0x5c, 0x7f, 0x80, 0xc0, 0xef, 0xfe, 0xff,
];

/** A message to try: random bytes now and then, else a valid message after some edits. */
export function nextInput(
  random: Random,
  valid: readonly Uint8Array[],
  tokens: readonly Uint8Array[],
): Uint8Array {
  if (random.once(10)) return randomBytes(random, RANDOM_BYTES_MAX);
  let bytes = random.pick(valid);
  for (let edits = 1 + random.below(EDITS_MAX); edits > 0; edits--)
    bytes = edit(random, bytes, valid, tokens);
  return bytes;
}

function randomBytes(random: Random, max: number): Uint8Array {
  return Uint8Array.from({ length: random.below(max) }, () => random.below(256));
}

function edit(
  random: Random,
  bytes: Uint8Array,
  valid: readonly Uint8Array[],
  tokens: readonly Uint8Array[],
): Uint8Array {
  const at = random.below(bytes.length + 1);
  const length = Math.min(random.below(PIECE_BYTES_MAX), bytes.length - at);
  switch (random.below(8)) {
    case 0:
      return changed(bytes, at, random.below(256));
    case 1:
      return changed(bytes, at, random.pick(TELLING_BYTES));
    case 2:
      return changed(bytes, at, (bytes[at] ?? 0) ^ (1 << random.below(8)));
    case 3:
      return spliced(bytes, at, length, new Uint8Array(0));
    case 4:
      return spliced(bytes, at, random.once(2) ? 0 : length, random.pick(tokens));
    case 5:
      return spliced(bytes, at, 0, bytes.subarray(at, at + length));
    case 6: {
      const other = random.pick(valid);
      const from = random.below(other.length + 1);
      return spliced(bytes, at, length, other.subarray(from, from + random.below(PIECE_BYTES_MAX * 2)));
    }
    default:
      return random.once(2)
        ? bytes.subarray(0, at)
        : spliced(bytes, at, length, randomBytes(random, PIECE_BYTES_MAX));
  }
}

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  if (at < copy.length) copy[at] = value;
  return copy;
}

function spliced(bytes: Uint8Array, at: number, count: number, put: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + count)]);
}
