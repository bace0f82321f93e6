/** A schema registry in memory, over real HTTP on loopback, that answers as the documented REST interface does. */
import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { ServerOptions } from "node:https";

export interface StoredSchema {
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly { name: string; subject: string; version: number }[];
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** What a request gets instead of its answer: a status and body, a cut connection, or nothing until {@link TestRegistry.letGo}. */
export type Fault = { readonly status: number; readonly body: string } | "cut" | "silence";

const CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";

export class TestRegistry {
  readonly requests: SeenRequest[] = [];
  readonly schemas = new Map<number, StoredSchema>();
  /** By subject and version, from 1. */
  readonly subjects = new Map<string, number[]>();
  /** Answers of the next requests. */
  readonly faults: Fault[] = [];
  /** Required value of the header `authorization`. */
  authorization: string | undefined;
  readonly #server: Server;
  readonly #scheme: string;
  readonly #silent: ServerResponse[] = [];

  private constructor(tls: ServerOptions | undefined) {
    const listener: RequestListener = (request, response) => void this.#serve(request, response);
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
    // Connections stay until the test is over, however slow it is.
    this.#server.keepAliveTimeout = 0;
    this.#scheme = tls === undefined ? "http" : "https";
  }

  static async start(tls?: ServerOptions): Promise<TestRegistry> {
    const registry = new TestRegistry(tls);
    await new Promise<void>((resolve) => registry.#server.listen(0, "127.0.0.1", resolve));
    return registry;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  get paths(): readonly string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`);
  }

  async stop(): Promise<void> {
    this.letGo();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  letGo(): void {
    for (const response of this.#silent.splice(0)) response.destroy();
  }

  add(id: number, schema: unknown, rest: Omit<StoredSchema, "schema"> = {}): void {
    this.schemas.set(id, { schema: typeof schema === "string" ? schema : JSON.stringify(schema), ...rest });
  }

  addVersion(subject: string, id: number): void {
    this.subjects.set(subject, [...(this.subjects.get(subject) ?? []), id]);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = "", url: path = "", headers } = request;
    const body = Buffer.concat(chunks).toString();
    this.requests.push({ method, path, headers, body });
    const fault = this.faults.shift();
    if (fault === "cut") response.destroy();
    else if (fault === "silence") this.#silent.push(response);
    else if (fault !== undefined) send(response, fault.status, fault.body);
    else if (this.authorization !== undefined && headers.authorization !== this.authorization) {
      fail(response, 401, 40101, "Unauthorized");
    } else this.#answer(method, path, headers, body, response);
  }

  #answer(
    method: string,
    path: string,
    headers: IncomingMessage["headers"],
    body: string,
    response: ServerResponse,
  ): void {
    const [, collection, name = "", kind, version] = path.split("/").map(decodeURIComponent);
    if (method === "GET" && collection === "schemas" && name === "ids") {
      const stored = this.schemas.get(Number(kind));
      if (stored === undefined) fail(response, 404, 40403, `Schema ${kind} not found`);
      else send(response, 200, JSON.stringify(stored));
    } else if (method === "GET" && collection === "subjects" && kind === "versions") {
      const id = this.subjects.get(name)?.[Number(version) - 1];
      if (!this.subjects.has(name)) fail(response, 404, 40401, `Subject '${name}' not found.`);
      else if (id === undefined) fail(response, 404, 40402, "Version not found.");
      else send(response, 200, JSON.stringify({ subject: name, id, version, ...this.schemas.get(id) }));
    } else if (method === "POST" && collection === "subjects" && kind === "versions") {
      if (headers["content-type"] !== CONTENT_TYPE)
        fail(response, 415, 415, "HTTP 415 Unsupported Media Type");
      else send(response, 200, JSON.stringify({ id: this.#register(name, body) }));
    } else {
      fail(response, 404, 404, "HTTP 404 Not Found");
    }
  }

  #register(subject: string, body: string): number {
    const { schema } = JSON.parse(body) as { schema: string };
    const known = [...this.schemas].find(([, stored]) => stored.schema === schema)?.[0];
    const id = known ?? Math.max(0, ...this.schemas.keys()) + 1;
    this.add(id, schema);
    if (this.subjects.get(subject)?.includes(id) !== true) this.addVersion(subject, id);
    return id;
  }
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": CONTENT_TYPE });
  response.end(body);
}

function fail(response: ServerResponse, status: number, error_code: number, message: string): void {
  send(response, status, JSON.stringify({ error_code, message }));
}
