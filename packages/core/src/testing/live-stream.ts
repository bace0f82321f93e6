import type { Clock } from "../connector/services.js";
import type {
  EnumeratorContext,
  ReaderContext,
  Source,
  SourceReader,
  SplitEnumerator,
  SplitRecords,
} from "../connector/source.js";
import type { TestEvent } from "./test-stream-source.js";
import type { VirtualClock } from "./virtual-clock.js";

const SPLIT_ID = "live";

interface Pending {
  readonly event: TestEvent;
  readonly done: () => void;
}

/** A source that is told what to play while the job runs, and tells when the job has dealt with it. */
export class LiveStream implements Source<unknown> {
  readonly boundedness = "unbounded";
  readonly #queue: Pending[] = [];
  #hasEnded = false;
  #wake: (() => void) | undefined;

  /** Resolves when the pipeline is quiet again. */
  play(event: TestEvent): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push({ event, done: resolve });
      this.#wake?.();
    });
  }

  /** Nothing follows. */
  end(): void {
    this.#hasEnded = true;
    this.#wake?.();
  }

  createEnumerator(context: EnumeratorContext): SplitEnumerator {
    return {
      start: async () => {
        context.assign({ id: SPLIT_ID, state: 0 }, 0);
        context.noMoreSplits();
      },
      splitFinished() {},
      snapshot: () => true,
      close: () => Promise.resolve(),
    };
  }

  createReader({ clock }: ReaderContext): SourceReader<unknown> {
    let current: Pending | undefined;
    let played = 0;
    let isClosed = false;
    return {
      addSplits() {},
      noMoreSplits() {},
      poll: async (): Promise<SplitRecords<unknown> | undefined> => {
        current?.done();
        current = undefined;
        while (!isClosed && !this.#hasEnded && this.#queue.length === 0) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
        const next = isClosed ? undefined : this.#queue.shift();
        if (next === undefined) return undefined;
        current = next;
        played += 1;
        const { event } = next;
        if (event.kind !== "clock") return { splitId: SPLIT_ID, records: [event], state: played };
        await moved(clock, event.byMs);
        return { splitId: SPLIT_ID, records: [], state: played };
      },
      close: async () => {
        isClosed = true;
        this.#wake?.();
      },
    };
  }
}

/** The clock of a tester is always virtual. */
function moved(clock: Clock, byMs: number): Promise<void> {
  return (clock as VirtualClock).advance(byMs);
}
