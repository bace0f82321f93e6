import type {
  Expression,
  FunctionCall,
  Identifier,
  Join,
  QualifiedName,
  Query,
  TableAlias,
  TableReference,
} from "../ast.js";
import { HintGrammar } from "./hint-grammar.js";
import { Anything, FunctionWord, K, Name, S } from "./vocabulary.js";

type JoinKind = { readonly type: Join["type"]; readonly natural: boolean };

/** What stands in FROM. */
export abstract class TableGrammar extends HintGrammar {
  /** Joined tables, commas between them. */
  readonly tableList = this.RULE("tableList", (): TableReference => {
    const start = this.peek(1).start;
    let left = this.SUBRULE(this.joinedTable);
    this.MANY(() => {
      this.CONSUME(S.Comma);
      const right = this.SUBRULE2(this.joinedTable);
      left = {
        kind: "Join",
        type: "COMMA",
        natural: false,
        left,
        right,
        on: undefined,
        using: [],
        span: this.spanFrom(start),
      };
    });
    return left;
  });

  readonly joinedTable = this.RULE("joinedTable", (): TableReference => {
    this.enter();
    const start = this.peek(1).start;
    let left = this.SUBRULE(this.tablePrimary);
    this.MANY(() => {
      const { type, natural } = this.SUBRULE(this.joinKind);
      const right = this.SUBRULE2(this.tablePrimary);
      let on: Expression | undefined;
      let using: Identifier[] | undefined;
      this.OPTION(() =>
        this.OR([
          {
            ALT: () => {
              this.CONSUME(K.ON);
              on = this.SUBRULE(this.expression);
            },
          },
          {
            ALT: () => {
              this.CONSUME(K.USING);
              using = this.SUBRULE(this.nameList);
            },
          },
        ]),
      );
      left = {
        kind: "Join",
        type,
        natural,
        left,
        right,
        on,
        using: using ?? [],
        span: this.spanFrom(start),
      };
    });
    this.leave();
    return left;
  });

  readonly joinKind = this.RULE("joinKind", (): JoinKind => {
    const natural = this.OPTION(() => (this.CONSUME(K.NATURAL), true)) ?? false;
    const type = this.OPTION2(() =>
      this.OR<Join["type"]>([
        { ALT: () => (this.CONSUME(K.INNER), "INNER") },
        { ALT: () => (this.CONSUME(K.CROSS), "CROSS") },
        {
          ALT: () => {
            const side = this.OR2<Join["type"]>([
              { ALT: () => (this.CONSUME(K.LEFT), "LEFT") },
              { ALT: () => (this.CONSUME(K.RIGHT), "RIGHT") },
              { ALT: () => (this.CONSUME(K.FULL), "FULL") },
            ]);
            this.OPTION3(() => this.CONSUME(K.OUTER));
            return side;
          },
        },
      ]),
    );
    this.CONSUME(K.JOIN);
    return { type: type ?? "INNER", natural };
  });

  readonly tablePrimary = this.RULE("tablePrimary", (): TableReference => {
    const start = this.peek(1).start;
    let table = this.OR<TableReference>([
      { ALT: () => this.SUBRULE(this.namedTable) },
      { ALT: () => this.SUBRULE(this.tableFunction) },
      { ALT: () => this.SUBRULE(this.lateralTable) },
      { ALT: () => this.SUBRULE(this.unnest) },
      { ALT: () => this.SUBRULE(this.bracketedTable) },
    ]);
    this.MANY(() => {
      const feature = this.SUBRULE(this.unsupportedClause);
      table = {
        kind: "UnsupportedTable",
        feature,
        input: table,
        alias: undefined,
        span: this.spanFrom(start),
      };
    });
    const alias = this.OPTION({
      GATE: () => table.kind !== "Join",
      DEF: () => this.SUBRULE(this.tableAlias),
    });
    if (alias === undefined || table.kind === "Join") return table;
    return { ...table, alias, span: this.spanFrom(start) };
  });

  /** `t`, `t FOR SYSTEM_TIME AS OF x`, and `f(...)` without TABLE */
  readonly namedTable = this.RULE("namedTable", (): TableReference => {
    const start = this.peek(1).start;
    const name = this.SUBRULE(this.qualifiedName);
    const call = this.OPTION(() => this.SUBRULE(this.callTail, { ARGS: [name, start] }));
    const hints = this.OPTION2({ GATE: () => call === undefined, DEF: () => this.SUBRULE(this.hints) });
    const asOf = this.OPTION3({
      GATE: () => call === undefined,
      DEF: () => {
        this.CONSUME(K.FOR);
        this.CONSUME(K.SYSTEM_TIME);
        this.CONSUME(K.AS);
        this.CONSUME(K.OF);
        return this.SUBRULE(this.expression);
      },
    });
    const span = this.spanFrom(start);
    return call === undefined
      ? { kind: "NamedTable", name, hints: hints ?? [], asOf, alias: undefined, span }
      : { kind: "TableFunction", form: "BARE", call, alias: undefined, span };
  });

