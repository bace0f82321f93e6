/**
 * A relation on its way into the graph: a collection of rows, and what is still to be done to each of them. Filters and
 * projections gather here and become one function; they are written out as a step only where something else needs the
 * rows.
 */
import { implementation, isDeterministic, operandsOf, substitute } from "../expressions/scalar.js";
import type { Scalar, ScalarImplementation } from "../expressions/scalar.js";
import { BOOLEAN, withNullable } from "../expressions/type-rules.js";

export interface Stream {
  /** Collection whose elements are the base rows. */
  readonly collection: string;
  /** Fields of the base rows, in order. */
  readonly baseFields: readonly string[];
  /** Over the base row. */
  readonly filter: Scalar | undefined;
  /** Field of the stream's rows to what it is over the base row. */
  readonly fields: ReadonlyMap<string, Scalar>;
  /** What plans show for fields of the base row whose names were made up. */
  readonly labels?: ReadonlyMap<string, string>;
}

/** Column of the base row, as the start of a stream. */
export function baseStream(
  collection: string,
  columns: readonly { readonly field: string; readonly type: Scalar["type"] }[],
): Stream {
  return {
    collection,
    baseFields: columns.map((one) => one.field),
    filter: undefined,
    fields: new Map(columns.map(({ field, type }) => [field, { kind: "column", name: field, type }])),
  };
}

/** Most parts of an expression that is rather worked out twice than kept in a row. */
const CHEAP_NODES_MAX = 8;

function countNodes(scalar: Scalar): number {
  return operandsOf(scalar).reduce((sum, one) => sum + countNodes(one), 1);
}

function isPrimitive(scalar: Scalar): boolean {
  if (scalar.kind === "column" || scalar.kind === "literal") return true;
  return (
    scalar.kind === "call" &&
    scalar.implementation.inline !== undefined &&
    scalar.implementation.isDeterministic &&
    scalar.arguments.every(isPrimitive)
  );
}

/** Columns, constants, and short arithmetic and comparisons that are written into the code. */
function isCheap(scalar: Scalar): boolean {
  return isPrimitive(scalar) && countNodes(scalar) <= CHEAP_NODES_MAX;
}

function countUses(scalar: Scalar, counts: Map<string, number>): void {
  if (scalar.kind === "column") counts.set(scalar.name, (counts.get(scalar.name) ?? 0) + 1);
  for (const operand of operandsOf(scalar)) countUses(operand, counts);
}

/**
 * Whether expressions over the stream's rows may be worked out over its base rows: nothing dear is then done twice, and
 * nothing random is drawn twice.
 */
export function canInline(stream: Stream, scalars: readonly Scalar[]): boolean {
  const counts = new Map<string, number>();
  for (const scalar of scalars) countUses(scalar, counts);
  for (const [field, count] of counts) {
    const source = stream.fields.get(field);
    if (source !== undefined && !isCheap(source) && count > 1) return false;
  }
  return stream.filter === undefined || isDeterministic(stream.filter);
}

/** An expression over the stream's rows as one over its base rows. */
export function inlined(stream: Stream, scalar: Scalar): Scalar {
  return substitute(scalar, (column) => {
    const source = stream.fields.get(column.name) ?? column;
    return { ...source, type: withNullable(source.type, column.type.nullable || source.type.nullable) };
  });
}

/** `a AND b`, from the left. */
export function conjunction(a: Scalar | undefined, b: Scalar | undefined): Scalar | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  const operands = [a, b].flatMap((one) =>
    one.kind === "logical" && one.operator === "AND" ? one.operands : [one],
  );
  const type = withNullable(
    BOOLEAN,
    operands.some((one) => one.type.nullable),
  );
  return { kind: "logical", type, operator: "AND", operands };
}

/** Stands for a bound of windows of which a row has several; it has a value only behind an aggregation. */
export function boundMarker(name: string): ScalarImplementation {
  return implementation(name, () => {
    throw new Error("Broken invariant: a window's bound was read before the aggregation.");
  });
}
