/**
 * Credentials from a class of the user's, which `aws.credentials.custom.class` names: the counterpart of an SDK
 * credentials provider in Apache Flink's Kinesis connector.
 */
import { TributaryError } from "@tributary/core";
import type { ClassContract } from "@tributary/core";

import { classifyFailure } from "./classify-failure.js";
import type { CustomSettings } from "./credential-settings.js";

/** What a credentials provider gives. @public */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** The provider is asked again a few minutes before; without it never again. */
  readonly expiration?: Date;
}

/**
 * Supplies AWS credentials. Its constructor is given the table's `aws.` options as {@link AwsProperties}; each client
 * has a provider of its own.
 *
 * @public
 */
export interface CredentialsProvider {
  /** Called before the first request, and again before the credentials expire. */
  resolveCredentials(): AwsCredentials | Promise<AwsCredentials>;
  /** Called once, when the client is closed. */
  close?(): void | Promise<void>;
}

/**
 * The table's `aws.` options by the names that the DataStream API of Apache Flink's connector has for them:
 * `aws.region`, `aws.credentials.provider.basic.accesskeyid`. Holds secrets: never print it.
 *
 * @public
 */
export type AwsProperties = ReadonlyMap<string, string>;

/** What a class must be that `aws.credentials.custom.class` names; for `bindClass`. @public */
export const CREDENTIALS_PROVIDER: ClassContract<CredentialsProvider, readonly [properties: AwsProperties]> =
  {
    name: "@tributary/io-kinesis/CredentialsProvider",
    noun: "AWS credentials provider",
    methods: ["resolveCredentials"],
  };

/** A provider of one client. */
export interface OpenProvider {
  resolve(): Promise<AwsCredentials>;
  /** Never throws. */
  close(): void;
}

/** @throws `OPTION_INVALID` if the class cannot be made. */
export function openCustomProvider({ option, className, make }: CustomSettings): OpenProvider {
  const provider = make();
  const subject = `The class '${className}' of option '${option}'`;
  const failed = (what: string, retryable: boolean, cause?: unknown): TributaryError =>
    new TributaryError(
      {
        severity: "error",
        code: "CREDENTIALS_MISSING",
        message: `${subject} ${what}.`,
        option,
        value: className,
        hint: "Credentials are { accessKeyId, secretAccessKey }, with sessionToken and expiration where they are temporary.",
      },
      { retryable, ...(cause === undefined ? {} : { cause }) },
    );
  return {
    resolve: async () => {
      let given: AwsCredentials;
      try {
        given = await provider.resolveCredentials();
      } catch (error) {
        if (TributaryError.is(error)) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        throw failed(`found no credentials: ${reason}`, classifyFailure(error) !== "fatal", error);
      }
      const fault = faultOf(given);
      if (fault !== undefined) throw failed(`gave credentials ${fault}`, false);
      const { accessKeyId, secretAccessKey, sessionToken, expiration } = given;
      return {
        accessKeyId,
        secretAccessKey,
        ...(sessionToken === undefined ? {} : { sessionToken }),
        ...(expiration === undefined ? {} : { expiration }),
      };
    },
    close: () => {
      // What a provider says while it is closed helps nobody: the job has its outcome.
      void Promise.resolve()
        .then(() => provider.close?.())
        .catch(() => undefined);
    },
  };
}

/** Names the part that is wrong, never its value. */
function faultOf(given: unknown): string | undefined {
  if (typeof given !== "object" || given === null) return "that are no object";
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = given as Partial<
    Record<keyof AwsCredentials, unknown>
  >;
  if (typeof accessKeyId !== "string" || accessKeyId === "") return "without accessKeyId";
  if (typeof secretAccessKey !== "string" || secretAccessKey === "") return "without secretAccessKey";
  if (sessionToken !== undefined && typeof sessionToken !== "string")
    return "whose sessionToken is no string";
  if (expiration !== undefined && !(expiration instanceof Date)) return "whose expiration is no Date";
  return undefined;
}
