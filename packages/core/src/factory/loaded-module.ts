import { Container } from "inversify";
import { NAMED_CLASS } from "./class-contract.js";
import type { NamedClass } from "./class-contract.js";
import type { Factory, FactoryClass } from "./factory.js";
import { FACTORY } from "./module.js";
import type { Module, ServiceDefinition } from "./module.js";
import type { BoundClass } from "./registry.js";

/** Replaces or adds a service, e.g. a client under test. @public */
export interface ServiceBinding {
  readonly token: symbol;
  readonly value: unknown;
}

/**
 * A module in one registry: a container of its own below the registry's, so that modules do not see each other's
 * services, and the factories and named classes made from it.
 */
export class LoadedModule {
  readonly module: Module;
  /** Empty if there is a failure. */
  readonly factories: readonly Factory[] = [];
  readonly classes: readonly BoundClass[] = [];
  /** Why a factory or a service of a class cannot be made, e.g. for want of `@inject`. */
  readonly failure: unknown;
  readonly #container: Container;
  /** How to release what was made, in the order of making. */
  readonly #releases: (() => unknown)[] = [];

  constructor(module: Module, registry: Container, bindings: readonly ServiceBinding[]) {
    this.module = module;
    // Without generated code: making factories is rare, and some hosts forbid it.
    this.#container = new Container({ parent: registry, jitless: true });
    try {
      this.#bind(module, bindings);
      const factories = this.#allOf<Factory>(FACTORY);
      for (const factory of factories) this.#releaseLater(factory);
      this.classes = this.#allOf<NamedClass>(NAMED_CLASS).map((named) => this.#boundClass(named));
      this.factories = factories;
    } catch (error) {
      // What was made before is still released with the module.
      this.failure = error ?? new Error("nothing was thrown as an error");
    }
  }

  #bind(module: Module, bindings: readonly ServiceBinding[]): void {
    for (const service of module.services ?? []) this.#bindService(service);
    if (module.container !== undefined) this.#container.load(module.container);
    for (const { token, value } of bindings) {
      if (this.#container.isCurrentBound(token)) this.#container.rebind(token).toConstantValue(value);
    }
    for (const factory of module.factories ?? []) this.#bindFactory(factory);
    for (const [name, binding] of Object.entries(module.classes ?? {})) {
      this.#container.bind<NamedClass>(NAMED_CLASS).toConstantValue({ ...binding, name });
    }
  }

  /** Everything that the module itself binds under a token, made. */
  #allOf<T>(token: symbol): readonly T[] {
    return this.#container.isCurrentBound(token) ? this.#container.getAll<T>(token) : [];
  }

  /** Its services are looked up now, so that one that nobody binds is a fault of the wiring. */
  #boundClass(named: NamedClass): BoundClass {
    const services = (named.services ?? []).map((token) => this.#container.get(token));
    // What the arguments are is for the contract to say, and was checked where the class was bound.
    const type = named.type as unknown as new (...args: readonly unknown[]) => object;
    return { ...named, make: (...args) => new type(...args, ...services) };
  }

  #bindService(service: ServiceDefinition): void {
    const { token, provide } = service;
    const binding = this.#container.bind(token);
    const scoped =
      "useClass" in provide
        ? binding.to(provide.useClass).inSingletonScope()
        : binding.toDynamicValue(provide.useFactory).inSingletonScope();
    scoped.onActivation((_, made) => {
      this.#releases.push(() => service.dispose?.(made));
      return made;
    });
  }

  #bindFactory(factory: FactoryClass | Factory): void {
    const binding = this.#container.bind<Factory>(FACTORY);
    // Parameters are inversify's to supply, whatever their types.
    const maker: unknown = factory;
    if (typeof maker === "function") binding.to(maker as new () => Factory).inSingletonScope();
    else binding.toConstantValue(factory as Factory);
  }

  /** A factory may hold something itself; then it has a method `dispose`. */
  #releaseLater(factory: Factory): void {
    const { dispose } = factory as { dispose?: unknown };
    if (typeof dispose === "function") this.#releases.push(() => dispose.call(factory) as unknown);
  }

  /** Releases in reverse order of making. Collects errors instead of throwing. */
  async dispose(errors: unknown[]): Promise<void> {
    const releases = this.#releases.splice(0).reverse();
    // Bindings of an inversify module may have deactivation handlers.
    for (const release of [...releases, () => this.#container.unbindAllAsync()]) {
      try {
        await release();
      } catch (error) {
        errors.push(error);
      }
    }
  }
}
