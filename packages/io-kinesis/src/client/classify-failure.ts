import { TributaryError } from "@tributary/core";
import type { FailureClass } from "@tributary/core";

/** @see Kinesis API Reference, common errors; and the errors of GetRecords, PutRecords, ListShards. */
const THROTTLING = new Set([
  "KMSThrottlingException",
  "LimitExceededException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
]);

const TRANSIENT = new Set([
  // The next attempt takes a new iterator.
  "ExpiredIteratorException",
  "InternalFailure",
  "InternalFailureException",
  "InternalServerError",
  // An answer cut short by something before the service, or of something else altogether.
  "CborSyntaxError",
  "MalformedAnswer",
  "SyntaxError",
  "RequestTimeout",
  "RequestTimeoutException",
  "ServiceUnavailable",
  "ServiceUnavailableException",
  "TimeoutError",
]);

/** System errors of a connection that may be gone with the next attempt. */
const NETWORK = new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "ERR_HTTP2_ERROR",
  "ERR_HTTP2_GOAWAY_SESSION",
  "ERR_HTTP2_INVALID_SESSION",
  "ERR_HTTP2_SESSION_ERROR",
  "ERR_HTTP2_STREAM_CANCEL",
  "ERR_HTTP2_STREAM_ERROR",
  "ERR_STREAM_PREMATURE_CLOSE",
]);

/** The facts that a failure of the SDK or of the network carries; every one may be absent. */
export interface FailureFacts {
  readonly name: string;
  /** Code of a system error, e.g. `ECONNREFUSED`. */
  readonly systemCode?: string;
  /** HTTP status. */
  readonly status?: number;
  /** The SDK has set its clock by the answer, so the next signature will be in time. */
  readonly isClockCorrected: boolean;
  /** The service has answered this client before, so that its address is right. */
  readonly wasReached: boolean;
}

/** Property of an error: the client that it comes from had been answered before. */
const WAS_REACHED = Symbol("wasReached");

/** Notes on an error that the service was reached before it. */
export function noteReached(error: unknown): unknown {
  return error instanceof Error ? Object.assign(error, { [WAS_REACHED]: true }) : error;
}

/** Reads the facts without a type of the SDK, so that nothing is loaded for it. */
export function factsOf(error: unknown): FailureFacts {
  const facts = (typeof error === "object" && error !== null ? error : {}) as {
    readonly name?: string;
    readonly code?: unknown;
    readonly cause?: { readonly code?: unknown };
    readonly [WAS_REACHED]?: boolean;
    readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean };
  };
  const systemCode = [facts.code, facts.cause?.code].find((code) => typeof code === "string");
  return {
    name: facts.name ?? "Error",
    ...(typeof systemCode === "string" ? { systemCode } : {}),
    ...(facts.$metadata?.httpStatusCode === undefined ? {} : { status: facts.$metadata.httpStatusCode }),
    isClockCorrected: facts.$metadata?.clockSkewCorrected === true,
    wasReached: facts[WAS_REACHED] === true,
  };
}

/** What the SDK says, without a code, of a request whose HTTP/2 connection was lost before the answer began. */
const NO_RESPONSE = "Unexpected error: http2 request did not get a response";

/** Could the service not be reached at all? */
export function isNetworkFailure(error: unknown): boolean {
  const { systemCode, name, status } = factsOf(error);
  return (
    (systemCode !== undefined && NETWORK.has(systemCode)) ||
    (name === "TimeoutError" && status === undefined) ||
    (error instanceof Error && error.message === NO_RESPONSE)
  );
}

/** Did nobody answer in time? */
export function isTimeout(error: unknown): boolean {
  const { systemCode, name } = factsOf(error);
  return name === "TimeoutError" || systemCode === "ETIMEDOUT";
}

/** What may be done about a failed call of the service. */
export function classifyFailure(error: unknown): FailureClass {
  if (TributaryError.is(error)) return error.retryable === true ? "retryable" : "fatal";
  const { name, status, isClockCorrected } = factsOf(error);
  if (THROTTLING.has(name) || status === 429) return "throttled";
  if (TRANSIENT.has(name) || isClockCorrected || isNetworkFailure(error)) return "retryable";
  return status !== undefined && status >= 500 ? "retryable" : "fatal";
}
