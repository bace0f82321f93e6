import { inspect } from "node:util";
import type { Row, RowType } from "../../../types/logical-type.js";
import { rowToCanonicalJson } from "../../../types/rows/canonical-json-writer.js";
import { shortened } from "../conformance-case.js";

/** A value in a message: short, on one line. */
export function describeValue(value: unknown): string {
  return shortened(inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY }));
}

/** A message as a quoted text, one character a byte. */
export function describeMessage(message: Uint8Array | null): string {
  return message === null ? "null" : JSON.stringify(Buffer.from(message).toString("latin1"));
}

/** The text by which rows are compared and shown; one that holds what it must not is inspected instead. */
export function describeRow(row: Row, rowType: RowType): string {
  try {
    return rowToCanonicalJson(row, rowType);
  } catch {
    return inspect(row, { depth: 8, breakLength: Number.POSITIVE_INFINITY });
  }
}
