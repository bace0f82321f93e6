/**
 * Messages that name the schema they were written with: a frame in front of the Avro record holds its id, and the
 * schema itself lies in a registry.
 */
import type { FormatServices, MalformedRecord } from "@tributary/core";
import type { AvroType } from "../avro/avro-schema.js";

/** How a frame is read. */
export interface SchemaFrame {
  /** The schema's id, as a key of maps; `undefined` if the message has no such frame. */
  readId(message: Uint8Array): number | string | undefined;
  /** The id as messages print it. */
  printId(id: number | string): string;
  /** Why {@link readId} found none. */
  fault(message: Uint8Array): MalformedRecord;
  /** Bytes in front of the record, if it stands in the message as it is. */
  readonly size: number;
  /** The record's bytes, where a message may hold them in another form; `undefined` if they are in place. */
  unpack?(message: Uint8Array): Uint8Array | MalformedRecord | undefined;
}

/** The schema of an id, or why messages with it cannot be decoded. */
export type FoundSchema =
  | {
      readonly schema: AvroType;
      /** Schema to read with instead of the decoder's. */
      readonly reader?: AvroType;
      readonly reason?: undefined;
    }
  | { readonly schema?: undefined; readonly reason: string };

/**
 * Asks the registry.
 *
 * @throws a TributaryError if it cannot be asked. That it knows no such id is an answer.
 */
export type FindSchema = (id: number | string, services: FormatServices) => Promise<FoundSchema>;
