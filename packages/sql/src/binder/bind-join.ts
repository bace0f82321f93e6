/** Joins: which kind it is, by windows, time bounds or FOR SYSTEM_TIME, and what is left as a condition. */
import type { LogicalType } from "@tributary/core";
import { printType } from "@tributary/core";
import { castScalar } from "../expressions/cast.js";
import type { Scalar } from "../expressions/scalar.js";
import { forEachColumn } from "../expressions/scalar.js";
import { commonType, withNullable } from "../expressions/type-rules.js";
import type * as ast from "../parser/ast.js";
import type { Span } from "../parser/ast.js";
import type {
  JoinMethod,
  JoinRelation,
  JoinSide,
  JoinType,
  Relation,
  RelationColumn,
  WindowOfRow,
  WindowPart,
} from "../planner/relation.js";
import { columnScalar, distinctNames } from "../planner/relation.js";
import { describeWindow } from "../planner/sql-windows.js";
import { conjunction } from "../planner/stream.js";
import { bindCondition, bindExpression } from "./bind-expression.js";
import { bindExpand } from "./bind-expand.js";
import { columnsIn, conjunctsOf, isWithin, timeComparisons } from "./conditions.js";
import { Abandoned } from "./faults.js";
import type { BoundTable, Conjuncts, QueryContext } from "./query-context.js";
import type { ScopeColumn } from "./scope.js";
import { Scope } from "./scope.js";

export const JOIN_HINT =
  "Joins that run here: an interval join (an equality and bounds on both time attributes, e.g. a.ts BETWEEN b.ts - INTERVAL '1' HOUR AND b.ts), a window join (equal window_start and window_end), a lookup or temporal join (FOR SYSTEM_TIME AS OF), UNNEST and LATERAL TABLE.";

/** The join of two table references. */
export function bindJoin(node: ast.Join, binder: QueryContext, where: Conjuncts | undefined): BoundTable {
  const { faults } = binder;
  const isInner = node.type === "INNER" || node.type === "CROSS" || node.type === "COMMA";
  const outer = isInner ? where : undefined;
  const expanded =
    node.right.kind === "Unnest" || (node.right.kind === "TableFunction" && !isWindow(node.right));
  if (expanded) return bindExpand(node, binder.from(node.left, outer), binder);
  const left = faults.attempt(() => binder.from(node.left, outer));
  const right = faults.attempt(() => binder.from(withoutVersion(node.right), undefined));
  if (left === undefined || right === undefined) throw new Abandoned();
  const joined = new Joined(left, right, node.span, binder);
  const on = [...conjunctsOf(node.on), ...usedColumns(node, left, right, binder)];
  const usable = (outer?.all ?? []).filter((one) => !outer!.used.has(one) && isWithin(one, joined.scope));
  const type: JoinType = isInner ? "INNER" : node.type;
  const relation = joined.relation(type, node, on, usable);
  for (const one of usable) outer?.used.add(one);
  return {
    relation,
    scope: joined.columnsOf(relation),
    poisoned: new Set([...left.poisoned, ...right.poisoned]),
  };
}

const WINDOWS = new Set(["TUMBLE", "HOP", "CUMULATE", "SESSION"]);

function isWindow({ call }: ast.TableFunction): boolean {
  return WINDOWS.has(call.name.parts.at(-1)!.name.toUpperCase());
}

function withoutVersion(node: ast.TableReference): ast.TableReference {
  return node.kind === "NamedTable" && node.asOf !== undefined ? { ...node, asOf: undefined } : node;
}

/** USING and NATURAL as equalities. */
function usedColumns(
  node: ast.Join,
  left: BoundTable,
  right: BoundTable,
  binder: QueryContext,
): readonly ast.Expression[] {
  if (node.natural)
    return binder.faults.unsupported(
      node.span,
      "NATURAL JOIN",
      "Write the columns: JOIN ... USING (a, b) or ON a.x = b.x.",
    );
  if (node.using.length === 0) return [];
  return binder.faults.unsupported(
    node.using[0]!.span,
    "JOIN ... USING",
    `Write ON: ${node.using.map((one) => `${left.scope[0]?.qualifier ?? "a"}.${one.name} = ${right.scope[0]?.qualifier ?? "b"}.${one.name}`).join(" AND ")}.`,
  );
}

/** Two tables side by side: each column has a field of its own. */
export class Joined {
  readonly scope: Scope;
  readonly #binder: QueryContext;
  readonly #span: Span;
  readonly #left: readonly RelationColumn[];
  readonly #right: readonly RelationColumn[];
  readonly #tables: readonly [BoundTable, BoundTable];
  readonly #sides: readonly (readonly ScopeColumn[])[];

