/** The sink as the runner drives it: rows in, encoded as JSON, calls of its own making out. */
import { SYSTEM_CLOCK, SYSTEM_RANDOM, createRegistry, planSink, types } from "@tributary/core";
import { formats } from "@tributary/formats";
import { kinesisStreams5 } from "@tributary/io-kinesis";

const silent = { debug() {}, info() {}, warn() {}, error() {}, trace() {} };
const metrics = { group: () => metrics, counter: () => ({ add() {} }), gauge() {}, remove() {} };

/** @param more - options of the table. */
export async function openSink({ endpoint, wire, rows, more = {} }) {
  const registry = createRegistry([kinesisStreams5, formats]);
  const options = {
    connector: "kinesis",
    "stream.arn": "arn:aws:kinesis:us-east-1:000000000000:stream/replay",
    "aws.region": "us-east-1",
    "aws.endpoint": endpoint,
    "aws.credentials.basic.accesskeyid": "bench",
    "aws.credentials.basic.secretkey": "bench",
    "aws.kinesis.wire": wire,
    format: "json",
    ...more,
  };
  const plan = planSink(
    {
      name: "replay",
      schema: {
        columns: [
          { kind: "physical", name: "id", type: types.int() },
          { kind: "physical", name: "customer", type: types.string() },
          { kind: "physical", name: "amount", type: types.int() },
          { kind: "physical", name: "note", type: types.string() },
        ],
      },
      partitionKeys: ["customer"],
      options: Object.entries(options).map(([key, value]) => ({ key, value })),
    },
    { registry, timeZone: "UTC", logger: silent },
    // As those of a query.
    { hasTypedRows: true },
  );
  const writer = await plan.value.binding.sink.createWriter({
    clock: SYSTEM_CLOCK,
    random: SYSTEM_RANDOM,
    logger: silent,
    metrics,
    writerIndex: 0,
    parallelism: 1,
    signal: new AbortController().signal,
    fail(error) {
      throw error;
    },
  });
  return {
    async put() {
      await writer.write(rows);
      return rows.length;
    },
    /** All that was written is in the stream: part of what a record costs. */
    drain: () => writer.flush(),
    async close() {
      await writer.close();
      await registry.dispose();
    },
  };
}
