/** From a function as it was given to a ParDo to the step in the graph. */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { Planned } from "../table/planning.js";
import type { JsonValue } from "../types/json-value.js";
import { coderName } from "./coder-name.js";
import type { AnyDoFn, DoFn, None } from "./do-fn.js";
import type { StepPlan } from "./graph-builder.js";
import type { ParDoBinding } from "./graph.js";
import type { PCollection } from "./p-collection.js";
import { checkObject } from "./step-arguments.js";
import type { SideInput, SideInputs } from "./side-input.js";
import type { SplittableParts } from "./splittable/splittable-fn.js";
import type { TaggedType } from "./type-tag.js";

/**
 * A function for a ParDo: a literal, a function that makes one, or a class. Every use of it is an instance of its own;
 * of a literal the instances share what its methods capture.
 *
 * @public
 */
export type DoFnSource<I, O, S = None, T = None, G = None, V extends SideInputs = None, K = unknown> =
  DoFn<I, O, S, T, G, V, K> | (() => DoFn<I, O, S, T, G, V, K>) | (new () => DoFn<I, O, S, T, G, V, K>);

/** What a ParDo makes: its main output, and with further outputs all of them by name. @public */
export type ParDoOutputs<O, G> = [keyof G] extends [never]
  ? PCollection<O>
  : { readonly main: PCollection<O> } & { readonly [N in keyof G]: PCollection<TaggedType<G[N]>> };

/** Name of the collection behind a further output. */
export function taggedCollection(step: string, tag: string): string {
  return `${step}/${tag}`;
}

/** A function that was given, and what it declares. */
export interface DeclaredFunction {
  readonly create: () => AnyDoFn;
  readonly declaration: AnyDoFn;
  readonly tags: readonly string[];
  readonly sideInputs: ParDoBinding["sideInputs"];
}

/** Reads the declarations of a function. The instance that was made for it is the first that `create` gives. */
export function declaredFunction(step: string, source: unknown): DeclaredFunction {
  if (typeof source !== "function") checkObject(step, "The function", source);
  const make = instanceMaker(source);
  const declaration = make();
  checkObject(step, "What the function given makes for an instance", declaration);
  let unused: AnyDoFn | undefined = declaration;
  return {
    create: () => {
      const first = unused;
      unused = undefined;
      return first ?? make();
    },
    declaration,
    tags: Object.keys(declaration.outputs ?? {}),
    sideInputs: Object.entries(declaration.sideInputs ?? {}).map(([name, view]) => ({ name, view })),
  };
}

function instanceMaker(source: unknown): () => AnyDoFn {
  if (typeof source !== "function") {
    const literal = source as AnyDoFn;
    return () =>
      Object.create(
        Object.getPrototypeOf(literal) as object,
        Object.getOwnPropertyDescriptors(literal),
      ) as AnyDoFn;
  }
  if (Object.getOwnPropertyDescriptor(source, "prototype")?.writable === false) {
    const constructor = source as new () => AnyDoFn;
    return () => new constructor();
  }
  return source as () => AnyDoFn;
}

/** The step's plan, or every fault of the declarations. */
export function planParDo(source: unknown, declared: DeclaredFunction): Planned<StepPlan> {
  const { create, declaration, tags, sideInputs } = declared;
  const diagnostics = [...faultsOf(source, declaration)].map((fault): Diagnostic => ({
    severity: "error",
    code: "PIPELINE_INVALID",
    ...fault,
  }));
  if (diagnostics.length > 0) return { diagnostics };
  const splittable = splittableOf(declaration);
  const binding: ParDoBinding = {
    kind: "parDo",
    create,
    declaration,
    tags,
    sideInputs,
    ...(splittable === undefined ? {} : { splittable }),
  };
  const stateIdentity = stateIdentityOf(declaration);
  const details = detailsOf(declaration, declared);
  return {
    value: { binding, details, ...(stateIdentity === undefined ? {} : { stateIdentity }) },
    diagnostics,
  };
}

/** What a function with restrictions has beside others. */
function splittableOf(declaration: AnyDoFn): SplittableParts | undefined {
  return "restriction" in declaration ? (declaration as unknown as SplittableParts) : undefined;
}

function splittableDetails(declaration: AnyDoFn): Readonly<Record<string, string>> {
  const parts = splittableOf(declaration);
  if (parts === undefined) return {};
  const { restriction, watermark } = parts;
  return {
    restriction: restriction.description,
    ...(watermark === undefined ? {} : { watermark: watermark.description }),
  };
}

function detailsOf(
  declaration: AnyDoFn,
  { tags, sideInputs }: DeclaredFunction,
): Readonly<Record<string, JsonValue>> {
  return {
    ...(declaration.state === undefined ? {} : { state: statesOf(declaration) }),
    ...(declaration.timers === undefined ? {} : { timers: timersOf(declaration) }),
    ...(tags.length === 0 ? {} : { outputs: tags }),
    ...(sideInputs.length === 0
      ? {}
      : { sideInputs: Object.fromEntries(sideInputs.map(({ name, view }) => [name, sideInputText(view)])) }),
    ...(declaration.requiresTimeSortedInput === true ? { requiresTimeSortedInput: true } : {}),
    ...splittableDetails(declaration),
  };
}

