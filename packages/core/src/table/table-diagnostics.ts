import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { TributaryError } from "../diagnostics/error.js";
import { MASK, withoutUserInfo } from "../diagnostics/secrets.js";
import type { FactoryContext } from "../factory/factory.js";
import type { PlanContext } from "./planning.js";
import { ClassResolver } from "./resolve-class.js";
import type { SourcePlace } from "./schema.js";
import type { TableDescriptor, TableOption } from "./table.js";

/** The faults of one table, each with table and place filled in. */
export class TableDiagnostics {
  readonly all: Diagnostic[] = [];
  readonly #table: TableDescriptor;
  readonly #entries: ReadonlyMap<string, TableOption>;
  readonly #isSecret: (key: string) => boolean;

  /**
   * @param entries - the table's options, each key once.
   * @param isSecret - is the value of this key not to be printed?
   */
  constructor(
    table: TableDescriptor,
    entries: ReadonlyMap<string, TableOption>,
    isSecret: (key: string) => boolean,
  ) {
    this.#table = table;
    this.#entries = entries;
    this.#isSecret = isSecret;
  }

  get hasError(): boolean {
    return this.all.some(({ severity }) => severity === "error");
  }

  /**
   * Adds a diagnostic. Without a line it gets that of the option or column it names, else the table's; without a
   * value that of the option, masked.
   */
  add(diagnostic: Diagnostic, connector?: string): void {
    const entry = diagnostic.option === undefined ? undefined : this.#entries.get(diagnostic.option);
    const column = this.#table.schema.columns.find(({ name }) => name === diagnostic.columnName);
    const place = entry?.place ?? column?.place ?? this.#table.place;
    const key = diagnostic.option ?? "";
    const given = diagnostic.value ?? entry?.value;
    const value = given !== undefined && this.#isSecret(key) ? MASK : given && withoutUserInfo(given);
    this.all.push({
      ...(diagnostic.line === undefined && placeFields(place)),
      table: this.#table.name,
      ...(connector !== undefined && { connector }),
      ...diagnostic,
      ...(value !== undefined && { value }),
    });
  }

  /** Adds diagnostics that name their table, value and place themselves. */
  addOfOthers(diagnostics: readonly Diagnostic[]): void {
    this.all.push(...diagnostics);
  }

  /**
   * Runs what may throw a TributaryError and adds its diagnostics.
   *
   * @returns undefined if it threw one; other errors pass through.
   */
  collect<T>(connector: string | undefined, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      if (!TributaryError.is(error)) throw error;
      for (const diagnostic of error.diagnostics) this.add(diagnostic, connector);
      return undefined;
    }
  }

  /** What a factory gets to report with. */
  factoryContext(context: PlanContext, connector: string): FactoryContext {
    return {
      table: this.#table,
      timeZone: context.timeZone,
      logger: context.logger,
      ...(context.properties === undefined ? {} : { properties: context.properties }),
      report: (diagnostic) => this.add(diagnostic, connector),
      resolveClass: (request) =>
        new ClassResolver(request, this.#table.name, context, (diagnostic) =>
          this.add(diagnostic, connector),
        ).resolve(),
    };
  }
}

export function placeFields(
  place: SourcePlace | undefined,
): Pick<Diagnostic, "file" | "line" | "column"> | undefined {
  if (place === undefined) return undefined;
  const { file, line, column } = place;
  return file === undefined ? { line, column } : { file, line, column };
}
