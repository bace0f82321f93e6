/**
 * A module is the unit of plugging in: factories under a name and a version, and the services they are made from.
 * Loading one has no side effect; a registry is built from modules, see `createRegistry`.
 */
import type { ContainerModule } from "inversify";
import type { ClassBinding } from "./class-contract.js";
import type { Factory, FactoryClass } from "./factory.js";

/**
 * Version of the contract between core and modules: the interfaces in connector/, factory/ and options/. A change
 * that breaks a module counts it up.
 *
 * @public
 */
export const CONTRACT_VERSION = 1;

/** Token under which an inversify module binds its factories, as many as it likes. @public */
export const FACTORY: symbol = Symbol.for("@tributary/core/Factory");

/** A service that factories get by `@inject(token)`: made once for a registry, when first asked for. @public */
export interface ServiceDefinition<T = unknown> {
  readonly token: symbol;
  /** A class that inversify makes, every constructor parameter with `@inject`; or a function. */
  readonly provide: { readonly useClass: new (...args: never[]) => T } | { readonly useFactory: () => T };
  /** Releases the service when the registry is disposed of. */
  dispose?(service: T): void | Promise<void>;
}

/** What a module says about itself. @public */
export interface ModuleDefinition {
  /** Without the version, e.g. `kinesis-streams`. */
  readonly name: string;
  /** Full version, e.g. `5.1.0`. */
  readonly version: string;
  /** Classes that inversify makes, or factories as they are. */
  readonly factories?: readonly (FactoryClass | Factory)[];
  /** Classes that options name, by name; see `bindClass`. */
  readonly classes?: Readonly<Record<string, ClassBinding>>;
  readonly services?: readonly ServiceDefinition[];
  /** For those who bind with inversify themselves: factories under {@link FACTORY}, classes under `NAMED_CLASS`. */
  readonly container?: ContainerModule;
  /** `import.meta.url` of the file that holds the factories; named in conflicts. */
  readonly file?: string;
  /** Modules that must be loaded too; `version` as `5`, `5.1`, `^5.1.0` or `>=5.1.0`. */
  readonly requires?: readonly { readonly module: string; readonly version?: string }[];
  /** Modules of one family are alternatives: at most one of them belongs into a registry. */
  readonly family?: string;
  /** What to choose this member of the family for; continues "for ...". */
  readonly purpose?: string;
  /** Contract the module was written for; the present one by default. */
  readonly contractVersion?: number;
}

/** A module ready to be loaded. Made by {@link defineModule}; may be loaded into any number of registries. @public */
export interface Module extends ModuleDefinition {
  readonly contractVersion: number;
  /** Entry of the copy of core that the module stands on. */
  readonly core: string;
}

/** Where this copy of core lies: two copies in one process do not recognise each other's value classes. */
export const CORE_COPY: string = new URL("..", import.meta.url).href;

/**
 * Declares a module.
 *
 * @example
 * export const acme = defineModule({
 *   name: "acme",
 *   version: "1.0.0",
 *   file: import.meta.url,
 *   factories: [AcmeSourceFactory],
 * });
 * @public
 */
export function defineModule(definition: ModuleDefinition): Module {
  return Object.freeze({ contractVersion: CONTRACT_VERSION, ...definition, core: CORE_COPY });
}

/** `name@version`, as claims and overrides print it. */
export function moduleLabel({ name, version }: Pick<ModuleDefinition, "name" | "version">): string {
  return `${name}@${version}`;
}
