import { spawnSync } from "node:child_process";
import { hostname } from "node:os";

import {
  DirectRunner,
  FixedWindows,
  createRegistry,
  openCheckpointStore,
  TributaryError,
  Sum,
} from "@tributary/core";
import { CollectingSink, SILENT_LOGGER, ScriptedSource, TestPipeline, until } from "@tributary/core/testing";
import { S3CheckpointStore, storeS3 } from "@tributary/store-s3";
import test, { type ExecutionContext } from "ava";

import { S3Server } from "./s3-server.js";

process.env["AWS_ACCESS_KEY_ID"] = "AKIDEXAMPLE";
process.env["AWS_SECRET_ACCESS_KEY"] = "very-secret-key";
process.env["AWS_REGION"] = "eu-west-1";

async function serve(t: ExecutionContext): Promise<{ server: S3Server; url: (prefix: string) => URL }> {
  const server = new S3Server("jobs");
  const endpoint = await server.open();
  t.teardown(() => server.close());
  return { server, url: (prefix) => new URL(`s3://jobs/${prefix}?endpoint=${endpoint}`) };
}

const bytesOf = (text: string): readonly Uint8Array[] => [
  Buffer.from(text.slice(0, 2)),
  Buffer.from(text.slice(2)),
];

async function failureOf(work: Promise<unknown>): Promise<TributaryError> {
  return work.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => error as TributaryError,
  );
}

test("checkpoints are objects below the prefix, listed newest first over several pages, read back and removed", async (t) => {
  const { server, url } = await serve(t);
  const store = new S3CheckpointStore(url("flights"));
  await store.acquire();

  for (let id = 1; id <= 8; id++) await store.write(id, bytesOf(`checkpoint ${id}`));
  await store.remove(3);
  await store.remove(3);

  t.deepEqual(await store.list(), [8, 7, 6, 5, 4, 2, 1]);
  t.is(Buffer.from(await store.read(8)).toString(), "checkpoint 8");
  t.true(server.objects.has("flights/checkpoint-0000000008"));
  t.is(store.description, "s3://jobs/flights");
  await store.release();
  await store.release();
  t.false(server.objects.has("flights/lock"));
});

test("a prefix is one job's, another prefix another's", async (t) => {
  const { url } = await serve(t);
  const [one, other] = [new S3CheckpointStore(url("a")), new S3CheckpointStore(url("b"))];
  await Promise.all([one.acquire(), other.acquire()]);
  await one.write(1, bytesOf("one"));

  t.deepEqual(await other.list(), []);
  await Promise.all([one.release(), other.release()]);
});

test("a prefix in use by a live process is refused, naming it, and nothing is written", async (t) => {
  const { server, url } = await serve(t);
  const first = new S3CheckpointStore(url("flights"));
  await first.acquire();
  const before = new Map(server.objects);

  const error = await failureOf(new S3CheckpointStore(url("flights")).acquire());

  t.true(TributaryError.is(error, "CHECKPOINT_UNUSABLE"));
  t.regex(error.message, new RegExp(`in use by the process ${process.pid} on `));
  t.deepEqual(server.objects, before);
  await first.release();
});

test("of two processes that want a free prefix at once, one gets it", async (t) => {
  const { url } = await serve(t);
  const stores = [1, 2, 3, 4].map(() => new S3CheckpointStore(url("flights")));

  const outcomes = await Promise.allSettled(stores.map((store) => store.acquire()));

  t.is(outcomes.filter((one) => one.status === "fulfilled").length, 1);
  await Promise.allSettled(stores.map((store) => store.release()));
});

const gone = spawnSync(process.execPath, ["-e", ""]).pid;
const MINUTES_MS = 60_000;
for (const [whose, owner, age, isTaken] of [
  ["a process of this host that is gone", { id: "x", pid: gone, host: hostname() }, 0, true],
  [
    "a process of another host that is silent for minutes",
    { id: "x", pid: 1, host: "else" },
    2 * MINUTES_MS,
    true,
  ],
  ["a process of another host", { id: "x", pid: 1, host: "else" }, 0, false],
  ["nobody: it is no text of ours", "?", 0, true],
] as const) {
  test(`the lock of ${whose} is ${isTaken ? "taken over" : "respected"}`, async (t) => {
    const { server, url } = await serve(t);
    server.set("flights/lock", JSON.stringify(owner), Date.now() - age);
    const store = new S3CheckpointStore(url("flights"));

    const outcome = await store.acquire().then(
      () => true,
      (error: unknown) => TributaryError.is(error, "CHECKPOINT_UNUSABLE") && false,
    );

    t.is(outcome, isTaken);
    await store.release();
  });
}

