import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { TributaryError, type Logger } from "@tributary/core";

/**
 * Evaluates a pipeline module.
 *
 * @throws `PIPELINE_INVALID` at the place in the file, if there is one, when it cannot be parsed, resolved or evaluated.
 */
export async function importModule(file: string, logger: Logger): Promise<{ readonly default?: unknown }> {
  const { href } = pathToFileURL(resolve(file));
  try {
    return (await import(href)) as { readonly default?: unknown };
  } catch (error) {
    if (TributaryError.is(error)) throw error;
    const { name, message, stack = "" } = error instanceof Error ? error : new Error(String(error));
    logger.debug(stack);
    const [, line, column] = stack.split(`${href}:`)[1]?.match(/^(\d+):(\d+)/) ?? [];
    throw new TributaryError(
      {
        severity: "error",
        code: "PIPELINE_INVALID",
        message: `${file} cannot be loaded: ${name}: ${message}`,
        file,
        ...(line === undefined ? {} : { line: Number(line), column: Number(column) }),
        hint: "--log debug shows the stack.",
      },
      { cause: error },
    );
  }
}
