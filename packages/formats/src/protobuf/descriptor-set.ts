/**
 * Messages and enums of a FileDescriptorSet, which is a message itself: it is read by the same code as any other, with
 * the few fields of descriptor.proto that matter declared here.
 *
 * Source: descriptor.proto of Protocol Buffers; protoc writes such a file with --descriptor_set_out.
 */
import type { Row } from "@tributary/core";
import { rowTypeOf } from "./column-types.js";
import { MessageReader } from "./message-reader.js";
import type { EnumType, FieldKind, MessageField, MessageType, ScalarName, Syntax } from "./message-type.js";
import { WireReader } from "./wire-reader.js";

/** Deepest nesting of message declarations. */
const DECLARATION_NESTING_MAX = 64;

/** Something in a descriptor set that this format cannot take. */
export class DescriptorFault extends Error {
  readonly hint: string | undefined;

  constructor(reason: string, hint?: string) {
    super(reason);
    this.hint = hint;
  }
}

/** The messages of a descriptor set, by full name. */
export class DescriptorSet {
  readonly #messages = new Map<string, () => MessageType>();
  readonly #enums = new Map<string, EnumType>();
  /** Key and value of the messages that stand for maps. */
  readonly #entries = new Map<string, () => MessageType>();

  /** @throws DescriptorFault if the bytes are no descriptor set. */
  constructor(bytes: Uint8Array) {
    for (const file of readFiles(bytes)) {
      const scope = file.package === "" ? "" : `${file.package}.`;
      for (const one of file.message_type) this.#addMessage(one, scope, syntaxOf(file));
      for (const one of file.enum_type) this.#addEnum(one, scope, syntaxOf(file));
    }
  }

  /** Full names of all messages. */
  get messageNames(): readonly string[] {
    return [...this.#messages.keys()];
  }

  /** @throws DescriptorFault if a declaration of it is missing or cannot be taken. */
  findMessage(name: string): MessageType | undefined {
    return this.#messages.get(name)?.();
  }

  #addMessage(declared: DeclaredMessage, scope: string, syntax: string): void {
    const name = scope + declared.name;
    let made: MessageType | undefined;
    const make = (): MessageType => (made ??= this.#message(name, declared, syntax));
    (declared.options?.map_entry === true ? this.#entries : this.#messages).set(name, make);
    for (const one of declared.enums) this.#addEnum(one, `${name}.`, syntax);
    for (const one of declared.messages) this.#addMessage(one, `${name}.`, syntax);
  }

  #addEnum({ name, value }: DeclaredEnum, scope: string, syntax: string): void {
    this.#enums.set(scope + name, { name: scope + name, isClosed: syntax === "proto2", values: value });
  }

  /** Fields are linked when they are asked for, since messages may hold each other. */
  #message(name: string, { field }: DeclaredMessage, syntax: string): MessageType {
    if (syntax !== "proto2" && syntax !== "proto3") {
      throw new DescriptorFault(
        `The message ${name} is declared with syntax ${JSON.stringify(syntax)}; proto2 and proto3 are supported.`,
      );
    }
    const link = (): readonly MessageField[] => field.map((one) => this.#field(one, name, syntax));
    let fields: readonly MessageField[] | undefined;
    let isLinking = false;
    return {
      name,
      syntax,
      get fields() {
        if (fields !== undefined) return fields;
        if (isLinking) throw new DescriptorFault(`The map entry ${name} holds itself.`);
        isLinking = true;
        return (fields = link());
      },
    };
  }

  #field(declared: DeclaredField, message: string, syntax: Syntax): MessageField {
    const kind = this.#kind(declared, message);
    const label = LABELS[declared.label ?? 0] ?? "optional";
    const number = declared.number ?? 0;
    if (number < 1 || number > FIELD_NUMBER_MAX) {
      throw new DescriptorFault(`The field ${message}.${declared.name} has the number ${number}.`);
    }
    const isOptional = syntax === "proto2" || declared.proto3_optional === true;
    const isInOneof = declared.oneof_index !== null;
    return {
      name: declared.name,
      number,
      label,
      kind,
      isPacked: declared.options?.packed ?? syntax === "proto3",
      hasPresence: isOptional || isInOneof || kind.kind === "message",
      ...(isInOneof && declared.proto3_optional !== true && { oneof: declared.oneof_index }),
      ...(declared.default_value !== null && { defaultText: declared.default_value }),
    };
  }

