import { invariant } from "../../diagnostics/error.js";
import type { LogicalType } from "../logical-type.js";
import type { Cast } from "./cast.js";

/** Byte strings to byte strings of another length. */
export function fromBinary(to: LogicalType): Cast {
  invariant(to.kind === "BINARY" || to.kind === "VARBINARY", `bytes cast to ${to.kind}`);
  const { kind, length } = to;
  return (value: Uint8Array) => fitBytes(value, kind, length);
}

/** Cut to `length` bytes; BINARY also filled with zeros up to it. A copy only where something changes. */
export function fitBytes(bytes: Uint8Array, kind: "BINARY" | "VARBINARY", length: number): Uint8Array {
  if (bytes.length === length || (kind === "VARBINARY" && bytes.length < length)) {
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  if (bytes.length > length) return new Uint8Array(bytes.subarray(0, length));
  const filled = new Uint8Array(length);
  filled.set(bytes);
  return filled;
}
