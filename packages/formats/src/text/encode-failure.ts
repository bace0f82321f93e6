import { TributaryError } from "@tributary/core";
import { excerpt } from "./excerpt.js";

/** A value that cannot be written; becomes a diagnostic where the column is known. */
export class UnwritableValue extends Error {
  readonly hint: string | undefined;

  constructor(reason: string, hint?: string) {
    super(reason);
    this.hint = hint;
  }
}

/** For a value that is not what its column's type holds. */
export function notOfType(value: unknown, typeName: string): never {
  throw new UnwritableValue(`${describe(value)} is not a value of ${typeName}.`);
}

function describe(value: unknown): string {
  if (typeof value === "string") return `The string ${excerpt(value)}`;
  if (typeof value === "bigint") return `The bigint ${value}n`;
  if (typeof value === "number" || typeof value === "boolean") return `The ${typeof value} ${value}`;
  if (value instanceof Uint8Array) return `A Uint8Array of ${value.length} bytes`;
  const className = typeof value === "object" ? value?.constructor?.name : undefined;
  return `A value of type ${className ?? typeof value}`;
}

/** @throws `RECORD_MALFORMED` naming the column, or the error itself if it is no {@link UnwritableValue}. */
export function failEncoding(error: unknown, format: string, table: string, column: string): never {
  if (!(error instanceof UnwritableValue)) throw error;
  throw new TributaryError({
    severity: "error",
    code: "RECORD_MALFORMED",
    message: `The column '${column}' of the table '${table}' cannot be written as ${format}: ${error.message}`,
    table,
    connector: format,
    columnName: column,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}