  /** A name with a dot in front is full, as protoc writes it; another is looked for from the message outwards. */
  #fullName(name: string, message: string): string {
    if (name.startsWith(".")) return name.slice(1);
    for (let scope = message; scope !== ""; scope = outerScope(scope)) {
      const full = `${scope}.${name}`;
      if (this.#enums.has(full) || this.#entries.has(full) || this.#messages.has(full)) return full;
    }
    return name;
  }

  #kind({ name: fieldName, type, type_name }: DeclaredField, message: string): FieldKind {
    const field = `${message}.${fieldName}`;
    const scalar = SCALARS[type ?? 0];
    if (scalar !== undefined) return { kind: "scalar", scalar };
    if (type === TYPE_GROUP) return { kind: "group" };
    const name = this.#fullName(type_name ?? "", message);
    if (type === TYPE_ENUM) {
      const found = this.#enums.get(name);
      if (found !== undefined && found.values.length > 0) return { kind: "enum", type: found };
    } else if (type === TYPE_MESSAGE) {
      const entry = this.#entries.get(name)?.();
      const [key, value] = [1, 2].map((number) => entry?.fields.find((one) => one.number === number)?.kind);
      if (key?.kind === "scalar" && value !== undefined && value.kind !== "map" && value.kind !== "group") {
        return { kind: "map", key, value };
      }
      const found = this.findMessage(name);
      if (found !== undefined) return { kind: "message", type: found };
    } else {
      throw new DescriptorFault(`The field ${field} has the type ${type}, which there is not.`);
    }
    throw new DescriptorFault(
      `The field ${field} is of the type ${name}, which the descriptor set does not declare.`,
      "Make it with --include_imports, so that it holds imported files too.",
    );
  }
}

/** The scope around a name: what stands before its last dot; empty around the outermost. */
function outerScope(scope: string): string {
  return scope.slice(0, Math.max(0, scope.lastIndexOf(".")));
}

const LABELS: Readonly<Record<number, MessageField["label"]>> = {
  1: "optional",
  2: "required",
  3: "repeated",
};
/** Tags have 29 bits for it. */
const FIELD_NUMBER_MAX = 2 ** 29 - 1;
const TYPE_GROUP = 10;
const TYPE_MESSAGE = 11;
const TYPE_ENUM = 14;
const SCALARS: Readonly<Record<number, ScalarName>> = {
  1: "double",
  2: "float",
  3: "int64",
  4: "uint64",
  5: "int32",
  6: "fixed64",
  7: "fixed32",
  8: "bool",
  9: "string",
  12: "bytes",
  13: "uint32",
  15: "sfixed32",
  16: "sfixed64",
  17: "sint32",
  18: "sint64",
};

interface DeclaredFile {
  readonly package: string;
  readonly message_type: readonly DeclaredMessage[];
  readonly enum_type: readonly DeclaredEnum[];
  readonly syntax: string;
}

interface DeclaredMessage {
  readonly name: string;
  readonly field: readonly DeclaredField[];
  readonly messages: readonly DeclaredMessage[];
  readonly enums: readonly DeclaredEnum[];
  readonly options: { readonly map_entry: boolean | null } | null;
}

interface DeclaredField {
  readonly name: string;
  readonly number: number | null;
  readonly label: number | null;
  readonly type: number | null;
  readonly type_name: string | null;
  readonly default_value: string | null;
  readonly oneof_index: number | null;
  readonly proto3_optional: boolean | null;
  readonly options: { readonly packed: boolean | null } | null;
}

interface DeclaredEnum {
  readonly name: string;
  readonly value: readonly { readonly name: string; readonly number: number }[];
}

/** A file without syntax is one of proto2. */
function syntaxOf({ syntax }: DeclaredFile): string {
  return syntax === "" ? "proto2" : syntax;
}

/** A message of descriptor.proto: fields of proto2, so that an absent one is NULL. */
function declare(
  name: string,
  fields: Readonly<Record<string, readonly [number: number, kind: FieldKind, isRepeated?: true]>>,
): MessageType {
  return {
    name: `google.protobuf.${name}`,
    syntax: "proto2",
    fields: Object.entries(fields).map(([field, [number, kind, isRepeated]]) => ({
      name: field,
      number,
      kind,
      label: isRepeated === true ? "repeated" : "optional",
      isPacked: false,
      hasPresence: true,
    })),
  };
}

