import type { Decoder, DecodingFormat } from "../connector/format.js";
import { invariant } from "../diagnostics/error.js";
import type { MetadataKey, SourceFactory, TableSource } from "../factory/factory.js";
import { declaredOptions } from "../options/option.js";
import type { ReadBinding } from "../pipeline/graph.js";
import { planDeadLetters } from "./dead-letter.js";
import type { DeadLetterPlan } from "./dead-letter.js";
import { IDLE_TIMEOUT_KEY, IGNORED_WATERMARK_KEYS } from "./framework-options.js";
import { metadataCast } from "./metadata-cast.js";
import { metadataFaults } from "./metadata-faults.js";
import type { PlanContext, Planned, PlannedSource } from "./planning.js";
import { resolveConnector } from "./resolve-connector.js";
import type { ResolvedConnector } from "./resolve-connector.js";
import { rowAssembler } from "./row-assembler.js";
import type { ColumnReader } from "./row-assembler.js";
import { metadataColumns, physicalRowType, readRowType } from "./row-types.js";
import type { Column } from "./schema.js";
import type { TableDiagnostics } from "./table-diagnostics.js";
import { TableDeserializer } from "./table-deserializer.js";
import { tableWatermarks } from "./table-watermarks.js";
import type { TableDescriptor } from "./table.js";

/**
 * Plans a table for reading: finds connector and format, checks every option and column, and makes the source with
 * all that turns its records into rows. Connects to nothing.
 *
 * @returns diagnostics of every fault at once, in the order of the checks; warnings too.
 * @public
 */
export function planSource(table: TableDescriptor, context: PlanContext): Planned<PlannedSource> {
  const resolved = resolveConnector(table, "source", context);
  const { diagnostics, factory } = resolved;
  const made = factory === undefined ? undefined : makeSource(table, context, resolved, factory);
  const deadLetters =
    factory === undefined || factory.format === "none"
      ? undefined
      : planDeadLetters(table, resolved, context);
  if (factory !== undefined) warnAboutWatermarkOptions(table, resolved, factory);
  for (const warning of resolved.warnings) diagnostics.add(warning);
  const { registration } = resolved;
  if (diagnostics.hasError || made === undefined || factory === undefined || registration === undefined) {
    return { diagnostics: diagnostics.all };
  }
  return {
    value: {
      binding: readBinding(table, resolved, factory, { ...made, deadLetters }, context.timeZone),
      rowType: readRowType(table.schema),
      boundedness: "createFunction" in made.source.source ? "unbounded" : made.source.source.boundedness,
      factory: registration,
      stateFamily: factory.stateFamily ?? factory.identifier,
      ...(deadLetters !== undefined && { deadLetterTable: deadLetters.table }),
    },
    diagnostics: diagnostics.all,
  };
}

interface MadeSource {
  readonly source: TableSource;
  readonly decoder?: Decoder;
  /** Keys that the decoder was asked for, in its order. */
  readonly formatMetadata: readonly ForwardedKey[];
}

/** Format, columns, source: everything that can be checked is, also after the first fault. */
function makeSource(
  table: TableDescriptor,
  context: PlanContext,
  { diagnostics, format, isFormatSound, options }: ResolvedConnector<SourceFactory>,
  factory: SourceFactory,
): MadeSource | undefined {
  const { identifier } = factory;
  const rowType = physicalRowType(table.schema);
  const decoding = diagnostics.collect(format?.factory.identifier, () =>
    format?.factory.createDecoding?.(
      format.options,
      diagnostics.factoryContext(context, format.factory.identifier),
    ),
  );
  const forwarded = forwardedMetadata(factory, decoding);
  const formatMetadata = usedKeys(table, forwarded);
  const decoder = diagnostics.collect(format?.factory.identifier, () =>
    decoding?.createDecoder({
      table: table.name,
      rowType,
      ...(formatMetadata.length > 0 && { metadata: formatMetadata.map(({ formatKey }) => formatKey) }),
    }),
  );
  if (format !== undefined && decoding !== undefined) {
    checkChangelog(format.factory.identifier, decoding, table, diagnostics);
  }
  const offered = { role: factory.role, identifier, metadata: [...factory.metadata, ...forwarded] };
  for (const fault of metadataFaults(table.schema, offered)) diagnostics.add(fault, identifier);
  const isDecodingMade = format === undefined || decoder !== undefined;
  if (options === undefined || !isFormatSound || !isDecodingMade) return undefined;
  const source = diagnostics.collect(identifier, () =>
    factory.create(options, {
      ...diagnostics.factoryContext(context, identifier),
      rowType,
      ...(decoding !== undefined && { format: decoding }),
    }),
  );
  return source === undefined
    ? undefined
    : { source, formatMetadata, ...(decoder !== undefined && { decoder }) };
}

/** A key of the format that the connector passes on under its own prefix. */
interface ForwardedKey extends MetadataKey {
  readonly formatKey: string;
}

function forwardedMetadata(
  { formatMetadataPrefix, metadata }: SourceFactory,
  decoding: DecodingFormat | undefined,
): readonly ForwardedKey[] {
  if (formatMetadataPrefix === undefined) return [];
  return (decoding?.metadata ?? [])
    .map(({ key, type }) => ({
      key: formatMetadataPrefix + key,
      formatKey: key,
      type,
      isReadable: true,
      isWritable: false,
    }))
    .filter(({ key }) => metadata.every((own) => own.key !== key));
}

