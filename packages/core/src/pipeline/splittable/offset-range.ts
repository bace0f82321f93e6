import { TributaryError } from "../../diagnostics/error.js";
import type {
  RestrictionProgress,
  RestrictionSpec,
  RestrictionTracker,
  SplitRestriction,
} from "./restriction.js";

/** Offsets from `from` on, below `to`. @public */
export interface OffsetRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** The end of a range whose end is not known: greater than any offset. @public */
export const OFFSET_MAX = 9_223_372_036_854_775_807n;

/** Steps in which a fraction is counted, so that big offsets stay exact. */
const FRACTION_UNITS = 1_000_000_000n;

/** Watches over a range of offsets. @public */
export class OffsetRangeTracker implements RestrictionTracker<OffsetRange, bigint> {
  #from: bigint;
  #to: bigint;
  #last: bigint | undefined;
  #isRefused = false;

  constructor({ from, to }: OffsetRange) {
    if (to < from) throw invalid(`The range [${from}, ${to}) ends before it begins.`);
    this.#from = from;
    this.#to = to;
  }

  get restriction(): OffsetRange {
    return { from: this.#from, to: this.#to };
  }

  tryClaim(position: bigint): boolean {
    if (this.#isRefused) throw invalid(`${position} is claimed after a claim was refused.`);
    if (position < this.#from)
      throw invalid(`${position} is claimed, before the range ${this.#text()} begins.`);
    if (this.#last !== undefined && position <= this.#last) {
      throw invalid(`${position} is claimed after ${this.#last}; positions must go up.`);
    }
    this.#last = position;
    if (position < this.#to) return true;
    this.#isRefused = true;
    return false;
  }

  trySplit(fraction: number): SplitRestriction<OffsetRange> | undefined {
    return this.splitBefore(fraction, this.#to);
  }

  checkDone(): void {
    if (this.#from >= this.#to) return;
    if (this.#last !== undefined && this.#last >= this.#to - 1n) return;
    const claimed = this.#last === undefined ? "nothing" : `offsets up to ${this.#last}`;
    throw invalid(`The function has returned and claimed ${claimed} of ${this.#text()} only.`);
  }

  progress(): RestrictionProgress {
    return this.progressTo(this.#to);
  }

  /** @param end - what is taken as the end of the work. */
  protected progressTo(end: bigint): RestrictionProgress {
    const at = this.#last ?? this.#from;
    const remaining = end > at ? end - at : 0n;
    return { completed: Number(at - this.#from), remaining: Number(remaining) };
  }

  /** @param end - what is taken as the end of the work. */
  protected splitBefore(fraction: number, end: bigint): SplitRestriction<OffsetRange> | undefined {
    if (!(fraction >= 0 && fraction <= 1)) throw invalid(`${fraction} is no fraction from 0 to 1.`);
    if (this.#isRefused) return undefined;
    const last = this.#last ?? this.#from - 1n;
    const rest = end > last ? end - last : 0n;
    const kept = (rest * BigInt(Math.floor(fraction * Number(FRACTION_UNITS)))) / FRACTION_UNITS;
    const at = last + (kept > 1n ? kept : 1n);
    if (at >= this.#to) return undefined;
    const residual = { from: at, to: this.#to };
    this.#to = at;
    return { primary: this.restriction, residual };
  }

  #text(): string {
    return `[${this.#from}, ${this.#to})`;
  }
}

/** Watches over a range whose end is not known: it ends, for splits and progress, where it is estimated to. @public */
export class GrowableOffsetRangeTracker extends OffsetRangeTracker {
  readonly #estimateEnd: () => bigint;

  /** @param estimateEnd - where the range ends at present; called for every split and every look at the progress. */
  constructor(from: bigint, estimateEnd: () => bigint, to = OFFSET_MAX) {
    super({ from, to });
    this.#estimateEnd = estimateEnd;
  }

  override trySplit(fraction: number): SplitRestriction<OffsetRange> | undefined {
    return this.splitBefore(fraction, this.#end());
  }

  override progress(): RestrictionProgress {
    return this.progressTo(this.#end());
  }

  #end(): bigint {
    const { to } = this.restriction;
    if (to !== OFFSET_MAX) return to;
    const estimate = this.#estimateEnd();
    return estimate < to ? estimate : to;
  }
}

/** Restrictions that are ranges of offsets. @param of - the range of an element. @public */
export function offsetRanges<I>(of: (element: I) => OffsetRange): RestrictionSpec<I, OffsetRange, bigint> {
  return {
    description: "offsets",
    initial: of,
    tracker: (range) => new OffsetRangeTracker(range),
  };
}

/**
 * Restrictions that begin at an offset and have no end.
 *
 * @param from - where the range of an element begins.
 * @param estimateEnd - where the ranges end at present.
 * @public
 */
export function growableOffsetRanges<I>(
  from: (element: I) => bigint,
  estimateEnd: () => bigint,
): RestrictionSpec<I, OffsetRange, bigint> {
  return {
    description: "growing offsets",
    isBounded: false,
    initial: (element) => ({ from: from(element), to: OFFSET_MAX }),
    tracker: (range) => new GrowableOffsetRangeTracker(range.from, estimateEnd, range.to),
  };
}

function invalid(message: string): TributaryError {
  return new TributaryError({ severity: "error", code: "RESTRICTION_INVALID", message });
}
