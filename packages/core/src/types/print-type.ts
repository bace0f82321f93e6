import { assertNever } from "../diagnostics/error.js";
import { MAX_LENGTH, type LogicalType, type RowField } from "./logical-type.js";

/**
 * The text of a type, which {@link parseType} reads back: `BIGINT NOT NULL`, `DECIMAL(10, 2)`, `STRING`,
 * `` ROW<`id` INT, `tags` ARRAY<STRING>> ``. Two types are the same when their texts are.
 *
 * @public
 */
export function printType(type: LogicalType): string {
  const text = printNullable(type);
  return type.nullable ? text : `${text} NOT NULL`;
}

function printNullable(type: LogicalType): string {
  switch (type.kind) {
    case "BOOLEAN":
    case "TINYINT":
    case "SMALLINT":
    case "INT":
    case "BIGINT":
    case "FLOAT":
    case "DOUBLE":
    case "DATE":
    case "NULL":
    case "VARIANT":
    case "BITMAP":
      return type.kind;
    case "CHAR":
    case "BINARY":
      return `${type.kind}(${type.length})`;
    case "VARCHAR":
      return type.length === MAX_LENGTH ? "STRING" : `VARCHAR(${type.length})`;
    case "VARBINARY":
      return type.length === MAX_LENGTH ? "BYTES" : `VARBINARY(${type.length})`;
    case "DECIMAL":
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case "TIME":
    case "TIMESTAMP":
    case "TIMESTAMP_LTZ":
      return `${type.kind}(${type.precision})`;
    case "TIMESTAMP_TZ":
      return `TIMESTAMP(${type.precision}) WITH TIME ZONE`;
    case "INTERVAL_YEAR_MONTH":
    case "INTERVAL_DAY_TIME":
      return `INTERVAL ${type.resolution}`;
    case "ARRAY":
    case "MULTISET":
      return `${type.kind}<${printType(type.element)}>`;
    case "MAP":
      return `MAP<${printType(type.key)}, ${printType(type.value)}>`;
    case "ROW":
      return `ROW<${type.fields.map(printField).join(", ")}>`;
    case "RAW":
      return `RAW(${type.text})`;
    case "USER":
      return type.text;
    default:
      return assertNever(type);
  }
}

function printField(field: RowField): string {
  const text = `${quoteName(field.name)} ${printType(field.type)}`;
  return field.comment === undefined ? text : `${text} ${quoteText(field.comment)}`;
}

/** A name in backquotes, a backquote inside doubled. @public */
export function quoteName(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/** A text in single quotes, a quote inside doubled. @public */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** True if both types print the same: kind, parameters, nullability, field names and comments. @public */
export function typesEqual(a: LogicalType, b: LogicalType): boolean {
  return a === b || (a.kind === b.kind && printType(a) === printType(b));
}
