import test from "ava";
import fc from "fast-check";

import {
  AsyncBatchWriter,
  TributaryError,
  type AsyncBatchWriterOptions,
  type BatchDestination,
  type BatchWriterServices,
  type Clock,
  type EntryRefusal,
  type FailureClass,
  type MetricGroup,
  type TimerHandle,
} from "@tributary/core";

/** A clock that stands until it is told to move on. */
class StandingClock implements Clock {
  #now = 0;
  readonly #timers = new Map<object, { readonly dueMs: number; readonly callback: () => void }>();

  now(): number {
    return this.#now;
  }

  setTimer(delayMs: number, callback: () => void): TimerHandle {
    const handle = { cancel: (): boolean => this.#timers.delete(handle) };
    this.#timers.set(handle, { dueMs: this.#now + delayMs, callback });
    return handle;
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.setTimer(delayMs, resolve));
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.dueMs <= end);
      due.sort((a, b) => a[1].dueMs - b[1].dueMs);
      const next = due[0];
      if (next === undefined) break;
      this.#now = next[1].dueMs;
      this.#timers.delete(next[0]);
      next[1].callback();
    }
    this.#now = end;
  }
}

interface Call {
  readonly batch: readonly string[];
  answer(refused?: readonly number[]): Promise<void>;
  breakDown(error: Error): Promise<void>;
}

interface DeskSettings {
  readonly keyOf?: (entry: string) => string;
  readonly payloadSizeOf?: (entry: string) => number;
}

/** A destination whose calls stay open until the test ends them. */
class Desk implements BatchDestination<string> {
  readonly orderKeyOf?: (entry: string) => string;
  readonly payloadSizeOf?: (entry: string) => number;
  readonly calls: Call[] = [];
  readonly delivered: string[] = [];

  constructor({ keyOf, payloadSizeOf }: DeskSettings = {}) {
    if (keyOf !== undefined) this.orderKeyOf = keyOf;
    if (payloadSizeOf !== undefined) this.payloadSizeOf = payloadSizeOf;
  }

  sizeOf(entry: string): number {
    return entry.length;
  }

  send(batch: readonly string[]): Promise<readonly EntryRefusal[]> {
    return new Promise((resolve, reject) => {
      this.calls.push({
        batch,
        answer: (refused = []) => {
          this.delivered.push(...batch.filter((_, index) => !refused.includes(index)));
          resolve(refused.map((index) => ({ index, code: "Busy" })));
          return settle();
        },
        breakDown: (error) => {
          reject(error);
          return settle();
        },
      });
    });
  }

  classify(error: unknown): FailureClass {
    const { message } = error as Error;
    return message === "fatal" || message === "throttled" ? message : "retryable";
  }

  callFailed(error: unknown): unknown {
    return new TributaryError({ severity: "error", code: "EXTERNAL_FAILED", message: String(error) });
  }

  entriesRefused(refusals: readonly EntryRefusal[], batchRecords: number): unknown {
    const message = `${refusals.length} of ${batchRecords} refused`;
    return new TributaryError({ severity: "error", code: "EXTERNAL_FAILED", message });
  }
}

