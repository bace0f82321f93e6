/** Columns to declare and messages to try. */
import type { LogicalType, Row, RowType } from "../../../types/logical-type.js";
import { parseType } from "../../../types/parse-type.js";
import type { SeededRandom } from "../seeded-random.js";
import type { Message } from "./decoded-batch.js";

/** A row of the columns a, b, c, ... of these types. */
export function columns(types: readonly string[]): RowType {
  const fields = types.map((text, index) => ({ name: columnName(index), type: typeOf(text) }));
  return { kind: "ROW", nullable: false, fields };
}

/** `a: NULL, b: a value`. */
export function nullPattern(row: Row): string {
  return Object.entries(row)
    .map(([name, value]) => `${name}: ${value === null ? "NULL" : "a value"}`)
    .join(", ");
}

function columnName(index: number): string {
  const letter = String.fromCharCode(97 + (index % 26));
  return index < 26 ? letter : `${letter}${Math.floor(index / 26)}`;
}

function typeOf(text: string): LogicalType {
  return parseType(text);
}

/** Arbitrary bytes, or a sound message with some of them changed. */
export function anyMessage(random: SeededRandom, seeds: readonly Message[]): Uint8Array {
  const seed = seeds.length > 0 && random.next() < 0.6 ? random.pick(seeds) : null;
  if (seed === null || seed.length === 0) return random.bytes(random.between(1, 40));
  const bytes = Uint8Array.from(seed);
  for (let changes = random.between(1, 4); changes > 0; changes--) {
    bytes[random.between(0, bytes.length - 1)] = random.between(0, 255);
  }
  return random.next() < 0.2 ? Buffer.concat([bytes, random.pick(seeds) ?? new Uint8Array(0)]) : bytes;
}
