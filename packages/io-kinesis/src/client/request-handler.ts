import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";

import type { KinesisClientConfig } from "@aws-sdk/client-kinesis";

import type { ConnectionSettings, HttpVersion } from "./connection-settings.js";

/** Time to open a connection. Short, since an attempt that fails is followed by others. */
export const CONNECT_TIMEOUT_MS = 3_000;
/**
 * Longest silence of a call that is no subscription, before its answer or within: the connection is then taken for
 * dead. The option's default is longer than a subscription of five minutes, which nobody should wait for here.
 */
const SILENCE_MS_MAX = 60_000;
/** What may be on its way unread, in bytes of a stream. After Apache Flink's Kinesis connector. */
const INITIAL_WINDOW_BYTES = 512 * 1024;

/**
 * The HTTP version when no option says one: HTTP/2, but HTTP/1.1 for an endpoint without TLS. Plain endpoints are
 * emulators, and few of those speak HTTP/2 without TLS.
 */
function httpVersionOf(settings: ConnectionSettings): HttpVersion {
  if (settings.httpVersion !== undefined) return settings.httpVersion;
  return endpointOf(settings)?.startsWith("http://") === true ? "HTTP1_1" : "HTTP2";
}

/** The endpoint that is really used, as far as it is known without asking the SDK. */
export function endpointOf(settings: ConnectionSettings): string | undefined {
  return settings.endpoint ?? process.env["AWS_ENDPOINT_URL_KINESIS"] ?? process.env["AWS_ENDPOINT_URL"];
}

/**
 * An explicit handler, always: the SDK's default one opens a connection for every request. Connections are kept alive
 * and closed by the client's `destroy`.
 */
export async function requestHandler(
  settings: ConnectionSettings,
): Promise<NonNullable<KinesisClientConfig["requestHandler"]>> {
  const { NodeHttp2Handler, NodeHttpHandler } = await import("@smithy/node-http-handler");
  const tls = settings.trustsAllCertificates ? { rejectUnauthorized: false } : {};
  const silenceMs = Math.min(settings.readTimeoutMs, SILENCE_MS_MAX);
  if (httpVersionOf(settings) === "HTTP2") {
    return new NodeHttp2Handler({
      requestTimeout: silenceMs,
      maxConcurrentStreams: settings.concurrencyMax,
      nodeHttp2ConnectOptions: { ...tls, settings: { initialWindowSize: INITIAL_WINDOW_BYTES } },
    });
  }
  const agent = { keepAlive: true, maxSockets: settings.concurrencyMax };
  return new NodeHttpHandler({
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: silenceMs,
    // Also within the answer's body.
    socketTimeout: silenceMs,
    // Without it the handler only warns.
    throwOnRequestTimeout: true,
    httpAgent: new HttpAgent(agent),
    httpsAgent: new HttpsAgent({ ...agent, ...tls }),
  });
}
