/** Bytes to text and back, around Node's native codecs. */
import { isUtf8 } from "node:buffer";
import { utf32Text } from "./utf32.js";

interface NativeSlices {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

// They work on any Uint8Array and skip the argument checks of `toString`. Node has had them since version 0.x.
const native = Buffer.prototype as unknown as NativeSlices;

/** One character a byte. */
export function latin1Text(bytes: Uint8Array, start: number, end: number): string {
  return native.latin1Slice.call(bytes, start, end);
}

/** @returns `undefined` if the bytes are no UTF-8. A byte order mark stays as U+FEFF. */
export function utf8Text(bytes: Uint8Array, start: number, end: number): string | undefined {
  const text = native.utf8Slice.call(bytes, start, end);
  if (text.includes("\ufffd") && !isUtf8(bytes.subarray(start, end))) return undefined;
  return text;
}

/** Text of bytes for a message, whatever they are. */
export function lossyText(bytes: Uint8Array): string {
  return native.utf8Slice.call(bytes, 0, bytes.length);
}

/**
 * The UTF-8 form of bytes that start with a byte order mark: without the mark, and converted if the mark says UTF-16
 * or UTF-32.
 *
 * @returns `undefined` if there is no mark.
 */
export function withoutByteOrderMark(bytes: Uint8Array): Uint8Array | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return bytes.subarray(3);
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return utf8OfUtf32(bytes, false);
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) return utf8OfUtf32(bytes, true);
  if (a === 0xfe && b === 0xff) return utf8OfUtf16(bytes, "utf-16be");
  if (a === 0xff && b === 0xfe) return utf8OfUtf16(bytes, "utf-16le");
  return undefined;
}

function utf8OfUtf16(bytes: Uint8Array, encoding: "utf-16be" | "utf-16le"): Uint8Array {
  return Buffer.from(new TextDecoder(encoding).decode(bytes), "utf8");
}

function utf8OfUtf32(bytes: Uint8Array, isLittleEndian: boolean): Uint8Array {
  return Buffer.from(utf32Text(bytes.subarray(4), isLittleEndian), "utf8");
}
