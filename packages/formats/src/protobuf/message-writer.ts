/** Writes rows as messages, their fields by number. */
import { invariant } from "@tributary/core";
import type { LogicalType, RowType } from "@tributary/core";
import { notOfType, UnwritableValue } from "../text/encode-failure.js";
import { fieldReader } from "../text/row-field.js";
import type { FieldReader } from "../text/row-field.js";
import type { FieldKind, MessageField, MessageType } from "./message-type.js";
import { codecOf } from "./value-codec.js";
import { WIRE } from "./wire-reader.js";
import type { WireWriter } from "./wire-writer.js";

type Cells = Readonly<Record<string, unknown>>;

interface FieldWriter {
  readonly name: string;
  readonly read: FieldReader;
  readonly isRequired: boolean;
  /** Columns of the same oneof that come later: the last one that is not NULL is written. */
  readonly successors: readonly FieldReader[];
  /** Writes tag and value; the value is not NULL. */
  write(value: unknown, out: WireWriter): void;
}

export class MessageWriter {
  readonly #fields: readonly FieldWriter[];
  readonly #onFailure: ((error: unknown, column: string) => never) | undefined;

  /**
   * @param rowType - columns that the message's fields can carry, by name.
   * @param nullText - what stands for a NULL text in arrays and maps.
   * @param onFailure - told the column whose value cannot be written; must throw. Without it the error passes.
   */
  constructor(
    message: MessageType,
    rowType: RowType,
    nullText: string,
    onFailure?: (error: unknown, column: string) => never,
  ) {
    this.#onFailure = onFailure;
    this.#fields = rowType.fields
      .map(({ name, type }) => {
        const field = message.fields.find((one) => one.name === name);
        invariant(field !== undefined, `the message ${message.name} has the field ${name}`);
        return {
          field,
          writer: {
            name,
            read: fieldReader(name),
            isRequired: field.label === "required",
            ...successorsOf(field, message, rowType),
            ...fieldWriter(field, type, nullText),
          },
        };
      })
      .toSorted((a, b) => a.field.number - b.field.number)
      .map(({ writer }) => writer);
  }

  write(row: Cells, out: WireWriter): void {
    let name = "";
    try {
      for (const field of this.#fields) {
        ({ name } = field);
        const value = field.read(row);
        if (value === null || value === undefined) {
          if (field.isRequired)
            throw new UnwritableValue(`The field '${name}' is required, and the value is NULL.`);
          continue;
        }
        if (isSucceeded(field, row)) continue;
        field.write(value, out);
      }
    } catch (error) {
      if (this.#onFailure === undefined) throw error;
      this.#onFailure(error, name);
    }
  }
}

function isSucceeded({ successors }: FieldWriter, row: Cells): boolean {
  return successors.some((read) => (read(row) ?? null) !== null);
}

function successorsOf(
  field: MessageField,
  message: MessageType,
  { fields }: RowType,
): Pick<FieldWriter, "successors"> {
  if (field.oneof === undefined) return { successors: [] };
  const members = new Set(
    message.fields.filter(({ oneof }) => oneof === field.oneof).map(({ name }) => name),
  );
  const place = fields.findIndex(({ name }) => name === field.name);
  return {
    successors: fields.slice(place + 1).flatMap(({ name }) => (members.has(name) ? [fieldReader(name)] : [])),
  };
}

function fieldWriter(field: MessageField, type: LogicalType, nullText: string): Pick<FieldWriter, "write"> {
  const { kind } = field;
  if (kind.kind === "map") return mapWriter(field.number, kind, type, nullText);
  if (field.label === "repeated") return repeatedWriter(field, type, nullText);
  const { wireType, write, isZero } = elementWriter(kind, type, nullText);
  const tag = tagOf(field.number, wireType);
  const omitsZero = !field.hasPresence;
  return {
    write(value, out) {
      if (omitsZero && isZero(value)) return;
      out.uint32(tag);
      write(value, out);
    },
  };
}

/** Writes one value, without its tag. */
interface ElementWriter {
  readonly wireType: number;
  readonly write: (value: unknown, out: WireWriter) => void;
  readonly isZero: (value: unknown) => boolean;
  /** Writes what stands for NULL where there is no NULL. */
  readonly writeNull: (out: WireWriter) => void;
}

function elementWriter(kind: FieldKind, type: LogicalType, nullText: string): ElementWriter {
  if (kind.kind === "message") {
    invariant(type.kind === "ROW", `a column of the message ${kind.type.name} is a ROW`);
    const nested = new MessageWriter(kind.type, type, nullText);
    return {
      wireType: WIRE.length,
      write(value, out) {
        if (!isRow(value)) return notOfType(value, "ROW");
        const mark = out.open();
        nested.write(value, out);
        out.close(mark);
      },
      isZero: () => false,
      writeNull: (out) => out.uint32(0),
    };
  }
  invariant(kind.kind === "scalar" || kind.kind === "enum", "columns of groups are refused");
  const codec = codecOf(kind, type);
  const isText = kind.kind === "scalar" && kind.scalar === "string";
  return {
    wireType: codec.wireType,
    write: (value, out) => codec.write(value, out),
    isZero: (value) => codec.isZero(value),
    writeNull: (out) => codec.write(isText ? nullText : codec.zero, out),
  };
}

function isRow(value: unknown): value is Cells {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Map) &&
    !(value instanceof Uint8Array)
  );
}

function repeatedWriter(
  field: MessageField,
  type: LogicalType,
  nullText: string,
): Pick<FieldWriter, "write"> {
  invariant(type.kind === "ARRAY", "a repeated field is an ARRAY");
  const { wireType, write, writeNull } = elementWriter(field.kind, type.element, nullText);
  const writeElement = (element: unknown, out: WireWriter): void => {
    if (element === null || element === undefined) writeNull(out);
    else write(element, out);
  };
  const isPacked = field.isPacked && wireType !== WIRE.length;
  const tag = tagOf(field.number, isPacked ? WIRE.length : wireType);
  return {
    write(value, out) {
      if (!Array.isArray(value)) return notOfType(value, "ARRAY");
      const elements = value as readonly unknown[];
      if (elements.length === 0) return;
      if (isPacked) {
        out.uint32(tag);
        const mark = out.open();
        for (const element of elements) writeElement(element, out);
        out.close(mark);
      } else {
        for (const element of elements) {
          out.uint32(tag);
          writeElement(element, out);
        }
      }
    },
  };
}

function mapWriter(
  number: number,
  kind: FieldKind & { readonly kind: "map" },
  type: LogicalType,
  nullText: string,
): Pick<FieldWriter, "write"> {
  invariant(type.kind === "MAP", "a map is a MAP");
  const parts = [
    { tag: 1, ...elementWriter(kind.key, type.key, nullText) },
    { tag: 2, ...elementWriter(kind.value, type.value, nullText) },
  ].map((part) => ({ ...part, tag: tagOf(part.tag, part.wireType) }));
  const tag = tagOf(number, WIRE.length);
  return {
    write(value, out) {
      if (!(value instanceof Map)) return notOfType(value, "MAP");
      for (const entry of value as ReadonlyMap<unknown, unknown>) {
        out.uint32(tag);
        const mark = out.open();
        for (const [index, part] of parts.entries()) {
          const one = entry[index];
          out.uint32(part.tag);
          if (one === null || one === undefined) part.writeNull(out);
          else part.write(one, out);
        }
        out.close(mark);
      }
    },
  };
}

function tagOf(number: number, wireType: number): number {
  return (number << 3) | wireType;
}
