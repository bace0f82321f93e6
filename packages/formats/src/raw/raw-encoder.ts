import type { Encoder, Row } from "@tributary/core";
import { failEncoding } from "../text/encode-failure.js";
import { fieldReader } from "../text/row-field.js";
import type { FieldReader } from "../text/row-field.js";
import type { RawWriter } from "./raw-values.js";

/** Encodes each row as its one value. */
export class RawEncoder implements Encoder {
  readonly #table: string;
  readonly #name: string;
  readonly #read: FieldReader;
  readonly #write: RawWriter;

  constructor(table: string, name: string, write: RawWriter) {
    this.#table = table;
    this.#name = name;
    this.#read = fieldReader(name);
    this.#write = write;
  }

  encode(rows: readonly Row[]): (Uint8Array | null)[] {
    return rows.map((row) => {
      const value = this.#read(row);
      if (value === null || value === undefined) return null;
      try {
        return this.#write(value);
      } catch (error) {
        return failEncoding(error, "raw", this.#table, this.#name);
      }
    });
  }
}
