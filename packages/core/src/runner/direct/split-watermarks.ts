import type { JsonValue } from "../../types/json-value.js";
import { MIN_TIMESTAMP } from "../../pipeline/window.js";

/** What the runner owns of a split that is assigned. */
export interface SplitRuntime {
  readonly id: string;
  state: JsonValue;
  /** Rows processed. */
  rows: number;
  lagMs: number | undefined;
  watermark: number;
  isIdle: boolean;
  /** Read to its end; it only holds the watermark for what continues it. */
  isOver: boolean;
  /** Time of the last records, on the source's idle clock; infinite while records of it are in progress. */
  lastActiveAt: number;
}

/**
 * The watermark of one read step: the minimum over its splits that are not idle. A split that was just assigned has no
 * watermark of its own yet and so holds the merged one where it is; where every split is idle nothing holds, and the
 * merged one is the greatest that any split has given. It never goes back.
 */
export class SplitWatermarks {
  readonly splits = new Map<string, SplitRuntime>();
  readonly #isBehind: (splitId: string) => boolean;
  #merged = MIN_TIMESTAMP;
  #isIdle = false;

  /** @param isBehind - may the split have something that its reader could not fetch? Then it is not idle. */
  constructor(isBehind: (splitId: string) => boolean) {
    this.#isBehind = isBehind;
  }

  get merged(): number {
    return this.#merged;
  }

  get isIdle(): boolean {
    return this.#isIdle;
  }

  /** At a restore, and at the end of the input. */
  raiseTo(watermark: number): void {
    if (watermark > this.#merged) this.#merged = watermark;
  }

  add(split: SplitRuntime): void {
    this.splits.set(split.id, split);
    this.#isIdle = false;
  }

  /** Notes what the split's records said. Call {@link update} when `true` comes back. */
  observe(split: SplitRuntime, watermark: number): boolean {
    const wasIdle = split.isIdle;
    split.isIdle = false;
    const before = split.watermark;
    if (watermark > before) split.watermark = watermark;
    // Only the split that holds the minimum can move it.
    return wasIdle || (split.watermark > before && before <= this.#merged);
  }

  /**
   * Marks splits idle that had no records since `deadline`. One that is behind is not idle, and its time begins anew
   * at `now`.
   */
  markIdle(deadline: number, now: number): void {
    for (const split of this.splits.values()) {
      if (split.lastActiveAt > deadline) continue;
      split.isIdle = !this.#isBehind(split.id);
      if (!split.isIdle) split.lastActiveAt = now;
    }
  }

  /** Time of the earliest last records over splits that are not idle. */
  earliestActivity(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const split of this.splits.values()) {
      if (!split.isIdle && split.lastActiveAt < earliest) earliest = split.lastActiveAt;
    }
    return earliest;
  }

  /** Without any split it is not known what comes: that holds. */
  #turnActive(): boolean {
    const wasIdle = this.#isIdle;
    this.#isIdle = false;
    return wasIdle;
  }

  /** Works the merged watermark out; `true` when it or idleness changed. */
  update(): boolean {
    if (this.splits.size === 0) return this.#turnActive();
    let least = Number.POSITIVE_INFINITY;
    let greatest = Number.NEGATIVE_INFINITY;
    for (const split of this.splits.values()) {
      if (split.watermark > greatest) greatest = split.watermark;
      if (split.watermark < least && !(split.isIdle && !this.#isBehind(split.id))) least = split.watermark;
    }
    const isIdle = least === Number.POSITIVE_INFINITY;
    const merged = Math.max(this.#merged, isIdle ? greatest : least);
    const isChanged = merged !== this.#merged || isIdle !== this.#isIdle;
    this.#merged = merged;
    this.#isIdle = isIdle;
    return isChanged;
  }
}