test("a store without conditional writes serves as well", async (t) => {
  const { server, url } = await serve(t);
  server.knowsConditions = false;
  const store = new S3CheckpointStore(url("flights"));
  await store.acquire();
  await store.write(1, bytesOf("first"));

  t.is(Buffer.from(await store.read(1)).toString(), "first");
  t.true(TributaryError.is(await failureOf(new S3CheckpointStore(url("flights")).acquire())));
  await store.release();
});

test("a checkpoint is never written over; one whose answer was lost counts as written", async (t) => {
  const { server, url } = await serve(t);
  const store = new S3CheckpointStore(url("flights"));
  await store.acquire();
  let losses = 1;
  server.fault = (call) =>
    call.includes("checkpoint-0000000001") && losses-- > 0 ? "lose-answer" : undefined;
  await store.write(1, bytesOf("mine"));
  server.fault = undefined;
  server.set("flights/checkpoint-0000000002", "of another");

  const error = await failureOf(store.write(2, bytesOf("mine")));

  t.true(TributaryError.is(error, "CHECKPOINT_UNUSABLE"));
  t.regex(error.message, /Another job has written the checkpoint 2/);
  t.is(Buffer.from(await store.read(2)).toString(), "of another");
  await store.release();
});

for (const [what, prepare, code] of [
  ["a denied call", (server: S3Server) => (server.fault = () => 403), "ACCESS_DENIED"],
  [
    "a service that fails again and again",
    (server: S3Server) => (server.fault = () => 500),
    "EXTERNAL_FAILED",
  ],
  ["a service that is not there", (server: S3Server) => server.close(), "SERVICE_UNAVAILABLE"],
] as const) {
  test(`${what} is ${code}, without a secret`, async (t) => {
    const { server, url } = await serve(t);
    prepare(server);

    const error = await failureOf(new S3CheckpointStore(url("flights")).acquire());

    t.true(TributaryError.is(error, code), error.message);
    t.true(error.message.includes("s3://jobs/flights"));
    t.false(JSON.stringify(error.diagnostics).includes("very-secret-key"));
  });
}

test("a bucket that is not there is unusable", async (t) => {
  const { url } = await serve(t);
  const elsewhere = new URL(url("x").href.replace("//jobs/", "//no-such/"));

  const error = await failureOf(new S3CheckpointStore(elsewhere).list());

  t.true(TributaryError.is(error, "CHECKPOINT_UNUSABLE"), error.message);
  t.regex(error.message, /NoSuchBucket/);
});

for (const [wrong, fault] of [
  ["s3://jobs/a?colour=red", "unknown parameter 'colour'"],
  ["s3:///a", "names no bucket"],
  ["s3://me:secret@jobs/a", "names a user"],
  ["s3://jobs/a?path-style=maybe", "path-style 'maybe'"],
] as const) {
  test(`${wrong.replace("secret", "***")} is refused`, (t) => {
    const error = t.throws(() => new S3CheckpointStore(new URL(wrong)));

    t.true(TributaryError.is(error, "CHECKPOINT_UNUSABLE"));
    t.true(error?.message.includes(fault));
    t.false(error?.message.includes("secret"));
  });
}

test("a job stopped and restored from the store of a module goes on where it was", async (t) => {
  const { server, url } = await serve(t);
  const registry = createRegistry([storeS3]);
  const play = async (polls: number, start?: "restore") => {
    const source = new ScriptedSource(
      { a: { batches: [1, 2, 3, 4].map((n) => ({ records: [n] })), isOpen: true } },
      { boundedness: "unbounded", polls },
    );
    const sink = new CollectingSink<number>();
    const pipeline = new TestPipeline("sums", { runner: new DirectRunner() });
    pipeline
      .read("numbers", source, { eventTime: { timestamp: (n) => n } })
      .windowInto("hundreds", FixedWindows.of(100))
      .combinePerKey("sum", {
        key: () => "all",
        combine: Sum.of((n: number) => n),
        output: (_key, sum) => sum,
      })
      .write("out", sink);
    const location = url("sums").href;
    const running = await pipeline.start({
      logger: SILENT_LOGGER,
      checkpoint: {
        directory: location,
        store: openCheckpointStore(location, registry),
        ...(start === undefined ? {} : { start }),
      },
    });
    await until(() => source.isPolled && source.answered === polls, "polls");
    return { running, sink };
  };

  const first = await play(2);
  await first.running.stop();
  t.true(server.objects.has("sums/checkpoint-0000000001"));
  const second = await play(2, "restore");
  await second.running.drain();

  t.deepEqual(second.sink.values, [10]);
  t.deepEqual([...server.objects.keys()].sort(), [
    "sums/checkpoint-0000000001",
    "sums/checkpoint-0000000002",
  ]);
});

test("without a module that keeps checkpoints under a scheme, that is said", (t) => {
  const error = t.throws(() => openCheckpointStore("s3://jobs/a", createRegistry([])));

  t.true(TributaryError.is(error, "MODULE_NOT_FOUND"));
});
