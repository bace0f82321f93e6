/** Rows from canonical JSON, the form that {@link rowToCanonicalJson} writes. */
import { assertNever, TributaryError } from "../../diagnostics/error.js";
import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import type { LogicalType, Row, RowType } from "../logical-type.js";
import { printType } from "../print-type.js";
import { parseBinaryText } from "../text/binary-text.js";
import { parseIsoDate, parseSqlTime } from "../text/date-time-text.js";
import { INTEGER_RANGES, parseBigintText } from "../text/number-text.js";
import { parseSqlInstant, parseSqlTimestamp } from "../text/timestamp-text.js";
import { Decimal } from "../values/decimal.js";
import { excerptOf, noValues } from "./canonical-json-writer.js";
import { rowFactory } from "./row-factory.js";

/** Reads a value that is not `null`; `undefined` says that it does not fit. */
type Read = (json: unknown, faults: Faults) => unknown;

/** Where the reader is and what it found wrong; every fault of a row is reported. */
interface Faults {
  readonly list: Diagnostic[];
  readonly path: (string | number)[];
}

const compiled = new WeakMap<RowType, (json: unknown) => Row>();

/**
 * The row of a canonical JSON text. Fields that are left out are NULL; strings of times may have any number of fraction
 * digits; integers and decimals may also be JSON numbers.
 *
 * @throws `RECORD_MALFORMED` with every fault: text that is no JSON object, unknown fields, values that do not fit.
 * @public
 */
export function rowFromCanonicalJson(text: string, rowType: RowType): Row {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const message = `The text ${excerptOf(text)} is not JSON: ${(cause as Error).message}.`;
    throw new TributaryError({ severity: "error", code: "RECORD_MALFORMED", message }, { cause });
  }
  let read = compiled.get(rowType);
  if (read === undefined) {
    read = canonicalJsonReader(rowType);
    compiled.set(rowType, read);
  }
  return read(json);
}

/** As {@link rowFromCanonicalJson} for JSON that is parsed already, built for one row type. @public */
export function canonicalJsonReader(rowType: RowType): (json: unknown) => Row {
  const read = rowReader(rowType);
  return (json) => {
    const faults: Faults = { list: [], path: [] };
    const row = read(json, faults);
    if (row === undefined) faults.list.push(misfit(json, rowType, faults.path));
    if (faults.list.length > 0) throw new TributaryError(faults.list);
    return row as Row;
  };
}

function misfit(json: unknown, type: LogicalType, path: Faults["path"]): Diagnostic {
  const place = path.length === 0 ? "" : ` of '${path.join(".")}'`;
  const message = `The value ${excerptOf(json)}${place} is no ${expected(type)}.`;
  const column = path[0];
  const diagnostic: Diagnostic = { severity: "error", code: "RECORD_MALFORMED", message };
  return typeof column === "string" ? { ...diagnostic, columnName: column } : diagnostic;
}

function expected(type: LogicalType): string {
  const form = FORMS[type.kind];
  if (form === undefined) return printType(type);
  return form.startsWith("JSON") ? form : `${printType(type)} ${form}`;
}

/** How values are written, where the type alone does not say it. */
const FORMS: Readonly<Partial<Record<LogicalType["kind"], string>>> = {
  ROW: "JSON object",
  ARRAY: "JSON array",
  MAP: "JSON array of pairs",
  MULTISET: "JSON array of pairs",
  BINARY: "in Base64",
  VARBINARY: "in Base64",
  DATE: 'such as "2024-02-29"',
  TIME: 'such as "23:59:59.123"',
  TIMESTAMP: 'such as "2024-02-29 23:59:59.123"',
  TIMESTAMP_LTZ: 'such as "2024-02-29 23:59:59.123Z"',
};

/** Reads any value of `type`, `null` included; a value that does not fit is noted and becomes NULL. */
function valueOf(read: Read, type: LogicalType, json: unknown, faults: Faults): unknown {
  if (json === null || json === undefined) return null;
  const value = read(json, faults);
  if (value !== undefined) return value;
  faults.list.push(misfit(json, type, faults.path));
  return null;
}

