import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { nearestFirst } from "../diagnostics/nearest.js";
import type { MetadataKey, SinkFactory, SourceFactory } from "../factory/factory.js";
import { castable } from "../types/cast/castable.js";
import { printType } from "../types/print-type.js";
import type { MetadataColumn, Schema } from "./schema.js";
import { metadataColumns } from "./row-types.js";

/** What offers metadata: a connector, with what it passes on of its format. */
export type MetadataOwner = Pick<SourceFactory | SinkFactory, "role" | "identifier" | "metadata">;

/** What is wrong with a table's metadata columns for a connector, in column order. */
export function metadataFaults(schema: Schema, factory: MetadataOwner): readonly Diagnostic[] {
  const isReading = factory.role === "source";
  const used = metadataColumns(schema).filter(({ isVirtual }) => isReading || !isVirtual);
  return used.flatMap((column) => {
    const fault = faultOf(column, factory, isReading);
    return fault === undefined
      ? []
      : [{ ...fault, severity: "error" as const, code: "SCHEMA_INVALID" as const, columnName: column.name }];
  });
}

type Fault = Pick<Diagnostic, "message" | "candidates" | "hint">;

function faultOf(column: MetadataColumn, factory: MetadataOwner, isReading: boolean): Fault | undefined {
  const offered = factory.metadata.filter((one) => (isReading ? one.isReadable : one.isWritable));
  const key = offered.find((one) => one.key === column.key);
  if (key === undefined) return unknownKey(column, factory, offered, isReading);
  const [from, to] = isReading ? [key.type, column.type] : [column.type, key.type];
  if (castable(from, to) !== "no") return undefined;
  return {
    message: `The metadata column '${column.name}' is ${printType(column.type)}, and the key '${column.key}' is ${printType(key.type)}: a value of type ${printType(from)} cannot be cast to ${printType(to)}.`,
    hint: `Declare the column as ${printType(key.type)}.`,
  };
}

function unknownKey(
  column: MetadataColumn,
  factory: MetadataOwner,
  offered: readonly MetadataKey[],
  isReading: boolean,
): Fault {
  const verb = isReading ? "read" : "written";
  const owner = `the ${factory.role} '${factory.identifier}'`;
  const isOnlyRead = !isReading && factory.metadata.some((one) => one.key === column.key);
  const virtualHint = `Declare the column METADATA ... VIRTUAL: it is then read and not written.`;
  if (offered.length === 0) {
    return {
      message: `The metadata column '${column.name}' (key '${column.key}') cannot be ${verb}: ${owner} offers no metadata.`,
      candidates: [],
      hint: isReading ? "Leave the column out." : virtualHint,
    };
  }
  return {
    message: `The metadata column '${column.name}' has the key '${column.key}', which ${owner} ${isOnlyRead ? "only reads" : "does not know"}.`,
    candidates: nearestFirst(
      column.key,
      offered.map((one) => one.key),
    ),
    hint: isReading ? "Use one of the candidates as the key (METADATA FROM '...')." : virtualHint,
  };
}
