/**
 * Expressions. Operators are read by binding strength: `expression(n)` takes operators of strength n and more, so that a
 * chain of any length costs no call stack.
 */
import type {
  BinaryOperator,
  ComparisonOperator,
  Expression,
  IsPredicate,
  QuantifiedComparison,
  UnaryOperator,
} from "../ast.js";
import { PrimaryGrammar } from "./primary-grammar.js";
import { OPERAND_OF_PREDICATE } from "./special-form-grammar.js";
import { K, Operator, S } from "./vocabulary.js";

const OR_STRENGTH = 1;
const NOT_STRENGTH = 3;
const COMPARISON_STRENGTH = 5;
const PREDICATE_STRENGTH = 6;
const UNARY_STRENGTH = 9;

/** Words and symbols that go on with an expression, loosest first. NOT counts with what follows it. */
const STRENGTHS: ReadonlyMap<string, number> = new Map([
  ["OR", OR_STRENGTH],
  ["AND", 2],
  ["IS", 4],
  ...["=", "<>", "<", "<=", ">", ">="].map((word) => [word, COMPARISON_STRENGTH] as const),
  ...["BETWEEN", "IN", "LIKE", "SIMILAR", "OVERLAPS"].map((word) => [word, PREDICATE_STRENGTH] as const),
  ...["+", "-"].map((word) => [word, OPERAND_OF_PREDICATE] as const),
  ...["*", "/", "%", "||"].map((word) => [word, 8] as const),
]);

/** Expressions without the clauses of queries. */
export abstract class ExpressionGrammar extends PrimaryGrammar {
  readonly expression = this.RULE("expression", (least: number = OR_STRENGTH): Expression => {
    this.enter();
    const start = this.peek(1).start;
    let left = this.OR<Expression>([
      { ALT: () => this.SUBRULE(this.prefixed) },
      { ALT: () => this.SUBRULE(this.primary) },
    ]);
    this.MANY({
      GATE: () => this.#nextStrength() >= least,
      DEF: () => {
        left = this.OR2<Expression>([
          { ALT: () => this.SUBRULE(this.binaryTail, { ARGS: [left, start] }) },
          { ALT: () => this.SUBRULE(this.isTail, { ARGS: [left, start] }) },
          { ALT: () => this.SUBRULE(this.predicateTail, { ARGS: [left, start] }) },
        ]);
      },
    });
    this.leave();
    return left;
  });

