import { printType } from "@tributary/core";
import type { LogicalType } from "@tributary/core";

const UNSUPPORTED: ReadonlySet<LogicalType["kind"]> = new Set([
  "TIMESTAMP_TZ",
  "RAW",
  "VARIANT",
  "BITMAP",
  "USER",
]);

/** What to do about a column that JSON cannot carry. */
export const JSON_TYPE_HINT =
  "Declare the column with a type that JSON can hold, for instance STRING, or leave it out.";

/** Why JSON cannot carry a type; `undefined` if it can. */
export function jsonTypeFault(type: LogicalType): string | undefined {
  if (UNSUPPORTED.has(type.kind)) return `the type ${printType(type)} is not supported.`;
  if (type.kind === "ARRAY") return jsonTypeFault(type.element);
  if (type.kind === "MAP") return keyFault(type, type.key) ?? jsonTypeFault(type.value);
  if (type.kind === "MULTISET") return keyFault(type, type.element);
  if (type.kind !== "ROW") return undefined;
  return type.fields.map((field) => jsonTypeFault(field.type)).find((fault) => fault !== undefined);
}

function keyFault(type: LogicalType, key: LogicalType): string | undefined {
  if (key.kind === "CHAR" || key.kind === "VARCHAR") return undefined;
  return `the names of a JSON object are text, so ${printType(type)} needs a character type and not ${printType(key)}.`;
}
