import { CrossCheck, Option } from "@tributary/core";
import type { CrossCheckContext, OptionFault } from "@tributary/core";

const SOURCE = "Flink documentation, CSV format";

/** Options of the format `csv`. @public */
export class CsvFormatOptions {
  @Option({
    key: "field-delimiter",
    type: "string",
    isForwarded: true,
    summary:
      "The character between cells. Escapes as in Java are undone: \\t is a tab, \\u0001 a control character.",
    example: ";",
    source: SOURCE,
  })
  readonly fieldDelimiter: string = ",";

  @Option({
    key: "disable-quote-character",
    type: "boolean",
    isForwarded: true,
    summary: "No quotes at all, neither when reading nor when writing.",
    source: SOURCE,
  })
  readonly disablesQuotes: boolean = false;

  @Option({
    key: "quote-character",
    type: "string",
    isForwarded: true,
    summary: "The character around cells that hold delimiters or line ends.",
    source: SOURCE,
  })
  readonly quoteCharacter: string = '"';

  @Option({
    key: "allow-comments",
    type: "boolean",
    isForwarded: true,
    summary: "Skip lines that start with # when reading, and empty lines.",
    source: SOURCE,
  })
  readonly allowsComments: boolean = false;

  @Option({
    key: "ignore-parse-errors",
    type: "boolean",
    summary:
      "A cell that cannot be converted is NULL, missing cells are NULL and a record that cannot be split is skipped; else all of them fail the record.",
    source: SOURCE,
  })
  readonly ignoreParseErrors: boolean = false;

  @Option({
    key: "array-element-delimiter",
    type: "string",
    isForwarded: true,
    summary: "The character between the elements of an ARRAY and the fields of a nested ROW.",
    source: SOURCE,
  })
  readonly elementDelimiter: string = ";";

  @Option({
    key: "escape-character",
    type: "string",
    isForwarded: true,
    summary: "The character that makes the next one literal; none unless given.",
    example: "\\",
    source: SOURCE,
  })
  readonly escapeCharacter?: string;

  @Option({
    key: "null-literal",
    type: "string",
    isForwarded: true,
    summary: "The text that stands for NULL, both ways; none unless given.",
    example: "N/A",
    source: SOURCE,
  })
  readonly nullLiteral?: string;

  @Option({
    key: "write-bigdecimal-in-scientific-notation",
    type: "boolean",
    isForwarded: true,
    summary:
      "Write DECIMAL without trailing zeros, with an exponent where that is shorter (1E+5). The declared default is true, but it takes effect only when set: left out, all fraction digits are written.",
    defaultText: "true",
    source: SOURCE,
  })
  readonly writesScientificDecimals?: boolean;

  @Option({
    key: "trim-spaces",
    type: "boolean",
    isForwarded: true,
    summary: "Strip blanks around unquoted cells and around the elements of arrays and rows when reading.",
    source: SOURCE,
  })
  readonly trimsSpaces: boolean = false;

  @Option({
    key: "ignore-trailing-unmappable",
    type: "boolean",
    isForwarded: true,
    summary: "Drop cells beyond the table's columns when reading.",
    source: SOURCE,
  })
  readonly ignoresSurplusCells: boolean = false;

  @Option({
    key: "allow-trailing-comma",
    type: "boolean",
    isForwarded: true,
    summary: "Accept one blank cell beyond the table's columns when reading.",
    source: SOURCE,
  })
  readonly allowsTrailingComma: boolean = true;

  @Option({
    key: "fail-on-missing-columns",
    type: "boolean",
    isForwarded: true,
    summary:
      "Too few cells make the whole record malformed when reading: with ignore-parse-errors it is skipped and not filled up with NULL.",
    source: SOURCE,
  })
  readonly failsOnMissingColumns: boolean = false;

  @Option({
    key: "empty-string-as-null",
    type: "boolean",
    isForwarded: true,
    summary: "An empty cell or element is NULL when reading, quoted or not.",
    source: SOURCE,
  })
  readonly readsEmptyAsNull: boolean = false;

  @CrossCheck()
  checkQuotes(context: CrossCheckContext): readonly OptionFault[] {
    if (!this.disablesQuotes || !context.isGiven("quote-character")) return [];
    const disable = context.fullKey("disable-quote-character");
    const quote = context.fullKey("quote-character");
    return [
      {
        key: "quote-character",
        otherKeys: ["disable-quote-character"],
        code: "OPTION_CONFLICT",
        message: `'${quote}' = '${this.quoteCharacter}' and '${disable}' = 'true' exclude each other.`,
        hint: "Leave out one of them.",
      },
    ];
  }

  @CrossCheck()
  checkCharacters(context: CrossCheckContext): readonly OptionFault[] {
    const characters: readonly (readonly [
      key: string,
      value: string | undefined,
      read: string | undefined,
    ])[] = [
      ["array-element-delimiter", this.elementDelimiter, this.elementDelimiter],
      ["escape-character", this.escapeCharacter, this.escapeCharacter],
      ["field-delimiter", this.fieldDelimiter, undoJavaEscapes(this.fieldDelimiter)],
      ["quote-character", this.quoteCharacter, this.quoteCharacter],
    ];
    return characters
      .filter(([, , read]) => read !== undefined && read.length !== 1)
      .map(([key, value]) => ({
        key,
        message: `'${context.fullKey(key)}' must be exactly one character, but was '${value}'.`,
      }));
  }
}

const CONTROL_ESCAPES: Readonly<Record<string, string>> = { b: "\b", n: "\n", t: "\t", f: "\f", r: "\r" };

/** Undoes the escapes of a Java string literal: `\t`, `\u0001`, `\1`, `\\`; a backslash before anything else goes. */
export function undoJavaEscapes(text: string): string {
  return text.replace(
    /\\(?:u+\+?([0-9A-Fa-f]{4})|([0-3]?[0-7]{1,2})|([^]?))/g,
    (_, unicode: string | undefined, octal: string | undefined, other: string | undefined) => {
      if (unicode !== undefined) return String.fromCharCode(Number.parseInt(unicode, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      return CONTROL_ESCAPES[other ?? ""] ?? other ?? "";
    },
  );
}
