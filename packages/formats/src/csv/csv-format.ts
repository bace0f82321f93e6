import { printType } from "@tributary/core";
import type {
  Decoder,
  DecodingFormat,
  Encoder,
  EncodingFormat,
  FormatContext,
  FormatFactory,
  LogicalType,
  RecordFraming,
  RowKind,
} from "@tributary/core";
import type { CodeStyle } from "../text/generated-code.js";
import { checkColumns } from "../text/type-check.js";
import { CsvDecoder } from "./csv-decoder.js";
import { dialectOf } from "./csv-dialect.js";
import { CsvEncoder } from "./csv-encoder.js";
import { CsvFraming } from "./csv-framing.js";
import { CsvFormatOptions } from "./csv-options.js";

const INSERT_ONLY: readonly RowKind[] = ["+I"];
const TIME_PRECISION_MAX = 3;
const HINT = "csv carries scalar columns, and ARRAY and ROW of scalars.";

/**
 * The format `csv`: one record a message, no header.
 *
 * After the CSV format of Apache Flink; see the options for what can be set.
 *
 * @public
 */
export class CsvFormatFactory implements FormatFactory<CsvFormatOptions> {
  readonly role = "format";
  readonly identifier = "csv";
  readonly provides = ["DecodingFormat", "EncodingFormat"] as const;
  readonly options = CsvFormatOptions;

  createDecoding(options: CsvFormatOptions): DecodingFormat {
    return new CsvFormat(options);
  }

  createEncoding(options: CsvFormatOptions): EncodingFormat {
    return new CsvFormat(options);
  }
}

/** The format with its options. @internal */
export class CsvFormat implements DecodingFormat, EncodingFormat {
  readonly changelog = INSERT_ONLY;
  readonly framing: RecordFraming;
  readonly #options: CsvFormatOptions;
  readonly #codeStyle: CodeStyle;

  constructor(options: CsvFormatOptions, codeStyle: CodeStyle = "generated") {
    this.framing = new CsvFraming(dialectOf(options));
    this.#options = options;
    this.#codeStyle = codeStyle;
  }

  createDecoder(context: FormatContext): Decoder {
    checkColumns("csv", context, typeFault, HINT);
    return new CsvDecoder(context, this.#options, this.#codeStyle);
  }

  createEncoder(context: FormatContext): Encoder {
    checkColumns("csv", context, typeFault, HINT);
    return new CsvEncoder(context, this.#options, this.#codeStyle);
  }
}

const UNSUPPORTED: ReadonlySet<LogicalType["kind"]> = new Set([
  "MAP",
  "MULTISET",
  "INTERVAL_YEAR_MONTH",
  "INTERVAL_DAY_TIME",
  "TIMESTAMP_TZ",
  "RAW",
  "VARIANT",
  "BITMAP",
  "USER",
]);

/** Why csv cannot carry a column's type; `undefined` if it can. */
function typeFault(type: LogicalType): string | undefined {
  if (type.kind === "ARRAY") return elementFault(type, type.element);
  if (type.kind === "ROW") {
    return type.fields.map((field) => elementFault(type, field.type)).find((fault) => fault !== undefined);
  }
  return scalarFault(type);
}

function elementFault(outer: LogicalType, element: LogicalType): string | undefined {
  if (element.kind === "ARRAY" || element.kind === "ROW") {
    return `the type ${printType(outer)} nests deeper than one level.`;
  }
  return scalarFault(element);
}

function scalarFault(type: LogicalType): string | undefined {
  if (UNSUPPORTED.has(type.kind)) return `the type ${printType(type)} is not supported.`;
  if (type.kind !== "TIME" || type.precision <= TIME_PRECISION_MAX) return undefined;
  return `the type ${printType(type)} is finer than milliseconds (TIME(${TIME_PRECISION_MAX})).`;
}
