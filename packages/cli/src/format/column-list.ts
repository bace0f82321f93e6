/** Inferred columns as text: what stands behind the name in CREATE TABLE. */
import { printType } from "@tributary/core";
import type { InferredColumns } from "@tributary/formats";
import { nameText } from "@tributary/sql";

/** A comment ends with its line, whatever name of the sample is in it. */
function comment(texts: readonly string[]): string {
  return `-- ${texts.join("; ").replaceAll(/[\r\n\u2028\u2029]+/g, " ")}`;
}

/** The list in its brackets, one column a line, with what is uncertain as comments. */
export function columnList({ columns, options, notes }: InferredColumns): string {
  const heads = [
    ...notes,
    ...Array.from(options, ([key, value]) => `the sample needs the option '${key}' = '${value}'`),
  ];
  const lines = columns.map((column, index) => {
    const end = index === columns.length - 1 ? "" : ",";
    const remark = column.notes.length === 0 ? "" : ` ${comment(column.notes)}`;
    return `${nameText(column.name)} ${printType(column.type)}${end}${remark}`;
  });
  return ["(", ...[...heads.map((text) => comment([text])), ...lines].map((line) => `  ${line}`), ")"].join(
    "\n",
  );
}
