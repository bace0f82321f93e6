import { invariant, TributaryError } from "@tributary/core";
import type {
  Decoder,
  DecodingFormat,
  Encoder,
  EncodingFormat,
  FormatContext,
  FormatFactory,
  FormatServices,
  OptionsClass,
  RowKind,
  RowType,
} from "@tributary/core";
import { inject, injectable } from "inversify";
import { AvroRecordWriter, checkAvroColumns } from "../avro/avro-codec.js";
import { avroSchemaOf } from "../avro/avro-derive.js";
import { parseAvroSchema, readAvroSchema } from "../avro/avro-schema.js";
import type { AvroRecord, AvroType } from "../avro/avro-schema.js";
import { FramedDecoder } from "../registry/framed-decoder.js";
import { FramedEncoder } from "../registry/framed-encoder.js";
import type { FoundSchema } from "../registry/schema-frame.js";
import type { CodeStyle } from "../text/generated-code.js";
import { AVRO_GLUE, AvroGlueFormatOptions } from "./avro-glue-options.js";
import { GLUE_FRAME, glueHeader, packed, uuidOf } from "./glue-frame.js";
import { GLUE_SCHEMA_REGISTRIES } from "./glue-registry.js";
import type { GlueSchema, GlueSchemaRegistries, GlueSchemaRegistry } from "./glue-registry.js";

const INSERT_ONLY: readonly RowKind[] = ["+I"];

/**
 * The format `avro-glue`: one Avro record a message, behind the id of its schema's version in the AWS Glue Schema
 * Registry.
 *
 * After the Glue format of Apache Flink's AWS connectors; see the options for what can be set.
 *
 * @public
 */
@injectable()
export class AvroGlueFormatFactory implements FormatFactory<AvroGlueFormatOptions> {
  readonly role = "format";
  readonly identifier = AVRO_GLUE;
  readonly provides = ["DecodingFormat", "EncodingFormat"] as const;
  readonly options: OptionsClass<AvroGlueFormatOptions> = AvroGlueFormatOptions;
  readonly #registries: GlueSchemaRegistries;

  constructor(@inject(GLUE_SCHEMA_REGISTRIES) registries: GlueSchemaRegistries) {
    this.#registries = registries;
  }

  createDecoding(options: AvroGlueFormatOptions): DecodingFormat {
    return new AvroGlueFormat(options, this.#registries);
  }

  createEncoding(options: AvroGlueFormatOptions): EncodingFormat {
    return new AvroGlueFormat(options, this.#registries);
  }
}

/** What records are written with. */
interface Written {
  readonly header: Uint8Array;
  readonly schema: AvroType;
  /** The columns in the order of the schema's fields. */
  readonly rowType: RowType;
}

/** The format with its options. @internal */
export class AvroGlueFormat implements DecodingFormat, EncodingFormat {
  readonly changelog = INSERT_ONLY;
  readonly #options: AvroGlueFormatOptions;
  readonly #registry: GlueSchemaRegistry;
  readonly #codeStyle: CodeStyle;
  /** By the text of the schema that the columns give. */
  readonly #written = new Map<string, Written>();

  constructor(
    options: AvroGlueFormatOptions,
    registries: GlueSchemaRegistries,
    codeStyle: CodeStyle = "generated",
  ) {
    const { region, endpoint, registryName, schemaName, registersSchemas, compatibility } = options;
    this.#options = options;
    this.#codeStyle = codeStyle;
    this.#registry = registries.connect({
      region,
      ...(endpoint !== undefined && { endpoint }),
      registryName,
      schemaName,
      registersSchemas,
      compatibility,
    });
  }

