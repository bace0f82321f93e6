/** Delays at the airports of the United States, hour by hour: `flights.sql` in TypeScript. */
import { Count, FixedWindows, LocalTimestamp, Max, Mean, Pipeline, Sum, table, types } from "@tributary/core";

const HOUR_MS = 3_600_000;
const kinesisOptions = (stream: string, format: string) => ({
  connector: "kinesis",
  "stream.arn": `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`,
  "aws.region": "us-east-1",
  "source.init.position": "TRIM_HORIZON",
  format,
});
const flights = table({
  name: "flights",
  columns: {
    date: types.timestamp(3), // scheduled departure, local time
    delay: types.int(), // minutes; negative when early
    distance: types.int(), // miles
    origin: types.string(),
    destination: types.string(),
  },
  watermark: { column: "date", delayMs: HOUR_MS },
  partitionedBy: ["origin"],
  options: kinesisOptions("flights", "csv"),
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
  options: kinesisOptions("airport-delays", "json"),
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
      delayed: Sum.ofBigInt(({ delay }) => ((delay ?? 0) >= 15 ? 1n : 0n)),
      average_delay: Mean.of(({ delay }) => delay),
      worst_delay: Max.of(({ delay }) => delay),
    },
    output: ({ origin: airport }, { departures, ...delays }, { start }) => {
      const window_start = new LocalTimestamp(start);
      return { airport, window_start, departures: BigInt(departures), ...delays };
    },
  })
  .writeTable("write delays", airportDelays);
export default pipeline;
