/** What planning takes and returns: a declared table becomes a binding of the graph, or diagnostics that say why not. */
import type { Logger } from "../connector/services.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { ClassFiles } from "../factory/class-files.js";
import type { FactoryRegistration, FactoryRegistry } from "../factory/registry.js";
import type { ReadBinding, WriteBinding } from "../pipeline/graph.js";
import type { AppendOnlySink } from "./append-only.js";
import type { TableDescriptor } from "./table.js";
import type { RowType } from "../types/logical-type.js";

/** What planning may know. @public */
export interface PlanContext {
  readonly registry: FactoryRegistry;
  /** The session's time zone, an IANA name. */
  readonly timeZone: string;
  readonly logger: Logger;
  /** What a NULL in a NOT NULL column does before a sink: fail the job (the default) or drop the row. */
  readonly notNullEnforcer?: "error" | "drop";
  /** Tables that an option may name (`decode.dead-letter.table`); absent: there are none. */
  readonly tables?: NamedTables;
  /** Further parts of keys that make an option's value secret (`security.redaction.additional-keys`). */
  readonly redactionKeys?: readonly string[];
  /** Files that options may name classes in; without them such a name is a fault. */
  readonly classFiles?: ClassFiles;
  /** Properties of the run, by name: settings that are no table's, e.g. `aws.accessKeyId`. May hold secrets. */
  readonly properties?: ReadonlyMap<string, string>;
}

/** The tables that a script or program has declared so far. @public */
export interface NamedTables {
  find(name: string): TableDescriptor | undefined;
  /** Names of all of them. */
  readonly names: readonly string[];
}

/** A planned thing; `value` is absent exactly when a diagnostic is an error. @public */
export interface Planned<T> {
  readonly value?: T;
  readonly diagnostics: readonly Diagnostic[];
}

/** A table ready to be read. @public */
export interface PlannedSource {
  readonly binding: ReadBinding;
  /** All columns, as SELECT sees them. */
  readonly rowType: RowType;
  readonly boundedness: "bounded" | "unbounded";
  /** Table for records that cannot be decoded. */
  readonly deadLetterTable?: string;
  readonly factory: FactoryRegistration;
  /** What checkpoints know the source by, see `SourceFactory.stateFamily`. */
  readonly stateFamily: string;
}

/** A table ready to be written. @public */
export interface PlannedSink {
  readonly binding: WriteBinding;
  /** The columns that are written, as INSERT sees them. */
  readonly rowType: RowType;
  readonly factory: FactoryRegistration;
  /** Given if its format writes insertions only. */
  readonly appendOnly?: AppendOnlySink;
}
