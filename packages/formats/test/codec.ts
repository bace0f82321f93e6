/** Decoding and encoding in one line, for tables of cases. */
import { optionEntries, parseOptions, parseType, rowToCanonicalJson, TributaryError } from "@tributary/core";
import type {
  DecodeOutput,
  DecodingFormat,
  EncodingFormat,
  MalformedRecord,
  OptionsClass,
  Row,
  RowType,
} from "@tributary/core";
import {
  AvroFormat,
  AvroFormatOptions,
  CsvFormat,
  CsvFormatOptions,
  JsonFormat,
  JsonFormatOptions,
  RawFormat,
  RawFormatOptions,
} from "@tributary/formats";
import type { CodeStyle } from "@tributary/formats";

export type FormatName = "avro" | "csv" | "json" | "raw";
export type Format = DecodingFormat & EncodingFormat;
export type Options = Readonly<Record<string, string>>;

const STYLES: readonly CodeStyle[] = ["generated", "closures"];

export function rowTypeOf(fields: string): RowType {
  return { ...(parseType(`ROW<${fields}>`) as RowType), nullable: false };
}

export function makeFormat(name: FormatName, options: Options, style: CodeStyle = "generated"): Format {
  const parse = <O extends object>(declared: OptionsClass<O>): O => {
    const entries = optionEntries(
      Object.fromEntries(Object.entries(options).map(([key, value]) => [`${name}.${key}`, value])),
    );
    const { value, diagnostics } = parseOptions(declared, entries, {
      prefix: `${name}.`,
      table: "t",
      identifier: name,
    });
    if (value === undefined) throw new TributaryError(diagnostics);
    return value;
  };
  switch (name) {
    case "avro":
      return new AvroFormat(parse(AvroFormatOptions), style);
    case "csv":
      return new CsvFormat(parse(CsvFormatOptions), style);
    case "json":
      return new JsonFormat(parse(JsonFormatOptions), style);
    case "raw":
      return new RawFormat(parse(RawFormatOptions));
  }
}

/** Everything a decoder said: rows, malformed and skipped messages, with the message's index. */
export interface Decoded {
  readonly rows: readonly Row[];
  /** In order: canonical JSON of a row, `!column` for a malformed message, `~` for a skipped one. */
  readonly events: readonly string[];
  readonly indexes: readonly number[];
  readonly faults: readonly MalformedRecord[];
}

export function decodeWith(
  format: DecodingFormat,
  rowType: RowType,
  messages: readonly (Uint8Array | null)[],
): Decoded {
  const rows: Row[] = [];
  const events: string[] = [];
  const indexes: number[] = [];
  const faults: MalformedRecord[] = [];
  const output: DecodeOutput = {
    row: (index, row) => {
      rows.push(row);
      events.push(rowToCanonicalJson(row, rowType));
      indexes.push(index);
    },
    malformed: (index, fault) => {
      faults.push(fault);
      events.push(`!${fault.column ?? ""}`);
      indexes.push(index);
    },
    skipped: (index, fault) => {
      faults.push(fault);
      events.push("~");
      indexes.push(index);
    },
  };
  format.createDecoder({ table: "t", rowType }).decode(messages, output);
  return { rows, events, indexes, faults };
}

/** Decodes with generated code and with closures; throws if they differ. */
export function decode(
  name: FormatName,
  fields: string,
  options: Options,
  messages: readonly (string | Uint8Array | null)[],
): Decoded {
  const rowType = rowTypeOf(fields);
  const bytes = messages.map((message) => (typeof message === "string" ? Buffer.from(message) : message));
  const [generated, closures] = STYLES.map((style) =>
    decodeWith(makeFormat(name, options, style), rowType, bytes),
  );
  const { events, faults } = generated as Decoded;
  if (JSON.stringify([events, faults]) !== JSON.stringify([closures?.events, closures?.faults])) {
    throw new Error(
      `Generated code: ${JSON.stringify(generated?.events)}; closures: ${JSON.stringify(closures?.events)}`,
    );
  }
  return generated as Decoded;
}

/** Encodes with generated code and with closures; throws if they differ. */
export function encode(name: FormatName, fields: string, options: Options, rows: readonly Row[]): string[] {
  return encodeBytes(name, rowTypeOf(fields), options, rows).map((message) =>
    Buffer.from(message ?? []).toString("utf8"),
  );
}

/** As {@link encode}, the bytes; `null` for a message without body. */
export function encodeBytes(
  name: FormatName,
  rowType: RowType,
  options: Options,
  rows: readonly Row[],
): (Uint8Array | null)[] {
  const [generated = [], closures = []] = STYLES.map((style) =>
    makeFormat(name, options, style).createEncoder({ table: "t", rowType }).encode(rows),
  );
  if (JSON.stringify(generated) !== JSON.stringify(closures)) {
    throw new Error(`Generated code: ${JSON.stringify(generated)}; closures: ${JSON.stringify(closures)}`);
  }
  return generated;
}
