import type {
  DecodeOutput,
  Decoder,
  FormatContext,
  MalformedRecord,
  Row,
  RowField,
  RowType,
  SqlValue,
} from "@tributary/core";
import { types } from "@tributary/core";
import { createReader } from "../json/json-readers.js";
import type { JsonReader } from "../json/json-number-readers.js";
import { JsonScanner } from "../json/json-scanner.js";
import { rereadLastFields } from "../json/repeated-fields.js";
import { columnPath } from "../text/column-path.js";
import { excerpt, shorten, withArticle } from "../text/excerpt.js";
import type { CodeStyle } from "../text/generated-code.js";
import { lossyText, withoutByteOrderMark } from "../text/message-text.js";
import { hasDecimal } from "../text/type-check.js";
import type { DebeziumJsonFormatOptions } from "./debezium-json-options.js";
import { BadMetadata, eventMetadata, partFields } from "./event-metadata.js";
import type { EventFacts } from "./event-metadata.js";

/** What of an event matters: both images of the row and the operation; what metadata needs beside them. */
interface ChangeEvent extends EventFacts {
  readonly before: Row | null;
  readonly after: Row | null;
  readonly op: string | null;
}

const IDENTITY_HINT =
  "the database must log old rows; for a PostgreSQL table: ALTER TABLE ... REPLICA IDENTITY FULL";

/** Decodes change events, one a message, by the rules of the JSON format's tree decoder. */
export class DebeziumJsonDecoder implements Decoder {
  readonly #scanner: JsonScanner;
  readonly #readMessage: JsonReader;
  readonly #isLenient: boolean;
  readonly #isWrapped: boolean;
  readonly #metadata: ReturnType<typeof eventMetadata>;

