/** A Glue Schema Registry in memory, over real HTTP on loopback: the calls that serializers make, as documented. */
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Json = Readonly<Record<string, unknown>>;

export interface GlueVersion {
  readonly name: string;
  readonly definition: string;
  readonly dataFormat: string;
  status: string;
}

export interface SeenCall {
  readonly action: string;
  readonly input: Json;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export class GlueStandIn {
  readonly calls: SeenCall[] = [];
  readonly versions = new Map<string, GlueVersion>();
  /** Schemas that exist, by name, with the compatibility asked for. */
  readonly schemas = new Map<string, string>();
  /** Answers of the next calls: status, type, message. */
  readonly faults: (readonly [status: number, type: string, message: string])[] = [];
  /** Status of versions that are registered, and how many checks it takes until it changes. */
  registersAs = "AVAILABLE";
  checksToPass = 0;
  checkedAs = "AVAILABLE";
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    // Connections stay until the test is over, however slow it is.
    this.#server.keepAliveTimeout = 0;
  }

  static async start(): Promise<GlueStandIn> {
    const glue = new GlueStandIn();
    await new Promise<void>((resolve) => glue.#server.listen(0, "127.0.0.1", resolve));
    return glue;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get actions(): readonly string[] {
    return this.calls.map(({ action }) => action);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  add(versionId: string, name: string, schema: unknown, dataFormat = "AVRO", status = "AVAILABLE"): void {
    const definition = typeof schema === "string" ? schema : JSON.stringify(schema);
    if (!this.schemas.has(name)) this.schemas.set(name, "NONE");
    this.versions.set(versionId, { name, definition, dataFormat, status });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const { headers } = request;
    const action = String(headers["x-amz-target"]).replace("AWSGlue.", "");
    const input = JSON.parse(body) as Json;
    this.calls.push({ action, input, headers, body });
    const fault = this.faults.shift();
    const [status, answer] = fault === undefined ? this.#answer(action, input) : failure(...fault);
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(answer));
  }

  #answer(action: string, input: Json): readonly [number, Json] {
    const { SchemaName: name = "" } = (input["SchemaId"] ?? input) as { SchemaName?: string };
    const definition = String(input["SchemaDefinition"]);
    switch (action) {
      case "GetSchemaVersion":
        return this.#version(input["SchemaVersionId"] as string | undefined, name);
      case "GetSchemaByDefinition": {
        if (!this.schemas.has(name)) return notFound("Schema is not found.");
        const found = [...this.versions].find(
          ([, one]) => one.name === name && one.definition === definition,
        );
        if (found === undefined) return notFound("Schema version is not found.");
        return [200, { SchemaVersionId: found[0], Status: found[1].status, DataFormat: "AVRO" }];
      }
      case "RegisterSchemaVersion":
        if (!this.schemas.has(name)) return notFound("Schema is not found.");
        return [200, { ...this.#register(name, definition), VersionNumber: 2 }];
      case "CreateSchema":
        this.schemas.set(name, String(input["Compatibility"]));
        return [200, { SchemaName: name, ...this.#register(name, definition) }];
      default:
        return failure(400, "UnknownOperationException", "");
    }
  }

  #version(versionId: string | undefined, name: string): readonly [number, Json] {
    const [id, found] =
      versionId === undefined
        ? ([...this.versions].findLast(([, one]) => one.name === name) ?? [])
        : [versionId, this.versions.get(versionId)];
    if (found === undefined) return notFound("Schema version is not found.");
    if (found.status === "PENDING" && --this.checksToPass < 0) found.status = this.checkedAs;
    const { definition, dataFormat, status } = found;
    return [
      200,
      { SchemaVersionId: id, SchemaDefinition: definition, DataFormat: dataFormat, Status: status },
    ];
  }

  #register(name: string, definition: string): Json {
    const hex = createHash("md5").update(definition).digest("hex");
    const versionId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    this.add(versionId, name, definition, "AVRO", this.registersAs);
    return { SchemaVersionId: versionId, Status: this.registersAs };
  }
}

function failure(status: number, type: string, message: string): readonly [number, Json] {
  return [status, { __type: `com.amazonaws.glue#${type}`, message }];
}

function notFound(message: string): readonly [number, Json] {
  return failure(400, "EntityNotFoundException", message);
}
