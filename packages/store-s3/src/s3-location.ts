import { TributaryError } from "@tributary/core";

/** Where checkpoints are kept: `s3://BUCKET/PREFIX?region=R&endpoint=URL&path-style=true`. */
export interface S3Location {
  /** Without query, for messages. */
  readonly description: string;
  readonly bucket: string;
  /** Ends in `/`, or is empty. */
  readonly prefix: string;
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  /** The bucket is part of the path and not of the host's name. */
  readonly isPathStyle: boolean;
}

const PARAMETERS = ["region", "endpoint", "path-style"];

/**
 * Reads a URL. What it does not say comes from the environment, as everywhere with AWS: AWS_REGION, AWS_ENDPOINT_URL_S3
 * or AWS_ENDPOINT_URL. Other stores than Amazon's are addressed by path unless the URL says `path-style=false`.
 *
 * @throws `CHECKPOINT_UNUSABLE` for a URL without a bucket, with a user, or with parameters that there are not.
 */
export function readLocation(url: URL, environment: NodeJS.ProcessEnv = process.env): S3Location {
  const faults = faultsOf(url);
  const bucket = url.hostname;
  const prefix = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, "");
  const description = `s3://${bucket}/${prefix}`;
  if (faults.length > 0) {
    throw new TributaryError(
      faults.map((fault) => ({
        severity: "error",
        code: "CHECKPOINT_UNUSABLE",
        message: `The checkpoint store '${description}' ${fault}.`,
        value: description,
        hint: "It is written s3://BUCKET/PREFIX, where needed with ?region=REGION&endpoint=URL&path-style=true.",
      })),
    );
  }
  const endpoint =
    url.searchParams.get("endpoint") ??
    environment["AWS_ENDPOINT_URL_S3"] ??
    environment["AWS_ENDPOINT_URL"] ??
    undefined;
  const style = url.searchParams.get("path-style");
  return {
    description,
    bucket,
    prefix: prefix === "" ? "" : `${prefix}/`,
    region: url.searchParams.get("region") ?? undefined,
    endpoint,
    isPathStyle: style === null ? endpoint !== undefined : style === "true",
  };
}

function faultsOf(url: URL): readonly string[] {
  const unknown = [...url.searchParams.keys()].filter((name) => !PARAMETERS.includes(name));
  const style = url.searchParams.get("path-style");
  return [
    url.hostname === "" ? "names no bucket" : undefined,
    url.username === "" && url.password === ""
      ? undefined
      : "names a user; credentials come from the environment, a profile or a role",
    unknown.length === 0 ? undefined : `has the unknown parameter '${unknown.join("', '")}'`,
    style === null || style === "true" || style === "false" ? undefined : `has the path-style '${style}'`,
  ].filter((one) => one !== undefined);
}
