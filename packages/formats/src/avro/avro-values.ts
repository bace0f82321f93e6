/** Values that both of Avro's encodings make of the same numbers and bytes. */
import { BIGINT_MAX, BIGINT_MIN, Instant, LocalTimestamp } from "@tributary/core";
import type { AvroLogical } from "./avro-schema.js";

/** Bytes of the widest unscaled value, 38 digits. */
const DECIMAL_BYTES_MAX = 16;
/** Bytes that are exact as a number. */
const NUMBER_BYTES = 6;
const BYTE_SIZE = 256;
const MILLIS_PER_DAY = 86_400_000;
const MICROS_PER_MILLI = 1_000;
const NANOS_PER_MICRO = 1_000;

/**
 * A number of big-endian two's complement, of at least one byte.
 *
 * @returns `undefined` for a number that no DECIMAL can hold.
 */
export function twosComplement(bytes: Uint8Array, start: number, end: number): bigint | undefined {
  const sign = (bytes[start] as number) >= 0x80 ? 0xff : 0;
  let at = start;
  while (at < end - 1 && bytes[at] === sign) at++;
  if (end - at > DECIMAL_BYTES_MAX) return undefined;
  let head = sign === 0 ? 0 : -1;
  const headEnd = Math.min(end, at + NUMBER_BYTES);
  for (; at < headEnd; at++) head = head * BYTE_SIZE + (bytes[at] as number);
  let value = BigInt(head);
  for (; at < end; at++) value = (value << 8n) | BigInt(bytes[at] as number);
  return value;
}

/** The fewest bytes of big-endian two's complement. */
export function unscaledBytes(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest < -0x80000000n || rest > 0x7fffffffn; rest >>= 8n) bytes.push(Number(rest & 0xffn));
  let small = Number(rest);
  for (; small < -128 || small > 127; small >>= 8) bytes.push(small & 0xff);
  bytes.push(small & 0xff);
  return bytes.reverse();
}

/** Units of a millisecond in a value with this logical type; `undefined` if it counts no such thing. */
export function unitsPerMilli(logical: AvroLogical | undefined): number | undefined {
  if (logical === undefined || logical.kind === "decimal" || logical.kind === "date") return undefined;
  return logical.kind.endsWith("micros") ? MICROS_PER_MILLI : 1;
}

/** Milliseconds of the day; `undefined` if there are none such. */
export function timeOfDay(value: number, units: number): number | undefined {
  const millis = Math.floor(value / units);
  return millis >= 0 && millis < MILLIS_PER_DAY ? millis : undefined;
}

/**
 * The time of a long.
 *
 * @param value - a bigint where a number would not be exact.
 * @returns `undefined` for one beyond what can be represented.
 */
export function timestampOf(
  value: number | bigint,
  units: number,
  kind: "TIMESTAMP" | "TIMESTAMP_LTZ",
): LocalTimestamp | Instant | undefined {
  const [millis, rest] = splitUnits(value, units);
  if (!Number.isSafeInteger(millis)) return undefined;
  const nanos = rest * NANOS_PER_MICRO;
  return kind === "TIMESTAMP" ? new LocalTimestamp(millis, nanos) : new Instant(millis, nanos);
}

function splitUnits(value: number | bigint, units: number): readonly [millis: number, rest: number] {
  if (typeof value === "number") {
    const millis = Math.floor(value / units);
    return [millis, value - millis * units];
  }
  const rest = ((value % BigInt(units)) + BigInt(units)) % BigInt(units);
  return [Number((value - rest) / BigInt(units)), Number(rest)];
}

/** Is the number one of 64 bits? */
export function isLong(value: bigint): boolean {
  return value >= BIGINT_MIN && value <= BIGINT_MAX;
}
