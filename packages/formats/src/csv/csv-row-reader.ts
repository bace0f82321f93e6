/** Reads a record into a row: cell after cell, each handed to the reader of its column. */
import { rowFactory } from "@tributary/core";
import type { Row } from "@tributary/core";
import { generate, quoteKey } from "../text/generated-code.js";
import type { CodeStyle } from "../text/generated-code.js";
import type { CellReader } from "./csv-cell-readers.js";
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
  readers: readonly CellReader[],
  settings: CsvRowSettings,
): CsvRowReader {
  return generatedReader(names, readers, settings) ?? closureReader(names, readers, settings.needsAllCells);
}

function closureReader(
  names: readonly string[],
  readers: readonly CellReader[],
  needsAllCells: boolean,
): CsvRowReader {
  const makeRow = rowFactory(names);
  const count = names.length;
  const noValues: readonly unknown[] = names.map(() => null);
  return (scanner) => {
    const values = noValues.slice();
    let index = 0;
    let follows = true;
    while (follows && index < count) {
      follows = scanner.cell();
      try {
        values[index] = (readers[index] as CellReader)(scanner);
      } catch (error) {
        scanner.enclose(error, names[index] as string);
        throw error;
      }
      index++;
    }
    if (follows) scanner.surplus(count);
    else if (index < count && needsAllCells) scanner.missing(count, index);
    return makeRow(values);
  };
}

function generatedReader(
  names: readonly string[],
  readers: readonly CellReader[],
  { needsAllCells, codeStyle }: CsvRowSettings,
): CsvRowReader | undefined {
  const count = names.length;
  if (count === 0 || count > GENERATED_FIELDS_MAX) return undefined;
  const cells = names.map(
    (_, index) => `
        follows = scanner.cell(); index = ${index}; v${index} = r${index}(scanner); index = -1; found = ${index + 1};
        ${index < count - 1 ? "if (!follows) break cells;" : ""}`,
  );
  const body = `
    return function readRow(scanner) {
      ${names.map((_, index) => `let v${index} = null;`).join(" ")}
      let index = -1, found = 0, follows = true;
      try {
        cells: {
          ${cells.join("")}
        }
      } catch (error) {
        if (index >= 0) scanner.enclose(error, names[index]);
        throw error;
      }
      if (follows) scanner.surplus(${count});
      ${needsAllCells ? `else if (found < ${count}) scanner.missing(${count}, found);` : ""}
      return { ${names.map((name, index) => `${quoteKey(name)}: v${index}`).join(", ")} };
    };`;
  const scope: Record<string, unknown> = { names };
  for (const [index, reader] of readers.entries()) scope[`r${index}`] = reader;
  return generate<CsvRowReader>(codeStyle, scope, body);
}
