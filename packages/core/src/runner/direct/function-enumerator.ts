import type { EnumeratorContext, SplitEnumerator } from "../../connector/source.js";
import { TributaryError } from "../../diagnostics/error.js";
import type { JsonValue } from "../../types/json-value.js";

/** The split of a source function itself. */
export const FUNCTION_SPLIT_ID = "0";

/** What a batch of a source function tells the enumerator. */
export interface FunctionNotice {
  /** The function's state once the batch is processed. */
  readonly state: readonly JsonValue[];
  /** Parts that get a split of their own. */
  readonly opened?: readonly string[];
}

/** How a source function's state stands in a checkpoint. */
interface StoredFunction {
  readonly sourceFunction: readonly JsonValue[] | null;
}

/** Keeps the state of a source function, and assigns the splits that stand for it and for its parts. */
export class FunctionEnumerator implements SplitEnumerator {
  readonly #context: EnumeratorContext;
  readonly #isRestored: boolean;
  #state: readonly JsonValue[] | undefined;

  /** @throws `STATE_INCOMPATIBLE` if `restored` is the state of a split-based source. */
  constructor(context: EnumeratorContext, restored: JsonValue | undefined) {
    if (restored !== undefined && !isStored(restored)) throw otherSource();
    this.#context = context;
    this.#isRestored = restored !== undefined;
    this.#state = functionState(restored);
  }

  /** Absent on a fresh start, and where the function had not been asked for its state yet. */
  get restored(): readonly JsonValue[] | undefined {
    return this.#state;
  }

  start(): Promise<void> {
    if (!this.#isRestored) this.#context.assign({ id: FUNCTION_SPLIT_ID, state: null }, 0);
    this.#context.noMoreSplits();
    return Promise.resolve();
  }

  handleNotice(_splitId: string, notice: JsonValue): void {
    const { state, opened = [] } = notice as unknown as FunctionNotice;
    this.#state = state;
    for (const id of opened) this.#context.assign({ id, state: null }, 0);
  }

  splitFinished(): void {}

  snapshot(): JsonValue {
    const stored: StoredFunction = { sourceFunction: this.#state ?? null };
    return stored as unknown as JsonValue;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function isStored(enumerator: JsonValue): boolean {
  return typeof enumerator === "object" && enumerator !== null && "sourceFunction" in enumerator;
}

function otherSource(): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "STATE_INCOMPATIBLE",
    message:
      "The checkpoint was written by a split-based source, and the pipeline now has a push-style one in its place",
    hint: "Restore it with the source that wrote it, or start fresh.",
  });
}

/**
 * The state that a source function has left in a checkpoint.
 *
 * @param enumerator - the checkpoint's state of the source's enumerator.
 * @returns undefined if the checkpoint is of another source, or was taken before the function had any state.
 * @public
 */
export function functionState(enumerator: JsonValue | undefined): readonly JsonValue[] | undefined {
  const state = (enumerator as Partial<StoredFunction> | null | undefined)?.sourceFunction;
  return Array.isArray(state) ? state : undefined;
}
