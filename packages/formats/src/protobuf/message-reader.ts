/**
 * Reads messages into rows. A message is read in two steps: its fields fill slots, one a column, in whatever order they
 * come, the last of repeated ones winning and nested messages growing together; then the slots become a row, and what
 * was absent gets the value that the rules give it.
 */
import { invariant, rowFactory } from "@tributary/core";
import type { LogicalType, Row, RowType } from "@tributary/core";
import type { FieldKind, MessageField, MessageType } from "./message-type.js";
import { codecOf, wireTypeOf } from "./value-codec.js";
import { WIRE } from "./wire-reader.js";
import type { WireReader } from "./wire-reader.js";

/** Fields up to this number are found by index. */
const DIRECT_NUMBERS = 256;

/** What was read of a message so far; `undefined` where nothing was. */
type Slots = unknown[];

/** A field that a column names, or that concerns one. */
interface FieldReader {
  readonly name: string | undefined;
  /** A bit for each wire type that the field may have; with any other it counts as unknown. */
  readonly wireTypes: number;
  /** Slots of the other members of the field's oneof. */
  readonly rivals: readonly number[];
  read(wire: WireReader, wireType: number, slots: Slots): void;
}

/** What a slot becomes in the row. */
interface SlotFinisher {
  /** Of a nested message: its slots become a row. */
  readonly nested?: MessageReader;
  readonly isRequired: boolean;
  readonly absent: () => unknown;
}

export class MessageReader {
  readonly #direct: (FieldReader | undefined)[] = [];
  readonly #others = new Map<number, FieldReader>();
  readonly #names: readonly string[];
  readonly #finishers: readonly SlotFinisher[];
  readonly #empty: readonly unknown[];
  readonly #makeRow: (values: readonly unknown[]) => Row;

  /**
   * @param rowType - columns that the message's fields can fill, by name.
   * @param readsDefaults - what is absent gives its default, in messages of proto2 too.
   */
  constructor(message: MessageType, rowType: RowType, readsDefaults: boolean) {
    const { fields } = rowType;
    this.#names = fields.map(({ name }) => name);
    this.#empty = fields.map(() => undefined);
    this.#makeRow = rowFactory(this.#names);
    this.#finishers = fields.map(({ name, type }, slot) => {
      const field = message.fields.find((one) => one.name === name);
      invariant(field !== undefined, `the message ${message.name} has the field ${name}`);
      const rivals = rivalsOf(field, message, this.#names);
      return this.#addColumn(field, type, slot, { rivals, readsDefaults, syntax: message.syntax });
    });
    for (const field of message.fields) this.#addRival(field, message);
  }

  /** Reads up to the end of the message that the reader is in. */
  read(wire: WireReader): Row {
    const slots = this.newSlots();
    this.readInto(wire, slots);
    return this.finish(wire, slots);
  }

  newSlots(): Slots {
    return this.#empty.slice();
  }

  readInto(wire: WireReader, slots: Slots): void {
    const { end } = wire;
    let name: string | undefined;
    try {
      while (wire.pos < end) {
        name = undefined;
        const tag = wire.tag();
        const number = tag >>> 3;
        const field = number < DIRECT_NUMBERS ? this.#direct[number] : this.#others.get(number);
        if (field === undefined || ((field.wireTypes >> (tag & 7)) & 1) === 0) {
          wire.skip(tag);
          continue;
        }
        name = field.name;
        field.read(wire, tag & 7, slots);
        for (const rival of field.rivals) slots[rival] = undefined;
      }
    } catch (error) {
      wire.enclose(error, name);
      throw error;
    }
  }

  /** The slots' row; the slots are used up. */
  finish(wire: WireReader, slots: Slots): Row {
    const finishers = this.#finishers;
    let index = 0;
    try {
      for (; index < finishers.length; index++) {
        const { nested, isRequired, absent } = finishers[index] as SlotFinisher;
        const value = slots[index];
        if (value === undefined) {
          if (isRequired) wire.fail("The required field is missing.");
          slots[index] = absent();
        } else if (nested !== undefined) {
          slots[index] = nested.finish(wire, value as Slots);
        }
      }
    } catch (error) {
      wire.enclose(error, this.#names[index]);
      throw error;
    }
    return this.#makeRow(slots);
  }

  /** What an absent message gives where defaults are read, and an entry of a map without value. */
  defaultRow(): Row {
    return this.#makeRow(this.#finishers.map(({ absent }) => absent()));
  }

  #addColumn(field: MessageField, type: LogicalType, slot: number, rules: ColumnRules): SlotFinisher {
    const { nested, absent, ...reader } = slotReader(field, type, slot, rules);
    this.#add(field.number, { name: field.name, rivals: rules.rivals, ...reader });
    return { isRequired: field.label === "required", absent, ...(nested !== undefined && { nested }) };
  }

  /** A field without column takes the place of the other members of its oneof. */
  #addRival(field: MessageField, message: MessageType): void {
    if (field.oneof === undefined || this.#names.includes(field.name)) return;
    const rivals = rivalsOf(field, message, this.#names);
    if (rivals.length === 0) return;
    const wireType = wireTypeOf(field.kind);
    const tag = (field.number << 3) | wireType;
    this.#add(field.number, {
      name: undefined,
      wireTypes: 1 << wireType,
      rivals,
      read: (wire) => wire.skip(tag),
    });
  }

  #add(number: number, reader: FieldReader): void {
    if (number < DIRECT_NUMBERS) this.#direct[number] = reader;
    else this.#others.set(number, reader);
  }
}