  /** Strength of the operator ahead; 0 if the expression ends here. */
  #nextStrength(): number {
    const next = this.peek(1).source;
    if (next === undefined) return 0;
    if (next.word === "NOT") return this.sees(2, "BETWEEN", "IN", "LIKE", "SIMILAR") ? PREDICATE_STRENGTH : 0;
    return STRENGTHS.get(next.word) ?? 0;
  }

  readonly prefixed = this.RULE("prefixed", (): Expression => {
    const start = this.peek(1).start;
    const operator = this.OR<UnaryOperator>([
      { ALT: () => (this.CONSUME(K.NOT), "NOT") },
      { ALT: () => (this.CONSUME(S.Plus), "+") },
      { ALT: () => (this.CONSUME(S.Minus), "-") },
    ]);
    const strength = operator === "NOT" ? NOT_STRENGTH : UNARY_STRENGTH;
    const operand = this.SUBRULE(this.expression, { ARGS: [strength] });
    return { kind: "Unary", operator, operand, span: this.spanFrom(start) };
  });

  readonly binaryTail = this.RULE("binaryTail", (left: Expression, start: number): Expression => {
    const operator = this.CONSUME(Operator).image.toUpperCase() as BinaryOperator;
    const strength = STRENGTHS.get(operator) ?? OR_STRENGTH;
    return this.OR<Expression>([
      {
        GATE: () =>
          strength === COMPARISON_STRENGTH && this.sees(1, "ANY", "SOME", "ALL") && this.sees(2, "("),
        ALT: () => this.SUBRULE(this.quantifiedTail, { ARGS: [left, operator as ComparisonOperator, start] }),
        IGNORE_AMBIGUITIES: true,
      },
      {
        ALT: () => {
          const right = this.SUBRULE(this.expression, { ARGS: [strength + 1] });
          return { kind: "Binary", operator, left, right, span: this.spanFrom(start) };
        },
      },
    ]);
  });

  readonly quantifiedTail = this.RULE(
    "quantifiedTail",
    (operand: Expression, operator: ComparisonOperator, start: number): QuantifiedComparison => {
      const quantifier = this.OR<QuantifiedComparison["quantifier"]>([
        { ALT: () => (this.CONSUME(K.ANY), "SOME") },
        { ALT: () => (this.CONSUME(K.SOME), "SOME") },
        { ALT: () => (this.CONSUME(K.ALL), "ALL") },
      ]);
      const values = this.SUBRULE(this.listOrQuery);
      return {
        kind: "QuantifiedComparison",
        operator,
        quantifier,
        operand,
        values,
        span: this.spanFrom(start),
      };
    },
  );

  /** `(a, b)` or `(SELECT ...)` */
  readonly listOrQuery = this.RULE("listOrQuery", (): QuantifiedComparison["values"] => {
    const isQuery = !this.RECORDING_PHASE && this.opensQuery(1);
    this.CONSUME(S.LeftParen);
    const values = this.OR<QuantifiedComparison["values"]>([
      { GATE: () => isQuery, ALT: () => this.SUBRULE(this.query) },
      {
        ALT: () => {
          const items: Expression[] = [];
          this.AT_LEAST_ONE_SEP({
            SEP: S.Comma,
            DEF: () => void items.push(this.SUBRULE(this.expression)),
          });
          return items;
        },
        IGNORE_AMBIGUITIES: true,
      },
    ]);
    this.CONSUME(S.RightParen);
    return values;
  });

  readonly isTail = this.RULE("isTail", (left: Expression, start: number): Expression => {
    this.CONSUME(K.IS);
    const negated = this.OPTION(() => (this.CONSUME(K.NOT), true)) ?? false;
    return this.OR<Expression>([
      {
        ALT: () => {
          this.CONSUME(K.DISTINCT);
          this.CONSUME(K.FROM);
          const right = this.SUBRULE(this.expression, { ARGS: [COMPARISON_STRENGTH] });
          return { kind: "IsDistinctFrom", left, right, negated, span: this.spanFrom(start) };
        },
      },
      {
        ALT: () => {
          const test = this.SUBRULE(this.isTest);
          return { kind: "IsPredicate", operand: left, test, negated, span: this.spanFrom(start) };
        },
      },
    ]);
  });

  readonly isTest = this.RULE("isTest", (): IsPredicate["test"] =>
    this.OR<IsPredicate["test"]>([
      { ALT: () => (this.CONSUME(K.NULL), "NULL") },
      { ALT: () => (this.CONSUME(K.TRUE), "TRUE") },
      { ALT: () => (this.CONSUME(K.FALSE), "FALSE") },
      { ALT: () => (this.CONSUME(K.UNKNOWN), "UNKNOWN") },
      {
        ALT: () => {
          this.CONSUME(K.JSON);
          const form = this.OPTION(() =>
            this.OR2<IsPredicate["test"]>([
              { ALT: () => (this.CONSUME(K.VALUE), "JSON VALUE") },
              { ALT: () => (this.CONSUME(K.SCALAR), "JSON SCALAR") },
              { ALT: () => (this.CONSUME(K.ARRAY), "JSON ARRAY") },
              { ALT: () => (this.CONSUME(K.OBJECT), "JSON OBJECT") },
            ]),
          );
          return form ?? "JSON VALUE";
        },
      },
    ]),
  );

  /** `[NOT] BETWEEN`, `IN`, `LIKE`, `SIMILAR TO` */
  readonly predicateTail = this.RULE("predicateTail", (left: Expression, start: number): Expression => {
    const negated = this.OPTION(() => (this.CONSUME(K.NOT), true)) ?? false;
    return this.OR<Expression>([
      { ALT: () => this.SUBRULE(this.betweenTail, { ARGS: [left, negated, start] }) },
      {
        ALT: () => {
          this.CONSUME(K.IN);
          const values = this.SUBRULE(this.listOrQuery);
          const span = this.spanFrom(start);
          return isList(values)
            ? { kind: "InList", operand: left, values, negated, span }
            : { kind: "InSubquery", operand: left, query: values, negated, span };
        },
      },
      { ALT: () => this.SUBRULE(this.likeTail, { ARGS: [left, negated, start] }) },
    ]);
  });

  readonly betweenTail = this.RULE(
    "betweenTail",
    (operand: Expression, negated: boolean, start: number): Expression => {
      this.CONSUME(K.BETWEEN);
      const symmetric = this.OPTION(() =>
        this.OR([
          { ALT: () => (this.CONSUME(K.SYMMETRIC), true) },
          { ALT: () => (this.CONSUME(K.ASYMMETRIC), false) },
        ]),
      );
      const low = this.SUBRULE(this.expression, { ARGS: [OPERAND_OF_PREDICATE] });
      this.CONSUME(K.AND);
      const high = this.SUBRULE2(this.expression, { ARGS: [OPERAND_OF_PREDICATE] });
      const span = this.spanFrom(start);
      return { kind: "Between", operand, low, high, symmetric: symmetric ?? false, negated, span };
    },
  );

  readonly likeTail = this.RULE(
    "likeTail",
    (operand: Expression, negated: boolean, start: number): Expression => {
      const form = this.OR<"LIKE" | "SIMILAR TO">([
        { ALT: () => (this.CONSUME(K.LIKE), "LIKE") },
        { ALT: () => (this.CONSUME(K.SIMILAR), this.CONSUME(K.TO), "SIMILAR TO") },
      ]);
      const pattern = this.SUBRULE(this.expression, { ARGS: [OPERAND_OF_PREDICATE] });
      const escape = this.OPTION(() => {
        this.CONSUME(K.ESCAPE);
        return this.SUBRULE2(this.expression, { ARGS: [OPERAND_OF_PREDICATE] });
      });
      return { kind: "Like", form, operand, pattern, escape, negated, span: this.spanFrom(start) };
    },
  );
}

function isList(values: QuantifiedComparison["values"]): values is readonly Expression[] {
  return Array.isArray(values);
}
