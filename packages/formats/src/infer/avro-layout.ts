import { printType } from "@tributary/core";
import type { LogicalType } from "@tributary/core";
import type { AvroField, AvroType } from "../avro/avro-schema.js";

/**
 * Why the format `avro`, which reads by the schema that it derives from the columns, cannot read what a writer's schema
 * describes; `undefined` if the bytes are the same. (`avro-confluent` knows the writer's schema and reads them.)
 */
export function layoutFault(schema: AvroType, type: LogicalType): string | undefined {
  if (schema.kind === "union") return unionFault(schema.branches, type);
  if (schema.kind === "enum") return "an enum is written as the place of its symbol";
  if (schema.kind === "fixed") return "a fixed is written without its length";
  if (schema.kind === "array")
    return type.kind === "ARRAY" ? layoutFault(schema.items, type.element) : undefined;
  if (schema.kind === "map") return type.kind === "MAP" ? layoutFault(schema.values, type.value) : undefined;
  if (schema.kind !== "record") {
    return schema.logical?.kind === "time-micros" ? `the format has no ${printType(type)}` : undefined;
  }
  if (type.kind !== "ROW") return undefined;
  for (const [index, field] of type.fields.entries()) {
    const fault = layoutFault((schema.fields[index] as AvroField).type, field.type);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function unionFault(branches: readonly AvroType[], type: LogicalType): string | undefined {
  if (branches.length === 1) return "a union of one type is written with its place";
  const [first, second] = branches;
  if (first?.kind !== "null") return "the union has null behind the other type";
  return second === undefined ? undefined : layoutFault(second, type);
}
