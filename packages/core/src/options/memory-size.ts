import { trimBlanks } from "../types/text/number-text.js";
import { parsed, unparsable } from "./parsed.js";
import type { ParsedValue } from "./parsed.js";

const BYTES_MAX = 2n ** 63n - 1n;

/** Units as in Apache Flink's `MemorySize`: powers of 1024. */
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ...["b", "bytes"].map((unit) => [unit, 1n] as const),
  ...["k", "kb", "kibibytes"].map((unit) => [unit, 1024n] as const),
  ...["m", "mb", "mebibytes"].map((unit) => [unit, 1024n ** 2n] as const),
  ...["g", "gb", "gibibytes"].map((unit) => [unit, 1024n ** 3n] as const),
  ...["t", "tb", "tebibytes"].map((unit) => [unit, 1024n ** 4n] as const),
]);

const EXPECTED = `a whole number and a unit, e.g. '5 mb' (units: ${[...UNITS.keys()].join(" ")}; without one: bytes)`;

/** Bytes of a memory size as options write it: `5 mb`, `64k`, `1024`. @public */
export function parseMemorySize(text: string): ParsedValue<number> {
  const bytes = parseMemorySizeBytes(text);
  return bytes.ok ? parsed(Number(bytes.value)) : bytes;
}

/** Bytes, exact. */
function parseMemorySizeBytes(text: string): ParsedValue<bigint> {
  const trimmed = trimBlanks(text);
  if (trimmed === "") return unparsable("is empty", EXPECTED);
  const digits = /^[0-9]+/.exec(trimmed)?.[0];
  if (digits === undefined) return unparsable("does not start with a number", EXPECTED);
  const unitText = trimBlanks(trimmed.slice(digits.length)).toLowerCase();
  const unit = unitText === "" ? 1n : UNITS.get(unitText);
  if (unit === undefined) return unparsable("has no known unit of memory", EXPECTED);
  const bytes = BigInt(digits) * unit;
  return bytes > BYTES_MAX ? unparsable("is out of range", EXPECTED) : parsed(bytes);
}

/** In the largest unit that divides the number, as defaults are printed. @public */
export function formatMemorySize(bytes: number): string {
  const units = [
    ["tb", 1024 ** 4],
    ["gb", 1024 ** 3],
    ["mb", 1024 ** 2],
    ["kb", 1024],
  ] as const;
  const found = units.find(([, size]) => bytes !== 0 && bytes % size === 0);
  return found === undefined ? `${bytes} bytes` : `${bytes / found[1]} ${found[0]}`;
}
