import type { Expression, FunctionCall, Identifier, Literal, MapConstructor, Query } from "../ast.js";
import { CallGrammar } from "./call-grammar.js";
import {
  BinaryToken,
  FunctionWord,
  type GrammarToken,
  K,
  Name,
  NiladicWord,
  NumberToken,
  S,
  StringToken,
} from "./vocabulary.js";

/** Operands: literals, names, calls, constructors, brackets, and what is attached to them. */
export abstract class PrimaryGrammar extends CallGrammar {
  /** An operand with the indices and fields behind it. */
  readonly primary = this.RULE("primary", (): Expression => {
    const start = this.peek(1).start;
    let operand = this.OR<Expression>([
      { ALT: () => this.SUBRULE(this.plainLiteral) },
      { ALT: () => this.SUBRULE(this.nameOrCall) },
      { ALT: () => this.SUBRULE(this.parenthesized) },
      { ALT: () => this.SUBRULE(this.temporalLiteral) },
      { ALT: () => this.SUBRULE(this.reservedCall) },
      { ALT: () => this.SUBRULE(this.constructorForm) },
      { ALT: () => this.SUBRULE(this.caseForm) },
      { ALT: () => this.SUBRULE(this.cast) },
      { ALT: () => this.SUBRULE(this.exists) },
      { ALT: () => this.SUBRULE(this.extract) },
      { ALT: () => this.SUBRULE(this.floor) },
      { ALT: () => this.SUBRULE(this.overlay) },
      { ALT: () => this.SUBRULE(this.position) },
      { ALT: () => this.SUBRULE(this.substring) },
      { ALT: () => this.SUBRULE(this.trim) },
      { ALT: () => this.SUBRULE(this.jsonValue) },
      { ALT: () => this.SUBRULE(this.jsonQuery) },
      { ALT: () => this.SUBRULE(this.jsonExists) },
      { ALT: () => this.SUBRULE(this.jsonObject) },
      { ALT: () => this.SUBRULE(this.jsonObjectAggregate) },
      { ALT: () => this.SUBRULE(this.jsonArray) },
      { ALT: () => this.SUBRULE(this.jsonArrayAggregate) },
    ]);
    this.MANY(() => {
      operand = this.OR2<Expression>([
        {
          ALT: () => {
            this.CONSUME(S.LeftBracket);
            const index = this.SUBRULE(this.expression);
            this.CONSUME(S.RightBracket);
            return { kind: "ItemAccess", operand, index, span: this.spanFrom(start) };
          },
        },
        {
          ALT: () => {
            this.CONSUME(S.Dot);
            const field = this.toIdentifier(this.CONSUME(Name));
            return { kind: "FieldAccess", operand, field, span: this.spanFrom(start) };
          },
        },
      ]);
    });
    return operand;
  });

  readonly plainLiteral = this.RULE("plainLiteral", (): Literal => {
    const start = this.peek(1).start;
    return this.OR<Literal>([
      {
        ALT: () => {
          const token = this.CONSUME(NumberToken) as GrammarToken;
          const form = token.source?.kind as "integer" | "decimal" | "approximate";
          return { kind: "NumberLiteral", text: token.image, form, span: this.spanFrom(start) };
        },
      },
      { ALT: () => this.toStringLiteral(this.CONSUME(StringToken)) },
      {
        ALT: () => {
          const value = (this.CONSUME(BinaryToken) as GrammarToken).source?.bytes ?? new Uint8Array();
          return { kind: "BinaryLiteral", value, span: this.spanFrom(start) };
        },
      },
      {
        ALT: () => (
          this.CONSUME(K.TRUE),
          { kind: "BooleanLiteral", value: true, span: this.spanFrom(start) }
        ),
      },
      {
        ALT: () => (
          this.CONSUME(K.FALSE),
          { kind: "BooleanLiteral", value: false, span: this.spanFrom(start) }
        ),
      },
      {
        ALT: () => (
          this.CONSUME(K.UNKNOWN),
          { kind: "BooleanLiteral", value: null, span: this.spanFrom(start) }
        ),
      },
      { ALT: () => (this.CONSUME(K.NULL), { kind: "NullLiteral", span: this.spanFrom(start) }) },
    ]);
  });

  /** `DATE '...'`, `TIMESTAMP '...'`, `INTERVAL '...' DAY` */
  readonly temporalLiteral = this.RULE("temporalLiteral", (): Literal => {
    const start = this.peek(1).start;
    return this.OR<Literal>([
      {
        ALT: () => {
          this.CONSUME(K.INTERVAL);
          const sign = this.OPTION(() =>
            this.OR2<1 | -1>([
              { ALT: () => (this.CONSUME(S.Plus), 1) },
              { ALT: () => (this.CONSUME(S.Minus), -1) },
            ]),
          );
          const value = this.toStringLiteral(this.CONSUME(StringToken));
          const qualifier = this.SUBRULE(this.intervalQualifier);
          return {
            kind: "IntervalLiteral",
            sign: sign ?? 1,
            value,
            qualifier,
            span: this.spanFrom(start),
          };
        },
      },
      {
        ALT: () => {
          const type = this.OR3<"DATE" | "TIME" | "TIMESTAMP">([
            { ALT: () => (this.CONSUME(K.DATE), "DATE") },
            { ALT: () => (this.CONSUME(K.TIME), "TIME") },
            { ALT: () => (this.CONSUME(K.TIMESTAMP), "TIMESTAMP") },
          ]);
          const zone = this.OPTION2({
            GATE: () => type === "TIMESTAMP",
            DEF: () => this.SUBRULE(this.timeZone),
          });
          const value = this.toStringLiteral(this.CONSUME2(StringToken));
          const span = this.spanFrom(start);
          return {
            kind: "DateTimeLiteral",
            type: zone === "LOCAL" ? "TIMESTAMP_LTZ" : type,
            value,
            span,
          };
        },
      },
    ]);
  });

