import { factsOf } from "../client/classify-failure.js";
import type { KinesisClient, Shard, ShardFilter } from "../client/kinesis-client.js";
import { repeatRecoverable } from "./full-jitter.js";
import type { OnPause, RetryGroup, RetryServices } from "./full-jitter.js";

/** What listing takes. */
export interface ListingContext {
  readonly client: KinesisClient;
  readonly retry: RetryGroup;
  readonly services: RetryServices;
  readonly onPause: OnPause;
}

/** The stream is changing, or the page token is too old: the next round has the answer. */
const SKIPPED = new Set(["ResourceInUseException", "ExpiredNextTokenException"]);

/** Lists the shards of a stream; each round gives those that came behind the last one seen. */
export class ShardListing {
  readonly #context: ListingContext;
  #lastSeen: string | undefined;

  constructor(context: ListingContext) {
    this.#context = context;
  }

  /** @returns undefined if the round is to be skipped. */
  async next(): Promise<readonly Shard[] | undefined> {
    const lastSeen = this.#lastSeen;
    const filter: ShardFilter =
      lastSeen === undefined ? { type: "FROM_TRIM_HORIZON" } : { type: "AFTER_SHARD_ID", shardId: lastSeen };
    const found: Shard[] = [];
    try {
      let request: { filter: ShardFilter } | { nextToken: string } = { filter };
      for (;;) {
        const { shards, nextToken } = await this.#page(request);
        found.push(...shards);
        if (nextToken === undefined) break;
        request = { nextToken };
      }
    } catch (error) {
      if (SKIPPED.has(factsOf(error).name)) return undefined;
      throw error;
    }
    // An emulator gives the start itself too.
    const fresh = found.filter(({ shardId }) => lastSeen === undefined || isLater(shardId, lastSeen));
    for (const { shardId } of fresh) {
      if (this.#lastSeen === undefined || isLater(shardId, this.#lastSeen)) this.#lastSeen = shardId;
    }
    return fresh;
  }

  #page(request: { filter: ShardFilter } | { nextToken: string }): ReturnType<KinesisClient["listShards"]> {
    const { client, retry, services, onPause } = this.#context;
    return repeatRecoverable(() => client.listShards(request, services.signal), retry, services, onPause);
  }
}

/** Ids grow in length or in the order of characters. */
function isLater(shardId: string, than: string): boolean {
  return shardId.length === than.length ? shardId > than : shardId.length > than.length;
}
