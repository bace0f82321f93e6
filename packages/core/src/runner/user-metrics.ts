/** The metrics that functions keep themselves: by step, namespace and name, attempted and committed. */
import { TributaryError } from "../diagnostics/error.js";

/** What is known of a distribution. `min` and `max` of nothing are infinite. @public */
export interface DistributionValue {
  readonly sum: number;
  readonly count: number;
  readonly min: number;
  readonly max: number;
}

/** Which of a job's user metrics are wanted; what is absent does not matter. @public */
export interface UserMetricFilter {
  readonly step?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** A user metric as read at a moment. @public */
export type UserMetric = {
  readonly step: string;
  readonly namespace: string;
  readonly name: string;
} & (
  | MetricValues<"counter", number>
  | MetricValues<"distribution", DistributionValue>
  | MetricValues<"gauge", number | undefined>
  | MetricValues<"stringSet", ReadonlySet<string>>
);

interface MetricValues<N extends string, V> {
  readonly kind: N;
  /** Repeated work counts again. */
  readonly attempted: V;
  /** Every successful bundle counts once. */
  readonly committed: V;
}

/** One metric of a step. Updates gather until the bundle is kept or given up. */
export interface MetricCell {
  readonly namespace: string;
  readonly name: string;
  /** Whether something gathers that was neither kept nor given up. */
  isPending: boolean;
  commit(): void;
  rollBack(): void;
  values():
    | MetricValues<"counter", number>
    | MetricValues<"distribution", DistributionValue>
    | MetricValues<"gauge", number | undefined>
    | MetricValues<"stringSet", ReadonlySet<string>>;
}

/** The user metrics of a job. */
export class UserMetrics {
  readonly #cells = new Map<string, Map<string, MetricCell>>();

  /**
   * The cell of a metric.
   *
   * @throws `METRIC_INVALID` for an empty name, and if the name is taken by a metric of another kind.
   */
  cell<C extends MetricCell>(
    step: string,
    name: string,
    namespace: string,
    kind: abstract new (namespace: string, name: string) => C,
    make: () => C,
  ): C {
    if (name.trim() === "" || namespace.trim() === "")
      throw invalid(step, "has an empty name or namespace", name);
    const ofStep = this.#cells.get(step) ?? new Map<string, MetricCell>();
    this.#cells.set(step, ofStep);
    const id = `${namespace}\0${name}`;
    const known = ofStep.get(id) ?? make();
    ofStep.set(id, known);
    if (!(known instanceof kind)) throw invalid(step, "is of another kind already", name);
    return known;
  }

  query({ step, namespace, name }: UserMetricFilter = {}): readonly UserMetric[] {
    const found: UserMetric[] = [];
    for (const [ofStep, cells] of this.#cells) {
      if (step !== undefined && step !== ofStep) continue;
      for (const cell of cells.values()) {
        if (namespace !== undefined && namespace !== cell.namespace) continue;
        if (name !== undefined && name !== cell.name) continue;
        found.push({ step: ofStep, namespace: cell.namespace, name: cell.name, ...cell.values() });
      }
    }
    return found;
  }
}

function invalid(step: string, what: string, name: string): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "METRIC_INVALID",
    message: `The metric '${name}' of the step '${step}' ${what}.`,
    step,
    value: name,
  });
}
