/**
 * Finds the factories of a table and binds their options: the checks that need nothing but names and texts, in the
 * order of Apache Flink's factory helper. Formats first, then what is missing, what does not parse, what nobody
 * knows, the watermark options, and the connector's own rules.
 */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { compareText } from "../diagnostics/nearest.js";
import { isSecretKey } from "../diagnostics/secrets.js";
import type { FormatFactory, SinkFactory, SourceFactory } from "../factory/factory.js";
import { factoryNotFound } from "../factory/not-found.js";
import type { FactoryRegistration } from "../factory/registry.js";
import { bindOptions } from "../options/bind-options.js";
import type { BoundOptions } from "../options/bind-options.js";
import { KeyIndex } from "../options/key-index.js";
import type { OptionsContext } from "../options/option-diagnostics.js";
import { lastOfEachKey } from "../options/parse-options.js";
import { findUnknownOptions } from "../options/unknown-options.js";
import { DecodeOptions, FrameworkOptions } from "./framework-options.js";
import type { PlanContext } from "./planning.js";
import { TableDiagnostics } from "./table-diagnostics.js";
import type { TableDescriptor, TableOption } from "./table.js";

/** Reading or writing. @public */
export type TableRole = "source" | "sink";

interface FactoryOf {
  readonly source: SourceFactory;
  readonly sink: SinkFactory;
}

/** A format with its options bound. */
export interface ResolvedFormat {
  readonly factory: FormatFactory;
  readonly options: object;
}

/** What was found. Parts are absent where a fault kept them from being had. */
export interface ResolvedConnector<F> {
  readonly factory?: F;
  readonly registration?: FactoryRegistration;
  readonly options?: object;
  readonly format?: ResolvedFormat;
  /** False if the connector needs a format, or the table names one, and it cannot be had. */
  readonly isFormatSound: boolean;
  readonly framework?: FrameworkOptions;
  readonly decode?: DecodeOptions;
  readonly entries: ReadonlyMap<string, TableOption>;
  readonly diagnostics: TableDiagnostics;
  /** Remarks that go behind the errors. */
  readonly warnings: readonly Diagnostic[];
}

/** The keys that a table may have, by whom they are taken. */
interface RoleIndexes {
  readonly connector: KeyIndex;
  readonly format: KeyIndex | undefined;
  readonly framework: KeyIndex;
  readonly decode: KeyIndex;
  /** Accepted and without effect in this role. */
  readonly others: readonly KeyIndex[];
}

/** Looks at a table when its format has been looked for and before its options are. @returns faults behind theirs. */
export type TableExaminer<F> = (factory: F, diagnostics: TableDiagnostics) => readonly Diagnostic[];

class RoleResolver<R extends TableRole> {
  readonly #table: TableDescriptor;
  readonly #role: R;
  readonly #context: PlanContext;
  readonly #examine: TableExaminer<FactoryOf[R]> | undefined;
  readonly #warnings: Diagnostic[] = [];

  constructor(
    table: TableDescriptor,
    role: R,
    context: PlanContext,
    examine: TableExaminer<FactoryOf[R]> | undefined,
  ) {
    this.#table = table;
    this.#role = role;
    this.#context = context;
    this.#examine = examine;
  }

