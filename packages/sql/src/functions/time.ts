/** The functions on dates, times and timestamps. */
import type { LogicalType } from "@tributary/core";
import { Instant, LocalTimestamp } from "@tributary/core";
import type { Scalar, ScalarImplementation } from "../expressions/scalar.js";
import { implementation } from "../expressions/scalar.js";
import { BIGINT, DATE, INT, instantType, timestampType } from "../expressions/type-rules.js";
import type { FieldUnit } from "./calendar.js";
import {
  DAY_MS,
  addMonths,
  addMonthsToDays,
  fieldOfDay,
  fieldOfMillis,
  fieldOfTime,
  isTimeUnit,
  monthsBetween,
  roundDay,
  roundMillis,
} from "./calendar.js";
import type { CallSite, FunctionEnvironment, Parameter, ScalarFunction } from "./function.js";
import { CallRefusal, LONG, define, writtenAs } from "./function.js";
import { NUMERIC_FUNCTIONS } from "./numeric.js";
import { DAY_OR_MORE, isPoint, wallClock } from "./time-values.js";
import { zoneClock } from "./time-zone.js";

// ------------------------------------------------------------------------------------------------ fields

const FIELD_UNITS: ReadonlySet<string> = new Set<FieldUnit>([
  "MILLENNIUM",
  "CENTURY",
  "DECADE",
  "YEAR",
  "ISOYEAR",
  "QUARTER",
  "MONTH",
  "WEEK",
  "DAY",
  "DOY",
  "DOW",
  "ISODOW",
  "HOUR",
  "MINUTE",
  "SECOND",
  "MILLISECOND",
  "MICROSECOND",
  "NANOSECOND",
  "EPOCH",
]);

function extraction(name: string, unit: FieldUnit, site: CallSite): ScalarImplementation {
  const { type } = site.arguments[0]!;
  const print =
    name === "EXTRACT" ? ([a]: readonly string[]): string => `EXTRACT(${unit} FROM ${a})` : undefined;
  const facts = print === undefined ? {} : { print };
  if (type.kind === "INTERVAL_YEAR_MONTH")
    return implementation(
      name,
      (months: number) =>
        BigInt(unit === "YEAR" ? Math.trunc(months / 12) : unit === "MONTH" ? months % 12 : 0),
      facts,
    );
  if (type.kind === "INTERVAL_DAY_TIME")
    return implementation(
      name,
      (millis: bigint) =>
        unit === "DAY" ? millis / 86_400_000n : BigInt(fieldOfTime(unit, Number(millis % 86_400_000n), 0)),
      facts,
    );
  if (type.kind === "TIME") {
    if (!isTimeUnit(unit) && unit !== "EPOCH") throw new CallRefusal(`a TIME has no ${unit}`);
    return implementation(name, (millis: number) => BigInt(fieldOfTime(unit, millis, 0)), facts);
  }
  if (type.kind === "DATE")
    return implementation(name, (days: number) => BigInt(fieldOfDay(unit, days)), facts);
  if (type.kind === "TIMESTAMP_LTZ" && unit === "EPOCH")
    return implementation(name, (value: Instant) => BigInt(Math.floor(value.epochMillis / 1_000)), facts);
  const local = wallClock(type, site.environment) as (value: unknown) => number;
  return implementation(
    name,
    (value: LocalTimestamp) => BigInt(fieldOfMillis(unit, local(value), value.nanosOfMilli)),
    facts,
  );
}

const EXTRACTABLE: Parameter = {
  label: "DATE or TIME or TIMESTAMP or INTERVAL",
  accepts: (type) => isPoint(type) || type.kind.startsWith("INTERVAL"),
};

const EXTRACT: ScalarFunction = writtenAs(
  "EXTRACT(unit FROM DATE or TIME or TIMESTAMP or INTERVAL)",
  define("EXTRACT", [
    {
      parameters: [EXTRACTABLE],
      returns: BIGINT,
      make(site) {
        if (site.unit === undefined || !FIELD_UNITS.has(site.unit))
          throw new CallRefusal(`EXTRACT has no unit ${site.unit ?? ""}`);
        return extraction("EXTRACT", site.unit as FieldUnit, site);
      },
    },
  ]),
);

function field(name: string, unit: FieldUnit): ScalarFunction {
  return define(name, [
    { parameters: [EXTRACTABLE], returns: BIGINT, make: (site) => extraction(name, unit, site) },
  ]);
}

