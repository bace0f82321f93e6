/** What the options say about the registry: address, credentials, certificates, patience. */
import type { OptionFault } from "@tributary/core";

/** A file with keys or certificates. @public */
export interface StoreFile {
  readonly location: string;
  readonly password?: string;
}

/** How a registry is reached. @public */
export interface SchemaRegistrySettings {
  /** Base addresses without credentials and without a slash at the end; the next is tried when one fails. */
  readonly urls: readonly string[];
  /** Value of the header `Authorization`. A secret. */
  readonly authorization?: string;
  /** The client's own key and certificate. */
  readonly keystore?: StoreFile & { readonly keyPassword?: string };
  /** Certificates that are trusted instead of the platform's. */
  readonly truststore?: StoreFile;
  /** Longest time for an answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Attempts beside the first. */
  readonly retriesMax: number;
  /** Pause before the first retry and the longest one, in milliseconds. */
  readonly retryWaitMs: number;
  readonly retryWaitMaxMs: number;
}

/** The values that the settings are made of. */
export interface RegistryOptionValues {
  readonly url: string;
  readonly keystoreLocation?: string;
  readonly keystorePassword?: string;
  readonly truststoreLocation?: string;
  readonly truststorePassword?: string;
  readonly basicSource?: string;
  readonly basicUserInfo?: string;
  readonly bearerSource?: string;
  readonly bearerToken?: string;
  readonly properties: ReadonlyMap<string, string>;
}

/** Keys of the registry client, by the option that goes before them. */
const CLIENT_KEYS = {
  keystoreLocation: "schema.registry.ssl.keystore.location",
  keystorePassword: "schema.registry.ssl.keystore.password",
  truststoreLocation: "schema.registry.ssl.truststore.location",
  truststorePassword: "schema.registry.ssl.truststore.password",
  basicSource: "basic.auth.credentials.source",
  basicUserInfo: "basic.auth.user.info",
  bearerSource: "bearer.auth.credentials.source",
  bearerToken: "bearer.auth.token",
} as const;
const KEY_PASSWORD = "schema.registry.ssl.key.password";

/** Numbers of the registry client, with its defaults. Confluent documentation, Schema Registry client configuration. */
const NUMBERS = {
  "http.read.timeout.ms": 60_000,
  "max.retries": 3,
  "retries.wait.ms": 1_000,
  "retries.max.wait.ms": 20_000,
} as const;

const BASIC_SOURCES = ["URL", "USER_INFO"];
const BEARER_SOURCES = ["STATIC_TOKEN"];

/** The settings, or what is wrong with the options. */
export interface ReadSettings {
  readonly settings: SchemaRegistrySettings;
  readonly faults: readonly OptionFault[];
}

/** An option goes before the same setting among `properties`. */
export function registrySettings(values: RegistryOptionValues): ReadSettings {
  return new SettingsReader(values).read();
}

class SettingsReader {
  readonly #values: RegistryOptionValues;
  readonly #faults: OptionFault[] = [];

  constructor(values: RegistryOptionValues) {
    this.#values = values;
  }

  read(): ReadSettings {
    this.#reportUnknown();
    const { urls, userInfo } = this.#urls();
    const authorization = this.#authorization(userInfo);
    const keystore = this.#store("keystoreLocation", "keystorePassword");
    const truststore = this.#store("truststoreLocation", "truststorePassword");
    const keyPassword = this.#values.properties.get(KEY_PASSWORD);
    return {
      settings: {
        urls,
        ...(authorization !== undefined && { authorization }),
        ...(keystore !== undefined && {
          keystore: { ...keystore, ...(keyPassword !== undefined && { keyPassword }) },
        }),
        ...(truststore !== undefined && { truststore }),
        timeoutMs: this.#number("http.read.timeout.ms", 1),
        retriesMax: this.#number("max.retries", 0),
        retryWaitMs: this.#number("retries.wait.ms", 0),
        retryWaitMaxMs: this.#number("retries.max.wait.ms", 0),
      },
      faults: this.#faults,
    };
  }

