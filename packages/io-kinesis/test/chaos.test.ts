/**
 * Whole streams under everything at once: shards that split, merge and double, restarts at random instants, calls that
 * fail. `npm run test:kinesis` reads a million records; a seed that was printed repeats a run.
 */
import test from "ava";

import {
  MergeShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
  UpdateShardCountCommand,
} from "@aws-sdk/client-kinesis";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";
import type { FaultRule, KinesisEmulator } from "@tributary/kinesis-emulator";

import { KinesisFixture } from "./kinesis-fixture.js";
import { SourceHarness } from "./source-harness.js";
import type { Checkpoint } from "./source-harness.js";

const RECORDS = Number(process.env["TRIBUTARY_KINESIS_RECORDS"] ?? 20_000);
const SEED = Number(process.env["TRIBUTARY_SEED"] ?? Date.now() % 1_000_000);
const KEYS = 500;
const SHARDS = 16;
const STREAM = "chaos";
/** More than all faults of a run can make fail. */
const LOOKS_MAX = 100;
/** Records of a round; between two rounds something happens to the stream or the job. */
const ROUND = Math.max(500, Math.ceil(RECORDS / 20 / 500) * 500);

const READERS = { POLLING: {}, EFO: { "source.reader.type": "EFO", "source.efo.consumer.name": "chaos" } };

/** A number from 0 to 1, the same ones for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** State of a job that counts by key: it knows what is missing, doubled or out of order. */
class KeyCounts {
  #counts: Map<string, number>;
  total: number;

  constructor(counts: ReadonlyMap<string, number> = new Map(), total = 0) {
    this.#counts = new Map(counts);
    this.total = total;
  }

  /** @throws Error if the record is not the one that follows the key's last. */
  add(key: string, number: number): void {
    const expected = this.#counts.get(key) ?? 0;
    if (number !== expected) throw new Error(`of key ${key} came ${number} where ${expected} was to come`);
    this.#counts.set(key, expected + 1);
    this.total += 1;
  }

  copy(): KeyCounts {
    return new KeyCounts(this.#counts, this.total);
  }
}

/** A job that is restarted from its checkpoints, its state with it. */
class RestartedJob {
  readonly #start: (restored: Checkpoint | undefined) => Promise<SourceHarness>;
  state = new KeyCounts();
  #harness: SourceHarness | undefined;
  #saved: { readonly checkpoint: Checkpoint; readonly state: KeyCounts } | undefined;
  #wrong: unknown;

  constructor(start: (restored: Checkpoint | undefined) => Promise<SourceHarness>) {
    this.#start = start;
  }

  async start(): Promise<void> {
    this.state = this.#saved?.state.copy() ?? new KeyCounts();
    this.#harness = await this.#start(this.#saved?.checkpoint);
  }

  /** What one batch says. */
  take(records: readonly { readonly partitionKey: string; readonly data: Uint8Array }[]): void {
    try {
      for (const { partitionKey, data } of records) {
        this.state.add(partitionKey, Number(Buffer.from(data).toString().split(",")[0]));
      }
    } catch (error) {
      this.#wrong ??= error;
    }
  }

