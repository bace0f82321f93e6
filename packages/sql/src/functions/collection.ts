/** The functions on arrays, maps, multisets and rows, and the conditional ones. */
import type { LogicalType, SqlValue } from "@tributary/core";
import { MAX_LENGTH, printType } from "@tributary/core";
import { equalityOf, identityOf } from "../expressions/comparison.js";
import type { Scalar } from "../expressions/scalar.js";
import { ScalarFault, implementation } from "../expressions/scalar.js";
import {
  BOOLEAN,
  INT,
  commonType,
  commonTypeOf,
  isInteger,
  withNullable,
} from "../expressions/type-rules.js";
import type { CallSite, Parameter, ScalarFunction } from "./function.js";
import { ANY, CallRefusal, TEXT, callTo, define } from "./function.js";
import { comparison, toComparable } from "./operators.js";

const ARRAY: Parameter = { label: "ARRAY", accepts: (type) => type.kind === "ARRAY" };
const MAP: Parameter = { label: "MAP", accepts: (type) => type.kind === "MAP" };
const COLLECTION: Parameter = {
  label: "ARRAY or MAP or MULTISET",
  accepts: (type) => type.kind === "ARRAY" || type.kind === "MAP" || type.kind === "MULTISET",
};

function elementOf(type: LogicalType | undefined): LogicalType {
  if (type?.kind === "ARRAY" || type?.kind === "MULTISET") return type.element;
  throw new CallRefusal("", true);
}

function arrayOf(element: LogicalType): LogicalType {
  return { kind: "ARRAY", element, nullable: false };
}

/** `array[i]`, `map[k]`: NULL outside and for a key that is not there. @throws CallRefusal */
export function bindItem(site: CallSite): Scalar {
  const [operand, index] = site.arguments as [Scalar, Scalar];
  const print = ([a, i]: readonly string[]): string => `${a}[${i}]`;
  const { type } = operand;
  if (type.kind === "ARRAY" && (isInteger(index.type) || index.type.kind === "NULL")) {
    const at = site.cast(index, withNullable(INT, index.type.nullable));
    const work = (items: readonly unknown[], i: number): SqlValue => items[i - 1] ?? null;
    return callTo(
      implementation("ITEM", work, { canBeNull: true, print }),
      type.element,
      [operand, at],
      site,
    );
  }
  if (type.kind === "MAP") {
    if (commonType(type.key, index.type) === undefined)
      throw new CallRefusal(`a key of ${printType(type)} is not ${printType(index.type)}`);
    const key = site.cast(index, withNullable(type.key, index.type.nullable));
    const made = implementation("ITEM", mapLookup(type.key), { canBeNull: true, print });
    return callTo(made, type.value, [operand, key], site);
  }
  throw new CallRefusal(`${printType(type)} has no item [${printType(index.type)}]`);
}

function mapLookup(keyType: LogicalType): (map: ReadonlyMap<unknown, unknown>, key: unknown) => SqlValue {
  const isDirect = ![
    "DECIMAL",
    "TIMESTAMP",
    "TIMESTAMP_LTZ",
    "BINARY",
    "VARBINARY",
    "ARRAY",
    "ROW",
    "MAP",
  ].includes(keyType.kind);
  if (isDirect) return (map, key) => map.get(key) ?? null;
  const same = equalityOf(keyType);
  return (map, key) => {
    for (const [one, value] of map) if (one !== null && same(one, key)) return value;
    return null;
  };
}

/** `row.field`. @throws CallRefusal */
export function bindField(operand: Scalar, name: string, site: CallSite): Scalar {
  const { type } = operand;
  if (type.kind !== "ROW") throw new CallRefusal(`${printType(type)} has no field '${name}'`);
  const field = type.fields.find((one) => one.name === name);
  if (field === undefined) throw new CallRefusal(`the row has no field '${name}'`);
  const made = implementation("FIELD", (row: Record<string, unknown>) => row[name], {
    canBeNull: field.type.nullable,
    print: ([a]) => `${a}.${name}`,
  });
  return callTo(made, field.type, [operand], site);
}

/** `ARRAY[...]`, `MULTISET[...]`. @throws CallRefusal */
export function bindCollection(kind: "ARRAY" | "MULTISET", site: CallSite): Scalar {
  const element = commonTypeOf(site.arguments.map((one) => one.type));
  if (element === undefined) throw new CallRefusal(`the elements of the ${kind} have no common type`);
  if (element.kind === "NULL")
    throw new CallRefusal(`the type of an empty ${kind} is not known; CAST its elements`);
  const args = site.arguments.map((one) => site.cast(one, withNullable(element, one.type.nullable)));
  const print = (texts: readonly string[]): string => `${kind}[${texts.join(", ")}]`;
  const facts = { nulls: "custom", print } as const;
  const made =
    kind === "ARRAY"
      ? implementation("ARRAY", (...items: unknown[]) => items, facts)
      : implementation("MULTISET", (...items: unknown[]) => countItems(items, element), facts);
  const type: LogicalType = { kind, element, nullable: false };
  return { kind: "call", type, implementation: made, arguments: args, span: site.span };
}

