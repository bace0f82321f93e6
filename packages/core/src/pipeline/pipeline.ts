/**
 * A pipeline in TypeScript: named steps over deferred collections. Building it runs nothing; `toGraph` turns it into
 * the same graph that a SQL script gives. Step names come first in every call: state is restored by them.
 */
import type { SourceFunction } from "../connector/source-function.js";
import type { Source } from "../connector/source.js";
import { validateGraph } from "../runner/validate-graph.js";
import { planSource } from "../table/plan-source.js";
import type { PlanContext, Planned } from "../table/planning.js";
import { withDeadLetter, withTable } from "../table/dead-letter-options.js";
import type { TableDescriptor, TypedTable } from "../table/table.js";
import type { Coder } from "../types/coders/coder.js";
import type { Row } from "../types/logical-type.js";
import { CreateSource } from "./create-source.js";
import { ErrorHandler } from "./error-handler.js";
import { GraphBuilder } from "./graph-builder.js";
import type { Deserializer, PipelineGraph, ReadBinding, WatermarkAssigner } from "./graph.js";
import type { KV } from "./kv.js";
import type { TimestampedValue } from "./reified.js";
import {
  impulsePlan,
  sequencePlan,
  type PeriodicImpulseOptions,
  type SequenceOptions,
} from "./sequence-options.js";
import { checkArray, checkObject, tableFaults } from "./step-arguments.js";
import { SEQUENCE_WATERMARKS, SequenceSource } from "./sequence-source.js";
import { FixedWindows } from "./window-fns.js";
import { PCollection } from "./p-collection.js";
import { addCoGroup } from "./transforms/co-group.js";
import { watermarksOf, type EventTime } from "./event-time.js";

/** How a source of one's own is read. @public */
export interface ReadOptions<T> {
  /** Event time and watermark; absent: elements keep the timestamps that the source gives, and none is late. */
  readonly eventTime?: EventTime<T>;
  /** Turns the source's records into elements; absent: records are the elements. */
  readonly deserializer?: Deserializer;
  /** Event time and watermark in the form that a batch of one split needs; instead of `eventTime`. */
  readonly watermarks?: WatermarkAssigner;
  /** A split without records for so long holds no watermark, in milliseconds; absent: it holds for ever. */
  readonly idleTimeoutMs?: number;
}

/** How {@link Pipeline.readTable} reads a table. @public */
export interface ReadTableOptions {
  /**
   * Takes the records that the table's format cannot decode: the same as `'decode.on-error' = 'dead-letter'` with this
   * table's name as `decode.dead-letter.table`.
   */
  readonly deadLetter?: TableDescriptor;
}

/** How {@link Pipeline.create} makes elements of values. @public */
export interface CreateOptions<T> {
  /** Event time in milliseconds; absent: values have none and belong to the global window. */
  readonly timestamp?: (value: T) => number;
}

/** Collections of pairs by tag. @public */
export type CoGroupInputs = { readonly [tag: string]: PCollection<KV<unknown, unknown>> };

/** The key of joined inputs. @public */
export type CoGroupKey<I> = {
  readonly [N in keyof I]: I[N] extends PCollection<KV<infer K, unknown>> ? K : never;
}[keyof I];

/** The values of joined inputs, by tag. @public */
export type CoGroupValues<I> = {
  readonly [N in keyof I]: I[N] extends PCollection<KV<unknown, infer V>> ? readonly V[] : never;
};

/** Elements of a source that gives values with their event times. */
const VALUES_OF_TIMESTAMPED: Deserializer = {
  deserialize({ records, timestamps = [] }, output) {
    for (const { value } of records as readonly TimestampedValue<unknown>[]) output.values.push(value);
    for (const timestamp of timestamps) output.timestamps.push(timestamp);
    return 0;
  },
};

/** A graph of named steps. @public */
export class Pipeline {
  readonly name: string;
  readonly #builder = new GraphBuilder();

  constructor(name: string) {
    this.name = name;
  }

