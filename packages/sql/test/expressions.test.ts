import { Decimal, LocalTimestamp, TributaryError } from "@tributary/core";
import test from "ava";
import fc from "fast-check";
import { Memory, evaluate } from "./kit.js";

type Case = readonly [expression: string, value: unknown, type?: string];

/** Checks values, and types where they are given. */
const cases = test.macro(
  async (t, list: readonly Case[], settings: Readonly<Record<string, string>> = {}) => {
    const options = { settings: new Map(Object.entries(settings)) };

    const { values, types } = await evaluate(
      list.map(([expression]) => expression),
      options,
    );

    const found = list.map(([expression, , type], i) => [
      expression,
      values[i],
      ...(type === undefined ? [] : [types[i]]),
    ]);
    // Only what differs, so that a failure shows its case.
    const wrong = found.filter((one, i) => JSON.stringify(one) !== JSON.stringify(list[i]));
    t.deepEqual(
      wrong,
      wrong.map((one) => list.find(([expression]) => expression === one[0]) as unknown as typeof one),
    );
  },
);

test("literals have the types of their digits", cases, [
  ["12", 12, "INT NOT NULL"],
  ["2147483647", 2147483647, "INT NOT NULL"],
  ["2147483648", "2147483648", "BIGINT NOT NULL"],
  ["9223372036854775808", "9223372036854775808", "DECIMAL(19, 0) NOT NULL"],
  ["1.50", "1.50", "DECIMAL(3, 2) NOT NULL"],
  ["1e3", 1000, "DOUBLE NOT NULL"],
  ["'it''s'", "it's", "CHAR(4) NOT NULL"],
  ["X'0AFF'", "Cv8=", "BINARY(2) NOT NULL"],
  ["DATE '2024-02-29'", "2024-02-29", "DATE NOT NULL"],
  ["TIME '10:11:12'", "10:11:12", "TIME(0) NOT NULL"],
  ["TIMESTAMP '2024-02-29 10:11:12.345'", "2024-02-29 10:11:12.345", "TIMESTAMP(3) NOT NULL"],
  ["INTERVAL '5' SECOND", "5000", "INTERVAL SECOND NOT NULL"],
  ["INTERVAL '1 02:03:04.5' DAY TO SECOND", "93784500"],
  ["INTERVAL '1:30' HOUR TO MINUTE", "5400000"],
  ["INTERVAL '1-6' YEAR TO MONTH", 18],
  ["INTERVAL '-5' DAY", "-432000000"],
  ["INTERVAL -'2' WEEK", "-1209600000"],
  ["INTERVAL '120' MINUTE(3)", "7200000"],
]);

test("AND, OR and NOT follow three-valued logic", cases, [
  ["TRUE AND CAST(NULL AS BOOLEAN)", null],
  ["TRUE OR CAST(NULL AS BOOLEAN)", true],
  ["NOT TRUE", false],
  ["FALSE AND CAST(NULL AS BOOLEAN)", false],
  ["FALSE OR CAST(NULL AS BOOLEAN)", null],
  ["CAST(NULL AS BOOLEAN) AND CAST(NULL AS BOOLEAN)", null],
  ["CAST(NULL AS BOOLEAN) OR CAST(NULL AS BOOLEAN)", null],
  ["NOT CAST(NULL AS BOOLEAN)", null],
  ["CAST(NULL AS BOOLEAN) IS NULL", true],
  ["CAST(NULL AS BOOLEAN) IS UNKNOWN", true],
  ["CAST(NULL AS BOOLEAN) IS NOT TRUE", true],
  ["CAST(NULL AS BOOLEAN) IS FALSE", false],
  ["NULL IS NOT DISTINCT FROM CAST(NULL AS INT)", true],
  ["1 IS DISTINCT FROM CAST(NULL AS INT)", true],
  ["1 IN (2, 3)", false],
  ["1 IN (2, NULL)", null],
  ["1 IN (1, NULL)", true],
  ["1 NOT IN (2, NULL)", null],
  ["CAST(NULL AS INT) IN (1, 2)", null],
  ["'b' IN ('a', 'b', 'ccc')", true],
  ["1.50 IN (1.5, 2)", true],
  ["5 BETWEEN 1 AND 9", true],
  ["5 BETWEEN 9 AND 1", false],
  ["5 BETWEEN SYMMETRIC 9 AND 1", true],
  ["5 NOT BETWEEN 1 AND CAST(NULL AS INT)", null],
  ["5 NOT BETWEEN 6 AND CAST(NULL AS INT)", true],
  ["CASE WHEN CAST(NULL AS BOOLEAN) THEN 1 END", null],
  ["CASE 3 WHEN 1, 2 THEN 'a' WHEN 3 THEN 'bb' ELSE 'c' END", "bb", "VARCHAR(2) NOT NULL"],
  ["CASE CAST(NULL AS INT) WHEN NULL THEN 1 ELSE 2 END", 2],
  ["CASE WHEN FALSE THEN 1 / 0 ELSE 7 END", 7],
]);

