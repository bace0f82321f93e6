import { TributaryError, nearestFirst } from "@tributary/core";
import type { Diagnostic, DiagnosticCode } from "@tributary/core";

import { classifyFailure, factsOf, isNetworkFailure } from "./classify-failure.js";
import type { ConnectionSettings } from "./connection-settings.js";
import type { KinesisClient } from "./kinesis-client.js";
import { endpointOf } from "./request-handler.js";
import { withoutSecrets } from "./without-secrets.js";

/** @see Kinesis API Reference, common errors; STS API Reference, common errors. */
const EXPIRED = new Set(["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"]);

/** Errors that say: these credentials do not do. */
const REJECTED = new Set([
  "IncompleteSignature",
  "IncompleteSignatureException",
  "InvalidAccessKeyId",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "MissingAuthenticationToken",
  "MissingAuthenticationTokenException",
  "OptInRequired",
  "SignatureDoesNotMatch",
  "UnrecognizedClientException",
]);

const DENIED = new Set(["AccessDenied", "AccessDeniedException", "NotAuthorized", "UnauthorizedOperation"]);
const NO_CREDENTIALS = new Set(["CredentialsProviderError", "TokenProviderError"]);
const SKEWED = new Set(["RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"]);
/** How a signature of another time is refused: `... expired: 20261123T010000Z is now earlier than 20261123T012000Z ...`. */
const SKEWED_TEXT = /signature (?:expired|not yet current)/i;

/** How OpenSSL and Node refuse a certificate. */
const UNTRUSTED_TEXT =
  /self.signed certificate|unable to (?:verify|get) .*certificate|certificate (?:has expired|is not yet valid)|does not match certificate/i;

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
  if (SKEWED.has(name) || SKEWED_TEXT.test(rawMessageOf(error))) return clockSkewed(error, call);
  if (EXPIRED.has(name)) return credentialsExpired(error, call);
  if (REJECTED.has(name)) return credentialsRejected(error, name, call);
  if (DENIED.has(name)) return accessDenied(error, call);
  if (name.startsWith("KMS") && classifyFailure(error) === "fatal") return kmsDenied(error, name, call);
  if (name === "ResourceNotFoundException") return streamNotFound(call);
  if (UNTRUSTED_TEXT.test(rawMessageOf(error))) return certificateUntrusted(error, call);
  if (isNetworkFailure(error) || (status !== undefined && status >= 500)) return unavailable(error, call);
  return fault(
    "EXTERNAL_FAILED",
    `${call.operation} of stream '${call.settings.stream.name}' failed with ${name}: ${messageOf(error, call)}`,
    classifyFailure(error) === "throttled"
      ? "The stream's limits were exceeded for longer than the retries last: add shards, or read and write less."
      : undefined,
  );
}

function credentialsMissing(error: unknown, call: FailedCall): Diagnostic {
  const { provider } = call.settings.credentials;
  return fault(
    "CREDENTIALS_MISSING",
    `No AWS credentials were found by the provider ${provider}: ${messageOf(error, call)}`,
    provider === "AUTO"
      ? "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a profile, or give 'aws.credentials.provider'."
      : "Check what 'aws.credentials.provider' needs, or choose another provider.",
  );
}

function credentialsExpired(error: unknown, call: FailedCall): Diagnostic {
  const { provider } = call.settings.credentials;
  return fault(
    "CREDENTIALS_EXPIRED",
    `The AWS credentials of the provider ${provider} have expired: ${messageOf(error, call)}`,
    "Log in again, or renew the session token; a provider that renews them itself, such as ASSUME_ROLE, needs neither.",
  );
}

function credentialsRejected(error: unknown, name: string, call: FailedCall): Diagnostic {
  const { provider } = call.settings.credentials;
  return fault(
    "CREDENTIALS_REJECTED",
    `The AWS credentials of the provider ${provider} were not accepted (${name}): ${messageOf(error, call)}`,
    "Check access key and secret key, and that they are of the stream's partition.",
  );
}

function clockSkewed(error: unknown, call: FailedCall): Diagnostic {
  const skewMs = skewOf(rawMessageOf(error));
  const minutes = skewMs === undefined ? 0 : Math.round(Math.abs(skewMs) / 60_000);
  const amount =
    skewMs === undefined || minutes === 0
      ? "differs from the service's"
      : `is ${minutes} ${minutes === 1 ? "minute" : "minutes"} ${skewMs < 0 ? "behind" : "ahead of"} the service's`;
  return fault(
    "CLOCK_SKEWED",
    `This machine's clock ${amount}, and ${call.operation} was refused for it: ${messageOf(error, call)}`,
    "Set the clock, or let NTP do it.",
  );
}

