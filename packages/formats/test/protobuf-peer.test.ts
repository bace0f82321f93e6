// Messages of generated types, written and read by another library: protobufjs also makes the descriptor files.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { optionEntries, parseOptions, rowToCanonicalJson, TributaryError } from "@tributary/core";
import type { DecodeOutput, Row } from "@tributary/core";
import { ProtobufFormat, ProtobufFormatOptions } from "@tributary/formats";
import test from "ava";
import fc from "fast-check";
import protobuf from "protobufjs";
import "protobufjs/ext/descriptor/index.js";
import { rowTypeOf } from "./codec.js";
import type { Options } from "./codec.js";

const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 40);
const FOLDER = mkdtempSync(join(tmpdir(), "tributary-protobuf-peer-"));
const MESSAGE = "g.Top";
/** Deepest message within a message. */
const DEPTH_MAX = 3;

type Syntax = "proto2" | "proto3";
type Value = unknown;

/** The library's type of 64 bits, whose own package has its types. */
interface LongClass {
  fromString(text: string, isUnsigned?: boolean): protobuf.Long;
}
const Long = protobuf.util.Long as unknown as LongClass;

// What a generated type consists of

interface Scalar {
  readonly kind: "scalar";
  readonly proto: string;
  readonly column: string;
}

interface Enumeration {
  readonly kind: "enum";
  /** As names or as numbers. */
  readonly column: string;
}

interface Message {
  readonly kind: "message";
  readonly fields: readonly Field[];
}

interface Field {
  readonly name: string;
  readonly number: number;
  readonly label: "singular" | "optional" | "repeated" | "packed" | "unpacked" | "map" | "oneof";
  readonly type: Scalar | Enumeration | Message;
  /** Of a map. */
  readonly key: Scalar;
}

const COLUMN_OF: Readonly<Record<string, string>> = {
  int32: "INT",
  sint32: "INT",
  uint32: "INT",
  fixed32: "INT",
  sfixed32: "INT",
  int64: "BIGINT",
  sint64: "BIGINT",
  uint64: "BIGINT",
  fixed64: "BIGINT",
  sfixed64: "BIGINT",
  float: "FLOAT",
  double: "DOUBLE",
  bool: "BOOLEAN",
  string: "STRING",
  bytes: "BYTES",
};
const scalar = (proto: string): Scalar => ({ kind: "scalar", proto, column: COLUMN_OF[proto] as string });
const SCALARS = Object.keys(COLUMN_OF).map(scalar);
const KEYS = ["int32", "sint32", "uint32", "fixed32", "sfixed32", "bool", "string"].map(scalar);
/** Names and numbers of the one enum there is. */
const SYMBOLS = { NONE: 0, ONE: 1, MANY: 300, LESS: -2 } as const;
const SYMBOLS_TEXT = Object.entries(SYMBOLS)
  .map(([name, number]) => `${name} = ${number};`)
  .join(" ");

const isUnsigned = ({ proto }: Scalar): boolean => /^u|^fixed/.test(proto);
const isPackable = ({ type }: Field): boolean =>
  type.kind === "enum" || (type.kind === "scalar" && type.proto !== "string" && type.proto !== "bytes");

function typeOf(depth: number): fc.Arbitrary<Field["type"]> {
  const flat = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom<Field["type"]>(...SCALARS) },
    fc.constantFrom("STRING", "INT", "BIGINT").map((column): Field["type"] => ({ kind: "enum", column })),
  );
  return depth >= DEPTH_MAX ? flat : fc.oneof({ weight: 3, arbitrary: flat }, messageOf(depth + 1));
}

function messageOf(depth: number): fc.Arbitrary<Message> {
  const field = fc.record({
    number: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 20_000, max: 536_870_911 })),
    label: fc.constantFrom<Field["label"]>(
      "singular",
      "optional",
      "repeated",
      "packed",
      "unpacked",
      "map",
      "oneof",
    ),
    type: typeOf(depth),
    key: fc.constantFrom(...KEYS),
  });
  return fc
    .uniqueArray(field, { minLength: 1, maxLength: depth === 0 ? 8 : 4, selector: ({ number }) => number })
    .map((fields) => ({
      kind: "message",
      fields: fields.map((one, index): Field => ({ ...one, name: `f${index}` })).map(sound),
    }));
}

