/**
 * Records in Avro's binary encoding, for every format that has them: the bare one and those that put a schema's id in
 * front.
 */
import { TributaryError } from "@tributary/core";
import type { FormatContext, MalformedRecord, Row, RowType } from "@tributary/core";
import { columnPath } from "../text/column-path.js";
import { failEncoding } from "../text/encode-failure.js";
import { hexadecimalExcerpt } from "../text/excerpt.js";
import type { CodeStyle } from "../text/generated-code.js";
import { checkColumns } from "../text/type-check.js";
import { AvroCursor } from "./avro-cursor.js";
import { Mismatch } from "./avro-mismatch.js";
import { AvroOutput } from "./avro-output.js";
import { createAvroReader } from "./avro-readers.js";
import { avroName, readAvroSchema } from "./avro-schema.js";
import type { AvroType } from "./avro-schema.js";
import { avroFault, avroSchemaOf } from "./avro-derive.js";
import { recordWriter } from "./avro-writers.js";

/** The derived schema of a table, ready to read and write with. */
export function derivedSchema(rowType: RowType, usesLegacyTimestamps: boolean): AvroType {
  return readAvroSchema(avroSchemaOf(rowType, usesLegacyTimestamps));
}

/**
 * Checks that Avro can carry every column.
 *
 * @throws `SCHEMA_INVALID` with one diagnostic a column.
 */
export function checkAvroColumns(
  format: string,
  context: FormatContext,
  usesLegacyTimestamps: boolean,
): void {
  const hint =
    format === "avro" && usesLegacyTimestamps
      ? "Set 'avro.timestamp_mapping.legacy' = 'false' for TIMESTAMP_LTZ and microseconds; else declare the column with a type that Avro can hold, or leave it out."
      : "Declare the column with a type that Avro can hold, for instance STRING, or leave it out.";
  checkColumns(format, context, (type, name) => avroFault({ name, type }, usesLegacyTimestamps), hint);
}

export interface AvroRecordReaderOptions {
  /** Identifier of the format, for messages. */
  readonly format: string;
  readonly table: string;
  /** Schema that the messages were written with. */
  readonly writer: AvroType;
  /** Schema that they are read with: the columns are its fields by position. */
  readonly reader: AvroType;
  readonly rowType: RowType;
  readonly codeStyle: CodeStyle;
}

/** Reads records of one writer's schema. */
export class AvroRecordReader {
  readonly #cursor = new AvroCursor();
  readonly #read: (cursor: AvroCursor) => unknown;

  /** @throws `SCHEMA_INVALID` if records of the writer's schema cannot be read with the reader's. */
  constructor({ format, table, writer, reader, rowType, codeStyle }: AvroRecordReaderOptions) {
    try {
      this.#read = createAvroReader(writer, reader, rowType, codeStyle).read;
    } catch (error) {
      throw schemaFault(error, format, table, "read");
    }
  }

  /**
   * Reads the record at `start`; bytes behind it are not looked at.
   *
   * @returns `null` for a NULL record (of a schema that is a union at the top); `undefined` if the record is malformed:
   *   {@link fault} says why.
   */
  read(message: Uint8Array, start: number = 0): Row | null | undefined {
    const cursor = this.#cursor;
    cursor.reset(message, start);
    try {
      return this.#read(cursor) as Row | null;
    } catch (error) {
      if (error !== cursor.failure) throw error;
      return undefined;
    }
  }

  /** Why the last record could not be read. */
  fault(message: Uint8Array): MalformedRecord {
    const { reason, offset, path } = this.#cursor;
    return {
      reason,
      offset,
      excerpt: hexadecimalExcerpt(message),
      ...(path.length === 0 ? {} : { column: columnPath(path) }),
    };
  }

  /** Lets go of the last message. */
  release(): void {
    this.#cursor.release();
  }
}

export interface AvroRecordWriterOptions {
  readonly format: string;
  readonly table: string;
  /** The columns are its fields by position. */
  readonly schema: AvroType;
  readonly rowType: RowType;
  readonly codeStyle: CodeStyle;
}

/** Writes records of one schema. */
export class AvroRecordWriter {
  readonly #output = new AvroOutput();
  readonly #write: (row: Row, output: AvroOutput) => void;

  /** @throws `SCHEMA_INVALID` if rows cannot be written with the schema. */
  constructor({ format, table, schema, rowType, codeStyle }: AvroRecordWriterOptions) {
    const { fields } = rowType;
    const onFailure = (error: unknown, index: number): never =>
      failEncoding(error, format, table, fields[index]?.name ?? "");
    try {
      const recordAt = schema.kind === "union" ? schema.branches.findIndex(isRecord) : -1;
      const record = schema.kind === "union" ? schema.branches[recordAt] : schema;
      if (record?.kind !== "record") throw new Mismatch(avroName(schema));
      const write = recordWriter(record, rowType, { codeStyle }, onFailure);
      // Of a union at the top the branch goes in front of the record.
      this.#write =
        recordAt < 0
          ? write
          : (row, output) => {
              output.byte(recordAt * 2);
              write(row, output);
            };
    } catch (error) {
      throw schemaFault(error, format, table, "written");
    }
  }

  /**
   * @param header - bytes in front of the record.
   * @throws `RECORD_MALFORMED` naming the column whose value cannot be written.
   */
  write(row: Row, header?: Uint8Array): Uint8Array {
    const output = this.#output;
    output.start();
    if (header !== undefined) output.raw(header);
    this.#write(row, output);
    return output.end();
  }
}

function schemaFault(error: unknown, format: string, table: string, verb: "read" | "written"): unknown {
  if (!(error instanceof Mismatch)) return error;
  const column = columnPath(error.path);
  const where = column === "" ? "records" : `'${column}'`;
  return new TributaryError({
    severity: "error",
    code: "SCHEMA_INVALID",
    message: `The table '${table}' cannot be ${verb} with the Avro schema: for ${where} it has ${error.reason}.`,
    table,
    connector: format,
    ...(column === "" ? {} : { columnName: column }),
  });
}

function isRecord({ kind }: AvroType): boolean {
  return kind === "record";
}
