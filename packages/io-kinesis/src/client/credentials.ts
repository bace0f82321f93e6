import type { KinesisClientConfig } from "@aws-sdk/client-kinesis";

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
 * @returns undefined for the SDK's default chain.
 */
export async function credentialSource(
  settings: CredentialSettings,
  region: string,
  onClose: OnClose,
): Promise<CredentialIdentity | CredentialSource | undefined> {
  switch (settings.provider) {
    case "AUTO":
      return undefined;
    case "BASIC":
      return { accessKeyId: settings.accessKeyId, secretAccessKey: settings.secretKey };
    case "ENV_VAR": {
      const { fromEnv } = await import("@aws-sdk/credential-provider-env");
      return fromEnv();
    }
    case "PROFILE": {
      const { fromIni } = await import("@aws-sdk/credential-provider-ini");
      return fromIni({
        ...(settings.path === undefined ? {} : { filepath: settings.path }),
        ...(settings.profile === undefined ? {} : { profile: settings.profile }),
        clientConfig: { region },
      });
    }
    case "WEB_IDENTITY_TOKEN": {
      const { fromTokenFile } = await import("@aws-sdk/credential-provider-web-identity");
      return fromTokenFile({
        ...(settings.roleArn === undefined ? {} : { roleArn: settings.roleArn }),
        ...(settings.sessionName === undefined ? {} : { roleSessionName: settings.sessionName }),
        ...(settings.tokenFile === undefined ? {} : { webIdentityTokenFile: settings.tokenFile }),
        clientConfig: { region },
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
    region: settings.stsRegion,
    ...(settings.stsEndpoint === undefined ? {} : { endpoint: settings.stsEndpoint }),
    ...(base === undefined ? {} : { credentials: base }),
  });
  return async () => {
    const answer = await sts.send(
      new AssumeRoleCommand({
        RoleArn: settings.roleArn,
        RoleSessionName: settings.sessionName,
        ...(settings.externalId === undefined ? {} : { ExternalId: settings.externalId }),
      }),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {};
    return {
      accessKeyId: AccessKeyId ?? "",
      secretAccessKey: SecretAccessKey ?? "",
      ...(SessionToken === undefined ? {} : { sessionToken: SessionToken }),
      ...(Expiration === undefined ? {} : { expiration: Expiration }),
    };
  };
}
