import type { DiagnosticCode } from "./codes.js";

/** How bad a diagnostic is. Warnings and infos alone leave the exit code at 0. @public */
export type Severity = "error" | "warning" | "info";

/**
 * One fault or remark about a script, a table, an option, a record or the command line: what was wrong, where, what
 * would have been accepted and what to do. The JSON form of this interface is part of the command's contract.
 *
 * @public
 */
export interface Diagnostic {
  readonly severity: Severity;
  readonly code: DiagnosticCode;
  /** One sentence with the actual values quoted. Holds no secret. */
  readonly message: string;
  /** Script or module, as the user named it. */
  readonly file?: string;
  /** Counted from 1. */
  readonly line?: number;
  /** Counted from 1, in UTF-16 units. */
  readonly column?: number;
  readonly table?: string;
  /** Identifier of the connector or, for a format's option, of the format. */
  readonly connector?: string;
  /** Full key of the option, with the format's prefix where it has one. */
  readonly option?: string;
  /** The offending value as written; `******` for a secret. */
  readonly value?: string;
  /** What would have been accepted (identifiers, keys, values), nearest spelling first. */
  readonly candidates?: readonly string[];
  /** What to do. */
  readonly hint?: string;
  /** Path of the pipeline step, for faults of a graph. */
  readonly step?: string;
  /** Column of the table, for faults of a schema or a record. */
  readonly columnName?: string;
  /** Split (for Kinesis: the shard) that held the record. */
  readonly shard?: string;
  /** Position of the record in its split, as the source writes it. */
  readonly sequenceNumber?: string;
}
