/**
 * The grouping of the model once more, as naive as its definitions: every window of every key is looked at for every
 * event. What the runner gives is compared with it.
 */
import {
  GLOBAL_WINDOW_MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  type PaneTiming,
  type Trigger,
  type Window,
  type WindowingStrategy,
} from "@tributary/core";

/** One element: its value is its number. */
export interface ScriptElement {
  readonly key: string;
  readonly timestamp: number;
  readonly value: number;
}

/** What happens to a grouping. */
export type ScriptEvent =
  | { readonly kind: "elements"; readonly elements: readonly ScriptElement[] }
  | { readonly kind: "watermark"; readonly to: number }
  | { readonly kind: "clock"; readonly byMs: number };

interface Surroundings {
  readonly isPast: boolean;
  readonly now: number;
}

/** A trigger at work, as a tree of objects. */
interface Live {
  readonly spec: Trigger;
  isDone: boolean;
  count: number;
  target: number | undefined;
  hasEnded: boolean;
  parts: Live[];
}

function partsOf(spec: Trigger): readonly Trigger[] {
  switch (spec.kind) {
    case "after-end-of-window":
      return [spec.early ?? { kind: "never" }, spec.late ?? { kind: "never" }];
    case "repeat":
      return [spec.trigger];
    case "or-finally":
      return [spec.main, spec.until];
    case "after-each":
    case "after-first":
    case "after-all":
      return spec.triggers;
    case "default":
    case "never":
    case "always":
    case "after-count":
    case "after-processing-time":
    case "after-synchronized-processing-time":
      return [];
  }
}

function begin(spec: Trigger): Live {
  const parts = partsOf(spec).map(begin);
  return { spec, isDone: false, count: 0, target: undefined, hasEnded: false, parts };
}

function seen(live: Live, at: Surroundings, isMerging: boolean): void {
  const { spec, parts } = live;
  const [first, second] = parts as [Live, Live];
  if (live.isDone && !isMerging) return;
  live.count += 1;
  if (spec.kind === "after-processing-time" && live.target === undefined) {
    const step = spec.alignToMs ?? 1;
    live.target = Math.ceil((at.now + spec.delayMs) / step) * step;
  } else if (spec.kind === "after-end-of-window" && !isMerging) {
    seen(live.hasEnded ? second : first, at, isMerging);
  } else if (spec.kind === "after-each" && !isMerging) {
    const current = parts.find((part) => !part.isDone);
    if (current !== undefined) seen(current, at, isMerging);
  } else {
    for (const part of parts) seen(part, at, isMerging);
  }
}

function isReady(live: Live, at: Surroundings): boolean {
  const { spec, parts } = live;
  const [first, second] = parts as [Live, Live];
  if (live.isDone) return false;
  switch (spec.kind) {
    case "default":
      return at.isPast;
    case "never":
      return false;
    case "always":
      return true;
    case "after-count":
      return live.count >= spec.count;
    case "after-synchronized-processing-time":
      return live.count > 0;
    case "after-processing-time":
      return live.target !== undefined && at.now > live.target;
    case "after-end-of-window":
      return live.hasEnded ? isReady(second, at) : at.isPast || isReady(first, at);
    case "repeat":
      return isReady(first, at);
    case "or-finally":
      return isReady(first, at) || isReady(second, at);
    case "after-each": {
      const current = parts.find((part) => !part.isDone);
      return current !== undefined && isReady(current, at);
    }
    case "after-first":
      return parts.some((part) => part.isDone || isReady(part, at));
    case "after-all":
      return parts.every((part) => part.isDone || isReady(part, at));
  }
}

function restarted(part: Live): Live {
  return part.isDone ? begin(part.spec) : part;
}