  /** `a`, `a.b.c`, `f(...)`, `a.b.f(...)`, `MAP[...]` */
  readonly nameOrCall = this.RULE("nameOrCall", (): Expression => {
    const start = this.peek(1).start;
    const parts: Identifier[] = [this.toIdentifier(this.CONSUME(Name))];
    this.MANY(() => {
      this.CONSUME(S.Dot);
      parts.push(this.toIdentifier(this.CONSUME2(Name)));
    });
    const span = this.spanFrom(start);
    const call = this.OPTION(() =>
      this.SUBRULE(this.callTail, { ARGS: [{ kind: "QualifiedName", parts, span }, start] }),
    );
    const map = this.OPTION2({
      GATE: () => parts.length === 1 && this.sees(0, "MAP"),
      DEF: () => this.SUBRULE(this.mapTail, { ARGS: [start] }),
    });
    return call ?? map ?? { kind: "ColumnReference", parts, span };
  });

  /** `[k, v, k, v]` behind MAP */
  readonly mapTail = this.RULE("mapTail", (start: number): MapConstructor => {
    const entries: { key: Expression; value: Expression }[] = [];
    this.CONSUME(S.LeftBracket);
    this.MANY_SEP({
      SEP: S.Comma,
      DEF: () => {
        const key = this.SUBRULE(this.expression);
        this.CONSUME(S.Comma);
        const value = this.SUBRULE2(this.expression);
        entries.push({ key, value });
      },
    });
    this.CONSUME(S.RightBracket);
    return { kind: "MapConstructor", entries, span: this.spanFrom(start) };
  });

  /** `COUNT(...)`, `CURRENT_DATE`: functions whose names are reserved words. */
  readonly reservedCall = this.RULE("reservedCall", (): FunctionCall =>
    this.OR([
      {
        ALT: () => {
          const word = this.CONSUME(FunctionWord);
          const { name, span } = this.plainCall(word, []);
          return this.SUBRULE(this.callTail, { ARGS: [name, span.start] });
        },
      },
      {
        ALT: () => {
          const word = this.CONSUME(NiladicWord);
          const precision: Expression[] = [];
          this.OPTION(() => {
            this.CONSUME(S.LeftParen);
            precision.push(this.SUBRULE(this.plainLiteral));
            this.CONSUME(S.RightParen);
          });
          return this.plainCall(word, precision);
        },
      },
    ]),
  );

  /** `ROW(...)`, `ARRAY[...]`, `MULTISET[...]` */
  readonly constructorForm = this.RULE("constructorForm", (): Expression => {
    const start = this.peek(1).start;
    const items: Expression[] = [];
    return this.OR<Expression>([
      {
        ALT: () => {
          this.CONSUME(K.ROW);
          this.CONSUME(S.LeftParen);
          this.MANY_SEP({ SEP: S.Comma, DEF: () => void items.push(this.SUBRULE(this.expression)) });
          this.CONSUME(S.RightParen);
          return { kind: "RowConstructor", items, explicit: true, span: this.spanFrom(start) };
        },
      },
      {
        ALT: () => {
          const collection = this.OR2<"ARRAY" | "MULTISET">([
            { ALT: () => (this.CONSUME(K.ARRAY), "ARRAY") },
            { ALT: () => (this.CONSUME(K.MULTISET), "MULTISET") },
          ]);
          this.CONSUME(S.LeftBracket);
          this.MANY_SEP2({ SEP: S.Comma, DEF: () => void items.push(this.SUBRULE2(this.expression)) });
          this.CONSUME(S.RightBracket);
          return { kind: "CollectionConstructor", collection, items, span: this.spanFrom(start) };
        },
      },
    ]);
  });

  /** `(x)`, `(a, b)`, `(SELECT ...)`, `(t1 - t2) SECOND` */
  readonly parenthesized = this.RULE("parenthesized", (): Expression => {
    const start = this.peek(1).start;
    const isQuery = !this.RECORDING_PHASE && this.opensQuery(1);
    const items: Expression[] = [];
    let query: Query | undefined;
    this.CONSUME(S.LeftParen);
    this.OR([
      {
        GATE: () => isQuery,
        ALT: () => {
          query = this.SUBRULE(this.query);
        },
      },
      {
        ALT: () =>
          this.AT_LEAST_ONE_SEP({
            SEP: S.Comma,
            DEF: () => void items.push(this.SUBRULE(this.expression)),
          }),
        IGNORE_AMBIGUITIES: true,
      },
    ]);
    this.CONSUME(S.RightParen);
    const [first, second] = items;
    const qualifier = this.OPTION({
      GATE: () =>
        first?.kind === "Binary" && first.operator === "-" && second === undefined && this.seesUnit(1),
      DEF: () => this.SUBRULE(this.intervalQualifier),
    });
    const span = this.spanFrom(start);
    if (query !== undefined) return { kind: "Subquery", query, span };
    if (qualifier !== undefined && first?.kind === "Binary")
      return { kind: "TimeDifference", left: first.left, right: first.right, qualifier, span };
    if (first !== undefined && second === undefined) return first;
    return { kind: "RowConstructor", items, explicit: false, span };
  });
}