  createDecoder(context: FormatContext): Decoder {
    const { schemasMax, schemaTtlMs } = this.#options;
    const { schema } = this.#derived(context);
    let latest: Promise<AvroType> | undefined;
    const reader = (services: FormatServices): Promise<AvroType> => {
      latest ??= this.#latestFor(schema, services);
      // Who asks after a failure asks anew.
      latest.catch(() => (latest = undefined));
      return latest;
    };
    return new FramedDecoder({
      format: AVRO_GLUE,
      context,
      frame: GLUE_FRAME,
      find: async (id, services) => {
        const found = await this.#find(uuidOf(String(id)), services);
        if (found.schema === undefined || !this.#options.fetchesSchema) return found;
        return { ...found, reader: await reader(services) };
      },
      reader: schema,
      codeStyle: this.#codeStyle,
      schemasMax,
      ttlMs: schemaTtlMs,
    });
  }

  createEncoder(context: FormatContext): Encoder {
    const { schema, text } = this.#derived(context);
    const isCompressed = this.#options.compression === "ZLIB";
    const { table } = context;
    const common = { format: AVRO_GLUE, table, codeStyle: this.#codeStyle };
    // Finds faults of columns at planning; serves unless the registry's schema is used.
    let writer = new AvroRecordWriter({ ...common, schema, rowType: context.rowType });
    let isOwn = true;
    return new FramedEncoder({
      header: () => this.#written.get(text)?.header,
      writer: () => {
        const written = this.#written.get(text);
        if (isOwn && written !== undefined && written.rowType !== context.rowType) {
          writer = new AvroRecordWriter({ ...common, schema: written.schema, rowType: written.rowType });
          isOwn = false;
        }
        return writer;
      },
      ...(isCompressed && { pack: packed }),
    });
  }

  /** Learns the id of the version that records are written with. */
  async prepare(context: FormatContext, services: FormatServices): Promise<void> {
    const { schema, text } = this.#derived(context);
    if (this.#written.has(text)) return;
    const latest = this.#options.fetchesSchema ? await this.#registry.latestSchema(services) : undefined;
    if (latest === undefined) {
      const versionId = await this.#registry.versionIdOf(text, services);
      this.#written.set(text, { header: this.#header(versionId), schema, rowType: context.rowType });
    } else {
      const parsed = recordOf(latest);
      const rowType = columnsOf(parsed, context);
      this.#written.set(text, { header: this.#header(latest.versionId), schema: parsed, rowType });
    }
  }

  #header(versionId: string): Uint8Array {
    const header = glueHeader(versionId, this.#options.compression === "ZLIB");
    if (header !== undefined) return header;
    throw new TributaryError({
      severity: "error",
      code: "EXTERNAL_FAILED",
      message: `The Glue Schema Registry gave the schema '${this.#options.schemaName}' the version id '${versionId}', which is no UUID.`,
      connector: AVRO_GLUE,
    });
  }

  async #find(versionId: string, services: FormatServices): Promise<FoundSchema> {
    const found = await this.#registry.schemaByVersionId(versionId, services);
    if (found === undefined)
      return { reason: `The Glue Schema Registry has no schema version ${versionId}.` };
    const { definition, dataFormat } = found;
    if (dataFormat !== "AVRO") {
      return { reason: `The schema version ${versionId} is of ${dataFormat} and not of AVRO.` };
    }
    try {
      return { schema: parseAvroSchema(definition) };
    } catch (error) {
      if (!TributaryError.is(error)) throw error;
      return { reason: `The schema version ${versionId} is no Avro schema: ${error.message}` };
    }
  }

  /** Columns that the registry's schema has are its fields, with their defaults; the others stay as derived. */
  async #latestFor(derived: AvroType, services: FormatServices): Promise<AvroType> {
    const latest = await this.#registry.latestSchema(services);
    if (latest === undefined) return derived;
    const known = new Map(recordOf(latest).fields.map((field) => [field.name, field]));
    invariant(derived.kind === "record", "a table's schema is a record");
    return { ...derived, fields: derived.fields.map((field) => known.get(field.name) ?? field) };
  }

  #derived(context: FormatContext): { readonly schema: AvroType; readonly text: string } {
    checkAvroColumns(AVRO_GLUE, context, true);
    const { namespace, recordName } = this.#options;
    const json = avroSchemaOf({ ...context.rowType, nullable: false }, true, {
      ...(namespace !== undefined && { namespace }),
      ...(recordName !== undefined && { top: recordName }),
    });
    return { schema: readAvroSchema(json), text: JSON.stringify(json) };
  }
}

/** The registry's schema as a record. */
function recordOf({ definition, versionId }: GlueSchema): AvroRecord {
  const schema = parseAvroSchema(definition);
  if (schema.kind === "record") return schema;
  throw unfit(versionId, `it is of the type ${schema.kind}, and a table needs a record`);
}

/** The columns in the order of the schema's fields: each has one, and each is had. */
function columnsOf({ fields }: AvroRecord, { table, rowType }: FormatContext): RowType {
  const columns = fields.map(({ name }) => {
    const column = rowType.fields.find((one) => one.name === name);
    if (column === undefined)
      throw unfit(table, `the table '${table}' has no column for its field '${name}'`);
    return column;
  });
  const surplus = rowType.fields.find((one) => !columns.includes(one));
  if (surplus !== undefined)
    throw unfit(table, `it has no field for the column '${surplus.name}' of the table '${table}'`);
  return { ...rowType, fields: columns };
}

function unfit(value: string, reason: string): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "SCHEMA_INVALID",
    message: `The latest schema in the Glue Schema Registry cannot be used: ${reason}.`,
    connector: AVRO_GLUE,
    value,
    hint: `Declare the columns as the schema has them, or leave out '${AVRO_GLUE}.schema.fetchFromRegistry'.`,
  });
}
