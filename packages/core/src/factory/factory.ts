/**
 * A factory makes one thing from options: a source, a sink or a format. It has a role, an identifier that is unique
 * within the role, the interface it provides and an options class that declares every option it takes. `create`
 * checks what goes across options and builds; it does no I/O and starts nothing.
 */
import type { DecodingFormat, EncodingFormat } from "../connector/format.js";
import type { Logger } from "../connector/services.js";
import type { Sink } from "../connector/sink.js";
import type { SourceFunction } from "../connector/source-function.js";
import type { Source } from "../connector/source.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { TableDescriptor } from "../table/table.js";
import type { LogicalType, Row, RowType, SqlValue } from "../types/logical-type.js";
import type { ClassRequest, ResolvedClass } from "./class-contract.js";

/** What a factory makes. Identifiers are unique within a role. @public */
export type FactoryRole = "source" | "sink" | "format";
/** What the runtime may do with a product: the interface of that name. @public */
export type FactoryInterface = "Source" | "SourceFunction" | "Sink" | "DecodingFormat" | "EncodingFormat";

/** A class whose properties are declared with `@Option`; its initialisers are the defaults. @public */
export type OptionsClass<O extends object> = new () => O;

/** What a factory hands over beside its product: faults it found. Throwing a TributaryError does the same. @public */
export interface FactoryContext {
  /** The table the product is for, with all its columns and options. */
  readonly table: TableDescriptor;
  /** The session's time zone, an IANA name; `UTC` unless set. */
  readonly timeZone: string;
  readonly logger: Logger;
  /** Properties of the run, by name: settings that are no table's; absent: there are none. May hold secrets. */
  readonly properties?: ReadonlyMap<string, string>;
  /** Adds a diagnostic, e.g. a warning; errors are collected and reported together. */
  report(diagnostic: Omit<Diagnostic, "table" | "connector">): void;
  /**
   * Finds the class that an option names: one that a module binds by name, or `./file.mjs#Export` beside the script.
   * Executes nothing.
   *
   * @returns undefined if it cannot be had; that is reported already.
   */
  resolveClass<T extends object, A extends readonly unknown[]>(
    request: ClassRequest<T, A>,
  ): ResolvedClass<T, A> | undefined;
}

/** What a source factory may know of the table it reads. @public */
export interface SourceFactoryContext extends FactoryContext {
  /** Physical columns as one ROW that is NOT NULL. */
  readonly rowType: RowType;
  /** The table's `format`, when the factory declares that it takes one; absent when it is optional and not given. */
  readonly format?: DecodingFormat;
}

/** What a sink factory may know of the table it writes. @public */
export interface SinkFactoryContext extends FactoryContext {
  /** The columns that are written, physical and non-virtual metadata, as one ROW that is NOT NULL. */
  readonly rowType: RowType;
  /** The physical columns only: what the format writes. */
  readonly physicalRowType: RowType;
  readonly format?: EncodingFormat;
  /** Values fixed by PARTITION (column = value), by column. */
  readonly staticPartition: ReadonlyMap<string, SqlValue>;
  /** What {@link SinkFactory.examine} returned. */
  readonly examined?: unknown;
}

/** What a sink factory may know before its options are known to be sound. @public */
export interface SinkExamination extends FactoryContext {
  /** As in {@link SinkFactoryContext}. */
  readonly rowType: RowType;
  readonly staticPartition: ReadonlyMap<string, SqlValue>;
  /** Adds a fault between an option and a clause: it stands behind those of single options. */
  reportConflict(diagnostic: Omit<Diagnostic, "table" | "connector">): void;
}

/** A metadata column that a connector offers. @public */
export interface MetadataKey {
  readonly key: string;
  readonly type: LogicalType;
  readonly isReadable: boolean;
  readonly isWritable: boolean;
}

/**
 * What a source factory returns for a table: a source of the connector's own records, and how a record becomes a row.
 * Decoding, metadata columns, computed columns and the policy for malformed records are core's work, a batch at a
 * time; the connector only says where payload and metadata are. Made with {@link tableSource}, which hides the record
 * type: nobody but the connector looks into a record.
 *
 * @public
 */
export type TableSource = TableSourceOf<unknown>;

/**
 * A {@link TableSource} while its record type is known.
 *
 * @typeParam T - the connector's record, e.g. a Kinesis record, or a line of a file.
 * @public
 */
