import type { CrossCheckContext, OptionFault } from "@tributary/core";

/** Bounds of a number option, both inclusive. */
export interface NumberRange {
  readonly key: string;
  readonly value: number | undefined;
  readonly min: number;
  readonly max?: number;
  readonly unit?: string;
  /** Why, where the bound is not obvious. */
  readonly hint?: string;
}

/** One fault for each given number out of its bounds. */
export function outOfRange(
  context: CrossCheckContext,
  ranges: readonly NumberRange[],
): readonly OptionFault[] {
  return ranges.flatMap(({ key, value, min, max = Infinity, unit, hint }) => {
    if (value === undefined || !context.isGiven(key) || (value >= min && value <= max)) return [];
    const bounds = max === Infinity ? `at least ${min}` : `from ${min} to ${max}`;
    return [
      {
        key,
        message: `The value '${value}' of option '${context.fullKey(key)}' must be ${bounds}${unit === undefined ? "" : ` ${unit}`}.`,
        ...(hint === undefined ? {} : { hint }),
      },
    ];
  });
}
