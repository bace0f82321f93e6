/**
 * Aggregate functions as data: each has a kernel that keeps its state in slots of one accumulator object, so that a
 * group costs one object whatever it counts. NULLs are left out before a kernel sees them, unless it wants them.
 */
import type { LogicalType, SqlValue } from "@tributary/core";
import type { Scalar } from "../expressions/scalar.js";
import type { ExpressionContext } from "../binder/bind-expression.js";
import type { FunctionCall } from "../parser/ast.js";

/** An accumulator: slots by name; a kernel sees its own names only. */
export type Accumulator = Record<string, never>;

/** What an aggregate keeps and does. `slots` are the names of its properties in the accumulator. */
export interface AggregateKernel {
  /** Number of slots, with what they hold before the first value. */
  readonly initial: readonly (() => SqlValue)[];
  add(accumulator: Accumulator, slots: readonly string[], values: readonly SqlValue[]): void;
  /** The same as JavaScript statements; `acc` is the accumulator. Holds no text from a script. */
  readonly code?: (slots: readonly string[], values: readonly string[]) => string;
  /** Adds another accumulator's slots. */
  merge(accumulator: Accumulator, slots: readonly string[], other: Accumulator): void;
  result(accumulator: Accumulator, slots: readonly string[]): SqlValue;
  /** True if the kernel is handed NULLs as well. */
  readonly takesNulls?: boolean;
}

/** A call of an aggregate function, bound. */
export interface BoundAggregate {
  readonly name: string;
  readonly type: LogicalType;
  /** Empty for COUNT(*). */
  readonly arguments: readonly Scalar[];
  readonly filter: Scalar | undefined;
  readonly isDistinct: boolean;
  readonly kernel: AggregateKernel;
}

/** An aggregate function. @experimental */
export interface AggregateFunction {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly signature: string;
  /** False where DISTINCT changes nothing (MIN, MAX). */
  readonly heedsDistinct: boolean;
  /**
   * The kernel for arguments of these types.
   *
   * @throws CallRefusal
   */
  bind(args: readonly Scalar[]): {
    readonly kernel: AggregateKernel;
    readonly type: LogicalType;
    /** Arguments that go to the kernel row by row; constants may have been taken out. */
    readonly arguments?: readonly Scalar[];
    /** Types that the arguments are cast to. */
    readonly targets?: readonly LogicalType[];
  };
}

/** Collects the aggregate calls of a grouped query; each different one is kept once. */
export interface AggregateCollector {
  /** Binds the call and returns the column that will hold its result. */
  add(node: FunctionCall, context: ExpressionContext): Scalar;
}
