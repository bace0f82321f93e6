import type { DecodeOutput, Decoder, FormatContext, Row } from "@tributary/core";
import { jsonFault } from "../json/json-fault.js";
import { JsonScanner } from "../json/json-scanner.js";
import type { CodeStyle } from "../text/generated-code.js";
import { AvroRecordReader } from "./avro-codec.js";
import { createAvroJsonReader } from "./avro-json-readers.js";
import type { AvroJsonReader } from "./avro-json-readers.js";
import type { AvroType } from "./avro-schema.js";

/** Decodes messages that are one record each, in the binary encoding. */
export class AvroBinaryDecoder implements Decoder {
  readonly #reader: AvroRecordReader;

  constructor({ table, rowType }: FormatContext, schema: AvroType, codeStyle: CodeStyle) {
    this.#reader = new AvroRecordReader({
      format: "avro",
      table,
      writer: schema,
      reader: schema,
      rowType,
      codeStyle,
    });
  }

  decode(messages: readonly (Uint8Array | null)[], output: DecodeOutput): void {
    const reader = this.#reader;
    for (let index = 0; index < messages.length; index++) {
      const message = messages[index];
      if (message === null || message === undefined) continue;
      const row = reader.read(message);
      if (row === undefined) output.malformed(index, reader.fault(message));
      else if (row !== null) output.row(index, row);
    }
    reader.release();
  }
}

/** Decodes messages that are one record each, in Avro's JSON. */
export class AvroJsonDecoder implements Decoder {
  readonly #scanner = new JsonScanner(false);
  readonly #read: AvroJsonReader;

  constructor({ rowType }: FormatContext, schema: AvroType) {
    this.#read = createAvroJsonReader(schema, rowType);
  }

  decode(messages: readonly (Uint8Array | null)[], output: DecodeOutput): void {
    const scanner = this.#scanner;
    for (let index = 0; index < messages.length; index++) {
      const message = messages[index];
      if (message === null || message === undefined) continue;
      const row = this.#decode(message);
      if (row === undefined) output.malformed(index, jsonFault(this.#scanner, message));
      else if (row !== null) output.row(index, row);
    }
    scanner.release();
  }

  #decode(message: Uint8Array): Row | null | undefined {
    const scanner = this.#scanner;
    scanner.reset(message);
    try {
      return this.#read(scanner) as Row | null;
    } catch (error) {
      if (error !== scanner.failure) throw error;
      return undefined;
    }
  }
}
