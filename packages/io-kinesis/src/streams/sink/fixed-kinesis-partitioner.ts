import type { Row } from "@tributary/core";

import { PartitionKeyGenerator } from "./partition-key-generator.js";
import type { PartitionKeyContext } from "./partition-key-generator.js";

/**
 * Gives every record of a writer the writer's index as its key, so that each writer fills one shard: what
 * `'sink.partitioner' = 'fixed'` does, as a class to extend.
 *
 * @public
 */
export class FixedKinesisPartitioner extends PartitionKeyGenerator {
  #key = "0";

  override open({ writerIndex }: PartitionKeyContext): void {
    this.#key = String(writerIndex);
  }

  override partitionKey(_row: Row): string {
    return this.#key;
  }
}
