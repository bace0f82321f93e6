/** A place in the script as people count it. @public */
export interface LinePosition {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

/** Turns offsets of one text into lines and columns. Lines end with LF, CRLF or CR. @public */
export class LineMap {
  readonly #text: string;
  /** Offset of the first character of each line; ascending. */
  readonly #starts: number[] = [0];

  constructor(text: string) {
    this.#text = text;
    for (let offset = 0; offset < text.length; offset++) {
      const code = text.charCodeAt(offset);
      if (code === 10 || (code === 13 && text.charCodeAt(offset + 1) !== 10)) this.#starts.push(offset + 1);
    }
  }

  /** Number of lines; a text that ends with a line break has an empty last line. */
  get lineCount(): number {
    return this.#starts.length;
  }

  /** Position of an offset; the end of the text is one, too. */
  position(offset: number): LinePosition {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.lineStart(middle + 1) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.lineStart(low + 1) + 1 };
  }

  /** Offset of the first character of a line, counted from 1. */
  lineStart(line: number): number {
    return this.#starts[line - 1] ?? this.#text.length;
  }

  /** Offset behind the last character of a line, its line break left out. */
  lineEnd(line: number): number {
    let end = this.lineStart(line + 1);
    if (line >= this.lineCount) return end;
    if (this.#text.charCodeAt(end - 1) === 10) end--;
    if (this.#text.charCodeAt(end - 1) === 13 && end > this.lineStart(line)) end--;
    return end;
  }
}