  constructor(left: BoundTable, right: BoundTable, span: Span, binder: QueryContext) {
    this.#binder = binder;
    this.#span = span;
    this.#tables = [left, right];
    const all = [...left.scope, ...right.scope];
    const fields = distinctNames(all.map((one) => one.column.name));
    const columns = all.map(({ qualifier, column }, i) => ({
      qualifier,
      column: { ...column, field: fields[i]! },
    }));
    this.#sides = [columns.slice(0, left.scope.length), columns.slice(left.scope.length)];
    this.#left = this.#sides[0]!.map((one) => one.column);
    this.#right = this.#sides[1]!.map((one) => one.column);
    this.scope = new Scope(columns, new Set([...left.poisoned, ...right.poisoned]));
  }

  /** The columns of a join under their names. */
  columnsOf(relation: Relation): readonly ScopeColumn[] {
    const byField = new Map(relation.columns.map((one) => [one.field, one]));
    return this.#sides.flat().flatMap(({ qualifier, column }) => {
      const found = byField.get(column.field);
      return found === undefined ? [] : [{ qualifier, column: found }];
    });
  }

  /** The join, whatever its kind. `extra`: conditions of WHERE that are as good as ON. */
  relation(
    type: JoinType,
    node: ast.Join,
    on: readonly ast.Expression[],
    extra: readonly ast.Expression[],
  ): JoinRelation {
    const right = node.right;
    const asOf = right.kind === "NamedTable" ? right.asOf : undefined;
    if (asOf !== undefined) return this.#versioned(type, node, asOf, [...on, ...extra]);
    const conjuncts = [...on, ...extra];
    const { faults } = this.#binder;
    if (conjuncts.length === 0) return faults.unsupported(node.span, "A join without a condition", JOIN_HINT);
    const matched = this.#match(conjuncts);
    const method = this.#windows(matched.pairs) ?? this.#interval(conjuncts, matched);
    if (method === undefined)
      return faults.unsupported(
        node.right.span,
        `A ${type === "INNER" ? "" : `${type} `}JOIN without bounds on time`,
        JOIN_HINT,
      );
    if (method.kind === "interval" && matched.pairs.length === 0)
      return faults.unsupported(node.right.span, "An interval join without an equality", JOIN_HINT);
    return this.#make(type, method, matched);
  }

  /** SEMI and ANTI, of IN and EXISTS. */
  lookup(
    type: JoinType,
    conjuncts: readonly ast.Expression[],
    pairs: readonly KeyPair[],
    nulls?: "unknown",
  ): JoinRelation {
    const matched = this.#match(conjuncts);
    return this.#make(type, nulls === undefined ? { kind: "lookup" } : { kind: "lookup", nulls }, {
      ...matched,
      pairs: [...pairs, ...matched.pairs],
    });
  }

  #versioned(
    type: JoinType,
    node: ast.Join,
    asOf: ast.Expression,
    on: readonly ast.Expression[],
  ): JoinRelation {
    const { faults } = this.#binder;
    if (type !== "INNER" && type !== "LEFT")
      return faults.unsupported(
        node.span,
        `${type} JOIN with FOR SYSTEM_TIME AS OF`,
        "Such a join is INNER or LEFT.",
      );
    const [left] = this.#sides as [readonly ScopeColumn[]];
    const isName = asOf.kind === "ColumnReference";
    const time = isName ? new Scope(left).resolve(asOf.parts, faults).column : undefined;
    if (time?.timeAttribute === undefined)
      return faults.invalid(asOf.span, "FOR SYSTEM_TIME AS OF takes a time attribute of the left table.", {
        hint: "For a lookup declare a column, proc AS PROCTIME(), and write AS OF o.proc; for versions by event time use the column of the WATERMARK.",
      });
    const matched = this.#match(on);
    if (matched.pairs.length === 0)
      return faults.unsupported(
        node.right.span,
        "FOR SYSTEM_TIME AS OF without an equality",
        "Join on equal keys: ON o.k = d.k.",
      );
    if (time.timeAttribute === "processing") return this.#make(type, { kind: "lookup" }, matched);
    return this.#make(type, this.#temporal(node, time, matched), matched);
  }

  #temporal(node: ast.Join, time: RelationColumn, { pairs }: Matched): JoinMethod {
    const { faults } = this.#binder;
    const { relation } = this.#tables[1];
    const key = relation.kind === "scan" ? relation.table.schema.primaryKey?.columns : undefined;
    if (key === undefined)
      return faults.invalid(node.right.span, "The right side of a temporal join needs a PRIMARY KEY.", {
        hint: "Declare PRIMARY KEY (k) NOT ENFORCED in the table; its rows are versions by key.",
      });
    const event = this.#right.find((one) => one.timeAttribute === "event");
    if (event === undefined)
      return faults.invalid(
        node.right.span,
        "The right side of a temporal join needs an event-time attribute.",
        {
          hint: "Declare a WATERMARK in the table.",
        },
      );
    const joined = new Set(pairs.map(({ right }) => (right.kind === "column" ? right.name : "")));
    const missing = key.filter(
      (name) => !this.#right.some((one) => one.name === name && joined.has(one.field)),
    );
    if (missing.length > 0)
      return faults.invalid(
        node.right.span,
        `A temporal join is on the whole primary key; ${missing.map((one) => `'${one}'`).join(", ")} is missing.`,
      );
    return { kind: "temporal", times: [columnScalar(time), columnScalar(event)] };
  }

  /** Parts the conditions: equalities of the two sides, comparisons of times, the rest. */
  #match(conjuncts: readonly ast.Expression[]): Matched {
    const { faults } = this.#binder;
    const pairs: KeyPair[] = [];
    const rest: { node: ast.Expression; scalar: Scalar }[] = [];
    let isFaulty = false;
    for (const node of conjuncts) {
      const found = faults.attempt(() => {
        const pair = this.#equality(node);
        if (pair === undefined) {
          const scalar = bindCondition(node, this.#binder.expressions(this.scope, "ON"));
          rest.push({ node, scalar });
        } else pairs.push(pair);
        return true;
      });
      isFaulty ||= found === undefined;
    }
    if (isFaulty) throw new Abandoned();
    return { pairs, rest, consumed: new Set() };
  }

  #equality(node: ast.Expression): KeyPair | undefined {
    if (node.kind !== "Binary" || node.operator !== "=") return undefined;
    if (columnsIn(node.left).length === 0 || columnsIn(node.right).length === 0) return undefined;
    const context = this.#binder.expressions(this.scope, "ON");
    const [a, b] = [bindExpression(node.left, context), bindExpression(node.right, context)];
    const [sideA, sideB] = [this.#sideOf(a), this.#sideOf(b)];
    if (sideA === undefined || sideB === undefined || sideA === sideB) return undefined;
    const [left, right] = sideA === 0 ? [a, b] : [b, a];
    return this.pair(left, right, node);
  }

  /** Both as one type, so that equal values have equal keys. */
  pair(left: Scalar, right: Scalar, node: ast.Expression): KeyPair {
    const { faults, environment } = this.#binder;
    const type = commonType(left.type, right.type);
    if (type === undefined)
      return faults.invalid(
        node.span,
        `${printType(withNullable(left.type, true))} and ${printType(withNullable(right.type, true))} are not compared by themselves.`,
        { hint: "CAST one side." },
      );
    const site = { timeZone: environment.timeZone, span: node.span };
    const cast = (one: Scalar, to: LogicalType): Scalar =>
      castScalar(one, withNullable(to, one.type.nullable), site);
    return { left: cast(left, type), right: cast(right, type), node };
  }

  #sideOf(scalar: Scalar): 0 | 1 | undefined {
    const sides = new Set<0 | 1>();
    forEachColumn(scalar, ({ name }) => {
      sides.add(this.#left.some((one) => one.field === name) ? 0 : 1);
    });
    return sides.size === 1 ? [...sides][0] : undefined;
  }

  #windows(pairs: readonly KeyPair[]): JoinMethod | undefined {
    const bound = (part: WindowPart): readonly [RelationColumn, RelationColumn] | undefined => {
      for (const { left, right } of pairs) {
        const a = this.#left.find((one) => left.kind === "column" && one.field === left.name);
        const b = this.#right.find((one) => right.kind === "column" && one.field === right.name);
        if (a?.windowPart?.part === part && b?.windowPart?.part === part) return [a, b];
      }
      return undefined;
    };
    const [start, end] = [bound("start"), bound("end")];
    if (start === undefined || end === undefined) return undefined;
    const [own, other] = start.map((one) => describeWindow(one.windowPart!.window.spec));
    if (own !== other)
      return this.#binder.faults.invalid(
        this.#span,
        `A window join is of equal windows, not of ${own} and ${other} (milliseconds).`,
        { hint: "Use the same window function with the same sizes on both sides." },
      );
    const ofRow = [0, 1].map((i) => ({ start: columnScalar(start[i]!), end: columnScalar(end[i]!) }));
    return {
      kind: "window",
      window: start[0].windowPart!.window,
      ofRow: ofRow as [WindowOfRow, WindowOfRow],
    };
  }

  #interval(conjuncts: readonly ast.Expression[], matched: Matched): JoinMethod | undefined {
    let [from, to] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    let times: readonly [RelationColumn, RelationColumn] | undefined;
    for (const node of conjuncts) {
      const compared = timeComparisons(node, this.scope, this.#binder);
      if (compared === undefined) continue;
      const turned = compared.map((one) => this.#turned(one));
      if (turned.includes(undefined)) continue;
      for (const one of turned) {
        const { left, right, operator, thanMs } = one!;
        times ??= [left, right];
        if (times[0] !== left || times[1] !== right) continue;
        if (operator === ">=" || operator === "=") from = Math.max(from, thanMs);
        if (operator === ">") from = Math.max(from, thanMs + 1);
        if (operator === "<=" || operator === "=") to = Math.min(to, thanMs);
        if (operator === "<") to = Math.min(to, thanMs - 1);
      }
      matched.consumed.add(node);
    }
    if (times === undefined || !Number.isFinite(from) || !Number.isFinite(to)) return undefined;
    return {
      kind: "interval",
      fromMs: from,
      toMs: to,
      times: [columnScalar(times[0]), columnScalar(times[1])],
    };
  }

  /** With the left table's column on the left. */
  #turned(one: NonNullable<ReturnType<typeof timeComparisons>>[number]): typeof one | undefined {
    const isLeft = (column: RelationColumn): boolean => this.#left.includes(column);
    if (isLeft(one.left) && !isLeft(one.right)) return one;
    if (!isLeft(one.right) || isLeft(one.left)) return undefined;
    const operator = ({ "<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>" } as const)[
      one.operator
    ];
    return { operator, left: one.right, right: one.left, thanMs: -one.thanMs };
  }

  #make(type: JoinType, method: JoinMethod, { pairs, rest, consumed }: Matched): JoinRelation {
    const isTimed = method.kind === "interval";
    // An equality of the two times is a bound of an interval join, not a key.
    const keys = isTimed ? pairs.filter((one) => !consumed.has(one.node)) : pairs;
    if (isTimed && keys.length === 0)
      return this.#binder.faults.unsupported(this.#span, "An interval join without an equality", JOIN_HINT);
    let condition: Scalar | undefined;
    for (const { node, scalar } of rest)
      if (!isTimed || !consumed.has(node)) condition = conjunction(condition, scalar);
    const side = (which: 0 | 1): JoinSide => {
      const table = this.#tables[which];
      return {
        relation: table.relation,
        columns: which === 0 ? this.#left : this.#right,
        sources: table.scope.map((one) => one.column.field),
        keys: keys.map((one) => (which === 0 ? one.left : one.right)),
      };
    };
    return {
      kind: "join",
      type,
      method,
      left: side(0),
      right: side(1),
      condition,
      columns: outputColumns(type, method, this.#left, this.#right),
      span: this.#span,
    };
  }
}

