/** `x IN (a, b)`: equality with any; constants are looked up in a set. */
import type { SqlValue } from "@tributary/core";
import { printType } from "@tributary/core";
import { castScalar } from "../expressions/cast.js";
import { identityOf } from "../expressions/comparison.js";
import type { Scalar } from "../expressions/scalar.js";
import { implementation } from "../expressions/scalar.js";
import { BOOLEAN, commonTypeOf, withNullable } from "../expressions/type-rules.js";
import type { InList } from "../parser/ast.js";
import type { ExpressionBinder } from "./bind-expression.js";

/** Binds IN and NOT IN. */
export function bindInList(node: InList, binder: ExpressionBinder): Scalar {
  const operand = binder.bind(node.operand);
  const values = node.values.map((one) => binder.bind(one));
  const type = commonTypeOf([operand.type, ...values.map((one) => one.type)]);
  if (type === undefined) {
    const texts = [operand, ...values].map((one) => printType(withNullable(one.type, true)));
    return binder.context.faults.invalid(
      node.span,
      `IN compares values of one kind, not ${[...new Set(texts)].join(", ")}.`,
      { hint: "CAST the values." },
    );
  }
  const inside = values.every((one) => one.kind === "literal")
    ? inConstants(node, operand, values, binder)
    : binder.logical(
        "OR",
        values.map((one) => binder.compare(node, "=", operand, one)),
      );
  return node.negated ? binder.not(node, inside) : inside;
}

function inConstants(
  node: InList,
  operand: Scalar,
  values: readonly Scalar[],
  binder: ExpressionBinder,
): Scalar {
  const type = commonTypeOf([operand.type, ...values.map((one) => one.type)])!;
  const site = { timeZone: binder.context.environment.timeZone, span: node.span };
  const constants = values.map((one) => castScalar(one, type, site));
  if (type.kind === "CHAR" || type.kind === "VARCHAR" || constants.every((one) => one.kind === "literal")) {
    const identity = identityOf(type);
    const raw = constants.map((one) => (one as { value: SqlValue }).value);
    const members = new Set(raw.filter((one) => one !== null).map(identity));
    const otherwise = raw.includes(null) ? null : false;
    const made = implementation(
      "IN",
      (value: SqlValue) => (members.has(identity(value)) ? true : otherwise),
      {
        canBeNull: otherwise === null,
        print: ([x]) =>
          `(${x} IN (${raw.map((one) => (typeof one === "string" ? `'${one}'` : String(one))).join(", ")}))`,
      },
    );
    const argument = castScalar(operand, type, site);
    return {
      kind: "call",
      type: withNullable(BOOLEAN, operand.type.nullable || otherwise === null),
      implementation: made,
      arguments: [argument],
      span: node.span,
    };
  }
  return binder.logical(
    "OR",
    constants.map((one) => binder.compare(node, "=", operand, one)),
  );
}