  resolve(): ResolvedConnector<FactoryOf[R]> {
    const { registry } = this.#context;
    const identifier = this.#lastValue("connector");
    const factory = identifier === undefined ? undefined : this.#findFactory(identifier);
    if (identifier === undefined || factory === undefined) return this.#withoutFactory(identifier);
    const formatId = factory.format === "none" ? undefined : this.#lastValue("format");
    const formatFactory = formatId === undefined ? undefined : registry.findFormat(formatId);
    const indexes = this.#indexesOf(factory, formatFactory);
    const owner = this.#owner(identifier);
    const all = Object.values(indexes)
      .flat()
      .filter((index) => index !== undefined);
    const { byKey: entries, repeated } = lastOfEachKey(this.#table.options, all, owner);
    const diagnostics = new TableDiagnostics(
      this.#table,
      entries,
      (key) =>
        isSecretKey(key, this.#context.redactionKeys) ||
        all.some((index) => index.find(key)?.declared.isSecret === true),
    );
    const add = (found: readonly Diagnostic[]): void => found.forEach((one) => diagnostics.add(one));

    const format = this.#resolveFormat(
      factory,
      formatId,
      formatFactory,
      indexes.format,
      entries,
      diagnostics,
    );
    const conflicts = this.#examine?.(factory, diagnostics) ?? [];
    const options = bindOptions(factory.options, indexes.connector, entries, owner);
    add(options.missing.filter(({ option }) => option !== "connector" && option !== "format"));
    add(options.invalid);
    add(this.#unknown(factory, formatId, formatFactory, indexes, entries, owner));
    for (const conflict of conflicts) diagnostics.add(conflict, identifier);
    const framework = bindOptions(FrameworkOptions, indexes.framework, entries, owner);
    const decode = bindOptions(DecodeOptions, indexes.decode, entries, owner);
    if (this.#role === "source")
      add([...framework.invalid, ...decode.invalid, ...framework.crossFaults, ...decode.crossFaults]);
    add(options.crossFaults);
    this.#warnings.push(...options.warnings, ...repeated);
    const registration = registry.registrations.find(
      (one) => one.role === this.#role && one.identifier === identifier,
    );
    return {
      factory,
      ...(registration !== undefined && { registration }),
      ...(options.value !== undefined && { options: options.value }),
      ...(format !== undefined && { format }),
      isFormatSound: format !== undefined || (formatId === undefined && factory.format !== "required"),
      ...(framework.value !== undefined && { framework: framework.value }),
      ...(decode.value !== undefined && { decode: decode.value }),
      entries,
      diagnostics,
      warnings: this.#warnings,
    };
  }

  #lastValue(key: string): string | undefined {
    return this.#table.options.findLast((option) => option.key === key)?.value;
  }

  #findFactory(identifier: string): FactoryOf[R] | undefined {
    const { registry } = this.#context;
    const found = this.#role === "source" ? registry.findSource(identifier) : registry.findSink(identifier);
    return found as FactoryOf[R] | undefined;
  }

  #owner(identifier: string): OptionsContext {
    const { place, name } = this.#table;
    const secretKeys = this.#context.redactionKeys ?? [];
    return { role: this.#role, identifier, table: name, secretKeys, ...(place !== undefined && { place }) };
  }

  #withoutFactory(identifier: string | undefined): ResolvedConnector<FactoryOf[R]> {
    const { registry } = this.#context;
    const entries = new Map(this.#table.options.map((option) => [option.key, option]));
    const diagnostics = new TableDiagnostics(this.#table, entries, (key) =>
      isSecretKey(key, this.#context.redactionKeys),
    );
    if (identifier === undefined) {
      diagnostics.add({
        severity: "error",
        code: "OPTION_MISSING",
        message: `Option 'connector' is missing: the table '${this.#table.name}' names no connector.`,
        option: "connector",
        candidates: registry.registrations
          .filter(({ role }) => role === this.#role)
          .map((one) => one.identifier)
          .sort(compareText),
        hint: "Add 'connector' = '...' with one of the candidates.",
      });
    } else {
      const fault = factoryNotFound(registry, this.#role, identifier);
      diagnostics.add({ ...fault, option: "connector" }, identifier);
    }
    return { entries, diagnostics, isFormatSound: false, warnings: [] };
  }

  #indexesOf(factory: FactoryOf[R], formatFactory: FormatFactory | undefined): RoleIndexes {
    return {
      connector: new KeyIndex(factory.options),
      format:
        formatFactory === undefined
          ? undefined
          : new KeyIndex(formatFactory.options, `${formatFactory.identifier}.`),
      framework: new KeyIndex(FrameworkOptions),
      decode: new KeyIndex(DecodeOptions),
      others: (factory.otherOptions ?? []).map((options) => new KeyIndex(options)),
    };
  }

  #resolveFormat(
    factory: FactoryOf[R],
    identifier: string | undefined,
    formatFactory: FormatFactory | undefined,
    index: KeyIndex | undefined,
    entries: ReadonlyMap<string, TableOption>,
    diagnostics: TableDiagnostics,
  ): ResolvedFormat | undefined {
    if (identifier === undefined) {
      if (factory.format === "required") diagnostics.add(this.#formatMissing(factory), factory.identifier);
      return undefined;
    }
    if (formatFactory === undefined || index === undefined) {
      const fault = factoryNotFound(this.#context.registry, "format", identifier);
      diagnostics.add({ ...fault, option: "format" }, factory.identifier);
      return undefined;
    }
    const wanted = this.#role === "source" ? "DecodingFormat" : "EncodingFormat";
    if (!formatFactory.provides.includes(wanted)) {
      diagnostics.add(this.#wrongDirection(identifier, wanted), factory.identifier);
      return undefined;
    }
    const owner: OptionsContext = { ...this.#owner(identifier), role: "format", prefix: `${identifier}.` };
    const options: BoundOptions<object> = bindOptions(formatFactory.options, index, entries, owner);
    for (const one of [...options.missing, ...options.invalid, ...options.crossFaults]) diagnostics.add(one);
    this.#warnings.push(...options.warnings);
    return options.value === undefined ? undefined : { factory: formatFactory, options: options.value };
  }

  #formatMissing({ identifier }: { readonly identifier: string }): Diagnostic {
    const purpose = this.#role === "source" ? "reading" : "writing";
    return {
      severity: "error",
      code: "OPTION_MISSING",
      message: `Option 'format' is missing: the ${this.#role} '${identifier}' requires a format for ${purpose}.`,
      option: "format",
      candidates: this.#formatIdentifiers(),
      hint: "Add 'format' = '...' with one of the candidates.",
    };
  }

  #wrongDirection(identifier: string, wanted: "DecodingFormat" | "EncodingFormat"): Diagnostic {
    const can = wanted === "DecodingFormat" ? "only write" : "only read";
    return {
      severity: "error",
      code: "FACTORY_NOT_FOUND",
      message: `The format '${identifier}' can ${can}; the ${this.#role} needs a ${wanted}.`,
      option: "format",
      candidates: this.#formatIdentifiers().filter((one) => one !== identifier),
      hint: "Use one of the candidates.",
    };
  }

  /** Formats of the direction that the role needs, sorted. */
  #formatIdentifiers(): readonly string[] {
    const wanted = this.#role === "source" ? "DecodingFormat" : "EncodingFormat";
    return this.#context.registry.registrations
      .filter((one) => one.role === "format" && one.interface === wanted)
      .map((one) => one.identifier)
      .sort(compareText);
  }

  #unknown(
    factory: FactoryOf[R],
    formatId: string | undefined,
    formatFactory: FormatFactory | undefined,
    indexes: RoleIndexes,
    entries: ReadonlyMap<string, TableOption>,
    owner: OptionsContext,
  ): readonly Diagnostic[] {
    const accepted = [indexes.connector, indexes.framework, ...indexes.others];
    if (factory.format !== "none") accepted.push(indexes.decode);
    if (indexes.format !== undefined) accepted.push(indexes.format);
    // Where the format is not known, its options cannot be judged; the one fault is the format.
    const unjudged = this.#unjudgedPrefixes(factory, formatId, formatFactory);
    const judged = [...entries.values()].filter(
      ({ key }) => !unjudged.some((prefix) => key.startsWith(prefix)),
    );
    const hints = factory.unknownKeyHints ?? {};
    const unknown = findUnknownOptions(
      judged,
      {
        indexes: accepted,
        frameworkKeys: factory.format === "none" ? [] : ["format"],
        exemptPrefixes: factory.exemptPrefixes ?? [],
      },
      owner,
    );
    return unknown.map((one) => {
      const key = one.option ?? "";
      return Object.hasOwn(hints, key) ? { ...one, hint: hints[key] ?? "" } : one;
    });
  }

  #unjudgedPrefixes(
    factory: FactoryOf[R],
    formatId: string | undefined,
    formatFactory: FormatFactory | undefined,
  ): readonly string[] {
    if (formatFactory !== undefined || factory.format === "none") return [];
    if (formatId !== undefined) return [`${formatId}.`, ...this.#formatIdentifiers().map((one) => `${one}.`)];
    return factory.format === "required" ? this.#formatIdentifiers().map((one) => `${one}.`) : [];
  }
}

/** Finds the connector and format of a table for a role and binds their options. */
export function resolveConnector<R extends TableRole>(
  table: TableDescriptor,
  role: R,
  context: PlanContext,
  examine?: TableExaminer<FactoryOf[R]>,
): ResolvedConnector<FactoryOf[R]> {
  return new RoleResolver(table, role, context, examine).resolve();
}