/** Two expressions of one type that must be equal. */
export interface KeyPair {
  readonly left: Scalar;
  readonly right: Scalar;
  readonly node: ast.Expression;
}

interface Matched {
  readonly pairs: readonly KeyPair[];
  readonly rest: readonly { readonly node: ast.Expression; readonly scalar: Scalar }[];
  /** Conditions that became bounds on time. */
  readonly consumed: Set<ast.Expression>;
}

/** Which columns stay time attributes and bounds, and which may be NULL. */
function outputColumns(
  type: JoinType,
  method: JoinMethod,
  left: readonly RelationColumn[],
  right: readonly RelationColumn[],
): readonly RelationColumn[] {
  const isVersioned = method.kind === "lookup" || method.kind === "temporal";
  const of = (column: RelationColumn, isMissing: boolean, keepsTime: boolean): RelationColumn => {
    const { timeAttribute, windowPart, isAhead, rank: _, ...plain } = column;
    if (isMissing) return { ...plain, type: withNullable(plain.type, true) };
    const isTime = timeAttribute === "processing" || (timeAttribute === "event" && keepsTime);
    const staysTime =
      isTime && (method.kind !== "window" || timeAttribute === "processing" || windowPart?.part === "time");
    return {
      ...plain,
      ...(staysTime ? { timeAttribute } : {}),
      ...(staysTime && timeAttribute === "event" && (method.kind === "interval" || isAhead === true)
        ? { isAhead: true as const }
        : {}),
      ...(windowPart === undefined ? {} : { windowPart: { ...windowPart, isValue: true as const } }),
    };
  };
  const leftOnes = left.map((one) => of(one, type === "RIGHT" || type === "FULL", true));
  if (type === "SEMI" || type === "ANTI") return leftOnes;
  return [...leftOnes, ...right.map((one) => of(one, type === "LEFT" || type === "FULL", !isVersioned))];
}
