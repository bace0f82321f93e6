/**
 * Coders that can stand inside others. `encode` gives an element's bytes when nothing follows (the outer form);
 * {@link NestedCoder.append} gives bytes that say themselves where they end. After the Apache Beam model, whose layouts
 * are kept: varint, big-endian doubles, length-prefixed text and bytes, rows with a null bitmap.
 */
import type { Coder } from "./coder.js";
import { ByteReader, undecodable } from "./byte-reader.js";
import { withWriter, type ByteWriter } from "./byte-writer.js";

/** A value that a Map takes as a key by value. @public */
export type KeyPrimitive = string | number | bigint | boolean | null;

/** A coder with a form for nested use. @public */
export interface NestedCoder<T> extends Coder<T> {
  /** Writes a form that is self-delimiting. */
  append(value: T, output: ByteWriter): void;
  /** Reads what `append` wrote. */
  read(input: ByteReader): T;
  /** Two keys are equal (as keys of a Map) exactly when the encoded bytes are. Faster than encoding. */
  keyOf(value: T): KeyPrimitive;
}

/** What makes a coder. @public */
export interface CoderParts<T> {
  readonly isDeterministic: boolean;
  readonly append: (value: T, output: ByteWriter) => void;
  readonly read: (input: ByteReader) => T;
  /** The outer form, if it differs from the nested one. */
  readonly outer?: Pick<CoderParts<T>, "append" | "read">;
  /** Default: the encoded bytes, one character a byte. */
  readonly keyOf?: (value: T) => KeyPrimitive;
}

/** A coder from its parts. @public */
export function makeCoder<T>(parts: CoderParts<T>): NestedCoder<T> {
  const outer = parts.outer ?? parts;
  return {
    isDeterministic: parts.isDeterministic,
    append: parts.append,
    read: parts.read,
    encode: (value) =>
      withWriter((output) => {
        outer.append(value, output);
        return output.take();
      }),
    decode: (bytes) => {
      const input = new ByteReader(bytes);
      const value = outer.read(input);
      if (input.remaining > 0) throw undecodable(`${input.remaining} bytes are left over`);
      return value;
    },
    keyOf:
      parts.keyOf ??
      ((value) =>
        withWriter((output) => {
          outer.append(value, output);
          return output.takeLatin1();
        })),
  };
}

function isNested<T>(coder: Coder<T>): coder is NestedCoder<T> {
  return "append" in coder && "read" in coder && "keyOf" in coder;
}

/** The coder itself if it can nest; else the same with a length before its bytes. @public */
export function nestedCoder<T>(coder: Coder<T>): NestedCoder<T> {
  if (isNested(coder)) return coder;
  return makeCoder<T>({
    isDeterministic: coder.isDeterministic,
    append: (value, output) => output.bytes(coder.encode(value)),
    read: (input) => coder.decode(input.bytes()),
    outer: {
      append: (value, output) => output.raw(coder.encode(value)),
      read: (input) => coder.decode(input.raw(input.remaining)),
    },
  });
}

/**
 * A function from a value to a key for a Map: two keys are equal exactly when the bytes that `coder` makes are. Strings,
 * numbers and bigints are their own keys.
 *
 * @public
 */
export function keyOf<T>(coder: Coder<T>): (value: T) => KeyPrimitive {
  const nested = nestedCoder(coder);
  return (value) => nested.keyOf(value);
}
