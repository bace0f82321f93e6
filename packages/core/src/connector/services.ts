/** A cancellable timer. @public */
export interface TimerHandle {
  /** Idempotent. */
  cancel(): void;
}

/** The runner's clock. A virtual one under test: nothing else may ask for the time or wait. @public */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after `delayMs`; the timer keeps neither the process nor a test alive. */
  setTimer(delayMs: number, callback: () => void): TimerHandle;
  /** Resolves after `delayMs`; rejects with the signal's reason when aborted first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** The runner's random source; seeded under test. @public */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A version 4 UUID. */
  uuid(): string;
}

/** Facts beside a log message, by name; undefined ones are left out. @public */
export type LogFields = Readonly<Record<string, string | number | bigint | boolean | undefined>>;

/** The runner's logger. Callers log at the edges, never a record's content. @public */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  trace(message: string, fields?: LogFields): void;
}

/** A number that only grows, of one name in a {@link MetricGroup}. @public */
export interface Counter {
  add(amount: number): void;
}

/** Metrics of one scope, e.g. `source.clicks.shard.shardId-000000000000`. @public */
export interface MetricGroup {
  /** The scope below this one; the same name gives the same group. */
  group(name: string): MetricGroup;
  counter(name: string): Counter;
  /** Registers `read`, called when metrics are looked at. A second gauge of the name replaces the first. */
  gauge(name: string, read: () => number): void;
  /** Removes a metric, e.g. the lag of a finished shard. */
  remove(name: string): void;
}

/** What the runner lends to sources and sinks. @public */
export interface Services {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: MetricGroup;
}