/** The first two instants of the message are the signature's and the bound it misses, five minutes from the clock. */
function skewOf(message: string): number | undefined {
  const [signed, bound, service] = [...message.matchAll(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/g)].map(
    ([, year, month, day, hour, minute, second]) =>
      Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)),
  );
  const now = service ?? bound;
  return signed === undefined || now === undefined ? undefined : signed - now;
}

function accessDenied(error: unknown, call: FailedCall): Diagnostic {
  const { operation, settings } = call;
  // The service's own word first: a call can need more than the action of its name.
  const [, told] = /not authorized to perform:? ([\w-]+:\w+)/.exec(rawMessageOf(error)) ?? [];
  const action = told ?? (isOfSts(error) ? "sts:AssumeRole" : `kinesis:${operation}`);
  const on = action.startsWith("sts:")
    ? `role '${roleOf(call) ?? "unknown"}'`
    : `stream '${settings.stream.arn ?? settings.stream.name}'`;
  return fault(
    "ACCESS_DENIED",
    `${action} was denied on ${on}: ${messageOf(error, call)}`,
    action.startsWith("sts:")
      ? `Allow ${action} to the caller, and the caller in the role's trust policy.`
      : `Allow ${action} to the caller in a policy.`,
  );
}

function kmsDenied(error: unknown, name: string, call: FailedCall): Diagnostic {
  const action = call.operation.startsWith("Put") ? "kms:GenerateDataKey" : "kms:Decrypt";
  const { stream } = call.settings;
  const isDenied = name.startsWith("KMSAccessDenied");
  return fault(
    "KMS_DENIED",
    isDenied
      ? `${action} was denied on the key of stream '${stream.name}': ${messageOf(error, call)}`
      : `The key of stream '${stream.name}' cannot be used for ${action} (${name}): ${messageOf(error, call)}`,
    isDenied
      ? `Allow ${action} on the key to the caller.`
      : "Enable the key, or encrypt the stream with another.",
  );
}

/** Did the call fail for one of STS that was to find credentials for it? */
function isOfSts(error: unknown): boolean {
  return (error as { readonly $service?: unknown } | undefined)?.$service === "STS";
}

function roleOf({ settings: { credentials } }: FailedCall): string | undefined {
  return "roleArn" in credentials ? credentials.roleArn : undefined;
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

function unavailable(error: unknown, call: FailedCall): Diagnostic {
  const { operation, settings } = call;
  const { systemCode, name } = factsOf(error);
  const reason = `(${systemCode ?? name}): ${messageOf(error, call)}`;
  if (isOfSts(error)) {
    const sts = "stsEndpoint" in settings.credentials ? settings.credentials.stsEndpoint : undefined;
    return fault(
      "SERVICE_UNAVAILABLE",
      `AssumeRole could not reach ${sts ?? "the STS endpoint"} ${reason}`,
      "Check 'aws.credentials.role.stsEndpoint', 'aws.region' and the network.",
    );
  }
  const endpoint = endpointOf(settings) ?? `the Kinesis endpoint of region '${settings.region}'`;
  return fault(
    "SERVICE_UNAVAILABLE",
    `${operation} could not reach ${endpoint} ${reason}`,
    "Check 'aws.endpoint', 'aws.region' and the network.",
  );
}

function certificateUntrusted(error: unknown, call: FailedCall): Diagnostic {
  const endpoint = endpointOf(call.settings) ?? `the Kinesis endpoint of region '${call.settings.region}'`;
  return fault(
    "SERVICE_UNAVAILABLE",
    `${call.operation} did not trust the certificate of ${endpoint}: ${messageOf(error, call)}`,
    "Name its authority in NODE_EXTRA_CA_CERTS; for an emulator set 'aws.trust.all.certificates' = 'true'.",
  );
}

function fault(code: DiagnosticCode, message: string, hint: string | undefined): Diagnostic {
  return { severity: "error", code, message, ...(hint === undefined ? {} : { hint }) };
}

function rawMessageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * What the service or the network says, in one line and without secrets: a refused signature is answered with the
 * whole request as it should have been signed, session token and all.
 */
function messageOf(error: unknown, { settings }: FailedCall): string {
  const [first = ""] = rawMessageOf(error).split(/\n|The Canonical String/, 1);
  const line = withoutSecrets(
    first.replace(/^@smithy\/[\w-]+ - \[ERROR\] /, "").trim(),
    settings.credentials,
  );
  return line === "" ? "no message" : line;
}
