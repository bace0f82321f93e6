import type { JobHandle, JobProgress } from "@tributary/core";

import { grouped, paint, shortDuration } from "./style.js";
import type { Terminal } from "./terminal.js";

/** Time between two looks at a job, in milliseconds: on a terminal, and as plain lines. */
const REDRAW_MS = 120;
const LINE_MS = 1000;

/** Splits shown at once; the rest is summed up in one line. */
const SPLITS_SHOWN = 16;

/** A split's records at the last look, for its rate. */
type Seen = Map<string, { readonly records: number; readonly rate: number }>;

interface Rates {
  readonly at: number;
  readonly seen: Seen;
}

/** Rates are smoothed: the newest interval counts a third. */
function nextRates(progress: JobProgress, before: Rates, now: number): Rates {
  const seconds = Math.max(0.001, (now - before.at) / 1000);
  const seen: Seen = new Map();
  for (const source of progress.sources) {
    for (const split of source.splits) {
      const key = `${source.name}\u0000${split.id}`;
      const last = before.seen.get(key) ?? { records: 0, rate: 0 };
      const current = (split.records - last.records) / seconds;
      seen.set(key, {
        records: split.records,
        rate: last.rate === 0 ? current : (2 * last.rate + current) / 3,
      });
    }
  }
  return { at: now, seen };
}

function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

function splitLines(progress: JobProgress, rates: Rates, terminal: Terminal): string[] {
  const { dim, green, cyan } = paint(terminal.hasColor.stderr);
  return progress.sources.flatMap((source) => {
    const most = Math.max(1, ...source.splits.map((split) => split.records));
    const shown = source.splits.slice(0, SPLITS_SHOWN).map((split) => {
      const rate = rates.seen.get(`${source.name}\u0000${split.id}`)?.rate ?? 0;
      const lag = split.isFinished
        ? "done"
        : split.lagMs === undefined
          ? ""
          : `lag ${shortDuration(split.lagMs)}`;
      const color = split.isFinished || split.lagMs === 0 ? green : cyan;
      return [
        `  ${split.id.slice(-24).padEnd(24)} ${color(bar(split.records / most, 12))}`,
        `${grouped(split.records).padStart(11)} ${dim(`${grouped(rate)}/s`.padStart(11))} ${lag}`,
      ].join("");
    });
    const rest = source.splits.length - shown.length;
    return [
      `${source.name}: ${grouped(source.records)} records`,
      ...shown,
      ...(rest > 0 ? [dim(`  and ${rest} more`)] : []),
    ];
  });
}

function sinkLine(progress: JobProgress): string {
  const sinks = progress.sinks.map((one) => `${grouped(one.written)} to ${one.name}`).join(", ");
  const late = progress.late > 0 ? `; ${grouped(progress.late)} late` : "";
  const { completed } = progress.checkpoints;
  return `wrote ${sinks === "" ? "nothing" : sinks}${late}; ${completed} checkpoint${completed === 1 ? "" : "s"}`;
}

function plainLine(progress: JobProgress, rates: Rates): string {
  const sources = progress.sources.map((source) => {
    const rate = source.splits.reduce(
      (sum, split) => sum + (rates.seen.get(`${source.name}\u0000${split.id}`)?.rate ?? 0),
      0,
    );
    const lag = Math.max(0, ...source.splits.map((split) => (split.isFinished ? 0 : (split.lagMs ?? 0))));
    return `${source.name} ${grouped(source.records)} (${grouped(rate)}/s, lag ${shortDuration(lag)})`;
  });
  return `${progress.state}: read ${sources.join(", ")}; ${sinkLine(progress)}`;
}

/** Draws lines over the ones drawn before. */
class Drawing {
  #height = 0;

  constructor(readonly terminal: Terminal) {}

  draw(lines: readonly string[]): void {
    const up = this.#height > 0 ? `\u001b[${this.#height}A` : "";
    this.terminal.draw(up + lines.map((line) => `\u001b[2K${line}\n`).join(""));
    this.#height = lines.length;
  }
}

/**
 * Shows a job's progress on stderr until the returned function is called: `bar` draws bars on a terminal and plain
 * lines elsewhere, `auto` is `bar` on a terminal and nothing elsewhere, `json` writes one object a second.
 */
export function showProgress(handle: JobHandle, kind: string, terminal: Terminal): () => void {
  if (kind === "none" || (kind === "auto" && !terminal.isInteractive)) return () => undefined;
  const isDrawn = kind !== "json" && terminal.isInteractive;
  const drawing = new Drawing(terminal);
  let rates: Rates = { at: Date.now(), seen: new Map() };
  const show = (): void => {
    const progress = handle.progress();
    rates = nextRates(progress, rates, Date.now());
    if (kind === "json") terminal.note(JSON.stringify({ event: "progress", ...progress }));
    else if (isDrawn) drawing.draw([...splitLines(progress, rates, terminal), sinkLine(progress)]);
    else terminal.note(plainLine(progress, rates));
  };
  const timer = setInterval(show, isDrawn ? REDRAW_MS : LINE_MS);
  let isShown = true;
  return () => {
    if (!isShown) return;
    isShown = false;
    clearInterval(timer);
    show();
  };
}
