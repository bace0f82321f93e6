/**
 * What a sample shows about one value: a column, a field, the elements of an array. Only counts and extremes are kept,
 * so that its size follows from the shape of the records and not from their number.
 */
import { BIGINT_MAX, BIGINT_MIN, Decimal } from "@tributary/core";
import type { CellKind, TextKind } from "./text-kind.js";

/** What a present value was. */
export type ValueKind = TextKind | CellKind | "number" | "boolean" | "object" | "array" | "deep";

/** Exponents beyond this are no numbers that a column could hold. */
const EXPONENT_MAX = 400;

/** The numbers of a value. */
export class NumberEvidence {
  /** Were all of them whole, without point and exponent? */
  areWhole = true;
  /** Do all of them fit 64 bits? Of whole ones only. */
  fitBigint = true;
  /** Does a DOUBLE hold each with all its digits? */
  areDoubles = true;
  /** Is one of them beyond what DOUBLE and DECIMAL hold? */
  isBeyond = false;
  /** Most digits before the point, at least 1. */
  wholeDigits = 1;
  /** Most digits behind the point. */
  scale = 0;

  add(text: string): void {
    this.areWhole &&= /^[+-]?\d+$/.test(text);
    const value = Decimal.parse(text);
    const double = Number(text);
    if (value === undefined || !Number.isFinite(double) || Math.abs(value.scale) > EXPONENT_MAX) {
      this.isBeyond = true;
      return;
    }
    const stripped = value.stripTrailingZeros();
    this.areDoubles &&= Decimal.fromNumber(double)?.equals(value) === true;
    this.fitBigint &&=
      stripped.scale <= 0 && stripped.toBigInt() <= BIGINT_MAX && stripped.toBigInt() >= BIGINT_MIN;
    this.wholeDigits = Math.max(this.wholeDigits, stripped.precision - stripped.scale);
    this.scale = Math.max(this.scale, stripped.scale);
  }

  merge(other: NumberEvidence): void {
    this.areWhole &&= other.areWhole;
    this.fitBigint &&= other.fitBigint;
    this.areDoubles &&= other.areDoubles;
    this.isBeyond ||= other.isBeyond;
    this.wholeDigits = Math.max(this.wholeDigits, other.wholeDigits);
    this.scale = Math.max(this.scale, other.scale);
  }
}

export class Evidence {
  nulls = 0;
  readonly kinds = new Map<ValueKind, number>();
  numbers: NumberEvidence | undefined;
  /** Most fraction digits of a second. */
  fraction = 0;
  /** Of objects: what is known of each name, in the order in which they came. */
  fields: Map<string, Evidence> | undefined;
  /** Of arrays. */
  elements: Evidence | undefined;

  /** Values that are not NULL. */
  get present(): number {
    let count = 0;
    for (const one of this.kinds.values()) count += one;
    return count;
  }

  count(kind: ValueKind): number {
    return this.kinds.get(kind) ?? 0;
  }

  note(kind: ValueKind): void {
    this.kinds.set(kind, this.count(kind) + 1);
  }

  number(text: string): void {
    this.note("number");
    this.numbers ??= new NumberEvidence();
    this.numbers.add(text);
  }

  field(name: string): Evidence {
    this.fields ??= new Map();
    let field = this.fields.get(name);
    if (field === undefined) this.fields.set(name, (field = new Evidence()));
    return field;
  }

  element(): Evidence {
    return (this.elements ??= new Evidence());
  }

  merge(other: Evidence): void {
    this.nulls += other.nulls;
    for (const [kind, count] of other.kinds) this.kinds.set(kind, this.count(kind) + count);
    if (other.numbers !== undefined) (this.numbers ??= new NumberEvidence()).merge(other.numbers);
    this.fraction = Math.max(this.fraction, other.fraction);
    for (const [name, field] of other.fields ?? []) this.field(name).merge(field);
    if (other.elements !== undefined) this.element().merge(other.elements);
  }
}
