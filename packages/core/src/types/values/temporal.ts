/**
 * `Temporal`, where the runtime has it. Nothing here needs it to be there, nor the compiler to know it: values are
 * recognised by their shape, and results have the global's types where the compiler has them.
 */

/** `Temporal.Instant` and `Temporal.ZonedDateTime`, as far as they are read here. @public */
export interface TemporalInstant {
  readonly epochNanoseconds: bigint;
}

/** `Temporal.PlainDate`, as far as it is read here. @public */
export interface TemporalPlainDate {
  readonly calendarId: string;
  readonly year: number;
  readonly month: number;
  readonly day: number;
  withCalendar(calendar: string): TemporalPlainDate;
}

/** `Temporal.PlainTime`, as far as it is read here. @public */
export interface TemporalPlainTime {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  readonly microsecond: number;
  readonly nanosecond: number;
}

/** `Temporal.PlainDateTime`, as far as it is read here. @public */
export interface TemporalPlainDateTime extends TemporalPlainDate, TemporalPlainTime {
  withCalendar(calendar: string): TemporalPlainDateTime;
}

/** The global's own type of a kind of value where the compiler knows one, else what is read here. @public */
export type TemporalValue<K extends string, Otherwise> = typeof globalThis extends {
  readonly Temporal: { readonly [Kind in K]: { readonly prototype: infer Value } };
}
  ? Value
  : Otherwise;

interface TemporalConstructors {
  readonly Instant: { fromEpochNanoseconds(nanos: bigint): TemporalInstant };
  readonly PlainDate: new (year: number, month: number, day: number) => TemporalPlainDate;
  readonly PlainTime: new (
    hour: number,
    minute: number,
    second: number,
    millisecond: number,
  ) => TemporalPlainTime;
  readonly PlainDateTime: new (
    year: number,
    month: number,
    day: number,
    hour: number,
    minute: number,
    second: number,
    millisecond: number,
    microsecond: number,
    nanosecond: number,
  ) => TemporalPlainDateTime;
}

/** @throws TypeError if the runtime has no Temporal. */
export function temporal(): TemporalConstructors {
  const found = (globalThis as { readonly Temporal?: TemporalConstructors }).Temporal;
  if (found === undefined) {
    throw new TypeError(
      `Node ${process.versions.node} has no Temporal: it came with Node 26. Use toDate, or load a polyfill that sets globalThis.Temporal.`,
    );
  }
  return found;
}

/** The class of a Temporal value, e.g. `PlainDate`; `undefined` for anything else. Polyfills count. */
export function temporalKind(value: object): string | undefined {
  const tag: unknown = (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return typeof tag === "string" && tag.startsWith("Temporal.") ? tag.slice("Temporal.".length) : undefined;
}

/** The same date in the ISO 8601 calendar, whose year, month and day are those of SQL. */
export function inIsoCalendar<T extends TemporalPlainDate>(date: T): T {
  return date.calendarId === "iso8601" ? date : (date.withCalendar("iso8601") as T);
}
