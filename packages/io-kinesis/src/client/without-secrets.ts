import type { CredentialSettings } from "./credential-settings.js";

const MASK = "******";
/** Shorter ones would be found in any text. */
const SECRET_LENGTH_MIN = 4;
/** Names before values that are secret, in headers, queries and forms. */
const NAMED =
  /((?:x-amz-security-token|aws_session_token|sessiontoken|secretaccesskey|signature)["']?\s*[:=]\s*["']?)[^\s"',;&]+/gi;

/** Masks what a text of others says of credentials. Those that a provider has found are known by their names only. */
export function withoutSecrets(text: string, settings: CredentialSettings): string {
  let masked = text.replace(NAMED, `$1${MASK}`);
  for (const secret of [...secretsOf(settings), ...secretsOfEnvironment()]) {
    if (secret.length >= SECRET_LENGTH_MIN) masked = masked.replaceAll(secret, MASK);
  }
  return masked;
}

function secretsOf(settings: CredentialSettings): readonly string[] {
  switch (settings.provider) {
    case "BASIC":
      return [settings.secretKey];
    case "SYS_PROP":
      return [settings.secretKey, settings.sessionToken ?? ""];
    case "ASSUME_ROLE":
      return secretsOf(settings.base);
    case "AUTO":
    case "ENV_VAR":
    case "PROFILE":
    case "WEB_IDENTITY_TOKEN":
    case "CUSTOM":
      return [];
  }
}

/** They are there whatever the strategy. */
function secretsOfEnvironment(): readonly string[] {
  return [process.env["AWS_SECRET_ACCESS_KEY"] ?? "", process.env["AWS_SESSION_TOKEN"] ?? ""];
}