  #value(name: keyof typeof CLIENT_KEYS): string | undefined {
    return this.#values[name] ?? this.#values.properties.get(CLIENT_KEYS[name]);
  }

  /** Several addresses are separated by commas. What they hold of credentials is taken out. */
  #urls(): { readonly urls: readonly string[]; readonly userInfo: string | undefined } {
    const urls: string[] = [];
    let userInfo: string | undefined;
    for (const text of this.#values.url.split(",").map((one) => one.trim())) {
      const url = parseUrl(text);
      if (url === undefined) {
        this.#faults.push({
          key: "url",
          message: `${text.includes("@") ? "An address with credentials" : `'${text}'`} is no http or https address.`,
          hint: "Give the base address of the registry, as in 'http://localhost:8081'.",
        });
        continue;
      }
      if (url.username !== "") {
        userInfo ??= `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
        url.username = "";
        url.password = "";
      }
      urls.push(`${url.origin}${url.pathname}`.replace(/\/+$/, ""));
    }
    return { urls, userInfo };
  }

  #authorization(fromUrl: string | undefined): string | undefined {
    const basic = this.#basic(fromUrl);
    const bearer = this.#bearer();
    if (basic !== undefined && bearer !== undefined) {
      this.#faults.push({
        key: "bearer-auth.token",
        code: "OPTION_CONFLICT",
        message: "There are credentials of a user and a bearer token, and a request can carry one of them.",
        hint: "Leave out the options below 'basic-auth.' or those below 'bearer-auth.'.",
      });
    }
    return bearer ?? basic;
  }

  /** Who gives a user and no source means the user. */
  #basic(fromUrl: string | undefined): string | undefined {
    const info = this.#value("basicUserInfo");
    const source = this.#value("basicSource") ?? (info === undefined ? "URL" : "USER_INFO");
    if (!this.#isKnown("basic-auth.credentials-source", source, BASIC_SOURCES)) return undefined;
    const user = source === "URL" ? fromUrl : info;
    if (source === "USER_INFO" && user === undefined) {
      this.#faults.push({
        key: "basic-auth.user-info",
        code: "OPTION_MISSING",
        message: "The credentials' source is 'USER_INFO', and 'basic-auth.user-info' is missing.",
        hint: "Set it to 'user:password'.",
      });
    }
    return user === undefined ? undefined : `Basic ${Buffer.from(user).toString("base64")}`;
  }

  #bearer(): string | undefined {
    const token = this.#value("bearerToken");
    const source = this.#value("bearerSource") ?? (token === undefined ? undefined : "STATIC_TOKEN");
    if (source === undefined) return undefined;
    if (!this.#isKnown("bearer-auth.credentials-source", source, BEARER_SOURCES)) return undefined;
    if (token === undefined) {
      this.#faults.push({
        key: "bearer-auth.token",
        code: "OPTION_MISSING",
        message: "The credentials' source is 'STATIC_TOKEN', and 'bearer-auth.token' is missing.",
      });
      return undefined;
    }
    return `Bearer ${token}`;
  }

  #isKnown(key: string, source: string, candidates: readonly string[]): boolean {
    if (candidates.includes(source)) return true;
    this.#faults.push({
      key,
      message: `The value of '${key}' is no source of credentials that is supported.`,
      candidates,
      hint: "Use one of the candidates.",
    });
    return false;
  }

  #store(
    location: "keystoreLocation" | "truststoreLocation",
    password: "keystorePassword" | "truststorePassword",
  ): StoreFile | undefined {
    const path = this.#value(location);
    const secret = this.#value(password);
    if (path === undefined) return undefined;
    return { location: path, ...(secret !== undefined && { password: secret }) };
  }

  #number(key: keyof typeof NUMBERS, min: number): number {
    const text = this.#values.properties.get(key);
    if (text === undefined) return NUMBERS[key];
    const value = Number(text);
    if (/^\d{1,9}$/.test(text.trim()) && value >= min) return value;
    this.#faults.push({
      key: "properties",
      message: `'${text}' is no value of 'properties.${key}': a whole number from ${min} is needed.`,
    });
    return NUMBERS[key];
  }

  #reportUnknown(): void {
    const known: readonly string[] = [...Object.values(CLIENT_KEYS), KEY_PASSWORD, ...Object.keys(NUMBERS)];
    for (const key of this.#values.properties.keys()) {
      if (known.includes(key)) continue;
      this.#faults.push({
        key: "properties",
        code: "OPTION_IGNORED",
        message: `The client of the registry has no setting '${key}': it is passed over.`,
        candidates: known,
      });
    }
  }
}

function parseUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
}
