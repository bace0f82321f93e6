import {
  Decimal,
  Instant,
  LocalTimestamp,
  parseDecimalText,
  parseDoubleText,
  parseIsoInstant,
  parseIsoTimestamp,
  parseSqlInstant,
  parseSqlTimestamp,
  rowToCanonicalJson,
} from "@tributary/core";
import type { Row, RowType } from "@tributary/core";
import test from "ava";
import fc from "fast-check";
import { peerOf } from "./avro-peer.js";
import { decodeWith, encodeBytes, makeFormat, rowTypeOf } from "./codec.js";
import type { FormatName, Options } from "./codec.js";

/** Runs of each property; raise it to hunt. */
const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 150);

/** Milliseconds that are odd: the edges of the years that need no sign, and those of what the values can be. */
const EDGES = fc.constantFrom(
  0,
  -1,
  Date.UTC(9999, 11, 31, 23, 59, 59, 999),
  Date.UTC(9999, 11, 31, 23, 59, 59, 999) + 1,
  new Date("0000-01-01T00:00:00Z").getTime(),
  new Date("0000-01-01T00:00:00Z").getTime() - 1,
  new Date("-009999-01-01T00:00:00Z").getTime(),
  8.64e15,
  -8.64e15,
);
const MILLIS = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -6e13, max: 2.5e14 }) },
  { weight: 1, arbitrary: EDGES },
);
const NANOS = fc.oneof(fc.integer({ min: 0, max: 999_999 }), fc.constantFrom(0, 1, 999_999, 500_000));

/** Timestamps of every kind of fraction, whatever the precision: the texts do not cut. */
const TIMES: readonly (readonly [type: string, values: fc.Arbitrary<unknown>])[] = [
  ["TIMESTAMP(9)", fc.tuple(MILLIS, NANOS).map(([millis, nanos]) => new LocalTimestamp(millis, nanos))],
  ["TIMESTAMP_LTZ(9)", fc.tuple(MILLIS, NANOS).map(([millis, nanos]) => new Instant(millis, nanos))],
];

/** Types that only JSON carries. */
const JSON_SCALARS: readonly (readonly [type: string, values: fc.Arbitrary<unknown>])[] = [
  ["INTERVAL YEAR TO MONTH", fc.integer()],
  ["INTERVAL DAY TO SECOND(3)", fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  ["TIME(0)", fc.integer({ min: 0, max: 86_399 }).map((seconds) => seconds * 1000)],
  ["TIMESTAMP(0)", MILLIS.map((millis) => new LocalTimestamp(Math.floor(millis / 1000) * 1000))],
];

const SCALARS: readonly (readonly [type: string, values: fc.Arbitrary<unknown>])[] = [
  ["BOOLEAN", fc.boolean()],
  ["TINYINT", fc.integer({ min: -128, max: 127 })],
  ["SMALLINT", fc.integer({ min: -32768, max: 32767 })],
  ["INT", fc.integer()],
  ["BIGINT", fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  ["FLOAT", fc.float()],
  ["DOUBLE", fc.double()],
  [
    "DECIMAL(12, 3)",
    fc.bigInt({ min: -(10n ** 12n) + 1n, max: 10n ** 12n - 1n }).map((n) => new Decimal(n, 3)),
  ],
  [
    "DECIMAL(38, 0)",
    fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }).map((n) => new Decimal(n, 0)),
  ],
  ["STRING", fc.string({ unit: "binary", maxLength: 40 })],
  ["BYTES", fc.uint8Array({ maxLength: 20 })],
  ["DECIMAL(1, 1)", fc.bigInt({ min: -9n, max: 9n }).map((n) => new Decimal(n, 1))],
  [
    "DECIMAL(38, 38)",
    fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }).map((n) => new Decimal(n, 38)),
  ],
  [
    "DECIMAL(38, 18)",
    fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }).map((n) => new Decimal(n, 18)),
  ],
  ["CHAR(3)", fc.string({ unit: "grapheme", maxLength: 3 })],
  [
    "VARCHAR(10)",
    fc.constantFrom("", " ", "null", "true", "NaN", "0", "__proto__", "\u0000", "\u2028", "\ufeff"),
  ],
  ["BINARY(4)", fc.uint8Array({ maxLength: 4 })],
  [
    "DATE",
    fc.oneof(fc.integer({ min: -719_528, max: 2_932_896 }), fc.constantFrom(0, -1, -719_528, 2_932_896)),
  ],
  ["TIME(3)", fc.oneof(fc.integer({ min: 0, max: 86_399_999 }), fc.constantFrom(0, 86_399_999))],
  ...TIMES,
];

