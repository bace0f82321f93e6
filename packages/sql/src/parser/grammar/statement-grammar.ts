import type {
  ColumnDefinition,
  ConstraintDefinition,
  CreateTable,
  CreateView,
  DropStatement,
  InsertStatement,
  PartitionAssignment,
  QueryStatement,
  TableOption,
  ViewColumn,
  WatermarkDefinition,
} from "../ast-statement.js";
import type { Expression, Hint, Identifier, QualifiedName } from "../ast.js";
import { UnsupportedSyntax } from "./base-grammar.js";
import { CreateGrammar, type TableElement } from "./create-grammar.js";
import { OPERAND_OF_PREDICATE } from "./special-form-grammar.js";
import { K, Name, S } from "./vocabulary.js";

/** A statement before its text is attached. */
export type Untexted<T> = T extends unknown ? Omit<T, "text"> : never;

/** The statements that have a tree. Which one a text is, its leading words tell: see `parse-statement.ts`. */
export class StatementGrammar extends CreateGrammar {
  constructor(options: { readonly validate: boolean }) {
    super(!options.validate);
    this.performSelfAnalysis();
  }

  readonly createTable = this.RULE("createTable", (): Untexted<CreateTable> => {
    const start = this.peek(1).start;
    this.CONSUME(K.CREATE);
    const temporary = this.OPTION(() => (this.CONSUME(K.TEMPORARY), true)) ?? false;
    this.CONSUME(K.TABLE);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.qualifiedName);
    let bare = false;
    const elements = this.OPTION2(() =>
      this.OR<TableElement[]>([
        {
          GATE: () => this.sees(3, ",", ")"),
          ALT: () => {
            bare = true;
            this.SUBRULE(this.nameList);
            return [];
          },
        },
        { ALT: () => this.SUBRULE(this.tableElements), IGNORE_AMBIGUITIES: true },
      ]),
    );
    const comment = this.SUBRULE(this.comment);
    const distribution = this.OPTION3(() => this.SUBRULE(this.distribution));
    const partitionedBy = this.OPTION4(() => this.SUBRULE(this.partitionedBy));
    const connection = this.OPTION5(() => this.SUBRULE(this.usingConnection));
    const options = this.OPTION6((): TableOption[] => {
      this.CONSUME(K.WITH);
      return this.SUBRULE(this.tableOptions);
    });
    const like = this.OPTION7({ GATE: () => !bare, DEF: () => this.SUBRULE(this.likeClause) });
    const asQuery = this.OPTION8({
      GATE: () => bare || like === undefined,
      DEF: () => {
        this.CONSUME(K.AS);
        return this.SUBRULE(this.query);
      },
    });
    this.ACTION(() => {
      if (bare && asQuery === undefined)
        this.fault(this.nextSpan(), "Columns without types need a query", undefined, ["AS"]);
      if (asQuery !== undefined) throw new UnsupportedSyntax("CREATE TABLE AS");
      if (connection !== undefined) throw new UnsupportedSyntax("USING CONNECTION");
    });
    return {
      kind: "CreateTable",
      temporary,
      ifNotExists,
      name,
      ...sorted(elements ?? []),
      comment,
      distribution,
      partitionedBy: partitionedBy ?? [],
      options: options ?? [],
      like,
      span: this.spanFrom(start),
    };
  });

  readonly partitionedBy = this.RULE("partitionedBy", (): Identifier[] => {
    this.CONSUME(K.PARTITIONED);
    this.CONSUME(K.BY);
    return this.SUBRULE(this.nameList);
  });

  readonly usingConnection = this.RULE("usingConnection", (): QualifiedName => {
    this.CONSUME(K.USING);
    this.CONSUME(K.CONNECTION);
    return this.SUBRULE(this.qualifiedName);
  });

  readonly ifNotExists = this.RULE(
    "ifNotExists",
    (): boolean =>
      this.OPTION({
        GATE: () => this.sees(2, "NOT"),
        DEF: () => {
          this.CONSUME(K.IF);
          this.CONSUME(K.NOT);
          this.CONSUME(K.EXISTS);
          return true;
        },
      }) ?? false,
  );

  readonly createView = this.RULE("createView", (): Untexted<CreateView> => {
    const start = this.peek(1).start;
    this.CONSUME(K.CREATE);
    const temporary = this.OPTION(() => (this.CONSUME(K.TEMPORARY), true)) ?? false;
    this.CONSUME(K.VIEW);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.qualifiedName);
    const columns: ViewColumn[] = [];
    this.OPTION2(() => {
      this.CONSUME(S.LeftParen);
      this.AT_LEAST_ONE_SEP({ SEP: S.Comma, DEF: () => void columns.push(this.SUBRULE(this.viewColumn)) });
      this.CONSUME(S.RightParen);
    });
    const comment = this.SUBRULE(this.comment);
    this.CONSUME(K.AS);
    const query = this.SUBRULE(this.query);
    const span = this.spanFrom(start);
    return { kind: "CreateView", temporary, ifNotExists, name, columns, comment, query, span };
  });

  readonly viewColumn = this.RULE("viewColumn", (): ViewColumn => {
    const start = this.peek(1).start;
    const name = this.toIdentifier(this.CONSUME(Name));
    const comment = this.SUBRULE(this.comment);
    return { kind: "ViewColumn", name, comment, span: this.spanFrom(start) };
  });

  /** `DROP [TEMPORARY] TABLE | VIEW [IF EXISTS] name` */
  readonly drop = this.RULE("drop", (): Untexted<DropStatement> => {
    const start = this.peek(1).start;
    this.CONSUME(K.DROP);
    const temporary = this.OPTION(() => (this.CONSUME(K.TEMPORARY), true)) ?? false;
    const kind = this.OR<DropStatement["kind"]>([
      { ALT: () => (this.CONSUME(K.TABLE), "DropTable") },
      { ALT: () => (this.CONSUME(K.VIEW), "DropView") },
    ]);
    const ifExists = this.OPTION2({
      GATE: () => this.sees(2, "EXISTS"),
      DEF: () => {
        this.CONSUME(K.IF);
        this.CONSUME(K.EXISTS);
        return true;
      },
    });
    const name = this.SUBRULE(this.qualifiedName);
    return { kind, temporary, ifExists: ifExists ?? false, name, span: this.spanFrom(start) };
  });

  /** `[EXECUTE] INSERT INTO | OVERWRITE name ...` */
  readonly insert = this.RULE("insert", (): Untexted<InsertStatement> => {
    const start = this.peek(1).start;
    this.OPTION(() => this.CONSUME(K.EXECUTE));
    this.CONSUME(K.INSERT);
    const overwrite = this.OR([
      { ALT: () => (this.CONSUME(K.INTO), false) },
      { ALT: () => (this.CONSUME(K.OVERWRITE), true) },
    ]);
    const target = this.SUBRULE(this.qualifiedName);
    const hints: Hint[] | undefined = this.OPTION2(() => this.SUBRULE(this.hints));
    const partition = this.OPTION3(() => this.SUBRULE(this.partition));
    const columns: Identifier[] | undefined = this.OPTION4({
      GATE: () => !this.opensQuery(1),
      DEF: () => this.SUBRULE(this.nameList),
    });
    const query = this.SUBRULE(this.query);
    return {
      kind: "Insert",
      overwrite,
      target,
      hints: hints ?? [],
      partition: partition ?? [],
      columns: columns ?? [],
      query,
      span: this.spanFrom(start),
    };
  });

  readonly partition = this.RULE("partition", (): PartitionAssignment[] => {
    const assignments: PartitionAssignment[] = [];
    this.CONSUME(K.PARTITION);
    this.CONSUME(S.LeftParen);
    this.AT_LEAST_ONE_SEP({
      SEP: S.Comma,
      DEF: () => {
        const start = this.peek(1).start;
        const column = this.toIdentifier(this.CONSUME(Name));
        this.CONSUME(S.Equal);
        const value = this.SUBRULE(this.expression, { ARGS: [OPERAND_OF_PREDICATE] });
        this.ACTION(() => {
          if (!isConstant(value))
            this.fault(value.span, "The value of a partition is a literal", "Write PARTITION (c = 'value').");
        });
        assignments.push({ kind: "PartitionAssignment", column, value, span: this.spanFrom(start) });
      },
    });
    this.CONSUME(S.RightParen);
    return assignments;
  });

  /** `[EXECUTE] query` */
  readonly queryStatement = this.RULE("queryStatement", (): Untexted<QueryStatement> => {
    const start = this.peek(1).start;
    this.OPTION(() => this.CONSUME(K.EXECUTE));
    const query = this.SUBRULE(this.query);
    return { kind: "QueryStatement", query, span: this.spanFrom(start) };
  });
}

function sorted(elements: readonly TableElement[]): {
  columns: ColumnDefinition[];
  watermarks: WatermarkDefinition[];
  constraints: ConstraintDefinition[];
} {
  const columns: ColumnDefinition[] = [];
  const watermarks: WatermarkDefinition[] = [];
  const constraints: ConstraintDefinition[] = [];
  if (!Array.isArray(elements)) return { columns, watermarks, constraints };
  for (const element of elements) {
    if (element.kind === "Watermark") watermarks.push(element);
    else if (element.kind === "Constraint") constraints.push(element);
    else columns.push(element);
  }
  return { columns, watermarks, constraints };
}

function isConstant(value: Expression): boolean {
  if (value.kind === "Unary" && value.operator !== "NOT") return value.operand.kind === "NumberLiteral";
  return value.kind.endsWith("Literal");
}
