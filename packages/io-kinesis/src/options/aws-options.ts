import { CrossCheck, Option } from "@tributary/core";
import type { CrossCheckContext, OptionFault } from "@tributary/core";

import { HTTP_VERSIONS } from "../client/connection-settings.js";
import type { HttpVersion } from "../client/connection-settings.js";
import { CREDENTIAL_PROVIDERS } from "../client/credential-settings.js";
import type { CredentialProvider } from "../client/credential-settings.js";
import { WIRES } from "../client/wire/wire.js";
import type { Wire } from "../client/wire/wire.js";
import { credentialFaults } from "./credential-faults.js";
import { outOfRange } from "./number-range.js";

const CREDENTIALS = "aws.credentials.";

/**
 * The two spellings of a credential setting: that of tables, and that of the DataStream API, which inserts
 * `provider.` and which the original mangles when it stands in a table.
 */
function bothSpellings(setting: string): { readonly key: string; readonly fallbackKeys: readonly string[] } {
  return { key: `${CREDENTIALS}${setting}`, fallbackKeys: [`${CREDENTIALS}provider.${setting}`] };
}

/** Options of a connection to AWS, the same for every connector of this package. The region stands with the stream. */
export class AwsOptions {
  @Option({
    key: "aws.endpoint",
    type: "string",
    summary:
      "URL of the Kinesis service, for emulators and VPC endpoints. Default: AWS_ENDPOINT_URL_KINESIS, or the region's own endpoint.",
    example: "http://localhost:4567",
  })
  readonly endpoint?: string;

  @Option({
    key: "aws.trust.all.certificates",
    type: "boolean",
    summary: "Accept any TLS certificate of the endpoint.",
  })
  readonly trustsAllCertificates: boolean = false;

  @Option({
    key: "aws.http.protocol.version",
    type: "enum",
    values: HTTP_VERSIONS,
    isCaseSensitive: true,
    summary: "HTTP version of the client. Without it an http:// endpoint is spoken to in HTTP/1.1.",
    defaultText: "HTTP2",
  })
  readonly httpVersion?: HttpVersion;

  @Option({
    key: "aws.http-client.max-concurrency",
    type: "int",
    unit: "requests",
    summary: "Most requests of the client at once.",
  })
  readonly httpConcurrencyMax: number = 10_000;

  @Option({
    key: "aws.http-client.read-timeout",
    type: "int",
    unit: "ms",
    summary: "How long the client waits for an answer, in milliseconds.",
  })
  readonly httpReadTimeoutMs: number = 360_000;

  @Option({
    key: "aws.kinesis.wire",
    type: "enum",
    values: WIRES,
    summary:
      "Encoding in which records travel. CBOR costs less, and few emulators speak it as the service does.",
  })
  readonly wire: Wire = "json";

  @Option({
    key: "aws.kinesis.client.user-agent-prefix",
    type: "string",
    summary: "What the client calls itself in its requests.",
  })
  readonly userAgentPrefix?: string;

  @Option({
    key: `${CREDENTIALS}provider`,
    type: "enum",
    values: CREDENTIAL_PROVIDERS,
    isCaseSensitive: true,
    summary: "Strategy that supplies credentials. Default: BASIC if both basic keys are given, else AUTO.",
    defaultText: "AUTO",
  })
  readonly credentialProvider?: CredentialProvider;

  @Option({
    ...bothSpellings("basic.accesskeyid"),
    type: "string",
    summary: "Access key id of BASIC.",
    required: "with aws.credentials.provider = BASIC",
  })
  readonly basicAccessKeyId?: string;

  @Option({
    ...bothSpellings("basic.secretkey"),
    type: "string",
    isSecret: true,
    summary: "Secret key of BASIC.",
    required: "with aws.credentials.provider = BASIC",
  })
  readonly basicSecretKey?: string;

  @Option({
    ...bothSpellings("profile.path"),
    type: "string",
    summary: "Shared credentials file of PROFILE. Default: the SDK's.",
  })
  readonly profilePath?: string;

  @Option({
    ...bothSpellings("profile.name"),
    type: "string",
    summary: "Profile of PROFILE. Default: the SDK's.",
  })
  readonly profileName?: string;

  @Option({
    ...bothSpellings("role.arn"),
    type: "string",
    summary: "Role of ASSUME_ROLE and WEB_IDENTITY_TOKEN; for the latter AWS_ROLE_ARN by default.",
    required: "with aws.credentials.provider = ASSUME_ROLE",
  })
  readonly roleArn?: string;

  @Option({
    ...bothSpellings("role.sessionName"),
    type: "string",
    summary: "Session name of the assumed role.",
    required: "with aws.credentials.provider = ASSUME_ROLE",
  })
  readonly roleSessionName?: string;

