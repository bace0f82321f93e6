/**
 * A split-based source that plays a script: for each split its batches, and its children, which are assigned when it
 * ends. A split's position is the number of its batches that were read, so a script can be cut anywhere and go on.
 */
import type {
  EnumeratorContext,
  Source,
  SourceReader,
  Split,
  SplitEnumerator,
  SplitRecords,
} from "../connector/source.js";
import type { JsonValue } from "../types/json-value.js";

/** One answer to a poll. @public */
export interface ScriptedBatch<T> {
  readonly records: readonly T[];
  readonly timestamps?: readonly number[];
  readonly lagMs?: number;
  readonly notice?: JsonValue;
  /** Awaited before the poll is answered. */
  readonly before?: () => Promise<void>;
}

/** What one split of a {@link ScriptedSource} plays. @public */
export interface ScriptedSplit<T> {
  readonly batches: readonly ScriptedBatch<T>[];
  /** Splits that begin when this one and every other that names them have ended. */
  readonly children?: readonly string[];
  /** The split stays open after its last batch. */
  readonly isOpen?: boolean;
}

/** How a {@link ScriptedSource} plays its splits. @public */
export interface ScriptOptions {
  readonly boundedness?: "bounded" | "unbounded";
  /** Splits to read from, poll after poll; absent or used up: round about. One that cannot be read is passed over. */
  readonly order?: readonly string[];
  /** Polls answered at first; more with {@link ScriptedSource.allow}. Absent: all. */
  readonly polls?: number;
}

/** A source that plays a script of batches, split by split, and can be held back or made to fail. @public */
export class ScriptedSource<T> implements Source<T> {
  readonly boundedness: "bounded" | "unbounded";
  readonly script: Readonly<Record<string, ScriptedSplit<T>>>;
  /** Polls answered so far. */
  answered = 0;
  /** True while a poll waits. */
  isPolled = false;
  /** What its readers say of themselves: false keeps a job that waits from being idle. */
  isCaughtUp = true;
  /** Splits that its readers say they cannot read, or not to the end. */
  readonly behind = new Set<string>();
  /** What the enumerator heard and the reader lived through, e.g. `notice a`, `finished a`, `close`. */
  readonly events: string[] = [];
  readonly #order: readonly string[];
  #allowed: number;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(script: Readonly<Record<string, ScriptedSplit<T>>>, options: ScriptOptions = {}) {
    this.script = script;
    this.boundedness = options.boundedness ?? "bounded";
    this.#order = options.order ?? [];
    this.#allowed = options.polls ?? Number.POSITIVE_INFINITY;
  }

  /** Lets the reader answer so many polls more. */
  allow(polls: number): void {
    this.#allowed += polls;
    this.#wake?.();
  }

  /** Makes the next poll reject. */
  fail(error: unknown): void {
    this.#failure = { error };
    this.#wake?.();
  }

  createEnumerator(context: EnumeratorContext, restored?: JsonValue): SplitEnumerator {
    const children = new Set(Object.values(this.script).flatMap((split) => split.children ?? []));
    const roots = Object.keys(this.script).filter((id) => !children.has(id));
    const assigned = new Set((restored as readonly string[] | undefined) ?? []);
    const finished = new Set([...assigned].filter((id) => !context.restoredSplitIds.includes(id)));
    const parentsOf = (id: string): readonly string[] =>
      Object.keys(this.script).filter((one) => this.script[one]?.children?.includes(id));
    const assign = (id: string): void => {
      const parents = parentsOf(id);
      if (assigned.has(id) || parents.some((parent) => !finished.has(parent))) return;
      assigned.add(id);
      context.assign({ id, state: 0 }, 0, parents);
    };
    const endIfAll = (): void => {
      if (assigned.size === Object.keys(this.script).length) context.noMoreSplits();
    };
    return {
      start: async () => {
        for (const id of roots) assign(id);
        endIfAll();
      },
      handleNotice: (splitId, notice) => {
        this.events.push(`notice ${splitId} ${JSON.stringify(notice)}`);
      },
      splitFinished: (splitId) => {
        this.events.push(`finished ${splitId}`);
        finished.add(splitId);
        for (const id of this.script[splitId]?.children ?? []) assign(id);
        endIfAll();
      },
      isContinued: (splitId) => this.script[splitId]?.children?.some((id) => !assigned.has(id)) === true,
      snapshot: () => [...assigned],
      close: async () => {
        this.events.push("close enumerator");
      },
    };
  }

  createReader(): SourceReader<T> {
    const isCaughtUp = (): boolean => this.isCaughtUp;
    const positions = new Map<string, number>();
    let isComplete = false;
    let isClosed = false;
    let turn = 0;
    return {
      get isCaughtUp() {
        return isCaughtUp();
      },
      isBehind: (splitId) => this.behind.has(splitId),
      addSplits: (splits: readonly Split[]) => {
        for (const { id, state } of splits) positions.set(id, state as number);
        this.#wake?.();
      },
      noMoreSplits: () => {
        isComplete = true;
        this.#wake?.();
      },
      poll: async () => {
        this.isPolled = true;
        for (;;) {
          if (this.#failure !== undefined) throw this.#failure.error;
          if (isClosed || (isComplete && positions.size === 0)) break;
          const id = this.#choose(positions, turn);
          if (id !== undefined && this.answered < this.#allowed) {
            turn += 1;
            this.answered += 1;
            await this.#next(id, positions)?.before?.();
            this.isPolled = false;
            return this.#read(id, positions);
          }
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
        this.isPolled = false;
        return undefined;
      },
      close: async () => {
        isClosed = true;
        this.events.push("close reader");
        this.#wake?.();
      },
    };
  }

  #choose(positions: ReadonlyMap<string, number>, turn: number): string | undefined {
    const readable = [...positions].flatMap(([id, position]) => {
      const split = this.script[id];
      const isReadable = split !== undefined && (position < split.batches.length || split.isOpen !== true);
      return isReadable ? [id] : [];
    });
    const wanted = this.#order[turn];
    if (wanted !== undefined && readable.includes(wanted)) return wanted;
    return readable[turn % readable.length];
  }

  #next(id: string, positions: ReadonlyMap<string, number>): ScriptedBatch<T> | undefined {
    return this.script[id]?.batches[positions.get(id) ?? 0];
  }

  #read(id: string, positions: Map<string, number>): SplitRecords<T> {
    const split = this.script[id] as ScriptedSplit<T>;
    const position = (positions.get(id) ?? 0) + 1;
    const isFinished = split.isOpen !== true && position >= split.batches.length;
    if (isFinished) positions.delete(id);
    else positions.set(id, position);
    const { before: _before, ...batch } = split.batches[position - 1] ?? { records: [] };
    return { splitId: id, ...batch, state: position, isFinished };
  }
}

/** A bounded source of one split with the given values. @public */
export function listSource<T>(values: readonly T[], timestampOf?: (value: T) => number): ScriptedSource<T> {
  const batch =
    timestampOf === undefined
      ? { records: values }
      : { records: values, timestamps: values.map(timestampOf) };
  return new ScriptedSource({ list: { batches: [batch] } });
}
