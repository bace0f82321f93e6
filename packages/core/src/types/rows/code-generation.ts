let isAllowed: boolean | undefined;

/** False in a process started with `--disallow-code-generation-from-strings`. Asked once. */
export function isCodeGenerationAllowed(): boolean {
  isAllowed ??= canGenerate();
  return isAllowed;
}

function canGenerate(): boolean {
  try {
    return compile([], "return true;")() === true;
  } catch {
    return false;
  }
}

/**
 * A function from its source. The source must not hold text from outside other than through {@link propertyLiteral} or
 * JSON.stringify.
 */
export function compile(parameters: readonly string[], body: string): (...values: unknown[]) => unknown {
  // oxlint-disable-next-line typescript/no-implied-eval -- the one place that generates code; names are escaped.
  return new Function(...parameters, `"use strict";${body}`) as (...values: unknown[]) => unknown;
}

/** A name as the key of an object literal: quoted and escaped; `__proto__` computed, since plain it is no data. */
export function propertyLiteral(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : JSON.stringify(name);
}
