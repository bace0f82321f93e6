import type { Diagnostic } from "../../../diagnostics/diagnostic.js";
import { createRegistry } from "../../../factory/create-registry.js";
import type {
  Factory,
  FactoryContext,
  FactoryRole,
  SinkFactoryContext,
  SourceFactoryContext,
} from "../../../factory/factory.js";
import type { FactoryRegistry } from "../../../factory/registry.js";
import { parseOptions } from "../../../options/parse-options.js";
import { physicalRowType } from "../../../table/row-types.js";
import { planSink } from "../../../table/plan-sink.js";
import { planSource } from "../../../table/plan-source.js";
import type { TableDescriptor, TableOption } from "../../../table/table.js";
import { parseType } from "../../../types/parse-type.js";
import { Mismatch, describeError } from "../conformance-case.js";
import { WatchedServices } from "../watched-services.js";
import type { FactoryHarness } from "./factory-harness.js";
import { STAND_IN, STAND_IN_FORMAT, STAND_INS } from "./stand-ins.js";

const COLUMNS: Readonly<Record<string, string>> = { id: "BIGINT", text: "STRING" };

/** Everything that planning said, and what it threw or logged. */
export interface PlanOutcome {
  readonly diagnostics: readonly Diagnostic[];
  /** Messages of what was thrown instead. */
  readonly thrown: readonly string[];
  readonly logged: readonly string[];
}

/** One factory in a registry of its own: plans tables with it and calls its create. */
export class FactoryBench {
  readonly factory: Factory;
  /** What stands before the factory's keys in a table. */
  readonly prefix: string;
  /** Name of the first column, for keys with `#`. */
  readonly firstColumn: string;
  readonly #harness: FactoryHarness;
  readonly #registry: FactoryRegistry;

  /** @throws Mismatch if the registry refuses the modules, or does not have the factory. */
  constructor(harness: FactoryHarness) {
    const { columns = COLUMNS, identifier, modules, role } = harness;
    this.#harness = harness;
    this.#registry = registryOf(modules);
    const factory = factoryIn(this.#registry, role, identifier);
    if (factory === undefined)
      throw new Mismatch(`a ${role} '${identifier}' in the modules`, "there is none");
    this.factory = factory;
    this.prefix = role === "format" ? `${identifier}.` : "";
    this.firstColumn = Object.keys(columns)[0] ?? "";
  }

  /** Plans a table with these options, `connector` and `format` added, in every role that uses the factory. */
  plan(options: Iterable<readonly [key: string, value: string]>): PlanOutcome {
    const services = new WatchedServices();
    const context = { registry: this.#registry, timeZone: "UTC", logger: services.logger };
    const table = this.#table(options);
    const diagnostics: Diagnostic[] = [];
    const thrown: string[] = [];
    for (const plan of this.#planners()) {
      try {
        diagnostics.push(...plan(table, context).diagnostics);
      } catch (error) {
        thrown.push(describeError(error));
      }
    }
    return { diagnostics, thrown, logged: services.logged };
  }

  /** Calls the factory's own methods with the harness's options. @returns a product for each. */
  create(): readonly unknown[] {
    const { factory } = this;
    const entries = Object.entries(this.#harness.options).map(([key, value]) => ({ key, value }));
    const { value, diagnostics } = parseOptions(factory.options, entries, { prefix: this.prefix });
    if (value === undefined) {
      throw new Mismatch("options that parse", diagnostics.map(({ message }) => message).join(" "));
    }
    const context = this.#context();
    if (factory.role === "source") return [factory.create(value, context)];
    if (factory.role === "sink") return [factory.create(value, context)];
    return [factory.createDecoding?.(value, context), factory.createEncoding?.(value, context)].filter(
      (product) => product !== undefined,
    );
  }

  dispose(): Promise<void> {
    return this.#registry.dispose();
  }

  #planners(): readonly (typeof planSource | typeof planSink)[] {
    const { factory } = this;
    if (factory.role === "source") return [planSource];
    if (factory.role === "sink") return [planSink];
    return [
      ...(factory.provides.includes("DecodingFormat") ? [planSource] : []),
      ...(factory.provides.includes("EncodingFormat") ? [planSink] : []),
    ];
  }

  #table(options: Iterable<readonly [key: string, value: string]>): TableDescriptor {
    const { columns = COLUMNS } = this.#harness;
    return {
      name: "conformance",
      schema: {
        columns: Object.entries(columns).map(([name, type]) => ({
          kind: "physical",
          name,
          type: parseType(type),
        })),
      },
      partitionKeys: [],
      options: [...this.#frame(), ...[...options].map(([key, value]) => ({ key, value }))],
    };
  }

  /** `connector` and `format`. */
  #frame(): readonly TableOption[] {
    const { factory } = this;
    if (factory.role === "format") {
      return [
        { key: "connector", value: STAND_IN },
        { key: "format", value: factory.identifier },
      ];
    }
    const connector = { key: "connector", value: factory.identifier };
    return factory.format === "required" ? [connector, { key: "format", value: STAND_IN }] : [connector];
  }

  #context(): FactoryContext & SourceFactoryContext & SinkFactoryContext {
    const table = this.#table(Object.entries(this.#harness.options));
    const rowType = physicalRowType(table.schema);
    return {
      table,
      timeZone: "UTC",
      logger: new WatchedServices().logger,
      report: () => {},
      resolveClass: () => undefined,
      rowType,
      physicalRowType: rowType,
      format: STAND_IN_FORMAT,
      staticPartition: new Map(),
    };
  }
}

function factoryIn(registry: FactoryRegistry, role: FactoryRole, identifier: string): Factory | undefined {
  if (role === "source") return registry.findSource(identifier);
  return role === "sink" ? registry.findSink(identifier) : registry.findFormat(identifier);
}

function registryOf(modules: FactoryHarness["modules"]): FactoryRegistry {
  try {
    return createRegistry([...modules, STAND_INS]);
  } catch (error) {
    throw new Mismatch("modules that make a registry", describeError(error), error);
  }
}
