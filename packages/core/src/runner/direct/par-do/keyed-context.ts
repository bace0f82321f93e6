import { TributaryError } from "../../../diagnostics/error.js";
import type { ParDoBinding } from "../../../pipeline/graph.js";
import type { StepServices } from "../step-services.js";
import { ElementContext } from "./element-context.js";
import type { FunctionOutputs } from "./function-outputs.js";
import type { KeyCell } from "./key-cell.js";
import type { SideViews } from "./side-views.js";
import type { StateHolder, StateKind } from "./state-kinds.js";
import type { StepEffects } from "./step-effects.js";
import { TimerHandle } from "./timer-handle.js";
import type { TimerStore } from "./timer-store.js";

/** Why a function is called. */
export type Firing = "element" | "event-time" | "processing-time" | "end-of-input" | "expiration";

/** What the contexts of a step share. */
export interface KeyedContextParts {
  readonly step: string;
  readonly binding: ParDoBinding;
  readonly outputs: FunctionOutputs;
  readonly effects: StepEffects;
  readonly services: StepServices;
  readonly kinds: readonly StateKind[];
  readonly timerStore: TimerStore;
  readonly sides: SideViews | undefined;
}

/** The context of a function with state, timers or side inputs. */
export class KeyedContext extends ElementContext implements StateHolder {
  override readonly state: object;
  override readonly timers: object;
  override readonly side: object;
  readonly allowedSkewMs: number;
  cell: KeyCell | undefined;
  firing: Firing = "element";
  readonly #clock: StepServices["clock"];

  constructor(parts: KeyedContextParts) {
    super(parts.step, parts.outputs, parts.effects, parts.services);
    const { declaration } = parts.binding;
    this.allowedSkewMs = declaration.allowedSkewMs ?? 0;
    this.#clock = parts.services.clock;
    const names = Object.keys(declaration.state ?? {});
    this.state = Object.fromEntries(
      names.map((name, index) => [name, parts.kinds[index]?.handle(this, index)]),
    );
    this.timers = Object.fromEntries(
      parts.timerStore.names.map((name, index) => [name, new TimerHandle(this, parts.timerStore, index)]),
    );
    this.side = parts.sides?.reader(() => this.window) ?? {};
  }

  /** @throws `OUTPUT_INVALID` when nothing is being processed. */
  get currentCell(): KeyCell {
    if (this.cell !== undefined && this.isOpen) return this.cell;
    throw new TributaryError({
      severity: "error",
      code: "OUTPUT_INVALID",
      message: `The step '${this.step}' uses state or a timer after it has finished with the element.`,
      step: this.step,
      hint: "Await what the function starts before it returns.",
    });
  }

  get contents(): unknown[] {
    return this.currentCell.contents;
  }

  /** What relative event-time timers count from. */
  get eventTimeBase(): number {
    return this.firing === "event-time" ? this.fireTime : this.timestamp;
  }

  now(): number {
    return this.#clock.now();
  }
}
