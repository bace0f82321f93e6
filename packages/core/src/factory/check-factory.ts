import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { checkOptionsClass } from "../options/check-options-class.js";
import type { Factory, FactoryRole } from "./factory.js";
import { moduleLabel } from "./module.js";
import type { Module } from "./module.js";

/** Roles in the order in which registrations are listed. */
export const ROLES: readonly FactoryRole[] = ["source", "sink", "format"];

const IDENTIFIER = /^[a-z0-9][a-z0-9-]*$/;
const CODEC_METHODS = { DecodingFormat: "createDecoding", EncodingFormat: "createEncoding" } as const;

/** What is wrong with a factory's declaration; empty for a sound one. */
export function checkFactory(factory: Factory, className: string, module: Module): readonly Diagnostic[] {
  const subject = `${className} of the module ${moduleLabel(module)}`;
  return [...faultsOf(factory)].map(({ message, hint }) => ({
    severity: "error",
    code: "FACTORY_INVALID",
    message: `${subject} ${message}.`,
    ...(typeof factory.identifier === "string" && { connector: factory.identifier }),
    hint,
  }));
}

interface Fault {
  readonly message: string;
  readonly hint: string;
}

function* faultsOf(factory: Factory): Generator<Fault> {
  if (!ROLES.includes(factory.role)) {
    yield {
      message: `has the role '${String(factory.role)}'`,
      hint: "The roles are source, sink and format.",
    };
    return;
  }
  if (typeof factory.identifier !== "string" || !IDENTIFIER.test(factory.identifier)) {
    yield {
      message: `has the identifier '${String(factory.identifier)}'`,
      hint: "An identifier is lower-case letters, digits and '-', and begins with a letter or digit, so that two never differ only in letter case.",
    };
  }
  yield* interfaceFaults(factory);
  yield* checkOptionsClass(factory.options);
}

function* interfaceFaults(factory: Factory): Generator<Fault> {
  if (factory.role === "format") {
    if (!Array.isArray(factory.provides) || factory.provides.length === 0) {
      yield {
        message: "provides no interface",
        hint: "A format provides DecodingFormat, EncodingFormat or both.",
      };
      return;
    }
    for (const provided of factory.provides as readonly string[]) {
      const method =
        provided in CODEC_METHODS ? CODEC_METHODS[provided as keyof typeof CODEC_METHODS] : undefined;
      if (method === undefined || typeof factory[method] !== "function") {
        yield notImplemented(provided, method ?? "createDecoding or createEncoding");
      }
    }
    return;
  }
  const allowed: readonly string[] = factory.role === "source" ? ["Source", "SourceFunction"] : ["Sink"];
  if (!allowed.includes(factory.provides)) {
    yield {
      message: `is a ${factory.role} that provides '${String(factory.provides)}'`,
      hint: `A ${factory.role} provides ${allowed.join(" or ")}.`,
    };
  } else if (typeof factory.create !== "function") {
    yield notImplemented(factory.provides, "create");
  }
}

function notImplemented(provided: string, method: string): Fault {
  return {
    message: `says that it provides ${provided} and does not implement it`,
    hint: `Add the method ${method}.`,
  };
}