  /** `TABLE(f(...))` */
  readonly tableFunction = this.RULE("tableFunction", (): TableReference => {
    const start = this.peek(1).start;
    const call = this.SUBRULE(this.wrappedCall);
    return { kind: "TableFunction", form: "TABLE", call, alias: undefined, span: this.spanFrom(start) };
  });

  /** `LATERAL TABLE(f(...))`, `LATERAL (query)` */
  readonly lateralTable = this.RULE("lateralTable", (): TableReference => {
    const start = this.peek(1).start;
    this.CONSUME(K.LATERAL);
    return this.OR<TableReference>([
      {
        ALT: () => {
          const call = this.SUBRULE(this.wrappedCall);
          const span = this.spanFrom(start);
          return { kind: "TableFunction", form: "LATERAL TABLE", call, alias: undefined, span };
        },
      },
      {
        ALT: () => {
          this.CONSUME(S.LeftParen);
          const query = this.SUBRULE(this.query);
          this.CONSUME(S.RightParen);
          const span = this.spanFrom(start);
          return { kind: "DerivedTable", lateral: true, query, alias: undefined, span };
        },
      },
    ]);
  });

  readonly wrappedCall = this.RULE("wrappedCall", (): FunctionCall => {
    this.CONSUME(K.TABLE);
    this.CONSUME(S.LeftParen);
    const call = this.SUBRULE(this.namedCall);
    this.CONSUME(S.RightParen);
    return call;
  });

  /** A call of a table function, whose name may be a reserved function. */
  readonly namedCall = this.RULE("namedCall", (): FunctionCall => {
    const start = this.peek(1).start;
    const name = this.OR<QualifiedName>([
      { ALT: () => this.SUBRULE(this.qualifiedName) },
      { ALT: () => this.plainCall(this.CONSUME(FunctionWord), []).name },
    ]);
    return this.SUBRULE(this.callTail, { ARGS: [name, start] });
  });

  readonly unnest = this.RULE("unnest", (): TableReference => {
    const start = this.peek(1).start;
    const operands: Expression[] = [];
    this.CONSUME(K.UNNEST);
    this.CONSUME(S.LeftParen);
    this.AT_LEAST_ONE_SEP({ SEP: S.Comma, DEF: () => void operands.push(this.SUBRULE(this.expression)) });
    this.CONSUME(S.RightParen);
    const ordinality = this.OPTION(() => {
      this.CONSUME(K.WITH);
      this.CONSUME(K.ORDINALITY);
      return true;
    });
    return {
      kind: "Unnest",
      operands,
      ordinality: ordinality ?? false,
      alias: undefined,
      span: this.spanFrom(start),
    };
  });

  /** `(query)` or `(a JOIN b ON ...)` */
  readonly bracketedTable = this.RULE("bracketedTable", (): TableReference => {
    const start = this.peek(1).start;
    const isQuery = !this.RECORDING_PHASE && this.opensQuery(1);
    let query: Query | undefined;
    let table: TableReference | undefined;
    this.CONSUME(S.LeftParen);
    this.OR([
      {
        GATE: () => isQuery,
        ALT: () => {
          query = this.SUBRULE(this.query);
        },
      },
      {
        ALT: () => {
          table = this.SUBRULE(this.joinedTable);
        },
        IGNORE_AMBIGUITIES: true,
      },
    ]);
    this.CONSUME(S.RightParen);
    if (query === undefined) return table as unknown as TableReference;
    return { kind: "DerivedTable", lateral: false, query, alias: undefined, span: this.spanFrom(start) };
  });

  readonly tableAlias = this.RULE("tableAlias", (): TableAlias => {
    const start = this.peek(1).start;
    this.OPTION(() => this.CONSUME(K.AS));
    const name = this.toIdentifier(this.CONSUME(Name));
    const columns = this.OPTION2(() => this.SUBRULE(this.nameList));
    return { kind: "TableAlias", name, columns: columns ?? [], span: this.spanFrom(start) };
  });

  /** A clause that is only recognised; gives its name. */
  readonly unsupportedClause = this.RULE("unsupportedClause", (): string => {
    const word = this.OR([
      { ALT: () => this.CONSUME(K.MATCH_RECOGNIZE) },
      { ALT: () => this.CONSUME(K.PIVOT) },
      { ALT: () => this.CONSUME(K.UNPIVOT) },
      { ALT: () => this.CONSUME(K.TABLESAMPLE) },
    ]);
    this.MANY(() => this.CONSUME2(Anything));
    this.SUBRULE(this.skippedBrackets);
    return this.wordOf(word);
  });

  readonly skippedBrackets = this.RULE("skippedBrackets", (): void => {
    this.enter();
    this.CONSUME(S.LeftParen);
    this.MANY(() =>
      this.OR([{ ALT: () => this.SUBRULE(this.skippedBrackets) }, { ALT: () => this.CONSUME(Anything) }]),
    );
    this.CONSUME(S.RightParen);
    this.leave();
  });
}
