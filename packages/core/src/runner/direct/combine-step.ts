import type { CombineBinding, CombineFn } from "../../pipeline/graph.js";
import type { KeyIdentity } from "../../pipeline/key-identity.js";
import { ONLY_PANE } from "../../pipeline/pane.js";
import {
  GLOBAL_WINDOW,
  GLOBAL_WINDOW_MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  type Window,
} from "../../pipeline/window.js";
import type { WindowingStrategy } from "../../pipeline/windowing-strategy.js";
import type { ByteReader } from "../../types/coders/byte-reader.js";
import type { ByteWriter } from "../../types/coders/byte-writer.js";
import { identityOfKey } from "./key-identities.js";
import { NumberHeap } from "./number-heap.js";
import { WAITING_MAX, type Pressure, type Push } from "./push.js";
import type { StatefulStep } from "./stateful-step.js";
import { EntryCut, wholeCut, type StepCut } from "./step-cut.js";
import { refusePromise, stepError } from "./step-error.js";

interface CombineFunctions {
  readonly keyOf: (value: unknown) => unknown;
  readonly keyIdentity?: (key: unknown) => KeyIdentity;
  readonly elementIdentity?: (value: unknown) => KeyIdentity;
  readonly combineFn: CombineFn<unknown, unknown, unknown>;
}

/** Most groups emitted at a time, so that a job with many keys lets others have a turn. */
const FIRED_MAX = 4_096;

/** Of a checkpoint whose state is windows, each with its groups. */
const GROUPED_FORMAT = 1;

/** What follows in the bytes of a checkpoint. */
const END = 0;
const WINDOW = 1;
const GROUP = 2;

const GLOBAL_WINDOWS: readonly Window[] = Object.freeze([GLOBAL_WINDOW]);

interface Group {
  readonly key: unknown;
  readonly state: WindowState;
  accumulator: unknown;
  /** Number of the cut that it was written for, or after which it was made. */
  epoch: number;
}

/** State of one window: its groups in the order in which their keys were first seen. */
class WindowState {
  readonly groups = new Map<KeyIdentity, Group>();
  readonly windows: readonly Window[];
  /** Number in the cut of that epoch. */
  number = 0;
  numberedIn = 0;

  constructor(readonly window: Window) {
    this.windows = [window];
  }
}

/** Windows of one end at which they are told apart by a map of their starts. */
const LISTED_MAX = 16;

/** Windows that end together, in the order in which they came. Mostly one; many where sessions were grouped before. */
class EndingTogether {
  readonly states: WindowState[] = [];
  #byStart: Map<number, WindowState> | undefined;

  get(start: number): WindowState | undefined {
    return this.#byStart === undefined
      ? this.states.find((one) => one.window.start === start)
      : this.#byStart.get(start);
  }

  add(state: WindowState): void {
    this.states.push(state);
    this.#byStart?.set(state.window.start, state);
    if (this.#byStart !== undefined || this.states.length <= LISTED_MAX) return;
    this.#byStart = new Map(this.states.map((one) => [one.window.start, one]));
  }

  removeFirst(): void {
    const first = this.states.shift();
    if (first !== undefined) this.#byStart?.delete(first.window.start);
  }
}

/** A cut in progress. */
interface GroupCut {
  readonly entries: EntryCut<Group>;
  windows: number;
}

/**
 * Folds per key and window and emits once, when the watermark passes the window: default trigger, no allowed lateness,
 * timestamps at the window's end. After the Apache Beam model, with these parts:
 *
 * - `push` is ON ELEMENTS: an element goes into each of its windows that is not over; one whose windows all are over
 *   is late;
 * - `advanceTo` is ON INPUT WATERMARK, and `fire` emits what became due, a slice at a time so that sinks can keep up;
 *   until all of it left, the output watermark is held at the end of the first window that is due;
 * - the state of a window is freed when its last group has left.
 */
export class CombineStep implements StatefulStep {
  readonly name: string;
  readonly emitsInBundle = false;
  /** Windows of the default trigger are never closed before they are over. */
  readonly droppedDueToClosedWindow = 0;
  readonly #binding: CombineBinding;
  readonly #emit: Push;
  /** The binding's functions, as they are called. */
  readonly #functions: CombineFunctions;
  readonly #identityOfKey: (key: unknown) => KeyIdentity;
  readonly #byEnd = new Map<number, EndingTogether>();
  readonly #ends = new NumberHeap();
  #inputWatermark = MIN_TIMESTAMP;
  #outputWatermark = MIN_TIMESTAMP;
  /** The assignment met last, and the groups of its window if it has one that is not over. Windows come in runs. */
  #lastWindows: readonly Window[] | undefined;
  #lastState: WindowState | undefined;
  #firing: { readonly state: WindowState; readonly rest: Iterator<Group> } | undefined;
  #lateRows = 0;
  #droppedPairs = 0;
  /** The result of no elements is to come when the global window is over. */
  #owesEmpty: boolean;
  /** Number of the cut taken last. */
  #epoch = 0;
  #cut: GroupCut | undefined;

