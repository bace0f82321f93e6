import type { LogicalType, RowType } from "../types/logical-type.js";
import type { Column, MetadataColumn, Schema } from "./schema.js";

/** All columns, as SELECT sees them; one ROW that is NOT NULL. */
export function readRowType({ columns }: Schema): RowType {
  return rowTypeOf(columns);
}

/** The columns that are written, as INSERT sees them: neither computed nor virtual. */
export function writtenRowType({ columns }: Schema): RowType {
  return rowTypeOf(columns.filter(isWritten));
}

/** The physical columns, as formats see them. */
export function physicalRowType({ columns }: Schema): RowType {
  return rowTypeOf(columns.filter(({ kind }) => kind === "physical"));
}

export function isWritten(column: Column): boolean {
  return column.kind === "physical" || (column.kind === "metadata" && !column.isVirtual);
}

export function metadataColumns({ columns }: Schema): readonly MetadataColumn[] {
  return columns.filter((column) => column.kind === "metadata");
}

/** @param typeOf - the field's type; the column's own by default. */
export function rowTypeOf(
  columns: readonly Column[],
  typeOf: (column: Column) => LogicalType = ({ type }) => type,
): RowType {
  return {
    kind: "ROW",
    nullable: false,
    fields: columns.map((column) => ({
      name: column.name,
      type: typeOf(column),
      ...(column.comment !== undefined && { comment: column.comment }),
    })),
  };
}
