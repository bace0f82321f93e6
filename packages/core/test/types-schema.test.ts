import test from "ava";
import fc from "fast-check";

import {
  Decimal,
  Instant,
  LocalTimestamp,
  TributaryError,
  castFunction,
  castable,
  computed,
  metadata,
  notNull,
  nullable,
  parseSqlInstant,
  parseSqlTimestamp,
  parseType,
  printType,
  table,
  types,
  typesEqual,
  type LogicalType,
  type Row,
  type RowField,
  type RowOf,
  type TableDescriptor,
  type TableInput,
  type TableRow,
  type TypeOfText,
  type ValueOf,
} from "@tributary/core";

// ---- constructors

test("constructors give the defaults of SQL and are nullable", (t) => {
  const rows = [
    [types.boolean(), "BOOLEAN"],
    [types.tinyint(), "TINYINT"],
    [types.smallint(), "SMALLINT"],
    [types.int(), "INT"],
    [types.bigint(), "BIGINT"],
    [types.float(), "FLOAT"],
    [types.double(), "DOUBLE"],
    [types.date(), "DATE"],
    [types.null(), "NULL"],
    [types.decimal(), "DECIMAL(10, 0)"],
    [types.char(), "CHAR(1)"],
    [types.varchar(20), "VARCHAR(20)"],
    [types.string(), "STRING"],
    [types.binary(), "BINARY(1)"],
    [types.varbinary(4), "VARBINARY(4)"],
    [types.bytes(), "BYTES"],
    [types.time(), "TIME(0)"],
    [types.timestamp(), "TIMESTAMP(6)"],
    [types.timestampLtz(3), "TIMESTAMP_LTZ(3)"],
    [types.intervalYearMonth(), "INTERVAL YEAR(2) TO MONTH"],
    [types.intervalDayTime(), "INTERVAL DAY(2) TO SECOND(6)"],
    [types.array(notNull(types.int())), "ARRAY<INT NOT NULL>"],
    [types.multiset(types.string()), "MULTISET<STRING>"],
    [types.map(types.string(), types.int()), "MAP<STRING, INT>"],
    [types.row({ id: types.int(), "a`b": types.date() }), "ROW<`id` INT, `a``b` DATE>"],
    [types.row([["x", types.int(), "it's"]]), "ROW<`x` INT 'it''s'>"],
    [types.row([]), "ROW<>"],
    [notNull(types.string()), "STRING NOT NULL"],
    [nullable(notNull(types.string())), "STRING"],
  ] as const;

  t.deepEqual(
    rows.map(([type]) => printType(type)),
    rows.map(([, text]) => text),
  );
});

test("numbers of types are checked just inside and just outside their bounds", (t) => {
  const inside = [
    () => types.decimal(1, 0),
    () => types.decimal(38, 38),
    () => types.char(2147483647),
    () => types.timestamp(0),
    () => types.timestamp(9),
  ];
  const outside = [
    () => types.decimal(0, 0),
    () => types.decimal(39, 0),
    () => types.decimal(5, 6),
    () => types.decimal(5, -1),
    () => types.decimal(5.5, 0),
    () => types.char(0),
    () => types.varchar(2147483648),
    () => types.timestamp(10),
    () => types.time(-1),
    () =>
      types.row([
        ["a", types.int()],
        ["a", types.int()],
      ]),
  ];

  inside.forEach((make) => t.notThrows(make));
  outside.forEach((make) => t.throws(make, { code: "SCHEMA_INVALID" }));
});

test("the rows of a schema literal have a type", (t) => {
  const schema = types.row({
    id: notNull(types.bigint()),
    name: types.string(),
    at: notNull(types.timestampLtz(3)),
    tags: notNull(types.array(notNull(types.string()))),
    place: types.row({ lat: types.double() }),
  });
  const row: RowOf<typeof schema> = {
    id: 1n,
    name: null,
    at: new Instant(0),
    tags: ["a"],
    place: { lat: 1.5 },
  };
  // @ts-expect-error -- a column that is NOT NULL is not null.
  const wrong: RowOf<typeof schema> = { ...row, id: null };

  t.is(row.id + 1n, 2n);
  t.is(row.tags[0]?.length, 1);
  t.deepEqual(Object.values(wrong)[0], null);
});

// ---- what the compiler knows of a schema

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only if both types are the same, readonly and optional included. */
function same<A, B>(..._proof: Same<A, B> extends true ? [] : ["the types differ"]): void {}

type Text<S extends string> = ValueOf<TypeOfText<S>>;

