/** Order, equality and identity of values of one type. NULL is dealt with by the caller. */
import type { Decimal, Instant, LocalTimestamp, LogicalType, SqlValue } from "@tributary/core";
import { compareText } from "../functions/string-functions.js";

/** Negative, zero or positive. */
export type Compare = (a: never, b: never) => number;

/** True where JavaScript's `<` and `===` on the values mean the same as SQL's `<` and `=`. */
export function isPlain(type: LogicalType): boolean {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others take the default's way.
  switch (type.kind) {
    case "BOOLEAN":
    case "TINYINT":
    case "SMALLINT":
    case "INT":
    case "BIGINT":
    case "FLOAT":
    case "DOUBLE":
    case "DATE":
    case "TIME":
    case "INTERVAL_YEAR_MONTH":
    case "INTERVAL_DAY_TIME":
      return true;
    default:
      return false;
  }
}

/** Whether `<` is defined for a type. */
export function isOrdered(type: LogicalType): boolean {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others take the default's way.
  switch (type.kind) {
    case "CHAR":
    case "VARCHAR":
    case "BINARY":
    case "VARBINARY":
    case "DECIMAL":
    case "TIMESTAMP":
    case "TIMESTAMP_LTZ":
    case "NULL":
      return true;
    default:
      return isPlain(type);
  }
}

/** The order of a type for which {@link isOrdered} holds. */
export function comparatorOf(type: LogicalType): Compare {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others take the default's way.
  switch (type.kind) {
    case "CHAR":
    case "VARCHAR":
      return compareText;
    case "BINARY":
    case "VARBINARY":
      return (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b);
    case "DECIMAL":
      return (a: Decimal, b: Decimal) => a.compare(b);
    case "TIMESTAMP":
      return (a: LocalTimestamp, b: LocalTimestamp) => a.compare(b);
    case "TIMESTAMP_LTZ":
      return (a: Instant, b: Instant) => a.compare(b);
    default:
      return (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0);
  }
}

/** Equality of a type, NULL inside collections and rows equal to NULL. */
export function equalityOf(type: LogicalType): (a: SqlValue, b: SqlValue) => boolean {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others take the default's way.
  switch (type.kind) {
    case "ARRAY": {
      const same = nullSafe(equalityOf(type.element));
      return (a, b) => {
        const [x, y] = [a as readonly unknown[], b as readonly unknown[]];
        return x.length === y.length && x.every((one, i) => same(one, y[i]));
      };
    }
    case "ROW": {
      const fields = type.fields.map((one) => [one.name, nullSafe(equalityOf(one.type))] as const);
      return (a, b) =>
        fields.every(([name, same]) =>
          same((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]),
        );
    }
    case "MAP":
    case "MULTISET": {
      const same = nullSafe(type.kind === "MAP" ? equalityOf(type.value) : (a, b) => a === b);
      const identity = identityOf(type.kind === "MAP" ? type.key : type.element);
      return (a, b) => {
        const [x, y] = [a as ReadonlyMap<unknown, unknown>, b as ReadonlyMap<unknown, unknown>];
        if (x.size !== y.size) return false;
        const other = new Map([...y].map(([key, value]) => [identity(key), value]));
        return [...x].every(
          ([key, value]) => other.has(identity(key)) && same(value, other.get(identity(key))),
        );
      };
    }
    default: {
      if (isPlain(type) || type.kind === "CHAR" || type.kind === "VARCHAR") return (a, b) => a === b;
      const compare = comparatorOf(type) as (a: SqlValue, b: SqlValue) => number;
      return (a, b) => compare(a, b) === 0;
    }
  }
}

function nullSafe(same: (a: SqlValue, b: SqlValue) => boolean): (a: SqlValue, b: SqlValue) => boolean {
  return (a, b) => (a === null || b === null ? a === b : same(a, b));
}

/** A primitive; two values (NULL included) are the same group exactly when these are. */
export type Identity = (value: SqlValue) => string | number | bigint | boolean;

/** The identity of a type's values. NULL is `false` where no value is a boolean, else 0. */
export function identityOf(type: LogicalType): Identity {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others take the default's way.
  switch (type.kind) {
    case "BOOLEAN":
      return (value) => (value === null ? 0 : (value as boolean));
    case "FLOAT":
    case "DOUBLE":
      return (value) => (value === null ? false : (value as number) + 0);
    case "DECIMAL":
      return (value) => {
        if (value === null) return false;
        const plain = (value as Decimal).stripTrailingZeros();
        return `${plain.unscaled}e${plain.scale}`;
      };
    case "TIMESTAMP":
    case "TIMESTAMP_LTZ":
      return (value) => {
        if (value === null) return false;
        const { epochMillis, nanosOfMilli } = value as Instant;
        return nanosOfMilli === 0 ? epochMillis : `${epochMillis}.${nanosOfMilli}`;
      };
    case "BINARY":
    case "VARBINARY":
      return (value) => (value === null ? false : Buffer.from(value as Uint8Array).toString("latin1"));
    case "ARRAY": {
      const element = identityOf(type.element);
      return (value) => (value === null ? false : joined((value as readonly unknown[]).map(element)));
    }
    case "ROW": {
      const fields = type.fields.map((one) => [one.name, identityOf(one.type)] as const);
      return (value) =>
        value === null
          ? false
          : joined(fields.map(([name, identity]) => identity((value as Record<string, unknown>)[name])));
    }
    case "MAP":
    case "MULTISET": {
      const key = identityOf(type.kind === "MAP" ? type.key : type.element);
      const content: Identity = type.kind === "MAP" ? identityOf(type.value) : (value) => value as number;
      return (value) =>
        value === null
          ? false
          : joined(
              [...(value as ReadonlyMap<unknown, unknown>)]
                .map(([one, other]) => joined([key(one), content(other)]))
                .toSorted(),
            );
    }
    default:
      return (value) => (value === null ? false : (value as string | number | bigint));
  }
}

/** One text for several identities; no two lists give the same. */
export function joined(parts: readonly (string | number | bigint | boolean)[]): string {
  let text = "";
  for (const part of parts) {
    const one = String(part);
    text += `${(typeof part).charAt(1)}${one.length}:${one}`;
  }
  return text;
}
