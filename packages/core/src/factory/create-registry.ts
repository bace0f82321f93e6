import "reflect-metadata";
import { Container } from "inversify";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { TributaryError } from "../diagnostics/error.js";
import { compareText } from "../diagnostics/nearest.js";
import { checkClass } from "./check-class.js";
import { checkFactory } from "./check-factory.js";
import { checkModules } from "./check-modules.js";
import { resolveClaims } from "./claims.js";
import type { Claim, FactoryOverride, Winner } from "./claims.js";
import { FactoryConflictError, conflictDiagnostic } from "./conflict.js";
import type { Factory, FactoryInterface, FormatFactory, SinkFactory, SourceFactory } from "./factory.js";
import { LoadedModule } from "./loaded-module.js";
import type { ServiceBinding } from "./loaded-module.js";
import { moduleLabel } from "./module.js";
import type { Module } from "./module.js";
import type {
  BoundClass,
  CatalogueEntry,
  ClassRegistration,
  FactoryRegistration,
  FactoryRegistry,
} from "./registry.js";

/** What a registry is built with beside its modules. @public */
export interface RegistryOptions {
  /** Explicit choices where modules claim the same; without one a conflict is refused. */
  readonly overrides?: readonly FactoryOverride[];
  /** Services that replace those of the modules, in every module that asks for them. */
  readonly bindings?: readonly ServiceBinding[];
  /** Factories of known modules that are not loaded, for messages. */
  readonly catalogue?: readonly CatalogueEntry[];
}

/**
 * Builds a registry. The outcome does not depend on the order of modules. Nothing is global: two registries have
 * factories and services of their own.
 *
 * @throws `MODULE_INCOMPATIBLE`, `MODULE_NOT_FOUND`, `FACTORY_INVALID` and {@link FactoryConflictError}, with every
 *   fault of the wiring at once.
 * @public
 */
export function createRegistry(modules: readonly Module[], options: RegistryOptions = {}): FactoryRegistry {
  const ordered = modules.toSorted((a, b) => compareText(moduleLabel(a), moduleLabel(b)));
  const faults = [...checkModules(ordered)];
  if (faults.length > 0) throw new TributaryError(faults);
  const root = new Container({ jitless: true });
  for (const { token, value } of options.bindings ?? []) root.bind(token).toConstantValue(value);
  const loaded = ordered.map((module) => new LoadedModule(module, root, options.bindings ?? []));
  try {
    return new ContainerRegistry(checkedClaims(loaded, options.overrides ?? []), loaded, options.catalogue);
  } catch (error) {
    // The fault that is thrown says more than what comes of releasing.
    void releaseAll(loaded);
    throw error;
  }
}

/** Factories and classes that have a name each to themselves. */
interface Claimed {
  readonly factories: readonly Winner<Factory>[];
  readonly classes: readonly Winner<BoundClass>[];
}

/** @throws every fault of declarations, overrides and claims at once. */
function checkedClaims(loaded: readonly LoadedModule[], overrides: readonly FactoryOverride[]): Claimed {
  const factories = loaded.flatMap(factoryClaims);
  const classes = loaded.flatMap(classClaims);
  const faults = [
    ...loaded.filter(({ failure }) => failure !== undefined).map(notLoadable),
    ...factories.flatMap(({ claimed, className, module }) => checkFactory(claimed, className, module)),
    ...classes.flatMap(({ claimed, module }) => checkClass(claimed, module)),
  ];
  const ofFactories = resolveClaims(
    factories,
    overrides.filter(({ role }) => role !== "class"),
    faults,
  );
  const ofClasses = resolveClaims(
    classes,
    overrides.filter(({ role }) => role === "class"),
    faults,
  );
  const conflicts = [...ofFactories.conflicts, ...ofClasses.conflicts];
  if (faults.length > 0) throw new TributaryError([...faults, ...conflicts.map(conflictDiagnostic)]);
  if (conflicts.length > 0) throw new FactoryConflictError(conflicts);
  return { factories: ofFactories.winners, classes: ofClasses.winners };
}