  constructor(name: string, binding: CombineBinding, emit: Push) {
    this.name = name;
    this.#binding = binding;
    this.#emit = emit;
    this.#functions = binding as unknown as CombineFunctions;
    this.#identityOfKey = identityOfKey(binding);
    this.#owesEmpty = binding.emitsWhenEmpty === true;
  }

  /** True for strategies by which a window fires once, when it is over, and is then forgotten. */
  static serves(windowing: WindowingStrategy): boolean {
    const { windowFn, trigger, allowedLatenessMs, timestampCombiner } = windowing;
    return (
      trigger.kind === "default" &&
      allowedLatenessMs === 0 &&
      timestampCombiner === "end-of-window" &&
      !windowFn.isMerging &&
      windowFn.windowCoder === undefined
    );
  }

  get inputs(): readonly Push[] {
    return [this.push];
  }

  /** Elements all of whose windows were over. */
  get lateRows(): number {
    return this.#lateRows;
  }

  get droppedDueToLateness(): number {
    return this.#droppedPairs;
  }

  get outputWatermark(): number {
    return this.#outputWatermark;
  }

  /** True while something is due that `fire` has not emitted. */
  get hasDue(): boolean {
    const end = this.#ends.peek();
    return (end !== undefined && end <= this.#inputWatermark) || this.#isEmptyDue;
  }

  readonly push: Push = (value, _timestamp, windows) => {
    try {
      if (windows !== this.#lastWindows) this.#turnTo(windows);
      const state = this.#lastState;
      if (state !== undefined) this.#fold(state, value);
      else this.#pushIntoAll(value, windows);
    } catch (error) {
      throw stepError(this.name, error);
    }
  };

  /** Takes the input watermark, which never goes back, and works the output watermark out. */
  advanceTo([inputWatermark = MIN_TIMESTAMP]: readonly number[]): void {
    if (inputWatermark > this.#inputWatermark) {
      this.#inputWatermark = inputWatermark;
      this.#lastWindows = undefined;
      this.#lastState = undefined;
    }
    const end = this.#ends.peek() ?? Number.POSITIVE_INFINITY;
    let hold = end <= this.#inputWatermark ? end - 1 : this.#inputWatermark;
    if (this.#isEmptyDue) hold = Math.min(hold, GLOBAL_WINDOW_MAX_TIMESTAMP);
    if (hold > this.#outputWatermark) this.#outputWatermark = hold;
  }

  /** Emits due groups in the order of their windows' ends until none is left or much waits below. */
  fire(pressure: Pressure): void {
    for (let fired = 0; fired < FIRED_MAX && pressure.waiting < WAITING_MAX; fired++) {
      this.#firing ??= this.#nextDue();
      if (this.#firing === undefined) {
        this.#emitEmpty();
        return;
      }
      const { state, rest } = this.#firing;
      const next = rest.next();
      if (next.done === true) {
        this.#free(state);
        this.#firing = undefined;
      } else {
        this.#emitGroup(state, next.value);
      }
    }
  }

  cut(): StepCut {
    this.#epoch += 1;
    const entries = new EntryCut<Group>({
      head: (writer) => this.#writeHead(writer),
      entries: this.#groups(),
      preserve: (group) => this.#preserve(group),
      tail: (writer) => {
        writer.byte(END);
        this.#cut = undefined;
      },
    });
    this.#cut = { entries, windows: 0 };
    return entries;
  }

  snapshot(writer: ByteWriter): void {
    for (const part of wholeCut(this.cut())) writer.raw(part);
  }

  restore(reader: ByteReader, formatVersion: number): void {
    this.#inputWatermark = reader.float64();
    this.#outputWatermark = reader.float64();
    this.#lateRows = reader.float64();
    this.#droppedPairs = reader.float64();
    if (formatVersion === GROUPED_FORMAT) {
      this.#restoreGrouped(reader);
      return;
    }
    this.#owesEmpty = reader.byte() === 1;
    const states: WindowState[] = [];
    for (let kind = reader.byte(); kind !== END; kind = reader.byte()) {
      if (kind === WINDOW) states.push(this.#open({ start: reader.float64(), end: reader.float64() }));
      else this.#restoreGroup(reader, states[reader.varInt()] as WindowState);
    }
  }

  #restoreGrouped(reader: ByteReader): void {
    for (let states = reader.varInt(); states > 0; states--) {
      const state = this.#open({ start: reader.float64(), end: reader.float64() });
      for (let groups = reader.varInt(); groups > 0; groups--) this.#restoreGroup(reader, state);
    }
  }

  #restoreGroup(reader: ByteReader, state: WindowState): void {
    const { keyCoder, accumulatorCoder } = this.#coders();
    const key = keyCoder.decode(reader.bytes());
    const accumulator = accumulatorCoder.decode(reader.bytes());
    state.groups.set(this.#identityOfKey(key), { key, state, accumulator, epoch: this.#epoch });
  }

  #writeHead(writer: ByteWriter): void {
    writer.float64(this.#inputWatermark);
    writer.float64(this.#outputWatermark);
    writer.float64(this.#lateRows);
    writer.float64(this.#droppedPairs);
    writer.byte(this.#owesEmpty ? 1 : 0);
  }

  /** Live: groups that come and go meanwhile are met or not. */
  *#groups(): Generator<Group> {
    for (const { states } of this.#byEnd.values()) {
      for (const { groups } of states.slice()) yield* groups.values();
    }
  }

  /** A window is written once, before the first of its groups, which refer to it by number. */
  #preserve(group: Group): void {
    if (group.epoch === this.#epoch) return;
    group.epoch = this.#epoch;
    const cut = this.#cut;
    if (cut === undefined) return;
    const { writer } = cut.entries;
    const { state } = group;
    if (state.numberedIn !== this.#epoch) {
      state.numberedIn = this.#epoch;
      state.number = cut.windows++;
      writer.byte(WINDOW);
      writer.float64(state.window.start);
      writer.float64(state.window.end);
    }
    const { keyCoder, accumulatorCoder } = this.#coders();
    writer.byte(GROUP);
    writer.varInt(state.number);
    writer.bytes(keyCoder.encode(group.key));
    writer.bytes(accumulatorCoder.encode(group.accumulator));
  }

  #coders() {
    return this.#binding as unknown as {
      readonly keyCoder: { encode(value: unknown): Uint8Array; decode(bytes: Uint8Array): unknown };
      readonly accumulatorCoder: { encode(value: unknown): Uint8Array; decode(bytes: Uint8Array): unknown };
    };
  }

  #turnTo(windows: readonly Window[]): void {
    this.#lastWindows = windows;
    this.#lastState = windows.length === 1 ? this.#stateOf(windows[0] as Window) : undefined;
  }

  #pushIntoAll(value: unknown, windows: readonly Window[]): void {
    let isLate = true;
    for (const window of windows) {
      const state = this.#stateOf(window);
      if (state === undefined) {
        this.#droppedPairs += 1;
      } else {
        isLate = false;
        this.#fold(state, value);
      }
    }
    if (isLate) this.#lateRows += 1;
  }

  #fold(state: WindowState, value: unknown): void {
    const { groups } = state;
    const { keyOf, keyIdentity: ownIdentity, elementIdentity, combineFn } = this.#functions;
    let key: unknown;
    let identity: KeyIdentity;
    if (elementIdentity === undefined) {
      key = keyOf(value);
      // Most keys are short strings and stand for themselves.
      const isPlain = ownIdentity === undefined && typeof key === "string" && key.charCodeAt(0) !== 0;
      identity = isPlain ? (key as string) : this.#identityOfKey(key);
    } else {
      identity = elementIdentity(value);
    }
    let group = groups.get(identity);
    if (group === undefined) {
      group = {
        key: elementIdentity === undefined ? key : keyOf(value),
        state,
        accumulator: combineFn.createAccumulator(),
        epoch: this.#epoch,
      };
      const { accumulator } = group;
      refusePromise(this.name, "createAccumulator", accumulator);
      group.accumulator = combineFn.addInput(accumulator, value);
      refusePromise(this.name, "addInput", group.accumulator);
      groups.set(identity, group);
      this.#owesEmpty = false;
      return;
    }
    if (group.epoch !== this.#epoch) {
      this.#preserve(group);
    }
    group.accumulator = combineFn.addInput(group.accumulator, value);
  }

  /** `undefined` when the window is over. */
  #stateOf(window: Window): WindowState | undefined {
    if (window.end <= this.#inputWatermark) return undefined;
    const state = this.#byEnd.get(window.end)?.get(window.start);
    return state ?? this.#open(window);
  }

  #open(window: Window): WindowState {
    const state = new WindowState(window);
    let together = this.#byEnd.get(window.end);
    if (together === undefined) {
      together = new EndingTogether();
      this.#byEnd.set(window.end, together);
      this.#ends.push(window.end);
    }
    together.add(state);
    return state;
  }

  #nextDue(): { readonly state: WindowState; readonly rest: Iterator<Group> } | undefined {
    const end = this.#ends.peek();
    if (end === undefined || end > this.#inputWatermark) return undefined;
    const state = this.#byEnd.get(end)?.states[0] as WindowState;
    return { state, rest: state.groups.values() };
  }

  #free(state: WindowState): void {
    const together = this.#byEnd.get(state.window.end) as EndingTogether;
    together.removeFirst();
    if (together.states.length > 0) return;
    this.#byEnd.delete(state.window.end);
    this.#ends.pop();
  }

  #emitGroup(state: WindowState, group: Group): void {
    const { combineFn, toOutput } = this.#binding;
    let output: unknown;
    try {
      this.#preserve(group);
      const result = combineFn.extractOutput(group.accumulator);
      refusePromise(this.name, "mergeAccumulators or extractOutput", result);
      output = toOutput(group.key as never, result as never, state.window);
    } catch (error) {
      throw stepError(this.name, error);
    }
    this.#emit(output, state.window.end - 1, state.windows, ONLY_PANE);
  }

  get #isEmptyDue(): boolean {
    return this.#owesEmpty && this.#inputWatermark > GLOBAL_WINDOW_MAX_TIMESTAMP;
  }

  #emitEmpty(): void {
    if (!this.#isEmptyDue) return;
    this.#owesEmpty = false;
    const { combineFn, toOutput } = this.#binding;
    let output: unknown;
    try {
      const result = combineFn.extractOutput(combineFn.createAccumulator());
      output = toOutput(undefined as never, result as never, GLOBAL_WINDOW);
    } catch (error) {
      throw stepError(this.name, error);
    }
    this.#emit(output, GLOBAL_WINDOW_MAX_TIMESTAMP, GLOBAL_WINDOWS, ONLY_PANE);
  }
}
