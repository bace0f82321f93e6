import { TributaryError } from "@tributary/core";
import type {
  Decoder,
  DecodingFormat,
  Diagnostic,
  Encoder,
  EncodingFormat,
  FormatContext,
  FormatFactory,
  LogicalType,
  RowKind,
  RowType,
} from "@tributary/core";
import { columnFaults } from "./column-types.js";
import { readMessageType } from "./descriptor-file.js";
import type { MessageType } from "./message-type.js";
import { ProtobufDecoder } from "./protobuf-decoder.js";
import { ProtobufEncoder } from "./protobuf-encoder.js";
import { PROTOBUF, ProtobufFormatOptions } from "./protobuf-options.js";

const INSERT_ONLY: readonly RowKind[] = ["+I"];

/**
 * The format `protobuf`: one Protocol Buffers message each, columns bound to fields by name.
 *
 * After the Protobuf format of Apache Flink, with a descriptor file where Flink has a generated class. The file is read
 * when a table is planned.
 *
 * @public
 */
export class ProtobufFormatFactory implements FormatFactory<ProtobufFormatOptions> {
  readonly role = "format";
  readonly identifier = PROTOBUF;
  readonly provides = ["DecodingFormat", "EncodingFormat"] as const;
  readonly options = ProtobufFormatOptions;

  /** @throws `OPTION_INVALID` if the descriptor file does not declare the message. */
  createDecoding(options: ProtobufFormatOptions): DecodingFormat {
    return new ProtobufFormat(options);
  }

  /** @throws as {@link createDecoding}. */
  createEncoding(options: ProtobufFormatOptions): EncodingFormat {
    return new ProtobufFormat(options);
  }
}

/** The format with its options. @internal */
export class ProtobufFormat implements DecodingFormat, EncodingFormat {
  readonly changelog = INSERT_ONLY;
  readonly #options: ProtobufFormatOptions;
  readonly #message: MessageType;

  constructor(options: ProtobufFormatOptions) {
    this.#options = options;
    this.#message = readMessageType(options);
  }

  createDecoder(context: FormatContext): Decoder {
    check(columnFaults(this.#message, context.rowType, context.table));
    return new ProtobufDecoder(this.#message, context, this.#options);
  }

  createEncoder(context: FormatContext): Encoder {
    check([
      ...columnFaults(this.#message, context.rowType, context.table),
      ...unwrittenFaults(this.#message, context),
    ]);
    return new ProtobufEncoder(this.#message, context, this.#options);
  }
}

function check(faults: readonly Diagnostic[]): void {
  if (faults.length > 0) throw new TributaryError(faults);
}

/** Required fields that no column writes: no reader would take such messages. */
function unwrittenFaults(message: MessageType, { table, rowType }: FormatContext): readonly Diagnostic[] {
  return unwritten(message, rowType).map(({ name, owner, path }) => ({
    severity: "error" as const,
    code: "SCHEMA_INVALID" as const,
    message: `The message ${owner} requires the field '${name}', and the table '${table}' has no column '${[...path, name].join(".")}' to write it.`,
    table,
    connector: PROTOBUF,
    ...(path[0] !== undefined && { columnName: path[0] }),
    hint: path[0] === undefined ? `Add a column '${name}'.` : `Add a field '${name}' to the column's type.`,
  }));
}

interface Unwritten {
  readonly name: string;
  readonly owner: string;
  readonly path: readonly string[];
}

function unwritten(message: MessageType, type: RowType, path: readonly string[] = []): readonly Unwritten[] {
  return message.fields.flatMap(({ name, label, kind }) => {
    const column = type.fields.find((one) => one.name === name);
    if (column === undefined) return label === "required" ? [{ name, owner: message.name, path }] : [];
    const inner = kind.kind === "map" ? kind.value : kind;
    const row = rowWithin(column.type);
    return inner.kind === "message" && row !== undefined ? unwritten(inner.type, row, [...path, name]) : [];
  });
}

/** The ROW of a column, of its elements or of its values. */
function rowWithin(type: LogicalType): RowType | undefined {
  if (type.kind === "ARRAY") return rowWithin(type.element);
  if (type.kind === "MAP") return rowWithin(type.value);
  return type.kind === "ROW" ? type : undefined;
}
