/** Bytes to text and back, around Node's native codecs. */
import { isUtf8 } from "node:buffer";

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
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let at = 4; at + 4 <= bytes.length; at += 4) {
    const code = view.getUint32(at, isLittleEndian);
    text += code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
  }
  return Buffer.from(text, "utf8");
}

/** Characters of a slab of texts that are encoded at once. */
const SLAB_CHARACTERS = 65_536;

/**
 * UTF-8 bytes of many texts. Texts that are ASCII share one buffer a slab: one call into the native encoder instead
 * of one a text.
 */
export function encodeTexts(texts: readonly string[]): Uint8Array[] {
  const messages: Uint8Array[] = [];
  let from = 0;
  while (from < texts.length) {
    let to = from;
    let characters = 0;
    do characters += (texts[to++] as string).length;
    while (to < texts.length && characters < SLAB_CHARACTERS);
    encodeSlab(from === 0 && to === texts.length ? texts : texts.slice(from, to), characters, messages);
    from = to;
  }
  return messages;
}

function encodeSlab(texts: readonly string[], characters: number, messages: Uint8Array[]): void {
  const slab = Buffer.from(texts.length === 1 ? (texts[0] as string) : texts.join(""), "utf8");
  if (texts.length === 1) {
    messages.push(slab);
    return;
  }
  // As many bytes as characters: all ASCII, for nothing else is as short.
  const lengths = texts.map(
    slab.length === characters ? (text) => text.length : (text) => Buffer.byteLength(text, "utf8"),
  );
  const { buffer, byteOffset } = slab;
  // Halves of a surrogate pair at the end of one text and the start of the next would have become one character.
  const isWhole = lengths.reduce((sum, length) => sum + length, 0) === slab.length;
  let at = byteOffset;
  for (let index = 0; index < texts.length; index++) {
    const length = lengths[index] as number;
    messages.push(isWhole ? new Uint8Array(buffer, at, length) : Buffer.from(texts[index] as string, "utf8"));
    at += length;
  }
}
