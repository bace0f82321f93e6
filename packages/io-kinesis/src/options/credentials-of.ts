import type { FactoryContext } from "@tributary/core";

import { CREDENTIAL_PROVIDERS, SYSTEM_PROPERTIES } from "../client/credential-settings.js";
import type { CredentialProvider, CredentialSettings } from "../client/credential-settings.js";
import { CREDENTIALS_PROVIDER } from "../client/custom-credentials.js";
import type { AwsProperties } from "../client/custom-credentials.js";
import { awsProperties } from "./aws-properties.js";

/** Where the settings of the outermost provider stand, as the DataStream API of Apache Flink's connector names them. */
const OUTERMOST = "aws.credentials.provider";

/**
 * The provider that checked options describe. One that assumes a role has the settings of the provider that it assumes
 * it with below its own, and so on for as many roles as there are.
 *
 * @param stsRegion - region of STS, the same for all of them.
 */
export function credentialsOf(stsRegion: string, context: FactoryContext): CredentialSettings {
  const properties = awsProperties(context.table.options);
  return new CredentialOptions(properties, stsRegion, context).at(OUTERMOST);
}

class CredentialOptions {
  readonly #properties: AwsProperties;
  readonly #stsRegion: string;
  readonly #context: FactoryContext;

  constructor(properties: AwsProperties, stsRegion: string, context: FactoryContext) {
    this.#properties = properties;
    this.#stsRegion = stsRegion;
    this.#context = context;
  }

  /** @param prefix - the key that names the provider, below which its settings stand. */
  at(prefix: string): CredentialSettings {
    const provider = this.#providerAt(prefix);
    switch (provider) {
      case "AUTO":
      case "ENV_VAR":
        return { provider };
      case "BASIC":
        return {
          provider,
          accessKeyId: this.#get(prefix, "basic.accesskeyid") ?? "",
          secretKey: this.#get(prefix, "basic.secretkey") ?? "",
        };
      case "PROFILE":
        return {
          provider,
          ...given("path", this.#get(prefix, "profile.path")),
          ...given("profile", this.#get(prefix, "profile.name")),
        };
      case "WEB_IDENTITY_TOKEN":
        return {
          provider,
          ...given("roleArn", this.#get(prefix, "role.arn")),
          ...given("sessionName", this.#get(prefix, "role.sessionName")),
          ...given("tokenFile", this.#get(prefix, "webIdentityToken.file")),
          ...given("stsEndpoint", this.#stsEndpoint),
        };
      case "ASSUME_ROLE":
        return {
          provider,
          roleArn: this.#get(prefix, "role.arn") ?? "",
          sessionName: this.#get(prefix, "role.sessionName") ?? "",
          ...given("externalId", this.#get(prefix, "role.externalId")),
          stsRegion: this.#stsRegion,
          ...given("stsEndpoint", this.#stsEndpoint),
          base: this.at(`${prefix}.role.provider`),
        };
      case "SYS_PROP":
        return this.#fromRunProperties(prefix);
      case "CUSTOM":
        return this.#custom(prefix);
    }
  }

  #get(prefix: string, setting: string): string | undefined {
    return this.#properties.get(`${prefix}.${setting}`);
  }

  /** Region and endpoint of STS are those of the outermost role, however many there are. */
  get #stsEndpoint(): string | undefined {
    return this.#get(OUTERMOST, "role.stsEndpoint");
  }

  #providerAt(prefix: string): CredentialProvider {
    const name = this.#properties.get(prefix);
    const known = CREDENTIAL_PROVIDERS.find((provider) => provider === name);
    if (known !== undefined) return known;
    const hasPair = ["basic.accesskeyid", "basic.secretkey"].every(
      (half) => this.#get(prefix, half) !== undefined,
    );
    return hasPair ? "BASIC" : "AUTO";
  }

  #fromRunProperties(prefix: string): CredentialSettings {
    const { accessKeyId: id, secretKey: secret, sessionToken: token } = SYSTEM_PROPERTIES;
    const properties = this.#context.properties ?? new Map<string, string>();
    const option = this.#spelling(prefix);
    for (const name of [id, secret]) {
      if (properties.has(name)) continue;
      this.#context.report({
        severity: "error",
        code: "OPTION_MISSING",
        message: `The run has no property '${name}', which '${option}' = 'SYS_PROP' reads. The environment is not looked at.`,
        option,
        value: "SYS_PROP",
        hint: `Give it to the run, e.g. --set ${name}=..., or choose ENV_VAR to read the environment.`,
      });
    }
    this.#context.report({
      severity: "warning",
      code: "SECRET_EXPOSED",
      message: `'${option}' = 'SYS_PROP' reads a secret from the properties of the run: given with --set it is seen in the list of processes.`,
      option,
      value: "SYS_PROP",
      hint: "On a machine that others use, choose ENV_VAR or PROFILE.",
    });
    return {
      provider: "SYS_PROP",
      accessKeyId: properties.get(id) ?? "",
      secretKey: properties.get(secret) ?? "",
      ...given("sessionToken", properties.get(token)),
    };
  }

  #custom(prefix: string): CredentialSettings {
    const option = this.#spelling(`${prefix}.custom.class`);
    const name = this.#get(prefix, "custom.class") ?? "";
    const resolved = this.#context.resolveClass({ contract: CREDENTIALS_PROVIDER, option, name });
    // Without a class there is a fault, and the connection is not used.
    if (resolved === undefined) return { provider: "AUTO" };
    return { provider: "CUSTOM", option, className: name, make: () => resolved.make(this.#properties) };
  }

  /** The key as the table has it, so that a fault is found at its place. */
  #spelling(property: string): string {
    const keys = this.#context.table.options.map(({ key }) => key);
    const short = property.replace(`${OUTERMOST}.`, "aws.credentials.");
    return keys.includes(property) && !keys.includes(short) ? property : short;
  }
}

function given<K extends string>(name: K, value: string | undefined): { readonly [P in K]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [P in K]: string });
}
