/**
 * Partition keys from a class of the user's, which `sink.partitioner` names: the counterpart of the interface
 * PartitionKeyGenerator of Apache Flink's Kinesis connector.
 */
import { TributaryError } from "@tributary/core";
import type { ClassContract, Logger, ResolvedClass, Row, WriterContext } from "@tributary/core";

import { PARTITION_KEY_LENGTH_MAX } from "../../limits.js";
import { partitionKeyFunction } from "./partition-key.js";
import type { PartitionKeyFunction, PartitionKeys } from "./partition-key.js";

/** The option that names a partition key generator. */
export const PARTITIONER = "sink.partitioner";

/** What a partition key generator is told before the first row. @public */
export interface PartitionKeyContext {
  readonly table: string;
  /** From 0; each writer has a generator of its own. */
  readonly writerIndex: number;
  /** Number of writers. */
  readonly parallelism: number;
  readonly logger: Logger;
  /** Aborted when the job is cancelled or fails. */
  readonly signal: AbortSignal;
}

/**
 * Chooses the partition key of each record. Made without arguments, once for each writer. To be extended, or, where
 * there is another parent, implemented.
 *
 * @example
 * class ByCity extends PartitionKeyGenerator {
 *   partitionKey(row: Row): string {
 *     return String(row["city"]);
 *   }
 * }
 * @public
 */
export abstract class PartitionKeyGenerator {
  /** Called once, before the first row, e.g. to read a list of keys. */
  open?(context: PartitionKeyContext): void | Promise<void>;
  /**
   * The key of a row: 1 to 256 UTF-16 units. Called for every row, so it does not wait for anything.
   *
   * @param row - the written columns by name; not to be kept or changed.
   */
  abstract partitionKey(row: Row): string;
  /** Called once, when the writer is closed; also if `open` failed. */
  close?(): void | Promise<void>;
}

/** What a class must be that `sink.partitioner` names; for `bindClass`. @public */
export const PARTITION_KEY_GENERATOR: ClassContract<PartitionKeyGenerator, readonly []> = {
  name: "@tributary/io-kinesis/PartitionKeyGenerator",
  noun: "partition key generator",
  methods: ["partitionKey"],
};

/** Keys for one writer. */
export interface WriterKeys {
  readonly keyOf: PartitionKeyFunction;
  /** Never rejects. */
  close(): Promise<void>;
}

/** @throws what a generator's `open` gives, or that it cannot be made. */
export async function openWriterKeys(
  keys: PartitionKeys,
  table: string,
  context: WriterContext,
): Promise<WriterKeys> {
  if (keys.kind !== "class") {
    return {
      keyOf: partitionKeyFunction(keys, context.writerIndex, context.random),
      close: () => Promise.resolve(),
    };
  }
  const { writerIndex, parallelism, logger, signal } = context;
  const generator = keys.resolved.make();
  const close = async (): Promise<void> => {
    try {
      await generator.close?.();
    } catch (error) {
      logger.warn("A partition key generator could not be closed", { table, error: messageOf(error) });
    }
  };
  try {
    await generator.open?.({ table, writerIndex, parallelism, logger, signal });
  } catch (error) {
    await close();
    if (TributaryError.is(error)) throw error;
    throw generatorFault(
      "OPTION_INVALID",
      keys.resolved,
      table,
      `could not be opened: ${messageOf(error)}`,
      error,
    );
  }
  return { keyOf: checkedKeys(generator, keys.resolved, table), close };
}

function checkedKeys(generator: PartitionKeyGenerator, resolved: Named, table: string): PartitionKeyFunction {
  return (row) => {
    let key: unknown;
    try {
      key = generator.partitionKey(row);
    } catch (error) {
      if (TributaryError.is(error)) throw error;
      throw generatorFault(
        "RECORD_MALFORMED",
        resolved,
        table,
        `failed for a row: ${messageOf(error)}`,
        error,
      );
    }
    if (typeof key === "string" && key.length > 0 && key.length <= PARTITION_KEY_LENGTH_MAX) return key;
    const given =
      typeof key === "string"
        ? `a partition key of ${key.length} characters`
        : `${key === null ? "null" : `a value of type ${typeof key}`} as partition key`;
    throw generatorFault(
      "RECORD_MALFORMED",
      resolved,
      table,
      `gave ${given} for a row; a key is a string of 1 to ${PARTITION_KEY_LENGTH_MAX}`,
    );
  };
}

type Named = Pick<ResolvedClass<PartitionKeyGenerator, readonly []>, "name">;

function generatorFault(
  code: "OPTION_INVALID" | "RECORD_MALFORMED",
  { name }: Named,
  table: string,
  what: string,
  cause?: unknown,
): TributaryError {
  return new TributaryError(
    {
      severity: "error",
      code,
      message: `The class '${name}' of option '${PARTITIONER}' of table '${table}' ${what}.`,
      table,
      connector: "kinesis",
      option: PARTITIONER,
      value: name,
    },
    cause === undefined ? {} : { cause },
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
