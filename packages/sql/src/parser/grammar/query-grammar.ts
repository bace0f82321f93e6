import type {
  CommonTable,
  Expression,
  Identifier,
  NamedWindow,
  Query,
  QueryBody,
  RowConstructor,
  Select,
  SelectItem,
  SetOperation,
} from "../ast.js";
import { GroupingGrammar } from "./grouping-grammar.js";
import { type GrammarToken, IntegerToken, K, Name, S } from "./vocabulary.js";

/** Queries. */
export abstract class QueryGrammar extends GroupingGrammar {
  readonly query = this.RULE("query", (): Query => {
    this.enter();
    const start = this.peek(1).start;
    const common: CommonTable[] = [];
    let recursive = false;
    this.OPTION(() => {
      this.CONSUME(K.WITH);
      this.OPTION2(() => {
        this.CONSUME(K.RECURSIVE);
        recursive = true;
      });
      this.AT_LEAST_ONE_SEP({ SEP: S.Comma, DEF: () => void common.push(this.SUBRULE(this.commonTable)) });
    });
    const body = this.SUBRULE(this.unionBody);
    const orderBy = this.OPTION3(() => this.SUBRULE(this.orderBy));
    const limit = this.OPTION4(() => this.SUBRULE(this.limitClause));
    const offset = this.OPTION5(() => this.SUBRULE(this.offsetClause));
    const fetch = this.OPTION6({
      GATE: () => limit === undefined,
      DEF: () => this.SUBRULE(this.fetchClause),
    });
    this.leave();
    return {
      kind: "Query",
      recursive,
      with: common,
      body,
      orderBy: orderBy ?? [],
      offset,
      limit: fetch ?? (limit === "ALL" ? undefined : limit),
      span: this.spanFrom(start),
    };
  });

  readonly commonTable = this.RULE("commonTable", (): CommonTable => {
    const start = this.peek(1).start;
    const name = this.toIdentifier(this.CONSUME(Name));
    const columns = this.OPTION(() => this.SUBRULE(this.nameList));
    this.CONSUME(K.AS);
    this.CONSUME(S.LeftParen);
    const query = this.SUBRULE(this.query);
    this.CONSUME(S.RightParen);
    return { kind: "CommonTable", name, columns: columns ?? [], query, span: this.spanFrom(start) };
  });

  readonly limitClause = this.RULE("limitClause", (): Expression | "ALL" => {
    this.CONSUME(K.LIMIT);
    return this.OR<Expression | "ALL">([
      { ALT: () => (this.CONSUME(K.ALL), "ALL") },
      { ALT: () => this.SUBRULE(this.rowCount) },
    ]);
  });

  readonly offsetClause = this.RULE("offsetClause", (): Expression => {
    this.CONSUME(K.OFFSET);
    const offset = this.SUBRULE(this.rowCount);
    this.OPTION(() => this.SUBRULE(this.rowWord));
    return offset;
  });

  /** `FETCH FIRST [n] ROWS ONLY` */
  readonly fetchClause = this.RULE("fetchClause", (): Expression => {
    const start = this.peek(1).start;
    this.CONSUME(K.FETCH);
    this.OR([{ ALT: () => this.CONSUME(K.FIRST) }, { ALT: () => this.CONSUME(K.NEXT) }]);
    const count = this.OPTION(() => this.SUBRULE(this.rowCount));
    this.SUBRULE(this.rowWord);
    this.CONSUME(K.ONLY);
    return count ?? { kind: "NumberLiteral", text: "1", form: "integer", span: this.spanFrom(start) };
  });

  readonly rowWord = this.RULE("rowWord", () =>
    this.OR([{ ALT: () => this.CONSUME(K.ROW) }, { ALT: () => this.CONSUME(K.ROWS) }]),
  );

  readonly rowCount = this.RULE("rowCount", (): Expression => {
    const token = this.CONSUME(IntegerToken) as GrammarToken;
    return {
      kind: "NumberLiteral",
      text: token.image,
      form: "integer",
      span: { start: token.start, end: token.end },
    };
  });

  /** UNION and EXCEPT, which bind alike and looser than INTERSECT. */
  readonly unionBody = this.RULE("unionBody", (): QueryBody => {
    const start = this.peek(1).start;
    let left = this.SUBRULE(this.intersectBody);
    this.MANY(() => {
      const operator = this.OR<SetOperation["operator"]>([
        { ALT: () => (this.CONSUME(K.UNION), "UNION") },
        { ALT: () => (this.CONSUME(K.EXCEPT), "EXCEPT") },
      ]);
      const quantifier = this.OPTION(() => this.SUBRULE(this.quantifier));
      const right = this.SUBRULE2(this.intersectBody);
      const all = quantifier === "ALL";
      left = { kind: "SetOperation", operator, all, left, right, span: this.spanFrom(start) };
    });
    return left;
  });

  readonly intersectBody = this.RULE("intersectBody", (): QueryBody => {
    const start = this.peek(1).start;
    let left = this.SUBRULE(this.plainBody);
    this.MANY(() => {
      this.CONSUME(K.INTERSECT);
      const quantifier = this.OPTION(() => this.SUBRULE(this.quantifier));
      const right = this.SUBRULE2(this.plainBody);
      const all = quantifier === "ALL";
      left = { kind: "SetOperation", operator: "INTERSECT", all, left, right, span: this.spanFrom(start) };
    });
    return left;
  });

