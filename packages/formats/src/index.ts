/** Formats: messages to rows and rows to messages. */
export { AvroFormat, AvroFormatFactory } from "./avro/avro-format.js";
export { AvroFormatOptions } from "./avro/avro-options.js";
export { AvroConfluentFormat, AvroConfluentFormatFactory } from "./avro-confluent/avro-confluent-format.js";
export { AvroConfluentFormatOptions } from "./avro-confluent/avro-confluent-options.js";
export type { SchemaRegistrySettings, StoreFile } from "./avro-confluent/registry-settings.js";
export { SCHEMA_REGISTRIES } from "./avro-confluent/schema-registry.js";
export type { RegisteredSchema, SchemaRegistries, SchemaRegistry } from "./avro-confluent/schema-registry.js";
export { AvroGlueFormat, AvroGlueFormatFactory } from "./avro-glue/avro-glue-format.js";
export { AvroGlueFormatOptions } from "./avro-glue/avro-glue-options.js";
export type { GlueCompatibility } from "./avro-glue/avro-glue-options.js";
export { GLUE_SCHEMA_REGISTRIES } from "./avro-glue/glue-registry.js";
export type {
  GlueSchema,
  GlueSchemaRegistries,
  GlueSchemaRegistry,
  GlueSettings,
} from "./avro-glue/glue-registry.js";
export { CsvFormat, CsvFormatFactory } from "./csv/csv-format.js";
export { CsvFormatOptions } from "./csv/csv-options.js";
export { DebeziumJsonFormat, DebeziumJsonFormatFactory } from "./debezium/debezium-json-format.js";
export { DebeziumJsonFormatOptions } from "./debezium/debezium-json-options.js";
export { inferColumns } from "./infer/infer-columns.js";
export type { InferredColumn, InferredColumns, InferRequest, InferSample } from "./infer/inferred-columns.js";
export { JsonFormat, JsonFormatFactory } from "./json/json-format.js";
export { JsonFormatOptions } from "./json/json-options.js";
export { JsonValueOptions } from "./json/json-value-options.js";
export { RawFormat, RawFormatFactory } from "./raw/raw-format.js";
export { RawFormatOptions } from "./raw/raw-options.js";
export { formats } from "./module.js";
export { ProtobufFormat, ProtobufFormatFactory } from "./protobuf/protobuf-format.js";
export { ProtobufFormatOptions } from "./protobuf/protobuf-options.js";
export type { CodeStyle } from "./text/generated-code.js";