/** Lets promise callbacks that are due run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const DEFAULTS: AsyncBatchWriterOptions = {
  batchRecordsMax: 4,
  batchBytesMax: 1000,
  requestsInFlightMax: 50,
  bufferedRecordsMax: 100,
  bufferedBytesMax: 10_000,
  flushIntervalMs: 5000,
  failOnError: false,
  retryDelayMinMs: 100,
  retryDelayMaxMs: 1000,
  giveUpAfterMs: 60_000,
};

function setUp(changes: Partial<AsyncBatchWriterOptions> = {}, settings: DeskSettings = {}) {
  const clock = new StandingClock();
  const desk = new Desk(settings);
  const failures: unknown[] = [];
  const counters = new Map<string, number>();
  const gauges = new Map<string, () => number>();
  const metrics: MetricGroup = {
    group: () => metrics,
    counter: (name) => ({ add: (amount) => void counters.set(name, (counters.get(name) ?? 0) + amount) }),
    gauge: (name, read) => void gauges.set(name, read),
    remove: () => {},
  };
  const silent = (): void => {};
  const cancel = new AbortController();
  const services: BatchWriterServices = {
    clock,
    random: { next: () => 1, uuid: () => "" },
    logger: { error: silent, warn: silent, info: silent, debug: silent, trace: silent },
    metrics,
    signal: cancel.signal,
    fail: (error) => failures.push(error),
  };
  const writer = new AsyncBatchWriter(desk, { ...DEFAULTS, ...changes }, services);
  return { writer, desk, clock, failures, counters, gauges, cancel };
}

const letters = (count: number): string[] => Array.from({ length: count }, (_, index) => `r${index}`);

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol("open");
  await settle();
  return (await Promise.race([promise, Promise.resolve(open)])) === open;
}

test("a batch leaves as soon as it is full, and what is left waits for the timer", async (t) => {
  const { writer, desk, clock } = setUp();

  await writer.write(letters(6));
  t.deepEqual(
    desk.calls.map((call) => call.batch),
    [["r0", "r1", "r2", "r3"]],
  );
  await desk.calls[0]?.answer();
  clock.advance(4999);
  t.is(desk.calls.length, 1);
  clock.advance(1);

  t.deepEqual(desk.calls[1]?.batch, ["r4", "r5"]);
});

test("a batch leaves when its bytes are reached, and no call exceeds them", async (t) => {
  const { writer, desk } = setUp({ batchBytesMax: 10, batchRecordsMax: 100 });

  await writer.write(["aaaa", "bbbb", "cccc", "dd"]);

  t.deepEqual(
    desk.calls.map((call) => call.batch),
    [["aaaa", "bbbb"]],
  );
  t.is(writer.bufferedRecords, 2);
});

test("an entry as large as the byte limit still goes, alone", async (t) => {
  const { writer, desk } = setUp({ batchBytesMax: 10, batchRecordsMax: 100 });

  await writer.write(["x".repeat(10), "y"]);

  t.deepEqual(desk.calls[0]?.batch, ["x".repeat(10)]);
});

test("records in flight follow the window: one batch at first, ten more records for each success", async (t) => {
  const { writer, desk } = setUp();

  await writer.write(letters(40));
  t.is(desk.calls.length, 1);
  await desk.calls[0]?.answer();

  // The window is 14 now: three batches of four.
  t.is(desk.calls.length, 4);
  await desk.calls[1]?.answer();
  t.is(desk.calls.length, 8);
});

test("a failure shrinks the window to 99 per cent, rounded half up, and never below one", async (t) => {
  const { writer, desk, clock } = setUp({ batchRecordsMax: 60, bufferedRecordsMax: 1000 });

  await writer.write(letters(180));
  await desk.calls[0]?.answer([0]);

  // 60 * 0.99 = 59.4.
  t.is(desk.calls[1]?.batch.length, 59);
  await desk.calls[1]?.answer([0]);
  t.is(desk.calls[2]?.batch.length, 58);
  clock.advance(1000);
});

test("calls in flight stay below their limit", async (t) => {
  const { writer, desk } = setUp({ requestsInFlightMax: 2, batchRecordsMax: 2 });

  await writer.write(letters(40));
  await desk.calls[0]?.answer();
  await desk.calls[1]?.answer();

  t.is(desk.calls.length, 4);
});

test("write waits while the buffer is full and goes on when a call ends", async (t) => {
  const { writer, desk } = setUp({ bufferedRecordsMax: 5, batchRecordsMax: 4 });

  const writing = writer.write(letters(12));
  t.true(await isPending(writing));
  t.is(writer.bufferedRecords, 5);
  await desk.calls[0]?.answer();
  await writing;

  t.is(desk.delivered.length, 4);
});

test("write waits while too many bytes are buffered", async (t) => {
  const { writer, desk } = setUp({ batchBytesMax: 10, bufferedBytesMax: 20, batchRecordsMax: 4 });

  const writing = writer.write(Array.from({ length: 8 }, () => "12345678"));
  t.true(await isPending(writing));
  t.is(writer.bufferedRecords, 3);
  await desk.calls[0]?.answer();

  t.false(await isPending(writing));
});

test("refused entries return to the head of the buffer in their order, after a back-off", async (t) => {
  const { writer, desk, clock, counters } = setUp();

  await writer.write(letters(6));
  await desk.calls[0]?.answer([1, 3]);
  t.is(desk.calls.length, 1);
  clock.advance(99);
  t.is(desk.calls.length, 1);
  clock.advance(1);

  t.deepEqual(desk.calls[1]?.batch, ["r1", "r3", "r4", "r5"]);
  t.is(counters.get("numRecordsOutErrors"), 2);
  t.is(counters.get("numRecordsOut"), 8);
});

test("the back-off doubles with every failure in a row up to its bound and starts anew after a success", async (t) => {
  const { writer, desk, clock } = setUp({ batchRecordsMax: 1, bufferedRecordsMax: 10 });
  const waits: number[] = [];

  await writer.write(["a"]);
  for (let round = 0; round < 6; round += 1) {
    const calls = desk.calls.length;
    await desk.calls[calls - 1]?.answer([0]);
    const before = clock.now();
    while (desk.calls.length === calls) clock.advance(1);
    waits.push(clock.now() - before);
  }
  await desk.calls.at(-1)?.answer();
  await writer.write(["b"]);
  const calls = desk.calls.length;
  await desk.calls.at(-1)?.answer([0]);
  const before = clock.now();
  while (desk.calls.length === calls) clock.advance(1);

  t.deepEqual(waits, [100, 200, 400, 800, 1000, 1000]);
  t.is(clock.now() - before, 100);
});

test("a call that fails as a whole is sent again", async (t) => {
  const { writer, desk, clock, failures } = setUp();

  await writer.write(letters(4));
  await desk.calls[0]?.breakDown(new Error("connection reset"));
  clock.advance(100);
  await desk.calls[1]?.answer();

  t.deepEqual(desk.delivered, letters(4));
  t.deepEqual(failures, []);
});

test("a fatal failure ends the writer: write and flush reject with it and the job is told once", async (t) => {
  const { writer, desk, failures, clock } = setUp();

  await writer.write(letters(5));
  const flushing = writer.flush();
  await desk.calls[0]?.breakDown(new Error("fatal"));
  const error = await t.throwsAsync(flushing);

  t.true(TributaryError.is(error, "EXTERNAL_FAILED"));
  t.deepEqual(failures, [error]);
  t.is(await t.throwsAsync(writer.write(["z"])), error);
  t.is(clock.pendingTimers, 0);
});

test("with failOnError a refused entry ends the writer", async (t) => {
  const { writer, desk, failures } = setUp({ failOnError: true });

  await writer.write(letters(4));
  await desk.calls[0]?.answer([2]);

  t.is((failures[0] as Error).message, "1 of 4 refused");
});

test("with failOnError a failed call ends the writer although it could be repeated", async (t) => {
  const { writer, desk, failures } = setUp({ failOnError: true });

  await writer.write(letters(4));
  await desk.calls[0]?.breakDown(new Error("connection reset"));

  t.is(failures.length, 1);
});

test("the writer gives up when no call has succeeded for the time allowed", async (t) => {
  const { writer, desk, clock, failures } = setUp({ giveUpAfterMs: 10_000 });

  await writer.write(letters(4));
  while (failures.length === 0 && clock.now() < 20_000) {
    await desk.calls.at(-1)?.breakDown(new Error("connection reset"));
    clock.advance(500);
  }

  t.is(failures.length, 1);
  t.true(clock.now() >= 10_000 && clock.now() <= 11_000);
});

test("flush waits for buffered entries, calls in flight and back-offs", async (t) => {
  const { writer, desk, clock } = setUp();

  await writer.write(letters(5));
  const flushing = writer.flush();
  t.true(await isPending(flushing));
  await desk.calls[0]?.answer([0]);
  await desk.calls[1]?.answer();
  t.true(await isPending(flushing));
  clock.advance(100);
  await desk.calls[2]?.answer();
  await flushing;

  t.deepEqual(desk.delivered.toSorted(), letters(5));
});

test("flush of an empty writer resolves at once", async (t) => {
  const { writer, desk } = setUp();

  await writer.flush();

  t.is(desk.calls.length, 0);
});

test("aborting the job ends a write that waits", async (t) => {
  const { writer, cancel, failures } = setUp({ bufferedRecordsMax: 5 });

  const writing = writer.write(letters(20));
  cancel.abort(new Error("cancelled"));

  await t.throwsAsync(writing, { message: "cancelled" });
  t.deepEqual(failures, []);
});

test("close leaves no timer behind and drops late answers", async (t) => {
  const { writer, desk, clock, failures } = setUp();

  await writer.write(letters(6));
  writer.close();
  writer.close();
  await desk.calls[0]?.breakDown(new Error("fatal"));

  t.is(clock.pendingTimers, 0);
  t.deepEqual(failures, []);
});

test("whatever is refused, every accepted entry is delivered exactly once when flush resolves", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 10 }),
      fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
      async (writes, batchRecordsMax, dice) => {
        const { writer, desk, clock } = setUp({ batchRecordsMax, bufferedRecordsMax: batchRecordsMax + 1 });
        const expected: string[] = [];
        const work = (async () => {
          for (const [round, count] of writes.entries()) {
            const entries = Array.from({ length: count }, (_, index) => `${round}-${index}`);
            expected.push(...entries);
            await writer.write(entries);
          }
          await writer.flush();
        })();
        let answered = 0;
        while (await isPending(work)) {
          for (; answered < desk.calls.length; answered += 1) {
            const call = desk.calls[answered] as Call;
            const roll = dice.next().value ?? 0;
            if (roll === 0) await call.breakDown(new Error("reset"));
            else
              await call.answer(call.batch.flatMap((_, index) => (index % 10 === roll - 5 ? [index] : [])));
          }
          clock.advance(1000);
        }
        t.deepEqual(desk.delivered.toSorted(), expected.toSorted());
      },
    ),
    { numRuns: 30 },
  );
});

test("calls that are throttled are sent again for as long as it takes", async (t) => {
  const { writer, desk, clock, failures } = setUp({ giveUpAfterMs: 10_000 });

  await writer.write(letters(4));
  while (clock.now() < 30_000) {
    await desk.calls.at(-1)?.breakDown(new Error("throttled"));
    clock.advance(1000);
  }
  await desk.calls.at(-1)?.answer();

  t.deepEqual(failures, []);
  t.deepEqual(desk.delivered, letters(4));
});

test("the metrics count attempts, payload alone, and how long the last call took", async (t) => {
  const { writer, desk, clock, counters, gauges } = setUp({}, { payloadSizeOf: () => 1 });

  await writer.write(letters(4));
  clock.advance(30);
  await desk.calls[0]?.answer([1]);
  t.is(gauges.get("currentSendTime")?.(), 30);
  clock.advance(100);
  await desk.calls[1]?.breakDown(new Error("reset"));

  t.is(gauges.get("currentSendTime")?.(), 0);
  t.deepEqual(Object.fromEntries(counters), {
    numBytesOut: 5,
    numRecordsOut: 5,
    numRecordsOutErrors: 2,
  });
});

test("what is buffered leaves when it is asked to", async (t) => {
  const { writer, desk } = setUp();

  await writer.write(["a"]);
  writer.sendBuffered();

  t.deepEqual(desk.calls[0]?.batch, ["a"]);
});

// ------------------------------------------------------------------------------------------------------------ order

/** `a1` has the key `a`. */
const BY_LETTER: DeskSettings = { keyOf: (entry) => entry.slice(0, 1) };

