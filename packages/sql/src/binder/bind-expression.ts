/** Expressions: names looked up, functions chosen, types checked, implicit casts put in. */
import type { LogicalType } from "@tributary/core";
import { castable, printType } from "@tributary/core";
import type { AggregateCollector } from "../aggregates/aggregate.js";
import { castScalar } from "../expressions/cast.js";
import type { CompileOptions } from "../expressions/stage-function.js";
import { foldConstant } from "../expressions/stage-function.js";
import type { Scalar, ScalarCall } from "../expressions/scalar.js";
import { isDeterministic } from "../expressions/scalar.js";
import { BOOLEAN, commonType, withNullable } from "../expressions/type-rules.js";
import { BUILTIN_FUNCTIONS, findFunction, functionNames } from "../functions/builtin-functions.js";
import { bindCase, bindCollection, bindField, bindItem, bindMap, bindRow } from "../functions/collection.js";
import type { CallSite, FunctionEnvironment, ScalarFunction } from "../functions/function.js";
import { CallRefusal } from "../functions/function.js";
import type { ArithmeticOperator, Comparison } from "../functions/operators.js";
import {
  bindArithmetic,
  bindComparison,
  bindDistinct,
  bindSign,
  bindTimeDifference,
  bindTruthTest,
} from "../functions/operators.js";
import { CONCAT_OPERATOR } from "../functions/text.js";
import type * as ast from "../parser/ast.js";
import type { Span } from "../parser/ast.js";
import { columnScalar } from "../planner/relation.js";
import { bindInList } from "./bind-in-list.js";
import { bindJson } from "./bind-json.js";
import { bindLike } from "./bind-like.js";
import { bindLiteral } from "./bind-literal.js";
import { bindType, intervalType } from "./bind-type.js";
import type { Faults } from "./faults.js";
import { near } from "./faults.js";
import type { Scope } from "./scope.js";

/** What an expression is bound against. */
export interface ExpressionContext {
  readonly scope: Scope;
  readonly faults: Faults;
  readonly environment: FunctionEnvironment;
  /** Present where aggregate functions may stand. */
  readonly aggregates?: AggregateCollector;
  /** Why aggregate functions may not stand here, e.g. `WHERE`. */
  readonly place: string;
}

/** Aggregate functions, which only the SELECT list and HAVING of a grouped query take. */
export const AGGREGATE_NAMES: ReadonlySet<string> = new Set([
  "COUNT",
  "SUM",
  "AVG",
  "MIN",
  "MAX",
  "FIRST_VALUE",
  "LAST_VALUE",
  "LISTAGG",
  "COLLECT",
  "STDDEV_POP",
  "STDDEV_SAMP",
  "STDDEV",
  "VAR_POP",
  "VAR_SAMP",
  "VARIANCE",
  "SUM0",
  "ARRAY_AGG",
  "APPROX_COUNT_DISTINCT",
]);

/** Functions of the language that are known and absent, with what to use instead. */
const ABSENT: Readonly<Record<string, string>> = {
  CURRENT_WATERMARK: "the watermark is not visible to expressions; compare the time columns themselves",
  TUMBLE: "windows are table functions: FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(c), INTERVAL '1' MINUTE))",
  HOP: "windows are table functions: FROM TABLE(HOP(TABLE t, DESCRIPTOR(c), slide, size))",
  SESSION: "windows are table functions: FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(c), gap))",
  TUMBLE_START: "select window_start of a windowing table function",
  TUMBLE_END: "select window_end of a windowing table function",
  TUMBLE_ROWTIME: "select window_time of a windowing table function",
  ROW_NUMBER: "it needs OVER (PARTITION BY window_start, window_end ORDER BY ...)",
  RANK: "OVER windows run on a cluster only",
  DENSE_RANK: "OVER windows run on a cluster only",
  LAG: "OVER windows run on a cluster only",
  LEAD: "OVER windows run on a cluster only",
  NTILE: "OVER windows run on a cluster only",
  GROUPING: "GROUPING SETS run on a cluster only",
};

