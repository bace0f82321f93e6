/**
 * The syntax tree of expressions, data types and queries. Statements are in `ast-statement.ts`.
 *
 * The tree says what was written, nothing more: names are not looked up, types not resolved, literals not converted.
 * Parts that a statement may leave out are always present and `undefined` (or an empty array) when they were left out.
 * Parentheses leave no node; the span of an operator reaches over the parentheses of its operands.
 */

/** A part of the script: UTF-16 offsets, `end` exclusive. `LineMap` turns offsets into lines and columns. @public */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What every node has. @public */
export interface Node {
  readonly kind: string;
  readonly span: Span;
}

/** One name, backquotes removed and doubled backquotes undone; case as written. @public */
export interface Identifier extends Node {
  readonly kind: "Identifier";
  readonly name: string;
  /** Whether it stood in backquotes. */
  readonly quoted: boolean;
}

/** `a`, `a.b` or `a.b.c`, of a table, view, function or user type. @public */
export interface QualifiedName extends Node {
  readonly kind: "QualifiedName";
  /** One or more, outermost first. */
  readonly parts: readonly Identifier[];
}

// ---------------------------------------------------------------------------------------------------------------
// Data types

/** Names of the types without parts, synonyms folded (`INTEGER`, `DEC`, `TIMESTAMP(3) WITH LOCAL TIME ZONE`, ...). @public */
export type ScalarTypeName =
  | "BOOLEAN"
  | "TINYINT"
  | "SMALLINT"
  | "INT"
  | "BIGINT"
  | "FLOAT"
  | "DOUBLE"
  | "DECIMAL"
  | "CHAR"
  | "VARCHAR"
  | "STRING"
  | "BINARY"
  | "VARBINARY"
  | "BYTES"
  | "DATE"
  | "TIME"
  | "TIMESTAMP"
  | "TIMESTAMP_TZ"
  | "TIMESTAMP_LTZ"
  | "NULL"
  | "VARIANT"
  | "BITMAP";

interface TypeBase extends Node {
  /** `true` for a written `NULL`, `false` for `NOT NULL`, `undefined` when nothing was said. */
  readonly nullable: boolean | undefined;
}

/** A type without parts. @public */
export interface ScalarTypeNode extends TypeBase {
  readonly kind: "ScalarType";
  readonly name: ScalarTypeName;
  /** Length, precision, scale as written; empty when left out. Bounds and defaults are the binder's. */
  readonly parameters: readonly number[];
}

/** `INTERVAL DAY(3) TO SECOND(6)`. @public */
export interface IntervalTypeNode extends TypeBase {
  readonly kind: "IntervalType";
  readonly qualifier: IntervalQualifier;
}

/** `ARRAY<t>`, `MULTISET<t>`, `t ARRAY`, `t MULTISET`. @public */
export interface CollectionTypeNode extends TypeBase {
  readonly kind: "CollectionType";
  readonly collection: "ARRAY" | "MULTISET";
  readonly element: TypeNode;
}

/** `MAP<k, v>`. @public */
export interface MapTypeNode extends TypeBase {
  readonly kind: "MapType";
  readonly key: TypeNode;
  readonly value: TypeNode;
}

/** `ROW<n t 'comment', ...>` or `ROW(...)`; may be empty. @public */
export interface RowTypeNode extends TypeBase {
  readonly kind: "RowType";
  readonly fields: readonly RowTypeField[];
}

/** @public */
export interface RowTypeField extends Node {
  readonly kind: "RowTypeField";
  readonly name: Identifier;
  readonly type: TypeNode;
  readonly comment: StringLiteral | undefined;
}

/** `RAW('class', 'snapshot')`. @public */
export interface RawTypeNode extends TypeBase {
  readonly kind: "RawType";
  readonly className: StringLiteral;
  readonly snapshot: StringLiteral;
}

/** A name that is no built-in type. @public */
export interface UserTypeNode extends TypeBase {
  readonly kind: "UserType";
  readonly name: QualifiedName;
}

