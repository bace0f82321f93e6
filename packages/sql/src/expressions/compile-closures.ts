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
  const work = plainClosure(call, operands);
  if (!call.implementation.canFail) return work;
  return (row) => {
    try {
      return work(row);
    } catch (error) {
      throw report(error, call);
    }
  };
}

/** Calls of one and two arguments make no array. */
function plainClosure({ implementation }: ScalarCall, operands: readonly Evaluate[]): Evaluate {
  const run = implementation.evaluate as unknown as Anything;
  const isStrict = implementation.nulls === "strict";
  const [first, second] = operands;
  if (first !== undefined && operands.length === 1)
    return (row) => {
      const value = first(row);
      return isStrict && value === null ? null : run(value);
    };
  if (first !== undefined && second !== undefined && operands.length === 2)
    return (row) => {
      const a = first(row);
      const b = second(row);
      return isStrict && (a === null || b === null) ? null : run(a, b);
    };
  return (row) => {
    const values = operands.map((operand) => operand(row));
    return isStrict && values.includes(null) ? null : run(...values);
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
