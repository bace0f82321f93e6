/**
 * Arithmetic and comparison. Integers wrap around at their width; decimals are exact and NULL beyond their digits;
 * DOUBLE follows IEEE 754. After Apache Flink; see "Scalar functions" in its documentation.
 */
import type { Decimal, Instant, LocalTimestamp, LogicalType } from "@tributary/core";
import { printType } from "@tributary/core";
import { comparatorOf, equalityOf, isOrdered, isPlain } from "../expressions/comparison.js";
import type { Scalar, ScalarImplementation } from "../expressions/scalar.js";
import { ScalarFault, implementation } from "../expressions/scalar.js";
import {
  BOOLEAN,
  DATE,
  asDecimal,
  commonType,
  decimalResult,
  decimalType,
  isApproximate,
  isInteger,
  isInterval,
  isNumeric,
  isTimestamp,
  timestampType,
  withNullable,
} from "../expressions/type-rules.js";
import { addMonths, addMonthsToDays } from "./calendar.js";
import type { CallSite } from "./function.js";
import { CallRefusal, callTo } from "./function.js";

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%";
export type Comparison = "=" | "<>" | "<" | "<=" | ">" | ">=";

const infix =
  (operator: string) =>
  ([a, b]: readonly string[]): string =>
    `(${a} ${operator} ${b})`;

function mismatch(operator: string, left: LogicalType, right: LogicalType): CallRefusal {
  return new CallRefusal(`'${operator}' does not take ${printType(left)} and ${printType(right)}`);
}

// ------------------------------------------------------------------------------------------------ integers

function divisionByZero(): never {
  throw new ScalarFault("division by zero");
}

const NARROW: Readonly<Record<string, string>> = {
  TINYINT: "<< 24 >> 24",
  SMALLINT: "<< 16 >> 16",
  INT: "| 0",
};

/** Cuts a number to the width of its type. */
export function wrapNumber(kind: string): (value: number) => number {
  if (kind === "TINYINT") return (value) => (value << 24) >> 24;
  if (kind === "SMALLINT") return (value) => (value << 16) >> 16;
  return (value) => value | 0;
}

function numberOperation(operator: ArithmeticOperator, kind: string): ScalarImplementation {
  const wrap = wrapNumber(kind);
  const narrow = NARROW[kind]!;
  const print = infix(operator);
  switch (operator) {
    case "+":
    case "-":
      return implementation(
        "+-".includes(operator) ? operator : "",
        operator === "+" ? (a: number, b: number) => wrap(a + b) : (a: number, b: number) => wrap(a - b),
        {
          inline: ([a, b]) => `((${a} ${operator} ${b}) ${narrow})`,
          print,
        },
      );
    case "*":
      return implementation("*", (a: number, b: number) => wrap(Math.imul(a, b)), {
        inline: ([a, b]) => `(Math.imul(${a}, ${b}) ${narrow})`,
        print,
      });
    case "/":
      return implementation("/", (a: number, b: number) => (b === 0 ? divisionByZero() : wrap(a / b)), {
        canFail: true,
        print,
      });
    case "%":
      return implementation("%", (a: number, b: number) => (b === 0 ? divisionByZero() : (a % b) | 0), {
        canFail: true,
        print,
      });
  }
}

function bigintOperation(operator: ArithmeticOperator): ScalarImplementation {
  const print = infix(operator);
  const inline = ([a, b]: readonly string[]): string => `BigInt.asIntN(64, ${a} ${operator} ${b})`;
  switch (operator) {
    case "+":
      return implementation("+", (a: bigint, b: bigint) => BigInt.asIntN(64, a + b), { inline, print });
    case "-":
      return implementation("-", (a: bigint, b: bigint) => BigInt.asIntN(64, a - b), { inline, print });
    case "*":
      return implementation("*", (a: bigint, b: bigint) => BigInt.asIntN(64, a * b), { inline, print });
    case "/":
      return implementation(
        "/",
        (a: bigint, b: bigint) => (b === 0n ? divisionByZero() : BigInt.asIntN(64, a / b)),
        { canFail: true, print },
      );
    case "%":
      return implementation("%", (a: bigint, b: bigint) => (b === 0n ? divisionByZero() : a % b), {
        canFail: true,
        print,
      });
  }
}

