/**
 * Of a field that an object repeats the last value counts, so an earlier one need not fit. Readers find that out too
 * late, at a value that does not fit; such a message is read once more, without what is repeated later.
 */
import { JsonScanner, NESTING_MAX } from "./json-scanner.js";

const BLANK = 0x20;

/**
 * Makes the scanner read its message once more, without the fields that the same object has again further on; every
 * other byte keeps its place.
 *
 * @returns false if there are none, or if the message failed as a text; the scanner then still says why.
 */
export function rereadLastFields(scanner: JsonScanner): boolean {
  const bytes = scanner.isSyntax ? undefined : withoutRepeatedFields(scanner.bytes);
  if (bytes === undefined) return false;
  scanner.reset(bytes);
  return true;
}

function withoutRepeatedFields(message: Uint8Array): Uint8Array | undefined {
  const scanner = new JsonScanner(false);
  scanner.reset(message);
  const repeated: (readonly [start: number, end: number])[] = [];
  try {
    findInValue(scanner, repeated, 0);
  } catch (error) {
    if (error !== scanner.failure) throw error;
    return undefined;
  }
  if (repeated.length === 0) return undefined;
  const bytes = new Uint8Array(message);
  for (const [start, end] of repeated) bytes.fill(BLANK, start, end);
  return bytes;
}

/** Passes over a value and takes down the repeated fields in it, each with the comma behind it. */
function findInValue(scanner: JsonScanner, repeated: (readonly [number, number])[], depth: number): void {
  const opening = scanner.peek();
  if (opening !== 0x7b && opening !== 0x5b) return scanner.skip();
  if (depth >= NESTING_MAX) scanner.tooDeep();
  const closing = opening === 0x7b ? 0x7d : 0x5d;
  const fields = new Map<string, readonly [number, number]>();
  scanner.pos++;
  if (scanner.peek() === closing) {
    scanner.pos++;
    return undefined;
  }
  for (let byte = 0x2c; byte === 0x2c;) {
    if (closing === 0x7d && scanner.peek() !== 0x22) scanner.unexpected("a field's name");
    const start = scanner.pos;
    const name = closing === 0x7d ? scanner.string() : undefined;
    if (name !== undefined) scanner.colon();
    findInValue(scanner, repeated, depth + 1);
    byte = scanner.peek();
    if (byte !== 0x2c && byte !== closing) scanner.unexpected("',' or the end of the value");
    scanner.pos++;
    if (name === undefined) continue;
    const earlier = fields.get(name);
    if (earlier !== undefined) repeated.push(earlier);
    fields.set(name, [start, scanner.pos]);
  }
}
