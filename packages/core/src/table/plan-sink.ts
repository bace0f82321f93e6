import type { EncodingFormat, FormatContext } from "../connector/format.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { TributaryError } from "../diagnostics/error.js";
import type { SinkFactory, TableSink } from "../factory/factory.js";
import type { WriteBinding } from "../pipeline/graph.js";
import type { LogicalType, Row, RowType, SqlValue } from "../types/logical-type.js";
import { rowConverter } from "../types/rows/row-converter.js";
import { rowFactory } from "../types/rows/row-factory.js";
import { appendOnlySink } from "./append-only.js";
import type { AppendOnlySink } from "./append-only.js";
import { metadataCast } from "./metadata-cast.js";
import { metadataFaults } from "./metadata-faults.js";
import type { PlanContext, Planned, PlannedSink } from "./planning.js";
import { resolveConnector } from "./resolve-connector.js";
import type { ResolvedConnector } from "./resolve-connector.js";
import { isWritten, physicalRowType, rowTypeOf, writtenRowType } from "./row-types.js";
import type { Column } from "./schema.js";
import { placeFields } from "./table-diagnostics.js";
import type { TableDiagnostics } from "./table-diagnostics.js";
import type { TableDescriptor } from "./table.js";

/** What a statement says about writing a table, beside the table itself. @public */
export interface PlanSinkOptions {
  /** Values fixed by PARTITION (column = value), by column; empty by default. */
  readonly staticPartition?: ReadonlyMap<string, SqlValue>;
  /** Every row has values of the columns' types already, as those of a query have; they are not looked at again. */
  readonly hasTypedRows?: boolean;
}

/**
 * Plans a table for writing: finds connector and format, checks every option and column, and makes the sink with the
 * checks that rows pass before it. Connects to nothing.
 *
 * @returns diagnostics of every fault at once, in the order of the checks; warnings too.
 * @public
 */
export function planSink(
  table: TableDescriptor,
  context: PlanContext,
  options: PlanSinkOptions = {},
): Planned<PlannedSink> {
  let examined: unknown;
  const resolved = resolveConnector(table, "sink", context, (factory, diagnostics) => {
    const conflicts: Diagnostic[] = [];
    examined = examineTable(factory, { table, context, diagnostics, conflicts }, options);
    return conflicts;
  });
  const { diagnostics, factory, registration } = resolved;
  const made =
    factory === undefined ? undefined : makeSink(table, context, resolved, factory, options, examined);
  for (const warning of resolved.warnings) diagnostics.add(warning);
  if (diagnostics.hasError || made === undefined || factory === undefined || registration === undefined) {
    return { diagnostics: diagnostics.all };
  }
  const prepare = preparation(table, factory, context, options.hasTypedRows === true);
  const binding: WriteBinding = {
    kind: "write",
    sink: made.sink,
    ...(prepare !== undefined && { prepare }),
    table: table.name,
  };
  return {
    value: {
      binding,
      rowType: writtenRowType(table.schema),
      factory: registration,
      ...(made.appendOnly !== undefined && { appendOnly: made.appendOnly }),
    },
    diagnostics: diagnostics.all,
  };
}

/** What the factory says about the table before its options are looked at. */
function examineTable(
  factory: SinkFactory,
  {
    table,
    context,
    diagnostics,
    conflicts,
  }: {
    readonly table: TableDescriptor;
    readonly context: PlanContext;
    readonly diagnostics: TableDiagnostics;
    readonly conflicts: Diagnostic[];
  },
  { staticPartition = new Map() }: PlanSinkOptions,
): unknown {
  return diagnostics.collect(factory.identifier, () =>
    factory.examine?.({
      ...diagnostics.factoryContext(context, factory.identifier),
      rowType: sinkRowType(table, factory),
      staticPartition,
      reportConflict: (diagnostic) => conflicts.push(diagnostic),
    }),
  );
}

function makeSink(
  table: TableDescriptor,
  context: PlanContext,
  { diagnostics, format, isFormatSound, options }: ResolvedConnector<SinkFactory>,
  factory: SinkFactory,
  { staticPartition = new Map() }: PlanSinkOptions,
  examined: unknown,
): MadeSink | undefined {
  const { identifier } = factory;
  const physical = physicalRowType(table.schema);
  const encoding = diagnostics.collect(format?.factory.identifier, () =>
    format?.factory.createEncoding?.(
      format.options,
      diagnostics.factoryContext(context, format.factory.identifier),
    ),
  );
  // Made once to learn whether the format can carry every column; the sink makes its own.
  const encoder = diagnostics.collect(format?.factory.identifier, () =>
    encoding?.createEncoder({ table: table.name, rowType: physical }),
  );
  for (const fault of metadataFaults(table.schema, factory)) diagnostics.add(fault, identifier);
  const isEncodingMade = format === undefined || encoder !== undefined;
  if (options === undefined || !isFormatSound || !isEncodingMade) return undefined;
  const made = diagnostics.collect(identifier, () =>
    factory.create(options, {
      ...diagnostics.factoryContext(context, identifier),
      rowType: sinkRowType(table, factory),
      physicalRowType: physical,
      ...(encoding !== undefined && { format: encoding }),
      staticPartition,
      examined,
    }),
  );
  if (made !== undefined && table.partitionKeys.length > 0 && !made.supportsPartitions) {
    diagnostics.add(
      {
        severity: "error",
        code: "SCHEMA_INVALID",
        message: `The table '${table.name}' is PARTITIONED BY (${table.partitionKeys.join(", ")}), and the sink '${identifier}' does not know partitions.`,
        ...placeFields(table.partitionKeysPlace ?? table.place),
        hint: "Leave PARTITIONED BY out, or write to a connector that knows partitions.",
      },
      identifier,
    );
  }
  if (made === undefined) return undefined;
  const appendOnly = format && encoding && appendOnlySink(table.name, format.factory.identifier, encoding);
  return {
    ...preparedSink(made, encoding, { table: table.name, rowType: physical }),
    ...(appendOnly !== undefined && { appendOnly }),
  };
}

