import { invariant, isCharacterType, printType, TributaryError } from "@tributary/core";
import type {
  Decoder,
  DecodingFormat,
  Encoder,
  EncodingFormat,
  FormatContext,
  FormatFactory,
  RowField,
  RowKind,
} from "@tributary/core";
import { checkColumns } from "../text/type-check.js";
import { CHARSET_EXAMPLES, findCharset } from "./charset.js";
import { RawDecoder, RawLinesDecoder } from "./raw-decoder.js";
import { RawEncoder } from "./raw-encoder.js";
import { RawFormatOptions } from "./raw-options.js";
import { createRawWriter, rawFault } from "./raw-values.js";
import type { RawSettings, RawWriter } from "./raw-values.js";

const INSERT_ONLY: readonly RowKind[] = ["+I"];
const HINT = "Raw holds text, bytes, BOOLEAN and numbers but DECIMAL. Declare the column as BYTES or STRING.";

/**
 * The format `raw`: the whole message is one value.
 *
 * After the raw format of Apache Flink; see the options for what can be set.
 *
 * @public
 */
export class RawFormatFactory implements FormatFactory<RawFormatOptions> {
  readonly role = "format";
  readonly identifier = "raw";
  readonly provides = ["DecodingFormat", "EncodingFormat"] as const;
  readonly options = RawFormatOptions;

  createDecoding(options: RawFormatOptions): DecodingFormat {
    return new RawFormat(options);
  }

  createEncoding(options: RawFormatOptions): EncodingFormat {
    return new RawFormat(options);
  }
}

/** The format with its options. @internal */
export class RawFormat implements DecodingFormat, EncodingFormat {
  readonly changelog = INSERT_ONLY;
  readonly #settings: RawSettings;
  readonly #delimiter: string | undefined;

  constructor(options: RawFormatOptions) {
    const charset = findCharset(options.charset);
    invariant(charset !== undefined, "options were checked");
    this.#settings = { charset, isLittleEndian: options.endianness === "little-endian" };
    this.#delimiter = options.lineDelimiter;
  }

  createDecoder(context: FormatContext): Decoder {
    const column = onlyColumn(context);
    if (this.#delimiter === undefined) return new RawDecoder(column.name, column.type, this.#settings);
    const encode = isCharacterType(column.type) ? undefined : this.#encoder(context);
    return new RawLinesDecoder(column, this.#settings, this.#delimiter, encode);
  }

  createEncoder(context: FormatContext): Encoder {
    const { name, type } = onlyColumn(context);
    const encode =
      isCharacterType(type) || this.#delimiter !== undefined ? this.#encoder(context) : () => undefined;
    return new RawEncoder(
      context.table,
      name,
      this.#delimited(createRawWriter(type, this.#settings, encode), encode),
    );
  }

  /** @throws `OPTION_INVALID` for a character set that can only be read. */
  #encoder(context: FormatContext): (text: string) => Uint8Array | undefined {
    const { charset } = this.#settings;
    const encode = charset.encoder();
    if (encode !== undefined) return encode;
    throw new TributaryError({
      severity: "error",
      code: "OPTION_INVALID",
      message: `Text cannot be written in the character set '${charset.name}', only read.`,
      table: context.table,
      connector: "raw",
      option: "raw.charset",
      value: charset.name,
      candidates: CHARSET_EXAMPLES,
    });
  }

  #delimited(write: RawWriter, encode: (text: string) => Uint8Array | undefined): RawWriter {
    const delimiter = this.#delimiter;
    if (delimiter === undefined) return write;
    // A byte order mark is for the start of a message.
    const end = this.#settings.charset.name === "UTF-16" ? encode(delimiter)?.subarray(2) : encode(delimiter);
    if (end === undefined) throw undelimitable(delimiter, this.#settings.charset.name);
    return (value) => Buffer.concat([write(value), end]);
  }
}

function undelimitable(delimiter: string, charset: string): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "OPTION_INVALID",
    message: `The line delimiter has a character that ${charset} lacks.`,
    connector: "raw",
    option: "raw.line-delimiter",
    value: delimiter,
  });
}

/** @throws `SCHEMA_INVALID` if there is not exactly one column, or its type is not supported. */
function onlyColumn(context: FormatContext): RowField {
  const { fields } = context.rowType;
  const [column] = fields;
  if (column === undefined || fields.length > 1) {
    const list = fields.map(({ name, type }) => `${name} ${printType(type)}`).join(", ");
    throw new TributaryError({
      severity: "error",
      code: "SCHEMA_INVALID",
      message: `The format 'raw' takes exactly one physical column, and the table '${context.table}' has ${fields.length === 0 ? "none" : `${fields.length}: ${list}`}.`,
      table: context.table,
      connector: "raw",
      hint: "Leave one column, or make the others computed or metadata columns.",
    });
  }
  checkColumns("raw", context, rawFault, HINT);
  return column;
}
