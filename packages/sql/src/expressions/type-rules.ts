/**
 * Types of results: which types mix, what the common type is, how many digits a DECIMAL has afterwards. After Apache
 * Flink's planner (least restrictive types, decimal derivation).
 */
import type { DecimalType, IntervalType, LogicalType, TemporalType } from "@tributary/core";
import { MAX_LENGTH } from "@tributary/core";

export type IntegerKind = "TINYINT" | "SMALLINT" | "INT" | "BIGINT";

export const BOOLEAN: LogicalType = { kind: "BOOLEAN", nullable: false };
export const TINYINT: LogicalType = { kind: "TINYINT", nullable: false };
export const INT: LogicalType = { kind: "INT", nullable: false };
export const BIGINT: LogicalType = { kind: "BIGINT", nullable: false };
export const DOUBLE: LogicalType = { kind: "DOUBLE", nullable: false };
export const STRING: LogicalType = { kind: "VARCHAR", length: MAX_LENGTH, nullable: false };
export const BYTES: LogicalType = { kind: "VARBINARY", length: MAX_LENGTH, nullable: false };
export const DATE: LogicalType = { kind: "DATE", nullable: false };
export const NULL_TYPE: LogicalType = { kind: "NULL", nullable: true };

export function timestampType(precision: number): LogicalType {
  return { kind: "TIMESTAMP", precision, nullable: false };
}

export function instantType(precision: number): LogicalType {
  return { kind: "TIMESTAMP_LTZ", precision, nullable: false };
}

export function decimalType(precision: number, scale: number): DecimalType {
  return { kind: "DECIMAL", precision, scale, nullable: false };
}

/** The type with this nullability. */
export function withNullable<T extends LogicalType>(type: T, nullable: boolean): T {
  return type.nullable === nullable ? type : { ...type, nullable };
}

const INTEGERS: readonly string[] = ["TINYINT", "SMALLINT", "INT", "BIGINT"];

export function isInteger(type: LogicalType): type is LogicalType & { readonly kind: IntegerKind } {
  return INTEGERS.includes(type.kind);
}

export function isApproximate(type: LogicalType): boolean {
  return type.kind === "FLOAT" || type.kind === "DOUBLE";
}

export function isNumeric(type: LogicalType): boolean {
  return isInteger(type) || isApproximate(type) || type.kind === "DECIMAL";
}

export function isText(type: LogicalType): type is LogicalType & { readonly kind: "CHAR" | "VARCHAR" } {
  return type.kind === "CHAR" || type.kind === "VARCHAR";
}

export function isBinary(type: LogicalType): type is LogicalType & { readonly kind: "BINARY" | "VARBINARY" } {
  return type.kind === "BINARY" || type.kind === "VARBINARY";
}

/** TIMESTAMP or TIMESTAMP_LTZ. */
export type TimestampType = TemporalType & { readonly kind: "TIMESTAMP" | "TIMESTAMP_LTZ" };

export function isTimestamp(type: LogicalType): type is TimestampType {
  return type.kind === "TIMESTAMP" || type.kind === "TIMESTAMP_LTZ";
}

export function isInterval(type: LogicalType): type is IntervalType {
  return type.kind === "INTERVAL_YEAR_MONTH" || type.kind === "INTERVAL_DAY_TIME";
}

const INTEGER_DIGITS: Readonly<Record<IntegerKind, number>> = {
  TINYINT: 3,
  SMALLINT: 5,
  INT: 10,
  BIGINT: 19,
};

/** An exact number's type as a DECIMAL that holds all its values. */
export function asDecimal(type: LogicalType): DecimalType {
  if (type.kind === "DECIMAL") return type;
  return { ...decimalType(isInteger(type) ? INTEGER_DIGITS[type.kind] : 38, 0), nullable: type.nullable };
}

const DIGITS_MAX = 38;
const SCALE_KEPT = 6;

/** Over 38 digits the scale gives way, not below 6. */
function adjusted(precision: number, scale: number): DecimalType {
  if (precision <= DIGITS_MAX) return decimalType(precision, scale);
  return decimalType(DIGITS_MAX, Math.max(DIGITS_MAX - (precision - scale), Math.min(scale, SCALE_KEPT)));
}

/** Type of an arithmetic result, NOT NULL. */
export function decimalResult(operator: string, left: DecimalType, right: DecimalType): DecimalType {
  const { precision: p1, scale: s1 } = left;
  const { precision: p2, scale: s2 } = right;
  const scale = Math.max(s1, s2);
  switch (operator) {
    case "*":
      return adjusted(p1 + p2 + 1, s1 + s2);
    case "/": {
      const quotient = Math.max(SCALE_KEPT, s1 + p2 + 1);
      return adjusted(p1 - s1 + s2 + quotient, quotient);
    }
    case "%":
      return adjusted(Math.max(1, Math.min(p1 - s1, p2 - s2) + scale), scale);
    default:
      return adjusted(Math.max(p1 - s1, p2 - s2) + scale + 1, scale);
  }
}