  /** Reads the rows of a table, all columns, with the event time and watermark that its schema declares. */
  readTable<R = Row>(
    step: string,
    table: TypedTable<R, never>,
    options: ReadTableOptions = {},
  ): PCollection<R> {
    const { deadLetter } = options;
    return this.#read<R>(step, (context) => {
      const faults = tableFaults(step, table);
      if (faults.length > 0) return { diagnostics: faults };
      const { value, diagnostics } =
        deadLetter === undefined
          ? planSource(table, context)
          : planSource(withDeadLetter(table, deadLetter), withTable(context, deadLetter));
      if (value === undefined) return { diagnostics };
      return {
        value: {
          binding: value.binding,
          details: {
            table: table.name,
            connector: value.factory.identifier,
            boundedness: value.boundedness,
            columns: value.rowType.fields.map((field) => field.name),
            ...(value.deadLetterTable === undefined ? {} : { deadLetterTable: value.deadLetterTable }),
          },
          stateIdentity: { connector: value.stateFamily, table: table.name },
        },
        diagnostics,
      };
    });
  }

  /** Reads a source without a table. */
  read<T>(
    step: string,
    source: Source<T> | { readonly createFunction: () => SourceFunction<T> },
    options: ReadOptions<T> = {},
  ): PCollection<T> {
    const binding: ReadBinding = {
      kind: "read",
      source,
      ...(options.deserializer === undefined ? {} : { deserializer: options.deserializer }),
      ...(options.eventTime === undefined ? {} : { watermarks: watermarksOf(step, options.eventTime) }),
      ...(options.watermarks === undefined ? {} : { watermarks: options.watermarks }),
      ...(options.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: options.idleTimeoutMs }),
    };
    const boundedness = "createFunction" in source ? "unbounded" : source.boundedness;
    return this.#read<T>(step, () => ({ value: { binding, details: { boundedness } }, diagnostics: [] }));
  }

  /** A bounded collection of given values, in their order. */
  create<T>(step: string, values: readonly T[], options: CreateOptions<T> = {}): PCollection<T> {
    checkArray(step, "The values", values);
    return this.read(step, new CreateSource(values, options.timestamp));
  }

  /** One element, no bytes, at the beginning of time in the global window: what starts work that needs no input. */
  impulse(step: string): PCollection<Uint8Array> {
    return this.create(step, [new Uint8Array(0)]);
  }

  /** Values with event times of their own, in milliseconds. */
  createTimestamped<T>(step: string, elements: readonly TimestampedValue<T>[]): PCollection<T> {
    checkArray(step, "The elements", elements);
    const source = new CreateSource(elements, (element) => element.timestamp);
    return this.read(step, source as unknown as Source<T>, { deserializer: VALUES_OF_TIMESTAMPED });
  }

  /** Numbers one after the other, with or without an end, as fast as they are taken or at a rate. */
  generateSequence(step: string, options: SequenceOptions = {}): PCollection<number> {
    return this.read(step, new SequenceSource(sequencePlan(step, options)), {
      watermarks: SEQUENCE_WATERMARKS,
    });
  }

  /** An element for each tick of the processing time, with the tick as value and as event time. */
  periodicImpulse(step: string, options: PeriodicImpulseOptions): PCollection<number> {
    checkObject(step, "The options", options);
    const plan = impulsePlan(step, options);
    if (options.applyWindowing !== true || options.intervalMs === 0) {
      return this.read(step, new SequenceSource(plan), { watermarks: SEQUENCE_WATERMARKS });
    }
    const offsetMs =
      (((options.startMs ?? 0) % options.intervalMs) + options.intervalMs) % options.intervalMs;
    return this.read(`${step}/ticks`, new SequenceSource(plan), {
      watermarks: SEQUENCE_WATERMARKS,
    }).windowInto(step, FixedWindows.of(options.intervalMs, offsetMs));
  }

  /**
   * The union of collections with compatible windows; a collection named twice counts twice. When they fire is said by
   * the first.
   */
  flatten<T>(step: string, inputs: readonly PCollection<T>[]): PCollection<T> {
    const names = this.#builder.inputs(step, inputs);
    return new PCollection<T>(this.#builder, this.#builder.addStep(step, names, { kind: "flatten" }));
  }

  /**
   * Joins collections of pairs by key:
   *
   * ```ts
   * pipeline.coGroupByKey("by customer", { orders, payments });
   * // { key, value: { orders: readonly Order[], payments: readonly Payment[] } }
   * ```
   *
   * One output for each key, window and pane; an input that has nothing for a key gives an empty list. The inputs need
   * compatible windows.
   */
  coGroupByKey<I extends CoGroupInputs>(
    step: string,
    inputs: I,
    options: { readonly keyCoder?: Coder<CoGroupKey<I>> } = {},
  ): PCollection<KV<CoGroupKey<I>, CoGroupValues<I>>> {
    const names = Object.fromEntries(
      Object.entries(inputs).map(([tag, input]) => [tag, this.#builder.input(step, input)]),
    );
    const { keyCoder } = options;
    const name = addCoGroup(this.#builder, step, names, keyCoder as Coder<never> | undefined);
    return new PCollection(this.#builder, name);
  }

  /** Collects what several steps fail on. Must be closed before the pipeline is run. */
  errorHandler(step: string): ErrorHandler {
    const handler = new ErrorHandler(step, (inputs) => this.flatten(step, inputs));
    this.#builder.addCheck(() => handler.faults);
    return handler;
  }

  /** Plans the tables and gives the graph, or every fault at once. */
  toGraph(context: PlanContext): Planned<PipelineGraph> {
    return this.#builder.build(this.name, context, validateGraph);
  }

  #read<T>(step: string, plan: Parameters<GraphBuilder["add"]>[0]["plan"]): PCollection<T> {
    this.#builder.add({ name: step, inputs: [], outputs: [step], plan });
    return new PCollection<T>(this.#builder, step);
  }
}