interface Typed {
  readonly type: string;
  readonly values: fc.Arbitrary<unknown>;
}

const scalar: fc.Arbitrary<Typed> = fc.constantFrom(...SCALARS).map(([type, values]) => ({ type, values }));

/** Keys of maps, ordinary and odd. */
const key = fc.oneof(
  fc.string({ unit: "binary", maxLength: 5 }),
  fc.constantFrom("", "__proto__", "constructor", "toString", "hasOwnProperty", "0", '"', "\\", "null", "é"),
);
const MULTISET: Typed = {
  type: "MULTISET<STRING>",
  values: fc
    .array(fc.tuple(key, fc.integer({ min: 1, max: 9 })), { maxLength: 4 })
    .map((one) => new Map(one)),
};

/** Types that JSON carries, nested three deep. */
const nested = (scalars: fc.Arbitrary<Typed>, fieldName: fc.Arbitrary<string>): fc.Arbitrary<Typed> =>
  fc.letrec<{ type: Typed }>((tie) => ({
    type: fc.oneof(
      { depthSize: "small", maxDepth: 3, withCrossShrink: true },
      scalars,
      tie("type").map(({ type, values }) => ({
        type: `ARRAY<${type}>`,
        values: fc.array(fc.option(values), { maxLength: 4 }),
      })),
      tie("type").map(({ type, values }) => ({
        type: `MAP<STRING, ${type}>`,
        values: fc
          .array(fc.tuple(key, fc.option(values)), { maxLength: 4 })
          .map((entries) => new Map(entries)),
      })),
      fc
        .tuple(
          fc.array(tie("type"), { minLength: 1, maxLength: 3 }),
          fc.uniqueArray(fieldName, { minLength: 3, maxLength: 3 }),
        )
        .map(([fields, names]) => ({
          type: `ROW<${fields.map(({ type }, index) => `${quotedName(names[index])} ${type}`).join(", ")}>`,
          values: fc
            .tuple(...fields.map(({ values }) => fc.option(values)))
            .map((values) => Object.fromEntries(values.map((value, index) => [names[index], value]))),
        })),
      fc.constant(MULTISET),
    ),
  })).type;

const quotedName = (name: string | undefined): string => `\`${name?.replaceAll("`", "``")}\``;
/** Names of columns and fields, many of them ones that every object has. */
const columnName = fc.oneof(
  fc.string({ minLength: 1, maxLength: 8 }).filter((name) => !name.includes("\0")),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "length",
    "0",
    '"',
    "\\",
    "é",
    "😀",
    "a b",
  ),
);
const PLAIN_NAME = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,7}$/);
/** Names that every format can have. */
const WORD_NAME = fc.oneof(
  PLAIN_NAME,
  fc.constantFrom("__proto__", "constructor", "toString", "_", "A", "a"),
);

const anyType = nested(
  fc.constantFrom(...SCALARS, ...JSON_SCALARS).map(([type, values]) => ({ type, values })),
  columnName,
);