function realOperation(operator: ArithmeticOperator, isFloat: boolean): ScalarImplementation {
  const print = infix(operator);
  const inline = ([a, b]: readonly string[]): string =>
    isFloat ? `Math.fround(${a} ${operator} ${b})` : `(${a} ${operator} ${b})`;
  const operations: Readonly<Record<ArithmeticOperator, (a: number, b: number) => number>> = {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "/": (a, b) => a / b,
    "%": (a, b) => a % b,
  };
  const work = operations[operator];
  return implementation(operator, isFloat ? (a: number, b: number) => Math.fround(work(a, b)) : work, {
    inline,
    print,
  });
}

function decimalOperation(
  operator: ArithmeticOperator,
  type: { readonly precision: number; readonly scale: number },
): ScalarImplementation {
  const { precision, scale } = type;
  const work = {
    "+": (a: Decimal, b: Decimal) => a.add(b).fit(precision, scale),
    "-": (a: Decimal, b: Decimal) => a.sub(b).fit(precision, scale),
    "*": (a: Decimal, b: Decimal) => a.mul(b).fit(precision, scale),
    "/": (a: Decimal, b: Decimal) =>
      b.unscaled === 0n ? divisionByZero() : a.div(b, scale).fit(precision, scale),
    "%": (a: Decimal, b: Decimal) => (b.unscaled === 0n ? divisionByZero() : a.mod(b).fit(precision, scale)),
  }[operator];
  const canFail = operator === "/" || operator === "%";
  return implementation(operator, work, { canBeNull: precision === 38, canFail, print: infix(operator) });
}

// ------------------------------------------------------------------------------------------------ arithmetic

/** Binds `a + b` and its kin. @throws CallRefusal */
export function bindArithmetic(operator: ArithmeticOperator, site: CallSite): Scalar {
  const [left, right] = site.arguments as [Scalar, Scalar];
  if (isTemporal(left.type) || isTemporal(right.type)) return bindTimeArithmetic(operator, left, right, site);
  const [a, b] = [nullAs(left.type, right.type), nullAs(right.type, left.type)];
  if (!isNumeric(a) || !isNumeric(b)) throw mismatch(operator, left.type, right.type);
  if (isApproximate(a) || isApproximate(b) || (isInteger(a) && isInteger(b))) {
    const common = commonType(a, b)!;
    const args = [left, right].map((one) => site.cast(one, withNullable(common, one.type.nullable)));
    if (
      operator === "%" &&
      common.kind === "BIGINT" &&
      isInteger(b) &&
      b.kind !== "BIGINT" &&
      isNotZero(right)
    )
      return callTo(SMALL_REMAINDER, b, args, site);
    const made =
      common.kind === "BIGINT"
        ? bigintOperation(operator)
        : isInteger(common)
          ? numberOperation(operator, common.kind)
          : realOperation(operator, common.kind === "FLOAT");
    const result = callTo(made, common, args, site);
    // The remainder of integers has the type of the divisor.
    return operator === "%" && isInteger(b)
      ? site.cast(result, withNullable(b, result.type.nullable))
      : result;
  }
  const [x, y] = [asDecimal(a), asDecimal(b)];
  const type = decimalResult(operator, x, y);
  const args = [
    site.cast(left, withNullable(x, left.type.nullable)),
    site.cast(right, withNullable(y, right.type.nullable)),
  ];
  return callTo(decimalOperation(operator, type), type, args, site);
}

/** BIGINT by a constant of a smaller type: fits that type, and nothing has to be checked for each row. */
const SMALL_REMAINDER = implementation("%", (a: bigint, b: bigint) => Number(a % b), {
  inline: ([a, b]) => `Number(${a} % ${b})`,
  print: infix("%"),
});