/** `[packed = ...]` is for numbers. */
function sound(field: Field): Field {
  const isOfNumbers = field.label === "packed" || field.label === "unpacked";
  return isOfNumbers && !isPackable(field) ? { ...field, label: "repeated" } : field;
}

// The type as text of a .proto file, and as columns

function protoText(message: Message, syntax: Syntax): string {
  const messages: string[] = [];
  const typeName = (type: Field["type"]): string => {
    if (type.kind === "scalar") return type.proto;
    return type.kind === "enum" ? "E" : declare(type, `M${messages.length}`);
  };
  const declare = (one: Message, name: string): string => {
    const place = messages.push("") - 1;
    const own = name === "M0" ? "Top" : name;
    const lines = one.fields.map((field) => declaration(field, typeName(field.type), syntax));
    const inOneof = lines.filter((_, index) => one.fields[index]?.label === "oneof");
    const others = lines.filter((_, index) => one.fields[index]?.label !== "oneof");
    const oneof = inOneof.length === 0 ? "" : `oneof choice { ${inOneof.join(" ")} }`;
    messages[place] = `message ${own} { ${others.join(" ")} ${oneof} }`;
    return own;
  };
  declare(message, "M0");
  return `syntax = "${syntax}"; package g; enum E { ${SYMBOLS_TEXT} } ${messages.join("\n")}`;
}

function declaration({ name, number, label, key }: Field, type: string, syntax: Syntax): string {
  const single = syntax === "proto2" ? "optional " : "";
  switch (label) {
    case "singular":
      return `${single}${type} ${name} = ${number};`;
    case "optional":
      return `optional ${type} ${name} = ${number};`;
    case "repeated":
      return `repeated ${type} ${name} = ${number};`;
    case "packed":
      return `repeated ${type} ${name} = ${number} [packed = true];`;
    case "unpacked":
      return `repeated ${type} ${name} = ${number} [packed = false];`;
    case "map":
      return `map<${key.proto}, ${type}> ${name} = ${number};`;
    case "oneof":
      return `${type} ${name} = ${number};`;
  }
}

const columnsOf = ({ fields }: Message): string =>
  fields.map((field) => `${field.name} ${columnOf(field)}`).join(", ");

function columnOf({ label, type, key }: Field): string {
  const one = type.kind === "message" ? `ROW<${columnsOf(type)}>` : type.column;
  if (label === "map") return `MAP<${key.column}, ${one}>`;
  return isRepeated(label) ? `ARRAY<${one}>` : one;
}

const isRepeated = (label: Field["label"]): boolean => label !== "map" && /repeated|packed/.test(label);

// Values: as rows hold them

const VALUES: Readonly<Record<string, fc.Arbitrary<Value>>> = {
  INT: fc.oneof(fc.integer(), fc.constant(0)),
  BIGINT: fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom(0n, -(2n ** 63n))),
  FLOAT: fc.float(),
  DOUBLE: fc.double(),
  BOOLEAN: fc.boolean(),
  STRING: fc.string({ unit: "grapheme", maxLength: 40 }).filter((text) => text !== "__proto__"),
  BYTES: fc.uint8Array({ maxLength: 40 }),
};

function valueOf(type: Field["type"]): fc.Arbitrary<Value> {
  if (type.kind === "scalar") return VALUES[type.column] as fc.Arbitrary<Value>;
  if (type.kind === "message") return rowOf(type);
  if (type.column === "STRING") return fc.constantFrom(...Object.keys(SYMBOLS));
  const number = fc.constantFrom(...Object.values(SYMBOLS));
  return type.column === "INT" ? number : number.map(BigInt);
}

