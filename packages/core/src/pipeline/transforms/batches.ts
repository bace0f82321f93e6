import type { Coder } from "../../types/coders/coder.js";
import type { DoFn, ProcessContext } from "../do-fn.js";
import type { KV } from "../kv.js";
import { checkObject, checkWhole } from "../step-arguments.js";
import { State } from "../state.js";
import { Timers } from "../timer.js";
import { type } from "../type-tag.js";
import { VALUE_CODER } from "../value-coder.js";

/** When a batch is full. @public */
export interface BatchOptions<K, V> {
  /** Most values of a batch. */
  readonly size: number;
  /** Most bytes of a batch; a value that is larger makes a batch alone. */
  readonly maxBytes?: number;
  /** Bytes of a value; absent: those of its encoded form. */
  readonly sizeOf?: (value: V) => number;
  /** Longest time that a value waits for others, in milliseconds of processing time. */
  readonly maxDelayMs?: number;
  /** Absent: keys are plain values (see `VALUE_CODER`). Must be deterministic. */
  readonly keyCoder?: Coder<K>;
  /** Of the values that wait; absent: plain values. */
  readonly valueCoder?: Coder<V>;
}

/** @throws `PIPELINE_INVALID` naming the step. */
export function checkBatchOptions(
  step: string,
  options: Pick<BatchOptions<never, never>, "size" | "maxBytes" | "maxDelayMs">,
): void {
  checkObject(step, "The options", options);
  const { size, maxBytes, maxDelayMs } = options;
  checkWhole(step, "size", size, 1);
  if (maxBytes !== undefined) checkWhole(step, "maxBytes", maxBytes, 1);
  if (maxDelayMs !== undefined) checkWhole(step, "maxDelayMs", maxDelayMs, 1);
}

type Batch<K, V> = KV<K, readonly V[]>;

/** What waits, as one value: it is read and written once an element. */
interface Waiting {
  readonly count: number;
  readonly bytes: number;
  /** Earliest timestamp of what waits. */
  readonly since: number;
}

/** Collects the values of a key and window, and lets them go when there are enough, or for long enough. */
export function batching<K, V>(
  options: BatchOptions<K, V>,
): DoFn<KV<K, V>, Batch<K, V>, ReturnType<typeof states<V>>, typeof TIMERS, {}, {}, K> {
  const { size, maxBytes = Number.POSITIVE_INFINITY, maxDelayMs, keyCoder } = options;
  const sizeOf =
    options.sizeOf ??
    (maxBytes === Number.POSITIVE_INFINITY ? () => 0 : (value: V) => VALUE_CODER.encode(value).length);
  return {
    output: type<Batch<K, V>>(),
    key: (element) => element.key,
    ...(keyCoder === undefined ? {} : { keyCoder }),
    state: states(options.valueCoder),
    timers: TIMERS,
    process({ value }, context) {
      const { state, timers, timestamp } = context;
      const bytes = sizeOf(value);
      let waiting = state.waiting.read() ?? NOTHING;
      if (waiting.count > 0 && waiting.bytes + bytes > maxBytes) {
        flush(context);
        waiting = NOTHING;
      }
      state.values.add(value);
      const since = Math.min(waiting.since, timestamp);
      const next = { count: waiting.count + 1, bytes: waiting.bytes + bytes, since };
      if (next.count >= size || next.bytes >= maxBytes) {
        flush(context);
        return;
      }
      state.waiting.write(next);
      // What waits holds the watermark at its earliest time, so that the batch is not late further on.
      if (since < waiting.since) timers.end.set(context.window.end - 1, { outputTimestamp: since });
      if (waiting.count === 0 && maxDelayMs !== undefined) timers.delay.setRelative(maxDelayMs);
    },
    onTimer: (_timer, context) => flush(context),
    onWindowExpiration: flush,
  };
}

const NOTHING: Waiting = { count: 0, bytes: 0, since: Number.POSITIVE_INFINITY };
const TIMERS = { end: Timers.eventTime(), delay: Timers.processingTime() };

function states<V>(valueCoder: Coder<V> | undefined) {
  return { values: State.bag<V>(valueCoder), waiting: State.value<Waiting>() };
}

function flush<K, V>(
  context: ProcessContext<Batch<K, V>, ReturnType<typeof states<V>>, typeof TIMERS, {}, {}, K>,
): void {
  const { state, timers, key, emit } = context;
  if (state.values.isEmpty()) return;
  emit({ key, value: state.values.read() });
  state.values.clear();
  state.waiting.clear();
  timers.end.clear();
  timers.delay.clear();
}
