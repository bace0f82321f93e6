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

/** The identity of any value that the value coder takes. */
function valueIdentity(value: unknown): Identity {
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return value;
  // Encoded values begin with a zero character; a string that does too is marked, so that the two never meet.
  if (typeof value === "string") return value.charCodeAt(0) === 0 ? `\0s${value}` : value;
  return `\0x${encoded(value)}`;
}

/** Self-delimiting: a string and what is encoded carry their lengths. */
function part(value: unknown): string {
  if (typeof value === "string") return `s${value.length}:${value}`;
  if (typeof value === "number") return `n${value};`;
  if (typeof value === "bigint") return `i${value};`;
  if (typeof value === "boolean") return value ? "t" : "f";
  const text = encoded(value);
  return `x${text.length}:${text}`;
}

function encoded(value: unknown): string {
  return value === null ? "null" : Buffer.from(VALUE_CODER.encode(value)).toString("latin1");
}
