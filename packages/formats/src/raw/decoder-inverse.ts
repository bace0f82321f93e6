/**
 * Writing in character sets that the platform only reads: its decoder turned around. For sets whose characters have
 * one or two bytes, and for GB18030, whose others have four.
 */

/** @returns the character's bytes; `undefined` if the set lacks it. */
type CharacterBytes = (character: string) => readonly number[] | undefined;
type Decode = (bytes: Uint8Array) => string;

const LEAD_MIN = 0x80;
const LEAD_MAX = 0xfe;
const TRAIL_MIN = 0x40;
const TRAIL_MAX = 0xfe;
const LINE_FEED = 0x0a;

/** Sequences of four bytes that stand for characters up to U+FFFF, from 81 30 81 30 on. */
const GB_FOURS = 39_420;
/** From here to U+FFFF characters have fours in a row, U+FFFD among them, which decoders give for faults too. */
const GB_LAST_ROW = { code: 0xffe6, place: 39_394 };
/** From here on all have. */
const GB_SUPPLEMENTARY = { code: 0x10000, place: 189_000 };

/** An encoder made of a decoder. */
export function encoderOf(decode: Decode): (text: string) => Uint8Array | undefined {
  return encoderBy(shortSequences(decode));
}

/** An encoder made of a decoder of GB18030. */
export function gb18030EncoderOf(decode: Decode): (text: string) => Uint8Array | undefined {
  const short = shortSequences(decode);
  const long = sequenceTable(
    decode,
    Array.from({ length: GB_FOURS }, (_, place) => gbFour(place)),
  );
  return encoderBy((character) => {
    const code = character.codePointAt(0) as number;
    if (code >= GB_LAST_ROW.code) {
      const row = code < GB_SUPPLEMENTARY.code ? GB_LAST_ROW : GB_SUPPLEMENTARY;
      return gbFour(row.place + code - row.code);
    }
    return short(character) ?? long(character);
  });
}

/** The bytes run through 126 x 10 x 126 x 10 values. */
function gbFour(place: number): readonly number[] {
  const second = Math.floor(place / 1_260);
  return [
    0x81 + Math.floor(second / 10),
    0x30 + (second % 10),
    0x81 + (Math.floor(place / 10) % 126),
    0x30 + (place % 10),
  ];
}

function encoderBy(bytesOf: CharacterBytes): (text: string) => Uint8Array | undefined {
  return (text) => {
    const bytes: number[] = [];
    for (const character of text) {
      const sequence = bytesOf(character);
      if (sequence === undefined) return undefined;
      bytes.push(...sequence);
    }
    return Uint8Array.from(bytes);
  };
}

/** Every sequence of one and two bytes. */
function shortSequences(decode: Decode): CharacterBytes {
  const sequences: number[][] = [];
  for (let byte = 0; byte <= 0xff; byte++) if (byte !== LINE_FEED) sequences.push([byte]);
  for (let lead = LEAD_MIN; lead <= LEAD_MAX; lead++) {
    for (let trail = TRAIL_MIN; trail <= TRAIL_MAX; trail++) sequences.push([lead, trail]);
  }
  const table = sequenceTable(decode, sequences);
  return (character) => (character === "\n" ? [LINE_FEED] : table(character));
}

/** Decodes every sequence; the first that gives a character writes it. */
function sequenceTable(decode: Decode, sequences: readonly (readonly number[])[]): CharacterBytes {
  // One call instead of thousands; a line feed never is the second byte of a character.
  const all = Uint8Array.from(sequences.flatMap((sequence) => [...sequence, LINE_FEED]));
  const table = new Map<string, readonly number[]>();
  for (const [index, character] of decode(all).split("\n").entries()) {
    const sequence = sequences[index];
    if (sequence === undefined || character.includes("\ufffd") || !isOneCharacter(character)) continue;
    if (!table.has(character)) table.set(character, sequence);
  }
  return (character) => table.get(character);
}

function isOneCharacter(text: string): boolean {
  const code = text.codePointAt(0);
  return code !== undefined && String.fromCodePoint(code) === text;
}
