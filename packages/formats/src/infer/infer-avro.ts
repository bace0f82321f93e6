import { TributaryError } from "@tributary/core";
import type { Diagnostic, LogicalType, PlanContext } from "@tributary/core";
import { rowTypeOfAvro } from "../avro/avro-row-type.js";
import { parseAvroSchema, type AvroField, type AvroRecord, type AvroType } from "../avro/avro-schema.js";
import { checkSample } from "./check-sample.js";
import { containerSchema, isContainer } from "./avro-container.js";
import { layoutFault } from "./avro-layout.js";
import type { InferredColumn, InferredColumns, InferRequest } from "./inferred-columns.js";
import { linesOf } from "./sample-records.js";

const LEGACY_KEY = "avro.timestamp_mapping.legacy";

/** The columns of a writer's schema: a given one, or that of a container file, or a file that is one (`.avsc`). */
export function inferAvro(request: InferRequest, context: PlanContext): InferredColumns {
  const { text, from } = schemaText(request);
  const schema = parseAvroSchema(text);
  if (schema.kind !== "record") {
    throw fault(`The Avro schema of ${from} is a ${schema.kind}; a table needs a record at the top.`, from);
  }
  const given = request.options.findLast(({ key }) => key === LEGACY_KEY)?.value;
  const isLegacy = given === undefined ? !needsTrueTimestamps(schema) : given.toLowerCase() !== "false";
  const columns = schema.fields.map((field) => columnOf(field, schema, isLegacy));
  const sound = columns.filter((one): one is InferredColumn => one.type !== undefined);
  const notes = columns
    .filter(({ type }) => type === undefined)
    .map(
      ({ name, notes: [reason] }) =>
        `'${name}' is left out, and the format 'avro' cannot read the records: ${reason}`,
    );
  const options = new Map(given === undefined && !isLegacy ? [[LEGACY_KEY, "false"]] : []);
  const all = [...request.options, ...Array.from(options, ([key, value]) => ({ key, value }))];
  // Bare records of the schema itself are the only ones that the format reads.
  const isReadable = columns.every(({ notes: found }) =>
    found.every((note) => !note.startsWith(OTHER_LAYOUT)),
  );
  const records = request.writerSchema === undefined || !isReadable ? [] : bareRecords(request);
  const checked = isReadable
    ? checkSample(request, { columns: sound, options: all }, records, context)
    : { columns: sound, diagnostics: [] as readonly Diagnostic[] };
  return { ...checked, options, notes };
}

const OTHER_LAYOUT = "other bytes than the format 'avro' reads";

function bareRecords({ samples, isLines }: InferRequest) {
  const bare = samples.filter(({ bytes }) => !isContainer(bytes));
  if (isLines) return bare.flatMap(linesOf);
  return bare
    .filter(({ bytes }) => bytes.length > 0)
    .map(({ name, bytes }) => ({ sample: name, number: 1, bytes }));
}

function schemaText({ writerSchema, samples }: InferRequest): {
  readonly text: string;
  readonly from: string;
} {
  if (writerSchema !== undefined) return { text: writerSchema, from: "--schema" };
  for (const { name, bytes } of samples) {
    if (isContainer(bytes)) return { text: containerSchema({ name, bytes }), from: name };
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8").trim();
    if (looksLikeSchema(text)) return { text, from: name };
  }
  const [first] = samples;
  throw fault(
    "The sample is no Avro container file and no Avro schema, and bare records do not tell their schema.",
    first?.name ?? "stdin",
  );
}

/** A record of the JSON encoding is an object too, but none with a type and fields. */
function looksLikeSchema(text: string): boolean {
  return /^[[{"]/.test(text) && /"fields"\s*:/.test(text);
}

function fault(message: string, file: string): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "SCHEMA_INVALID",
    message,
    file,
    hint: "Give a container file, an .avsc file, or the writer's schema with --schema.",
  });
}

interface FoundColumn {
  readonly name: string;
  readonly type?: LogicalType;
  readonly notes: readonly string[];
}

function columnOf(field: AvroField, { name: recordName }: AvroRecord, isLegacy: boolean): FoundColumn {
  const { name } = field;
  try {
    const row = rowTypeOfAvro({ kind: "record", name: recordName, fields: [field] }, isLegacy);
    const type = row.fields[0]?.type as LogicalType;
    const layout = layoutFault(field.type, type);
    return { name, type, notes: layout === undefined ? [] : [`${OTHER_LAYOUT}: ${layout}`] };
  } catch (error) {
    if (!TributaryError.is(error)) throw error;
    return { name, notes: [error.message] };
  }
}

/** Are there timestamps that the default mapping has no type for? */
function needsTrueTimestamps(schema: AvroType, within: readonly AvroType[] = []): boolean {
  if (within.includes(schema)) return false;
  const inside = [...within, schema];
  return partsOf(schema).some((part) => needsTrueTimestamps(part, inside)) || isTrueTimestamp(schema);
}

function partsOf(schema: AvroType): readonly AvroType[] {
  if (schema.kind === "record") return schema.fields.map(({ type }) => type);
  if (schema.kind === "union") return schema.branches;
  if (schema.kind === "array") return [schema.items];
  return schema.kind === "map" ? [schema.values] : [];
}

function isTrueTimestamp(schema: AvroType): boolean {
  const logical = "logical" in schema ? schema.logical?.kind : undefined;
  return logical === "timestamp-micros" || logical?.startsWith("local-") === true;
}
