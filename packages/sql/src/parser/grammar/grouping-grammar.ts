import type { Expression, GroupBy, GroupingElement, GroupingSets } from "../ast.js";
import { TableGrammar } from "./table-grammar.js";
import { K, S } from "./vocabulary.js";

/** GROUP BY. */
export abstract class GroupingGrammar extends TableGrammar {
  readonly groupBy = this.RULE("groupBy", (): GroupBy => {
    const start = this.peek(1).start;
    this.CONSUME(K.GROUP);
    this.CONSUME(K.BY);
    const quantifier = this.OPTION(() => this.SUBRULE(this.quantifier));
    const elements = this.SUBRULE(this.groupingElements);
    return { kind: "GroupBy", quantifier, elements, span: this.spanFrom(start) };
  });

  readonly groupingElements = this.RULE("groupingElements", (): GroupingElement[] => {
    const elements: GroupingElement[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: S.Comma,
      DEF: () => void elements.push(this.SUBRULE(this.groupingElement)),
    });
    return elements;
  });

  readonly groupingElement = this.RULE("groupingElement", (): GroupingElement => {
    const start = this.peek(1).start;
    return this.OR<GroupingElement>([
      {
        GATE: () => this.sees(2, ")"),
        ALT: () => {
          this.CONSUME(S.LeftParen);
          this.CONSUME(S.RightParen);
          return { kind: "GroupingSet", expressions: [], span: this.spanFrom(start) };
        },
        IGNORE_AMBIGUITIES: true,
      },
      {
        GATE: () => this.sees(1, "ROLLUP", "CUBE") || this.sees(2, "SETS"),
        ALT: () => this.SUBRULE(this.groupingSets),
        IGNORE_AMBIGUITIES: true,
      },
      {
        ALT: () => toGroupingElement(this.SUBRULE(this.expression)),
        IGNORE_AMBIGUITIES: true,
      },
    ]);
  });

  readonly groupingSets = this.RULE("groupingSets", (): GroupingSets => {
    this.enter();
    const start = this.peek(1).start;
    const form = this.OR<GroupingSets["form"]>([
      { ALT: () => (this.CONSUME(K.GROUPING), this.CONSUME(K.SETS), "GROUPING SETS") },
      { ALT: () => (this.CONSUME(K.ROLLUP), "ROLLUP") },
      { ALT: () => (this.CONSUME(K.CUBE), "CUBE") },
    ]);
    this.CONSUME(S.LeftParen);
    const elements = this.SUBRULE(this.groupingElements);
    this.CONSUME(S.RightParen);
    this.leave();
    return { kind: "GroupingSets", form, elements, span: this.spanFrom(start) };
  });
}

/** `(a, b)` is a set of keys here, not a row. */
function toGroupingElement(expression: Expression): GroupingElement {
  if (expression.kind !== "RowConstructor" || expression.explicit) return expression;
  return { kind: "GroupingSet", expressions: expression.items, span: expression.span };
}
