/** Decodes a sample with the columns that it led to. */
import { malformedPlace, planDecoder, types } from "@tributary/core";
import type { Diagnostic, MalformedRecord, PlanContext, RowType } from "@tributary/core";
import type { InferredColumn, InferRequest } from "./inferred-columns.js";
import type { SampleRecord } from "./sample-records.js";

/** Faults of records that are reported; more say nothing new. */
const FAULTS_MAX = 20;

/** Columns and faults after the check. */
export interface CheckedColumns {
  readonly columns: readonly InferredColumn[];
  readonly diagnostics: readonly Diagnostic[];
}

export function rowTypeOf(columns: readonly InferredColumn[]): RowType {
  return { ...types.row(columns.map(({ name, type }) => ({ name, type }))), nullable: false };
}

/**
 * Decodes every record. A column that cannot be read in its type becomes STRING, until each is one or can be read; what
 * fails then is a fault of the record.
 */
export function checkSample(
  request: InferRequest,
  {
    columns,
    options,
  }: { readonly columns: readonly InferredColumn[]; readonly options: InferRequest["options"] },
  records: readonly SampleRecord[],
  context: PlanContext,
): CheckedColumns {
  let current = columns;
  for (let attempt = 0; ; attempt++) {
    const { value, diagnostics } = planDecoder(
      { identifier: request.format, table: "sample", rowType: rowTypeOf(current), options },
      context,
    );
    if (value === undefined) return { columns: current, diagnostics };
    const faults: { readonly record: SampleRecord; readonly fault: MalformedRecord }[] = [];
    value.decoder.decode(
      records.map(({ bytes }) => bytes),
      {
        row: () => undefined,
        skipped: () => undefined,
        malformed: (index, fault) => faults.push({ record: records[index] as SampleRecord, fault }),
      },
    );
    const refused = new Set(
      faults.map(({ fault }) => fault.column).flatMap((path) => columnsAt(path, current)),
    );
    if (attempt > columns.length || refused.size === 0) {
      const found = faults
        .slice(0, FAULTS_MAX)
        .map(({ record, fault }) => diagnosticOf(record, fault, rowTypeOf(current)));
      return { columns: current, diagnostics: [...diagnostics, ...found] };
    }
    current = current.map((column) =>
      refused.has(column.name)
        ? {
            ...column,
            type: types.string(),
            notes: [...column.notes, "the sample cannot be read in a narrower type"],
          }
        : column,
    );
  }
}

/** The column of a path such as `a.b[0]`, if it is not a text already. */
function columnsAt(path: string | undefined, columns: readonly InferredColumn[]): readonly string[] {
  if (path === undefined) return [];
  return columns
    .filter(
      ({ name, type }) => type.kind !== "VARCHAR" && (path === name || /^[.[]/.test(path.slice(name.length))),
    )
    .filter(({ name }) => path.startsWith(name))
    .map(({ name }) => name);
}

function diagnosticOf(record: SampleRecord, fault: MalformedRecord, rowType: RowType): Diagnostic {
  const where = [`record ${record.number}`, ...malformedPlace(fault, rowType)];
  const excerpt = fault.excerpt === undefined ? "" : ` Near: ${fault.excerpt}`;
  return {
    severity: "error",
    code: "RECORD_MALFORMED",
    message: `The sample cannot be decoded (${where.join(", ")}): ${fault.reason}${excerpt}`,
    file: record.sample,
    ...(fault.column !== undefined && { columnName: fault.column }),
  };
}
