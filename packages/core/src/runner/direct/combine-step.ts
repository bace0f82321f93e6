import type { CombineBinding, CombineFn } from "../../pipeline/graph.js";
import { keyIdentity, type KeyIdentity } from "../../pipeline/key-identity.js";
import { ONLY_PANE } from "../../pipeline/pane.js";
import { MIN_TIMESTAMP, type Window } from "../../pipeline/window.js";
import type { ByteReader } from "../../types/coders/byte-reader.js";
import type { ByteWriter } from "../../types/coders/byte-writer.js";
import { NumberHeap } from "./number-heap.js";
import { WAITING_MAX, type Pressure, type Push } from "./push.js";
import type { StatefulStep } from "./stateful-step.js";
import { stepError } from "./step-error.js";

interface CombineFunctions {
  readonly keyOf: (value: unknown) => unknown;
  readonly keyIdentity?: (key: unknown) => KeyIdentity;
  readonly elementIdentity?: (value: unknown) => KeyIdentity;
  readonly combineFn: CombineFn<unknown, unknown, unknown>;
}

/** Most groups emitted at a time, so that a job with many keys lets others have a turn. */
const FIRED_MAX = 4_096;

interface Group {
  readonly key: unknown;
  accumulator: unknown;
}

/** State of one window: its groups in the order in which their keys were first seen. */
class WindowState {
  readonly groups = new Map<KeyIdentity, Group>();
  readonly windows: readonly Window[];

  constructor(readonly window: Window) {
    this.windows = [window];
  }
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
  readonly #byEnd = new Map<number, WindowState[]>();
  readonly #ends = new NumberHeap();
  #inputWatermark = MIN_TIMESTAMP;
  #outputWatermark = MIN_TIMESTAMP;
  /** The assignment met last, and the groups of its window if it has one that is not over. Windows come in runs. */
  #lastWindows: readonly Window[] | undefined;
  #lastGroups: Map<KeyIdentity, Group> | undefined;
  #firing: { readonly state: WindowState; readonly rest: Iterator<Group> } | undefined;
  #lateRows = 0;
  #droppedPairs = 0;

  constructor(name: string, binding: CombineBinding, emit: Push) {
    this.name = name;
    this.#binding = binding;
    this.#emit = emit;
    this.#functions = binding as unknown as CombineFunctions;
    this.#identityOfKey = identityOfKey(binding);
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
    return end !== undefined && end <= this.#inputWatermark;
  }

