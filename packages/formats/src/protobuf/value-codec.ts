/** Scalars and enums between the wire and the values of a column. */
import { BIGINT_MAX, BIGINT_MIN, INTEGER_RANGES } from "@tributary/core";
import type { LogicalType } from "@tributary/core";
import { notOfType } from "../text/encode-failure.js";
import { characterText } from "../text/value-text.js";
import { enumCodec } from "./enum-codec.js";
import type { EnumType, FieldKind, ScalarName } from "./message-type.js";
import { WIRE } from "./wire-reader.js";
import type { WireReader, WireType } from "./wire-reader.js";
import type { WireWriter } from "./wire-writer.js";

/** Reads and writes one value, without its tag. */
export interface ValueCodec {
  readonly wireType: WireType;
  /** @returns `undefined` for a value that counts as absent: a number that a closed enum does not declare. */
  read(wire: WireReader): unknown;
  /** @throws UnwritableValue for a value that is not of the column's type. */
  write(value: unknown, out: WireWriter): void;
  /** Is it the value that is not written where there is no presence? */
  isZero(value: unknown): boolean;
  /** What an absent value without declared default gives. */
  readonly zero: unknown;
  /** The value of a default as a descriptor has it. */
  parseDefault(text: string): unknown;
}

export function codecOf(
  kind:
    | { readonly kind: "scalar"; readonly scalar: ScalarName }
    | { readonly kind: "enum"; readonly type: EnumType },
  column: LogicalType,
): ValueCodec {
  return kind.kind === "scalar" ? CODECS[kind.scalar] : enumCodec(kind.type, column);
}

/** The wire type of a single value. */
export function wireTypeOf(kind: FieldKind): WireType {
  switch (kind.kind) {
    case "scalar":
      return CODECS[kind.scalar].wireType;
    case "enum":
      return WIRE.varint;
    case "group":
      return WIRE.startGroup;
    case "message":
    case "map":
      return WIRE.length;
  }
}

/** 32 bits, signed or not: the column is an INT with the same bits. */
function int32Codec(
  wireType: WireType,
  read: (wire: WireReader) => number,
  write: (out: WireWriter, value: number) => void,
): ValueCodec {
  const { min, max } = INTEGER_RANGES.INT;
  return {
    wireType,
    read,
    write(value, out) {
      if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
        return notOfType(value, "INT");
      }
      write(out, value);
    },
    isZero: (value) => value === 0,
    zero: 0,
    parseDefault: (text) => Number(text) | 0,
  };
}

/** 64 bits, signed or not: the column is a BIGINT with the same bits. */
function int64Codec(
  wireType: WireType,
  read: (wire: WireReader) => bigint,
  write: (out: WireWriter, value: bigint) => void,
): ValueCodec {
  return {
    wireType,
    read,
    write(value, out) {
      if (typeof value !== "bigint" || value < BIGINT_MIN || value > BIGINT_MAX) {
        return notOfType(value, "BIGINT");
      }
      write(out, value);
    },
    isZero: (value) => value === 0n,
    zero: 0n,
    parseDefault: (text) => (/^-?\d+$/.test(text) ? BigInt.asIntN(64, BigInt(text)) : 0n),
  };
}

function floatingCodec(
  name: "FLOAT" | "DOUBLE",
  wireType: WireType,
  read: (wire: WireReader) => number,
  write: (out: WireWriter, value: number) => void,
): ValueCodec {
  return {
    wireType,
    read,
    write(value, out) {
      if (typeof value !== "number") return notOfType(value, name);
      write(out, value);
    },
    // A negative zero is no zero here: its bits are not.
    isZero: (value) => Object.is(value, 0),
    zero: 0,
    parseDefault: (text) => (name === "FLOAT" ? Math.fround(floatingOf(text)) : floatingOf(text)),
  };
}

function floatingOf(text: string): number {
  if (text === "inf") return Number.POSITIVE_INFINITY;
  if (text === "-inf") return Number.NEGATIVE_INFINITY;
  return Number(text);
}

const boolCodec: ValueCodec = {
  wireType: WIRE.varint,
  read: (wire) => wire.bool(),
  write(value, out) {
    if (typeof value !== "boolean") return notOfType(value, "BOOLEAN");
    out.uint32(value ? 1 : 0);
  },
  isZero: (value) => value === false,
  zero: false,
  parseDefault: (text) => text === "true",
};

const stringCodec: ValueCodec = {
  wireType: WIRE.length,
  read: (wire) => wire.string(),
  write: (value, out) => out.string(characterText(value)),
  isZero: (value) => value === "",
  zero: "",
  parseDefault: (text) => text,
};

const bytesCodec: ValueCodec = {
  wireType: WIRE.length,
  read: (wire) => wire.bytes(),
  write(value, out) {
    if (!(value instanceof Uint8Array)) return notOfType(value, "BYTES");
    out.bytes(value);
  },
  isZero: (value) => value instanceof Uint8Array && value.length === 0,
  zero: new Uint8Array(0),
  parseDefault: unescapedBytes,
};

const CODECS: Readonly<Record<ScalarName, ValueCodec>> = {
  bool: boolCodec,
  string: stringCodec,
  bytes: bytesCodec,
  float: floatingCodec(
    "FLOAT",
    WIRE.fixed32,
    (wire) => wire.float(),
    (out, value) => out.float(value),
  ),
  double: floatingCodec(
    "DOUBLE",
    WIRE.fixed64,
    (wire) => wire.double(),
    (out, value) => out.double(value),
  ),
  int32: int32Codec(
    WIRE.varint,
    (wire) => wire.int32(),
    (out, value) => out.int32(value),
  ),
  uint32: int32Codec(
    WIRE.varint,
    (wire) => wire.int32(),
    (out, value) => out.uint32(value),
  ),
  sint32: int32Codec(
    WIRE.varint,
    (wire) => wire.sint32(),
    (out, value) => out.sint32(value),
  ),
  fixed32: int32Codec(
    WIRE.fixed32,
    (wire) => wire.fixed32(),
    (out, value) => out.fixed32(value),
  ),
  sfixed32: int32Codec(
    WIRE.fixed32,
    (wire) => wire.fixed32(),
    (out, value) => out.fixed32(value),
  ),
  int64: int64Codec(
    WIRE.varint,
    (wire) => wire.int64(),
    (out, value) => out.int64(value),
  ),
  uint64: int64Codec(
    WIRE.varint,
    (wire) => wire.int64(),
    (out, value) => out.int64(value),
  ),
  sint64: int64Codec(
    WIRE.varint,
    (wire) => wire.sint64(),
    (out, value) => out.sint64(value),
  ),
  fixed64: int64Codec(
    WIRE.fixed64,
    (wire) => wire.fixed64(),
    (out, value) => out.fixed64(value),
  ),
  sfixed64: int64Codec(
    WIRE.fixed64,
    (wire) => wire.fixed64(),
    (out, value) => out.fixed64(value),
  ),
};

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
};

/** A default of bytes stands in the descriptor with escapes as in C. */
function unescapedBytes(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const [part, octal, hexadecimal, escape] of text.matchAll(
    /\\([0-7]{1,3})|\\[xX]([0-9a-fA-F]{1,2})|\\(.)|[^\\]/gsu,
  )) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 0xff);
    else if (hexadecimal !== undefined) bytes.push(Number.parseInt(hexadecimal, 16));
    else if (escape !== undefined) bytes.push(SIMPLE_ESCAPES[escape] ?? escape.charCodeAt(0));
    else bytes.push(...Buffer.from(part, "utf8"));
  }
  return Uint8Array.from(bytes);
}
