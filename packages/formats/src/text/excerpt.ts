/** What errors quote of messages and values. */

/** Most characters of a message or a value that an error quotes. */
const EXCERPT_CHARACTERS = 120;

/** Bytes of a message that an error quotes. */
const EXCERPT_BYTES = 32;

/** Text in quotes for a message, cut where it is long, control characters escaped. */
export function excerpt(text: string): string {
  return JSON.stringify(shorten(text));
}

/** Text cut where it is long. */
export function shorten(text: string): string {
  if (text.length <= EXCERPT_CHARACTERS) return text;
  // Not within a surrogate pair.
  const last = text.charCodeAt(EXCERPT_CHARACTERS - 1);
  const end = last >= 0xd800 && last <= 0xdbff ? EXCERPT_CHARACTERS - 1 : EXCERPT_CHARACTERS;
  return `${text.slice(0, end)}... (${text.length} characters)`;
}

/** The first bytes of a message, in hexadecimal. */
export function hexadecimalExcerpt(message: Uint8Array): string {
  const shown = Buffer.from(message.buffer, message.byteOffset, Math.min(message.length, EXCERPT_BYTES));
  const text = `0x${shown.toString("hex")}`;
  return message.length <= EXCERPT_BYTES ? text : `${text}... (${message.length} bytes)`;
}

/** `an INT`, `a BIGINT`. */
export function withArticle(noun: string): string {
  return `${/^[aeio]/i.test(noun) ? "an" : "a"} ${noun}`;
}
