/** The whole sink beside a bare loop of PutRecords that makes the same JSON; and what arrives of it, in which calls. */
import { median, measured, replay } from "./turns.mjs";

/** Most that the sink may cost, as a part of the bare loop. */
const GOAL = 0.75;

/** @returns CPU per record, and ours as a part of the bare loop's; records a call, and how many are missing. */
export async function measureSink({ isQuick }) {
  const rounds = isQuick ? 1 : 5;
  const table = [];
  for (const payloadBytes of [100, 1_024]) {
    const server = await replay({ payloadBytes, records: 10, counts: true });
    const records = Math.round((payloadBytes === 100 ? 300_000 : 100_000) * (isQuick ? 0.5 : 1));
    const counted = async () => await (await fetch(server.endpoint)).json();
    const taken = new Map(["bare", "sink-json", "sink-cbor"].map((name) => [name, []]));
    try {
      for (let round = 0; round < rounds; round += 1) {
        for (const [contender, runs] of taken) {
          const before = await counted();
          const run = await measured({
            contender,
            job: "put",
            endpoint: server.endpoint,
            payloadBytes,
            records,
          });
          const after = await counted();
          const [calls, arrived] = [after.putCalls - before.putCalls, after.putRecords - before.putRecords];
          runs.push({ ...run, perCall: arrived / calls, missing: run.done - arrived });
        }
      }
    } finally {
      await server.close();
    }
    for (const [contender, runs] of taken) {
      table.push({
        what: `write ${payloadBytes} B`,
        contender,
        micros: median(runs.map(({ micros }) => micros)),
        perSecond: median(runs.map(({ perSecond }) => perSecond)),
        residentMax: Math.max(...runs.map(({ residentMax }) => residentMax)),
        ratio: median(runs.map(({ micros }, round) => micros / taken.get("bare")[round].micros)),
        goal: contender === "bare" ? undefined : GOAL,
        recordsPerCall: Math.min(...runs.map(({ perCall }) => perCall)),
        missing: Math.max(...runs.map(({ missing }) => Math.abs(missing))),
      });
    }
  }
  return table;
}
