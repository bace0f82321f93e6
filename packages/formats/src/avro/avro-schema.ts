/**
 * An Avro schema as a tree: names resolved, logical types recognised, a recursive record pointing at itself. Schemas
 * from elsewhere are checked by avsc; their defaults are looked at only where a value is really missing, since a
 * writer's faulty default does no harm.
 */
import { createRequire } from "node:module";
import { TributaryError } from "@tributary/core";
import type Avsc from "avsc";
import { shorten } from "../text/excerpt.js";
import { AvroSchemaCheck } from "./avro-schema-check.js";

/** A schema as JSON, parsed. */
export type AvroJson = string | readonly AvroJson[] | { readonly [key: string]: unknown };

export type AvroLogical =
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: AvroTimeLogical };

export type AvroTimeLogical =
  | "date"
  | "time-millis"
  | "time-micros"
  | "timestamp-millis"
  | "timestamp-micros"
  | "local-timestamp-millis"
  | "local-timestamp-micros";

export type AvroPrimitiveKind = "null" | "boolean" | "int" | "long" | "float" | "double" | "bytes" | "string";

export interface AvroPrimitive {
  readonly kind: AvroPrimitiveKind;
  readonly logical?: AvroLogical;
}

export interface AvroFixed {
  readonly kind: "fixed";
  /** Full name. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly logical?: AvroLogical;
}

export interface AvroEnum {
  readonly kind: "enum";
  readonly name: string;
  readonly symbols: readonly string[];
  readonly default?: string;
}

export interface AvroArray {
  readonly kind: "array";
  readonly items: AvroType;
}

export interface AvroMap {
  readonly kind: "map";
  readonly values: AvroType;
}

export interface AvroUnion {
  readonly kind: "union";
  readonly branches: readonly AvroType[];
}

export interface AvroField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: AvroType;
  /** Its default as JSON; absent if it has none. */
  readonly default?: { readonly value: unknown };
}

export interface AvroRecord {
  readonly kind: "record";
  readonly name: string;
  /** Filled while the schema is read: a field may hold the record itself. */
  readonly fields: readonly AvroField[];
}

export type AvroType = AvroPrimitive | AvroFixed | AvroEnum | AvroArray | AvroMap | AvroUnion | AvroRecord;

const PRIMITIVES: ReadonlySet<string> = new Set<AvroPrimitiveKind>([
  "null",
  "boolean",
  "int",
  "long",
  "float",
  "double",
  "bytes",
  "string",
]);

/** What each logical type stands on. */
const TIME_BASES: Readonly<Record<AvroTimeLogical, "int" | "long">> = {
  date: "int",
  "time-millis": "int",
  "time-micros": "long",
  "timestamp-millis": "long",
  "timestamp-micros": "long",
  "local-timestamp-millis": "long",
  "local-timestamp-micros": "long",
};

let avsc: typeof Avsc | undefined;

/**
 * Loaded with the first schema from elsewhere: tables with derived schemas do without it.
 *
 * @returns `undefined` where code may not be made from strings, without which it does not load.
 */
function loadAvsc(): typeof Avsc | undefined {
  try {
    avsc ??= createRequire(import.meta.url)("avsc") as typeof Avsc;
    return avsc;
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

/** Checks schemas one after the other; a later one may name the types of those before. */
function schemaChecker(): (json: AvroJson) => void {
  const library = loadAvsc();
  if (library === undefined) {
    const check = new AvroSchemaCheck();
    return (json) => check.check(json);
  }
  const known: Record<string, Avsc.Type> = {};
  return (json) =>
    void library.Type.forSchema(withoutDefaults(json) as never, { wrapUnions: true, registry: known });
}

/**
 * The schema of a JSON text, e.g. from a schema registry or an option.
 *
 * @param others - texts of schemas whose types it names, each behind those that it needs itself.
 * @throws `SCHEMA_INVALID` if a text is no JSON or no Avro schema.
 */
export function parseAvroSchema(text: string, others: readonly string[] = []): AvroType {
  const check = schemaChecker();
  const reader = new SchemaReader();
  for (const other of others) parseOne(other, check, reader);
  return parseOne(text, check, reader);
}

function parseOne(text: string, check: (json: AvroJson) => void, reader: SchemaReader): AvroType {
  let json: AvroJson;
  try {
    json = JSON.parse(text) as AvroJson;
  } catch (cause) {
    throw invalidSchema(text, `it is not JSON (${(cause as Error).message})`);
  }
  try {
    check(json);
  } catch (cause) {
    throw invalidSchema(text, (cause as Error).message);
  }
  return reader.read(json, "");
}

/** The fault of a schema from elsewhere. */
export function invalidSchema(schema: string, reason: string): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "SCHEMA_INVALID",
    message: `The Avro schema cannot be used: ${reason}.`,
    value: shorten(schema),
  });
}

/** Defaults are checked where they are used. */
function withoutDefaults(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withoutDefaults);
  if (typeof json !== "object" || json === null) return json;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(json)) {
    if (key === "default") continue;
    copy[key] = key === "symbols" || key === "aliases" ? value : withoutDefaults(value);
  }
  return copy;
}

