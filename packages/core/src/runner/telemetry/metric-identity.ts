import type { MetricSample } from "../metrics.js";

/** A metric as others want it: a name without labels, and the labels apart. */
export interface MetricIdentity {
  /** Parts of the name, e.g. `source`, `KinesisStreamSource`, `millisBehindLatest`. */
  readonly parts: readonly string[];
  /** E.g. `source: flights`, `shardId: shardId-000000000000`. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Groups of the runner, each with a group by label below it. */
const LABELLED: readonly string[] = ["source", "sink", "step"];

/**
 * Tells names from labels in a metric's path. A label is a group below a group in lower case that says what it labels
 * (`stream`, then `clicks`), or stands behind a dot (`stream.clicks`).
 */
export function identityOf(path: readonly string[], name: string): MetricIdentity {
  const parts: string[] = [];
  const labels: Record<string, string> = {};
  for (let at = 0; at < path.length; at++) {
    const group = path[at] as string;
    const next = path[at + 1];
    const dot = group.indexOf(".");
    if (at === 0) {
      parts.push(group);
      if (LABELLED.includes(group) && next !== undefined) {
        labels[group] = next;
        at++;
      }
    } else if (dot > 0) labels[group.slice(0, dot)] = group.slice(dot + 1);
    else if (next !== undefined && /^[a-z]/.test(group)) {
      labels[group] = next;
      at++;
    } else parts.push(group);
  }
  return { parts: [...parts, name], labels };
}

/** A metric at a moment, with its identity. */
export interface IdentifiedSample extends MetricIdentity {
  readonly kind: MetricSample["kind"];
  readonly value: number;
}
