import { rowFactory, timeZone } from "@tributary/core";
import type {
  EnumeratorContext,
  JsonValue,
  ReaderContext,
  Row,
  Source,
  SourceReader,
  Split,
  SplitEnumerator,
  SplitRecords,
} from "@tributary/core";
import { FixedSplitEnumerator } from "../splits/fixed-split-enumerator.js";
import { SequentialReader } from "../splits/sequential-reader.js";
import type { SplitReading } from "../splits/sequential-reader.js";
import type { Generator, GeneratorContext } from "./field-generator.js";
import { RowPace } from "./row-pace.js";
import { RowRandom } from "./row-random.js";

/** Most rows made at once. */
const BATCH_ROWS_MAX = 1_000;

/** What is made, and how much of it. */
export interface DatagenPlan {
  readonly names: readonly string[];
  readonly generators: readonly Generator[];
  readonly rowsPerSecond: number;
  /** Rows in all; absent: without end. */
  readonly count: number | undefined;
  readonly timeZone: string;
}

/** A split: the rows from `next` to before `end`. */
interface RangeState {
  readonly next: number;
  readonly end: number | null;
  readonly seed: readonly [number, number];
  /** How many splits share the rate. */
  readonly shares: number;
}

/** Makes rows. Each depends on its split's seed and its own number alone, so that a restored job makes the same. */
export class DatagenSource implements Source<Row> {
  readonly boundedness: "bounded" | "unbounded";
  readonly #plan: DatagenPlan;

  constructor(plan: DatagenPlan) {
    this.boundedness = plan.count === undefined ? "unbounded" : "bounded";
    this.#plan = plan;
  }

  createEnumerator(context: EnumeratorContext, restored?: JsonValue): SplitEnumerator {
    return new FixedSplitEnumerator(context, restored, () => Promise.resolve(this.#splits(context)));
  }

  #splits({ parallelism, random }: EnumeratorContext): Split[] {
    const { count } = this.#plan;
    const shares = Math.max(1, Math.min(parallelism, count ?? parallelism));
    const splits: Split[] = [];
    for (let index = 0; index < shares; index++) {
      const state: RangeState = {
        next: count === undefined ? 0 : Math.floor((count * index) / shares),
        end: count === undefined ? null : Math.floor((count * (index + 1)) / shares),
        seed: [Math.floor(random.next() * 4294967296), Math.floor(random.next() * 4294967296)],
        shares,
      };
      splits.push({ id: `range-${index}`, state: { ...state } });
    }
    return splits;
  }

  createReader(context: ReaderContext): SourceReader<Row> {
    return new SequentialReader((split) => new RangeReading(split, this.#plan, context), false);
  }
}

/** Makes the rows of one split. */
class RangeReading implements SplitReading<Row> {
  readonly #id: string;
  readonly #plan: DatagenPlan;
  readonly #services: ReaderContext;
  readonly #state: RangeState;
  readonly #makeRow: (values: ArrayLike<unknown>) => Row;
  readonly #context: GeneratorContext;
  readonly #pace: RowPace;
  readonly #closing = new AbortController();
  #next: number;

  constructor(split: Split, plan: DatagenPlan, services: ReaderContext) {
    const state = split.state as unknown as RangeState;
    this.#id = split.id;
    this.#plan = plan;
    this.#services = services;
    this.#state = state;
    this.#next = state.next;
    this.#makeRow = rowFactory(plan.names);
    this.#context = { random: new RowRandom(state.seed), index: 0, now: 0, zoneOffset: 0 };
    this.#pace = new RowPace(services.clock, plan.rowsPerSecond / state.shares);
  }

  async next(): Promise<SplitRecords<Row> | undefined> {
    const left = this.#state.end === null ? Infinity : this.#state.end - this.#next;
    let count = 0;
    if (left > 0) {
      count = await this.#pace.take(Math.min(left, BATCH_ROWS_MAX), this.#closing.signal);
      if (count === 0) return undefined;
    }
    const records = this.#make(count);
    this.#next += count;
    const state = { ...this.#state, next: this.#next };
    return {
      splitId: this.#id,
      records,
      state,
      ...(count === left || left === 0 ? { isFinished: true } : {}),
    };
  }

  #make(count: number): Row[] {
    const { generators } = this.#plan;
    const context = this.#context;
    context.now = this.#services.clock.now();
    context.zoneOffset = timeZone(this.#plan.timeZone).offsetAt(context.now);
    const values: unknown[] = generators.map(() => null);
    const rows: Row[] = [];
    for (let row = 0; row < count; row++) {
      context.index = this.#next + row;
      context.random.startRow(context.index);
      for (let column = 0; column < generators.length; column++) {
        values[column] = (generators[column] as Generator)(context);
      }
      rows.push(this.#makeRow(values));
    }
    return rows;
  }

  close(): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }
}
