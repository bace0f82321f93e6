import {
  DEFAULT_METRIC_NAMESPACE,
  type Finalizer,
  type StepMetrics,
} from "../../../pipeline/bundle-services.js";
import type { MetricCell } from "../../user-metrics.js";
import type { FinalizationCallback } from "../finalization.js";
import type { StepServices } from "../step-services.js";
import { CounterCell, DistributionCell, GaugeCell, StringSetCell } from "./metric-cells.js";

const NONE: readonly FinalizationCallback[] = [];

/** What a function does beside its outputs and its state within a bundle: kept or given up with it. */
export class StepEffects {
  readonly metrics: StepMetrics;
  readonly finalizer: Finalizer;
  #touched: MetricCell[] = [];
  #callbacks: FinalizationCallback[] = [];

  constructor(step: string, { userMetrics, clock }: StepServices) {
    const touched = (cell: MetricCell): void => {
      cell.isPending = true;
      this.#touched.push(cell);
    };
    const cell = <C extends MetricCell>(
      kind: new (namespace: string, name: string, touched: (cell: MetricCell) => void) => C,
      name: string,
      namespace = DEFAULT_METRIC_NAMESPACE,
    ): C => userMetrics.cell(step, name, namespace, kind as never, () => new kind(namespace, name, touched));
    this.metrics = {
      counter: (name, namespace) => cell(CounterCell, name, namespace),
      distribution: (name, namespace) => cell(DistributionCell, name, namespace),
      gauge: (name, namespace) => cell(GaugeCell, name, namespace),
      stringSet: (name, namespace) => cell(StringSetCell, name, namespace),
    };
    this.finalizer = {
      afterCommit: (expiryMs, callback) => {
        this.#callbacks.push({ step, expiresAt: clock.now() + expiryMs, callback });
      },
    };
  }

  /** The bundle succeeded. @returns what is to be called when it is safe. */
  commit(): readonly FinalizationCallback[] {
    if (this.#touched.length > 0) this.#settle((cell) => cell.commit());
    if (this.#callbacks.length === 0) return NONE;
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    return callbacks;
  }

  rollBack(): void {
    this.#settle((cell) => cell.rollBack());
    this.#callbacks = [];
  }

  #settle(end: (cell: MetricCell) => void): void {
    for (const cell of this.#touched) {
      end(cell);
      cell.isPending = false;
    }
    this.#touched = [];
  }
}