interface ColumnRules {
  readonly rivals: readonly number[];
  readonly readsDefaults: boolean;
  readonly syntax: MessageType["syntax"];
}

/** Slots of the columns that are members of the same oneof. */
function rivalsOf(field: MessageField, message: MessageType, names: readonly string[]): readonly number[] {
  if (field.oneof === undefined) return [];
  return message.fields
    .filter((other) => other.oneof === field.oneof && other !== field)
    .map(({ name }) => names.indexOf(name))
    .filter((slot) => slot >= 0);
}

/** How a field fills its slot. */
interface SlotReader extends Pick<FieldReader, "wireTypes" | "read"> {
  readonly nested?: MessageReader;
  readonly absent: () => unknown;
}

function slotReader(field: MessageField, type: LogicalType, slot: number, rules: ColumnRules): SlotReader {
  const { kind } = field;
  if (kind.kind === "map") return mapReader(kind, type, slot, rules);
  if (field.label === "repeated") return repeatedReader(kind, type, slot, rules);
  if (kind.kind === "message") return messageReader(kind.type, type, slot, rules);
  invariant(kind.kind !== "group", "columns of groups are refused");
  const codec = codecOf(kind, type);
  const { defaultText } = field;
  const value = defaultText === undefined ? codec.zero : codec.parseDefault(defaultText);
  const absent = rules.readsDefaults || rules.syntax === "proto3" ? value : null;
  return {
    wireTypes: 1 << codec.wireType,
    absent: () => absent,
    read(wire, _, slots) {
      const read = codec.read(wire);
      if (read !== undefined) slots[slot] = read;
    },
  };
}

/** A nested message that comes in several pieces is their union. */
function messageReader(
  message: MessageType,
  type: LogicalType,
  slot: number,
  rules: ColumnRules,
): SlotReader {
  const nested = nestedReader(message, type, rules);
  return {
    wireTypes: 1 << WIRE.length,
    nested,
    absent: rules.readsDefaults ? () => nested.defaultRow() : () => null,
    read(wire, _, slots) {
      const inner = (slots[slot] ??= nested.newSlots()) as Slots;
      const outer = wire.enter();
      nested.readInto(wire, inner);
      wire.leave(outer);
    },
  };
}

function nestedReader(message: MessageType, type: LogicalType, rules: ColumnRules): MessageReader {
  invariant(type.kind === "ROW", `a column of the message ${message.name} is a ROW`);
  return new MessageReader(message, type, rules.readsDefaults);
}

