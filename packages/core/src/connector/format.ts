import type { LogicalType, Row, RowType, SqlValue } from "../types/logical-type.js";
import type { RowKind } from "../types/row-kind.js";
import type { Clock, Logger, Random } from "./services.js";

/** What a format may know when its decoder or encoder is built. @public */
export interface FormatContext {
  /** Table the codec is for, for messages. */
  readonly table: string;
  /** The physical columns, in declared order, as one ROW that is NOT NULL. */
  readonly rowType: RowType;
  /** Keys of {@link DecodingFormat.metadata} that are read beside the columns. Default none. */
  readonly metadata?: readonly string[];
}

/** What a message carries beside the row, e.g. when a change was made. Read-only. @public */
export interface FormatMetadata {
  readonly key: string;
  readonly type: LogicalType;
}

/** What a format may use while it waits for something outside, e.g. a schema registry. @public */
export interface FormatServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
}

/** How records are told apart in a file, for formats in which a line is not always a record. @public */
export interface RecordFraming {
  /** Where the next record starts, `from` or behind what does not count; -1 if the bytes end first. */
  findStart(bytes: Uint8Array, from: number): number;
  /** The index behind the line end of the record at `start`; -1 if the bytes end first. */
  findEnd(bytes: Uint8Array, start: number): number;
}

/** A decoding configured by options; makes decoders. @public */
export interface DecodingFormat {
  /** Absent: in a file each line that is not empty is a record. */
  readonly framing?: RecordFraming;
  /** Kinds of rows its decoders emit; `["+I"]` for append-only formats. */
  readonly changelog: readonly RowKind[];
  /** What its messages carry beside the row, as it is listed; nothing by default. */
  readonly metadata?: readonly FormatMetadata[];
  /** @throws `SCHEMA_INVALID` if the format cannot carry a column's type; all such columns at once. */
  createDecoder(context: FormatContext): Decoder;
}

/** Where a decoder puts what it found; `index` is the message's place in the batch. @public */
export interface DecodeOutput {
  /** @param metadata - values of {@link FormatContext.metadata}, in that order; read during the call. */
  row(index: number, row: Row, kind?: RowKind, metadata?: readonly SqlValue[]): void;
  /** The message cannot be decoded and errors are not ignored. */
  malformed(index: number, fault: MalformedRecord): void;
  /** The message cannot be decoded and was dropped since errors are ignored. */
  skipped(index: number, fault: MalformedRecord): void;
}

/** Why a message could not be decoded. @public */
export interface MalformedRecord {
  /** One sentence without the table and the record's position; those are added by the caller. */
  readonly reason: string;
  readonly column?: string;
  /** Offset in the message where decoding stopped, in bytes or characters of its text, if known. */
  readonly offset?: number;
  /** Shortened text of the message or the cell. */
  readonly excerpt?: string;
}

/** Turns messages into rows, a batch at a time. Built once per table; keeps no state between batches. @public */
export interface Decoder {
  /** @param messages - payloads; `null` is a message without body (a tombstone), not an empty one. */
  decode(messages: readonly (Uint8Array | null)[], output: DecodeOutput): void;
  /**
   * Fetches what `decode` needs from outside for these messages, e.g. the schemas that they were written with. Whoever
   * decodes awaits it first, with the same messages. Most formats need nothing and leave it out.
   *
   * @returns `undefined` if nothing is missing: then nothing is awaited. Rejects if what is outside cannot be asked;
   *   a message that names something unknown is no failure here but malformed in `decode`.
   */
  prepare?(messages: readonly (Uint8Array | null)[], services: FormatServices): Promise<void> | undefined;
}

/** An encoding configured by options; makes encoders. @public */
export interface EncodingFormat {
  readonly changelog: readonly RowKind[];
  /** @throws `SCHEMA_INVALID` if the format cannot carry a column's type; all such columns at once. */
  createEncoder(context: FormatContext): Encoder;
  /**
   * Settles outside what encoders of this context need, e.g. registers their schema. Awaited once before the first
   * `encode`: when a writer is created. Most formats need nothing and leave it out.
   */
  prepare?(context: FormatContext, services: FormatServices): Promise<void>;
}

/** Turns rows into messages, a batch at a time. @public */
export interface Encoder {
  /**
   * @returns one payload a row, `null` for a message without body.
   * @throws `RECORD_MALFORMED` naming the column whose value cannot be written.
   */
  encode(rows: readonly Row[], kinds?: readonly RowKind[]): (Uint8Array | null)[];
}
