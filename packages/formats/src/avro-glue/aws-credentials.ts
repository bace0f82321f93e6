/** Credentials by the AWS SDK's own chain where that is installed, else from the environment alone. */
import { TributaryError } from "@tributary/core";
import { AVRO_GLUE } from "./avro-glue-options.js";
import type { AwsCredentials } from "./sign-request.js";

const CHAIN = "@aws-sdk/credential-provider-node";

/** Gives credentials that are valid now. */
export type CredentialSource = () => Promise<AwsCredentials>;

/** Finds the chain when credentials are first asked for; it refreshes them itself. */
export function defaultCredentials(): CredentialSource {
  let source: Promise<CredentialSource> | undefined;
  return async () => {
    source ??= findChain();
    const find = await source;
    try {
      return await find();
    } catch (cause) {
      if (TributaryError.is(cause)) throw cause;
      throw missing((cause as Error).message, "Set up one of the sources, for instance a profile.", cause);
    }
  };
}

async function findChain(): Promise<CredentialSource> {
  try {
    const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
    return defaultProvider();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    return fromEnvironment;
  }
}

async function fromEnvironment(): Promise<AwsCredentials> {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  }
  throw missing("the environment has none", `For profiles, roles and containers: npm install ${CHAIN}`);
}

function missing(reason: string, hint: string, cause?: unknown): TributaryError {
  return new TributaryError(
    {
      severity: "error",
      code: "CREDENTIALS_MISSING",
      message: `There are no credentials for the Glue Schema Registry: ${reason.replace(/\.$/, "")}.`,
      connector: AVRO_GLUE,
      hint,
    },
    { cause },
  );
}