/** A data type as written in DDL and CAST. @public */
export type TypeNode =
  | ScalarTypeNode
  | IntervalTypeNode
  | CollectionTypeNode
  | MapTypeNode
  | RowTypeNode
  | RawTypeNode
  | UserTypeNode;

// ---------------------------------------------------------------------------------------------------------------
// Literals

/** `12`, `1.50`, `1e3`; a sign is a `Unary` around it. @public */
export interface NumberLiteral extends Node {
  readonly kind: "NumberLiteral";
  /** As written, e.g. `1.50`: the digits decide the type (INT, BIGINT or DECIMAL; DECIMAL(3, 2); DOUBLE). */
  readonly text: string;
  readonly form: "integer" | "decimal" | "approximate";
}

/** `'...'`, `U&'...'`, `E'...'` with doubling and escapes undone and parts on several lines joined. @public */
export interface StringLiteral extends Node {
  readonly kind: "StringLiteral";
  readonly value: string;
}

/** `X'0AFF'`. @public */
export interface BinaryLiteral extends Node {
  readonly kind: "BinaryLiteral";
  readonly value: Uint8Array;
}

/** `TRUE`, `FALSE`, and `UNKNOWN`, whose value is null. @public */
export interface BooleanLiteral extends Node {
  readonly kind: "BooleanLiteral";
  readonly value: boolean | null;
}

/** `NULL`. @public */
export interface NullLiteral extends Node {
  readonly kind: "NullLiteral";
}

/** `DATE '...'`, `TIME '...'`, `TIMESTAMP '...'`; the text is not checked here. @public */
export interface DateTimeLiteral extends Node {
  readonly kind: "DateTimeLiteral";
  readonly type: "DATE" | "TIME" | "TIMESTAMP" | "TIMESTAMP_LTZ";
  readonly value: StringLiteral;
}

/** Unit of an interval, singular (`SECONDS` is `SECOND`). @public */
export type IntervalUnit = "YEAR" | "QUARTER" | "MONTH" | "WEEK" | "DAY" | "HOUR" | "MINUTE" | "SECOND";

/** `DAY(3) TO SECOND(6)`, `MINUTE`, ... @public */
export interface IntervalQualifier extends Node {
  readonly kind: "IntervalQualifier";
  readonly from: IntervalUnit;
  /** Digits of the first field, in brackets behind it. */
  readonly precision: number | undefined;
  readonly to: IntervalUnit | undefined;
  /** Digits of the fraction of a second: `SECOND(2, 6)` or `TO SECOND(6)`. */
  readonly fraction: number | undefined;
}

/** `INTERVAL -'1:30' HOUR TO MINUTE`; the text is not checked here and may carry a sign of its own. @public */
export interface IntervalLiteral extends Node {
  readonly kind: "IntervalLiteral";
  readonly sign: 1 | -1;
  readonly value: StringLiteral;
  readonly qualifier: IntervalQualifier;
}

/** @public */
export type Literal =
  | NumberLiteral
  | StringLiteral
  | BinaryLiteral
  | BooleanLiteral
  | NullLiteral
  | DateTimeLiteral
  | IntervalLiteral;

// ---------------------------------------------------------------------------------------------------------------
// Expressions

/** `c`, `t.c`, `t.c.field`: which part is the table is for the binder to find out. @public */
export interface ColumnReference extends Node {
  readonly kind: "ColumnReference";
  /** One or more, as written. */
  readonly parts: readonly Identifier[];
}

/** `.f` behind anything that is not a plain dotted name: `(r).f`, `a[1].f`, `f(x).f`. @public */
export interface FieldAccess extends Node {
  readonly kind: "FieldAccess";
  readonly operand: Expression;
  readonly field: Identifier;
}

/** `array[i]`, `map[k]`, `row['name']`. @public */
export interface ItemAccess extends Node {
  readonly kind: "ItemAccess";
  readonly operand: Expression;
  readonly index: Expression;
}

/** @public */
export type UnaryOperator = "NOT" | "+" | "-";

/** @public */
export interface Unary extends Node {
  readonly kind: "Unary";
  readonly operator: UnaryOperator;
  readonly operand: Expression;
}