  save(): void {
    if (this.#harness === undefined) return;
    this.#saved = { checkpoint: this.#harness.checkpoint(), state: this.state.copy() };
  }

  /** As after a crash: everything since the last checkpoint is forgotten. */
  async restart(): Promise<void> {
    await this.#harness?.stop();
    await this.start();
  }

  async until(total: number): Promise<void> {
    await this.#harness?.until(() => this.#wrong !== undefined || this.state.total >= total);
    if (this.#wrong !== undefined) throw this.#wrong as Error;
  }

  async stop(): Promise<void> {
    await this.#harness?.stop();
  }
}

/** Writes the records of each key with rising numbers. */
class Writer {
  readonly #kinesis: KinesisFixture;
  readonly #random: () => number;
  readonly #counts = new Map<string, number>();
  written = 0;

  constructor(kinesis: KinesisFixture, random: () => number) {
    this.#kinesis = kinesis;
    this.#random = random;
  }

  async write(records: number): Promise<void> {
    for (let from = 0; from < records; from += 500) {
      const Records = Array.from({ length: Math.min(500, records - from) }, () => {
        const key = `key-${Math.floor(this.#random() * KEYS)}`;
        const number = this.#counts.get(key) ?? 0;
        this.#counts.set(key, number + 1);
        return { PartitionKey: key, Data: Buffer.from(`${number},`.padEnd(100, "x")) };
      });
      const answer = await this.#kinesis.client.send(new PutRecordsCommand({ StreamName: STREAM, Records }));
      if ((answer.FailedRecordCount ?? 0) > 0) throw new Error("The test's own records were not taken.");
      this.written += Records.length;
    }
  }
}

/** Faults meant for the job hit the test's own look at the shards too, more often in a row than its client tries again. */
async function listShards(kinesis: KinesisFixture): ReturnType<KinesisFixture["shards"]> {
  for (let left = LOOKS_MAX; ; left -= 1) {
    try {
      return await kinesis.shards(STREAM);
    } catch (error) {
      if (left === 1) throw error;
    }
  }
}

async function openShards(
  kinesis: KinesisFixture,
): Promise<{ readonly id: string; readonly first: bigint; readonly last: bigint }[]> {
  return (await listShards(kinesis))
    .filter(({ SequenceNumberRange }) => SequenceNumberRange?.EndingSequenceNumber === undefined)
    .map(({ ShardId: id = "", HashKeyRange: range }) => ({
      id,
      first: BigInt(range?.StartingHashKey ?? 0),
      last: BigInt(range?.EndingHashKey ?? 0),
    }))
    .toSorted((left, right) => (left.first < right.first ? -1 : 1));
}

async function splitOne(kinesis: KinesisFixture, random: () => number): Promise<void> {
  const open = await openShards(kinesis);
  const shard = open[Math.floor(random() * open.length)];
  if (shard === undefined || shard.last - shard.first < 2n) return;
  const NewStartingHashKey = String((shard.first + shard.last) / 2n + 1n);
  await kinesis.client.send(
    new SplitShardCommand({ StreamName: STREAM, ShardToSplit: shard.id, NewStartingHashKey }),
  );
}

async function mergeTwo(kinesis: KinesisFixture, random: () => number): Promise<void> {
  const open = await openShards(kinesis);
  const at = Math.floor(random() * (open.length - 1));
  const [left, right] = [open[at], open[at + 1]];
  if (left === undefined || right === undefined) return;
  await kinesis.client.send(
    new MergeShardsCommand({
      StreamName: STREAM,
      ShardToMerge: left.id,
      AdjacentShardToMerge: right.id,
    }),
  );
}

async function double(kinesis: KinesisFixture): Promise<void> {
  const TargetShardCount = (await openShards(kinesis)).length * 2;
  await kinesis.client.send(
    new UpdateShardCountCommand({
      StreamName: STREAM,
      TargetShardCount,
      ScalingType: "UNIFORM_SCALING",
    }),
  );
}

const FAULTS: readonly FaultRule[] = [
  { kind: "expired-iterator", count: 10 },
  { kind: "throttle", operation: ["GetRecords", "SubscribeToShard"], count: 10 },
  { kind: "server-error", operation: ["GetRecords", "ListShards", "SubscribeToShard"], count: 10 },
  { kind: "connection-reset", operation: ["GetRecords", "SubscribeToShard"], count: 5 },
  { kind: "cut-body", operation: ["GetRecords", "SubscribeToShard"], count: 5 },
  { kind: "wrong-json", operation: ["GetRecords", "SubscribeToShard"], count: 5 },
  { kind: "reset-stream", operation: "SubscribeToShard", count: 5 },
  { kind: "go-away", operation: "SubscribeToShard", count: 2 },
  { kind: "event-error", count: 5, afterEvents: 1 },
];

interface Scene {
  readonly emulator: KinesisEmulator;
  readonly kinesis: KinesisFixture;
  readonly job: RestartedJob;
  readonly random: () => number;
}

/** One thing that happens between two rounds. */
async function disturb({ emulator, kinesis, job, random }: Scene, round: number): Promise<void> {
  if (round === 8) {
    await double(kinesis);
    return;
  }
  const dice = random();
  if (dice < 0.25) await splitOne(kinesis, random);
  else if (dice < 0.45) await mergeTwo(kinesis, random);
  else if (dice < 0.6) job.save();
  else if (dice < 0.75) await job.restart();
  else emulator.faults.inject(FAULTS[Math.floor(random() * FAULTS.length)] as FaultRule);
}

for (const [reader, options] of Object.entries(READERS)) {
  test.serial(
    `${reader}: ${RECORDS} records through all of it, each once and in order (seed ${SEED})`,
    async (t) => {
      t.timeout(15 * 60_000);
      const random = randomOf(SEED);
      const emulator = await startKinesisEmulator({ seed: SEED });
      const kinesis = new KinesisFixture(emulator.endpoint);
      await emulator.createStream(STREAM, SHARDS);
      // The readers' timers are hasty; so is the emulator's time.
      const ticks = setInterval(() => emulator.clock.advance(1000), 20);
      const table = kinesis.table(STREAM, {
        ...options,
        "source.shard.discovery.interval": "10 s",
        // With hasty timers the default is two hundred calls a second of each shard that is idle.
        "source.reader.empty-records-fetch-interval": "1 s",
      });
      const job = new RestartedJob((restored) =>
        SourceHarness.start(table, kinesis.context, {
          parallelism: 4,
          take: ({ records }) => job.take(records),
          ...(restored !== undefined && { restored }),
        }),
      );
      const writer = new Writer(kinesis, random);

      await job.start();
      for (let round = 0; writer.written < RECORDS; round += 1) {
        await writer.write(Math.min(ROUND, RECORDS - writer.written));
        await disturb({ emulator, kinesis, job, random }, round);
      }
      await job.until(RECORDS);
      job.save();
      await job.restart();
      clearInterval(ticks);
      await job.stop();
      kinesis.client.destroy();
      await emulator.close();

      t.is(job.state.total, RECORDS);
    },
  );
}
