import type { CredentialsProvider } from "./custom-credentials.js";

/** Strategies that supply credentials, spelled as the options spell them. */
export const CREDENTIAL_PROVIDERS = [
  "AUTO",
  "ENV_VAR",
  "SYS_PROP",
  "PROFILE",
  "BASIC",
  "ASSUME_ROLE",
  "WEB_IDENTITY_TOKEN",
  "CUSTOM",
] as const;
export type CredentialProvider = (typeof CREDENTIAL_PROVIDERS)[number];

/** Which strategy supplies credentials, with what it needs. Holds secrets: never print it. */
export type CredentialSettings =
  | { readonly provider: "AUTO" | "ENV_VAR" }
  | { readonly provider: "PROFILE"; readonly path?: string; readonly profile?: string }
  | { readonly provider: "BASIC"; readonly accessKeyId: string; readonly secretKey: string }
  | SystemPropertySettings
  | {
      readonly provider: "WEB_IDENTITY_TOKEN";
      readonly roleArn?: string;
      readonly sessionName?: string;
      readonly tokenFile?: string;
      readonly stsEndpoint?: string;
    }
  | AssumeRoleSettings
  | CustomSettings;

export interface AssumeRoleSettings {
  readonly provider: "ASSUME_ROLE";
  readonly roleArn: string;
  readonly sessionName: string;
  readonly externalId?: string;
  /** Region and endpoint of STS are those of the outermost role. */
  readonly stsRegion: string;
  readonly stsEndpoint?: string;
  /** Supplies the credentials with which the role is assumed. */
  readonly base: CredentialSettings;
}

/** Credentials from a class of the user's. */
export interface CustomSettings {
  readonly provider: "CUSTOM";
  /** Key of the option that names the class. */
  readonly option: string;
  readonly className: string;
  readonly make: () => CredentialsProvider;
}

/** Credentials from the properties of the run, read when the table was planned. */
export interface SystemPropertySettings {
  readonly provider: "SYS_PROP";
  readonly accessKeyId: string;
  readonly secretKey: string;
  readonly sessionToken?: string;
}

/** Names of the properties that SYS_PROP reads. After the AWS SDK for Java 2. */
export const SYSTEM_PROPERTIES = {
  accessKeyId: "aws.accessKeyId",
  secretKey: "aws.secretAccessKey",
  sessionToken: "aws.sessionToken",
} as const;
