const BASE64 = /^[A-Za-z0-9+/]*$/;

/**
 * The bytes of a standard Base64 text: `+` and `/`, padding required, white space only between groups of four.
 *
 * @returns `undefined` for anything else: URL-safe letters, missing padding, stray characters.
 * @public
 */
export function parseBinaryText(text: string): Uint8Array | undefined {
  const compact = /\s/.test(text) ? withoutBlanks(text) : text;
  if (compact === undefined || compact.length % 4 !== 0) return undefined;
  const padding = compact.endsWith("==") ? 2 : compact.endsWith("=") ? 1 : 0;
  if (!BASE64.test(padding === 0 ? compact : compact.slice(0, -padding))) return undefined;
  const bytes = Buffer.from(compact, "base64");
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The text without its white space; `undefined` if some stands inside a group of four. */
function withoutBlanks(text: string): string | undefined {
  let compact = "";
  for (const part of text.split(/\s+/)) {
    if (compact.length % 4 !== 0 && part !== "") return undefined;
    compact += part;
  }
  return compact;
}

/** Standard Base64 with padding, on one line. @public */
export function formatBinary(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
