/** The part of S3's protocol that checkpoints use, over real HTTP, in memory. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Stored {
  readonly bytes: Buffer;
  readonly etag: string;
  modifiedAt: number;
}

/** Names in one answer to ListObjectsV2, so that lists are continued. */
const PAGE = 3;

export class S3Server {
  readonly objects = new Map<string, Stored>();
  /** Operations as they came, e.g. `PUT jobs/a/lock if-none-match`. */
  readonly calls: string[] = [];
  /** What is answered instead, for the next calls that fit. */
  fault: ((call: string) => number | "lose-answer" | undefined) | undefined;
  knowsConditions = true;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #bucket: string;

  constructor(bucket: string) {
    this.#bucket = bucket;
  }

  async open(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  set(key: string, content: string | Buffer, modifiedAt = Date.now()): void {
    const bytes = Buffer.from(content);
    const etag = `"${createHash("md5").update(bytes).digest("hex")}-${this.objects.size}-${Math.random()}"`;
    this.objects.set(key, { bytes, etag, modifiedAt });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const url = new URL(request.url ?? "/", "http://s3");
    const [, bucket, ...path] = decodeURIComponent(url.pathname).split("/");
    const key = path.join("/");
    const { "if-none-match": ifNone, "if-match": ifMatch } = request.headers;
    const condition = ifNone === undefined ? (ifMatch === undefined ? "" : " if-match") : " if-none-match";
    const call = `${request.method} ${key === "" ? "list" : key}${condition}`;
    this.calls.push(call);
    const fault = this.fault?.(call);
    if (typeof fault === "number")
      return fail(response, fault, fault === 403 ? "AccessDenied" : "InternalError");
    if (bucket !== this.#bucket) return fail(response, 404, "NoSuchBucket");
    if (condition !== "" && !this.knowsConditions) return fail(response, 501, "NotImplemented");
    if (request.method === "PUT") {
      const there = this.objects.get(key);
      if (ifNone === "*" && there !== undefined) return fail(response, 412, "PreconditionFailed");
      if (ifMatch !== undefined && there?.etag !== ifMatch) return fail(response, 412, "PreconditionFailed");
      this.set(key, body);
      if (fault === "lose-answer") return void request.socket.destroy();
      return void response.writeHead(200, { etag: this.objects.get(key)?.etag }).end();
    }
    if (request.method === "DELETE") {
      this.objects.delete(key);
      return void response.writeHead(204).end();
    }
    if (key === "") return this.#list(url, response);
    const found = this.objects.get(key);
    if (found === undefined) return fail(response, 404, "NoSuchKey");
    response
      .writeHead(200, { etag: found.etag, "last-modified": new Date(found.modifiedAt).toUTCString() })
      .end(found.bytes);
  }

  #list(url: URL, response: ServerResponse): void {
    const prefix = url.searchParams.get("prefix") ?? "";
    const after = url.searchParams.get("continuation-token") ?? "";
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    const rest = keys.filter((key) => key > after);
    const page = rest.slice(0, PAGE);
    const contents = page.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("");
    const isTruncated = rest.length > PAGE;
    const token = isTruncated ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : "";
    response
      .writeHead(200, { "content-type": "application/xml" })
      .end(
        `<?xml version="1.0"?><ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${token}${contents}</ListBucketResult>`,
      );
  }
}

function fail(response: ServerResponse, status: number, code: string): void {
  response
    .writeHead(status, { "content-type": "application/xml" })
    .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} it is</Message></Error>`);
}