  @Option({
    ...bothSpellings("role.externalId"),
    type: "string",
    summary: "External id sent when the role is assumed.",
  })
  readonly roleExternalId?: string;

  @Option({
    ...bothSpellings("role.stsEndpoint"),
    type: "string",
    summary: "URL of the STS service for ASSUME_ROLE and WEB_IDENTITY_TOKEN. Default: that of aws.region.",
  })
  readonly roleStsEndpoint?: string;

  @Option({
    ...bothSpellings("role.provider"),
    type: "enum",
    values: CREDENTIAL_PROVIDERS,
    isCaseSensitive: true,
    summary:
      "Strategy that supplies the credentials with which the role is assumed. Its settings stand below this key. Default: BASIC if both of its basic keys are given, else AUTO.",
    defaultText: "AUTO",
  })
  readonly roleProvider?: CredentialProvider;

  @Option({
    ...bothSpellings("role.provider.basic.accesskeyid"),
    type: "string",
    summary: "Access key id of the strategy that the role is assumed with.",
    required: "with aws.credentials.role.provider = BASIC",
  })
  readonly roleBasicAccessKeyId?: string;

  @Option({
    ...bothSpellings("role.provider.basic.secretkey"),
    type: "string",
    isSecret: true,
    summary: "Secret key of the strategy that the role is assumed with.",
    required: "with aws.credentials.role.provider = BASIC",
  })
  readonly roleBasicSecretKey?: string;

  @Option({
    ...bothSpellings("role.provider.profile.path"),
    type: "string",
    summary: "Shared credentials file of the strategy that the role is assumed with.",
  })
  readonly roleProfilePath?: string;

  @Option({
    ...bothSpellings("role.provider.profile.name"),
    type: "string",
    summary: "Profile of the strategy that the role is assumed with.",
  })
  readonly roleProfileName?: string;

  @Option({
    ...bothSpellings("webIdentityToken.file"),
    type: "string",
    summary: "File with the token of WEB_IDENTITY_TOKEN. Default: AWS_WEB_IDENTITY_TOKEN_FILE.",
  })
  readonly webIdentityTokenFile?: string;

  @Option({
    ...bothSpellings("custom.class"),
    type: "string",
    summary:
      "Class of CUSTOM: a name that a module binds as an AWS credentials provider, or ./file.mjs#Export in a file beside the script.",
    example: "org.mycompany.MyCredentialsProvider",
    required: "with aws.credentials.provider = CUSTOM",
  })
  readonly customClass?: string;

  @Option({
    ...bothSpellings("role.provider.custom.class"),
    type: "string",
    summary: "Class of the strategy that the role is assumed with.",
    required: "with aws.credentials.role.provider = CUSTOM",
  })
  readonly roleCustomClass?: string;

  @Option({
    ...bothSpellings("role.provider.webIdentityToken.file"),
    type: "string",
    summary: "File with the token of the strategy that the role is assumed with.",
  })
  readonly roleWebIdentityTokenFile?: string;

  @Option({
    ...bothSpellings("role.provider.role"),
    type: "map",
    summary:
      "Settings of a role that the role is assumed with: arn, sessionName, externalId, and provider with its settings below it, which may be a role again.",
    example: "sessionName:reader",
  })
  readonly roleChain: ReadonlyMap<string, string> = new Map();

  @CrossCheck()
  checkConnection(context: CrossCheckContext): readonly OptionFault[] {
    const faults = [
      ...outOfRange(context, [
        { key: "aws.http-client.max-concurrency", value: this.httpConcurrencyMax, min: 1 },
        { key: "aws.http-client.read-timeout", value: this.httpReadTimeoutMs, min: 1, unit: "ms" },
      ]),
    ];
    faults.push(...checkUrl("aws.endpoint", this.endpoint));
    faults.push(...checkUrl(`${CREDENTIALS}role.stsEndpoint`, this.roleStsEndpoint));
    return faults;
  }

  @CrossCheck()
  checkCredentials(): readonly OptionFault[] {
    return credentialFaults({
      provider: this.credentialProvider,
      accessKeyId: this.basicAccessKeyId,
      secretKey: this.basicSecretKey,
      customClass: this.customClass,
      roleArn: this.roleArn,
      roleSessionName: this.roleSessionName,
      base: {
        provider: this.roleProvider,
        accessKeyId: this.roleBasicAccessKeyId,
        secretKey: this.roleBasicSecretKey,
        customClass: this.roleCustomClass,
      },
      chain: this.roleChain,
    });
  }
}

function checkUrl(key: string, value: string | undefined): readonly OptionFault[] {
  if (value === undefined || (/^https?:\/\/./i.test(value) && URL.canParse(value))) return [];
  return [
    {
      key,
      message: `The value '${value}' of option '${key}' is not a URL with a scheme.`,
      hint: "Write it as in 'https://kinesis.eu-west-1.amazonaws.com'.",
    },
  ];
}