function isNotZero(scalar: Scalar): boolean {
  return scalar.kind === "literal" && scalar.value !== null && Number(scalar.value) !== 0;
}

function nullAs(type: LogicalType, other: LogicalType): LogicalType {
  return type.kind === "NULL" ? withNullable(other, true) : type;
}

/** Binds `-a` and `+a`. @throws CallRefusal */
export function bindSign(operator: "+" | "-", site: CallSite): Scalar {
  const operand = site.arguments[0]!;
  const { type } = operand;
  if (!isNumeric(type) && !isInterval(type) && type.kind !== "NULL")
    throw new CallRefusal(`'${operator}' does not take ${printType(type)}`);
  if (operator === "+" || type.kind === "NULL") return operand;
  const print = ([a]: readonly string[]): string => `(-${a})`;
  const negate = ((): ScalarImplementation => {
    if (type.kind === "DECIMAL") return implementation("-", (a: Decimal) => a.neg(), { print });
    if (type.kind === "BIGINT" || type.kind === "INTERVAL_DAY_TIME")
      return implementation("-", (a: bigint) => BigInt.asIntN(64, -a), { print });
    if (isApproximate(type)) return implementation("-", (a: number) => -a, { print });
    const wrap = wrapNumber(type.kind);
    return implementation("-", (a: number) => wrap(0 - a), { print });
  })();
  return callTo(negate, type, [operand], site);
}

// ------------------------------------------------------------------------------------------------ time

function isTemporal(type: LogicalType): boolean {
  return isInterval(type) || isTimestamp(type) || type.kind === "DATE" || type.kind === "TIME";
}

function bindTimeArithmetic(
  operator: ArithmeticOperator,
  left: Scalar,
  right: Scalar,
  site: CallSite,
): Scalar {
  if (isInterval(left.type) && !isInterval(right.type)) {
    if (operator === "+") return shift("+", right, left, site);
    if (operator === "*") return scaleInterval("*", left, right, site);
    if (operator === "/") return scaleInterval("/", left, right, site);
  }
  if (isInterval(right.type)) {
    if (isInterval(left.type) && (operator === "+" || operator === "-")) {
      if (left.type.kind !== right.type.kind) throw mismatch(operator, left.type, right.type);
      const made =
        left.type.kind === "INTERVAL_DAY_TIME" ? bigintOperation(operator) : numberOperation(operator, "INT");
      return callTo(made, left.type, [left, right], site);
    }
    if (operator === "*" && isNumeric(left.type)) return scaleInterval("*", right, left, site);
    if ((operator === "+" || operator === "-") && !isInterval(left.type))
      return shift(operator, left, right, site);
  }
  if (operator === "-")
    throw new CallRefusal(
      "two points in time are subtracted as (a - b) SECOND or another unit, or with TIMESTAMPDIFF",
    );
  throw mismatch(operator, left.type, right.type);
}

function scaleInterval(operator: "*" | "/", interval: Scalar, factor: Scalar, site: CallSite): Scalar {
  if (!isNumeric(factor.type)) throw mismatch(operator, interval.type, factor.type);
  const exact = site.cast(factor, withNullable(decimalType(38, 10), factor.type.nullable));
  const isMonths = interval.type.kind === "INTERVAL_YEAR_MONTH";
  const work = (amount: number | bigint, by: Decimal): number | bigint => {
    const { unscaled, scale } = by.stripTrailingZeros().rescale(Math.max(0, by.scale));
    if (operator === "/" && unscaled === 0n) divisionByZero();
    const power = 10n ** BigInt(scale);
    const result =
      operator === "*" ? (BigInt(amount) * unscaled) / power : (BigInt(amount) * power) / unscaled;
    return isMonths ? Number(BigInt.asIntN(32, result)) : BigInt.asIntN(64, result);
  };
  const made = implementation(operator, work, { canFail: operator === "/", print: infix(operator) });
  return callTo(made, interval.type, [interval, exact], site);
}

