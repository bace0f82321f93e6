/** Every option of the original's table factory, with its type and default, against what ours declares. */
import test from "ava";

import { describeOptions } from "@tributary/core";
import type { OptionDescription } from "@tributary/core";
import { KinesisSinkOptions, KinesisSourceOptions } from "@tributary/io-kinesis";

const SIDES = { source: describeOptions(KinesisSourceOptions), sink: describeOptions(KinesisSinkOptions) };

/**
 * Key, type, default, whether it is required (or when), who takes it. `connector` and `format` are the framework's.
 * Source: Flink documentation and source, Kinesis connector 5.1.
 */
const ORIGINAL: readonly (readonly [
  string,
  string,
  string | null,
  boolean | "when",
  "both" | "source" | "sink",
])[] = [
  ["stream.arn", "String", null, true, "both"],
  ["aws.region", "String", null, true, "both"],
  ["aws.endpoint", "String", null, false, "both"],
  ["aws.trust.all.certificates", "Boolean", "false", false, "both"],
  ["aws.http.protocol.version", "Enum", "HTTP2", false, "both"],
  ["aws.http-client.max-concurrency", "Integer", "10000", false, "both"],
  ["aws.http-client.read-timeout", "Integer", "360000", false, "both"],
  ["aws.kinesis.client.user-agent-prefix", "String", null, false, "both"],
  ["aws.credentials.provider", "Enum", "AUTO", false, "both"],
  ["aws.credentials.basic.accesskeyid", "String", null, "when", "both"],
  ["aws.credentials.basic.secretkey", "String", null, "when", "both"],
  ["aws.credentials.profile.path", "String", null, false, "both"],
  ["aws.credentials.profile.name", "String", null, false, "both"],
  ["aws.credentials.role.arn", "String", null, "when", "both"],
  ["aws.credentials.role.sessionName", "String", null, "when", "both"],
  ["aws.credentials.role.externalId", "String", null, false, "both"],
  ["aws.credentials.role.stsEndpoint", "String", null, false, "both"],
  ["aws.credentials.role.provider", "Enum", "AUTO", false, "both"],
  ["aws.credentials.webIdentityToken.file", "String", null, false, "both"],
  ["aws.credentials.custom.class", "String", null, "when", "both"],
  ["source.init.position", "Enum", "LATEST", false, "source"],
  ["source.init.timestamp", "String", null, "when", "source"],
  ["source.init.timestamp.format", "String", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", false, "source"],
  ["source.shard.discovery.interval", "Duration", "10 s", false, "source"],
  ["source.reader.type", "Enum", "POLLING", false, "source"],
  ["source.shard.get-records.max-record-count", "Integer", "10000", false, "source"],
  ["source.reader.empty-records-fetch-interval", "Duration", "250 ms", false, "source"],
  ["source.efo.consumer.name", "String", null, "when", "source"],
  ["source.efo.lifecycle", "Enum", "JOB_MANAGED", false, "source"],
  ["source.efo.subscription.timeout", "Duration", "60 s", false, "source"],
  ["source.efo.deregister.timeout", "Duration", "10 s", false, "source"],
  ["source.efo.describe.retry-strategy.attempts.max", "Integer", "100", false, "source"],
  ["source.efo.describe.retry-strategy.delay.min", "Duration", "2 s", false, "source"],
  ["source.efo.describe.retry-strategy.delay.max", "Duration", "60 s", false, "source"],
  ["source.shard-assigner", "String", "default", false, "source"],
  ["sink.partitioner", "String", null, false, "sink"],
  ["sink.partitioner-field-delimiter", "String", "|", false, "sink"],
  ["sink.batch.max-size", "Integer", "500", false, "sink"],
  ["sink.requests.max-inflight", "Integer", "50", false, "sink"],
  ["sink.requests.max-buffered", "Integer", "10000", false, "sink"],
  ["sink.flush-buffer.size", "Long", "5242880", false, "sink"],
  ["sink.flush-buffer.timeout", "Long", "5000", false, "sink"],
  ["sink.fail-on-error", "Boolean", "false", false, "sink"],
  ["sink.http-client.max-concurrency", "Integer", "10000", false, "sink"],
  ["sink.http-client.read-timeout", "Integer", "360000", false, "sink"],
  ["sink.http-client.protocol.version", "Enum", "HTTP2", false, "sink"],
  ["sink.producer.kinesis-endpoint", "String", null, false, "sink"],
  ["sink.producer.kinesis-port", "String", null, false, "sink"],
  ["sink.producer.verify-certificate", "String", null, false, "sink"],
];

/** Old spellings, which stand for other options. */
const OLD: readonly (readonly [string, string])[] = [
  ["sink.producer.record-max-buffered-time", "sink.flush-buffer.timeout"],
  ["sink.producer.collection-max-size", "sink.batch.max-size"],
  ["sink.producer.collection-max-count", "sink.requests.max-inflight"],
  ["sink.producer.fail-on-error", "sink.fail-on-error"],
];

/** Ours on top, and the settings of a role's base credentials, which the original finds by their prefix. */
const OURS: readonly (readonly [string, string | null, "both" | "source" | "sink"])[] = [
  ["aws.kinesis.wire", "json", "both"],
  ["source.init.positions", null, "source"],
  ["source.end.position", null, "source"],
  ["source.end.timestamp", null, "source"],
  ["source.on-data-loss", "warn", "source"],
  ["source.deaggregate", "auto", "source"],
  ["source.shard.get-records.limit-share", null, "source"],
];
const BASE_CREDENTIALS = "aws.credentials.role.provider.";

function find(side: "source" | "sink", key: string): OptionDescription | undefined {
  return SIDES[side].find((one) => one.key === key);
}

test("every option of the original is there with its type, default and need, and is not forwarded", (t) => {
  for (const [key, type, byDefault, required, who] of ORIGINAL) {
    for (const side of ["source", "sink"] as const) {
      const option = find(side, key);
      if (who !== "both" && who !== side) {
        t.is(option, undefined, `${side} ${key}`);
        continue;
      }
      t.like(option, { type, default: byDefault, forwarded: false }, `${side} ${key}`);
      if (required === "when") t.is(typeof option?.required, "string", key);
      else t.is(option?.required, required, key);
      t.true((option?.description.length ?? 0) > 10, key);
    }
  }
});

test("old spellings are known as such", (t) => {
  for (const [old, key] of OLD) t.true(find("sink", key)?.deprecatedKeys.includes(old), old);
});

test("ours come on top, and there are no others", (t) => {
  for (const [key, byDefault, who] of OURS) {
    for (const side of who === "both" ? (["source", "sink"] as const) : [who]) {
      t.like(find(side, key), { default: byDefault }, `${side} ${key}`);
      t.not(find(side, key)?.required, true, key);
    }
  }
  const known = new Set([...ORIGINAL, ...OURS].map(([key]) => key));
  const others = SIDES.source.filter(({ key }) => !known.has(key) && !key.startsWith(BASE_CREDENTIALS));

  t.deepEqual(
    others.map(({ key }) => key),
    [],
  );
});
