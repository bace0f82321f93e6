import { invariant } from "@tributary/core";
import type { FactoryContext } from "@tributary/core";

import type { ConnectionSettings } from "../client/connection-settings.js";
import { parseStreamArn } from "../client/stream-arn.js";
import type { StreamReference } from "../client/stream-arn.js";
import type { AwsOptions } from "./aws-options.js";
import { credentialsOf } from "./credentials-of.js";

/** Region to sign for when an endpoint is given without one. */
const REGION_OF_ENDPOINTS = "us-east-1";
const TRUST_ALL = "aws.trust.all.certificates";

/**
 * The connection that checked options describe. Reports what cannot be said in an options class: a boolean that must
 * be in lower case.
 */
export function connectionOf(
  options: AwsOptions & { readonly region?: string },
  stream: StreamReference & { readonly region?: string },
  context: FactoryContext,
): ConnectionSettings {
  const region = stream.region ?? options.region ?? REGION_OF_ENDPOINTS;
  reportInexactBoolean(context);
  return {
    stream,
    region,
    wire: options.wire,
    concurrencyMax: options.httpConcurrencyMax,
    readTimeoutMs: options.httpReadTimeoutMs,
    trustsAllCertificates: options.trustsAllCertificates,
    credentials: credentialsOf(options.region ?? region, context),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.httpVersion === undefined ? {} : { httpVersion: options.httpVersion }),
    ...(options.userAgentPrefix === undefined ? {} : { userAgentPrefix: options.userAgentPrefix }),
  };
}

/** The connection to the stream of a checked ARN, in the ARN's region. */
export function connectionByArn(
  options: AwsOptions & { readonly region: string; readonly streamArn: string },
  context: FactoryContext,
): ConnectionSettings {
  const stream = parseStreamArn(options.streamArn);
  invariant(stream !== undefined, "the options class has checked the ARN");
  return connectionOf(options, stream, context);
}

/** Certificates are nothing to be lax about: `TRUE` is refused, as the original does. */
function reportInexactBoolean(context: FactoryContext): void {
  const given = context.table.options.findLast(({ key }) => key === TRUST_ALL);
  if (given === undefined || given.value === "true" || given.value === "false") return;
  context.report({
    severity: "error",
    code: "OPTION_INVALID",
    message: `The value '${given.value}' of option '${TRUST_ALL}' must be 'true' or 'false', in lower case.`,
    option: TRUST_ALL,
    value: given.value,
    candidates: ["true", "false"],
    hint: "Write it in lower case.",
  });
}
