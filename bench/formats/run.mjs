// CPU of decoding and encoding a 100-byte row against JSON.parse and JSON.stringify of the same row.
//
// Usage: node bench/formats/run.mjs [rounds]
// Build first: npx tsc -b packages/formats
import { Decimal, LocalTimestamp, parseType } from "@tributary/core";
import {
  AvroFormat,
  AvroFormatOptions,
  CsvFormat,
  CsvFormatOptions,
  JsonFormat,
  JsonFormatOptions,
} from "@tributary/formats";
import avro from "avsc";

const ROWS = 10_000;
const ROUNDS = Number(process.argv[2] ?? 15);
const rowType = {
  ...parseType(
    "ROW<id BIGINT, user_name STRING, amount DECIMAL(10, 2), ok BOOLEAN, score DOUBLE, at TIMESTAMP(3)>",
  ),
  nullable: false,
};
const plainType = {
  ...parseType("ROW<id INT, user_name STRING, page STRING, ok BOOLEAN, score DOUBLE, referrer STRING>"),
  nullable: false,
};

const exactRows = Array.from({ length: ROWS }, (_, index) => ({
  id: BigInt(1_000_000 + index),
  user_name: `user-${index % 1000}`,
  amount: new Decimal(BigInt(100 + index), 2),
  ok: index % 2 === 0,
  score: index / 8,
  at: new LocalTimestamp(1_700_000_000_000 + index),
}));
const plainRows = Array.from({ length: ROWS }, (_, index) => ({
  id: 1_000_000 + index,
  user_name: `user-${index % 1000}`,
  page: `/shop/article/${index % 500}`,
  ok: index % 2 === 0,
  score: index / 8 + 0.5,
  referrer: index % 3 === 0 ? "search" : "mail",
}));

let sink = 0;
const output = {
  row: (_index, row) => {
    sink += row.ok ? 1 : 0;
  },
  malformed: (_index, fault) => {
    throw new Error(fault.reason);
  },
  skipped: () => undefined,
};

function codecs(type, rows) {
  const context = { table: "t", rowType: type };
  const result = [];
  for (const [name, make] of [
    ["json", (style) => new JsonFormat(new JsonFormatOptions(), style)],
    ["csv", (style) => new CsvFormat(new CsvFormatOptions(), style)],
    ["avro", (style) => new AvroFormat(new AvroFormatOptions(), style)],
  ]) {
    for (const style of ["generated", "closures"]) {
      const format = make(style);
      const encoder = format.createEncoder(context);
      const decoder = format.createDecoder(context);
      const messages = encoder.encode(rows).map((message) => new Uint8Array(message));
      result.push({
        label: `${name} ${style}`,
        messages,
        decode: () => decoder.decode(messages, output),
        encode: () => encoder.encode(rows),
      });
    }
  }
  return result;
}

/** Longs as bigint, which are exact, or as numbers, which are not. */
const exactLong = avro.types.LongType.__with({
  fromBuffer: (bytes) => bytes.readBigInt64LE(),
  toBuffer: (value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value) => typeof value === "bigint",
  compare: (a, b) => (a < b ? -1 : a > b ? 1 : 0),
});

/** Another implementation of Avro, with the schema of the table; decimals stay bytes and times stay longs. */
function avroPeer(type, rows, label, long) {
  const names = { INT: "int", BIGINT: "long", VARCHAR: "string", BOOLEAN: "boolean", DOUBLE: "double" };
  const schema = {
    type: "record",
    name: "record",
    fields: type.fields.map(({ name, type: { kind } }) => ({
      name,
      type: ["null", names[kind] ?? (kind === "DECIMAL" ? "bytes" : "long")],
    })),
  };
  const codec = avro.Type.forSchema(schema, { wrapUnions: false, registry: long && { long } });
  const toLong = long ? BigInt : Number;
  const plain = rows.map((row) => ({
    ...row,
    ...(typeof row.id === "bigint" && { id: toLong(row.id) }),
    ...(row.at && { at: toLong(row.at.epochMillis) }),
    ...(row.amount && { amount: Buffer.of(Number(row.amount.unscaled) >> 8, Number(row.amount.unscaled)) }),
  }));
  const messages = plain.map((row) => codec.toBuffer(row));
  return {
    label,
    messages,
    decode: () => {
      for (const message of messages) sink += codec.fromBuffer(message).ok ? 1 : 0;
    },
    encode: () => plain.map((row) => codec.toBuffer(row)),
  };
}

/** What a program without a schema does: no exact numbers, no times. */
function peer(rows) {
  const texts = rows.map((row) =>
    JSON.stringify(row, (_key, value) => (typeof value === "bigint" ? Number(value) : value)),
  );
  const messages = texts.map((text) => new Uint8Array(Buffer.from(text)));
  const plain = texts.map((text) => JSON.parse(text));
  return {
    label: "JSON.parse / JSON.stringify",
    messages,
    decode: () => {
      for (const message of messages) {
        const row = JSON.parse(Buffer.from(message.buffer, message.byteOffset, message.length).toString());
        sink += row.ok ? 1 : 0;
      }
    },
    encode: () => plain.map((row) => Buffer.from(JSON.stringify(row))),
  };
}

function cpuOf(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / ROWS;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

for (const [title, type, rows] of [
  ["plain types: INT, STRING x3, BOOLEAN, DOUBLE", plainType, plainRows],
  ["exact types: BIGINT, STRING, DECIMAL, BOOLEAN, DOUBLE, TIMESTAMP", rowType, exactRows],
]) {
  const all = [
    peer(rows),
    ...codecs(type, rows),
    avroPeer(type, rows, "avsc, longs as numbers"),
    avroPeer(type, rows, "avsc, longs as bigint", exactLong),
  ];
  const figures = new Map(all.map(({ label }) => [label, { decode: [], encode: [] }]));
  for (let round = 0; round < ROUNDS + 3; round++) {
    for (const { label, decode, encode } of all) {
      const figure = figures.get(label);
      const [decoded, encoded] = [cpuOf(decode), cpuOf(encode)];
      if (round < 3) continue;
      figure.decode.push(decoded);
      figure.encode.push(encoded);
    }
  }
  const base = figures.get(all[0].label);
  console.log(
    `\n${title} (${Math.round(all[0].messages[0].length)} bytes as JSON), CPU ns a row, median of ${ROUNDS}`,
  );
  for (const { label, messages } of all) {
    const { decode, encode } = figures.get(label);
    const ratio = (kind, values) =>
      `${Math.round(median(values))} (${(median(base[kind]) / median(values)).toFixed(2)}x)`;
    console.log(
      `${label.padEnd(28)} ${String(messages[0].length).padStart(4)} B   decode ${ratio("decode", decode).padEnd(14)} encode ${ratio("encode", encode)}`,
    );
  }
}
if (sink < 0) console.log(sink);
