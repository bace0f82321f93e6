/**
 * A primitive for each key: two keys are equal exactly when their primitives are. A single property that is a primitive
 * stands for itself; several are written into one string, each with its kind and length, so that no two keys meet.
 */
import type { CombineBinding } from "./graph.js";
import { VALUE_CODER } from "./value-coder.js";

type Identity = string | number | bigint | boolean;

/** How the values of some properties serve as key. */
export function fieldKey(
  by: readonly string[],
): Pick<CombineBinding, "keyOf" | "keyIdentity" | "elementIdentity"> {
  const identity = fieldIdentity(by);
  return { keyOf: fieldPicker(by), keyIdentity: identity, elementIdentity: identity };
}

function fieldPicker(by: readonly string[]): (value: Record<string, unknown>) => Record<string, unknown> {
  return (value) => Object.fromEntries(by.map((name) => [name, value[name]]));
}

function fieldIdentity(by: readonly string[]): (value: Record<string, unknown>) => Identity {
  const [first, ...others] = by;
  if (first === undefined) return () => 0;
  if (others.length === 0) return (value) => valueIdentity(value[first]);
  return (value) => {
    let identity = part(value[first]);
    for (const name of others) identity += part(value[name]);
    return identity;
  };
}

/** The identity of any key that the value coder takes. A string begins with a mark that others do not. */
export function valueIdentity(key: unknown): Identity {
  switch (typeof key) {
    case "string":
      return `s${key}`;
    case "number":
    case "bigint":
    case "boolean":
      return key;
    default:
      return `x${encoded(key)}`;
  }
}

function part(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `s${value.length}:${value}`;
    case "number":
      return `n${value};`;
    case "bigint":
      return `i${value};`;
    case "boolean":
      return value ? "t" : "f";
    default: {
      const text = encoded(value);
      return `x${text.length}:${text}`;
    }
  }
}

function encoded(value: unknown): string {
  return value === null ? "null" : Buffer.from(VALUE_CODER.encode(value)).toString("latin1");
}
