import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import test from "ava";

import { tributary } from "./tributary.js";

const SCHEMA = JSON.stringify({ type: "record", name: "click", fields: [{ name: "id", type: "long" }] });

/** A schema registry that knows one schema and gives every other the id 7. Answers the first request with 503. */
async function withRegistry(run: (url: string, paths: readonly string[]) => Promise<void>): Promise<void> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(`${request.method} ${request.url}`);
    const isKnown = request.method === "POST" || request.url === "/schemas/ids/5";
    const body = isKnown ? { id: 7, schema: SCHEMA } : { error_code: 40403, message: "Schema not found" };
    request.resume().on("end", () => {
      response.writeHead(paths.length === 1 ? 503 : isKnown ? 200 : 404);
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const words = (verb: string, url: string, ...options: readonly string[]): string[] => [
  "format",
  verb,
  "--format",
  "avro-confluent",
  "--schema",
  "ROW<id BIGINT NOT NULL>",
  ...["properties.retries.wait.ms=0", `url=${url}`, ...options].flatMap((option) => ["--option", option]),
];

test("format decode asks a schema registry, once for each schema", async (t) => {
  await withRegistry(async (url, paths) => {
    const input = "00000000050a\n0000000009ff\n00000000050c\nzz\n";
    const { code, stdout } = await tributary([...words("decode", url), "--hex", "--lines"], { input });

    t.is(code, 1);
    const [first, second, third, fourth] = stdout.trim().split("\n");
    t.deepEqual([first, third], ['{"id":"5"}', '{"id":"6"}']);
    t.regex(second ?? "", /RECORD_MALFORMED.*no schema with the id 9/);
    t.regex(fourth ?? "", /RECORD_MALFORMED.*hexadecimal/);
    t.deepEqual([...new Set(paths)].sort(), ["GET /schemas/ids/5", "GET /schemas/ids/9"]);
  });
});

test("format encode registers the schema and writes its id", async (t) => {
  await withRegistry(async (url, paths) => {
    const input = '{"id":"5"}\n{"id":"6"}\n';
    const { code, stdout } = await tributary([...words("encode", url, "subject=clicks"), "--hex"], { input });

    t.is(code, 0);
    t.deepEqual(stdout.trim().split("\n"), ["00000000070a", "00000000070c"]);
    t.deepEqual([...new Set(paths)], ["POST /subjects/clicks/versions"]);
  });
});

test("a registry that is not there ends the command as a fault of the world outside", async (t) => {
  let gone = "";
  await withRegistry((url) => {
    gone = url;
    return Promise.resolve();
  });

  const { code, stderr } = await tributary([...words("decode", gone), "--hex"], { input: "000000000502" });

  t.is(code, 3);
  t.true(stderr.includes(gone));
  t.regex(stderr, /SERVICE_UNAVAILABLE/);
});
