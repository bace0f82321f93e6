import { CrossCheck, Option } from "@tributary/core";
import type { OptionFault } from "@tributary/core";
import { registrySettings } from "./registry-settings.js";

const SOURCE = "Flink documentation, Confluent Avro format";

/** The format's identifier. */
export const AVRO_CONFLUENT = "avro-confluent";

/** Options of the format `avro-confluent`. @public */
export class AvroConfluentFormatOptions {
  @Option({
    key: "url",
    type: "string",
    required: true,
    deprecatedKeys: ["schema-registry.url"],
    isForwarded: true,
    summary:
      "Base address of the schema registry; several, separated by commas, are tried in turn. May hold a user: 'https://user:password@host'.",
    example: "http://localhost:8081",
    source: SOURCE,
  })
  readonly url!: string;

  @Option({
    key: "subject",
    type: "string",
    required: "for writing",
    deprecatedKeys: ["schema-registry.subject"],
    isForwarded: true,
    summary: "Subject under which the schema is registered.",
    example: "clicks-value",
    source: SOURCE,
  })
  readonly subject?: string;

  @Option({
    key: "schema",
    type: "string",
    deprecatedKeys: ["schema-registry.schema"],
    isForwarded: true,
    summary:
      "Avro schema, as JSON, to use instead of the one that the columns give. It must stand for exactly the table's columns.",
    source: SOURCE,
  })
  readonly schema?: string;

  @Option({
    key: "ssl.keystore.location",
    type: "string",
    isForwarded: true,
    summary: "File with the client's key and certificate, as PKCS #12 or PEM.",
    source: SOURCE,
  })
  readonly keystoreLocation?: string;

  @Option({
    key: "ssl.keystore.password",
    type: "string",
    isForwarded: true,
    isSecret: true,
    summary: "Password of the file with the client's key.",
    source: SOURCE,
  })
  readonly keystorePassword?: string;

  @Option({
    key: "ssl.truststore.location",
    type: "string",
    isForwarded: true,
    summary:
      "File with the certificates that are trusted, as PEM, PKCS #12 or JKS; the platform's are used without it.",
    source: SOURCE,
  })
  readonly truststoreLocation?: string;

  @Option({
    key: "ssl.truststore.password",
    type: "string",
    isForwarded: true,
    isSecret: true,
    summary: "Password of the file with the certificates.",
    source: SOURCE,
  })
  readonly truststorePassword?: string;

  @Option({
    key: "basic-auth.credentials-source",
    type: "string",
    isForwarded: true,
    summary:
      "Where the user comes from: 'USER_INFO' ('basic-auth.user-info', assumed if that is given) or 'URL' (the address).",
    example: "USER_INFO",
    source: SOURCE,
  })
  readonly basicSource?: string;

  @Option({
    key: "basic-auth.user-info",
    type: "string",
    isForwarded: true,
    isSecret: true,
    summary: "User and password, as 'user:password'.",
    source: SOURCE,
  })
  readonly basicUserInfo?: string;

  @Option({
    key: "bearer-auth.credentials-source",
    type: "string",
    isForwarded: true,
    summary: "Where the bearer token comes from: 'STATIC_TOKEN' ('bearer-auth.token', assumed if given).",
    example: "STATIC_TOKEN",
    source: SOURCE,
  })
  readonly bearerSource?: string;

  @Option({
    key: "bearer-auth.token",
    type: "string",
    isForwarded: true,
    isSecret: true,
    summary: "Bearer token.",
    source: SOURCE,
  })
  readonly bearerToken?: string;

  @Option({
    key: "properties",
    type: "map",
    isForwarded: true,
    isSecret: true,
    summary:
      "Settings of the registry client by their own keys; an option above goes before. Of those without an option 'http.read.timeout.ms' (60000), 'max.retries' (3), 'retries.wait.ms' (1000), 'retries.max.wait.ms' (20000) and 'schema.registry.ssl.key.password' have an effect.",
    source: SOURCE,
  })
  readonly properties: ReadonlyMap<string, string> = new Map();

  @CrossCheck()
  checkRegistry(): readonly OptionFault[] {
    return registrySettings(this).faults;
  }
}
