/** Connections: how they are made, how many, whom they trust, and that a busy process is patient with them. */
import test from "ava";

import { startKinesisEmulator } from "@tributary/kinesis-emulator";
import { TributaryError } from "@tributary/core";
import { until } from "@tributary/core/testing";

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
  const name = `connections-${(streams += 1)}`;
  await emulator.createStream(name, shards);
  return name;
}

const EFO = { "source.reader.type": "EFO", "source.efo.consumer.name": "tls" };

for (const [what, protocols, options, connectionsMax] of [
  ["polling over HTTP/1.1", ["http/1.1"], { "aws.http.protocol.version": "HTTP1_1" }, 4],
  ["polling over HTTP/2", ["h2"], {}, 2],
  ["fan-out over HTTP/2", ["h2"], EFO, 3],
] as const) {
  test.serial(
    `${what}: a certificate that nobody has signed is refused, unless all are trusted`,
    async (t) => {
      const stream = await newStream(2);
      await kinesis.put(stream, texts("a", 20));
      const proxy = await TlsProxy.start(emulator.endpoint, protocols);
      const secure = { ...options, "aws.endpoint": proxy.endpoint };
      const table = (trusts: string) =>
        kinesis.table(stream, { ...secure, "aws.trust.all.certificates": trusts });

      const error = await t.throwsAsync(() => SourceHarness.start(table("false"), kinesis.context));
      const refused = proxy.connections;
      const job = await SourceHarness.start(table("true"), kinesis.context);
      await job.until(() => job.texts.length >= 20);
      await job.stop();
      await proxy.close();

      t.true(TributaryError.is(error, "SERVICE_UNAVAILABLE"), String(error));
      t.regex(String(error), /did not trust the certificate of https:.*self.signed/);
      t.deepEqual(job.texts.toSorted(), texts("a", 20).toSorted());
      t.true(refused <= 10, `${refused} refused`);
    },
  );

  test.serial(`${what}: many calls take at most ${connectionsMax} connections`, async (t) => {
    const stream = await newStream(2);
    await kinesis.put(stream, texts("a", 400));
    const proxy = await TlsProxy.start(emulator.endpoint, protocols);
    const table = kinesis.table(stream, {
      ...options,
      "aws.endpoint": proxy.endpoint,
      "aws.trust.all.certificates": "true",
      "source.shard.get-records.max-record-count": "2",
    });
    const job = await SourceHarness.start(table, kinesis.context);
    await job.until(() => job.texts.length >= 400);
    await job.stop();
    const { connections } = proxy;
    await proxy.close();

    t.true(connections >= 1 && connections <= connectionsMax, `${connections} connections`);
  });
}

test.serial(
  "a process that is too busy to hear the first answer does not take the address for wrong",
  async (t) => {
    const stream = await newStream(1);
    await kinesis.put(stream, texts("a", 10));
    const calls = emulator.faults.inject({ kind: "delay", delayMs: 0, stream });
    const table = kinesis.table(stream, { "aws.http-client.read-timeout": "1000" });

    const starting = SourceHarness.start(table, kinesis.context);
    await until(() => calls.hits > 0);
    // Every time-out is over when the process is free again, and the answers lie there unread.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6_000);
    const job = await starting;
    await job.until(() => job.texts.length >= 10);
    await job.stop();
    calls.remove();

    t.is(job.texts.length, 10);
  },
);
