import { invariant, printType, TributaryError } from "@tributary/core";
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
} from "@tributary/core";
import { inject, injectable } from "inversify";
import { AvroRecordWriter, checkAvroColumns } from "../avro/avro-codec.js";
import { avroSchemaOf } from "../avro/avro-derive.js";
import { rowTypeOfAvro } from "../avro/avro-row-type.js";
import { parseAvroSchema, readAvroSchema } from "../avro/avro-schema.js";
import type { AvroType } from "../avro/avro-schema.js";
import { FramedDecoder } from "../registry/framed-decoder.js";
import { FramedEncoder } from "../registry/framed-encoder.js";
import type { FoundSchema } from "../registry/schema-frame.js";
import type { CodeStyle } from "../text/generated-code.js";
import { AVRO_CONFLUENT, AvroConfluentFormatOptions } from "./avro-confluent-options.js";
import { CONFLUENT_FRAME, confluentHeader } from "./confluent-frame.js";
import { registrySettings } from "./registry-settings.js";
import { SCHEMA_REGISTRIES } from "./schema-registry.js";
import type { SchemaRegistries, SchemaRegistry } from "./schema-registry.js";

const INSERT_ONLY: readonly RowKind[] = ["+I"];
/** Schemas of other writers that are kept. Flink documentation, Confluent Avro format. */
const SCHEMAS_MAX = 1_000;

/**
 * The format `avro-confluent`: one Avro record a message, behind the id of its schema, which lies in a schema registry.
 *
 * After the Confluent Avro format of Apache Flink; see the options for what can be set.
 *
 * @public
 */
@injectable()
export class AvroConfluentFormatFactory implements FormatFactory<AvroConfluentFormatOptions> {
  readonly role = "format";
  readonly identifier = AVRO_CONFLUENT;
  readonly provides = ["DecodingFormat", "EncodingFormat"] as const;
  readonly options: OptionsClass<AvroConfluentFormatOptions> = AvroConfluentFormatOptions;
  readonly #registries: SchemaRegistries;

  constructor(@inject(SCHEMA_REGISTRIES) registries: SchemaRegistries) {
    this.#registries = registries;
  }

  createDecoding(options: AvroConfluentFormatOptions): DecodingFormat {
    return new AvroConfluentFormat(options, this.#registries);
  }

  /** @throws `OPTION_MISSING` without a subject. */
  createEncoding(options: AvroConfluentFormatOptions): EncodingFormat {
    if (options.subject === undefined || options.subject === "") throw noSubject();
    return new AvroConfluentFormat(options, this.#registries);
  }
}

/** The format with its options. @internal */
export class AvroConfluentFormat implements DecodingFormat, EncodingFormat {
  readonly changelog = INSERT_ONLY;
  readonly #options: AvroConfluentFormatOptions;
  readonly #registry: SchemaRegistry;
  readonly #codeStyle: CodeStyle;
  /** Frames of registered schemas, by the schema's text. */
  readonly #headers = new Map<string, Uint8Array>();

  constructor(
    options: AvroConfluentFormatOptions,
    registries: SchemaRegistries,
    codeStyle: CodeStyle = "generated",
  ) {
    this.#options = options;
    this.#codeStyle = codeStyle;
    this.#registry = registries.connect(registrySettings(options).settings);
  }

  createDecoder(context: FormatContext): Decoder {
    return new FramedDecoder({
      format: AVRO_CONFLUENT,
      context,
      frame: CONFLUENT_FRAME,
      find: (id, services) => this.#find(id as number, services),
      reader: this.#schemaOf(context).schema,
      codeStyle: this.#codeStyle,
      schemasMax: SCHEMAS_MAX,
      ttlMs: Number.POSITIVE_INFINITY,
    });
  }

  createEncoder(context: FormatContext): Encoder {
    const { schema, text } = this.#schemaOf(context);
    const { table, rowType } = context;
    const codeStyle = this.#codeStyle;
    const writer = new AvroRecordWriter({ format: AVRO_CONFLUENT, table, schema, rowType, codeStyle });
    return new FramedEncoder({ header: () => this.#headers.get(text), writer: () => writer });
  }

  /** Registers the schema, or learns the id that it has. */
  async prepare(context: FormatContext, services: FormatServices): Promise<void> {
    const { subject } = this.#options;
    invariant(subject !== undefined, "a format that writes has a subject");
    const { text } = this.#schemaOf(context);
    if (this.#headers.has(text)) return;
    const id = await this.#registry.register(subject, text, services);
    this.#headers.set(text, confluentHeader(id));
  }

  async #find(id: number, services: FormatServices): Promise<FoundSchema> {
    const found = await this.#registry.schemaById(id, services);
    if (found === undefined) return { reason: `The schema registry has no schema with the id ${id}.` };
    const { schema, schemaType = "AVRO", references = [] } = found;
    if (schemaType !== "AVRO")
      return { reason: `The schema with the id ${id} is of ${schemaType} and not of Avro.` };
    try {
      return { schema: parseAvroSchema(schema, references) };
    } catch (error) {
      if (!TributaryError.is(error)) throw error;
      return { reason: `The schema with the id ${id} is no Avro schema: ${error.message}` };
    }
  }

  /** The given schema, or that of the columns, which always has the legacy mapping of timestamps. */
  #schemaOf(context: FormatContext): { readonly schema: AvroType; readonly text: string } {
    const { schema: given } = this.#options;
    if (given !== undefined) return { schema: checkedSchema(given, context), text: given };
    checkAvroColumns(AVRO_CONFLUENT, context, true);
    const json = avroSchemaOf(context.rowType, true);
    return { schema: readAvroSchema(json), text: JSON.stringify(json) };
  }
}

/** A given schema must stand for the table's columns, to the last NOT NULL; its top record counts as NOT NULL. */
function checkedSchema(given: string, { table, rowType }: FormatContext): AvroType {
  try {
    const schema = parseAvroSchema(given);
    const actual = printType({ ...rowTypeOfAvro(schema, true), nullable: false });
    const wanted = printType({ ...rowType, nullable: false });
    if (actual === wanted) return schema;
    throw schemaMismatch(given, table, `it stands for ${actual}, and the columns are ${wanted}`);
  } catch (error) {
    if (!TributaryError.is(error, "SCHEMA_INVALID")) throw error;
    throw schemaMismatch(given, table, error.message.replace(/\.$/, ""));
  }
}

function schemaMismatch(given: string, table: string, reason: string): TributaryError {
  const option = `${AVRO_CONFLUENT}.schema`;
  return new TributaryError({
    severity: "error",
    code: "OPTION_INVALID",
    message: `The schema of '${option}' does not fit the table '${table}': ${reason}.`,
    table,
    connector: AVRO_CONFLUENT,
    option,
    value: given,
    hint: "Declare the columns as the schema has them, NOT NULL where it has no union with null, or leave the option out.",
  });
}

function noSubject(): TributaryError {
  const option = `${AVRO_CONFLUENT}.subject`;
  return new TributaryError({
    severity: "error",
    code: "OPTION_MISSING",
    message: `The option '${option}' is missing, and a table that is written needs it: its schema is registered under that subject.`,
    connector: AVRO_CONFLUENT,
    option,
    hint: `For instance '${option}' = 'clicks-value'.`,
  });
}
