import { TributaryError } from "../diagnostics/error.js";

/** One event of a script. */
export type ScriptEvent =
  | {
      readonly kind: "elements";
      readonly elements: readonly { readonly name: string; readonly timestamp?: number }[];
    }
  | { readonly kind: "watermark"; readonly watermark: number }
  | { readonly kind: "end" }
  | { readonly kind: "clock"; readonly byMs: number };

const WATERMARK = /^>\s*(-?\d+)$/;
const CLOCK = /^\+\s*(\d+)$/;
const ELEMENT = /^([^\s:|>+]+)(?::(-?\d+))?$/;

/**
 * Events between bars: elements as `name:timestamp` (or `name` alone, at the watermark), `>10` for the watermark, `>>` for
 * its end, `+1000` for the clock.
 *
 * @throws `PIPELINE_INVALID` quoting what is none of these.
 */
export function parseStreamText(text: string): readonly ScriptEvent[] {
  return text
    .split("|")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(parseEvent);
}

function parseEvent(part: string): ScriptEvent {
  if (part === ">>") return { kind: "end" };
  const watermark = WATERMARK.exec(part)?.[1];
  if (watermark !== undefined) return { kind: "watermark", watermark: Number(watermark) };
  const byMs = CLOCK.exec(part)?.[1];
  if (byMs !== undefined) return { kind: "clock", byMs: Number(byMs) };
  return { kind: "elements", elements: part.split(/\s+/).map((word) => parseElement(word, part)) };
}

function parseElement(word: string, part: string): { readonly name: string; readonly timestamp?: number } {
  const match = ELEMENT.exec(word);
  const name = match?.[1];
  if (name === undefined) {
    throw new TributaryError({
      severity: "error",
      code: "PIPELINE_INVALID",
      message: `'${word}' in '${part}' is no event of a stream.`,
      value: word,
      candidates: ["name", "name:timestamp", ">watermark", ">>", "+milliseconds"],
      hint: "Put a bar between events: a:1 b:2 | >10 | +1000 | c | >>",
    });
  }
  const timestamp = match?.[2];
  return timestamp === undefined ? { name } : { name, timestamp: Number(timestamp) };
}
