import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import {
  prometheusText,
  TributaryError,
  watchHealth,
  type HealthWatch,
  type JobHandle,
  type JobProgress,
  type SplitProgress,
} from "@tributary/core";

import { commandInvalid } from "../command-line/command-invalid.js";

function escape(label: string): string {
  return label.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}

/** One value of a metric, with what tells it from the others. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** A metric's type, then a line for each sample; nothing without any. */
function family(name: string, type: "counter" | "gauge", samples: readonly Sample[]): readonly string[] {
  if (samples.length === 0) return [];
  const lines = samples.map(([labels, value]) => {
    const text = Object.entries(labels).map(([key, label]) => `${key}="${escape(label)}"`);
    return `tributary_${name}${text.length === 0 ? "" : `{${text.join(",")}}`} ${value}`;
  });
  return [`# TYPE tributary_${name} ${type}`, ...lines];
}

/** A job's progress in the text format that Prometheus reads. */
function metricsText({ sources, sinks, late, checkpoints }: JobProgress): string {
  const ofSources = (value: (source: (typeof sources)[number]) => number): readonly Sample[] =>
    sources.map((source) => [{ source: source.name }, value(source)]);
  const ofSinks = (value: (sink: (typeof sinks)[number]) => number): readonly Sample[] =>
    sinks.map((sink) => [{ sink: sink.name }, value(sink)]);
  const ofSplits = (value: (split: SplitProgress) => number | undefined): readonly Sample[] =>
    sources.flatMap(({ name, splits }) =>
      splits.flatMap((split): readonly Sample[] => {
        const found = value(split);
        return found === undefined ? [] : [[{ source: name, split: split.id }, found]];
      }),
    );
  const lines = [
    ...family(
      "source_records_total",
      "counter",
      ofSources((one) => one.records),
    ),
    ...family(
      "source_skipped_total",
      "counter",
      ofSources((one) => one.skipped),
    ),
    ...family(
      "source_watermark_milliseconds",
      "gauge",
      ofSources((one) => one.watermark),
    ),
    ...family(
      "split_records_total",
      "counter",
      ofSplits((one) => one.records),
    ),
    ...family(
      "split_lag_milliseconds",
      "gauge",
      ofSplits((one) => one.lagMs),
    ),
    ...family(
      "sink_records_total",
      "counter",
      ofSinks((one) => one.written),
    ),
    ...family(
      "sink_back_pressured",
      "gauge",
      ofSinks((one) => (one.isBackPressured ? 1 : 0)),
    ),
    ...family("late_rows_total", "counter", [[{}, late]]),
    ...family("checkpoints_total", "counter", [[{}, checkpoints.completed]]),
  ];
  return `${lines.join("\n")}\n`;
}

/** What {@link serveMetrics} has started. */
interface MetricsServer {
  readonly url: string;
  /** From here on a standstill of the job shows in its health. */
  watch(job: JobHandle): void;
  close(): Promise<void>;
}

/**
 * Serves a job's metrics at `/metrics` and its health at `/healthz` (200, or 503 with the reasons) on the loopback
 * interface. The port is had before the job starts: one that is taken is a wrong command line, and nothing must have run.
 *
 * @param job - the job, once there is one.
 * @param port - 0 takes a free one.
 * @throws `COMMAND_INVALID` if the port cannot be had.
 */
export async function serveMetrics(job: () => JobHandle | undefined, port: number): Promise<MetricsServer> {
  let watch: HealthWatch | undefined;
  const server = createServer((request, response) => {
    const answer = (status: number, text: string, type = "text/plain; version=0.0.4"): void => {
      response.writeHead(status, { "content-type": type }).end(text);
    };
    const handle = job();
    const isHealth = request.url === "/healthz";
    if (request.method !== "GET" || (request.url !== "/metrics" && !isHealth))
      answer(404, "metrics are at /metrics, health is at /healthz\n");
    else if (handle === undefined) answer(503, "the job is starting\n");
    else if (!isHealth) answer(200, metricsText(handle.progress()) + prometheusText(handle.metrics));
    else {
      watch ??= watchHealth(handle);
      const health = watch.health();
      answer(health.isHealthy ? 200 : 503, `${JSON.stringify(health)}\n`, "application/json");
    }
  });
  await listen(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`,
    watch: (handle) => {
      watch ??= watchHealth(handle);
    },
    close: () =>
      new Promise((resolve) => {
        watch?.stop();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      reject(
        new TributaryError(
          commandInvalid(`--metrics-port ${port} cannot be used: ${cause.code ?? cause.message}`, {
            hint: "choose another port",
          }),
          { cause },
        ),
      );
    });
    server.listen(port, "127.0.0.1", resolve);
  });
}
