import type { Diagnostic, SinkExamination } from "@tributary/core";

import { DEFAULT_FIELD_DELIMITER, FIELD_DELIMITER } from "../../options/sink-options.js";
import { columnKeyGenerator } from "./partition-key.js";
import type { PartitionKeys } from "./partition-key.js";
import { PARTITIONER, PARTITION_KEY_GENERATOR } from "./partition-key-generator.js";

/**
 * What a table's records get their partition keys from. Needs no other option than the two that are about it, so that
 * its faults are reported whatever else is wrong.
 *
 * @returns undefined if there is a fault; it is reported.
 * @throws `SCHEMA_INVALID` with every column that cannot be part of a key.
 */
export function examinePartitionKeys(context: SinkExamination): PartitionKeys | undefined {
  const { table, rowType, staticPartition } = context;
  const given = (option: string): string | undefined =>
    table.options.findLast(({ key }) => key === option)?.value;
  const partitioner = given(PARTITIONER);
  if (table.partitionKeys.length > 0) {
    if (partitioner !== undefined) context.reportConflict(conflict(partitioner, table.partitionKeys));
    const generate = columnKeyGenerator({
      columns: table.partitionKeys,
      delimiter: given(FIELD_DELIMITER) ?? DEFAULT_FIELD_DELIMITER,
      rowType,
      staticPartition,
      ...(table.partitionKeysPlace === undefined ? {} : { place: table.partitionKeysPlace }),
      ...(table.partitionKeyPlaces === undefined ? {} : { places: table.partitionKeyPlaces }),
    });
    return { kind: "columns", generate };
  }
  if (partitioner === undefined || partitioner === "random") return { kind: "random" };
  if (partitioner === "fixed") return { kind: "fixed" };
  const resolved = context.resolveClass({
    contract: PARTITION_KEY_GENERATOR,
    option: PARTITIONER,
    name: partitioner,
    words: ["random", "fixed"],
  });
  return resolved && { kind: "class", resolved };
}

function conflict(partitioner: string, columns: readonly string[]): Diagnostic {
  return {
    severity: "error",
    code: "OPTION_CONFLICT",
    message: `Option '${PARTITIONER}' = '${partitioner}' cannot stand beside PARTITIONED BY (${columns.join(", ")}): both say what the partition key is.`,
    option: PARTITIONER,
    value: partitioner,
    hint: `Leave out '${PARTITIONER}' or PARTITIONED BY.`,
  };
}
