import type { Expression, Identifier, TypeNode } from "@tributary/sql";
import { loadParser } from "@tributary/sql";
import test from "ava";
import fc from "fast-check";

import { lex } from "../dist/parser/lexer.js";
import { splitScript } from "../dist/parser/splitter.js";
import { ScriptParser } from "../dist/parser/script-parser.js";
import { expressionText, printType, withoutSpans } from "./expression-text.js";

const SPAN = { start: 0, end: 0 };
const parser = await loadParser();

const identifier: fc.Arbitrary<Identifier> = fc
  .oneof(
    fc.constantFrom("a", "b", "c1", "order", "Größe", "my name", "tick`ed", "MAP", "select", "1st"),
    fc.string({ minLength: 1, maxLength: 5 }),
  )
  .map((name) => ({ kind: "Identifier", name, quoted: false, span: SPAN }));

const string = fc
  .oneof(
    fc.constantFrom("", "it's", "two\nlines", "-- no comment", "/* */", ";"),
    fc.string({ maxLength: 8 }),
  )
  .map((value) => ({ kind: "StringLiteral" as const, value, span: SPAN }));

const digits = (min: number, max: number): fc.Arbitrary<number | undefined> =>
  fc.option(fc.integer({ min, max }), { nil: undefined });

const qualifier = fc
  .constantFrom(
    ["DAY", undefined] as const,
    ["DAY", "SECOND"] as const,
    ["HOUR", "MINUTE"] as const,
    ["YEAR", "MONTH"] as const,
    ["WEEK", undefined] as const,
  )
  .chain(([from, to]) =>
    fc.record({
      kind: fc.constant("IntervalQualifier" as const),
      from: fc.constant(from),
      precision: digits(1, 4),
      to: fc.constant(to),
      fraction: to === "SECOND" ? digits(0, 9) : fc.constant(undefined),
      span: fc.constant(SPAN),
    }),
  );

const nullable = fc.constantFrom(undefined, true, false);

const { type } = fc.letrec<{ type: TypeNode }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({
      kind: fc.constant("ScalarType" as const),
      name: fc.constantFrom("BOOLEAN", "INT", "BIGINT", "STRING", "BYTES", "DATE", "VARIANT", "BITMAP"),
      parameters: fc.constant([]),
      nullable,
      span: fc.constant(SPAN),
    }),
    fc.record({
      kind: fc.constant("ScalarType" as const),
      name: fc.constantFrom("DECIMAL", "VARCHAR", "TIMESTAMP", "TIMESTAMP_LTZ", "TIME", "CHAR", "VARBINARY"),
      parameters: fc.array(fc.integer({ min: 0, max: 38 }), { maxLength: 1 }),
      nullable,
      span: fc.constant(SPAN),
    }),
    fc.record({ kind: fc.constant("IntervalType" as const), qualifier, nullable, span: fc.constant(SPAN) }),
    fc.record({
      kind: fc.constant("CollectionType" as const),
      collection: fc.constantFrom("ARRAY", "MULTISET"),
      element: tie("type"),
      nullable,
      span: fc.constant(SPAN),
    }),
    fc.record({
      kind: fc.constant("MapType" as const),
      key: tie("type"),
      value: tie("type"),
      nullable,
      span: fc.constant(SPAN),
    }),
    fc.record({
      kind: fc.constant("RowType" as const),
      fields: fc.array(
        fc.record({
          kind: fc.constant("RowTypeField" as const),
          name: identifier,
          type: tie("type"),
          comment: fc.constant(undefined),
          span: fc.constant(SPAN),
        }),
        { maxLength: 3 },
      ),
      nullable,
      span: fc.constant(SPAN),
    }),
  ),
}));

