/** Literals: their types and values. After Apache Flink and the SQL standard. */
import type { LogicalType, SqlValue } from "@tributary/core";
import { Decimal, Instant, parseCastDate, parseCastTime, parseCastTimestamp } from "@tributary/core";
import type { ScalarLiteral } from "../expressions/scalar.js";
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  INT,
  NULL_TYPE,
  decimalType,
  instantType,
  timestampType,
  withNullable,
} from "../expressions/type-rules.js";
import { zoneClock } from "../functions/time-zone.js";
import type {
  DateTimeLiteral,
  IntervalLiteral,
  IntervalUnit,
  Literal,
  NumberLiteral,
} from "../parser/ast.js";
import { intervalType } from "./bind-type.js";
import type { Faults } from "./faults.js";

function literal(type: LogicalType, value: SqlValue): ScalarLiteral {
  return { kind: "literal", type, value };
}

/** Binds a literal. Reports and abandons one whose text is no value of its type. */
export function bindLiteral(node: Literal, faults: Faults, timeZone: string): ScalarLiteral {
  switch (node.kind) {
    case "NumberLiteral":
      return numberLiteral(node, faults);
    case "StringLiteral":
      return literal({ kind: "CHAR", length: Array.from(node.value).length, nullable: false }, node.value);
    case "BinaryLiteral":
      return literal({ kind: "BINARY", length: node.value.length, nullable: false }, node.value);
    case "BooleanLiteral":
      return literal(withNullable(BOOLEAN, node.value === null), node.value);
    case "NullLiteral":
      return literal(NULL_TYPE, null);
    case "DateTimeLiteral":
      return dateTimeLiteral(node, faults, timeZone);
    case "IntervalLiteral":
      return intervalLiteral(node, faults);
  }
}

const INT_MAX = 2147483648n;
const LONG_MAX = 1n << 63n;

function numberLiteral(node: NumberLiteral, faults: Faults): ScalarLiteral {
  if (node.form === "approximate") return literal(DOUBLE, Number(node.text));
  const value = Decimal.parse(node.text);
  if (value === undefined) return faults.invalid(node.span, `'${node.text}' is not a number.`);
  if (node.form === "integer") {
    if (value.unscaled < INT_MAX) return literal(INT, Number(value.unscaled));
    if (value.unscaled < LONG_MAX) return literal(BIGINT, value.unscaled);
  }
  const precision = Math.max(value.precision, value.scale, 1);
  if (precision > 38) return faults.invalid(node.span, `The number ${node.text} has more than 38 digits.`);
  return literal(decimalType(precision, value.scale), value);
}

function dateTimeLiteral(node: DateTimeLiteral, faults: Faults, timeZone: string): ScalarLiteral {
  const text = node.value.value;
  const wrong = (form: string): never =>
    faults.invalid(node.span, `'${text}' is not a ${node.type}; write ${form}.`, { value: text });
  const fraction = /\.(\d*)$/u.exec(text)?.[1]?.length ?? 0;
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others take the default's way.
  switch (node.type) {
    case "DATE": {
      const days = /^\d{4}-\d{1,2}-\d{1,2}$/u.test(text) ? parseCastDate(text) : undefined;
      return days === undefined ? wrong("'2024-02-29'") : literal(DATE, days);
    }
    case "TIME": {
      const millis = parseCastTime(text);
      const type: LogicalType = { kind: "TIME", precision: Math.min(fraction, 9), nullable: false };
      return millis === undefined ? wrong("'10:11:12'") : literal(type, millis);
    }
    default: {
      const local = / /u.test(text.trim()) ? parseCastTimestamp(text) : undefined;
      if (local === undefined || fraction > 9) return wrong("'2024-02-29 10:11:12.345'");
      if (node.type === "TIMESTAMP") return literal(timestampType(fraction), local);
      const clock = zoneClock(timeZone);
      return literal(
        instantType(fraction),
        new Instant(clock.toInstant(local.epochMillis), local.nanosOfMilli),
      );
    }
  }
}

const UNIT_MS: Readonly<Record<IntervalUnit, number>> = {
  YEAR: 0,
  QUARTER: 0,
  MONTH: 0,
  WEEK: 604_800_000,
  DAY: 86_400_000,
  HOUR: 3_600_000,
  MINUTE: 60_000,
  SECOND: 1_000,
};
const UNIT_MONTHS: Readonly<Partial<Record<IntervalUnit, number>>> = { YEAR: 12, QUARTER: 3, MONTH: 1 };
const DAY_UNITS: readonly IntervalUnit[] = ["DAY", "HOUR", "MINUTE", "SECOND"];
/** Least value that the field before would hold. */
const FIELD_LIMIT: Readonly<Partial<Record<IntervalUnit, number>>> = {
  MONTH: 12,
  HOUR: 24,
  MINUTE: 60,
  SECOND: 60,
};
const SEPARATOR: Readonly<Partial<Record<IntervalUnit, string>>> = {
  MONTH: "-",
  HOUR: " ",
  MINUTE: ":",
  SECOND: ":",
};

function intervalLiteral(node: IntervalLiteral, faults: Faults): ScalarLiteral {
  const { qualifier } = node;
  const type = intervalType(qualifier, faults);
  const text = node.value.value;
  const units = unitsOf(qualifier.from, qualifier.to);
  const pattern = new RegExp(
    `^\\s*([+-]?)(\\d+)${units
      .slice(1)
      .map((unit) => `${SEPARATOR[unit]}(\\d{1,2})`)
      .join("")}${units.at(-1) === "SECOND" ? "(?:\\.(\\d{1,9}))?" : ""}\\s*$`,
    "u",
  );
  const found = pattern.exec(text);
  if (found === null)
    return faults.invalid(node.span, `'${text}' is not an INTERVAL ${type.resolution}.`, { value: text });
  const precision = qualifier.precision ?? 2;
  const first = found[2]!;
  if (first.replace(/^0+(?=\d)/u, "").length > precision)
    return faults.invalid(
      node.span,
      `The first field of INTERVAL '${text}' ${type.resolution} holds ${precision} digits, not ${first.length}.`,
      { value: text, hint: `Widen it: INTERVAL '${text}' ${qualifier.from}(${first.length}).` },
    );
  let total = 0n;
  for (const [i, unit] of units.entries()) {
    const amount = Number(found[i + 2]);
    const limit = FIELD_LIMIT[unit];
    if (i > 0 && limit !== undefined && amount >= limit)
      return faults.invalid(
        node.span,
        `In INTERVAL '${text}' the field ${unit} is ${amount}; it must be below ${limit}.`,
      );
    total += BigInt(amount) * BigInt(UNIT_MONTHS[unit] ?? UNIT_MS[unit]);
  }
  const fraction = found[units.length + 2];
  if (fraction !== undefined) total += BigInt(fraction.padEnd(9, "0")) / 1_000_000n;
  const sign = (found[1] === "-" ? -1n : 1n) * BigInt(node.sign);
  return literal(type, type.kind === "INTERVAL_YEAR_MONTH" ? Number(sign * total) : sign * total);
}

function unitsOf(from: IntervalUnit, to: IntervalUnit | undefined): readonly IntervalUnit[] {
  if (to === undefined) return [from];
  if (from === "YEAR") return ["YEAR", "MONTH"];
  return DAY_UNITS.slice(DAY_UNITS.indexOf(from), DAY_UNITS.indexOf(to) + 1);
}
