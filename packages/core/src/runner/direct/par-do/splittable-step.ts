import type { SplittableParts } from "../../../pipeline/splittable/splittable-fn.js";
import type { Resume } from "../../../pipeline/splittable/restriction.js";
import { VALUE_CODER } from "../../../pipeline/value-coder.js";
import { MIN_TIMESTAMP, type Window } from "../../../pipeline/window.js";
import type { WindowingStrategy } from "../../../pipeline/windowing-strategy.js";
import type { ByteReader } from "../../../types/coders/byte-reader.js";
import type { ByteWriter } from "../../../types/coders/byte-writer.js";
import { nestedCoder, type NestedCoder } from "../../../types/coders/nested-coder.js";
import type { FinalizationCallback } from "../finalization.js";
import { WAITING_MAX, type BundleStep, type Pressure, type Push } from "../push.js";
import type { ProcessingTimeWork, StatefulStep } from "../stateful-step.js";
import { BundleEndContext, CallContext } from "./element-context.js";
import { FunctionInstance, isWaiting } from "./function-instance.js";
import { FunctionOutputs } from "./function-outputs.js";
import { windowId } from "./key-cell.js";
import type { ParDoParts } from "./par-do-step.js";
import { RestrictionCall, type RestrictionWork } from "./restriction-work.js";
import { SideViews } from "./side-views.js";
import { SplittableElementContext } from "./splittable-context.js";
import { StepEffects } from "./step-effects.js";
import { readElement, WaitingElements, writeElement, type WindowedElement } from "./waiting-elements.js";

/** Most calls of the function in one bundle. */
const CALLS_MAX = 256;

/** What a step with a splittable function is made of. */
export interface SplittableStepParts extends ParDoParts {
  readonly splittable: SplittableParts;
  /** Of the main input. */
  readonly windowing: WindowingStrategy;
  /** Of the side inputs, in their order. */
  readonly sideWindowings: readonly WindowingStrategy[];
}

type CalledSplittableFn = {
  process(element: unknown, context: unknown): void | Resume | Promise<void | Resume>;
};

/**
 * A splittable function: works off a restriction of each element, a call at a time. What a call leaves waits for its time
 * and holds the watermark where its estimator is; where restrictions may be without end it comes after whatever else the
 * runner has to do.
 */
export class SplittableStep implements StatefulStep, BundleStep {
  readonly name: string;
  readonly inputs: readonly Push[];
  readonly emitsInBundle = true;
  readonly lateRows = 0;
  readonly droppedDueToLateness = 0;
  readonly droppedDueToClosedWindow = 0;
  readonly processingTime: ProcessingTimeWork;
  readonly #parts: SplittableStepParts;
  readonly #isBounded: boolean;
  readonly #instance: FunctionInstance;
  readonly #outputs: FunctionOutputs;
  readonly #effects: StepEffects;
  readonly #context: SplittableElementContext;
  readonly #bundleContext: CallContext;
  readonly #endContext: BundleEndContext;
  readonly #sides: SideViews | undefined;
  readonly #isReady: (window: Window) => boolean;
  readonly #waiting: WaitingElements;
  readonly #elementCoder: NestedCoder<unknown>;
  readonly #restrictionCoder: NestedCoder<unknown>;
  /** To be done now, in this order. */
  #ready: RestrictionWork[] = [];
  /** To be done when their time has come. */
  #delayed: RestrictionWork[] = [];
  #mainWatermark = MIN_TIMESTAMP;
  #outputWatermark = MIN_TIMESTAMP;
  #isInBundle = false;
  #isDraining = false;