// ------------------------------------------------------------------------------------------------ rounding

/** FLOOR and CEIL of a number, or of a point in time to a unit. */
function rounding(name: "FLOOR" | "CEIL", aliases: readonly string[] = []): ScalarFunction {
  const ofNumber = NUMERIC_FUNCTIONS.find((one) => one.name === name)!;
  const isCeil = name === "CEIL";
  return {
    name,
    aliases,
    signatures: [...ofNumber.signatures, `${name}(time TO unit)`],
    bind(site) {
      if (site.unit === undefined) return ofNumber.bind(site);
      return roundTime(name, isCeil, site.unit as FieldUnit, site);
    },
  };
}

function roundTime(name: string, isCeil: boolean, unit: FieldUnit, site: CallSite): Scalar {
  const operand = site.arguments[0];
  if (operand === undefined || site.arguments.length !== 1 || !isPoint(operand.type))
    throw new CallRefusal("", true);
  const { type } = operand;
  const environment = site.environment;
  const work = ((): ScalarImplementation["evaluate"] => {
    if (type.kind === "DATE") {
      if (isTimeUnit(unit) || unit === "DAY") return (days: number) => days;
      return (days: number) => roundDay(unit, days, isCeil);
    }
    if (type.kind === "TIME") {
      if (!isTimeUnit(unit)) throw new CallRefusal(`a TIME has no ${unit}`);
      return (millis: number) => roundMillis(unit, millis, isCeil) % DAY_MS;
    }
    if (type.kind === "TIMESTAMP_LTZ") {
      const clock = zoneClock(environment.timeZone);
      return (value: Instant) =>
        new Instant(clock.toInstant(roundMillis(unit, clock.toLocal(value.epochMillis), isCeil)));
    }
    return (value: LocalTimestamp) => new LocalTimestamp(roundMillis(unit, value.epochMillis, isCeil));
  })();
  const made = implementation(name, work, { print: ([a]) => `${name}(${a} TO ${unit})` });
  return { kind: "call", type, implementation: made, arguments: [operand], span: site.span };
}

// ------------------------------------------------------------------------------------------------ distances

const UNIT_MS: Readonly<Record<string, number>> = {
  WEEK: 7 * DAY_MS,
  DAY: DAY_MS,
  HOUR: 3_600_000,
  MINUTE: 60_000,
  SECOND: 1_000,
  MILLISECOND: 1,
};
const UNIT_MONTHS: Readonly<Record<string, number>> = { YEAR: 12, QUARTER: 3, MONTH: 1 };

const TIMESTAMPDIFF: ScalarFunction = writtenAs(
  "TIMESTAMPDIFF(unit, DATE or TIMESTAMP, DATE or TIMESTAMP)",
  define("TIMESTAMPDIFF", [
    {
      parameters: [DAY_OR_MORE, DAY_OR_MORE],
      returns: INT,
      make(site) {
        const unit = site.unit ?? "";
        const [a, b] = site.arguments as [Scalar, Scalar];
        if ((a.type.kind === "TIMESTAMP_LTZ") !== (b.type.kind === "TIMESTAMP_LTZ"))
          throw new CallRefusal("TIMESTAMP_LTZ does not mix with TIMESTAMP or DATE; CAST one of them");
        const millis = (type: LogicalType): ((value: never) => number) =>
          type.kind === "DATE"
            ? (value: number) => value * DAY_MS
            : (value: LocalTimestamp) => value.epochMillis;
        const [from, to] = [millis(a.type), millis(b.type)];
        const print = ([x, y]: readonly string[]): string => `TIMESTAMPDIFF(${unit}, ${x}, ${y})`;
        const months = UNIT_MONTHS[unit];
        if (months !== undefined)
          return implementation(
            "TIMESTAMPDIFF",
            (x: never, y: never) => Math.trunc(monthsBetween(from(x), to(y)) / months) | 0,
            { print },
          );
        const step = UNIT_MS[unit];
        if (step === undefined) throw new CallRefusal(`TIMESTAMPDIFF has no unit ${unit}`);
        return implementation(
          "TIMESTAMPDIFF",
          (x: never, y: never) => Math.trunc((to(y) - from(x)) / step) | 0,
          {
            print,
          },
        );
      },
    },
  ]),
);