function fire(live: Live, at: Surroundings): void {
  const { spec, parts } = live;
  const [first, second] = parts as [Live, Live];
  switch (spec.kind) {
    case "default":
    case "never":
    case "always":
      return;
    case "after-count":
    case "after-synchronized-processing-time":
    case "after-processing-time":
      live.isDone = true;
      return;
    case "after-end-of-window":
      if (live.hasEnded) {
        fire(second, at);
        live.parts = [begin(first.spec), restarted(second)];
      } else if (at.isPast) {
        live.hasEnded = true;
        live.isDone = spec.late === undefined;
        live.parts = [begin(first.spec), begin(second.spec)];
      } else {
        fire(first, at);
        live.parts = [restarted(first), begin(second.spec)];
      }
      return;
    case "repeat":
      fire(first, at);
      live.parts = [restarted(first)];
      return;
    case "or-finally":
      if (isReady(second, at)) {
        fire(second, at);
        live.isDone = true;
      } else {
        fire(first, at);
        live.isDone = first.isDone;
      }
      return;
    case "after-each": {
      const index = parts.findIndex((part) => !part.isDone);
      fire(parts[index] as Live, at);
      live.parts = parts.map((part, i) => (i > index ? begin(part.spec) : part));
      live.isDone = live.parts.every((part) => part.isDone);
      return;
    }
    case "after-first":
    case "after-all":
      for (const part of parts) if (isReady(part, at)) fire(part, at);
      live.isDone = true;
      return;
  }
}

function merged(spec: Trigger, lives: readonly Live[], at: Surroundings): Live {
  const live = begin(spec);
  const parts = live.parts.map(
    (part, i) => () =>
      merged(
        part.spec,
        lives.map((one) => one.parts[i] as Live),
        at,
      ),
  );
  live.count = lives.reduce((sum, one) => sum + one.count, 0);
  const targets = lives.flatMap((one) => one.target ?? []);
  live.target = targets.length === 0 ? undefined : Math.min(...targets);
  switch (spec.kind) {
    case "after-count":
    case "after-synchronized-processing-time":
    case "after-processing-time":
      live.isDone = lives.some((one) => one.isDone);
      break;
    case "after-end-of-window":
      live.hasEnded = at.isPast && lives.every((one) => one.hasEnded);
      live.isDone = live.hasEnded && spec.late === undefined;
      live.parts = parts.map((part, i) =>
        i === 1 && !live.hasEnded ? begin(partsOf(spec)[1] as Trigger) : part(),
      );
      break;
    case "after-each":
      for (const [i, part] of parts.entries()) {
        if (i > 0 && live.parts[i - 1]?.isDone !== true) break;
        live.parts[i] = part();
      }
      live.isDone = live.parts.every((part) => part.isDone);
      break;
    case "repeat":
      live.parts = parts.map((part) => restarted(part()));
      break;
    case "after-all":
      live.parts = parts.map((part) => part());
      live.isDone = live.parts.every((part) => part.isDone);
      break;
    case "default":
    case "never":
    case "always":
      break;
    case "after-first":
    case "or-finally":
      live.parts = parts.map((part) => part());
      live.isDone = live.parts.some((part) => part.isDone);
  }
  return live;
}

/** Deadlines that the clock may pass. */
function targetsOf(live: Live): readonly number[] {
  if (live.isDone) return [];
  return [...(live.target === undefined ? [] : [live.target]), ...live.parts.flatMap(targetsOf)];
}

interface RefCell {
  readonly key: string;
  window: Window;
  values: number[];
  live: Live;
  hold: number | undefined;
  extra: number | undefined;
  panes: { readonly timing: PaneTiming }[];
  isNew: boolean;
  isClosed: boolean;
}

const maxOf = (window: Window): number => window.end - 1;
const isSame = (a: Window, b: Window): boolean => a.start === b.start && a.end === b.end;

/** A pane as text, e.g. `a [0,10) early 0 @9: 1 2`; the last one ends in `.`. */
export function paneText(pane: {
  readonly key: string;
  readonly window: Window;
  readonly timing: PaneTiming;
  readonly index: number;
  readonly speculative: number;
  readonly timestamp: number;
  readonly isLast: boolean;
  readonly values: readonly number[];
}): string {
  const { key, window, timing, index, speculative, timestamp, isLast } = pane;
  const values = pane.values.toSorted((a, b) => a - b).join(" ");
  return `${key} [${window.start},${window.end}) ${timing} ${index}/${speculative} @${timestamp}: ${values}${isLast ? "." : ""}`;
}

/** Groups by the definitions. */
export class GroupingReference {
  droppedLate = 0;
  droppedClosed = 0;
  readonly #strategy: WindowingStrategy;
  #cells: RefCell[] = [];
  #input = MIN_TIMESTAMP;
  #output = MIN_TIMESTAMP;
  #now = 0;
  #panes: string[] = [];

