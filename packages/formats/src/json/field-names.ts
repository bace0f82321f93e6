import type { JsonScanner } from "./json-scanner.js";

/** Finds a field by its name's bytes, the expected one first. */
export class FieldNames {
  /** UTF-8 of each name; `undefined` of one with half a surrogate pair, which can only be written with escapes. */
  readonly #names: readonly (Uint8Array | undefined)[];
  /** Indexes of the names of each length in bytes. */
  readonly #byLength = new Map<number, number[]>();
  readonly #byName = new Map<string, number>();

  constructor(names: readonly string[]) {
    this.#names = names.map(utf8Of);
    for (const [index, name] of names.entries()) {
      this.#byName.set(name, index);
      const length = this.#names[index]?.length;
      if (length === undefined) continue;
      const sameLength = this.#byLength.get(length);
      if (sameLength === undefined) this.#byLength.set(length, [index]);
      else sameLength.push(index);
    }
  }

  /**
   * Reads a name, at its quote, and the colon behind it.
   *
   * @param expected - index of the field that would come next if fields were in schema order.
   * @returns the index of the field, -1 if the schema has none of that name.
   */
  read(scanner: JsonScanner, expected: number): number {
    const { bytes } = scanner;
    const start = scanner.pos + 1;
    let end = start;
    let byte = bytes[end];
    while (byte !== 0x22 && byte !== 0x5c && byte !== undefined) byte = bytes[++end];
    let index: number;
    if (byte === 0x22) {
      scanner.pos = end + 1;
      index = this.#matches(expected, bytes, start, end) ? expected : this.#find(bytes, start, end);
    } else {
      index = this.#byName.get(scanner.string()) ?? -1;
    }
    if (bytes[scanner.pos] === 0x3a) scanner.pos++;
    else scanner.colon();
    return index;
  }

  #find(bytes: Uint8Array, start: number, end: number): number {
    for (const index of this.#byLength.get(end - start) ?? []) {
      if (this.#matches(index, bytes, start, end)) return index;
    }
    return -1;
  }

  #matches(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const name = this.#names[index];
    if (name === undefined || name.length !== end - start) return false;
    for (let at = 0; at < name.length; at++) {
      if (name[at] !== bytes[start + at]) return false;
    }
    return true;
  }
}

function utf8Of(name: string): Uint8Array | undefined {
  const bytes = Buffer.from(name, "utf8");
  return bytes.toString("utf8") === name ? bytes : undefined;
}