  constructor(context: FormatContext, options: DebeziumJsonFormatOptions, codeStyle: CodeStyle) {
    this.#isLenient = options.ignoreParseErrors;
    this.#isWrapped = options.includesSchema;
    this.#scanner = new JsonScanner(options.ignoreParseErrors);
    this.#metadata = eventMetadata(context.metadata ?? []);
    const event = eventType(context.rowType, partFields(this.#metadata, "payload"));
    const around = withFields(types.row({ payload: event }), partFields(this.#metadata, "around"));
    this.#readMessage = createReader(options.includesSchema ? around : event, {
      failsOnMissingField: false,
      timestamps: options.timestampFormat,
      isTree: true,
      isExact: hasDecimal(context.rowType),
      codeStyle,
    });
  }

  decode(messages: readonly (Uint8Array | null)[], output: DecodeOutput): void {
    for (let index = 0; index < messages.length; index++) {
      const message = messages[index];
      if (message === null || message === undefined || message.length === 0) continue;
      const event = this.#readEvent(message);
      // Outside of any try: what the consumer throws is no fault of the message.
      const fault = "reason" in event ? event : this.#emit(index, event, message, output);
      if (fault === undefined) continue;
      if (this.#isLenient) output.skipped(index, fault);
      else output.malformed(index, fault);
    }
    this.#scanner.release();
  }

  #readEvent(message: Uint8Array): ChangeEvent | MalformedRecord {
    const scanner = this.#scanner;
    try {
      scanner.reset(message);
      if (scanner.peek() !== 0x7b) {
        scanner.reset(withoutByteOrderMark(message) ?? message);
        if (scanner.peek() !== 0x7b) return this.#noObject(message);
      }
      const read = this.#readFields();
      const event = (this.#isWrapped ? read["payload"] : read) as ChangeEvent | null;
      if (event !== null) return this.#isWrapped ? withSchema(event, read) : event;
      return described(
        "The event has no payload; 'debezium-json.schema-include' is for events with schema and payload.",
        message,
      );
    } catch (error) {
      if (error !== scanner.failure) throw error;
      return this.#scannerFault(message);
    }
  }

  #readFields(): Row {
    const scanner = this.#scanner;
    try {
      return this.#readMessage(scanner) as Row;
    } catch (error) {
      if (error === scanner.failure && rereadLastFields(scanner)) return this.#readMessage(scanner) as Row;
      throw error;
    }
  }

  #noObject(message: Uint8Array): MalformedRecord {
    const byte = this.#scanner.peek();
    if (Number.isNaN(byte)) return described("The message holds nothing but blanks.", message);
    const offset = this.#scanner.pos;
    const token = this.#scanner.scalar();
    const kind = token === "true" || token === "false" ? "boolean" : token;
    return {
      ...described(`The message is ${withArticle(kind)} and not a change event.`, message),
      offset,
    };
  }

  #scannerFault(message: Uint8Array): MalformedRecord {
    const { reason, offset, path, isSyntax } = this.#scanner;
    if (isSyntax) return { ...described(reason, message), offset };
    // The outer levels are the event's, what is inside of them the table's.
    const inside = path.slice(0, this.#isWrapped ? -2 : -1);
    const image = path[inside.length];
    const column = columnPath(inside);
    return {
      ...described(image === undefined ? reason : `In '${image}': ${reason}`, message),
      offset,
      ...(column !== "" && { column }),
    };
  }

  #emit(
    index: number,
    event: ChangeEvent,
    message: Uint8Array,
    output: DecodeOutput,
  ): MalformedRecord | undefined {
    const metadata = this.#metadataOf(event);
    if (typeof metadata === "string") return described(metadata, message);
    const reason = emitRows(index, event, metadata, this.#isWrapped, output);
    return reason === undefined ? undefined : described(reason, message);
  }

  /** @returns why there is none, if errors are not ignored; a bad value is NULL if they are. */
  #metadataOf(event: ChangeEvent): readonly SqlValue[] | string {
    if (this.#metadata.length === 0) return NO_METADATA;
    const values: SqlValue[] = [];
    for (const { read } of this.#metadata) {
      try {
        values.push(read(event));
      } catch (error) {
        if (!(error instanceof BadMetadata)) throw error;
        if (!this.#isLenient) return error.message;
        values.push(null);
      }
    }
    return values;
  }
}

const NO_METADATA: readonly SqlValue[] = [];

function eventType(rowType: RowType, more: readonly RowField[]): RowType {
  const image: RowType = { ...rowType, nullable: true };
  return withFields(types.row({ before: image, after: image, op: types.string() }), more);
}

function withFields(type: RowType, more: readonly RowField[]): RowType {
  return { ...type, fields: [...type.fields, ...more] };
}

/** The schema stands beside the payload. */
function withSchema(event: ChangeEvent, { schema }: Row): ChangeEvent {
  return schema === undefined ? event : { ...event, schema: schema as string | null };
}

function described(reason: string, message: Uint8Array): MalformedRecord {
  return { reason, excerpt: shorten(lossyText(message)) };
}

/** Hands an event's rows over, or says why there are none. */
function emitRows(
  index: number,
  { before, after, op }: ChangeEvent,
  metadata: readonly SqlValue[],
  isWrapped: boolean,
  output: DecodeOutput,
): string | undefined {
  switch (op) {
    case "c":
    case "r":
      if (after === null) return missingImage("after", op);
      output.row(index, after, "+I", metadata);
      return undefined;
    case "u":
      if (before === null) return missingImage("before", op);
      if (after === null) return missingImage("after", op);
      output.row(index, before, "-U", metadata);
      output.row(index, after, "+U", metadata);
      return undefined;
    case "d":
      if (before === null) return missingImage("before", op);
      output.row(index, before, "-D", metadata);
      return undefined;
    case null:
      return isWrapped
        ? "The event's payload has no 'op'."
        : "The event has no 'op'; for events with schema and payload set 'debezium-json.schema-include'.";
    default:
      return `The event's 'op' is ${excerpt(op)}, and not one of 'c', 'r', 'u', 'd'.`;
  }
}

const OPERATIONS = { c: "insert", r: "snapshot read", u: "update", d: "delete" } as const;

function missingImage(image: "before" | "after", op: keyof typeof OPERATIONS): string {
  const reason = `The event is of op '${op}' (${OPERATIONS[op]}) and its '${image}' is null`;
  return image === "before" ? `${reason}: ${IDENTITY_HINT}.` : `${reason}.`;
}
