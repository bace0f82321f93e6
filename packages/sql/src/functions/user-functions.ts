/** Functions from TypeScript that a script may call: of values, of rows made from values, and of groups. */
import type { LogicalType, SqlValue } from "@tributary/core";
import { TributaryError, castable, parseType, printType } from "@tributary/core";
import type { AggregateFunction } from "../aggregates/aggregate.js";
import { ScalarFault, implementation } from "../expressions/scalar.js";
import { isSameType, withNullable } from "../expressions/type-rules.js";
import type { Parameter, ScalarFunction } from "./function.js";
import { CallRefusal, define } from "./function.js";

/** What a value of a SQL type is in a function; types with parameters are `unknown`. @public */
export type SqlArgument<T extends string> =
  | null
  | (T extends "STRING" | `VARCHAR${string}` | `CHAR${string}`
      ? string
      : T extends "BOOLEAN"
        ? boolean
        : T extends "BIGINT"
          ? bigint
          : T extends "TINYINT" | "SMALLINT" | "INT" | "INTEGER" | "FLOAT" | "DOUBLE" | "DATE"
            ? number
            : T extends "BYTES"
              ? Uint8Array
              : unknown);

/** The arguments of a function, by their SQL types. @public */
export type SqlArguments<A extends readonly string[]> = { [I in keyof A]: SqlArgument<A[I] & string> };

interface Declared<A extends readonly string[]> {
  /** SQL types, e.g. `["BIGINT", "STRING"]`. A call casts to them where that is implicit. */
  readonly args: A;
  /** SQL type of the result; of a table function a ROW type. */
  readonly returns: string;
}

/** A function of values; sees NULLs as `null`. @public */
export interface ScalarFunctionDefinition<
  A extends readonly string[] = readonly string[],
> extends Declared<A> {
  readonly kind?: "scalar";
  /** False: worked out anew for each row, never shared. Default true. */
  readonly isDeterministic?: boolean;
  eval(this: void, ...args: SqlArguments<A>): unknown;
}

/** A function that makes rows, as arrays in the order of the ROW type's fields. @public */
export interface TableFunctionDefinition<
  A extends readonly string[] = readonly string[],
> extends Declared<A> {
  readonly kind: "table";
  eval(this: void, ...args: SqlArguments<A>): Iterable<readonly unknown[]>;
}

/**
 * A function of a group. Accumulators are plain values (see core's `VALUE_CODER`): they are kept in checkpoints.
 *
 * @public
 */
export interface AggregateFunctionDefinition<
  A extends readonly string[] = readonly string[],
  S = unknown,
> extends Declared<A> {
  readonly kind: "aggregate";
  createAccumulator(this: void): S;
  /** @returns the new accumulator; it may be the old one, changed. */
  accumulate(this: void, accumulator: S, ...args: SqlArguments<A>): S;
  merge(this: void, accumulator: S, other: S): S;
  eval(this: void, accumulator: S): unknown;
}

type Call = (this: void, ...args: readonly unknown[]) => unknown;

/** Any of the three, as the overloads of `registerFunction` let it in. */
interface AnyDefinition {
  readonly kind?: "scalar" | "table" | "aggregate";
  readonly args: readonly string[];
  readonly returns: string;
  readonly isDeterministic?: boolean;
  readonly eval: Call;
  readonly createAccumulator: Call;
  readonly accumulate: Call;
  readonly merge: Call;
}

/** A table function as the binder calls it. */
export interface UserTableFunction {
  readonly name: string;
  readonly args: readonly LogicalType[];
  readonly fields: readonly { readonly name: string; readonly type: LogicalType }[];
  readonly expand: (values: readonly SqlValue[]) => Iterable<readonly SqlValue[]>;
}

/**
 * The functions that the application gives to its scripts. Names compare without case; one that a built-in function has
 * takes its place.
 *
 * ```ts
 * const functions = new UserFunctions();
 * functions.registerFunction("twice", { args: ["BIGINT"], returns: "BIGINT", eval: (n) => (n === null ? null : n * 2n) });
 * await planScript(text, { registry, logger, functions });
 * ```
 *
 * @public
 */
export class UserFunctions {
  readonly #scalars = new Map<string, ScalarFunction>();
  readonly #tables = new Map<string, UserTableFunction>();
  readonly #aggregates = new Map<string, AggregateFunction>();

