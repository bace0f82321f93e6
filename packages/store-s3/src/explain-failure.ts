import { TributaryError, type DiagnosticCode } from "@tributary/core";

const DENIED = new Set([
  "AccessDenied",
  "Forbidden",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "ExpiredToken",
  "InvalidToken",
]);
const NO_CREDENTIALS = new Set(["CredentialsProviderError", "TokenProviderError"]);
const WRONG_PLACE = new Set(["NoSuchBucket", "InvalidBucketName", "PermanentRedirect"]);
const UNREACHED =
  /^(?:EAI_AGAIN|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EPIPE|ETIMEDOUT)$/;

/** A failure of the service as a diagnostic: what was tried, where, and what the service says. */
export function explainFailure(operation: string, store: string, error: unknown): TributaryError {
  if (TributaryError.is(error)) return error;
  const { code, hint } = kindOf(error);
  const name = error instanceof Error ? error.name : "Error";
  const said = error instanceof Error ? error.message : String(error);
  return new TributaryError(
    {
      severity: "error",
      code,
      message: `${operation} failed for the checkpoint store '${store}': ${name}: ${said}`,
      value: store,
      ...(hint === undefined ? {} : { hint }),
    },
    { cause: error },
  );
}

function kindOf(error: unknown): { readonly code: DiagnosticCode; readonly hint?: string } {
  const facts = (typeof error === "object" && error !== null ? error : {}) as {
    readonly name?: string;
    readonly code?: unknown;
    readonly message?: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const name = facts.name ?? "";
  if (NO_CREDENTIALS.has(name))
    return {
      code: "CREDENTIALS_MISSING",
      hint: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or run where a role is given.",
    };
  if (DENIED.has(name) || facts.$metadata?.httpStatusCode === 403)
    return {
      code: "ACCESS_DENIED",
      hint: "It takes s3:ListBucket on the bucket, s3:GetObject, s3:PutObject and s3:DeleteObject below the prefix.",
    };
  if (WRONG_PLACE.has(name))
    return { code: "CHECKPOINT_UNUSABLE", hint: "Check bucket and region; the bucket is not made for you." };
  if (facts.message?.startsWith("Region is missing") === true)
    return { code: "CHECKPOINT_UNUSABLE", hint: "Set AWS_REGION, or give s3://BUCKET/PREFIX?region=REGION." };
  if ((typeof facts.code === "string" && UNREACHED.test(facts.code)) || name === "TimeoutError")
    return { code: "SERVICE_UNAVAILABLE" };
  return { code: "EXTERNAL_FAILED" };
}
