/**
 * Tables and views of a session by name. A name has one to three parts, `catalog.database.object`; missing parts come
 * from the session's defaults. Names compare exactly.
 */
import { nearestFirst } from "../diagnostics/nearest.js";
import type { TableDescriptor } from "./table.js";

/**
 * What a name of a catalog stands for.
 *
 * @typeParam V - what a view is, for the language that declares views.
 * @public
 */
export type CatalogEntry<V = unknown> =
  { readonly kind: "table"; readonly table: TableDescriptor } | { readonly kind: "view"; readonly view: V };

/** Names that stand for the parts left out of a path. @public */
export interface CatalogOptions {
  /** Default `default_catalog`. */
  readonly catalog?: string;
  /** Default `default_database`. */
  readonly database?: string;
}

/** Tables and views of a session by name. Names have up to three parts and compare exactly. @public */
export class Catalog<V = unknown> {
  readonly #entries = new Map<
    string,
    { readonly path: readonly string[]; readonly entry: CatalogEntry<V> }
  >();
  readonly #defaults: readonly [catalog: string, database: string];

  constructor({ catalog = "default_catalog", database = "default_database" }: CatalogOptions = {}) {
    this.#defaults = [catalog, database];
  }

  /** All three parts of a name of one to three. */
  qualify(path: readonly string[]): readonly [catalog: string, database: string, name: string] {
    const [name = "", database = this.#defaults[1], catalog = this.#defaults[0]] = path.toReversed();
    return [catalog, database, name];
  }

  /** The name as messages print it: without the parts that are the defaults. */
  print(path: readonly string[]): string {
    const [catalog, database, name] = this.qualify(path);
    if (catalog !== this.#defaults[0]) return `${catalog}.${database}.${name}`;
    return database === this.#defaults[1] ? name : `${database}.${name}`;
  }

  /** @returns false if the name is taken; nothing is changed then. */
  add(path: readonly string[], entry: CatalogEntry<V>): boolean {
    const key = this.#keyOf(path);
    if (this.#entries.has(key)) return false;
    this.#entries.set(key, { path: this.qualify(path), entry });
    return true;
  }

  find(path: readonly string[]): CatalogEntry<V> | undefined {
    return this.#entries.get(this.#keyOf(path))?.entry;
  }

  /** @returns what was removed; undefined if there was nothing. */
  remove(path: readonly string[]): CatalogEntry<V> | undefined {
    const found = this.find(path);
    this.#entries.delete(this.#keyOf(path));
    return found;
  }

  /** Printed names of all entries, in the order in which they were added. */
  get names(): readonly string[] {
    return [...this.#entries.values()].map(({ path }) => this.print(path));
  }

  /** Printed names, nearest to a wanted one first: the candidates of an unknown table. */
  namesNearestTo(path: readonly string[]): readonly string[] {
    return nearestFirst(this.print(path), this.names);
  }

  #keyOf(path: readonly string[]): string {
    return JSON.stringify(this.qualify(path));
  }
}
