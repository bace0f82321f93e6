/** Which columns carry which fields. */
import { nearestFirst, printType, types } from "@tributary/core";
import type { Diagnostic, LogicalType, RowType } from "@tributary/core";
import { printField } from "./message-type.js";
import type { FieldKind, MessageField, MessageType, ScalarName } from "./message-type.js";

const SCALAR_TYPES: Readonly<Record<ScalarName, LogicalType>> = {
  bool: types.boolean(),
  string: types.string(),
  bytes: types.bytes(),
  float: types.float(),
  double: types.double(),
  int32: types.int(),
  uint32: types.int(),
  sint32: types.int(),
  fixed32: types.int(),
  sfixed32: types.int(),
  int64: types.bigint(),
  uint64: types.bigint(),
  sint64: types.bigint(),
  fixed64: types.bigint(),
  sfixed64: types.bigint(),
};

/** Columns for all fields of a message that does not hold itself. */
export function rowTypeOf(message: MessageType): RowType {
  return types.row(message.fields.map((field) => [field.name, columnType(field)] as const));
}

function columnType({ kind, label }: MessageField): LogicalType {
  const type = kindType(kind);
  return label === "repeated" && kind.kind !== "map" ? types.array(type) : type;
}

function kindType(kind: FieldKind): LogicalType {
  switch (kind.kind) {
    case "scalar":
      return SCALAR_TYPES[kind.scalar];
    case "enum":
      return types.string();
    case "message":
      return rowTypeOf(kind.type);
    case "map":
      return types.map(kindType(kind.key), kindType(kind.value));
    case "group":
      throw new TypeError("Broken invariant: a group has no column type.");
  }
}

/** What is wrong with a column: where, in its words, and what would do. */
interface Misfit {
  /** Names below the column. */
  readonly path: readonly string[];
  readonly message: string;
  readonly candidates?: readonly string[];
  readonly hint: string;
}

/** Every column that no field of the message can carry. */
export function columnFaults(message: MessageType, rowType: RowType, table: string): readonly Diagnostic[] {
  return rowType.fields.flatMap(({ name, type }) =>
    fieldMisfits(message, name, type).map(({ path, message: reason, candidates, hint }) => ({
      severity: "error" as const,
      code: "SCHEMA_INVALID" as const,
      message: `The format 'protobuf' cannot carry the column '${[name, ...path].join(".")}' of the table '${table}': ${reason}`,
      table,
      connector: "protobuf",
      columnName: name,
      ...(candidates !== undefined && { candidates }),
      hint,
    })),
  );
}

function fieldMisfits(message: MessageType, name: string, type: LogicalType): readonly Misfit[] {
  const field = message.fields.find((one) => one.name === name);
  if (field === undefined) {
    return [
      {
        path: [],
        message: `the message ${message.name} has no field '${name}'.`,
        candidates: nearestFirst(
          name,
          message.fields.map((one) => one.name),
        ),
        hint: "Name the column as the field is named in the .proto file, or leave it out.",
      },
    ];
  }
  if (field.label === "repeated" && field.kind.kind !== "map") {
    if (type.kind !== "ARRAY") return [misfit(field, type)];
    return kindMisfits(field, type, field.kind, type.element);
  }
  return kindMisfits(field, type, field.kind, type);
}

/** @param column - the whole column's type, of which `type` is the part for `kind`. */
function kindMisfits(
  field: MessageField,
  column: LogicalType,
  kind: FieldKind,
  type: LogicalType,
): readonly Misfit[] {
  if (kind.kind === "message" && type.kind === "ROW") {
    return type.fields.flatMap((inner) =>
      fieldMisfits(kind.type, inner.name, inner.type).map((one) => ({
        ...one,
        path: [inner.name, ...one.path],
      })),
    );
  }
  if (kind.kind === "map" && type.kind === "MAP") {
    return [
      ...kindMisfits(field, column, kind.key, type.key),
      ...kindMisfits(field, column, kind.value, type.value),
    ];
  }
  return fits(kind, type) ? [] : [misfit(field, column)];
}

const ENUM_COLUMNS: ReadonlySet<LogicalType["kind"]> = new Set([
  "CHAR",
  "VARCHAR",
  "TINYINT",
  "SMALLINT",
  "INT",
  "BIGINT",
]);

function fits(kind: FieldKind, type: LogicalType): boolean {
  if (kind.kind === "enum") return ENUM_COLUMNS.has(type.kind);
  if (kind.kind !== "scalar") return false;
  const { kind: wanted } = SCALAR_TYPES[kind.scalar];
  // Of any length: formats do not check it.
  if (wanted === "VARCHAR") return type.kind === "CHAR" || type.kind === "VARCHAR";
  if (wanted === "VARBINARY") return type.kind === "BINARY" || type.kind === "VARBINARY";
  return type.kind === wanted;
}

function misfit(field: MessageField, column: LogicalType): Misfit {
  return {
    path: [],
    message: `the field '${field.name}' is ${printField(field)}, and the column is ${printType(column)}.`,
    hint:
      field.kind.kind === "group"
        ? "Groups cannot be read or written; leave the column out."
        : `Declare the column as ${expected(field)}.`,
  };
}

/** The column type that a field takes, as text. */
function expected({ kind, label }: MessageField): string {
  const text = expectedOf(kind);
  return label === "repeated" && kind.kind !== "map" ? `ARRAY<${text}>` : text;
}

function expectedOf(kind: FieldKind): string {
  switch (kind.kind) {
    case "scalar":
      return printType(SCALAR_TYPES[kind.scalar]);
    case "enum":
      return "STRING";
    case "message":
      return `ROW<...> with fields of ${kind.type.name}`;
    case "map":
      return `MAP<${expectedOf(kind.key)}, ${expectedOf(kind.value)}>`;
    case "group":
      return "nothing";
  }
}
