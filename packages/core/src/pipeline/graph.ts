/**
 * A pipeline is data: named nodes in topological order, each with the collections it reads and makes and with details
 * that can be printed and hashed. The functions behind the nodes stand apart, by step name, so that another process
 * that loads the same module finds them again. Step names are stable identities: state is restored by them.
 */
import type { FormatServices } from "../connector/format.js";
import type { Sink } from "../connector/sink.js";
import type { SourceFunction } from "../connector/source-function.js";
import type { Source, SplitRecords } from "../connector/source.js";
import type { SourcePlace } from "../table/schema.js";
import type { Coder } from "../types/coders/coder.js";
import type { JsonValue } from "../types/json-value.js";
import type { AnyDoFn } from "./do-fn.js";
import type { SideInput } from "./side-input.js";
import type { SplittableParts } from "./splittable/splittable-fn.js";
import type { Window } from "./window.js";
import type { WindowingStrategy } from "./windowing-strategy.js";

/** What a step does; decides which binding it has. @public */
export type StepKind = "read" | "elementwise" | "parDo" | "window" | "combine" | "flatten" | "write";

/** One step, as plain data. @public */
export interface GraphNode {
  /** Unique path, `/` between levels. */
  readonly name: string;
  readonly kind: StepKind;
  /** Names of the collections read, in order. */
  readonly inputs: readonly string[];
  /** Names of the collections made; the first is the main output. */
  readonly outputs: readonly string[];
  /** What `explain` prints: table, columns, expressions, keys, windows. */
  readonly details: { readonly [key: string]: JsonValue };
  /** Statement or line the step comes from. */
  readonly place?: SourcePlace;
  /**
   * What must stay equal for a checkpoint to fit this step, as data: of a combine its keys, aggregates and types, of a
   * read the connector and what it reads. Absent: `details` for a combine, nothing but name and kind for the others.
   */
  readonly stateIdentity?: JsonValue;
}

/** A pipeline that was planned: its steps as data, in topological order, and what is behind each. @public */
export interface PipelineGraph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  /** By step name; each node has one of its own kind. */
  readonly bindings: ReadonlyMap<string, StepBinding>;
}

/** The functions and objects behind a step. @public */
export type StepBinding =
  | ReadBinding
  | ElementwiseBinding
  | ParDoBinding
  | WindowBinding
  | CombineBinding
  | FlattenBinding
  | WriteBinding;

/** Elements and their event timestamps (milliseconds), two arrays of one length. @public */
export interface ElementBuffer {
  readonly values: unknown[];
  readonly timestamps: number[];
}

/** Where records that cannot be decoded are kept, as rows of the dead-letter table. @public */
export interface DeadLetterBuffer {
  readonly rows: unknown[];
  /** Milliseconds since 1970, of the runner's clock. */
  readonly now: () => number;
}

/** Turns a connector's records into elements, a batch at a time. @public */
export interface Deserializer {
  /**
   * Appends to `output`.
   *
   * @param deadLetters - given where the read has a dead-letter table; each row in it counts as skipped.
   * @returns how many records were skipped as malformed.
   * @throws `RECORD_MALFORMED` naming table, split and position when malformed records fail the job.
   */
  deserialize(batch: SplitRecords<unknown>, output: ElementBuffer, deadLetters?: DeadLetterBuffer): number;
  /**
   * Fetches what the batch needs from outside, e.g. schemas; awaited before `deserialize` gets the same batch.
   *
   * @returns `undefined` if nothing is missing: then nothing is awaited.
   */
  prepare?(batch: SplitRecords<unknown>, services: FormatServices): Promise<void> | undefined;
}

/** Reads event time and watermark from elements, a batch of one split at a time. @public */
export interface WatermarkAssigner {
  /**
   * Writes the event timestamp of each value over `timestamps`.
   *
   * @returns the highest watermark the values give, in the model's sense (no more elements before it), in
   *   milliseconds; `-Infinity` for none.
   * @throws `RECORD_MALFORMED` if a time column is NULL.
   */
  assign(values: readonly unknown[], timestamps: number[]): number;
}

/** Behind a read: the source, and how its records become elements with event times. @public */
export interface ReadBinding {
  readonly kind: "read";
  readonly source:
    | Source<unknown>
    | {
        readonly createFunction: () => SourceFunction<unknown>;
        describePosition?(record: unknown): string;
      };
  /** Absent: records are the elements. */
  readonly deserializer?: Deserializer;
  /** Absent: elements keep the source's timestamps, and the watermark stays at MIN until the input ends. */
  readonly watermarks?: WatermarkAssigner;
  /** A split without records for so long holds no watermark, in milliseconds; absent: it holds for ever. */
  readonly idleTimeoutMs?: number;
  /**
   * Takes the records that cannot be decoded. They are accepted before the positions behind them count as read, and
   * flushed before a checkpoint, as with any write.
   */
  readonly deadLetters?: WriteBinding;
  /** Table read, for progress and messages. */
  readonly table?: string;
}

/** How a function that returns promises is run; without it, a function that returns one fails the job. @public */
export interface AsyncForm {
  /** The function may return a promise for its result. */
  readonly isAsync?: boolean;
  /** Elements of a bundle in progress at one time; default 16. Order of the outputs is that of the inputs. */
  readonly concurrency?: number;
}

