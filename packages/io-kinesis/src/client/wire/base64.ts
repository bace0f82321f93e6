/**
 * Base64 decoded where it stands: the bytes overwrite the text that they were, which is longer. Short texts go through
 * a table of character pairs, long ones through Node's decoder, which costs more to call and less for each character.
 */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const QUOTE = 0x22;
const EQUALS = 0x3d;
/** Characters from which on Node's decoder is the cheaper one; measured on Node 20. */
const LONG_CHARACTERS = 384;

const SEXTETS = new Int16Array(256).fill(-1);
for (let value = 0; value < 64; value += 1) SEXTETS[ALPHABET.charCodeAt(value)] = value;

/** By two characters, the first in the low byte: their twelve bits, or -1. */
const PAIRS = new Int16Array(65_536).fill(-1);
for (let first = 0; first < 256; first += 1) {
  for (let second = 0; second < 256; second += 1) {
    const [high, low] = [SEXTETS[first] as number, SEXTETS[second] as number];
    if (high >= 0 && low >= 0) PAIRS[first | (second << 8)] = (high << 6) | low;
  }
}

/** Where decoding has come to. One object for all calls: two numbers are to be returned for each record. */
export interface Decoded {
  /** End of the decoded bytes, which begin where the text began. */
  dataEnd: number;
  /** Place of the quote behind the text. */
  textEnd: number;
}

/**
 * Decodes the text that begins at `start` and ends with a quote.
 *
 * @returns false if it is not plain base64; then `bytes` are as they were.
 */
export function decodeInPlace(bytes: Buffer, start: number, result: Decoded): boolean {
  let from = start;
  let to = start;
  const longFrom = start + LONG_CHARACTERS;
  for (;;) {
    // Past the end the bytes are undefined, which is 0 to the operators and no base64.
    const high = PAIRS[(bytes[from] as number) | ((bytes[from + 1] as number) << 8)] as number;
    const low = PAIRS[(bytes[from + 2] as number) | ((bytes[from + 3] as number) << 8)] as number;
    const bits = (high << 12) | low;
    if (bits < 0) break;
    bytes[to] = bits >> 16;
    bytes[to + 1] = bits >> 8;
    bytes[to + 2] = bits;
    from += 4;
    to += 3;
    if (from === longFrom) return decodeLong(bytes, start, from, to, result);
  }
  const textEnd = bytes[from] === QUOTE ? from : decodeTail(bytes, from, to);
  if (textEnd < 0) {
    encodeInPlace(bytes, start, to);
    return false;
  }
  result.dataEnd = textEnd === from ? to : to + (bytes[from + 2] === EQUALS ? 1 : 2);
  result.textEnd = textEnd;
  return true;
}

/** Two or three characters and their padding. @returns the place of the quote behind them, or -1. */
function decodeTail(bytes: Buffer, from: number, to: number): number {
  if (bytes[from + 4] !== QUOTE || bytes[from + 3] !== EQUALS) return -1;
  const high = PAIRS[(bytes[from] as number) | ((bytes[from + 1] as number) << 8)] as number;
  if (high < 0) return -1;
  if (bytes[from + 2] === EQUALS) {
    bytes[to] = high >> 4;
    return from + 4;
  }
  const last = SEXTETS[bytes[from + 2] as number] as number;
  if (last < 0) return -1;
  bytes[to] = high >> 4;
  bytes[to + 1] = (high << 4) | (last >> 2);
  return from + 4;
}

function decodeLong(bytes: Buffer, start: number, from: number, to: number, result: Decoded): boolean {
  const textEnd = bytes.indexOf(QUOTE, from);
  const text = textEnd < 0 ? "" : bytes.toString("latin1", from, textEnd);
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const wanted = (text.length / 4) * 3 - padding;
  // Node's decoder passes over what is no base64, and takes the alphabet of URLs as well.
  const isPlain =
    textEnd >= 0 &&
    text.length % 4 === 0 &&
    !text.includes("-") &&
    !text.includes("_") &&
    !text.includes("\\");
  if (isPlain && bytes.write(text, to, "base64") === wanted) {
    result.dataEnd = to + wanted;
    result.textEnd = textEnd;
    return true;
  }
  if (textEnd >= 0) bytes.write(text, from, "latin1");
  encodeInPlace(bytes, start, to);
  return false;
}

/** Undoes {@link decodeInPlace} for bytes that it has decoded. */
export function encodeInPlace(bytes: Buffer, start: number, end: number): void {
  bytes.write(bytes.toString("base64", start, end), start, "latin1");
}
