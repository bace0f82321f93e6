/** A schema registry as the format sees it; the client behind it can be replaced through {@link SCHEMA_REGISTRIES}. */
import type { FormatServices } from "@tributary/core";
import type { SchemaRegistrySettings } from "./registry-settings.js";

/** Token under which a module binds {@link SchemaRegistries}. @public */
export const SCHEMA_REGISTRIES: symbol = Symbol.for("@tributary/formats/SchemaRegistries");

/** A schema that a registry holds. @public */
export interface RegisteredSchema {
  /** The schema's text. */
  readonly schema: string;
  /** `AVRO`, `JSON` or `PROTOBUF`; Avro if absent. */
  readonly schemaType?: string;
  /** Texts of the schemas whose types it names, each behind those that it needs itself. */
  readonly references?: readonly string[];
}

/**
 * One registry. Both calls reject with a TributaryError that names the registry's address, without credentials, and
 * what was asked for; retries are the client's.
 *
 * @public
 */
export interface SchemaRegistry {
  /** @returns `undefined` if the registry knows no such id. */
  schemaById(id: number, services: FormatServices): Promise<RegisteredSchema | undefined>;
  /** Registers the schema under the subject, or finds it there. @returns its id, 0 to 2^32 - 1. */
  register(subject: string, schema: string, services: FormatServices): Promise<number>;
}

/** Makes clients of registries. @public */
export interface SchemaRegistries {
  /** Connects to nothing yet. */
  connect(settings: SchemaRegistrySettings): SchemaRegistry;
}
