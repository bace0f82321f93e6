/**
 * Readers of a column: each finds the next cell and converts it. Numbers and timestamps in their usual form are read
 * while the cell's end is looked for; everything else takes two steps, first the cell and then its value.
 */
import { Instant, LocalTimestamp } from "@tributary/core";
import type { LogicalType } from "@tributary/core";
import { scanLong, scannedLong } from "../text/long-halves.js";
import { scannedTimestamp, scanTimestamp } from "../text/timestamp-bytes.js";
import { createCellReader } from "./csv-cell-readers.js";
import type { CellSettings } from "./csv-cell-readers.js";
import type { CsvDialect } from "./csv-dialect.js";
import type { CsvScanner } from "./csv-scanner.js";

/** Reads the next cell's value, and leaves in the scanner whether another cell follows. */
export type ColumnReader = (scanner: CsvScanner) => unknown;

/** Of what numbers and timestamps consist; where one of these has a meaning of its own nothing is taken for granted. */
const VALUE_BYTES = "0123456789+-.: TZ";
const SPACE = 0x20;
const UPPER_Z = 0x5a;

/** The reader for a type that was checked to be supported. */
export function createColumnReader(
  type: LogicalType,
  dialect: CsvDialect,
  settings: CellSettings,
): ColumnReader {
  const readCell = createCellReader(type, settings);
  const read: ColumnReader = (scanner) => {
    scanner.cell();
    return readCell(scanner);
  };
  if (!isPlain(dialect, settings)) return read;
  if (type.kind === "BIGINT") {
    return (scanner) => {
      const value = scanLong(scanner.bytes, scanner.pos);
      return value !== undefined && scanner.endsAt(scannedLong.end) ? value : read(scanner);
    };
  }
  if (type.kind !== "TIMESTAMP" && type.kind !== "TIMESTAMP_LTZ") return read;
  const isInstant = type.kind === "TIMESTAMP_LTZ";
  return (scanner) => {
    if (!usualTimestamp(scanner, dialect, isInstant)) return read(scanner);
    const { epochMillis, nanosOfMilli } = scannedTimestamp;
    return isInstant ? new Instant(epochMillis, nanosOfMilli) : new LocalTimestamp(epochMillis, nanosOfMilli);
  };
}

/** May a cell that looks like a value be taken for one? */
function isPlain(
  { delimiter, quote, escape }: CsvDialect,
  { nullLiteral, trimsSpaces }: CellSettings,
): boolean {
  const isSpecial = (character: Uint8Array | undefined): boolean =>
    character !== undefined && VALUE_BYTES.includes(Buffer.from(character).toString("utf8"));
  return (
    delimiter.length === 1 &&
    ![delimiter, quote, escape].some(isSpecial) &&
    !trimsSpaces &&
    // A literal that could be a number or a timestamp is looked for first.
    !/^[0-9-]/.test(nullLiteral ?? "")
  );
}

/** Reads a cell with a timestamp, in quotes or without; false, with nothing read, for any other cell. */
function usualTimestamp(scanner: CsvScanner, { quote }: CsvDialect, isInstant: boolean): boolean {
  const { bytes, pos } = scanner;
  const isQuoted = quote !== undefined && quote.length === 1 && bytes[pos] === quote[0];
  if (!scanTimestamp(bytes, isQuoted ? pos + 1 : pos, SPACE)) return false;
  let { end } = scannedTimestamp;
  if (isInstant && bytes[end++] !== UPPER_Z) return false;
  if (isQuoted && bytes[end++] !== quote[0]) return false;
  return scanner.endsAt(end);
}
