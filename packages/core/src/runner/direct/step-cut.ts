import { performance } from "node:perf_hooks";
import { ByteWriter } from "../../types/coders/byte-writer.js";

/**
 * What a step keeps, as it is at one instant, written a slice at a time while the step goes on. Whoever changes or
 * deletes an entry that is not written yet has it written first; what is made after the cut is no part of it. So the
 * cut itself costs nothing, however much there is.
 */
export interface StepCut {
  /** Writes for about `budgetMs`. @returns true when all is written. */
  encodeSome(budgetMs: number): boolean;
  /** What was written; complete when `encodeSome` said so. */
  readonly parts: readonly Uint8Array[];
}

/** Bytes of a part, so that nothing that deals with one takes long. */
const PART_BYTES = 262_144;
/** Entries written between two looks at the clock. */
const ENTRIES_PER_LOOK = 16;

/** What a cut is made of. */
export interface CutParts<T> {
  /** What is no entry; written at once. */
  readonly head: (writer: ByteWriter) => void;
  /** Those written meanwhile and those made after the cut may be among them. */
  readonly entries: Iterator<T>;
  /** Writes an entry if it was not written before. */
  readonly preserve: (entry: T) => void;
  readonly tail: (writer: ByteWriter) => void;
}

/** A cut through entries of one kind. */
export class EntryCut<T> implements StepCut {
  readonly parts: Uint8Array[] = [];
  readonly #cut: CutParts<T>;
  readonly #writer = new ByteWriter();
  #isComplete = false;

  constructor(cut: CutParts<T>) {
    this.#cut = cut;
    cut.head(this.#writer);
  }

  /** The writer for one entry. */
  get writer(): ByteWriter {
    if (this.#writer.length >= PART_BYTES) this.#endPart();
    return this.#writer;
  }

  encodeSome(budgetMs: number): boolean {
    const end = performance.now() + budgetMs;
    while (!this.#isComplete) {
      for (let written = 0; written < ENTRIES_PER_LOOK; written++) {
        const next = this.#cut.entries.next();
        if (next.done === true) {
          this.#complete();
          return true;
        }
        this.#cut.preserve(next.value);
      }
      if (performance.now() >= end) return false;
    }
    return true;
  }

  #complete(): void {
    this.#cut.tail(this.#writer);
    this.#endPart();
    this.#isComplete = true;
  }

  #endPart(): void {
    this.parts.push(this.#writer.take());
    this.#writer.reset();
  }
}

/** All of a cut at once. */
export function wholeCut(cut: StepCut): readonly Uint8Array[] {
  cut.encodeSome(Number.POSITIVE_INFINITY);
  return cut.parts;
}
