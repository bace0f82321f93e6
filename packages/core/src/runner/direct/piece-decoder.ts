import type { FormatServices } from "../../connector/format.js";
import type { Clock } from "../../connector/services.js";
import type { SplitRecords } from "../../connector/source.js";
import type { DeadLetterBuffer, ReadBinding } from "../../pipeline/graph.js";
import { MIN_TIMESTAMP } from "../../pipeline/window.js";
import { stepError } from "./step-error.js";

/** Turns pieces of a split's records into elements with event times. One a source: the next piece takes its buffers. */
export class PieceDecoder {
  /** Event times of the last piece's elements; may be longer. */
  readonly timestamps: number[] = taggedNumbers();
  readonly #step: string;
  readonly #binding: ReadBinding;
  readonly #values: unknown[] = [];
  /** Elements of the last piece. */
  values: readonly unknown[] = [];
  /** Highest watermark that the last piece tells. */
  watermark = MIN_TIMESTAMP;
  /** Malformed records skipped in the last piece, dead letters included. */
  skipped = 0;
  readonly #deadLetters: DeadLetterBuffer | undefined;

  constructor(step: string, binding: ReadBinding, clock: Clock) {
    this.#step = step;
    this.#binding = binding;
    this.#deadLetters = binding.deadLetters === undefined ? undefined : { rows: [], now: () => clock.now() };
  }

  /** Rows of the last piece for the dead-letter table. */
  get deadLetters(): readonly unknown[] {
    return this.#deadLetters?.rows ?? [];
  }

  /** Fetches what the piece needs from outside; `undefined` if nothing is missing. */
  prepare(piece: SplitRecords<unknown>, services: FormatServices): Promise<void> | undefined {
    return this.#binding.deserializer?.prepare?.(piece, services)?.catch((error: unknown) => {
      throw stepError(this.#step, error);
    });
  }

  decode(piece: SplitRecords<unknown>): void {
    const { deserializer, watermarks } = this.#binding;
    const timestamps = this.timestamps;
    try {
      if (deserializer === undefined) {
        this.values = piece.records;
        copyTimestamps(piece.timestamps, piece.records.length, timestamps);
      } else {
        this.values = this.#values;
        this.#values.length = 0;
        timestamps.length = 0;
        if (this.#deadLetters !== undefined) this.#deadLetters.rows.length = 0;
        const output = { values: this.#values, timestamps };
        this.skipped = deserializer.deserialize(piece, output, this.#deadLetters);
        for (let i = timestamps.length; i < this.#values.length; i++) timestamps.push(MIN_TIMESTAMP);
      }
      this.watermark = watermarks === undefined ? MIN_TIMESTAMP : watermarks.assign(this.values, timestamps);
    } catch (error) {
      throw stepError(this.#step, error);
    }
  }
}

/** The buffer keeps its size from piece to piece. */
function copyTimestamps(given: readonly number[] | undefined, length: number, buffer: number[]): void {
  for (let i = buffer.length; i < length; i++) buffer.push(MIN_TIMESTAMP);
  if (given === undefined) buffer.fill(MIN_TIMESTAMP, 0, length);
  else for (let i = 0; i < length; i++) buffer[i] = given[i] as number;
}

/**
 * An array that keeps its numbers as objects: each is read once and handed from step to step, and the engine would make
 * an object of it then; those that are equal share one.
 */
function taggedNumbers(): number[] {
  const numbers: unknown[] = [undefined];
  numbers.length = 0;
  return numbers as number[];
}
