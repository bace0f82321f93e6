import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { constants } from "node:http2";
import { ServiceError } from "../errors.js";
import { ADMIN_PATH, answerAdmin, type AdminParts } from "./admin.js";
import { errorReply, type Reply, type Service } from "../operations/service.js";
import { cborWire } from "../protocol/cbor.js";
import { frame } from "../protocol/event-stream.js";
import { jsonWire } from "../protocol/json.js";
import type { Subscription } from "../operations/subscriptions.js";
import type { Wire } from "../protocol/wire.js";

const TARGET_PREFIX = "Kinesis_20131202.";
/** Above the largest call the service takes: 10 MiB as base64 text, and keys. */
const BODY_BYTES_MAX = 32 * 1024 * 1024;
/** A slow body goes on this often, or as often as it takes for one byte. */
const SLOW_STEP_MS = 50;

/** Reads a request whole; undefined if it breaks off or is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const length = Number(request.headers["content-length"] ?? NaN);
  if (length > BODY_BYTES_MAX) return undefined;
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    request.on("data", (part: Buffer) => {
      bytes += part.length;
      if (bytes > BODY_BYTES_MAX) {
        request.removeAllListeners("data");
        request.resume();
        resolve(undefined);
        return;
      }
      parts.push(part);
    });
    request.on("end", () => resolve(parts.length === 1 ? parts[0] : Buffer.concat(parts, bytes)));
    request.on("error", () => resolve(undefined));
    request.on("close", () => resolve(undefined));
  });
}

/** Answers one request, of a Kinesis client or of someone who commands the emulator. */
export async function exchange(
  service: Service,
  admin: AdminParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A client that has gone away needs no answer.
  response.on("error", () => {});
  const body = await readBody(request);
  if (body === undefined) {
    response.writeHead(413).end();
    return;
  }
  const { method = "GET", url = "/" } = request;
  if (url.startsWith(ADMIN_PATH)) {
    const { status, body: answer } = answerAdmin(admin, method, url, body.toString("utf8"));
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
    return;
  }
  const wire = wireOf(request.headers["content-type"]);
  const target = request.headers["x-amz-target"];
  if (wire === undefined || typeof target !== "string" || !target.startsWith(TARGET_PREFIX)) {
    send(response, errorReply(wire ?? jsonWire, new ServiceError("UnknownOperationException", "", 404)));
    return;
  }
  send(response, await service.answer({ operation: target.slice(TARGET_PREFIX.length), wire, body }));
}

function wireOf(contentType: string | undefined): Wire | undefined {
  const type = contentType?.split(";")[0]?.trim();
  if (type === jsonWire.contentType || type === "application/json") return jsonWire;
  return type === cborWire.contentType || type === "application/cbor" ? cborWire : undefined;
}

function send(response: ServerResponse, reply: Reply): void {
  const { breaks, bytesPerSecond } = reply.plan ?? {};
  if (breaks === "before" || breaks === "after") {
    breakConnection(response);
    return;
  }
  if (reply.subscription !== undefined) {
    sendEvents(response, reply, reply.subscription);
    return;
  }
  const chunks = reply.plan?.spoils === "json" ? [half(Buffer.concat(reply.chunks))] : reply.chunks;
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  response.writeHead(reply.status, {
    "content-type": reply.contentType,
    "content-length": length,
    "x-amzn-requestid": randomUUID(),
  });
  const ends = reply.plan?.ends;
  if (breaks === "within") {
    response.write(half(Buffer.concat(chunks)), () => breakConnection(response));
  } else if (ends === "reset-stream") {
    response.write(half(Buffer.concat(chunks)), () => endHttp2(response, ends));
  } else if (bytesPerSecond !== undefined) {
    trickle(response, Buffer.concat(chunks), bytesPerSecond);
  } else {
    if (ends !== undefined) response.once("finish", () => endHttp2(response, ends));
    writeAll(response, chunks);
  }
}

function half(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length >> 1);
}

function sendEvents(response: ServerResponse, reply: Reply, subscription: Subscription): void {
  response.writeHead(reply.status, {
    "content-type": reply.contentType,
    "x-amzn-requestid": randomUUID(),
  });
  const { bytesPerSecond } = reply.plan ?? {};
  const paced = bytesPerSecond === undefined ? undefined : new PacedWriter(response, bytesPerSecond);
  let writes = 0;
  subscription.start({
    write(pieces) {
      writes += 1;
      const bytes = Buffer.concat(pieces);
      if (paced !== undefined) return paced.write(bytes);
      // The first is the acknowledgement, the second the first event.
      return writes === 2 ? writeFirstEvent(response, bytes, reply) : response.write(bytes);
    },
    end: () => (paced === undefined ? response.end() : paced.end()),
    onDrain(call) {
      if (paced === undefined) response.on("drain", call);
      else paced.onDrain = call;
    },
    onClose(call) {
      if (response.destroyed) call();
      else response.on("close", call);
    },
  });
}