test("the values of a type string have a type", (t) => {
  same<Text<"BOOLEAN">, boolean | null>();
  same<Text<"TINYINT NOT NULL">, number>();
  same<Text<"smallint not null">, number>();
  same<Text<"INTEGER NULL">, number | null>();
  same<Text<" \n INT\t">, number | null>();
  same<Text<"BIGINT NOT NULL">, bigint>();
  same<Text<"FLOAT NOT NULL">, number>();
  same<Text<"DOUBLE PRECISION NOT NULL">, number>();
  same<Text<"DECIMAL(10, 2) NOT NULL">, Decimal>();
  same<Text<"dec">, Decimal | null>();
  same<Text<"NUMERIC(5)">, Decimal | null>();
  same<Text<"CHAR(3) NOT NULL">, string>();
  same<Text<"VARCHAR NOT NULL">, string>();
  same<Text<"STRING">, string | null>();
  same<Text<"VARBINARY(16) NOT NULL">, Uint8Array>();
  same<Text<"BYTES">, Uint8Array | null>();
  same<Text<"DATE NOT NULL">, number>();
  same<Text<"TIME(3) WITHOUT TIME ZONE NOT NULL">, number>();
  same<Text<"TIMESTAMP(3) WITHOUT TIME ZONE NOT NULL">, LocalTimestamp>();
  same<Text<"TIMESTAMP">, LocalTimestamp | null>();
  same<Text<"TIMESTAMP(9) WITH LOCAL TIME ZONE NOT NULL">, Instant>();
  same<Text<"TIMESTAMP_LTZ(3)">, Instant | null>();
  same<Text<"TIMESTAMP WITH TIME ZONE">, unknown>();
  same<Text<"INTERVAL YEAR(4) TO MONTH NOT NULL">, number>();
  same<Text<"INTERVAL DAY TO SECOND(3) NOT NULL">, bigint>();
  same<Text<"INTERVAL SECOND(3)">, bigint | null>();
  same<Text<"NULL">, null>();
  same<Text<"ARRAY<STRING NOT NULL> NOT NULL">, readonly string[]>();
  same<Text<"INT NOT NULL ARRAY NOT NULL">, readonly number[]>();
  same<Text<"INT ARRAY NOT NULL">, readonly (number | null)[]>();
  same<Text<"STRING NOT NULL MULTISET">, ReadonlyMap<string, number> | null>();
  same<Text<"MAP<STRING NOT NULL, BIGINT> NOT NULL">, ReadonlyMap<string, bigint | null>>();
  same<Text<"ROW(a INT) NOT NULL">, { readonly a: number | null }>();
  same<
    Text<"ROW<a INT, `b``s` ARRAY<ROW<x DATE NOT NULL 'it''s, or > so'>>, m MAP<STRING, ARRAY<BIGINT>> NOT NULL> NOT NULL">,
    {
      readonly a: number | null;
      readonly "b`s": readonly ({ readonly x: number } | null)[] | null;
      readonly m: ReadonlyMap<string | null, readonly (bigint | null)[] | null>;
    }
  >();

  t.pass();
});

test("a type string that the compiler does not know, or that is none, has values of type unknown", (t) => {
  same<Text<string>, unknown>();
  same<Text<"shop.Money">, unknown>();
  same<Text<"RAW('a', 'b')">, unknown>();
  same<Text<"VARIANT">, unknown>();
  same<Text<"ARRAY<INT">, unknown>();
  same<Text<"INT INT">, unknown>();
  same<Text<"">, unknown>();

  t.pass();
});

test("the rows of a table are those of its columns, in types and in texts", (t) => {
  const orders = table({
    name: "orders",
    columns: {
      id: "BIGINT",
      price: types.decimal(10, 2),
      lines: "ARRAY<ROW<sku STRING NOT NULL, n INT> NOT NULL> NOT NULL",
      labels: types.map("STRING NOT NULL", types.string()),
      at: "TIMESTAMP_LTZ(3)",
      shard: metadata("STRING NOT NULL", { isVirtual: true }),
      total: computed("DOUBLE", () => 1),
    },
    primaryKey: ["id"],
    options: { connector: "x" },
  });
  same<
    TableRow<typeof orders>,
    {
      readonly id: bigint;
      readonly price: Decimal | null;
      readonly lines: readonly { readonly sku: string; readonly n: number | null }[];
      readonly labels: ReadonlyMap<string, string | null> | null;
      readonly at: Instant | null;
      readonly shard: string;
      readonly total: number | null;
    }
  >();
  const row: TableInput<typeof orders> = {
    id: 1,
    price: "12.50",
    lines: [{ sku: "a", n: 1n }],
    labels: { colour: "red" },
    at: new Date(0),
  };
  // @ts-expect-error -- the key is NOT NULL.
  const noKey: TableInput<typeof orders> = { ...row, id: null };
  // @ts-expect-error -- a wall clock is no instant.
  const wrongTime: TableInput<typeof orders> = { ...row, at: new LocalTimestamp(0) };
  // @ts-expect-error -- the price is missing.
  const missing: TableInput<typeof orders> = { id: 1, lines: [], labels: null, at: null };

  same<TableRow<TableDescriptor>, Row>();
  t.deepEqual([noKey.id, typeof wrongTime.at, missing.price], [null, "object", undefined]);
  t.is(
    orders.schema.columns.map(({ type }) => printType(type)).join("; "),
    "BIGINT NOT NULL; DECIMAL(10, 2); ARRAY<ROW<`sku` STRING NOT NULL, `n` INT> NOT NULL> NOT NULL; MAP<STRING NOT NULL, STRING>; TIMESTAMP_LTZ(3); STRING NOT NULL; DOUBLE",
  );
});

