// The schema that columns give, as it is registered: by the rules of Flink's schema converter, for generated types.
import { optionEntries, parseOptions } from "@tributary/core";
import { AvroConfluentFormat, AvroConfluentFormatOptions } from "@tributary/formats";
import type { SchemaRegistries } from "@tributary/formats";
import test from "ava";
import avro from "avsc";
import fc from "fast-check";
import { rowTypeOf } from "./codec.js";
import { services } from "./planned-codec.js";

const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 200);
const NAMESPACE = "org.apache.flink.avro.generated";
const DEPTH_MAX = 3;

/** A type as text, and the Avro type that it gives in a column whose record is called `name`. */
interface Typed {
  readonly text: string;
  readonly avro: (name: string) => unknown;
}

const plain = (text: string, schema: unknown): Typed => ({ text, avro: () => schema });
const logical = (type: string, logicalType: string): unknown => ({ type, logicalType });

const SCALARS: readonly Typed[] = [
  plain("BOOLEAN", "boolean"),
  plain("TINYINT", "int"),
  plain("SMALLINT", "int"),
  plain("INT", "int"),
  plain("BIGINT", "long"),
  plain("FLOAT", "float"),
  plain("DOUBLE", "double"),
  plain("CHAR(4)", "string"),
  plain("VARCHAR(9)", "string"),
  plain("STRING", "string"),
  plain("BINARY(4)", "bytes"),
  plain("VARBINARY(9)", "bytes"),
  plain("BYTES", "bytes"),
  plain("DATE", logical("int", "date")),
  plain("TIME(0)", logical("int", "time-millis")),
  plain("TIME(3)", logical("int", "time-millis")),
  plain("TIMESTAMP(0)", logical("long", "timestamp-millis")),
  plain("TIMESTAMP(3)", logical("long", "timestamp-millis")),
];

const decimal = fc
  .tuple(fc.integer({ min: 1, max: 38 }), fc.nat(38))
  .filter(([precision, scale]) => scale <= precision)
  .map(([precision, scale]) =>
    plain(`DECIMAL(${precision}, ${scale})`, { type: "bytes", logicalType: "decimal", precision, scale }),
  );

/** With NOT NULL or without: then a union, null first. */
interface Nullable extends Typed {
  readonly isNullable: boolean;
}

function nullableOf(one: fc.Arbitrary<Typed>): fc.Arbitrary<Nullable> {
  return fc
    .tuple(one, fc.boolean())
    .map(([{ text, avro: schema }, isNullable]) =>
      isNullable
        ? { text, isNullable, avro: (name) => ["null", schema(name)] }
        : { text: `${text} NOT NULL`, isNullable, avro: schema },
    );
}

function typeOf(depth: number): fc.Arbitrary<Nullable> {
  const flat = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...SCALARS) }, decimal);
  if (depth === DEPTH_MAX) return nullableOf(flat);
  const inner = typeOf(depth + 1);
  return nullableOf(
    fc.oneof(
      { weight: 2, arbitrary: flat },
      inner.map((one): Typed => ({
        text: `ARRAY<${one.text}>`,
        avro: (name) => ({ type: "array", items: one.avro(name) }),
      })),
      inner.map((one): Typed => ({
        text: `MAP<STRING, ${one.text}>`,
        avro: (name) => ({ type: "map", values: one.avro(name) }),
      })),
      fc.constant(plain("MULTISET<STRING>", { type: "map", values: ["null", "int"] })),
      fieldsOf(depth + 1).map((fields): Typed => ({
        text: `ROW<${columnsText(fields)}>`,
        avro: (name) => recordOf(name, fields),
      })),
    ),
  );
}

type Fields = readonly (readonly [name: string, type: Nullable])[];

function fieldsOf(depth: number): fc.Arbitrary<Fields> {
  const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,6}$/);
  return fc
    .uniqueArray(fc.tuple(name, typeOf(depth)), { minLength: 1, maxLength: 4, selector: ([one]) => one })
    .filter((fields) => new Set(fields.map(([one]) => one)).size === fields.length);
}

const columnsText = (fields: Fields): string =>
  fields.map(([name, { text }]) => `\`${name}\` ${text}`).join(", ");

function recordOf(name: string, fields: Fields): unknown {
  return {
    type: "record",
    name,
    namespace: NAMESPACE,
    fields: fields.map(([field, type]) => ({
      name: field,
      type: type.avro(`${name}_${field}`),
      ...(type.isNullable && { default: null }),
    })),
  };
}

/** The text that a table with these columns registers. */
async function registered(columns: string): Promise<string> {
  let text = "";
  const registries: SchemaRegistries = {
    connect: () => ({
      schemaById: () => Promise.resolve(undefined),
      register: (_, schema) => {
        text = schema;
        return Promise.resolve(1);
      },
    }),
  };
  const { value } = parseOptions(
    AvroConfluentFormatOptions,
    optionEntries({ url: "http://localhost:8081", subject: "s" }),
    { prefix: "" },
  );
  const format = new AvroConfluentFormat(value as AvroConfluentFormatOptions, registries);
  await format.prepare({ table: "t", rowType: rowTypeOf(columns) }, services());
  return text;
}

/** Rows of different shapes in columns that give one name, e.g. `a_b` and `b` in `a`, are refused. */
function hasNameTwice(schema: unknown, seen = new Set<string>()): boolean {
  if (Array.isArray(schema)) return schema.some((one) => hasNameTwice(one, seen));
  if (typeof schema !== "object" || schema === null) return false;
  const { type, name, fields, items, values } = schema as Readonly<Record<string, unknown>>;
  if (type === "record") {
    if (seen.has(String(name))) return true;
    seen.add(String(name));
    return (fields as readonly { type: unknown }[]).some((one) => hasNameTwice(one.type, seen));
  }
  return hasNameTwice(items, seen) || hasNameTwice(values, seen);
}

test("columns give the schema that the rules give, and avsc takes it", async (t) => {
  await fc.assert(
    fc.asyncProperty(fieldsOf(0), async (fields) => {
      const expected = recordOf("record", fields);
      fc.pre(!hasNameTwice(expected));

      const text = await registered(columnsText(fields));

      t.is(text, JSON.stringify(expected));
      t.notThrows(() => avro.Type.forSchema(JSON.parse(text) as avro.Schema, { wrapUnions: true }));
    }),
    { numRuns: RUNS },
  );
});

test("a given schema of the same columns is taken, whatever its records are called", async (t) => {
  await fc.assert(
    fc.asyncProperty(fieldsOf(0), async (fields) => {
      const own = recordOf("record", fields);
      fc.pre(
        !hasNameTwice(own) && !/CHAR|BINARY|MAP|MULTISET|TINYINT|SMALLINT|\(0\)/.test(columnsText(fields)),
      );
      const given = JSON.stringify(own)
        .replaceAll(NAMESPACE, "com.example")
        .replaceAll('"name":"record', '"name":"Mine');
      const options = { url: "http://localhost:8081", subject: "s", schema: given };
      const { value } = parseOptions(AvroConfluentFormatOptions, optionEntries(options), { prefix: "" });
      const registries: SchemaRegistries = {
        connect: () => ({ schemaById: () => Promise.resolve(undefined), register: () => Promise.resolve(1) }),
      };
      const format = new AvroConfluentFormat(value as AvroConfluentFormatOptions, registries);
      const context = { table: "t", rowType: rowTypeOf(columnsText(fields)) };

      await t.notThrowsAsync(async () => {
        format.createDecoder(context);
        format.createEncoder(context);
        await format.prepare(context, services());
      });
    }),
    { numRuns: RUNS },
  );
});
