import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer, type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";

/** Settings of kinesis-local that end with this name are times; all get the same value, since 0.6.2 mixes them up. */
const DURATIONS = [
  "CREATE_STREAM",
  "DELETE_STREAM",
  "REGISTER_STREAM_CONSUMER",
  "DEREGISTER_STREAM_CONSUMER",
  "START_STREAM_ENCRYPTION",
  "STOP_STREAM_ENCRYPTION",
  "MERGE_SHARDS",
  "SPLIT_SHARD",
  "UPDATE_SHARD_COUNT",
  "UPDATE_STREAM_MODE",
];

/** kinesis-local, the emulator that others wrote, in a worker of this process. */
export async function startReferenceEmulator(): Promise<{
  readonly endpoint: string;
  close(): Promise<void>;
}> {
  const home = dirname(createRequire(import.meta.url).resolve("kinesis-local/package.json"));
  const [plain, tls] = [await freePort(), await freePort()];
  const worker = new Worker(join(home, "main.js"), {
    env: {
      KINESIS_MOCK_PLAIN_PORT: String(plain),
      KINESIS_MOCK_TLS_PORT: String(tls),
      KINESIS_MOCK_CERT_PATH: join(home, "server.json"),
      LOG_LEVEL: "ERROR",
      SHARD_LIMIT: "10000",
      ...Object.fromEntries(DURATIONS.map((name) => [`${name}_DURATION`, "5ms"])),
    },
    stdout: true,
    stderr: true,
  });
  const endpoint = `http://127.0.0.1:${plain}`;
  while (!(await answers(endpoint))) await delay(20);
  return {
    endpoint,
    async close() {
      await worker.terminate();
    },
  };
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    await fetch(`${endpoint}/healthcheck`);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