test("the types inside a constructed type may be texts", (t) => {
  const schema = types.row({
    id: "BIGINT NOT NULL",
    tags: types.array("STRING NOT NULL"),
    m: types.multiset("INT"),
  });
  same<
    RowOf<typeof schema>,
    {
      readonly id: bigint;
      readonly tags: readonly string[] | null;
      readonly m: ReadonlyMap<number | null, number> | null;
    }
  >();

  t.is(printType(schema), "ROW<`id` BIGINT NOT NULL, `tags` ARRAY<STRING NOT NULL>, `m` MULTISET<INT>>");
  t.is(printType(types.row([["a", "INT", "c"]])), "ROW<`a` INT 'c'>");
  t.throws(() => types.array("INT INT"), { code: "SCHEMA_INVALID" });
});

// ---- type strings

test("type strings know synonyms, defaults, suffixes and any case", (t) => {
  const rows = [
    ["int", "INT"],
    ["INTEGER not null", "INT NOT NULL"],
    ["INT NULL", "INT"],
    ["dec", "DECIMAL(10, 0)"],
    ["NUMERIC(5)", "DECIMAL(5, 0)"],
    ["decimal ( 38 , 38 )", "DECIMAL(38, 38)"],
    ["CHAR", "CHAR(1)"],
    ["VARCHAR", "VARCHAR(1)"],
    ["VARCHAR(2147483647)", "STRING"],
    ["varbinary", "VARBINARY(1)"],
    ["VARBINARY(2147483647)", "BYTES"],
    ["DOUBLE PRECISION", "DOUBLE"],
    ["TIME WITHOUT TIME ZONE", "TIME(0)"],
    ["TIME(9)", "TIME(9)"],
    ["TIMESTAMP", "TIMESTAMP(6)"],
    ["TIMESTAMP(3) WITHOUT TIME ZONE", "TIMESTAMP(3)"],
    ["TIMESTAMP(3) WITH LOCAL TIME ZONE", "TIMESTAMP_LTZ(3)"],
    ["TIMESTAMP WITH TIME ZONE", "TIMESTAMP(6) WITH TIME ZONE"],
    ["TIMESTAMP_LTZ", "TIMESTAMP_LTZ(6)"],
    ["INTERVAL YEAR", "INTERVAL YEAR(2)"],
    ["INTERVAL YEAR(4) TO MONTH", "INTERVAL YEAR(4) TO MONTH"],
    ["INTERVAL MONTH", "INTERVAL MONTH"],
    ["INTERVAL DAY(6)", "INTERVAL DAY(6)"],
    ["INTERVAL DAY TO SECOND", "INTERVAL DAY(2) TO SECOND(6)"],
    ["INTERVAL HOUR TO MINUTE", "INTERVAL HOUR TO MINUTE"],
    ["INTERVAL MINUTE TO SECOND(0)", "INTERVAL MINUTE TO SECOND(0)"],
    ["INTERVAL SECOND(9)", "INTERVAL SECOND(9)"],
    ["INTERVAL YEAR(1)", "INTERVAL YEAR(1)"],
    ["interval day(1) to hour", "INTERVAL DAY(1) TO HOUR"],
    ["INTERVAL DAY TO MINUTE", "INTERVAL DAY(2) TO MINUTE"],
    ["INTERVAL HOUR", "INTERVAL HOUR"],
    ["INTERVAL HOUR TO SECOND", "INTERVAL HOUR TO SECOND(6)"],
    ["INTERVAL MINUTE", "INTERVAL MINUTE"],
    ["INTERVAL SECOND", "INTERVAL SECOND(6)"],
    ["BOOLEAN", "BOOLEAN"],
    ["TINYINT", "TINYINT"],
    ["SMALLINT", "SMALLINT"],
    ["BIGINT", "BIGINT"],
    ["FLOAT", "FLOAT"],
    ["DATE", "DATE"],
    ["BINARY", "BINARY(1)"],
    ["BINARY(2147483647)", "BINARY(2147483647)"],
    ["CHAR(2147483647)", "CHAR(2147483647)"],
    ["DECIMAL(1)", "DECIMAL(1, 0)"],
    ["TIME(0) WITHOUT TIME ZONE", "TIME(0)"],
    ["TIMESTAMP(9) WITH TIME ZONE NOT NULL", "TIMESTAMP(9) WITH TIME ZONE NOT NULL"],
    ["timestamp_ltz(0) null", "TIMESTAMP_LTZ(0)"],
    ["INT NULL ARRAY NULL", "ARRAY<INT>"],
    ["ARRAY<INT> MULTISET", "MULTISET<ARRAY<INT>>"],
    ["MAP<INT, INT> ARRAY NOT NULL", "ARRAY<MAP<INT, INT>> NOT NULL"],
    ["ROW<a INT ARRAY 'one', b STRING NOT NULL>", "ROW<`a` ARRAY<INT> 'one', `b` STRING NOT NULL>"],
    ["INT ARRAY", "ARRAY<INT>"],
    ["INT NOT NULL ARRAY", "ARRAY<INT NOT NULL>"],
    ["INT ARRAY NOT NULL", "ARRAY<INT> NOT NULL"],
    ["STRING MULTISET", "MULTISET<STRING>"],
    ["ARRAY<ARRAY<INT>>", "ARRAY<ARRAY<INT>>"],
    ["MAP<STRING, MAP<INT, BYTES>>", "MAP<STRING, MAP<INT, BYTES>>"],
    ["ROW(a INT, `b c` STRING 'a comment')", "ROW<`a` INT, `b c` STRING 'a comment'>"],
    ["ROW<my-field INT, größe INT>", "ROW<`my-field` INT, `größe` INT>"],
    ["ROW<>", "ROW<>"],
    ["ROW()", "ROW<>"],
    ["NULL", "NULL"],
    ["RAW('java.lang.Object', 'AAE=')", "RAW('java.lang.Object', 'AAE=')"],
    ["VARIANT", "VARIANT"],
    ["BITMAP NOT NULL", "BITMAP NOT NULL"],
    ["Money", "Money"],
    ["a.b.`c d` NOT NULL", "a.b.`c d` NOT NULL"],
    ["`INT`", "`INT`"],
    [" \n INT\t", "INT"],
  ] as const;

  t.deepEqual(
    rows.map(([text]) => [text, printType(parseType(text))]),
    rows.map((row) => [...row]),
  );
});