function rowOf({ fields }: Message): fc.Arbitrary<Row> {
  const cells = Object.fromEntries(
    fields.map((field) => [field.name, fc.option(cellOf(field), { freq: 4 })]),
  );
  return fc.record(cells).map((row) => oneChosen(fields, row as Row));
}

function cellOf({ label, type, key }: Field): fc.Arbitrary<Value> {
  const one = valueOf(type);
  if (isRepeated(label)) return fc.array(one, { maxLength: 5 });
  if (label !== "map") return one;
  const entries = fc.array(fc.tuple(valueOf(key), one), { maxLength: 4 });
  // In the order in which an object has its keys: the other library keeps maps in objects.
  return entries.map((all) => {
    const byText = Object.fromEntries(all.map((entry) => [keyText(key, entry[0]), entry]));
    return new Map(Object.values(byText));
  });
}

/** Of a oneof the last member that is not NULL counts. */
function oneChosen(fields: readonly Field[], row: Row): Row {
  const members = fields.filter(({ label, name }) => label === "oneof" && row[name] !== null);
  const unset = members.slice(0, -1).map(({ name }) => [name, null]);
  return { ...row, ...Object.fromEntries(unset) } as Row;
}

// Values: as the other library has them

function toPeer({ fields }: Message, row: Row, syntax: Syntax): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const field of fields) {
    const value: Value = row[field.name];
    if (value === null || (!hasPresence(field, syntax) && isZero(value))) continue;
    object[field.name] = peerCell(field, value, syntax);
  }
  return object;
}

function hasPresence({ label, type }: Field, syntax: Syntax): boolean {
  return syntax === "proto2" || label !== "singular" || type.kind === "message";
}

function isZero(value: Value): boolean {
  return (
    Object.is(value, 0) ||
    value === 0n ||
    value === "" ||
    value === false ||
    value === "NONE" ||
    (value instanceof Uint8Array && value.length === 0)
  );
}

/** A key as the other library has it. */
function keyText(key: Scalar, value: Value): string {
  return String(typeof value === "number" && isUnsigned(key) ? value >>> 0 : value);
}

function peerCell({ label, type, key: keyType }: Field, value: Value, syntax: Syntax): unknown {
  const one = (element: Value): unknown => peerValue(type, element, syntax);
  if (isRepeated(label)) return (value as readonly Value[]).map(one);
  if (label !== "map") return one(value);
  const entries = [...(value as ReadonlyMap<Value, Value>)];
  return Object.fromEntries(entries.map(([key, element]) => [keyText(keyType, key), one(element)]));
}

function peerValue(type: Field["type"], value: Value, syntax: Syntax): unknown {
  if (type.kind === "message") return toPeer(type, value as Row, syntax);
  if (type.kind === "enum") {
    return typeof value === "string" ? SYMBOLS[value as keyof typeof SYMBOLS] : Number(value);
  }
  if (typeof value === "bigint") {
    const bits = isUnsigned(type) ? BigInt.asUintN(64, value) : value;
    return Long.fromString(String(bits), isUnsigned(type));
  }
  return typeof value === "number" && isUnsigned(type) ? value >>> 0 : value;
}

// Rows as they come back

function readBack({ fields }: Message, row: Row, syntax: Syntax): Row {
  return Object.fromEntries(fields.map((field) => [field.name, cellBack(field, row[field.name], syntax)]));
}

function cellBack({ label, type }: Field, value: Value, syntax: Syntax): Value {
  const one = (element: Value): Value =>
    type.kind === "message" ? readBack(type, element as Row, syntax) : element;
  if (value === null || value === undefined) {
    const isZeroInstead =
      syntax === "proto3" && type.kind !== "message" && label !== "map" && !isRepeated(label);
    return isZeroInstead ? zeroOf(type) : null;
  }
  if (isRepeated(label)) {
    const elements = value as readonly Value[];
    return elements.length === 0 ? null : elements.map(one);
  }
  if (label !== "map") return one(value);
  const entries = [...(value as ReadonlyMap<Value, Value>)];
  return entries.length === 0 ? null : new Map(entries.map(([key, element]) => [key, one(element)]));
}

