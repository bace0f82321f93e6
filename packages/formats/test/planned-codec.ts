/** Formats that wait for a registry, planned, prepared and used in one line. */
import {
  createRegistry,
  optionEntries,
  planDecoder,
  planEncoder,
  rowFromCanonicalJson,
  rowToCanonicalJson,
  SYSTEM_RANDOM,
  TributaryError,
} from "@tributary/core";
import type {
  Clock,
  DecodeOutput,
  Diagnostic,
  FormatRequest,
  FormatServices,
  MalformedRecord,
  PlannedDecoder,
  PlannedEncoder,
} from "@tributary/core";
import { SILENT_LOGGER } from "@tributary/core/testing";
import { formats } from "@tributary/formats";
import { rowTypeOf } from "./codec.js";
import type { Options } from "./codec.js";

/** Pauses take no time and are noted. */
export class HastyClock implements Clock {
  readonly pauses: number[] = [];
  time = 0;
  now = (): number => this.time;
  setTimer = (): { cancel: () => void } => ({ cancel: () => undefined });
  sleep = (delayMs: number): Promise<void> => {
    this.pauses.push(delayMs);
    return Promise.resolve();
  };
}

export function services(
  clock: Clock = new HastyClock(),
  signal: FormatServices["signal"] = new AbortController().signal,
): FormatServices {
  return { clock, random: { ...SYSTEM_RANDOM, next: () => 0.5 }, logger: SILENT_LOGGER, signal };
}

export const CONTEXT = { registry: createRegistry([formats]), timeZone: "UTC", logger: SILENT_LOGGER };

export interface Plan<T> {
  readonly value?: T;
  readonly diagnostics: readonly Diagnostic[];
}

/** Plans the format as `tributary format` does; keys are given without its prefix. */
export function plannersOf(identifier: string): {
  readonly request: (columns: string, options: Options) => FormatRequest;
  readonly planReading: (columns: string, options: Options) => Plan<PlannedDecoder>;
  readonly planWriting: (columns: string, options: Options) => Plan<PlannedEncoder>;
} {
  const request = (columns: string, options: Options): FormatRequest => {
    const entries = Object.entries(options).map(([key, value]) => [`${identifier}.${key}`, value]);
    return {
      identifier,
      table: "t",
      rowType: rowTypeOf(columns),
      options: optionEntries(Object.fromEntries(entries) as Options),
    };
  };
  return {
    request,
    planReading: (columns, options) => planDecoder(request(columns, options), CONTEXT),
    planWriting: (columns, options) => planEncoder(request(columns, options), CONTEXT),
  };
}

export function sound<T>({ value, diagnostics }: Plan<T>): T {
  if (value === undefined) throw new TributaryError(diagnostics);
  return value;
}

export interface Decoded {
  /** Canonical JSON of rows, `!` and the column for malformed messages. */
  readonly events: readonly string[];
  readonly faults: readonly MalformedRecord[];
}

export async function decodeWith(
  { decoder }: PlannedDecoder,
  columns: string,
  messages: readonly (string | null)[],
  lent: FormatServices = services(),
): Promise<Decoded> {
  const rowType = rowTypeOf(columns);
  const events: string[] = [];
  const faults: MalformedRecord[] = [];
  const output: DecodeOutput = {
    row: (_, row) => events.push(rowToCanonicalJson(row, rowType)),
    malformed: (_, fault) => {
      events.push(`!${fault.column ?? ""}`);
      faults.push(fault);
    },
    skipped: () => events.push("~"),
  };
  const bytes = messages.map((hex) => (hex === null ? null : Buffer.from(hex.replaceAll(" ", ""), "hex")));
  await decoder.prepare?.(bytes, lent);
  decoder.decode(bytes, output);
  return { events, faults };
}

export async function encodeRows(
  planned: PlannedEncoder,
  columns: string,
  rows: readonly string[],
  lent: FormatServices = services(),
): Promise<readonly string[]> {
  await planned.prepare?.(lent);
  return planned.encoder
    .encode(rows.map((row) => rowFromCanonicalJson(row, rowTypeOf(columns))))
    .map((message) => Buffer.from(message ?? []).toString("hex"));
}

/** First diagnostic of what a promise rejects with. */
export async function rejection(run: Promise<unknown>): Promise<Diagnostic> {
  try {
    await run;
  } catch (error) {
    if (TributaryError.is(error)) return error.diagnostics[0] as Diagnostic;
    throw error;
  }
  throw new Error("nothing was thrown");
}
