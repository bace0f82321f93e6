/** Values of user metrics: what was attempted, what is committed, and what gathers in the bundle in progress. */
import type {
  UserCounter,
  UserDistribution,
  UserGauge,
  UserStringSet,
} from "../../../pipeline/bundle-services.js";
import type { DistributionValue, MetricCell } from "../../user-metrics.js";

const NOTHING: DistributionValue = {
  sum: 0,
  count: 0,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
};

/** A sum. */
export class CounterCell implements MetricCell, UserCounter {
  isPending = false;
  #attempted = 0;
  #committed = 0;
  #pending = 0;

  constructor(
    readonly namespace: string,
    readonly name: string,
    private readonly touched: (cell: MetricCell) => void,
  ) {}

  add(amount = 1): void {
    if (!this.isPending) this.touched(this);
    this.#attempted += amount;
    this.#pending += amount;
  }

  commit(): void {
    this.#committed += this.#pending;
    this.#pending = 0;
  }

  rollBack(): void {
    this.#pending = 0;
  }

  values() {
    return { kind: "counter", attempted: this.#attempted, committed: this.#committed } as const;
  }
}

/** Sum, count, least and greatest. */
export class DistributionCell implements MetricCell, UserDistribution {
  isPending = false;
  #attempted = NOTHING;
  #committed = NOTHING;
  #pending = NOTHING;

  constructor(
    readonly namespace: string,
    readonly name: string,
    private readonly touched: (cell: MetricCell) => void,
  ) {}

  update(value: number): void {
    if (!this.isPending) this.touched(this);
    const one = { sum: value, count: 1, min: value, max: value };
    this.#attempted = together(this.#attempted, one);
    this.#pending = together(this.#pending, one);
  }

  commit(): void {
    this.#committed = together(this.#committed, this.#pending);
    this.#pending = NOTHING;
  }

  rollBack(): void {
    this.#pending = NOTHING;
  }

  values() {
    return { kind: "distribution", attempted: this.#attempted, committed: this.#committed } as const;
  }
}

function together(a: DistributionValue, b: DistributionValue): DistributionValue {
  return {
    sum: a.sum + b.sum,
    count: a.count + b.count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  };
}

/** The latest value. */
export class GaugeCell implements MetricCell, UserGauge {
  isPending = false;
  #attempted: number | undefined;
  #committed: number | undefined;

  constructor(
    readonly namespace: string,
    readonly name: string,
    private readonly touched: (cell: MetricCell) => void,
  ) {}

  set(value: number): void {
    if (!this.isPending) this.touched(this);
    this.#attempted = value;
  }

  commit(): void {
    this.#committed = this.#attempted;
  }

  rollBack(): void {}

  values() {
    return { kind: "gauge", attempted: this.#attempted, committed: this.#committed } as const;
  }
}

/** Different strings. */
export class StringSetCell implements MetricCell, UserStringSet {
  isPending = false;
  readonly #attempted = new Set<string>();
  readonly #committed = new Set<string>();
  #pending: string[] = [];

  constructor(
    readonly namespace: string,
    readonly name: string,
    private readonly touched: (cell: MetricCell) => void,
  ) {}

  add(value: string): void {
    if (this.#committed.has(value)) return;
    if (!this.isPending) this.touched(this);
    this.#attempted.add(value);
    this.#pending.push(value);
  }

  commit(): void {
    for (const value of this.#pending) this.#committed.add(value);
    this.#pending = [];
  }

  rollBack(): void {
    this.#pending = [];
  }

  values() {
    return {
      kind: "stringSet",
      attempted: new Set(this.#attempted),
      committed: new Set(this.#committed),
    } as const;
  }
}
