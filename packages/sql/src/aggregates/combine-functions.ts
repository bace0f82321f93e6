/**
 * A grouping as functions for the runner's combine step: one generated `addInput` that reads a row, works out filters
 * and arguments and changes the accumulator in place; keys as primitives straight from a row.
 */
import type { CombineFn, LogicalType, Row, SqlValue } from "@tributary/core";
import { identityOf, joined } from "../expressions/comparison.js";
import { CodeWriter } from "../expressions/compile-code.js";
import { compileClosure } from "../expressions/compile-closures.js";
import type { Scalar } from "../expressions/scalar.js";
import type { CompileOptions } from "../expressions/stage-function.js";
import { backEndOf, compileStage, readAll, reporter } from "../expressions/stage-function.js";
import type { Accumulator, BoundAggregate } from "./aggregate.js";
import { distinct } from "./kernels.js";

/** What the values of a primitive identity are. */
export type KeyIdentity = string | number | bigint | boolean;

/** The kernel that is run: that of the different values where DISTINCT says so. */
function kernelOf(aggregate: BoundAggregate): BoundAggregate["kernel"] {
  if (!aggregate.isDistinct) return aggregate.kernel;
  const [argument] = aggregate.arguments;
  return argument === undefined ? aggregate.kernel : distinct(aggregate.kernel, argument.type);
}

interface Placed {
  readonly aggregate: BoundAggregate;
  readonly kernel: BoundAggregate["kernel"];
  readonly slots: readonly string[];
}

function place(aggregates: readonly BoundAggregate[]): readonly Placed[] {
  let next = 0;
  return aggregates.map((aggregate) => {
    const kernel = kernelOf(aggregate);
    return {
      aggregate,
      kernel,
      slots: kernel.initial.map(() => {
        next += 1;
        return `s${next - 1}`;
      }),
    };
  });
}

/** Folds rows to the results of `aggregates`, in their order. */
export function combineFn(
  aggregates: readonly BoundAggregate[],
  options: CompileOptions = {},
): CombineFn<Row, Accumulator, readonly SqlValue[]> {
  const placed = place(aggregates);
  const makers = placed.flatMap((one) => one.slots.map((slot, i) => [slot, one.kernel.initial[i]!] as const));
  const addInput = backEndOf(options) === "code" ? codeInput(placed, options) : closureInput(placed, options);
  return {
    createAccumulator() {
      const accumulator: Record<string, SqlValue> = {};
      for (const [slot, make] of makers) accumulator[slot] = make();
      return accumulator as Accumulator;
    },
    addInput,
    mergeAccumulators(accumulators) {
      const [first, ...others] = accumulators as [Accumulator, ...Accumulator[]];
      for (const other of others) for (const { kernel, slots } of placed) kernel.merge(first, slots, other);
      return first;
    },
    extractOutput: (accumulator) => placed.map(({ kernel, slots }) => kernel.result(accumulator, slots)),
  };
}

type AddInput = (accumulator: Accumulator, row: Row) => Accumulator;

function codeInput(placed: readonly Placed[], options: CompileOptions): AddInput {
  const writer = new CodeWriter();
  // Columns of arguments without FILTER are needed by every row; the others are read where they are used.
  readAll(
    writer,
    placed.flatMap(({ aggregate }) =>
      aggregate.filter === undefined ? aggregate.arguments : [aggregate.filter],
    ),
  );
  for (const { aggregate, kernel, slots } of placed) {
    writer.line("{");
    if (aggregate.filter !== undefined) {
      const condition = writer.value(aggregate.filter, "row");
      writer.line(`if (${condition.text} === true) {`);
    }
    const values = aggregate.arguments.map((one) => writer.value(one, "row"));
    const texts = values.map((one) => one.text);
    const checks = kernel.takesNulls === true ? [] : values.filter((one) => one.mayBeNull);
    if (checks.length > 0) writer.line(`if (${checks.map((one) => `${one.text} !== null`).join(" && ")}) {`);
    writer.line(
      kernel.code?.(slots, texts) ??
        `${writer.parameter(kernel.add.bind(kernel))}(acc, ${writer.parameter(slots)}, [${texts.join(", ")}]);`,
    );
    if (checks.length > 0) writer.line("}");
    if (aggregate.filter !== undefined) writer.line("}");
    writer.line("}");
  }
  writer.line("return acc;");
  return writer.finish("acc, row", reporter(options)) as AddInput;
}

