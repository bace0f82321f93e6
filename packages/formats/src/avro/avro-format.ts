import type {
  Decoder,
  DecodingFormat,
  Encoder,
  EncodingFormat,
  FormatContext,
  FormatFactory,
  RowKind,
} from "@tributary/core";
import type { CodeStyle } from "../text/generated-code.js";
import { checkAvroColumns, derivedSchema } from "./avro-codec.js";
import { AvroBinaryDecoder, AvroJsonDecoder } from "./avro-decoder.js";
import { AvroBinaryEncoder, AvroJsonEncoder } from "./avro-encoder.js";
import { AvroFormatOptions } from "./avro-options.js";
import type { AvroType } from "./avro-schema.js";

const INSERT_ONLY: readonly RowKind[] = ["+I"];

/**
 * The format `avro`: one record a message, without a header, in the schema that the table's columns give.
 *
 * After the Avro format of Apache Flink; see the options for what can be set.
 *
 * @public
 */
export class AvroFormatFactory implements FormatFactory<AvroFormatOptions> {
  readonly role = "format";
  readonly identifier = "avro";
  readonly provides = ["DecodingFormat", "EncodingFormat"] as const;
  readonly options = AvroFormatOptions;

  createDecoding(options: AvroFormatOptions): DecodingFormat {
    return new AvroFormat(options);
  }

  createEncoding(options: AvroFormatOptions): EncodingFormat {
    return new AvroFormat(options);
  }
}

/** The format with its options. @internal */
export class AvroFormat implements DecodingFormat, EncodingFormat {
  readonly changelog = INSERT_ONLY;
  readonly #options: AvroFormatOptions;
  readonly #codeStyle: CodeStyle;

  constructor(options: AvroFormatOptions, codeStyle: CodeStyle = "generated") {
    this.#options = options;
    this.#codeStyle = codeStyle;
  }

  createDecoder(context: FormatContext): Decoder {
    const schema = this.#schemaOf(context);
    return this.#options.encoding === "binary"
      ? new AvroBinaryDecoder(context, schema, this.#codeStyle)
      : new AvroJsonDecoder(context, schema);
  }

  createEncoder(context: FormatContext): Encoder {
    const schema = this.#schemaOf(context);
    return this.#options.encoding === "binary"
      ? new AvroBinaryEncoder(context, schema, this.#codeStyle)
      : new AvroJsonEncoder(context, schema);
  }

  #schemaOf(context: FormatContext): AvroType {
    const { usesLegacyTimestamps } = this.#options;
    checkAvroColumns("avro", context, usesLegacyTimestamps);
    return derivedSchema(context.rowType, usesLegacyTimestamps);
  }
}