  readonly plainBody = this.RULE("plainBody", (): QueryBody => {
    const start = this.peek(1).start;
    return this.OR<QueryBody>([
      { ALT: () => this.SUBRULE(this.select) },
      {
        ALT: () => {
          const rows: RowConstructor[] = [];
          this.CONSUME(K.VALUES);
          this.AT_LEAST_ONE_SEP({
            SEP: S.Comma,
            DEF: () => void rows.push(toRow(this.SUBRULE(this.expression))),
          });
          return { kind: "Values", rows, span: this.spanFrom(start) };
        },
      },
      {
        ALT: () => {
          this.CONSUME(K.TABLE);
          const name = this.SUBRULE(this.qualifiedName);
          return { kind: "TableQuery", name, span: this.spanFrom(start) };
        },
      },
      {
        ALT: () => {
          this.CONSUME(S.LeftParen);
          const query = this.SUBRULE(this.query);
          this.CONSUME(S.RightParen);
          return query;
        },
      },
    ]);
  });

  readonly select = this.RULE("select", (): Select => {
    const start = this.peek(1).start;
    const items: SelectItem[] = [];
    this.CONSUME(K.SELECT);
    const hints = this.OPTION(() => this.SUBRULE(this.hints));
    const quantifier = this.OPTION2(() => this.SUBRULE(this.quantifier));
    this.AT_LEAST_ONE_SEP({ SEP: S.Comma, DEF: () => void items.push(this.SUBRULE(this.selectItem)) });
    const from = this.OPTION3(() => {
      this.CONSUME(K.FROM);
      return this.SUBRULE(this.tableList);
    });
    const where = this.OPTION4(() => {
      this.CONSUME(K.WHERE);
      return this.SUBRULE(this.expression);
    });
    const groupBy = this.OPTION5(() => this.SUBRULE(this.groupBy));
    const having = this.OPTION6(() => {
      this.CONSUME(K.HAVING);
      return this.SUBRULE2(this.expression);
    });
    const windows = this.OPTION7(() => this.SUBRULE(this.windowClause));
    const qualify = this.OPTION8(() => {
      this.CONSUME(K.QUALIFY);
      return this.SUBRULE3(this.expression);
    });
    return {
      kind: "Select",
      hints: hints ?? [],
      quantifier,
      items,
      from,
      where,
      groupBy,
      having,
      windows: windows ?? [],
      qualify,
      span: this.spanFrom(start),
    };
  });

  readonly selectItem = this.RULE("selectItem", (): SelectItem => {
    const start = this.peek(1).start;
    return this.OR<SelectItem>([
      {
        ALT: () => {
          this.CONSUME(S.Star);
          return { kind: "Star", qualifier: [], span: this.spanFrom(start) };
        },
      },
      {
        GATE: () => this.#seesQualifiedStar(),
        ALT: () => this.SUBRULE(this.qualifiedStar),
        IGNORE_AMBIGUITIES: true,
      },
      {
        ALT: () => {
          const expression = this.SUBRULE(this.expression);
          const alias = this.OPTION(() => {
            this.OPTION2(() => this.CONSUME(K.AS));
            return this.toIdentifier(this.CONSUME(Name));
          });
          return { kind: "SelectExpression", expression, alias, span: this.spanFrom(start) };
        },
        IGNORE_AMBIGUITIES: true,
      },
    ]);
  });

  /** `t.*` */
  readonly qualifiedStar = this.RULE("qualifiedStar", (): SelectItem => {
    const start = this.peek(1).start;
    const qualifier: Identifier[] = [];
    this.AT_LEAST_ONE(() => {
      qualifier.push(this.toIdentifier(this.CONSUME(Name)));
      this.CONSUME(S.Dot);
    });
    this.CONSUME(S.Star);
    return { kind: "Star", qualifier, span: this.spanFrom(start) };
  });

  #seesQualifiedStar(): boolean {
    let distance = 1;
    while (this.seesName(distance) && this.sees(distance + 1, ".")) distance += 2;
    return distance > 1 && this.sees(distance, "*");
  }

  readonly windowClause = this.RULE("windowClause", (): NamedWindow[] => {
    const windows: NamedWindow[] = [];
    this.CONSUME(K.WINDOW);
    this.AT_LEAST_ONE_SEP({
      SEP: S.Comma,
      DEF: () => {
        const start = this.peek(1).start;
        const name = this.toIdentifier(this.CONSUME(Name));
        this.CONSUME(K.AS);
        const specification = this.SUBRULE(this.windowSpecification);
        windows.push({ kind: "NamedWindow", name, specification, span: this.spanFrom(start) });
      },
    });
    return windows;
  });
}

/** A row of VALUES: `(1, 2)` and `ROW(1, 2)` are rows, anything else is a row of one item. */
function toRow(expression: Expression): RowConstructor {
  if (expression.kind === "RowConstructor") return expression;
  return { kind: "RowConstructor", items: [expression], explicit: false, span: expression.span };
}
