/** Bound expressions as SQL text, for plans. Two expressions with one text and one type mean the same. */
import type { Decimal, LogicalType, SqlValue } from "@tributary/core";
import { castFunction, castable, quoteName, quoteText, types } from "@tributary/core";
import type { Scalar } from "./scalar.js";

/** The text of an expression; `name` prints a column. */
export function printScalar(scalar: Scalar, name: (column: string) => string = printName): string {
  const go = (one: Scalar): string => printScalar(one, name);
  switch (scalar.kind) {
    case "literal":
      return printLiteral(scalar.type, scalar.value);
    case "column":
      return name(scalar.name);
    case "call": {
      const args = scalar.arguments.map(go);
      const { implementation } = scalar;
      return implementation.print?.(args) ?? `${implementation.name}(${args.join(", ")})`;
    }
    case "logical":
      return `(${scalar.operands.map(go).join(` ${scalar.operator} `)})`;
    case "coalesce":
      return `COALESCE(${scalar.operands.map(go).join(", ")})`;
    case "case": {
      const branches = scalar.branches.map((one) => `WHEN ${go(one.condition)} THEN ${go(one.result)}`);
      return `CASE ${branches.join(" ")} ELSE ${go(scalar.otherwise)} END`;
    }
  }
}

/** A column's name, in backquotes where it is no plain word. */
export function printName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_$]*$/u.test(name) ? name : quoteName(name);
}

function textOf(type: LogicalType, value: SqlValue): string {
  return castFunction(type, types.string())(value) as string;
}

function printLiteral(type: LogicalType, value: SqlValue): string {
  if (value === null) return "NULL";
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others take the default's way.
  switch (type.kind) {
    case "BOOLEAN":
      return value === true ? "TRUE" : "FALSE";
    case "TINYINT":
    case "SMALLINT":
    case "INT":
    case "BIGINT":
    case "FLOAT":
    case "DOUBLE":
    case "DECIMAL":
      return (value as Decimal).toString();
    case "CHAR":
    case "VARCHAR":
      return quoteText(value as string);
    case "BINARY":
    case "VARBINARY":
      return `X'${Buffer.from(value as Uint8Array)
        .toString("hex")
        .toUpperCase()}'`;
    case "DATE":
    case "TIME":
    case "TIMESTAMP":
    case "TIMESTAMP_LTZ":
      return `${type.kind} '${textOf(type, value)}'`;
    case "INTERVAL_YEAR_MONTH":
      return `INTERVAL '${(value as number).toString()}' MONTH`;
    case "INTERVAL_DAY_TIME": {
      const millis = value as bigint;
      return millis % 1_000n === 0n
        ? `INTERVAL '${millis / 1_000n}' SECOND`
        : `INTERVAL '${Number(millis) / 1_000}' SECOND`;
    }
    default:
      return castable(type, types.string()) === "no" ? type.kind : textOf(type, value);
  }
}
