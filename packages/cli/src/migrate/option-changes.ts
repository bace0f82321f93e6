/**
 * What becomes of each option of the old Kinesis tables. Source: Flink documentation, Kinesis connector; upgrade from
 * the source of 4.x.
 */

/** What becomes of one option. */
export type OptionChange =
  | {
      readonly kind: "rename";
      readonly key: string;
      /** The new form of the value; undefined if it has none. */
      readonly value?: (text: string) => string | undefined;
      /** What behaves otherwise, as the end of a sentence that begins with the option. */
      readonly difference?: string;
    }
  /** The end of a sentence that begins with the option. */
  | { readonly kind: "drop"; readonly because: string };

const rename = (
  key: string,
  value?: (text: string) => string | undefined,
  difference?: string,
): OptionChange => ({
  kind: "rename",
  key,
  ...(value !== undefined && { value }),
  ...(difference !== undefined && { difference }),
});
const drop = (because: string): OptionChange => ({ kind: "drop", because });

const unit =
  (name: string) =>
  (text: string): string | undefined =>
    /^\d+$/.test(text.trim()) ? `${text.trim()} ${name}` : undefined;

const LIFECYCLES: Readonly<Record<string, string>> = {
  LAZY: "JOB_MANAGED",
  EAGER: "JOB_MANAGED",
  NONE: "SELF_MANAGED",
};

const CHANGES: ReadonlyMap<string, OptionChange> = new Map([
  ["scan.stream.initpos", rename("source.init.position")],
  ["scan.stream.initpos-timestamp", rename("source.init.timestamp")],
  ["scan.stream.initpos-timestamp-format", rename("source.init.timestamp.format")],
  [
    "scan.shard.discovery.intervalmillis",
    rename("source.shard.discovery.interval", unit("ms"), "is central now: one reader asks, not each"),
  ],
  ["scan.stream.recordpublisher", rename("source.reader.type")],
  ["scan.stream.efo.consumername", rename("source.efo.consumer.name")],
  [
    "scan.stream.efo.registration",
    rename(
      "source.efo.lifecycle",
      (text) => LIFECYCLES[text],
      "has another life: JOB_MANAGED registers the consumer as the job starts and removes it in the end; SELF_MANAGED finds it by its name",
    ),
  ],
  ["scan.shard.subscribetoshard.timeout", rename("source.efo.subscription.timeout", unit("s"))],
  [
    "scan.stream.deregisterstreamconsumer.timeout",
    rename("source.efo.deregister.timeout", unit("s"), "is only warned about when it is over, no error"),
  ],
  [
    "scan.stream.describestreamconsumer.maxretries",
    rename(
      "source.efo.describe.retry-strategy.attempts.max",
      (text) => (/^[1-9]\d*$/.test(text.trim()) ? text.trim() : undefined),
      "counts attempts that also wait for the consumer to be there",
    ),
  ],
  [
    "scan.stream.describestreamconsumer.backoff.base",
    rename("source.efo.describe.retry-strategy.delay.min", unit("ms")),
  ],
  [
    "scan.stream.describestreamconsumer.backoff.max",
    rename("source.efo.describe.retry-strategy.delay.max", unit("ms")),
  ],
  ["scan.shard.getrecords.maxrecordcount", rename("source.shard.get-records.max-record-count")],
  [
    "scan.shard.getrecords.intervalmillis",
    drop(
      "has no counterpart: a shard with records is read as fast as the service allows; see 'source.reader.empty-records-fetch-interval' for the others",
    ),
  ],
  ["scan.shard-assigner", drop("has no counterpart: shards are always assigned by hash-key range")],
  ["source.shard-assigner", drop("has no counterpart: shards are always assigned by hash-key range")],
  ["scan.shard.adaptivereads", drop("has no counterpart: a call asks for the most records")],
  [
    "scan.shard.idle.interval",
    drop("has no counterpart: use 'scan.watermark.idle-timeout', which counts for every split"),
  ],
]);

const WATERMARK = drop("has no counterpart: the watermark is the least of all shards'");
const RETRIES = drop("has no counterpart: the new source repeats by a policy of its own");

/** Keys of old tables that every table may have, on either side. */
const KEPT = /^scan\.watermark\.(?:emit\.strategy|alignment\.|idle-timeout)/;

/** @returns undefined if the option stays as it is. */
export function changeOf(key: string): OptionChange | undefined {
  const known = CHANGES.get(key);
  if (known !== undefined) return known;
  if (KEPT.test(key)) return undefined;
  if (/^scan\.watermark\.(?:sync|lookahead)/.test(key)) return WATERMARK;
  if (key.startsWith("scan.stream.efo.consumerarn")) {
    return drop("has no counterpart: 'source.efo.consumer.name' names the consumer");
  }
  if (key.startsWith("aws.clientconfig.")) {
    return drop("has no counterpart: see 'aws.http-client.read-timeout' and its siblings");
  }
  if (key.startsWith("scan.stream.efo.http-client.")) {
    return drop("has no counterpart: see 'aws.http-client.max-concurrency' and its siblings");
  }
  if (/^(?:scan\.)?shard\.consumer\.error\.recoverable/.test(key)) {
    return drop("has no counterpart: every passing failure of a subscription is recovered from");
  }
  if (/\.(?:maxretries|timeout|backoff\.(?:base|max|expconst))$/.test(key) && key.startsWith("scan."))
    return RETRIES;
  return key.startsWith("scan.") ? drop("has no counterpart") : undefined;
}
