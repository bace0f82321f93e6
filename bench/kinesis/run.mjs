/**
 * What the connector for Kinesis costs its process.
 *
 *     node bench/kinesis/run.mjs [--json] [--quick] [--only client,sink,fan-out,kpl,growth,share,tls]
 */
import { countConnections, measureClient } from "./client.mjs";
import { measureFanOut } from "./fan-out.mjs";
import { measureGrowth, measureShare } from "./growth.mjs";
import { measureKpl } from "./kpl.mjs";
import { measureSink } from "./sink.mjs";

const MEASURES = {
  client: measureClient,
  sink: measureSink,
  "fan-out": measureFanOut,
  kpl: measureKpl,
  growth: measureGrowth,
  share: measureShare,
  tls: countConnections,
};

const isJson = process.argv.includes("--json");
const isQuick = process.argv.includes("--quick");
const at = process.argv.indexOf("--only");
const chosen = at < 0 ? Object.keys(MEASURES) : (process.argv[at + 1] ?? "").split(",");

const results = {};
for (const name of chosen) results[name] = await MEASURES[name]({ isQuick });

if (isJson) process.stdout.write(`${JSON.stringify(results)}\n`);
else print(results);

function print({ client = [], sink = [], "fan-out": fanOut = [], kpl = [], growth = [], share, tls }) {
  if (client.length + sink.length + fanOut.length > 0)
    console.log("client CPU, µs per record               median   of bare     goal   records/s   memory, MB");
  for (const { what, contender, micros, ratio, goal, perSecond, residentMax } of [
    ...client,
    ...sink,
    ...fanOut,
  ]) {
    console.log(
      `  ${what.padEnd(17)}${contender.padEnd(16)}${fixed(micros, 11)}${fixed(ratio, 10)}` +
        `${fixed(goal, 9)}${String(perSecond).padStart(12)}${megabytes(residentMax).padStart(13)}`,
    );
  }
  for (const { what, contender, recordsPerCall, missing } of sink) {
    console.log(`${what}, ${contender}: ${fixed(recordsPerCall)} records a call, ${missing} missing`);
  }
  for (const { bytes, ours, theirs, ratio, goal } of kpl) {
    console.log(
      `KPL, user records of ${bytes} B, µs: ours ${fixed(ours)}, aws-kinesis-agg ${fixed(theirs)}: ${fixed(ratio)} of it${goal === undefined ? "" : `, goal ${fixed(goal)}`}`,
    );
  }
  for (const { shards, records, micros, residentMax } of growth) {
    console.log(
      `${shards} shards, ${records} records: ${fixed(micros)} µs a record, ${megabytes(residentMax)} MB`,
    );
  }
  if (share !== undefined) {
    console.log(
      `a pipeline ${fixed(share.pipeline)} µs a record, decoding and the function alone ${fixed(share.floor)}: own share ${fixed(share.share)}, goal ${fixed(share.goal)}`,
    );
  }
  if (tls !== undefined) console.log(`TLS connections: ${tls.connections} for ${tls.calls} calls, goal 5`);
}

function fixed(value, width = 0) {
  return (value?.toFixed(2) ?? "").padStart(width);
}

function megabytes(bytes) {
  return String(Math.round(bytes / 2 ** 20));
}