/** Those that the table has columns for. */
function usedKeys({ schema }: TableDescriptor, forwarded: readonly ForwardedKey[]): readonly ForwardedKey[] {
  const used = new Set(metadataColumns(schema).map(({ key }) => key));
  return forwarded.filter(({ key }) => used.has(key));
}

function checkChangelog(
  identifier: string,
  decoding: DecodingFormat,
  table: TableDescriptor,
  diagnostics: TableDiagnostics,
): void {
  const kinds = decoding.changelog.filter((kind) => kind !== "+I");
  if (kinds.length === 0) return;
  diagnostics.add({
    severity: "error",
    code: "RUNNER_UNSUPPORTED",
    message: `The format '${identifier}' of the table '${table.name}' carries changes (${kinds.join(", ")}), and the rows of a pipeline are insertions only.`,
    option: "format",
    hint: "Use a format that carries insertions only; read the events as they are with 'json' and columns for their fields.",
  });
}

function warnAboutWatermarkOptions(
  table: TableDescriptor,
  { entries, diagnostics }: ResolvedConnector<SourceFactory>,
  factory: SourceFactory,
): void {
  const reasons = new Map(
    IGNORED_WATERMARK_KEYS.map((key) => [key, "this runtime moves the watermark after every batch"]),
  );
  if (table.schema.watermark === undefined) {
    reasons.set(IDLE_TIMEOUT_KEY, "the table declares no WATERMARK");
  }
  for (const [key, reason] of reasons) {
    if (!entries.has(key)) continue;
    diagnostics.add(
      {
        severity: "warning",
        code: "OPTION_IGNORED",
        message: `Option '${key}' has no effect: ${reason}.`,
        option: key,
        hint: "Leave it out.",
      },
      factory.identifier,
    );
  }
}

function readBinding(
  table: TableDescriptor,
  resolved: ResolvedConnector<SourceFactory>,
  factory: SourceFactory,
  {
    source: tableSource,
    decoder,
    formatMetadata,
    deadLetters,
  }: MadeSource & { readonly deadLetters: DeadLetterPlan | undefined },
  timeZone: string,
): ReadBinding {
  const { source } = tableSource;
  const { watermark } = table.schema;
  const idleTimeoutMs = tableSource.idleTimeoutMs ?? resolved.framework?.idleTimeoutMs;
  const assemble = rowAssembler(
    table.schema.columns.map(
      (column) =>
        formatColumn(column, formatMetadata, timeZone) ??
        columnReader(column, factory, tableSource, timeZone),
    ),
  );
  const describePosition = source.describePosition?.bind(source);
  const payload = tableSource.payload;
  invariant(
    payload === undefined || decoder !== undefined,
    `the source '${factory.identifier}' gives a payload only where there is a format`,
  );
  return {
    kind: "read",
    source,
    deserializer: new TableDeserializer({
      table: table.name,
      ...(payload !== undefined &&
        decoder !== undefined && {
          decoding: {
            format: resolved.format?.factory.identifier ?? "",
            rowType: physicalRowType(table.schema),
            decoder,
            payload,
          },
        }),
      ...(assemble !== undefined && { assemble }),
      ...(describePosition !== undefined && { describePosition }),
      skipsMalformed: resolved.decode?.onError === "skip",
      ...(deadLetters !== undefined && { toDeadLetter: deadLetters.toRow }),
      malformedHint: malformedHint(resolved),
    }),
    ...(watermark !== undefined && { watermarks: tableWatermarks(table.name, watermark) }),
    ...(idleTimeoutMs !== undefined && idleTimeoutMs > 0 && watermark !== undefined && { idleTimeoutMs }),
    ...(deadLetters !== undefined && { deadLetters: deadLetters.binding }),
    table: table.name,
  };
}

function malformedHint({ format }: ResolvedConnector<SourceFactory>): string {
  const ignores =
    format !== undefined &&
    declaredOptions(format.factory.options).some(({ key }) => key === "ignore-parse-errors");
  const own = ignores ? `'${format.factory.identifier}.ignore-parse-errors' = 'true' or ` : "";
  return `Correct the producer, or skip and count such records with ${own}'decode.on-error' = 'skip', or keep them with 'decode.on-error' = 'dead-letter'.`;
}

/** The reader of a column whose key the format has. */
function formatColumn(
  column: Column,
  keys: readonly ForwardedKey[],
  timeZone: string,
): ColumnReader | undefined {
  if (column.kind !== "metadata") return undefined;
  const index = keys.findIndex(({ key }) => key === column.key);
  const key = keys[index];
  if (key === undefined) return undefined;
  const cast = metadataCast(key.type, column.type, timeZone);
  return { kind: "formatMetadata", name: column.name, index, ...(cast !== undefined && { cast }) };
}

function columnReader(
  column: Column,
  factory: SourceFactory,
  source: TableSource,
  timeZone: string,
): ColumnReader {
  const { name } = column;
  switch (column.kind) {
    case "physical":
      return { kind: "physical", name };
    case "computed":
      return { kind: "computed", name, evaluate: column.evaluate };
    case "metadata": {
      const read = source.metadata?.get(column.key);
      const key = factory.metadata.find((one) => one.key === column.key);
      invariant(
        read !== undefined && key !== undefined,
        `the source '${factory.identifier}' reads its key ${column.key}`,
      );
      const cast = metadataCast(key.type, column.type, timeZone);
      if (cast === undefined) return { kind: "metadata", name, read };
      return { kind: "metadata", name, read: (record) => cast(read(record)) };
    }
  }
}
