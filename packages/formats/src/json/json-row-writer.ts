import type { ByteWriter } from "../text/byte-writer.js";
import { generate, quote } from "../text/generated-code.js";
import type { CodeStyle } from "../text/generated-code.js";
import { fieldCode, fieldReader } from "../text/row-field.js";
import type { FieldReader } from "../text/row-field.js";
import { jsonString } from "./json-text.js";

/** Wider rows are written by closures: the engine would not optimise such long functions. */
const GENERATED_FIELDS_MAX = 200;

type ValueWriter = (value: unknown, out: ByteWriter) => void;
export type RowWriter = (row: Readonly<Record<string, unknown>>, out: ByteWriter) => void;

interface RowWriterSettings {
  readonly omitsNullFields: boolean;
  readonly codeStyle: CodeStyle;
}

/**
 * @param onFailure - told the field's index when a value cannot be written; must throw. Without it the error passes.
 */
export function rowWriter(
  names: readonly string[],
  writers: readonly ValueWriter[],
  settings: RowWriterSettings,
  onFailure: (error: unknown, index: number) => never = passOn,
): RowWriter {
  if (names.length > 0 && names.length <= GENERATED_FIELDS_MAX) {
    const generated = generatedWriter(names, writers, settings, onFailure);
    if (generated !== undefined) return generated;
  }
  return closureWriter(names, writers, settings.omitsNullFields, onFailure);
}

function passOn(error: unknown): never {
  // Thrown on as it came.
  // oxlint-disable-next-line typescript/only-throw-error
  throw error;
}

function closureWriter(
  names: readonly string[],
  writers: readonly ValueWriter[],
  omitsNullFields: boolean,
  onFailure: (error: unknown, index: number) => never,
): RowWriter {
  const fields = names.map(fieldReader);
  const keys = names.map((name) => Buffer.from(`${jsonString(name)}:`, "utf8"));
  return (row, out) => {
    let separator = "{";
    let index = 0;
    try {
      for (; index < names.length; index++) {
        const value = (fields[index] as FieldReader)(row);
        const isNull = value === null || value === undefined;
        if (isNull && omitsNullFields) continue;
        out.text(separator);
        out.bytes(keys[index] as Uint8Array);
        if (isNull) out.text("null");
        else (writers[index] as ValueWriter)(value, out);
        separator = ",";
      }
    } catch (error) {
      onFailure(error, index);
    }
    out.text(separator === "{" ? "{}" : "}");
  };
}

function generatedWriter(
  names: readonly string[],
  writers: readonly ValueWriter[],
  settings: RowWriterSettings,
  onFailure: (error: unknown, index: number) => never,
): RowWriter | undefined {
  const { omitsNullFields, codeStyle } = settings;
  const fields = names.map((name, index) => {
    const start = `${index === 0 ? "{" : ","}${jsonString(name)}:`;
    const read = `index = ${index}; value = ${fieldCode(name)};`;
    if (!omitsNullFields) {
      return `${read}
        if (value === null || value === undefined) out.text(${quote(`${start}null`)});
        else { out.bytes(k${index}); w${index}(value, out); }`;
    }
    return `${read} if (value !== null && value !== undefined) {
        out.byte(isFirst ? 123 : 44); isFirst = false; out.bytes(k${index});
        w${index}(value, out);
      }`;
  });
  const body = `
    return function writeRow(row, out) {
      let value, index = 0, isFirst = true;
      try {
        ${fields.join("\n")}
      } catch (error) {
        onFailure(error, index);
      }
      ${omitsNullFields ? 'out.text(isFirst ? "{}" : "}");' : "out.byte(125);"}
    };`;
  const scope: Record<string, unknown> = { onFailure };
  for (const [index, write] of writers.entries()) {
    const key = `${jsonString(names[index] as string)}:`;
    const separator = omitsNullFields ? "" : index === 0 ? "{" : ",";
    scope[`w${index}`] = write;
    scope[`k${index}`] = Buffer.from(separator + key, "utf8");
  }
  return generate<RowWriter>(codeStyle, scope, body);
}
