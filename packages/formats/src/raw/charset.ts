/**
 * Character sets. Texts of UTF-8, UTF-16, ISO-8859-1 and US-ASCII go through Node's own codecs. What else the platform
 * can read, its TextDecoder reads; it has no encoder for them, so writing turns its decoder around, for sets whose
 * characters have one or two bytes.
 */

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
  "ISO-8859-1",
  "US-ASCII",
  "windows-1252",
  "GBK",
  "Shift_JIS",
  "EUC-KR",
  "Big5",
];

const LATIN1_NAMES =
  /^(?:iso[-_]?8859[-_]1(?::1987)?|latin-?1|l1|cp819|ibm-?819|csisolatin1|iso-ir-100|8859_1)$/;
const ASCII_NAMES =
  /^(?:us-ascii|ascii7?|ansi_x3\.4-(?:1968|1986)|iso646-us|iso_646\.irv:(?:1983|1991)|cp367|ibm367|csascii)$/;
/** Stateful, or with characters of four bytes. */
const ONLY_READ: ReadonlySet<string> = new Set(["gb18030", "iso-2022-jp", "replacement", "x-user-defined"]);

/** @param name - as Java knows it, in any letter case. @returns `undefined` if the platform does not know it. */
export function findCharset(name: string): Charset | undefined {
  const lower = name.toLowerCase();
  if (lower === "utf-8" || lower === "utf8") return utf8;
  if (lower === "utf-16" || lower === "utf16" || lower === "utf_16" || lower === "unicode") return utf16;
  if (lower === "utf-16be" || lower === "utf_16be" || lower === "x-utf-16be") return utf16be;
  if (lower === "utf-16le" || lower === "utf_16le" || lower === "x-utf-16le") return utf16le;
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
    encoder: () => (ONLY_READ.has(decoder.encoding) ? undefined : encoderOf(decode)),
  };
}

const LEAD_MIN = 0x80;
const TRAIL_MIN = 0x40;
const TRAIL_MAX = 0xfe;
const LEAD_MAX = 0xfe;
const LINE_FEED = 0x0a;

/** Decodes every sequence of one and two bytes; the first that gives a character writes it. */
function encoderOf(decode: (bytes: Uint8Array) => string): (text: string) => Uint8Array | undefined {
  const sequences: number[][] = [];
  for (let byte = 0; byte <= 0xff; byte++) if (byte !== LINE_FEED) sequences.push([byte]);
  for (let lead = LEAD_MIN; lead <= LEAD_MAX; lead++) {
    for (let trail = TRAIL_MIN; trail <= TRAIL_MAX; trail++) sequences.push([lead, trail]);
  }
  // One call instead of thousands; a line feed never is the second byte of a character.
  const all = Uint8Array.from(sequences.flatMap((sequence) => [...sequence, LINE_FEED]));
  const table = new Map<string, readonly number[]>([["\n", [LINE_FEED]]]);
  for (const [index, character] of decode(all).split("\n").entries()) {
    const sequence = sequences[index];
    if (sequence === undefined || character.includes("\ufffd") || !isOneCharacter(character)) continue;
    if (!table.has(character)) table.set(character, sequence);
  }
  return (text) => {
    const bytes: number[] = [];
    for (const character of text) {
      const sequence = table.get(character);
      if (sequence === undefined) return undefined;
      bytes.push(...sequence);
    }
    return Uint8Array.from(bytes);
  };
}

function isOneCharacter(text: string): boolean {
  const code = text.codePointAt(0);
  return code !== undefined && String.fromCodePoint(code) === text;
}
