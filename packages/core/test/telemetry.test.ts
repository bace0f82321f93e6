import type {
  BatchObservableCallback,
  Meter,
  Observable,
  ObservableCallback,
  ObservableResult,
} from "@opentelemetry/api";
import test from "ava";
import {
  FixedWindows,
  MetricRegistry,
  Sum,
  jsonLogger,
  observeWithOpenTelemetry,
  prometheusText,
  watchHealth,
  type JobProgress,
} from "@tributary/core";
import {
  CollectingSink,
  MemoryCheckpointStore,
  ScriptedSource,
  TestPipeline,
  VirtualClock,
  until,
} from "@tributary/core/testing";

/** A registry with a metric of each kind of place. */
function registry(): MetricRegistry {
  const metrics = new MetricRegistry();
  const source = metrics.group("source").group("clicks.eu");
  source.gauge("numRecordsIn", () => 7);
  const stream = source.group("KinesisStreamSource").group("region.eu-west-1").group("stream.clicks");
  stream.group("shardId.shardId-000000000000").gauge("millisBehindLatest", () => 250);
  source
    .group("KinesisConsumer")
    .group("stream")
    .group("old")
    .gauge("lag", () => 1);
  metrics.group("sink").group('a "b"').counter("numBytesOut").add(12);
  metrics
    .group("step")
    .group("sum")
    .gauge("outputWatermark", () => Number.NEGATIVE_INFINITY);
  metrics.group("checkpoint").gauge("completed", () => 3);
  return metrics;
}

test("metrics are text for Prometheus, with what they are of as labels", (t) => {
  t.is(
    prometheusText(registry()),
    [
      "# TYPE tributary_source_num_records_in gauge",
      'tributary_source_num_records_in{source="clicks.eu"} 7',
      "# TYPE tributary_source_kinesis_stream_source_millis_behind_latest gauge",
      'tributary_source_kinesis_stream_source_millis_behind_latest{source="clicks.eu",region="eu-west-1",stream="clicks",shard_id="shardId-000000000000"} 250',
      "# TYPE tributary_source_kinesis_consumer_lag gauge",
      'tributary_source_kinesis_consumer_lag{source="clicks.eu",stream="old"} 1',
      "# TYPE tributary_sink_num_bytes_out_total counter",
      'tributary_sink_num_bytes_out_total{sink="a \\"b\\""} 12',
      "# TYPE tributary_checkpoint_completed gauge",
      "tributary_checkpoint_completed 3",
      "",
    ].join("\n"),
  );
});

/** Collects as an SDK does. */
class CollectingMeter implements Meter {
  readonly instruments = new Map<string, { kind: string; callbacks: Set<ObservableCallback> }>();

  createObservableGauge = (name: string): Observable => this.#make(name, "gauge");
  createObservableCounter = (name: string): Observable => this.#make(name, "counter");
  createObservableUpDownCounter = (name: string): Observable => this.#make(name, "up-down");
  createGauge = (): never => t0();
  createHistogram = (): never => t0();
  createCounter = (): never => t0();
  createUpDownCounter = (): never => t0();
  addBatchObservableCallback(_callback: BatchObservableCallback): void {}
  removeBatchObservableCallback(_callback: BatchObservableCallback): void {}

  collect(): readonly string[] {
    const lines: string[] = [];
    for (const [name, { kind, callbacks }] of Array.from(this.instruments)) {
      const result: ObservableResult = {
        observe: (value, attributes) => lines.push(`${kind} ${name} ${JSON.stringify(attributes)} ${value}`),
      };
      for (const callback of callbacks) void callback(result);
    }
    return lines;
  }

  #make(name: string, kind: string): Observable {
    const callbacks = new Set<ObservableCallback>();
    this.instruments.set(name, { kind, callbacks });
    return {
      addCallback: (callback) => void callbacks.add(callback),
      removeCallback: (callback) => void callbacks.delete(callback),
    };
  }
}

function t0(): never {
  throw new Error("nothing is pushed");
}

test("metrics are offered to OpenTelemetry, those among them that come later, until the offer is taken back", (t) => {
  const meter = new CollectingMeter();
  const metrics = registry();
  const end = observeWithOpenTelemetry(metrics, { pipeline: "p", meter });
  const first = meter.collect();
  metrics.group("source").group("clicks.eu").counter("errors").add(2);
  meter.collect();
  const later = meter.collect();
  end();

  t.true(first.includes('gauge tributary.source.numRecordsIn {"pipeline":"p","source":"clicks.eu"} 7'));
  t.true(
    first.includes('counter tributary.sink.numBytesOut {"pipeline":"p","sink":"a \\"b\\""} 12'),
    first.join("\n"),
  );
  t.false(first.some((line) => line.includes("outputWatermark")));
  t.true(later.includes('counter tributary.source.errors {"pipeline":"p","source":"clicks.eu"} 2'));
  t.deepEqual(meter.collect(), []);
});

