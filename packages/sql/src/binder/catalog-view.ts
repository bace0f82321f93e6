/** What queries see of the catalog. */
import type { QualifiedName } from "../parser/ast.js";
import type { Relation } from "../planner/relation.js";
import type { QueryContext } from "./query-context.js";
import type { Faults } from "./faults.js";

/** What a name in FROM means. */
export type ResolvedTable =
  | {
      readonly kind: "table";
      readonly relation: Relation;
      /** Columns whose declaration is at fault. */
      readonly poisoned: ReadonlySet<string>;
    }
  | { readonly kind: "view"; readonly bind: (binder: QueryContext) => Relation }
  /** Declared, and at fault: whoever uses it is not at fault again. */
  | { readonly kind: "broken" };

export interface CatalogView {
  /** Reports and abandons a name that means nothing. */
  resolve(name: QualifiedName, faults: Faults): ResolvedTable;
}