const ZEROS: Readonly<Record<string, Value>> = {
  INT: 0,
  BIGINT: 0n,
  FLOAT: 0,
  DOUBLE: 0,
  BOOLEAN: false,
  STRING: "",
  BYTES: new Uint8Array(0),
};

function zeroOf(type: Scalar | Enumeration): Value {
  return type.kind === "enum" && type.column === "STRING" ? "NONE" : ZEROS[type.column];
}

// Both sides of a generated type

interface Bench {
  readonly peer: protobuf.Type;
  readonly columns: string;
  readonly format: (options?: Options) => ProtobufFormat;
}

let files = 0;

function benchOf(message: Message, syntax: Syntax): Bench {
  const { root } = protobuf.parse(protoText(message, syntax), { keepCase: true });
  root.resolveAll();
  const withDescriptor = root as protobuf.Root & { toDescriptor(syntax: string): protobuf.Message };
  const set = withDescriptor.toDescriptor(syntax);
  const file = join(FOLDER, `${files++}.desc`);
  writeFileSync(file, set.$type.encode(set).finish());
  const format = (options: Options = {}): ProtobufFormat => {
    const all = { "message-class-name": MESSAGE, "descriptor-file": file, ...options };
    const entries = Object.entries(all).map(([key, value]) => [`protobuf.${key}`, value]);
    const { value, diagnostics } = parseOptions(
      ProtobufFormatOptions,
      optionEntries(Object.fromEntries(entries) as Options),
      { prefix: "protobuf.", table: "t", identifier: "protobuf" },
    );
    if (value === undefined) throw new TributaryError(diagnostics);
    return new ProtobufFormat(value);
  };
  return { peer: root.lookupType(MESSAGE), columns: columnsOf(message), format };
}

function decode(
  { columns, format }: Bench,
  messages: readonly Uint8Array[],
  options: Options = {},
): string[] {
  const rowType = rowTypeOf(columns);
  const events: string[] = [];
  const output: DecodeOutput = {
    row: (_, row) => events.push(rowToCanonicalJson(row, rowType)),
    malformed: (_, fault) => events.push(`! ${fault.column}: ${fault.reason}`),
    skipped: () => events.push("~"),
  };
  format(options).createDecoder({ table: "t", rowType }).decode(messages, output);
  return events;
}

function encode({ columns, format }: Bench, rows: readonly Row[]): string[] {
  return format()
    .createEncoder({ table: "t", rowType: rowTypeOf(columns) })
    .encode(rows)
    .map((bytes) => Buffer.from(bytes ?? []).toString("hex"));
}

interface Case {
  readonly syntax: Syntax;
  readonly message: Message;
  readonly rows: readonly Row[];
}

const cases: fc.Arbitrary<Case> = fc
  .tuple(fc.constantFrom<Syntax>("proto2", "proto3"), messageOf(0))
  .chain(([syntax, message]) =>
    fc.record({
      syntax: fc.constant(syntax),
      message: fc.constant(message),
      rows: fc.array(rowOf(message), { minLength: 1, maxLength: 4 }),
    }),
  );

test("messages of any type have the bytes that protobufjs writes", (t) => {
  fc.assert(
    fc.property(cases, ({ syntax, message, rows }) => {
      const bench = benchOf(message, syntax);
      const theirs = rows.map((row) =>
        Buffer.from(bench.peer.encode(bench.peer.create(toPeer(message, row, syntax))).finish()).toString(
          "hex",
        ),
      );
      t.deepEqual(encode(bench, rows), theirs);
    }),
    { numRuns: RUNS },
  );
});

test("protobufjs reads what is written, and what it writes again is read", (t) => {
  fc.assert(
    fc.property(cases, ({ syntax, message, rows }) => {
      const bench = benchOf(message, syntax);
      const { peer, columns } = bench;
      const again = encode(bench, rows).map((hex) =>
        peer.encode(peer.decode(Buffer.from(hex, "hex"))).finish(),
      );
      const expected = rows.map((row) =>
        rowToCanonicalJson(readBack(message, row, syntax), rowTypeOf(columns)),
      );
      t.deepEqual(decode(bench, again), expected);
    }),
    { numRuns: RUNS },
  );
});

