/** What stands in the place of a secret. @public */
export const MASK = "******";

/**
 * Parts of a key, in any letter case, that make its value a secret. After Apache Flink's `GlobalConfiguration`, which
 * lacks `basic.auth`, as clients of schema registries spell it.
 */
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
  "basic.auth",
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

/**
 * The value as it may be printed: itself without a user in addresses, or six stars if the key says that it is a secret.
 *
 * @public
 */
export function maskSecrets(key: string, value: string, additionalKeys: readonly string[] = []): string {
  return isSecretKey(key, additionalKeys) ? MASK : withoutUserInfo(value);
}

/** User and password in an address. */
const USER_INFO = /(?<=[a-z]:\/\/)[^\s/?#@']+(?=@)/gi;

/** A text whose addresses name no user: `http://user:password@host` is `http://******@host`. @public */
export function withoutUserInfo(text: string, mask: (userInfo: string) => string = () => MASK): string {
  return text.includes("://") ? text.replace(USER_INFO, mask) : text;
}
