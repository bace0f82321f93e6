import { printType } from "@tributary/core";
import type {
  Decoder,
  DecodingFormat,
  Encoder,
  EncodingFormat,
  FormatContext,
  FormatFactory,
  LogicalType,
  RowKind,
} from "@tributary/core";
import type { CodeStyle } from "../text/generated-code.js";
import { checkColumns } from "../text/type-check.js";
import { JsonDecoder } from "./json-decoder.js";
import { JsonEncoder } from "./json-encoder.js";
import { JsonFormatOptions } from "./json-options.js";

const INSERT_ONLY: readonly RowKind[] = ["+I"];
const HINT = "Declare the column with a type that JSON can hold, for instance STRING, or leave it out.";

/**
 * The format `json`: one object a message, or an array of objects.
 *
 * After the JSON format of Apache Flink; see the options for what can be set.
 *
 * @public
 */
export class JsonFormatFactory implements FormatFactory<JsonFormatOptions> {
  readonly role = "format";
  readonly identifier = "json";
  readonly provides = ["DecodingFormat", "EncodingFormat"] as const;
  readonly options = JsonFormatOptions;

  createDecoding(options: JsonFormatOptions): DecodingFormat {
    return new JsonFormat(options);
  }

  createEncoding(options: JsonFormatOptions): EncodingFormat {
    return new JsonFormat(options);
  }
}

/** The format with its options. @internal */
export class JsonFormat implements DecodingFormat, EncodingFormat {
  readonly changelog = INSERT_ONLY;
  readonly #options: JsonFormatOptions;
  readonly #codeStyle: CodeStyle;

  constructor(options: JsonFormatOptions, codeStyle: CodeStyle = "generated") {
    this.#options = options;
    this.#codeStyle = codeStyle;
  }

  createDecoder(context: FormatContext): Decoder {
    checkColumns("json", context, typeFault, HINT);
    return new JsonDecoder(context, this.#options, this.#codeStyle);
  }

  createEncoder(context: FormatContext): Encoder {
    checkColumns("json", context, typeFault, HINT);
    return new JsonEncoder(context, this.#options, this.#codeStyle);
  }
}

const UNSUPPORTED: ReadonlySet<LogicalType["kind"]> = new Set([
  "TIMESTAMP_TZ",
  "RAW",
  "VARIANT",
  "BITMAP",
  "USER",
]);

/** Why JSON cannot carry a type; `undefined` if it can. */
function typeFault(type: LogicalType): string | undefined {
  if (UNSUPPORTED.has(type.kind)) return `the type ${printType(type)} is not supported.`;
  if (type.kind === "ARRAY") return typeFault(type.element);
  if (type.kind === "MAP") return keyFault(type, type.key) ?? typeFault(type.value);
  if (type.kind === "MULTISET") return keyFault(type, type.element);
  if (type.kind !== "ROW") return undefined;
  return type.fields.map((field) => typeFault(field.type)).find((fault) => fault !== undefined);
}

function keyFault(type: LogicalType, key: LogicalType): string | undefined {
  if (key.kind === "CHAR" || key.kind === "VARCHAR") return undefined;
  return `the names of a JSON object are text, so ${printType(type)} needs a character type and not ${printType(key)}.`;
}
