/** Passing over what a writer's schema has and no column asks for. */
import type { AvroCursor } from "./avro-cursor.js";
import type { AvroRecord, AvroType } from "./avro-schema.js";

type Skip = (cursor: AvroCursor) => void;

/** Does a value take no bytes at all? */
export function isEmptyOnWire(type: AvroType, within: readonly AvroType[] = []): boolean {
  if (type.kind === "null") return true;
  if (type.kind === "fixed") return type.size === 0;
  if (type.kind !== "record") return false;
  // A record that holds nothing but itself has no end: passing over it fails by its depth.
  if (within.includes(type)) return false;
  return type.fields.every((field) => isEmptyOnWire(field.type, [...within, type]));
}

/** @param records - of the same schema, those that were met before; a record can hold itself. */
export function createSkip(type: AvroType, records: Map<AvroRecord, Skip> = new Map()): Skip {
  switch (type.kind) {
    case "null":
      return () => undefined;
    case "boolean":
      return (cursor) => void cursor.take(1, "a boolean");
    case "int":
    case "long":
      return (cursor) => void cursor.long();
    case "float":
      return (cursor) => void cursor.take(4, "a float");
    case "double":
      return (cursor) => void cursor.take(8, "a double");
    case "bytes":
      return (cursor) => void cursor.sized("bytes");
    case "string":
      return (cursor) => void cursor.sized("a string");
    case "fixed":
      return (cursor) => void cursor.take(type.size, "bytes");
    case "enum":
      return (cursor) => void cursor.index(type.symbols.length, "symbol of the enum");
    case "array": {
      const isEmpty = isEmptyOnWire(type.items);
      const skipItem = createSkip(type.items, records);
      return (cursor) => cursor.skipBlocks(isEmpty, skipItem);
    }
    case "map": {
      const skipValue = createSkip(type.values, records);
      return (cursor) =>
        cursor.skipBlocks(false, () => {
          cursor.sized("a string");
          skipValue(cursor);
        });
    }
    case "union": {
      const branches = type.branches.map((branch) => createSkip(branch, records));
      return (cursor) => (branches[cursor.index(branches.length, "branch of the union")] as Skip)(cursor);
    }
    case "record":
      return records.get(type) ?? recordSkip(type, records);
  }
}

function recordSkip(type: AvroRecord, records: Map<AvroRecord, Skip>): Skip {
  const fields: Skip[] = [];
  const skip: Skip = (cursor) => {
    cursor.descend();
    for (const skipField of fields) skipField(cursor);
    cursor.ascend();
  };
  records.set(type, skip);
  for (const field of type.fields) fields.push(createSkip(field.type, records));
  return skip;
}
