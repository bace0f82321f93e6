/** The functions between time and text or numbers: DATE_FORMAT, TO_TIMESTAMP, UNIX_TIMESTAMP and their kin. */
import { Instant, LocalTimestamp, parseCastDate, parseCastTimestamp, trimBlanks } from "@tributary/core";
import { implementation } from "../expressions/scalar.js";
import { BIGINT, DATE, STRING, instantType, timestampType } from "../expressions/type-rules.js";
import { DAY_MS } from "./calendar.js";
import { DatePatternError, dateParser, datePrinter } from "./date-pattern.js";
import type { CallSite, ScalarFunction } from "./function.js";
import { CallRefusal, INTEGER, LONG, NUMBER, TEXT, constantOf, define } from "./function.js";
import { cached } from "./text-pattern.js";
import { DAY_OR_MORE, wallClock } from "./time-values.js";
import { toInstant, toLocalTimestamp, zoneClock } from "./time-zone.js";

const CAN_BE_NULL = { canBeNull: true } as const;
const DEFAULT_PATTERN = "yyyy-MM-dd HH:mm:ss";

function compiled<T>(site: CallSite, index: number, make: (pattern: string) => T): (pattern: string) => T {
  const constant = constantOf(site.arguments[index]);
  if (typeof constant !== "string") return cached(make);
  try {
    const made = make(constant);
    return () => made;
  } catch (error) {
    if (error instanceof DatePatternError) throw new CallRefusal(error.message);
    throw error;
  }
}

/** A pattern that comes with the row and is wrong gives NULL. */
function guarded<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof DatePatternError) return null;
    throw error;
  }
}

/** A timestamp with milliseconds, from a text in SQL's form; as TO_TIMESTAMP reads it. */
function readTimestamp(text: string): LocalTimestamp | undefined {
  return parseCastTimestamp(trimBlanks(text))?.truncatedTo(3);
}

const DATE_FORMAT: ScalarFunction = define("DATE_FORMAT", [
  {
    parameters: [DAY_OR_MORE, TEXT],
    returns: STRING,
    make(site) {
      const printer = compiled(site, 1, datePrinter);
      const { type } = site.arguments[0]!;
      const local = wallClock(type, site.environment) as (value: unknown) => number;
      return implementation(
        "DATE_FORMAT",
        (value: LocalTimestamp | number, pattern: string) => {
          const nanos = typeof value === "number" ? 0 : value.nanosOfMilli;
          return guarded(() => printer(pattern)(new LocalTimestamp(local(value), nanos)));
        },
        CAN_BE_NULL,
      );
    },
  },
  {
    parameters: [TEXT, TEXT],
    returns: STRING,
    make(site) {
      const printer = compiled(site, 1, datePrinter);
      return implementation(
        "DATE_FORMAT",
        (text: string, pattern: string) => {
          const value = readTimestamp(text);
          return value === undefined ? null : guarded(() => printer(pattern)(value));
        },
        CAN_BE_NULL,
      );
    },
  },
]);

/** The parser of a pattern argument, or SQL's form without one. */
function parserOf(site: CallSite): (text: string, pattern: string | undefined) => LocalTimestamp | null {
  if (site.arguments.length < 2) return (text) => readTimestamp(text) ?? null;
  const parser = compiled(site, 1, dateParser);
  return (text, pattern) => guarded(() => parser(pattern!)(text)) ?? null;
}

