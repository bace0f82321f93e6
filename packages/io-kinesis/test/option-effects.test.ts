/** Options whose effect shows at the service alone: how it is called, how often, over how many connections. */
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

import { RegisterStreamConsumerCommand } from "@aws-sdk/client-kinesis";
import test from "ava";

import { startKinesisEmulator } from "@tributary/kinesis-emulator";

import { KinesisFixture, texts } from "./kinesis-fixture.js";
import { SourceHarness } from "./source-harness.js";
import { TlsProxy } from "./tls-proxy.js";

const emulator = await startKinesisEmulator();
const kinesis = new KinesisFixture(emulator.endpoint);
let streams = 0;

test.after.always(async () => {
  kinesis.client.destroy();
  await emulator.close();
});

async function newStream(shards: number): Promise<string> {
  const name = `effects-${(streams += 1)}`;
  await emulator.createStream(name, shards);
  return name;
}

const EFO = { "source.reader.type": "EFO", "source.efo.consumer.name": "effects" };

for (const [wire, contentType] of [
  ["json", "application/x-amz-json-1.1"],
  ["cbor", "application/x-amz-cbor-1.1"],
] as const) {
  test.serial(`aws.kinesis.wire = ${wire} asks for records as ${contentType}`, async (t) => {
    const stream = await newStream(1);
    await kinesis.put(stream, texts("a", 20));
    const target = new URL(emulator.endpoint);
    const seen = new Set<string>();
    const proxy = createServer((incoming, outgoing) => {
      const { method, url, headers } = incoming;
      if (String(headers["x-amz-target"]).endsWith(".GetRecords")) seen.add(String(headers["content-type"]));
      const forwarded = request({ host: target.hostname, port: target.port, method, path: url, headers });
      forwarded.on("response", (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      });
      forwarded.on("error", () => outgoing.destroy());
      incoming.pipe(forwarded);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const table = kinesis.table(stream, {
      "aws.endpoint": `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      "aws.kinesis.wire": wire,
    });
    const job = await SourceHarness.start(table, kinesis.context);
    await job.until(() => job.texts.length >= 20);
    await job.stop();
    proxy.closeAllConnections();
    proxy.close();

    t.deepEqual([...seen], [contentType]);
    t.deepEqual(job.texts, texts("a", 20));
  });
}

test.serial("aws.http-client.max-concurrency bounds the connections", async (t) => {
  const stream = await newStream(8);
  await kinesis.put(stream, texts("a", 200));
  const connectionsWith = async (options: Readonly<Record<string, string>>): Promise<number> => {
    const proxy = await TlsProxy.start(emulator.endpoint, ["http/1.1"]);
    const table = kinesis.table(stream, {
      ...options,
      "aws.endpoint": proxy.endpoint,
      "aws.http.protocol.version": "HTTP1_1",
      "aws.trust.all.certificates": "true",
    });
    const job = await SourceHarness.start(table, kinesis.context);
    await job.until(() => job.texts.length >= 200);
    await job.stop();
    await proxy.close();
    return proxy.connections;
  };
  // The enumerator's client and the reader's.
  t.true((await connectionsWith({ "aws.http-client.max-concurrency": "1" })) <= 2);
  t.true((await connectionsWith({})) > 2);
});

for (const attempts of [2, 5]) {
  test.serial(`${attempts} attempts to look up the consumer are ${attempts} calls`, async (t) => {
    const stream = await newStream(1);
    const consumer = { StreamARN: emulator.streamArn(stream), ConsumerName: "effects" };
    await kinesis.client.send(new RegisterStreamConsumerCommand(consumer));
    // The first call is the start's, those of the reader's look-up follow.
    const fault = emulator.faults.inject({
      kind: "throttle",
      operation: "DescribeStreamConsumer",
      skip: 1,
    });
    const table = kinesis.table(stream, {
      ...EFO,
      "source.efo.lifecycle": "SELF_MANAGED",
      "source.efo.describe.retry-strategy.attempts.max": String(attempts),
    });
    const job = await SourceHarness.start(table, kinesis.context);
    const error = await t.throwsAsync(() => job.until(() => false));
    const { hits } = fault;
    await job.stop();
    fault.remove();

    t.truthy(error);
    t.is(hits, attempts);
  });
}
