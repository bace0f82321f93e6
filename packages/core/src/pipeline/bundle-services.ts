/** What a function is lent beside its elements: metrics of its own, and callbacks for when a bundle is safe. */

/** A sum. @public */
export interface UserCounter {
  /** @param amount - default 1; may be negative. */
  add(amount?: number): void;
}

/** Sum, number, least and greatest of what was seen. @public */
export interface UserDistribution {
  update(value: number): void;
}

/** The latest value. @public */
export interface UserGauge {
  set(value: number): void;
}

/** The different strings that were seen. @public */
export interface UserStringSet {
  add(value: string): void;
}

/**
 * A function's own metrics, by name and step. Each has an attempted value, in which repeated work counts again, and a
 * committed one, in which every successful bundle counts once.
 *
 * @public
 */
export interface StepMetrics {
  /** @throws `METRIC_INVALID` for an empty name or namespace, as do the others. */
  counter(name: string, namespace?: string): UserCounter;
  distribution(name: string, namespace?: string): UserDistribution;
  gauge(name: string, namespace?: string): UserGauge;
  stringSet(name: string, namespace?: string): UserStringSet;
}

/** Namespace of metrics that name none. @public */
export const DEFAULT_METRIC_NAMESPACE = "user";

/** Callbacks for when a bundle is safe: to acknowledge to a source, never for correctness. @public */
export interface Finalizer {
  /**
   * Calls back once when the outputs of the current bundle are durable: accepted by the sinks and, where the job writes
   * checkpoints, covered by one. Best effort: never for a failed bundle, and lost in a crash.
   *
   * @param expiryMs - how long the callback is of use, in milliseconds from now; after that it is dropped.
   */
  afterCommit(expiryMs: number, callback: () => void | Promise<void>): void;
}
