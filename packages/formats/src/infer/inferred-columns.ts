/** What an inference comes to. */
import type { Diagnostic, LogicalType } from "@tributary/core";

/** One column, and what is uncertain about it. @public */
export interface InferredColumn {
  readonly name: string;
  readonly type: LogicalType;
  /** Short phrases, e.g. `in 2 of 3 records`; empty if nothing is uncertain. */
  readonly notes: readonly string[];
}

/** A table's columns as samples show them. @public */
export interface InferredColumns {
  readonly columns: readonly InferredColumn[];
  /** Options that the sample needs beside the given ones, by full key. */
  readonly options: ReadonlyMap<string, string>;
  /** What is uncertain about the whole. */
  readonly notes: readonly string[];
  /** Faults of options and of records; without an error the columns decode the sample. */
  readonly diagnostics: readonly Diagnostic[];
}

/** A sample, and how to take it. @public */
export interface InferRequest {
  readonly format: "json" | "csv" | "avro";
  /** Options of the format, by full key (`csv.field-delimiter`) and in written order. */
  readonly options: readonly { readonly key: string; readonly value: string }[];
  /** Files, or what came from stdin. */
  readonly samples: readonly InferSample[];
  /**
   * Each line is one record. Else a sample is taken apart by its own rules: JSON values one after another, csv records
   * with line ends inside quotes, the header of an Avro container file.
   */
  readonly isLines: boolean;
  /** csv: the first record of each sample holds the names of the columns. */
  readonly hasHeader?: boolean;
  /** avro: the writer's schema as JSON, for samples that are bare records; such samples are not needed then. */
  readonly writerSchema?: string;
}

/** Bytes of one file. @public */
export interface InferSample {
  /** For messages: a file name, or `stdin`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}
