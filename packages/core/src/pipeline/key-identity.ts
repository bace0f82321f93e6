/**
 * A primitive for each key: two keys are equal exactly when their primitives are. A single property that is a primitive
 * stands for itself; several are written into one string, each with its kind and length, so that no two keys meet.
 */
import type { Coder } from "../types/coders/coder.js";
import type { NestedCoder } from "../types/coders/nested-coder.js";
import type { CombineBinding } from "./graph.js";
import { VALUE_CODER } from "./value-coder.js";

/** What stands for a key: two keys are equal exactly when these are. */
export type KeyIdentity = string | number | bigint | boolean;

/** Stands for -0, which a Map takes for 0: the bytes differ. Encoded keys begin so, and none of them is like it. */
const MINUS_ZERO = "\0-0";
/** Stands for a key that a nullable coder has none for. */
const NO_KEY = "\0null";

/** Of a coder the half that tells keys apart. */
interface KeyEncoder {
  encode(key: never): Uint8Array;
}

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

function fieldIdentity(by: readonly string[]): (value: Record<string, unknown>) => KeyIdentity {
  const [first, ...others] = by;
  if (first === undefined) return () => 0;
  if (others.length === 0) return (value) => keyIdentity(value[first], VALUE_CODER);
  return (value) => {
    let identity = part(value[first]);
    for (const name of others) identity += part(value[name]);
    return identity;
  };
}

/** The identity of a key: a primitive stands for itself, anything else goes by its encoded bytes. */
export function keyIdentity(key: unknown, coder: KeyEncoder): KeyIdentity {
  if (typeof key === "number") return Object.is(key, -0) ? MINUS_ZERO : key;
  if (typeof key === "bigint" || typeof key === "boolean") return key;
  // Encoded keys begin with a zero character; a string that does too is marked, so that the two never meet.
  if (typeof key === "string") return key.charCodeAt(0) === 0 ? `\0s${key}` : key;
  return `\0x${encoded(key, coder)}`;
}

/**
 * How a coder of the user's own tells keys apart: by the bytes, also where keys are primitives. The coders of core say
 * what stands for the bytes.
 */
export function coderIdentity(coder: Coder<never>): (key: never) => KeyIdentity {
  const { keyOf } = coder as Partial<NestedCoder<never>>;
  if (keyOf === undefined) return (key) => encoded(key, coder);
  return (key) => {
    const primitive = keyOf(key);
    return primitive === null ? NO_KEY : keyIdentity(primitive, VALUE_CODER);
  };
}

/** Self-delimiting: a string and what is encoded carry their lengths. */
function part(value: unknown): string {
  if (typeof value === "string") return `s${value.length}:${value}`;
  if (typeof value === "number") return Object.is(value, -0) ? "n-0;" : `n${value};`;
  if (typeof value === "bigint") return `i${value};`;
  if (typeof value === "boolean") return value ? "t" : "f";
  const text = encoded(value, VALUE_CODER);
  return `x${text.length}:${text}`;
}

/** One character a byte. */
function encoded(value: unknown, coder: KeyEncoder): string {
  const bytes = coder.encode(value as never);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
