/**
 * The shape of requests as the Kinesis API Reference gives it, and the service's two ways to refuse one that differs:
 * SerializationException for a value of the wrong type, ValidationException for a value outside its constraints. The
 * latter lists every fault of the request at once.
 */
import { ServiceError, serialization } from "../errors.js";
import { Instant } from "./instant.js";

export type Shape =
  | TextShape
  | NumberShape
  | { readonly type: "boolean"; readonly required?: true }
  | { readonly type: "timestamp"; readonly required?: true }
  | { readonly type: "blob"; readonly required?: true; readonly max?: number }
  | ListShape
  | MapShape
  | StructureShape;

interface TextShape {
  readonly type: "text";
  readonly required?: true;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly values?: readonly string[];
}

interface NumberShape {
  readonly type: "integer";
  readonly required?: true;
  readonly min?: number;
  readonly max?: number;
}

interface ListShape {
  readonly type: "list";
  readonly of: Shape;
  readonly required?: true;
  readonly min?: number;
  readonly max?: number;
}

interface MapShape {
  readonly type: "map";
  readonly keys: TextShape;
  readonly of: Shape;
  readonly required?: true;
  readonly min?: number;
  readonly max?: number;
}

export interface StructureShape {
  readonly type: "structure";
  readonly required?: true;
  readonly fields: Readonly<Record<string, Shape>>;
}

/** Most faults of one request that are spelled out. */
const FAULTS_SHOWN_MAX = 10;
/** Most characters of a value that a fault repeats. */
const VALUE_CHARACTERS_SHOWN = 300;

/** @throws SerializationException or ValidationException. */
export function validate(input: unknown, shape: StructureShape): void {
  const faults: string[] = [];
  check(input, shape, "", faults);
  if (faults.length === 0) return;
  const count = faults.length === 1 ? "1 validation error" : `${faults.length} validation errors`;
  const shown = faults.slice(0, FAULTS_SHOWN_MAX).join("; ");
  throw new ServiceError("ValidationException", `${count} detected: ${shown}`);
}

function check(value: unknown, shape: Shape, path: string, faults: string[]): void {
  if (value === undefined || value === null) {
    if (shape.required) faults.push(fault("null", path, "Member must not be null"));
    return;
  }
  switch (shape.type) {
    case "text":
      return checkText(value, shape, path, faults);
    case "integer":
      return checkNumber(value, shape, path, faults);
    case "boolean":
      if (typeof value !== "boolean") throw wrongType(value, "Boolean");
      return;
    case "timestamp":
      if (typeof value !== "number" && !(value instanceof Instant)) throw wrongType(value, "Date");
      return;
    case "blob":
      return checkBlob(value, shape.max, path, faults);
    case "list":
      return checkList(value, shape, path, faults);
    case "map":
      return checkMap(value, shape, path, faults);
    case "structure":
      return checkStructure(value, shape, path, faults);
  }
}

function checkText(value: unknown, shape: TextShape, path: string, faults: string[]): void {
  if (typeof value !== "string") throw wrongType(value, "String");
  if (shape.values !== undefined && !shape.values.includes(value)) {
    faults.push(fault(value, path, `Member must satisfy enum value set: [${shape.values.join(", ")}]`));
    return;
  }
  if (shape.pattern !== undefined && !new RegExp(`^(?:${shape.pattern})$`, "s").test(value)) {
    faults.push(fault(value, path, `Member must satisfy regular expression pattern: ${shape.pattern}`));
  }
  checkLength(value, characterCount(value), shape, path, faults);
}

/** Characters as people count them, not UTF-16 units. */
export function characterCount(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xdc00 || unit > 0xdfff || i === 0) count++;
  }
  return count;
}

function checkNumber(value: unknown, shape: NumberShape, path: string, faults: string[]): void {
  if (typeof value !== "number") throw wrongType(value, "Integer");
  if (!Number.isInteger(value)) throw serialization(`NUMBER_VALUE can not be converted to an Integer`);
  if (shape.min !== undefined && value < shape.min) {
    faults.push(fault(value, path, `Member must have value greater than or equal to ${shape.min}`));
  }
  if (shape.max !== undefined && value > shape.max) {
    faults.push(fault(value, path, `Member must have value less than or equal to ${shape.max}`));
  }
}

