/**
 * Functions as data. A {@link ScalarFunction} has a name, signatures for messages, and `bind`, which picks a variant by
 * the arguments' types and makes a bound call. Most are made with {@link define} from parameters, a result type and an
 * implementation; a new one is a new entry of a list, and the binder does not change.
 */
import type { LogicalType, SqlValue } from "@tributary/core";
import type { ImplementationFacts, Scalar, ScalarImplementation } from "../expressions/scalar.js";
import { implementation } from "../expressions/scalar.js";
import {
  DOUBLE,
  STRING,
  isBinary,
  isInteger,
  isNumeric,
  isText,
  isTimestamp,
  withNullable,
} from "../expressions/type-rules.js";
import type { Span } from "../parser/ast.js";
import type { UserFunctions } from "./user-functions.js";

/** What functions may ask of the process: one clock, one random source, the session's zone. */
export interface FunctionEnvironment {
  readonly timeZone: string;
  readonly now: () => number;
  readonly random: { next(): number; uuid(): string };
  /** False: closures instead of generated code. */
  readonly generatesCode?: boolean;
  /** Those of the application. */
  readonly functions?: UserFunctions;
}

/** A call to be bound: its arguments are bound and have their own types still. */
export interface CallSite {
  /** As printed: upper case. */
  readonly name: string;
  readonly arguments: readonly Scalar[];
  /** The unit of EXTRACT, FLOOR ... TO, TIMESTAMPADD; such an argument is not among `arguments`. */
  readonly unit?: string;
  readonly span: Span;
  readonly environment: FunctionEnvironment;
  /** The argument in another type. */
  cast(scalar: Scalar, type: LogicalType): Scalar;
}

/** Why a call cannot be bound; the binder adds place and signatures. */
export class CallRefusal extends Error {
  /** True when another variant or signature would fit: the message then lists them. */
  readonly isMismatch: boolean;

  constructor(message: string, isMismatch = false) {
    super(message);
    this.name = "CallRefusal";
    this.isMismatch = isMismatch;
  }
}

/** A function or operator of scalars. @experimental */
export interface ScalarFunction {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** For messages, e.g. `LEFT(STRING, INT)`. */
  readonly signatures: readonly string[];
  /** @throws CallRefusal */
  bind(site: CallSite): Scalar;
}

/** What an argument must be, and the type it is cast to before the call. */
export interface Parameter {
  readonly label: string;
  readonly accepts: (type: LogicalType) => boolean;
  /** Absent: the argument stays as it is. */
  readonly target?: LogicalType;
}

export const TEXT: Parameter = { label: "STRING", accepts: isText, target: STRING };
export const INTEGER: Parameter = {
  label: "INT",
  accepts: isInteger,
  target: { kind: "INT", nullable: false },
};
export const LONG: Parameter = {
  label: "BIGINT",
  accepts: isInteger,
  target: { kind: "BIGINT", nullable: false },
};
export const REAL: Parameter = { label: "DOUBLE", accepts: isNumeric, target: DOUBLE };
export const NUMBER: Parameter = { label: "number", accepts: isNumeric };
export const TRUTH: Parameter = { label: "BOOLEAN", accepts: (type) => type.kind === "BOOLEAN" };
export const BINARY: Parameter = { label: "BYTES", accepts: isBinary };
export const TIMESTAMP: Parameter = { label: "TIMESTAMP", accepts: isTimestamp };
export const ANY: Parameter = { label: "any", accepts: () => true };

/** One way to call a function. */
export interface Variant {
  readonly parameters: readonly Parameter[];
  /** How many of the last parameters may be left out. */
  readonly optional?: number;
  /** The last parameter may be repeated. */
  readonly isVariadic?: boolean;
  /** Type of the result; whether it is nullable follows from the arguments and the implementation. */
  readonly returns: LogicalType | ((types: readonly LogicalType[], site: CallSite) => LogicalType);
  /** Made once a call: constant arguments and the environment are known. */
  readonly make: (site: CallSite) => ScalarImplementation;
}

function print(name: string, variant: Variant): string {
  const labels = variant.parameters.map((one) => one.label);
  const required = labels.length - (variant.optional ?? 0);
  const head = labels.slice(0, required).join(", ");
  const tail = labels.slice(required).map((label) => ` [, ${label}]`);
  return `${name}(${head}${tail.join("")}${variant.isVariadic === true ? ", ..." : ""})`.replace(
    "( [, ",
    "([",
  );
}

function fits(variant: Variant, args: readonly Scalar[]): boolean {
  const { parameters } = variant;
  if (args.length < parameters.length - (variant.optional ?? 0)) return false;
  if (args.length > parameters.length && variant.isVariadic !== true) return false;
  return args.every((arg, i) => {
    const parameter = parameters[i] ?? parameters.at(-1)!;
    return arg.type.kind === "NULL" || parameter.accepts(arg.type);
  });
}

/** A call whose result may be NULL if the implementation can give it, or if it is strict and an argument may be. */
export function callTo(
  made: ScalarImplementation,
  type: LogicalType,
  args: readonly Scalar[],
  { span }: { readonly span: Span },
): Scalar {
  const nullable = made.canBeNull || (made.nulls === "strict" && args.some((one) => one.type.nullable));
  return { kind: "call", type: withNullable(type, nullable), implementation: made, arguments: args, span };
}

function callOf(variant: Variant, site: CallSite): Scalar {
  const { parameters } = variant;
  const args = site.arguments.map((arg, i) => {
    const target = (parameters[i] ?? parameters.at(-1)!).target;
    return target === undefined ? arg : site.cast(arg, withNullable(target, arg.type.nullable));
  });
  const types = args.map((one) => one.type);
  const made = variant.make({ ...site, arguments: args });
  const type = typeof variant.returns === "function" ? variant.returns(types, site) : variant.returns;
  return callTo(made, type, args, site);
}

/** A function that is called in one of several ways; the first that fits is taken. */
export function define(names: string | readonly string[], variants: readonly Variant[]): ScalarFunction {
  const [name, ...aliases] = typeof names === "string" ? [names] : (names as [string, ...string[]]);
  return {
    name: name,
    aliases,
    signatures: variants.map((one) => print(name, one)),
    bind(site) {
      const variant = variants.find((one) => fits(one, site.arguments));
      if (variant === undefined) throw new CallRefusal("", true);
      return callOf(variant, site);
    },
  };
}

/** The function with signatures of its own: its arguments are not written as a list with commas. */
export function writtenAs(signature: string, of: ScalarFunction): ScalarFunction {
  return { ...of, signatures: [signature] };
}

/** A function with one way to be called and an implementation that needs nothing from the call. */
export function simple(
  names: string | readonly string[],
  parameters: readonly Parameter[],
  returns: LogicalType,
  evaluate: (...args: never[]) => SqlValue,
  facts: ImplementationFacts & { readonly optional?: number; readonly isVariadic?: boolean } = {},
): ScalarFunction {
  const { optional = 0, isVariadic = false, ...rest } = facts;
  const made = implementation(typeof names === "string" ? names : names[0]!, evaluate, rest);
  return define(names, [{ parameters, optional, isVariadic, returns, make: () => made }]);
}

/** The value of a constant argument; `undefined` if it is not constant or not there. */
export function constantOf(scalar: Scalar | undefined): SqlValue {
  return scalar?.kind === "literal" ? scalar.value : undefined;
}
