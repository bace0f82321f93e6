import type { MetricRegistry } from "../metrics.js";
import { identityOf, type IdentifiedSample } from "./metric-identity.js";

/** Everything that a registry knows at this moment, those metrics among it that functions keep themselves. */
export function identitiesOf(metrics: MetricRegistry): readonly IdentifiedSample[] {
  const samples: IdentifiedSample[] = [];
  metrics.visit((path, name, kind, value) => samples.push({ ...identityOf(path, name), kind, value }));
  for (const metric of metrics.query()) {
    const { step, namespace, name } = metric;
    const add = (kind: "counter" | "gauge", value: number, part?: string): void => {
      const parts = ["user", namespace, name, ...(part === undefined ? [] : [part])];
      samples.push({ parts, labels: { step }, kind, value });
    };
    if (metric.kind === "counter") add("counter", metric.committed);
    else if (metric.kind === "gauge") add("gauge", metric.committed ?? Number.NaN);
    else if (metric.kind === "stringSet") add("gauge", metric.committed.size);
    else {
      add("counter", metric.committed.sum, "sum");
      add("counter", metric.committed.count, "count");
    }
  }
  return samples;
}
