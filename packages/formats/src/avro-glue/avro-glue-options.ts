import { CrossCheck, Option } from "@tributary/core";
import type { OptionFault } from "@tributary/core";

const SOURCE = "Flink documentation, Avro format for the AWS Glue Schema Registry";
const DAY_MS = 86_400_000;

/** The format's identifier. */
export const AVRO_GLUE = "avro-glue";

/** How versions of a schema must fit each other. AWS Glue API Reference, CreateSchema. @public */
export type GlueCompatibility =
  "NONE" | "DISABLED" | "BACKWARD" | "BACKWARD_ALL" | "FORWARD" | "FORWARD_ALL" | "FULL" | "FULL_ALL";

/** Options of the format `avro-glue`. @public */
export class AvroGlueFormatOptions {
  @Option({
    key: "aws.region",
    type: "string",
    required: true,
    isForwarded: true,
    summary: "Region of the registry.",
    example: "eu-west-1",
    source: SOURCE,
  })
  readonly region!: string;

  @Option({
    key: "registry.name",
    type: "string",
    required: true,
    isForwarded: true,
    summary: "Name of the registry.",
    example: "shop",
    source: SOURCE,
  })
  readonly registryName!: string;

  @Option({
    key: "schema.name",
    type: "string",
    required: true,
    isForwarded: true,
    summary:
      "Name of the schema that records are written with. Records are read by the version that each names.",
    example: "clicks",
    source: SOURCE,
  })
  readonly schemaName!: string;

  @Option({
    key: "aws.endpoint",
    type: "string",
    isForwarded: true,
    summary: "Address of the service, where it is not the region's own.",
    example: "http://localhost:4566",
    source: SOURCE,
  })
  readonly endpoint?: string;

  @Option({
    key: "schema.type",
    type: "enum",
    values: ["GENERIC_RECORD", "SPECIFIC_RECORD"],
    printedType: "String",
    isForwarded: true,
    summary: "Kind of Java object. Accepted, and without effect: rows are rows.",
    source: SOURCE,
  })
  readonly schemaType: "GENERIC_RECORD" | "SPECIFIC_RECORD" = "GENERIC_RECORD";

  @Option({
    key: "avro.namespace",
    type: "string",
    isForwarded: true,
    summary: "Namespace of the schema that the columns give, instead of 'org.apache.flink.avro.generated'.",
    example: "com.example.events",
    source: SOURCE,
  })
  readonly namespace?: string;

  @Option({
    key: "avro.record-name",
    type: "string",
    isForwarded: true,
    summary: "Name of the record in the schema that the columns give, instead of 'record'.",
    example: "Click",
    source: SOURCE,
  })
  readonly recordName?: string;

  @Option({
    key: "schema.fetchFromRegistry",
    type: "boolean",
    isForwarded: true,
    summary:
      "Use the latest version of the schema in the registry instead of the one that the columns give: records are written with it, and what a record lacks has its default. Without such a schema that of the columns is used.",
    source: SOURCE,
  })
  readonly fetchesSchema: boolean = false;

  @Option({
    key: "cache.size",
    type: "int",
    unit: "schemas",
    isForwarded: true,
    summary: "Most schemas of other writers that are kept.",
    source: SOURCE,
  })
  readonly schemasMax: number = 200;

  @Option({
    key: "cache.ttlMs",
    type: "long",
    unit: "ms",
    isForwarded: true,
    summary: "How long a schema is kept before it is asked for again.",
    source: SOURCE,
  })
  readonly schemaTtlMs: number = DAY_MS;

  @Option({
    key: "schema.autoRegistration",
    type: "boolean",
    isForwarded: true,
    summary:
      "Register the schema, or a new version of it, if the registry lacks it; else that fails the job.",
    source: SOURCE,
  })
  readonly registersSchemas: boolean = false;

  @Option({
    key: "schema.compatibility",
    type: "enum",
    values: ["NONE", "DISABLED", "BACKWARD", "BACKWARD_ALL", "FORWARD", "FORWARD_ALL", "FULL", "FULL_ALL"],
    printedType: "String",
    isForwarded: true,
    summary: "How versions of a schema that is registered as new must fit each other.",
    source: SOURCE,
  })
  readonly compatibility: GlueCompatibility = "NONE";

  @Option({
    key: "schema.compression",
    type: "enum",
    values: ["NONE", "ZLIB"],
    printedType: "String",
    isForwarded: true,
    summary: "How records are written. Both are read, whatever is set.",
    source: SOURCE,
  })
  readonly compression: "NONE" | "ZLIB" = "NONE";

  @CrossCheck()
  checkService(): readonly OptionFault[] {
    const faults: OptionFault[] = [];
    const { endpoint, region, schemasMax, schemaTtlMs } = this;
    if (!/^[a-z0-9-]+$/.test(region)) {
      faults.push({
        key: "aws.region",
        message: `'${region}' is no region.`,
        hint: "For instance 'eu-west-1'.",
      });
    }
    if (endpoint !== undefined && !(URL.canParse(endpoint) && /^https?:/.test(endpoint))) {
      const hint = "Leave it out to use the region's own.";
      faults.push({ key: "aws.endpoint", message: `'${endpoint}' is no http or https address.`, hint });
    }
    if (schemasMax < 1) faults.push({ key: "cache.size", message: `${schemasMax} is less than 1 schema.` });
    if (schemaTtlMs < 0) faults.push({ key: "cache.ttlMs", message: `${schemaTtlMs} ms is less than none.` });
    return faults;
  }
}
