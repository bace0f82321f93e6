import type { Clock } from "../../../connector/services.js";
import type { Sink } from "../../../connector/sink.js";
import type { WaitOptions } from "../waiting.js";

/** A destination that is ready, and the way to write to it. @public */
export interface SinkSubject<T> {
  /** A new sink to the same destination, as a restarted job makes one. */
  sink(): Sink<T>;
  /** What is durable at the destination now, as {@link SinkHarness.identify} names it; repeated where it is. */
  written(): readonly string[] | Promise<readonly string[]>;
}

/**
 * What a plugin author supplies to have a sink checked. Optional functions switch on the cases that need them.
 *
 * @typeParam T - the sink's element.
 * @typeParam S - the author's own subject, e.g. with a client in it.
 * @public
 */
export interface SinkHarness<T, S extends SinkSubject<T> = SinkSubject<T>> {
  /** Stands in the name of each case. */
  readonly name: string;
  /** Makes an empty destination. Every case begins with one call. */
  readonly create: () => S | Promise<S>;
  /** Makes element number `index`: another one for each index, the same for the same one. */
  readonly element: (index: number) => T;
  /** A text that is different for each element; what `written` lists. */
  readonly identify: (element: T) => string;
  /** What the sink promises about elements that are written again after a restore. Default `at-least-once`. */
  readonly guarantee?: "at-least-once" | "exactly-once";
  /** Elements written in a case. Default 250; more than a batch or two is best. */
  readonly elements?: number;
  /** Makes the destination refuse some entries of the next calls, and take them when they come again. */
  readonly refuseSome?: (subject: S) => void | Promise<void>;
  /** Makes every call of the destination fail for good from now on. */
  readonly failWrites?: (subject: S) => void | Promise<void>;
  /** Leaves every call of the destination unanswered until `resume`. */
  readonly stall?: (subject: S) => void | Promise<void>;
  readonly resume?: (subject: S) => void | Promise<void>;
  /** Most elements that the sink accepts while the destination does not answer. Needs {@link stall}. */
  readonly acceptedElementsMax?: number;
  /** Files, sockets, clients that are open now. */
  readonly openHandles?: (subject: S) => number | Promise<number>;
  /** Clears up. */
  readonly dispose?: (subject: S) => void | Promise<void>;
  /** The clock that sinks get; the machine's with timers that are due sooner by default. */
  readonly clock?: Clock;
  readonly wait?: WaitOptions;
}
