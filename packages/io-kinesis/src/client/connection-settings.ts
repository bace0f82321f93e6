import type { CredentialSettings } from "./credential-settings.js";
import type { StreamReference } from "./stream-arn.js";
import type { Wire } from "./wire/wire.js";

/** HTTP versions, spelled as the options spell them. */
export const HTTP_VERSIONS = ["HTTP1_1", "HTTP2"] as const;
export type HttpVersion = (typeof HTTP_VERSIONS)[number];

/** Everything it takes to reach a stream. */
export interface ConnectionSettings {
  readonly stream: StreamReference;
  readonly region: string;
  /** Absent: `AWS_ENDPOINT_URL_KINESIS` or the region's own endpoint. */
  readonly endpoint?: string;
  /** Absent: HTTP/2 over TLS, HTTP/1.1 without. */
  readonly httpVersion?: HttpVersion;
  /** How records travel. Absent: JSON. */
  readonly wire?: Wire;
  /** Most requests at once. */
  readonly concurrencyMax: number;
  readonly readTimeoutMs: number;
  readonly trustsAllCertificates: boolean;
  readonly userAgentPrefix?: string;
  readonly credentials: CredentialSettings;
}
