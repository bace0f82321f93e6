/**
 * Dead letters: records that a format cannot decode, written to another table of the script or program instead of
 * failing the job. The table takes what it has columns for, by name; its connector and format are its own.
 */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { nearestFirst } from "../diagnostics/nearest.js";
import type { SourceFactory } from "../factory/factory.js";
import { declaredOptions } from "../options/option.js";
import type { WriteBinding } from "../pipeline/graph.js";
import type { LogicalType, Row, RowType, SqlValue } from "../types/logical-type.js";
import { printType } from "../types/print-type.js";
import { rowFactory } from "../types/rows/row-factory.js";
import { nullable, types } from "../types/types.js";
import { Instant } from "../types/values/instant.js";
import { DEAD_LETTER_TABLE_KEY, ON_ERROR_KEY } from "./framework-options.js";
import { planSink } from "./plan-sink.js";
import type { PlanContext } from "./planning.js";
import type { ResolvedConnector } from "./resolve-connector.js";
import type { TableDescriptor } from "./table.js";

/** A record that could not be decoded, and why. */
export interface DeadLetter {
  /** The record's bytes as they came. */
  readonly payload: Uint8Array | null;
  readonly reason: string;
  /** Where in the row decoding stopped, if the format knows. */
  readonly column: string | undefined;
  readonly split: string;
  /** Absent if the source cannot tell. */
  readonly position: string | undefined;
  /** Milliseconds since 1970, of the runner's clock. */
  readonly failedAt: number;
}

/** Where dead letters go, and as what. */
export interface DeadLetterPlan {
  readonly table: string;
  readonly binding: WriteBinding;
  readonly toRow: (letter: DeadLetter) => Row;
}

/** A column that a dead-letter table may have. */
interface LetterColumn {
  readonly name: string;
  readonly type: LogicalType;
  /** Is there a value in every letter? Else the column must not be NOT NULL. */
  readonly isAlwaysSet: boolean;
  readonly read: (letter: DeadLetter, source: LetterSource) => SqlValue;
}

/** What all letters of a table have in common. */
interface LetterSource {
  readonly table: string;
  readonly format: string;
}

const TEXT = types.string();

const LETTER_COLUMNS: readonly LetterColumn[] = [
  { name: "payload", type: types.bytes(), isAlwaysSet: true, read: ({ payload }) => payload },
  { name: "reason", type: TEXT, isAlwaysSet: true, read: ({ reason }) => reason },
  { name: "column_name", type: TEXT, isAlwaysSet: false, read: ({ column }) => column ?? null },
  { name: "table", type: TEXT, isAlwaysSet: true, read: (_, { table }) => table },
  { name: "format", type: TEXT, isAlwaysSet: true, read: (_, { format }) => format },
  { name: "split", type: TEXT, isAlwaysSet: true, read: ({ split }) => split },
  { name: "position", type: TEXT, isAlwaysSet: false, read: ({ position }) => position ?? null },
  {
    name: "failed_at",
    type: types.timestampLtz(3),
    isAlwaysSet: true,
    read: ({ failedAt }) => new Instant(failedAt),
  },
];

/**
 * Plans the dead-letter table of a table that is read. Faults go to the diagnostics of `resolved`, those of the
 * dead-letter table itself among them.
 *
 * @returns undefined if the table has none, or a fault.
 */
export function planDeadLetters(
  table: TableDescriptor,
  resolved: ResolvedConnector<SourceFactory>,
  context: PlanContext,
): DeadLetterPlan | undefined {
  const { decode, diagnostics, format } = resolved;
  if (decode?.onError !== "dead-letter" || decode.deadLetterTable === undefined) return undefined;
  const conflict = formatConflict(table, resolved);
  if (conflict !== undefined) diagnostics.add(conflict);
  const target = findTarget(table, decode.deadLetterTable, context);
  if ("severity" in target) diagnostics.add(target);
  if ("severity" in target || format === undefined) return undefined;
  const planned = planSink(target, context, { hasTypedRows: true });
  diagnostics.addOfOthers(planned.diagnostics);
  if (planned.value === undefined) return undefined;
  const { binding, rowType } = planned.value;
  const faults = rowType.fields.flatMap((field) => columnFault(field, target, table) ?? []);
  diagnostics.addOfOthers(faults);
  if (faults.length > 0) return undefined;
  const source = { table: table.name, format: format.factory.identifier };
  return { table: target.name, binding, toRow: letterRow(rowType, source) };
}