/** Times that Avro can hold instead of those in nanoseconds. */
const AVRO_TIMES: readonly (readonly [type: string, values: fc.Arbitrary<unknown>])[] = [
  ["TIMESTAMP(3)", fc.integer({ min: -6e13, max: 2.5e14 }).map((millis) => new LocalTimestamp(millis))],
  [
    "TIMESTAMP(6)",
    fc
      .tuple(fc.integer({ min: -6e13, max: 2.5e14 }), fc.integer({ min: 0, max: 999 }))
      .map(([millis, micros]) => new LocalTimestamp(millis, micros * 1000)),
  ],
  [
    "TIMESTAMP_LTZ(6)",
    fc
      .tuple(fc.integer({ min: -6e12, max: 2.5e12 }), fc.integer({ min: 0, max: 999 }))
      .map(([millis, micros]) => new Instant(millis, micros * 1000)),
  ],
  ["TIMESTAMP_LTZ(0)", fc.integer({ min: -6e13, max: 2.5e14 }).map((millis) => new Instant(millis))],
];
const avroTypeWith = (fieldName: fc.Arbitrary<string>): fc.Arbitrary<Typed> =>
  nested(
    fc
      .constantFrom(...SCALARS.filter(([type]) => !type.includes("(9)")), ...AVRO_TIMES)
      .map(([type, values]) => ({ type, values })),
    fieldName,
  );
const avroType = avroTypeWith(WORD_NAME);

interface Table {
  readonly rowType: RowType;
  readonly rows: readonly Row[];
}

function tables(
  column: fc.Arbitrary<Typed>,
  columnsMin: number,
  name: fc.Arbitrary<string> = columnName,
): fc.Arbitrary<Table> {
  return fc
    .tuple(
      fc.uniqueArray(name, { minLength: columnsMin, maxLength: 8 }),
      fc.array(column, { minLength: 8, maxLength: 8 }),
    )
    .chain(([names, columns]) => {
      const fields = names.map((name, index) => `${quotedName(name)} ${columns[index]?.type}`);
      const rowType = rowTypeOf(fields.join(", "));
      const row = fc
        .tuple(...names.map((_, index) => fc.option((columns[index] as Typed).values)))
        .map((values) => Object.fromEntries(names.map((name, index) => [name, values[index]])) as Row);
      return fc.record({
        rowType: fc.constant(rowType),
        rows: fc.array(row, { minLength: 1, maxLength: 4 }),
      });
    });
}

function roundTrip(name: FormatName, options: Options, { rowType, rows }: Table): readonly string[] {
  const written = makeFormat(name, options).createEncoder({ table: "t", rowType }).encode(rows);
  const closures = makeFormat(name, options, "closures").createEncoder({ table: "t", rowType }).encode(rows);
  const read = decodeWith(makeFormat(name, options), rowType, written);
  const readByClosures = decodeWith(makeFormat(name, options, "closures"), rowType, closures);
  if (JSON.stringify(read.events) !== JSON.stringify(readByClosures.events))
    throw new Error("The styles differ.");
  return read.events;
}

const printed = ({ rowType, rows }: Table): readonly string[] =>
  rows.map((row) => rowToCanonicalJson(row, rowType));

test("json gives back every row of every type", (t) => {
  fc.assert(
    fc.property(
      tables(anyType, 1),
      fc.constantFrom<Options>(
        {},
        { "encode.decimal-as-plain-number": "true" },
        { "encode.ignore-null-fields": "true" },
        { "timestamp-format.standard": "ISO-8601", "decode.json-parser.enabled": "false" },
      ),
      (table, options) => {
        t.deepEqual(roundTrip("json", options, table), printed(table));
      },
    ),
    { numRuns: RUNS },
  );
});

test("avro gives back every row of every type", (t) => {
  fc.assert(
    fc.property(
      tables(avroType, 1, WORD_NAME),
      fc.constantFrom<Options>({}, { encoding: "json" }),
      (table, options) => {
        const all = { "timestamp_mapping.legacy": "false", ...options };
        t.deepEqual(roundTrip("avro", all, table), printed(table));
      },
    ),
    { numRuns: RUNS },
  );
});

