/** Statements in order: settings, catalog, INSERTs into one graph. Every fault is reported; nothing cascades. */
import type { ClassFiles, Logger, NamedTables, PlanContext, RowType, TableDescriptor } from "@tributary/core";
import type { FactoryRegistry } from "@tributary/core";
import { validateTable } from "@tributary/core";
import { QueryBinder } from "../binder/bind-query.js";
import { compileOptions } from "../binder/bind-expression.js";
import type { QueryContext } from "../binder/query-context.js";
import { renamed } from "../binder/query-context.js";
import type { Faults } from "../binder/faults.js";
import { Abandoned, near } from "../binder/faults.js";
import type { CatalogEntry, TableEntry } from "../catalog/catalog.js";
import { Catalog } from "../catalog/catalog.js";
import { mergeLike } from "../catalog/like.js";
import { readTable } from "../catalog/read-table.js";
import { resolveTable } from "../catalog/resolve-table.js";
import type { Settings } from "../catalog/settings.js";
import type { TableSpec } from "../catalog/table-spec.js";
import type { FunctionEnvironment } from "../functions/function.js";
import type {
  CreateTable,
  CreateView,
  DropStatement,
  InsertStatement,
  QueryStatement,
  Statement,
} from "../parser/ast-statement.js";
import { GraphBuilder } from "./graph-builder.js";
import type { BoundInsert } from "./plan-insert.js";
import { bindInsert, planInsert } from "./plan-insert.js";
import { QueryPlanner } from "./plan-query.js";
import { scannedTables } from "./scanned-tables.js";

/** What the planner of a script is given. */
export interface ScriptPlannerOptions {
  readonly text: string;
  readonly registry: FactoryRegistry;
  readonly logger: Logger;
  readonly settings: Settings;
  /** Files beside the script that options may name classes in. */
  readonly classFiles?: ClassFiles;
  readonly environment: Omit<FunctionEnvironment, "timeZone">;
  /** The table that a bare SELECT writes to; absent: such a statement is refused. */
  readonly queryTable?: (rowType: RowType, index: number) => TableDescriptor;
}

const SUPPORTED =
  "Supported are SET, RESET, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, INSERT INTO and EXECUTE STATEMENT SET.";

/** What there is instead of statements that a cluster runs. */
const INSTEAD: Readonly<Record<string, string>> = {
  "CREATE FUNCTION":
    "Functions in JavaScript are registered from TypeScript: new UserFunctions().registerFunction('name', { args, returns, eval }), given to planScript as 'functions'.",
  EXPLAIN: "Run tributary explain FILE.",
};

export class ScriptPlanner {
  readonly catalog = new Catalog();
  readonly graph = new GraphBuilder();
  readonly #options: ScriptPlannerOptions;
  readonly #faults: Faults;
  /** Tables that were dropped or replaced, to be validated too. */
  readonly #retired: TableEntry[] = [];
  #queries = 0;

  constructor(options: ScriptPlannerOptions, faults: Faults) {
    this.#options = options;
    this.#faults = faults;
  }

  get #environment(): FunctionEnvironment {
    return { ...this.#options.environment, timeZone: this.#options.settings.timeZone };
  }