/** Options with which run-time failures name their place. */
export function compileOptions(faults: Faults, environment: FunctionEnvironment): CompileOptions {
  const locate = (call: ScalarCall): ReturnType<NonNullable<CompileOptions["locate"]>> =>
    call.span === undefined ? {} : faults.place(call.span);
  return environment.generatesCode === false ? { locate, backEnd: "closures" } : { locate };
}

/** Binds an expression; parts without columns become constants. */
export function bindExpression(node: ast.Expression, context: ExpressionContext): Scalar {
  return new ExpressionBinder(context).bind(node);
}

/** Binds a condition of WHERE, HAVING, FILTER. */
export function bindCondition(node: ast.Expression, context: ExpressionContext): Scalar {
  const scalar = bindExpression(node, context);
  if (scalar.type.kind === "BOOLEAN" || scalar.type.kind === "NULL") return scalar;
  return context.faults.invalid(
    node.span,
    `${context.place} takes a BOOLEAN, not ${printType(withNullable(scalar.type, true))}.`,
  );
}

/** A constant instead of a call of constants, where working it out does not fail. */
export function folded(scalar: Scalar): Scalar {
  if (scalar.kind === "literal" || scalar.kind === "column") return scalar;
  if (scalar.kind !== "call" || scalar.arguments.some((one) => one.kind !== "literal")) return scalar;
  if (!isDeterministic(scalar)) return scalar;
  const constant = foldConstant(scalar);
  if (constant === undefined) return scalar;
  return {
    kind: "literal",
    type: withNullable(scalar.type, scalar.type.nullable || constant.value === null),
    value: constant.value,
  };
}

/** Walks over an expression. The parts that need more room stand in files of their own and get this binder. */
export class ExpressionBinder {
  readonly context: ExpressionContext;

  constructor(context: ExpressionContext) {
    this.context = context;
  }

