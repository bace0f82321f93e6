import { TributaryError } from "@tributary/core";
import type {
  Decoder,
  DecodingFormat,
  Encoder,
  EncodingFormat,
  FormatContext,
  FormatFactory,
  FormatMetadata,
  RowKind,
} from "@tributary/core";
import { JSON_TYPE_HINT, jsonTypeFault } from "../json/json-type-fault.js";
import type { CodeStyle } from "../text/generated-code.js";
import { checkColumns } from "../text/type-check.js";
import { DebeziumJsonDecoder } from "./debezium-json-decoder.js";
import { DebeziumJsonEncoder } from "./debezium-json-encoder.js";
import { EVENT_METADATA } from "./event-metadata.js";
import { DEBEZIUM_JSON, DebeziumJsonFormatOptions } from "./debezium-json-options.js";

const ALL_KINDS: readonly RowKind[] = ["+I", "-U", "+U", "-D"];

/**
 * The format `debezium-json`: one change event a message, with the row before and after the change.
 *
 * After the Debezium format of Apache Flink; see the options for what can be set.
 *
 * @public
 */
export class DebeziumJsonFormatFactory implements FormatFactory<DebeziumJsonFormatOptions> {
  readonly role = "format";
  readonly identifier = DEBEZIUM_JSON;
  readonly provides = ["DecodingFormat", "EncodingFormat"] as const;
  readonly options = DebeziumJsonFormatOptions;

  createDecoding(options: DebeziumJsonFormatOptions): DecodingFormat {
    return new DebeziumJsonFormat(options);
  }

  /** @throws `OPTION_CONFLICT` for `schema-include`: there is no schema that could be written. */
  createEncoding(options: DebeziumJsonFormatOptions): EncodingFormat {
    if (options.includesSchema) throw schemaInSink();
    return new DebeziumJsonFormat(options);
  }
}

/** The format with its options. @internal */
export class DebeziumJsonFormat implements DecodingFormat, EncodingFormat {
  readonly changelog = ALL_KINDS;
  readonly metadata: readonly FormatMetadata[] = EVENT_METADATA;
  readonly #options: DebeziumJsonFormatOptions;
  readonly #codeStyle: CodeStyle;

  constructor(options: DebeziumJsonFormatOptions, codeStyle: CodeStyle = "generated") {
    this.#options = options;
    this.#codeStyle = codeStyle;
  }

  createDecoder(context: FormatContext): Decoder {
    checkColumns(DEBEZIUM_JSON, context, jsonTypeFault, JSON_TYPE_HINT);
    return new DebeziumJsonDecoder(context, this.#options, this.#codeStyle);
  }

  createEncoder(context: FormatContext): Encoder {
    checkColumns(DEBEZIUM_JSON, context, jsonTypeFault, JSON_TYPE_HINT);
    return new DebeziumJsonEncoder(context, this.#options, this.#codeStyle);
  }
}

function schemaInSink(): TributaryError {
  const option = `${DEBEZIUM_JSON}.schema-include`;
  return new TributaryError({
    severity: "error",
    code: "OPTION_CONFLICT",
    message: `Option '${option}' is 'true', and events are written without schema: the option is for reading.`,
    option,
    value: "true",
    hint: "Leave it out of tables that are written; declare a second table to read events with schema.",
  });
}
