/** What cannot be a step: callers without types may give anything, and hear of it before the first element. */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { AsyncForm, CombineBinding, ReadBinding, StepBinding } from "./graph.js";

type Fault = Pick<Diagnostic, "message" | "hint" | "value" | "candidates">;

/** Faults of what is behind a step, whatever the graph around it. */
export function bindingFaults(step: string, binding: StepBinding): readonly Diagnostic[] {
  return Array.from(faultsOf(step, binding), (fault) => ({
    severity: "error",
    code: "PIPELINE_INVALID",
    ...fault,
    step,
  }));
}

function* faultsOf(step: string, binding: StepBinding): Iterable<Fault> {
  switch (binding.kind) {
    case "read":
      yield* sourceFaults(step, binding);
      return;
    case "elementwise":
      if ("fn" in binding) yield* functionFaults(`of the step '${step}'`, binding.fn);
      if ("concurrency" in binding) yield* concurrencyFaults(step, binding);
      return;
    case "combine":
      yield* combineFaults(step, binding);
      return;
    case "write":
      yield* missingMethods(`sink of the step '${step}'`, binding.sink, ["createWriter"]);
      return;
    case "window":
    case "parDo":
    case "flatten":
  }
}

function* functionFaults(whose: string, fn: unknown): Iterable<Fault> {
  if (typeof fn === "function") return;
  yield { message: `The function ${whose} is ${described(fn)} and no function.`, value: described(fn) };
}

function* concurrencyFaults(step: string, { concurrency }: AsyncForm): Iterable<Fault> {
  if (concurrency === undefined || (Number.isSafeInteger(concurrency) && concurrency >= 1)) return;
  yield {
    message: `'concurrency' of the step '${step}' must be a whole number of at least 1, not ${concurrency}.`,
    value: String(concurrency),
  };
}

function* sourceFaults(step: string, { source }: ReadBinding): Iterable<Fault> {
  if (typeof source === "object" && source !== null && "createFunction" in source) return;
  yield* missingMethods(`source of the step '${step}'`, source, ["createEnumerator", "createReader"]);
}

const COMBINE_METHODS = ["createAccumulator", "addInput", "mergeAccumulators", "extractOutput"] as const;

function* combineFaults(step: string, { keyOf, combineFn, toOutput }: CombineBinding): Iterable<Fault> {
  yield* functionFaults(`that gives the keys of the step '${step}'`, keyOf);
  yield* functionFaults(`that makes the results of the step '${step}'`, toOutput);
  yield* missingMethods(`combiner of the step '${step}'`, combineFn, COMBINE_METHODS);
  const methods = { keyOf, ...picked(combineFn) };
  for (const [name, method] of Object.entries(methods)) {
    if (Object.prototype.toString.call(method) !== "[object AsyncFunction]") continue;
    yield {
      message: `'${name}' of the step '${step}' is asynchronous: nobody would wait for it.`,
      value: name,
      hint: "Ask for what it needs in a step before, e.g. with map or requestResponse.",
    };
  }
}

function picked(combineFn: unknown): Readonly<Record<string, unknown>> {
  if (typeof combineFn !== "object" || combineFn === null) return {};
  return Object.fromEntries(COMBINE_METHODS.map((name) => [name, Reflect.get(combineFn, name) as unknown]));
}

function* missingMethods(what: string, object: unknown, names: readonly string[]): Iterable<Fault> {
  if (typeof object !== "object" || object === null) {
    yield { message: `The ${what} is ${described(object)} and no object.`, value: described(object) };
    return;
  }
  const missing = names.filter((name) => typeof Reflect.get(object, name) !== "function");
  if (missing.length === 0) return;
  yield {
    message: `The ${what} has no ${missing.length === 1 ? "method" : "methods"} ${missing
      .map((name) => `'${name}'`)
      .join(", ")}.`,
  };
}

function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
