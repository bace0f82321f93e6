/** A sound sink in memory, and the same with one defect each. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { JsonValue, Sink, SinkWriter, TimerHandle, WriterContext } from "@tributary/core";
import type { SinkHarness, SinkSubject } from "@tributary/core/testing";

export type SinkDefect =
  | "acknowledges early"
  | "accepts without bound"
  | "begins anew at a restore"
  | "changes elements"
  | "drops refused entries"
  | "forgets a last batch of one at flush"
  | "hangs in close after a failure"
  | "keeps a handle open"
  | "keeps the array of elements"
  | "leaves a timer behind"
  | "lets writers overwrite each other"
  | "passes over a failure"
  | "rejects a second close";

const BATCH = 50;
const BUFFERED_MAX = 120;
const CALLS_MAX = 2;

interface Order {
  id: number;
  readonly note: string;
}

/** A table that takes batches, refuses some, breaks, or does not answer. */
class Warehouse implements SinkSubject<Order> {
  readonly taken: { readonly writer: number; readonly name: string }[] = [];
  handles = 0;
  refusals = 0;
  isBroken = false;
  gate: Promise<void> | undefined;
  open: () => void = () => {};
  readonly #defect: SinkDefect | undefined;

  constructor(defect: SinkDefect | undefined) {
    this.#defect = defect;
  }

  sink(): Sink<Order> {
    return {
      createWriter: (context, restored) =>
        Promise.resolve(new WarehouseWriter(this, context, restored, this.#defect)),
    };
  }

  written(): readonly string[] {
    return this.taken.map(({ name }) => name);
  }

  /** @returns entries that were refused. */
  async put(batch: readonly Order[], writer: number): Promise<readonly Order[]> {
    await nextTurn();
    while (this.gate !== undefined) await this.gate;
    if (this.isBroken) throw new Error("The warehouse is closed.");
    if (this.#defect === "lets writers overwrite each other") {
      const others = this.taken.filter((one) => one.writer === writer);
      this.taken.splice(0, this.taken.length, ...others);
    }
    const refused = this.refusals > 0 ? batch.filter((_, index) => index % 3 === 0) : [];
    if (this.refusals > 0) this.refusals -= 1;
    for (const order of batch) if (!refused.includes(order)) this.taken.push({ writer, name: nameOf(order) });
    return refused;
  }
}

const nameOf = ({ id }: Order): string => `order-${id}`;

class WarehouseWriter implements SinkWriter<Order> {
  readonly #warehouse: Warehouse;
  readonly #context: WriterContext;
  readonly #defect: SinkDefect | undefined;
  readonly #timer: TimerHandle;
  #buffer: Order[] = [];
  #kept: (readonly Order[])[] = [];
  #calls = 0;
  #failure: Error | undefined;
  #waiters: (() => void)[] = [];
  #closes = 0;

  constructor(
    warehouse: Warehouse,
    context: WriterContext,
    restored: JsonValue | undefined,
    defect: SinkDefect | undefined,
  ) {
    this.#warehouse = warehouse;
    this.#context = context;
    this.#defect = defect;
    this.#timer = context.clock.setTimer(3_600_000, () => {});
    warehouse.handles += 1;
    if (restored !== undefined && defect === "begins anew at a restore") warehouse.taken.length = 0;
  }

  async write(elements: readonly Order[]): Promise<void> {
    const isFree = this.#warehouse.gate === undefined;
    if (isFree && this.#defect === "keeps the array of elements") this.#kept.push(elements);
    else this.#take(elements);
    this.#send(false);
    while (this.#buffer.length > BUFFERED_MAX && this.#defect !== "accepts without bound") {
      this.#throwIfFailed();
      await this.#change();
    }
    this.#throwIfFailed();
  }

  #take(elements: readonly Order[]): void {
    for (const element of elements) {
      this.#buffer.push({ ...element });
      if (this.#defect === "changes elements") element.id += 1;
    }
  }

  async flush(): Promise<void> {
    for (const kept of this.#kept.splice(0)) this.#take(kept);
    for (let turns = 0; ; turns++) {
      if (this.#defect !== "passes over a failure") this.#throwIfFailed();
      const isForgotten =
        this.#buffer.length === 1 && this.#defect === "forgets a last batch of one at flush";
      if (this.#calls === 0 && (this.#buffer.length === 0 || isForgotten)) return;
      if (this.#failure !== undefined) return;
      if (turns > 10 && this.#defect === "acknowledges early") return;
      this.#send(true);
      await (this.#defect === "acknowledges early" ? nextTurn() : this.#change());
    }
  }

  snapshot(): JsonValue {
    return { writer: this.#context.writerIndex };
  }

  async close(): Promise<void> {
    this.#closes += 1;
    if (this.#closes > 1) {
      if (this.#defect === "rejects a second close") throw new Error("closed before");
      return;
    }
    if (this.#failure !== undefined && this.#defect === "hangs in close after a failure") {
      await new Promise<void>(() => {});
    }
    this.#buffer = [];
    if (this.#defect !== "leaves a timer behind") this.#timer.cancel();
    if (this.#defect !== "keeps a handle open") this.#warehouse.handles -= 1;
  }

  #send(all: boolean): void {
    while (
      this.#failure === undefined &&
      this.#calls < CALLS_MAX &&
      this.#buffer.length >= (all ? 1 : BATCH)
    ) {
      const batch = this.#buffer.splice(0, BATCH);
      this.#calls += 1;
      this.#warehouse
        .put(batch, this.#context.writerIndex)
        .then(
          (refused) => {
            if (this.#defect !== "drops refused entries") this.#buffer.unshift(...refused);
          },
          (error: unknown) => {
            this.#failure = error as Error;
            this.#context.fail(error);
          },
        )
        .finally(() => {
          this.#calls -= 1;
          this.#send(all);
          for (const wake of this.#waiters.splice(0)) wake();
        });
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined && this.#defect !== "passes over a failure") throw this.#failure;
  }
}

export function warehouseHarness(defect?: SinkDefect): SinkHarness<Order, Warehouse> {
  return {
    name: "warehouse",
    create: () => new Warehouse(defect),
    element: (id) => ({ id, note: `note of ${id}` }),
    identify: nameOf,
    refuseSome: (warehouse) => {
      warehouse.refusals = 3;
    },
    failWrites: (warehouse) => {
      warehouse.isBroken = true;
    },
    stall: (warehouse) => {
      warehouse.gate = new Promise((resolve) => (warehouse.open = resolve));
    },
    resume: (warehouse) => {
      warehouse.gate = undefined;
      warehouse.open();
    },
    acceptedElementsMax: BUFFERED_MAX + BATCH * CALLS_MAX + 40,
    openHandles: (warehouse) => warehouse.handles,
    wait: { patienceTurns: 600, restTurns: 60 },
  };
}