test("in order, a call holds one entry of a key, and the next one leaves when that is durable", async (t) => {
  const { writer, desk } = setUp({ batchRecordsMax: 3 }, BY_LETTER);

  await writer.write(["a1", "a2", "b1", "c1", "c2"]);
  t.deepEqual(
    desk.calls.map((call) => call.batch),
    [["a1", "b1", "c1"]],
  );
  await desk.calls[0]?.answer();

  // They have waited for a call already, and do not wait for the timer too.
  t.deepEqual(desk.calls[1]?.batch, ["a2", "c2"]);
});

test("in order, a key with a refused entry holds back its later entries and no other key's", async (t) => {
  const { writer, desk, clock } = setUp({ batchRecordsMax: 2 }, BY_LETTER);

  await writer.write(["a1", "b1", "a2", "b2", "a3", "b3"]);
  await desk.calls[0]?.answer([0]);
  await desk.calls[1]?.answer();
  await desk.calls[2]?.answer();
  t.deepEqual(
    desk.calls.map((call) => call.batch),
    [["a1", "b1"], ["b2"], ["b3"]],
  );
  clock.advance(100);
  await desk.calls[3]?.answer();
  await desk.calls[4]?.answer();
  await desk.calls[5]?.answer();

  t.deepEqual(desk.delivered, ["b1", "b2", "b3", "a1", "a2", "a3"]);
});