test("a wrong type string is refused at the character where it goes wrong", (t) => {
  const rows = [
    ["", 1],
    ["INT INT", 5],
    ["INT NOT", 8],
    ["NOT NULL", 1],
    ["NULL NOT NULL", 14],
    ["CHAR(0)", 6],
    ["CHAR(2147483648)", 6],
    ["CHAR(-1)", 6],
    ["CHAR(x)", 6],
    ["VARCHAR(5", 10],
    ["DECIMAL(0)", 9],
    ["DECIMAL(39)", 9],
    ["DECIMAL(5, 6)", 12],
    ["TIME(10)", 6],
    ["TIMESTAMP(10)", 11],
    ["TIMESTAMP WITH ZONE", 16],
    ["INTERVAL", 9],
    ["INTERVAL YEAR(0)", 15],
    ["INTERVAL YEAR(5)", 15],
    ["INTERVAL DAY(7)", 14],
    ["INTERVAL SECOND(10)", 17],
    ["INTERVAL SECOND TO DAY", 17],
    ["INTERVAL HOUR TO DAY", 18],
    ["INTERVAL DAY(0)", 14],
    ["INTERVAL MONTH TO YEAR", 16],
    ["INTERVAL HOUR(2)", 14],
    ["INTERVAL DAY TO SECOND(10)", 24],
    ["INT(11)", 4],
    ["STRING(5)", 7],
    ["BYTES(5)", 6],
    ["DATE(3)", 5],
    ["DECIMAL(10,)", 12],
    ["DECIMAL(10 2)", 12],
    ["DECIMAL(10, 2, 3)", 14],
    ["CHAR()", 6],
    ["CHAR(1.5)", 7],
    ["BINARY(0)", 8],
    ["VARBINARY(0)", 11],
    ["VARCHAR(0)", 9],
    ["TIMESTAMP_LTZ(10)", 15],
    ["TIMESTAMP(3) WITH LOCAL", 24],
    ["TIME WITH TIME ZONE", 6],
    ["DATE NOT NULL NULL", 15],
    ["ARRAY<>", 7],
    ["MULTISET", 9],
    ["MAP<INT, INT, INT>", 13],
    ["ROW", 4],
    ["ROW<a INT,>", 11],
    ["ROW<a INT b INT>", 11],
    ["ROW<a INT 'x' 'y'>", 15],
    ["ROW<'a' INT>", 5],
    ["'INT'", 1],
    ["INT ARRAY ARRAY", 11],
    ["ARRAY<INT", 10],
    ["ARRAY INT", 7],
    ["MAP<INT>", 8],
    ["ROW<a INT, a INT>", 17],
    ["ROW<a INT)", 10],
    ["ROW<date DATE>", 5],
    ["ROW<a>", 6],
    ["ROW<a INT 'x>", 11],
    ["ROW<`a INT>", 5],
    ["RAW('a')", 8],
    ["a.b.c.d", 6],
  ] as const;
  const columnOf = (text: string): number | undefined => {
    const error = t.throws(
      () => parseType(text),
      { instanceOf: TributaryError, code: "SCHEMA_INVALID" },
      text,
    );
    return error.diagnostics[0]?.column;
  };

  t.deepEqual(
    rows.map(([text]) => [text, columnOf(text)]),
    rows.map((row) => [...row]),
  );
});

test("the error of a type string tells position, expectation, find, text and remedy", (t) => {
  const error = t.throws(() => parseType("ROW<id INT, date DATE>"), { instanceOf: TributaryError });

  t.like(error.diagnostics[0], {
    code: "SCHEMA_INVALID",
    column: 13,
    value: "ROW<id INT, date DATE>",
    message:
      "The type 'ROW<id INT, date DATE>' is wrong at character 13: expected a field name, found 'date'.",
    hint: "DATE is a keyword of types; as a name it needs backquotes: `date`.",
  });
});

