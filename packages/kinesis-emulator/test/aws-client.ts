import { KinesisClient } from "@aws-sdk/client-kinesis";
import { NodeHttp2Handler, NodeHttpHandler } from "@smithy/node-http-handler";

/** The two ways in which the AWS client reaches a plain endpoint. */
export type Transport = "http1" | "http2";

/** A stock AWS client that does not retry, so that every answer is seen. */
export function awsClient(endpoint: string, transport: Transport = "http1"): KinesisClient {
  return new KinesisClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "000000000000", secretAccessKey: "secret" },
    maxAttempts: 1,
    requestHandler: transport === "http1" ? new NodeHttpHandler() : new NodeHttp2Handler(),
  });
}

/** The name and text of the error that a call ends with. */
export async function failureOf(
  call: Promise<unknown>,
): Promise<{ readonly name: string; readonly message: string; readonly status: number | undefined }> {
  try {
    await call;
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return { name, message, status: $metadata?.httpStatusCode };
  }
  return { name: "none", message: "the call succeeded", status: 200 };
}
