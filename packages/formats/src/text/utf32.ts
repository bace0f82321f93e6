/** UTF-32: four bytes a character. Neither Buffer nor TextDecoder has it. */

const UNKNOWN = 0xfffd;
const CODE_MAX = 0x10ffff;
/** Codes for one call of `fromCodePoint`, which takes them as arguments. */
const CODES_AT_A_TIME = 4_096;

const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff;

/** The text; U+FFFD for what is no character, and for bytes at the end that are fewer than four. */
export function utf32Text(bytes: Uint8Array, isLittleEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let start = 0; start < bytes.length; start += 4 * CODES_AT_A_TIME) {
    const codes: number[] = [];
    const end = Math.min(bytes.length, start + 4 * CODES_AT_A_TIME);
    for (let at = start; at < end; at += 4) {
      const code = at + 4 <= bytes.length ? view.getUint32(at, isLittleEndian) : UNKNOWN;
      codes.push(code > CODE_MAX || isSurrogate(code) ? UNKNOWN : code);
    }
    text += String.fromCodePoint(...codes);
  }
  return text;
}

/** The bytes, without byte order mark; `undefined` for half a surrogate pair, which UTF-32 lacks. */
export function utf32Bytes(text: string, isLittleEndian: boolean): Uint8Array | undefined {
  const characters = Array.from(text);
  const bytes = new Uint8Array(characters.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, character] of characters.entries()) {
    const code = character.codePointAt(0) as number;
    if (isSurrogate(code)) return undefined;
    view.setUint32(index * 4, code, isLittleEndian);
  }
  return bytes;
}