/** @param json - a schema that is known to be one. */
export function readAvroSchema(json: AvroJson): AvroType {
  return new SchemaReader().read(json, "");
}

interface SchemaObject {
  readonly type?: AvroJson;
  readonly name?: string;
  readonly namespace?: string;
  readonly [key: string]: unknown;
}

class SchemaReader {
  readonly #named = new Map<string, AvroType>();

  read(json: AvroJson, namespace: string): AvroType {
    if (typeof json === "string") return this.#named.get(json) ?? this.#byName(json, namespace);
    if (Array.isArray(json)) {
      return {
        kind: "union",
        branches: (json as readonly AvroJson[]).map((one) => this.read(one, namespace)),
      };
    }
    return this.#readObject(json as SchemaObject, namespace);
  }

  #byName(name: string, namespace: string): AvroType {
    if (PRIMITIVES.has(name)) return { kind: name as AvroPrimitiveKind };
    const found = this.#named.get(`${namespace}.${name}`);
    if (found === undefined) throw invalidSchema(name, `there is no type '${name}'`);
    return found;
  }

  #readObject(json: SchemaObject, namespace: string): AvroType {
    switch (json.type) {
      case "record":
      case "error":
        return this.#readRecord(json, namespace);
      case "enum": {
        const name = fullName(json, namespace);
        const base: AvroEnum = { kind: "enum", name, symbols: json["symbols"] as readonly string[] };
        const fallback = json["default"];
        return this.#define(name, typeof fallback === "string" ? { ...base, default: fallback } : base);
      }
      case "fixed": {
        const name = fullName(json, namespace);
        const logical = logicalOf(json, "bytes");
        const base: AvroFixed = { kind: "fixed", name, size: json["size"] as number };
        return this.#define(name, logical === undefined ? base : { ...base, logical });
      }
      case "array":
        return { kind: "array", items: this.read(json["items"] as AvroJson, namespace) };
      case "map":
        return { kind: "map", values: this.read(json["values"] as AvroJson, namespace) };
      case undefined:
      default: {
        const type = this.read(json.type as AvroJson, namespace);
        const logical = logicalOf(json, type.kind);
        return logical === undefined ? type : { kind: type.kind as AvroPrimitiveKind, logical };
      }
    }
  }

  #readRecord(json: SchemaObject, namespace: string): AvroRecord {
    const name = fullName(json, namespace);
    const fields: AvroField[] = [];
    const record = this.#define(name, { kind: "record", name, fields });
    const inner = name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : "";
    for (const field of json["fields"] as readonly SchemaObject[]) {
      const base: AvroField = {
        name: field.name as string,
        aliases: (field["aliases"] as readonly string[] | undefined) ?? [],
        type: this.read(field.type as AvroJson, inner),
      };
      fields.push("default" in field ? { ...base, default: { value: field["default"] } } : base);
    }
    return record;
  }

  #define<T extends AvroType>(name: string, type: T): T {
    this.#named.set(name, type);
    return type;
  }
}

function fullName({ name = "", namespace }: SchemaObject, outer: string): string {
  if (name.includes(".")) return name;
  const space = namespace ?? outer;
  return space === "" ? name : `${space}.${name}`;
}

/** One that is unknown, or does not fit its base, does not count: so the Avro specification has it. */
function logicalOf(json: SchemaObject, base: string): AvroLogical | undefined {
  const kind = json["logicalType"];
  if (kind === "decimal" && base === "bytes") {
    const { precision, scale = 0 } = json as { precision?: unknown; scale?: unknown };
    const isValid =
      Number.isInteger(precision) &&
      Number.isInteger(scale) &&
      (precision as number) >= 1 &&
      (scale as number) >= 0 &&
      (scale as number) <= (precision as number);
    return isValid ? { kind, precision: precision as number, scale: scale as number } : undefined;
  }
  if (typeof kind !== "string" || !Object.hasOwn(TIME_BASES, kind)) return undefined;
  return TIME_BASES[kind as AvroTimeLogical] === base ? { kind: kind as AvroTimeLogical } : undefined;
}

/** The name of a branch in Avro's JSON, and of a type in messages: of named types the full name. */
export function avroName(type: AvroType): string {
  return type.kind === "record" || type.kind === "enum" || type.kind === "fixed" ? type.name : type.kind;
}

/** The type that a union of null and one other type, or of one type alone, holds; itself if it is no union. */
export function unwrapUnion(
  type: AvroType,
): { readonly isNullable: boolean; readonly type: AvroType } | undefined {
  if (type.kind !== "union") return { isNullable: type.kind === "null", type };
  const others = type.branches.filter(({ kind }) => kind !== "null");
  const isNullable = others.length < type.branches.length;
  const [other] = others;
  if (others.length === 0) return { isNullable, type: { kind: "null" } };
  return others.length === 1 && other !== undefined ? { isNullable, type: other } : undefined;
}
