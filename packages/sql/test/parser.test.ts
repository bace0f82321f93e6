import type { Expression, ParsedScript, Statement, StatementSet } from "@tributary/sql";
import { isCompleteScript, loadParser, parseScript, redactScript } from "@tributary/sql";
import test, { type ExecutionContext } from "ava";

import { expressionText, printType, withoutSpans } from "./expression-text.js";

const parser = await loadParser();

/** The only statement of a script without faults. */
function only<K extends Statement["kind"]>(
  t: ExecutionContext,
  text: string,
  kind: K,
): Extract<Statement, { kind: K }> {
  const { statements, diagnostics } = parser.parse(text);
  t.deepEqual(diagnostics, []);
  t.is(statements.length, 1);
  const [statement] = statements;
  if (statement?.kind !== kind) throw new TypeError(`${text} is a ${statement?.kind ?? "nothing"}`);
  return statement as Extract<Statement, { kind: K }>;
}

function expressionOf(t: ExecutionContext, text: string): Expression {
  const { expression, diagnostics } = parser.parseExpression(text);
  t.deepEqual(diagnostics, [], text);
  if (expression === undefined) throw new TypeError(text);
  return expression;
}

// Precedence: the tree with all brackets written out.

/** An expression with every operator in brackets. */
function bracketed(node: Expression): string {
  if (node.kind === "Binary") return `(${bracketed(node.left)} ${node.operator} ${bracketed(node.right)})`;
  if (node.kind === "Unary") return `(${node.operator} ${bracketed(node.operand)})`;
  if (node.kind === "IsPredicate")
    return `(${bracketed(node.operand)} IS ${node.negated ? "NOT " : ""}${node.test})`;
  if (node.kind === "IsDistinctFrom")
    return `(${bracketed(node.left)} IS ${node.negated ? "NOT " : ""}DISTINCT FROM ${bracketed(node.right)})`;
  if (node.kind === "Between")
    return `(${bracketed(node.operand)} BETWEEN ${bracketed(node.low)} AND ${bracketed(node.high)})`;
  if (node.kind === "Like") return `(${bracketed(node.operand)} ${node.form} ${bracketed(node.pattern)})`;
  if (node.kind === "InList")
    return `(${bracketed(node.operand)} IN (${node.values.map(bracketed).join(", ")}))`;
  return expressionText(node);
}

const PRECEDENCE: readonly (readonly [text: string, bracketed: string])[] = [
  ["a OR b AND c", "(a OR (b AND c))"],
  ["NOT a = b AND c", "((NOT (a = b)) AND c)"],
  ["NOT a IS NULL", "(NOT (a IS NULL))"],
  ["a = b IS NULL", "((a = b) IS NULL)"],
  ["a = b = c", "((a = b) = c)"],
  ["a - b - c", "((a - b) - c)"],
  ["a + b * c || d", "(a + ((b * c) || d))"],
  ["a * b / c % d", "(((a * b) / c) % d)"],
  ["- a * b", "((- a) * b)"],
  ["a - -b", "(a - (- b))"],
  ["a < b + 1", "(a < (b + 1))"],
  ["a = b BETWEEN c AND d", "(a = (b BETWEEN c AND d))"],
  ["a BETWEEN b + 1 AND c + 1 AND d", "((a BETWEEN (b + 1) AND (c + 1)) AND d)"],
  ["a || 'x' LIKE 'y' OR b", "(((a || 'x') LIKE 'y') OR b)"],
  ["a IN (1, 2) = b", "((a IN (1, 2)) = b)"],
  ["a IS NOT DISTINCT FROM b OR c", "((a IS NOT DISTINCT FROM b) OR c)"],
  ["a = NOT b AND c", "((a = (NOT b)) AND c)"],
  ["(a OR b) AND c", "((a OR b) AND c)"],
];

for (const [text, expected] of PRECEDENCE) {
  test(`${text} means ${expected}`, (t) => {
    t.is(bracketed(expressionOf(t, text)), expected);
  });
}

// Expressions: a few fields of the tree.

