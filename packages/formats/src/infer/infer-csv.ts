import { parseOptions, planDecoder, trimBlanks, types } from "@tributary/core";
import type { Decoder, Diagnostic, PlanContext, Row } from "@tributary/core";
import { CsvFormat } from "../csv/csv-format.js";
import { CsvFormatOptions } from "../csv/csv-options.js";
import { checkSample, rowTypeOf } from "./check-sample.js";
import { Evidence } from "./evidence.js";
import type { InferredColumn, InferredColumns, InferRequest } from "./inferred-columns.js";
import { framedRecords, linesOf, type SampleRecord } from "./sample-records.js";
import { cellKind, fractionDigits } from "./text-kind.js";
import { typeOfEvidence } from "./type-of-evidence.js";

const NULL_KEY = "csv.empty-string-as-null";
/** Options that would hide how many cells a record has. */
const LENIENT_KEYS: ReadonlySet<string> = new Set([
  "csv.ignore-parse-errors",
  "csv.ignore-trailing-unmappable",
  "csv.fail-on-missing-columns",
]);
/** Widest record. */
const CELLS_MAX = 10_000;
const READING = { timestamps: "SQL", timePrecisionMax: 3 } as const;

/** The columns of csv records: names from a header, or `c1`, `c2` and so on. */
export function inferCsv(request: InferRequest, context: PlanContext): InferredColumns {
  const { value: options, diagnostics } = parseOptions(CsvFormatOptions, request.options, {
    role: "format",
    identifier: "csv",
    prefix: "csv.",
  });
  if (options === undefined) return nothing(diagnostics);
  const { framing } = new CsvFormat(options);
  const samples = request.samples.map((sample) =>
    request.isLines ? linesOf(sample) : framedRecords(sample, framing),
  );
  const headers = samples.flatMap((records) => (request.hasHeader === true ? records.slice(0, 1) : []));
  const records = samples.flatMap((all) => (request.hasHeader === true ? all.slice(1) : all));
  const first = headers[0] ?? records[0];
  const cells = new CellReader(request, context);
  const width = first === undefined ? 0 : cells.widthOf(first);
  if (width === 0) return nothing(first === undefined ? [] : cells.faults(first));
  const names = namesOf(width, headers[0] === undefined ? undefined : cells.read(headers[0], width));
  const rows = records.map((record) => cells.read(record, width) ?? []);
  const evidence = names.map((_, index) => evidenceOf(rows, index));
  const columns = names.map((name, index) => columnOf(name, evidence[index] as Evidence));
  const needsNulls = columns.some(
    ({ type }, index) => type.kind !== "VARCHAR" && (evidence[index] as Evidence).count("empty") > 0,
  );
  const needed = new Map(needsNulls ? [[NULL_KEY, "true"]] : []);
  const all = [...request.options, ...Array.from(needed, ([key, value]) => ({ key, value }))];
  const checked = checkSample(request, { columns, options: all }, records, context);
  return { ...checked, options: needed, notes: notesOf(request, rows, columns) };
}

function nothing(diagnostics: readonly Diagnostic[]): InferredColumns {
  return { columns: [], options: new Map(), notes: [], diagnostics };
}

/** Cells as texts, by the format's own decoder. */
class CellReader {
  readonly #request: InferRequest;
  readonly #context: PlanContext;
  readonly #decoders = new Map<number, Decoder>();

  constructor(request: InferRequest, context: PlanContext) {
    this.#request = request;
    this.#context = context;
  }

