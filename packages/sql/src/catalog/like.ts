/** CREATE TABLE ... LIKE: what is taken over from the other table, and what wins. After Apache Flink, "CREATE TABLE LIKE". */
import type { LikeClause, LikeFeature, LikeOption } from "../parser/ast-statement.js";
import type { Span } from "../parser/ast.js";
import type { Faults } from "../binder/faults.js";
import type { ColumnSpec, TableSpec } from "./table-spec.js";

type Strategy = LikeOption["strategy"];
type Feature = Exclude<LikeFeature, "ALL">;

const FEATURES: readonly Feature[] = [
  "CONSTRAINTS",
  "DISTRIBUTION",
  "GENERATED",
  "METADATA",
  "OPTIONS",
  "PARTITIONS",
  "WATERMARKS",
];
const MAY_OVERWRITE: ReadonlySet<LikeFeature> = new Set<LikeFeature>([
  "GENERATED",
  "METADATA",
  "OPTIONS",
  "WATERMARKS",
]);

/** The strategy of each feature: defaults, then ALL, then the features that are named. */
function strategies(clause: LikeClause, faults: Faults): Readonly<Record<Feature, Strategy>> {
  const chosen = new Map<LikeFeature, Strategy>();
  for (const option of clause.options) {
    const { feature, strategy } = option;
    if (chosen.has(feature)) {
      faults.error("SQL_SYNTAX", option.span, `The LIKE option for ${feature} is given twice.`);
      continue;
    }
    if (strategy === "OVERWRITING" && !MAY_OVERWRITE.has(feature)) {
      faults.error("SQL_SYNTAX", option.span, `OVERWRITING ${feature} is not allowed.`, {
        hint: `OVERWRITING goes with ${[...MAY_OVERWRITE].join(", ")}; write EXCLUDING ${feature} to declare it anew.`,
      });
      continue;
    }
    chosen.set(feature, strategy);
  }
  const all = chosen.get("ALL");
  return Object.fromEntries(
    FEATURES.map((feature) => [
      feature,
      chosen.get(feature) ?? all ?? (feature === "OPTIONS" ? "OVERWRITING" : "INCLUDING"),
    ]),
  ) as Record<Feature, Strategy>;
}

/** The spec of the new table. `own` is what the statement itself says. */
export function mergeLike(
  base: TableSpec,
  own: TableSpec,
  clause: LikeClause,
  table: string,
  faults: Faults,
): TableSpec {
  const strategy = strategies(clause, faults);
  const clash: Clash = (span, feature, what, mayOverwrite = MAY_OVERWRITE.has(feature ?? "ALL")) => {
    const remedy = mayOverwrite ? `OVERWRITING ${feature} or EXCLUDING ${feature}` : `EXCLUDING ${feature}`;
    faults.error("SCHEMA_INVALID", span, `${what} comes from LIKE and is declared again.`, {
      table,
      hint:
        feature === undefined
          ? "Physical columns are always taken over: leave it out, or give it another name."
          : `Write LIKE ... (${remedy}), or leave it out.`,
    });
  };
  const merged = {
    columns: mergeColumns(base, own, strategy, clash),
    options: mergeOptions(base, own, strategy.OPTIONS, clause, clash),
    ...one("watermark", "WATERMARKS", "The WATERMARK"),
    ...one("primaryKey", "CONSTRAINTS", "The PRIMARY KEY"),
    ...one("distribution", "DISTRIBUTION", "DISTRIBUTED"),
    partitionedBy: mergePartitions(),
    comment: own.comment ?? base.comment,
    poisoned: new Set([...base.poisoned, ...own.poisoned]),
  };
  return merged;

  function one<K extends "watermark" | "primaryKey" | "distribution">(
    key: K,
    feature: Feature,
    what: string,
  ): Pick<TableSpec, K> {
    const [old, fresh] = [base[key], own[key]];
    if (strategy[feature] === "EXCLUDING" || old === undefined) return { [key]: fresh } as Pick<TableSpec, K>;
    if (fresh !== undefined && strategy[feature] === "INCLUDING") {
      const span = "start" in fresh ? fresh : fresh.span;
      clash(span, feature, what);
    }
    return { [key]: fresh ?? old } as Pick<TableSpec, K>;
  }

  function mergePartitions(): TableSpec["partitionedBy"] {
    if (strategy.PARTITIONS === "EXCLUDING" || base.partitionedBy.length === 0) return own.partitionedBy;
    if (own.partitionedBy.length > 0) clash(own.partitionedBy[0]!.span, "PARTITIONS", "PARTITIONED BY");
    return base.partitionedBy;
  }
}

/** @param feature - absent where no like option helps. */
type Clash = (span: Span, feature: Feature | undefined, what: string, mayOverwrite?: boolean) => void;

function mergeColumns(
  base: TableSpec,
  own: TableSpec,
  strategy: Readonly<Record<Feature, Strategy>>,
  clash: Clash,
): readonly ColumnSpec[] {
  const kept = base.columns.filter(
    (one) =>
      one.kind === "physical" || strategy[one.kind === "computed" ? "GENERATED" : "METADATA"] !== "EXCLUDING",
  );
  const columns = [...kept];
  for (const column of own.columns) {
    const at = columns.findIndex((one) => one.name === column.name);
    const old = columns[at];
    if (old === undefined) {
      columns.push(column);
      continue;
    }
    const feature: Feature = old.kind === "computed" ? "GENERATED" : "METADATA";
    if (old.kind !== "physical" && old.kind === column.kind && strategy[feature] === "OVERWRITING")
      columns[at] = column;
    else if (old.kind === "physical") clash(column.span, undefined, `Column '${column.name}' (${old.kind})`);
    else if (old.kind !== column.kind)
      clash(column.span, feature, `Column '${column.name}' (${old.kind})`, false);
    else clash(column.span, feature, `Column '${column.name}'`);
  }
  return columns;
}

function mergeOptions(
  base: TableSpec,
  own: TableSpec,
  strategy: Strategy,
  clause: LikeClause,
  clash: Clash,
): TableSpec["options"] {
  if (strategy === "EXCLUDING") return own.options;
  const keys = new Set(own.options.map((one) => one.key));
  if (strategy === "INCLUDING")
    for (const key of keys)
      if (base.options.some((one) => one.key === key)) clash(clause.span, "OPTIONS", `Option '${key}'`);
  return [...base.options.filter((one) => !keys.has(one.key)), ...own.options];
}
