import { nearestFirst } from "../../../diagnostics/nearest.js";
import { TributaryError } from "../../../diagnostics/error.js";
import type { Pane } from "../../../pipeline/pane.js";
import type { Window } from "../../../pipeline/window.js";
import { GLOBAL_WINDOW_MAX_TIMESTAMP } from "../../../pipeline/window.js";
import type { Push } from "../push.js";

interface KeptOutput {
  readonly next: Push;
  readonly value: unknown;
  readonly timestamp: number;
  readonly windows: readonly Window[];
  readonly pane: Pane;
}

/** Where a function's outputs go. */
export class FunctionOutputs {
  readonly step: string;
  readonly allowedSkewMs: number;
  readonly main: Push;
  readonly #byTag: ReadonlyMap<string, Push>;
  #kept: KeptOutput[] = [];
  /** First error of a step below; a function that catches it does not make it undone. */
  #failureBelow: { readonly error: unknown } | undefined;

  /**
   * @param outputs - the main one, then those of `tags`.
   * @param isKept - outputs are kept until {@link release}, so that a bundle can be tried again.
   */
  constructor(
    step: string,
    tags: readonly string[],
    outputs: readonly Push[],
    { allowedSkewMs = 0, isKept }: { readonly allowedSkewMs?: number | undefined; readonly isKept: boolean },
  ) {
    this.step = step;
    this.allowedSkewMs = allowedSkewMs;
    const [main, ...tagged] = outputs.map((next) => (isKept ? this.#keeping(next) : this.#guarded(next)));
    this.main = main as Push;
    this.#byTag = new Map(tags.map((tag, index) => [tag, tagged[index] as Push]));
  }

  /** @throws `OUTPUT_INVALID` for a tag that is not declared. */
  tagged(tag: string): Push {
    const push = this.#byTag.get(tag);
    if (push !== undefined) return push;
    throw new TributaryError({
      severity: "error",
      code: "OUTPUT_INVALID",
      message: `The step '${this.step}' declares no output '${tag}'.`,
      step: this.step,
      value: tag,
      candidates: nearestFirst(tag, this.#byTag.keys()),
      hint: `Declare it: outputs: { ${tag}: output<...>() }.`,
    });
  }

  /** @throws `OUTPUT_INVALID` for one too far before `current` or after the end of the global window. */
  checkTimestamp(timestamp: number, current: number): number {
    if (timestamp >= current - this.allowedSkewMs && timestamp <= GLOBAL_WINDOW_MAX_TIMESTAMP)
      return timestamp;
    throw new TributaryError({
      severity: "error",
      code: "OUTPUT_INVALID",
      message:
        timestamp <= GLOBAL_WINDOW_MAX_TIMESTAMP
          ? `The step '${this.step}' emits at ${timestamp}, which is more than ${this.allowedSkewMs} ms before its input at ${current}.`
          : `The step '${this.step}' emits at ${timestamp}, which is no time within the global window.`,
      step: this.step,
      value: String(timestamp),
      hint: "Declare how far back outputs may be with 'allowedSkewMs'; they may be late then.",
    });
  }

  /** After a call of the function: what failed below fails the bundle, whether the function caught it or not. */
  throwFailureBelow(): void {
    if (this.#failureBelow !== undefined) throw this.#failureBelow.error;
  }

  /** Hands over what was kept. */
  release(): void {
    const kept = this.#kept;
    this.#kept = [];
    for (const { next, value, timestamp, windows, pane } of kept) next(value, timestamp, windows, pane);
  }

  /** Forgets what was kept. */
  drop(): void {
    this.#kept = [];
  }

  #guarded(next: Push): Push {
    return (value, timestamp, windows, pane) => {
      try {
        next(value, timestamp, windows, pane);
      } catch (error) {
        this.#failureBelow ??= { error };
        throw error;
      }
    };
  }

  #keeping(next: Push): Push {
    return (value, timestamp, windows, pane) => {
      this.#kept.push({ next, value, timestamp, windows, pane });
    };
  }
}

/** Something was emitted where nothing may be. */
export function emitOutside(step: string, why: string): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "OUTPUT_INVALID",
    message: `The step '${step}' emits ${why}.`,
    step,
    hint: "Await what the function starts, and emit before it returns; give a timer an output timestamp if it emits.",
  });
}
