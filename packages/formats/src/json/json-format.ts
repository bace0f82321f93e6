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
import { checkColumns } from "../text/type-check.js";
import { JsonDecoder } from "./json-decoder.js";
import { JsonEncoder } from "./json-encoder.js";
import { JsonFormatOptions } from "./json-options.js";
import { JSON_TYPE_HINT, jsonTypeFault } from "./json-type-fault.js";

const INSERT_ONLY: readonly RowKind[] = ["+I"];

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
    checkColumns("json", context, jsonTypeFault, JSON_TYPE_HINT);
    return new JsonDecoder(context, this.#options, this.#codeStyle);
  }

  createEncoder(context: FormatContext): Encoder {
    checkColumns("json", context, jsonTypeFault, JSON_TYPE_HINT);
    return new JsonEncoder(context, this.#options, this.#codeStyle);
  }
}