/** In reverse order of loading. @returns what failed meanwhile. */
async function releaseAll(loaded: readonly LoadedModule[]): Promise<readonly unknown[]> {
  const errors: unknown[] = [];
  for (const module of loaded.toReversed()) await module.dispose(errors);
  return errors;
}

function notLoadable({ module, failure }: LoadedModule): Diagnostic {
  return {
    severity: "error",
    code: "FACTORY_INVALID",
    message: `The factories of the module ${moduleLabel(module)} cannot be made: ${failure instanceof Error ? failure.message : String(failure)}`,
    hint: "Give every constructor parameter an @inject(TOKEN), and bind every token in the module's services.",
  };
}

function factoryClaims({ module, factories }: LoadedModule): Claim<Factory>[] {
  return factories.map((factory) => {
    const { role, identifier } = factory;
    return { role, identifier, claimed: factory, ...whereIs(factory.constructor, module), module };
  });
}

function classClaims({ module, classes }: LoadedModule): Claim<BoundClass>[] {
  return classes.map((bound) => ({
    role: "class",
    identifier: bound.name,
    claimed: bound,
    ...whereIs(bound.type, module),
    module,
  }));
}

/** A class may say itself in which file it is. */
function whereIs(type: unknown, module: Module): Pick<Claim<unknown>, "className" | "file"> {
  const { name, file } = (type ?? {}) as { readonly name?: unknown; readonly file?: unknown };
  return {
    className: typeof name === "string" && name !== "" ? name : "a class without name",
    file: typeof file === "string" ? file : module.file,
  };
}

class ContainerRegistry implements FactoryRegistry {
  readonly registrations: readonly FactoryRegistration[];
  readonly catalogue: readonly CatalogueEntry[];
  readonly classes: readonly ClassRegistration[];
  readonly #factories: ReadonlyMap<string, Factory>;
  readonly #classes: ReadonlyMap<string, BoundClass>;
  readonly #loaded: readonly LoadedModule[];
  #disposal: Promise<void> | undefined;

  constructor(
    { factories, classes }: Claimed,
    loaded: readonly LoadedModule[],
    catalogue: readonly CatalogueEntry[] = [],
  ) {
    this.registrations = Object.freeze(factories.flatMap(registrationsOf));
    this.catalogue = Object.freeze([...catalogue]);
    this.#factories = new Map(
      factories.map(({ claim: { role, identifier, claimed } }) => [`${role} ${identifier}`, claimed]),
    );
    this.classes = Object.freeze(classes.map(classRegistration));
    this.#classes = new Map(classes.map(({ claim: { claimed } }) => [claimed.name, claimed]));
    this.#loaded = loaded;
    Object.freeze(this);
  }

  findSource(identifier: string): SourceFactory | undefined {
    return this.#factories.get(`source ${identifier}`) as SourceFactory | undefined;
  }

  findSink(identifier: string): SinkFactory | undefined {
    return this.#factories.get(`sink ${identifier}`) as SinkFactory | undefined;
  }

  findFormat(identifier: string): FormatFactory | undefined {
    return this.#factories.get(`format ${identifier}`) as FormatFactory | undefined;
  }

  findClass(name: string): BoundClass | undefined {
    return this.#classes.get(name);
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#release();
    return this.#disposal;
  }

  async #release(): Promise<void> {
    const errors = await releaseAll(this.#loaded);
    if (errors.length > 0) throw errors[0];
  }
}

function registrationsOf({
  claim: { claimed: factory, module },
  replaced,
}: Winner<Factory>): FactoryRegistration[] {
  const provides: readonly FactoryInterface[] =
    factory.role === "format" ? factory.provides.toSorted(compareText) : [factory.provides];
  return provides.map((provided) =>
    Object.freeze({
      role: factory.role,
      identifier: factory.identifier,
      interface: provided,
      module: module.name,
      version: module.version,
      ...(replaced.length > 0 && { overrides: replaced.join(", ") }),
    }),
  );
}

function classRegistration({ claim: { claimed, module }, replaced }: Winner<BoundClass>): ClassRegistration {
  return Object.freeze({
    name: claimed.name,
    contract: claimed.contract.name,
    module: module.name,
    version: module.version,
    ...(replaced.length > 0 && { overrides: replaced.join(", ") }),
  });
}
