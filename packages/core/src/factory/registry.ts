import type { NamedClass } from "./class-contract.js";
import type { FactoryInterface, FactoryRole, FormatFactory, SinkFactory, SourceFactory } from "./factory.js";

/** One line of `tributary connectors`. @public */
export interface FactoryRegistration {
  readonly role: FactoryRole;
  readonly identifier: string;
  readonly interface: FactoryInterface;
  /** Module name, without its version. */
  readonly module: string;
  /** Full version of the module. */
  readonly version: string;
  /** `MODULE@VERSION` that an explicit override replaced. */
  readonly overrides?: string;
}

/** A factory of a known module that is not loaded. @public */
export interface CatalogueEntry {
  readonly role: FactoryRole;
  readonly identifier: string;
  /** What `--module` takes, e.g. `kinesis@5`. */
  readonly module: string;
}

/** A class that a module binds by name. @public */
export interface ClassRegistration {
  readonly name: string;
  /** Name of its contract. */
  readonly contract: string;
  /** Module name, without its version. */
  readonly module: string;
  /** Full version of the module. */
  readonly version: string;
  /** `MODULE@VERSION` that an explicit override replaced. */
  readonly overrides?: string;
}

/** A named class in one registry: instances get the services of its module there. @public */
export interface BoundClass extends NamedClass {
  /** @param args - what the contract gives. The caller owns the instance. */
  make(...args: readonly unknown[]): object;
}

/**
 * The factories of one wiring: built once from modules, immutable after. Two registries do not see each other.
 *
 * @public
 */
export interface FactoryRegistry {
  /** Sorted by role (source, sink, format), then identifier, then interface. */
  readonly registrations: readonly FactoryRegistration[];
  findSource(identifier: string): SourceFactory | undefined;
  findSink(identifier: string): SinkFactory | undefined;
  findFormat(identifier: string): FormatFactory | undefined;
  /** Sorted by name. */
  readonly classes: readonly ClassRegistration[];
  /** The class that is bound under a name, for whatever contract. */
  findClass(name: string): BoundClass | undefined;
  /** Built-in factories of modules that are not loaded; named when an identifier is not found. */
  readonly catalogue?: readonly CatalogueEntry[];
  /** Releases what the registry created, in reverse order, exactly once; reports the first failure at the end. */
  dispose(): Promise<void>;
}
