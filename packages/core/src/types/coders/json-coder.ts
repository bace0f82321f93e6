import { TributaryError } from "../../diagnostics/error.js";
import { undecodable } from "./byte-reader.js";
import { makeCoder, type NestedCoder } from "./nested-coder.js";

/**
 * Anything JSON can hold, as JSON text with the keys of objects sorted; deterministic therefore. Objects come back with
 * sorted keys, `undefined` properties not at all, -0 as 0. `toJSON` is called as JSON.stringify does.
 *
 * @throws `RECORD_MALFORMED` with the place of what JSON cannot hold: NaN, infinities, bigints, functions, symbols,
 *   `undefined` outside of objects, maps, sets, circles.
 * @public
 */
export function jsonCoder<T>(): NestedCoder<T> {
  return shared as unknown as NestedCoder<T>;
}

const shared: NestedCoder<unknown> = makeCoder<unknown>({
  isDeterministic: true,
  append: (value, output) => output.text(sortedJson(value)),
  read: (input) => parse(input.text()),
  outer: {
    append: (value, output) => output.utf8(sortedJson(value)),
    read: (input) => parse(input.utf8(input.remaining)),
  },
  keyOf: sortedJson,
});

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw undecodable((error as Error).message);
  }
}

/** Deepest nesting: a circle ends here. */
const MAX_DEPTH = 1_000;

function sortedJson(value: unknown): string {
  return write(value, []);
}

function write(value: unknown, path: (string | number)[]): string {
  if (value === null) return "null";
  if (typeof value === "object") {
    if (path.length > MAX_DEPTH)
      throw unencodable(`nesting deeper than ${MAX_DEPTH} levels`, path.slice(0, 3));
    return writeObject(value, path);
  }
  if (typeof value === "number" && !Number.isFinite(value)) throw unencodable(String(value), path);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return JSON.stringify(value);
  }
  throw unencodable(typeof value, path);
}

/** `path` is where `value` stands; parts are pushed and popped, since only a fault needs it. */
function writeObject(value: object, path: (string | number)[]): string {
  if (Array.isArray(value)) return writeArray(value, path);
  if ("toJSON" in value && typeof value.toJSON === "function") {
    return write((value as { toJSON(): unknown }).toJSON(), path);
  }
  if (value instanceof Map || value instanceof Set || ArrayBuffer.isView(value)) {
    throw unencodable(`a ${value.constructor.name}`, path);
  }
  const object = value as Record<string, unknown>;
  let text = "";
  for (const key of Object.keys(object).sort()) {
    const one = object[key];
    if (one === undefined) continue;
    path.push(key);
    text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${write(one, path)}`;
    path.pop();
  }
  return `{${text}}`;
}

function writeArray(list: readonly unknown[], path: (string | number)[]): string {
  let text = "";
  for (let index = 0; index < list.length; index++) {
    path.push(index);
    text += `${index === 0 ? "" : ","}${write(list[index], path)}`;
    path.pop();
  }
  return `[${text}]`;
}

function unencodable(what: string, path: readonly (string | number)[]): TributaryError {
  const place = path.length === 0 ? "the value itself" : `'${path.join(".")}'`;
  return new TributaryError({
    severity: "error",
    code: "RECORD_MALFORMED",
    message: `JSON cannot hold ${what}, found at ${place}.`,
    hint: "Give the step a coder that fits its elements, or convert the value before.",
  });
}
