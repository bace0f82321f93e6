/** The functions on numbers. */
import { Decimal } from "@tributary/core";
import type { LogicalType } from "@tributary/core";
import { comparatorOf, isOrdered } from "../expressions/comparison.js";
import { implementation } from "../expressions/scalar.js";
import {
  DOUBLE,
  INT,
  commonTypeOf,
  decimalType,
  isInteger,
  withNullable,
} from "../expressions/type-rules.js";
import type { CallSite, ScalarFunction, Variant } from "./function.js";
import { CallRefusal, INTEGER, NUMBER, REAL, constantOf, define, simple } from "./function.js";
import { bindArithmetic, wrapNumber } from "./operators.js";
import { seededRandom } from "./seeded-random.js";

function real(
  name: string | readonly string[],
  work: (...values: number[]) => number,
  count = 1,
): ScalarFunction {
  return simple(
    name,
    Array.from({ length: count }, () => REAL),
    DOUBLE,
    work,
  );
}

/** A function that keeps the type of its number. */
function keeping(
  name: string | readonly string[],
  work: {
    readonly number: (value: number) => number;
    readonly bigint: (value: bigint) => bigint;
    readonly decimal: (value: Decimal) => Decimal;
  },
  returns: (type: LogicalType) => LogicalType = (type) => type,
): ScalarFunction {
  const label = typeof name === "string" ? name : name[0]!;
  const variant: Variant = {
    parameters: [NUMBER],
    returns: ([type]) => returns(type!),
    make: (site) => {
      const { kind } = site.arguments[0]!.type;
      if (kind === "BIGINT") return implementation(label, work.bigint);
      if (kind === "DECIMAL") return implementation(label, work.decimal);
      const { number } = work;
      if (kind === "FLOAT" || kind === "DOUBLE") return implementation(label, number);
      const wrap = wrapNumber(kind);
      return implementation(label, (value: number) => wrap(number(value)));
    },
  };
  return define(name, [variant]);
}

function signOf(value: number): number {
  return value > 0 ? 1 : value < 0 ? -1 : value;
}

/** Type of ROUND and TRUNCATE of a DECIMAL. */
function roundedType(type: LogicalType, digits: unknown): LogicalType {
  if (type.kind !== "DECIMAL" || typeof digits !== "number") return type;
  const { precision, scale } = type;
  if (digits >= scale) return type;
  const whole = 1 + precision - scale;
  return digits <= 0
    ? decimalType(Math.min(38, whole), 0)
    : decimalType(Math.min(38, whole + digits), digits);
}

function rounding(name: "ROUND" | "TRUNCATE"): ScalarFunction {
  const cut = (value: Decimal, digits: number, scale?: number): Decimal =>
    name === "ROUND" ? value.round(digits, scale) : value.truncate(digits, scale);
  return define(name === "TRUNCATE" ? ["TRUNCATE", "TRUNC"] : name, [
    {
      parameters: [NUMBER, INTEGER],
      optional: 1,
      returns: ([type], site) =>
        roundedType(type!, site.arguments.length === 1 ? 0 : constantOf(site.arguments[1])),
      make: (site) => {
        const { type } = site.arguments[0]!;
        if (type.kind === "DECIMAL") {
          const result = roundedType(type, site.arguments.length === 1 ? 0 : constantOf(site.arguments[1]));
          const { precision, scale } = result.kind === "DECIMAL" ? result : type;
          return implementation(
            name,
            (value: Decimal, digits = 0) => cut(value, digits, scale).fit(precision, scale),
            {
              canBeNull: precision === 38,
            },
          );
        }
        if (type.kind === "BIGINT")
          return implementation(name, (value: bigint, digits = 0) =>
            digits >= 0 ? value : BigInt.asIntN(64, cut(new Decimal(value, 0), digits, 0).unscaled),
          );
        if (isInteger(type)) {
          const wrap = wrapNumber(type.kind);
          return implementation(name, (value: number, digits = 0) =>
            digits >= 0
              ? value
              : wrap(Number(BigInt.asIntN(32, cut(new Decimal(BigInt(value), 0), digits, 0).unscaled))),
          );
        }
        const isFloat = type.kind === "FLOAT";
        return implementation(name, (value: number, digits = 0) => {
          const exact = Decimal.fromNumber(value);
          if (exact === undefined) return value;
          const result = cut(exact, digits).toNumber();
          return isFloat ? Math.fround(result) : result;
        });
      },
    },
  ]);
}

function extreme(name: "GREATEST" | "LEAST"): ScalarFunction {
  return {
    name,
    signatures: [`${name}(value, ...)`],
    bind(site) {
      if (site.arguments.length === 0) throw new CallRefusal("", true);
      const type = commonTypeOf(site.arguments.map((one) => one.type));
      if (type === undefined || !isOrdered(type))
        throw new CallRefusal("the arguments have no common type with an order");
      const args = site.arguments.map((one) => site.cast(one, withNullable(type, one.type.nullable)));
      const compare = comparatorOf(type) as (a: unknown, b: unknown) => number;
      const sign = name === "GREATEST" ? 1 : -1;
      const made = implementation(name, (...values: unknown[]) =>
        values.reduce((best, value) => (compare(value, best) * sign > 0 ? value : best)),
      );
      return { kind: "call", type, implementation: made, arguments: args, span: site.span };
    },
  };
}

