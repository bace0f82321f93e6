import { TributaryError, nearestFirst } from "@tributary/core";
import type { Diagnostic, DiagnosticCode } from "@tributary/core";

import { classifyFailure, factsOf, isNetworkFailure } from "./classify-failure.js";
import type { ConnectionSettings } from "./connection-settings.js";
import type { KinesisClient } from "./kinesis-client.js";
import { endpointOf } from "./request-handler.js";

/** Errors that say: these credentials do not do. @see Kinesis API Reference, common errors. */
const BAD_CREDENTIALS = new Set([
  "ExpiredToken",
  "ExpiredTokenException",
  "IncompleteSignature",
  "IncompleteSignatureException",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "MissingAuthenticationToken",
  "MissingAuthenticationTokenException",
  "SignatureDoesNotMatch",
  "UnrecognizedClientException",
]);

const DENIED = new Set(["AccessDenied", "AccessDeniedException", "KMSAccessDeniedException"]);
const NO_CREDENTIALS = new Set(["CredentialsProviderError", "TokenProviderError"]);

/** What was being done when a call failed. */
export interface FailedCall {
  /** Name of the operation in the Kinesis API. */
  readonly operation: string;
  readonly settings: ConnectionSettings;
  /** Streams that there are in the region and account, if they could be listed. */
  readonly streamNames?: readonly string[];
  /** Of a read: the shard and, once something was read, the sequence number of the last record. */
  readonly place?: Pick<Diagnostic, "shard" | "sequenceNumber">;
}

/** Turns a failure of the service into an error for the user. A TributaryError passes unchanged. */
export function explainFailure(error: unknown, call: FailedCall): TributaryError {
  if (TributaryError.is(error)) return error;
  const retryable = classifyFailure(error) !== "fatal";
  return new TributaryError({ ...diagnose(error, call), ...call.place }, { cause: error, retryable });
}

/** As {@link explainFailure}; if the stream does not exist, looks for names like it first. */
export async function explainStreamFailure(
  error: unknown,
  call: FailedCall,
  client: KinesisClient,
): Promise<TributaryError> {
  if (factsOf(error).name !== "ResourceNotFoundException") return explainFailure(error, call);
  const streamNames = await client.listStreamNames().catch(() => []);
  return explainFailure(error, { ...call, streamNames });
}

function diagnose(error: unknown, call: FailedCall): Diagnostic {
  const { name, status } = factsOf(error);
  if (NO_CREDENTIALS.has(name)) return credentialsMissing(error, call);
  if (BAD_CREDENTIALS.has(name) || DENIED.has(name)) return accessDenied(error, name, call);
  if (name === "ResourceNotFoundException") return streamNotFound(call);
  if (isNetworkFailure(error) || (status !== undefined && status >= 500)) return unavailable(error, call);
  return fault(
    "EXTERNAL_FAILED",
    `${call.operation} of stream '${call.settings.stream.name}' failed with ${name}: ${messageOf(error)}`,
    classifyFailure(error) === "throttled"
      ? "The stream's limits were exceeded for longer than the retries last: add shards, or read and write less."
      : undefined,
  );
}

function credentialsMissing(error: unknown, { settings }: FailedCall): Diagnostic {
  const { provider } = settings.credentials;
  return fault(
    "CREDENTIALS_MISSING",
    `No AWS credentials were found by the provider ${provider}: ${messageOf(error)}`,
    provider === "AUTO"
      ? "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a profile, or give 'aws.credentials.provider'."
      : "Check what 'aws.credentials.provider' needs, or choose another provider.",
  );
}

function accessDenied(error: unknown, name: string, { operation, settings }: FailedCall): Diagnostic {
  const isSts = (error as { readonly $service?: unknown }).$service === "STS";
  const action = isSts ? "sts:AssumeRole" : `kinesis:${operation}`;
  return fault(
    "ACCESS_DENIED",
    `${action} was denied on stream '${settings.stream.arn ?? settings.stream.name}' (${name}): ${messageOf(error)}`,
    BAD_CREDENTIALS.has(name)
      ? `The credentials of the provider ${settings.credentials.provider} were not accepted: expired, mistyped, or of another partition.`
      : `Allow ${action} for the caller in a policy.`,
  );
}

function streamNotFound({ settings, streamNames = [] }: FailedCall): Diagnostic {
  const { name, account } = settings.stream;
  const candidates = nearestFirst(name, streamNames).slice(0, 10);
  const diagnostic = fault(
    "STREAM_NOT_FOUND",
    `There is no stream '${name}' in region '${settings.region}'${account === undefined ? "" : ` of account '${account}'`}`,
    candidates.length === 0
      ? "Check region, account and name of the stream."
      : `Did you mean '${candidates[0]}'?`,
  );
  return { ...diagnostic, candidates };
}

function unavailable(error: unknown, { operation, settings }: FailedCall): Diagnostic {
  const endpoint = endpointOf(settings) ?? `the Kinesis endpoint of region '${settings.region}'`;
  const { systemCode, name } = factsOf(error);
  return fault(
    "SERVICE_UNAVAILABLE",
    `${operation} could not reach ${endpoint} (${systemCode ?? name}): ${messageOf(error)}`,
    "Check 'aws.endpoint', 'aws.region' and the network.",
  );
}

function fault(code: DiagnosticCode, message: string, hint: string | undefined): Diagnostic {
  return { severity: "error", code, message, ...(hint === undefined ? {} : { hint }) };
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message === "" ? "no message" : message;
}
