/** Coders of primitive values, for elements, keys and state of pipelines in TypeScript. */
import { TributaryError } from "../../diagnostics/error.js";
import { Decimal } from "../values/decimal.js";
import { Instant } from "../values/instant.js";
import { LocalTimestamp } from "../values/local-timestamp.js";
import { undecodable } from "./byte-reader.js";
import { makeCoder, type NestedCoder } from "./nested-coder.js";
import { wellFormed } from "./well-formed.js";

function unencodable(problem: string): TributaryError {
  return new TributaryError({ severity: "error", code: "RECORD_MALFORMED", message: problem });
}

/** Bytes as they are; nested with their length before them. Decoding copies. @public */
export const bytesCoder: NestedCoder<Uint8Array> = makeCoder<Uint8Array>({
  isDeterministic: true,
  append: (value, output) => output.bytes(value),
  read: (input) => input.bytes(),
  outer: {
    append: (value, output) => output.raw(value),
    read: (input) => input.raw(input.remaining),
  },
  keyOf: (value) => Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1"),
});

/** UTF-8; nested with its length in bytes before it. A lone surrogate is written as U+FFFD. @public */
export const stringCoder: NestedCoder<string> = makeCoder<string>({
  isDeterministic: true,
  append: (value, output) => output.text(value),
  read: (input) => input.text(),
  outer: {
    append: (value, output) => output.utf8(value),
    read: (input) => input.utf8(input.remaining),
  },
  keyOf: wellFormed,
});

/** One byte, 0 or 1. @public */
export const booleanCoder: NestedCoder<boolean> = makeCoder<boolean>({
  isDeterministic: true,
  append: (value, output) => output.byte(value ? 1 : 0),
  read: (input) => {
    const byte = input.byte();
    if (byte > 1) throw undecodable(`${byte} is no boolean`);
    return byte === 1;
  },
  keyOf: (value) => value,
});

/**
 * Whole numbers that a double holds exactly, as 64-bit varints: one byte for the smallest, ten for negative ones. -0 is
 * 0.
 *
 * @throws `RECORD_MALFORMED` for fractions and numbers beyond 2^53-1.
 * @public
 */
export const varIntCoder: NestedCoder<number> = makeCoder<number>({
  isDeterministic: true,
  append: (value, output) => {
    if (!Number.isSafeInteger(value))
      throw unencodable(`The number ${value} is no integer that varIntCoder can hold.`);
    output.varInt64(value);
  },
  read: (input) => input.varInt64(),
  keyOf: (value) => value,
});

/** Integers of any size: zig-zag varints. @public */
export const bigIntCoder: NestedCoder<bigint> = makeCoder<bigint>({
  isDeterministic: true,
  append: (value, output) => output.varBigInt(value),
  read: (input) => input.varBigInt(),
  keyOf: (value) => value,
});

/**
 * Eight bytes, IEEE 754, big-endian. Deterministic since -0 is written as 0 and every NaN as the same one; so -0 comes
 * back as 0.
 *
 * @public
 */
export const doubleCoder: NestedCoder<number> = makeCoder<number>({
  isDeterministic: true,
  append: (value, output) => output.float64(canonicalNumber(value)),
  read: (input) => input.float64(),
  keyOf: (value) => value,
});

/** The one number that stands for all that are equal to it: 0 for -0, one NaN. */
export function canonicalNumber(value: number): number {
  return value === 0 ? 0 : Number.isNaN(value) ? Number.NaN : value;
}

/** Decimals of any scale: without trailing zeros, so that 1.0 and 1.00 are the same key. @public */
export const decimalCoder: NestedCoder<Decimal> = makeCoder<Decimal>({
  isDeterministic: true,
  append: (value, output) => {
    const stripped = value.stripTrailingZeros();
    output.varBigInt(BigInt(stripped.scale));
    output.varBigInt(stripped.unscaled);
  },
  read: (input) => {
    const scale = Number(input.varBigInt());
    return new Decimal(input.varBigInt(), scale);
  },
  keyOf: (value) => value.toScientificString(),
});

/** Milliseconds as a varint, then the nanoseconds within. @public */
export const instantCoder: NestedCoder<Instant> = makeCoder<Instant>({
  isDeterministic: true,
  append: (value, output) => {
    output.varInt64(value.epochMillis);
    output.varInt(value.nanosOfMilli);
  },
  read: (input) => new Instant(input.varInt64(), input.varInt()),
  keyOf: timeKey,
});

/** As {@link instantCoder}, for wall clocks. @public */
export const localTimestampCoder: NestedCoder<LocalTimestamp> = makeCoder<LocalTimestamp>({
  isDeterministic: true,
  append: (value, output) => {
    output.varInt64(value.epochMillis);
    output.varInt(value.nanosOfMilli);
  },
  read: (input) => new LocalTimestamp(input.varInt64(), input.varInt()),
  keyOf: timeKey,
});

function timeKey(value: { readonly epochMillis: number; readonly nanosOfMilli: number }): string | number {
  return value.nanosOfMilli === 0 ? value.epochMillis : `${value.epochMillis}.${value.nanosOfMilli}`;
}
