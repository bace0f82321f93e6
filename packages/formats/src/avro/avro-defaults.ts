/** A field's default, which is JSON in the schema: written as Avro and read as the column's value. */
import type { LogicalType } from "@tributary/core";
import { AvroCursor } from "./avro-cursor.js";
import { Mismatch, place } from "./avro-mismatch.js";
import { AvroOutput } from "./avro-output.js";
import type { MakeAvroReader } from "./avro-reader.js";
import { avroName } from "./avro-schema.js";
import type { AvroField, AvroRecord, AvroType } from "./avro-schema.js";

/** @throws {@link Mismatch} if the default is none of its type. */
export function defaultValue(
  json: unknown,
  schema: AvroType,
  type: LogicalType,
  make: MakeAvroReader,
): unknown {
  const output = new AvroOutput();
  output.start();
  writeJson(json, schema, output);
  const cursor = new AvroCursor();
  cursor.reset(output.end(), 0);
  try {
    return make(schema, schema, type).read(cursor);
  } catch (error) {
    if (error !== cursor.failure) throw error;
    throw new Mismatch(`a default that cannot be used: ${cursor.reason}`);
  }
}

function misfit(json: unknown, schema: AvroType): never {
  throw new Mismatch(`the default ${JSON.stringify(json)}, which is not of the type ${avroName(schema)}`);
}

function writeJson(json: unknown, schema: AvroType, output: AvroOutput): void {
  switch (schema.kind) {
    case "null":
      return json === null ? undefined : misfit(json, schema);
    case "boolean":
      return typeof json === "boolean" ? output.byte(json ? 1 : 0) : misfit(json, schema);
    case "int":
      return typeof json === "number" && (json | 0) === json ? output.int(json) : misfit(json, schema);
    case "long":
      // A default beyond 2^53 has lost digits when the schema was parsed.
      return Number.isSafeInteger(json) ? output.longNumber(json as number) : misfit(json, schema);
    case "float":
      return output.float(numberOf(json, schema));
    case "double":
      return output.double(numberOf(json, schema));
    case "string":
      return typeof json === "string" ? output.string(json) : misfit(json, schema);
    case "bytes":
      return output.binary(bytesOf(json, schema));
    case "fixed": {
      const bytes = bytesOf(json, schema);
      return bytes.length === schema.size ? output.raw(bytes) : misfit(json, schema);
    }
    case "enum": {
      const index = schema.symbols.indexOf(json as string);
      return index < 0 ? misfit(json, schema) : output.int(index);
    }
    case "array":
      return writeItems(json, schema, output);
    case "map":
      return writeEntries(json, schema, output);
    case "union":
      return writeBranch(json, schema.branches, output);
    case "record":
      return writeFields(json, schema, output);
  }
}

function numberOf(json: unknown, schema: AvroType): number {
  if (typeof json === "number") return json;
  return json === "NaN" || json === "Infinity" || json === "-Infinity" ? Number(json) : misfit(json, schema);
}

/** One character a byte. */
function bytesOf(json: unknown, schema: AvroType): Uint8Array {
  // oxlint-disable-next-line no-control-regex -- every code of a byte is meant
  if (typeof json !== "string" || !/^[\u0000-\u00ff]*$/.test(json)) return misfit(json, schema);
  return Buffer.from(json, "latin1");
}

function writeItems(json: unknown, schema: AvroType & { kind: "array" }, output: AvroOutput): void {
  if (!Array.isArray(json)) misfit(json, schema);
  const items: readonly unknown[] = json;
  if (items.length > 0) output.int(items.length);
  for (const item of items) writeJson(item, schema.items, output);
  output.byte(0);
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function writeEntries(json: unknown, schema: AvroType & { kind: "map" }, output: AvroOutput): void {
  if (!isObject(json)) misfit(json, schema);
  const entries = Object.entries(json);
  if (entries.length > 0) output.int(entries.length);
  for (const [key, value] of entries) {
    output.string(key);
    writeJson(value, schema.values, output);
  }
  output.byte(0);
}

/** The first branch that the default fits; of older schemas that is the first one of the union. */
function writeBranch(json: unknown, branches: readonly AvroType[], output: AvroOutput): void {
  for (const [index, branch] of branches.entries()) {
    const attempt = new AvroOutput();
    attempt.start();
    try {
      writeJson(json, branch, attempt);
    } catch (error) {
      if (error instanceof Mismatch) continue;
      throw error;
    }
    output.int(index);
    output.raw(attempt.end());
    return;
  }
  throw new Mismatch(`the default ${JSON.stringify(json)}, which fits no branch of the union`);
}

function writeFields(json: unknown, schema: AvroRecord, output: AvroOutput): void {
  if (!isObject(json)) misfit(json, schema);
  for (const field of schema.fields) {
    place(field.name, () => writeJson(fieldOf(json, field), field.type, output));
  }
}

function fieldOf(json: Readonly<Record<string, unknown>>, { name, default: fallback }: AvroField): unknown {
  if (Object.hasOwn(json, name)) return json[name];
  if (fallback === undefined) throw new Mismatch("no such field in the default");
  return fallback.value;
}
