/** Texts of values that csv and json write alike; each checks that the value is one of its type. */
import {
  BIGINT_MAX,
  BIGINT_MIN,
  Decimal,
  formatDate,
  formatDouble,
  formatFloat,
  formatTime,
  INTEGER_RANGES,
} from "@tributary/core";
import type { DecimalType } from "@tributary/core";
import { notOfType } from "./encode-failure.js";

/** Days of the years that a calendar date can have. */
const DAY_MAX = 104_000_000;
const MILLIS_PER_DAY = 86_400_000;

export function integerText(kind: keyof typeof INTEGER_RANGES): (value: unknown) => string {
  const { min, max } = INTEGER_RANGES[kind];
  return (value) => {
    if (typeof value === "number" && value >= min && value <= max && Number.isInteger(value))
      return `${value + 0}`;
    return notOfType(value, kind);
  };
}

export function bigintText(value: unknown): string {
  if (typeof value === "bigint" && value >= BIGINT_MIN && value <= BIGINT_MAX) return value.toString();
  return notOfType(value, "BIGINT");
}

export function doubleText(value: unknown): string {
  return typeof value === "number" ? formatDouble(value) : notOfType(value, "DOUBLE");
}

export function floatText(value: unknown): string {
  return typeof value === "number" ? formatFloat(Math.fround(value)) : notOfType(value, "FLOAT");
}

export function booleanText(value: unknown): string {
  return value === true ? "true" : value === false ? "false" : notOfType(value, "BOOLEAN");
}

export function characterText(value: unknown): string {
  return typeof value === "string" ? value : notOfType(value, "a character type");
}

export function dateText(value: unknown): string {
  if (typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= DAY_MAX)
    return formatDate(value);
  return notOfType(value, "DATE");
}

export function timeText(value: unknown): string {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < MILLIS_PER_DAY) {
    return formatTime(value);
  }
  return notOfType(value, "TIME");
}

/** @param isPlain - all fraction digits and no exponent; else trailing zeros go and an exponent may come. */
export function decimalText(type: DecimalType, isPlain: boolean): (value: unknown) => string {
  const { precision, scale } = type;
  const name = `DECIMAL(${precision}, ${scale})`;
  return (value) => {
    if (!Decimal.is(value)) return notOfType(value, name);
    if (!isPlain) return value.toScientificString();
    return value.scale === scale ? value.toString() : value.rescale(scale).toString();
  };
}
