import { DIAGNOSTIC_CODES, type Diagnostic, type LogFields, type Logger } from "@tributary/core";

import type { Terminal } from "./terminal.js";

/** Fields of a log line that a diagnostic has too. */
const SHARED_FIELDS = ["table", "connector", "option", "value", "hint"] as const;

/**
 * A logger whose warnings with a code of the table of diagnostics are reported as diagnostics, at every level of
 * `--log`: tools read them where they read the others.
 */
export function withCodedWarnings(logger: Logger, terminal: Terminal): Logger {
  return {
    error: (message, fields) => logger.error(message, fields),
    warn: (message, fields = {}) => {
      const diagnostic = diagnosticOf(message, fields);
      if (diagnostic === undefined) logger.warn(message, fields);
      else terminal.report([diagnostic]);
    },
    info: (message, fields) => logger.info(message, fields),
    debug: (message, fields) => logger.debug(message, fields),
    trace: (message, fields) => logger.trace(message, fields),
  };
}

function diagnosticOf(message: string, fields: LogFields): Diagnostic | undefined {
  const code = Object.keys(DIAGNOSTIC_CODES).find((one) => one === fields["code"]);
  if (code === undefined) return undefined;
  const shared = SHARED_FIELDS.filter((key) => fields[key] !== undefined);
  const others = Object.entries(fields)
    .filter(([key]) => key !== "code" && !SHARED_FIELDS.some((one) => one === key))
    .map(([key, field]) => `${key} ${String(field)}`);
  return {
    severity: "warning",
    code: code as Diagnostic["code"],
    message: others.length === 0 ? message : `${message} (${others.join(", ")})`,
    ...Object.fromEntries(shared.map((key) => [key, String(fields[key])])),
  };
}
