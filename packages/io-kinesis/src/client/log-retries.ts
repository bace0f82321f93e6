import type { Logger } from "@tributary/core";

import { factsOf } from "./classify-failure.js";
import type { OnRetry } from "./retry.js";

/** Logs the first, second, fourth, ... repetition of a call: enough to see, too few to flood. */
export function logRetries(logger: Logger, operation: string, stream: string): OnRetry {
  return ({ error, kind, attempt }) => {
    if ((attempt & (attempt - 1)) !== 0) return;
    const { name, systemCode } = factsOf(error);
    logger.warn("A Kinesis call failed and is repeated", {
      operation,
      stream,
      attempt,
      kind,
      error: systemCode ?? name,
    });
  };
}
