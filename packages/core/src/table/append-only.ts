/**
 * Changes into tables that take insertions only. A pipeline carries insertions, so that a table whose format carries
 * changes is refused where it is read; where its rows are to go into a format that could not write changes either, the
 * statement is what is wrong, on any runner.
 */
import type { EncodingFormat } from "../connector/format.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";

/** A table that takes insertions only, because of its format. @public */
export interface AppendOnlySink {
  readonly table: string;
  readonly format: string;
}

/** @returns undefined if the format writes changes too. */
export function appendOnlySink(
  table: string,
  format: string,
  { changelog }: EncodingFormat,
): AppendOnlySink | undefined {
  return changelog.every((kind) => kind === "+I") ? { table, format } : undefined;
}

/** Does a fault of planning say that a table's format carries changes? @public */
export function isChangelogRefusal({ code, option, severity }: Diagnostic): boolean {
  return severity === "error" && code === "RUNNER_UNSUPPORTED" && option === "format";
}

/** What is wrong with a statement that writes a changing table into one that takes insertions only. @public */
export function changesIntoAppendOnly(
  refusal: Diagnostic,
  { table, format }: AppendOnlySink,
): Pick<Diagnostic, "severity" | "code" | "message" | "table" | "hint"> {
  return {
    severity: "error",
    code: "SQL_INVALID",
    message: `The rows of the table '${refusal.table ?? ""}' are changed and deleted (format '${refusal.value ?? ""}'), and the table '${table}' takes insertions only: its format '${format}' writes no changes.`,
    table,
    hint: "Read the events as they are, with 'json' and columns for their fields, or write a format that carries changes.",
  };
}
