/**
 * What a record costs the client, read and written, beside a bare loop on the AWS client that does nothing with what
 * it reads. Each figure is a process of its own; they take turns, and the median of the ratios is what counts.
 */
import { inTurns, measured, median, replay } from "./turns.mjs";

/** The client alone, the source up to bytes, the source up to rows decoded from JSON. */
const CONTENDERS = {
  get: [
    "bare",
    "ours-json",
    "ours-cbor",
    "source-json",
    "source-cbor",
    "rows-json",
    "rows-cbor",
    "kinesis-readable",
  ],
  put: ["bare", "ours-json", "ours-cbor"],
};
/** Most that ours may cost, as a part of the bare loop. */
const GOALS = {
  "get 100 B": { "source-json": 0.55, "source-cbor": 0.4, "rows-json": 0.7 },
  "get 1024 B": { "source-json": 0.7, "source-cbor": 0.5, "rows-json": 0.7 },
  "put 100 B": { "ours-json": 0.75, "ours-cbor": 0.75 },
  "put 1024 B": { "ours-json": 0.75, "ours-cbor": 0.75 },
};

/** @returns rows of what was measured; `goal` where there is one. */
export async function measureClient({ isQuick }) {
  const rounds = isQuick ? 1 : 3;
  const table = [];
  for (const payloadBytes of [100, 1_024]) {
    const perCall = payloadBytes === 100 ? 10_000 : 5_000;
    const server = await replay({ payloadBytes, records: perCall });
    try {
      for (const job of ["get", "put"]) {
        const size = payloadBytes === 100 ? 1 : 0.4;
        const records = Math.round((job === "get" ? 400_000 : 200_000) * size * (isQuick ? 0.5 : 1));
        const taken = await inTurns(CONTENDERS[job], rounds, {
          job,
          endpoint: server.endpoint,
          payloadBytes,
          records,
          perCall,
        });
        const what = `${job} ${payloadBytes} B`;
        for (const contender of CONTENDERS[job]) {
          const runs = taken.get(contender);
          table.push({
            what,
            contender,
            micros: median(runs.map(({ micros }) => micros)),
            perSecond: median(runs.map(({ perSecond }) => perSecond)),
            residentMax: Math.max(...runs.map(({ residentMax }) => residentMax)),
            ratio: median(runs.map(({ micros }, round) => micros / taken.get("bare")[round].micros)),
            goal: GOALS[what][contender],
          });
        }
      }
    } finally {
      await server.close();
    }
  }
  return table;
}

/** TLS connections that 1,000 calls open, eight at a time. */
export async function countConnections() {
  const server = await replay({ payloadBytes: 100, records: 10, tls: true });
  try {
    await measured({
      contender: "ours-json",
      job: "get",
      endpoint: server.endpoint,
      payloadBytes: 100,
      records: 8_000,
      perCall: 10,
      inFlight: 8,
    });
    const { default: https } = await import("node:https");
    const text = await new Promise((resolve, reject) => {
      https
        .get(server.endpoint, { rejectUnauthorized: false }, (response) => {
          let body = "";
          response.on("data", (piece) => (body += piece));
          response.on("end", () => resolve(body));
        })
        .on("error", reject);
    });
    const { connections, calls } = JSON.parse(text);
    // The last one is the question itself.
    return { connections: connections - 1, calls };
  } finally {
    await server.close();
  }
}
