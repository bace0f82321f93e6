import type { PlanContext } from "@tributary/core";
import { checkSample } from "./check-sample.js";
import { TIMESTAMP_FORMS, type TimestampForm } from "../json/json-value-options.js";
import { Evidence } from "./evidence.js";
import type { InferredColumn, InferredColumns, InferRequest } from "./inferred-columns.js";
import { jsonTexts, observe, parseMarked } from "./json-values.js";
import { linesOf, type SampleRecord } from "./sample-records.js";
import { timestampForms, typeOfEvidence, type Reading } from "./type-of-evidence.js";

const STANDARD_KEY = "json.timestamp-format.standard";

/** The columns of JSON objects: one for each name, in the order in which they came. */
export function inferJson(request: InferRequest, context: PlanContext): InferredColumns {
  const records = recordsOf(request);
  const rows = new Evidence();
  for (const { bytes } of records) {
    const value = parseMarked(textOf(bytes));
    for (const row of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      if (typeof row === "object" && row !== null && !Array.isArray(row)) observe(rows, row);
    }
  }
  const given = request.options.findLast(({ key }) => key === STANDARD_KEY)?.value;
  const timestamps =
    given === undefined ? standardOf(rows) : (TIMESTAMP_FORMS.find((one) => one === given) ?? "SQL");
  const { columns, notes } = columnsOf(rows, { timestamps, timePrecisionMax: 3 });
  const isNeeded = given === undefined && timestamps !== "SQL";
  const options = new Map(isNeeded ? [[STANDARD_KEY, timestamps]] : []);
  const all = [...request.options, ...Array.from(options, ([key, value]) => ({ key, value }))];
  return { ...checkSample(request, { columns, options: all }, records, context), options, notes };
}

function recordsOf({ samples, isLines }: InferRequest): readonly SampleRecord[] {
  return samples.flatMap((sample) =>
    isLines
      ? linesOf(sample)
      : Array.from(jsonTexts(textOf(sample.bytes)), (text, index) => ({
          sample: sample.name,
          number: index + 1,
          bytes: Buffer.from(text),
        })),
  );
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** The form that reads most of the timestamps; SQL's, which needs no option, if none does. */
function standardOf(evidence: Evidence): TimestampForm {
  const counts = new Map<TimestampForm, number>();
  countTimestamps(evidence, counts);
  const countOf = (form: TimestampForm): number => counts.get(form) ?? 0;
  return TIMESTAMP_FORMS.reduce((best, form) => (countOf(form) > countOf(best) ? form : best));
}

function countTimestamps(evidence: Evidence, counts: Map<TimestampForm, number>): void {
  for (const form of timestampForms(new Set(evidence.kinds.keys()))) {
    counts.set(form, (counts.get(form) ?? 0) + evidence.present);
  }
  for (const field of evidence.fields?.values() ?? []) countTimestamps(field, counts);
  if (evidence.elements !== undefined) countTimestamps(evidence.elements, counts);
}

function columnsOf(
  rows: Evidence,
  reading: Reading,
): { readonly columns: readonly InferredColumn[]; readonly notes: readonly string[] } {
  const count = rows.count("object");
  const columns: InferredColumn[] = [];
  const notes: string[] = [];
  for (const [name, field] of rows.fields ?? []) {
    if (name === "") {
      notes.push("a field without a name is left out");
      continue;
    }
    const ofColumn: string[] = [];
    const type = typeOfEvidence(field, reading, (text) => ofColumn.push(text));
    const given = field.present + field.nulls;
    if (given < count) ofColumn.push(`in ${given} of ${count} records`);
    columns.push({ name, type, notes: ofColumn });
  }
  return { columns, notes };
}
