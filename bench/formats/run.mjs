// Time to decode and to encode one million records of five columns, beside what else there is for it.
//
// Usage: npm run bench -- formats [records] [json|csv|avro ...]
//
// The records go by in slices, and each slice through every candidate in turn, so that all of them meet the same
// moods of the machine; the figures are medians of the slices. The exit code is 1 if rows or bytes come out wrong, and
// says nothing about time.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import {
  AvroFormat,
  AvroFormatOptions,
  CsvFormat,
  CsvFormatOptions,
  JsonFormat,
  JsonFormatOptions,
} from "@tributary/formats";

import * as peers from "./peers.mjs";
import { isSameRow, rowAt, rowType } from "./workload.mjs";

const args = process.argv.slice(2);
const RECORDS = Number(args.find((arg) => /^\d+$/.test(arg)) ?? 1_000_000);
const chosen = args.filter((arg) => !/^\d+$/.test(arg));
/** Records of a slice, and messages of a call, as a source hands them on. */
const SLICE = Math.min(50_000, RECORDS);
const BATCH = 1_000;
const WARM_UP_SLICES = 2;

setFlagsFromString("--expose-gc");
/** What one candidate leaves behind is not for the next one to clear away. */
const collectGarbage = runInNewContext("gc");

const faults = [];

/** Our decoder: all messages of a slice, a batch a call. */
function ours(label, format) {
  const decoder = format.createDecoder({ table: "t", rowType });
  const encoder = format.createEncoder({ table: "t", rowType });
  return {
    label,
    isOurs: true,
    decode: (messages) => {
      const rows = [];
      let base = 0;
      const output = {
        row: (index, row) => {
          rows[base + index] = row;
        },
        malformed: (_index, fault) => faults.push(`${label}: ${fault.reason}`),
        skipped: () => undefined,
      };
      for (; base < messages.length; base += BATCH)
        decoder.decode(messages.slice(base, base + BATCH), output);
      return rows;
    },
    encode: (rows) => {
      const messages = [];
      for (let base = 0; base < rows.length; base += BATCH) {
        for (const message of encoder.encode(rows.slice(base, base + BATCH))) messages.push(message);
      }
      return messages;
    },
  };
}

const FORMATS = {
  json: {
    make: (style) => new JsonFormat(new JsonFormatOptions(), style),
    decoders: peers.jsonDecoders,
    encoders: peers.jsonEncoders,
    goals: [["decode", "JSON.parse, as it is", 0.8]],
  },
  csv: {
    make: (style) => new CsvFormat(new CsvFormatOptions(), style),
    decoders: peers.csvDecoders,
    encoders: peers.csvEncoders,
    goals: peers.csvDecoders.map(({ label }) => ["decode", label, 1]),
  },
  avro: {
    make: (style) => new AvroFormat(new AvroFormatOptions(), style),
    decoders: peers.avroDecoders,
    encoders: peers.avroEncoders,
    goals: [["decode", "avsc, longs as bigint", 1.5]],
  },
};

function nanosPer(count, work) {
  collectGarbage();
  const start = process.hrtime.bigint();
  const result = work();
  return [Number(process.hrtime.bigint() - start) / count, result];
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function joined(messages) {
  return Buffer.concat(messages.flatMap((message, index) => (index === 0 ? [message] : [LINE_END, message])));
}
const LINE_END = Buffer.from("\n");

function checkRows(label, rows, expected) {
  const at = expected.findIndex((row, index) => !isSameRow(rows[index], row));
  if (at >= 0) faults.push(`${label}: record ${at} was decoded wrongly.`);
}

function checkMessages(label, written, messages) {
  const at = messages.findIndex((message, index) => Buffer.compare(message, written[index]) !== 0);
  if (at >= 0) faults.push(`${label}: record ${at} was encoded wrongly.`);
}

/** Runs all records through all candidates; times by label. */
function measure(name, isWide) {
  const { make, decoders, encoders } = FORMATS[name];
  const mine = [ours(`${name}`, make("generated")), ours(`${name}, closures`, make("closures"))];
  const able = (one) => !(isWide && one.needsNarrow);
  const decode = new Map([...mine, ...decoders.filter(able)].map((one) => [one, []]));
  const encode = new Map([...mine, ...encoders.filter(able)].map((one) => [one, []]));
  let bytes = 0;
  for (let slice = -WARM_UP_SLICES; slice * SLICE < RECORDS; slice++) {
    const first = Math.max(slice, 0) * SLICE;
    const rows = Array.from({ length: Math.min(SLICE, RECORDS - first) }, (_, index) =>
      rowAt(first + index, isWide),
    );
    const messages = mine[0].encode(rows);
    bytes = messages[0].length;
    const text = joined(messages);
    for (const [one, times] of decode) {
      const [nanos, result] = nanosPer(rows.length, () => one.decode(one.isWhole ? text : messages));
      if (!one.isBare && !(one.isInexact && isWide)) checkRows(one.label, result, rows);
      if (slice >= 0) times.push(nanos);
    }
    for (const [one, times] of encode) {
      const [nanos, result] = nanosPer(rows.length, () => one.encode(rows));
      if (one.isOurs) checkMessages(one.label, result, messages);
      if (slice >= 0) times.push(nanos);
    }
  }
  return { decode, encode, bytes };
}

function print(title, times) {
  const own = median([...times.values()][0]);
  console.log(`  ${title.padEnd(34)} ns a record   times as long as ours`);
  for (const [{ label, isInexact }, values] of times) {
    const note = isInexact ? "   exact up to 2^53 only" : "";
    console.log(
      `    ${label.padEnd(32)} ${median(values).toFixed(0).padStart(11)}   ${(median(values) / own).toFixed(2).padStart(6)}${note}`,
    );
  }
}

for (const name of Object.keys(FORMATS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  for (const isWide of [false, true]) {
    const { decode, encode, bytes } = measure(name, isWide);
    const digits = isWide ? "17 to 19" : "up to 7";
    console.log(
      `\n${name}: ${RECORDS} records of about ${bytes} bytes, numbers of ${digits} digits, medians of slices of ${SLICE}`,
    );
    print("decode", decode);
    print("encode", encode);
    for (const [what, label, goal] of FORMATS[name].goals) {
      const times = what === "decode" ? decode : encode;
      const peer = [...times].find(([one]) => one.label === label)?.[1];
      const reached = median(peer) / median([...times.values()][0]);
      console.log(
        `  goal: ${what} at least ${goal} times as fast as ${label}: ${reached.toFixed(2)}, ${reached >= goal ? "reached" : "missed"}`,
      );
    }
  }
}

for (const fault of [...new Set(faults)].slice(0, 10)) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
