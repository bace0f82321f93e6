import type { DecodeOutput, Decoder, FormatContext, MalformedRecord, Row } from "@tributary/core";
import { columnPath } from "../text/column-path.js";
import { shorten } from "../text/excerpt.js";
import type { CodeStyle } from "../text/generated-code.js";
import { lossyText, withoutByteOrderMark } from "../text/message-text.js";
import { createColumnReader } from "./csv-column-readers.js";
import { dialectOf } from "./csv-dialect.js";
import type { CsvFormatOptions } from "./csv-options.js";
import { csvRowReader } from "./csv-row-reader.js";
import type { CsvRowReader } from "./csv-row-reader.js";
import { CsvScanner } from "./csv-scanner.js";

/** Decodes the first record of each message. */
export class CsvDecoder implements Decoder {
  readonly #scanner: CsvScanner;
  readonly #readRow: CsvRowReader;
  readonly #isLenient: boolean;

  constructor(context: FormatContext, options: CsvFormatOptions, codeStyle: CodeStyle) {
    this.#isLenient = options.ignoreParseErrors;
    const dialect = dialectOf(options);
    this.#scanner = new CsvScanner({
      dialect,
      isLenient: options.ignoreParseErrors,
      trimsSpaces: options.trimsSpaces,
      ignoresSurplusCells: options.ignoresSurplusCells,
      allowsTrailingComma: options.allowsTrailingComma,
    });
    const settings = {
      nullLiteral: options.nullLiteral,
      readsEmptyAsNull: options.readsEmptyAsNull,
      trimsSpaces: options.trimsSpaces,
      elementDelimiter: options.elementDelimiter,
      isLenient: options.ignoreParseErrors,
    };
    const { fields } = context.rowType;
    this.#readRow = csvRowReader(
      fields.map(({ name }) => name),
      fields.map(({ type }) => createColumnReader(type, dialect, settings)),
      { needsAllCells: !options.ignoreParseErrors || options.failsOnMissingColumns, codeStyle },
    );
  }

  decode(messages: readonly (Uint8Array | null)[], output: DecodeOutput): void {
    const scanner = this.#scanner;
    for (let index = 0; index < messages.length; index++) {
      const message = messages[index];
      if (message === null || message === undefined) continue;
      let row: Row | undefined;
      try {
        // Every byte order mark starts with one of these, and no cell of an ASCII text does.
        const first = message[0] as number;
        const isMarked = first >= 0xef || (first === 0 && message[1] === 0);
        scanner.reset((isMarked ? withoutByteOrderMark(message) : undefined) ?? message);
        row = this.#readRow(scanner);
      } catch (error) {
        if (error !== scanner.failure) throw error;
        if (this.#isLenient) output.skipped(index, this.#fault(message));
        else output.malformed(index, this.#fault(message));
      }
      if (row !== undefined) output.row(index, row);
    }
    scanner.release();
  }

  #fault(message: Uint8Array): MalformedRecord {
    const { reason, offset, path } = this.#scanner;
    return {
      reason,
      offset,
      excerpt: shorten(lossyText(message)),
      ...(path.length === 0 ? {} : { column: columnPath(path) }),
    };
  }
}
