import type { Counter, MetricGroup } from "../connector/services.js";
import { UserMetrics, type UserMetric, type UserMetricFilter } from "./user-metrics.js";

/** One metric as read at a moment. @public */
export interface MetricSample {
  /** Names of the groups and of the metric, joined by dots. */
  readonly name: string;
  readonly kind: "counter" | "gauge";
  readonly value: number;
}

class CountingCounter implements Counter {
  value = 0;

  add(amount: number): void {
    this.value += amount;
  }
}

/** The metrics of a job, as a tree of groups. @public */
export class MetricRegistry implements MetricGroup {
  /** @internal */
  readonly user = new UserMetrics();
  readonly #groups = new Map<string, MetricRegistry>();
  readonly #counters = new Map<string, CountingCounter>();
  readonly #gauges = new Map<string, () => number>();

  group(name: string): MetricRegistry {
    return getOrMake(this.#groups, name, () => new MetricRegistry());
  }

  counter(name: string): Counter {
    return getOrMake(this.#counters, name, () => new CountingCounter());
  }

  gauge(name: string, read: () => number): void {
    this.#gauges.set(name, read);
  }

  remove(name: string): void {
    this.#counters.delete(name);
    this.#gauges.delete(name);
    this.#groups.delete(name);
  }

  /** The metrics that functions keep themselves; of the registry of a whole job. While it runs and after it. */
  query(filter: UserMetricFilter = {}): readonly UserMetric[] {
    return this.user.query(filter);
  }

  /**
   * Calls back with every metric of this group and of those below, and with the names of the groups above it.
   *
   * @internal
   */
  visit(
    callback: (path: readonly string[], name: string, kind: MetricSample["kind"], value: number) => void,
    path: readonly string[] = [],
  ): void {
    for (const [name, { value }] of this.#counters) callback(path, name, "counter", value);
    for (const [name, read] of this.#gauges) callback(path, name, "gauge", valueOf(read));
    for (const [name, group] of this.#groups) group.visit(callback, [...path, name]);
  }

  /** Every metric of this group and of those below, in the order of their making. A gauge that throws reads NaN. */
  read(prefix = ""): readonly MetricSample[] {
    const samples: MetricSample[] = [];
    for (const [name, { value }] of this.#counters) {
      samples.push({ name: prefix + name, kind: "counter", value });
    }
    for (const [name, read] of this.#gauges) {
      samples.push({ name: prefix + name, kind: "gauge", value: valueOf(read) });
    }
    for (const [name, group] of this.#groups) samples.push(...group.read(`${prefix}${name}.`));
    return samples;
  }
}

function valueOf(read: () => number): number {
  try {
    return read();
  } catch {
    return Number.NaN;
  }
}

function getOrMake<V>(map: Map<string, V>, name: string, make: () => V): V {
  let value = map.get(name);
  if (value === undefined) {
    value = make();
    map.set(name, value);
  }
  return value;
}
