import type { KinesisRecord } from "../client/kinesis-client.js";
import type { BatchFigures } from "./adaptive-limit.js";

/** One answer, or one event of a subscription. */
export interface Fetched {
  readonly records: readonly KinesisRecord[];
  readonly millisBehindLatest: number;
  /** Nothing follows: the shard is complete. */
  readonly isEnd: boolean;
}

/** What was made of a {@link Fetched}. */
export interface Consumed extends BatchFigures {
  /** Sequence number of the last user record; absent if there was none. */
  readonly lastSequenceNumber?: string;
}

/** Fetches the records of one shard, in order. */
export interface RecordPublisher {
  /** @throws what failed for good; the signal's reason when it is aborted. */
  fetch(): Promise<Fetched>;
  /** The records of the last fetch are handed on. Resolves when the next may be fetched. */
  consumed(batch: Consumed): Promise<void>;
  /** Idempotent. */
  close(): void;
}
