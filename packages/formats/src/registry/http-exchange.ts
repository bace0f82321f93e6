/** One request and its answer, over a connection that is kept for the next. */
import { request as requestHttp } from "node:http";
import type { Agent as HttpAgent, IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import type { Agent as HttpsAgent } from "node:https";
import type { FormatServices } from "@tributary/core";

/** Longest answer, in bytes: schemas have some thousands. */
const ANSWER_BYTES_MAX = 16_777_216;

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly agent: HttpAgent | HttpsAgent;
  /** From the start to the end of the answer. */
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

/** There was no answer: the connection failed, broke or took too long. */
export class NoAnswer extends Error {
  /** Code of the system or of TLS, e.g. `ECONNREFUSED`, or what happened instead. */
  readonly reason: string;

  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
  }

  /** A certificate that is not trusted now is not trusted a second later. */
  get isLasting(): boolean {
    return /CERT|TLS|SSL|ERR_INVALID/.test(this.reason);
  }
}

/**
 * Sends a request and reads the whole answer. Redirections are not followed.
 *
 * @throws {@link NoAnswer}; the signal's reason if it is aborted.
 */
export async function exchange(request: HttpRequest, services: FormatServices): Promise<HttpAnswer> {
  const { clock, signal } = services;
  signal.throwIfAborted();
  const giveUp = new AbortController();
  const abort = (): void => giveUp.abort();
  signal.addEventListener("abort", abort, { once: true });
  let isLate = false;
  const timer = clock.setTimer(request.timeoutMs, () => {
    isLate = true;
    giveUp.abort();
  });
  try {
    return await sendOnce(request, giveUp.signal);
  } catch (error) {
    signal.throwIfAborted();
    if (isLate) throw new NoAnswer(`no answer within ${request.timeoutMs} ms`, error);
    if (error instanceof NoAnswer) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new NoAnswer(code ?? message, error);
  } finally {
    timer.cancel();
    signal.removeEventListener("abort", abort);
  }
}

/** A kept connection that the server had given up when the request was sent. */
class StaleConnection extends Error {}

/** Most kept connections that turn out to be stale, one after the other. */
const STALE_MAX = 16;

/** On a connection that was kept a request may not even arrive: that is no failed attempt. */
async function sendOnce(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  for (let stale = 0; ; stale++) {
    try {
      return await send(request, signal);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      if (stale >= STALE_MAX) throw error.cause;
    }
  }
}

function send({ method, url, headers, body, agent }: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const start = url.protocol === "https:" ? requestHttps : requestHttp;
    const request = start(url, { method, headers, agent, signal }, (response) => {
      readText(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        reject,
      );
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      const isStale = request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
      reject(isStale ? new StaleConnection(error.code, { cause: error }) : error);
    });
    request.end(body);
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX) throw new NoAnswer(`an answer of more than ${ANSWER_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
