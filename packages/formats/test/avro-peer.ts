/** The schema that a table should have, said once more in few words, for another implementation of Avro. */
import type { LogicalType, RowType } from "@tributary/core";
import avro from "avsc";

const NAMES: Readonly<Partial<Record<LogicalType["kind"], string>>> = {
  BOOLEAN: "boolean",
  TINYINT: "int",
  SMALLINT: "int",
  INT: "int",
  DATE: "int",
  TIME: "int",
  BIGINT: "long",
  TIMESTAMP: "long",
  TIMESTAMP_LTZ: "long",
  FLOAT: "float",
  DOUBLE: "double",
  CHAR: "string",
  VARCHAR: "string",
  BINARY: "bytes",
  VARBINARY: "bytes",
  DECIMAL: "bytes",
};

function schemaOf(type: LogicalType, name: string): unknown {
  const schema = valueSchema(type, name);
  return type.nullable ? ["null", schema] : schema;
}

function valueSchema(type: LogicalType, name: string): unknown {
  if (type.kind === "ARRAY") return { type: "array", items: schemaOf(type.element, name) };
  if (type.kind === "MAP") return { type: "map", values: schemaOf(type.value, name) };
  if (type.kind === "MULTISET") return { type: "map", values: ["null", "int"] };
  if (type.kind !== "ROW") return NAMES[type.kind];
  const fields = type.fields.map((field) => ({
    name: field.name,
    type: schemaOf(field.type, `${name}_${field.name}`),
  }));
  return { type: "record", name, fields };
}

/** Exact longs, as bigint. */
const longType = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === "bigint",
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

/** Its type for a table. */
export function peerOf(rowType: RowType): avro.Type {
  return avro.Type.forSchema(schemaOf(rowType, "record") as avro.Schema, {
    wrapUnions: true,
    registry: { long: longType },
  });
}
