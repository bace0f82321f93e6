/** The type that an Avro schema stands for. After Apache Flink's schema converter. */
import { MAX_LENGTH } from "@tributary/core";
import type { LogicalType, RowType } from "@tributary/core";
import { avroName, invalidSchema, unwrapUnion } from "./avro-schema.js";
import type { AvroLogical, AvroTimeLogical, AvroType } from "./avro-schema.js";

const DECIMAL_PRECISION_MAX = 38;

/**
 * The row type of a record's schema; NOT NULL but where a union says otherwise.
 *
 * @param usesLegacyTimestamps - `timestamp-*` is TIMESTAMP and `local-timestamp-*` a plain BIGINT; else `timestamp-*`
 *   is TIMESTAMP_LTZ and `local-timestamp-*` is TIMESTAMP.
 * @throws `SCHEMA_INVALID` if it is no record, is recursive, or holds a union of more than null and one other type.
 */
export function rowTypeOfAvro(schema: AvroType, usesLegacyTimestamps: boolean): RowType {
  const type = new TypeReader(usesLegacyTimestamps).read(schema);
  if (type.kind !== "ROW") throw invalidSchema(avroName(schema), "a table needs a record at the top");
  return type;
}

class TypeReader {
  readonly #usesLegacyTimestamps: boolean;
  /** Names of the records around the place, outermost first. */
  readonly #within: string[] = [];

  constructor(usesLegacyTimestamps: boolean) {
    this.#usesLegacyTimestamps = usesLegacyTimestamps;
  }

  read(schema: AvroType): LogicalType {
    const unwrapped = unwrapUnion(schema);
    if (unwrapped === undefined) {
      const names = schema.kind === "union" ? schema.branches.map(avroName).join(", ") : "";
      throw invalidSchema(names, "a union of more than null and one other type has no SQL type");
    }
    return { ...this.#readValue(unwrapped.type), nullable: unwrapped.isNullable };
  }

  #readValue(schema: AvroType): LogicalType {
    const nullable = false;
    switch (schema.kind) {
      case "null":
        return { kind: "NULL", nullable: true };
      case "boolean":
        return { kind: "BOOLEAN", nullable };
      case "int":
        return this.#ofLogical(schema.logical) ?? { kind: "INT", nullable };
      case "long":
        return this.#ofLogical(schema.logical) ?? { kind: "BIGINT", nullable };
      case "float":
        return { kind: "FLOAT", nullable };
      case "double":
        return { kind: "DOUBLE", nullable };
      case "string":
      case "enum":
        return { kind: "VARCHAR", length: MAX_LENGTH, nullable };
      case "bytes":
        return this.#ofLogical(schema.logical) ?? { kind: "VARBINARY", length: MAX_LENGTH, nullable };
      case "fixed":
        return this.#ofLogical(schema.logical) ?? { kind: "VARBINARY", length: schema.size, nullable };
      case "array":
        return { kind: "ARRAY", element: this.read(schema.items), nullable };
      case "map":
        return {
          kind: "MAP",
          key: { kind: "VARCHAR", length: MAX_LENGTH, nullable },
          value: this.read(schema.values),
          nullable,
        };
      case "record": {
        if (this.#within.includes(schema.name)) {
          throw invalidSchema(schema.name, `the record '${schema.name}' holds itself, which no SQL type can`);
        }
        this.#within.push(schema.name);
        const fields = schema.fields.map(({ name, type }) => ({ name, type: this.read(type) }));
        this.#within.pop();
        return { kind: "ROW", fields, nullable };
      }
      case "union":
        throw invalidSchema("union", "unions cannot be nested");
    }
  }

  #ofLogical(logical: AvroLogical | undefined): LogicalType | undefined {
    if (logical === undefined) return undefined;
    if (logical.kind !== "decimal") return this.#ofTime(logical.kind);
    const { precision, scale } = logical;
    if (precision > DECIMAL_PRECISION_MAX) {
      throw invalidSchema(
        `decimal(${precision}, ${scale})`,
        `a decimal has up to ${DECIMAL_PRECISION_MAX} digits`,
      );
    }
    return { kind: "DECIMAL", precision, scale, nullable: false };
  }

  #ofTime(kind: AvroTimeLogical): LogicalType | undefined {
    const nullable = false;
    const isLegacy = this.#usesLegacyTimestamps;
    switch (kind) {
      case "date":
        return { kind: "DATE", nullable };
      case "time-millis":
        return { kind: "TIME", precision: 3, nullable };
      case "time-micros":
        return { kind: "TIME", precision: 6, nullable };
      case "timestamp-millis":
        return { kind: isLegacy ? "TIMESTAMP" : "TIMESTAMP_LTZ", precision: 3, nullable };
      case "timestamp-micros":
        return { kind: isLegacy ? "TIMESTAMP" : "TIMESTAMP_LTZ", precision: 6, nullable };
      case "local-timestamp-millis":
        return isLegacy ? undefined : { kind: "TIMESTAMP", precision: 3, nullable };
      case "local-timestamp-micros":
        return isLegacy ? undefined : { kind: "TIMESTAMP", precision: 6, nullable };
    }
  }
}