test("a job tells of every step its elements, watermarks, lag, time and state, and of its checkpoints", async (t) => {
  const clock = new VirtualClock(10_000);
  const source = new ScriptedSource(
    { a: { batches: [{ records: [1, 2, 3] }, { records: [25] }], isOpen: true } },
    { boundedness: "unbounded" },
  );
  const sink = new CollectingSink<number>();
  const pipeline = new TestPipeline();
  pipeline
    .read("numbers", source, { eventTime: { timestamp: (n: number) => n } })
    .filter("odd", (n) => n % 2 === 1)
    .windowInto("ten", FixedWindows.of(10))
    .combinePerKey("sum", { key: () => "all", combine: Sum.of((n: number) => n), output: (_key, sum) => sum })
    .write("out", sink);
  const job = await pipeline.start({
    clock,
    countElements: true,
    checkpoint: { directory: "memory", store: new MemoryCheckpointStore(), intervalMs: 1_000 },
  });
  await until(() => source.isPolled && source.answered === 2, "polls");
  await clock.advance(1_000);
  await until(() => job.progress().checkpoints.completed === 1, "a checkpoint");

  const values = new Map(job.metrics.read().map(({ name, value }) => [name, value]));
  await job.cancel();

  t.is(values.get("step.numbers.elementCount"), 4);
  t.is(values.get("step.odd.elementCount"), 3);
  t.is(values.get("step.sum.elementCount"), 1);
  t.is(values.get("step.sum.inputWatermark"), 25);
  t.is(values.get("step.out.inputWatermark"), values.get("step.sum.outputWatermark"));
  t.is(values.get("step.odd.processingTimeLagMs"), 11_000 - 25);
  t.true((values.get("step.numbers.processBundleMsecs") ?? -1) >= 0);
  t.true((values.get("step.sum.stateBytes") ?? 0) > 0);
  t.is(values.get("step.sum.droppedDueToLateness"), 0);
  t.is(values.get("checkpoint.completed"), 1);
  t.true((values.get("checkpoint.lastDurationMs") ?? -1) >= 0);
});

/** A job that does what it is told. */
function scripted(): {
  progress: () => JobProgress;
  state: "running" | "failed" | "finished";
  records: number;
  lagMs: number;
  written: number;
  isBackPressured: boolean;
} {
  const job = {
    state: "running" as "running" | "failed" | "finished",
    records: 0,
    lagMs: 0,
    written: 0,
    isBackPressured: false,
    progress: (): JobProgress => ({
      state: job.state,
      sources: [
        {
          name: "clicks",
          records: job.records,
          skipped: 0,
          watermark: 0,
          splits: [{ id: "s", records: job.records, lagMs: job.lagMs, isFinished: false, watermark: 0 }],
        },
      ],
      sinks: [{ name: "out", written: job.written, isBackPressured: job.isBackPressured }],
      late: 0,
      checkpoints: { completed: 0 },
    }),
  };
  return job;
}

test("a job is healthy while its sources are at the tip or give something, and stalled when one that lags gives nothing for long", async (t) => {
  const clock = new VirtualClock();
  const job = scripted();
  const watch = watchHealth(job, { clock, stalledAfterMs: 60_000 });

  await clock.advance(200_000);
  t.deepEqual(watch.health(), { isHealthy: true, state: "running", reasons: [] });
  job.lagMs = 5_000;
  for (let minute = 0; minute < 5; minute++) {
    job.records += 1;
    await clock.advance(50_000);
    t.true(watch.health().isHealthy);
  }
  await clock.advance(9_000);
  t.true(watch.health().isHealthy);
  await clock.advance(6_000);
  t.deepEqual(watch.health().reasons, ["The source 'clicks' is 5 s behind and has given nothing for 60 s."]);
  job.records += 1;
  t.true(watch.health().isHealthy);
  watch.stop();
});

test("a sink that accepts nothing for long makes a job unhealthy, and so does its failure", async (t) => {
  const clock = new VirtualClock();
  const job = scripted();
  const watch = watchHealth(job, { clock, stalledAfterMs: 1_000 });

  job.isBackPressured = true;
  await clock.advance(3_000);
  t.regex(watch.health().reasons.join(), /^The sink 'out' has accepted nothing for \d s\.$/);
  job.isBackPressured = false;
  t.true(watch.health().isHealthy);
  job.state = "failed";
  t.deepEqual(watch.health(), { isHealthy: false, state: "failed", reasons: ["The job has failed."] });
  job.state = "finished";
  t.true(watch.health().isHealthy);
  watch.stop();
});

test("a JSON logger prints one object a message, with exact numbers and without what is undefined", (t) => {
  const lines: string[] = [];
  const logger = jsonLogger("info", (line) => lines.push(line));

  logger.info("reads on", { shard: "s-1", position: 9_007_199_254_740_993n, none: undefined });
  logger.debug("not printed");

  const [only, ...others] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  t.deepEqual(others, []);
  t.like(only, { level: "info", message: "reads on", shard: "s-1", position: "9007199254740993" });
  t.regex(String(only?.["time"]), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  t.false("none" in (only ?? {}));
});
