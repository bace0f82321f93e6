import type { DecodeOutput, Decoder, FormatContext, FormatServices, MalformedRecord } from "@tributary/core";
import { TributaryError } from "@tributary/core";
import { AvroRecordReader } from "../avro/avro-codec.js";
import { hexadecimalExcerpt } from "../text/excerpt.js";
import type { AvroType } from "../avro/avro-schema.js";
import type { CodeStyle } from "../text/generated-code.js";
import type { FindSchema, FoundSchema, SchemaFrame } from "./schema-frame.js";

/** Ids that are asked for at a time. */
const CALLS_AT_A_TIME = 8;
/** How long an id that cannot be used is not asked for again, in milliseconds: it may come to be registered. */
const FAULT_TTL_MS = 10_000;

export interface FramedDecoderOptions {
  /** Identifier of the format, for messages. */
  readonly format: string;
  readonly context: FormatContext;
  readonly frame: SchemaFrame;
  readonly find: FindSchema;
  /** Schema that records are read with: the columns are its fields by position. */
  readonly reader: AvroType;
  readonly codeStyle: CodeStyle;
  /** Most schemas that are kept; more only while one batch has more. */
  readonly schemasMax: number;
  /** How long a schema is kept, in milliseconds. */
  readonly ttlMs: number;
}

/** What is known of an id. */
type Known =
  | { readonly reader: AvroRecordReader; readonly until: number }
  | { readonly reader?: undefined; readonly reason: string; readonly until: number };

/** Decodes framed records, each with the schema that it was written with, resolved against the table's. */
export class FramedDecoder implements Decoder {
  readonly #options: FramedDecoderOptions;
  /** By id, the one fetched the longest ago first. */
  readonly #known = new Map<number | string, Known>();

  constructor(options: FramedDecoderOptions) {
    this.#options = options;
  }

  prepare(messages: readonly (Uint8Array | null)[], services: FormatServices): Promise<void> | undefined {
    const { frame } = this.#options;
    const now = services.clock.now();
    const missing = new Set<number | string>();
    let last: number | string | undefined;
    for (const message of messages) {
      if (message === null) continue;
      const id = frame.readId(message);
      if (id === undefined || id === last) continue;
      last = id;
      const known = this.#known.get(id);
      if (known === undefined || known.until <= now) missing.add(id);
    }
    return missing.size === 0 ? undefined : this.#fetch([...missing], messages, services);
  }

  decode(messages: readonly (Uint8Array | null)[], output: DecodeOutput): void {
    const { frame } = this.#options;
    let last: number | string | undefined;
    let known: Known | undefined;
    for (let index = 0; index < messages.length; index++) {
      const message = messages[index];
      if (message === null || message === undefined) continue;
      const id = frame.readId(message);
      if (id === undefined) {
        output.malformed(index, frame.fault(message));
        continue;
      }
      if (id !== last) {
        known?.reader?.release();
        known = this.#known.get(id);
        last = id;
      }
      if (known?.reader === undefined) output.malformed(index, this.#unusable(id, known?.reason, message));
      else this.#decodeOne(index, message, known.reader, output);
    }
    known?.reader?.release();
  }

  #decodeOne(index: number, message: Uint8Array, reader: AvroRecordReader, output: DecodeOutput): void {
    const { frame } = this.#options;
    const unpacked = frame.unpack?.(message);
    if (unpacked !== undefined && !(unpacked instanceof Uint8Array)) {
      output.malformed(index, unpacked);
      return;
    }
    const row = unpacked === undefined ? reader.read(message, frame.size) : reader.read(unpacked, 0);
    if (row === undefined) output.malformed(index, reader.fault(unpacked ?? message));
    else if (row !== null) output.row(index, row);
  }

  #unusable(id: number | string, reason: string | undefined, message: Uint8Array): MalformedRecord {
    const { frame } = this.#options;
    return {
      reason: reason ?? `The schema with the id ${frame.printId(id)} has not been fetched.`,
      excerpt: hexadecimalExcerpt(message),
    };
  }

  async #fetch(
    missing: readonly (number | string)[],
    messages: readonly (Uint8Array | null)[],
    services: FormatServices,
  ): Promise<void> {
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < missing.length) {
        const id = missing[next++] as number | string;
        const known = await this.#ask(id, services);
        this.#known.delete(id);
        this.#known.set(id, known);
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(CALLS_AT_A_TIME, missing.length) }, work));
    } finally {
      // After a failure the others need not go on.
      next = missing.length;
    }
    if (this.#known.size > this.#options.schemasMax) this.#forget(messages);
  }

  /** A schema never changes under its id: one that is known already serves on while the registry is away. */
  async #ask(id: number | string, services: FormatServices): Promise<Known> {
    const { clock, logger, signal } = services;
    const before = this.#known.get(id);
    try {
      return this.#learn(id, await this.#options.find(id, services), clock.now());
    } catch (error) {
      if (before?.reader === undefined || signal.aborted) throw error;
      const { format, frame } = this.#options;
      logger.warn("a schema cannot be fetched again, the known one is kept", {
        format,
        id: frame.printId(id),
        reason: TributaryError.is(error) ? error.message : String(error),
      });
      return { ...before, until: clock.now() + FAULT_TTL_MS };
    }
  }

  #learn(id: number | string, found: FoundSchema, now: number): Known {
    const { format, context, codeStyle, frame, ttlMs } = this.#options;
    if (found.schema === undefined) return { reason: found.reason, until: now + FAULT_TTL_MS };
    const { schema, reader = this.#options.reader } = found;
    try {
      const { table, rowType } = context;
      const made = new AvroRecordReader({ format, table, writer: schema, reader, rowType, codeStyle });
      return { reader: made, until: now + ttlMs };
    } catch (error) {
      if (!TributaryError.is(error)) throw error;
      const why = `The schema with the id ${frame.printId(id)} cannot be used: ${error.message}`;
      return { reason: why, until: now + FAULT_TTL_MS };
    }
  }

  /** Forgets the oldest, but none that the batch needs. */
  #forget(messages: readonly (Uint8Array | null)[]): void {
    const { frame, schemasMax } = this.#options;
    const needed = new Set<number | string | undefined>();
    for (const message of messages) if (message !== null) needed.add(frame.readId(message));
    for (const id of this.#known.keys()) {
      if (this.#known.size <= schemasMax) return;
      if (!needed.has(id)) this.#known.delete(id);
    }
  }
}
