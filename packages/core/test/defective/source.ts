/** A sound source in memory, and the same with one defect each. */
import { TributaryError } from "@tributary/core";
import type {
  EnumeratorContext,
  JsonValue,
  ReaderContext,
  Source,
  SourceReader,
  Split,
  SplitEnumerator,
  SplitRecords,
} from "@tributary/core";
import type { SourceDemand, SourceHarness, SourceSubject } from "@tributary/core/testing";

export type SourceDefect =
  | "assigns finished splits again after a restore"
  | "assigns restored splits again"
  | "begins one record early in another reader"
  | "emits after the end of a split"
  | "fails without the split in its error"
  | "fetches without bound"
  | "forgets unassigned splits at a restore"
  | "gives fewer timestamps than records"
  | "gives every record the same position"
  | "keeps a handle open"
  | "leaves a timer behind"
  | "leaves a poll pending at close"
  | "loses one record at a restore"
  | "loses the first record of its third split"
  | "never ends"
  | "reads a record of its only split twice"
  | "rejects a second close"
  | "spins with empty batches while idle"
  | "writes positions as bigint";

const RECORDS = 30;
const BATCH = 7;
const PREFETCH_MAX = 14;

/** What is read: splits that grow, end and break. */
class Log implements SourceSubject<LogRecord> {
  readonly splits: string[][];
  fetched = 0;
  handles = 0;
  isClosed: boolean;
  isBroken = false;
  readonly listeners = new Set<() => void>();
  readonly #defect: SourceDefect | undefined;
  readonly #boundedness: "bounded" | "unbounded";

  constructor(
    { splits, records }: SourceDemand,
    boundedness: "bounded" | "unbounded",
    defect: SourceDefect | undefined,
  ) {
    this.splits = Array.from({ length: splits }, (_, split) =>
      Array.from({ length: records }, (__, index) => `${split}/${index}`),
    );
    this.isClosed = boundedness === "bounded";
    this.#boundedness = boundedness;
    this.#defect = defect;
  }

  get expected(): readonly (readonly string[])[] {
    return this.splits.map((names) => [...names]);
  }

  source(): Source<LogRecord> {
    return new LogSource(this, this.#boundedness, this.#defect);
  }

  changed(): void {
    for (const listen of this.listeners) listen();
  }
}

interface LogRecord {
  readonly name: string;
  readonly index: number;
}

class LogSource implements Source<LogRecord> {
  readonly boundedness: "bounded" | "unbounded";
  readonly #log: Log;
  readonly #defect: SourceDefect | undefined;

  constructor(log: Log, boundedness: "bounded" | "unbounded", defect: SourceDefect | undefined) {
    this.#log = log;
    this.boundedness = boundedness;
    this.#defect = defect;
  }

