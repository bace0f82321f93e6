import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import test from "ava";

import { MergeShardsCommand } from "@aws-sdk/client-kinesis";
import { DirectRunner, Pipeline, TributaryError, planSink, types } from "@tributary/core";
import type { Column, Row, Sink, SinkWriter, TableDescriptor, TypedTable } from "@tributary/core";
import { readAggregate } from "@tributary/io-kinesis";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";

import { KinesisFixture, texts } from "./kinesis-fixture.js";
import { hastyServices } from "./source-harness.js";

const emulator = await startKinesisEmulator();
const kinesis = new KinesisFixture(emulator.endpoint);
let streams = 0;

test.after.always(async () => {
  kinesis.client.destroy();
  await emulator.close();
});

async function newStream(shards: number): Promise<string> {
  const name = `stream-${(streams += 1)}`;
  await emulator.createStream(name, shards);
  return name;
}

/** A writer of a table, with what it told the job. */
async function open(
  table: TableDescriptor,
  run: { readonly staticPartition?: ReadonlyMap<string, unknown>; readonly writerIndex?: number } = {},
): Promise<{ readonly writer: SinkWriter<Row>; readonly failures: unknown[] }> {
  const { staticPartition, writerIndex = 0 } = run;
  const planned = planSink(table, kinesis.context, staticPartition === undefined ? {} : { staticPartition });
  if (planned.value === undefined) throw new TributaryError(planned.diagnostics);
  const failures: unknown[] = [];
  const sink = planned.value.binding.sink as Sink<Row>;
  const writer = await sink.createWriter({
    ...hastyServices(),
    writerIndex,
    parallelism: 4,
    signal: new AbortController().signal,
    fail: (error) => failures.push(error),
  });
  return { writer, failures };
}

const rows = (all: readonly string[]): Row[] => all.map((text) => ({ text }));

async function textsIn(stream: string): Promise<string[]> {
  return [...(await kinesis.contents(stream)).values()].flat().map(({ text }) => text);
}

