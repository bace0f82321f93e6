/**
 * A row's field of any name. Every object has a `toString` and a `constructor` from its prototype: of names like these
 * only the row's own field counts, so that one that is left out is NULL like any other.
 */
import { quote } from "./generated-code.js";

type Fields = Readonly<Record<string, unknown>>;

export type FieldReader = (row: Fields) => unknown;

export function fieldReader(name: string): FieldReader {
  if (name in Object.prototype) return (row) => (Object.hasOwn(row, name) ? row[name] : undefined);
  return (row) => row[name];
}

/** The same as source text, in terms of `row`. */
export function fieldCode(name: string): string {
  const key = quote(name);
  return name in Object.prototype ? `(Object.hasOwn(row, ${key}) ? row[${key}] : undefined)` : `row[${key}]`;
}