const EXPRESSIONS: readonly (readonly [text: string, tree: Readonly<Record<string, unknown>>])[] = [
  ["12", { kind: "NumberLiteral", text: "12", form: "integer" }],
  [".5", { kind: "NumberLiteral", text: ".5", form: "decimal" }],
  ["1.5E+3", { kind: "NumberLiteral", text: "1.5E+3", form: "approximate" }],
  ["'it''s'", { kind: "StringLiteral", value: "it's" }],
  ["'a\\n'", { kind: "StringLiteral", value: "a\\n" }],
  ["'one '\n -- and\n 'two'", { kind: "StringLiteral", value: "one two" }],
  ["U&'\\263A \\+01F600 \\\\'", { kind: "StringLiteral", value: "\u263a \u{1f600} \\" }],
  ["U&'!263A' UESCAPE '!'", { kind: "StringLiteral", value: "\u263a" }],
  ["E'a\\n\\'\\x41\\u00e9'", { kind: "StringLiteral", value: "a\n'A\u00e9" }],
  ["x'0aFF'", { kind: "BinaryLiteral", value: [10, 255] }],
  ["unknown", { kind: "BooleanLiteral", value: null }],
  ["DATE '2024-02-29'", { kind: "DateTimeLiteral", type: "DATE" }],
  [
    "TIMESTAMP WITH LOCAL TIME ZONE '2024-02-29 00:00:00'",
    { kind: "DateTimeLiteral", type: "TIMESTAMP_LTZ" },
  ],
  [
    "INTERVAL -'1:30' HOURS TO MINUTES",
    {
      kind: "IntervalLiteral",
      sign: -1,
      value: { kind: "StringLiteral", value: "1:30" },
      qualifier: { kind: "IntervalQualifier", from: "HOUR", to: "MINUTE" },
    },
  ],
  [
    "INTERVAL '120.5' SECOND(3, 1)",
    { qualifier: { kind: "IntervalQualifier", from: "SECOND", precision: 3, fraction: 1 } },
  ],
  [
    "a.`b c`.d",
    {
      kind: "ColumnReference",
      parts: ["a", "b c", "d"].map((name) => ({ kind: "Identifier", name })),
    },
  ],
  ["f(x).y", { kind: "FieldAccess", field: { kind: "Identifier", name: "y" } }],
  ["a[1]['k']", { kind: "ItemAccess", index: { kind: "StringLiteral", value: "k" } }],
  ["(a, b)", { kind: "RowConstructor", explicit: false }],
  ["ROW(a)", { kind: "RowConstructor", explicit: true }],
  ["MAP['a', 1]", { kind: "MapConstructor" }],
  ["map.a", { kind: "ColumnReference" }],
  ["ARRAY[]", { kind: "CollectionConstructor", items: [] }],
  ["COUNT(*)", { kind: "FunctionCall", arguments: [{ kind: "Star", qualifier: [] }] }],
  ["COUNT(DISTINCT a) FILTER (WHERE b)", { kind: "FunctionCall", quantifier: "DISTINCT" }],
  ["LEFT(s, 2)", { kind: "FunctionCall" }],
  ["CURRENT_TIMESTAMP", { kind: "FunctionCall", arguments: [] }],
  ["FIRST_VALUE(a) IGNORE NULLS", { kind: "FunctionCall", nulls: "IGNORE" }],
  ["CARDINALITY(a)", { kind: "FunctionCall" }],
  ["TRIM(s)", { kind: "Trim", side: "BOTH" }],
  ["TRIM('x' FROM s)", { kind: "Trim", side: "BOTH", characters: { kind: "StringLiteral", value: "x" } }],
  ["TRIM(LEADING FROM s)", { kind: "Trim", side: "LEADING" }],
  ["TRY_CAST(a AS INT)", { kind: "Cast", safe: true }],
  ["(t1 - t2) SECOND", { kind: "TimeDifference", qualifier: { kind: "IntervalQualifier", from: "SECOND" } }],
  ["CASE a WHEN 1, 2 THEN 'x' END", { kind: "Case" }],
  ["a IN (SELECT 1)", { kind: "InSubquery", negated: false }],
  ["a NOT IN ((SELECT 1), 2)", { kind: "InList", negated: true }],
  ["a > ALL (SELECT 1)", { kind: "QuantifiedComparison", quantifier: "ALL", operator: ">" }],
  ["a = ANY (1, 2)", { kind: "QuantifiedComparison", quantifier: "SOME" }],
  ["EXISTS (SELECT 1)", { kind: "Exists" }],
  ["((SELECT 1))", { kind: "Subquery" }],
  ["((SELECT 1) + 2) * 3", { kind: "Binary", operator: "*" }],
  ["(SELECT 1 UNION (SELECT 2))", { kind: "Subquery" }],
  ["((SELECT 1) UNION ALL (SELECT 2))", { kind: "Subquery" }],
  [
    "a NOT LIKE 'x' ESCAPE '!'",
    { kind: "Like", negated: true, escape: { kind: "StringLiteral", value: "!" } },
  ],
  ["a SIMILAR TO b", { kind: "Like", form: "SIMILAR TO" }],
  ["a BETWEEN SYMMETRIC 2 AND 1", { kind: "Between", symmetric: true }],
  ["(a, b) OVERLAPS (c, d)", { kind: "Binary", operator: "OVERLAPS" }],
  ["a IS JSON OBJECT", { kind: "IsPredicate", test: "JSON OBJECT" }],
  [
    "JSON_VALUE(j, '$.a' RETURNING INT NULL ON EMPTY DEFAULT 0 ON ERROR)",
    {
      kind: "JsonValue",
      returning: { kind: "ScalarType", name: "INT", parameters: [] },
      onEmpty: { kind: "JsonBehaviour", behaviour: "NULL" },
      onError: {
        kind: "JsonBehaviour",
        behaviour: "DEFAULT",
        value: { kind: "NumberLiteral", text: "0", form: "integer" },
      },
    },
  ],
  ["JSON_QUERY(j, '$' WITH CONDITIONAL ARRAY WRAPPER)", { kind: "JsonQuery", wrapper: "CONDITIONAL" }],
  ["JSON_EXISTS(j, '$' FALSE ON ERROR)", { onError: { kind: "JsonBehaviour", behaviour: "FALSE" } }],
  ["JSON_OBJECT(KEY 'a' VALUE 1 ABSENT ON NULL)", { kind: "JsonObject", onNull: "ABSENT" }],
  ["JSON_ARRAY(NULL ON NULL)", { kind: "JsonArray", items: [], onNull: "NULL" }],
];

for (const [text, tree] of EXPRESSIONS) {
  test(`the expression ${text} is read`, (t) => {
    const read = withoutSpans(expressionOf(t, text)) as unknown as Record<string, unknown>;

    t.like(read, tree);
  });
}