  /** Number of cells of a record: the most columns that do not lack one. 0 if it is no record. */
  widthOf(record: SampleRecord): number {
    let [most, tooMany] = [0, 1];
    while (tooMany <= CELLS_MAX && this.#has(record, tooMany)) [most, tooMany] = [tooMany, tooMany * 2];
    while (tooMany - most > 1) {
      const middle = Math.floor((most + tooMany) / 2);
      if (this.#has(record, middle)) most = middle;
      else tooMany = middle;
    }
    return most;
  }

  #has(record: SampleRecord, width: number): boolean {
    return this.read(record, width) !== undefined;
  }

  /** The first `width` cells, NULL where the options say so; `undefined` if there are fewer. */
  read({ bytes }: SampleRecord, width: number): readonly (string | null)[] | undefined {
    let row: Row | undefined;
    this.#decoder(width).decode([bytes], {
      row: (_, found) => (row = found),
      malformed: () => undefined,
      skipped: () => undefined,
    });
    return row === undefined ? undefined : (Object.values(row) as readonly (string | null)[]);
  }

  /** What is wrong with a record that has no cells at all. */
  faults(record: SampleRecord): readonly Diagnostic[] {
    const columns = [{ name: "c1", type: types.string(), notes: [] }];
    return checkSample(this.#request, { columns, options: this.#request.options }, [record], this.#context)
      .diagnostics;
  }

  #decoder(width: number): Decoder {
    let decoder = this.#decoders.get(width);
    if (decoder === undefined) {
      const columns = Array.from({ length: width }, (_, index) => ({
        name: `c${index + 1}`,
        type: types.string(),
        notes: [],
      }));
      const options = [
        ...this.#request.options.filter(({ key }) => !LENIENT_KEYS.has(key)),
        { key: "csv.ignore-trailing-unmappable", value: "true" },
      ];
      const { value } = planDecoder(
        { identifier: "csv", table: "sample", rowType: rowTypeOf(columns), options },
        this.#context,
      );
      // The options were found sound before.
      this.#decoders.set(width, (decoder = (value as { readonly decoder: Decoder }).decoder));
    }
    return decoder;
  }
}

function evidenceOf(rows: readonly (readonly (string | null)[])[], index: number): Evidence {
  const evidence = new Evidence();
  for (const row of rows) {
    const cell = row[index];
    if (cell === undefined) continue;
    if (cell === null) {
      evidence.nulls++;
      continue;
    }
    const kind = cellKind(cell);
    if (kind === "number") evidence.number(trimBlanks(cell));
    else evidence.note(kind);
    if (kind !== "number") evidence.fraction = Math.max(evidence.fraction, fractionDigits(cell));
  }
  return evidence;
}

function columnOf({ name, note }: ColumnName, evidence: Evidence): InferredColumn {
  const notes = note === undefined ? [] : [note];
  const type = typeOfEvidence(evidence, READING, (text) => notes.push(text));
  const empty = evidence.count("empty");
  if (empty > 0 && type.kind !== "VARCHAR") notes.push(`empty in ${empty} of ${evidence.present} records`);
  return { name, type, notes };
}

interface ColumnName {
  readonly name: string;
  readonly note?: string;
}

/** Names of a header, each once; a cell without a name gets that of its place. */
function namesOf(width: number, header: readonly (string | null)[] | undefined): readonly ColumnName[] {
  const used = new Set<string>();
  return Array.from({ length: width }, (_, index): ColumnName => {
    const wanted = trimBlanks(header?.[index] ?? "") || `c${index + 1}`;
    let name = wanted;
    for (let count = 2; used.has(name); count++) name = `${wanted}_${count}`;
    used.add(name);
    return name === wanted ? { name } : { name, note: `the header has '${wanted}' more than once` };
  });
}

/** Remarks on the first record: it is not a table's, or it looks like a header. */
function notesOf(
  request: InferRequest,
  rows: readonly (readonly (string | null)[])[],
  columns: readonly InferredColumn[],
): readonly string[] {
  if (request.hasHeader === true) {
    return ["the first record holds the names: a table reads it as a row, so leave it out of the data"];
  }
  const [first, ...others] = rows;
  if (first === undefined || others.length === 0) return [];
  const isText = first.every((cell) => cell !== null && cellKind(cell) === "text");
  const isTyped = columns.some(
    ({ type }, index) =>
      type.kind === "VARCHAR" &&
      typeOfEvidence(evidenceOf(others, index), READING, () => undefined).kind !== "VARCHAR",
  );
  return isText && isTyped
    ? ["the first record looks like names of columns: --header takes it for them"]
    : [];
}