function rowReader(rowType: RowType): Read {
  const { fields } = rowType;
  const reads = fields.map((field) => readerOf(field.type));
  const known = new Set(fields.map((field) => field.name));
  const make = rowFactory([...known]);
  return (json, faults) => {
    if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined;
    const object = json as Record<string, unknown>;
    for (const name of Object.keys(object)) {
      if (!known.has(name)) faults.list.push(unknownField(name, known, faults.path));
    }
    return make(
      fields.map(({ name, type }, index) => {
        if (!Object.hasOwn(object, name)) return null;
        faults.path.push(name);
        const value = valueOf(reads[index] as Read, type, object[name], faults);
        faults.path.pop();
        return value;
      }),
    );
  };
}

function unknownField(name: string, known: ReadonlySet<string>, path: Faults["path"]): Diagnostic {
  return {
    severity: "error",
    code: "RECORD_MALFORMED",
    message: `There is no field '${[...path, name].join(".")}'.`,
    candidates: [...known],
  };
}

function readerOf(type: LogicalType): Read {
  switch (type.kind) {
    case "BOOLEAN":
      return (json) => (typeof json === "boolean" ? json : undefined);
    case "TINYINT":
    case "SMALLINT":
    case "INT":
      return integerReader(INTEGER_RANGES[type.kind].min, INTEGER_RANGES[type.kind].max);
    case "INTERVAL_YEAR_MONTH":
      return integerReader(INTEGER_RANGES.INT.min, INTEGER_RANGES.INT.max);
    case "BIGINT":
    case "INTERVAL_DAY_TIME":
      return readBigint;
    case "FLOAT":
      return (json) => fround(readNumber(json));
    case "DOUBLE":
      return readNumber;
    case "DECIMAL":
      return (json) => readDecimal(json)?.fit(type.precision, type.scale) ?? undefined;
    case "CHAR":
    case "VARCHAR":
      return (json) => (typeof json === "string" ? json : undefined);
    case "BINARY":
    case "VARBINARY":
      return ofText(parseBinaryText);
    case "DATE":
      return ofText(parseIsoDate);
    case "TIME":
      return ofText(parseSqlTime);
    case "TIMESTAMP":
      return ofText(parseSqlTimestamp);
    case "TIMESTAMP_LTZ":
      return ofText(parseSqlInstant);
    case "ARRAY":
      return listReader(type.element);
    case "MAP":
      return pairsReader(type.key, type.value);
    case "MULTISET":
      return pairsReader(type.element, { kind: "INT", nullable: false });
    case "ROW":
      return rowReader(type);
    case "NULL":
      return () => undefined;
    case "TIMESTAMP_TZ":
    case "RAW":
    case "VARIANT":
    case "BITMAP":
    case "USER":
      throw noValues(type);
    default:
      return assertNever(type);
  }
}

function ofText(parse: (text: string) => unknown): Read {
  return (json) => (typeof json === "string" ? parse(json) : undefined);
}

function integerReader(min: number, max: number): Read {
  return (json) =>
    typeof json === "number" && Number.isInteger(json) && json >= min && json <= max ? json + 0 : undefined;
}

function readBigint(json: unknown): bigint | undefined {
  if (typeof json === "string") return parseBigintText(json);
  return typeof json === "number" && Number.isSafeInteger(json) ? BigInt(json) : undefined;
}

function readNumber(json: unknown): number | undefined {
  if (typeof json === "number") return json;
  return json === "NaN" || json === "Infinity" || json === "-Infinity" ? Number(json) : undefined;
}

function fround(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.fround(value);
}

function readDecimal(json: unknown): Decimal | undefined {
  if (typeof json === "string") return Decimal.parse(json);
  return typeof json === "number" ? Decimal.fromNumber(json) : undefined;
}

function listReader(elementType: LogicalType): Read {
  const read = readerOf(elementType);
  return (json, faults) => {
    if (!Array.isArray(json)) return undefined;
    return json.map((one: unknown, index) => {
      faults.path.push(index);
      const value = valueOf(read, elementType, one, faults);
      faults.path.pop();
      return value;
    });
  };
}

function pairsReader(keyType: LogicalType, valueType: LogicalType): Read {
  const readKey = readerOf(keyType);
  const readValue = readerOf(valueType);
  return (json, faults) => {
    if (!Array.isArray(json)) return undefined;
    const map = new Map<unknown, unknown>();
    for (const [index, pair] of (json as unknown[]).entries()) {
      if (!Array.isArray(pair) || pair.length !== 2) return undefined;
      faults.path.push(index);
      const key = valueOf(readKey, keyType, pair[0], faults);
      map.set(key, valueOf(readValue, valueType, pair[1], faults));
      faults.path.pop();
    }
    return map;
  };
}