/** Writes the event that faults of an answer befall. */
function writeFirstEvent(response: ServerResponse, bytes: Buffer, { plan, contentType }: Reply): boolean {
  const { breaks, spoils, ends } = plan ?? {};
  if (breaks === "within") return response.write(half(bytes), () => breakConnection(response));
  if (ends !== undefined) return response.write(bytes, () => endHttp2(response, ends));
  if (spoils === "json") {
    const headers = { ":message-type": "event", ":event-type": "SubscribeToShardEvent" };
    return response.write(
      Buffer.concat(frame({ ...headers, ":content-type": contentType }, [Buffer.from('{"Records":[')])),
    );
  }
  if (spoils === "frame") {
    const at = bytes.length >> 1;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  }
  return response.write(bytes);
}

/** Writes no faster than so many bytes a second; wants no more meanwhile. */
class PacedWriter {
  readonly #response: ServerResponse;
  readonly #step: number;
  readonly #timer: NodeJS.Timeout;
  #waiting = Buffer.alloc(0);
  #hasEnded = false;
  onDrain: () => void = () => {};

  constructor(response: ServerResponse, bytesPerSecond: number) {
    this.#response = response;
    this.#step = Math.max(1, Math.round((bytesPerSecond * SLOW_STEP_MS) / 1000));
    this.#timer = setInterval(() => this.#go(), SLOW_STEP_MS);
    response.once("close", () => clearInterval(this.#timer));
  }

  write(bytes: Buffer): boolean {
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    return false;
  }

  end(): void {
    this.#hasEnded = true;
  }

  #go(): void {
    const { length } = this.#waiting;
    if (length > 0) {
      this.#response.write(this.#waiting.subarray(0, this.#step));
      this.#waiting = this.#waiting.subarray(this.#step);
    }
    if (this.#waiting.length > 0) return;
    if (this.#hasEnded) this.#response.end();
    else if (length > 0) this.onDrain();
  }
}

function writeAll(response: ServerResponse, chunks: readonly Buffer[]): void {
  const last = chunks.length - 1;
  for (let i = 0; i < last; i++) response.write(chunks[i]);
  if (last >= 0) response.end(chunks[last]);
  else response.end();
}

function trickle(response: ServerResponse, body: Buffer, bytesPerSecond: number): void {
  const stepMs = Math.max(SLOW_STEP_MS, 1000 / bytesPerSecond);
  const step = Math.max(1, Math.round((bytesPerSecond * stepMs) / 1000));
  let at = 0;
  const timer = setInterval(() => {
    if (response.destroyed || at >= body.length) {
      clearInterval(timer);
      response.end();
      return;
    }
    response.write(body.subarray(at, at + step));
    at += step;
  }, stepMs);
}

/** The parts of a response over HTTP/2 that faults work on. */
interface Http2Response {
  readonly stream?: {
    close(code: number): void;
    readonly session?: { readonly destroyed: boolean; goaway(code: number): void; destroy(): void };
  };
}

/** Ends an HTTP/2 connection or stream as a server may; a connection of HTTP/1.1 breaks. */
function endHttp2(response: ServerResponse, how: "go-away" | "reset-stream"): void {
  const { stream } = response as unknown as Http2Response;
  const { session } = stream ?? {};
  if (stream === undefined || session === undefined) {
    breakConnection(response);
  } else if (how === "reset-stream") {
    setImmediate(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  } else {
    setImmediate(() => {
      if (session.destroyed) return;
      session.goaway(constants.NGHTTP2_NO_ERROR);
      setImmediate(() => session.destroy());
    });
  }
}

/** Ends the connection under a response as a failing network does. */
function breakConnection(response: ServerResponse): void {
  const { stream } = response as unknown as Http2Response;
  if (stream === undefined) response.socket?.resetAndDestroy();
  // Of a stream that has lost its connection nothing is left to break.
  // Not from within a callback of the session that is destroyed: Node's memory does not always survive that.
  else setImmediate(() => stream.session?.destroy());
}
