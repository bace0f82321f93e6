/**
 * The back end without generated code, for places that forbid it, and the oracle for the other one in tests. Slower:
 * one call a node and row.
 */
import type { Row, SqlValue } from "@tributary/core";
import type { Scalar, ScalarCall } from "./scalar.js";
import type { FaultReporter } from "./stage-function.js";

type Evaluate = (row: Row) => SqlValue;
type Anything = (...args: readonly unknown[]) => SqlValue;

/** A function of a row with the value of `scalar`. */
export function compileClosure(scalar: Scalar, report: FaultReporter): Evaluate {
  const go = (one: Scalar): Evaluate => compileClosure(one, report);
  switch (scalar.kind) {
    case "literal": {
      const { value } = scalar;
      return () => value;
    }
    case "column": {
      const { name } = scalar;
      return (row) => row[name];
    }
    case "call":
      return callClosure(scalar, scalar.arguments.map(go), report);
    case "logical":
      return logicalClosure(scalar.operator, scalar.operands.map(go));
    case "coalesce": {
      const operands = scalar.operands.map(go);
      return (row) => {
        for (const operand of operands) {
          const value = operand(row);
          if (value !== null) return value;
        }
        return null;
      };
    }
    case "case": {
      const branches = scalar.branches.map((one) => [go(one.condition), go(one.result)] as const);
      const otherwise = go(scalar.otherwise);
      return (row) => {
        for (const [condition, result] of branches) if (condition(row) === true) return result(row);
        return otherwise(row);
      };
    }
  }
}

function callClosure(call: ScalarCall, operands: readonly Evaluate[], report: FaultReporter): Evaluate {
  const { evaluate, nulls, canFail } = call.implementation;
  const run = evaluate as unknown as Anything;
  const isStrict = nulls === "strict";
  return (row) => {
    const values: SqlValue[] = [];
    let hasNull = false;
    for (const operand of operands) {
      const value = operand(row);
      if (value === null) hasNull = true;
      values.push(value);
    }
    if (isStrict && hasNull) return null;
    if (!canFail) return run(...values);
    try {
      return run(...values);
    } catch (error) {
      throw report(error, call);
    }
  };
}

function logicalClosure(operator: "AND" | "OR", operands: readonly Evaluate[]): Evaluate {
  const decides = operator === "OR";
  return (row) => {
    let result: SqlValue = !decides;
    for (const operand of operands) {
      const value = operand(row);
      if (value === decides) return decides;
      if (value === null) result = null;
    }
    return result;
  };
}
