/** The rows of a join: both sides put together, keys that stand for equality, and the condition that is left. */
import type { Row } from "@tributary/core";
import { rowConstructor } from "@tributary/core";
import { keyFunctions } from "../aggregates/combine-functions.js";
import { compileCondition, compileScalar } from "../expressions/stage-function.js";
import type { CompileOptions } from "../expressions/stage-function.js";
import type { JoinRelation, JoinSide } from "./relation.js";

/** A row on its way to its partners. `key` is absent where a NULL in it joins nothing. */
export interface JoinElement {
  /** 0 is the left one. */
  readonly side: 0 | 1;
  readonly key: string | undefined;
  readonly row: Row;
}

/** What a join does with rows. */
export interface JoinRows {
  /** Both put together; the side that is absent has NULLs. */
  join(left: Row | undefined, right: Row | undefined): Row;
  /** Whether rows put together meet the condition beside the keys. */
  matches(joined: Row): boolean;
  /** By side: its rows come out even without a partner. */
  readonly preserves: readonly [boolean, boolean];
  /** By side. */
  readonly keyOf: readonly [KeyReader, KeyReader];
}

export type KeyReader = (row: Row) => string | undefined;

function keyReader(side: JoinSide, options: CompileOptions): KeyReader {
  const read = side.keys.map((one) => compileScalar(one, options));
  const { elementIdentity } = keyFunctions(side.keys, options);
  return (row) => {
    for (const one of read) if (one(row) === null) return undefined;
    return `=${String(elementIdentity(row))}`;
  };
}

/** Compiles them. */
export function joinRows({ type, left, right, condition }: JoinRelation, options: CompileOptions): JoinRows {
  const [leftFields, rightFields] = [left, right].map((side) => side.columns.map((one) => one.field)) as [
    string[],
    string[],
  ];
  const construct = rowConstructor([...leftFields, ...rightFields]);
  return {
    join: (a, b) =>
      construct(
        ...leftFields.map((field) => (a === undefined ? null : a[field])),
        ...rightFields.map((field) => (b === undefined ? null : b[field])),
      ),
    matches: condition === undefined ? () => true : compileCondition(condition, options),
    preserves: [type === "LEFT" || type === "FULL", type === "RIGHT" || type === "FULL"],
    keyOf: [keyReader(left, options), keyReader(right, options)],
  };
}