  createEnumerator(context: EnumeratorContext, restored?: JsonValue): SplitEnumerator {
    return new LogEnumerator(this.#log, context, restored as number | undefined, this.#defect);
  }

  createReader(context: ReaderContext): SourceReader<LogRecord> {
    return new LogReader(this.#log, context, this.#defect);
  }

  describePosition({ index }: LogRecord): string {
    return this.#defect === "gives every record the same position" ? "somewhere" : `record ${index}`;
  }
}

/** Assigns two splits, then one more for each that ends. */
class LogEnumerator implements SplitEnumerator {
  readonly #log: Log;
  readonly #context: EnumeratorContext;
  readonly #defect: SourceDefect | undefined;
  #assigned: number;
  #closes = 0;

  constructor(
    log: Log,
    context: EnumeratorContext,
    restored: number | undefined,
    defect: SourceDefect | undefined,
  ) {
    this.#log = log;
    this.#context = context;
    this.#defect = defect;
    this.#assigned = restored ?? 0;
    if (restored === undefined) return;
    if (defect === "forgets unassigned splits at a restore") this.#assigned = log.splits.length;
    if (defect === "assigns restored splits again") {
      for (const id of context.restoredSplitIds) context.assign({ id, state: 0 }, 0);
    }
    if (defect === "assigns finished splits again after a restore" && context.restoredSplitIds.length === 0) {
      this.#assigned = 0;
    }
  }

  async start(): Promise<void> {
    if (this.#defect === "leaves a timer behind") this.#context.clock.setTimer(3_600_000, () => {});
    const first = this.#log.isClosed ? Math.min(2, this.#log.splits.length) : this.#log.splits.length;
    while (this.#assigned < first) this.#assign();
    this.#endIfAll();
  }

  splitFinished(): void {
    if (this.#assigned < this.#log.splits.length) this.#assign();
    this.#endIfAll();
  }

  snapshot(): JsonValue {
    return this.#assigned;
  }

  async close(): Promise<void> {
    this.#closes += 1;
    if (this.#closes > 1 && this.#defect === "rejects a second close") throw new Error("closed before");
  }

  #assign(): void {
    const split = this.#assigned++;
    const reader = split % this.#context.parallelism;
    this.#context.assign({ id: String(split), state: 0 }, reader);
  }

  #endIfAll(): void {
    const ends = this.#log.isClosed && this.#assigned === this.#log.splits.length;
    if (ends && this.#defect !== "never ends") this.#context.noMoreSplits();
  }
}

class LogReader implements SourceReader<LogRecord> {
  readonly #log: Log;
  readonly #context: ReaderContext;
  readonly #defect: SourceDefect | undefined;
  /** Next record to hand over. */
  readonly #positions = new Map<string, number>();
  /** Records fetched and not handed over. */
  #ahead = 0;
  #ended: string | undefined;
  #isComplete = false;
  #isClosed = false;
  #turn = 0;
  #wake: (() => void) | undefined;
  readonly #listen = (): void => this.#wake?.();

  constructor(log: Log, context: ReaderContext, defect: SourceDefect | undefined) {
    this.#log = log;
    this.#context = context;
    this.#defect = defect;
    log.handles += 1;
    log.listeners.add(this.#listen);
  }

  addSplits(splits: readonly Split[]): void {
    for (const { id, state } of splits) this.#positions.set(id, this.#startOf(Number(state)));
    this.#wake?.();
  }

  #startOf(position: number): number {
    const { readerIndex } = this.#context;
    if (position === 0) return 0;
    if (this.#defect === "loses one record at a restore" && readerIndex === 0) return position + 1;
    if (this.#defect === "begins one record early in another reader" && readerIndex > 0) return position - 1;
    return position;
  }

  noMoreSplits(): void {
    this.#isComplete = true;
    this.#wake?.();
  }

  async poll(): Promise<SplitRecords<LogRecord> | undefined> {
    for (;;) {
      if (this.#isClosed) return undefined;
      if (this.#log.isBroken) throw this.#broken();
      const batch = this.#next();
      if (batch !== undefined) return batch;
      if (this.#isComplete && this.#positions.size === 0) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #next(): SplitRecords<LogRecord> | undefined {
    if (this.#ended !== undefined && this.#defect === "emits after the end of a split") {
      const splitId = this.#ended;
      this.#ended = undefined;
      return { splitId, records: [], state: 0 };
    }
    const open = [...this.#positions].filter(([id, at]) => this.#log.isClosed || at < this.#names(id).length);
    const [id, position] = open[this.#turn++ % open.length] ?? this.#spun() ?? [];
    if (id === undefined || position === undefined) return undefined;
    return this.#read(id, position);
  }

  #spun(): readonly [id: string, position: number] | undefined {
    return this.#defect === "spins with empty batches while idle" ? [...this.#positions][0] : undefined;
  }

  #names(id: string): readonly string[] {
    return this.#log.splits[Number(id)] ?? [];
  }

  #read(splitId: string, position: number): SplitRecords<LogRecord> {
    const names = this.#names(splitId);
    const end = Math.min(names.length, position + BATCH);
    this.#fetchAhead(names.length - position);
    let records = names.slice(position, end).map((name, index) => ({ name, index: position + index }));
    if (this.#defect === "loses the first record of its third split" && splitId === "2" && position === 0) {
      records = records.slice(1);
    }
    if (this.#isOnlySplitOfTwice(names, position)) records = [...records.slice(0, 1), ...records];
    const isFinished = this.#log.isClosed && end === names.length;
    if (isFinished) this.#positions.delete(splitId);
    else this.#positions.set(splitId, end);
    this.#ended = isFinished ? splitId : this.#ended;
    this.#ahead -= records.length;
    const timestamps = records.map(({ index }) => index);
    return {
      splitId,
      records,
      timestamps: this.#defect === "gives fewer timestamps than records" ? timestamps.slice(1) : timestamps,
      state: this.#defect === "writes positions as bigint" ? (BigInt(end) as unknown as JsonValue) : end,
      isFinished,
    };
  }

  /** Only where nothing else is looked at: one reader that begins at the first record, and reads to the end. */
  #isOnlySplitOfTwice(names: readonly string[], position: number): boolean {
    return (
      this.#defect === "reads a record of its only split twice" &&
      this.#log.splits.length === 1 &&
      names.length === RECORDS &&
      names.length - position <= BATCH &&
      this.#context.parallelism === 1
    );
  }

  #fetchAhead(left: number): void {
    const wanted = this.#defect === "fetches without bound" ? left : Math.min(left, PREFETCH_MAX + BATCH);
    if (wanted > this.#ahead) {
      this.#log.fetched += wanted - this.#ahead;
      this.#ahead = wanted;
    }
  }

  #broken(): Error {
    const [id = "", position = 0] = [...this.#positions][0] ?? [];
    return new TributaryError({
      severity: "error",
      code: "EXTERNAL_FAILED",
      message: "The log cannot be read.",
      sequenceNumber: String(position),
      ...(this.#defect === "fails without the split in its error" ? {} : { shard: id }),
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#log.listeners.delete(this.#listen);
    if (this.#defect !== "keeps a handle open") this.#log.handles -= 1;
    if (this.#defect !== "leaves a poll pending at close") this.#wake?.();
  }
}

export function logHarness(boundedness: "bounded" | "unbounded", defect?: SourceDefect): SourceHarness<Log> {
  return {
    name: "log",
    boundedness,
    create: (demand) => new Log(demand, boundedness, defect),
    identify: ({ name }) => name,
    recordsPerSplit: RECORDS,
    failReads: (log) => {
      log.isBroken = true;
      log.changed();
    },
    fetched: (log) => log.fetched,
    prefetchedRecordsMax: PREFETCH_MAX,
    openHandles: (log) => log.handles,
    ...(boundedness === "unbounded" && {
      append: (log: Log, records: number) => {
        const names = Array.from({ length: records }, (_, index) => `0/more-${index}`);
        log.splits[0]?.push(...names);
        log.changed();
        return names;
      },
      end: (log: Log) => {
        log.isClosed = true;
        log.changed();
      },
    }),
    wait: { patienceTurns: 600, restTurns: 60 },
  };
}