test("avsc reads what avro writes, and avro what avsc writes", (t) => {
  fc.assert(
    // The other implementation assigns fields and entries to an object: `__proto__` is none of them there, and numbers come first.
    fc.property(tables(avroTypeWith(PLAIN_NAME), 1, PLAIN_NAME), ({ rowType, rows }) => {
      fc.pre(!printed({ rowType, rows }).some((text) => /\["(?:__proto__|\d+)",/.test(text)));
      const options = { "timestamp_mapping.legacy": "false" };
      const peer = peerOf(rowType);
      const written = encodeBytes("avro", rowType, options, rows);
      const copies = written.map((message) => peer.toBuffer(peer.fromBuffer(Buffer.from(message ?? []))));
      t.deepEqual(
        copies.map((copy) => copy.toString("hex")),
        written.map((message) => Buffer.from(message ?? []).toString("hex")),
      );
      t.deepEqual(
        decodeWith(makeFormat("avro", options), rowType, copies).events,
        printed({ rowType, rows }),
      );
    }),
    { numRuns: RUNS },
  );
});

// From two columns on: the empty string in a single one is an empty message, which is none.
test("csv gives back every row of scalars, NULL by a literal", (t) => {
  fc.assert(
    fc.property(
      // A text in the first column is bare, and a byte order mark at its start would be that of the message.
      tables(scalar, 2).filter(
        ({ rowType: { fields }, rows }) =>
          !rows.some((row) => String(row[fields[0]?.name ?? ""]).startsWith("\ufeff")),
      ),
      fc.constantFrom<Options>(
        {},
        { "field-delimiter": "\\t" },
        { "field-delimiter": "§", "quote-character": "€" },
        { "escape-character": "\\" },
        { "write-bigdecimal-in-scientific-notation": "true", "quote-character": "'" },
        { "allow-comments": "true", "field-delimiter": ";" },
      ),
      (table, options) => {
        t.deepEqual(roundTrip("csv", { "null-literal": "<null>", ...options }, table), printed(table));
      },
    ),
    { numRuns: RUNS },
  );
});

/** Elements whose texts are never empty and have no delimiter of elements in them. */
const ELEMENTS = SCALARS.filter(([type]) => !/CHAR|STRING|BINARY|BYTES|TIMESTAMP/.test(type));

test("csv gives back arrays and rows of scalars that are neither NULL nor empty", (t) => {
  const element = fc.constantFrom(...ELEMENTS);
  const array = element.map(([type, values]) => ({
    type: `ARRAY<${type}>`,
    values: fc.array(fc.option(values), { minLength: 1, maxLength: 4 }),
  }));
  const row = fc.array(element, { minLength: 1, maxLength: 3 }).map((fields) => ({
    type: `ROW<${fields.map(([type], index) => `f${index} ${type}`).join(", ")}>`,
    values: fc
      .tuple(...fields.map(([, values]) => fc.option(values)))
      .map((values) => Object.fromEntries(values.map((value, index) => [`f${index}`, value]))),
  }));
  fc.assert(
    fc.property(
      fc.oneof(array, row).chain(({ type, values }) =>
        fc.record({
          rowType: fc.constant(rowTypeOf(`a INT, c ${type}`)),
          rows: fc.array(
            values.map((c) => ({ a: 1, c })),
            { minLength: 1, maxLength: 4 },
          ),
        }),
      ),
      fc.constantFrom<Options>(
        {},
        { "array-element-delimiter": "|" },
        { "field-delimiter": ";", "array-element-delimiter": "," },
      ),
      (table, options) => {
        t.deepEqual(roundTrip("csv", { "null-literal": "<null>", ...options }, table), printed(table));
      },
    ),
    { numRuns: RUNS },
  );
});

test("what JSON.parse reads from a message, json reads too", (t) => {
  const rowType = rowTypeOf("a DOUBLE, b STRING, c BOOLEAN");
  const record = fc.record(
    {
      a: fc.double({ noNaN: true, noDefaultInfinity: true }),
      b: fc.string({ unit: "binary" }),
      c: fc.boolean(),
      d: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 0, max: 2 }),
      (records, indent) => {
        const text = Buffer.from(JSON.stringify(records, null, indent));
        const { rows } = decodeWith(makeFormat("json", {}), rowType, [text]);
        const expected = (JSON.parse(text.toString()) as typeof records).map(({ a, b, c }) => ({
          a: a ?? null,
          b: b ?? null,
          c: c ?? null,
        }));
        t.deepEqual(rows, expected as unknown as Row[]);
      },
    ),
    { numRuns: RUNS },
  );
});