  constructor(strategy: WindowingStrategy) {
    this.#strategy = strategy;
  }

  get outputWatermark(): number {
    return this.#output;
  }

  /** @returns the panes that came of it, sorted. */
  play(event: ScriptEvent): readonly string[] {
    this.#panes = [];
    if (event.kind === "elements") this.#elements(event.elements);
    else if (event.kind === "watermark") this.#watermark(event.to);
    else this.#clock(event.byMs);
    this.#raiseOutput();
    return this.#panes.toSorted();
  }

  #elements(elements: readonly ScriptElement[]): void {
    for (const key of new Set(elements.map((one) => one.key))) {
      this.#batch(
        key,
        elements.filter((one) => one.key === key),
      );
    }
  }

  #batch(key: string, elements: readonly ScriptElement[]): void {
    const { windowFn } = this.#strategy;
    const pairs = elements.flatMap((element) =>
      windowFn.assign(element.timestamp).map((window) => ({ element, window })),
    );
    const open = pairs.filter(({ window }) => this.#expiry(window) >= this.#input);
    this.droppedLate += pairs.length - open.length;
    const touched = new Set<RefCell>();
    const became = windowFn.isMerging
      ? this.#merge(
          key,
          open.map((pair) => pair.window),
          touched,
        )
      : (window: Window) => window;
    for (const { element, window } of open) {
      const target = became(window);
      const known = this.#cells.find((cell) => cell.key === key && isSame(cell.window, target));
      if (known?.isClosed === true) {
        this.droppedClosed += 1;
        continue;
      }
      const cell = known ?? this.#newCell(key, target);
      cell.values.push(element.value);
      cell.isNew = true;
      this.#hold(cell, element.timestamp);
      seen(cell.live, this.#around(cell), windowFn.isMerging);
      touched.add(cell);
    }
    for (const cell of touched) this.#fireIfReady(cell);
  }

  #merge(key: string, windows: readonly Window[], touched: Set<RefCell>): (window: Window) => Window {
    const own = this.#cells.filter((cell) => cell.key === key);
    const fresh: Window[] = [];
    for (const window of windows) {
      if (![...own.map((cell) => cell.window), ...fresh].some((one) => isSame(one, window)))
        fresh.push(window);
    }
    const active = own.filter((cell) => !cell.isClosed);
    let groups = [...active.map((cell) => cell.window), ...fresh].map((window) => ({
      from: [window],
      window,
    }));
    for (;;) {
      const pair = groups
        .flatMap((a) => groups.map((b) => [a, b] as const))
        .find(([a, b]) => a !== b && a.window.start < b.window.end && b.window.start < a.window.end);
      if (pair === undefined) break;
      const [a, b] = pair;
      const window = {
        start: Math.min(a.window.start, b.window.start),
        end: Math.max(a.window.end, b.window.end),
      };
      groups = [...groups.filter((one) => one !== a && one !== b), { from: [...a.from, ...b.from], window }];
    }
    for (const { from, window } of groups) {
      if (from.length === 1) continue;
      if (own.some((cell) => cell.isClosed && isSame(cell.window, window))) continue;
      const sources = active.filter((cell) => from.some((one) => isSame(one, cell.window)));
      if (sources.length > 0) touched.add(this.#joined(sources, window));
    }
    return (window) =>
      groups.find((group) => group.from.some((one) => isSame(one, window)))?.window ?? window;
  }

  #joined(sources: readonly RefCell[], window: Window): RefCell {
    const same = sources.find((cell) => isSame(cell.window, window));
    if (same !== undefined && sources.length === 1) return same;
    const cell = this.#newCell(sources[0]?.key as string, window);
    this.#cells = this.#cells.filter((one) => !sources.includes(one));
    cell.values = sources.flatMap((one) => one.values);
    cell.isNew = sources.some((one) => one.isNew);
    cell.panes = same?.panes ?? [];
    const holds = sources.flatMap((one) => one.hold ?? []);
    if (holds.length > 0) {
      cell.hold =
        this.#strategy.timestampCombiner === "end-of-window"
          ? maxOf(window)
          : Math[this.#strategy.timestampCombiner === "earliest" ? "min" : "max"](...holds);
    }
    if (sources.some((one) => one.extra !== undefined)) cell.extra = this.#expiry(window);
    cell.live = merged(
      this.#strategy.trigger,
      sources.map((one) => one.live),
      this.#around(cell),
    );
    return cell;
  }

  #newCell(key: string, window: Window): RefCell {
    const cell: RefCell = {
      key,
      window,
      values: [],
      live: begin(this.#strategy.trigger),
      hold: undefined,
      extra: undefined,
      panes: [],
      isNew: false,
      isClosed: false,
    };
    this.#cells.push(cell);
    return cell;
  }

  #hold(cell: RefCell, timestamp: number): void {
    const { timestampCombiner } = this.#strategy;
    const hold = timestampCombiner === "end-of-window" ? maxOf(cell.window) : timestamp;
    if (hold < this.#output || maxOf(cell.window) < this.#input) {
      cell.extra = this.#expiry(cell.window);
    } else {
      cell.hold =
        cell.hold === undefined
          ? hold
          : Math[timestampCombiner === "earliest" ? "min" : "max"](cell.hold, hold);
    }
  }

  #watermark(to: number): void {
    const before = this.#input;
    this.#input = to;
    for (const cell of this.#cells.slice()) {
      if (to > this.#expiry(cell.window)) {
        if (!cell.isClosed) this.#emit(cell, true);
        this.#cells = this.#cells.filter((one) => one !== cell);
      } else if (before <= maxOf(cell.window) && to > maxOf(cell.window)) {
        this.#fireIfReady(cell);
      }
    }
  }

  /** Deadlines pass one after the other. */
  #clock(byMs: number): void {
    const end = this.#now + byMs;
    for (;;) {
      const targets = this.#cells.flatMap((cell) => targetsOf(cell.live));
      const passed = targets.filter((target) => target >= this.#now && target < end);
      if (passed.length === 0) break;
      const target = Math.min(...passed);
      this.#now = target + 1;
      for (const cell of this.#cells) if (targetsOf(cell.live).includes(target)) this.#fireIfReady(cell);
      this.#raiseOutput();
    }
    this.#now = end;
  }

  #raiseOutput(): void {
    const holds = this.#cells.flatMap((cell) => [cell.hold ?? [], cell.extra ?? []].flat());
    this.#output = Math.max(this.#output, Math.min(this.#input, ...holds));
  }

  #fireIfReady(cell: RefCell): void {
    if (cell.isClosed || !isReady(cell.live, this.#around(cell))) return;
    fire(cell.live, this.#around(cell));
    this.#emit(cell, cell.live.isDone);
    if (cell.live.isDone) {
      Object.assign(cell, { isClosed: true, values: [], hold: undefined, extra: undefined });
    } else if (this.#strategy.accumulation === "discarding") {
      cell.values = [];
    }
  }

  #emit(cell: RefCell, isLast: boolean): void {
    const { closing, onTime } = this.#strategy;
    const end = maxOf(cell.window);
    const isDecided = cell.panes.some((pane) => pane.timing !== "early");
    let timing: PaneTiming = "on-time";
    if (this.#output > end || isDecided) timing = "late";
    else if (this.#input <= end) timing = "early";
    const timestamp = Math.min(cell.hold ?? end, cell.extra ?? end, end);
    cell.hold = undefined;
    cell.extra =
      !isLast && closing === "always" && this.#expiry(cell.window) >= this.#input
        ? this.#expiry(cell.window)
        : undefined;
    const comesOut =
      cell.isNew || (timing === "on-time" && onTime === "always") || (isLast && closing === "always");
    cell.isNew = false;
    if (!comesOut) return;
    const index = cell.panes.length;
    const speculative = timing === "early" ? -1 : cell.panes.filter((pane) => pane.timing !== "early").length;
    const { key, window, values } = cell;
    this.#panes.push(paneText({ key, window, timing, index, speculative, timestamp, isLast, values }));
    cell.panes = [...cell.panes, { timing }];
  }

  #around(cell: RefCell): Surroundings {
    return { isPast: this.#input > maxOf(cell.window), now: this.#now };
  }

  #expiry(window: Window): number {
    return Math.min(maxOf(window) + this.#strategy.allowedLatenessMs, GLOBAL_WINDOW_MAX_TIMESTAMP);
  }
}
