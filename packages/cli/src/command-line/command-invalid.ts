import type { Diagnostic } from "@tributary/core";

/** A fault of the command line, or of a file or port that it names. */
export function commandInvalid(
  message: string,
  details: Pick<Diagnostic, "hint" | "candidates" | "value" | "file"> = {},
): Diagnostic {
  return { severity: "error", code: "COMMAND_INVALID", message, ...details };
}