function formatConflict(
  table: TableDescriptor,
  { format, isFormatSound }: ResolvedConnector<SourceFactory>,
): Diagnostic | undefined {
  if (format === undefined) {
    if (!isFormatSound) return undefined;
    return {
      severity: "error",
      code: "OPTION_CONFLICT",
      message: `The table '${table.name}' has no format, so that no record of it can fail to be decoded.`,
      option: ON_ERROR_KEY,
      hint: `Leave out '${ON_ERROR_KEY}' and '${DEAD_LETTER_TABLE_KEY}'.`,
    };
  }
  const { factory, options } = format;
  const ignoring = declaredOptions(factory.options).find(({ key }) => key === "ignore-parse-errors");
  const isIgnoring = ignoring !== undefined && Reflect.get(options, ignoring.property) === true;
  if (!isIgnoring) return undefined;
  const key = `${factory.identifier}.ignore-parse-errors`;
  return {
    severity: "error",
    code: "OPTION_CONFLICT",
    message: `With '${key}' the format drops what it cannot decode, and no dead letter is left for '${ON_ERROR_KEY}' = 'dead-letter'.`,
    option: ON_ERROR_KEY,
    hint: `Leave out '${key}'.`,
  };
}

/** The table of that name, or why it cannot be had. */
function findTarget(
  table: TableDescriptor,
  name: string,
  { tables }: PlanContext,
): TableDescriptor | Diagnostic {
  const isItself = name === table.name;
  const found = isItself ? undefined : tables?.find(name);
  if (found !== undefined) return found;
  const others = (tables?.names ?? []).filter((one) => one !== table.name);
  return {
    severity: "error",
    code: "OPTION_INVALID",
    message: isItself
      ? `The table '${name}' cannot take its own dead letters: they would be read again.`
      : `There is no table '${name}' for the dead letters of the table '${table.name}'.`,
    option: DEAD_LETTER_TABLE_KEY,
    candidates: nearestFirst(name, others),
    hint: "Name a table that is declared before; in TypeScript give it to readTable as { deadLetter: table }.",
  };
}

function columnFault(
  { name, type }: RowType["fields"][number],
  target: TableDescriptor,
  table: TableDescriptor,
): Diagnostic | undefined {
  const known = LETTER_COLUMNS.find((one) => one.name === name);
  const place = target.schema.columns.find((column) => column.name === name)?.place ?? target.place;
  const common = {
    severity: "error" as const,
    code: "SCHEMA_INVALID" as const,
    ...(place !== undefined && { line: place.line, column: place.column }),
    ...(place?.file !== undefined && { file: place.file }),
    table: target.name,
    columnName: name,
  };
  if (known === undefined) {
    return {
      ...common,
      message: `The table '${target.name}' takes the dead letters of '${table.name}', which have nothing for its column '${name}'.`,
      candidates: nearestFirst(
        name,
        LETTER_COLUMNS.map((one) => one.name),
      ),
      hint: "Use columns of the candidates' names only; those that are not needed can be left out.",
    };
  }
  if (type.kind !== known.type.kind) {
    return {
      ...common,
      message: `The column '${name}' of the dead-letter table '${target.name}' is ${printType(type)}; of a dead letter it is ${printType(known.type)}.`,
      hint: `Declare it as ${printType(known.type)}.`,
    };
  }
  if (type.nullable || known.isAlwaysSet) return undefined;
  return {
    ...common,
    message: `The column '${name}' of the dead-letter table '${target.name}' is ${printType(type)}, and not every dead letter has a value for it.`,
    hint: `Declare it as ${printType(nullable(type))}.`,
  };
}

function letterRow({ fields }: RowType, source: LetterSource): DeadLetterPlan["toRow"] {
  const make = rowFactory(fields.map(({ name }) => name));
  const columns = fields.flatMap(({ name }) => LETTER_COLUMNS.filter((one) => one.name === name));
  return (letter) => make(columns.map(({ read }) => read(letter, source)));
}