test("types nested beyond all reason are refused, not a crash", (t) => {
  t.notThrows(() => parseType(`${"ARRAY<".repeat(150)}INT${">".repeat(150)}`));
  t.throws(() => parseType("ARRAY<".repeat(100_000)), { code: "SCHEMA_INVALID" });
});

const names = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.constantFrom("date", "__proto__", "a`b", "x y", "constructor", "it's", "a\nb"),
);

const scalarTypes: fc.Arbitrary<LogicalType> = fc.oneof(
  fc.constantFrom<LogicalType>(
    types.boolean(),
    types.tinyint(),
    types.smallint(),
    types.int(),
    types.bigint(),
    types.float(),
    types.double(),
    types.date(),
    types.string(),
    types.bytes(),
    types.intervalYearMonth(),
    types.intervalDayTime(),
  ),
  fc.integer({ min: 1, max: 2147483647 }).map((length) => types.varchar(length)),
  fc.integer({ min: 1, max: 2147483647 }).map((length) => types.binary(length)),
  fc.integer({ min: 1, max: 38 }).chain((p) => fc.nat(p).map((s) => types.decimal(p, s))),
  fc.nat(9).map((p) => types.time(p)),
  fc.nat(9).map((p) => types.timestamp(p)),
  fc.nat(9).map((p) => types.timestampLtz(p)),
);

const anyType = fc.letrec<{ type: LogicalType; field: RowField }>((tie) => ({
  type: fc
    .oneof(
      { maxDepth: 3 },
      scalarTypes,
      tie("type").map((element) => types.array(element)),
      tie("type").map((element) => types.multiset(element)),
      fc.tuple(tie("type"), tie("type")).map(([key, value]) => types.map(key, value)),
      fc
        .uniqueArray(tie("field"), { maxLength: 4, selector: (field) => field.name })
        .map((fields) => types.row(fields)),
    )
    .chain((type) => fc.boolean().map((isNullable): LogicalType => ({ ...type, nullable: isNullable }))),
  field: fc
    .record({ name: names, type: tie("type"), comment: fc.option(fc.string(), { nil: undefined }) })
    .map(({ name, type, comment }) => (comment === undefined ? { name, type } : { name, type, comment })),
})).type;

test("printing a type and parsing it gives the same type", (t) => {
  fc.assert(
    fc.property(anyType, (type) => {
      const again = parseType(printType(type));
      t.deepEqual(again, type);
      t.true(typesEqual(again, type));
      t.false(typesEqual(again, { ...type, nullable: !type.nullable }));
    }),
  );
});

// ---- casts

test("the table of casts says what is implicit, explicit and impossible", (t) => {
  const rows = [
    ["INT", "INT NOT NULL", "implicit"],
    ["TINYINT", "BIGINT", "implicit"],
    ["BIGINT", "INT", "explicit"],
    ["BIGINT", "FLOAT", "implicit"],
    ["DOUBLE", "FLOAT", "explicit"],
    ["FLOAT", "DOUBLE", "implicit"],
    ["INT", "DECIMAL(10, 2)", "implicit"],
    ["DECIMAL(10, 2)", "DECIMAL(5, 0)", "implicit"],
    ["DECIMAL(10, 2)", "INT", "explicit"],
    ["INT", "STRING", "explicit"],
    ["STRING", "INT", "explicit"],
    ["CHAR(3)", "VARCHAR(2)", "implicit"],
    ["STRING", "CHAR(2)", "explicit"],
    ["STRING", "VARCHAR(2)", "implicit"],
    ["BOOLEAN", "INT", "explicit"],
    ["INT", "BOOLEAN", "explicit"],
    ["BOOLEAN", "DATE", "no"],
    ["STRING", "BYTES", "explicit"],
    ["BYTES", "STRING", "explicit"],
    ["BYTES", "INT", "no"],
    ["BINARY(2)", "BYTES", "implicit"],
    ["BYTES", "BINARY(2)", "explicit"],
    ["STRING", "TIMESTAMP(3)", "explicit"],
    ["TIMESTAMP(9)", "TIMESTAMP(3)", "implicit"],
    ["TIMESTAMP(3)", "TIMESTAMP_LTZ(3)", "implicit"],
    ["TIMESTAMP_LTZ(3)", "DATE", "explicit"],
    ["TIMESTAMP(3)", "DATE", "implicit"],
    ["DATE", "TIMESTAMP(3)", "explicit"],
    ["DATE", "TIME", "no"],
    ["BIGINT", "TIMESTAMP(3)", "no"],
    ["TIMESTAMP(3)", "BIGINT", "no"],
    ["INTERVAL DAY", "INTERVAL DAY TO SECOND", "implicit"],
    ["INTERVAL DAY", "INTERVAL MONTH", "no"],
    ["INTERVAL DAY", "STRING", "explicit"],
    ["STRING", "INTERVAL DAY", "no"],
    ["NULL", "ROW<a INT>", "implicit"],
    ["INT", "NULL", "no"],
    ["ARRAY<INT>", "ARRAY<BIGINT>", "implicit"],
    ["ARRAY<BIGINT>", "ARRAY<INT>", "explicit"],
    ["ARRAY<INT>", "ARRAY<INT NOT NULL>", "explicit"],
    ["ARRAY<INT>", "INT", "no"],
    ["ARRAY<INT>", "STRING", "explicit"],
    ["ARRAY<RAW('a', 'b')>", "STRING", "no"],
    ["MAP<STRING, INT>", "MAP<STRING, BIGINT>", "implicit"],
    ["ROW<a INT, b INT>", "ROW<x BIGINT, y STRING>", "explicit"],
    ["ROW<a INT, b INT>", "ROW<x BIGINT>", "no"],
    ["Money", "Money", "implicit"],
    ["Money", "INT", "no"],
  ] as const;

  t.deepEqual(
    rows.map(([from, to]) => [from, to, castable(parseType(from), parseType(to))]),
    rows.map((row) => [...row]),
  );
  t.throws(() => castFunction(types.bigint(), types.date()), { code: "SQL_INVALID" });
});