  readonly push: Push = (value, _timestamp, windows) => {
    try {
      if (windows !== this.#lastWindows) this.#turnTo(windows);
      const groups = this.#lastGroups;
      if (groups !== undefined) this.#fold(groups, value);
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
      this.#lastGroups = undefined;
    }
    const end = this.#ends.peek();
    const hold = end !== undefined && end <= this.#inputWatermark ? end - 1 : this.#inputWatermark;
    if (hold > this.#outputWatermark) this.#outputWatermark = hold;
  }

  /** Emits due groups in the order of their windows' ends until none is left or much waits below. */
  fire(pressure: Pressure): void {
    for (let fired = 0; fired < FIRED_MAX && pressure.waiting < WAITING_MAX; fired++) {
      this.#firing ??= this.#nextDue();
      if (this.#firing === undefined) return;
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

  /** Writes watermarks, counters and every group. Not while something is due. */
  snapshot(writer: ByteWriter): void {
    writer.float64(this.#inputWatermark);
    writer.float64(this.#outputWatermark);
    writer.float64(this.#lateRows);
    writer.float64(this.#droppedPairs);
    const { keyCoder, accumulatorCoder } = this.#coders();
    const states = [...this.#byEnd.values()].flat();
    writer.varInt(states.length);
    for (const { window, groups } of states) {
      writer.float64(window.start);
      writer.float64(window.end);
      writer.varInt(groups.size);
      for (const { key, accumulator } of groups.values()) {
        writer.bytes(keyCoder.encode(key));
        writer.bytes(accumulatorCoder.encode(accumulator));
      }
    }
  }

  restore(reader: ByteReader): void {
    this.#inputWatermark = reader.float64();
    this.#outputWatermark = reader.float64();
    this.#lateRows = reader.float64();
    this.#droppedPairs = reader.float64();
    const { keyCoder, accumulatorCoder } = this.#coders();
    for (let states = reader.varInt(); states > 0; states--) {
      const state = this.#open({ start: reader.float64(), end: reader.float64() });
      for (let groups = reader.varInt(); groups > 0; groups--) {
        const key = keyCoder.decode(reader.bytes());
        const accumulator = accumulatorCoder.decode(reader.bytes());
        state.groups.set(this.#identityOfKey(key), { key, accumulator });
      }
    }
  }

  #coders() {
    return this.#binding as unknown as {
      readonly keyCoder: { encode(value: unknown): Uint8Array; decode(bytes: Uint8Array): unknown };
      readonly accumulatorCoder: { encode(value: unknown): Uint8Array; decode(bytes: Uint8Array): unknown };
    };
  }

  #turnTo(windows: readonly Window[]): void {
    this.#lastWindows = windows;
    this.#lastGroups = windows.length === 1 ? this.#groupsOf(windows[0] as Window) : undefined;
  }

  #pushIntoAll(value: unknown, windows: readonly Window[]): void {
    let isLate = true;
    for (const window of windows) {
      const groups = this.#groupsOf(window);
      if (groups === undefined) {
        this.#droppedPairs += 1;
      } else {
        isLate = false;
        this.#fold(groups, value);
      }
    }
    if (isLate) this.#lateRows += 1;
  }

  #fold(groups: Map<KeyIdentity, Group>, value: unknown): void {
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
        accumulator: combineFn.createAccumulator(),
      };
      groups.set(identity, group);
    }
    group.accumulator = combineFn.addInput(group.accumulator, value);
  }

  /** `undefined` when the window is over. */
  #groupsOf(window: Window): Map<KeyIdentity, Group> | undefined {
    if (window.end <= this.#inputWatermark) return undefined;
    const states = this.#byEnd.get(window.end);
    const state = states?.find((one) => one.window.start === window.start);
    return (state ?? this.#open(window)).groups;
  }

  #open(window: Window): WindowState {
    const state = new WindowState(window);
    const states = this.#byEnd.get(window.end);
    if (states === undefined) {
      this.#byEnd.set(window.end, [state]);
      this.#ends.push(window.end);
    } else {
      states.push(state);
    }
    return state;
  }

  #nextDue(): { readonly state: WindowState; readonly rest: Iterator<Group> } | undefined {
    if (!this.hasDue) return undefined;
    const state = this.#byEnd.get(this.#ends.peek() as number)?.[0] as WindowState;
    return { state, rest: state.groups.values() };
  }

  #free(state: WindowState): void {
    const states = this.#byEnd.get(state.window.end) as WindowState[];
    states.shift();
    if (states.length > 0) return;
    this.#byEnd.delete(state.window.end);
    this.#ends.pop();
  }

  #emitGroup(state: WindowState, group: Group): void {
    const { combineFn, toOutput } = this.#binding;
    let output: unknown;
    try {
      const result = combineFn.extractOutput(group.accumulator);
      output = toOutput(group.key as never, result as never, state.window);
    } catch (error) {
      throw stepError(this.name, error);
    }
    this.#emit(output, state.window.end - 1, state.windows, ONLY_PANE);
  }
}

function identityOfKey(binding: CombineBinding): (key: unknown) => KeyIdentity {
  if (binding.keyIdentity !== undefined) return binding.keyIdentity as (key: unknown) => KeyIdentity;
  const { keyCoder } = binding;
  return (key) => keyIdentity(key, keyCoder);
}
