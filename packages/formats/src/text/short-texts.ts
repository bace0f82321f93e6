/**
 * Short texts that were met before. What a column says often comes from few values, and finding one of them again
 * costs less than making it: no call into the engine, no memory.
 */

/** Longer texts repeat less, and parts of a text that are longer than this would keep all of it alive. */
const SHORT_BYTES = 12;
const SLOTS = 2_048;

class ShortTexts {
  readonly #texts: string[] = Array.from({ length: SLOTS }, () => "");
  #slot = 0;

  /** The text of ASCII bytes; `undefined` if it was not kept, or is too long for that. */
  find(bytes: Uint8Array, start: number, end: number): string | undefined {
    const length = end - start;
    this.#slot = -1;
    if (length > SHORT_BYTES) return undefined;
    let hash = length;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    const slot = (hash ^ (hash >>> 11)) & (SLOTS - 1);
    this.#slot = slot;
    const text = this.#texts[slot] as string;
    if (text.length !== length) return undefined;
    for (let index = 0; index < length; index++) {
      if (text.charCodeAt(index) !== bytes[start + index]) return undefined;
    }
    return text;
  }

  /** Keeps the text that {@link find} did not find. */
  keep(text: string): string {
    if (this.#slot >= 0) this.#texts[this.#slot] = text;
    return text;
  }
}

/** One for all readers of a process: there can be many, and each looks for a text and keeps it in one go. */
export const shortTexts = new ShortTexts();
