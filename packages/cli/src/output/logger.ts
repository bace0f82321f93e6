import { textLogger, type Logger, type LogLevel } from "@tributary/core";

import type { Invocation } from "../command-line/command.js";

/** Writes `level: message name=value ...` to stderr, at the level of `--log` (default `warn`). */
export function stderrLogger({ value, terminal }: Invocation): Logger {
  // The command line takes no other words for `--log`.
  return textLogger((value("log") ?? "warn") as LogLevel, (line) => terminal.note(line));
}