test("integers wrap around, division cuts towards zero", cases, [
  ["7 / 2", 3],
  ["-7 / 2", -3],
  ["MOD(-26, 5)", -1],
  ["26 % -5", 1],
  ["2147483647 + 1", -2147483648, "INT NOT NULL"],
  ["9223372036854775807 + 1", "-9223372036854775808", "BIGINT NOT NULL"],
  ["CAST(127 AS TINYINT) + CAST(1 AS TINYINT)", -128, "TINYINT NOT NULL"],
  ["65536 * 65536", 0],
  ["1 + 9223372036854775806", "9223372036854775807", "BIGINT NOT NULL"],
  ["9223372036854775807 % 10", 7, "INT NOT NULL"],
  ["1e0 / 0", "Infinity"],
  ["0e0 / 0", "NaN"],
  ["ABS(-2147483647 - 1)", -2147483648],
]);

test("decimals are exact with the digits of their rules", cases, [
  ["1.0 / 8.0", "0.125000", "DECIMAL(8, 6) NOT NULL"],
  ["1.25 + 2.5", "3.75", "DECIMAL(4, 2) NOT NULL"],
  ["1.25 * 2.5", "3.125", "DECIMAL(6, 3) NOT NULL"],
  ["1.5 + 1", "2.5", "DECIMAL(12, 1) NOT NULL"],
  ["1.5 + 1e0", 2.5, "DOUBLE NOT NULL"],
  ["10.5 % 3", "1.5"],
  ["CAST(1 AS DECIMAL(38, 0)) / CAST(3 AS DECIMAL(38, 0))", "0.333333", "DECIMAL(38, 6)"],
  ["CAST('99999999999999999999999999999999999999' AS DECIMAL(38, 0)) + 1", null],
  ["CAST(12345 AS DECIMAL(3, 0))", null],
  ["CAST('1.005' AS DECIMAL(5, 2))", "1.01"],
  ["ROUND(-12.345, 2)", "-12.35", "DECIMAL(5, 2) NOT NULL"],
  ["ROUND(12.345)", "12"],
  ["ROUND(125, -1)", 130],
  ["ROUND(2.5e0)", 3],
  ["ROUND(1.005e0, 2)", 1.01],
  ["TRUNCATE(-12.349, 2)", "-12.34"],
  ["FLOOR(-1.5)", "-2", "DECIMAL(2, 0) NOT NULL"],
  ["CEIL(1.2)", "2"],
  ["SIGN(-2.5)", "-1.0"],
  ["GREATEST(1, 2.5, 2)", "2.5"],
  ["LEAST(1, CAST(NULL AS INT))", null],
  ["POWER(2, 10)", 1024, "DOUBLE NOT NULL"],
  ["SQRT(2)", Math.SQRT2],
]);

test("CAST converts as the table of the dialect says", cases, [
  ["CAST(NULL AS INT)", null, "INT"],
  ["CAST(1.9 AS INT)", 1],
  ["CAST(-1.9 AS INT)", -1],
  ["CAST(1e20 AS INT)", 2147483647],
  ["CAST(0e0 / 0 AS INT)", 0],
  ["CAST(300 AS TINYINT)", 44],
  ["CAST('12.7' AS INT)", 12],
  ["CAST(' 42 ' AS BIGINT)", "42"],
  ["CAST('yes' AS BOOLEAN)", true],
  ["CAST('F' AS BOOLEAN)", false],
  ["CAST(TRUE AS STRING)", "TRUE"],
  ["CAST(FALSE AS INT)", 0],
  ["CAST(0 AS BOOLEAN)", false],
  ["CAST('abcdef' AS CHAR(3))", "abc"],
  ["CAST('ab' AS CHAR(4))", "ab  "],
  ["CAST('abcdef' AS VARCHAR(2))", "ab"],
  ["CAST(1.50 AS STRING)", "1.50"],
  ["CAST(1e0 AS STRING)", "1.0"],
  ["CAST(1e10 AS STRING)", "1.0E10"],
  ["CAST('2024-02-29' AS DATE)", "2024-02-29"],
  ["CAST('2024-02-29 10:11:12.5' AS TIMESTAMP(3))", "2024-02-29 10:11:12.500"],
  ["CAST(TIMESTAMP '2024-02-29 10:11:12.345' AS STRING)", "2024-02-29 10:11:12.345"],
  ["CAST(TIMESTAMP '2024-02-29 10:11:12' AS DATE)", "2024-02-29"],
  ["CAST(DATE '2024-02-29' AS TIMESTAMP(0))", "2024-02-29 00:00:00"],
  ["TRY_CAST('x' AS INT)", null, "INT"],
  ["TRY_CAST('2024-13-01' AS DATE)", null],
]);

