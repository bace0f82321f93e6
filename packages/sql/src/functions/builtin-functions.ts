/** All built-in scalar functions by name, upper case. A new function is a new entry of one of the lists. */
import { COLLECTION_FUNCTIONS } from "./collection.js";
import type { ScalarFunction } from "./function.js";
import { JSON_FUNCTIONS } from "./json.js";
import { NUMERIC_FUNCTIONS } from "./numeric.js";
import { TEXT_FUNCTIONS } from "./text.js";
import { TIME_TEXT_FUNCTIONS } from "./time-text.js";
import { TIME_FUNCTIONS } from "./time.js";

/** Names of the form that the parser writes for TRIM and NOT; nobody can call them. */
const INTERNAL: ReadonlySet<string> = new Set(["NOT", "TRIM_BOTH", "TRIM_LEADING", "TRIM_TRAILING"]);

function byName(functions: readonly ScalarFunction[]): ReadonlyMap<string, ScalarFunction> {
  const all = new Map<string, ScalarFunction>();
  for (const one of functions) for (const name of [one.name, ...(one.aliases ?? [])]) all.set(name, one);
  return all;
}

/** Later lists win: FLOOR and CEIL of the functions on time take numbers too. */
export const BUILTIN_FUNCTIONS: ReadonlyMap<string, ScalarFunction> = byName([
  ...TEXT_FUNCTIONS,
  ...NUMERIC_FUNCTIONS,
  ...COLLECTION_FUNCTIONS,
  ...JSON_FUNCTIONS,
  ...TIME_TEXT_FUNCTIONS,
  ...TIME_FUNCTIONS,
]);

/** The function of a name in a script. */
export function findFunction(name: string): ScalarFunction | undefined {
  const upper = name.toUpperCase();
  return INTERNAL.has(upper) ? undefined : BUILTIN_FUNCTIONS.get(upper);
}

/** Names for messages. */
export function functionNames(): readonly string[] {
  return [...BUILTIN_FUNCTIONS.keys()].filter((name) => !INTERNAL.has(name));
}