const scalar = (name: ScalarName): FieldKind => ({ kind: "scalar", scalar: name });
const message = (type: MessageType): FieldKind => ({ kind: "message", type });
const [TEXT, NUMBER, TRUTH, BYTES] = [scalar("string"), scalar("int32"), scalar("bool"), scalar("bytes")];

const ENUM_VALUE = declare("EnumValueDescriptorProto", { name: [1, TEXT], number: [2, NUMBER] });
const ENUM = declare("EnumDescriptorProto", { name: [1, TEXT], value: [2, message(ENUM_VALUE), true] });
const FIELD = declare("FieldDescriptorProto", {
  name: [1, TEXT],
  number: [3, NUMBER],
  label: [4, NUMBER],
  type: [5, NUMBER],
  type_name: [6, TEXT],
  default_value: [7, TEXT],
  options: [8, message(declare("FieldOptions", { packed: [2, TRUTH] }))],
  oneof_index: [9, NUMBER],
  proto3_optional: [17, TRUTH],
});
/** Nested messages stay bytes, which look the same on the wire: a type of finite depth cannot hold itself. */
const MESSAGE = declare("DescriptorProto", {
  name: [1, TEXT],
  field: [2, message(FIELD), true],
  nested_type: [3, BYTES, true],
  enum_type: [4, message(ENUM), true],
  options: [7, message(declare("MessageOptions", { map_entry: [7, TRUTH] }))],
});
const FILE = declare("FileDescriptorProto", {
  package: [2, TEXT],
  message_type: [4, BYTES, true],
  enum_type: [5, message(ENUM), true],
  syntax: [12, TEXT],
});
const SET = declare("FileDescriptorSet", { file: [1, message(FILE), true] });

let made: { readonly set: MessageReader; readonly message: MessageReader } | undefined;

/** Made when first asked for: most programs never are. */
function readers(): NonNullable<typeof made> {
  return (made ??= {
    set: new MessageReader(SET, rowTypeOf(SET), false),
    message: new MessageReader(MESSAGE, rowTypeOf(MESSAGE), false),
  });
}

/** @throws DescriptorFault where the bytes are none. */
function read(reader: MessageReader, bytes: Uint8Array): Row {
  const wire = new WireReader();
  wire.reset(bytes);
  try {
    return reader.read(wire);
  } catch (error) {
    if (error !== wire.failure) throw error;
    throw new DescriptorFault(`At offset ${wire.offset}: ${wire.reason}`);
  }
}

function readFiles(bytes: Uint8Array): readonly DeclaredFile[] {
  const files = rows(read(readers().set, bytes)["file"]);
  if (files.length === 0) throw new DescriptorFault("It declares no file.");
  return files.map((file) => ({
    package: text(file["package"]),
    message_type: nested(file["message_type"], 0),
    enum_type: rows(file["enum_type"]).map(enumOf),
    syntax: text(file["syntax"]),
  }));
}

function nested(messages: unknown, depth: number): readonly DeclaredMessage[] {
  if (depth > DECLARATION_NESTING_MAX) {
    throw new DescriptorFault(`Messages are declared deeper than ${DECLARATION_NESTING_MAX} levels.`);
  }
  return ((messages ?? []) as readonly Uint8Array[]).map((bytes) => {
    const row = read(readers().message, bytes);
    return {
      name: text(row["name"]),
      field: rows(row["field"]).map(fieldOf),
      messages: nested(row["nested_type"], depth + 1),
      enums: rows(row["enum_type"]).map(enumOf),
      options: row["options"] as DeclaredMessage["options"],
    };
  });
}

/** Whether its numbers make sense is seen where the field is used. */
function fieldOf(row: Row): DeclaredField {
  return { ...(row as unknown as DeclaredField), name: text(row["name"]) };
}

function enumOf(row: Row): DeclaredEnum {
  const values = rows(row["value"]).map((one) => ({
    name: text(one["name"]),
    number: (one["number"] ?? 0) as number,
  }));
  return { name: text(row["name"]), value: values };
}

function rows(value: unknown): readonly Row[] {
  return (value ?? []) as readonly Row[];
}

function text(value: unknown): string {
  return (value ?? "") as string;
}
