/**
 * A job's metrics through OpenTelemetry's API. Nothing is pushed: instruments are observable, so that an SDK asks for values
 * when it exports, and without an SDK nothing is done at all.
 */
import { metrics as api, type Meter, type Observable } from "@opentelemetry/api";

import type { MetricRegistry } from "../metrics.js";
import { identitiesOf } from "./identified-samples.js";
import type { IdentifiedSample } from "./metric-identity.js";

const METER_NAME = "@tributary/core";

/** How a job is told from others. @public */
export interface TelemetryOptions {
  /** Name of the pipeline, an attribute of every value. */
  readonly pipeline: string;
  /** Default: that of the global meter provider. */
  readonly meter?: Meter;
}

/**
 * Offers all metrics of a job to OpenTelemetry: instruments `tributary.<kind>.<name>` with source, sink, step, stream and
 * shard as attributes.
 *
 * @returns takes the offer back.
 * @public
 */
export function observeWithOpenTelemetry(
  metrics: MetricRegistry,
  { pipeline, meter = api.getMeter(METER_NAME) }: TelemetryOptions,
): () => void {
  const instruments = new Map<string, Observable>();
  const undo: (() => void)[] = [];
  const observe = (name: string, kind: IdentifiedSample["kind"]): void => {
    if (instruments.has(name)) return;
    const instrument =
      kind === "counter" ? meter.createObservableCounter(name) : meter.createObservableGauge(name);
    instruments.set(name, instrument);
    const callback: Parameters<Observable["addCallback"]>[0] = (result) => {
      for (const sample of identitiesOf(metrics)) {
        if (sample.kind === kind && nameOf(sample) === name && Number.isFinite(sample.value))
          result.observe(sample.value, { pipeline, ...sample.labels });
      }
    };
    instrument.addCallback(callback);
    undo.push(() => instrument.removeCallback(callback));
  };
  const discover = (): void => {
    for (const sample of identitiesOf(metrics)) observe(nameOf(sample), sample.kind);
  };
  // Shards and functions come with metrics of their own while the job runs: what is new is offered from the next
  // collection on.
  const sentinel = meter.createObservableGauge("tributary.job.metrics");
  const count: Parameters<Observable["addCallback"]>[0] = (result) => {
    discover();
    result.observe(instruments.size, { pipeline });
  };
  sentinel.addCallback(count);
  discover();
  return () => {
    sentinel.removeCallback(count);
    for (const one of undo) one();
  };
}

function nameOf({ parts }: IdentifiedSample): string {
  return ["tributary", ...parts].join(".");
}
