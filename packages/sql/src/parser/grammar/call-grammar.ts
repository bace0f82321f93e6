import type {
  DescriptorArgument,
  Expression,
  FunctionArgument,
  FunctionCall,
  NamedArgument,
  OrderItem,
  QualifiedName,
  Query,
  TableArgument,
  WindowBound,
  WindowFrame,
  WindowSpecification,
} from "../ast.js";
import { UnsupportedSyntax } from "./base-grammar.js";
import { JsonGrammar } from "./json-grammar.js";
import { OPERAND_OF_PREDICATE } from "./special-form-grammar.js";
import { IntervalUnitWord, K, Name, S } from "./vocabulary.js";

/** Functions whose first argument is a unit of time. */
const UNIT_FIRST = new Set(["TIMESTAMPADD", "TIMESTAMPDIFF"]);

type ArgumentValue = NamedArgument["value"];

/** Calls with their arguments and clauses, OVER included. */
export abstract class CallGrammar extends JsonGrammar {
  /** From the opening bracket on; `start` is where the name began. */
  readonly callTail = this.RULE("callTail", (name: QualifiedName, start: number): FunctionCall => {
    const parts: FunctionArgument[] = [];
    this.CONSUME(S.LeftParen);
    const quantifier = this.OPTION(() => this.SUBRULE(this.quantifier));
    this.MANY_SEP({
      SEP: S.Comma,
      DEF: () => {
        parts.push(this.SUBRULE(this.argument, { ARGS: [parts.length === 0 && startsWithUnit(name)] }));
      },
    });
    this.CONSUME(S.RightParen);
    const nulls = this.OPTION2({
      GATE: () => this.sees(2, "NULLS"),
      DEF: () => this.SUBRULE(this.nullTreatment),
    });
    const withinGroup = this.OPTION3(() => {
      this.CONSUME(K.WITHIN);
      this.CONSUME(K.GROUP);
      this.CONSUME2(S.LeftParen);
      const items = this.SUBRULE(this.orderBy);
      this.CONSUME2(S.RightParen);
      return items;
    });
    const filter = this.OPTION4(() => this.SUBRULE(this.filterClause));
    const over = this.OPTION5(() => {
      this.CONSUME(K.OVER);
      return this.SUBRULE(this.windowSpecification);
    });
    return {
      kind: "FunctionCall",
      name,
      arguments: parts,
      quantifier,
      nulls,
      withinGroup: withinGroup ?? [],
      filter,
      over,
      span: this.spanFrom(start),
    };
  });

  readonly quantifier = this.RULE("quantifier", () =>
    this.OR<"DISTINCT" | "ALL">([
      { ALT: () => (this.CONSUME(K.DISTINCT), "DISTINCT") },
      { ALT: () => (this.CONSUME(K.ALL), "ALL") },
    ]),
  );

  readonly nullTreatment = this.RULE("nullTreatment", () => {
    const treatment = this.OR<"IGNORE" | "RESPECT">([
      { ALT: () => (this.CONSUME(K.IGNORE), "IGNORE") },
      { ALT: () => (this.CONSUME(K.RESPECT), "RESPECT") },
    ]);
    this.CONSUME(K.NULLS);
    return treatment;
  });

  readonly argument = this.RULE("argument", (unitFirst: boolean): FunctionArgument =>
    this.OR<FunctionArgument>([
      { GATE: () => unitFirst, ALT: () => this.SUBRULE(this.timeUnit), IGNORE_AMBIGUITIES: true },
      {
        GATE: () => this.sees(2, "=>"),
        ALT: () => this.SUBRULE(this.namedArgument),
        IGNORE_AMBIGUITIES: true,
      },
      { ALT: () => this.SUBRULE(this.argumentValue), IGNORE_AMBIGUITIES: true },
    ]),
  );

  readonly namedArgument = this.RULE("namedArgument", (): NamedArgument => {
    const start = this.peek(1).start;
    const name = this.toIdentifier(this.CONSUME(Name));
    this.CONSUME(S.Arrow);
    const value = this.SUBRULE(this.argumentValue);
    return { kind: "NamedArgument", name, value, span: this.spanFrom(start) };
  });