/** Reads one element, at its value; `undefined` if it counts as absent. */
type ElementReader = (wire: WireReader) => unknown;

function repeatedReader(kind: FieldKind, type: LogicalType, slot: number, rules: ColumnRules): SlotReader {
  invariant(type.kind === "ARRAY", "a repeated field is an ARRAY");
  const { read: readElement, wireType } = elementReader(kind, type.element, rules);
  const isPackable = wireType !== WIRE.length;
  const add = (wire: WireReader, elements: unknown[]): void => {
    const element = readElement(wire);
    if (element !== undefined) elements.push(element);
  };
  const readPacked = (wire: WireReader, elements: unknown[]): void => {
    const outer = wire.enter();
    while (wire.pos < wire.end) add(wire, elements);
    wire.leave(outer);
  };
  return {
    wireTypes: (1 << wireType) | (isPackable ? 1 << WIRE.length : 0),
    absent: rules.readsDefaults ? () => [] : () => null,
    read(wire, found, slots) {
      const elements = (slots[slot] ??= []) as unknown[];
      try {
        if (found === wireType) add(wire, elements);
        else readPacked(wire, elements);
      } catch (error) {
        wire.enclose(error, `[${elements.length}]`);
        throw error;
      }
    },
  };
}

function elementReader(
  kind: FieldKind,
  type: LogicalType,
  rules: ColumnRules,
): { readonly read: ElementReader; readonly wireType: number } {
  if (kind.kind === "message") {
    const nested = nestedReader(kind.type, type, rules);
    const read: ElementReader = (wire) => {
      const outer = wire.enter();
      const row = nested.read(wire);
      wire.leave(outer);
      return row;
    };
    return { read, wireType: WIRE.length };
  }
  invariant(kind.kind === "scalar" || kind.kind === "enum", "elements are scalars, enums or messages");
  const codec = codecOf(kind, type);
  return { read: (wire) => codec.read(wire), wireType: codec.wireType };
}

/** On the wire a map is a repeated message with a key and a value, either of which may be absent. */
function mapReader(
  kind: FieldKind & { readonly kind: "map" },
  type: LogicalType,
  slot: number,
  rules: ColumnRules,
): SlotReader {
  invariant(type.kind === "MAP", "a map is a MAP");
  const key = elementReader(kind.key, type.key, rules);
  const value = elementReader(kind.value, type.value, rules);
  const keyTag = (1 << 3) | key.wireType;
  const valueTag = (2 << 3) | value.wireType;
  const absentKey = absentEntry(kind.key, type.key, rules);
  const absentValue = absentEntry(kind.value, type.value, rules);
  return {
    wireTypes: 1 << WIRE.length,
    absent: rules.readsDefaults ? () => new Map() : () => null,
    read(wire, _, slots) {
      const entries = (slots[slot] ??= new Map()) as Map<unknown, unknown>;
      const outer = wire.enter();
      let entryKey: unknown;
      let entryValue: unknown;
      let isKnown = true;
      while (wire.pos < wire.end) {
        const tag = wire.tag();
        if (tag === keyTag) entryKey = key.read(wire);
        else if (tag === valueTag) {
          entryValue = value.read(wire);
          isKnown = entryValue !== undefined;
        } else wire.skip(tag);
      }
      wire.leave(outer);
      if (isKnown) entries.set(entryKey ?? absentKey(), entryValue ?? absentValue());
    },
  };
}

/** What an entry without key, or without value, has in its place. */
function absentEntry(kind: FieldKind, type: LogicalType, rules: ColumnRules): () => unknown {
  if (kind.kind === "message") {
    const nested = nestedReader(kind.type, type, rules);
    return () => nested.defaultRow();
  }
  invariant(kind.kind === "scalar" || kind.kind === "enum", "keys and values are scalars, enums or messages");
  const { zero } = codecOf(kind, type);
  return () => zero;
}
