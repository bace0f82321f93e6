import type { DecodeOutput, Decoder, FormatServices, MalformedRecord } from "../connector/format.js";
import type { SplitRecords } from "../connector/source.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { TributaryError } from "../diagnostics/error.js";
import type { DeadLetterBuffer, Deserializer, ElementBuffer } from "../pipeline/graph.js";
import { MIN_TIMESTAMP } from "../pipeline/window.js";
import type { Row, RowType, SqlValue } from "../types/logical-type.js";
import type { RowKind } from "../types/row-kind.js";
import type { DeadLetterPlan } from "./dead-letter.js";
import { malformedPlace } from "./malformed-place.js";
import type { RowAssembler } from "./row-assembler.js";

const NO_METADATA: readonly SqlValue[] = [];

/** How a table's records become rows. */
export interface DeserializerPlan {
  readonly table: string;
  /** Absent if the records are rows of the physical columns. */
  readonly decoding?: {
    /** Identifier of the format. */
    readonly format: string;
    /** The columns that it reads. */
    readonly rowType: RowType;
    readonly decoder: Decoder;
    readonly payload: (record: unknown) => Uint8Array | null;
  };
  /** Absent if physical rows are the rows. */
  readonly assemble?: RowAssembler;
  readonly describePosition?: (record: unknown) => string;
  /** Records that cannot be decoded are counted instead of failing the job. */
  readonly skipsMalformed: boolean;
  /** Records that cannot be decoded become rows of the dead-letter table. */
  readonly toDeadLetter?: DeadLetterPlan["toRow"];
  /** What to do about a malformed record. */
  readonly malformedHint: string;
}

/** Decodes batches of records into rows. Calls do not overlap; keeps nothing between them. */
export class TableDeserializer implements Deserializer, DecodeOutput {
  readonly #plan: DeserializerPlan;
  readonly #assemble: RowAssembler | undefined;
  #batch: SplitRecords<unknown> | undefined;
  #records: readonly unknown[] = [];
  #timestampsIn: readonly number[] | undefined;
  #values: unknown[] = [];
  #timestamps: number[] = [];
  #deadLetters: DeadLetterBuffer | undefined;
  #skipped = 0;

  constructor(plan: DeserializerPlan) {
    this.#plan = plan;
    this.#assemble = plan.assemble;
  }

  prepare(batch: SplitRecords<unknown>, services: FormatServices): Promise<void> | undefined {
    const { decoding } = this.#plan;
    if (decoding?.decoder.prepare === undefined) return undefined;
    const messages = batch.records.map((record) => decoding.payload(record));
    const ready = decoding.decoder.prepare(messages, services);
    return ready?.catch((error: unknown) => {
      throw ofTable(error, this.#plan.table);
    });
  }

  deserialize(batch: SplitRecords<unknown>, output: ElementBuffer, deadLetters?: DeadLetterBuffer): number {
    const { records } = batch;
    const { decoding } = this.#plan;
    this.#batch = batch;
    this.#records = records;
    this.#timestampsIn = batch.timestamps;
    this.#values = output.values;
    this.#timestamps = output.timestamps;
    this.#deadLetters = deadLetters;
    this.#skipped = 0;
    try {
      if (decoding === undefined) {
        for (let index = 0; index < records.length; index++) this.row(index, records[index] as Row);
      } else {
        const { decoder, payload } = decoding;
        decoder.decode(
          records.map((record) => payload(record)),
          this,
        );
      }
      return this.#skipped;
    } finally {
      this.#release();
    }
  }

  row(index: number, row: Row, _kind?: RowKind, metadata: readonly SqlValue[] = NO_METADATA): void {
    const assemble = this.#assemble;
    this.#values.push(assemble === undefined ? row : this.#assembled(index, row, metadata, assemble));
    this.#timestamps.push(this.#timestampsIn?.[index] ?? MIN_TIMESTAMP);
  }

  /** A metadata cast or a computed column may fail for a record; the error then says for which. */
  #assembled(index: number, row: Row, metadata: readonly SqlValue[], assemble: RowAssembler): Row {
    try {
      return assemble(row, this.#records[index], metadata);
    } catch (error) {
      if (!TributaryError.is(error)) throw error;
      throw new TributaryError(
        error.diagnostics.map((one) => ({ ...this.#location(index), ...one, table: this.#plan.table })),
        { cause: error },
      );
    }
  }

  malformed(index: number, fault: MalformedRecord): void {
    const { skipsMalformed, toDeadLetter } = this.#plan;
    const isKept = toDeadLetter !== undefined && this.#deadLetters !== undefined;
    if (!isKept && !skipsMalformed) throw this.#malformedError(index, fault);
    this.#skipped++;
    if (isKept) this.#keep(index, fault, toDeadLetter, this.#deadLetters as DeadLetterBuffer);
  }

  #keep(
    index: number,
    fault: MalformedRecord,
    toDeadLetter: DeadLetterPlan["toRow"],
    { rows, now }: DeadLetterBuffer,
  ): void {
    const record = this.#records[index];
    const { shard, sequenceNumber } = this.#location(index);
    rows.push(
      toDeadLetter({
        payload: this.#plan.decoding?.payload(record) ?? null,
        reason: fault.reason,
        column: fault.column,
        split: shard ?? "",
        position: sequenceNumber,
        failedAt: now(),
      }),
    );
  }

  skipped(): void {
    this.#skipped++;
  }

  /** A batch that is done with must not be kept alive. */
  #release(): void {
    this.#batch = undefined;
    this.#records = [];
    this.#timestampsIn = undefined;
    this.#values = [];
    this.#timestamps = [];
    this.#deadLetters = undefined;
  }

  #malformedError(index: number, fault: MalformedRecord): TributaryError {
    const { table, malformedHint, decoding } = this.#plan;
    const location = this.#location(index);
    const { shard, sequenceNumber } = location;
    const where = [
      ...(shard === undefined ? [] : [`split ${shard}`]),
      ...(sequenceNumber === undefined ? [] : [`position ${sequenceNumber}`]),
      ...(decoding === undefined ? [] : malformedPlace(fault, decoding.rowType)),
    ];
    const format = decoding === undefined ? "" : ` as ${decoding.format}`;
    const excerpt = fault.excerpt === undefined ? "" : ` Near: ${fault.excerpt}`;
    return new TributaryError({
      severity: "error",
      code: "RECORD_MALFORMED",
      message: `A record of the table '${table}' cannot be decoded${format} (${where.join(", ")}): ${fault.reason.replace(/\.$/, "")}.${excerpt}`,
      table,
      ...location,
      ...(fault.column !== undefined && { columnName: fault.column }),
      hint: malformedHint,
    });
  }

  #location(index: number): Pick<Diagnostic, "shard" | "sequenceNumber"> {
    const position = this.#plan.describePosition?.(this.#records[index]);
    return {
      ...(this.#batch !== undefined && { shard: this.#batch.splitId }),
      ...(position !== undefined && { sequenceNumber: position }),
    };
  }
}

/** What a format reports of the outside does not know the table. */
function ofTable(error: unknown, table: string): unknown {
  if (!TributaryError.is(error)) return error;
  return new TributaryError(
    error.diagnostics.map((one) => ({ table, ...one })),
    { cause: error, retryable: error.retryable },
  );
}
