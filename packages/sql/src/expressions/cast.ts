/** Casts as part of expressions. What a cast does is core's; here it gets its place, its type and is folded. */
import type { LogicalType } from "@tributary/core";
import { castFunction, printType } from "@tributary/core";
import type { Span } from "../parser/ast.js";
import { foldConstant } from "./stage-function.js";
import type { Scalar } from "./scalar.js";
import { implementation } from "./scalar.js";
import { isApproximate, isInteger, isSameType, isText, withNullable } from "./type-rules.js";

export interface CastSite {
  readonly timeZone: string;
  readonly span?: Span;
  /** TRY_CAST. */
  readonly isSafe?: boolean;
}

/** True if no value of `from` can fail to become one of `to`, and none becomes NULL. */
function isTotal(from: LogicalType, to: LogicalType): boolean {
  if (isText(from)) return isText(to);
  return to.kind !== "DECIMAL" && from.kind !== "ARRAY" && from.kind !== "ROW" && from.kind !== "MAP";
}

const WIDTH: Readonly<Record<string, number>> = { TINYINT: 1, SMALLINT: 2, INT: 3 };

/** JavaScript for the casts that every stage has. */
function inlineOf(from: LogicalType, to: LogicalType): ((args: readonly string[]) => string) | undefined {
  const [a, b] = [WIDTH[from.kind], WIDTH[to.kind]];
  if (a !== undefined && (to.kind === "DOUBLE" || (b !== undefined && a <= b))) return ([x]) => x!;
  if (a !== undefined && to.kind === "BIGINT") return ([x]) => `BigInt(${x})`;
  return undefined;
}

/**
 * `scalar` in the type `to`, whose nullability is taken over from the operand (and from what the cast may do). The cast
 * must exist: see core's `castable`.
 */
export function castScalar(scalar: Scalar, to: LogicalType, site: CastSite): Scalar {
  const from = scalar.type;
  const isSafe = site.isSafe ?? false;
  if (isSameType(from, to)) return scalar;
  // Text and bytes that only become longer stay as they are.
  const isWidening =
    (to.kind === "VARCHAR" && isText(from) && from.length <= to.length) ||
    (to.kind === "VARBINARY" &&
      (from.kind === "BINARY" || from.kind === "VARBINARY") &&
      from.length <= to.length);
  const nullable = from.nullable || (!isTotal(from, to) && (isSafe || to.kind === "DECIMAL"));
  const type = withNullable(to, nullable);
  if (isWidening) return { ...scalar, type };
  if (scalar.kind === "literal" && scalar.value === null) return { ...scalar, type: withNullable(to, true) };
  const cast = castFunction(from, to, { timeZone: site.timeZone, onFailure: isSafe ? "null" : "error" });
  const inline = inlineOf(from, to);
  const word = isSafe ? "TRY_CAST" : "CAST";
  const text = printType(withNullable(to, true));
  const made = implementation("CAST", cast, {
    canBeNull: !isTotal(from, to),
    canFail: !isSafe && !(isInteger(from) && (isInteger(to) || isApproximate(to))),
    print: ([x]) => `${word}(${x} AS ${text})`,
    ...(inline === undefined ? {} : { inline }),
  });
  const call: Scalar = {
    kind: "call",
    type,
    implementation: made,
    arguments: [scalar],
    ...(site.span === undefined ? {} : { span: site.span }),
  };
  if (scalar.kind !== "literal") return call;
  const folded = foldConstant(call);
  return folded === undefined
    ? call
    : { kind: "literal", type: withNullable(to, folded.value === null), value: folded.value };
}
