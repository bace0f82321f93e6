/** From what a sample shows to a type, and to what stays uncertain about it. */
import { types } from "@tributary/core";
import type { LogicalType, RowField } from "@tributary/core";
import type { TimestampForm } from "../json/json-value-options.js";
import { Evidence, type NumberEvidence, type ValueKind } from "./evidence.js";

/** Digits of a DECIMAL. */
const DECIMAL_DIGITS_MAX = 38;

/** What a format reads. */
export interface Reading {
  /** The form of timestamps; csv has SQL's. */
  readonly timestamps: TimestampForm;
  /** Most fraction digits that a TIME keeps. */
  readonly timePrecisionMax: number;
}

/** Takes down what is uncertain; `place` is the path below the column. */
export type Note = (text: string) => void;

export function typeOfEvidence(evidence: Evidence, reading: Reading, note: Note): LogicalType {
  const kinds = new Set(evidence.kinds.keys());
  kinds.delete("empty");
  if (kinds.size === 0) {
    note(evidence.count("empty") > 0 ? "only empty cells in the sample" : "only NULL in the sample");
    return types.string();
  }
  if (kinds.size > 1 && timestampForms(kinds).length === 0) return mixed(kinds, note);
  const [kind] = kinds;
  switch (kind as ValueKind) {
    case "boolean":
      return types.boolean();
    case "number":
      return numberType(evidence.numbers as NumberEvidence, note);
    case "object":
      return objectType(evidence, reading, note);
    case "array":
      return arrayType(evidence, reading, note);
    case "deep":
      note("nested too deep: its JSON as text");
      return types.string();
    case "digits":
      note("texts of whole numbers: BIGINT reads them too");
      return types.string();
    case "coded-digits":
      note("digits with a sign or zeros in front, which a number would lose");
      return types.string();
    case "date":
      return types.date();
    case "time":
      return timeType(evidence, reading, note);
    case "sql-timestamp":
    case "sql-instant":
    case "iso-timestamp":
    case "iso-instant":
    case "iso-offset":
      return timestampType(kinds, evidence, reading, note);
    case "offset-time":
      note("timestamps with an offset, which no timestamp type reads");
      return types.string();
    case "text":
    case "empty":
      return types.string();
  }
}

const KIND_NAMES: Readonly<Partial<Record<ValueKind, string>>> = {
  number: "numbers",
  boolean: "booleans",
  object: "objects",
  array: "arrays",
  deep: "deep values",
  date: "dates",
  time: "times",
  "coded-digits": "codes",
};

function mixed(kinds: ReadonlySet<ValueKind>, note: Note): LogicalType {
  const names = new Set([...kinds].map((kind) => KIND_NAMES[kind] ?? nameOfText(kind)));
  if (names.size > 1) note(`${[...names].join(" and ")} in the sample: STRING holds the text of each`);
  else note("timestamps of different forms: STRING holds the text of each");
  return types.string();
}

function nameOfText(kind: ValueKind): string {
  return kind === "text" || kind === "digits" ? "texts" : "timestamps";
}

function numberType(numbers: NumberEvidence, note: Note): LogicalType {
  const { wholeDigits, scale } = numbers;
  if (numbers.areWhole && numbers.fitBigint && !numbers.isBeyond) return types.bigint();
  const digits = Math.max(wholeDigits, 0) + scale;
  const fits = !numbers.isBeyond && digits <= DECIMAL_DIGITS_MAX;
  if (numbers.areWhole && fits) {
    note("whole numbers beyond BIGINT");
    return types.decimal(digits, scale);
  }
  if (numbers.areDoubles && !numbers.isBeyond && !numbers.areWhole) {
    if (fits && scale > 0) note(`DECIMAL(${digits}, ${scale}) holds the sample exactly`);
    return types.double();
  }
  if (fits) {
    note("more digits than DOUBLE holds");
    return types.decimal(Math.max(digits, 1), scale);
  }
  note("numbers beyond every numeric type: STRING holds their digits");
  return types.string();
}

function timeType(evidence: Evidence, { timePrecisionMax }: Reading, note: Note): LogicalType {
  if (evidence.fraction <= timePrecisionMax) return types.time(evidence.fraction === 0 ? 0 : 3);
  note("times finer than milliseconds, which TIME would cut");
  return types.string();
}

