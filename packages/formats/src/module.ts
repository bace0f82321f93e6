import { defineModule } from "@tributary/core";
import type { ServiceDefinition } from "@tributary/core";
import { AvroFormatFactory } from "./avro/avro-format.js";
import { AvroConfluentFormatFactory } from "./avro-confluent/avro-confluent-format.js";
import { AvroGlueFormatFactory } from "./avro-glue/avro-glue-format.js";
import { GLUE_SCHEMA_REGISTRIES } from "./avro-glue/glue-registry.js";
import { HttpGlueRegistries } from "./avro-glue/http-glue-registry.js";
import { HttpSchemaRegistries } from "./avro-confluent/http-schema-registry.js";
import { SCHEMA_REGISTRIES } from "./avro-confluent/schema-registry.js";
import { CsvFormatFactory } from "./csv/csv-format.js";
import { DebeziumJsonFormatFactory } from "./debezium/debezium-json-format.js";
import { JsonFormatFactory } from "./json/json-format.js";
import { RawFormatFactory } from "./raw/raw-format.js";
import { ProtobufFormatFactory } from "./protobuf/protobuf-format.js";

/** The formats of this package. @public */
export const formats = defineModule({
  name: "formats",
  version: "0.1.0",
  file: import.meta.url,
  factories: [
    CsvFormatFactory,
    JsonFormatFactory,
    AvroFormatFactory,
    AvroConfluentFormatFactory,
    AvroGlueFormatFactory,
    RawFormatFactory,
    DebeziumJsonFormatFactory,
    ProtobufFormatFactory,
  ],
  services: [
    {
      token: SCHEMA_REGISTRIES,
      provide: { useClass: HttpSchemaRegistries },
      dispose: (registries) => registries.dispose(),
    } satisfies ServiceDefinition<HttpSchemaRegistries>,
    {
      token: GLUE_SCHEMA_REGISTRIES,
      provide: { useClass: HttpGlueRegistries },
      dispose: (registries) => registries.dispose(),
    } satisfies ServiceDefinition<HttpGlueRegistries>,
  ],
});