function closureInput(placed: readonly Placed[], options: CompileOptions): AddInput {
  const report = reporter(options);
  const steps = placed.map(({ aggregate, kernel, slots }) => {
    const filter = aggregate.filter === undefined ? undefined : compileClosure(aggregate.filter, report);
    const args = aggregate.arguments.map((one) => compileClosure(one, report));
    return (accumulator: Accumulator, row: Row): void => {
      if (filter !== undefined && filter(row) !== true) return;
      const values = args.map((one) => one(row));
      if (kernel.takesNulls !== true && values.includes(null)) return;
      kernel.add(accumulator, slots, values);
    };
  });
  return (accumulator, row) => {
    for (const step of steps) step(accumulator, row);
    return accumulator;
  };
}

/** The functions of a key made of expressions. Keys are rows with the fields `k0`, `k1`, ... */
export interface KeyFunctions {
  readonly keyOf: (row: Row) => Row;
  readonly elementIdentity: (row: Row) => KeyIdentity;
  readonly keyIdentity: (key: Row) => KeyIdentity;
  readonly fields: readonly { readonly name: string; readonly type: LogicalType }[];
}

/** Compiles the key. Without expressions all rows have one key. */
export function keyFunctions(keys: readonly Scalar[], options: CompileOptions = {}): KeyFunctions {
  const fields = keys.map((scalar, i) => ({ name: `k${i}`, type: scalar.type }));
  const project = compileStage(
    undefined,
    keys.map((scalar, i) => ({ name: `k${i}`, scalar })),
    options,
  );
  const columns = fields.map(({ name, type }): Scalar => ({ kind: "column", name, type }));
  return {
    keyOf: (row) => project(row)!,
    elementIdentity: compileIdentity(keys, options),
    keyIdentity: compileIdentity(columns, options),
    fields,
  };
}

function compileIdentity(keys: readonly Scalar[], options: CompileOptions): (row: Row) => KeyIdentity {
  if (keys.length === 0) return () => 0;
  const identities = keys.map((one) => identityOf(one.type));
  if (backEndOf(options) === "closures") {
    const report = reporter(options);
    const read = keys.map((one) => compileClosure(one, report));
    const parts = (row: Row): KeyIdentity[] => read.map((one, i) => identities[i]!(one(row)));
    return keys.length === 1 ? (row) => parts(row)[0]! : (row) => joined(parts(row));
  }
  const writer = new CodeWriter();
  readAll(writer, keys);
  const values = keys.map((one) => writer.value(one, "row").text);
  if (keys.length === 1) writer.line(`return ${identityCode(writer, keys[0]!.type, values[0]!)};`);
  else {
    const pieces = keys.map((one, i) => pieceCode(writer, one.type, values[i]!));
    writer.line(`return ${pieces.join(" + ")};`);
  }
  return writer.finish("row", reporter(options)) as (row: Row) => KeyIdentity;
}

const SELF: ReadonlySet<string> = new Set([
  "TINYINT",
  "SMALLINT",
  "INT",
  "BIGINT",
  "DATE",
  "TIME",
  "CHAR",
  "VARCHAR",
]);

function identityCode(writer: CodeWriter, type: LogicalType, value: string): string {
  if (SELF.has(type.kind)) return `${value} === null ? false : ${value}`;
  return `${writer.parameter(identityOf(type))}(${value})`;
}

/** A text that ends recognisably; NULL is `~`. */
function pieceCode(writer: CodeWriter, type: LogicalType, value: string): string {
  if (type.kind === "CHAR" || type.kind === "VARCHAR")
    return `(${value} === null ? "~" : ${value}.length + ":" + ${value})`;
  if (SELF.has(type.kind)) return `(${value} === null ? "~" : ${value} + ";")`;
  return `${writer.parameter((one: SqlValue) => joined([identityOf(type)(one)]))}(${value})`;
}
