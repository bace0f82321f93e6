/** Plans tables and drives their sources and sinks without a runner. */
import {
  createRegistry,
  defineModule,
  MetricRegistry,
  optionEntries,
  parseType,
  planSink,
  planSource,
  types,
} from "@tributary/core";
import type {
  DecodingFormat,
  Diagnostic,
  EncodingFormat,
  FormatFactory,
  JsonValue,
  RecordFraming,
  Row,
  RowType,
  Services,
  Sink,
  SinkWriter,
  Source,
  Split,
  SplitRecords,
  TableDescriptor,
} from "@tributary/core";
import { SILENT_LOGGER, VirtualClock } from "@tributary/core/testing";
import { ioBasic } from "@tributary/io-basic";

/** A format of one STRING column: the record's text, without its line end. */
class TextFormatFactory implements FormatFactory {
  readonly role = "format";
  readonly provides = ["DecodingFormat", "EncodingFormat"] as const;
  readonly options = class {};
  readonly identifier: string;
  readonly #framing: RecordFraming | undefined;

  constructor(identifier: string, framing?: RecordFraming) {
    this.identifier = identifier;
    this.#framing = framing;
  }

  createDecoding(): DecodingFormat {
    const format: DecodingFormat = {
      changelog: ["+I"],
      createDecoder: ({ rowType }) => ({
        decode: (messages, output) => {
          for (const [index, message] of messages.entries()) {
            const text = Buffer.from(message ?? []).toString();
            if (text.startsWith("bad")) output.malformed(index, { reason: "It is bad." });
            else output.row(index, { [rowType.fields[0]?.name ?? ""]: text });
          }
        },
      }),
    };
    return this.#framing === undefined ? format : { ...format, framing: this.#framing };
  }

  createEncoding(): EncodingFormat {
    return {
      changelog: ["+I"],
      createEncoder: ({ rowType }) => ({
        encode: (rows) => rows.map((row) => Buffer.from(String(row[rowType.fields[0]?.name ?? ""]))),
      }),
    };
  }
}

/** Records that end in a semicolon. */
const SEMICOLONS: RecordFraming = {
  findStart: (bytes, from) => (from < bytes.length ? from : -1),
  findEnd: (bytes, start) => bytes.indexOf(59, start) + 1 || -1,
};

const registry = createRegistry([
  ioBasic,
  defineModule({
    name: "text-formats",
    version: "1.0.0",
    factories: [new TextFormatFactory("text"), new TextFormatFactory("semicolons", SEMICOLONS)],
  }),
]);

export const planContext = { registry, timeZone: "UTC", logger: SILENT_LOGGER };

export function tableOf(
  fields: string,
  options: Readonly<Record<string, string>>,
  metadata: readonly string[] = [],
): TableDescriptor {
  const physical = (parseType(`ROW<${fields}>`) as RowType).fields.map(({ name, type }) => ({
    kind: "physical" as const,
    name,
    type,
  }));
  const virtual = metadata.map((key) => ({
    kind: "metadata" as const,
    name: key,
    key,
    type: types.string(),
    isVirtual: true,
  }));
  return {
    name: "t",
    schema: { columns: [...physical, ...virtual] },
    partitionKeys: [],
    options: optionEntries(options),
  };
}

export function faultsOf(role: "source" | "sink", table: TableDescriptor): readonly Diagnostic[] {
  return role === "source"
    ? planSource(table, planContext).diagnostics
    : planSink(table, planContext).diagnostics;
}

/** Numbers from a seed: the same in every run. */
export function servicesOf(clock = new VirtualClock(1_700_000_000_000), seed = 7): Services {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4294967296;
  };
  return { clock, random: { next, uuid: () => "" }, logger: SILENT_LOGGER, metrics: new MetricRegistry() };
}

/** Finds the splits of a source. */
export async function splitsOf(
  source: Source<unknown>,
  services: Services,
  parallelism = 1,
  restored?: JsonValue,
): Promise<{ readonly splits: readonly (readonly [Split, number])[]; readonly snapshot: JsonValue }> {
  const splits: [Split, number][] = [];
  const context = {
    ...services,
    parallelism,
    signal: new AbortController().signal,
    restoredSplitIds: [],
    assign: (split: Split, reader: number) => splits.push([split, reader]),
    noMoreSplits: () => undefined,
    fail: (error: unknown) => {
      throw error;
    },
  };
  const enumerator =
    restored === undefined ? source.createEnumerator(context) : source.createEnumerator(context, restored);
  await enumerator.start();
  const snapshot = enumerator.snapshot();
  await enumerator.close();
  return { splits, snapshot };
}

/** Polls until the end of the splits, moving the clock along while nothing comes. */
export async function readSplits(
  source: Source<unknown>,
  splits: readonly Split[],
  services: Services,
): Promise<SplitRecords<unknown>[]> {
  const clock = services.clock as VirtualClock;
  const reader = source.createReader({
    ...services,
    readerIndex: 0,
    parallelism: 1,
    signal: new AbortController().signal,
  });
  reader.addSplits(splits);
  reader.noMoreSplits();
  const batches: SplitRecords<unknown>[] = [];
  try {
    for (;;) {
      const poll = reader.poll();
      let isPending = true;
      const settled = poll.finally(() => (isPending = false));
      settled.catch(() => undefined);
      while (isPending) await clock.advance(1);
      const records = await settled;
      if (records === undefined) return batches;
      batches.push(records);
    }
  } finally {
    await reader.close();
  }
}

export function sourceOf(table: TableDescriptor): Source<unknown> {
  const { value, diagnostics } = planSource(table, planContext);
  if (value === undefined) throw new Error(JSON.stringify(diagnostics));
  return value.binding.source as Source<unknown>;
}

/** Rows of a bounded table. */
export async function rowsOf(table: TableDescriptor, services = servicesOf()): Promise<Row[]> {
  const { value } = planSource(table, planContext);
  const source = sourceOf(table);
  const { splits } = await splitsOf(source, services);
  const batches = await readSplits(
    source,
    splits.map(([split]) => split),
    services,
  );
  const output = { values: [] as unknown[], timestamps: [] as number[] };
  for (const batch of batches) {
    if (value?.binding.deserializer === undefined) output.values.push(...batch.records);
    else value.binding.deserializer.deserialize(batch, output);
  }
  return output.values as Row[];
}

export async function writerOf(
  table: TableDescriptor,
  {
    index = 0,
    parallelism = 1,
    restored,
  }: { index?: number; parallelism?: number; restored?: JsonValue } = {},
  services = servicesOf(),
): Promise<SinkWriter<Row>> {
  const { value, diagnostics } = planSink(table, planContext);
  if (value === undefined) throw new Error(JSON.stringify(diagnostics));
  return makeWriter(value.binding.sink, { index, parallelism, restored }, services);
}

export function makeWriter(
  sink: Sink<Row>,
  {
    index = 0,
    parallelism = 1,
    restored,
  }: { index?: number; parallelism?: number; restored?: JsonValue | undefined },
  services = servicesOf(),
): Promise<SinkWriter<Row>> {
  const context = {
    ...services,
    writerIndex: index,
    parallelism,
    signal: new AbortController().signal,
    fail: (error: unknown) => {
      throw error;
    },
  };
  return restored === undefined ? sink.createWriter(context) : sink.createWriter(context, restored);
}