export interface TableSourceOf<T> {
  /** Split-based, or push-style for a factory that provides `SourceFunction`. */
  readonly source:
    | Source<T>
    | {
        readonly createFunction: () => SourceFunction<T>;
        /** Position of a record in its part, for messages. */
        describePosition?(record: T): string;
      };
  /** Payload for the format; `null` for a message without body. Absent if records are rows of `rowType` already. */
  readonly payload?: (record: T) => Uint8Array | null;
  /** Reads a metadata key, in the key's declared type. Keys as in the factory's `metadata`. */
  readonly metadata?: ReadonlyMap<string, (record: T) => SqlValue>;
  /** After so many milliseconds without records a split, or a part, holds no watermark; before any framework option. */
  readonly idleTimeoutMs?: number;
}

/** Hides the record type of a table source. @public */
export function tableSource<T>(definition: TableSourceOf<T>): TableSource {
  // Sound: records only travel from `source` into the functions of the same definition.
  return definition as unknown as TableSource;
}

/** What a sink factory returns for a table: a sink of rows in the order of `SinkFactoryContext.rowType`. @public */
export interface TableSink {
  readonly sink: Sink<Row>;
  /** Does it know PARTITIONED BY? If not, writing to a partitioned table is refused. */
  readonly supportsPartitions: boolean;
}

interface FactoryBase<O extends object> {
  /** Lower-case word, `[a-z0-9][a-z0-9-]*`. */
  readonly identifier: string;
  readonly options: OptionsClass<O>;
}

interface ConnectorFactoryBase<O extends object> extends FactoryBase<O> {
  /** Does the connector take a `format`? */
  readonly format: "required" | "optional" | "none";
  /** Metadata columns in the order in which the connector lists them. */
  readonly metadata: readonly MetadataKey[];
  /** Prefixes (each ends in a dot) below which an unknown key is a warning instead of an error. */
  readonly exemptPrefixes?: readonly string[];
  /**
   * Options classes whose keys are accepted and have no effect in this role, e.g. those of the sink of the same
   * identifier: a table may be both read and written.
   */
  readonly otherOptions?: readonly OptionsClass<object>[];
  /** What to do about a key that is not known here, by key: e.g. one that another version has. */
  readonly unknownKeyHints?: Readonly<Record<string, string>>;
}

/** Makes sources: of splits (`Source`), or of the older push style (`SourceFunction`). @public */
export interface SourceFactory<O extends object = object> extends ConnectorFactoryBase<O> {
  readonly role: "source";
  /**
   * Passes the format's metadata on, under keys with this prefix, e.g. `value.`; a key of the connector's own goes
   * before. Absent: the format's metadata cannot be read.
   */
  readonly formatMetadataPrefix?: string;
  readonly provides: "Source" | "SourceFunction";
  /**
   * The identifier that checkpoints know the source by: for an older generation that of the newer, which then says
   * itself what it makes of the other's state. Default: the identifier.
   */
  readonly stateFamily?: string;
  create(options: O, context: SourceFactoryContext): TableSource;
}

/** Makes sinks of rows. @public */
export interface SinkFactory<O extends object = object> extends ConnectorFactoryBase<O> {
  readonly role: "sink";
  readonly provides: "Sink";
  /**
   * Checks what a table says beside its options, e.g. its partition columns, also where an option is at fault. Its
   * faults stand before those of the options.
   *
   * @returns what `create` finds as {@link SinkFactoryContext.examined}.
   */
  examine?(context: SinkExamination): unknown;
  create(options: O, context: SinkFactoryContext): TableSink;
}

/**
 * Makes formats: what turns bytes into rows, rows into bytes, or both; one method for each interface it provides.
 *
 * @public
 */
export interface FormatFactory<O extends object = object> extends FactoryBase<O> {
  readonly role: "format";
  /** Interfaces behind the identifier, at least one. */
  readonly provides: readonly ("DecodingFormat" | "EncodingFormat")[];
  createDecoding?(options: O, context: FactoryContext): DecodingFormat;
  createEncoding?(options: O, context: FactoryContext): EncodingFormat;
}

/** Any factory; one of a certain options class is one of `object` too, since `create` is a method. @public */
export type Factory = SourceFactory | SinkFactory | FormatFactory;

/** A class that inversify can make; every constructor parameter carries `@inject(TOKEN)`. @public */
export type FactoryClass = new (...args: never[]) => Factory;
