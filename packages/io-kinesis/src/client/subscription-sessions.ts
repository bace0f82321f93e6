import { connect } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";

/** Subscriptions over one connection; its loss ends them all. */
const STREAMS_PER_SESSION_MAX = 32;
/** What the service may send of one subscription before it is read. After Apache Flink's Kinesis connector. */
const STREAM_WINDOW_BYTES = 512 * 1024;
/** Of a connection: never what holds a subscription back. */
const SESSION_WINDOW_BYTES = STREAMS_PER_SESSION_MAX * STREAM_WINDOW_BYTES;

/** Why a request is broken off whose connection may be dead. */
export const ABANDONED = new Error("The connection has fallen silent.");

/** A signed request, as the SDK makes it. */
export interface SignedRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** The beginning of an answer. */
export interface OpenedAnswer {
  readonly stream: ClientHttp2Stream;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/**
 * HTTP/2 connections for subscriptions, apart from those for calls: a subscription lasts minutes, and its connection is
 * not told to end while it does. (The SDK's handler closes the session as soon as the answer begins; servers that
 * follow the protocol less closely break the answer off then.)
 */
export class SubscriptionSessions {
  readonly #trustsAllCertificates: boolean;
  readonly #connectTimeoutMs: number;
  /** Open sessions that take further subscriptions, with the number that each has. */
  readonly #streams = new Map<ClientHttp2Session, number>();
  readonly #origins = new Map<ClientHttp2Session, string>();
  readonly #all = new Set<ClientHttp2Session>();

  constructor(trustsAllCertificates: boolean, connectTimeoutMs: number) {
    this.#trustsAllCertificates = trustsAllCertificates;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  /**
   * Sends a request. Resolves when the answer begins; its body is not read.
   *
   * @param signal - breaks the answer off, at any time; with {@link ABANDONED} as its reason no further subscription uses
   *   the connection.
   */
  request(request: SignedRequest, signal: AbortSignal): Promise<OpenedAnswer> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const session = this.#session(request);
      const stream = session.request(headersOf(request), { endStream: false });
      this.#count(session, 1);
      const onAbort = (): void => {
        if (signal.reason === ABANDONED) this.#retire(session);
        destroySoon(stream);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      stream.once("close", () => {
        signal.removeEventListener("abort", onAbort);
        this.#count(session, -1);
        reject(signal.aborted ? (signal.reason as Error) : brokenOff());
      });
      stream.on("error", reject);
      stream.once("response", (headers) => {
        resolve({ stream, status: Number(headers[":status"]), headers });
      });
      stream.end(bodyOf(request));
    });
  }

  /** Breaks everything off. */
  close(): void {
    for (const session of this.#all) destroySoon(session);
  }

  #session(request: SignedRequest): ClientHttp2Session {
    const port = request.port === undefined ? "" : `:${request.port}`;
    const origin = `${request.protocol}//${request.hostname}${port}`;
    for (const [session, streams] of this.#streams) {
      if (streams < STREAMS_PER_SESSION_MAX && this.#origins.get(session) === origin) return session;
    }
    return this.#connect(origin);
  }

  #connect(origin: string): ClientHttp2Session {
    const session = connect(origin, {
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES },
      ...(this.#trustsAllCertificates && { rejectUnauthorized: false }),
    });
    this.#all.add(session);
    this.#streams.set(session, 0);
    this.#origins.set(session, origin);
    // Its streams fail with the same error.
    session.on("error", () => this.#retire(session));
    session.on("goaway", () => this.#retire(session));
    session.on("close", () => {
      this.#retire(session);
      this.#all.delete(session);
      this.#origins.delete(session);
    });
    const late = setTimeout(() => session.destroy(timedOut(origin)), this.#connectTimeoutMs);
    session.once("connect", () => {
      clearTimeout(late);
      if (!session.destroyed) session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    });
    session.once("close", () => clearTimeout(late));
    return session;
  }

  #count(session: ClientHttp2Session, change: 1 | -1): void {
    const streams = this.#streams.get(session);
    if (streams !== undefined) this.#streams.set(session, streams + change);
    else if (change === -1) session.close();
    if (streams === 1 && change === -1) {
      // Nobody needs it now; the next subscription may be minutes away.
      this.#retire(session);
      session.close();
    }
  }

  #retire(session: ClientHttp2Session): void {
    this.#streams.delete(session);
  }
}

/**
 * Destroys a session or stream when none of its callbacks is on the stack. Promises, too, may be continued from within
 * one, and Node's memory does not always survive the loss of what it is working on.
 */
export function destroySoon(target: { destroy(): void }): void {
  setImmediate(() => target.destroy());
}

/** HTTP/2 has no connection headers, and the length goes with the frames. */
function headersOf({ method, path, hostname, port, headers }: SignedRequest): Record<string, string> {
  const sent: Record<string, string> = { ":method": method, ":path": path };
  for (const [name, value] of Object.entries(headers)) {
    if (!/^(?:host|connection|expect|upgrade|transfer-encoding)$/i.test(name))
      sent[name.toLowerCase()] = value;
  }
  sent[":authority"] ??= headers["host"] ?? (port === undefined ? hostname : `${hostname}:${port}`);
  return sent;
}

/** As bytes and nothing else: the SDK's own kind of body warns when it is asked for its text. */
function bodyOf({ body }: SignedRequest): Uint8Array {
  if (typeof body === "string") return Buffer.from(body);
  return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
}

function brokenOff(): Error {
  const error = new Error("The connection broke off before the service answered.");
  return Object.assign(error, { code: "ERR_STREAM_PREMATURE_CLOSE" });
}

function timedOut(origin: string): Error {
  return Object.assign(new Error(`No connection to ${origin} came about in time.`), { code: "ETIMEDOUT" });
}