test("strings are counted in code points from 1", cases, [
  ["'a' || 'bc'", "abc", "CHAR(3) NOT NULL"],
  ["'a' || CAST(NULL AS STRING)", null],
  ["CONCAT('a', 'b', 'c')", "abc"],
  ["CONCAT_WS('-', 'a', CAST(NULL AS STRING), '', 'b')", "a--b"],
  ["CONCAT_WS(CAST(NULL AS STRING), 'a')", null],
  ["SUBSTRING('hello', 2, 3)", "ell"],
  ["SUBSTRING('hello' FROM 2)", "ello"],
  ["SUBSTRING('hello', 0)", "hello"],
  ["SUBSTRING('hello', -3, 2)", "ll"],
  ["SUBSTRING('hello', -9)", ""],
  ["SUBSTRING('hello', 9)", ""],
  ["SUBSTRING('hello', 2, -1)", null],
  ["SUBSTR('a😀b', 2, 1)", "😀"],
  ["CHAR_LENGTH('a😀b')", 3],
  ["POSITION('lo' IN 'hello')", 4],
  ["POSITION('b' IN 'a😀b')", 3],
  ["INSTR('hello', 'z')", 0],
  ["LOCATE('l', 'hello', 4)", 4],
  ["UPPER('straße')", "STRASSE"],
  ["INITCAP('hELLO wORLD-x1y')", "Hello World-X1y"],
  ["REVERSE('a😀b')", "b😀a"],
  ["REPEAT('ab', 3)", "ababab"],
  ["REPEAT('ab', -1)", ""],
  ["TRIM('  x ')", "x"],
  ["TRIM(LEADING 'xy' FROM 'yxaxy')", "axy"],
  ["TRIM(TRAILING 'xy' FROM 'yxaxy')", "yxa"],
  ["BTRIM('xxaxx', 'x')", "a"],
  ["LTRIM('  a ')", "a "],
  ["RTRIM(' a  ')", " a"],
  ["LEFT('hello', 2)", "he"],
  ["LEFT('hello', -2)", ""],
  ["RIGHT('hello', 2)", "lo"],
  ["LPAD('hi', 5, 'ab')", "abahi"],
  ["LPAD('hello', 2, 'x')", "he"],
  ["LPAD('hi', -1, 'x')", null],
  ["RPAD('hi', 5, '')", null],
  ["RPAD('hi', 4, 'x')", "hixx"],
  ["OVERLAY('abcdef' PLACING 'xy' FROM 2)", "axydef"],
  ["OVERLAY('abcdef' PLACING 'x' FROM 2 FOR 3)", "axef"],
  ["REPLACE('banana', 'an', '-')", "b--a"],
  ["SPLIT_INDEX('a,b,,c', ',', 0)", "a"],
  ["SPLIT_INDEX('a,b,,c', ',', 2)", ""],
  ["SPLIT_INDEX('a,b,,c', ',', 4)", null],
  ["SPLIT_INDEX('a,b', ',', -1)", null],
  ["ASCII('abc')", 97],
  ["CHR(65)", "A"],
  ["MD5('abc')", "900150983cd24fb0d6963f7d28e17f72"],
  ["SHA1('abc')", "a9993e364706816aba3e25717850c26c9cd0d89d"],
  ["SHA256('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["TO_BASE64('hello')", "aGVsbG8="],
  ["FROM_BASE64('aGVsbG8=')", "hello"],
  ["'a' < 'B'", false],
  ["'😀' > U&'\\FFFF'", true],
]);

test("LIKE and SIMILAR TO match the whole string", cases, [
  ["'hello' LIKE 'h%o'", true],
  ["'hello' LIKE 'H%'", false],
  ["'hello' LIKE 'h_llo'", true],
  ["'ab' LIKE 'a'", false],
  ["'a.b' LIKE 'a.b'", true],
  ["'axb' LIKE 'a.b'", false],
  ["'a%b' LIKE 'a!%b' ESCAPE '!'", true],
  ["'axb' LIKE 'a!%b' ESCAPE '!'", false],
  ["'a\\b' LIKE 'a\\b'", true],
  ["U&'a\\000Ab' LIKE 'a_b'", false],
  ["U&'a\\000Ab' LIKE 'a%b'", true],
  ["'😀' LIKE '_'", true],
  ["CAST(NULL AS STRING) LIKE 'a'", null],
  ["'hello' NOT LIKE '%z%'", true],
  ["'abc' SIMILAR TO '(a|x)_c'", true],
  ["'abab' SIMILAR TO '(ab)+'", true],
  ["'b5' SIMILAR TO '[a-c][[:DIGIT:]]'", true],
]);

test("regular expressions are Java's", cases, [
  ["REGEXP('hello', 'l+')", true],
  ["REGEXP('hello', '^l')", false],
  ["REGEXP_EXTRACT('a12b34', '[a-z](\\d+)', 1)", "12"],
  ["REGEXP_EXTRACT('a12b34', 'x')", null],
  ["REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2)", "bar"],
  ["REGEXP_REPLACE('a1b22', '\\d+', '#')", "a#b#"],
  ["REGEXP_REPLACE('abc', '(b)', '$1$1')", "a$1$1c"],
  ["REGEXP('A', '(?i)a')", true],
  ["REGEXP('a-b', '[\\w\\-]+')", true],
  ["REGEXP('x', '\\p{Alpha}')", true],
]);

test("conditional functions and collections", cases, [
  ["COALESCE(CAST(NULL AS INT), 2, 3)", 2, "INT NOT NULL"],
  ["IFNULL(CAST(NULL AS STRING), 'x')", "x"],
  ["NULLIF(1, 1)", null, "INT"],
  ["NULLIF(1, 2)", 1],
  ["IF(CAST(NULL AS BOOLEAN), 1, 2)", 2],
  ["COALESCE(1, 1 / 0)", 1],
  ["ARRAY[1, 2, 3][1]", 1],
  ["ARRAY[1, 2, 3][4]", null],
  ["ARRAY[1, 2, 3][0]", null],
  ["MAP['a', 1, 'b', 2]['b']", 2],
  ["MAP['a', 1]['z']", null],
  ["CARDINALITY(ARRAY[1, 2])", 2],
  ["CARDINALITY(MAP['a', 1])", 1],
  ["ELEMENT(ARRAY['x'])", "x"],
  ["ARRAY_CONTAINS(ARRAY[1, 2], 2)", true],
  ["ARRAY[1, 2] = ARRAY[1, 2]", true],
  ["ROW(1, 'a')", { EXPR$0: 1, EXPR$1: "a" }],
]);

test("JSON functions", cases, [
  [`JSON_VALUE('{"a": {"b": 12}}', '$.a.b')`, "12", "STRING"],
  [`JSON_VALUE('{"a": 12345678901234567890}', 'lax $.a')`, "12345678901234567890"],
  [`JSON_VALUE('{"a": [1, "x"]}', '$.a[1]')`, "x"],
  [`JSON_VALUE('{"a": true}', '$.a' RETURNING BOOLEAN)`, true],
  [`JSON_VALUE('{"a": 5}', '$.a' RETURNING INTEGER)`, 5],
  [`JSON_VALUE('{"a": {}}', '$.a')`, null],
  [`JSON_VALUE('{"a": 1}', '$.b')`, null],
  [`JSON_VALUE('{"a": 1}', '$.b' DEFAULT 'none' ON EMPTY)`, "none"],
  [`JSON_VALUE('broken', '$.b' DEFAULT 'bad' ON ERROR)`, "bad"],
  [`JSON_QUERY('{"a": {"b": [1, 2]}}', '$.a')`, '{"b":[1,2]}'],
  [`JSON_QUERY('{"a": 1}', '$.a')`, null],
  [`JSON_QUERY('{"a": 1}', '$.a' WITH WRAPPER)`, "[1]"],
  [`JSON_EXISTS('{"a": 1}', '$.a')`, true],
  [`JSON_EXISTS('{"a": 1}', '$.b')`, false],
  [`JSON_EXISTS('broken', '$.a')`, false],
  [`'{"a": 1}' IS JSON`, true],
  [`'[1]' IS JSON OBJECT`, false],
  [`'x' IS NOT JSON`, true],
  [`JSON_OBJECT('a' VALUE 1, 'b' VALUE 'x')`, '{"a":1,"b":"x"}'],
  [`JSON_ARRAY(1, 'x', TRUE)`, '[1,"x",true]'],
  [`JSON_STRING('a"b')`, '"a\\"b"'],
]);

test("points in time move by intervals", cases, [
  ["DATE '2024-01-31' + INTERVAL '1' MONTH", "2024-02-29"],
  ["TIMESTAMP '2024-01-31 10:00:00' + INTERVAL '1' MONTH", "2024-02-29 10:00:00"],
  ["TIMESTAMP '2024-01-01 00:00:00.000' - INTERVAL '5' SECOND", "2023-12-31 23:59:55.000"],
  ["DATE '2024-02-28' + INTERVAL '2' DAY", "2024-03-01"],
  ["DATE '2024-03-01' - INTERVAL '1' YEAR", "2023-03-01"],
  ["INTERVAL '1' DAY + DATE '2024-02-28'", "2024-02-29"],
  ["INTERVAL '1' HOUR * 3", "10800000"],
  ["TIME '23:30:00' + INTERVAL '1' HOUR", "00:30:00"],
  ["(TIMESTAMP '2024-01-01 00:01:00' - TIMESTAMP '2024-01-01 00:00:00') SECOND", "60000"],
  ["TIMESTAMPADD(DAY, 1, DATE '2024-02-28')", "2024-02-29"],
  ["TIMESTAMPADD(HOUR, 2, TIMESTAMP '2024-01-01 23:00:00')", "2024-01-02 01:00:00.000"],
  ["TIMESTAMPDIFF(DAY, TIMESTAMP '2024-01-01 12:00:00', TIMESTAMP '2024-01-03 11:59:59')", 1],
  ["TIMESTAMPDIFF(MONTH, DATE '2024-01-31', DATE '2024-02-29')", 1],
  ["TIMESTAMPDIFF(MONTH, DATE '2024-01-30', DATE '2024-02-28')", 0],
  ["TIMESTAMPDIFF(SECOND, TIMESTAMP '2024-01-01 00:00:10', TIMESTAMP '2024-01-01 00:00:00')", -10],
  ["EXTRACT(YEAR FROM DATE '2024-02-29')", "2024", "BIGINT NOT NULL"],
  ["EXTRACT(DOY FROM DATE '2024-02-29')", "60"],
  ["DAYOFWEEK(DATE '2024-02-25')", "1"],
  ["QUARTER(DATE '2024-04-01')", "2"],
  ["HOUR(TIMESTAMP '2024-01-01 23:59:58')", "23"],
  ["WEEK(DATE '2021-01-03')", "53"],
  ["FLOOR(TIMESTAMP '2024-02-29 10:11:12' TO HOUR)", "2024-02-29 10:00:00"],
  ["FLOOR(TIMESTAMP '2024-02-29 10:11:12' TO MONTH)", "2024-02-01 00:00:00"],
  ["CEIL(TIMESTAMP '2024-02-29 10:11:12' TO HOUR)", "2024-02-29 11:00:00"],
  ["CEIL(DATE '2024-02-29' TO YEAR)", "2025-01-01"],
  ["DATE_FORMAT(TIMESTAMP '2024-02-29 10:11:12.345', 'yyyy/MM/dd HH:mm:ss.SSS')", "2024/02/29 10:11:12.345"],
  ["DATE_FORMAT(TIMESTAMP '2024-02-29 15:11:12', 'EEE d MMM yy hh a')", "Thu 29 Feb 24 03 PM"],
  ["TO_TIMESTAMP('2024-02-29 10:11:12')", "2024-02-29 10:11:12.000", "TIMESTAMP(3)"],
  ["TO_TIMESTAMP('29.02.2024 10:11', 'dd.MM.yyyy HH:mm')", "2024-02-29 10:11:00.000"],
  ["TO_TIMESTAMP('nonsense')", null],
  ["TO_DATE('2024-02-29')", "2024-02-29"],
  ["TO_TIMESTAMP_LTZ(1709202672, 0)", "2024-02-29 10:31:12.000Z"],
  ["TO_TIMESTAMP_LTZ(1709202672345, 3)", "2024-02-29 10:31:12.345Z"],
  ["FROM_UNIXTIME(1709202672)", "2024-02-29 10:31:12"],
  ["UNIX_TIMESTAMP('2024-02-29 10:31:12')", "1709202672"],
  ["CURRENT_TIMESTAMP", "2024-02-29 12:34:56.789Z", "TIMESTAMP_LTZ(3) NOT NULL"],
  ["LOCALTIMESTAMP", "2024-02-29 12:34:56.789"],
  ["CURRENT_DATE", "2024-02-29"],
]);

test(
  "instants show the clocks of the session's zone",
  cases,
  [
    ["CAST(TO_TIMESTAMP_LTZ(0, 3) AS TIMESTAMP(3))", "1970-01-01 08:00:00.000"],
    ["CAST(TIMESTAMP '1970-01-01 08:00:00' AS TIMESTAMP_LTZ(0))", "1970-01-01 00:00:00Z"],
    ["FROM_UNIXTIME(0)", "1970-01-01 08:00:00"],
    ["HOUR(TO_TIMESTAMP_LTZ(0, 3))", "8"],
    ["FLOOR(TO_TIMESTAMP_LTZ(0, 3) TO DAY)", "1969-12-31 16:00:00.000Z"],
    ["DATE_FORMAT(TO_TIMESTAMP_LTZ(0, 3), 'HH:mm')", "08:00"],
    ["CURRENT_DATE", "2024-02-29"],
    ["LOCALTIMESTAMP", "2024-02-29 20:34:56.789"],
    ["UNIX_TIMESTAMP('1970-01-01 08:00:00')", "0"],
  ],
  { "table.local-time-zone": "Asia/Shanghai" },
);

test("what a row makes impossible fails the job, with function, line and column", async (t) => {
  const memory = new Memory();
  memory.inputs.set("t", [[{ a: "x", n: 0 }]]);
  const table = "CREATE TABLE t (a STRING, n INT) WITH ('connector' = 'memory');";

  const division = await t.throwsAsync(memory.query(`${table}\nSELECT 1, 10 / n FROM t`));
  const cast = await t.throwsAsync(memory.query(`${table}\nSELECT CAST(a AS INT) FROM t`));

  t.true(TributaryError.is(division, "RECORD_MALFORMED"));
  const [first] = (division as TributaryError).diagnostics;
  t.like(first, { message: "/ failed: division by zero.", file: "test.sql", line: 2, column: 11 });
  const far = await t.throwsAsync(
    memory.query(`CREATE TABLE t (a STRING, n INT) WITH ('connector' = 'memory');
    SELECT TIMESTAMPADD(DAY, CAST(n AS BIGINT) + 900000000000000, TIMESTAMP '2024-01-01 00:00:00') FROM t`),
  );
  t.true(TributaryError.is(far, "RECORD_MALFORMED"));
  t.like((cast as TributaryError).diagnostics[0], { code: "RECORD_MALFORMED", line: 2, column: 8 });
});

const FIELDS = ["a", "b", "i", "l", "d", "s", "u", "c", "ts"];

/** Random typed expressions over a row, as text. */
const { number, truth, text } = fc.letrec<{ number: string; truth: string; text: string }>((tie) => ({
  number: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom("i", "l", "d", "c", "1", "2", "-3", "0", "2147483647", "1.25", "CAST(NULL AS INT)"),
    fc
      .tuple(tie("number"), fc.constantFrom("+", "-", "*"), tie("number"))
      .map(([a, o, b]) => `(${a} ${o} ${b})`),
    fc
      .tuple(tie("truth"), tie("number"), tie("number"))
      .map(([c, a, b]) => `CASE WHEN ${c} THEN ${a} ELSE ${b} END`),
    fc.tuple(tie("number"), tie("number")).map(([a, b]) => `COALESCE(${a}, ${b})`),
    fc.tuple(tie("number"), tie("number")).map(([a, b]) => `NULLIF(${a}, ${b})`),
    tie("number").map((a) => `ABS(${a})`),
    tie("number").map((a) => `-(${a})`),
    tie("number").map((a) => `CAST(${a} AS DOUBLE)`),
    tie("number").map((a) => `CAST(${a} AS BIGINT)`),
    tie("text").map((a) => `CHAR_LENGTH(${a})`),
    tie("text").map((a) => `TRY_CAST(${a} AS INT)`),
  ),
  truth: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom("b", "TRUE", "FALSE", "CAST(NULL AS BOOLEAN)"),
    fc
      .tuple(tie("number"), fc.constantFrom("=", "<>", "<", "<=", ">", ">="), tie("number"))
      .map(([a, o, b]) => `(${a} ${o} ${b})`),
    fc
      .tuple(tie("text"), fc.constantFrom("=", "<", ">="), tie("text"))
      .map(([a, o, b]) => `(${a} ${o} ${b})`),
    fc.tuple(tie("truth"), fc.constantFrom("AND", "OR"), tie("truth")).map(([a, o, b]) => `(${a} ${o} ${b})`),
    tie("truth").map((a) => `(NOT ${a})`),
    fc
      .tuple(tie("truth"), fc.constantFrom("NULL", "NOT TRUE", "FALSE", "UNKNOWN"))
      .map(([a, o]) => `(${a} IS ${o})`),
    fc.tuple(tie("number"), tie("number")).map(([a, b]) => `(${a} IN (1, 2, ${b}))`),
    fc
      .tuple(tie("number"), tie("number"), tie("number"))
      .map(([a, b, c]) => `(${a} NOT BETWEEN ${b} AND ${c})`),
    fc.tuple(tie("text"), fc.constantFrom("'a%'", "'%b%'", "'_'")).map(([a, p]) => `(${a} LIKE ${p})`),
    fc.tuple(tie("number"), tie("number")).map(([a, b]) => `(${a} IS DISTINCT FROM ${b})`),
    fc.constantFrom("ts < TIMESTAMP '2024-01-01 00:00:00'", "ts + INTERVAL '1' DAY > ts"),
  ),
  text: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom("s", "u", "'abc'", "'12'", "CAST(NULL AS STRING)"),
    fc.tuple(tie("text"), tie("text")).map(([a, b]) => `(${a} || ${b})`),
    tie("text").map((a) => `UPPER(${a})`),
    fc.tuple(tie("text"), fc.integer({ min: -3, max: 3 })).map(([a, n]) => `SUBSTRING(${a}, ${n})`),
    fc.tuple(tie("truth"), tie("text"), tie("text")).map(([c, a, b]) => `IF(${c}, ${a}, ${b})`),
    fc.constantFrom("DATE_FORMAT(ts, 'HH:mm')", "CAST(i AS STRING)"),
  ),
}));

