/**
 * Code made from a schema. Where making code from strings is forbidden (a content security policy, or Node's
 * `--disallow-code-generation-from-strings`) closures do the same work, more slowly.
 */

/** `generated`: code where the platform allows it; `closures`: never. @internal */
export type CodeStyle = "generated" | "closures";

/**
 * Compiles a function body.
 *
 * @param scope - values that the body sees, by name. Anything that comes from a schema enters the body through
 *   {@link quote} or through here, never as it is.
 * @returns `undefined` where it is not allowed or not wanted.
 */
export function generate<T>(
  style: CodeStyle,
  scope: Readonly<Record<string, unknown>>,
  body: string,
): T | undefined {
  if (style === "closures") return undefined;
  try {
    // The purpose of this function.
    // oxlint-disable-next-line no-implied-eval, no-new-func, typescript/no-implied-eval
    const make = new Function(...Object.keys(scope), `"use strict";\n${body}`) as (...values: unknown[]) => T;
    return make(...Object.values(scope));
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

/** A string as source text. */
export function quote(text: string): string {
  return JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** A key of an object literal as source text; computed, so that `__proto__` is a key like others. */
export function quoteKey(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : quote(name);
}
