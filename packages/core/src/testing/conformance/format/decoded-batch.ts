import type { DecodeOutput, Decoder, FormatServices } from "../../../connector/format.js";
import type { Row, RowType } from "../../../types/logical-type.js";
import { expect } from "../conformance-case.js";
import { WatchedServices } from "../watched-services.js";
import { valueFault } from "./value-check.js";

/** A payload; `null` for a message without body. */
export type Message = Uint8Array | null;

/** What a decoder said about one batch. */
export interface DecodedBatch {
  readonly rows: readonly { readonly index: number; readonly row: Row }[];
  /** Malformed and skipped messages. */
  readonly faults: readonly { readonly index: number; readonly reason: string }[];
}

/** What a format gets from the kit while it waits for something outside. */
export function formatServices(): FormatServices {
  const { clock, random, logger } = new WatchedServices();
  return { clock, random, logger, signal: new AbortController().signal };
}

/** Everything that a decoder says about a batch. */
export async function collect(decoder: Decoder, messages: readonly Message[]): Promise<DecodedBatch> {
  const rows: { index: number; row: Row }[] = [];
  const faults: { index: number; reason: string }[] = [];
  const output: DecodeOutput = {
    row: (index, row) => void rows.push({ index, row }),
    malformed: (index, { reason }) => void faults.push({ index, reason }),
    skipped: (index, { reason }) => void faults.push({ index, reason }),
  };
  await decoder.prepare?.(messages, formatServices());
  decoder.decode(messages, output);
  return { rows, faults };
}

/** One own property a column, in order, each of the column's type. */
export function expectSoundRows(decoded: DecodedBatch, rowType: RowType): void {
  const names = rowType.fields.map(({ name }) => name);
  for (const { row } of decoded.rows) {
    expect(Object.keys(row).join() === names.join(), `the columns ${names.join(", ")}`, () =>
      Object.keys(row).join(", "),
    );
    for (const { name, type } of rowType.fields) {
      const fault = valueFault(row[name], type);
      expect(fault === undefined, `a value of its type in column '${name}'`, () => String(fault));
    }
  }
}
