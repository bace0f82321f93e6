import type { DecodeOutput, Decoder, FormatContext, MalformedRecord, Row } from "@tributary/core";
import type { CodeStyle } from "../text/generated-code.js";
import { withoutByteOrderMark } from "../text/message-text.js";
import { hasDecimal } from "../text/type-check.js";
import { jsonFault } from "./json-fault.js";
import type { JsonFormatOptions } from "./json-options.js";
import { createReader } from "./json-readers.js";
import type { JsonReader } from "./json-number-readers.js";
import { JsonScanner } from "./json-scanner.js";
import { rereadLastFields } from "./repeated-fields.js";

/** Decodes messages that hold one object, or an array of objects, each. */
export class JsonDecoder implements Decoder {
  readonly #scanner: JsonScanner;
  readonly #readRow: JsonReader;
  readonly #isLenient: boolean;
  readonly #isTree: boolean;

  constructor(context: FormatContext, options: JsonFormatOptions, codeStyle: CodeStyle) {
    this.#isLenient = options.ignoreParseErrors;
    this.#isTree = !options.usesStreamingParser;
    this.#scanner = new JsonScanner(options.ignoreParseErrors);
    this.#readRow = createReader(context.rowType, {
      failsOnMissingField: options.failOnMissingField,
      timestamps: options.timestampFormat,
      isTree: this.#isTree,
      isExact: hasDecimal(context.rowType),
      codeStyle,
    });
  }

  decode(messages: readonly (Uint8Array | null)[], output: DecodeOutput): void {
    const scanner = this.#scanner;
    for (let index = 0; index < messages.length; index++) {
      const message = messages[index];
      if (message === null || message === undefined || message.length === 0) continue;
      let row: Row | undefined;
      try {
        scanner.reset(message);
        row = this.#decode(index, message, output);
      } catch (error) {
        if (error !== scanner.failure) throw error;
        row = this.#decodeAgain(index, message, output);
      }
      if (row !== undefined) output.row(index, row);
    }
    scanner.release();
  }

  #decode(index: number, message: Uint8Array, output: DecodeOutput): Row | undefined {
    const scanner = this.#scanner;
    return scanner.peek() === 0x7b
      ? (this.#readRow(scanner) as Row)
      : this.#decodeOther(index, message, output);
  }

  /** A message that failed, unless it was for a field's value that a later one replaces. */
  #decodeAgain(index: number, message: Uint8Array, output: DecodeOutput): Row | undefined {
    const scanner = this.#scanner;
    try {
      if (rereadLastFields(scanner)) return this.#decode(index, scanner.bytes, output);
    } catch (error) {
      if (error !== scanner.failure) throw error;
    }
    this.#fail(index, message, output);
    return undefined;
  }

  /** A message that does not start with an object. */
  #decodeOther(index: number, message: Uint8Array, output: DecodeOutput): Row | undefined {
    const scanner = this.#scanner;
    const converted = withoutByteOrderMark(message);
    if (converted !== undefined) {
      scanner.reset(converted);
      if (scanner.peek() === 0x7b) return this.#readRow(scanner) as Row;
    }
    const byte = scanner.peek();
    if (byte === 0x5b) {
      this.#decodeArray(index, message, output);
      return undefined;
    }
    if (Number.isNaN(byte)) {
      if (this.#isTree) return undefined;
      return scanner.syntaxError("The message holds nothing but blanks.");
    }
    const start = scanner.pos;
    const token = scanner.scalar();
    if (token === "null" && this.#isTree) return undefined;
    return scanner.syntaxError(
      `The message is a ${wordFor(token)} and not an object or an array of objects.`,
      start,
    );
  }

  /** An array at top level: one row an element. */
  #decodeArray(index: number, message: Uint8Array, output: DecodeOutput): void {
    const scanner = this.#scanner;
    const rows: Row[] = [];
    let fault: MalformedRecord | undefined;
    try {
      scanner.pos++;
      if (scanner.peek() === 0x5d) return;
      for (let byte = 0x2c; byte === 0x2c;) {
        if (scanner.peek() === 0x7b) rows.push(this.#readRow(scanner) as Row);
        else fault = this.#passElement(message) ?? fault;
        byte = scanner.peek();
        if (byte !== 0x2c && byte !== 0x5d) scanner.unexpected("',' or ']'");
        scanner.pos++;
      }
    } catch (error) {
      // What stands before the broken place is kept where errors are ignored, as a streaming parser does.
      if (error !== scanner.failure || !this.#isLenient || this.#isTree || rows.length === 0) throw error;
      fault = jsonFault(this.#scanner, message);
    }
    for (const row of rows) output.row(index, row);
    if (fault !== undefined) output.skipped(index, fault);
  }

  /** An element that is no object: `null` is passed over by the tree decoder, everything else is an error. */
  #passElement(message: Uint8Array): MalformedRecord | undefined {
    const scanner = this.#scanner;
    const start = scanner.pos;
    const token = scanner.scalar();
    if (token === "null" && this.#isTree) return undefined;
    scanner.reason = `An element of the array is a ${wordFor(token)} and not an object.`;
    scanner.offset = start;
    if (!this.#isLenient) throw scanner.failure;
    return jsonFault(this.#scanner, message);
  }

  #fail(index: number, message: Uint8Array, output: DecodeOutput): void {
    const fault = jsonFault(this.#scanner, message);
    if (this.#isLenient) output.skipped(index, fault);
    else output.malformed(index, fault);
  }
}

function wordFor(token: string): string {
  return token === "true" || token === "false" ? "boolean" : token;
}
