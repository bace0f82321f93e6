import { TributaryError } from "@tributary/core";
import type { Counter, Logger } from "@tributary/core";

/** What is missing of a shard. */
export interface LostRange {
  readonly shardId: string;
  /** Why, as a sentence without its full stop. */
  readonly reason: string;
  /** The last record that was read before the gap; absent where none was. */
  readonly after?: string;
  /** The first record behind the gap; absent where there is none. */
  readonly continuesAt?: string;
}

/** Says that records are lost: as a warning that reading goes on after, or as the error that ends the job. */
export class DataLoss {
  readonly #policy: "warn" | "fail";
  readonly #stream: string;
  readonly #logger: Logger;
  readonly #lostPositions: Counter;

  constructor(policy: "warn" | "fail", stream: string, logger: Logger, lostPositions: Counter) {
    this.#policy = policy;
    this.#stream = stream;
    this.#logger = logger;
    this.#lostPositions = lostPositions;
  }

  /** @throws `SOURCE_DATA_LOST` if the job is to fail. */
  report({ shardId, reason, after, continuesAt }: LostRange): void {
    this.#lostPositions.add(1);
    if (this.#policy === "warn") {
      this.#logger.warn(`${reason}; records may be lost`, {
        code: "SOURCE_DATA_LOST",
        stream: this.#stream,
        shard: shardId,
        afterSequenceNumber: after,
        continuesAt,
      });
      return;
    }
    const range = `${after === undefined ? "from its beginning" : `after ${after}`}, up to ${continuesAt ?? "its end"}`;
    throw new TributaryError({
      severity: "error",
      code: "SOURCE_DATA_LOST",
      message: `${reason}: records of ${shardId} in stream '${this.#stream}', ${range}, may be lost`,
      shard: shardId,
      ...(after !== undefined && { sequenceNumber: after }),
      hint: "To go on without them set 'source.on-data-loss' = 'warn'.",
    });
  }
}
