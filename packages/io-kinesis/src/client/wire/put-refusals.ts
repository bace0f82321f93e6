import type { PutRefusal } from "../kinesis-client.js";
import { CborReader } from "./cbor-reader.js";
import { MalformedAnswer } from "./malformed-answer.js";

const ALL_TAKEN = Buffer.from('"FailedRecordCount":0');
/** A quote cannot stand within a text without a backslash before it, so these are names of fields wherever they are. */
const SEQUENCE_NUMBER = Buffer.from('"SequenceNumber":"');
const COMMA = 0x2c;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;

/**
 * The entries that a PutRecords answer refuses. Of an answer that refuses none nothing is decoded.
 *
 * @param entriesCount - of the call.
 * @throws `MalformedAnswer`; SyntaxError.
 */
export function jsonPutRefusals(body: Buffer, entriesCount: number): readonly PutRefusal[] {
  const isWhole = body[0] === OPEN_MAP && body.at(-1) === CLOSE_MAP;
  if (isWhole && hasNoneFailed(body) && occurrences(body, SEQUENCE_NUMBER) === entriesCount) return [];
  return refusalsOf(JSON.parse(body.toString("utf8")), entriesCount);
}

/** As {@link jsonPutRefusals}, of CBOR. @throws `MalformedAnswer`; CborSyntaxError. */
export function cborPutRefusals(body: Buffer, entriesCount: number): readonly PutRefusal[] {
  return refusalsOf(new CborReader(body).value(0), entriesCount);
}

function hasNoneFailed(body: Buffer): boolean {
  const at = body.indexOf(ALL_TAKEN);
  const behind = body[at + ALL_TAKEN.length];
  return at >= 0 && (behind === COMMA || behind === CLOSE_MAP);
}

function occurrences(body: Buffer, wanted: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(wanted); at >= 0; at = body.indexOf(wanted, at + wanted.length)) count += 1;
  return count;
}

function refusalsOf(answer: unknown, entriesCount: number): readonly PutRefusal[] {
  const records = (answer as { readonly Records?: unknown } | null | undefined)?.Records;
  if (!Array.isArray(records)) throw new MalformedAnswer("PutRecords", "it has no 'Records'");
  if (records.length !== entriesCount) {
    throw new MalformedAnswer("PutRecords", `it has ${records.length} results for ${entriesCount} records`);
  }
  return records.flatMap((result: { readonly ErrorCode?: unknown }, index) =>
    typeof result.ErrorCode === "string" ? [{ index, code: result.ErrorCode }] : [],
  );
}
