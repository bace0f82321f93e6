/** What the examples of docs/formats/ talk to: schema registries of both kinds at one address, in memory. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Json = Readonly<Record<string, unknown>>;

export interface SchemaStandIn {
  readonly port: number;
  close(): void;
}

/** Confluent's interface at its paths, and AWS Glue's at `/`. */
export async function startSchemaStandIn(): Promise<SchemaStandIn> {
  const schemas: string[] = [];
  const versions = new Map<string, string>();
  const answer = (request: IncomingMessage, body: string): readonly [status: number, answer: Json] => {
    const { url = "", headers } = request;
    const target = headers["x-amz-target"];
    if (typeof target === "string") return glue(target.replace("AWSGlue.", ""), JSON.parse(body) as Json);
    if (/^\/subjects\/[^/]+\/versions/.test(url)) {
      const { schema } = JSON.parse(body) as { schema: string };
      if (!schemas.includes(schema)) schemas.push(schema);
      return [200, { id: schemas.indexOf(schema) + 1 }];
    }
    const schema = schemas[Number(/^\/schemas\/ids\/(\d+)/.exec(url)?.[1]) - 1];
    return schema === undefined
      ? [404, { error_code: 40403, message: "Schema not found" }]
      : [200, { schema }];
  };
  const glue = (action: string, input: Json): readonly [status: number, answer: Json] => {
    if (action === "CreateSchema" || action === "RegisterSchemaVersion") {
      const definition = String(input["SchemaDefinition"]);
      const hex = createHash("md5").update(definition).digest("hex");
      const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
      versions.set(id, definition);
      return [200, { SchemaVersionId: id, Status: "AVAILABLE" }];
    }
    const definition = versions.get(String(input["SchemaVersionId"]));
    if (action === "GetSchemaVersion" && definition !== undefined) {
      return [200, { SchemaDefinition: definition, DataFormat: "AVRO", Status: "AVAILABLE" }];
    }
    return [400, { __type: "EntityNotFoundException", message: "Schema is not found." }];
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const [status, json] = answer(request, Buffer.concat(chunks).toString());
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(json));
  };
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}
