/** The pipelines that are killed: Kinesis to Kinesis, with state, timers and windows, in TypeScript and in SQL. */
import {
  FixedWindows,
  LocalTimestamp,
  Pipeline,
  State,
  Sum,
  Timers,
  createRegistry,
  kv,
  table,
  types,
  type,
  varIntCoder,
  type PipelineGraph,
} from "@tributary/core";
import { SILENT_LOGGER } from "@tributary/core/testing";
import { formats } from "@tributary/formats";
import { kinesisStreams5 } from "@tributary/io-kinesis";
import { planScript } from "@tributary/sql";

/** Which pipeline, and the streams that it reads and writes. */
export interface PipelineChoice {
  readonly language: "typescript" | "sql";
  readonly endpoint: string;
  readonly input: string;
  readonly output: string;
  /** Most records of a fetch; few by default, so that there are many positions to be killed at. */
  readonly fetchRecords?: number;
}

/** A record of the input. */
export interface Reading {
  readonly sensor: string;
  /** Sensors of one plant are added up together. */
  readonly plant: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly amount: number;
}

/** Windows of one sensor's state and timer, in milliseconds. */
export const SHORT_WINDOW_MS = 250;
/** Windows that plants are added up in. */
export const LONG_WINDOW_MS = 1_000;
/** How far a reading may be behind one that was read before. */
export const DISORDER_MS = 2_000;

const connection = (endpoint: string, stream: string): Readonly<Record<string, string>> => ({
  connector: "kinesis",
  "stream.arn": `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`,
  "aws.region": "us-east-1",
  "aws.endpoint": endpoint,
  "aws.credentials.basic.accesskeyid": "a",
  "aws.credentials.basic.secretkey": "b",
  format: "json",
});

const FETCH_RECORDS = 40;

const reading = (fetchRecords = FETCH_RECORDS): Readonly<Record<string, string>> => ({
  "source.init.position": "TRIM_HORIZON",
  "source.shard.get-records.max-record-count": String(fetchRecords),
  "source.reader.empty-records-fetch-interval": "50 ms",
  "source.shard.discovery.interval": "200 ms",
});
const writing = { "sink.flush-buffer.timeout": "5000" };

function registry() {
  return createRegistry([kinesisStreams5, formats]);
}

/** Plans the pipeline. */
export async function graphOf(choice: PipelineChoice): Promise<PipelineGraph> {
  return choice.language === "sql" ? sqlGraph(choice) : typeScriptGraph(choice);
}

function typeScriptGraph({ endpoint, input, output, fetchRecords }: PipelineChoice): PipelineGraph {
  const readings = table({
    name: "readings",
    columns: {
      sensor: types.string(),
      plant: types.string(),
      at: types.timestampLtz(3),
      amount: types.bigint(),
    },
    watermark: { column: "at", delayMs: DISORDER_MS },
    options: { ...connection(endpoint, input), ...reading(fetchRecords) },
  });
  const plants = table({
    name: "plants",
    columns: {
      plant: types.string(),
      start_at: types.timestamp(3),
      readings: types.bigint(),
      amount: types.bigint(),
    },
    partitionedBy: ["plant"],
    options: { ...connection(endpoint, output), ...writing },
  });
  const pipeline = new Pipeline("plants");
  pipeline
    .readTable("read readings", readings)
    .windowInto("by quarter of a second", FixedWindows.of(SHORT_WINDOW_MS))
    .map("by sensor", ({ sensor, plant, amount }) => kv(`${plant} ${sensor}`, Number(amount)))
    .parDo("add up a sensor", {
      state: { count: State.value<number>(varIntCoder), sum: State.combining(Sum.of((n: number) => n)) },
      timers: { end: Timers.eventTime() },
      output: type<{ plant: string; readings: number; amount: number }>(),
      process({ value }, { state, timers, window }) {
        state.count.write((state.count.read() ?? 0) + 1);
        state.sum.add(value);
        timers.end.set(window.end - 1);
      },
      onTimer(_timer, { key, state, emit }) {
        emit({ plant: key.split(" ")[0] ?? "", readings: state.count.read() ?? 0, amount: state.sum.read() });
      },
    })
    .windowInto("by second", FixedWindows.of(LONG_WINDOW_MS))
    .combinePerKey("add up a plant", {
      key: ({ plant }) => plant,
      combine: Sum.ofBigInt(({ readings: n, amount }) => BigInt(n) * COUNT_UNIT + BigInt(amount)),
      output: (plant, sum, { start }) => ({
        plant,
        start_at: new LocalTimestamp(start),
        readings: sum / COUNT_UNIT,
        amount: sum % COUNT_UNIT,
      }),
    })
    .writeTable("write plants", plants);
  const { value, diagnostics } = pipeline.toGraph({
    registry: registry(),
    timeZone: "UTC",
    logger: SILENT_LOGGER,
  });
  if (value === undefined) throw new Error(diagnostics.map((one) => one.message).join("\n"));
  return value;
}

/** Count and sum travel as one number: amounts of a window are far below it. */
const COUNT_UNIT = 1_000_000_000_000n;

const withOptions = (options: Readonly<Record<string, string>>): string =>
  Object.entries(options)
    .map(([key, value]) => `'${key}' = '${value}'`)
    .join(", ");

async function sqlGraph({ endpoint, input, output, fetchRecords }: PipelineChoice): Promise<PipelineGraph> {
  const script = `
    CREATE TABLE readings (
      sensor STRING, plant STRING, \`at\` TIMESTAMP_LTZ(3), amount BIGINT,
      WATERMARK FOR \`at\` AS \`at\` - INTERVAL '${DISORDER_MS / 1_000}' SECOND
    ) WITH (${withOptions({ ...connection(endpoint, input), ...reading(fetchRecords) })});
    CREATE TABLE plants (plant STRING, start_at TIMESTAMP(3), readings BIGINT, amount BIGINT)
      PARTITIONED BY (plant) WITH (${withOptions({ ...connection(endpoint, output), ...writing })});
    INSERT INTO plants
      SELECT plant, window_start, COUNT(*), SUM(amount)
      FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(\`at\`), INTERVAL '${LONG_WINDOW_MS / 1_000}' SECOND))
      GROUP BY plant, window_start, window_end;`;
  const plan = await planScript(script, {
    file: "plants.sql",
    registry: registry(),
    logger: SILENT_LOGGER,
  });
  if (plan.graph === undefined) throw new Error(plan.diagnostics.map((one) => one.message).join("\n"));
  return plan.graph;
}