  bind(node: ast.Expression): Scalar {
    return folded(this.#bind(node));
  }

  /** Runs a binding that may refuse, with the place of `node`. */
  guarded(node: ast.Node, run: () => Scalar, describe?: ScalarFunction): Scalar {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof CallRefusal)) throw error;
      return this.#refused(node.span, error, describe);
    }
  }

  #refused(span: Span, refusal: CallRefusal, describe: ScalarFunction | undefined): never {
    const { faults } = this.context;
    if (!refusal.isMismatch || describe === undefined) {
      const message = refusal.message.charAt(0).toUpperCase() + refusal.message.slice(1);
      return faults.invalid(span, `${message}.`);
    }
    return faults.invalid(span, `${describe.name} does not take these arguments.`, {
      hint: `It is called as ${describe.signatures.join(" or ")}.`,
    });
  }

  site(node: ast.Node, name: string, args: readonly Scalar[], unit?: string): CallSite {
    const { environment } = this.context;
    return {
      name,
      arguments: args,
      ...(unit === undefined ? {} : { unit }),
      span: node.span,
      environment,
      cast: (scalar, type) => castScalar(scalar, type, { timeZone: environment.timeZone, span: node.span }),
    };
  }

  #bind(node: ast.Expression): Scalar {
    const { faults, environment } = this.context;
    switch (node.kind) {
      case "NumberLiteral":
      case "StringLiteral":
      case "BinaryLiteral":
      case "BooleanLiteral":
      case "NullLiteral":
      case "DateTimeLiteral":
      case "IntervalLiteral":
        return bindLiteral(node, faults, environment.timeZone);
      case "ColumnReference":
        return this.#column(node);
      case "FieldAccess": {
        const operand = this.bind(node.operand);
        return this.guarded(node.field, () =>
          bindField(operand, node.field.name, this.site(node.field, "FIELD", [])),
        );
      }
      case "ItemAccess": {
        const args = [this.bind(node.operand), this.bind(node.index)];
        return this.guarded(node, () => bindItem(this.site(node, "ITEM", args)));
      }
      case "Unary":
        return this.#unary(node);
      case "Binary":
        return this.#binary(node);
      case "IsPredicate":
        return this.#isPredicate(node);
      case "IsDistinctFrom": {
        const args = [this.bind(node.left), this.bind(node.right)];
        return this.guarded(node, () =>
          bindDistinct(node.negated, this.site(node, "IS DISTINCT FROM", args)),
        );
      }
      case "Between":
        return this.#between(node);
      case "InList":
        return bindInList(node, this);
      case "Like":
        return bindLike(node, this);
      case "Case":
        return this.#case(node);
      case "Cast":
        return this.#cast(node);
      case "FunctionCall":
        return this.#call(node);
      case "Trim": {
        const args = [node.operand, ...(node.characters === undefined ? [] : [node.characters])].map((one) =>
          this.bind(one),
        );
        if (args.length === 1)
          args.push({ kind: "literal", type: { kind: "CHAR", length: 1, nullable: false }, value: " " });
        return this.builtin(node, `TRIM_${node.side}`, args);
      }
      case "TimeDifference": {
        const args = [this.bind(node.left), this.bind(node.right)];
        const type = intervalType(node.qualifier, faults);
        return this.guarded(node, () => bindTimeDifference(type, this.site(node, "-", args)));
      }
      case "RowConstructor":
        return bindRow(
          this.site(
            node,
            "ROW",
            node.items.map((one) => this.bind(one)),
          ),
        );
      case "CollectionConstructor": {
        const args = node.items.map((one) => this.bind(one));
        return this.guarded(node, () =>
          bindCollection(node.collection, this.site(node, node.collection, args)),
        );
      }
      case "MapConstructor": {
        const args = node.entries.flatMap((one) => [this.bind(one.key), this.bind(one.value)]);
        return this.guarded(node, () => bindMap(this.site(node, "MAP", args)));
      }
      case "JsonValue":
      case "JsonQuery":
      case "JsonExists":
      case "JsonObject":
      case "JsonArray":
        return bindJson(node, this);
      case "InSubquery":
      case "QuantifiedComparison":
      case "Exists":
      case "Subquery":
        return faults.unsupported(
          node.span,
          "A subquery inside an expression",
          "Subqueries run in FROM; IN and EXISTS with one run as conditions of WHERE, by themselves or joined with AND.",
        );
    }
  }

  #column(node: ast.ColumnReference): Scalar {
    const { scope, faults } = this.context;
    if (scope.columns.length === 0 && !scope.isPoisoned)
      return faults.invalid(
        node.span,
        `No column can be used here, so '${node.parts[0]!.name}' is not known.`,
        {
          hint: "Texts stand in single quotes.",
        },
      );
    const { column, rest } = scope.resolve(node.parts, faults);
    const span = node.parts[0]!.span;
    let scalar: Scalar = { ...columnScalar(column), span };
    for (const part of rest)
      scalar = this.guarded(part, () => bindField(scalar, part.name, this.site(part, "FIELD", [])));
    return scalar;
  }

  #unary(node: ast.Unary): Scalar {
    const operand = this.bind(node.operand);
    if (node.operator === "NOT") return this.builtin(node, "NOT", [this.#truth(operand, node.operand)]);
    return this.guarded(node, () =>
      bindSign(node.operator as "+" | "-", this.site(node, node.operator, [operand])),
    );
  }

  #truth(scalar: Scalar, node: ast.Expression): Scalar {
    if (scalar.type.kind === "BOOLEAN") return scalar;
    if (scalar.type.kind === "NULL")
      return { kind: "literal", type: withNullable(BOOLEAN, true), value: null };
    return this.context.faults.invalid(
      node.span,
      `A BOOLEAN is needed here, not ${printType(withNullable(scalar.type, true))}.`,
    );
  }

  /** Calls a built-in of ours by name. */
  builtin(node: ast.Node, name: string, args: readonly Scalar[], unit?: string): Scalar {
    const found = BUILTIN_FUNCTIONS.get(name)!;
    return this.guarded(node, () => found.bind(this.site(node, name, args, unit)), found);
  }

  #binary(node: ast.Binary): Scalar {
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others take the default's way.
    switch (node.operator) {
      case "AND":
      case "OR":
        return this.logical(
          node.operator,
          flatten(node, node.operator).map((one) => this.#truth(this.bind(one), one)),
        );
      case "OVERLAPS":
        return this.context.faults.unsupported(node.span, "OVERLAPS", "Compare the bounds with < and >.");
      case "||": {
        const args = [this.bind(node.left), this.bind(node.right)];
        return this.guarded(node, () => CONCAT_OPERATOR.bind(this.site(node, "||", args)), CONCAT_OPERATOR);
      }
      case "+":
      case "-":
      case "*":
      case "/":
      case "%": {
        const args = [this.bind(node.left), this.bind(node.right)];
        return this.guarded(node, () =>
          bindArithmetic(node.operator as ArithmeticOperator, this.site(node, node.operator, args)),
        );
      }
      default:
        return this.compare(node, node.operator, this.bind(node.left), this.bind(node.right));
    }
  }

  compare(node: ast.Node, operator: Comparison, left: Scalar, right: Scalar): Scalar {
    const span = node.span;
    try {
      return bindComparison(operator, this.site(node, operator, [left, right]));
    } catch (error) {
      if (!(error instanceof CallRefusal)) throw error;
      const hint =
        commonType(left.type, right.type) === undefined
          ? `CAST one side: values of different kinds are not compared by themselves.`
          : undefined;
      return this.context.faults.invalid(
        span,
        `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`,
        hint === undefined ? {} : { hint },
      );
    }
  }

  logical(operator: "AND" | "OR", operands: readonly Scalar[]): Scalar {
    return {
      kind: "logical",
      type: withNullable(
        BOOLEAN,
        operands.some((one) => one.type.nullable),
      ),
      operator,
      operands,
    };
  }

  not(node: ast.Node, scalar: Scalar): Scalar {
    return folded(this.builtin(node, "NOT", [scalar]));
  }

  #isPredicate(node: ast.IsPredicate): Scalar {
    const operand = this.bind(node.operand);
    if (node.test.startsWith("JSON")) return bindJson(node, this, operand);
    const test = node.test as "NULL" | "TRUE" | "FALSE" | "UNKNOWN";
    return this.guarded(node, () =>
      bindTruthTest(test, node.negated, this.site(node, `IS ${test}`, [operand])),
    );
  }

  #between(node: ast.Between): Scalar {
    const [x, low, high] = [this.bind(node.operand), this.bind(node.low), this.bind(node.high)];
    const within = (a: Scalar, b: Scalar): Scalar =>
      this.logical("AND", [this.compare(node, ">=", x, a), this.compare(node, "<=", x, b)]);
    const inside = node.symmetric
      ? this.logical("OR", [within(low, high), within(high, low)])
      : within(low, high);
    return node.negated ? this.not(node, inside) : inside;
  }

  #case(node: ast.Case): Scalar {
    const operand = node.operand === undefined ? undefined : this.bind(node.operand);
    const branches = node.branches.map((branch) => {
      const conditions = branch.conditions.map((one) =>
        operand === undefined ? this.bind(one) : this.compare(one, "=", operand, this.bind(one)),
      );
      const condition = conditions.length === 1 ? conditions[0]! : this.logical("OR", conditions);
      return { condition, result: this.bind(branch.result) };
    });
    const otherwise: Scalar =
      node.otherwise === undefined
        ? { kind: "literal", type: { kind: "NULL", nullable: true }, value: null }
        : this.bind(node.otherwise);
    return this.guarded(node, () => bindCase(branches, otherwise, this.site(node, "CASE", [])));
  }

  #cast(node: ast.Cast): Scalar {
    const operand = this.bind(node.operand);
    const type = bindType(node.type, this.context.faults);
    return this.explicitCast(node, operand, type, node.safe);
  }

  explicitCast(node: ast.Node, operand: Scalar, type: LogicalType, isSafe: boolean): Scalar {
    const { faults, environment } = this.context;
    if (castable(operand.type, type) === "no") {
      const [from, to] = [printType(withNullable(operand.type, true)), printType(withNullable(type, true))];
      const isTime = operand.type.kind.startsWith("TIMESTAMP") || type.kind.startsWith("TIMESTAMP");
      return faults.invalid(
        node.span,
        `${from} cannot be cast to ${to}.`,
        isTime
          ? { hint: "For numbers use TO_TIMESTAMP_LTZ, UNIX_TIMESTAMP or EXTRACT(EPOCH FROM ...)." }
          : {},
      );
    }
    return castScalar(operand, type, { timeZone: environment.timeZone, span: node.span, isSafe });
  }

  #call(node: ast.FunctionCall): Scalar {
    const { faults, aggregates, place, environment } = this.context;
    const name = node.name.parts.map((one) => one.name).join(".");
    const upper = name.toUpperCase();
    if (node.over !== undefined)
      return faults.unsupported(
        node.over.span,
        `${upper} with OVER`,
        upper === "ROW_NUMBER"
          ? "It stands as an item of its own: SELECT ..., ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY ...) AS n."
          : "Aggregates run with GROUP BY over windows.",
      );
    if (AGGREGATE_NAMES.has(upper) || environment.functions?.aggregate(name) !== undefined) {
      if (aggregates === undefined)
        return faults.invalid(node.span, `The aggregate function ${upper} cannot stand in ${place}.`, {
          hint: "Aggregates stand in the SELECT list or in HAVING of a query with GROUP BY.",
        });
      return aggregates.add(node, this.context);
    }
    const found = environment.functions?.scalar(name) ?? findFunction(name);
    if (found === undefined) return this.#unknownFunction(node, name);
    if (node.quantifier !== undefined || node.filter !== undefined || node.withinGroup.length > 0)
      return faults.invalid(
        node.span,
        `${upper} is no aggregate function: DISTINCT, FILTER and WITHIN GROUP do not apply.`,
      );
    let unit: string | undefined;
    const args: Scalar[] = [];
    for (const argument of node.arguments) {
      if (argument.kind === "TimeUnit") unit = argument.unit;
      else if (isExpression(argument)) args.push(this.bind(argument));
      else return faults.invalid(argument.span, `${upper} does not take such an argument.`);
    }
    const called = found.name === "FLOOR" || found.name === "CEIL" ? found.name : upper;
    return this.guarded(node, () => found.bind(this.site(node, called, args, unit)), found);
  }

  #unknownFunction(node: ast.FunctionCall, name: string): never {
    const { faults, environment } = this.context;
    if (environment.functions?.table(name) !== undefined)
      return faults.invalid(node.span, `The table function '${name}' cannot stand in an expression.`, {
        hint: `Write FROM t, LATERAL TABLE(${name}(...)) AS r (...).`,
      });
    const absent = ABSENT[name.toUpperCase()];
    if (absent !== undefined)
      return faults.unsupported(node.span, `${name.toUpperCase()} in an expression`, `${absent}.`);
    const candidates = near(name.toUpperCase(), [
      ...functionNames(),
      ...AGGREGATE_NAMES,
      ...(environment.functions?.names ?? []),
    ]).slice(0, 10);
    return faults.invalid(node.name.span, `There is no function '${name}'.`, { candidates });
  }
}

/** The operands of a chain of one operator, from the left. */
function flatten(node: ast.Expression, operator: "AND" | "OR"): readonly ast.Expression[] {
  if (node.kind !== "Binary" || node.operator !== operator) return [node];
  return [...flatten(node.left, operator), ...flatten(node.right, operator)];
}

/** Whether an argument is a plain expression. */
export function isExpression(argument: ast.FunctionArgument): argument is ast.Expression {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others take the default's way.
  switch (argument.kind) {
    case "Star":
    case "TimeUnit":
    case "NamedArgument":
    case "TableArgument":
    case "Descriptor":
    case "DefaultArgument":
      return false;
    default:
      return true;
  }
}
