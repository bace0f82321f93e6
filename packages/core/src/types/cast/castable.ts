/**
 * Which casts there are. Implicit ones happen by themselves (INSERT, metadata columns, set operations): towards a wider
 * number, another length, another precision of time. Explicit ones need CAST. The table is that of Flink SQL without
 * numbers to and from timestamps and intervals, which the dialect refuses.
 */
import type { LogicalType } from "../logical-type.js";
import { isConstructedType, isOpaqueType, type TypeKind } from "../type-families.js";
import { typesEqual } from "../print-type.js";

/** How a type may become another. @public */
export type Castability = "implicit" | "explicit" | "no";

type Rules = Readonly<Partial<Record<TypeKind, readonly TypeKind[]>>>;

const TEXT = ["CHAR", "VARCHAR"] as const satisfies readonly TypeKind[];
const NUMBERS = [
  "TINYINT",
  "SMALLINT",
  "INT",
  "BIGINT",
  "FLOAT",
  "DOUBLE",
  "DECIMAL",
] as const satisfies readonly TypeKind[];
const POINTS = ["DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ"] as const satisfies readonly TypeKind[];

/** Target to sources, beside a kind to itself. */
const IMPLICIT: Rules = {
  VARCHAR: TEXT,
  VARBINARY: ["BINARY"],
  DECIMAL: NUMBERS,
  SMALLINT: ["TINYINT"],
  INT: ["TINYINT", "SMALLINT"],
  BIGINT: ["TINYINT", "SMALLINT", "INT"],
  FLOAT: ["TINYINT", "SMALLINT", "INT", "BIGINT", "DECIMAL"],
  DOUBLE: NUMBERS,
  DATE: ["TIMESTAMP"],
  TIME: ["TIMESTAMP"],
  TIMESTAMP: ["TIMESTAMP_LTZ"],
  TIMESTAMP_LTZ: ["TIMESTAMP"],
};

const TO_NUMBER = [...NUMBERS, ...TEXT, "BOOLEAN"] as const satisfies readonly TypeKind[];

/** Target to sources. Text takes everything that has values. */
const EXPLICIT: Rules = {
  BOOLEAN: [...TEXT, ...NUMBERS],
  BINARY: [...TEXT, "VARBINARY"],
  VARBINARY: TEXT,
  DECIMAL: TO_NUMBER,
  TINYINT: TO_NUMBER,
  SMALLINT: TO_NUMBER,
  INT: TO_NUMBER,
  BIGINT: TO_NUMBER,
  FLOAT: TO_NUMBER,
  DOUBLE: TO_NUMBER,
  DATE: ["TIMESTAMP_LTZ", ...TEXT],
  TIME: ["TIMESTAMP_LTZ", ...TEXT],
  TIMESTAMP: [...POINTS, ...TEXT],
  TIMESTAMP_LTZ: [...POINTS, ...TEXT],
};

/**
 * Whether and how `from` can become `to`. The nullability of the two types themselves is not looked at: NULL stays
 * NULL, and NOT NULL is checked where rows are written. An element or field that is nullable becomes NOT NULL only
 * explicitly.
 *
 * @public
 */
export function castable(from: LogicalType, to: LogicalType): Castability {
  if (typesEqual({ ...from, nullable: true }, { ...to, nullable: true })) return "implicit";
  if (isOpaqueType(from) || isOpaqueType(to)) return "no";
  if (from.kind === "NULL") return "implicit";
  if (isConstructedType(from) || isConstructedType(to)) return constructedCastable(from, to);
  if (from.kind === to.kind || IMPLICIT[to.kind]?.includes(from.kind) === true) return "implicit";
  if (to.kind === "CHAR" || to.kind === "VARCHAR") return "explicit";
  return EXPLICIT[to.kind]?.includes(from.kind) === true ? "explicit" : "no";
}

function constructedCastable(from: LogicalType, to: LogicalType): Castability {
  if (from.kind === to.kind) return childrenCastable(childrenOf(from), childrenOf(to));
  const isText = to.kind === "CHAR" || to.kind === "VARCHAR";
  return isText && hasText(from) ? "explicit" : "no";
}

function hasText(type: LogicalType): boolean {
  return !isOpaqueType(type) && childrenOf(type).every(hasText);
}

function childrenOf(type: LogicalType): readonly LogicalType[] {
  if (type.kind === "ARRAY" || type.kind === "MULTISET") return [type.element];
  if (type.kind === "MAP") return [type.key, type.value];
  return type.kind === "ROW" ? type.fields.map((field) => field.type) : [];
}

/** The weakest of the parts. */
function childrenCastable(from: readonly LogicalType[], to: readonly LogicalType[]): Castability {
  if (from.length !== to.length) return "no";
  let weakest: Castability = "implicit";
  for (const [index, one] of from.entries()) {
    const target = to[index] as LogicalType;
    const castability = castable(one, target);
    if (castability === "no") return "no";
    if (castability === "explicit" || (one.nullable && !target.nullable)) weakest = "explicit";
  }
  return weakest;
}