/** The forms in which texts of a kind are read. */
const FORMS: Readonly<Partial<Record<ValueKind, readonly TimestampForm[]>>> = {
  "sql-timestamp": ["SQL"],
  "sql-instant": ["SQL"],
  "iso-timestamp": ["ISO-8601"],
  "iso-instant": ["ISO-8601", "ISO-8601-WITH-OFFSET"],
  "iso-offset": ["ISO-8601-WITH-OFFSET"],
};

/** The forms that read the values of these kinds as timestamps of one type. */
export function timestampForms(kinds: ReadonlySet<ValueKind>): readonly TimestampForm[] {
  const offsets = kinds.has("iso-offset");
  const distinct = [...kinds].filter((kind) => !(offsets && kind === "iso-instant"));
  return distinct.length === 1 ? (FORMS[distinct[0] as ValueKind] ?? []) : [];
}

function timestampType(
  kinds: ReadonlySet<ValueKind>,
  evidence: Evidence,
  reading: Reading,
  note: Note,
): LogicalType {
  const forms = timestampForms(kinds);
  if (!forms.includes(reading.timestamps)) {
    note(`timestamps of the ${forms[0]} form; the format reads those of ${reading.timestamps} here`);
    return types.string();
  }
  const precision = evidence.fraction <= 3 ? 3 : evidence.fraction <= 6 ? 6 : 9;
  const isLocal = kinds.has("sql-timestamp") || kinds.has("iso-timestamp");
  return isLocal ? types.timestamp(precision) : types.timestampLtz(precision);
}

function arrayType({ elements }: Evidence, reading: Reading, note: Note): LogicalType {
  if (elements === undefined) {
    note("only empty arrays in the sample");
    return types.array(types.string());
  }
  return types.array(typeOfEvidence(elements, reading, (text) => note(`elements: ${text}`)));
}

function objectType(evidence: Evidence, reading: Reading, note: Note): LogicalType {
  const fields = evidence.fields ?? new Map<string, Evidence>();
  if (fields.size === 0) {
    note("only empty objects in the sample");
    return types.map(types.string(), types.string());
  }
  const value = mapValue(evidence, reading);
  if (value !== undefined) {
    note("names that change from object to object: a MAP; ROW<...> if they are fixed");
    return types.map(types.string(), value);
  }
  const list: RowField[] = [];
  for (const [name, field] of fields) {
    if (name === "") {
      note("a field without a name is left out");
      continue;
    }
    const of = (text: string): void => note(`${name}: ${text}`);
    list.push({ name, type: typeOfEvidence(field, reading, of) });
    const objects = evidence.count("object");
    if (field.present + field.nulls < objects) of(`in ${field.present + field.nulls} of ${objects} objects`);
  }
  return list.length === 0 ? types.string() : types.row(list);
}

/** Names that say something else than a name would: dates, numbers, paths, e-mail addresses. */
const DATA_NAME = /^[^\p{L}_]|[^\p{L}\p{N}_$ -]/u;
/** Objects with more names than this are no rows. */
const ROW_FIELDS_MAX = 100;

/** The type of the values, if the objects look like maps: values of one kind under names that look like data. */
function mapValue(evidence: Evidence, reading: Reading): LogicalType | undefined {
  const fields = evidence.fields as ReadonlyMap<string, Evidence>;
  const all = [...fields.values()];
  const objects = evidence.count("object");
  const given = all.reduce((sum, { present, nulls }) => sum + present + nulls, 0);
  const isSparse = objects >= 3 && fields.size >= 3 && given / (objects * fields.size) < 0.5;
  const hasCommon = all.some(({ present, nulls }) => present + nulls === objects);
  const looksLikeMap =
    [...fields.keys()].every((name) => DATA_NAME.test(name)) ||
    fields.size > ROW_FIELDS_MAX ||
    (isSparse && !hasCommon);
  if (!looksLikeMap) return undefined;
  const values = new Evidence();
  for (const field of all) values.merge(field);
  const kinds = new Set(values.kinds.keys());
  return kinds.size === 1 ? typeOfEvidence(values, reading, () => undefined) : undefined;
}
