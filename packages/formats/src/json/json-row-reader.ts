/**
 * Reads an object into a row. Objects tend to have the table's fields in the table's order: generated code compares
 * the bytes of each expected name in turn and falls back to looking names up from the first surprise on.
 */
import { rowFactory } from "@tributary/core";
import type { Row } from "@tributary/core";
import { generate, quoteKey } from "../text/generated-code.js";
import type { CodeStyle } from "../text/generated-code.js";
import { FieldNames } from "./field-names.js";
import type { JsonReader } from "./json-number-readers.js";
import type { JsonScanner } from "./json-scanner.js";
import { jsonString } from "./json-text.js";

/** Wider rows are read by closures: the engine would not optimise such long functions. */
const GENERATED_FIELDS_MAX = 120;

type RowReader = (scanner: JsonScanner) => Row;

/** @returns a reader of an object, at its opening brace. */
export function rowReader(
  names: readonly string[],
  readers: readonly JsonReader[],
  settings: { readonly failsOnMissingField: boolean; readonly codeStyle: CodeStyle },
): RowReader {
  return (
    generatedReader(names, readers, settings) ?? closureReader(names, readers, settings.failsOnMissingField)
  );
}

function closureReader(
  names: readonly string[],
  readers: readonly JsonReader[],
  failsOnMissingField: boolean,
): RowReader {
  const fields = new FieldNames(names);
  const makeRow = rowFactory(names);
  const noValues: readonly unknown[] = names.map(() => (failsOnMissingField ? undefined : null));
  return (scanner) => {
    const values = noValues.slice();
    let index = -1;
    try {
      scanner.pos++;
      if (scanner.peek() === 0x7d) {
        scanner.pos++;
      } else {
        for (let byte = 0x2c; byte === 0x2c;) {
          if (scanner.peek() !== 0x22) scanner.unexpected("a field's name");
          index = fields.read(scanner, index + 1);
          const read = readers[index];
          if (read === undefined) scanner.skip();
          else values[index] = read(scanner);
          byte = scanner.peek();
          if (byte !== 0x2c && byte !== 0x7d) scanner.unexpected("',' or '}'");
          scanner.pos++;
        }
      }
      index = -1;
      if (failsOnMissingField) {
        const missing = values.indexOf(undefined);
        if (missing >= 0) scanner.missing(names[missing] as string);
      }
    } catch (error) {
      scanner.enclose(error, names[index]);
      throw error;
    }
    return makeRow(values);
  };
}

function generatedReader(
  names: readonly string[],
  readers: readonly JsonReader[],
  settings: { readonly failsOnMissingField: boolean; readonly codeStyle: CodeStyle },
): RowReader | undefined {
  if (names.length === 0 || names.length > GENERATED_FIELDS_MAX) return undefined;
  const indexes = names.map((_, index) => index);
  const absent = settings.failsOnMissingField ? "undefined" : "null";
  const body = `
    return function readRow(scanner) {
      const bytes = scanner.bytes;
      ${indexes.map((index) => `let v${index} = ${absent};`).join(" ")}
      let index = -1, next = 0, byte = 0, at = scanner.pos + 1;
      // 0: behind the brace, 1: behind a comma, 2: behind a value, 3: behind the closing brace.
      let where = 0;
      try {
        inOrder: {
          ${names.map(expectedField).join("\n")}
        }
        scanner.pos = at;
        while (where !== 3) {
          index = -1;
          byte = scanner.peek();
          if (where === 2) {
            if (byte !== 44 && byte !== 125) scanner.unexpected("',' or '}'");
            scanner.pos++;
            where = byte === 44 ? 1 : 3;
          } else if (byte === 125 && where === 0) {
            scanner.pos++;
            where = 3;
          } else {
            if (byte !== 34) scanner.unexpected("a field's name");
            index = fields.read(scanner, next);
            next = index + 1;
            switch (index) {
              ${indexes.map((index) => `case ${index}: v${index} = r${index}(scanner); break;`).join("\n")}
              default: scanner.skip();
            }
            where = 2;
          }
        }
        ${
          settings.failsOnMissingField
            ? indexes
                .map(
                  (index) => `if (v${index} === undefined) { index = -1; scanner.missing(names[${index}]); }`,
                )
                .join("\n")
            : ""
        }
      } catch (error) {
        scanner.enclose(error, names[index]);
        throw error;
      }
      return { ${names.map((name, index) => `${quoteKey(name)}: v${index}`).join(", ")} };
    };`;
  const scope: Record<string, unknown> = { names, fields: new FieldNames(names) };
  for (const index of indexes) scope[`r${index}`] = readers[index];
  return generate<RowReader>(settings.codeStyle, scope, body);
}

/** Code that reads one field if it is the next one, and leaves the block `inOrder` if not. */
function expectedField(name: string, index: number, names: readonly string[]): string {
  // A name that JSON has to escape could be mistaken for structure.
  if (jsonString(name) !== `"${name}"`) return "break inOrder;";
  const prefix = Buffer.from(`"${name}":`, "utf8");
  const mismatch = [...prefix].map((byte, offset) => `bytes[at + ${offset}] !== ${byte}`).join(" || ");
  const isLast = index === names.length - 1;
  return `
    if (${mismatch}) break inOrder;
    index = ${index}; next = ${index + 1}; scanner.pos = at + ${prefix.length};
    v${index} = r${index}(scanner);
    at = scanner.pos; where = 2;
    ${
      isLast
        ? "if (bytes[at] === 125) { where = 3; at++; }"
        : "if (bytes[at] !== 44) break inOrder;\n at++; where = 1; if (bytes[at] === 32) at++;"
    }`;
}
