/** The Avro schema of a table, and why a column can have none. After Apache Flink's schema converter. */
import { assertNever, printType, TributaryError } from "@tributary/core";
import type { LogicalType, RowField, RowType, TemporalType } from "@tributary/core";
import { wasRefused } from "../text/type-check.js";
import type { AvroJson } from "./avro-schema.js";

/** Names of derived records, where nothing else is asked for. */
const DERIVED_NAMES: RecordNames = { namespace: "org.apache.flink.avro.generated", top: "record" };
/** Avro specification, names. */
const AVRO_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MILLIS_PRECISION = 3;
const MICROS_PRECISION = 6;

/** How the records of a derived schema are called. */
export interface RecordNames {
  readonly namespace: string;
  /** The record at the top; those inside begin with its name. */
  readonly top: string;
}

/**
 * The schema of a row type. A row type that is nullable is a union at the top.
 *
 * @param usesLegacyTimestamps - TIMESTAMP as `timestamp-millis` and no TIMESTAMP_LTZ; else TIMESTAMP is
 *   `local-timestamp-*` and TIMESTAMP_LTZ is `timestamp-*`. Holds at every depth.
 * @throws `SCHEMA_INVALID` for two nested rows that would get one name; check columns with {@link avroFault} before.
 */
export function avroSchemaOf(
  rowType: RowType,
  usesLegacyTimestamps: boolean,
  names: Partial<RecordNames> = {},
): AvroJson {
  const { namespace, top } = { ...DERIVED_NAMES, ...names };
  return new SchemaWriter(usesLegacyTimestamps, namespace).write(rowType, top);
}

class SchemaWriter {
  readonly #usesLegacyTimestamps: boolean;
  readonly #namespace: string;
  /** The row type of each record by its name. */
  readonly #records = new Map<string, string>();

  constructor(usesLegacyTimestamps: boolean, namespace: string) {
    this.#usesLegacyTimestamps = usesLegacyTimestamps;
    this.#namespace = namespace;
  }

  write(type: LogicalType, name: string): AvroJson {
    const schema = this.#writeValue(type, name);
    return type.nullable && type.kind !== "NULL" ? ["null", schema] : schema;
  }

  #writeValue(type: LogicalType, name: string): AvroJson {
    switch (type.kind) {
      case "NULL":
        return "null";
      case "BOOLEAN":
        return "boolean";
      case "TINYINT":
      case "SMALLINT":
      case "INT":
        return "int";
      case "BIGINT":
        return "long";
      case "FLOAT":
        return "float";
      case "DOUBLE":
        return "double";
      case "CHAR":
      case "VARCHAR":
        return "string";
      case "BINARY":
      case "VARBINARY":
        return "bytes";
      case "DECIMAL":
        return { type: "bytes", logicalType: "decimal", precision: type.precision, scale: type.scale };
      case "DATE":
        return { type: "int", logicalType: "date" };
      case "TIME":
        return { type: "int", logicalType: "time-millis" };
      case "TIMESTAMP":
      case "TIMESTAMP_LTZ":
        return { type: "long", logicalType: this.#timestampKind(type) };
      case "ARRAY":
        return { type: "array", items: this.write(type.element, name) };
      case "MAP":
        return { type: "map", values: this.write(type.value, name) };
      case "MULTISET":
        return { type: "map", values: ["null", "int"] };
      case "ROW":
        return this.#writeRecord(type, name);
      case "INTERVAL_YEAR_MONTH":
      case "INTERVAL_DAY_TIME":
      case "TIMESTAMP_TZ":
      case "RAW":
      case "VARIANT":
      case "BITMAP":
      case "USER":
        return wasRefused(type);
    }
  }

  #timestampKind(type: TemporalType): string {
    const unit = type.precision <= MILLIS_PRECISION ? "millis" : "micros";
    const isLocal = type.kind === "TIMESTAMP" && !this.#usesLegacyTimestamps;
    return `${isLocal ? "local-" : ""}timestamp-${unit}`;
  }

  #writeRecord(type: RowType, name: string): AvroJson {
    const printed = printType({ ...type, nullable: false });
    const known = this.#records.get(name);
    const namespace = this.#namespace;
    if (known === printed) return `${namespace}.${name}`;
    if (known === undefined) {
      this.#records.set(name, printed);
      return {
        type: "record",
        name,
        namespace,
        fields: type.fields.map((field) => {
          const schema = this.write(field.type, `${name}_${field.name}`);
          return field.type.nullable
            ? { name: field.name, type: schema, default: null }
            : { name: field.name, type: schema };
        }),
      };
    }
    throw new TributaryError({
      severity: "error",
      code: "SCHEMA_INVALID",
      message: `Two different nested rows would both be the Avro record '${name}': Avro names are made of the columns' names, joined by '_'.`,
      connector: "avro",
      hint: "Rename one of the columns on the way to one of the two.",
    });
  }
}

/** Why Avro cannot carry a column; `undefined` if it can. */
export function avroFault({ name, type }: RowField, usesLegacyTimestamps: boolean): string | undefined {
  if (!AVRO_NAME.test(name)) {
    return `'${name}' is no name in Avro: letters, digits and '_' only, and no digit first.`;
  }
  return typeFault(type, usesLegacyTimestamps);
}

function typeFault(type: LogicalType, isLegacy: boolean): string | undefined {
  switch (type.kind) {
    case "TIME":
      return type.precision <= MILLIS_PRECISION
        ? undefined
        : `the type ${printType(type)} is finer than milliseconds (TIME(${MILLIS_PRECISION})): its precision is ${type.precision}.`;
    case "TIMESTAMP":
      return timestampFault(type, isLegacy ? MILLIS_PRECISION : MICROS_PRECISION, isLegacy);
    case "TIMESTAMP_LTZ":
      return isLegacy
        ? `the type ${printType(type)} is not supported with the legacy mapping of timestamps.`
        : timestampFault(type, MICROS_PRECISION, isLegacy);
    case "ARRAY":
      return typeFault(type.element, isLegacy);
    case "MAP":
      return keyFault(type, type.key) ?? typeFault(type.value, isLegacy);
    case "MULTISET":
      return keyFault(type, type.element);
    case "ROW":
      return type.fields.map((field) => avroFault(field, isLegacy)).find((fault) => fault !== undefined);
    case "INTERVAL_YEAR_MONTH":
    case "INTERVAL_DAY_TIME":
    case "TIMESTAMP_TZ":
    case "RAW":
    case "VARIANT":
    case "BITMAP":
    case "USER":
      return `the type ${printType(type)} is not supported.`;
    case "NULL":
    case "BOOLEAN":
    case "TINYINT":
    case "SMALLINT":
    case "INT":
    case "BIGINT":
    case "FLOAT":
    case "DOUBLE":
    case "DECIMAL":
    case "CHAR":
    case "VARCHAR":
    case "BINARY":
    case "VARBINARY":
    case "DATE":
      return undefined;
    default:
      return assertNever(type);
  }
}

function timestampFault(type: TemporalType, most: number, isLegacy: boolean): string | undefined {
  if (type.precision <= most) return undefined;
  const unit = isLegacy ? "milliseconds, which is all that the legacy mapping has" : "microseconds";
  return `the type ${printType(type)} is finer than ${unit} (${type.kind}(${most})).`;
}

function keyFault(type: LogicalType, key: LogicalType): string | undefined {
  if (key.kind === "CHAR" || key.kind === "VARCHAR") return undefined;
  return `the keys of an Avro map are text, so ${printType(type)} needs a character type and not ${printType(key)}.`;
}
