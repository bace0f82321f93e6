/** What stands in the place of a secret. @public */
export const MASK = "******";

/** Parts of a key, in any letter case, that make its value a secret. After Apache Flink's `GlobalConfiguration`. */
const SECRET_KEY_PARTS = [
  "password",
  "secret",
  "fs.azure.account.key",
  "apikey",
  "api-key",
  "auth-params",
  "service-key",
  "token",
  "basic-auth",
  "jaas.config",
  "http-headers",
  "access-key",
  "access.key",
  "accesskey",
];

/**
 * Is the value of an option with this key a secret? Harmless keys that contain `token` count as secret too.
 *
 * @param additionalKeys - further parts of keys, from the session option `security.redaction.additional-keys`.
 * @public
 */
export function isSecretKey(key: string, additionalKeys: readonly string[] = []): boolean {
  const lower = key.toLowerCase();
  return (
    SECRET_KEY_PARTS.some((part) => lower.includes(part)) ||
    additionalKeys.some((part) => part !== "" && lower.includes(part.toLowerCase()))
  );
}

/** The value as it may be printed: itself, or six stars if the key says that it is a secret. @public */
export function maskSecrets(key: string, value: string, additionalKeys: readonly string[] = []): string {
  return isSecretKey(key, additionalKeys) ? MASK : value;
}
