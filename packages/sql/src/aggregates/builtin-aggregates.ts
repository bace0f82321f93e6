/** All aggregate functions by name, upper case. A new one is a new entry. */
import type { LogicalType } from "@tributary/core";
import { printType } from "@tributary/core";
import { isOrdered } from "../expressions/comparison.js";
import type { Scalar } from "../expressions/scalar.js";
import {
  BIGINT,
  STRING,
  decimalType,
  isApproximate,
  isInteger,
  isNumeric,
  isText,
  withNullable,
} from "../expressions/type-rules.js";
import { CallRefusal, constantOf } from "../functions/function.js";
import type { AggregateFunction, AggregateKernel } from "./aggregate.js";
import * as kernels from "./kernels.js";

type Bound = ReturnType<AggregateFunction["bind"]>;

function define(
  name: string,
  signature: string,
  count: readonly [min: number, max: number],
  bind: (args: readonly Scalar[]) => Bound,
  facts: { readonly aliases?: readonly string[]; readonly heedsDistinct?: boolean } = {},
): AggregateFunction {
  return {
    name,
    signature,
    aliases: facts.aliases ?? [],
    heedsDistinct: facts.heedsDistinct ?? true,
    bind(args) {
      if (args.length < count[0] || args.length > count[1]) throw new CallRefusal("", true);
      return bind(args);
    },
  };
}

function nullable(type: LogicalType): LogicalType {
  return withNullable(type, true);
}

function numeric(name: string, type: LogicalType): void {
  if (!isNumeric(type)) throw new CallRefusal(`${name} adds numbers, not ${printType(nullable(type))}`);
}

function sumOf(type: LogicalType): Bound {
  numeric("SUM", type);
  if (type.kind === "DECIMAL")
    return { kernel: kernels.decimalSum(type), type: nullable(decimalType(38, type.scale)) };
  return { kernel: kernels.sum(type), type: nullable(type) };
}

function averageOf(type: LogicalType): Bound {
  numeric("AVG", type);
  if (type.kind === "DECIMAL")
    return { kernel: kernels.decimalAverage(type), type: nullable(decimalType(38, Math.max(6, type.scale))) };
  if (type.kind === "BIGINT") return { kernel: kernels.LONG_AVERAGE, type: nullable(type) };
  const kernel = isInteger(type)
    ? kernels.integerAverage(type.kind)
    : kernels.realAverage(type.kind === "FLOAT");
  return { kernel, type: nullable(type) };
}

function extremeOf(name: "MIN" | "MAX"): AggregateFunction {
  return define(
    name,
    `${name}(value)`,
    [1, 1],
    ([arg]) => {
      const { type } = arg!;
      if (!isOrdered(type))
        throw new CallRefusal(`${name} needs an order, and ${printType(nullable(type))} has none`);
      return { kernel: kernels.extreme(type, name === "MAX"), type: nullable(type) };
    },
    { heedsDistinct: false },
  );
}

function keeping(name: string, kernel: AggregateKernel): AggregateFunction {
  return define(name, `${name}(value)`, [1, 1], ([arg]) => ({ kernel, type: nullable(arg!.type) }));
}

function spread(
  name: string,
  isSample: boolean,
  isRoot: boolean,
  aliases: readonly string[] = [],
): AggregateFunction {
  return define(
    name,
    `${name}(DOUBLE)`,
    [1, 1],
    ([arg]) => {
      if (!isApproximate(arg!.type))
        throw new CallRefusal(`${name} is worked out for FLOAT and DOUBLE; write ${name}(CAST(x AS DOUBLE))`);
      return { kernel: kernels.variance(isSample, isRoot), type: nullable(arg!.type) };
    },
    { aliases },
  );
}

function listOf(args: readonly Scalar[]): Bound {
  const [value, separator] = args as [Scalar, Scalar?];
  if (!isText(value.type))
    throw new CallRefusal(`LISTAGG joins texts, not ${printType(nullable(value.type))}; CAST it to STRING`);
  const constant = separator === undefined ? "," : constantOf(separator);
  if (typeof constant !== "string") throw new CallRefusal("the separator of LISTAGG must be a constant text");
  return { kernel: kernels.listAggregate(constant), type: nullable(STRING), arguments: [value] };
}

const AGGREGATES: readonly AggregateFunction[] = [
  define("COUNT", "COUNT(*), COUNT(value, ...)", [0, 64], () => ({ kernel: kernels.COUNT, type: BIGINT })),
  define("SUM", "SUM(number)", [1, 1], ([arg]) => sumOf(arg!.type)),
  define("AVG", "AVG(number)", [1, 1], ([arg]) => averageOf(arg!.type)),
  extremeOf("MIN"),
  extremeOf("MAX"),
  keeping("FIRST_VALUE", kernels.FIRST_VALUE),
  keeping("LAST_VALUE", kernels.LAST_VALUE),
  define("LISTAGG", "LISTAGG(STRING [, STRING])", [1, 2], listOf),
  define("COLLECT", "COLLECT(value)", [1, 1], ([arg]) => ({
    kernel: kernels.collect(arg!.type),
    type: { kind: "MULTISET", element: withNullable(arg!.type, false), nullable: false },
  })),
  define("ARRAY_AGG", "ARRAY_AGG(value)", [1, 1], ([arg]) => ({
    kernel: kernels.ARRAY_AGGREGATE,
    type: { kind: "ARRAY", element: arg!.type, nullable: true },
  })),
  spread("STDDEV_POP", false, true),
  spread("STDDEV_SAMP", true, true, ["STDDEV"]),
  spread("VAR_POP", false, false),
  spread("VAR_SAMP", true, false, ["VARIANCE"]),
];

const BY_NAME: ReadonlyMap<string, AggregateFunction> = new Map(
  AGGREGATES.flatMap((one) => [one.name, ...(one.aliases ?? [])].map((name) => [name, one] as const)),
);

/** The aggregate function of a name in a script. */
export function findAggregate(name: string): AggregateFunction | undefined {
  return BY_NAME.get(name.toUpperCase());
}

/** Names for messages. */
export function aggregateNames(): readonly string[] {
  return [...BY_NAME.keys()];
}