const PARSING: readonly ScalarFunction[] = [
  define("TO_TIMESTAMP", [
    {
      parameters: [TEXT, TEXT],
      optional: 1,
      returns: timestampType(3),
      make(site) {
        const parse = parserOf(site);
        return implementation(
          "TO_TIMESTAMP",
          (text: string, pattern?: string) => parse(text, pattern)?.truncatedTo(3) ?? null,
          CAN_BE_NULL,
        );
      },
    },
  ]),
  define("TO_DATE", [
    {
      parameters: [TEXT],
      returns: DATE,
      make: () =>
        implementation("TO_DATE", (text: string) => parseCastDate(trimBlanks(text)) ?? null, CAN_BE_NULL),
    },
    {
      parameters: [TEXT, TEXT],
      returns: DATE,
      make(site) {
        const parse = parserOf(site);
        return implementation(
          "TO_DATE",
          (text: string, pattern: string) => {
            const value = parse(text, pattern);
            return value === null ? null : Math.floor(value.epochMillis / DAY_MS);
          },
          CAN_BE_NULL,
        );
      },
    },
  ]),
  define("TO_TIMESTAMP_LTZ", [
    {
      parameters: [NUMBER, INTEGER],
      optional: 1,
      returns: instantType(3),
      make(site) {
        const factor = site.arguments.length < 2 || ltzPrecision(site) === 3 ? 1 : 1_000;
        return implementation(
          "TO_TIMESTAMP_LTZ",
          (value: number | bigint | { toNumber(): number }) => {
            const millis = Math.floor(
              (typeof value === "object" ? value.toNumber() : Number(value)) * factor,
            );
            return Math.abs(millis) <= 8.64e15 ? new Instant(millis) : null;
          },
          CAN_BE_NULL,
        );
      },
    },
    {
      parameters: [TEXT, TEXT],
      optional: 1,
      returns: instantType(3),
      make(site) {
        const parse = parserOf(site);
        const clock = zoneClock("UTC");
        return implementation(
          "TO_TIMESTAMP_LTZ",
          (text: string, pattern?: string) => {
            const local = parse(text, pattern);
            return local === null ? null : toInstant(clock, local.truncatedTo(3));
          },
          CAN_BE_NULL,
        );
      },
    },
  ]),
];

function ltzPrecision(site: CallSite): number {
  const precision = constantOf(site.arguments[1]);
  if (precision !== 0 && precision !== 3)
    throw new CallRefusal("the second argument must be 0 (seconds) or 3 (milliseconds)");
  return precision;
}

/** What UNIX_TIMESTAMP gives for a text that is no time. */
const NO_UNIX_TIME = -(2n ** 63n);

const UNIX_TIME: readonly ScalarFunction[] = [
  define("UNIX_TIMESTAMP", [
    {
      parameters: [],
      returns: BIGINT,
      make: ({ environment }) =>
        implementation("UNIX_TIMESTAMP", () => BigInt(Math.floor(environment.now() / 1_000)), {
          isDeterministic: false,
        }),
    },
    {
      parameters: [TEXT, TEXT],
      optional: 1,
      returns: BIGINT,
      make(site) {
        const parse = parserOf(site);
        const clock = zoneClock(site.environment.timeZone);
        return implementation("UNIX_TIMESTAMP", (text: string, pattern?: string) => {
          const local = parse(text, pattern);
          return local === null
            ? NO_UNIX_TIME
            : BigInt(Math.floor(clock.toInstant(local.epochMillis) / 1_000));
        });
      },
    },
  ]),
  define("FROM_UNIXTIME", [
    {
      parameters: [LONG, TEXT],
      optional: 1,
      returns: STRING,
      make(site) {
        const printer = compiled(site, 1, datePrinter);
        const usual = datePrinter(DEFAULT_PATTERN);
        const clock = zoneClock(site.environment.timeZone);
        return implementation(
          "FROM_UNIXTIME",
          (seconds: bigint, pattern?: string) => {
            const millis = Number(seconds) * 1_000;
            if (Math.abs(millis) > 8.64e15) return null;
            const local = new LocalTimestamp(clock.toLocal(millis));
            return pattern === undefined ? usual(local) : guarded(() => printer(pattern)(local));
          },
          CAN_BE_NULL,
        );
      },
    },
  ]),
  define("CONVERT_TZ", [
    {
      parameters: [TEXT, TEXT, TEXT],
      returns: STRING,
      make: () => {
        const printer = datePrinter(DEFAULT_PATTERN);
        return implementation(
          "CONVERT_TZ",
          (text: string, from: string, to: string) => {
            const local = readTimestamp(text);
            if (local === undefined) return null;
            return printer(toLocalTimestamp(safeClock(to), toInstant(safeClock(from), local)));
          },
          CAN_BE_NULL,
        );
      },
    },
  ]),
];

/** As Java's TimeZone.getTimeZone: an unknown zone is UTC. */
function safeClock(timeZone: string): ReturnType<typeof zoneClock> {
  try {
    return zoneClock(timeZone);
  } catch {
    return zoneClock("UTC");
  }
}

/** Every function between time and text or numbers. */
export const TIME_TEXT_FUNCTIONS: readonly ScalarFunction[] = [DATE_FORMAT, ...PARSING, ...UNIX_TIME];