/** Special forms and the calls that they are. */
const CALLS: readonly (readonly [text: string, call: string])[] = [
  ["SUBSTRING(s FROM 2 FOR 3)", "SUBSTRING(s, 2, 3)"],
  ["SUBSTRING(s, 2)", "SUBSTRING(s, 2)"],
  ["POSITION('a' || 'b' IN s)", "POSITION('a' || 'b', s)"],
  ["OVERLAY(s PLACING t FROM 2 FOR 3)", "OVERLAY(s, t, 2, 3)"],
  ["EXTRACT(DAYS FROM t)", "EXTRACT(unit DAY, t)"],
  ["FLOOR(t TO QUARTER)", "FLOOR(t, unit QUARTER)"],
  ["CEIL(x)", "CEIL(x)"],
  ["TIMESTAMPADD(SQL_TSI_WEEK, 1, t)", "TIMESTAMPADD(unit WEEK, 1, t)"],
  ["timestampdiff(day, a, b)", "timestampdiff(unit DAY, a, b)"],
];

for (const [text, call] of CALLS) {
  test(`${text} is the call ${call}`, (t) => {
    const read = expressionOf(t, text);
    t.is(read.kind, "FunctionCall");
    const { name, arguments: parts } = read as Extract<Expression, { kind: "FunctionCall" }>;
    const shown = parts.map((part) =>
      part.kind === "TimeUnit" ? `unit ${part.unit}` : expressionText(part as Expression),
    );
    t.is(`${name.parts[0]?.name ?? ""}(${shown.join(", ")})`, call);
  });
}

const TYPES: readonly (readonly [text: string, printed: string])[] = [
  ["INTEGER NOT NULL", "INT NOT NULL"],
  ["DEC(10, 2) NULL", "DECIMAL(10, 2) NULL"],
  ["DOUBLE PRECISION", "DOUBLE"],
  ["CHARACTER VARYING(3)", "VARCHAR(3)"],
  ["BINARY VARYING", "VARBINARY"],
  ["TIMESTAMP(3) WITHOUT TIME ZONE", "TIMESTAMP(3)"],
  ["TIMESTAMP(3) WITH LOCAL TIME ZONE", "TIMESTAMP_LTZ(3)"],
  ["TIMESTAMP WITH TIME ZONE", "TIMESTAMP_TZ"],
  ["INT NOT NULL ARRAY NOT NULL", "ARRAY<INT NOT NULL> NOT NULL"],
  ["MAP<STRING, ARRAY<ROW<a INT>>>", "MAP<STRING, ARRAY<ROW<a INT>>>"],
  ["ROW<>", "ROW<>"],
  ["ROW(a INT 'one', b ROW<>)", "ROW<a INT, b ROW<>>"],
  ["MULTISET<INT> MULTISET", "MULTISET<MULTISET<INT>>"],
  ["INTERVAL DAY(3) TO SECOND(6)", "INTERVAL DAY(3) TO SECOND(6)"],
  ["RAW('c', 's')", "RAW('c', 's')"],
  ["bitmap", "BITMAP"],
  ["a.b.c", "a.b.c"],
  ["VARIANT", "VARIANT"],
];

for (const [text, printed] of TYPES) {
  test(`the type ${text} is ${printed}`, (t) => {
    const read = expressionOf(t, `CAST(x AS ${text})`);
    t.is(read.kind === "Cast" ? printType(read.type) : "", printed);
  });
}

// Statements.

test("CREATE TABLE with all its clauses gives columns, watermark, keys, options and LIKE in order", (t) => {
  const table = only(
    t,
    `CREATE TEMPORARY TABLE IF NOT EXISTS cat.db.\`my t\` (
       id BIGINT NOT NULL PRIMARY KEY NOT ENFORCED COMMENT 'the key',
       ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
       seq STRING NOT NULL METADATA COMMENT 's',
       cost AS price * 2 COMMENT 'c',
       WATERMARK FOR a.b AS a.b - INTERVAL '5' SECOND,
       CONSTRAINT k UNIQUE (id, seq)
     ) COMMENT 'orders'
     DISTRIBUTED BY HASH(id) INTO 4 BUCKETS
     PARTITIONED BY (id, seq)
     WITH ('connector' = 'kinesis', 'a' = '1', 'a' = '2')
     LIKE base (EXCLUDING ALL OVERWRITING OPTIONS)`,
    "CreateTable",
  );

  t.like(withoutSpans(table), {
    temporary: true,
    ifNotExists: true,
    comment: { kind: "StringLiteral", value: "orders" },
    distribution: { kind: "Distribution", algorithm: "HASH", buckets: 4 },
  });
  t.deepEqual(
    table.name.parts.map((part) => [part.name, part.quoted]),
    [
      ["cat", false],
      ["db", false],
      ["my t", true],
    ],
  );
  t.deepEqual(
    table.columns.map((column) => `${column.kind} ${column.name.name} ${column.comment?.value ?? ""}`),
    ["PhysicalColumn id the key", "MetadataColumn ts ", "MetadataColumn seq s", "ComputedColumn cost c"],
  );
  t.like(table.columns[1], { kind: "MetadataColumn", virtual: true });
  t.deepEqual(
    table.watermarks.map(({ column }) => column.map((part) => part.name)),
    [["a", "b"]],
  );
  t.deepEqual(
    table.constraints.map((one) => [
      one.name?.name,
      one.constraint,
      one.columns.map((part) => part.name),
      one.enforced,
    ]),
    [
      [undefined, "PRIMARY KEY", ["id"], false],
      ["k", "UNIQUE", ["id", "seq"], undefined],
    ],
  );
  t.deepEqual(
    table.partitionedBy.map((part) => part.name),
    ["id", "seq"],
  );
  t.deepEqual(
    table.options.map(({ key, value }) => [key.value, value.value]),
    [
      ["connector", "kinesis"],
      ["a", "1"],
      ["a", "2"],
    ],
  );
  t.deepEqual(
    table.like?.options.map(({ strategy, feature }) => `${strategy} ${feature}`),
    ["EXCLUDING ALL", "OVERWRITING OPTIONS"],
  );
});

