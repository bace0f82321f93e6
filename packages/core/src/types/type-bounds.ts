import { MAX_LENGTH } from "./logical-type.js";

/** Least and greatest legal number, both inclusive. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Bounds of the numbers in types. Flink documentation, "Data Types". */
export const TYPE_BOUNDS = {
  /** Characters or bytes. */
  length: { min: 1, max: MAX_LENGTH },
  /** Digits of a DECIMAL in all. */
  decimalPrecision: { min: 1, max: 38 },
  /** Fraction digits of the second. */
  fraction: { min: 0, max: 9 },
  /** Digits of an interval's years. */
  intervalYears: { min: 1, max: 4 },
  /** Digits of an interval's days. */
  intervalDays: { min: 1, max: 6 },
} as const satisfies Record<string, Bounds>;
