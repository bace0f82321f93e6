import { destroySoon } from "./subscription-sessions.js";
import type { OpenedAnswer } from "./subscription-sessions.js";

/** Bytes of an error's text that are read. */
const ERROR_BYTES_MAX = 64 * 1024;

/** An error of the service, named as the service names it. */
export class SubscriptionError extends Error {
  override readonly name: string;
  readonly $service = "Kinesis";
  readonly $metadata: { readonly httpStatusCode?: number };

  constructor(name: string, message: string, httpStatusCode?: number) {
    super(message);
    this.name = name;
    this.$metadata = httpStatusCode === undefined ? {} : { httpStatusCode };
  }
}

/** `com.amazonaws.kinesis.v20131202#ResourceInUseException:http://...` is ResourceInUseException. */
export function errorName(type: string): string {
  return (type.split("#").at(-1) ?? type).split(":")[0] ?? type;
}

/** The error that an answer other than 200 holds. */
export async function readServiceError({
  stream,
  status,
  headers,
}: OpenedAnswer): Promise<SubscriptionError> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  // A broken connection leaves what came before.
  await new Promise<void>((resolve) => {
    stream.on("data", (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= ERROR_BYTES_MAX) pieces.push(piece);
      else resolve();
    });
    stream.once("end", resolve);
    stream.once("close", resolve);
  });
  destroySoon(stream);
  const { type, message } = errorBody(Buffer.concat(pieces).toString("utf8"));
  const given = type ?? String(headers["x-amzn-errortype"] ?? "");
  const error = new SubscriptionError(errorName(given === "" ? "UnknownError" : given), message, status);
  // What the SDK corrects its clock by.
  Object.defineProperty(error, "$response", { value: { statusCode: status, headers } });
  return error;
}

/** Type and message of an error's JSON, as far as it is that. */
export function errorBody(text: string): { readonly type?: string; readonly message: string } {
  try {
    const { __type: type, message, Message } = JSON.parse(text) as Record<string, unknown>;
    const found = typeof message === "string" ? message : Message;
    return {
      message: typeof found === "string" ? found : "no message",
      ...(typeof type === "string" && { type }),
    };
  } catch {
    return { message: text === "" ? "no message" : text.slice(0, 200) };
  }
}