const sqlRow = fc.record({
  a: fc.option(fc.integer({ min: -128, max: 127 })),
  b: fc.option(fc.boolean()),
  i: fc.option(fc.integer({ min: -5, max: 5 })),
  l: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  d: fc.option(fc.double()),
  s: fc.option(fc.string({ maxLength: 4 })),
  u: fc.option(fc.constantFrom("a", "b😀", "", "7")),
  c: fc.option(fc.integer({ min: -999, max: 999 }).map((one) => new Decimal(BigInt(one), 2))),
  ts: fc.option(fc.integer({ min: 0, max: 2e12 }).map((one) => new LocalTimestamp(one))),
});

test("generated code and closures give the same rows", async (t) => {
  const table = `CREATE TABLE t (a TINYINT, b BOOLEAN, i INT, l BIGINT, d DOUBLE, s STRING, u STRING, c DECIMAL(5, 2),
    ts TIMESTAMP(3)) WITH ('connector' = 'memory');`;
  await fc.assert(
    fc.asyncProperty(
      fc.array(sqlRow, { minLength: 1, maxLength: 5 }),
      fc.array(fc.oneof(number, truth, text), { minLength: 1, maxLength: 3 }),
      fc.option(truth, { nil: "TRUE" }),
      async (rows, items, where) => {
        const memory = new Memory();
        memory.inputs.set("t", [rows]);
        const script = `${table} SELECT ${[...items, ...FIELDS].join(", ")} FROM t WHERE ${where}`;

        const [code, closures] = [
          await memory.query(script),
          await memory.query(script, { generatesCode: false }),
        ];

        t.deepEqual(code, closures);
      },
    ),
    { numRuns: 60 },
  );
});
