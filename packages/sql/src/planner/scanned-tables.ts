import type { TableDescriptor } from "@tributary/core";
import type { Relation } from "./relation.js";

/** The tables that a relation reads. */
export function scannedTables(relation: Relation): readonly TableDescriptor[] {
  switch (relation.kind) {
    case "scan":
      return [relation.table];
    case "values":
      return [];
    case "union":
      return relation.inputs.flatMap(scannedTables);
    case "join":
      return [relation.left, relation.right].flatMap((one) => scannedTables(one.relation));
    case "project":
    case "window":
    case "aggregate":
    case "limit":
    case "expand":
    case "rank":
      return scannedTables(relation.input);
  }
}