test("clauses of CREATE TABLE may be left out, and WITH may be empty", (t) => {
  const table = only(t, "create table t with ()", "CreateTable");

  t.like(table, { temporary: false, ifNotExists: false, comment: undefined, like: undefined });
  t.deepEqual([table.columns, table.options, table.partitionedBy], [[], [], []]);
});

test("a view keeps its columns, its comment and its query", (t) => {
  const view = only(
    t,
    "CREATE VIEW IF NOT EXISTS v (a COMMENT 'x', b) COMMENT 'y' AS SELECT 1, 2",
    "CreateView",
  );

  t.deepEqual(
    view.columns.map(({ name, comment }) => [name.name, comment?.value]),
    [
      ["a", "x"],
      ["b", undefined],
    ],
  );
  t.is(view.query.body.kind, "Select");
});

test("INSERT keeps its partition, its columns and its query apart from a bracketed query", (t) => {
  const listed = only(
    t,
    "INSERT OVERWRITE c.t /*+ OPTIONS('k' = 'v') */ PARTITION (d = 'x', n = -1) (a, b) VALUES (1, 2), (3, 4)",
    "Insert",
  );
  const bracketedQuery = only(t, "EXECUTE INSERT INTO t (SELECT 1)", "Insert");

  t.true(listed.overwrite);
  t.deepEqual(listed.hints[0]?.options, [{ key: "k", value: "v" }]);
  t.deepEqual(
    listed.partition.map(({ column, value }) => [column.name, value.kind]),
    [
      ["d", "StringLiteral"],
      ["n", "Unary"],
    ],
  );
  t.deepEqual(
    listed.columns.map((column) => column.name),
    ["a", "b"],
  );
  t.is(listed.query.body.kind === "Values" ? listed.query.body.rows.length : 0, 2);
  t.deepEqual(bracketedQuery.columns, []);
  t.is(bracketedQuery.query.body.kind, "Query");
});

const SETTINGS: readonly (readonly [text: string, kind: "Set" | "Reset", key?: string, value?: string])[] = [
  ["SET", "Set"],
  ["SET 'a.b' = 'c d'", "Set", "a.b", "c d"],
  ["set table.local-time-zone = Europe/Paris", "Set", "table.local-time-zone", "Europe/Paris"],
  ["SET a.b-c=10 s", "Set", "a.b-c", "10 s"],
  ["SET a = 'x'", "Set", "a", "x"],
  ["RESET", "Reset"],
  ["RESET 'a.b'", "Reset", "a.b"],
  ["RESET a.b-c", "Reset", "a.b-c"],
];

for (const [text, kind, key, value] of SETTINGS) {
  test(`${text} is read`, (t) => {
    const statement = only(t, `${text};`, kind);

    t.is(statement.key?.value, key);
    t.is(statement.kind === "Set" ? statement.value?.value : undefined, value);
  });
}

test("a statement set is one statement, in both spellings, and keeps the text of each INSERT", (t) => {
  const { statements, diagnostics } = parser.parse(`
    EXECUTE STATEMENT SET BEGIN
      INSERT INTO a SELECT CASE WHEN x THEN 1 END FROM s; -- the END of a CASE ends no set
      INSERT INTO b VALUES (';');
    END;
    BEGIN STATEMENT SET; INSERT INTO c SELECT 1; END;
    SELECT 1`);

  t.deepEqual(diagnostics, []);
  t.deepEqual(
    statements.map((statement) => statement.kind),
    ["StatementSet", "StatementSet", "QueryStatement"],
  );
  t.deepEqual(
    (statements[0] as StatementSet).inserts.map((insert) => insert.text),
    ["INSERT INTO a SELECT CASE WHEN x THEN 1 END FROM s", "INSERT INTO b VALUES (';')"],
  );
  t.true(statements[0]?.text.startsWith("EXECUTE STATEMENT SET BEGIN\n"));
  t.true(statements[0]?.text.endsWith("END"));
});

test("a statement's text is the source from its first to its last token", (t) => {
  const text = "-- before\n SELECT /* in */ 1 -- behind\n;; /* empty */ ; DROP VIEW IF EXISTS v ; ";
  const { statements, lines } = parser.parse(text);

  t.deepEqual(
    statements.map((statement) => statement.text),
    ["SELECT /* in */ 1", "DROP VIEW IF EXISTS v"],
  );
  t.deepEqual(
    statements.map(({ span }) => lines.position(span.start)),
    [
      { line: 2, column: 2 },
      { line: 3, column: 18 },
    ],
  );
});

const UNSUPPORTED: readonly (readonly [text: string, feature: string])[] = [
  ["USE CATALOG c", "USE CATALOG"],
  ["USE d", "USE"],
  ["SHOW TABLES", "SHOW TABLES"],
  ["ALTER TABLE t RENAME TO u", "ALTER TABLE"],
  ["DESCRIBE t", "DESCRIBE"],
  ["EXPLAIN SELECT * FROM t", "EXPLAIN"],
  ["EXPLAIN STATEMENT SET BEGIN INSERT INTO t SELECT 1; END", "EXPLAIN"],
  ["ANALYZE TABLE t COMPUTE STATISTICS", "ANALYZE TABLE"],
  ["CREATE TEMPORARY SYSTEM FUNCTION f AS 'x.Y'", "CREATE FUNCTION"],
  ["CREATE CATALOG c WITH ('type' = 'x')", "CREATE CATALOG"],
  ["CREATE MATERIALIZED TABLE t AS SELECT 1", "CREATE MATERIALIZED TABLE"],
  ["CREATE OR REPLACE TABLE t AS SELECT 1", "CREATE OR REPLACE TABLE"],
  ["CREATE TABLE t WITH ('connector' = 'x') AS SELECT 1", "CREATE TABLE AS"],
  ["CREATE TABLE t (b, a) AS SELECT 1 AS a, 2 AS b", "CREATE TABLE AS"],
  ["DROP DATABASE d CASCADE", "DROP DATABASE"],
  ["EXECUTE PLAN '/p'", "EXECUTE PLAN"],
  ["COMPILE PLAN '/p' FOR INSERT INTO t SELECT 1", "COMPILE PLAN"],
  ["STOP JOB 'x' WITH SAVEPOINT", "STOP JOB"],
  ["SELECT * FROM ML_PREDICT(TABLE t, MODEL m, DESCRIPTOR(c))", "MODEL"],
];