/**
 * Element-wise work. All forms keep timestamp and windows. `map`, `filter`, `filterMap` and `flatMap` may return
 * promises where `isAsync`; `filterMap` drops an element by returning `undefined`.
 *
 * @public
 */
export type ElementwiseBinding =
  | (AsyncForm & {
      readonly kind: "elementwise";
      readonly form: "map";
      readonly fn: (value: never) => unknown;
    })
  | (AsyncForm & {
      readonly kind: "elementwise";
      readonly form: "filter";
      readonly fn: (value: never) => boolean | Promise<boolean>;
    })
  | (AsyncForm & {
      readonly kind: "elementwise";
      readonly form: "filterMap";
      readonly fn: (value: never) => unknown;
    })
  | (AsyncForm & {
      readonly kind: "elementwise";
      readonly form: "flatMap";
      readonly fn: (value: never) => Iterable<unknown> | AsyncIterable<unknown> | Promise<Iterable<unknown>>;
    })
  | MetadataBinding;

/**
 * Work on what an element carries beside its value. `reify` makes a `Reified` of it: one for each of its windows, or one
 * with all of them; `withTimestamps` sets its timestamp; `partition` hands it to the output of the index that `fn` gives;
 * `reshuffle` passes it on.
 *
 * @public
 */
export type MetadataBinding =
  | { readonly kind: "elementwise"; readonly form: "reify"; readonly perWindow: boolean }
  | {
      readonly kind: "elementwise";
      readonly form: "withTimestamps";
      readonly fn: (value: never) => number;
      /** How far back a timestamp may be moved, in milliseconds; may be infinite. */
      readonly allowedSkewMs: number;
    }
  | { readonly kind: "elementwise"; readonly form: "partition"; readonly fn: (value: never) => number }
  | { readonly kind: "elementwise"; readonly form: "reshuffle" };

/**
 * Behind a window step: every element gets the windows of its timestamp; values and timestamps stay. What is absent
 * stays as it was; without a window function nothing is assigned anew.
 *
 * @public
 */
export interface WindowBinding extends Partial<WindowingStrategy> {
  readonly kind: "window";
  /**
   * Takes the strategy of this collection instead, its trigger included; windows that a grouping merged merge again at
   * the next. Elements keep their windows.
   */
  readonly strategyOf?: string;
}

/** Folds values: `addInput` and `mergeAccumulators` may change and return their first argument. @public */
export interface CombineFn<I, A, O> {
  createAccumulator(): A;
  addInput(accumulator: A, input: I): A;
  mergeAccumulators(accumulators: readonly A[]): A;
  extractOutput(accumulator: A): O;
  /** A smaller accumulator of the same meaning; called before accumulators travel. */
  compact?(accumulator: A): A;
}

/**
 * Per key and window: fold what was seen, emit what the windowing strategy of the input says. With the default trigger
 * and no allowed lateness that is once, when the watermark passes the window, at its maximum timestamp; rows of windows
 * that are over are dropped and counted.
 *
 * @public
 */
export interface CombineBinding {
  readonly kind: "combine";
  /** The key of an element. With `elementIdentity`, called only for the first element of a key and window. */
  readonly keyOf: (value: never) => unknown;
  /**
   * A primitive that stands for the key: two keys are equal exactly when these are. Left out, a key that is a
   * primitive stands for itself and for others the runner uses the encoded bytes.
   */
  readonly keyIdentity?: (key: never) => string | number | bigint | boolean;
  /**
   * The same primitive straight from an element, so that no key need be made for each: `elementIdentity(e)` equals
   * `keyIdentity(keyOf(e))`. Needs `keyIdentity`, which serves after a restore.
   */
  readonly elementIdentity?: (value: never) => string | number | bigint | boolean;
  /** Deterministic. */
  readonly keyCoder: Coder<never>;
  readonly combineFn: CombineFn<never, unknown, unknown>;
  readonly accumulatorCoder: Coder<never>;
  /** Makes the output element. */
  readonly toOutput: (key: never, result: never, window: Window) => unknown;
  /**
   * The global window gives the result of no elements, for the key `undefined`, if it expires and had none. Only for
   * collections in the global window.
   */
  readonly emitsWhenEmpty?: boolean;
}

/**
 * A function with a life cycle. The node's inputs are the main one, then those of the side inputs in their order; its
 * outputs the main one, then those of the tags in their order.
 *
 * @public
 */
export interface ParDoBinding {
  readonly kind: "parDo";
  /** Makes an instance. */
  readonly create: () => AnyDoFn;
  /** What every instance declares. */
  readonly declaration: AnyDoFn;
  readonly tags: readonly string[];
  readonly sideInputs: readonly { readonly name: string; readonly view: SideInput<unknown> }[];
  /** Of a function that works off restrictions. */
  readonly splittable?: SplittableParts;
}

/** Behind a flatten: the union of the inputs, which have equal windows. @public */
export interface FlattenBinding {
  readonly kind: "flatten";
}

/** Behind a write: the sink, and what happens to elements before it. @public */
export interface WriteBinding {
  readonly kind: "write";
  readonly sink: Sink<unknown>;
  /** Turns a bundle's elements into what the sink takes; drops and checks included (NOT NULL before a sink). */
  readonly prepare?: (values: readonly unknown[]) => readonly unknown[];
  readonly table?: string;
}