function countItems(items: readonly unknown[], element: LogicalType): ReadonlyMap<unknown, number> {
  const identity = identityOf(element);
  const seen = new Map<unknown, unknown>();
  const counts = new Map<unknown, number>();
  for (const item of items) {
    const id = identity(item);
    if (!seen.has(id)) seen.set(id, item);
    const first = seen.get(id);
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  return counts;
}

/** `MAP[k, v, ...]`; a key given twice keeps the last value. @throws CallRefusal */
export function bindMap(site: CallSite): Scalar {
  const keys = site.arguments.filter((_, i) => i % 2 === 0);
  const values = site.arguments.filter((_, i) => i % 2 === 1);
  const key = commonTypeOf(keys.map((one) => one.type));
  const value = commonTypeOf(values.map((one) => one.type));
  if (key === undefined || value === undefined)
    throw new CallRefusal("the entries of the MAP have no common type");
  if (key.kind === "NULL") throw new CallRefusal("the type of an empty MAP is not known");
  const args = site.arguments.map((one, i) =>
    site.cast(one, withNullable(i % 2 === 0 ? key : value, one.type.nullable)),
  );
  const work = (...items: unknown[]): ReadonlyMap<unknown, unknown> => {
    const map = new Map<unknown, unknown>();
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
    return map;
  };
  const made = implementation("MAP", work, { nulls: "custom", print: (texts) => `MAP[${texts.join(", ")}]` });
  return {
    kind: "call",
    type: { kind: "MAP", key, value, nullable: false },
    implementation: made,
    arguments: args,
    span: site.span,
  };
}

/** `ROW(a, b)`: fields EXPR$0, EXPR$1, ... */
export function bindRow(site: CallSite): Scalar {
  const fields = site.arguments.map((one, i) => ({ name: `EXPR$${i}`, type: one.type }));
  const work = (...items: unknown[]): Record<string, unknown> =>
    Object.fromEntries(items.map((item, i) => [`EXPR$${i}`, item]));
  const made = implementation("ROW", work, { nulls: "custom" });
  return {
    kind: "call",
    type: { kind: "ROW", fields, nullable: false },
    implementation: made,
    arguments: site.arguments,
    span: site.span,
  };
}

function custom(
  name: string,
  signatures: readonly string[],
  count: readonly [min: number, max: number],
  bind: (site: CallSite) => Scalar,
  aliases: readonly string[] = [],
): ScalarFunction {
  return {
    name,
    aliases,
    signatures,
    bind(site) {
      const given = site.arguments.length;
      if (given < count[0] || given > count[1]) throw new CallRefusal("", true);
      return bind(site);
    },
  };
}

/** COALESCE of arguments that have a common type. @throws CallRefusal */
export function bindCoalesce(site: CallSite): Scalar {
  const type = commonTypeOf(site.arguments.map((one) => one.type));
  if (type === undefined) throw new CallRefusal("the arguments have no common type");
  const operands = site.arguments.map((one) => site.cast(one, withNullable(type, one.type.nullable)));
  return {
    kind: "coalesce",
    type: withNullable(
      type,
      operands.every((one) => one.type.nullable),
    ),
    operands,
  };
}

/** CASE with conditions; `otherwise` is the last argument's place. @throws CallRefusal */
export function bindCase(
  branches: readonly { readonly condition: Scalar; readonly result: Scalar }[],
  otherwise: Scalar,
  site: CallSite,
): Scalar {
  for (const { condition } of branches)
    if (condition.type.kind !== "BOOLEAN" && condition.type.kind !== "NULL")
      throw new CallRefusal(`a condition is BOOLEAN, not ${printType(condition.type)}`);
  const type = commonTypeOf([...branches.map((one) => one.result.type), otherwise.type]);
  if (type === undefined) throw new CallRefusal("the results have no common type");
  const cast = (one: Scalar): Scalar => site.cast(one, withNullable(type, one.type.nullable));
  return {
    kind: "case",
    type,
    branches: branches.map((one) => ({ condition: one.condition, result: cast(one.result) })),
    otherwise: cast(otherwise),
  };
}

function bindNullIf(site: CallSite): Scalar {
  const [left, right] = site.arguments as [Scalar, Scalar];
  const args = toComparable("NULLIF", left, right, site);
  const kind = args[0].type.kind === "NULL" ? args[1].type : args[0].type;
  const condition: Scalar = callTo(comparison("=", kind), BOOLEAN, args, site);
  const none: Scalar = { kind: "literal", type: withNullable(left.type, true), value: null };
  return {
    kind: "case",
    type: withNullable(left.type, true),
    branches: [{ condition, result: none }],
    otherwise: left,
  };
}

function bindIf(site: CallSite): Scalar {
  const [condition, yes, no] = site.arguments as [Scalar, Scalar, Scalar];
  return bindCase([{ condition, result: yes }], no, site);
}

function contains(site: CallSite): Scalar {
  const [operand, item] = site.arguments as [Scalar, Scalar];
  const element = elementOf(operand.type);
  if (commonType(element, item.type) === undefined) throw new CallRefusal("", true);
  const wanted = site.cast(item, withNullable(element, item.type.nullable));
  const same = equalityOf(element);
  const work = (items: readonly unknown[] | null, one: unknown): boolean | null =>
    items === null
      ? null
      : items.some((other) => (other === null || one === null ? other === one : same(other, one)));
  const made = implementation("ARRAY_CONTAINS", work, { nulls: "custom", canBeNull: operand.type.nullable });
  return {
    kind: "call",
    type: withNullable(BOOLEAN, operand.type.nullable),
    implementation: made,
    arguments: [operand, wanted],
    span: site.span,
  };
}

/** Every function on collections, and the conditional ones. */
export const COLLECTION_FUNCTIONS: readonly ScalarFunction[] = [
  custom("COALESCE", ["COALESCE(value, ...)"], [1, MAX_LENGTH], bindCoalesce),
  custom("IFNULL", ["IFNULL(value, other)"], [2, 2], bindCoalesce),
  custom("NULLIF", ["NULLIF(value, other)"], [2, 2], bindNullIf),
  custom("IF", ["IF(condition, value, other)"], [3, 3], bindIf),
  custom("ARRAY_CONTAINS", ["ARRAY_CONTAINS(ARRAY, element)"], [2, 2], contains),
  define("CARDINALITY", [
    {
      parameters: [COLLECTION],
      returns: INT,
      make: (site) =>
        site.arguments[0]!.type.kind === "ARRAY"
          ? implementation("CARDINALITY", (items: readonly unknown[]) => items.length)
          : site.arguments[0]!.type.kind === "MAP"
            ? implementation("CARDINALITY", (map: ReadonlyMap<unknown, unknown>) => map.size)
            : implementation("CARDINALITY", (bag: ReadonlyMap<unknown, number>) =>
                [...bag.values()].reduce((sum, n) => sum + n, 0),
              ),
    },
  ]),
  define("ELEMENT", [
    {
      parameters: [ARRAY],
      returns: ([type]) => elementOf(type),
      make: () =>
        implementation(
          "ELEMENT",
          (items: readonly unknown[]) => {
            if (items.length > 1)
              throw new ScalarFault(`the array has ${items.length} elements instead of one`);
            return items[0] ?? null;
          },
          { canBeNull: true, canFail: true },
        ),
    },
  ]),
  define("ARRAY_DISTINCT", [
    {
      parameters: [ARRAY],
      returns: ([type]) => type!,
      make: (site) => {
        const identity = identityOf(elementOf(site.arguments[0]!.type));
        return implementation("ARRAY_DISTINCT", (items: readonly unknown[]) =>
          [...new Map(items.toReversed().map((item) => [identity(item), item])).values()].toReversed(),
        );
      },
    },
  ]),
  define("ARRAY_REVERSE", [
    {
      parameters: [ARRAY],
      returns: ([type]) => type!,
      make: () => implementation("ARRAY_REVERSE", (items: readonly unknown[]) => items.toReversed()),
    },
  ]),
  define("ARRAY_JOIN", [
    {
      parameters: [
        {
          label: "ARRAY<STRING>",
          accepts: (type) =>
            type.kind === "ARRAY" && (type.element.kind === "VARCHAR" || type.element.kind === "CHAR"),
        },
        TEXT,
        TEXT,
      ],
      optional: 1,
      returns: TEXT.target!,
      make: () =>
        implementation(
          "ARRAY_JOIN",
          (items: readonly (string | null)[], separator: string, nothing?: string) =>
            items
              .map((item) => item ?? nothing)
              .filter((item) => item !== undefined)
              .join(separator),
        ),
    },
  ]),
  define("MAP_KEYS", [
    {
      parameters: [MAP],
      returns: ([type]) => arrayOf(type!.kind === "MAP" ? type.key : INT),
      make: () => implementation("MAP_KEYS", (map: ReadonlyMap<unknown, unknown>) => [...map.keys()]),
    },
  ]),
  define("MAP_VALUES", [
    {
      parameters: [MAP],
      returns: ([type]) => arrayOf(type!.kind === "MAP" ? type.value : INT),
      make: () => implementation("MAP_VALUES", (map: ReadonlyMap<unknown, unknown>) => [...map.values()]),
    },
  ]),
  define("TYPEOF", [
    {
      parameters: [ANY],
      returns: TEXT.target!,
      make: (site) => {
        const text = printType(site.arguments[0]!.type);
        return implementation("TYPEOF", () => text, { nulls: "custom" });
      },
    },
  ]),
];
