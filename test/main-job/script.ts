import type { ExecutionContext } from "ava";

import type { Departure } from "../../examples/dist/main-job/data-set.js";
import { differences, expectedWindows, lastWindows } from "../../examples/dist/main-job/results.js";
import { tablesOf, type ScriptTables } from "../../examples/dist/main-job/streams.js";
import { read } from "../repository/checkout.js";

/** The main job's script. */
export const SCRIPT = read("examples/flights.sql");

/** Small fetches make many batches, so that a kill falls in the middle. */
export const SLOW_SCRIPT = SCRIPT.replace(
  "'source.init.position' = 'TRIM_HORIZON',",
  "'source.init.position' = 'TRIM_HORIZON',\n  'source.shard.get-records.max-record-count' = '50',",
);

/** Variables by which the AWS client finds a Kinesis. */
export type Environment = Readonly<Record<string, string>>;

/** Tables of the script against one Kinesis. The command looks the endpoint up in the environment, as the AWS client does. */
export async function tables(env: Environment): Promise<ScriptTables> {
  const script = SCRIPT.replaceAll(
    "'aws.region'           = 'us-east-1',",
    `'aws.region' = 'us-east-1', 'aws.endpoint' = '${env["AWS_ENDPOINT_URL_KINESIS"]}',
     'aws.credentials.basic.accesskeyid' = 'a', 'aws.credentials.basic.secretkey' = 'b',`,
  );
  return tablesOf(script, "flights.sql");
}

/** Asserts that the last row of each window is what the departures give, and that there is no other. */
export function assertWindows(
  t: ExecutionContext,
  departures: readonly Departure[],
  rows: Parameters<typeof lastWindows>[0],
): void {
  t.deepEqual(differences(expectedWindows(departures), lastWindows(rows), 5), []);
}