const { expression } = fc.letrec<{ expression: Expression }>((tie) => {
  const one = tie("expression");
  const few = fc.array(one, { minLength: 1, maxLength: 3 });
  const node = <K extends Expression["kind"]>(
    kind: K,
    parts: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  ): fc.Arbitrary<unknown> => fc.record({ kind: fc.constant(kind), ...parts, span: fc.constant(SPAN) });
  /** Operators come often, so that they meet each other. */
  const operator = (...[kind, parts]: Parameters<typeof node>): fc.WeightedArbitrary<unknown> => ({
    arbitrary: node(kind, parts),
    weight: kind === "Binary" ? 20 : 3,
  });
  const optional = fc.option(one, { nil: undefined });
  const nothing = fc.constant(undefined);
  return {
    expression: fc.oneof(
      { maxDepth: 5, depthSize: "large", withCrossShrink: true },
      node("ColumnReference", { parts: fc.array(identifier, { minLength: 1, maxLength: 3 }) }),
      fc.constantFrom(
        { kind: "NumberLiteral", text: "12", form: "integer", span: SPAN },
        { kind: "NumberLiteral", text: "1.50", form: "decimal", span: SPAN },
        { kind: "NumberLiteral", text: "1e-3", form: "approximate", span: SPAN },
        { kind: "NullLiteral", span: SPAN },
        { kind: "BooleanLiteral", value: null, span: SPAN },
        { kind: "BooleanLiteral", value: true, span: SPAN },
      ),
      string,
      node("BinaryLiteral", { value: fc.uint8Array({ maxLength: 4 }) }),
      node("DateTimeLiteral", { type: fc.constantFrom("DATE", "TIME", "TIMESTAMP"), value: string }),
      node("IntervalLiteral", { sign: fc.constantFrom(1, -1), value: string, qualifier }),
      operator("Unary", { operator: fc.constantFrom("NOT", "+", "-"), operand: one }),
      operator("Binary", {
        operator: fc.constantFrom(
          "OR",
          "AND",
          "=",
          "<>",
          "<",
          ">=",
          "+",
          "-",
          "*",
          "/",
          "%",
          "||",
          "OVERLAPS",
        ),
        left: one,
        right: one,
      }),
      operator("IsPredicate", {
        operand: one,
        test: fc.constantFrom("NULL", "TRUE", "FALSE", "UNKNOWN", "JSON VALUE", "JSON ARRAY"),
        negated: fc.boolean(),
      }),
      operator("IsDistinctFrom", { left: one, right: one, negated: fc.boolean() }),
      operator("Between", {
        operand: one,
        low: one,
        high: one,
        symmetric: fc.boolean(),
        negated: fc.boolean(),
      }),
      operator("InList", { operand: one, values: few, negated: fc.boolean() }),
      operator("Like", {
        form: fc.constantFrom("LIKE", "SIMILAR TO"),
        operand: one,
        pattern: one,
        escape: optional,
        negated: fc.boolean(),
      }),
      node("Case", {
        operand: optional,
        branches: fc.array(
          fc.record({
            kind: fc.constant("CaseBranch"),
            conditions: fc.array(one, { minLength: 1, maxLength: 1 }),
            result: one,
            span: fc.constant(SPAN),
          }),
          { minLength: 1, maxLength: 2 },
        ),
        otherwise: optional,
      }),
      node("Cast", { operand: one, type, safe: fc.boolean() }),
      node("FunctionCall", {
        name: fc.record({
          kind: fc.constant("QualifiedName"),
          parts: fc.array(identifier, { minLength: 1, maxLength: 2 }),
          span: fc.constant(SPAN),
        }),
        arguments: fc.array(one, { maxLength: 3 }),
        quantifier: fc.constantFrom(undefined, "DISTINCT"),
        nulls: nothing,
        withinGroup: fc.constant([]),
        filter: optional,
        over: nothing,
      }),
      node("Trim", {
        side: fc.constantFrom("BOTH", "LEADING", "TRAILING"),
        characters: optional,
        operand: one,
      }),
      node("TimeDifference", { left: one, right: one, qualifier }),
      node("FieldAccess", { operand: one, field: identifier }),
      node("ItemAccess", { operand: one, index: one }),
      node("RowConstructor", { items: few, explicit: fc.constant(true) }),
      node("RowConstructor", { items: fc.tuple(one, one), explicit: fc.constant(false) }),
      node("CollectionConstructor", { collection: fc.constantFrom("ARRAY", "MULTISET"), items: few }),
      node("MapConstructor", { entries: fc.array(fc.record({ key: one, value: one }), { maxLength: 2 }) }),
    ) as fc.Arbitrary<Expression>,
  };
});

test("an expression that is printed with as few brackets as its strengths allow is read as the same tree", (t) => {
  fc.assert(
    fc.property(expression, (tree) => {
      const text = expressionText(tree);
      const { expression: read, diagnostics } = parser.parseExpression(text);
      t.deepEqual(diagnostics, [], text);
      t.deepEqual(withoutSpans(read), withoutSpans(tree), text);
    }),
    { numRuns: 400 },
  );
});

test("a data type that is printed is read as the same tree", (t) => {
  fc.assert(
    fc.property(type, (tree) => {
      const text = `CAST(x AS ${printType(tree)})`;
      const { expression: read, diagnostics } = parser.parseExpression(text);
      t.deepEqual(diagnostics, [], text);
      t.deepEqual(withoutSpans(read?.kind === "Cast" ? read.type : undefined), withoutSpans(tree), text);
    }),
    { numRuns: 200 },
  );
});