/** Digits in a timestamp's places, most of them in range. */
const nearTimestamp = fc
  .tuple(
    fc.constantFrom("2024", "2023", "1900", "0000", "+12024", "-0001", "202", "2024 "),
    fc.integer({ min: 0, max: 13 }),
    fc.integer({ min: 0, max: 32 }),
    fc.constantFrom(" ", "T", "t", "_"),
    fc.tuple(
      fc.integer({ min: 0, max: 25 }),
      fc.integer({ min: 0, max: 61 }),
      fc.integer({ min: 0, max: 61 }),
    ),
    fc.constantFrom("", ".", ".1", ".123", ".000001", ".123456789", ".1234567890", ".x", ":"),
    fc.constantFrom("", "Z", "z", "+00:00", " "),
  )
  .map(([year, month, day, separator, time, fraction, zone]) => {
    const two = (value: number): string => String(value).padStart(2, "0");
    return `${year}-${two(month)}-${two(day)}${separator}${time.map(two).join(":")}${fraction}${zone}`;
  });

test("timestamps are read from bytes just as from text", (t) => {
  const rowType = rowTypeOf("a TIMESTAMP(9), b TIMESTAMP_LTZ(9)");
  const lenient = { "ignore-parse-errors": "true" };
  const sql = makeFormat("json", lenient);
  const iso = makeFormat("json", { ...lenient, "timestamp-format.standard": "ISO-8601" });
  const csv = makeFormat("csv", lenient);
  fc.assert(
    fc.property(nearTimestamp, (text) => {
      const json = [Buffer.from(JSON.stringify({ a: text, b: text }))];
      const inSql = { a: parseSqlTimestamp(text) ?? null, b: parseSqlInstant(text) ?? null };
      t.deepEqual(decodeWith(sql, rowType, json).rows, [inSql]);
      const trimmed = text.trim();
      const inCsv = { a: parseSqlTimestamp(trimmed) ?? null, b: parseSqlInstant(trimmed) ?? null };
      t.deepEqual(decodeWith(csv, rowType, [Buffer.from(`${text},${text}`)]).rows, [inCsv]);
      const inIso = { a: parseIsoTimestamp(text) ?? null, b: parseIsoInstant(text) ?? null };
      t.deepEqual(decodeWith(iso, rowType, json).rows, [inIso]);
    }),
    { numRuns: RUNS * 20 },
  );
});

test("numbers are read from bytes just as from text", (t) => {
  const rowType = rowTypeOf("a DECIMAL(6, 3), b DOUBLE");
  const number = fc
    .tuple(
      fc.constantFrom("", "-"),
      fc.bigInt({ min: 0n, max: 10n ** 17n }),
      fc.constantFrom("", ".0", ".5", ".125", ".9995", ".0000001", "e2", ".5E-3"),
    )
    .map(
      ([sign, whole, fraction]) =>
        `${sign}${whole % 10n ** BigInt(1 + (Number(whole % 17n) | 0))}${fraction}`,
    );
  fc.assert(
    fc.property(number, (text) => {
      const expected = [{ a: parseDecimalText(text, 6, 3) ?? null, b: parseDoubleText(text) ?? null }];
      t.deepEqual(
        decodeWith(makeFormat("json", {}), rowType, [Buffer.from(`{"a":${text},"b":${text}}`)]).rows,
        expected,
      );
      t.deepEqual(
        decodeWith(makeFormat("csv", {}), rowType, [Buffer.from(`${text},${text}`)]).rows,
        expected,
      );
    }),
    { numRuns: RUNS * 10 },
  );
});

