/** The columns that a name can mean at one place of a query. */
import type { Identifier } from "../parser/ast.js";
import type { RelationColumn } from "../planner/relation.js";
import type { Faults } from "./faults.js";
import { Abandoned, near } from "./faults.js";

/** A column with the name of its table at this place. */
export interface ScopeColumn {
  /** Alias or name of the table; absent for a subquery without alias. */
  readonly qualifier: string | undefined;
  readonly column: RelationColumn;
}

export class Scope {
  readonly columns: readonly ScopeColumn[];
  /** Names of columns whose declaration is at fault: using them is no further fault. */
  readonly #poisoned: ReadonlySet<string>;

  constructor(columns: readonly ScopeColumn[], poisoned: ReadonlySet<string> = new Set()) {
    this.columns = columns;
    this.#poisoned = poisoned;
  }

  /** Whether a declaration behind this scope is at fault. */
  get isPoisoned(): boolean {
    return this.#poisoned.size > 0;
  }

  /** Columns of `t.*`, or of `*` without a qualifier. */
  star(qualifier: readonly Identifier[], faults: Faults): readonly RelationColumn[] {
    const last = qualifier.at(-1);
    if (last === undefined) return this.columns.map((one) => one.column);
    const found = this.columns.filter((one) => one.qualifier === last.name);
    if (found.length > 0) return found.map((one) => one.column);
    return faults.invalid(last.span, `No table '${last.name}' stands in FROM.`, {
      candidates: near(last.name, this.qualifiers()),
    });
  }

  qualifiers(): readonly string[] {
    return [...new Set(this.columns.map((one) => one.qualifier).filter((one) => one !== undefined))];
  }

  /** The column that a dotted name starts with, and what is left of the name: fields of a ROW. */
  resolve(
    parts: readonly Identifier[],
    faults: Faults,
  ): { readonly column: RelationColumn; readonly rest: readonly Identifier[] } {
    const [first] = parts as readonly [Identifier, ...Identifier[]];
    for (let length = Math.min(3, parts.length - 1); length >= 1; length -= 1) {
      const table = parts[length - 1]!;
      const name = parts[length]!;
      const isDefault = parts.slice(0, length - 1).every((one) => one.name.startsWith("default_"));
      const inTable = this.columns.filter((one) => one.qualifier === table.name);
      if (!isDefault || inTable.length === 0) continue;
      const column = this.#only(inTable, name, faults);
      return { column, rest: parts.slice(length + 1) };
    }
    if (this.columns.some((one) => one.column.name === first.name) || parts.length === 1)
      return { column: this.#only(this.columns, first, faults), rest: parts.slice(1) };
    if (this.isPoisoned) throw new Abandoned();
    return faults.invalid(first.span, `No table and no column is called '${first.name}' here.`, {
      candidates: near(first.name, [...this.qualifiers(), ...this.columns.map((one) => one.column.name)]),
    });
  }

  /** Whether a dotted name means a column here. */
  knows(parts: readonly Identifier[]): boolean {
    const [first, second] = parts as readonly [Identifier, Identifier?];
    const isOf = (qualifier: string, name: string): boolean =>
      this.columns.some((one) => one.qualifier === qualifier && one.column.name === name);
    if (second !== undefined && isOf(first.name, second.name)) return true;
    if (this.columns.some((one) => one.column.name === first.name)) return true;
    return parts.length > 2 && this.knows(parts.slice(1)) && first.name.startsWith("default_");
  }

  #only(columns: readonly ScopeColumn[], name: Identifier, faults: Faults): RelationColumn {
    const found = columns.filter((one) => one.column.name === name.name);
    if (found.length === 1) return found[0]!.column;
    if (this.isPoisoned && found.length === 0) throw new Abandoned();
    if (found.length > 1)
      return faults.invalid(name.span, `Column '${name.name}' is ambiguous: more than one table has it.`, {
        columnName: name.name,
        candidates: found.map((one) => `${one.qualifier ?? ""}.${name.name}`),
      });
    const names = columns.map((one) => one.column.name);
    const candidates = near(name.name, names);
    return faults.invalid(name.span, `Column '${name.name}' does not exist.`, {
      columnName: name.name,
      candidates,
      ...(candidates[0]?.toLowerCase() === name.name.toLowerCase()
        ? { hint: "Names of columns keep their case." }
        : {}),
    });
  }
}
