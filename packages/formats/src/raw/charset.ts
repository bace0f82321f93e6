/**
 * Character sets. Texts of UTF-8, UTF-16, ISO-8859-1 and US-ASCII go through Node's own codecs. What else the platform
 * can read, its TextDecoder reads; it has no encoder for them, so writing turns its decoder around.
 */
import { utf32Bytes, utf32Text } from "../text/utf32.js";
import { encoderOf, gb18030EncoderOf } from "./decoder-inverse.js";

export interface Charset {
  readonly name: string;
  /** Bytes that stand for no character become U+FFFD. */
  decode(bytes: Uint8Array): string;
  /**
   * An encoder; `undefined` for a character set that can only be read.
   *
   * The encoder answers `undefined` for a text with a character that the set lacks.
   */
  encoder(): ((text: string) => Uint8Array | undefined) | undefined;
}

/** Names to suggest. */
export const CHARSET_EXAMPLES: readonly string[] = [
  "UTF-8",
  "UTF-16",
  "UTF-16BE",
  "UTF-16LE",
  "UTF-32",
  "ISO-8859-1",
  "US-ASCII",
  "windows-1252",
  "GBK",
  "GB18030",
  "Shift_JIS",
  "EUC-KR",
  "Big5",
];

const LATIN1_NAMES =
  /^(?:iso[-_]?8859[-_]1(?::1987)?|latin-?1|l1|cp819|ibm-?819|csisolatin1|iso-ir-100|8859_1)$/;
const ASCII_NAMES =
  /^(?:us-ascii|ascii7?|ansi_x3\.4-(?:1968|1986)|iso646-us|iso_646\.irv:(?:1983|1991)|cp367|ibm367|csascii)$/;
/** Stateful. */
const ONLY_READ: ReadonlySet<string> = new Set(["iso-2022-jp", "replacement", "x-user-defined"]);

/** @param name - as Java knows it, in any letter case. @returns `undefined` if the platform does not know it. */
export function findCharset(name: string): Charset | undefined {
  const lower = name.toLowerCase();
  if (lower === "utf-8" || lower === "utf8") return utf8;
  if (lower === "utf-16" || lower === "utf16" || lower === "utf_16" || lower === "unicode") return utf16;
  if (lower === "utf-16be" || lower === "utf_16be" || lower === "x-utf-16be") return utf16be;
  if (lower === "utf-16le" || lower === "utf_16le" || lower === "x-utf-16le") return utf16le;
  if (/^utf[-_]?32$/.test(lower)) return utf32;
  if (/^(?:x-)?utf[-_]32be$/.test(lower)) return utf32Of("UTF-32BE", false);
  if (/^(?:x-)?utf[-_]32le$/.test(lower)) return utf32Of("UTF-32LE", true);
  if (LATIN1_NAMES.test(lower)) return latin1;
  if (ASCII_NAMES.test(lower)) return ascii;
  return findPlatformCharset(name);
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const utf8: Charset = {
  name: "UTF-8",
  decode: (bytes) => viewOf(bytes).toString("utf8"),
  encoder: () => (text) => Buffer.from(text, "utf8"),
};

/** Without a byte order mark big-endian, as in Java. */
const utf16: Charset = {
  name: "UTF-16",
  decode: (bytes) => {
    const isMarked = bytes.length >= 2 && (bytes[0] === 0xfe || bytes[0] === 0xff);
    if (isMarked && bytes[0] === 0xfe && bytes[1] === 0xff) return utf16be.decode(bytes.subarray(2));
    if (isMarked && bytes[0] === 0xff && bytes[1] === 0xfe) return utf16le.decode(bytes.subarray(2));
    return utf16be.decode(bytes);
  },
  // No mark without text, as in Java.
  encoder: () => (text) => (text === "" ? Buffer.alloc(0) : Buffer.from(`\ufeff${text}`, "utf16le").swap16()),
};

const utf16be: Charset = {
  name: "UTF-16BE",
  decode: decodeWith(new TextDecoder("utf-16be", { ignoreBOM: true })),
  encoder: () => (text) => Buffer.from(text, "utf16le").swap16(),
};

const utf16le: Charset = {
  name: "UTF-16LE",
  decode: decodeWith(new TextDecoder("utf-16le", { ignoreBOM: true })),
  encoder: () => (text) => Buffer.from(text, "utf16le"),
};

function utf32Of(name: string, isLittleEndian: boolean): Charset {
  return {
    name,
    decode: (bytes) => utf32Text(bytes, isLittleEndian),
    encoder: () => (text) => utf32Bytes(text, isLittleEndian),
  };
}

/** Written big-endian without a byte order mark, as in Java; reading honours one. */
const utf32: Charset = {
  ...utf32Of("UTF-32", false),
  decode: (bytes) => {
    const text = utf32Text(bytes, false);
    if (text.startsWith("\ufeff")) return text.slice(1);
    const isSwapped = bytes[0] === 0xff && bytes[1] === 0xfe && bytes[2] === 0 && bytes[3] === 0;
    return isSwapped ? utf32Text(bytes.subarray(4), true) : text;
  },
};

const latin1: Charset = {
  name: "ISO-8859-1",
  decode: (bytes) => viewOf(bytes).toString("latin1"),
  // oxlint-disable-next-line no-control-regex -- every code of a byte is meant
  encoder: () => (text) => (/^[\u0000-\u00ff]*$/.test(text) ? Buffer.from(text, "latin1") : undefined),
};

const ascii: Charset = {
  name: "US-ASCII",
  decode: (bytes) => latin1.decode(bytes).replace(/[\u0080-\u00ff]/g, "\ufffd"),
  // oxlint-disable-next-line no-control-regex -- every code of ASCII is meant
  encoder: () => (text) => (/^[\u0000-\u007f]*$/.test(text) ? Buffer.from(text, "latin1") : undefined),
};

function decodeWith(decoder: InstanceType<typeof TextDecoder>): (bytes: Uint8Array) => string {
  return (bytes) => decoder.decode(bytes);
}

function findPlatformCharset(name: string): Charset | undefined {
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(name);
  } catch {
    return undefined;
  }
  // Node 20 takes windows-1252 for ISO-8859-1, but not in a stream.
  const isStream = decoder.encoding === "windows-1252";
  const decode = (bytes: Uint8Array): string => decoder.decode(bytes, { stream: isStream });
  return {
    name,
    decode,
    encoder: () => {
      if (ONLY_READ.has(decoder.encoding)) return undefined;
      return decoder.encoding === "gb18030" ? gb18030EncoderOf(decode) : encoderOf(decode);
    },
  };
}
