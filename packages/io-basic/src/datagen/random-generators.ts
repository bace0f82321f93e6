import { Decimal, Instant, LocalTimestamp } from "@tributary/core";
import type { Generator } from "./field-generator.js";
import type { RowRandom } from "./row-random.js";

const MILLIS_PER_DAY = 86_400_000;
/** "0" to "f". */
const HEX_DIGITS = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

/** Whole numbers, both ends included. */
export function randomInteger(min: number, max: number): Generator {
  const count = max - min + 1;
  return ({ random }) => min + random.below(count);
}

/** Whole numbers, both ends included. */
export function randomBigint(min: bigint, max: bigint): Generator {
  const next = bigintBetween(min, max);
  return ({ random }) => next(random);
}

function bigintBetween(min: bigint, max: bigint): (random: RowRandom) => bigint {
  const count = max - min + 1n;
  if (count <= BigInt(Number.MAX_SAFE_INTEGER)) {
    const small = Number(count);
    if (min >= BigInt(Number.MIN_SAFE_INTEGER) && max <= BigInt(Number.MAX_SAFE_INTEGER)) {
      const first = Number(min);
      return (random) => BigInt(first + random.below(small));
    }
    return (random) => min + BigInt(random.below(small));
  }
  // As many words as the range has, and two more, so that the remainder is as good as uniform.
  const words = Math.ceil(count.toString(16).length / 8) + 2;
  return (random) => {
    let value = 0n;
    for (let word = 0; word < words; word++) value = (value << 32n) | BigInt(random.bits());
    return min + (value % count);
  };
}

export function randomDecimal(min: Decimal, max: Decimal, scale: number): Generator {
  const next = bigintBetween(min.rescale(scale).unscaled, max.rescale(scale).unscaled);
  return ({ random }) => new Decimal(next(random), scale);
}

export function randomDouble(min: number, max: number): Generator {
  // Halves first: the difference itself may be beyond the greatest double.
  const half = max / 2 - min / 2;
  return ({ random }) => {
    const part = random.fraction() * half;
    return Math.min(max, min + part + part);
  };
}

export function randomFloat(min: number, max: number): Generator {
  return ({ random }) => Math.min(max, Math.max(min, Math.fround(min + random.fraction() * (max - min))));
}

/** Node's own method behind `toString("latin1")`, without the checks around it. */
type Latin1Bytes = Uint8Array & { latin1Slice(start: number, end: number): string };

/** Hexadecimal digits. */
export function randomText(length: number, isVariable: boolean): Generator {
  const digits = Buffer.allocUnsafeSlow(length) as Uint8Array as Latin1Bytes;
  return ({ random }) => {
    const size = isVariable ? 1 + random.below(length) : length;
    let at = 0;
    while (at < size) {
      let bits = random.bits();
      for (const end = Math.min(at + 8, size); at < end; at++) {
        digits[at] = HEX_DIGITS[bits & 15] as number;
        bits >>>= 4;
      }
    }
    return digits.latin1Slice(0, size);
  };
}

export function randomBytes(length: number, isVariable: boolean): Generator {
  return ({ random }) => {
    const bytes = new Uint8Array(isVariable ? 1 + random.below(length) : length);
    for (let at = 0; at < bytes.length; at++) bytes[at] = random.bits() >>> 24;
    return bytes;
  };
}

export const randomBoolean: Generator = ({ random }) => random.bits() >= 0x80000000;

/** The present day of the session's calendar. */
export const presentDate: Generator = ({ now, zoneOffset }) =>
  Math.floor((now + zoneOffset) / MILLIS_PER_DAY);

/** The present time of the session's day. */
export const presentTime: Generator = ({ now, zoneOffset }) => {
  const rest = (now + zoneOffset) % MILLIS_PER_DAY;
  return rest < 0 ? rest + MILLIS_PER_DAY : rest;
};

/** What the session's clocks showed up to `maxPastMs` ago. */
export function randomTimestamp(maxPastMs: number): Generator {
  return ({ random, now, zoneOffset }) =>
    new LocalTimestamp(now + zoneOffset - (maxPastMs > 0 ? random.below(maxPastMs + 1) : 0));
}

export function randomInstant(maxPastMs: number): Generator {
  return ({ random, now }) => new Instant(now - (maxPastMs > 0 ? random.below(maxPastMs + 1) : 0));
}

export function randomArray(element: Generator, length: number): Generator {
  return (context) => {
    const values: unknown[] = [];
    for (let at = 0; at < length; at++) values.push(element(context));
    return values;
  };
}

/** Up to `length` entries: keys that come twice fall together. */
export function randomMap(key: Generator, value: Generator, length: number): Generator {
  return (context) => {
    const entries = new Map<unknown, unknown>();
    for (let at = 0; at < length; at++) entries.set(key(context), value(context));
    return entries;
  };
}