test("in order, entries of one key do not wait for a batch that they cannot fill", async (t) => {
  const { writer, desk, clock } = setUp({ batchRecordsMax: 4, bufferedRecordsMax: 5 }, BY_LETTER);
  const entries = Array.from({ length: 20 }, (_, index) => `a${index}`);

  const writing = writer.write(entries);
  const flushing = writing.then(() => writer.flush());
  for (let call = 0; call < 20; call += 1) await desk.calls[call]?.answer();
  await flushing;

  t.deepEqual(desk.delivered, entries);
  t.is(clock.now(), 0);
});

test("in order, the timer sends what may go, and the rest follows without waiting again", async (t) => {
  const { writer, desk, clock } = setUp({ batchRecordsMax: 10 }, BY_LETTER);

  await writer.write(["a1", "a2", "b1"]);
  clock.advance(4999);
  t.is(desk.calls.length, 0);
  clock.advance(1);
  t.deepEqual(desk.calls[0]?.batch, ["a1", "b1"]);
  await desk.calls[0]?.answer();

  t.deepEqual(desk.calls[1]?.batch, ["a2"]);
});

test("in order, bytes make a batch leave and bound it", async (t) => {
  const { writer, desk } = setUp({ batchBytesMax: 10, batchRecordsMax: 100 }, BY_LETTER);

  await writer.write(["a123", "b123", "a456", "c123", "d1"]);

  t.deepEqual(desk.calls[0]?.batch, ["a123", "b123"]);
  t.is(desk.calls.length, 1);
});

