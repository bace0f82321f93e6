import type { MetricGroup } from "@tributary/core";

const GAUGES = [
  "millisBehindLatest",
  "sleepTimeMillis",
  "maxNumberOfRecordsPerFetch",
  "numberOfAggregatedRecordsPerFetch",
  "numberOfDeaggregatedRecordsPerFetch",
  "averageRecordSizeBytes",
  "runLoopTimeNanos",
  "loopFrequencyHz",
  "bytesRequestedPerFetch",
] as const;

/** Figures of one shard, under the names of Apache Flink's connector: `KinesisConsumer.stream.NAME.shardId.ID`. */
export class ShardMetrics {
  millisBehindLatest = -1;
  sleepTimeMillis = 0;
  maxNumberOfRecordsPerFetch = 0;
  /** Records as delivered. */
  numberOfAggregatedRecordsPerFetch = 0;
  /** User records. */
  numberOfDeaggregatedRecordsPerFetch = 0;
  averageRecordSizeBytes = 0;
  runLoopTimeNanos = 0;
  loopFrequencyHz = 0;
  bytesRequestedPerFetch = 0;
  readonly #group: MetricGroup;

  constructor(metrics: MetricGroup, stream: string, shardId: string) {
    this.#group = metrics
      .group("KinesisConsumer")
      .group("stream")
      .group(stream)
      .group("shardId")
      .group(shardId);
    for (const name of GAUGES) this.#group.gauge(name, () => this[name]);
  }

  remove(): void {
    for (const name of GAUGES) this.#group.remove(name);
  }
}