/** Text made of pieces that matter to a lexer, in any order. */
const scriptText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "SELECT ",
        "a",
        "'x'",
        "'",
        "`",
        "``",
        ";",
        "\n",
        "\r\n",
        "--",
        "//",
        "/*",
        "*/",
        "/*+",
        '"',
        "(",
        ")",
        "<>",
        "U&'",
        "X'0",
        "E'\\",
        "STATEMENT SET BEGIN",
        " END",
        "BEGIN STATEMENT SET;",
        "1.5e",
        ".5",
        "::",
        "!=",
        "é",
        "\u{1f600}",
        "CREATE TABLE ",
        "INSERT INTO ",
        "VALUES ",
        "SET ",
        "=",
        ",",
        "UESCAPE",
        " ",
      ),
      fc.string({ maxLength: 4, unit: "grapheme" }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

test("the pieces of a script are the script", (t) => {
  fc.assert(
    fc.property(scriptText, (text) => {
      const pieces = splitScript(text);
      t.is(pieces.map(({ start, end }) => text.slice(start, end)).join(""), text);
    }),
    { numRuns: 500 },
  );
});

test("tokens and comments are the script without its blanks", (t) => {
  fc.assert(
    fc.property(scriptText, (text) => {
      const { tokens, comments } = lex(text);
      const parts = [...tokens, ...comments].sort((a, b) => a.start - b.start);
      let rest = "";
      let at = 0;
      for (const { start, end } of parts) {
        rest += text.slice(at, Math.max(at, start));
        at = Math.max(at, end);
      }
      t.is((rest + text.slice(at)).replace(/[\s\ufeff]/g, ""), "");
    }),
    { numRuns: 500 },
  );
});

test("no text makes the parser throw, and each of its faults has a place in the text", (t) => {
  fc.assert(
    fc.property(scriptText, (text) => {
      const { statements, diagnostics, lines } = parser.parse(text);
      t.true(
        diagnostics.every(({ line = 0, column = 0 }) => line >= 1 && line <= lines.lineCount && column >= 1),
      );
      t.true(statements.every(({ span, text: own }) => text.slice(span.start, span.end) === own));
    }),
    { numRuns: 300 },
  );
});

test("the grammar is unambiguous where it does not say so", (t) => {
  t.notThrows(() => new ScriptParser({ validate: true }));
});

const repeat = (text: string, times: number, end = ""): string => text.repeat(times) + end;

/** Each is as long as a script may reasonably be, or nested deeper than any. */
const HUGE: readonly (readonly [title: string, text: string, message: RegExp | undefined])[] = [
  [
    "rows of VALUES",
    `INSERT INTO t VALUES ${repeat("(1, 'some text', 1.5),\n", 40_000)} (1, 'x', 2)`,
    undefined,
  ],
  ["an IN list", `SELECT * FROM t WHERE a IN (${repeat("1, ", 300_000)}1)`, undefined],
  ["statements", repeat("INSERT INTO t SELECT a, b + 1 FROM s WHERE x = 'y';\n", 18_000), undefined],
  ["one string", `SELECT '${repeat("x", 1_000_000)}'`, undefined],
  ["a string on many lines", `SELECT ${repeat("'a'\n", 250_000)}`, undefined],
  ["semicolons", repeat(";", 1_000_000), undefined],
  ["brackets", `SELECT ${repeat("(", 10_000)}1${repeat(")", 10_000)}`, /^Nested more than 100 levels deep$/],
  ["open brackets", `SELECT ${repeat("(", 1_000_000)}`, /^Nested more than/],
  ["calls", `SELECT ${repeat("f(", 10_000)}1${repeat(")", 10_000)}`, /^Nested more than/],
  ["NOT", `SELECT ${repeat("NOT ", 250_000)}x`, /^Nested more than/],
  ["signs", `SELECT ${repeat("- ", 500_000)}1`, /^Nested more than/],
  ["types", `CREATE TABLE t (a ${repeat("ARRAY<", 100_000)}INT`, /^Nested more than/],
  ["CASE", `SELECT ${repeat("CASE WHEN ", 50_000)}`, /^Nested more than/],
  ["subqueries", `SELECT * FROM ${repeat("(SELECT * FROM ", 50_000)}t`, /^Nested more than/],
  ["a chain of +", `SELECT 1${repeat(" + 1", 250_000)}`, /^More than 1000 operators/],
  ["a chain of UNION", `${repeat("SELECT 1 UNION ALL ", 50_000)}SELECT 1`, /^More than 1000 operators/],
  ["a chain of joins", `SELECT * FROM t${repeat(" JOIN t ON TRUE", 60_000)}`, /^More than 1000 operators/],
  ["quotes", repeat("'", 1_000_001), /^A string is not closed$/],
  ["double quotes", repeat('"', 1_000_001), /^Double quotes quote nothing$/],
  ["an open comment", `/*${repeat(" x", 500_000)}`, /^A comment is not closed$/],
];

for (const [title, text, message] of HUGE) {
  test(`a megabyte of ${title} is answered`, (t) => {
    const { diagnostics } = parser.parse(text);

    t.is(diagnostics.length, message === undefined ? 0 : 1);
    t.regex(diagnostics[0]?.message ?? "", message ?? /^$/);
  });
}

test("just inside the bound on nesting a statement is read, just outside it is refused", (t) => {
  const nested = (levels: number) => parser.parse(`SELECT ${repeat("(", levels)}1${repeat(")", levels)}`);

  t.is(nested(98).diagnostics.length, 0);
  t.is(nested(99).diagnostics.length, 1);
});

test("a chain just inside the bound on depth is read, just outside it is refused", (t) => {
  const chain = (terms: number) => parser.parse(`SELECT 1${repeat(" + 1", terms)}`).diagnostics.length;

  t.is(chain(995), 0);
  t.is(chain(1_001), 1);
});

test("twelve thousand bad statements are all reported", (t) => {
  const { diagnostics } = parser.parse(repeat("INSERT INTO t SELCT a FROM b;\n", 12_000));

  t.is(diagnostics.length, 12_000);
  t.is(diagnostics.at(-1)?.line, 12_000);
});
