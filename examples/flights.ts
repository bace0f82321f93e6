/** Delays at the airports of the United States, hour by hour: `flights.sql` in TypeScript. */
import { Count, FixedWindows, LocalTimestamp, Max, Mean, Pipeline, Sum, table, types } from "@tributary/core";

const HOUR_MS = 3_600_000;
const kinesis = (stream: string, format: string) => ({
  connector: "kinesis",
  "stream.arn": `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`,
  "aws.region": "us-east-1",
  "source.init.position": "TRIM_HORIZON",
  format,
});

const flights = table({
  name: "flights",
  columns: {
    date: types.timestamp(3),
    delay: types.int(),
    distance: types.int(),
    origin: types.string(),
    destination: types.string(),
  },
  watermark: { column: "date", delayMs: HOUR_MS },
  partitionedBy: ["origin"],
  options: kinesis("flights", "csv"),
});

const airportDelays = table({
  name: "airport_delays",
  columns: {
    airport: types.string(),
    window_start: types.timestamp(3),
    departures: types.bigint(),
    delayed: types.bigint(),
    average_delay: types.double(),
    worst_delay: types.int(),
  },
  partitionedBy: ["airport"],
  options: kinesis("airport-delays", "json"),
});

const pipeline = new Pipeline("flights");
pipeline
  .readTable("read flights", flights)
  .filter("longer flights", ({ distance }) => distance !== null && distance >= 100)
  .windowInto("by hour", FixedWindows.of(HOUR_MS))
  .groupBy("delays per airport", {
    by: ["origin"],
    aggregate: {
      departures: Count.elements(),
      delayed: Sum.of(({ delay }) => ((delay ?? 0) >= 15 ? 1 : 0)),
      average_delay: Mean.of(({ delay }) => delay),
      worst_delay: Max.of(({ delay }) => delay),
    },
    output: ({ origin }, { departures, delayed, ...delays }, { start }) => ({
      airport: origin,
      window_start: new LocalTimestamp(start),
      departures: BigInt(departures),
      delayed: BigInt(delayed),
      ...delays,
    }),
  })
  .writeTable("write delays", airportDelays);

export default pipeline;