const NESTED = "a INT, s STRING, d DECIMAL(10, 2), l ARRAY<INT>, r ROW<x BIGINT, y TIMESTAMP(3)>";

/** Messages near the grammar: pieces of it and any bytes. */
const messages = (pieces: readonly string[]): fc.Arbitrary<Uint8Array> =>
  fc
    .array(
      fc.oneof(
        fc.constantFrom(...pieces).map((piece) => Buffer.from(piece)),
        fc.uint8Array({ maxLength: 3 }),
      ),
      {
        maxLength: 12,
      },
    )
    .map((parts) => Buffer.concat(parts));

const neverCrashes = test.macro((t, name: FormatName, pieces: readonly string[], options: Options) => {
  const rowType = rowTypeOf(NESTED);
  fc.assert(
    fc.property(fc.array(messages(pieces), { maxLength: 4 }), (batch) => {
      const generated = decodeWith(makeFormat(name, options), rowType, batch);
      const closures = decodeWith(makeFormat(name, options, "closures"), rowType, batch);
      t.deepEqual(generated.events, closures.events);
      t.deepEqual(generated.faults, closures.faults);
      const isLenient = options["ignore-parse-errors"] === "true";
      t.false(generated.events.some((event) => event.startsWith(isLenient ? "!" : "~")));
    }),
    { numRuns: RUNS * 4 },
  );
});

const JSON_PIECES = [
  '{"a":',
  '"s":',
  ',"d":1.5',
  ',"l":[1,',
  '"r":{"x":',
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"',
  "\\",
  "1",
  "-",
  "1e5",
  "null",
  "true",
  " ",
  '"x"',
  '"2024-01-01 00:00:00"',
  "\ufeff",
];
const CSV_PIECES = [
  "1,",
  '"',
  '""',
  ",",
  ";",
  "\n",
  "\r\n",
  "\\",
  "#",
  "x",
  "2024-01-01 00:00:00",
  " ",
  "\t",
  "\ufeff",
  "1.50",
];

const AVRO_JSON_PIECES = [
  '{"a":{"int":1}',
  ',"s":{"string":"x"}',
  ',"d":{"bytes":"\\u0001"}',
  ',"l":{"array":[{"int":1}',
  ',"r":{"org.apache.flink.avro.generated.record_r":{"x":null,"y":null}}',
  ',"d":null,"l":null,"r":null}',
  "{",
  "}",
  "]",
  ",",
  "null",
  "1.5",
  " \n",
];

test("json turns any bytes into rows or malformed messages", neverCrashes, "json", JSON_PIECES, {});
test("json turns any bytes into rows or skipped messages", neverCrashes, "json", JSON_PIECES, {
  "ignore-parse-errors": "true",
});
test("json's tree decoder takes any bytes", neverCrashes, "json", JSON_PIECES, {
  "decode.json-parser.enabled": "false",
});
test("csv turns any bytes into rows or malformed messages", neverCrashes, "csv", CSV_PIECES, {});
test("csv turns any bytes into rows or skipped messages", neverCrashes, "csv", CSV_PIECES, {
  "ignore-parse-errors": "true",
  "escape-character": "\\",
  "allow-comments": "true",
  "trim-spaces": "true",
  "ignore-trailing-unmappable": "true",
});