test("every row is in the stream once flush has resolved, under random keys", async (t) => {
  const stream = await newStream(4);
  const { writer } = await open(kinesis.table(stream));

  await writer.write(rows(texts("a", 3000)));
  await writer.write(rows(texts("b", 7)));
  await writer.flush();
  await writer.close();

  const contents = await kinesis.contents(stream);
  const records = [...contents.values()].flat();
  t.deepEqual(records.map(({ text }) => text).toSorted(), [...texts("a", 3000), ...texts("b", 7)].toSorted());
  t.is(new Set(records.map(({ key }) => key)).size, 3007);
  t.regex(records[0]?.key ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  for (const shard of contents.values()) t.true(shard.length > 500);
});

test("rows wait for the flush timer, and no longer", async (t) => {
  const stream = await newStream(1);
  const { writer } = await open(kinesis.table(stream, { "sink.flush-buffer.timeout": "2000" }));
  const calls = emulator.faults.inject({ kind: "delay", delayMs: 0, operation: "PutRecords", stream });

  await writer.write(rows(["one"]));
  t.is(calls.hits, 0);
  while ((await textsIn(stream)).length === 0) await new Promise((resolve) => setImmediate(resolve));
  await writer.close();
  calls.remove();

  t.is(calls.hits, 1);
});

test("a fixed partitioner writes everything under the writer's index", async (t) => {
  const stream = await newStream(3);
  const { writer } = await open(kinesis.table(stream, { "sink.partitioner": "fixed" }), { writerIndex: 2 });

  await writer.write(rows(texts("a", 20)));
  await writer.flush();
  await writer.close();

  const records = [...(await kinesis.contents(stream)).values()].flat();
  t.deepEqual([...new Set(records.map(({ key }) => key))], ["2"]);
});

test("four fixed writers use the keys 0 to 3, and the rows of each are in one shard, in order", async (t) => {
  const stream = await newStream(4);
  const table = kinesis.table(stream, {
    "sink.partitioner": "fixed",
    "sink.ordering": "key",
    "sink.aggregate": "true",
  });
  await Promise.all(
    [0, 1, 2, 3].map(async (writerIndex) => {
      const { writer } = await open(table, { writerIndex });
      await writer.write(rows(texts(`w${writerIndex}`, 300)));
      await writer.flush();
      await writer.close();
    }),
  );

  const seen = new Map<string, { readonly shards: Set<string>; readonly texts: string[] }>();
  for (const [shard, records] of await kinesis.payloads(stream)) {
    for (const { key, data } of records) {
      const own = seen.get(key) ?? { shards: new Set(), texts: [] };
      own.shards.add(shard);
      own.texts.push(...(readAggregate(data)?.data ?? [data]).map((one) => Buffer.from(one).toString()));
      seen.set(key, own);
    }
  }
  t.deepEqual([...seen.keys()].toSorted(), ["0", "1", "2", "3"]);
  for (const [key, { shards, texts: found }] of seen) {
    t.is(shards.size, 1);
    t.deepEqual(found, texts(`w${key}`, 300));
  }
});

test("PARTITIONED BY makes the keys, static values included", async (t) => {
  const stream = await newStream(2);
  const column = (name: string): Column => ({ kind: "physical", name, type: types.string() });
  const table = kinesis.table(
    stream,
    { "sink.partitioner-field-delimiter": "/" },
    { columns: [column("city"), column("street"), column("text")], partitionKeys: ["city", "street"] },
  );
  const { writer } = await open(table, { staticPartition: new Map([["city", "Ulm"]]) });

  await writer.write([
    { city: "Ulm", street: "A", text: "1" },
    { city: "Ulm", street: "Ä", text: "2" },
  ]);
  await writer.flush();
  await writer.close();

  const records = [...(await kinesis.contents(stream)).values()].flat();
  t.deepEqual(
    records.toSorted((a, b) => a.text.localeCompare(b.text)),
    [
      { key: "Ulm/A", text: "Ulm,A,1" },
      { key: "Ulm/Ä", text: "Ulm,Ä,2" },
    ],
  );
});

for (const rule of [
  { kind: "partial-failure", probability: 0.7, count: 10 },
  { kind: "partial-failure", errorType: "InternalFailure", count: 5, ratio: 1 },
  { kind: "throttle", count: 5 },
  { kind: "throttle", shard: "shardId-000000000001", count: 10 },
  { kind: "server-error", count: 5 },
  { kind: "connection-reset", count: 5 },
] as const) {
  test(`${JSON.stringify(rule)} is sent again until everything is there, once`, async (t) => {
    const stream = await newStream(2);
    const fault = emulator.faults.inject({ ...rule, operation: "PutRecords", stream });
    const { writer, failures } = await open(kinesis.table(stream, { "sink.batch.max-size": "50" }));

    await writer.write(rows(texts("a", 600)));
    await writer.flush();
    await writer.close();
    fault.remove();

    t.true(fault.hits > 0);
    t.deepEqual((await textsIn(stream)).toSorted(), texts("a", 600).toSorted());
    t.deepEqual(failures, []);
  });
}

test("a lost answer is sent again: at least once", async (t) => {
  const stream = await newStream(1);
  const fault = emulator.faults.inject({ kind: "drop-response", operation: "PutRecords", stream, count: 1 });
  const { writer } = await open(kinesis.table(stream));

  await writer.write(rows(texts("a", 10)));
  await writer.flush();
  await writer.close();
  fault.remove();

  t.deepEqual([...new Set(await textsIn(stream))].toSorted(), texts("a", 10).toSorted());
});

for (const [rule, options, code] of [
  [{ kind: "partial-failure" }, { "sink.fail-on-error": "true" }, "EXTERNAL_FAILED"],
  [{ kind: "server-error" }, { "sink.fail-on-error": "true" }, "SERVICE_UNAVAILABLE"],
  [{ kind: "error", errorType: "AccessDeniedException" }, {}, "ACCESS_DENIED"],
  [{ kind: "error", errorType: "ResourceNotFoundException" }, {}, "STREAM_NOT_FOUND"],
  [{ kind: "error", errorType: "ValidationException" }, {}, "EXTERNAL_FAILED"],
] as const) {
  test(`${JSON.stringify(rule)} with ${JSON.stringify(options)} ends the job as ${code}`, async (t) => {
    const stream = await newStream(1);
    const fault = emulator.faults.inject({ ...rule, operation: "PutRecords", stream });
    const { writer, failures } = await open(kinesis.table(stream, options));

    await writer.write(rows(texts("a", 10)));
    const error = await t.throwsAsync(writer.flush());
    await writer.close();
    fault.remove();

    t.true(TributaryError.is(error, code));
    t.deepEqual(failures, [error]);
    t.is(await t.throwsAsync(writer.write(rows(["more"]))), error);
  });
}

test("a record may have as many bytes as the service takes, key included, and not one more", async (t) => {
  const stream = await newStream(1);
  const { writer } = await open(kinesis.table(stream, { "sink.partitioner": "fixed" }));
  const limit = 1024 * 1024 - 1;

  await writer.write(rows(["x".repeat(limit)]));
  await writer.flush();
  const error = (await t.throwsAsync(writer.write(rows(["fits", "x".repeat(limit + 1)])))) as TributaryError;
  await writer.flush();
  await writer.close();

  t.is(error.code, "RECORD_TOO_LARGE");
  t.regex(error.message, /1048577 bytes.*1048576 bytes/);
  t.deepEqual(
    (await textsIn(stream)).map((text) => text.length),
    [limit],
  );
});

test("an empty partition key is refused with the table's name", async (t) => {
  const stream = await newStream(1);
  const { writer } = await open(kinesis.table(stream, {}, { partitionKeys: ["text"] }));

  const error = (await t.throwsAsync(writer.write(rows([""])))) as TributaryError;
  await writer.close();

  t.is(error.code, "RECORD_MALFORMED");
  t.regex(error.message, /'orders'/);
});

test("a stream that does not exist is reported before anything is written, with near names", async (t) => {
  await emulator.createStream("clicks", 1);

  const error = (await t.throwsAsync(() => open(kinesis.table("click")))) as TributaryError;

  t.is(error.code, "STREAM_NOT_FOUND");
  t.is(error.diagnostics[0]?.candidates?.[0], "clicks");
});

test("a producer that may not describe the stream may write to it", async (t) => {
  const stream = await newStream(1);
  const fault = emulator.faults.inject({
    kind: "error",
    errorType: "AccessDeniedException",
    operation: "DescribeStreamSummary",
    stream,
  });
  const { writer } = await open(kinesis.table(stream));
  fault.remove();

  await writer.write(rows(["a"]));
  await writer.flush();
  await writer.close();

  t.deepEqual(await textsIn(stream), ["a"]);
});

test("an endpoint that nobody answers at is reported soon", async (t) => {
  const gone = await startKinesisEmulator();
  await gone.close();

  const error = await t.throwsAsync(() => open(kinesis.table("s", { "aws.endpoint": gone.endpoint })));

  t.true(TributaryError.is(error, "SERVICE_UNAVAILABLE"));
});

test("write waits while the stream takes nothing, and goes on when it does", async (t) => {
  const stream = await newStream(1);
  const fault = emulator.faults.inject({ kind: "throttle", operation: "PutRecords", stream });
  const { writer } = await open(
    kinesis.table(stream, { "sink.batch.max-size": "10", "sink.requests.max-buffered": "20" }),
  );
  let isAccepted = false;
  const writing = writer.write(rows(texts("a", 100))).then(() => (isAccepted = true));
  while (fault.hits < 5) await new Promise((resolve) => setTimeout(resolve, 5));

  t.false(isAccepted);
  fault.remove();
  await writing;
  await writer.flush();
  await writer.close();
  t.deepEqual((await textsIn(stream)).toSorted(), texts("a", 100).toSorted());
});

test("closing without flushing sends nothing more and rejects what waits", async (t) => {
  const stream = await newStream(1);
  const { writer, failures } = await open(kinesis.table(stream));

  await writer.write(rows(["never"]));
  await writer.close();
  await writer.close();
  await t.throwsAsync(writer.flush());

  t.deepEqual(await textsIn(stream), []);
  t.deepEqual(failures, []);
});

test("HTTP/2 is spoken where the options say so", async (t) => {
  const stream = await newStream(1);
  const { writer } = await open(kinesis.table(stream, { "sink.http-client.protocol.version": "HTTP2" }));

  await writer.write(rows(["a"]));
  await writer.flush();
  await writer.close();

  t.deepEqual(await textsIn(stream), ["a"]);
});

test("a pipeline copies a stream, is stopped while shards split, and goes on from its checkpoint", async (t) => {
  const from = await newStream(2);
  const to = await newStream(1);
  const table = (name: string): TypedTable<Row, Row> => ({
    ...(kinesis.table(name, { "sink.flush-buffer.timeout": "50" }) as TypedTable<Row, Row>),
    name: name.replaceAll("-", "_"),
  });
  const directory = mkdtempSync(join(tmpdir(), "kinesis-copy-"));
  const copy = async (rowsReadInAll: number, start?: "restore"): Promise<void> => {
    const pipeline = new Pipeline("copy");
    pipeline.readTable("read", table(from)).writeTable("write", table(to));
    const graph = pipeline.toGraph(kinesis.context).value;
    if (graph === undefined) throw new Error("The pipeline cannot be planned.");
    const checkpoint = { directory, intervalMs: 50, ...(start === undefined ? {} : { start }) };
    const job = await new DirectRunner().run(graph, { checkpoint });
    while ((job.progress().sources[0]?.records ?? 0) < rowsReadInAll) {
      await Promise.race([job.result, new Promise((resolve) => setTimeout(resolve, 5))]);
    }
    const result = await job.stop();
    t.is(result.state, "stopped");
  };

  await kinesis.put(from, texts("a", 300));
  await copy(300);
  await kinesis.client.send(
    new MergeShardsCommand({
      StreamName: from,
      ShardToMerge: "shardId-000000000000",
      AdjacentShardToMerge: "shardId-000000000001",
    }),
  );
  await kinesis.put(from, texts("b", 300));
  await copy(600, "restore");
  rmSync(directory, { recursive: true });

  t.deepEqual((await textsIn(to)).toSorted(), [...texts("a", 300), ...texts("b", 300)].toSorted());
});

// ------------------------------------------------------------------------------------------------------ credentials

const NO_BASIC = { "aws.credentials.basic.accesskeyid": "", "aws.credentials.basic.secretkey": "" };

test("credentials that are missing are reported with the provider that was asked", async (t) => {
  const stream = await newStream(1);
  const table = kinesis.table(stream, { ...NO_BASIC, "aws.credentials.provider": "ENV_VAR" });

  const error = (await t.throwsAsync(() => open(table))) as TributaryError;

  t.is(error.code, "CREDENTIALS_MISSING");
  t.regex(error.message, /ENV_VAR/);
});

test("a profile that is missing is reported as missing credentials", async (t) => {
  const stream = await newStream(1);
  const table = kinesis.table(stream, {
    ...NO_BASIC,
    "aws.credentials.provider": "PROFILE",
    "aws.credentials.profile.path": "/nonexistent/credentials",
    "aws.credentials.profile.name": "nobody",
  });

  const error = (await t.throwsAsync(() => open(table))) as TributaryError;

  t.is(error.code, "CREDENTIALS_MISSING");
  t.regex(error.message, /PROFILE/);
});

test("a role is assumed with the base credentials and the external id", async (t) => {
  const requests: { readonly body: string; readonly authorization: string }[] = [];
  const sts = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      requests.push({ body, authorization: request.headers.authorization ?? "" });
      response.setHeader("content-type", "text/xml");
      response.end(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
        <AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
        <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`);
    });
  });
  await new Promise<void>((resolve) => sts.listen(0, "127.0.0.1", resolve));
  const stream = await newStream(1);
  const { writer } = await open(
    kinesis.table(stream, {
      "aws.credentials.provider": "ASSUME_ROLE",
      "aws.credentials.role.arn": "arn:aws:iam::111122223333:role/writer",
      "aws.credentials.role.sessionName": "orders",
      "aws.credentials.role.externalId": "x-1",
      "aws.credentials.role.stsEndpoint": `http://127.0.0.1:${(sts.address() as AddressInfo).port}`,
      "aws.credentials.role.provider": "BASIC",
      "aws.credentials.role.provider.basic.accesskeyid": "AKIABASE",
      "aws.credentials.role.provider.basic.secretkey": "base",
    }),
  );
  await writer.write(rows(["a"]));
  await writer.flush();
  await writer.close();
  sts.closeAllConnections();
  sts.close();

  t.deepEqual(await textsIn(stream), ["a"]);
  t.is(requests.length, 1);
  const body = new URLSearchParams(requests[0]?.body);
  t.is(body.get("RoleArn"), "arn:aws:iam::111122223333:role/writer");
  t.is(body.get("RoleSessionName"), "orders");
  t.is(body.get("ExternalId"), "x-1");
  t.regex(requests[0]?.authorization ?? "", /AKIABASE.*us-east-1\/sts/);
});
