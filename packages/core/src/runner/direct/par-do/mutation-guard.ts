import { isDeepStrictEqual } from "node:util";
import { TributaryError } from "../../../diagnostics/error.js";
import type { Push } from "../push.js";

interface Watched {
  readonly value: unknown;
  readonly copy: unknown;
}

/** Tells when a function changes its input, or an output after it was emitted: by comparing with copies. */
export class MutationGuard {
  readonly #step: string;
  #emitted: Watched[] = [];

  constructor(step: string) {
    this.#step = step;
  }

  /** @returns a check to be made when the function has dealt with the input. */
  input(value: unknown): () => void {
    const watched = watch(value);
    return () => {
      if (watched !== undefined) this.#check(watched, "changes its input");
    };
  }

  watched(outputs: readonly Push[]): readonly Push[] {
    return outputs.map((next): Push => (value, timestamp, windows, pane) => {
      const watched = watch(value);
      if (watched !== undefined) this.#emitted.push(watched);
      next(value, timestamp, windows, pane);
    });
  }

  /** Checks what was emitted since the last time. @throws `ELEMENT_MUTATED`. */
  outputs(): void {
    const emitted = this.#emitted;
    this.#emitted = [];
    for (const watched of emitted) this.#check(watched, "changes an output after it has emitted it");
  }

  #check({ value, copy }: Watched, what: string): void {
    if (isDeepStrictEqual(value, copy)) return;
    throw new TributaryError({
      severity: "error",
      code: "ELEMENT_MUTATED",
      message: `The function of the step '${this.#step}' ${what}: other steps may hold the same object.`,
      step: this.#step,
      hint: "Make a new object: { ...element, changed: true }.",
    });
  }
}

/** `undefined` for what cannot change or cannot be copied. */
function watch(value: unknown): Watched | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    const copy: unknown = structuredClone(value);
    return isDeepStrictEqual(value, copy) ? { value, copy } : undefined;
  } catch {
    return undefined;
  }
}
