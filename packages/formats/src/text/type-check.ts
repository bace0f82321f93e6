import { printType, TributaryError } from "@tributary/core";
import type { Diagnostic, FormatContext, LogicalType } from "@tributary/core";

/** Is there a DECIMAL anywhere in the type? */
export function hasDecimal(type: LogicalType): boolean {
  if (type.kind === "ARRAY" || type.kind === "MULTISET") return hasDecimal(type.element);
  if (type.kind === "MAP") return hasDecimal(type.key) || hasDecimal(type.value);
  if (type.kind === "ROW") return type.fields.some((field) => hasDecimal(field.type));
  return type.kind === "DECIMAL";
}

/** For a type that {@link checkColumns} should not have let pass. */
export function wasRefused(type: LogicalType): never {
  throw new TypeError(`Broken invariant: ${printType(type)} should have been refused.`);
}

/**
 * Checks every column.
 *
 * @param fault - what is wrong with a column's type, as a sentence that names the type.
 * @throws `SCHEMA_INVALID` with one diagnostic a column.
 */
export function checkColumns(
  format: string,
  context: FormatContext,
  fault: (type: LogicalType, name: string) => string | undefined,
  hint: string,
): void {
  const faults: Diagnostic[] = [];
  for (const { name, type } of context.rowType.fields) {
    const reason = fault(type, name);
    if (reason === undefined) continue;
    faults.push({
      severity: "error",
      code: "SCHEMA_INVALID",
      message: `The format '${format}' cannot carry the column '${name}' of the table '${context.table}': ${reason}`,
      table: context.table,
      connector: format,
      columnName: name,
      hint,
    });
  }
  if (faults.length > 0) throw new TributaryError(faults);
}
