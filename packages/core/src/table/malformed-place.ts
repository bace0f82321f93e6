import type { MalformedRecord } from "../connector/format.js";
import type { RowType } from "../types/logical-type.js";
import { printType } from "../types/print-type.js";

/**
 * Where in a message decoding stopped, as phrases: `column 'price' of type DECIMAL(10, 2)`, `offset 7`. The type is that
 * of the column, also for a place inside it such as `lines[0].n`.
 *
 * @param rowType - the columns that the format reads.
 * @public
 */
export function malformedPlace({ column, offset }: MalformedRecord, rowType: RowType): readonly string[] {
  return [
    ...(column === undefined ? [] : [`column '${column}'${typeText(column, rowType)}`]),
    ...(offset === undefined ? [] : [`offset ${offset}`]),
  ];
}

/** Names may hold dots and brackets: the longest one that the path begins with is the column's. */
function typeText(path: string, { fields }: RowType): string {
  const [field] = fields
    .filter(({ name }) => path === name || (path.startsWith(name) && /^[.[]/.test(path.slice(name.length))))
    .toSorted((a, b) => b.name.length - a.name.length);
  return field === undefined ? "" : ` of type ${printType({ ...field.type, nullable: true })}`;
}
