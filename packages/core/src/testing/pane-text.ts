/** Elements as a table for people: one line each, with window, pane and event time. */
import type { Pane } from "../pipeline/pane.js";
import type { Reified } from "../pipeline/reified.js";
import { GLOBAL_WINDOW, MAX_TIMESTAMP, MIN_TIMESTAMP, type Window } from "../pipeline/window.js";

/** Most characters of a value's text. */
const VALUE_MAX = 60;

/**
 * Elements as a table, in the order of their windows and then of their arrival:
 *
 * ```text
 * window   pane       time  value
 * [0, 10)  early 0       9  {"key":"a","value":2}
 * [0, 10)  on-time 1     9  {"key":"a","value":3}
 * ```
 *
 * @public
 */
export function formatPanes(elements: readonly Reified<unknown>[]): string {
  const sorted = elements.toSorted((a, b) => a.window.end - b.window.end || a.window.start - b.window.start);
  const rows = [
    ["window", "pane", "time", "value"],
    ...sorted.map(({ value, timestamp, window, pane }) => [
      windowText(window),
      paneText(pane),
      timeText(timestamp),
      shortened(valueText(value)),
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(([window = "", pane = "", time = "", value = ""]) =>
      [window.padEnd(widths[0] ?? 0), pane.padEnd(widths[1] ?? 0), time.padStart(widths[2] ?? 0), value].join(
        "  ",
      ),
    )
    .join("\n");
}

/** `[start, end)`, or `global`. */
export function windowText({ start, end }: Window): string {
  return start === GLOBAL_WINDOW.start && end === GLOBAL_WINDOW.end ? "global" : `[${start}, ${end})`;
}

function paneText({ timing, index, isLast }: Pane): string {
  if (timing === "unknown") return "-";
  return `${timing} ${index}${isLast ? " last" : ""}`;
}

function timeText(timestamp: number): string {
  if (timestamp === MIN_TIMESTAMP) return "-inf";
  return timestamp >= GLOBAL_WINDOW.end - 1 && timestamp <= MAX_TIMESTAMP ? "end" : String(timestamp);
}

/** A value as JSON, where that has a form for it. */
export function valueText(value: unknown): string {
  return (
    JSON.stringify(value, (_key, one: unknown) => {
      if (typeof one === "bigint") return `${one}n`;
      if (one instanceof Map || one instanceof Set) return [...(one as Iterable<unknown>)];
      if (typeof one === "number" && !Number.isFinite(one)) return String(one);
      return one;
    }) ?? String(value)
  );
}

function shortened(text: string): string {
  return text.length <= VALUE_MAX ? text : `${text.slice(0, VALUE_MAX - 3)}...`;
}