  get #context(): PlanContext {
    const { registry, logger, settings, classFiles } = this.#options;
    const { timeZone, notNullEnforcer, redactionKeys } = settings;
    const tables = namedTables(this.catalog);
    const properties = settings.values;
    const context = { registry, logger, timeZone, notNullEnforcer, redactionKeys, tables, properties };
    return classFiles === undefined ? context : { ...context, classFiles };
  }

  /** Every table that was declared, in order. */
  get tables(): readonly TableEntry[] {
    return [...this.#retired, ...this.catalog.entries().filter((one) => one.kind === "table")];
  }

  run(statement: Statement): void {
    this.#faults.attempt(() => {
      this.#run(statement);
    });
  }

  #run(statement: Statement): void {
    const { settings } = this.#options;
    switch (statement.kind) {
      case "Set":
        if (statement.key !== undefined && statement.value !== undefined)
          settings.set(statement.key.value, statement.value.value, statement.value.span, this.#faults);
        return;
      case "Reset":
        settings.reset(statement.key?.value);
        return;
      case "CreateTable":
        this.#createTable(statement);
        return;
      case "CreateView":
        this.#createView(statement);
        return;
      case "DropTable":
      case "DropView":
        this.#drop(statement);
        return;
      case "Insert":
        this.#inserts([statement], `insert:${targetName(statement)}`);
        return;
      case "StatementSet":
        this.#inserts(statement.inserts, "statement-set");
        return;
      case "QueryStatement":
        this.#query(statement);
        return;
      case "UnsupportedStatement":
        this.#faults.unsupported(statement.span, statement.feature, INSTEAD[statement.feature] ?? SUPPORTED);
    }
  }

  // ---------------------------------------------------------------------------------------------- catalog

  /** True if the statement is to be left alone since the name exists. */
  #exists(node: CreateTable | CreateView, name: string): boolean {
    const old = this.catalog.get(name);
    if (old === undefined || old.kind === "broken") return false;
    if (node.ifNotExists) return true;
    return this.#faults.invalid(node.name.span, `There is a ${old.kind} '${name}' already.`, {
      table: name,
      hint: "Write IF NOT EXISTS, or DROP it first.",
    });
  }

  #createTable(node: CreateTable): void {
    const faults = this.#faults;
    const name = this.catalog.localName(node.name, faults);
    if (this.#exists(node, name)) return;
    const before = countErrors(faults);
    const own = readTable(node, this.#options.text, faults);
    const base =
      node.like === undefined ? undefined : faults.attempt(() => this.#likeTable(node.like!.table));
    if (node.like !== undefined && base === undefined) {
      this.catalog.set({ kind: "broken", name });
      return;
    }
    const spec = base === undefined ? own : mergeLike(base, own, node.like!, name, faults);
    const { descriptor, poisoned } = resolveTable(name, spec, node.name.span, faults, this.#environment);
    const isBroken = countErrors(faults) > before;
    this.catalog.set({
      kind: "table",
      name,
      descriptor,
      spec,
      poisoned,
      isBroken,
      span: node.name.span,
      roles: new Set(),
    });
  }

  #likeTable(name: CreateTable["name"]): TableSpec {
    const entry = this.catalog.find(name, this.#faults, "table");
    if (entry.kind === "broken") throw new Abandoned();
    if (entry.kind === "table") return entry.spec;
    return this.#faults.invalid(
      name.span,
      `'${entry.name}' is a view; LIKE takes the definition of a table.`,
    );
  }

  #createView(node: CreateView): void {
    const faults = this.#faults;
    const name = this.catalog.localName(node.name, faults);
    if (this.#exists(node, name)) return;
    const bind = (binder: QueryContext): ReturnType<QueryContext["query"]> =>
      renamed(
        binder.query(node.query),
        node.columns.map((one) => one.name),
        node.name.parts.at(-1),
        faults,
      );
    // Bound at once, so that a view that nobody uses is checked.
    this.catalog.countsUses = false;
    const relation = faults.attempt(() => bind(new QueryBinder(this.catalog, faults, this.#environment)));
    this.catalog.countsUses = true;
    const entry: CatalogEntry =
      relation === undefined ? { kind: "broken", name } : { kind: "view", name, bind };
    this.catalog.set(entry);
  }

  #drop(node: DropStatement): void {
    const faults = this.#faults;
    const name = this.catalog.localName(node.name, faults);
    const entry = this.catalog.get(name);
    const kind = node.kind === "DropTable" ? "table" : "view";
    if (entry === undefined) {
      if (node.ifExists) return;
      return faults.invalid(node.name.span, `There is no ${kind} '${name}'.`, {
        candidates: near(name, this.catalog.names()),
      });
    }
    if (entry.kind !== kind && entry.kind !== "broken")
      faults.invalid(node.name.span, `'${name}' is a ${entry.kind}, not a ${kind}.`, {
        hint: `Write DROP ${entry.kind.toUpperCase()}.`,
      });
    if (entry.kind === "table") this.#retired.push(entry);
    this.catalog.delete(name);
  }

  // ---------------------------------------------------------------------------------------------- queries

  #inserts(nodes: readonly InsertStatement[], readName: string): void {
    const faults = this.#faults;
    const bound: BoundInsert[] = [];
    for (const node of nodes) {
      const insert = faults.attempt(() => bindInsert(node, this.catalog, faults, this.#environment));
      if (insert !== undefined) bound.push(insert);
    }
    const isSingle = nodes.length === 1 && readName.startsWith("insert:");
    const prefix = this.graph.prefix(readName);
    const planner = new QueryPlanner(
      this.graph,
      faults,
      this.#context,
      compileOptions(faults, this.#environment),
      prefix,
    );
    for (const insert of bound) {
      if (this.#usesBroken(insert)) continue;
      faults.attempt(() => {
        planner.startInsert(isSingle ? prefix : this.graph.prefix(`insert:${insert.target.name}`));
        planInsert(insert, planner, faults, this.#context);
      });
    }
  }

  #usesBroken(insert: BoundInsert): boolean {
    const isBroken = (name: string): boolean => {
      const entry = this.catalog.get(name);
      return entry?.kind === "broken" || (entry?.kind === "table" && entry.isBroken);
    };
    const isUnreadable = ({ name, options }: TableDescriptor): boolean => {
      const deadLetters = options.findLast(({ key }) => key === "decode.dead-letter.table")?.value;
      return isBroken(name) || (deadLetters !== undefined && isBroken(deadLetters));
    };
    return insert.target.isBroken || scannedTables(insert.relation).some(isUnreadable);
  }

  #query(node: QueryStatement): void {
    const faults = this.#faults;
    const relation = new QueryBinder(this.catalog, faults, this.#environment).query(node.query);
    const { queryTable } = this.#options;
    if (queryTable === undefined)
      return faults.unsupported(
        node.span,
        "A SELECT without INSERT INTO",
        "Write INSERT INTO a table, e.g. one WITH ('connector' = 'print').",
      );
    this.#queries += 1;
    const rowType: RowType = {
      kind: "ROW",
      nullable: false,
      fields: relation.columns.map((one) => ({ name: one.field, type: one.type })),
    };
    const descriptor = queryTable(rowType, this.#queries - 1);
    const target: TableEntry = {
      kind: "table",
      name: descriptor.name,
      descriptor,
      spec: EMPTY_SPEC,
      poisoned: new Set(),
      isBroken: false,
      span: node.span,
      roles: new Set(["sink"]),
    };
    const insert: BoundInsert = {
      node: {
        kind: "Insert",
        overwrite: false,
        target: { kind: "QualifiedName", parts: [], span: node.span },
        hints: [],
        partition: [],
        columns: [],
        query: node.query,
        span: node.span,
        text: node.text,
      },
      target,
      relation,
      sources: new Map(relation.columns.map((one, index) => [one.field, { index }])),
      staticPartition: new Map(),
    };
    if (this.#usesBroken(insert)) return;
    const prefix = this.graph.prefix("query");
    const planner = new QueryPlanner(
      this.graph,
      faults,
      this.#context,
      compileOptions(faults, this.#environment),
      prefix,
    );
    planInsert(insert, planner, faults, this.#context);
  }

  /**
   * Checks what planning did not reach: tables of statements that have a fault, in the roles in which they are used, and
   * on demand those that no statement uses.
   */
  finish(validatesUnused: boolean): void {
    const checksUsed = this.#faults.hasErrors;
    for (const { descriptor, roles } of this.tables) {
      if (roles.size > 0 && checksUsed)
        this.#faults.add(validateTable(descriptor, this.#context, [...roles]));
      if (roles.size === 0 && validatesUnused) this.#faults.add(validateTable(descriptor, this.#context));
    }
  }
}

const EMPTY_SPEC: TableSpec = {
  columns: [],
  watermark: undefined,
  primaryKey: undefined,
  partitionedBy: [],
  options: [],
  comment: undefined,
  distribution: undefined,
  poisoned: new Set(),
};

function targetName(node: InsertStatement): string {
  return node.target.parts.at(-1)!.name;
}

function countErrors(faults: Faults): number {
  return faults.diagnostics.filter((one) => one.severity === "error").length;
}

/** The tables that options of other tables may name. Whoever finds one writes to it. */
function namedTables(catalog: Catalog): NamedTables {
  return {
    find(name) {
      const entry = catalog.get(name);
      if (entry?.kind !== "table") return undefined;
      entry.roles.add("sink");
      return entry.descriptor;
    },
    get names() {
      return catalog.entries().flatMap((one) => (one.kind === "table" ? [one.name] : []));
    },
  };
}
