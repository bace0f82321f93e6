/** Reads a record into a row: column after column, each of which reads the next cell. */
import { rowFactory } from "@tributary/core";
import type { Row } from "@tributary/core";
import { generate, quoteKey } from "../text/generated-code.js";
import type { CodeStyle } from "../text/generated-code.js";
import type { ColumnReader } from "./csv-column-readers.js";
import type { CsvScanner } from "./csv-scanner.js";

/** Wider rows are read by closures: the engine would not optimise such long functions. */
const GENERATED_FIELDS_MAX = 250;

export type CsvRowReader = (scanner: CsvScanner) => Row;

export interface CsvRowSettings {
  /** Are too few cells an error? */
  readonly needsAllCells: boolean;
  readonly codeStyle: CodeStyle;
}

export function csvRowReader(
  names: readonly string[],
  readers: readonly ColumnReader[],
  settings: CsvRowSettings,
): CsvRowReader {
  return generatedReader(names, readers, settings) ?? closureReader(names, readers, settings.needsAllCells);
}

function closureReader(
  names: readonly string[],
  readers: readonly ColumnReader[],
  needsAllCells: boolean,
): CsvRowReader {
  const makeRow = rowFactory(names);
  const count = names.length;
  const noValues: readonly unknown[] = names.map(() => null);
  return (scanner) => {
    const values = noValues.slice();
    let index = 0;
    try {
      while (scanner.follows && index < count) {
        values[index] = (readers[index] as ColumnReader)(scanner);
        index++;
      }
    } catch (error) {
      scanner.enclose(error, names[index] as string);
      throw error;
    }
    if (scanner.follows) scanner.surplus(count);
    else if (index < count && needsAllCells) scanner.missing(count, index);
    return makeRow(values);
  };
}

function generatedReader(
  names: readonly string[],
  readers: readonly ColumnReader[],
  { needsAllCells, codeStyle }: CsvRowSettings,
): CsvRowReader | undefined {
  const count = names.length;
  if (count === 0 || count > GENERATED_FIELDS_MAX) return undefined;
  const cells = names.map(
    (_, index) => `
        v${index} = r${index}(scanner); index = ${index + 1};
        ${index < count - 1 ? "if (!scanner.follows) break cells;" : ""}`,
  );
  const body = `
    return function readRow(scanner) {
      ${names.map((_, index) => `let v${index} = null;`).join(" ")}
      let index = 0;
      try {
        cells: {
          ${cells.join("")}
        }
      } catch (error) {
        scanner.enclose(error, names[index]);
        throw error;
      }
      if (scanner.follows) scanner.surplus(${count});
      ${needsAllCells ? `else if (index < ${count}) scanner.missing(${count}, index);` : ""}
      return { ${names.map((name, index) => `${quoteKey(name)}: v${index}`).join(", ")} };
    };`;
  const scope: Record<string, unknown> = { names };
  for (const [index, reader] of readers.entries()) scope[`r${index}`] = reader;
  return generate<CsvRowReader>(codeStyle, scope, body);
}