for (const [text, feature] of UNSUPPORTED) {
  test(`${text} is recognised as ${feature}`, (t) => {
    const statement = only(t, text, "UnsupportedStatement");

    t.is(statement.feature, feature);
    t.is(statement.text, text);
  });
}

// Queries.

/** The FROM of a query in short. */
function tables(script: ParsedScript): Record<string, unknown> {
  const [statement] = script.statements;
  if (statement?.kind !== "QueryStatement" || statement.query.body.kind !== "Select") return {};
  return { ...withoutSpans(statement.query.body.from) };
}

const FROMS: readonly (readonly [text: string, tree: Readonly<Record<string, unknown>>])[] = [
  ["t", { kind: "NamedTable" }],
  ["t AS a (x, y)", { kind: "NamedTable", alias: { kind: "TableAlias" } }],
  ["a, b", { kind: "Join", type: "COMMA" }],
  [
    "a JOIN b ON a.x = b.x LEFT OUTER JOIN c USING (x)",
    { kind: "Join", type: "LEFT", left: { kind: "Join", type: "INNER" } },
  ],
  ["a CROSS JOIN b", { kind: "Join", type: "CROSS" }],
  ["a NATURAL FULL JOIN b", { kind: "Join", type: "FULL", natural: true }],
  [
    "o JOIN d FOR SYSTEM_TIME AS OF o.proc AS d ON o.k = d.k",
    { right: { kind: "NamedTable", asOf: { kind: "ColumnReference" }, alias: { kind: "TableAlias" } } },
  ],
  ["(SELECT 1) AS s", { kind: "DerivedTable", lateral: false }],
  ["(VALUES (1, 'a')) AS v (n, s)", { kind: "DerivedTable", query: { body: { kind: "Values" } } }],
  ["(a JOIN b ON TRUE)", { kind: "Join" }],
  ["a, LATERAL TABLE(f(a.x)) AS l (y)", { right: { kind: "TableFunction", form: "LATERAL TABLE" } }],
  ["a CROSS JOIN UNNEST(a.xs) WITH ORDINALITY AS u (x, i)", { right: { kind: "Unnest", ordinality: true } }],
  ["TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR))", { kind: "TableFunction", form: "TABLE" }],
  ["TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)", { kind: "TableFunction", form: "BARE" }],
  [
    "t MATCH_RECOGNIZE (PATTERN (a b*) DEFINE a AS (a.x > 1)) AS m",
    { kind: "UnsupportedTable", feature: "MATCH_RECOGNIZE" },
  ],
];

for (const [text, tree] of FROMS) {
  test(`FROM ${text} is read`, (t) => {
    const script = parser.parse(`SELECT * FROM ${text}`);

    t.deepEqual(script.diagnostics, []);
    t.like(tables(script), tree);
  });
}

test("a window function takes named arguments, partitions and several descriptors", (t) => {
  const { query } = only(
    t,
    "SELECT * FROM SESSION(DATA => TABLE t PARTITION BY (k, l) ORDER BY x, TIMECOL => DESCRIPTOR(ts), GAP => INTERVAL '5' MINUTES)",
    "QueryStatement",
  );
  const from = query.body.kind === "Select" ? query.body.from : undefined;
  const parts = from?.kind === "TableFunction" ? from.call.arguments : [];

  t.deepEqual(
    parts.map((part) => (part.kind === "NamedArgument" ? [part.name.name, part.value.kind] : part.kind)),
    [
      ["DATA", "TableArgument"],
      ["TIMECOL", "Descriptor"],
      ["GAP", "IntervalLiteral"],
    ],
  );
  const [data] = parts;
  t.is(
    data?.kind === "NamedArgument" && data.value.kind === "TableArgument" ? data.value.partitionBy.length : 0,
    2,
  );
});

test("a SELECT has all its clauses, and INTERSECT binds tighter than UNION", (t) => {
  const { query } = only(
    t,
    `WITH c (x) AS (SELECT 1), d AS (VALUES 1, (2))
     SELECT DISTINCT t.*, *, COUNT(*) AS n, ROW_NUMBER() OVER w, SUM(a) OVER (PARTITION BY b ORDER BY c DESC NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) s
     FROM t WHERE a > 1 GROUP BY a, GROUPING SETS ((a, b), (), a), ROLLUP (a) HAVING COUNT(*) > 1
     WINDOW w AS (ORDER BY a) QUALIFY n > 1
     UNION ALL SELECT 1 INTERSECT SELECT 2
     ORDER BY 1 ASC, b LIMIT 10 OFFSET 5 ROWS`,
    "QueryStatement",
  );

  t.is(query.with.length, 2);
  t.deepEqual(
    [query.orderBy.length, query.limit?.kind, query.offset?.kind],
    [2, "NumberLiteral", "NumberLiteral"],
  );
  const union = query.body;
  t.like(withoutSpans(union), {
    kind: "SetOperation",
    operator: "UNION",
    all: true,
    right: { operator: "INTERSECT" },
  });
  const select = union.kind === "SetOperation" ? union.left : undefined;
  t.true(select?.kind === "Select");
  if (select?.kind !== "Select") return;
  t.is(select.quantifier, "DISTINCT");
  t.deepEqual(
    select.items.map((item) => (item.kind === "Star" ? item.qualifier.length : (item.alias?.name ?? ""))),
    [1, 0, "n", "", "s"],
  );
  t.deepEqual(
    select.groupBy?.elements.map((element) => element.kind),
    ["ColumnReference", "GroupingSets", "GroupingSets"],
  );
  t.deepEqual([select.windows.length, select.qualify?.kind], [1, "Binary"]);
});

