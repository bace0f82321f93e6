import {
  bigIntCoder,
  booleanCoder,
  bytesCoder,
  decimalCoder,
  doubleCoder,
  instantCoder,
  localTimestampCoder,
  stringCoder,
  varIntCoder,
} from "../types/coders/basic-coders.js";
import type { Coder } from "../types/coders/coder.js";
import { VALUE_CODER } from "./value-coder.js";

const NAMES = new Map<unknown, string>([
  [VALUE_CODER, "value"],
  [bytesCoder, "bytes"],
  [stringCoder, "string"],
  [booleanCoder, "boolean"],
  [varIntCoder, "varint"],
  [bigIntCoder, "bigint"],
  [doubleCoder, "double"],
  [decimalCoder, "decimal"],
  [instantCoder, "instant"],
  [localTimestampCoder, "timestamp"],
]);

/** What a checkpoint remembers of a coder: its own name for it, that of a coder of ours, or `custom`. */
export function coderName(coder: Pick<Coder<never>, "description"> | undefined): string {
  return coder?.description ?? NAMES.get(coder ?? VALUE_CODER) ?? "custom";
}
