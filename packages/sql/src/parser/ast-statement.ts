/** The syntax tree of statements; what they are made of is in `ast.ts`. */
import type {
  Expression,
  Hint,
  Identifier,
  Node,
  QualifiedName,
  Query,
  Span,
  StringLiteral,
  TypeNode,
} from "./ast.js";

interface StatementBase extends Node {
  /** From the first to the last token, without the semicolon. */
  readonly span: Span;
  /** The source between these two, unchanged: what a cluster is sent. */
  readonly text: string;
}

/** A part of the text of a `SET` or `RESET`, unquoted. @public */
export interface SettingText extends Node {
  readonly kind: "SettingText";
  readonly value: string;
}

/** `SET`, `SET 'key' = 'value'`, `SET key = value`. @public */
export interface SetStatement extends StatementBase {
  readonly kind: "Set";
  /** `undefined`, with `value`, for the bare `SET` that lists. */
  readonly key: SettingText | undefined;
  readonly value: SettingText | undefined;
}

/** `RESET`, `RESET 'key'`, `RESET key`. @public */
export interface ResetStatement extends StatementBase {
  readonly kind: "Reset";
  readonly key: SettingText | undefined;
}

/** `name type [COMMENT 's']`. @public */
export interface PhysicalColumn extends Node {
  readonly kind: "PhysicalColumn";
  readonly name: Identifier;
  readonly type: TypeNode;
  readonly comment: StringLiteral | undefined;
}

/** `name type METADATA [FROM 'key'] [VIRTUAL] [COMMENT 's']`. @public */
export interface MetadataColumn extends Node {
  readonly kind: "MetadataColumn";
  readonly name: Identifier;
  readonly type: TypeNode;
  /** `undefined`: the column's name is the key. */
  readonly from: StringLiteral | undefined;
  readonly virtual: boolean;
  readonly comment: StringLiteral | undefined;
}

/** `name AS expression [COMMENT 's']`. @public */
export interface ComputedColumn extends Node {
  readonly kind: "ComputedColumn";
  readonly name: Identifier;
  readonly expression: Expression;
  readonly comment: StringLiteral | undefined;
}

/** @public */
export type ColumnDefinition = PhysicalColumn | MetadataColumn | ComputedColumn;

/** `WATERMARK FOR column AS expression`. @public */
export interface WatermarkDefinition extends Node {
  readonly kind: "Watermark";
  /** One part, or a nested path, which the binder refuses. */
  readonly column: readonly Identifier[];
  readonly expression: Expression;
}

/** `[CONSTRAINT name] PRIMARY KEY | UNIQUE (columns) [[NOT] ENFORCED]`, of the table or of one column. @public */
export interface ConstraintDefinition extends Node {
  readonly kind: "Constraint";
  readonly name: Identifier | undefined;
  readonly constraint: "PRIMARY KEY" | "UNIQUE";
  readonly columns: readonly Identifier[];
  /** `undefined` when nothing was written, which counts as enforced. */
  readonly enforced: boolean | undefined;
}

/** `'key' = 'value'` in WITH. @public */
export interface TableOption extends Node {
  readonly kind: "TableOption";
  readonly key: StringLiteral;
  readonly value: StringLiteral;
}

/** `DISTRIBUTED INTO n BUCKETS | BY [HASH | RANGE] (columns) [INTO n BUCKETS]`. @public */
export interface Distribution extends Node {
  readonly kind: "Distribution";
  readonly algorithm: "HASH" | "RANGE" | undefined;
  readonly columns: readonly Identifier[];
  readonly buckets: number | undefined;
}

/** @public */
export type LikeFeature =
  "ALL" | "CONSTRAINTS" | "DISTRIBUTION" | "GENERATED" | "METADATA" | "OPTIONS" | "PARTITIONS" | "WATERMARKS";

/** `INCLUDING OPTIONS` and its kin. @public */
export interface LikeOption extends Node {
  readonly kind: "LikeOption";
  readonly strategy: "INCLUDING" | "EXCLUDING" | "OVERWRITING";
  readonly feature: LikeFeature;
}

/** `LIKE table (options)`. @public */
export interface LikeClause extends Node {
  readonly kind: "LikeClause";
  readonly table: QualifiedName;
  readonly options: readonly LikeOption[];
}

/** `CREATE [TEMPORARY] TABLE`. Counts and references (one watermark, columns that exist) are checked by the binder. @public */
export interface CreateTable extends StatementBase {
  readonly kind: "CreateTable";
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  /** In declared order. */
  readonly columns: readonly ColumnDefinition[];
  readonly watermarks: readonly WatermarkDefinition[];
  /** Those of the table and those written on a column, in the order of the text. */
  readonly constraints: readonly ConstraintDefinition[];
  readonly comment: StringLiteral | undefined;
  readonly distribution: Distribution | undefined;
  /** Empty without `PARTITIONED BY`. */
  readonly partitionedBy: readonly Identifier[];
  /** In the order of the text, repeated keys included. */
  readonly options: readonly TableOption[];
  readonly like: LikeClause | undefined;
}

/** @public */
export interface ViewColumn extends Node {
  readonly kind: "ViewColumn";
  readonly name: Identifier;
  readonly comment: StringLiteral | undefined;
}

/** `CREATE [TEMPORARY] VIEW`. @public */
export interface CreateView extends StatementBase {
  readonly kind: "CreateView";
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  /** Empty: the names of the query. */
  readonly columns: readonly ViewColumn[];
  readonly comment: StringLiteral | undefined;
  readonly query: Query;
}

/** `DROP [TEMPORARY] TABLE | VIEW [IF EXISTS]`. @public */
export interface DropStatement extends StatementBase {
  readonly kind: "DropTable" | "DropView";
  readonly temporary: boolean;
  readonly ifExists: boolean;
  readonly name: QualifiedName;
}

/** `column = literal` in PARTITION. @public */
export interface PartitionAssignment extends Node {
  readonly kind: "PartitionAssignment";
  readonly column: Identifier;
  readonly value: Expression;
}

/** `INSERT INTO | OVERWRITE`. @public */
export interface InsertStatement extends StatementBase {
  readonly kind: "Insert";
  readonly overwrite: boolean;
  readonly target: QualifiedName;
  readonly hints: readonly Hint[];
  readonly partition: readonly PartitionAssignment[];
  /** Empty: all columns that can be written, in declared order. */
  readonly columns: readonly Identifier[];
  readonly query: Query;
}

/** `EXECUTE STATEMENT SET BEGIN ... END` or `BEGIN STATEMENT SET; ... END`. @public */
export interface StatementSet extends StatementBase {
  readonly kind: "StatementSet";
  /** One or more. */
  readonly inserts: readonly InsertStatement[];
}

/** A query that stands alone: a shell prints its rows. @public */
export interface QueryStatement extends StatementBase {
  readonly kind: "QueryStatement";
  readonly query: Query;
}

/** A statement of the language that the embedded runner does not run; it can still go to a cluster. @public */
export interface UnsupportedStatement extends StatementBase {
  readonly kind: "UnsupportedStatement";
  /** Its leading words, e.g. `CREATE CATALOG`, `CREATE TABLE AS`, `ALTER TABLE`. */
  readonly feature: string;
}

/** @public */
export type Statement =
  | SetStatement
  | ResetStatement
  | CreateTable
  | CreateView
  | DropStatement
  | InsertStatement
  | StatementSet
  | QueryStatement
  | UnsupportedStatement;