function checkBlob(value: unknown, max: number | undefined, path: string, faults: string[]): void {
  const bytes = blobOf(value);
  if (max !== undefined && bytes.length > max) {
    const shown = `java.nio.HeapByteBuffer[pos=0 lim=${bytes.length} cap=${bytes.length}]`;
    faults.push(fault(shown, path, `Member must have length less than or equal to ${max}`));
  }
}

function checkList(value: unknown, shape: ListShape, path: string, faults: string[]): void {
  if (!Array.isArray(value)) throw wrongType(value, "List");
  const items = value as unknown[];
  checkLength(`[${items.length} members]`, items.length, shape, path, faults);
  items.forEach((item, i) =>
    check(item ?? null, { ...shape.of, required: true }, `${path}.${i + 1}.member`, faults),
  );
}

function checkMap(value: unknown, shape: MapShape, path: string, faults: string[]): void {
  if (typeof value !== "object" || Array.isArray(value)) throw wrongType(value, "Map");
  const entries = Object.entries(value as Record<string, unknown>);
  checkLength(`[${entries.length} members]`, entries.length, shape, path, faults);
  for (const [key, item] of entries) {
    checkText(key, shape.keys, `${path}.key`, faults);
    check(item, { ...shape.of, required: true }, `${path}.${key}.member`, faults);
  }
}

function checkStructure(value: unknown, shape: StructureShape, path: string, faults: string[]): void {
  if (typeof value !== "object" || Array.isArray(value)) throw wrongType(value, "Structure");
  for (const [name, field] of Object.entries(shape.fields)) {
    const lower = name.startsWith("ARN") ? name : name.charAt(0).toLowerCase() + name.slice(1);
    const item = Object.hasOwn(value as object, name) ? (value as Record<string, unknown>)[name] : undefined;
    check(item, field, path === "" ? lower : `${path}.${lower}`, faults);
  }
}

function checkLength(
  value: string,
  length: number,
  { min, max }: { readonly min?: number; readonly max?: number },
  path: string,
  faults: string[],
): void {
  if (min !== undefined && length < min) {
    faults.push(fault(value, path, `Member must have length greater than or equal to ${min}`));
  }
  if (max !== undefined && length > max) {
    faults.push(fault(value, path, `Member must have length less than or equal to ${max}`));
  }
}

function fault(value: string | number, path: string, constraint: string): string {
  const text = String(value);
  const short = text.length > VALUE_CHARACTERS_SHOWN ? `${text.slice(0, VALUE_CHARACTERS_SHOWN)}...` : text;
  const shown = value === "null" ? "Value null" : `Value '${short}'`;
  return `${shown} at '${path}' failed to satisfy constraint: ${constraint}`;
}

function wrongType(value: unknown, wanted: string): ServiceError {
  const found =
    typeof value === "string"
      ? "STRING_VALUE"
      : typeof value === "number"
        ? "NUMBER_VALUE"
        : typeof value === "boolean"
          ? `${String(value).toUpperCase()}_VALUE`
          : Array.isArray(value)
            ? "Start of list"
            : "Start of structure";
  return serialization(
    `${found} can not be converted to ${wanted === "Integer" ? "an Integer" : `a ${wanted}`}`,
  );
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes of a blob: base64 text in the JSON protocol, bytes in CBOR. @throws SerializationException. */
export function blobOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== "string") throw wrongType(value, "ByteBuffer");
  if (!BASE64.test(value)) throw serialization("Invalid base64 text in a blob.");
  return Buffer.from(value, "base64");
}

/** Milliseconds since 1970: the JSON protocol sends seconds. */
export function timestampOf(value: number | Instant): number {
  return value instanceof Instant ? value.ms : Math.round(value * 1000);
}
