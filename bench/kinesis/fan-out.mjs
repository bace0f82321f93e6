/** Enhanced fan-out beside the event stream of the AWS client, both over HTTP/2 without TLS. */
import { inTurns, median, replay } from "./turns.mjs";

/** Most that ours may cost, as a part of the other's. */
const GOAL = 0.6;

/** @returns CPU per record, and ours as a part of the bare loop's. */
export async function measureFanOut({ isQuick }) {
  const table = [];
  for (const payloadBytes of [100, 1_024]) {
    // An event holds about 300 KB.
    const server = await replay({ payloadBytes, records: payloadBytes === 100 ? 2_000 : 300, http2: true });
    try {
      const taken = await inTurns(["bare", "source-json", "rows-json"], isQuick ? 1 : 3, {
        job: "subscribe",
        endpoint: server.endpoint,
        payloadBytes,
        records: Math.round((payloadBytes === 100 ? 400_000 : 150_000) * (isQuick ? 0.5 : 1)),
      });
      for (const [contender, runs] of taken) {
        table.push({
          what: `subscribe ${payloadBytes} B`,
          contender,
          micros: median(runs.map(({ micros }) => micros)),
          perSecond: median(runs.map(({ perSecond }) => perSecond)),
          residentMax: Math.max(...runs.map(({ residentMax }) => residentMax)),
          ratio: median(runs.map(({ micros }, round) => micros / taken.get("bare")[round].micros)),
          goal: contender === "source-json" ? GOAL : undefined,
        });
      }
    } finally {
      await server.close();
    }
  }
  return table;
}
