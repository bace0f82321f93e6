/** A function of a ParDo whose failures are an output: of an element that fails nothing else is seen. */
import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import type { AnyDoFn, DoFn, EmitOptions, FinishBundleContext, ProcessContext } from "../do-fn.js";
import { isKeyedFunction, type DeclaredFunction } from "../par-do.js";
import { output } from "../type-tag.js";
import { GLOBAL_WINDOW_MAX_TIMESTAMP } from "../window.js";
import { failedElement } from "./failures.js";

/** Name of the output of what failed. */
const FAILED = "failed";

/** Any function, as it is called. */
type CalledFn = Omit<DoFn<unknown>, "process" | "finishBundle" | "outputs"> & {
  readonly outputs?: Readonly<Record<string, unknown>>;
  process(element: unknown, context: CalledContext): void | Promise<void>;
  finishBundle?(context: FinishBundleContext<unknown, never>): void | Promise<void>;
};

type CalledContext = Omit<ProcessContext<unknown>, "emitTo"> & {
  emitTo(this: void, tag: string, value: unknown, options?: EmitOptions): void;
};

/** The function with `failed` beside its outputs: what `process` throws or rejects with goes there. */
export function caughtFunction(declared: DeclaredFunction): DeclaredFunction {
  return {
    ...declared,
    create: () => catchingFunction(declared.create()),
    declaration: catchingFunction(declared.declaration),
    tags: [...declared.tags, FAILED],
  };
}

/** Why the failures of a function cannot be an output. */
export function catchFaults({ declaration, tags }: DeclaredFunction): readonly Diagnostic[] {
  const faults: Diagnostic[] = [];
  if (isKeyedFunction(declaration) || "restriction" in declaration) {
    faults.push({
      severity: "error",
      code: "PIPELINE_INVALID",
      message:
        "Failures are caught of functions without state, timers, time-sorted input and restrictions only: what the others did before they failed could not be undone.",
      hint: "Catch the error in 'process' itself, before state is written, and emit a failure to an output of your own.",
    });
  }
  if (tags.includes(FAILED)) {
    faults.push({
      severity: "error",
      code: "PIPELINE_INVALID",
      message: `No further output can be named '${FAILED}' where failures are caught: that is the name of theirs.`,
      value: FAILED,
    });
  }
  return faults;
}

function catchingFunction(declaration: AnyDoFn): AnyDoFn {
  const fn = declaration as unknown as CalledFn;
  const { sideInputs, elementCoder, allowedSkewMs, concurrency, attempts, retryDelayMs } = fn;
  const contexts = new WeakMap<CalledContext, HeldContext>();
  const heldContext = (under: CalledContext): HeldContext => {
    const known = contexts.get(under);
    if (known !== undefined) return known;
    const made = new HeldContext(under, new Set(Object.keys(fn.outputs ?? {})), allowedSkewMs ?? 0);
    contexts.set(under, made);
    return made;
  };
  return {
    outputs: { ...fn.outputs, [FAILED]: output() },
    ...given({ sideInputs, elementCoder, allowedSkewMs, concurrency, attempts, retryDelayMs }),
    ...(fn.setup === undefined ? {} : { setup: () => fn.setup?.() }),
    ...(fn.startBundle === undefined
      ? {}
      : {
          startBundle: (context: Parameters<NonNullable<CalledFn["startBundle"]>>[0]) =>
            fn.startBundle?.(context),
        }),
    process: (element: unknown, context: CalledContext) =>
      processCaught(fn, element, context, heldContext(context)),
    ...(fn.finishBundle === undefined
      ? {}
      : { finishBundle: (context: FinishBundleContext<unknown, never>) => fn.finishBundle?.(context) }),
    ...(fn.teardown === undefined ? {} : { teardown: () => fn.teardown?.() }),
  };
}

function given(parts: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

function processCaught(
  fn: CalledFn,
  element: unknown,
  context: CalledContext,
  held: HeldContext,
): void | Promise<void> {
  const fail = (error: unknown): void => {
    held.drop();
    // A job that ends interrupts its calls: the element did not fail, it is processed after a restore.
    if (context.signal.aborted) throw error;
    context.emitTo(FAILED, failedElement(element, error, context));
  };
  held.open();
  let result: void | Promise<void>;
  try {
    result = fn.process(element, held);
  } catch (error) {
    return fail(error);
  }
  if (!isWaiting(result)) return held.release();
  return Promise.resolve(result).then(() => held.release(), fail);
}

function isWaiting(result: unknown): result is Promise<void> {
  return typeof result === "object" && result !== null && "then" in result;
}

interface HeldOutput {
  /** Absent: the main one. */
  readonly tag: string | undefined;
  readonly value: unknown;
  readonly options: EmitOptions | undefined;
}

/** What `process` finds around it: the runner's context, but outputs wait until it has succeeded. */
class HeldContext implements CalledContext {
  readonly #under: CalledContext;
  readonly emit: CalledContext["emit"];
  readonly emitTo: CalledContext["emitTo"];
  #held: HeldOutput[] = [];
  #isOpen = false;

  constructor(under: CalledContext, tags: ReadonlySet<string>, allowedSkewMs: number) {
    this.#under = under;
    // What the runner refuses goes to it at once, so that it is this element that fails.
    const isRefused = (options: EmitOptions | undefined): boolean => {
      const at = options?.timestamp;
      if (!this.#isOpen) return true;
      return (
        at !== undefined && !(at >= under.timestamp - allowedSkewMs && at <= GLOBAL_WINDOW_MAX_TIMESTAMP)
      );
    };
    this.emit = (value, options) => {
      if (isRefused(options)) under.emit(value, options);
      else this.#held.push({ tag: undefined, value, options });
    };
    this.emitTo = (tag, value, options) => {
      if (isRefused(options) || !tags.has(tag)) under.emitTo(tag, value, options);
      else this.#held.push({ tag, value, options });
    };
  }

  get step() {
    return this.#under.step;
  }
  get metrics() {
    return this.#under.metrics;
  }
  get finalizer() {
    return this.#under.finalizer;
  }
  get logger() {
    return this.#under.logger;
  }
  get clock() {
    return this.#under.clock;
  }
  get signal() {
    return this.#under.signal;
  }
  get timestamp() {
    return this.#under.timestamp;
  }
  get window() {
    return this.#under.window;
  }
  get pane() {
    return this.#under.pane;
  }
  get key() {
    return this.#under.key;
  }
  get state() {
    return this.#under.state;
  }
  get timers() {
    return this.#under.timers;
  }
  get side() {
    return this.#under.side;
  }

  open(): void {
    this.#isOpen = true;
  }

  drop(): void {
    this.#isOpen = false;
    this.#held = [];
  }

  release(): void {
    const held = this.#held;
    this.drop();
    for (const { tag, value, options } of held) {
      if (tag === undefined) this.#under.emit(value, options);
      else this.#under.emitTo(tag, value, options);
    }
  }
}