/** The result of a cast as text; `fails` where it throws, after checking that TRY_CAST gives NULL there. */
function castText(value: unknown, from: string, to: string, zone = "UTC"): string {
  const source = parseType(from);
  const target = parseType(to);
  const show = (result: unknown): string =>
    result instanceof Uint8Array
      ? Buffer.from(result).toString("hex")
      : Array.isArray(result)
        ? JSON.stringify(result)
        : String(result);
  const tried = castFunction(source, target, { timeZone: zone, onFailure: "null" })(value);
  try {
    const result = castFunction(source, target, { timeZone: zone })(value);
    return show(result) === show(tried) ? show(result) : "TRY_CAST differs";
  } catch (error) {
    return TributaryError.is(error, "RECORD_MALFORMED") && tried === null ? "fails" : "wrong failure";
  }
}

type CastRow = readonly [value: unknown, from: string, to: string, result: string];

const castRows = test.macro<[rows: readonly CastRow[], zone?: string]>((t, rows, zone) => {
  t.deepEqual(
    rows.map(([value, from, to]) => [value, from, to, castText(value, from, to, zone)]),
    rows.map((row) => [...row]),
  );
});

test("casts of NULL are NULL", castRows, [
  [null, "STRING", "INT", "null"],
  [null, "INT", "INT", "null"],
  [null, "NULL", "DATE", "null"],
]);

test("casts of integers keep the low bits", castRows, [
  [12345, "SMALLINT", "TINYINT", "57"],
  [-12345, "SMALLINT", "TINYINT", "-57"],
  [1234567, "INT", "SMALLINT", "-10617"],
  [12345678901n, "BIGINT", "INT", "-539222987"],
  [12345678901n, "BIGINT", "TINYINT", "53"],
  [5, "TINYINT", "BIGINT", "5"],
  [9007199791611905n, "BIGINT", "FLOAT", "9007200328482816"],
  [0, "INT", "BOOLEAN", "false"],
  [-5, "TINYINT", "BOOLEAN", "true"],
  [0n, "BIGINT", "BOOLEAN", "false"],
  [42, "INT", "DECIMAL(5, 3)", "42.000"],
  [100, "INT", "DECIMAL(5, 3)", "null"],
  [42, "INT", "STRING", "42"],
]);

test("casts of floating-point numbers cut, stick at the limits, and take NaN for 0", castRows, [
  [1.9, "DOUBLE", "INT", "1"],
  [-1.9, "DOUBLE", "INT", "-1"],
  [-0.5, "DOUBLE", "INT", "0"],
  [1e10, "DOUBLE", "INT", "2147483647"],
  [-1e10, "DOUBLE", "INT", "-2147483648"],
  [Infinity, "DOUBLE", "BIGINT", "9223372036854775807"],
  [-1e30, "DOUBLE", "BIGINT", "-9223372036854775808"],
  [2 ** 63, "DOUBLE", "BIGINT", "9223372036854775807"],
  [1e19, "DOUBLE", "BIGINT", "9223372036854775807"],
  [9223372036854774784, "DOUBLE", "BIGINT", "9223372036854774784"],
  [Number.NaN, "DOUBLE", "INT", "0"],
  [Number.NaN, "DOUBLE", "BIGINT", "0"],
  [9234567891.12345, "DOUBLE", "BIGINT", "9234567891"],
  [123456.78, "DOUBLE", "SMALLINT", "-7616"],
  [0.1, "DOUBLE", "FLOAT", String(Math.fround(0.1))],
  [12.678, "DOUBLE", "DECIMAL(5, 2)", "12.68"],
  [1e30, "DOUBLE", "DECIMAL(5, 2)", "null"],
  [Number.NaN, "DOUBLE", "DECIMAL(5, 2)", "fails"],
  [0.5, "DOUBLE", "BOOLEAN", "true"],
  [-0, "DOUBLE", "BOOLEAN", "false"],
  [1, "DOUBLE", "STRING", "1.0"],
  [1e10, "DOUBLE", "STRING", "1.0E10"],
  [Math.fround(123.456), "FLOAT", "STRING", "123.456"],
]);