test("FETCH FIRST is a limit, and without a number it is one row", (t) => {
  const limits = ["FETCH NEXT 3 ROWS ONLY", "FETCH FIRST ROW ONLY", "LIMIT ALL"].map((clause) => {
    const { limit } = only(t, `SELECT 1 ${clause}`, "QueryStatement").query;
    return limit?.kind === "NumberLiteral" ? limit.text : undefined;
  });

  t.deepEqual(limits, ["3", "1", undefined]);
});

test("free words that look like keywords are names", (t) => {
  const words =
    "name type data key version metadata model level source state format kind label options plan session week quarter zone days hours error";
  const list = words.split(" ").join(", ");

  only(t, `SELECT ${list} FROM data AS source WHERE key = version ORDER BY session`, "QueryStatement");
  only(t, `CREATE TABLE plan (${words.split(" ").join(" INT, ")} INT)`, "CreateTable");
});

test("spans reach from the first to the last token of a node, brackets included for operands", (t) => {
  const text = "(a + 1) * `b`";
  const read = expressionOf(t, text);

  t.deepEqual(read.span, { start: 0, end: text.length });
  t.deepEqual(read.kind === "Binary" ? [read.left.span, read.right.span] : [], [
    { start: 1, end: 6 },
    { start: 10, end: 13 },
  ]);
});

// Mistakes.

/** Line and column from 1; of the expected things, those that must be among the candidates. */
type Refusal = readonly [
  text: string,
  place: string,
  message: RegExp,
  candidates: readonly string[],
  hint?: RegExp,
];

