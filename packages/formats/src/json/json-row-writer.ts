import { generate, quote } from "../text/generated-code.js";
import type { CodeStyle } from "../text/generated-code.js";
import { jsonString } from "./json-text.js";

/** Wider rows are written by closures: the engine would not optimise such long functions. */
const GENERATED_FIELDS_MAX = 200;

type ValueWriter = (value: unknown) => string;
export type RowWriter = (row: Readonly<Record<string, unknown>>) => string;

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
  const keys = names.map((name) => `${jsonString(name)}:`);
  return (row) => {
    let text = "";
    let index = 0;
    try {
      for (; index < names.length; index++) {
        const value = row[names[index] as string];
        const isNull = value === null || value === undefined;
        if (isNull && omitsNullFields) continue;
        const separator = text === "" ? "" : ",";
        text +=
          separator + (keys[index] as string) + (isNull ? "null" : (writers[index] as ValueWriter)(value));
      }
    } catch (error) {
      onFailure(error, index);
    }
    return `{${text}}`;
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
    const key = quote(`${jsonString(name)}:`);
    const read = `index = ${index}; value = row[${quote(name)}];`;
    if (!omitsNullFields) {
      const start = index === 0 ? key : quote(`,${jsonString(name)}:`);
      return `${read} text += ${start} + (value === null || value === undefined ? "null" : w${index}(value));`;
    }
    return `${read} if (value !== null && value !== undefined) {
      text += (text === "" ? "" : ",") + ${key} + w${index}(value);
    }`;
  });
  const body = `
    return function writeRow(row) {
      let text = "", value, index = 0;
      try {
        ${fields.join("\n")}
      } catch (error) {
        onFailure(error, index);
      }
      return "{" + text + "}";
    };`;
  const scope: Record<string, unknown> = { onFailure };
  for (const [index, write] of writers.entries()) scope[`w${index}`] = write;
  return generate<RowWriter>(codeStyle, scope, body);
}