test("casts of decimals cut, keep the low bits, and are NULL where they do not fit", castRows, [
  [Decimal.of("9.87"), "DECIMAL(4, 3)", "TINYINT", "9"],
  [Decimal.of("-9.87"), "DECIMAL(4, 3)", "INT", "-9"],
  [Decimal.of("9123.87"), "DECIMAL(10, 3)", "TINYINT", "-93"],
  [Decimal.of("3276913443134.87"), "DECIMAL(20, 3)", "INT", "-146603714"],
  [Decimal.of("3276913443134.87"), "DECIMAL(20, 3)", "BIGINT", "3276913443134"],
  [Decimal.of("9.87"), "DECIMAL(4, 3)", "DOUBLE", "9.87"],
  [Decimal.of("9.875"), "DECIMAL(4, 3)", "DECIMAL(3, 2)", "9.88"],
  [Decimal.of("9.995"), "DECIMAL(4, 3)", "DECIMAL(3, 2)", "null"],
  [Decimal.of("0.00"), "DECIMAL(4, 2)", "BOOLEAN", "false"],
  [Decimal.of("1.5"), "DECIMAL(4, 2)", "STRING", "1.50"],
]);

test("casts of text trim blanks, cut fractions, and fail for what is no number or out of range", castRows, [
  [" 12 ", "STRING", "INT", "12"],
  ["12.7", "STRING", "INT", "12"],
  ["-12.7", "STRING", "TINYINT", "-12"],
  [".7", "STRING", "INT", "0"],
  ["12.", "STRING", "INT", "12"],
  ["12.x", "STRING", "INT", "fails"],
  [".", "STRING", "INT", "fails"],
  ["1e3", "STRING", "INT", "fails"],
  ["", "STRING", "INT", "fails"],
  ["127", "STRING", "TINYINT", "127"],
  ["128", "STRING", "TINYINT", "fails"],
  ["-32769", "STRING", "SMALLINT", "fails"],
  ["9223372036854775807.9", "STRING", "BIGINT", "9223372036854775807"],
  ["9223372036854775808", "STRING", "BIGINT", "fails"],
  [" 1.5e3 ", "STRING", "DOUBLE", "1500"],
  ["foo", "STRING", "DOUBLE", "fails"],
  ["1.2345", "STRING", "DECIMAL(5, 3)", "1.235"],
  ["123456", "STRING", "DECIMAL(5, 3)", "null"],
  ["foo", "STRING", "DECIMAL(5, 3)", "fails"],
  ["T", "STRING", "BOOLEAN", "true"],
  ["yes", "STRING", "BOOLEAN", "true"],
  ["FalsE", "STRING", "BOOLEAN", "false"],
  ["0", "STRING", "BOOLEAN", "false"],
  ["", "STRING", "BOOLEAN", "fails"],
  ["on", "STRING", "BOOLEAN", "fails"],
  ["é", "STRING", "BYTES", "c3a9"],
  ["abc", "STRING", "BINARY(2)", "6162"],
  ["a", "STRING", "BINARY(3)", "610000"],
  ["2021-09-27", "STRING", "DATE", "18897"],
  ["2021-02-30", "STRING", "DATE", "fails"],
  ["12:34:56.789", "STRING", "TIME(1)", "45296700"],
  ["noon", "STRING", "TIME", "fails"],
  ["2021-09-27 12:34:56.789", "STRING", "TIMESTAMP(1)", "2021-09-27 12:34:56.7"],
  ["2021/09/27", "STRING", "TIMESTAMP(3)", "fails"],
]);

test("casts to text cut to characters, fill CHAR with blanks and print collections", castRows, [
  ["abcdef", "STRING", "VARCHAR(3)", "abc"],
  ["a😀b😀", "STRING", "VARCHAR(2)", "a😀"],
  ["a😀", "STRING", "CHAR(4)", "a😀  "],
  ["foo", "CHAR(3)", "STRING", "foo"],
  [true, "BOOLEAN", "STRING", "TRUE"],
  [false, "BOOLEAN", "VARCHAR(3)", "FAL"],
  [Buffer.from("é"), "BYTES", "STRING", "é"],
  [18897, "DATE", "STRING", "2021-09-27"],
  [45296789, "TIME(3)", "STRING", "12:34:56.789"],
  [45296789, "TIME", "STRING", "12:34:56"],
  [parseSqlTimestamp("2021-09-24 12:34:56.1"), "TIMESTAMP(3)", "STRING", "2021-09-24 12:34:56.100"],
  [parseSqlTimestamp("2021-09-24 12:34:56.1"), "TIMESTAMP(0)", "STRING", "2021-09-24 12:34:56"],
  [84, "INTERVAL YEAR", "STRING", "+7-00"],
  [-13, "INTERVAL MONTH", "STRING", "-1-01"],
  [123456789n, "INTERVAL DAY", "STRING", "+1 10:17:36.789"],
  [-10n, "INTERVAL DAY", "STRING", "-0 00:00:00.010"],
  [[1, null, 3], "ARRAY<INT>", "STRING", "[1, NULL, 3]"],
  [
    new Map([
      ["a", 1],
      ["b", null],
    ]),
    "MAP<STRING, INT>",
    "STRING",
    "{a=1, b=NULL}",
  ],
  [{ a: 1, b: true }, "ROW<a INT, b BOOLEAN>", "STRING", "(1, TRUE)"],
]);