/** @public */
export type ComparisonOperator = "=" | "<>" | "<" | "<=" | ">" | ">=";

/** @public */
export type BinaryOperator =
  "OR" | "AND" | ComparisonOperator | "OVERLAPS" | "+" | "-" | "*" | "/" | "%" | "||";

/** @public */
export interface Binary extends Node {
  readonly kind: "Binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

/** `x IS [NOT] NULL`, `TRUE`, `FALSE`, `UNKNOWN`, `JSON [VALUE | SCALAR | ARRAY | OBJECT]`. @public */
export interface IsPredicate extends Node {
  readonly kind: "IsPredicate";
  readonly operand: Expression;
  readonly test:
    "NULL" | "TRUE" | "FALSE" | "UNKNOWN" | "JSON VALUE" | "JSON SCALAR" | "JSON ARRAY" | "JSON OBJECT";
  readonly negated: boolean;
}

/** `a IS [NOT] DISTINCT FROM b`. @public */
export interface IsDistinctFrom extends Node {
  readonly kind: "IsDistinctFrom";
  readonly left: Expression;
  readonly right: Expression;
  /** `IS NOT DISTINCT FROM`: true when both are equal or both NULL. */
  readonly negated: boolean;
}

/** `x [NOT] BETWEEN [ASYMMETRIC | SYMMETRIC] low AND high`. @public */
export interface Between extends Node {
  readonly kind: "Between";
  readonly operand: Expression;
  readonly low: Expression;
  readonly high: Expression;
  readonly symmetric: boolean;
  readonly negated: boolean;
}

/** `x [NOT] IN (a, b)`. @public */
export interface InList extends Node {
  readonly kind: "InList";
  readonly operand: Expression;
  /** One or more. */
  readonly values: readonly Expression[];
  readonly negated: boolean;
}

/** `x [NOT] IN (SELECT ...)`. @public */
export interface InSubquery extends Node {
  readonly kind: "InSubquery";
  readonly operand: Expression;
  readonly query: Query;
  readonly negated: boolean;
}

/** `x = ANY (SELECT ...)`, `x > ALL (1, 2)`. @public */
export interface QuantifiedComparison extends Node {
  readonly kind: "QuantifiedComparison";
  readonly operator: ComparisonOperator;
  readonly quantifier: "SOME" | "ALL";
  readonly operand: Expression;
  readonly values: Query | readonly Expression[];
}

/** `EXISTS (SELECT ...)`. @public */
export interface Exists extends Node {
  readonly kind: "Exists";
  readonly query: Query;
}

/** `(SELECT ...)` where a value stands. @public */
export interface Subquery extends Node {
  readonly kind: "Subquery";
  readonly query: Query;
}

/** `x [NOT] LIKE p [ESCAPE c]`, `x [NOT] SIMILAR TO p [ESCAPE c]`. @public */
export interface Like extends Node {
  readonly kind: "Like";
  readonly form: "LIKE" | "SIMILAR TO";
  readonly operand: Expression;
  readonly pattern: Expression;
  readonly escape: Expression | undefined;
  readonly negated: boolean;
}

/** `CASE [x] WHEN a[, b] THEN r ... [ELSE e] END`. @public */
export interface Case extends Node {
  readonly kind: "Case";
  /** `undefined`: each condition is a truth value; else it is compared with the operand. */
  readonly operand: Expression | undefined;
  readonly branches: readonly CaseBranch[];
  readonly otherwise: Expression | undefined;
}

/** @public */
export interface CaseBranch extends Node {
  readonly kind: "CaseBranch";
  /** One or more; more than one only with an operand. */
  readonly conditions: readonly Expression[];
  readonly result: Expression;
}

/** `CAST(x AS t)`, `TRY_CAST(x AS t)`. @public */
export interface Cast extends Node {
  readonly kind: "Cast";
  readonly operand: Expression;
  readonly type: TypeNode;
  /** `TRY_CAST`: NULL where the cast fails. */
  readonly safe: boolean;
}

/**
 * A call. The special forms are calls too, their parts in order:
 * `EXTRACT(u FROM x)` has `[TimeUnit, x]`; `FLOOR(x TO u)` and `CEIL(x TO u)` have `[x, TimeUnit]`; `TIMESTAMPADD` and
 * `TIMESTAMPDIFF` start with a TimeUnit; `SUBSTRING(s FROM i FOR n)` has `[s, i, n]`; `OVERLAY(s PLACING t FROM i FOR n)`
 * has `[s, t, i, n]`; `POSITION(a IN s)` has `[a, s]`; `CEILING` stays `CEILING`. `CURRENT_TIMESTAMP` and its kin,
 * written without brackets, have no arguments. `TRIM`, `CAST` and the JSON functions with clauses are nodes of their own.
 * @public
 */
export interface FunctionCall extends Node {
  readonly kind: "FunctionCall";
  /** As written; built-in names compare without case. */
  readonly name: QualifiedName;
  readonly arguments: readonly FunctionArgument[];
  readonly quantifier: "DISTINCT" | "ALL" | undefined;
  /** `IGNORE NULLS`, `RESPECT NULLS`. */
  readonly nulls: "IGNORE" | "RESPECT" | undefined;
  /** `WITHIN GROUP (ORDER BY ...)`; empty without it. */
  readonly withinGroup: readonly OrderItem[];
  /** `FILTER (WHERE ...)`. */
  readonly filter: Expression | undefined;
  readonly over: WindowSpecification | undefined;
}

/** What may stand between the brackets of a call. @public */
export type FunctionArgument =
  Expression | Star | TimeUnitNode | NamedArgument | TableArgument | DescriptorArgument | DefaultArgument;

/** Unit in `EXTRACT`, `FLOOR ... TO`, `TIMESTAMPADD` and the like, singular. @public */
export type TimeUnit =
  | IntervalUnit
  | "NANOSECOND"
  | "MICROSECOND"
  | "MILLISECOND"
  | "DOW"
  | "ISODOW"
  | "DOY"
  | "ISOYEAR"
  | "DECADE"
  | "CENTURY"
  | "MILLENNIUM"
  | "EPOCH";

/** @public */
export interface TimeUnitNode extends Node {
  readonly kind: "TimeUnit";
  readonly unit: TimeUnit;
}

/** `name => value`. @public */
export interface NamedArgument extends Node {
  readonly kind: "NamedArgument";
  readonly name: Identifier;
  readonly value: Exclude<FunctionArgument, NamedArgument>;
}

/** `TABLE t [PARTITION BY ...] [ORDER BY ...]` or `TABLE (SELECT ...) ...` as an argument of a table function. @public */
export interface TableArgument extends Node {
  readonly kind: "TableArgument";
  readonly table: QualifiedName | Query;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
}

/** `DESCRIPTOR(c, ...)`. @public */
export interface DescriptorArgument extends Node {
  readonly kind: "Descriptor";
  readonly columns: readonly Identifier[];
}

/** `DEFAULT` in place of an argument. @public */
export interface DefaultArgument extends Node {
  readonly kind: "DefaultArgument";
}

/** `TRIM([BOTH | LEADING | TRAILING] [c] FROM s)` and `TRIM(s)`. @public */
export interface Trim extends Node {
  readonly kind: "Trim";
  readonly side: "BOTH" | "LEADING" | "TRAILING";
  /** Blanks unless given. */
  readonly characters: Expression | undefined;
  readonly operand: Expression;
}

/** `(t1 - t2) SECOND`: the difference as an interval. @public */
export interface TimeDifference extends Node {
  readonly kind: "TimeDifference";
  readonly left: Expression;
  readonly right: Expression;
  readonly qualifier: IntervalQualifier;
}

/** `ROW(a, b)` or `(a, b)`. @public */
export interface RowConstructor extends Node {
  readonly kind: "RowConstructor";
  readonly items: readonly Expression[];
  /** Whether the word ROW was written. */
  readonly explicit: boolean;
}

/** `ARRAY[a, b]`, `MULTISET[a, b]`; may be empty. @public */
export interface CollectionConstructor extends Node {
  readonly kind: "CollectionConstructor";
  readonly collection: "ARRAY" | "MULTISET";
  readonly items: readonly Expression[];
}

/** `MAP[k, v, k, v]`; may be empty. @public */
export interface MapConstructor extends Node {
  readonly kind: "MapConstructor";
  readonly entries: readonly { readonly key: Expression; readonly value: Expression }[];
}

/** `NULL | ERROR | DEFAULT x | EMPTY | EMPTY ARRAY | EMPTY OBJECT  ON EMPTY | ERROR`, and TRUE, FALSE, UNKNOWN. @public */
export interface JsonBehaviour extends Node {
  readonly kind: "JsonBehaviour";
  readonly behaviour:
    "NULL" | "ERROR" | "DEFAULT" | "EMPTY ARRAY" | "EMPTY OBJECT" | "TRUE" | "FALSE" | "UNKNOWN";
  /** Only with `DEFAULT`. */
  readonly value: Expression | undefined;
}

/** `JSON_VALUE(j, path [RETURNING t] [... ON EMPTY] [... ON ERROR])`. @public */
export interface JsonValue extends Node {
  readonly kind: "JsonValue";
  readonly input: Expression;
  readonly path: Expression;
  readonly returning: TypeNode | undefined;
  readonly onEmpty: JsonBehaviour | undefined;
  readonly onError: JsonBehaviour | undefined;
}

/** `JSON_QUERY(j, path [RETURNING t] [wrapper] [... ON EMPTY] [... ON ERROR])`. @public */
export interface JsonQuery extends Node {
  readonly kind: "JsonQuery";
  readonly input: Expression;
  readonly path: Expression;
  readonly returning: TypeNode | undefined;
  readonly wrapper: "WITHOUT" | "CONDITIONAL" | "UNCONDITIONAL" | undefined;
  readonly onEmpty: JsonBehaviour | undefined;
  readonly onError: JsonBehaviour | undefined;
}

/** `JSON_EXISTS(j, path [... ON ERROR])`. @public */
export interface JsonExists extends Node {
  readonly kind: "JsonExists";
  readonly input: Expression;
  readonly path: Expression;
  readonly onError: JsonBehaviour | undefined;
}

/** `JSON_OBJECT([KEY] k VALUE v, ... [NULL | ABSENT ON NULL])`, and `JSON_OBJECTAGG` with one entry. @public */
export interface JsonObject extends Node {
  readonly kind: "JsonObject";
  readonly aggregate: boolean;
  readonly entries: readonly { readonly key: Expression; readonly value: Expression }[];
  readonly onNull: "NULL" | "ABSENT" | undefined;
  /** `FILTER (WHERE ...)`, aggregates only. */
  readonly filter: Expression | undefined;
}

/** `JSON_ARRAY(v, ... [NULL | ABSENT ON NULL])`, and `JSON_ARRAYAGG` with one item. @public */
export interface JsonArray extends Node {
  readonly kind: "JsonArray";
  readonly aggregate: boolean;
  readonly items: readonly Expression[];
  readonly onNull: "NULL" | "ABSENT" | undefined;
  /** `FILTER (WHERE ...)`, aggregates only. */
  readonly filter: Expression | undefined;
}

/** Anything with a value. @public */
export type Expression =
  | Literal
  | ColumnReference
  | FieldAccess
  | ItemAccess
  | Unary
  | Binary
  | IsPredicate
  | IsDistinctFrom
  | Between
  | InList
  | InSubquery
  | QuantifiedComparison
  | Exists
  | Subquery
  | Like
  | Case
  | Cast
  | FunctionCall
  | Trim
  | TimeDifference
  | RowConstructor
  | CollectionConstructor
  | MapConstructor
  | JsonValue
  | JsonQuery
  | JsonExists
  | JsonObject
  | JsonArray;

// ---------------------------------------------------------------------------------------------------------------
// Queries

/** `[WITH ...] body [ORDER BY ...] [LIMIT n] [OFFSET n] [FETCH ...]`. Every query and subquery is one. @public */
export interface Query extends Node {
  readonly kind: "Query";
  readonly recursive: boolean;
  /** The common table expressions, in order. */
  readonly with: readonly CommonTable[];
  readonly body: QueryBody;
  readonly orderBy: readonly OrderItem[];
  readonly offset: Expression | undefined;
  /** `LIMIT n` or `FETCH FIRST n ROWS ONLY`; `LIMIT ALL` is `undefined`. */
  readonly limit: Expression | undefined;
}

/** `name [(columns)] AS (query)`. @public */
export interface CommonTable extends Node {
  readonly kind: "CommonTable";
  readonly name: Identifier;
  readonly columns: readonly Identifier[];
  readonly query: Query;
}

/** What a query is made of; a `Query` in here stood in parentheses and has clauses of its own. @public */
export type QueryBody = Select | SetOperation | Values | TableQuery | Query;

/** `UNION`, `INTERSECT`, `EXCEPT`. @public */
export interface SetOperation extends Node {
  readonly kind: "SetOperation";
  readonly operator: "UNION" | "INTERSECT" | "EXCEPT";
  readonly all: boolean;
  readonly left: QueryBody;
  readonly right: QueryBody;
}

/** `VALUES (1, 'a'), (2, 'b')`. @public */
export interface Values extends Node {
  readonly kind: "Values";
  /** One or more rows of one or more items; `VALUES 1, 2` has rows of one item. */
  readonly rows: readonly RowConstructor[];
}

/** `TABLE t` as a query. @public */
export interface TableQuery extends Node {
  readonly kind: "TableQuery";
  readonly name: QualifiedName;
}

/** `SELECT ... FROM ...`. @public */
export interface Select extends Node {
  readonly kind: "Select";
  readonly hints: readonly Hint[];
  readonly quantifier: "DISTINCT" | "ALL" | undefined;
  readonly items: readonly SelectItem[];
  /** `undefined` for a SELECT without FROM; comma joins are `Join` nodes. */
  readonly from: TableReference | undefined;
  readonly where: Expression | undefined;
  readonly groupBy: GroupBy | undefined;
  readonly having: Expression | undefined;
  readonly windows: readonly NamedWindow[];
  readonly qualify: Expression | undefined;
}

/** `*`, `t.*`, `r.*`; also the argument of `COUNT(*)`. @public */
export interface Star extends Node {
  readonly kind: "Star";
  /** The dotted name before `.*`; empty for a bare star. */
  readonly qualifier: readonly Identifier[];
}

/** `expression [[AS] alias]`. @public */
export interface SelectExpression extends Node {
  readonly kind: "SelectExpression";
  readonly expression: Expression;
  readonly alias: Identifier | undefined;
}

/** @public */
export type SelectItem = Star | SelectExpression;

/** `GROUP BY [DISTINCT | ALL] ...`. @public */
export interface GroupBy extends Node {
  readonly kind: "GroupBy";
  readonly quantifier: "DISTINCT" | "ALL" | undefined;
  readonly elements: readonly GroupingElement[];
}

/** An expression, or one of the forms of grouping sets; `()` is a `GroupingSet` without expressions. @public */
export type GroupingElement = Expression | GroupingSet | GroupingSets;

/** `(a, b)` inside GROUPING SETS, ROLLUP, CUBE, or `()`. @public */
export interface GroupingSet extends Node {
  readonly kind: "GroupingSet";
  readonly expressions: readonly Expression[];
}

/** `GROUPING SETS (...)`, `ROLLUP (...)`, `CUBE (...)`. @public */
export interface GroupingSets extends Node {
  readonly kind: "GroupingSets";
  readonly form: "GROUPING SETS" | "ROLLUP" | "CUBE";
  readonly elements: readonly GroupingElement[];
}

/** `expression [ASC | DESC] [NULLS FIRST | LAST]`. @public */
export interface OrderItem extends Node {
  readonly kind: "OrderItem";
  readonly expression: Expression;
  readonly direction: "ASC" | "DESC" | undefined;
  readonly nulls: "FIRST" | "LAST" | undefined;
}

/** `WINDOW name AS (...)`. @public */
export interface NamedWindow extends Node {
  readonly kind: "NamedWindow";
  readonly name: Identifier;
  readonly specification: WindowSpecification;
}

/** `OVER name` or `OVER ([name] PARTITION BY ... ORDER BY ... frame)`. @public */
export interface WindowSpecification extends Node {
  readonly kind: "WindowSpecification";
  /** A named window that is used or extended. */
  readonly reference: Identifier | undefined;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  readonly frame: WindowFrame | undefined;
}

/** `ROWS | RANGE [BETWEEN start AND end]`. @public */
export interface WindowFrame extends Node {
  readonly kind: "WindowFrame";
  readonly unit: "ROWS" | "RANGE";
  readonly start: WindowBound;
  /** `undefined` when only the start was written (the end is the current row). */
  readonly end: WindowBound | undefined;
}

/** @public */
export interface WindowBound extends Node {
  readonly kind: "WindowBound";
  readonly bound: "UNBOUNDED PRECEDING" | "PRECEDING" | "CURRENT ROW" | "FOLLOWING" | "UNBOUNDED FOLLOWING";
  /** With `PRECEDING` and `FOLLOWING` only. */
  readonly offset: Expression | undefined;
}

/** `NAME`, `NAME(a, b)` or `NAME('k' = 'v', ...)` inside a hint comment. @public */
export interface Hint extends Node {
  readonly kind: "Hint";
  readonly name: Identifier;
  readonly options: readonly { readonly key: string; readonly value: string }[];
  /** Arguments that are no pairs, as text. */
  readonly arguments: readonly string[];
}

/** `[AS] alias [(columns)]`. @public */
export interface TableAlias extends Node {
  readonly kind: "TableAlias";
  readonly name: Identifier;
  readonly columns: readonly Identifier[];
}

/** A table or view by name. @public */
export interface NamedTable extends Node {
  readonly kind: "NamedTable";
  readonly name: QualifiedName;
  readonly hints: readonly Hint[];
  /** The point in time of `FOR SYSTEM_TIME AS OF x`. */
  readonly asOf: Expression | undefined;
  readonly alias: TableAlias | undefined;
}

/** `[LATERAL] (query) [alias]`, VALUES included. @public */
export interface DerivedTable extends Node {
  readonly kind: "DerivedTable";
  readonly lateral: boolean;
  readonly query: Query;
  readonly alias: TableAlias | undefined;
}

/** `TABLE(f(...))`, `LATERAL TABLE(f(...))`, and bare `f(...)` of 2.x. @public */
export interface TableFunction extends Node {
  readonly kind: "TableFunction";
  readonly form: "TABLE" | "LATERAL TABLE" | "BARE";
  readonly call: FunctionCall;
  readonly alias: TableAlias | undefined;
}

/** `UNNEST(a, ...) [WITH ORDINALITY] [alias]`. @public */
export interface Unnest extends Node {
  readonly kind: "Unnest";
  readonly operands: readonly Expression[];
  readonly ordinality: boolean;
  readonly alias: TableAlias | undefined;
}

/** A join of two table references; joins group from the left. @public */
export interface Join extends Node {
  readonly kind: "Join";
  /** `COMMA` is `a, b`; it means what `CROSS` means. */
  readonly type: "INNER" | "LEFT" | "RIGHT" | "FULL" | "CROSS" | "COMMA";
  readonly natural: boolean;
  readonly left: TableReference;
  readonly right: TableReference;
  readonly on: Expression | undefined;
  /** Empty without `USING`. */
  readonly using: readonly Identifier[];
}

/** A table operator that is read but has no tree, `MATCH_RECOGNIZE (...)`, `PIVOT (...)`, ...; to be refused by name. @public */
export interface UnsupportedTable extends Node {
  readonly kind: "UnsupportedTable";
  /** As written in the reference, e.g. `MATCH_RECOGNIZE`. */
  readonly feature: string;
  readonly input: TableReference;
  readonly alias: TableAlias | undefined;
}

/** What may stand in FROM. @public */
export type TableReference = NamedTable | DerivedTable | TableFunction | Unnest | Join | UnsupportedTable;
