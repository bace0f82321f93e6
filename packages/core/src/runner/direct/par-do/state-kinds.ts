/**
 * The kinds of state: what each keeps for a key and window, how it is read and written by a function, and how it becomes
 * bytes. A handle stands for the state of whichever cell its holder is at.
 */
import { invariant } from "../../../diagnostics/error.js";
import { keyIdentity } from "../../../pipeline/key-identity.js";
import type { StateSpec } from "../../../pipeline/state.js";
import { VALUE_CODER } from "../../../pipeline/value-coder.js";
import type { ByteReader } from "../../../types/coders/byte-reader.js";
import type { ByteWriter } from "../../../types/coders/byte-writer.js";
import type { Coder } from "../../../types/coders/coder.js";
import { keyOf, nestedCoder, type KeyPrimitive } from "../../../types/coders/nested-coder.js";
import { bagKind, setKind } from "./state-collections.js";
import { combiningKind, valueKind } from "./state-values.js";
import { mapKind, multimapKind } from "./state-maps.js";
import { orderedListKind } from "./state-ordered-list.js";

/** Where a handle finds the states of the current key and window, by position of their declaration. */
export interface StateHolder {
  /** @throws when nothing is being processed. */
  readonly contents: unknown[];
}

/** One declared state. */
export interface StateKind {
  /** @param index - position of the declaration. */
  handle(holder: StateHolder, index: number): unknown;
  /** False for a content that need not be kept. */
  isKept(content: unknown): boolean;
  write(content: unknown, writer: ByteWriter): void;
  read(reader: ByteReader): unknown;
}

/** What stands for a value among the keys of a map or set. */
export function identityBy(coder: Coder<unknown>): (value: unknown) => KeyPrimitive {
  return coder === VALUE_CODER ? (value) => keyIdentity(value, VALUE_CODER) : keyOf(coder);
}

/** The kind of a declared state. */
export function stateKind(spec: StateSpec<unknown>): StateKind {
  const coder = nestedCoder(spec.coder);
  const keyCoder = spec.keyCoder ?? VALUE_CODER;
  switch (spec.kind) {
    case "value":
      return valueKind(coder);
    case "bag":
      return bagKind(coder);
    case "set":
      return setKind(coder, identityBy(spec.coder));
    case "map":
      return mapKind(nestedCoder(keyCoder), coder, identityBy(keyCoder));
    case "multimap":
      return multimapKind(nestedCoder(keyCoder), coder, identityBy(keyCoder));
    case "combining":
      invariant(spec.combineFn !== undefined, "a combining state has a function");
      return combiningKind(coder, spec.combineFn);
    case "ordered-list":
      return orderedListKind(coder);
  }
}
