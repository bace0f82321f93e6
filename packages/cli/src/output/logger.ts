import type { LogFields, Logger } from "@tributary/core";

import type { Invocation } from "../command-line/command.js";

const LEVELS = ["error", "warn", "info", "debug", "trace"] as const;

/** A logger that writes `level message key=value ...` to stderr, at the level of `--log` (default `warn`). */
export function stderrLogger({ value, terminal }: Invocation): Logger {
  const threshold = LEVELS.indexOf((value("log") ?? "warn") as (typeof LEVELS)[number]);
  const at = (level: (typeof LEVELS)[number]) =>
    LEVELS.indexOf(level) > threshold
      ? () => undefined
      : (message: string, fields: LogFields = {}) => {
          const rest = Object.entries(fields).map(([key, field]) => ` ${key}=${String(field)}`);
          terminal.note(`${level} ${message}${rest.join("")}`);
        };
  return { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug"), trace: at("trace") };
}