const REFUSED: readonly Refusal[] = [
  ["SELCT a FROM t", "1:1", /^Found 'SELCT', expected SELECT/, ["SELECT"], /^Did you mean SELECT\?$/],
  ["SELECT a FORM t", "1:10", /^Found 'FORM', expected FROM/, ["FROM"], /^Did you mean FROM\?$/],
  ["SELECT a FROM t WEHRE a", "1:17", /^Found 'WEHRE'/, ["WHERE"], /WHERE/],
  ["CREATE TABEL t (a INT)", "1:8", /^Found 'TABEL'/, ["TABLE"], /TABLE/],
  ["CREATE TABLE t (a INT) WIHT ('a' = 'b')", "1:24", /^Found 'WIHT'/, ["WITH"], /WITH/],
  ["SELECT a FROM t GROUP a", "1:23", /^Found 'a', expected BY$/, ["BY"]],
  [
    "SELECT a FROM t WHERE",
    "1:22",
    /^Found the end of the script, expected an expression$/,
    ["an expression"],
  ],
  ["SELECT a FROM t WHERE;", "1:22", /^Found ';', expected an expression$/, ["an expression"]],
  ["SELECT (a FROM t", "1:11", /^Found 'FROM', expected ',' or '\)'$/, ["')'"]],
  ["SELECT (a;", "1:10", /^Found ';'/, ["')'"], /^The bracket at line 1, column 8 is not closed\.$/],
  ["SELECT a,\nFROM t", "2:1", /^Found 'FROM', expected an expression or '\*'$/, ["an expression"], /comma/],
  ["SELECT a b c FROM t", "1:12", /^Found 'c'/, ["FROM", "','"]],
  ["INSERT t SELECT 1", "1:8", /^Found 't', expected INTO or OVERWRITE$/, ["INTO", "OVERWRITE"]],
  ["INSERT INTO t (a, b VALUES (1)", "1:21", /^Found 'VALUES', expected ',' or '\)'$/, ["')'"]],
  ["CREATE TABLE t (a) WITH ('a' = 'b')", "1:36", /without types need a query/, ["AS"]],
  ["CREATE TABLE t (a INT b INT)", "1:23", /^Found 'b'/, ["','", "')'"]],
  ["DROP TABLE", "1:11", /^Found the end of the script, expected a name$/, ["a name"]],
  // Not in the language, with what to write.
  ["SELECT a != b", "1:10", /^'!=' is not part/, [], /<>/],
  ["SELECT a == b", "1:10", /^'==' is not part/, [], /Write =/],
  ["SELECT a && b", "1:10", /^'&&' is not part/, [], /AND/],
  ["SELECT a::INT", "1:9", /^'::' is not part/, [], /CAST\(x AS type\)/],
  ["SELECT ?", "1:8", /^'\?' is not part/, [], /Parameters/],
  ["SELECT a FROM t LIMIT 1, 2", "1:24", /^LIMIT takes one number$/, [], /^Write LIMIT 2 OFFSET 1\.$/],
  ["SELECT a AS 'x y'", "1:13", /^An alias is a name/, [], /^Write AS `x y`\.$/],
  ["SELECT a ILIKE 'x'", "1:10", /^ILIKE is not part/, [], /UPPER\(x\) LIKE/],
  ['SELECT "a"', "1:8", /^Double quotes quote nothing$/, [], /`a`/],
  ["SELECT 'a' 'b'", "1:12", /side by side on one line$/, []],
  ["SELECT 'a\nFROM t", "1:8", /^A string is not closed$/, []],
  ["SELECT `a", "1:8", /^A name in backquotes is not closed$/, []],
  ["SELECT 1 /* x", "1:10", /^A comment is not closed$/, []],
  ["SELECT X'0'", "1:8", /no string of bytes$/, []],
  ["SELECT U&'\\00'", "1:8", /no code point$/, []],
  ["SELECT INTERVAL 5 DAY", "1:17", /^The length of an interval is a string$/, [], /INTERVAL '5' DAY/],
  ["SELECT INTERVAL '1' DAY TO MONTH", "1:28", /cannot reach from DAY to MONTH/, ["HOUR", "SECOND"]],
  ["SELECT EXTRACT(DAYZ FROM t)", "1:16", /^'DAYZ' is no unit of time$/, ["DAY"]],
  ["SELECT CAST(a AS INT(3))", "1:18", /^INT has no length or precision$/, []],
  ["SELECT TRIM(BOTH 'x')", "1:21", /^TRIM does not say from what$/, ["FROM"]],
  ["SELECT a.b.c.d.e(1), x FROM a.b.c.d", "1:35", /at most three parts$/, []],
  // Options.
  ["CREATE TABLE t WITH (connector = 'x')", "1:22", /'connector' is not quoted$/, [], /'connector' = /],
  ["CREATE TABLE t WITH (scan.size = 'x')", "1:22", /'scan\.size' is not quoted$/, [], /'scan\.size' = /],
  ["CREATE TABLE t WITH ('connector' = kinesis)", "1:36", /'kinesis' is not quoted$/, [], /= 'kinesis'/],
  ["CREATE TABLE t WITH ('a' = 'b') COMMENT 'x'", "1:33", /^Found 'COMMENT', expected/, ["LIKE"]],
  ["CREATE TABLE t (dec DECIMAL)", "1:17", /^'dec' is a reserved word$/, ["`dec`"], /backquotes/],
  ["CREATE TABLE t WITH ('a' = 5)", "1:28", /are strings$/, [], /= '5'/],
  ["CREATE TABLE t WITH ('a' = 'b'\n'c' = 'd')", "2:5", /^Found '='/, ["','"], /comma is probably missing/],
  [
    "CREATE TABLE t LIKE b (INCLUDING ALL, EXCLUDING OPTIONS)",
    "1:37",
    /^Found ','/,
    ["')'"],
    /leave the comma out/,
  ],
  ["CREATE TABLE t LIKE b (INCLUDING ALL EXCLUDING ALL)", "1:38", /^ALL is named twice/, []],
  [
    "CREATE TABLE t LIKE b (OVERWRITING PARTITIONS)",
    "1:24",
    /^OVERWRITING PARTITIONS is not possible$/,
    ["OPTIONS"],
  ],
  ["CREATE TABLE t (ts METADATA FROM 'x')", "1:20", /needs a type before METADATA$/, []],
  ["CREATE TABLE t (a INT) DISTRIBUTED WITH ()", "1:36", /^DISTRIBUTED does not say how$/, ["BY", "INTO"]],
  // Settings.
  ["SET 'a'", "1:8", /expected =$/, ["="]],
  ["SET a b = c", "1:5", /^'a b' is no key$/, []],
  ["SET 'a' = 'b' c", "1:15", /^Found more than one value/, ["';'"]],
  // Sets.
  ["EXECUTE STATEMENT SET BEGIN END;", "1:29", /^Found 'END', expected INSERT$/, ["INSERT"]],
  ["EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1;", "1:52", /expected END$/, ["END"]],
  [
    "EXECUTE STATEMENT SET BEGIN SELECT 1; END",
    "1:29",
    /^Found 'SELECT', expected INSERT or END$/,
    ["INSERT"],
  ],
  ["STATEMENT SET BEGIN INSERT INTO a SELECT 1; END", "1:1", /expected EXECUTE$/, ["EXECUTE"]],
  ["EXECUTE SELECTED", "1:9", /^Found 'SELECTED'/, ["SELECT"]],
  ['SHOW "x"', "1:6", /^Double quotes/, []],
  // The second statement has lost its semicolon.
  [
    "DROP TABLE t\nCREATE VIEW v AS SELECT 1",
    "2:1",
    /^Found 'CREATE'/,
    ["';'"],
    /semicolon before it is missing/,
  ],
];

for (const [text, place, message, candidates, hint] of REFUSED) {
  test(`${JSON.stringify(text)} is refused at ${place}`, (t) => {
    const { statements, diagnostics } = parser.parse(text, "x.sql");
    const [fault] = diagnostics;

    t.deepEqual(statements, []);
    t.is(diagnostics.length, 1);
    t.like(fault, { severity: "error", code: "SQL_SYNTAX", file: "x.sql" });
    t.is(`${fault?.line ?? 0}:${fault?.column ?? 0}`, place);
    t.regex(fault?.message ?? "", message);
    t.deepEqual(
      candidates.filter((candidate) => fault?.candidates?.includes(candidate) !== true),
      [],
      fault?.candidates?.join(),
    );
    t.true((fault?.candidates?.length ?? 0) <= 5);
    t.regex(fault?.hint ?? "", hint ?? /^/);
  });
}

