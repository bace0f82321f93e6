import { BIGINT_MAX, BIGINT_MIN, Decimal, INTEGER_RANGES, parseBigintText, printType } from "@tributary/core";
import type { LogicalType } from "@tributary/core";
import type { ColumnSettings } from "./column-settings.js";
import type { Generator } from "./field-generator.js";

/** A sequence and how many values it has. */
export interface Sequence {
  readonly generate: Generator;
  readonly count: number;
}

/** Values of `type` for whole numbers; `undefined` if sequences cannot have the type. */
function valueOf(type: LogicalType): ((value: bigint) => unknown) | undefined {
  if (type.kind === "BIGINT") return (value) => value;
  if (type.kind === "DECIMAL") return (value) => new Decimal(value, 0).fit(type.precision, type.scale);
  if (type.kind === "CHAR" || type.kind === "VARCHAR") return String;
  if (type.kind === "BINARY" || type.kind === "VARBINARY") {
    return (value) => new Uint8Array(Buffer.from(String(value), "latin1"));
  }
  const isNumber =
    type.kind === "TINYINT" ||
    type.kind === "SMALLINT" ||
    type.kind === "INT" ||
    type.kind === "FLOAT" ||
    type.kind === "DOUBLE";
  return isNumber ? Number : undefined;
}

function rangeOf(type: LogicalType): readonly [min: bigint, max: bigint] {
  if (type.kind === "TINYINT" || type.kind === "SMALLINT" || type.kind === "INT") {
    const { min, max } = INTEGER_RANGES[type.kind];
    return [BigInt(min), BigInt(max)];
  }
  return [BIGINT_MIN, BIGINT_MAX];
}

/** The sequence of a column from its start to its end; faults are reported. */
export function createSequence(
  path: string,
  type: LogicalType,
  settings: ColumnSettings,
): Sequence | undefined {
  const convert = valueOf(type);
  if (convert === undefined) {
    settings.unsupported(path, printType(type), "sequences have numbers, text and bytes only.");
    return undefined;
  }
  const start = bound(path, "start", type, settings);
  const end = bound(path, "end", type, settings);
  if (start === undefined || end === undefined) return undefined;
  if (end < start) {
    settings.invalid(path, "end", String(end), `a value from the start, ${start}, on`);
    return undefined;
  }
  const count = Number(end - start) + 1;
  const isSmall = start >= BigInt(Number.MIN_SAFE_INTEGER) && end <= BigInt(Number.MAX_SAFE_INTEGER);
  const first = Number(start);
  if (convert === Number) return { generate: ({ index }) => first + index, count };
  const generate: Generator = isSmall
    ? ({ index }) => convert(BigInt(first + index))
    : ({ index }) => convert(start + BigInt(index));
  return { generate, count };
}

function bound(
  path: string,
  option: "start" | "end",
  type: LogicalType,
  settings: ColumnSettings,
): bigint | undefined {
  const text = option === "start" ? settings.start(path) : settings.end(path);
  if (text === undefined) {
    settings.missing(path, option);
    return undefined;
  }
  const [min, max] = rangeOf(type);
  const value = parseBigintText(text);
  if (value !== undefined && value >= min && value <= max) return value;
  settings.invalid(path, option, text, `a whole number from ${min} to ${max}`);
  return undefined;
}