test("whatever fails and however calls overtake each other, each key's entries arrive once and in order", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 30 }), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 40 }),
      fc.infiniteStream(fc.nat({ max: 999 })),
      async (writes, batchRecordsMax, room, dice) => {
        const draw = (): number => dice.next().value ?? 0;
        const { writer, desk, clock, failures } = setUp(
          { batchRecordsMax, bufferedRecordsMax: batchRecordsMax + room },
          BY_LETTER,
        );
        const counts = [0, 0, 0, 0, 0, 0];
        const work = (async () => {
          for (const keys of writes) {
            await writer.write(
              keys.map((key) => `${"abcdef"[key]}${(counts[key] = (counts[key] ?? 0) + 1)}`),
            );
          }
          await writer.flush();
        })();
        const open: Call[] = [];
        let seen = 0;
        while (await isPending(work)) {
          open.push(...desk.calls.slice(seen));
          seen = desk.calls.length;
          const call = open.splice(draw() % Math.max(1, open.length), 1)[0];
          if (call !== undefined) {
            t.is(new Set(call.batch.map((entry) => entry[0])).size, call.batch.length);
            if (draw() % 10 < 2) await call.breakDown(new Error(draw() % 2 === 0 ? "reset" : "throttled"));
            else await call.answer(call.batch.flatMap((_, index) => (draw() % 10 < 3 ? [index] : [])));
          }
          clock.advance(draw());
        }
        for (const [key, count] of counts.entries()) {
          const letter = "abcdef"[key] as string;
          t.deepEqual(
            desk.delivered.filter((entry) => entry.startsWith(letter)),
            Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
          );
        }
        t.deepEqual(failures, []);
        t.is(writer.bufferedRecords, 0);
      },
    ),
    { numRuns: 100 },
  );
});
