// What else there is to read and write the same records, each as a program would use it at its best.
import avro from "avsc";
import { parse as csvParse } from "csv-parse/sync";
import jsonBigint from "json-bigint";
import * as lossless from "lossless-json";
import Papa from "papaparse";
import { inferSchema, initParser } from "udsv";

import { LocalTimestamp } from "@tributary/core";

import { rowOfTexts, textOf, timestampOf } from "./workload.mjs";

const textOfBytes = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();

/** A parser of one message, called for each. */
function each(label, parse, convert) {
  return {
    label,
    decode: (messages) => {
      const rows = [];
      for (let index = 0; index < messages.length; index++) rows[index] = convert(parse(messages[index]));
      return rows;
    },
  };
}

const exactJson = jsonBigint({ useNativeBigInt: true });
const toBigint = (value) => (typeof value === "bigint" ? value : BigInt(value));
const typed = ({ user_id, item_id, category_id, behavior, ts }) => ({
  user_id: toBigint(user_id),
  item_id: toBigint(item_id),
  category_id: toBigint(category_id),
  behavior,
  ts: timestampOf(ts),
});

export const jsonDecoders = [
  {
    ...each(
      "JSON.parse, as it is",
      (m) => JSON.parse(textOfBytes(m)),
      (value) => value,
    ),
    isBare: true,
  },
  { ...each("JSON.parse, typed", (m) => JSON.parse(textOfBytes(m)), typed), isInexact: true },
  each(
    "lossless-json, typed",
    (m) => lossless.parse(textOfBytes(m), null, (digits) => BigInt(digits)),
    typed,
  ),
  each("json-bigint, typed", (m) => exactJson.parse(textOfBytes(m)), typed),
];

/** Parsers of a whole text: the records come to them joined by line ends, which costs them nothing here. */
function whole(label, parse) {
  return {
    label,
    isWhole: true,
    decode: (bytes) => parse(textOfBytes(bytes)).map((cells) => rowOfTexts(...cells)),
  };
}

const udsvParser = initParser(inferSchema("a,b,c,d,e\n1,2,3,x,y\n", { header: () => [] }));

export const csvDecoders = [
  whole("papaparse, typed", (text) => Papa.parse(text, { delimiter: ",", newline: "\n" }).data),
  whole("csv-parse, typed", (text) => csvParse(text)),
  whole("udsv, typed", (text) => udsvParser.stringArrs(text)),
];

/** Longs as bigint, which are exact, as avsc's documentation shows it. */
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

function avscType(registry) {
  const long = ["null", "long"];
  return avro.Type.forSchema(
    {
      type: "record",
      name: "record",
      fields: [
        { name: "user_id", type: long },
        { name: "item_id", type: long },
        { name: "category_id", type: long },
        { name: "behavior", type: ["null", "string"] },
        { name: "ts", type: long },
      ],
    },
    { wrapUnions: false, ...registry },
  );
}

const exactAvro = avscType({ registry: { long: exactLong } });
const plainAvro = avscType({});
const asBuffer = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

export const avroDecoders = [
  {
    ...each(
      "avsc, longs as numbers",
      (m) => plainAvro.fromBuffer(asBuffer(m)),
      (v) => v,
    ),
    isBare: true,
    needsNarrow: true,
  },
  {
    ...each(
      "avsc, longs as bigint",
      (m) => exactAvro.fromBuffer(asBuffer(m)),
      (v) => v,
    ),
    isBare: true,
  },
  each(
    "avsc, longs as bigint, typed",
    (m) => exactAvro.fromBuffer(asBuffer(m)),
    (v) => ({
      user_id: v.user_id,
      item_id: v.item_id,
      category_id: v.category_id,
      behavior: v.behavior,
      ts: new LocalTimestamp(Number(v.ts)),
    }),
  ),
];

const writes = (label, write, more = {}) => ({ label, encode: (rows) => rows.map(write), ...more });

export const jsonEncoders = [
  writes(
    "JSON.stringify of numbers",
    ({ user_id, item_id, category_id, behavior, ts }) =>
      Buffer.from(
        JSON.stringify({
          user_id: Number(user_id),
          item_id: Number(item_id),
          category_id: Number(category_id),
          behavior,
          ts: textOf(ts),
        }),
      ),
    { isInexact: true },
  ),
  writes("lossless-json", (row) => Buffer.from(lossless.stringify({ ...row, ts: textOf(row.ts) }))),
  writes("json-bigint", (row) => Buffer.from(exactJson.stringify({ ...row, ts: textOf(row.ts) }))),
];

const cellsOf = ({ user_id, item_id, category_id, behavior, ts }) => [
  user_id,
  item_id,
  category_id,
  behavior,
  textOf(ts),
];

export const csvEncoders = [
  writes("join, without quotes", (row) => Buffer.from(cellsOf(row).join(",")), { isUnquoted: true }),
  writes("papaparse, a record a call", (row) => Buffer.from(Papa.unparse([cellsOf(row)]))),
];

export const avroEncoders = [
  writes(
    "avsc, longs as numbers",
    ({ user_id, item_id, category_id, behavior, ts }) =>
      plainAvro.toBuffer({
        user_id: Number(user_id),
        item_id: Number(item_id),
        category_id: Number(category_id),
        behavior,
        ts: ts.epochMillis,
      }),
    { isInexact: true, needsNarrow: true },
  ),
  writes("avsc, longs as bigint", ({ user_id, item_id, category_id, behavior, ts }) =>
    exactAvro.toBuffer({ user_id, item_id, category_id, behavior, ts: BigInt(ts.epochMillis) }),
  ),
];
