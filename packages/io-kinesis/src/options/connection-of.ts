import { invariant } from "@tributary/core";
import type { FactoryContext } from "@tributary/core";

import type { ConnectionSettings } from "../client/connection-settings.js";
import { UNSUPPORTED_PROVIDERS } from "../client/credential-settings.js";
import type { CredentialProvider, CredentialSettings } from "../client/credential-settings.js";
import { CREDENTIALS_PROVIDER } from "../client/custom-credentials.js";
import { parseStreamArn } from "../client/stream-arn.js";
import type { StreamReference } from "../client/stream-arn.js";
import type { AwsOptions } from "./aws-options.js";
import { awsProperties } from "./aws-properties.js";

/** Region to sign for when an endpoint is given without one. */
const REGION_OF_ENDPOINTS = "us-east-1";
const STRATEGY = "aws.credentials.provider";
const TRUST_ALL = "aws.trust.all.certificates";

/**
 * The connection that checked options describe. Reports what cannot be said in an options class: a boolean that must
 * be in lower case, a credential strategy that needs Java.
 */
export function connectionOf(
  options: AwsOptions & { readonly region?: string },
  stream: StreamReference & { readonly region?: string },
  context: FactoryContext,
): ConnectionSettings {
  const region = stream.region ?? options.region ?? REGION_OF_ENDPOINTS;
  reportInexactBoolean(context);
  return {
    stream,
    region,
    wire: options.wire,
    concurrencyMax: options.httpConcurrencyMax,
    readTimeoutMs: options.httpReadTimeoutMs,
    trustsAllCertificates: options.trustsAllCertificates,
    credentials: credentialsOf(options, options.region ?? region, context),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.httpVersion === undefined ? {} : { httpVersion: options.httpVersion }),
    ...(options.userAgentPrefix === undefined ? {} : { userAgentPrefix: options.userAgentPrefix }),
  };
}

/** The connection to the stream of a checked ARN, in the ARN's region. */
export function connectionByArn(
  options: AwsOptions & { readonly region: string; readonly streamArn: string },
  context: FactoryContext,
): ConnectionSettings {
  const stream = parseStreamArn(options.streamArn);
  invariant(stream !== undefined, "the options class has checked the ARN");
  return connectionOf(options, stream, context);
}

/** Certificates are nothing to be lax about: `TRUE` is refused, as the original does. */
function reportInexactBoolean(context: FactoryContext): void {
  const given = context.table.options.findLast(({ key }) => key === TRUST_ALL);
  if (given === undefined || given.value === "true" || given.value === "false") return;
  context.report({
    severity: "error",
    code: "OPTION_INVALID",
    message: `The value '${given.value}' of option '${TRUST_ALL}' must be 'true' or 'false', in lower case.`,
    option: TRUST_ALL,
    value: given.value,
    candidates: ["true", "false"],
    hint: "Write it in lower case.",
  });
}

function credentialsOf(options: AwsOptions, stsRegion: string, context: FactoryContext): CredentialSettings {
  const { basicAccessKeyId, basicSecretKey } = options;
  const provider = providerOf(options.credentialProvider, basicAccessKeyId, basicSecretKey);
  if (provider === "WEB_IDENTITY_TOKEN") return webIdentityOf(options);
  if (provider === "ASSUME_ROLE") {
    return {
      provider,
      roleArn: options.roleArn ?? "",
      sessionName: options.roleSessionName ?? "",
      stsRegion,
      base: baseCredentialsOf(options, context),
      ...(options.roleExternalId === undefined ? {} : { externalId: options.roleExternalId }),
      ...(options.roleStsEndpoint === undefined ? {} : { stsEndpoint: options.roleStsEndpoint }),
    };
  }
  return simpleCredentials(provider, STRATEGY, context, {
    accessKeyId: basicAccessKeyId,
    secretKey: basicSecretKey,
    path: options.profilePath,
    profile: options.profileName,
    className: options.customClass,
  });
}

/** Credentials that assume the role. A role assumed with an assumed role is not offered. */
function baseCredentialsOf(options: AwsOptions, context: FactoryContext): CredentialSettings {
  const { roleBasicAccessKeyId, roleBasicSecretKey } = options;
  const provider = providerOf(options.roleProvider, roleBasicAccessKeyId, roleBasicSecretKey);
  if (provider === "WEB_IDENTITY_TOKEN") return { provider };
  return simpleCredentials(provider, "aws.credentials.role.provider", context, {
    accessKeyId: roleBasicAccessKeyId,
    secretKey: roleBasicSecretKey,
    path: options.roleProfilePath,
    profile: options.roleProfileName,
    className: options.roleCustomClass,
  });
}

function providerOf(
  given: CredentialProvider | undefined,
  accessKeyId: string | undefined,
  secretKey: string | undefined,
): CredentialProvider {
  if (given !== undefined) return given;
  return accessKeyId !== undefined && secretKey !== undefined ? "BASIC" : "AUTO";
}

function webIdentityOf(options: AwsOptions): CredentialSettings {
  const { roleArn, roleSessionName: sessionName, webIdentityTokenFile: tokenFile } = options;
  return {
    provider: "WEB_IDENTITY_TOKEN",
    ...(roleArn === undefined ? {} : { roleArn }),
    ...(sessionName === undefined ? {} : { sessionName }),
    ...(tokenFile === undefined ? {} : { tokenFile }),
  };
}

interface SimpleFields {
  readonly accessKeyId: string | undefined;
  readonly secretKey: string | undefined;
  readonly path: string | undefined;
  readonly profile: string | undefined;
  readonly className: string | undefined;
}

function simpleCredentials(
  provider: Exclude<CredentialProvider, "WEB_IDENTITY_TOKEN">,
  option: string,
  context: FactoryContext,
  { accessKeyId = "", secretKey = "", path, profile, className = "" }: SimpleFields,
): CredentialSettings {
  switch (provider) {
    case "BASIC":
      return { provider, accessKeyId, secretKey };
    case "PROFILE":
      return {
        provider,
        ...(path === undefined ? {} : { path }),
        ...(profile === undefined ? {} : { profile }),
      };
    case "AUTO":
    case "ENV_VAR":
      return { provider };
    case "CUSTOM":
      return customCredentials(option, className, context);
    case "SYS_PROP":
    case "ASSUME_ROLE":
      context.report({
        severity: "error",
        code: "RUNNER_UNSUPPORTED",
        message: `Option '${option}' = '${provider}' is not supported: ${UNSUPPORTED_PROVIDERS.get(provider) ?? "a role assumed with an assumed role is not built"}.`,
        option,
        value: provider,
        hint: "Choose AUTO, ENV_VAR, PROFILE, BASIC, ASSUME_ROLE, WEB_IDENTITY_TOKEN or CUSTOM.",
      });
      return { provider: "AUTO" };
  }
}

/** @param strategy - the option that chose CUSTOM. */
function customCredentials(strategy: string, name: string, context: FactoryContext): CredentialSettings {
  const setting = strategy === STRATEGY ? "custom.class" : "role.provider.custom.class";
  const { options } = context.table;
  // Under the spelling that the table has, so that a fault is found at its place.
  const option =
    [`aws.credentials.${setting}`, `aws.credentials.provider.${setting}`].find((key) =>
      options.some((given) => given.key === key),
    ) ?? setting;
  const resolved = context.resolveClass({ contract: CREDENTIALS_PROVIDER, option, name });
  // Without a class there is a fault, and the connection is not used.
  if (resolved === undefined) return { provider: "AUTO" };
  const properties = awsProperties(options);
  return { provider: "CUSTOM", option, className: name, make: () => resolved.make(properties) };
}