interface MadeSink extends TableSink {
  readonly appendOnly?: AppendOnlySink;
}

/** Writers are created when the format is ready, e.g. has registered its schema. */
function preparedSink(
  made: TableSink,
  encoding: EncodingFormat | undefined,
  format: FormatContext,
): TableSink {
  const prepare = encoding?.prepare?.bind(encoding);
  if (prepare === undefined) return made;
  const { sink } = made;
  return {
    ...made,
    sink: {
      async createWriter(context, restored) {
        await prepare(format, context);
        return await (restored === undefined
          ? sink.createWriter(context)
          : sink.createWriter(context, restored));
      },
    },
  };
}

/** The written columns, those of metadata in the type of the connector's key. */
function sinkRowType({ schema }: TableDescriptor, factory: SinkFactory): RowType {
  return rowTypeOf(schema.columns.filter(isWritten), (column) => keyType(column, factory) ?? column.type);
}

function keyType(column: Column, { metadata }: SinkFactory): LogicalType | undefined {
  return column.kind === "metadata" ? metadata.find(({ key }) => key === column.key)?.type : undefined;
}

/**
 * What happens to rows before the sink: values made by code are checked and converted, NOT NULL is enforced, metadata
 * is cast to the type of its key.
 */
function preparation(
  table: TableDescriptor,
  factory: SinkFactory,
  { notNullEnforcer = "error", timeZone }: PlanContext,
  hasTypedRows: boolean,
): WriteBinding["prepare"] {
  const columns = table.schema.columns.filter(isWritten);
  const required = columns.filter(({ type }) => !type.nullable).map(({ name }) => name);
  const cast = metadataCasts(columns, factory, timeZone);
  const convert = hasTypedRows
    ? undefined
    : rowConverter(writtenRowType(table.schema), { table: table.name });
  if (required.length === 0 && cast === undefined && convert === undefined) return undefined;
  return (values) => {
    const typed = convert === undefined ? values : convertRows(values, convert);
    const checked =
      required.length === 0 ? typed : enforceNotNull(typed, required, table.name, notNullEnforcer);
    return cast === undefined ? checked : checked.map((row) => cast(row as Row));
  };
}

/** The same array if no row had to be converted. */
function convertRows(values: readonly unknown[], convert: (row: unknown) => Row): readonly unknown[] {
  let converted: unknown[] | undefined;
  for (let index = 0; index < values.length; index++) {
    const row = convert(values[index]);
    if (converted === undefined && row !== values[index]) converted = values.slice(0, index);
    converted?.push(row);
  }
  return converted ?? values;
}

/** The same array if no row is dropped. */
function enforceNotNull(
  values: readonly unknown[],
  required: readonly string[],
  table: string,
  notNullEnforcer: "error" | "drop",
): readonly unknown[] {
  let kept: unknown[] | undefined;
  for (let index = 0; index < values.length; index++) {
    const missing = nullColumn(values[index] as Row, required);
    if (missing === undefined) {
      kept?.push(values[index]);
    } else if (notNullEnforcer === "drop") {
      kept ??= values.slice(0, index);
    } else {
      throw nullInSink(table, missing);
    }
  }
  return kept ?? values;
}

function nullColumn(row: Row, required: readonly string[]): string | undefined {
  for (const name of required) if (row[name] === null || row[name] === undefined) return name;
  return undefined;
}

function nullInSink(table: string, column: string): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "RECORD_MALFORMED",
    message: `A row for the table '${table}' has NULL in the column '${column}', which is NOT NULL.`,
    table,
    columnName: column,
    hint: "Declare the column without NOT NULL, replace NULL (COALESCE), or set 'table.exec.sink.not-null-enforcer' = 'DROP'.",
  });
}

function metadataCasts(
  columns: readonly Column[],
  factory: SinkFactory,
  timeZone: string,
): ((row: Row) => Row) | undefined {
  const casts = columns.map((column) => {
    const to = keyType(column, factory);
    return to === undefined ? undefined : metadataCast(column.type, to, timeZone);
  });
  if (casts.every((cast) => cast === undefined)) return undefined;
  const names = columns.map(({ name }) => name);
  const make = rowFactory(names);
  const values: unknown[] = names.map(() => null);
  return (row) => {
    for (let index = 0; index < names.length; index++) {
      const value = row[names[index] as string];
      const cast = casts[index];
      values[index] = cast === undefined ? value : cast(value);
    }
    return make(values);
  };
}
