import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { ServiceError } from "../errors.js";
import { ADMIN_PATH, answerAdmin, type AdminParts } from "./admin.js";
import { errorReply, type Reply, type Service } from "../operations/service.js";
import { cborWire } from "../protocol/cbor.js";
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
  const length = reply.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  response.writeHead(reply.status, {
    "content-type": reply.contentType,
    "content-length": length,
    "x-amzn-requestid": randomUUID(),
  });
  if (breaks === "within") {
    const half = Buffer.concat(reply.chunks).subarray(0, length >> 1);
    response.write(half, () => breakConnection(response));
  } else if (bytesPerSecond !== undefined) {
    trickle(response, Buffer.concat(reply.chunks), bytesPerSecond);
  } else {
    writeAll(response, reply.chunks);
  }
}

function sendEvents(response: ServerResponse, reply: Reply, subscription: Subscription): void {
  response.writeHead(reply.status, {
    "content-type": reply.contentType,
    "x-amzn-requestid": randomUUID(),
  });
  subscription.start({
    write: (pieces) => response.write(Buffer.concat(pieces)),
    end: () => response.end(),
    onDrain: (call) => response.on("drain", call),
    onClose(call) {
      if (response.destroyed) call();
      else response.on("close", call);
    },
  });
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

/** Ends the connection under a response as a failing network does. */
function breakConnection(response: ServerResponse): void {
  const { stream } = response as unknown as { stream?: { session?: { socket?: unknown; destroy(): void } } };
  const socket = stream?.session === undefined ? response.socket : undefined;
  if (stream?.session !== undefined) stream.session.destroy();
  else socket?.resetAndDestroy();
}
