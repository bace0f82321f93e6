/**
 * The classes of `scan.shard.consumer.error.recoverable[N].exception`: names of Java exceptions, which scripts written
 * for Apache Flink carry, and what they correspond to here.
 */
import { nearestFirst } from "@tributary/core";
import type { Diagnostic, TableOption } from "@tributary/core";

import { factsOf, isNetworkFailure, isTimeout } from "../client/classify-failure.js";

/** Is an error one of those that the user has listed? */
export type RecoverableErrors = (error: unknown) => boolean;

const KEY = /^(?:scan\.)?shard\.consumer\.error\.recoverable/;
const RIGHT_KEY = /^(?:scan\.)?shard\.consumer\.error\.recoverable\[(\d+)\]\.exception$/;
const RIGHT_FORM = "scan.shard.consumer.error.recoverable[0].exception";

const bySystemCode =
  (...codes: readonly string[]): RecoverableErrors =>
  (error) =>
    codes.includes(factsOf(error).systemCode ?? "");

/** Exceptions of the Java platform and of the network library, without their packages. */
const PLATFORM: Readonly<Record<string, RecoverableErrors>> = {
  "java.io.IOException": isNetworkFailure,
  "java.io.EOFException": bySystemCode("ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET"),
  "java.net.ConnectException": bySystemCode("ECONNREFUSED"),
  "java.net.NoRouteToHostException": bySystemCode("EHOSTUNREACH", "ENETUNREACH"),
  "java.net.SocketException": bySystemCode("ECONNRESET", "EPIPE", "ECONNABORTED", "ECONNREFUSED"),
  "java.net.SocketTimeoutException": isTimeout,
  "java.net.UnknownHostException": bySystemCode("ENOTFOUND", "EAI_AGAIN"),
  "java.util.concurrent.TimeoutException": isTimeout,
  "io.netty.handler.timeout.ReadTimeoutException": isTimeout,
  "io.netty.handler.timeout.TimeoutException": isTimeout,
  "io.netty.channel.ConnectTimeoutException": isTimeout,
  "software.amazon.awssdk.core.exception.SdkClientException": isNetworkFailure,
  "software.amazon.awssdk.core.exception.ApiCallTimeoutException": isTimeout,
  "software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException": isTimeout,
  "com.amazonaws.SdkClientException": isNetworkFailure,
  "java.lang.Exception": () => true,
  "java.lang.RuntimeException": () => true,
  "java.lang.Throwable": () => true,
};

/** Of the service. @see Kinesis API Reference. */
const SERVICE = [
  "AccessDeniedException",
  "ExpiredIteratorException",
  "ExpiredNextTokenException",
  "InternalFailureException",
  "InvalidArgumentException",
  "KmsAccessDeniedException",
  "KmsDisabledException",
  "KmsInvalidStateException",
  "KmsNotFoundException",
  "KmsOptInRequiredException",
  "KmsThrottlingException",
  "LimitExceededException",
  "ProvisionedThroughputExceededException",
  "ResourceInUseException",
  "ResourceNotFoundException",
  "ValidationException",
];
const SERVICE_PACKAGES = [
  "software.amazon.awssdk.services.kinesis.model.",
  "com.amazonaws.services.kinesis.model.",
];
const ANY_OF_SERVICE = new Set([
  "software.amazon.awssdk.services.kinesis.model.KinesisException",
  "com.amazonaws.services.kinesis.model.AmazonKinesisException",
  "com.amazonaws.AmazonServiceException",
  "software.amazon.awssdk.awscore.exception.AwsServiceException",
]);

/** Packages that libraries move others to when they ship them. */
const SHADED = /^.*\.(?:shaded|thirdparty|repackaged)\./;

function testOf(className: string): RecoverableErrors | undefined {
  const name = className.trim().replace(SHADED, "");
  if (Object.hasOwn(PLATFORM, name)) return PLATFORM[name];
  if (ANY_OF_SERVICE.has(name)) return (error) => factsOf(error).name.endsWith("Exception");
  const service = SERVICE_PACKAGES.find((one) => name.startsWith(one));
  const simple = service === undefined ? name : name.slice(service.length);
  if (!SERVICE.includes(simple)) return undefined;
  const lower = simple.toLowerCase();
  return (error) => factsOf(error).name.toLowerCase() === lower;
}

/**
 * Reads the list. Entries behind a gap are ignored, as in the original.
 *
 * @param report - takes what is wrong with it.
 */
export function recoverableErrorsOf(
  options: readonly TableOption[],
  report: (fault: Omit<Diagnostic, "table" | "connector">) => void,
): RecoverableErrors {
  const given = options.filter(({ key }) => KEY.test(key));
  const byIndex = new Map<number, TableOption>();
  for (const one of given) {
    const index = RIGHT_KEY.exec(one.key)?.[1];
    if (index !== undefined) byIndex.set(Number(index), one);
  }
  const [first] = given;
  if (first !== undefined && !byIndex.has(0)) {
    report({
      severity: "error",
      code: "OPTION_INVALID",
      message: `Option '${first.key}' is given, and the list of recoverable errors has no entry 0.`,
      option: first.key,
      candidates: [RIGHT_FORM],
      hint: `Count from 0 without gaps, as in '${RIGHT_FORM}'.`,
    });
  }
  const tests: RecoverableErrors[] = [];
  for (let index = 0; byIndex.has(index); index += 1) {
    const { key, value } = byIndex.get(index) as TableOption;
    const test = testOf(value);
    if (test !== undefined) tests.push(test);
    else {
      const known = [...Object.keys(PLATFORM), ...SERVICE.map((name) => `${SERVICE_PACKAGES[0]}${name}`)];
      report({
        severity: "error",
        code: "OPTION_INVALID",
        message: `The value '${value}' of option '${key}' names no exception that this version knows.`,
        option: key,
        value,
        candidates: nearestFirst(value, known),
        hint: "Name one of the candidates.",
      });
    }
  }
  return (error) => causesOf(error).some((one) => tests.some((test) => test(one)));
}

/** The error and what caused it, to a sane depth. */
function causesOf(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let one = error; one !== undefined && one !== null && chain.length < 10;) {
    chain.push(one);
    one = (one as { readonly cause?: unknown }).cause;
  }
  return chain;
}
