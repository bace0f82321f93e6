import { INTEGER_RANGES } from "@tributary/core";
import type { LogicalType } from "@tributary/core";
import { notOfType } from "../text/encode-failure.js";
import { characterText } from "../text/value-text.js";
import type { EnumType } from "./message-type.js";
import type { ValueCodec } from "./value-codec.js";
import { WIRE } from "./wire-reader.js";

/** Name of a number that an open enum does not declare, as generated Java classes have it. */
const UNRECOGNIZED = "UNRECOGNIZED";

/** An enum as its values' names or as their numbers, by the column's type. */
export function enumCodec(type: EnumType, column: LogicalType): ValueCodec {
  if (column.kind === "CHAR" || column.kind === "VARCHAR") return nameCodec(type);
  return numberCodec(type, column.kind as keyof typeof INTEGER_RANGES | "BIGINT");
}

function nameCodec(type: EnumType): ValueCodec {
  const names = new Map<number, string>();
  const numbers = new Map<string, number>();
  for (const { name, number } of type.values) {
    // Of several names of one number the first counts.
    if (!names.has(number)) names.set(number, name);
    numbers.set(name, number);
  }
  const first = type.values[0];
  const unknown = type.isClosed ? undefined : UNRECOGNIZED;
  const numberOf = (value: unknown): number => numbers.get(characterText(value)) ?? first?.number ?? 0;
  return {
    wireType: WIRE.varint,
    read: (wire) => names.get(wire.int32()) ?? unknown,
    write: (value, out) => out.int32(numberOf(value)),
    isZero: (value) => numberOf(value) === 0,
    zero: first?.name ?? "",
    parseDefault: (text) => text,
  };
}

function numberCodec(type: EnumType, column: keyof typeof INTEGER_RANGES | "BIGINT"): ValueCodec {
  const declared = new Set(type.values.map(({ number }) => number));
  const first = type.values[0]?.number ?? 0;
  const isWide = column === "BIGINT";
  const { min, max } = INTEGER_RANGES[isWide ? "INT" : column];
  const numberOf = (value: unknown): number => {
    if (typeof value !== (isWide ? "bigint" : "number")) return notOfType(value, column);
    const number = Number(value);
    return declared.has(number) ? number : first;
  };
  const cell = (number: number): number | bigint => (isWide ? BigInt(number) : number);
  return {
    wireType: WIRE.varint,
    read(wire) {
      const start = wire.pos;
      const number = wire.int32();
      if (type.isClosed && !declared.has(number)) return undefined;
      if (number < min || number > max) {
        return wire.fail(
          `The number ${number} of the enum ${type.name} is out of the range of ${column}.`,
          start,
        );
      }
      return cell(number);
    },
    write: (value, out) => out.int32(numberOf(value)),
    isZero: (value) => numberOf(value) === 0,
    zero: cell(first),
    parseDefault: (text) => cell(type.values.find(({ name }) => name === text)?.number ?? first),
  };
}
