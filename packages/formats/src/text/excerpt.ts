/** Most characters of a message or a value that an error quotes. */
const EXCERPT_CHARACTERS = 120;

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
