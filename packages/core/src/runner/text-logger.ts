import type { LogFields, Logger } from "../connector/services.js";

/** Severity of a log line. @public */
export type LogLevel = keyof Logger;

/** From the rarest to the most frequent. */
const LEVELS: readonly LogLevel[] = ["error", "warn", "info", "debug", "trace"];

/**
 * A logger that prints lines of the form `level: message name=value ...`.
 *
 * @param threshold - the most frequent level that is printed.
 * @param print - takes a line without its end.
 * @public
 */
export function textLogger(threshold: LogLevel, print: (line: string) => void): Logger {
  return loggerOf(threshold, (level, message, fields) => print(`${level}: ${message}${fieldsText(fields)}`));
}

/**
 * A logger that prints each message as one JSON object: `time` (ISO 8601, UTC), `level`, `message`, then the fields.
 * Numbers beyond what JSON readers keep exactly are texts.
 *
 * @param threshold - the most frequent level that is printed.
 * @param print - takes a line without its end.
 * @public
 */
export function jsonLogger(threshold: LogLevel, print: (line: string) => void): Logger {
  return loggerOf(threshold, (level, message, fields) => {
    const exact = (_name: string, value: unknown): unknown =>
      typeof value === "bigint" ? String(value) : value;
    print(JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }, exact));
  });
}

function loggerOf(
  threshold: LogLevel,
  log: (level: LogLevel, message: string, fields: LogFields) => void,
): Logger {
  const printed = LEVELS.slice(0, LEVELS.indexOf(threshold) + 1);
  const at = (level: LogLevel): Logger[LogLevel] =>
    printed.includes(level) ? (message, fields = {}) => log(level, message, fields) : () => undefined;
  return { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug"), trace: at("trace") };
}

function fieldsText(fields: LogFields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${String(value)}`)
    .join("");
}