const DAY_MS = 86_400_000;
const DAY_MS_LONG = 86_400_000n;

/** `point + interval` and `point - interval`. */
function shift(operator: "+" | "-", point: Scalar, interval: Scalar, site: CallSite): Scalar {
  const sign = operator === "+" ? 1 : -1;
  const { kind } = point.type;
  const print = infix(operator);
  const isMonths = interval.type.kind === "INTERVAL_YEAR_MONTH";
  if (kind === "DATE") {
    if (isMonths) {
      const work = (days: number, months: number): number => addMonthsToDays(days, sign * months);
      return callTo(implementation(operator, work, { print }), DATE, [point, interval], site);
    }
    const resolution = interval.type.kind === "INTERVAL_DAY_TIME" ? interval.type.resolution : "";
    if (/^DAY(?:\(\d+\))?$/u.test(resolution)) {
      const work = (days: number, millis: bigint): number => days + sign * Number(millis / DAY_MS_LONG);
      return callTo(implementation(operator, work, { print }), DATE, [point, interval], site);
    }
    const timestamp = site.cast(point, { ...timestampType(0), nullable: point.type.nullable });
    return shift(operator, timestamp, interval, site);
  }
  if (kind === "TIME") {
    if (isMonths) throw mismatch(operator, point.type, interval.type);
    const work = (millis: number, by: bigint): number =>
      Number((((BigInt(millis) + BigInt(sign) * by) % DAY_MS_LONG) + DAY_MS_LONG) % DAY_MS_LONG);
    return callTo(implementation(operator, work, { print }), point.type, [point, interval], site);
  }
  if (!isTimestamp(point.type)) throw mismatch(operator, point.type, interval.type);
  const fraction = /SECOND(?:\(\d+, ?(\d)\)|\((\d)\))?/u.exec(
    interval.type.kind === "INTERVAL_DAY_TIME" ? interval.type.resolution : "",
  );
  const precision = fraction === null ? point.type.precision : Math.max(point.type.precision, 3);
  const type = { ...point.type, precision };
  const work = isMonths
    ? (time: LocalTimestamp | Instant, months: number) => addMonths(time, sign * months)
    : (time: LocalTimestamp | Instant, millis: bigint) => time.plusMillis(sign * Number(millis));
  return callTo(implementation(operator, work, { canFail: true, print }), type, [point, interval], site);
}

/** `(a - b) SECOND`: the difference as an interval of the qualifier. @throws CallRefusal */
export function bindTimeDifference(type: LogicalType, site: CallSite): Scalar {
  const [left, right] = site.arguments as [Scalar, Scalar];
  const [a, b] = [millisOf(left.type), millisOf(right.type)];
  if (a === undefined || b === undefined || (left.type.kind === "TIME") !== (right.type.kind === "TIME"))
    throw mismatch("-", left.type, right.type);
  if (type.kind === "INTERVAL_YEAR_MONTH")
    throw new CallRefusal("the difference in months is TIMESTAMPDIFF(MONTH, a, b)");
  const work = (x: unknown, y: unknown): bigint => BigInt(a(x) - b(y));
  return callTo(implementation("-", work, { print: infix("-") }), type, [left, right], site);
}

function millisOf(type: LogicalType): ((value: unknown) => number) | undefined {
  if (type.kind === "DATE") return (value) => (value as number) * DAY_MS;
  if (type.kind === "TIME") return (value) => value as number;
  if (isTimestamp(type)) return (value) => (value as LocalTimestamp).epochMillis;
  return undefined;
}

// ------------------------------------------------------------------------------------------------ comparison

