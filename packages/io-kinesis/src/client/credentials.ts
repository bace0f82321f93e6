import type { KinesisClientConfig } from "@aws-sdk/client-kinesis";
import type { NodeHttpHandler } from "@smithy/node-http-handler";

import type { AssumeRoleSettings, CredentialSettings } from "./credential-settings.js";
import { openCustomProvider } from "./custom-credentials.js";

/** What the SDK takes: a pair, or a function that finds one and is asked again when it expires. */
export type CredentialIdentity = Extract<
  NonNullable<KinesisClientConfig["credentials"]>,
  { accessKeyId: string }
>;
export type CredentialSource = () => Promise<CredentialIdentity>;
type OnClose = (release: () => void) => void;

/**
 * Builds the SDK's provider for a strategy. Reads nothing yet: files, environment and STS are asked at the first call.
 *
 * @param onClose - takes what is to be done when the client is closed.
 */
export async function credentialSource(
  settings: CredentialSettings,
  region: string,
  onClose: OnClose,
): Promise<CredentialIdentity | CredentialSource> {
  switch (settings.provider) {
    case "AUTO": {
      const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
      return defaultProvider(await chainConfig(region, onClose));
    }
    case "BASIC":
      return { accessKeyId: settings.accessKeyId, secretAccessKey: settings.secretKey };
    case "SYS_PROP":
      return {
        accessKeyId: settings.accessKeyId,
        secretAccessKey: settings.secretKey,
        ...(settings.sessionToken === undefined ? {} : { sessionToken: settings.sessionToken }),
      };
    case "ENV_VAR": {
      const { fromEnv } = await import("@aws-sdk/credential-provider-env");
      return fromEnv();
    }
    case "PROFILE": {
      const { fromIni } = await import("@aws-sdk/credential-provider-ini");
      return fromIni({
        ...(settings.path === undefined ? {} : { filepath: settings.path }),
        ...(settings.profile === undefined ? {} : { profile: settings.profile }),
        ...(await chainConfig(region, onClose)),
      });
    }
    case "WEB_IDENTITY_TOKEN": {
      const { fromTokenFile } = await import("@aws-sdk/credential-provider-web-identity");
      return fromTokenFile({
        ...(settings.roleArn === undefined ? {} : { roleArn: settings.roleArn }),
        ...(settings.sessionName === undefined ? {} : { roleSessionName: settings.sessionName }),
        ...(settings.tokenFile === undefined ? {} : { webIdentityTokenFile: settings.tokenFile }),
        clientConfig: await stsConfig(region, settings.stsEndpoint, onClose),
      });
    }
    case "ASSUME_ROLE":
      return assumedRole(settings, region, onClose);
    case "CUSTOM": {
      const provider = openCustomProvider(settings);
      onClose(() => provider.close());
      return () => provider.resolve();
    }
  }
}

/**
 * Calls STS AssumeRole whenever the SDK asks, which it does before the last answer expires. The STS client is the one
 * that the SDK's own profile provider uses, so nothing is added to what is installed.
 */
async function assumedRole(
  settings: AssumeRoleSettings,
  region: string,
  onClose: OnClose,
): Promise<CredentialSource> {
  const { AssumeRoleCommand, STSClient } = await import("@aws-sdk/nested-clients/sts");
  const base = await credentialSource(settings.base, region, onClose);
  const sts = new STSClient({
    ...(await stsConfig(settings.stsRegion, settings.stsEndpoint, onClose)),
    credentials: base,
  });
  onClose(() => sts.destroy());
  return async () => {
    const command = new AssumeRoleCommand({
      RoleArn: settings.roleArn,
      RoleSessionName: settings.sessionName,
      ...(settings.externalId === undefined ? {} : { ExternalId: settings.externalId }),
    });
    const answer = await sts.send(command).catch((error: unknown) => {
      // What fails below HTTP does not say whose call it was.
      throw error instanceof Error ? Object.assign(error, { $service: "STS" }) : error;
    });
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {};
    return {
      accessKeyId: AccessKeyId ?? "",
      secretAccessKey: SecretAccessKey ?? "",
      ...(SessionToken === undefined ? {} : { sessionToken: SessionToken }),
      ...(Expiration === undefined ? {} : { expiration: Expiration }),
    };
  };
}

/** Time to connect to STS, and for its answer: a wrong address is to be told before anybody loses patience. */
const STS_CONNECT_TIMEOUT_MS = 2_000;
const STS_ANSWER_TIMEOUT_MS = 3_000;

interface StsConfig {
  readonly region: string;
  readonly endpoint?: string;
  readonly maxAttempts: number;
  readonly requestHandler: NodeHttpHandler;
}

interface ChainConfig {
  readonly clientConfig: Pick<StsConfig, "requestHandler" | "maxAttempts">;
  readonly parentClientConfig: { readonly region: string; [key: string]: unknown };
}

/**
 * What the SDK's chain and its profiles give the clients that they make. The region is a default: a profile has one of
 * its own for single sign-on.
 */
async function chainConfig(region: string, onClose: OnClose): Promise<ChainConfig> {
  const { requestHandler, maxAttempts } = await stsConfig(region, undefined, onClose);
  return { clientConfig: { requestHandler, maxAttempts }, parentClientConfig: { region, requestHandler } };
}

async function stsConfig(region: string, endpoint: string | undefined, onClose: OnClose): Promise<StsConfig> {
  const { NodeHttpHandler } = await import("@smithy/node-http-handler");
  const requestHandler = new NodeHttpHandler({
    connectionTimeout: STS_CONNECT_TIMEOUT_MS,
    requestTimeout: STS_ANSWER_TIMEOUT_MS,
    throwOnRequestTimeout: true,
  });
  onClose(() => requestHandler.destroy());
  return { region, maxAttempts: 2, requestHandler, ...(endpoint === undefined ? {} : { endpoint }) };
}