  constructor(parts: SplittableStepParts) {
    const { name, binding, outputs, services, splittable, windowing, sideWindowings } = parts;
    const { declaration } = binding;
    this.name = name;
    this.#parts = parts;
    this.#isBounded = splittable.restriction.isBounded !== false;
    this.#instance = new FunctionInstance(name, binding.create);
    this.#outputs = new FunctionOutputs(name, binding.tags, outputs, {
      allowedSkewMs: declaration.allowedSkewMs,
      isKept: false,
    });
    this.#effects = new StepEffects(name, services);
    this.#sides =
      binding.sideInputs.length === 0 ? undefined : new SideViews(name, binding, sideWindowings, windowing);
    this.#isReady = (window) => this.#sides?.isReady(window) ?? true;
    this.#waiting = new WaitingElements(windowId(windowing.windowFn));
    this.#context = new SplittableElementContext(name, this.#outputs, this.#effects, services, this.#sides);
    this.#bundleContext = new CallContext(name, this.#effects, services);
    this.#endContext = new BundleEndContext(name, this.#outputs, this.#effects, services);
    this.#elementCoder = nestedCoder((declaration.elementCoder ?? VALUE_CODER) as NestedCoder<unknown>);
    this.#restrictionCoder = nestedCoder(splittable.restriction.coder ?? VALUE_CODER);
    this.inputs = [this.push, ...(this.#sides?.inputs ?? [])];
    this.processingTime = this.#processingTimeWork();
  }

  get outputWatermark(): number {
    return this.#outputWatermark;
  }

  get hasDue(): boolean {
    return this.#ready.length > 0 || this.#waiting.hasReady(this.#isReady, this.#sides?.changes ?? 0);
  }

  /** True while anything is left to be done. */
  get isWorking(): boolean {
    return this.#ready.length > 0 || this.#delayed.length > 0;
  }

  /** Sizes of what is left to be done. */
  get backlog(): number {
    const spec = this.#parts.splittable.restriction;
    return [...this.#ready, ...this.#delayed].reduce(
      (sum, { element, restriction }) =>
        sum + (spec.size?.(element.value, restriction) ?? spec.tracker(restriction).progress().remaining),
      0,
    );
  }

  readonly push: Push = (value, timestamp, windows, pane) => {
    for (const window of windows) {
      const element = { value, timestamp, window, pane };
      if (this.#isReady(window)) this.#start(element);
      else this.#waiting.add(element);
    }
  };

  advanceTo([main = MIN_TIMESTAMP, ...sides]: readonly number[]): void {
    this.#mainWatermark = Math.max(this.#mainWatermark, main);
    if (this.#isDraining) this.#truncate();
    this.#sides?.advanceTo(sides, this.#neededFrom);
    let watermark = Math.min(this.#mainWatermark, this.#waiting.earliest);
    for (const { watermarkState } of this.#ready) watermark = Math.min(watermark, watermarkState);
    for (const { watermarkState } of this.#delayed) watermark = Math.min(watermark, watermarkState);
    this.#outputWatermark = Math.max(this.#outputWatermark, watermark);
  }

  drain(): void {
    this.#isDraining = true;
  }

  fire(pressure: Pressure): Promise<void> | void {
    for (const element of this.#waiting.takeReady(this.#isReady, CALLS_MAX)) this.#start(element);
    const begun = this.#begin();
    return begun === undefined
      ? this.#work(pressure, CALLS_MAX)
      : begun.then(() => this.#work(pressure, CALLS_MAX));
  }

  finishBundle(): Promise<void> | undefined {
    if (!this.#isInBundle) return undefined;
    this.#isInBundle = false;
    const { fn } = this.#instance;
    if (fn.finishBundle === undefined) return undefined;
    const context = this.#endContext;
    context.isOpen = true;
    const end = (): void => {
      context.isOpen = false;
      this.#outputs.throwFailureBelow();
    };
    const result = this.#instance.call(() => fn.finishBundle?.(context));
    if (result !== undefined) return result.then(end);
    end();
    return undefined;
  }

  commit(): readonly FinalizationCallback[] {
    return this.#effects.commit();
  }

  open(): Promise<void> {
    return this.#instance.open();
  }

  close(): Promise<void> {
    return this.#instance.close();
  }

  snapshot(writer: ByteWriter): void {
    const { windowFn } = this.#parts.windowing;
    writer.float64(this.#mainWatermark);
    writer.float64(this.#outputWatermark);
    const work = [...this.#ready, ...this.#delayed];
    writer.varInt(work.length);
    for (const { element, restriction, watermarkState, resumeAt } of work) {
      writeElement(element, this.#elementCoder, windowFn, writer);
      this.#restrictionCoder.append(restriction, writer);
      writer.float64(watermarkState);
      writer.float64(resumeAt);
    }
    const waiting = [...this.#waiting.all()];
    writer.varInt(waiting.length);
    for (const element of waiting) writeElement(element, this.#elementCoder, windowFn, writer);
    this.#sides?.write(writer);
  }

  restore(reader: ByteReader): void {
    const { windowFn } = this.#parts.windowing;
    this.#mainWatermark = reader.float64();
    this.#outputWatermark = reader.float64();
    for (let left = reader.varInt(); left > 0; left--) {
      const element = readElement(this.#elementCoder, windowFn, reader);
      const restriction = this.#restrictionCoder.read(reader);
      this.#delayed.push({
        element,
        restriction,
        watermarkState: reader.float64(),
        resumeAt: reader.float64(),
      });
    }
    for (let left = reader.varInt(); left > 0; left--) {
      this.#waiting.add(readElement(this.#elementCoder, windowFn, reader));
    }
    this.#sides?.read(reader);
  }

  #processingTimeWork(): ProcessingTimeWork {
    const next = (): number | undefined => {
      if (this.#delayed.length === 0) return undefined;
      return this.#delayed.reduce(
        (first, { resumeAt }) => Math.min(first, resumeAt),
        Number.POSITIVE_INFINITY,
      );
    };
    return {
      get next() {
        return next();
      },
      advanceTo: (now) => {
        const later: RestrictionWork[] = [];
        for (const work of this.#delayed) (work.resumeAt <= now ? this.#ready : later).push(work);
        this.#delayed = later;
      },
    };
  }

  /** No window before it is left to be worked on. */
  get #neededFrom(): number {
    let earliest = Math.min(this.#outputWatermark, this.#waiting.earliestWindow);
    for (const { element } of this.#ready) earliest = Math.min(earliest, element.window.end - 1);
    for (const { element } of this.#delayed) earliest = Math.min(earliest, element.window.end - 1);
    return earliest;
  }

  /** The whole work on an element, in the parts that the function wants. */
  #start(element: WindowedElement): void {
    const { restriction } = this.#parts.splittable;
    try {
      const whole = restriction.initial(element.value);
      for (const part of restriction.split?.(element.value, whole) ?? [whole]) {
        this.#ready.push({
          element,
          restriction: part,
          watermarkState: element.timestamp,
          resumeAt: Number.NEGATIVE_INFINITY,
        });
      }
    } catch (error) {
      throw this.#instance.failed(error);
    }
  }

  #begin(): Promise<void> | undefined {
    if (this.#isInBundle) return undefined;
    this.#isInBundle = true;
    return this.#instance.startBundle(this.#bundleContext);
  }

  #work(pressure: Pressure, calls: number): Promise<void> | void {
    let left = calls;
    while (left > 0 && pressure.waiting < WAITING_MAX) {
      const work = this.#ready.shift();
      if (work === undefined) return undefined;
      left -= 1;
      const rest = left;
      const result = this.#call(work);
      if (result !== undefined) return result.then(() => this.#work(pressure, rest));
    }
    return undefined;
  }

  #call(work: RestrictionWork): Promise<void> | undefined {
    const { splittable, services } = this.#parts;
    const { element } = work;
    const context = this.#context;
    let call: RestrictionCall;
    let result: void | Resume | Promise<void | Resume>;
    try {
      call = new RestrictionCall(this.name, splittable, work, services.clock);
      context.call = call;
      context.timestamp = element.timestamp;
      context.window = element.window;
      context.windows = [element.window];
      context.pane = element.pane;
      context.isOpen = true;
      result = (this.#instance.fn as unknown as CalledSplittableFn).process(element.value, context);
      if (!isWaiting(result)) {
        this.#ended(work, call, result as void | Resume);
        return undefined;
      }
    } catch (error) {
      throw this.#instance.failed(error);
    }
    return this.#instance.supervised(
      Promise.resolve(result).then((returned) => this.#ended(work, call, returned)),
    );
  }

  /** Checks what the call has done and keeps what it leaves. */
  #ended(work: RestrictionWork, call: RestrictionCall, returned: void | Resume): void {
    this.#context.isOpen = false;
    this.#outputs.throwFailureBelow();
    const delayMs = returned === undefined ? 0 : returned.resumeAfterMs;
    if (returned !== undefined) call.checkpoint();
    call.checkDone();
    const { residual } = call;
    if (residual === undefined) return;
    const isImmediate = delayMs <= 0 && this.#isBounded;
    const left: RestrictionWork = {
      element: work.element,
      restriction: residual.restriction,
      watermarkState: call.estimator.state,
      ...(work.isTruncated === true ? { isTruncated: true } : {}),
      resumeAt: isImmediate ? Number.NEGATIVE_INFINITY : this.#parts.services.clock.now() + delayMs,
    };
    (isImmediate ? this.#ready : this.#delayed).push(left);
  }

  /** The job drains: what is left becomes what must still be done. */
  #truncate(): void {
    this.#ready = this.#ready.flatMap((work) => this.#truncated(work));
    this.#delayed = this.#delayed.flatMap((work) => this.#truncated(work));
  }

  #truncated(work: RestrictionWork): readonly RestrictionWork[] {
    if (work.isTruncated === true) return [work];
    const spec = this.#parts.splittable.restriction;
    const rest = this.#isBounded ? work.restriction : undefined;
    const restriction =
      spec.truncate === undefined ? rest : spec.truncate(work.element.value, work.restriction);
    return restriction === undefined ? [] : [{ ...work, restriction, isTruncated: true }];
  }
}
