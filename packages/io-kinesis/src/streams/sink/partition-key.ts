/**
 * Partition keys of written records. The service hashes a key to find the shard: equal keys keep their shard, random
 * ones spread evenly. After Apache Flink's Kinesis connector.
 */
import { TributaryError, formatDouble, formatFloat } from "@tributary/core";
import type {
  Diagnostic,
  LogicalType,
  Random,
  ResolvedClass,
  Row,
  RowType,
  SourcePlace,
  SqlValue,
} from "@tributary/core";

import { PARTITION_KEY_LENGTH_MAX } from "../../limits.js";
import type { PartitionKeyGenerator } from "./partition-key-generator.js";

/** Makes the key of each row. */
export type PartitionKeyFunction = (row: Row) => string;

/** What the keys of a writer are made from once the writer is known. */
export type PartitionKeys =
  | { readonly kind: "random" }
  | { readonly kind: "fixed" }
  | { readonly kind: "columns"; readonly generate: PartitionKeyFunction }
  | { readonly kind: "class"; readonly resolved: ResolvedClass<PartitionKeyGenerator, readonly []> };

/** The keys that need nothing but the writer's index. */
export function partitionKeyFunction(
  keys: Exclude<PartitionKeys, { readonly kind: "class" }>,
  writerIndex: number,
  random: Random,
): PartitionKeyFunction {
  switch (keys.kind) {
    case "random":
      return () => random.uuid();
    case "fixed": {
      const key = String(writerIndex);
      return () => key;
    }
    case "columns":
      return keys.generate;
  }
}

/** How PARTITIONED BY is turned into keys. */
export interface ColumnKeyDefinition {
  readonly columns: readonly string[];
  readonly delimiter: string;
  readonly rowType: RowType;
  /** Columns whose value PARTITION (column = value) fixes. */
  readonly staticPartition: ReadonlyMap<string, SqlValue>;
  /** Place of the clause. */
  readonly place?: SourcePlace;
  /** Places of its columns, by name. */
  readonly places?: ReadonlyMap<string, SourcePlace>;
}

/**
 * Joins the columns' texts with the delimiter, in the order of the clause, up to 256 UTF-16 units; a column that
 * would begin beyond that is left out.
 *
 * @throws `SCHEMA_INVALID` with every column that is repeated, missing or of a type without a text of its own.
 */
export function columnKeyGenerator(definition: ColumnKeyDefinition): PartitionKeyFunction {
  const faults = columnFaults(definition);
  if (faults.length > 0) throw new TributaryError(faults);
  const { columns, delimiter, rowType, staticPartition } = definition;
  const parts = columns.map((column) => {
    const type = rowType.fields.find(({ name }) => name === column)?.type;
    const toText = textOf(type);
    const isStatic = staticPartition.has(column);
    return isStatic ? { column, text: toText(staticPartition.get(column)), toText } : { column, toText };
  });
  // Static columns at the front are joined once, without the test for the length.
  const leading = parts.findIndex(({ text }) => text === undefined);
  const dynamicFrom = leading < 0 ? parts.length : leading;
  const prefix = parts
    .slice(0, dynamicFrom)
    .reduce((joined, { text }) => joined + (text ?? "") + delimiter, "");
  const rest = parts.slice(dynamicFrom);
  const [only] = rest;
  // The text itself: nothing is joined, and no copy of it waits in the buffer.
  if (rest.length === 1 && prefix === "" && parts.length === 1 && only !== undefined) {
    const { column, toText } = only;
    return (row) => upToLimit(toText(row[column]));
  }
  return (row) => {
    let joined = prefix;
    for (const { column, text, toText } of rest) {
      joined += (text ?? toText(row[column])) + delimiter;
      if (joined.length >= PARTITION_KEY_LENGTH_MAX) break;
    }
    return joined.slice(0, Math.min(joined.length - delimiter.length, PARTITION_KEY_LENGTH_MAX));
  };
}

function upToLimit(text: string): string {
  return text.length <= PARTITION_KEY_LENGTH_MAX ? text : text.slice(0, PARTITION_KEY_LENGTH_MAX);
}

function columnFaults({
  columns,
  rowType,
  staticPartition,
  place,
  places,
}: ColumnKeyDefinition): readonly Diagnostic[] {
  const faults: Diagnostic[] = [];
  const fault = (column: string, message: string, hint: string, candidates?: readonly string[]): void => {
    const diagnostic = {
      severity: "error",
      code: "SCHEMA_INVALID",
      message,
      ...(places?.get(column) ?? place),
      columnName: column,
      hint,
    } as const;
    faults.push(candidates === undefined ? diagnostic : { ...diagnostic, candidates });
  };
  const names = rowType.fields.map(({ name }) => name);
  for (const [index, column] of columns.entries()) {
    const field = rowType.fields.find(({ name }) => name === column);
    if (columns.indexOf(column) !== index) {
      fault(column, `PARTITIONED BY names the column '${column}' twice.`, "Name each column once.");
    } else if (field === undefined) {
      fault(
        column,
        `PARTITIONED BY names the column '${column}', which is not written.`,
        "Use a physical column.",
        names,
      );
    } else if (!KEY_TYPES.has(field.type.kind)) {
      fault(
        column,
        `PARTITIONED BY names the column '${column}' of type ${field.type.kind}, which cannot be part of a partition key.`,
        "Use columns of type CHAR, VARCHAR, BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT or DOUBLE.",
      );
    }
  }
  for (const column of staticPartition.keys()) {
    if (columns.includes(column)) continue;
    fault(
      column,
      `PARTITION fixes the column '${column}', which PARTITIONED BY does not name.`,
      "Fix partition columns only.",
      columns,
    );
  }
  return faults;
}

const KEY_TYPES = new Set<LogicalType["kind"]>([
  "CHAR",
  "VARCHAR",
  "BOOLEAN",
  "TINYINT",
  "SMALLINT",
  "INT",
  "BIGINT",
  "FLOAT",
  "DOUBLE",
]);

/** Text of a value as the Java platform writes it; NULL is the word `null`. */
function textOf(type: LogicalType | undefined): (value: SqlValue) => string {
  if (type?.kind === "DOUBLE") return (value) => (value === null ? "null" : formatDouble(value as number));
  if (type?.kind === "FLOAT") return (value) => (value === null ? "null" : formatFloat(value as number));
  return (value) => String(value);
}
