import type { EnumeratorContext, JsonValue, Split, SplitEnumerator } from "@tributary/core";

/**
 * Hands out splits that are all known at the start, in turn to each reader. After a restore nothing is left to do:
 * the runner hands out the splits of the checkpoint, and finished ones are gone.
 */
export class FixedSplitEnumerator implements SplitEnumerator {
  readonly #context: EnumeratorContext;
  readonly #discover: () => Promise<readonly Split[]>;
  #isAssigned: boolean;

  /** @param restored - a snapshot of such an enumerator. */
  constructor(
    context: EnumeratorContext,
    restored: JsonValue | undefined,
    discover: () => Promise<readonly Split[]>,
  ) {
    this.#context = context;
    this.#discover = discover;
    this.#isAssigned = (restored as { readonly isAssigned?: boolean } | undefined)?.isAssigned === true;
  }

  async start(): Promise<void> {
    if (!this.#isAssigned) {
      const splits = await this.#discover();
      if (this.#context.signal.aborted) return;
      for (const [index, split] of splits.entries()) {
        this.#context.assign(split, index % this.#context.parallelism);
      }
      this.#isAssigned = true;
    }
    this.#context.noMoreSplits();
  }

  splitFinished(): void {
    // Nothing waits for it.
  }

  snapshot(): JsonValue {
    return { isAssigned: this.#isAssigned };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
