/**
 * (a) map -> filter -> keyed count, by each contender with what it has for it. Each gives the number of keys and the sum
 * of the counts, which must agree.
 */
import { Readable, Transform, Writable } from "node:stream";
import { pipeline as runNodeStreams } from "node:stream/promises";
import { Count, DirectRunner, Pipeline } from "@tributary/core";
import { graphOf } from "@tributary/core/testing";
import { batches, rowOf } from "./rows.mjs";
import { countingSink, rowSource } from "./source.mjs";

const project = (row) => ({ origin: row.origin, late: row.delay - 10 });
const isLate = (row) => row.late >= 0;

function addTo(counts, row) {
  counts.set(row.origin, (counts.get(row.origin) ?? 0) + 1);
  return counts;
}

function resultOf(counts) {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return `${counts.size} ${sum}`;
}

async function loop(rows) {
  const counts = new Map();
  for (const batch of batches(rows)) {
    for (const row of batch) {
      const projected = project(row);
      if (isLate(projected)) addTo(counts, projected);
    }
  }
  return resultOf(counts);
}

async function tributary(rows) {
  const counts = new Map();
  const pipeline = new Pipeline("count");
  pipeline
    .read("rows", rowSource(rows, rowOf))
    .map("project", project)
    .filter("late", isLate)
    .combinePerKey("count", { key: (row) => row.origin, combine: Count.elements() })
    .write(
      "out",
      countingSink((elements) => {
        for (const { key, value } of elements) counts.set(key, value);
      }),
    );
  const job = await new DirectRunner().run(graphOf(pipeline));
  await job.result;
  return resultOf(counts);
}

async function rxjs(rows) {
  const { from, map, filter, mergeMap, reduce, lastValueFrom } = await import("rxjs");
  const counts = await lastValueFrom(
    from(batches(rows)).pipe(
      mergeMap((batch) => from(batch)),
      map(project),
      filter(isLate),
      reduce(addTo, new Map()),
    ),
  );
  return resultOf(counts);
}

async function effect(rows) {
  const { Effect, Stream } = await import("effect");
  const counts = await Effect.runPromise(
    Stream.fromIterable(batches(rows), { chunkSize: 1 }).pipe(
      Stream.flatMap((batch) => Stream.fromIterable(batch, { chunkSize: batch.length })),
      Stream.map(project),
      Stream.filter(isLate),
      Stream.runFold(() => new Map(), addTo),
    ),
  );
  return resultOf(counts);
}

/** Objects one by one through transforms. */
async function nodeStreams(rows) {
  const counts = new Map();
  const transform = (apply) =>
    new Transform({
      objectMode: true,
      transform(row, _encoding, done) {
        apply(this, row);
        done();
      },
    });
  await runNodeStreams(
    Readable.from(batches(rows)),
    transform((stream, batch) => {
      for (const row of batch) stream.push(row);
    }),
    transform((stream, row) => stream.push(project(row))),
    transform((stream, row) => {
      if (isLate(row)) stream.push(row);
    }),
    new Writable({
      objectMode: true,
      write(row, _encoding, done) {
        addTo(counts, row);
        done();
      },
    }),
  );
  return resultOf(counts);
}

async function asyncGenerators(rows) {
  async function* read() {
    for (const batch of batches(rows)) yield* batch;
  }
  async function* mapped(input) {
    for await (const row of input) yield project(row);
  }
  async function* filtered(input) {
    for await (const row of input) if (isLate(row)) yield row;
  }
  const counts = new Map();
  for await (const row of filtered(mapped(read()))) addTo(counts, row);
  return resultOf(counts);
}

async function highland(rows) {
  const { default: stream } = await import("highland");
  const counts = await stream(batches(rows))
    .sequence()
    .map(project)
    .filter(isLate)
    .reduce(new Map(), addTo)
    .toPromise(Promise);
  return resultOf(counts);
}

export const CONTENDERS = { loop, tributary, rxjs, effect, nodeStreams, asyncGenerators, highland };
