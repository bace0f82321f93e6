import { TributaryError } from "../../../diagnostics/error.js";
import type { EmitOptions } from "../../../pipeline/do-fn.js";
import type { ClaimedRestriction, RestrictionWatermark } from "../../../pipeline/splittable/splittable-fn.js";
import type { Push } from "../push.js";
import type { StepServices } from "../step-services.js";
import { ElementContext } from "./element-context.js";
import { emitOutside, type FunctionOutputs } from "./function-outputs.js";
import type { RestrictionCall } from "./restriction-work.js";
import type { SideViews } from "./side-views.js";
import type { StepEffects } from "./step-effects.js";

/** The context of a splittable function: at one restriction at a time. */
export class SplittableElementContext extends ElementContext {
  override readonly emit: (value: unknown, options?: EmitOptions) => void;
  override readonly emitTo: (tag: string, value: unknown, options?: EmitOptions) => void;
  override readonly side: object;
  /** Absent between calls. */
  call: RestrictionCall | undefined;

  constructor(
    step: string,
    outputs: FunctionOutputs,
    effects: StepEffects,
    services: StepServices,
    sides: SideViews | undefined,
  ) {
    super(step, outputs, effects, services);
    this.side = sides?.reader(() => this.window) ?? {};
    const emit = (push: Push, value: unknown, options: EmitOptions | undefined): void => {
      const call = this.#current();
      const timestamp = outputs.checkTimestamp(options?.timestamp ?? this.timestamp, this.timestamp);
      if (timestamp < call.estimator.watermark) throw this.#behind(timestamp, call.estimator.watermark);
      call.emitted(timestamp);
      push(value, timestamp, this.windows, this.pane);
    };
    this.emit = (value, options) => emit(outputs.main, value, options);
    this.emitTo = (tag, value, options) => emit(outputs.tagged(tag), value, options);
  }

  get tracker(): ClaimedRestriction<unknown, unknown> {
    return this.#current().tracker;
  }

  get watermark(): RestrictionWatermark {
    return this.#current().watermark;
  }

  #current(): RestrictionCall {
    if (this.isOpen && this.call !== undefined) return this.call;
    throw emitOutside(this.step, "after it has finished with the restriction");
  }

  #behind(timestamp: number, watermark: number): TributaryError {
    return new TributaryError({
      severity: "error",
      code: "OUTPUT_INVALID",
      message: `The step '${this.step}' emits at ${timestamp}, before the watermark ${watermark} of its restriction.`,
      step: this.step,
      value: String(timestamp),
      hint: "Emit at or after context.watermark.current.",
    });
  }
}
