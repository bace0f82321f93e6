/** Keys and certificates for https, read when the first connection is made. */
import { readFileSync } from "node:fs";
import type { AgentOptions } from "node:https";
import { TributaryError } from "@tributary/core";
import { AVRO_CONFLUENT } from "./avro-confluent-options.js";
import type { SchemaRegistrySettings, StoreFile } from "./registry-settings.js";

/** First byte of a DER sequence, as PKCS #12 files have it. */
const DER_SEQUENCE = 0x30;
/** First bytes of a Java keystore. */
const JAVA_KEYSTORE = 0xfeedfeed;

/** @throws `OPTION_INVALID` for a file that cannot be read, or is of a kind that cannot be used. */
export function tlsOptions({ keystore, truststore }: SchemaRegistrySettings): AgentOptions {
  return {
    ...(keystore === undefined ? {} : clientKey(keystore)),
    ...(truststore === undefined ? {} : { ca: trusted(truststore) }),
  };
}

function clientKey(store: NonNullable<SchemaRegistrySettings["keystore"]>): AgentOptions {
  const bytes = read("keystore", store);
  const passphrase = store.keyPassword ?? store.password;
  const secret = passphrase === undefined ? {} : { passphrase };
  if (isPem(bytes)) return { cert: bytes, key: bytes, ...secret };
  if (bytes[0] === DER_SEQUENCE) return { pfx: bytes, ...secret };
  throw unusable(
    "keystore",
    store,
    `${kindOf(bytes)}, and PKCS #12 or PEM is needed`,
    `keytool -importkeystore -srckeystore ${store.location} -destkeystore keystore.p12 -deststoretype PKCS12`,
  );
}

function trusted(store: StoreFile): Buffer {
  const bytes = read("truststore", store);
  if (isPem(bytes)) return bytes;
  throw unusable(
    "truststore",
    store,
    `${kindOf(bytes)}, and PEM is needed`,
    `keytool -list -rfc -keystore ${store.location} > truststore.pem`,
  );
}

type Store = "keystore" | "truststore";

function read(store: Store, { location }: StoreFile): Buffer {
  try {
    return readFileSync(location);
  } catch (cause) {
    throw unusable(
      store,
      { location },
      `not readable (${(cause as NodeJS.ErrnoException).code ?? "no reason"})`,
    );
  }
}

function isPem(bytes: Buffer): boolean {
  return bytes.includes("-----BEGIN ");
}

function kindOf(bytes: Buffer): string {
  if (bytes.length >= 4 && bytes.readUInt32BE() === JAVA_KEYSTORE) return "a Java keystore";
  return bytes[0] === DER_SEQUENCE ? "a PKCS #12 file" : "of no known kind";
}

function unusable(store: Store, { location }: StoreFile, reason: string, command?: string): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "OPTION_INVALID",
    message: `The file '${location}' is ${reason}.`,
    connector: AVRO_CONFLUENT,
    option: `${AVRO_CONFLUENT}.ssl.${store}.location`,
    value: location,
    ...(command === undefined ? {} : { hint: `Convert it: ${command}` }),
  });
}
