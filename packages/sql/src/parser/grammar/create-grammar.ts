import type {
  ColumnDefinition,
  ConstraintDefinition,
  Distribution,
  LikeClause,
  LikeFeature,
  LikeOption,
  TableOption,
  WatermarkDefinition,
} from "../ast-statement.js";
import type { Identifier, StringLiteral } from "../ast.js";
import { QueryGrammar } from "./query-grammar.js";
import { K, Name, S, StringToken } from "./vocabulary.js";

/** One item between the brackets of CREATE TABLE; a column may bring a constraint with it. */
export type TableElement = ColumnDefinition | WatermarkDefinition | ConstraintDefinition;

const OVERWRITABLE: readonly LikeFeature[] = ["GENERATED", "METADATA", "OPTIONS", "WATERMARKS"];

/** The clauses of CREATE TABLE. */
export abstract class CreateGrammar extends QueryGrammar {
  readonly tableElements = this.RULE("tableElements", (): TableElement[] => {
    const elements: TableElement[] = [];
    this.CONSUME(S.LeftParen);
    this.AT_LEAST_ONE_SEP({
      SEP: S.Comma,
      DEF: () => {
        const parts = this.SUBRULE(this.tableElement);
        this.ACTION(() => elements.push(...parts));
      },
    });
    this.CONSUME(S.RightParen);
    return elements;
  });

  readonly tableElement = this.RULE("tableElement", (): readonly TableElement[] =>
    this.OR<readonly TableElement[]>([
      { ALT: () => [this.SUBRULE(this.watermark)] },
      { ALT: () => [this.SUBRULE(this.tableConstraint)] },
      { ALT: () => this.SUBRULE(this.column) },
    ]),
  );

  readonly watermark = this.RULE("watermark", (): WatermarkDefinition => {
    const start = this.peek(1).start;
    this.CONSUME(K.WATERMARK);
    this.CONSUME(K.FOR);
    const path = this.SUBRULE(this.qualifiedName);
    this.CONSUME(K.AS);
    const expression = this.SUBRULE(this.expression);
    return { kind: "Watermark", column: path.parts, expression, span: this.spanFrom(start) };
  });

  readonly tableConstraint = this.RULE("tableConstraint", (): ConstraintDefinition => {
    const start = this.peek(1).start;
    const name = this.OPTION(() => this.SUBRULE(this.constraintName));
    const constraint = this.SUBRULE(this.constraintKind);
    const columns = this.SUBRULE(this.nameList);
    const enforced = this.SUBRULE(this.enforcement);
    return { kind: "Constraint", name, constraint, columns, enforced, span: this.spanFrom(start) };
  });

  readonly constraintName = this.RULE("constraintName", (): Identifier => {
    this.CONSUME(K.CONSTRAINT);
    return this.toIdentifier(this.CONSUME(Name));
  });

  readonly constraintKind = this.RULE("constraintKind", () =>
    this.OR<ConstraintDefinition["constraint"]>([
      { ALT: () => (this.CONSUME(K.PRIMARY), this.CONSUME(K.KEY), "PRIMARY KEY") },
      { ALT: () => (this.CONSUME(K.UNIQUE), "UNIQUE") },
    ]),
  );

  readonly enforcement = this.RULE("enforcement", (): boolean | undefined =>
    this.OPTION(() =>
      this.OR([
        { ALT: () => (this.CONSUME(K.NOT), this.CONSUME(K.ENFORCED), false) },
        { ALT: () => (this.CONSUME2(K.ENFORCED), true) },
      ]),
    ),
  );

  readonly column = this.RULE("column", (): readonly TableElement[] => {
    const start = this.peek(1).start;
    const name = this.toIdentifier(this.CONSUME(Name));
    return this.OR<readonly TableElement[]>([
      { ALT: () => [this.SUBRULE(this.computedColumn, { ARGS: [name, start] })] },
      { ALT: () => this.SUBRULE(this.typedColumn, { ARGS: [name, start] }) },
    ]);
  });

  readonly computedColumn = this.RULE(
    "computedColumn",
    (name: Identifier, start: number): ColumnDefinition => {
      this.CONSUME(K.AS);
      const expression = this.SUBRULE(this.expression);
      const comment = this.SUBRULE(this.comment);
      return { kind: "ComputedColumn", name, expression, comment, span: this.spanFrom(start) };
    },
  );

  readonly typedColumn = this.RULE(
    "typedColumn",
    (name: Identifier, start: number): readonly TableElement[] => {
      const type = this.SUBRULE(this.dataType);
      return this.OR<readonly TableElement[]>([
        {
          ALT: () => {
            this.CONSUME(K.METADATA);
            const from = this.OPTION(() => {
              this.CONSUME(K.FROM);
              return this.toStringLiteral(this.CONSUME(StringToken));
            });
            const virtual = this.OPTION2(() => (this.CONSUME(K.VIRTUAL), true)) ?? false;
            const comment = this.SUBRULE(this.comment);
            const span = this.spanFrom(start);
            return [{ kind: "MetadataColumn", name, type, from, virtual, comment, span }];
          },
        },
        {
          ALT: () => {
            const constraint = this.OPTION3(() => this.SUBRULE(this.columnConstraint, { ARGS: [name] }));
            const comment = this.SUBRULE2(this.comment);
            const span = this.spanFrom(start);
            const column: ColumnDefinition = { kind: "PhysicalColumn", name, type, comment, span };
            return constraint === undefined ? [column] : [column, constraint];
          },
        },
      ]);
    },
  );

