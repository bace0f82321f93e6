/** One value as the bytes of a message, and back. */
import { BIGINT_MAX, BIGINT_MIN, INTEGER_RANGES, isCharacterType, printType } from "@tributary/core";
import type { LogicalType } from "@tributary/core";
import { notOfType, UnwritableValue } from "../text/encode-failure.js";
import { excerpt } from "../text/excerpt.js";
import type { Charset } from "./charset.js";

/** Why a message's bytes are no value of the column's type. */
export class WrongBytes {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** @returns the value, or {@link WrongBytes}. */
export type RawReader = (bytes: Uint8Array) => unknown;

/** Writes a value that is not NULL. */
export type RawWriter = (value: unknown) => Uint8Array;

export interface RawSettings {
  readonly charset: Charset;
  readonly isLittleEndian: boolean;
}

/** A type whose values have one number of bytes. */
interface FixedCodec {
  readonly size: number;
  readonly get: (view: DataView, isLittleEndian: boolean) => unknown;
  readonly set: (view: DataView, value: unknown, isLittleEndian: boolean) => void;
}

const FIXED: Readonly<Partial<Record<LogicalType["kind"], FixedCodec>>> = {
  BOOLEAN: {
    size: 1,
    get: (view) => view.getUint8(0) !== 0,
    set: (view, value) =>
      typeof value === "boolean" ? view.setUint8(0, value ? 1 : 0) : notOfType(value, "BOOLEAN"),
  },
  TINYINT: {
    size: 1,
    get: (view) => view.getInt8(0),
    set: (view, value) => view.setInt8(0, integer("TINYINT", value)),
  },
  SMALLINT: {
    size: 2,
    get: (view, isLittle) => view.getInt16(0, isLittle),
    set: (view, value, isLittle) => view.setInt16(0, integer("SMALLINT", value), isLittle),
  },
  INT: {
    size: 4,
    get: (view, isLittle) => view.getInt32(0, isLittle),
    set: (view, value, isLittle) => view.setInt32(0, integer("INT", value), isLittle),
  },
  BIGINT: {
    size: 8,
    get: (view, isLittle) => view.getBigInt64(0, isLittle),
    set: (view, value, isLittle) =>
      typeof value === "bigint" && value >= BIGINT_MIN && value <= BIGINT_MAX
        ? view.setBigInt64(0, value, isLittle)
        : notOfType(value, "BIGINT"),
  },
  FLOAT: {
    size: 4,
    get: (view, isLittle) => view.getFloat32(0, isLittle),
    set: (view, value, isLittle) =>
      typeof value === "number" ? view.setFloat32(0, value, isLittle) : notOfType(value, "FLOAT"),
  },
  DOUBLE: {
    size: 8,
    get: (view, isLittle) => view.getFloat64(0, isLittle),
    set: (view, value, isLittle) =>
      typeof value === "number" ? view.setFloat64(0, value, isLittle) : notOfType(value, "DOUBLE"),
  },
};

function integer(kind: "TINYINT" | "SMALLINT" | "INT", value: unknown): number {
  const { min, max } = INTEGER_RANGES[kind];
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  return notOfType(value, kind);
}

const SUPPORTED: ReadonlySet<string> = new Set([
  "CHAR",
  "VARCHAR",
  "BINARY",
  "VARBINARY",
  ...Object.keys(FIXED),
]);

/** Why raw cannot carry a column's type; `undefined` if it can. */
export function rawFault(type: LogicalType): string | undefined {
  return SUPPORTED.has(type.kind) ? undefined : `the type ${printType(type)} is not supported.`;
}

/** The reader for a type that was checked to be supported. */
export function createRawReader(type: LogicalType, { charset, isLittleEndian }: RawSettings): RawReader {
  if (isCharacterType(type)) return (bytes) => charset.decode(bytes);
  const codec = FIXED[type.kind];
  // A copy; a Buffer's own `slice` would not be one.
  if (codec === undefined) return (bytes) => new Uint8Array(bytes);
  const { size, get } = codec;
  const unit = size === 1 ? "byte" : "bytes";
  return (bytes) => {
    if (bytes.length === size) {
      return get(new DataView(bytes.buffer, bytes.byteOffset, size), isLittleEndian);
    }
    return new WrongBytes(`The type ${type.kind} has ${size} ${unit}, and there are ${bytes.length}.`);
  };
}

/**
 * The writer for a type that was checked to be supported.
 *
 * @param encode - of the character set.
 */
export function createRawWriter(
  type: LogicalType,
  { charset, isLittleEndian }: RawSettings,
  encode: (text: string) => Uint8Array | undefined,
): RawWriter {
  if (isCharacterType(type)) {
    return (value) => {
      if (typeof value !== "string") return notOfType(value, "a character type");
      const bytes = encode(value);
      if (bytes !== undefined) return bytes;
      throw new UnwritableValue(
        `${excerpt(value)} has a character that ${charset.name} lacks.`,
        "Choose UTF-8 or UTF-16 with the option 'raw.charset'.",
      );
    };
  }
  const codec = FIXED[type.kind];
  if (codec === undefined) {
    return (value) => (value instanceof Uint8Array ? value : notOfType(value, printType(type)));
  }
  const { size, set } = codec;
  return (value) => {
    const bytes = new Uint8Array(size);
    set(new DataView(bytes.buffer), value, isLittleEndian);
    return bytes;
  };
}
