/**
 * Functions over rows, compiled: a stage (WHERE and projection in one), a single expression, a condition. Generated
 * code where the process allows it, closures elsewhere; `STAGE_BACK_END` in tests picks one.
 */
import type { Diagnostic, LogicalType, Row, SqlValue } from "@tributary/core";
import { TributaryError, rowConstructor, rowFactory } from "@tributary/core";
import { compileClosure } from "./compile-closures.js";
import { CodeWriter } from "./compile-code.js";
import type { Scalar, ScalarCall } from "./scalar.js";
import { ScalarFault, forEachColumn } from "./scalar.js";

/** Which back end compiles. */
export type BackEnd = "code" | "closures";

/** Turns what a call threw into the error a user sees. */
export type FaultReporter = (error: unknown, call: ScalarCall | undefined) => unknown;

/** A projected column. */
export interface StageItem {
  readonly name: string;
  readonly scalar: Scalar;
}

/** WHERE and projection: a new row, or `undefined` where the condition is not TRUE. */
export type StageFunction = (row: Row) => Row | undefined;

/** What compiled functions need to know of their surroundings. */
export interface CompileOptions {
  readonly backEnd?: BackEnd;
  /** Where a span of the script is, for run-time failures. */
  readonly locate?: (call: ScalarCall) => Pick<Diagnostic, "file" | "line" | "column">;
}

let canGenerate: boolean | undefined;

/** Whether this process lets code be generated (a policy may forbid it). */
export function canGenerateCode(): boolean {
  if (canGenerate === undefined) {
    try {
      // oxlint-disable-next-line no-implied-eval, no-new-func, typescript/no-implied-eval
      canGenerate = (new Function("return true") as () => boolean)();
    } catch {
      canGenerate = false;
    }
  }
  return canGenerate;
}

/** The back end that options and process ask for. */
export function backEndOf(options: CompileOptions): BackEnd {
  return options.backEnd ?? (canGenerateCode() ? "code" : "closures");
}

/** The error of a row that a function cannot work on: with the function's name and its place in the script. */
export function reporter(options: CompileOptions): FaultReporter {
  return (error, call) => {
    if (call === undefined) return error;
    const place = options.locate?.(call);
    // A RangeError: a date or timestamp beyond what can be represented.
    if (error instanceof ScalarFault || error instanceof RangeError) {
      const message = `${call.implementation.name} failed: ${error.message.replace(/\.$/u, "")}.`;
      return new TributaryError(
        { severity: "error", code: "RECORD_MALFORMED", message, ...place },
        { cause: error },
      );
    }
    // One that has a place comes from an operand and names it.
    if (!TributaryError.is(error, "RECORD_MALFORMED") || error.diagnostics[0]?.line !== undefined)
      return error;
    return new TributaryError(
      error.diagnostics.map((one) => ({ ...one, ...place })),
      { cause: error },
    );
  };
}

/** Reads each column once at the top, where it is certain to be needed by most rows. */
export function readAll(writer: CodeWriter, scalars: readonly Scalar[]): void {
  writer.readColumns(scalars, "row", (one, seen) => {
    forEachColumn(one, (column) => {
      seen(column.name);
    });
  });
}

/** Compiles a stage. Columns of the result stand in the order of `items`. */
export function compileStage(
  filter: Scalar | undefined,
  items: readonly StageItem[],
  options: CompileOptions = {},
): StageFunction {
  if (backEndOf(options) === "closures") return closureStage(filter, items, options);
  const writer = new CodeWriter();
  if (filter !== undefined) {
    readAll(writer, [filter]);
    const condition = writer.value(filter, "row");
    writer.line(`if (${condition.text} !== true) return undefined;`);
  }
  readAll(
    writer,
    items.map((one) => one.scalar),
  );
  const construct = writer.parameter(rowConstructor(items.map((one) => one.name)));
  const values = items.map((one) => writer.value(one.scalar, "row").text);
  writer.line(`return ${construct}(${values.join(", ")});`);
  return writer.finish("row", reporter(options)) as StageFunction;
}

function closureStage(
  filter: Scalar | undefined,
  items: readonly StageItem[],
  options: CompileOptions,
): StageFunction {
  const report = reporter(options);
  const condition = filter === undefined ? undefined : compileClosure(filter, report);
  const fields = items.map((one) => compileClosure(one.scalar, report));
  const make = rowFactory(items.map((one) => one.name));
  return (row) => {
    if (condition !== undefined && condition(row) !== true) return undefined;
    return make(fields.map((evaluate) => evaluate(row)));
  };
}

/** Compiles one expression. */
export function compileScalar(scalar: Scalar, options: CompileOptions = {}): (row: Row) => SqlValue {
  if (backEndOf(options) === "closures") return compileClosure(scalar, reporter(options));
  const writer = new CodeWriter();
  const value = writer.value(scalar, "row");
  writer.line(`return ${value.text};`);
  return writer.finish("row", reporter(options)) as (row: Row) => SqlValue;
}

/** Compiles a condition: true only where it is TRUE. */
export function compileCondition(scalar: Scalar, options: CompileOptions = {}): (row: Row) => boolean {
  if (backEndOf(options) === "closures") {
    const evaluate = compileClosure(scalar, reporter(options));
    return (row) => evaluate(row) === true;
  }
  const writer = new CodeWriter();
  readAll(writer, [scalar]);
  const value = writer.value(scalar, "row");
  writer.line(`return ${value.text} === true;`);
  return writer.finish("row", reporter(options)) as (row: Row) => boolean;
}

/** The value of an expression without columns, or `undefined` when working it out fails. */
export function foldConstant(
  scalar: Scalar,
): { readonly value: SqlValue; readonly type: LogicalType } | undefined {
  try {
    return { value: compileClosure(scalar, (error) => error)({}), type: scalar.type };
  } catch (error) {
    const isOfValues = error instanceof ScalarFault || error instanceof RangeError;
    if (isOfValues || TributaryError.is(error, "RECORD_MALFORMED")) return undefined;
    throw error;
  }
}