function random(site: CallSite): () => number {
  const seed = constantOf(site.arguments[0]);
  if (site.arguments.length === 0) {
    const source = site.environment.random;
    return () => source.next();
  }
  if (typeof seed !== "number") throw new CallRefusal("the seed must be a constant");
  return seededRandom(seed).nextDouble;
}

const RANDOM_FUNCTIONS: readonly ScalarFunction[] = [
  define("RAND", [
    {
      parameters: [INTEGER],
      optional: 1,
      returns: DOUBLE,
      make: (site) => implementation("RAND", random(site), { isDeterministic: false }),
    },
  ]),
  define("RAND_INTEGER", [
    {
      parameters: [INTEGER],
      returns: INT,
      make: (site) => {
        const source = site.environment.random;
        return implementation("RAND_INTEGER", (bound: number) => Math.floor(source.next() * bound), {
          isDeterministic: false,
        });
      },
    },
    {
      parameters: [INTEGER, INTEGER],
      returns: INT,
      make: (site) => {
        const seed = constantOf(site.arguments[0]);
        if (typeof seed !== "number") throw new CallRefusal("the seed must be a constant");
        const source = seededRandom(seed);
        return implementation("RAND_INTEGER", (_: number, bound: number) => source.nextInt(bound), {
          isDeterministic: false,
        });
      },
    },
  ]),
  define("UUID", [
    {
      parameters: [],
      returns: { kind: "CHAR", length: 36, nullable: false },
      make: ({ environment }) =>
        implementation("UUID", () => environment.random.uuid(), { isDeterministic: false }),
    },
  ]),
];

function remainder(): ScalarFunction {
  return {
    name: "MOD",
    signatures: ["MOD(number, number)"],
    bind(site) {
      if (site.arguments.length !== 2) throw new CallRefusal("", true);
      return bindArithmetic("%", site);
    },
  };
}

function wholeOf(type: LogicalType): LogicalType {
  return type.kind === "DECIMAL" ? { ...type, scale: 0 } : type;
}

/** Every function on numbers. FLOOR and CEIL with a unit are among the functions on time. */
export const NUMERIC_FUNCTIONS: readonly ScalarFunction[] = [
  keeping("ABS", {
    number: Math.abs,
    bigint: (value) => BigInt.asIntN(64, value < 0n ? -value : value),
    decimal: (value) => value.abs(),
  }),
  keeping("SIGN", {
    number: signOf,
    bigint: (value) => (value > 0n ? 1n : value < 0n ? -1n : 0n),
    decimal: (value) => Decimal.of(value.sign).rescale(value.scale),
  }),
  keeping(
    "FLOOR",
    { number: Math.floor, bigint: (value) => value, decimal: (value) => value.floor() },
    wholeOf,
  ),
  keeping(
    ["CEIL", "CEILING"],
    { number: Math.ceil, bigint: (value) => value, decimal: (value) => value.ceil() },
    wholeOf,
  ),
  rounding("ROUND"),
  rounding("TRUNCATE"),
  remainder(),
  extreme("GREATEST"),
  extreme("LEAST"),
  real(["POWER", "POW"], (a, b) => a ** b, 2),
  real("SQRT", (a) => Math.sqrt(a)),
  real("EXP", (a) => Math.exp(a)),
  real("LN", (a) => Math.log(a)),
  real("LOG10", (a) => Math.log10(a)),
  real("LOG2", (a) => Math.log2(a)),
  simple(
    "LOG",
    [REAL, REAL],
    DOUBLE,
    (a: number, b?: number) => (b === undefined ? Math.log(a) : Math.log(b) / Math.log(a)),
    {
      optional: 1,
    },
  ),
  real("SIN", (a) => Math.sin(a)),
  real("COS", (a) => Math.cos(a)),
  real("TAN", (a) => Math.tan(a)),
  real("COT", (a) => 1 / Math.tan(a)),
  real("ASIN", (a) => Math.asin(a)),
  real("ACOS", (a) => Math.acos(a)),
  real("ATAN", (a) => Math.atan(a)),
  real("ATAN2", (a, b) => Math.atan2(a, b), 2),
  real("SINH", (a) => Math.sinh(a)),
  real("COSH", (a) => Math.cosh(a)),
  real("TANH", (a) => Math.tanh(a)),
  real("DEGREES", (a) => (a * 180) / Math.PI),
  real("RADIANS", (a) => (a / 180) * Math.PI),
  simple("PI", [], DOUBLE, () => Math.PI),
  simple("E", [], DOUBLE, () => Math.E),
  ...RANDOM_FUNCTIONS,
];
