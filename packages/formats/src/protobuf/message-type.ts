/** Messages as a descriptor declares them. Types of fields are looked up when asked for: messages may hold themselves. */

/** The fifteen scalar types. */
export type ScalarName =
  | "double"
  | "float"
  | "int64"
  | "uint64"
  | "int32"
  | "fixed64"
  | "fixed32"
  | "bool"
  | "string"
  | "bytes"
  | "uint32"
  | "sfixed32"
  | "sfixed64"
  | "sint32"
  | "sint64";

export type Syntax = "proto2" | "proto3";

export interface MessageType {
  /** With package and enclosing messages, e.g. `shop.v1.Order.Line`. */
  readonly name: string;
  readonly syntax: Syntax;
  readonly fields: readonly MessageField[];
}

export interface EnumType {
  readonly name: string;
  /** Numbers that it does not declare count as unknown fields. */
  readonly isClosed: boolean;
  /** At least one, in order of declaration. */
  readonly values: readonly { readonly name: string; readonly number: number }[];
}

/** What a field, an element, a key or a value holds. */
export type FieldKind =
  | { readonly kind: "scalar"; readonly scalar: ScalarName }
  | { readonly kind: "enum"; readonly type: EnumType }
  | { readonly kind: "message"; readonly type: MessageType }
  | { readonly kind: "map"; readonly key: FieldKind; readonly value: FieldKind }
  | { readonly kind: "group" };

export interface MessageField {
  readonly name: string;
  readonly number: number;
  readonly label: "optional" | "required" | "repeated";
  readonly kind: FieldKind;
  /** Are the numbers of a repeated field written in one piece? Both ways are read. */
  readonly isPacked: boolean;
  /** Is a zero told from nothing? Else zeros are not written. */
  readonly hasPresence: boolean;
  /** Index of the oneof that the field belongs to. */
  readonly oneof?: number;
  /** The default as the descriptor has it. */
  readonly defaultText?: string;
}

/** As a .proto file has it, e.g. `repeated int32`. */
export function printField({ kind, label }: MessageField): string {
  const text = printKind(kind);
  return label === "repeated" && kind.kind !== "map" ? `repeated ${text}` : text;
}

export function printKind(kind: FieldKind): string {
  switch (kind.kind) {
    case "scalar":
      return kind.scalar;
    case "enum":
      return `enum ${kind.type.name}`;
    case "message":
      return `message ${kind.type.name}`;
    case "map":
      return `map<${printKind(kind.key)}, ${printKind(kind.value)}>`;
    case "group":
      return "group";
  }
}
