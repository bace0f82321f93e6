/** Tables and views of a script, by name. One catalog, one database: `default_catalog.default_database`. */
import type { TableDescriptor } from "@tributary/core";
import type { QueryContext } from "../binder/query-context.js";
import type { CatalogView, ResolvedTable } from "../binder/catalog-view.js";
import type { Faults } from "../binder/faults.js";
import { near } from "../binder/faults.js";
import type { QualifiedName, Span } from "../parser/ast.js";
import type { Relation, RelationColumn } from "../planner/relation.js";
import type { TableSpec } from "./table-spec.js";

export const DEFAULT_CATALOG = "default_catalog";
export const DEFAULT_DATABASE = "default_database";

export interface TableEntry {
  readonly kind: "table";
  readonly name: string;
  readonly descriptor: TableDescriptor;
  readonly spec: TableSpec;
  readonly poisoned: ReadonlySet<string>;
  /** True if its declaration has a fault. */
  readonly isBroken: boolean;
  readonly span: Span;
  /** In which roles statements use it. */
  readonly roles: Set<"source" | "sink">;
}

export interface ViewEntry {
  readonly kind: "view";
  readonly name: string;
  readonly bind: (binder: QueryContext) => Relation;
}

/** A name whose statement could not be read. */
export interface BrokenEntry {
  readonly kind: "broken";
  readonly name: string;
}

export type CatalogEntry = TableEntry | ViewEntry | BrokenEntry;

export class Catalog implements CatalogView {
  readonly #entries = new Map<string, CatalogEntry>();
  /** False while a view is checked: its tables are used only by statements that run. */
  countsUses = true;

  /** The last part of a name; refuses other catalogs and databases. */
  localName(name: QualifiedName, faults: Faults): string {
    const [last, database, catalog] = name.parts.toReversed();
    const isDefault =
      (database === undefined || database.name === DEFAULT_DATABASE) &&
      (catalog === undefined || catalog.name === DEFAULT_CATALOG);
    if (!isDefault || name.parts.length > 3)
      return faults.unsupported(
        name.span,
        `The catalog or database of '${name.parts.map((one) => one.name).join(".")}'`,
        `There is one: ${DEFAULT_CATALOG}.${DEFAULT_DATABASE}; leave both out.`,
      );
    return last!.name;
  }

  get(name: string): CatalogEntry | undefined {
    return this.#entries.get(name);
  }

  set(entry: CatalogEntry): void {
    this.#entries.set(entry.name, entry);
  }

  delete(name: string): void {
    this.#entries.delete(name);
  }

  entries(): readonly CatalogEntry[] {
    return [...this.#entries.values()];
  }

  names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** The entry of a name; reports and abandons one that is not there. */
  find(name: QualifiedName, faults: Faults, what = "table or view"): CatalogEntry {
    const local = this.localName(name, faults);
    const entry = this.#entries.get(local);
    if (entry !== undefined) return entry;
    const candidates = near(local, this.names());
    return faults.invalid(name.span, `There is no ${what} '${local}'.`, {
      table: local,
      candidates,
      ...(candidates.length === 0 ? { hint: "Declare it first with CREATE TABLE." } : {}),
    });
  }

  resolve(name: QualifiedName, faults: Faults): ResolvedTable {
    const entry = this.find(name, faults);
    if (entry.kind === "view") return { kind: "view", bind: entry.bind };
    if (entry.kind === "broken") return { kind: "broken" };
    if (this.countsUses) entry.roles.add("source");
    return { kind: "table", relation: scan(entry, name.span), poisoned: entry.poisoned };
  }
}

function scan(entry: TableEntry, span: Span): Relation {
  const { descriptor } = entry;
  const { watermark, columns } = descriptor.schema;
  return {
    kind: "scan",
    table: descriptor,
    span,
    columns: columns.map((column): RelationColumn => {
      const plain = { name: column.name, field: column.name, type: column.type };
      if (watermark?.column === column.name) return { ...plain, timeAttribute: "event" };
      return column.kind === "computed" && column.isProcessingTime === true
        ? { ...plain, timeAttribute: "processing" }
        : plain;
    }),
  };
}