function commonNumeric(a: LogicalType, b: LogicalType): LogicalType {
  if (isInteger(a) && isInteger(b)) return INTEGERS.indexOf(a.kind) >= INTEGERS.indexOf(b.kind) ? a : b;
  if (isApproximate(a) || isApproximate(b)) {
    if (a.kind === "DOUBLE" || b.kind === "DOUBLE" || a.kind === "DECIMAL" || b.kind === "DECIMAL")
      return DOUBLE;
    return { kind: "FLOAT", nullable: false };
  }
  const left = asDecimal(a);
  const right = asDecimal(b);
  const scale = Math.max(left.scale, right.scale);
  const whole = Math.max(left.precision - left.scale, right.precision - right.scale);
  return whole + scale <= DIGITS_MAX
    ? decimalType(whole + scale, scale)
    : decimalType(DIGITS_MAX, Math.max(0, DIGITS_MAX - whole));
}

/** The type that takes the values of both, or `undefined` when they do not mix. NULL takes any type. */
export function commonType(a: LogicalType, b: LogicalType): LogicalType | undefined {
  const nullable = a.nullable || b.nullable;
  const common = commonOf(a, b);
  return common === undefined ? undefined : withNullable(common, nullable);
}

function commonOf(a: LogicalType, b: LogicalType): LogicalType | undefined {
  if (a.kind === "NULL") return b;
  if (b.kind === "NULL") return a;
  if (isNumeric(a) && isNumeric(b)) return commonNumeric(a, b);
  if (isText(a) && isText(b)) {
    const length = Math.max(a.length, b.length);
    return a.kind === "CHAR" && b.kind === "CHAR" && a.length === b.length
      ? a
      : { kind: "VARCHAR", length, nullable: false };
  }
  if (isBinary(a) && isBinary(b)) {
    const length = Math.max(a.length, b.length);
    return a.kind === "BINARY" && b.kind === "BINARY" && a.length === b.length
      ? a
      : { kind: "VARBINARY", length, nullable: false };
  }
  if (a.kind !== b.kind) return undefined;
  return commonOfKind(a, b);
}

function commonOfKind(a: LogicalType, b: LogicalType): LogicalType | undefined {
  if ("precision" in a && "precision" in b && !("scale" in a)) return a.precision >= b.precision ? a : b;
  if (a.kind === "ARRAY" && b.kind === "ARRAY") {
    const element = commonType(a.element, b.element);
    return element && { kind: "ARRAY", element, nullable: false };
  }
  if (a.kind === "MULTISET" && b.kind === "MULTISET") {
    const element = commonType(a.element, b.element);
    return element && { kind: "MULTISET", element, nullable: false };
  }
  if (a.kind === "MAP" && b.kind === "MAP") {
    const key = commonType(a.key, b.key);
    const value = commonType(a.value, b.value);
    return key && value && { kind: "MAP", key, value, nullable: false };
  }
  if (a.kind === "ROW" && b.kind === "ROW") {
    if (a.fields.length !== b.fields.length) return undefined;
    const fields = [];
    for (const [i, field] of a.fields.entries()) {
      const type = commonType(field.type, b.fields[i]!.type);
      if (type === undefined) return undefined;
      fields.push({ name: field.name, type });
    }
    return { kind: "ROW", fields, nullable: false };
  }
  if (a.kind === "RAW" || a.kind === "VARIANT" || a.kind === "BITMAP" || a.kind === "USER") return undefined;
  return a;
}

/** The common type of several, or `undefined`. */
export function commonTypeOf(types: readonly LogicalType[]): LogicalType | undefined {
  const [first = NULL_TYPE, ...others] = types;
  return others.reduce<LogicalType | undefined>(
    (common, type) => (common === undefined ? undefined : commonType(common, type)),
    first,
  );
}

/** Same type, nullability aside. */
export function isSameType(a: LogicalType, b: LogicalType): boolean {
  if (a.kind !== b.kind) return false;
  if (isText(a) || isBinary(a)) return a.length === (b as { length?: number }).length;
  if (a.kind === "DECIMAL") {
    const other = b as DecimalType;
    return a.precision === other.precision && a.scale === other.scale;
  }
  if (a.kind === "TIME" || isTimestamp(a)) return a.precision === (b as TemporalType).precision;
  if (a.kind === "ARRAY" || a.kind === "MULTISET")
    return isSameType(a.element, (b as { element: LogicalType }).element);
  if (a.kind === "MAP" && b.kind === "MAP") return isSameType(a.key, b.key) && isSameType(a.value, b.value);
  if (a.kind === "ROW" && b.kind === "ROW")
    return (
      a.fields.length === b.fields.length &&
      a.fields.every(
        (field, i) => field.name === b.fields[i]!.name && isSameType(field.type, b.fields[i]!.type),
      )
    );
  return true;
}