test(
  "casts of times go through the session's zone where an instant is involved",
  castRows,
  [
    [
      parseSqlInstant("2021-09-24 23:54:56.1234567Z"),
      "TIMESTAMP_LTZ(5)",
      "STRING",
      "2021-09-25 07:54:56.12345",
    ],
    [
      parseSqlInstant("2021-09-24 23:54:56.1234567Z"),
      "TIMESTAMP_LTZ(7)",
      "TIMESTAMP(4)",
      "2021-09-25 07:54:56.1234",
    ],
    [parseSqlInstant("2021-09-24 23:54:56Z"), "TIMESTAMP_LTZ(3)", "DATE", "18895"],
    [parseSqlInstant("2021-09-24 23:54:56.7Z"), "TIMESTAMP_LTZ(3)", "TIME", "28496000"],
    [parseSqlTimestamp("2021-09-25 07:54:56.7"), "TIMESTAMP(3)", "TIMESTAMP_LTZ(0)", "2021-09-24 23:54:56Z"],
    [parseSqlTimestamp("2021-09-25 07:54:56.7"), "TIMESTAMP(3)", "DATE", "18895"],
    [parseSqlTimestamp("1969-12-31 23:59:59.9"), "TIMESTAMP(3)", "DATE", "-1"],
    [parseSqlTimestamp("1969-12-31 23:59:59.9"), "TIMESTAMP(3)", "TIME(1)", "86399900"],
    [18895, "DATE", "TIMESTAMP(3)", "2021-09-25 00:00:00"],
    [18895, "DATE", "TIMESTAMP_LTZ(3)", "2021-09-24 16:00:00Z"],
    [3_600_000, "TIME", "TIMESTAMP(3)", "1970-01-01 01:00:00"],
    [3_600_999, "TIME(3)", "TIME(1)", "3600900"],
    ["2021-09-27", "STRING", "TIMESTAMP_LTZ(3)", "2021-09-26 16:00:00Z"],
  ],
  "Asia/Shanghai",
);

test("casts of collections go part by part, and one failure fails the whole", castRows, [
  [["1", " 2 ", null], "ARRAY<STRING>", "ARRAY<INT>", "[1,2,null]"],
  [["1", "x"], "ARRAY<STRING>", "ARRAY<INT>", "fails"],
  [[1.5, 2.5], "ARRAY<DOUBLE>", "ARRAY<INT>", "[1,2]"],
]);

test("rows are cast by position and take the names of the target", (t) => {
  const cast = castFunction(parseType("ROW<a INT, b STRING>"), parseType("ROW<x STRING, y INT>"));

  t.deepEqual(cast({ a: 1, b: "2" }), { x: "1", y: 2 });
  t.deepEqual(cast({ a: null, b: null }), { x: null, y: null });
  t.throws(() => cast({ a: 1, b: "x" }), { code: "RECORD_MALFORMED" });
});

test("maps are cast by key and value", (t) => {
  const cast = castFunction(parseType("MAP<STRING, INT>"), parseType("MAP<INT, STRING>"));

  t.deepEqual(
    cast(
      new Map([
        ["1", 10],
        ["2", 20],
      ]),
    ),
    new Map([
      [1, "10"],
      [2, "20"],
    ]),
  );
});

test("the error of a cast quotes value and types and names TRY_CAST", (t) => {
  const cast = castFunction(types.string(), notNull(types.int()));
  const error = t.throws(() => cast("abc"), { instanceOf: TributaryError });

  t.like(error.diagnostics[0], {
    code: "RECORD_MALFORMED",
    message: 'The STRING "abc" cannot be cast to INT.',
    hint: "TRY_CAST gives NULL instead.",
  });
});

test("casting a number to text and back gives the number", (t) => {
  const there = castFunction(types.double(), types.string());
  const back = castFunction(types.string(), types.double());
  fc.assert(
    fc.property(fc.double(), (value) => {
      t.is(back(there(value)), value);
    }),
  );
});

test("casting a timestamp to text and back gives the timestamp", (t) => {
  const there = castFunction(types.timestamp(9), types.string());
  const back = castFunction(types.string(), types.timestamp(9));
  fc.assert(
    fc.property(
      fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
      fc.nat(999_999),
      (millis, nanos) => {
        const value = new LocalTimestamp(millis, nanos);
        t.true(value.equals(back(there(value)) as LocalTimestamp));
      },
    ),
  );
});