/** Fields that no type has, of every wire type, as protobufjs writes them. */
const unknownField = fc
  .tuple(fc.integer({ min: 100, max: 10_000 }), fc.nat(3), fc.uint8Array({ maxLength: 20 }))
  .map(([number, kind, bytes]) => {
    const writer = protobuf.Writer.create();
    switch (kind) {
      case 0:
        return writer
          .uint32(number * 8)
          .uint64(bytes.length)
          .finish();
      case 1:
        return writer
          .uint32(number * 8 + 1)
          .double(bytes.length)
          .finish();
      case 2:
        return writer
          .uint32(number * 8 + 2)
          .bytes(bytes)
          .finish();
      default:
        return writer
          .uint32(number * 8 + 5)
          .float(bytes.length)
          .finish();
    }
  });

test("unknown fields before and behind change nothing, and neither do zeros that are written out", (t) => {
  fc.assert(
    fc.property(cases, unknownField, unknownField, ({ syntax, message, rows }, before, behind) => {
      const bench = benchOf(message, syntax);
      const { peer, columns } = bench;
      // With presence for every field nothing is left out.
      const messages = rows.map((row) =>
        Buffer.concat([before, peer.encode(peer.create(toPeer(message, row, "proto2"))).finish(), behind]),
      );
      const expected = rows.map((row) =>
        rowToCanonicalJson(readBack(message, row, syntax), rowTypeOf(columns)),
      );
      t.deepEqual(decode(bench, messages), expected);
    }),
    { numRuns: RUNS },
  );
});

test("a projection reads the columns it has and passes over the rest", (t) => {
  fc.assert(
    fc.property(cases, fc.nat(), ({ syntax, message, rows }, which) => {
      const bench = benchOf(message, syntax);
      const field = message.fields[which % message.fields.length] as Field;
      const only: Message = { kind: "message", fields: [field] };
      const messages = encode(bench, rows).map((hex) => Buffer.from(hex, "hex"));
      const columns = columnsOf(only);
      const expected = rows.map((row) => rowToCanonicalJson(readBack(only, row, syntax), rowTypeOf(columns)));
      t.deepEqual(decode({ ...bench, columns }, messages), expected);
    }),
    { numRuns: RUNS },
  );
});

test("with defaults read no row, array or map is NULL", (t) => {
  const hasNull = (json: string): boolean => json.includes("null");
  fc.assert(
    fc.property(cases, ({ syntax, message, rows }) => {
      const bench = benchOf(message, syntax);
      const messages = encode(bench, rows).map((hex) => Buffer.from(hex, "hex"));
      const read = decode(bench, [...messages, new Uint8Array(0)], { "read-default-values": "true" });
      t.deepEqual(read.map((json) => json.replaceAll(/"(?:[^"\\]|\\.)*"/g, "text")).filter(hasNull), []);
    }),
    { numRuns: RUNS },
  );
});

test("keys of 64 bits are keys of a BIGINT map", (t) => {
  const message: Message = {
    kind: "message",
    fields: [{ name: "f0", number: 1, label: "map", type: scalar("string"), key: scalar("sint64") }],
  };
  const bench = benchOf(message, "proto3");
  const row: Row = {
    f0: new Map([
      [-(2n ** 63n), "a"],
      [5n, ""],
    ]),
  };
  const long = (value: bigint): string => protobuf.util.longToHash(Long.fromString(String(value)));
  const object = { f0: { [long(-(2n ** 63n))]: "a", [long(5n)]: "" } };

  const [hex = ""] = encode(bench, [row]);

  t.is(hex, Buffer.from(bench.peer.encode(bench.peer.create(object)).finish()).toString("hex"));
  t.deepEqual(decode(bench, [Buffer.from(hex, "hex")]), [rowToCanonicalJson(row, rowTypeOf(bench.columns))]);
});
