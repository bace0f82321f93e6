import "reflect-metadata";
import { Container } from "inversify";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { TributaryError } from "../diagnostics/error.js";
import { compareText, nearestFirst } from "../diagnostics/nearest.js";
import { ROLES, checkFactory } from "./check-factory.js";
import { checkModules } from "./check-modules.js";
import { FactoryConflictError, conflictDiagnostic, describeConflict } from "./conflict.js";
import type { FactoryConflict } from "./conflict.js";
import type {
  Factory,
  FactoryInterface,
  FactoryRole,
  FormatFactory,
  SinkFactory,
  SourceFactory,
} from "./factory.js";
import { LoadedModule } from "./loaded-module.js";
import type { ServiceBinding } from "./loaded-module.js";
import { moduleLabel } from "./module.js";
import type { Module } from "./module.js";
import type { CatalogueEntry, FactoryRegistration, FactoryRegistry } from "./registry.js";

/** Chooses among several claims on one role and identifier. @public */
export interface FactoryOverride {
  readonly role: FactoryRole;
  readonly identifier: string;
  /** Name of the module whose factory is used, with or without `@version`. */
  readonly module: string;
}

/** @public */
export interface RegistryOptions {
  /** Explicit choices where modules claim the same; without one a conflict is refused. */
  readonly overrides?: readonly FactoryOverride[];
  /** Services that replace those of the modules, in every module that asks for them. */
  readonly bindings?: readonly ServiceBinding[];
  /** Factories of known modules that are not loaded, for messages. */
  readonly catalogue?: readonly CatalogueEntry[];
}

/** A factory with the module it comes from. */
interface Claim {
  readonly factory: Factory;
  readonly className: string;
  readonly file: string | undefined;
  readonly module: Module;
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
  const loaded: LoadedModule[] = [];
  for (const module of ordered) {
    try {
      loaded.push(new LoadedModule(module, root, options.bindings ?? []));
    } catch (error) {
      faults.push(notLoadable(module, error));
    }
  }
  const claims = loaded.flatMap(claimsOf);
  faults.push(
    ...claims.flatMap(({ factory, className, module }) => checkFactory(factory, className, module)),
  );
  const { winners, conflicts } = resolveClaims(claims, options.overrides ?? [], faults);
  if (faults.length > 0) throw new TributaryError([...faults, ...conflicts.map(conflictDiagnostic)]);
  if (conflicts.length > 0) throw new FactoryConflictError(conflicts);
  return new ContainerRegistry(winners, loaded, options.catalogue ?? []);
}

function notLoadable(module: Module, error: unknown): Diagnostic {
  return {
    severity: "error",
    code: "FACTORY_INVALID",
    message: `The factories of the module ${moduleLabel(module)} cannot be made: ${error instanceof Error ? error.message : String(error)}`,
    hint: "Give every constructor parameter an @inject(TOKEN), and bind every token in the module's services.",
  };
}

function claimsOf({ module, factories }: LoadedModule): Claim[] {
  return factories.map((factory) => {
    const { name, file } = factory.constructor as { name: string; file?: unknown };
    return { factory, className: name, file: typeof file === "string" ? file : module.file, module };
  });
}

/** A claim that won, with the labels of the modules that an override left out. */
interface Winner {
  readonly claim: Claim;
  readonly replaced: readonly string[];
}

function resolveClaims(
  claims: readonly Claim[],
  overrides: readonly FactoryOverride[],
  faults: Diagnostic[],
): { readonly winners: readonly Winner[]; readonly conflicts: readonly FactoryConflict[] } {
  const winners: Winner[] = [];
  const conflicts: FactoryConflict[] = [];
  for (const group of groupClaims(claims)) {
    const { role, identifier } = group[0].factory;
    const override = overrides.find((one) => one.role === role && one.identifier === identifier);
    const chosen = override === undefined ? group : group.filter(({ module }) => isNamed(module, override));
    if (chosen.length === 1 && chosen[0] !== undefined) {
      const [claim] = chosen;
      const replaced = group.filter((one) => one !== claim).map(({ module }) => moduleLabel(module));
      winners.push({ claim, replaced });
    } else if (chosen.length === 0 && override !== undefined) {
      faults.push(overrideWithoutClaim(override, group));
    } else {
      conflicts.push(describeConflict(role, identifier, chosen));
    }
  }
  for (const override of overrides) {
    const isClaimed = claims.some(
      ({ factory }) => factory.role === override.role && factory.identifier === override.identifier,
    );
    if (!isClaimed) faults.push(overrideWithoutClaim(override, []));
  }
  return { winners, conflicts };
}

/** Claims by role and identifier, sorted by both. */
function groupClaims(claims: readonly Claim[]): [Claim, ...Claim[]][] {
  const groups = new Map<string, [Claim, ...Claim[]]>();
  for (const claim of claims) {
    const key = `${ROLES.indexOf(claim.factory.role)} ${String(claim.factory.identifier)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [claim]);
    else group.push(claim);
  }
  return [...groups].sort(([a], [b]) => compareText(a, b)).map(([, group]) => group);
}

function isNamed(module: Module, { module: name }: FactoryOverride): boolean {
  return name === module.name || name === moduleLabel(module);
}

function overrideWithoutClaim(override: FactoryOverride, group: readonly Claim[]): Diagnostic {
  return {
    severity: "error",
    code: "FACTORY_NOT_FOUND",
    message: `The override for the ${override.role} '${override.identifier}' names the module '${override.module}', which does not offer it.`,
    connector: override.identifier,
    candidates: nearestFirst(
      override.module,
      group.map(({ module }) => moduleLabel(module)),
    ),
    hint: "Name a loaded module that offers it, or leave the override out.",
  };
}

class ContainerRegistry implements FactoryRegistry {
  readonly registrations: readonly FactoryRegistration[];
  readonly catalogue: readonly CatalogueEntry[];
  readonly #factories: ReadonlyMap<string, Factory>;
  readonly #loaded: readonly LoadedModule[];
  #disposal: Promise<void> | undefined;

  constructor(
    winners: readonly Winner[],
    loaded: readonly LoadedModule[],
    catalogue: readonly CatalogueEntry[],
  ) {
    this.registrations = Object.freeze(winners.flatMap(registrationsOf));
    this.catalogue = Object.freeze([...catalogue]);
    this.#factories = new Map(
      winners.map(({ claim: { factory } }) => [`${factory.role} ${factory.identifier}`, factory]),
    );
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

  dispose(): Promise<void> {
    this.#disposal ??= this.#release();
    return this.#disposal;
  }

  async #release(): Promise<void> {
    const errors: unknown[] = [];
    for (const module of this.#loaded.toReversed()) await module.dispose(errors);
    if (errors.length > 0) throw errors[0];
  }
}

function registrationsOf({ claim: { factory, module }, replaced }: Winner): FactoryRegistration[] {
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