const TESTS: Readonly<Record<Comparison, (order: number) => boolean>> = {
  "=": (order) => order === 0,
  "<>": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

const PLAIN: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  "=": (a, b) => a === b,
  "<>": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

const JAVASCRIPT: Readonly<Record<Comparison, string>> = {
  "=": "===",
  "<>": "!==",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};

/** What `=` and its kin do with two values of one type. */
export function comparison(operator: Comparison, type: LogicalType): ScalarImplementation {
  const print = infix(operator);
  const isEquality = operator === "=" || operator === "<>";
  if (isPlain(type) || (isEquality && (type.kind === "CHAR" || type.kind === "VARCHAR")))
    return implementation(operator, PLAIN[operator], {
      inline: ([a, b]) => `(${a} ${JAVASCRIPT[operator]} ${b})`,
      print,
    });
  if (!isOrdered(type)) {
    const same = equalityOf(type);
    return implementation(operator, operator === "=" ? same : (a: never, b: never) => !same(a, b), { print });
  }
  const compare = comparatorOf(type);
  const test = TESTS[operator];
  return implementation(operator, (a: never, b: never) => test(compare(a, b)), { print });
}

/** Both in the type in which they are compared. @throws CallRefusal if they do not mix. */
export function toComparable(
  operator: string,
  left: Scalar,
  right: Scalar,
  site: CallSite,
): [Scalar, Scalar] {
  const common = commonType(left.type, right.type);
  if (common === undefined) throw mismatch(operator, left.type, right.type);
  if (common.kind === "CHAR" || common.kind === "VARCHAR") return [left, right];
  return [
    site.cast(left, withNullable(common, left.type.nullable)),
    site.cast(right, withNullable(common, right.type.nullable)),
  ];
}

/** Binds `a = b` and its kin. @throws CallRefusal */
export function bindComparison(operator: Comparison, site: CallSite): Scalar {
  const args = toComparable(operator, site.arguments[0]!, site.arguments[1]!, site);
  const type = args[0].type.kind === "NULL" ? args[1].type : args[0].type;
  if (operator !== "=" && operator !== "<>" && !isOrdered(type))
    throw new CallRefusal(`${printType(withNullable(type, true))} has no order; '${operator}' needs one`);
  return callTo(comparison(operator, type), BOOLEAN, args, site);
}

/** Binds `a IS [NOT] DISTINCT FROM b`. @throws CallRefusal */
export function bindDistinct(isNegated: boolean, site: CallSite): Scalar {
  const args = toComparable("IS DISTINCT FROM", site.arguments[0]!, site.arguments[1]!, site);
  const type = args[0].type.kind === "NULL" ? args[1].type : args[0].type;
  const same = equalityOf(type);
  const work = (a: unknown, b: unknown): boolean =>
    (a === null || b === null ? a === b : same(a, b)) === isNegated;
  const words = isNegated ? "IS NOT DISTINCT FROM" : "IS DISTINCT FROM";
  const made = implementation(words, work, { nulls: "custom", print: infix(words) });
  return { kind: "call", type: BOOLEAN, implementation: made, arguments: args, span: site.span };
}

/** Binds `a IS [NOT] NULL`, TRUE, FALSE, UNKNOWN. @throws CallRefusal */
export function bindTruthTest(
  test: "NULL" | "TRUE" | "FALSE" | "UNKNOWN",
  isNegated: boolean,
  site: CallSite,
): Scalar {
  const operand = site.arguments[0]!;
  if (test !== "NULL" && operand.type.kind !== "BOOLEAN" && operand.type.kind !== "NULL")
    throw new CallRefusal(`IS ${test} tests a BOOLEAN, not ${printType(operand.type)}`);
  const wanted = test === "TRUE" ? true : test === "FALSE" ? false : null;
  const words = `IS ${isNegated ? "NOT " : ""}${test}`;
  const made = implementation(words, (value: unknown) => (value === wanted) !== isNegated, {
    nulls: "custom",
    inline: ([a]) => `(${a} ${isNegated ? "!==" : "==="} ${wanted})`,
    print: ([a]) => `(${a} ${words})`,
  });
  return { kind: "call", type: BOOLEAN, implementation: made, arguments: [operand], span: site.span };
}