  readonly argumentValue = this.RULE("argumentValue", (): ArgumentValue => {
    const start = this.peek(1).start;
    return this.OR<ArgumentValue>([
      {
        GATE: () => this.sees(2, "("),
        ALT: () => this.SUBRULE(this.descriptor),
        IGNORE_AMBIGUITIES: true,
      },
      { ALT: () => this.SUBRULE(this.tableArgument) },
      {
        ALT: () => {
          this.CONSUME(S.Star);
          return { kind: "Star", qualifier: [], span: this.spanFrom(start) };
        },
      },
      {
        ALT: () => {
          this.CONSUME(K.DEFAULT);
          return { kind: "DefaultArgument", span: this.spanFrom(start) };
        },
      },
      {
        GATE: () => this.sees(1, "MODEL") && this.seesName(2),
        ALT: () => {
          this.CONSUME(Name);
          const model = this.toIdentifier(this.CONSUME2(Name));
          this.ACTION(() => {
            throw new UnsupportedSyntax("MODEL");
          });
          return { kind: "Descriptor", columns: [model], span: this.spanFrom(start) };
        },
        IGNORE_AMBIGUITIES: true,
      },
      { ALT: () => this.SUBRULE(this.expression), IGNORE_AMBIGUITIES: true },
    ]);
  });

  /** `DESCRIPTOR(c, ...)` */
  readonly descriptor = this.RULE("descriptor", (): DescriptorArgument => {
    const start = this.peek(1).start;
    this.CONSUME(K.DESCRIPTOR);
    const columns = this.SUBRULE(this.nameList);
    return { kind: "Descriptor", columns, span: this.spanFrom(start) };
  });

  /** `TABLE t [PARTITION BY k] [ORDER BY k]`; several keys stand in brackets. */
  readonly tableArgument = this.RULE("tableArgument", (): TableArgument => {
    const start = this.peek(1).start;
    this.CONSUME(K.TABLE);
    const table = this.OR<QualifiedName | Query>([
      { ALT: () => this.SUBRULE(this.qualifiedName) },
      {
        ALT: () => {
          this.CONSUME(S.LeftParen);
          const query = this.SUBRULE(this.query);
          this.CONSUME(S.RightParen);
          return query;
        },
      },
    ]);
    const partitionBy: Expression[] = [];
    this.OPTION(() => {
      this.CONSUME(K.PARTITION);
      this.CONSUME(K.BY);
      const key = this.SUBRULE(this.expression);
      if (key.kind === "RowConstructor" && !key.explicit) partitionBy.push(...key.items);
      else partitionBy.push(key);
    });
    const orderBy: OrderItem[] = [];
    this.OPTION2(() => {
      this.CONSUME(K.ORDER);
      this.CONSUME2(K.BY);
      this.OR2([
        {
          ALT: () => {
            this.CONSUME2(S.LeftParen);
            this.AT_LEAST_ONE_SEP({
              SEP: S.Comma,
              DEF: () => void orderBy.push(this.SUBRULE(this.orderItem)),
            });
            this.CONSUME2(S.RightParen);
          },
        },
        { ALT: () => void orderBy.push(this.SUBRULE2(this.orderItem)), IGNORE_AMBIGUITIES: true },
      ]);
    });
    return { kind: "TableArgument", table, partitionBy, orderBy, span: this.spanFrom(start) };
  });

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

  protected seesUnit(distance: number): boolean {
    return IntervalUnitWord.categoryMatchesMap?.[this.LA(distance).tokenTypeIdx] === true;
  }
}

/** Without a name, while the grammar is being recorded, no. */
function startsWithUnit(name: QualifiedName | undefined): boolean {
  const [only, second] = name?.parts ?? [];
  return only !== undefined && second === undefined && UNIT_FIRST.has(only.name.toUpperCase());
}
