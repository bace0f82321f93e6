/** Keys and certificates for https, read when the first connection is made. */
import { readFileSync } from "node:fs";
import type { AgentOptions } from "node:https";
import { createSecureContext } from "node:tls";
import type { SecureContextOptions } from "node:tls";
import { TributaryError } from "@tributary/core";
import { AVRO_CONFLUENT } from "./avro-confluent-options.js";
import type { SchemaRegistrySettings, StoreFile } from "./registry-settings.js";
import { trustedCertificates, UnusableStore } from "./trusted-certificates.js";

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
  if (bytes.includes("-----BEGIN ")) return opened(store, { cert: bytes, key: bytes, ...secret });
  if (bytes[0] === DER_SEQUENCE) return opened(store, { pfx: bytes, ...secret });
  const isJava = bytes.length >= 4 && bytes.readUInt32BE() === JAVA_KEYSTORE;
  throw unusable(
    "keystore",
    store,
    `${isJava ? "a Java keystore" : "of no known kind"}, and PKCS #12 or PEM is needed`,
    `keytool -importkeystore -srckeystore ${store.location} -destkeystore keystore.p12 -deststoretype PKCS12`,
  );
}

/** Sees before the first connection whether the password fits. */
function opened(store: StoreFile, options: SecureContextOptions): AgentOptions {
  try {
    createSecureContext(options);
    return options;
  } catch (cause) {
    throw unusable("keystore", store, `not to be opened: ${(cause as Error).message}`);
  }
}

function trusted(store: StoreFile): string {
  const bytes = read("truststore", store);
  try {
    return trustedCertificates(bytes, store.password);
  } catch (error) {
    if (!(error instanceof UnusableStore)) throw error;
    const convert = `keytool -list -rfc -keystore ${store.location} > truststore.pem`;
    throw unusable("truststore", store, error.message, convert);
  }
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
