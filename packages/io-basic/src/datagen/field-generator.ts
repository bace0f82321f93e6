/** What makes the values of one column. */
import type { RowRandom } from "./row-random.js";

/** What a generator may look at. One object for all rows of a batch. */
export interface GeneratorContext {
  readonly random: RowRandom;
  /** Number of the row, counted from 0 over all splits. */
  index: number;
  /** The present time of the batch in milliseconds since 1970, UTC. */
  now: number;
  /** What the session's clocks are ahead of UTC, in milliseconds. */
  zoneOffset: number;
}

export type Generator = (context: GeneratorContext) => unknown;

/** A share of NULL values among those of another generator. */
export function withNulls(generate: Generator, rate: number): Generator {
  if (rate <= 0) return generate;
  return (context) => (context.random.fraction() < rate ? null : generate(context));
}
