import { DatePattern } from "./date-pattern.js";

/** The pattern when no option gives one. After Apache Flink's Kinesis connector. */
export const DEFAULT_TIMESTAMP_PATTERN = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX";

export type StartTimestamp =
  | { readonly ok: true; readonly ms: number }
  /** `fault` ends a sentence that begins with the value of the part that is wrong. */
  | { readonly ok: false; readonly part: "pattern" | "text"; readonly fault: string };

/** A floating-point number as the Java platform reads it, without its hexadecimal and named forms. */
const SECONDS = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?$/;

/**
 * Reads the instant of a start position: the beginning of the text by the pattern, else the whole text as seconds
 * since 1970, whose fraction of a millisecond is cut.
 */
export function parseStartTimestamp(text: string, pattern: string, nowMs: number): StartTimestamp {
  const compiled = DatePattern.compile(pattern);
  if (!(compiled instanceof DatePattern)) return { ok: false, part: "pattern", fault: compiled.fault };
  const byPattern = compiled.parse(text, nowMs);
  if (byPattern !== undefined) return { ok: true, ms: byPattern };
  const trimmed = text.trim();
  if (SECONDS.test(trimmed)) {
    const ms = Math.trunc(Number.parseFloat(trimmed) * 1000);
    if (Number.isSafeInteger(ms)) return { ok: true, ms };
  }
  return {
    ok: false,
    part: "text",
    fault: `is neither a date of the form ${pattern} nor a number of seconds since 1970`,
  };
}
