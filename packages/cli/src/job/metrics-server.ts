import { createServer } from "node:http";

import { TributaryError, type JobHandle, type JobProgress } from "@tributary/core";

function escape(label: string): string {
  return label.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}

function line(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const text = Object.entries(labels).map(([key, label]) => `${key}="${escape(label)}"`);
  return `tributary_${name}${text.length === 0 ? "" : `{${text.join(",")}}`} ${value}`;
}

/** A job's progress in the text format that Prometheus reads. */
export function metricsText(progress: JobProgress): string {
  const lines: string[] = [];
  const family = (name: string, type: string, rows: readonly string[]): void => {
    if (rows.length > 0) lines.push(`# TYPE tributary_${name} ${type}`, ...rows);
  };
  const { sources, sinks } = progress;
  const splits = sources.flatMap((source) => source.splits.map((split) => ({ source: source.name, split })));
  family(
    "source_records_total",
    "counter",
    sources.map((one) => line("source_records_total", { source: one.name }, one.records)),
  );
  family(
    "source_skipped_total",
    "counter",
    sources.map((one) => line("source_skipped_total", { source: one.name }, one.skipped)),
  );
  family(
    "source_watermark_milliseconds",
    "gauge",
    sources.map((one) => line("source_watermark_milliseconds", { source: one.name }, one.watermark)),
  );
  family(
    "split_records_total",
    "counter",
    splits.map(({ source, split }) =>
      line("split_records_total", { source, split: split.id }, split.records),
    ),
  );
  family(
    "split_lag_milliseconds",
    "gauge",
    splits.flatMap(({ source, split }) =>
      split.lagMs === undefined
        ? []
        : [line("split_lag_milliseconds", { source, split: split.id }, split.lagMs)],
    ),
  );
  family(
    "sink_records_total",
    "counter",
    sinks.map((one) => line("sink_records_total", { sink: one.name }, one.written)),
  );
  family(
    "sink_back_pressured",
    "gauge",
    sinks.map((one) => line("sink_back_pressured", { sink: one.name }, one.isBackPressured ? 1 : 0)),
  );
  family("late_rows_total", "counter", [line("late_rows_total", {}, progress.late)]);
  family("checkpoints_total", "counter", [line("checkpoints_total", {}, progress.checkpoints.completed)]);
  return `${lines.join("\n")}\n`;
}

/**
 * Serves a job's metrics at `/metrics` on the loopback interface. The port is had before the job starts: one that is
 * taken is a wrong command line, and nothing must have run.
 *
 * @param job - the job, once there is one.
 * @param port - absent: serves nothing.
 * @returns stops serving.
 * @throws `COMMAND_INVALID` if the port cannot be had.
 */
export async function serveMetrics(
  job: () => JobHandle | undefined,
  port: number | undefined,
): Promise<() => Promise<void>> {
  if (port === undefined) return () => Promise.resolve();
  const server = createServer((request, response) => {
    const answer = (status: number, text: string): void => {
      response.writeHead(status, { "content-type": "text/plain; version=0.0.4" }).end(text);
    };
    const handle = job();
    if (request.method !== "GET" || request.url !== "/metrics") answer(404, "metrics are at /metrics\n");
    else if (handle === undefined) answer(503, "the job is starting\n");
    else answer(200, metricsText(handle.progress()));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      reject(
        new TributaryError(
          {
            severity: "error",
            code: "COMMAND_INVALID",
            message: `--metrics-port ${port} cannot be used: ${cause.code ?? cause.message}`,
            hint: "choose another port",
          },
          { cause },
        ),
      );
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}
