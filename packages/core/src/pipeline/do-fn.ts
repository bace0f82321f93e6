/**
 * The function of a ParDo: any number of outputs for each element, with a life cycle, and with state, timers, side
 * inputs and further outputs that are declared as literals, from which every type is inferred. After the Apache Beam
 * model.
 */
import type { Clock, Logger } from "../connector/services.js";
import type { Coder } from "../types/coders/coder.js";
import type { Finalizer, StepMetrics } from "./bundle-services.js";
import type { Pane } from "./pane.js";
import type { SideInputs, SideValues } from "./side-input.js";
import type { StateHandles, StateSpec } from "./state.js";
import type { TimerHandles, TimerSpec } from "./timer.js";
import type { TaggedType, TypeTag } from "./type-tag.js";
import type { Window } from "./window.js";

/** States, timers, outputs or side inputs by name, where there are none. @public */
export type None = {};

/** Key of an element for which a function declares none: its property `key`. @public */
export type KeyOf<I> = I extends { readonly key: infer K } ? K : unknown;

/** Declared states by name. @public */
export type StateSpecs = { readonly [name: string]: StateSpec<unknown> };
/** Declared timers by name. @public */
export type TimerSpecs = { readonly [name: string]: TimerSpec };
/** Declared further outputs by name. @public */
export type OutputTags = { readonly [name: string]: TypeTag<unknown> };

/** A coder of a function's elements. @public */
export interface ElementCoder<I> extends Omit<Coder<I>, "decode"> {
  decode(bytes: Uint8Array): unknown;
}

/** What may be said beside an output. @public */
export interface EmitOptions {
  /**
   * Event time of the output, in milliseconds; default: that of the current element. Not before it by more than the
   * function's `allowedSkewMs`, and not after the end of the global window.
   */
  readonly timestamp?: number;
}

/** What every method of a function but `setup` and `teardown` finds. @public */
export interface BundleContext {
  /** Name of the step. */
  readonly step: string;
  readonly metrics: StepMetrics;
  readonly finalizer: Finalizer;
  readonly logger: Logger;
  /** The runner's clock; nothing else may be asked for the time or waited on, so that tests can move it. */
  readonly clock: Clock;
  /** Aborted when the job ends for whatever reason: for calls that wait. */
  readonly signal: AbortSignal;
}

/** What a function may look at and do while it processes an element. @public */
export interface ProcessContext<
  O,
  S = None,
  T = None,
  G = None,
  V extends SideInputs = None,
  K = unknown,
> extends BundleContext {
  /** Event time of the current element (of a timer: its output timestamp), in milliseconds. */
  readonly timestamp: number;
  readonly window: Window;
  readonly pane: Pane;
  /** Key of the current element; there where the function has state or timers. */
  readonly key: K;
  /** Handles of the states of the current key and window. */
  readonly state: StateHandles<S>;
  /** Handles of the timers of the current key and window. */
  readonly timers: TimerHandles<T>;
  /** The side inputs as the current window sees them. */
  readonly side: SideValues<V>;
  /**
   * Emits with the current element's window and pane, and with its timestamp unless told otherwise.
   *
   * @throws `OUTPUT_INVALID` for a timestamp out of bounds, or when nothing is being processed any more.
   */
  emit(this: void, value: O, options?: EmitOptions): void;
  /** As `emit`, to a declared further output. @throws `OUTPUT_INVALID` also for a tag that is not declared. */
  emitTo<N extends keyof G & string>(
    this: void,
    tag: N,
    value: TaggedType<G[N]>,
    options?: EmitOptions,
  ): void;
}

/** What a function may look at and do when a timer fires. @public */
export interface TimerContext<
  O,
  S = None,
  T = None,
  G = None,
  V extends SideInputs = None,
  K = unknown,
> extends ProcessContext<O, S, T, G, V, K> {
  /** What the timer was set to, in milliseconds. */
  readonly fireTime: number;
  /** Name within a family; empty for a timer that is none. */
  readonly id: string;
}

/** What a function may do at the end of a bundle, where there is no current element. @public */
export interface FinishBundleContext<O, G = None> extends BundleContext {
  emit(this: void, value: O, timestamp: number, window: Window): void;
  emitTo<N extends keyof G & string>(
    this: void,
    tag: N,
    value: TaggedType<G[N]>,
    timestamp: number,
    window: Window,
  ): void;
}

/**
 * The function of a ParDo with its life cycle: setup, then any number of bundles (startBundle, process and onTimer in any
 * number, finishBundle), then at most one teardown. Calls of an instance never overlap unless `concurrency` says so, and
 * never for one key. A method that throws ends the instance: it is torn down and not used again.
 *
 * @typeParam I - element, `O` - main output, `S` - states, `T` - timers, `G` - further outputs, `V` - side inputs,
 *   `K` - key.
 * @public
 */
export interface DoFn<
  I,
  O = unknown,
  S = None,
  T = None,
  G = None,
  V extends SideInputs = None,
  K = unknown,
> {
  /** Type of the main output, for literals: `output: type<Alert>()`. */
  readonly output?: TypeTag<O>;
  /** Where state or timers are declared; absent: the element's property `key`. */
  key?(element: I): K;
  /** Absent: keys are plain values (see `VALUE_CODER`). Must be deterministic. */
  readonly keyCoder?: Coder<K>;
  /** Of elements that wait, for a side input or for their turn in time; absent: plain values. */
  readonly elementCoder?: ElementCoder<I>;
  readonly state?: S;
  readonly timers?: T;
  /** Further outputs by name. */
  readonly outputs?: G;
  readonly sideInputs?: V;
  /** How far before the current element an output may be, in milliseconds; may be infinite; default 0. */
  readonly allowedSkewMs?: number;
  /** Elements of a key and window come in the order of their timestamps, once the watermark has passed them. */
  readonly requiresTimeSortedInput?: boolean;
  /** Elements of a bundle in progress at one time where `process` returns promises; default 1. */
  readonly concurrency?: number;
  /**
   * How often a bundle is tried before the job fails; default 1. Elements and outputs of a bundle are kept until it has
   * succeeded.
   */
  readonly attempts?: number;
  /** Wait before a bundle is tried again, doubled each time, in milliseconds; default 0. */
  readonly retryDelayMs?: number;
  setup?(): void | Promise<void>;
  startBundle?(context: BundleContext): void | Promise<void>;
  process(element: I, context: ProcessContext<O, S, T, G, V, K>): void | Promise<void>;
  /** @param timer - name of the declared timer. */
  onTimer?(timer: keyof T & string, context: TimerContext<O, S, T, G, V, K>): void | Promise<void>;
  /** Once for each key and window, after all its timers and before its state is deleted. */
  onWindowExpiration?(context: ProcessContext<O, S, T, G, V, K>): void | Promise<void>;
  finishBundle?(context: FinishBundleContext<O, G>): void | Promise<void>;
  /** Best effort. */
  teardown?(): void | Promise<void>;
}

/** Any function, as the graph holds it. @public */
export type AnyDoFn = DoFn<never, unknown, StateSpecs, TimerSpecs, OutputTags, SideInputs, never>;
