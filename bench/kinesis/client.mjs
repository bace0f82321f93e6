/**
 * What a record costs the client, read and written, beside a bare loop on the AWS client that does nothing with what
 * it reads. Each figure is a process of its own; they take turns, and the median of the ratios is what counts.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

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

const path = (script) => fileURLToPath(new URL(script, import.meta.url));

async function replay(settings) {
  const child = spawn(process.execPath, [path("replay.mjs"), JSON.stringify(settings)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = await once(createInterface({ input: child.stdout }), "line");
  const origin = `${settings.tls ? "https" : "http"}://127.0.0.1:${port}`;
  return {
    endpoint: origin,
    async close() {
      const gone = once(child, "exit");
      child.kill();
      await gone;
    },
  };
}

async function measured(settings) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--no-warnings",
    path("contender.mjs"),
    JSON.stringify(settings),
  ]);
  return JSON.parse(stdout);
}

function median(values) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
}

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
        const taken = new Map(CONTENDERS[job].map((name) => [name, []]));
        for (let round = 0; round < rounds; round += 1) {
          for (const contender of CONTENDERS[job]) {
            const settings = { contender, job, endpoint: server.endpoint, payloadBytes, records, perCall };
            taken.get(contender).push(await measured(settings));
          }
        }
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
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--no-warnings",
      path("contender.mjs"),
      JSON.stringify({
        contender: "ours-json",
        job: "get",
        endpoint: server.endpoint,
        payloadBytes: 100,
        records: 8_000,
        perCall: 10,
        inFlight: 8,
      }),
    ]);
    JSON.parse(stdout);
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