const TIMESTAMPADD: ScalarFunction = writtenAs(
  "TIMESTAMPADD(unit, BIGINT, DATE or TIMESTAMP)",
  define("TIMESTAMPADD", [
    {
      parameters: [LONG, DAY_OR_MORE],
      returns: ([, type], site) => {
        if (type!.kind === "DATE") return isTimeUnit(site.unit ?? "") ? timestampType(3) : DATE;
        return isTimeUnit(site.unit ?? "") && "precision" in type!
          ? { ...type, precision: Math.max(3, type.precision) }
          : type!;
      },
      make(site) {
        const unit = site.unit ?? "";
        const { type } = site.arguments[1]!;
        const print = ([n, t]: readonly string[]): string => `TIMESTAMPADD(${unit}, ${n}, ${t})`;
        const months = UNIT_MONTHS[unit];
        const step = UNIT_MS[unit];
        if (months === undefined && step === undefined)
          throw new CallRefusal(`TIMESTAMPADD has no unit ${unit}`);
        if (type.kind === "DATE") {
          if (months !== undefined)
            return implementation(
              "TIMESTAMPADD",
              (n: bigint, days: number) => addMonthsToDays(days, Number(n) * months),
              {
                print,
              },
            );
          return isTimeUnit(unit)
            ? implementation(
                "TIMESTAMPADD",
                (n: bigint, days: number) => new LocalTimestamp(days * DAY_MS + Number(n) * step!),
                { print },
              )
            : implementation(
                "TIMESTAMPADD",
                (n: bigint, days: number) => days + (Number(n) * step!) / DAY_MS,
                {
                  print,
                },
              );
        }
        const work =
          months === undefined
            ? (n: bigint, time: LocalTimestamp | Instant) => time.plusMillis(Number(n) * step!)
            : (n: bigint, time: LocalTimestamp | Instant) => addMonths(time, Number(n) * months);
        return implementation("TIMESTAMPADD", work, { canFail: true, print });
      },
    },
  ]),
);

// ------------------------------------------------------------------------------------------------ now

/** Those with brackets; the others are words of the language. */
const CALLED: ReadonlySet<string> = new Set(["NOW", "PROCTIME", "CURRENT_ROW_TIMESTAMP"]);

function current(
  names: string | readonly string[],
  returns: LogicalType,
  read: (environment: FunctionEnvironment) => () => unknown,
): ScalarFunction {
  const name = typeof names === "string" ? names : names[0]!;
  const written = CALLED.has(name) ? `${name}()` : name;
  const made = define(names, [
    {
      parameters: [],
      returns,
      make: ({ environment }) =>
        implementation(name, read(environment), { isDeterministic: false, print: () => written }),
    },
  ]);
  return writtenAs(written, made);
}

function localNow(environment: FunctionEnvironment): () => number {
  const clock = zoneClock(environment.timeZone);
  return () => clock.toLocal(environment.now());
}

const CURRENT: readonly ScalarFunction[] = [
  ...["CURRENT_TIMESTAMP", "NOW", "PROCTIME", "CURRENT_ROW_TIMESTAMP"].map((name) =>
    current(
      name,
      instantType(3),
      ({ now }) =>
        () =>
          new Instant(now()),
    ),
  ),
  current("LOCALTIMESTAMP", timestampType(3), (environment) => {
    const local = localNow(environment);
    return () => new LocalTimestamp(local());
  }),
  current("CURRENT_DATE", DATE, (environment) => {
    const local = localNow(environment);
    return () => Math.floor(local() / DAY_MS);
  }),
  current(["LOCALTIME", "CURRENT_TIME"], { kind: "TIME", precision: 0, nullable: false }, (environment) => {
    const local = localNow(environment);
    return () => ((local() % DAY_MS) + DAY_MS) % DAY_MS;
  }),
];

/** Every function on time, FLOOR and CEIL of numbers included. */
export const TIME_FUNCTIONS: readonly ScalarFunction[] = [
  EXTRACT,
  field("YEAR", "YEAR"),
  field("QUARTER", "QUARTER"),
  field("MONTH", "MONTH"),
  field("WEEK", "WEEK"),
  field("DAYOFYEAR", "DOY"),
  field("DAYOFMONTH", "DAY"),
  field("DAYOFWEEK", "DOW"),
  field("HOUR", "HOUR"),
  field("MINUTE", "MINUTE"),
  field("SECOND", "SECOND"),
  rounding("FLOOR"),
  rounding("CEIL", ["CEILING"]),
  TIMESTAMPDIFF,
  TIMESTAMPADD,
  ...CURRENT,
];