/** Reserved words where names are meant, each at its place. */
const RESERVED: readonly (readonly [text: string, ...places: readonly string[]])[] = [
  ["CREATE TABLE t (timestamp TIMESTAMP(3))", "1:17 timestamp"],
  ["CREATE TABLE t (a INT, order INT, user STRING, `date` DATE)", "1:24 order", "1:35 user"],
  ["SELECT date FROM t", "1:8 date"],
  ["SELECT count, a FROM t", "1:8 count"],
  ["SELECT t.user FROM t", "1:10 user"],
  ["SELECT a AS value FROM t", "1:13 value"],
  ["SELECT a FROM table", "1:15 table"],
  ["INSERT INTO t (a, time) SELECT 1, 2", "1:19 time"],
  ["SELECT * FROM TUMBLE(DATA => TABLE t, OFFSET => 1)", "1:39 OFFSET"],
];

for (const [text, ...places] of RESERVED) {
  test(`${text} has reserved words at ${places.join(", ")}`, (t) => {
    const { diagnostics } = parser.parse(text);

    t.deepEqual(
      diagnostics.map(({ line, column, message }) => [`${line ?? 0}:${column ?? 0}`, message]),
      places.map((place) => {
        const [at, word] = place.split(" ");
        return [at ?? "", `'${word ?? ""}' is a reserved word`];
      }),
    );
    t.regex(diagnostics[0]?.hint ?? "", /backquotes/);
  });
}

test("one run reports every bad statement and reads the others", (t) => {
  const { statements, diagnostics } = parser.parse(`
    CREATE TABLE a (x INT);
    CREATE TABLE b (x INTT(, y STRING;
    SELECT * FORM a;
    EXECUTE STATEMENT SET BEGIN
      INSERT INTO a SELCT 1;
      INSERT INTO a SELECT 1;
      INSERT INTO a VALUES;
    END;
    INSERT INTO a SELECT 1;
    SELECT a != 1 FROM a;
    EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1;
    CREATE VIEW v AS SELECT 1`);

  t.deepEqual(
    statements.map(({ kind }) => kind),
    ["CreateTable", "Insert", "CreateView"],
  );
  t.deepEqual(
    diagnostics.map(({ line }) => line),
    [3, 4, 6, 8, 11, 12],
  );
});

test("every bad column of a CREATE TABLE is reported once", (t) => {
  const { diagnostics } = parser.parse(`CREATE TABLE t (
    a MAP<STRING, INT>,
    b ,
    c ROW<x INT, y STRING> NUL NULL,
    d DECIMAL(10, 2) METADTA,
    e AS f(x, y) + ,
    g INT(5)
  ) WITH ('connector' = 'x')`);

  t.deepEqual(
    diagnostics.map(({ line }) => line),
    [3, 4, 5, 6, 7],
  );
});

test("a mistake behind the columns of a CREATE TABLE is reported at its place", (t) => {
  const { diagnostics } = parser.parse("CREATE TABLE t (\n a INT\n) PARTITIOND BY (a)");

  t.deepEqual(
    diagnostics.map(({ line, column, candidates }) => [line, column, candidates?.[0]]),
    [[3, 3, "PARTITIONED"]],
  );
});

test("no message holds the value of a secret option", (t) => {
  const texts = [
    "CREATE TABLE t WITH ('aws.secretkey' = hunter2)",
    "CREATE TABLE t WITH ('aws.secretkey' = 'hunter2' hunter2)",
    "CREATE TABLE t WITH ('aws.secretkey' 'hunter2')",
    "CREATE TABLE t WITH ('aws.secretkey' = 12345678)",
    "CREATE TABLE t WITH ('aws.secretkey' = 'hunter2",
    "SET 'aws.secretkey' = 'a' hunter2",
    `CREATE TABLE t WITH ('aws.secretkey' = "hunter2")`,
    "CREATE TABLE t WITH (aws.secretkey = 'hunter2')",
    "CREATE TABLE t WITH ('a' = 'b', `aws`.secretkey = hunter2)",
    "CREATE TABLE t WITH ('aws.secretkey' = /* hunter2 */ 12345678)",
  ];

  for (const text of texts) {
    const { diagnostics } = parser.parse(text);
    t.is(diagnostics.length, 1, text);
    t.notRegex(JSON.stringify(diagnostics), /hunter2|12345678/, text);
    t.notRegex(redactScript(text), /hunter2|12345678/, text);
  }
});

test("users in addresses are redacted, and columns stay", (t) => {
  t.is(
    redactScript("CREATE TABLE t WITH ('f.url' = 'http://me:hunter2@host:1/a', 'c' = 'x@y');"),
    "CREATE TABLE t WITH ('f.url' = 'http://**********@host:1/a', 'c' = 'x@y');",
  );
});

test("a redacted script keeps its lines and columns", (t) => {
  const text =
    "SET 'a' = 'b';\nCREATE TABLE t WITH ('api-key' = 'long secret value', 'c' = 'd');\nSET x.password = abc;";

  t.is(
    redactScript(text),
    "SET 'a' = 'b';\nCREATE TABLE t WITH ('api-key' = '******'           , 'c' = 'd');\nSET x.password = ***;",
  );
});

const COMPLETE: readonly (readonly [text: string, complete: boolean])[] = [
  ["", true],
  ["SELECT 1", false],
  ["SELECT 1;", true],
  ["SELECT 1; -- done", true],
  ["SELECT ';", false],
  ["SELECT 1; /* and", false],
  ["EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 1;", false],
  ["EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 1; END;", true],
  ["SELCT 1;", true],
];

for (const [text, complete] of COMPLETE) {
  test(`a shell ${complete ? "runs" : "goes on reading after"} ${JSON.stringify(text)}`, (t) => {
    t.is(isCompleteScript(text), complete);
  });
}

test("parseScript reads with the parser that the process has", async (t) => {
  const { statements } = await parseScript("SELECT 1");

  t.is(statements[0]?.kind, "QueryStatement");
  t.is(await loadParser(), parser);
});