function sideInputText({ kind, collection }: SideInput<unknown>): string {
  return `${kind} of ${collection}`;
}

/** What a checkpoint must find again, by parts so that a difference can be named; absent where nothing is kept. */
function stateIdentityOf(declaration: AnyDoFn): JsonValue | undefined {
  const { state, timers, sideInputs, requiresTimeSortedInput, elementCoder } = declaration;
  const isKeyed = isKeyedFunction(declaration);
  const splittable = splittableOf(declaration);
  if (!isKeyed && sideInputs === undefined && splittable === undefined) return undefined;
  const waits = sideInputs !== undefined || requiresTimeSortedInput === true || splittable !== undefined;
  return {
    ...(isKeyed ? { key: coderName(declaration.keyCoder) } : {}),
    ...(waits ? { element: coderName(elementCoder) } : {}),
    ...prefixed("state", state === undefined ? {} : statesOf(declaration)),
    ...prefixed("timer", timers === undefined ? {} : timersOf(declaration)),
    ...prefixed(
      "side input",
      Object.fromEntries(
        Object.entries(sideInputs ?? {}).map(([name, view]) => [
          name,
          `${sideInputText(view)} (${coderName(view.coder)})`,
        ]),
      ),
    ),
    ...(requiresTimeSortedInput === true ? { order: "by time" } : {}),
    ...(splittable === undefined ? {} : { "restriction coder": coderName(splittable.restriction.coder) }),
    ...splittableDetails(declaration),
  };
}

function prefixed(what: string, parts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(parts).map(([name, text]) => [`${what} '${name}'`, text]));
}

function statesOf({ state = {} }: AnyDoFn): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(state).map(([name, { kind, keyCoder, coder, description }]) => {
      const coders =
        keyCoder === undefined ? coderName(coder) : `${coderName(keyCoder)} to ${coderName(coder)}`;
      return [
        name,
        description === undefined ? `${kind} of ${coders}` : `${kind} ${description} of ${coders}`,
      ];
    }),
  );
}

function timersOf({ timers = {} }: AnyDoFn): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(timers).map(([name, { domain, isFamily }]) => [
      name,
      isFamily ? `${domain} family` : domain,
    ]),
  );
}

/** True for a function whose elements are told apart by key. */
export function isKeyedFunction({ state, timers, requiresTimeSortedInput }: AnyDoFn): boolean {
  return state !== undefined || timers !== undefined || requiresTimeSortedInput === true;
}

type Fault = Pick<Diagnostic, "message" | "hint" | "value">;

function* faultsOf(source: unknown, declaration: AnyDoFn): Iterable<Fault> {
  if (typeof source !== "function" && Object.getPrototypeOf(source) !== Object.prototype) {
    yield {
      message: "The function is an instance of a class: two uses of it could not be told apart.",
      hint: "Give the class itself, or a function that makes an instance: () => new MyFunction().",
    };
  }
  if (typeof declaration.process !== "function") {
    yield { message: "The function has no method 'process'.", hint: "Add process(element, context)." };
  }
  if (declaration.outputs !== undefined && "main" in declaration.outputs) {
    yield {
      message: "No further output can be named 'main': that is the main output's name.",
      value: "main",
    };
  }
  if (declaration.timers !== undefined && declaration.onTimer === undefined) {
    yield { message: "The function declares timers and has no method 'onTimer'." };
  }
  if (declaration.onWindowExpiration !== undefined && !isKeyedFunction(declaration)) {
    yield { message: "The function has a method 'onWindowExpiration' and declares no state." };
  }
  yield* limitFaults(declaration);
  yield* coderFaults(declaration);
}

function* limitFaults(declaration: AnyDoFn): Iterable<Fault> {
  const { allowedSkewMs, concurrency, attempts, retryDelayMs } = declaration;
  if (allowedSkewMs !== undefined && !(allowedSkewMs >= 0))
    yield limit("allowedSkewMs", "0 or more", allowedSkewMs);
  if (retryDelayMs !== undefined && !(retryDelayMs >= 0))
    yield limit("retryDelayMs", "0 or more", retryDelayMs);
  for (const [name, value] of Object.entries({ concurrency, attempts })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      yield limit(name, "a whole number of at least 1", value);
    }
  }
}

function limit(name: string, range: string, value: number): Fault {
  return { message: `'${name}' is ${value}; it must be ${range}.`, value: String(value) };
}

function* coderFaults(declaration: AnyDoFn): Iterable<Fault> {
  if (declaration.keyCoder?.isDeterministic === false) {
    yield { message: "The key coder is not deterministic: equal keys could differ in bytes." };
  }
  for (const [name, { kind, coder, keyCoder }] of Object.entries(declaration.state ?? {})) {
    const ofKeys = kind === "set" ? coder : keyCoder;
    if (ofKeys?.isDeterministic === false) {
      yield { message: `The coder of the keys of the state '${name}' is not deterministic.`, value: name };
    }
  }
  for (const [name, { keyCoder }] of Object.entries(declaration.sideInputs ?? {})) {
    if (keyCoder?.isDeterministic === false) {
      yield { message: `The key coder of the side input '${name}' is not deterministic.`, value: name };
    }
  }
}