  /** @throws `SQL_INVALID` for a name that is registered already, no name, or a type that cannot be read. */
  registerFunction<const A extends readonly string[]>(
    name: string,
    definition: ScalarFunctionDefinition<A>,
  ): void;
  registerFunction<const A extends readonly string[]>(
    name: string,
    definition: TableFunctionDefinition<A>,
  ): void;
  registerFunction<const A extends readonly string[], S>(
    name: string,
    definition: AggregateFunctionDefinition<A, S>,
  ): void;
  registerFunction(name: string, given: unknown): void {
    const definition = given as AnyDefinition;
    const upper = this.#free(name);
    const args = definition.args.map((one) => typeOf(name, one));
    const returns = typeOf(name, definition.returns);
    switch (definition.kind ?? "scalar") {
      case "table":
        this.#tables.set(upper, tableFunction(name, args, returns, definition));
        return;
      case "aggregate":
        this.#aggregates.set(upper, aggregateFunction(name, args, returns, definition));
        return;
      case "scalar":
        this.#scalars.set(upper, scalarFunction(name, args, returns, definition));
    }
  }

  scalar(name: string): ScalarFunction | undefined {
    return this.#scalars.get(name.toUpperCase());
  }

  table(name: string): UserTableFunction | undefined {
    return this.#tables.get(name.toUpperCase());
  }

  aggregate(name: string): AggregateFunction | undefined {
    return this.#aggregates.get(name.toUpperCase());
  }

  /** All names, as registered in upper case. */
  get names(): readonly string[] {
    return [...this.#scalars.keys(), ...this.#tables.keys(), ...this.#aggregates.keys()];
  }

  #free(name: string): string {
    const upper = name.toUpperCase();
    if (!/^[\p{L}_][\p{L}\p{N}_$]*$/u.test(name)) throw invalid(`'${name}' is no name of a function.`);
    if (this.names.includes(upper)) throw invalid(`There is a function '${name}' already.`);
    return upper;
  }
}

function invalid(message: string): TributaryError {
  return new TributaryError({ severity: "error", code: "SQL_INVALID", message });
}

function typeOf(name: string, text: string): LogicalType {
  try {
    return parseType(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TributaryError(
      { severity: "error", code: "SQL_INVALID", message: `Function '${name}': ${reason}`, value: text },
      { cause: error },
    );
  }
}

function parameter(type: LogicalType): Parameter {
  return {
    label: printType(withNullable(type, true)),
    accepts: (given) => isSameType(given, type) || castable(given, type) === "implicit",
    target: type,
  };
}

/** Runs the user's code; what it throws fails the row, with the function's place. */
function guarded<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new ScalarFault(error instanceof Error ? error.message : String(error));
  }
}

function scalarFunction(
  name: string,
  args: readonly LogicalType[],
  returns: LogicalType,
  definition: AnyDefinition,
): ScalarFunction {
  const run = definition.eval;
  const made = implementation(
    name,
    (...values: readonly unknown[]) => guarded(() => (run(...values) ?? null) as SqlValue),
    {
      nulls: "custom",
      canBeNull: returns.nullable,
      canFail: true,
      isDeterministic: definition.isDeterministic ?? true,
    },
  );
  return define(name, [{ parameters: args.map(parameter), returns, make: () => made }]);
}

function tableFunction(
  name: string,
  args: readonly LogicalType[],
  returns: LogicalType,
  definition: AnyDefinition,
): UserTableFunction {
  if (returns.kind !== "ROW")
    throw invalid(`The table function '${name}' returns ${printType(returns)}; it must return a ROW type.`);
  const run = definition.eval;
  return {
    name,
    args,
    fields: returns.fields,
    expand: (values) => guarded(() => [...(run(...values) as Iterable<readonly SqlValue[]>)]),
  };
}

function aggregateFunction(
  name: string,
  args: readonly LogicalType[],
  returns: LogicalType,
  { createAccumulator, accumulate: add, merge: join, eval: result }: AnyDefinition,
): AggregateFunction {
  const parameters = args.map(parameter);
  type Slots = Record<string, unknown>;
  return {
    name: name.toUpperCase(),
    signature: `${name}(${parameters.map((one) => one.label).join(", ")})`,
    heedsDistinct: true,
    bind(given) {
      const fits = given.length === args.length && parameters.every((one, i) => one.accepts(given[i]!.type));
      if (!fits) throw new CallRefusal("", true);
      return {
        type: withNullable(returns, true),
        targets: args,
        kernel: {
          takesNulls: true,
          initial: [createAccumulator],
          add(accumulator, [slot], values) {
            const slots = accumulator as Slots;
            slots[slot!] = guarded(() => add(slots[slot!], ...values));
          },
          merge(accumulator, [slot], other) {
            const slots = accumulator as Slots;
            slots[slot!] = guarded(() => join(slots[slot!], (other as Slots)[slot!]));
          },
          result: (accumulator, [slot]) =>
            guarded(() => (result((accumulator as Slots)[slot!]) ?? null) as SqlValue),
        },
      };
    },
  };
}
