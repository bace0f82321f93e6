import type { OptionFault } from "@tributary/core";

const KEY = "aws.clientconfig";

/** Properties of the client configuration of the AWS SDK for Java 1.x, and whether they mean something here. */
const PROPERTIES: Readonly<Record<string, "number" | "text" | "none">> = {
  socketTimeout: "number",
  requestTimeout: "number",
  maxConnections: "number",
  userAgentPrefix: "text",
  cacheResponseMetadata: "none",
  clientExecutionTimeout: "none",
  connectionMaxIdleMillis: "none",
  connectionTTL: "none",
  connectionTimeout: "none",
  disableHostPrefixInjection: "none",
  disableSocketProxy: "none",
  dnsResolver: "none",
  localAddress: "none",
  maxConsecutiveRetriesBeforeThrottling: "none",
  maxErrorRetry: "none",
  nonProxyHosts: "none",
  preemptiveBasicProxyAuth: "none",
  protocol: "none",
  proxyDomain: "none",
  proxyHost: "none",
  proxyPassword: "none",
  proxyPort: "none",
  proxyProtocol: "none",
  proxyUsername: "none",
  proxyWorkstation: "none",
  responseMetadataCacheSize: "none",
  retryMode: "none",
  retryPolicy: "none",
  secureRandom: "none",
  signerOverride: "none",
  tlsKeyManagersProvider: "none",
  throttleRetries: "none",
  useExpectContinue: "none",
  useGzip: "none",
  useReaper: "none",
  useTcpKeepAlive: "none",
  userAgent: "none",
  userAgentSuffix: "none",
  validateAfterInactivityMillis: "none",
};

/** Names that the SDK does not have are refused; those without a counterpart are named in one warning. */
export function clientConfigFaults(given: ReadonlyMap<string, string>): readonly OptionFault[] {
  const faults: OptionFault[] = [];
  const ignored: string[] = [];
  for (const [name, value] of given) {
    const kind = Object.hasOwn(PROPERTIES, name) ? PROPERTIES[name] : undefined;
    if (kind === undefined) {
      faults.push({
        key: KEY,
        message: `The client configuration of the AWS SDK has no property '${name}'.`,
        candidates: Object.keys(PROPERTIES).filter((one) => PROPERTIES[one] !== "none"),
      });
    } else if (kind === "none") ignored.push(`${KEY}.${name}`);
    else if (kind === "number" && !/^\d{1,9}$/.test(value)) {
      faults.push({
        key: KEY,
        message: `The value '${value}' of option '${KEY}.${name}' is not a whole number.`,
      });
    }
  }
  if (ignored.length === 0) return faults;
  return [
    ...faults,
    {
      key: KEY,
      code: "OPTION_IGNORED",
      message: `The client of this version does not know ${ignored.join(", ")}: without effect.`,
      hint: "Leave it out.",
    },
  ];
}

/** What the properties change about a connection. */
export function clientConfigOf(given: ReadonlyMap<string, string>): {
  readonly readTimeoutMs?: number;
  readonly concurrencyMax?: number;
  readonly userAgentPrefix?: string;
} {
  const number = (name: string): number | undefined => {
    const value = given.get(name);
    // 0 stands for no limit.
    return value === undefined || value === "0" ? undefined : Number(value);
  };
  const timeouts = [number("socketTimeout"), number("requestTimeout")].filter((one) => one !== undefined);
  const concurrencyMax = number("maxConnections");
  const userAgentPrefix = given.get("userAgentPrefix");
  return {
    ...(timeouts.length > 0 && { readTimeoutMs: Math.min(...timeouts) }),
    ...(concurrencyMax !== undefined && { concurrencyMax }),
    ...(userAgentPrefix !== undefined && { userAgentPrefix }),
  };
}