  readonly columnConstraint = this.RULE("columnConstraint", (column: Identifier): ConstraintDefinition => {
    const start = this.peek(1).start;
    const name = this.OPTION(() => this.SUBRULE(this.constraintName));
    const constraint = this.SUBRULE(this.constraintKind);
    const enforced = this.SUBRULE(this.enforcement);
    const span = this.spanFrom(start);
    return { kind: "Constraint", name, constraint, columns: [column], enforced, span };
  });

  /** `[COMMENT 's']` */
  readonly comment = this.RULE("comment", (): StringLiteral | undefined =>
    this.OPTION(() => {
      this.CONSUME(K.COMMENT);
      return this.toStringLiteral(this.CONSUME(StringToken));
    }),
  );

  readonly distribution = this.RULE("distribution", (): Distribution => {
    const start = this.peek(1).start;
    let algorithm: Distribution["algorithm"];
    let columns: Identifier[] | undefined;
    this.CONSUME(K.DISTRIBUTED);
    this.OPTION(() => {
      this.CONSUME(K.BY);
      this.OPTION2(() => {
        algorithm = this.OR<Distribution["algorithm"]>([
          { ALT: () => (this.CONSUME(K.HASH), "HASH") },
          { ALT: () => (this.CONSUME(K.RANGE), "RANGE") },
        ]);
      });
      columns = this.SUBRULE(this.nameList);
    });
    const buckets = this.OPTION3({
      GATE: () => columns === undefined || this.sees(1, "INTO"),
      DEF: () => {
        this.CONSUME(K.INTO);
        const count = this.SUBRULE(this.unsigned);
        this.CONSUME(K.BUCKETS);
        return count;
      },
    });
    this.ACTION(() => {
      if (columns === undefined && buckets === undefined)
        this.fault(this.nextSpan(), "DISTRIBUTED does not say how", undefined, ["BY", "INTO"]);
      if (buckets === 0) this.fault(this.spanFrom(start), "A table has at least one bucket");
    });
    return { kind: "Distribution", algorithm, columns: columns ?? [], buckets, span: this.spanFrom(start) };
  });

  /** `('key' = 'value', ...)`, also empty */
  readonly tableOptions = this.RULE("tableOptions", (): TableOption[] => {
    const options: TableOption[] = [];
    this.CONSUME(S.LeftParen);
    this.MANY_SEP({
      SEP: S.Comma,
      DEF: () => {
        const start = this.peek(1).start;
        const key = this.toStringLiteral(this.CONSUME(StringToken));
        this.CONSUME(S.Equal);
        const value = this.toStringLiteral(this.CONSUME2(StringToken));
        options.push({ kind: "TableOption", key, value, span: this.spanFrom(start) });
      },
    });
    this.CONSUME(S.RightParen);
    return options;
  });

  readonly likeClause = this.RULE("likeClause", (): LikeClause => {
    const start = this.peek(1).start;
    const options: LikeOption[] = [];
    this.CONSUME(K.LIKE);
    const table = this.SUBRULE(this.qualifiedName);
    this.OPTION(() => {
      this.CONSUME(S.LeftParen);
      this.MANY(() => {
        const option = this.SUBRULE(this.likeOption);
        this.ACTION(() => this.#checkLikeOption(option, options));
        options.push(option);
      });
      this.CONSUME(S.RightParen);
    });
    return { kind: "LikeClause", table, options, span: this.spanFrom(start) };
  });

  readonly likeOption = this.RULE("likeOption", (): LikeOption => {
    const start = this.peek(1).start;
    const strategy = this.OR<LikeOption["strategy"]>([
      { ALT: () => (this.CONSUME(K.INCLUDING), "INCLUDING") },
      { ALT: () => (this.CONSUME(K.EXCLUDING), "EXCLUDING") },
      { ALT: () => (this.CONSUME(K.OVERWRITING), "OVERWRITING") },
    ]);
    const feature = this.OR2<LikeFeature>([
      { ALT: () => (this.CONSUME(K.ALL), "ALL") },
      { ALT: () => (this.CONSUME(K.CONSTRAINTS), "CONSTRAINTS") },
      { ALT: () => (this.CONSUME(K.DISTRIBUTION), "DISTRIBUTION") },
      { ALT: () => (this.CONSUME(K.GENERATED), "GENERATED") },
      { ALT: () => (this.CONSUME(K.METADATA), "METADATA") },
      { ALT: () => (this.CONSUME(K.OPTIONS), "OPTIONS") },
      { ALT: () => (this.CONSUME(K.PARTITIONS), "PARTITIONS") },
      { ALT: () => (this.CONSUME(K.WATERMARKS), "WATERMARKS") },
    ]);
    return { kind: "LikeOption", strategy, feature, span: this.spanFrom(start) };
  });

  #checkLikeOption(option: LikeOption, earlier: readonly LikeOption[]): void {
    const { strategy, feature, span } = option;
    if (earlier.some((one) => one.feature === feature))
      this.fault(span, `${feature} is named twice in LIKE`, `Name ${feature} once.`);
    if (strategy === "OVERWRITING" && !OVERWRITABLE.includes(feature)) {
      this.fault(
        span,
        `OVERWRITING ${feature} is not possible`,
        `OVERWRITING is for ${OVERWRITABLE.join(", ")}; write INCLUDING ${feature} or EXCLUDING ${feature}.`,
        OVERWRITABLE,
      );
    }
  }
}
