import { createHash } from "node:crypto";
import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import type { GraphNode, PipelineGraph } from "../../pipeline/graph.js";
import type { JsonValue } from "../../types/json-value.js";
import { describeTrigger } from "../../pipeline/trigger-rules.js";
import { isDefaultWindowing, type WindowingStrategy } from "../../pipeline/windowing-strategy.js";
import { collectionFacts, deadLettersSteps, type CollectionFacts } from "../graph-facts.js";
import type { CheckpointManifest, StepSignature } from "./snapshot.js";

/** What a checkpoint remembers of a graph's steps: all names and kinds, and a hash for each step with state. */
export function signaturesOf(graph: PipelineGraph): readonly StepSignature[] {
  const facts = collectionFacts(graph);
  const nodes = graph.nodes.map((node) => {
    const identity = identityOf(node, facts.get(node.inputs[0] ?? ""));
    const signature = { name: node.name, kind: node.kind };
    if (identity === undefined) return signature;
    const parts = node.kind === "parDo" ? partsOf(node, facts.get(node.inputs[0] ?? "")) : undefined;
    return { ...signature, hash: hashOf(identity), ...(parts === undefined ? {} : { parts }) };
  });
  return [...nodes, ...deadLettersSteps(graph).map((name) => ({ name, kind: "write" }))];
}

/** `undefined` for steps without state. */
function identityOf(node: GraphNode, input: CollectionFacts | undefined): JsonValue | undefined {
  switch (node.kind) {
    case "combine":
      return {
        kind: node.kind,
        windows: input?.windows ?? [],
        identity: node.stateIdentity ?? node.details,
        ...firingIdentity(input?.windowing),
      };
    case "read":
      return { kind: node.kind, identity: node.stateIdentity ?? null };
    case "parDo":
      return node.stateIdentity === undefined
        ? undefined
        : { kind: node.kind, windows: input?.windows ?? [], identity: node.stateIdentity };
    case "write":
    case "elementwise":
    case "window":
    case "flatten":
      return undefined;
  }
}

/** Of a function: what it keeps, by name, and the windows it is kept in. */
function partsOf(node: GraphNode, input: CollectionFacts | undefined): Readonly<Record<string, string>> {
  return {
    ...(node.stateIdentity as Readonly<Record<string, string>>),
    windows: input?.windows.join(", ") ?? "",
  };
}

/** The differences of two functions' parts, in words. */
function differences(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): string {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  const changes = Array.from(names).flatMap((name) => {
    const [was, is] = [before[name], now[name]];
    if (was === is) return [];
    if (was === undefined) return [`its ${name} (${is}) is new`];
    return [is === undefined ? `its ${name} (${was}) is gone` : `its ${name} was ${was} and is ${is} now`];
  });
  return changes.join("; ");
}

/** When windows fire, where that is not the default: the state of a trigger fits no other trigger. */
function firingIdentity(windowing: WindowingStrategy | undefined): { readonly [key: string]: JsonValue } {
  if (windowing === undefined || isDefaultWindowing(windowing)) return {};
  const { trigger, accumulation, allowedLatenessMs, timestampCombiner, closing, windowFn } = windowing;
  return {
    firing: {
      trigger: describeTrigger(trigger),
      accumulation,
      allowedLatenessMs,
      timestampCombiner,
      closing,
      isMerging: windowFn.isMerging,
    },
  };
}

/** Object keys in order of their names, so that equal data gives equal hashes. */
function hashOf(value: JsonValue): string {
  const text = JSON.stringify(value, (_key, one: unknown) =>
    typeof one === "object" && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/**
 * Why the state of a checkpoint cannot go on in a pipeline; empty when it can. Steps without state may come, go and
 * change; whether a write has state is told by what its writer left.
 */
export function incompatibilities(
  { steps: stored, sinks }: Pick<CheckpointManifest, "steps" | "sinks">,
  current: readonly StepSignature[],
): readonly Diagnostic[] {
  const now = new Map(current.map((step) => [step.name, step]));
  const before = new Map(stored.map((step) => [step.name, step]));
  const diagnostics: Diagnostic[] = [];
  const report = (step: string, reason: string, hint: string): void => {
    diagnostics.push({
      severity: "error",
      code: "STATE_INCOMPATIBLE",
      message: `The checkpoint does not fit the step '${step}': ${reason}.`,
      step,
      hint,
    });
  };
  for (const { name, kind, hash, parts } of stored) {
    if (hash === undefined) continue;
    const step = now.get(name);
    if (step === undefined) {
      report(name, `it has state (${kind}) and the pipeline has no such step`, RENAMED_HINT);
    } else if (step.kind !== kind) {
      report(name, `it was a ${kind} and is a ${step.kind} now`, RENAMED_HINT);
    } else if (step.hash !== hash) {
      const named = parts === undefined ? "" : differences(parts, step.parts ?? {});
      report(
        name,
        named === "" ? (CHANGED[kind] ?? "what its state depends on has changed") : named,
        CHANGED_HINT,
      );
    }
  }
  for (const { step, state, states } of sinks) {
    if ((state ?? states) !== undefined && now.get(step)?.kind !== "write") {
      report(step, "its writer left state and the pipeline has no such write", RENAMED_HINT);
    }
  }
  for (const { name, kind, hash } of current) {
    if (hash === undefined || before.has(name)) continue;
    report(name, `it needs state (${kind}) that the checkpoint does not have`, RENAMED_HINT);
  }
  return diagnostics;
}

const CHANGED: Readonly<Record<string, string>> = {
  combine: "its keys, aggregates, types or windows have changed",
  parDo: "its states, timers, side inputs, coders or windows have changed",
  read: "it reads something else",
};
const RENAMED_HINT = "Give the step its old name, or start anew with a fresh checkpoint.";
const CHANGED_HINT = "Undo the change, or start anew with a fresh checkpoint.";
