import test from "ava";
import { State, Timers, type, kv, FixedWindows, type KV } from "@tributary/core";
import { TestPipeline, TestStream } from "@tributary/core/testing";

test("a function with state counts by key and window", async (t) => {
  const p = new TestPipeline();
  const words = p.create("words", ["a", "b", "a", "c", "a"]);
  p.assert(
    "out",
    words.parDo("count", {
      key: (word) => word,
      state: { n: State.value<number>() },
      output: type<string>(),
      process(word, { state, emit }) {
        const n = (state.n.read() ?? 0) + 1;
        state.n.write(n);
        emit(`${word}${n}`);
      },
    }),
  ).containsInAnyOrder(["a1", "b1", "a2", "c1", "a3"]);
  await p.run();
  t.pass();
});

test("event timers", async (t) => {
  const p = new TestPipeline();
  const stream = new TestStream<KV<string, number>>()
    .addAt({ value: kv("k", 1), timestamp: 3 })
    .advanceWatermarkTo(20)
    .advanceWatermarkTo(1000);
  p.assert(
    "out",
    p
      .read("s", stream.source, stream.options)
      .windowInto("w", FixedWindows.of(100))
      .parDo("timed", {
        state: { bag: State.bag<number>() },
        timers: { flush: Timers.eventTime() },
        output: type<string>(),
        process(e, { state, timers }) {
          state.bag.add(e.value);
          timers.flush.setRelative(10);
        },
        onTimer(timer, { state, emit, timestamp, fireTime, timers }) {
          emit(`${timer} ${timestamp} ${fireTime} ${state.bag.read().length}`);
          if (fireTime < 40) timers.flush.setRelative(10);
        },
        onWindowExpiration({ emit, timestamp, key }) {
          emit(`expired ${key} ${timestamp}`);
        },
      }),
  ).satisfies((v) =>
    t.deepEqual([...v], ["flush 13 13 1", "flush 23 23 1", "flush 33 33 1", "flush 43 43 1", "expired k 99"]),
  );
  await p.run();
});
