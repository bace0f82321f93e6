import type { DecodeOutput, Decoder, MalformedRecord } from "../connector/format.js";
import type { SplitRecords } from "../connector/source.js";
import { TributaryError } from "../diagnostics/error.js";
import type { Deserializer, ElementBuffer } from "../pipeline/graph.js";
import { MIN_TIMESTAMP } from "../pipeline/window.js";
import type { Row } from "../types/logical-type.js";
import type { RowAssembler } from "./row-assembler.js";

/** How a table's records become rows. */
export interface DeserializerPlan {
  readonly table: string;
  /** Absent if the records are rows of the physical columns. */
  readonly decoding?: {
    readonly decoder: Decoder;
    readonly payload: (record: unknown) => Uint8Array | null;
  };
  /** Absent if physical rows are the rows. */
  readonly assemble?: RowAssembler;
  readonly describePosition?: (record: unknown) => string;
  /** Records that cannot be decoded are counted instead of failing the job. */
  readonly skipsMalformed: boolean;
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
  #skipped = 0;

  constructor(plan: DeserializerPlan) {
    this.#plan = plan;
    this.#assemble = plan.assemble;
  }

  deserialize(batch: SplitRecords<unknown>, output: ElementBuffer): number {
    const { records } = batch;
    const { decoding } = this.#plan;
    this.#batch = batch;
    this.#records = records;
    this.#timestampsIn = batch.timestamps;
    this.#values = output.values;
    this.#timestamps = output.timestamps;
    this.#skipped = 0;
    try {
      if (decoding === undefined) {
        for (let index = 0; index < records.length; index++) this.row(index, records[index] as Row);
      } else {
        decoding.decoder.decode(payloads(records, decoding.payload), this);
      }
      return this.#skipped;
    } finally {
      this.#release();
    }
  }

  row(index: number, row: Row): void {
    const assemble = this.#assemble;
    this.#values.push(assemble === undefined ? row : assemble(row, this.#records[index]));
    this.#timestamps.push(this.#timestampsIn?.[index] ?? MIN_TIMESTAMP);
  }

  malformed(index: number, fault: MalformedRecord): void {
    if (this.#plan.skipsMalformed) this.#skipped++;
    else throw this.#malformedError(index, fault);
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
  }

  #malformedError(index: number, fault: MalformedRecord): TributaryError {
    const { table, describePosition, malformedHint } = this.#plan;
    const shard = this.#batch?.splitId;
    const position = describePosition?.(this.#records[index]);
    const where = [
      ...(shard === undefined ? [] : [`split ${shard}`]),
      ...(position === undefined ? [] : [`position ${position}`]),
      ...(fault.column === undefined ? [] : [`column '${fault.column}'`]),
      ...(fault.offset === undefined ? [] : [`offset ${fault.offset}`]),
    ];
    const excerpt = fault.excerpt === undefined ? "" : ` Near: ${fault.excerpt}`;
    return new TributaryError({
      severity: "error",
      code: "RECORD_MALFORMED",
      message: `A record of the table '${table}' cannot be decoded (${where.join(", ")}): ${fault.reason.replace(/\.$/, "")}.${excerpt}`,
      table,
      ...(shard !== undefined && { shard }),
      ...(position !== undefined && { sequenceNumber: position }),
      ...(fault.column !== undefined && { columnName: fault.column }),
      hint: malformedHint,
    });
  }
}

function payloads(
  records: readonly unknown[],
  payload: (record: unknown) => Uint8Array | null,
): readonly (Uint8Array | null)[] {
  const messages = new Array<Uint8Array | null>(records.length);
  for (let index = 0; index < records.length; index++) messages[index] = payload(records[index]);
  return messages;
}
