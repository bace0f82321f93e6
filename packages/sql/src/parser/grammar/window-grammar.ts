import type { Expression, OrderItem, WindowBound, WindowFrame, WindowSpecification } from "../ast.js";
import { JsonGrammar } from "./json-grammar.js";
import { OPERAND_OF_PREDICATE } from "./special-form-grammar.js";
import { K, Name, S } from "./vocabulary.js";

/** ORDER BY, and what stands behind OVER. */
export abstract class WindowGrammar extends JsonGrammar {
  readonly orderBy = this.RULE("orderBy", (): OrderItem[] => {
    const items: OrderItem[] = [];
    this.CONSUME(K.ORDER);
    this.CONSUME(K.BY);
    this.AT_LEAST_ONE_SEP({ SEP: S.Comma, DEF: () => void items.push(this.SUBRULE(this.orderItem)) });
    return items;
  });

  readonly orderItem = this.RULE("orderItem", (): OrderItem => {
    const start = this.peek(1).start;
    const expression = this.SUBRULE(this.expression);
    const direction = this.OPTION(() =>
      this.OR<OrderItem["direction"]>([
        { ALT: () => (this.CONSUME(K.ASC), "ASC") },
        { ALT: () => (this.CONSUME(K.DESC), "DESC") },
      ]),
    );
    const nulls = this.OPTION2(() => {
      this.CONSUME(K.NULLS);
      return this.OR2<OrderItem["nulls"]>([
        { ALT: () => (this.CONSUME(K.FIRST), "FIRST") },
        { ALT: () => (this.CONSUME(K.LAST), "LAST") },
      ]);
    });
    return { kind: "OrderItem", expression, direction, nulls, span: this.spanFrom(start) };
  });

  /** What stands behind OVER, and behind AS in WINDOW. */
  readonly windowSpecification = this.RULE("windowSpecification", (): WindowSpecification => {
    const start = this.peek(1).start;
    const partitionBy: Expression[] = [];
    let orderBy: OrderItem[] | undefined;
    let frame: WindowFrame | undefined;
    const reference = this.OR([
      { ALT: () => this.toIdentifier(this.CONSUME(Name)) },
      {
        ALT: () => {
          this.CONSUME(S.LeftParen);
          const base = this.OPTION(() => this.toIdentifier(this.CONSUME2(Name)));
          this.OPTION2(() => {
            this.CONSUME(K.PARTITION);
            this.CONSUME(K.BY);
            this.AT_LEAST_ONE_SEP({
              SEP: S.Comma,
              DEF: () => void partitionBy.push(this.SUBRULE(this.expression)),
            });
          });
          orderBy = this.OPTION3(() => this.SUBRULE(this.orderBy));
          frame = this.OPTION4(() => this.SUBRULE(this.windowFrame));
          this.CONSUME(S.RightParen);
          return base;
        },
      },
    ]);
    const span = this.spanFrom(start);
    return { kind: "WindowSpecification", reference, partitionBy, orderBy: orderBy ?? [], frame, span };
  });

  readonly windowFrame = this.RULE("windowFrame", (): WindowFrame => {
    const from = this.peek(1).start;
    const unit = this.OR<WindowFrame["unit"]>([
      { ALT: () => (this.CONSUME(K.ROWS), "ROWS") },
      { ALT: () => (this.CONSUME(K.RANGE), "RANGE") },
    ]);
    let start: WindowBound | undefined;
    let end: WindowBound | undefined;
    this.OR2([
      {
        ALT: () => {
          this.CONSUME(K.BETWEEN);
          start = this.SUBRULE(this.windowBound);
          this.CONSUME(K.AND);
          end = this.SUBRULE2(this.windowBound);
        },
      },
      {
        ALT: () => {
          start = this.SUBRULE3(this.windowBound);
        },
      },
    ]);
    return { kind: "WindowFrame", unit, start: start as WindowBound, end, span: this.spanFrom(from) };
  });

  readonly windowBound = this.RULE("windowBound", (): WindowBound => {
    const from = this.peek(1).start;
    let offset: Expression | undefined;
    const bound = this.OR<WindowBound["bound"]>([
      { ALT: () => (this.CONSUME(K.CURRENT), this.CONSUME(K.ROW), "CURRENT ROW") },
      {
        GATE: () => this.sees(2, "PRECEDING", "FOLLOWING"),
        ALT: () => {
          this.CONSUME(K.UNBOUNDED);
          return this.SUBRULE(this.windowSide) === "PRECEDING"
            ? "UNBOUNDED PRECEDING"
            : "UNBOUNDED FOLLOWING";
        },
        IGNORE_AMBIGUITIES: true,
      },
      {
        ALT: () => {
          offset = this.SUBRULE(this.expression, { ARGS: [OPERAND_OF_PREDICATE] });
          return this.SUBRULE2(this.windowSide);
        },
        IGNORE_AMBIGUITIES: true,
      },
    ]);
    return { kind: "WindowBound", bound, offset, span: this.spanFrom(from) };
  });

  readonly windowSide = this.RULE("windowSide", () =>
    this.OR<"PRECEDING" | "FOLLOWING">([
      { ALT: () => (this.CONSUME(K.PRECEDING), "PRECEDING") },
      { ALT: () => (this.CONSUME(K.FOLLOWING), "FOLLOWING") },
    ]),
  );
}
