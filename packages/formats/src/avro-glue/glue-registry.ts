/** The Glue Schema Registry as the format sees it; the client can be replaced through {@link GLUE_SCHEMA_REGISTRIES}. */
import type { FormatServices } from "@tributary/core";
import type { GlueCompatibility } from "./avro-glue-options.js";

/** Token under which a module binds {@link GlueSchemaRegistries}. @public */
export const GLUE_SCHEMA_REGISTRIES: symbol = Symbol.for("@tributary/formats/GlueSchemaRegistries");

/** Where a schema lies, and what may be done there. @public */
export interface GlueSettings {
  readonly region: string;
  /** Absent: the region's own. */
  readonly endpoint?: string;
  readonly registryName: string;
  readonly schemaName: string;
  /** May a schema that the registry lacks be registered? */
  readonly registersSchemas: boolean;
  /** For a schema that is new. */
  readonly compatibility: GlueCompatibility;
}

/** A version of a schema. @public */
export interface GlueSchema {
  /** A UUID. */
  readonly versionId: string;
  readonly definition: string;
  /** `AVRO`, `JSON` or `PROTOBUF`. */
  readonly dataFormat: string;
}

/**
 * One schema in a registry. Calls reject with a TributaryError that names the service and what was asked for; retries
 * are the client's.
 *
 * @public
 */
export interface GlueSchemaRegistry {
  /** Any version of any schema. @returns `undefined` if there is none with the id. */
  schemaByVersionId(versionId: string, services: FormatServices): Promise<GlueSchema | undefined>;
  /** The latest version of the schema. @returns `undefined` if there is no such schema. */
  latestSchema(services: FormatServices): Promise<GlueSchema | undefined>;
  /** The id of the version with that definition, which is registered where that is allowed. */
  versionIdOf(definition: string, services: FormatServices): Promise<string>;
}

/** Makes clients of registries. @public */
export interface GlueSchemaRegistries {
  /** Connects to nothing yet. */
  connect(settings: GlueSettings): GlueSchemaRegistry;
}