/** Bytes near Avro's: those of a row, some of them changed, cut or put in. */
test("avro turns any bytes into rows or malformed messages", (t) => {
  const rowType = rowTypeOf(`${NESTED}, m MAP<STRING, ARRAY<INT>>, b BYTES, f DOUBLE`);
  const [sample] = encodeBytes("avro", rowType, {}, [
    {
      a: 1,
      s: "text",
      d: new Decimal(123n, 2),
      l: [1, null, 3],
      r: { x: 5n, y: new LocalTimestamp(1_700_000_000_000) },
      m: new Map([["k", [1]]]),
      b: Uint8Array.of(1, 2),
      f: 1.5,
    },
  ]);
  const near = fc
    .array(fc.tuple(fc.nat(60), fc.constantFrom(0, 1, 2), fc.uint8Array({ minLength: 1, maxLength: 3 })), {
      maxLength: 4,
    })
    .map((edits) => {
      let bytes = Buffer.from(sample ?? []);
      for (const [at, kind, put] of edits) {
        const rest = kind === 0 ? at + put.length : kind === 1 ? at : bytes.length;
        bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(rest)]);
      }
      return bytes;
    });
  fc.assert(
    fc.property(fc.array(fc.oneof(near, fc.uint8Array({ maxLength: 20 })), { maxLength: 4 }), (batch) => {
      const generated = decodeWith(makeFormat("avro", {}), rowType, batch);
      const closures = decodeWith(makeFormat("avro", {}, "closures"), rowType, batch);
      t.deepEqual(
        generated.indexes,
        batch.map((_, index) => index),
      );
      t.deepEqual(generated.events, closures.events);
      t.deepEqual(generated.faults, closures.faults);
    }),
    { numRuns: RUNS * 8 },
  );
});

test("avro's JSON turns any bytes into rows or malformed messages", neverCrashes, "avro", AVRO_JSON_PIECES, {
  encoding: "json",
});

test("raw gives back every value", (t) => {
  const charsets = ["UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE"];
  const values = new Map(SCALARS);
  const types = ["BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "STRING", "BYTES"];
  const one = fc.constantFrom(...types).chain((type) =>
    fc.record({
      type: fc.constant(type),
      value: fc.option(values.get(type) as fc.Arbitrary<unknown>),
      charset: fc.constantFrom(...charsets),
      endianness: fc.constantFrom("big-endian", "LITTLE-ENDIAN"),
    }),
  );
  fc.assert(
    fc.property(one, ({ type, value, charset, endianness }) => {
      const table = { rowType: rowTypeOf(`c ${type}`), rows: [{ c: value }] };
      t.deepEqual(roundTrip("raw", { charset, endianness }, table), printed(table));
    }),
    { numRuns: RUNS * 2 },
  );
});

test("the records of a file are told apart as the reader would", (t) => {
  const rowType = rowTypeOf("a STRING, b STRING");
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          a: fc.string({ unit: fc.constantFrom("x", '"', ",", "\n", "\r", "é") }),
          b: fc.string(),
        }),
        { maxLength: 6 },
      ),
      fc.constantFrom("\n", "\r\n", "\r"),
      (rows, lineEnd) => {
        const format = makeFormat("csv", {});
        const { framing } = format;
        const records = format.createEncoder({ table: "t", rowType }).encode(rows);
        const file = Buffer.concat(
          records.flatMap((record) => [record ?? Buffer.of(), Buffer.from(lineEnd)]),
        );
        const cut: Uint8Array[] = [];
        if (framing === undefined) throw new Error("csv has a framing of its own.");
        for (let at = framing.findStart(file, 0); at >= 0 && at < file.length;) {
          const end = framing.findEnd(file, at);
          cut.push(file.subarray(at, end < 0 ? file.length : end));
          at = end < 0 ? -1 : framing.findStart(file, end);
        }
        t.deepEqual(decodeWith(format, rowType, cut).rows, rows as unknown as Row[]);
      },
    ),
    { numRuns: RUNS },
  );
});
