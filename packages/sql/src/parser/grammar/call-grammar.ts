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
} from "../ast.js";
import { UnsupportedSyntax } from "./base-grammar.js";
import { IntervalUnitWord, K, Name, S } from "./vocabulary.js";
import { WindowGrammar } from "./window-grammar.js";

/** Functions whose first argument is a unit of time. */
const UNIT_FIRST = new Set(["TIMESTAMPADD", "TIMESTAMPDIFF"]);

type ArgumentValue = NamedArgument["value"];

/** Calls with their arguments and clauses, OVER included. */
export abstract class CallGrammar extends WindowGrammar {
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

  protected seesUnit(distance: number): boolean {
    return IntervalUnitWord.categoryMatchesMap?.[this.LA(distance).tokenTypeIdx] === true;
  }
}

/** Without a name, while the grammar is being recorded, no. */
function startsWithUnit(name: QualifiedName | undefined): boolean {
  const [only, second] = name?.parts ?? [];
  return only !== undefined && second === undefined && UNIT_FIRST.has(only.name.toUpperCase());
}
