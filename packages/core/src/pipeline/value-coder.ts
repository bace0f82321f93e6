/**
 * A coder for what a pipeline in TypeScript keeps as keys and accumulators without saying more: primitives, arrays,
 * plain objects, maps, sets, bytes, dates and the value classes of core. The bytes are JSON in UTF-8; what JSON lacks
 * stands in an object with one property whose name begins with `$`.
 */
import type { Coder } from "../types/coders/coder.js";
import { Decimal } from "../types/values/decimal.js";
import { Instant } from "../types/values/instant.js";
import { LocalTimestamp } from "../types/values/local-timestamp.js";

/**
 * Deterministic: equal values give equal bytes, where two objects are equal when they have equal properties in the
 * same order.
 *
 * @public
 */
export const VALUE_CODER: Coder<unknown> = {
  isDeterministic: true,
  encode: (value) => Buffer.from(JSON.stringify(toJson(value)), "utf8"),
  decode: (bytes) =>
    fromJson(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"))),
};

/** A value that is no plain one. */
export class UnkeptValueError extends TypeError {
  /** Which it is: "an instance of Money". */
  readonly what: string;

  constructor(what: string) {
    super(
      `${what.charAt(0).toUpperCase()}${what.slice(1)} cannot be kept in a checkpoint; give the step a coder.`,
    );
    this.what = what;
  }
}

/** @throws UnkeptValueError for functions, symbols and instances of classes that are not listed above. */
function toJson(value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (Object.is(value, -0)) return { $number: "-0" };
      return Number.isFinite(value) ? value : { $number: String(value) };
    case "bigint":
      return { $bigint: String(value) };
    case "undefined":
      return { $undefined: 0 };
    case "object":
      return value === null ? null : objectToJson(value);
    case "function":
    case "symbol":
      throw new UnkeptValueError(`a ${typeof value}`);
  }
}

function objectToJson(value: object): unknown {
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Uint8Array) {
    return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
  }
  if (value instanceof Map) return { $map: Array.from(value, ([k, v]) => [toJson(k), toJson(v)]) };
  if (value instanceof Set) return { $set: Array.from(value, toJson) };
  if (value instanceof Date) return { $date: value.getTime() };
  if (Decimal.is(value)) return { $decimal: [String(value.unscaled), value.scale] };
  if (Instant.is(value)) return { $instant: [value.epochMillis, value.nanosOfMilli] };
  if (LocalTimestamp.is(value)) return { $timestamp: [value.epochMillis, value.nanosOfMilli] };
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    throw new UnkeptValueError(`an instance of ${value.constructor.name}`);
  }
  return plainObjectToJson(value as Record<string, unknown>);
}

/** JavaScript moves keys that look like array indexes to the front, and `__proto__` is no data in a literal. */
function plainObjectToJson(value: Record<string, unknown>): unknown {
  const entries = Object.entries(value);
  if (entries.some(([key]) => key.startsWith("$") || key === "__proto__")) {
    return { $object: entries.map(([key, one]) => [key, toJson(one)]) };
  }
  return Object.fromEntries(entries.map(([key, one]) => [key, toJson(one)]));
}

function fromJson(json: unknown): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map(fromJson);
  const entries = Object.entries(json as Record<string, unknown>);
  const first = entries[0];
  if (first === undefined || !first[0].startsWith("$")) return objectOf(entries);
  return taggedFromJson(first[0], first[1]);
}

function taggedFromJson(tag: string, content: unknown): unknown {
  switch (tag) {
    case "$number":
      return Number(content);
    case "$bigint":
      return BigInt(content as string);
    case "$undefined":
      return undefined;
    case "$bytes":
      return new Uint8Array(Buffer.from(content as string, "base64"));
    case "$map":
      return new Map((content as [unknown, unknown][]).map(([k, v]) => [fromJson(k), fromJson(v)]));
    case "$set":
      return new Set((content as unknown[]).map(fromJson));
    case "$date":
      return new Date(content as number);
    case "$object":
      return objectOf(content as [string, unknown][]);
    default:
      return classFromJson(tag, content);
  }
}

function classFromJson(tag: string, content: unknown): unknown {
  const [first, second] = content as [unknown, number];
  switch (tag) {
    case "$decimal":
      return new Decimal(BigInt(first as string), second);
    case "$instant":
      return new Instant(first as number, second);
    case "$timestamp":
      return new LocalTimestamp(first as number, second);
    default:
      throw new TypeError(`'${tag}' is not a tag of the value coder.`);
  }
}

function objectOf(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    if (key === "__proto__") {
      Object.defineProperty(object, key, {
        value: fromJson(value),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else {
      object[key] = fromJson(value);
    }
  }
  return object;
}
