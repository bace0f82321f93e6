/** The JSON functions with clauses. */
import type { LogicalType, SqlValue } from "@tributary/core";
import { printType } from "@tributary/core";
import type { Scalar } from "../expressions/scalar.js";
import { implementation } from "../expressions/scalar.js";
import { BOOLEAN, STRING, isText, withNullable } from "../expressions/type-rules.js";
import { CallRefusal, callTo, constantOf } from "../functions/function.js";
import type { JsonFallback } from "../functions/json.js";
import { isJson, jsonExists, jsonQuery, jsonValue, jsonWriter, pathReader } from "../functions/json.js";
import type * as ast from "../parser/ast.js";
import type { ExpressionBinder } from "./bind-expression.js";
import { bindType } from "./bind-type.js";

type JsonNode =
  ast.JsonValue | ast.JsonQuery | ast.JsonExists | ast.JsonObject | ast.JsonArray | ast.IsPredicate;

/** Binds a JSON function or `IS JSON`. */
export function bindJson(node: JsonNode, binder: ExpressionBinder, operand?: Scalar): Scalar {
  return binder.guarded(node, () => {
    switch (node.kind) {
      case "IsPredicate": {
        const kind = (node.test.slice("JSON ".length) || "VALUE") as "VALUE" | "SCALAR" | "ARRAY" | "OBJECT";
        return callTo(isJson(kind, node.negated), BOOLEAN, [text(operand!)], node);
      }
      case "JsonValue":
        return value(node, binder);
      case "JsonQuery":
        return query(node, binder);
      case "JsonExists": {
        const args = [text(binder.bind(node.input)), text(binder.bind(node.path))];
        const behaviour = node.onError?.behaviour ?? "FALSE";
        const onError =
          behaviour === "ERROR" ? "ERROR" : behaviour === "UNKNOWN" ? null : behaviour === "TRUE";
        return callTo(jsonExists(pathReader(constantOf(args[1])), onError), BOOLEAN, args, node);
      }
      case "JsonObject":
        return object(node, binder);
      case "JsonArray":
        return array(node, binder);
    }
  });
}

function text(scalar: Scalar): Scalar {
  if (isText(scalar.type) || scalar.type.kind === "NULL") return scalar;
  throw new CallRefusal(`JSON comes as STRING, not ${printType(withNullable(scalar.type, true))}`);
}

function fallback(
  behaviour: ast.JsonBehaviour | undefined,
  type: LogicalType,
  binder: ExpressionBinder,
): JsonFallback {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others take the default's way.
  switch (behaviour?.behaviour) {
    case "ERROR":
      return { kind: "ERROR" };
    case "DEFAULT": {
      const scalar = binder.explicitCast(behaviour, binder.bind(behaviour.value!), type, false);
      if (scalar.kind !== "literal") throw new CallRefusal("the DEFAULT must be a constant");
      return { kind: "DEFAULT", value: scalar.value };
    }
    case "EMPTY ARRAY":
      return { kind: "DEFAULT", value: "[]" };
    case "EMPTY OBJECT":
      return { kind: "DEFAULT", value: "{}" };
    default:
      return { kind: "NULL" };
  }
}

function value(node: ast.JsonValue, binder: ExpressionBinder): Scalar {
  const args = [text(binder.bind(node.input)), text(binder.bind(node.path))];
  const type = node.returning === undefined ? STRING : bindType(node.returning, binder.context.faults);
  if (!isText(type) && type.kind !== "BOOLEAN" && type.kind !== "INT" && type.kind !== "DOUBLE")
    throw new CallRefusal(
      `JSON_VALUE returns STRING, BOOLEAN, INTEGER or DOUBLE, not ${printType(type)}; CAST its result`,
    );
  const path = pathReader(constantOf(args[1]));
  const made = jsonValue(
    type,
    path,
    fallback(node.onEmpty, type, binder),
    fallback(node.onError, type, binder),
  );
  return callTo(made, type, args, node);
}

function query(node: ast.JsonQuery, binder: ExpressionBinder): Scalar {
  const args = [text(binder.bind(node.input)), text(binder.bind(node.path))];
  if (node.returning !== undefined && !isText(bindType(node.returning, binder.context.faults)))
    throw new CallRefusal("JSON_QUERY returns STRING here; other types are not supported");
  const path = pathReader(constantOf(args[1]));
  const made = jsonQuery(
    node.wrapper ?? "WITHOUT",
    path,
    fallback(node.onEmpty, STRING, binder),
    fallback(node.onError, STRING, binder),
  );
  return callTo(made, STRING, args, node);
}

/** Whether an argument is JSON text already: the result of a JSON constructor or of JSON_QUERY. */
function isJsonText(scalar: Scalar): boolean {
  return (
    scalar.kind === "call" && ["JSON_OBJECT", "JSON_ARRAY", "JSON_QUERY"].includes(scalar.implementation.name)
  );
}

function object(node: ast.JsonObject, binder: ExpressionBinder): Scalar {
  if (node.aggregate)
    return binder.context.faults.unsupported(node.span, "JSON_OBJECTAGG", "Collect with LISTAGG or COLLECT.");
  const keys = node.entries.map((one) => text(binder.bind(one.key)));
  const values = node.entries.map((one) => binder.bind(one.value));
  const writers = values.map((one) => jsonWriter(one.type, isJsonText(one)));
  const keepsNull = node.onNull !== "ABSENT";
  const work = (...args: SqlValue[]): string => {
    const members: string[] = [];
    for (const [i, write] of writers.entries()) {
      const one = args[i * 2 + 1];
      if (one !== null || keepsNull) members.push(`${JSON.stringify(args[i * 2])}:${write(one)}`);
    }
    return `{${members.join(",")}}`;
  };
  const made = implementation("JSON_OBJECT", work, { nulls: "custom" });
  return callTo(
    made,
    STRING,
    keys.flatMap((key, i) => [key, values[i]!]),
    node,
  );
}

function array(node: ast.JsonArray, binder: ExpressionBinder): Scalar {
  if (node.aggregate)
    return binder.context.faults.unsupported(node.span, "JSON_ARRAYAGG", "Collect with LISTAGG or COLLECT.");
  const items = node.items.map((one) => binder.bind(one));
  const writers = items.map((one) => jsonWriter(one.type, isJsonText(one)));
  const keepsNull = node.onNull === "NULL";
  const work = (...args: SqlValue[]): string =>
    `[${writers.flatMap((write, i) => (args[i] === null && !keepsNull ? [] : [write(args[i])])).join(",")}]`;
  return callTo(implementation("JSON_ARRAY", work, { nulls: "custom" }), STRING, items, node);
}
