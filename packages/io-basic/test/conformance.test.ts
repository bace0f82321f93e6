import { mkdtemp, readFile, readdir, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { createRegistry, defineModule, planSink } from "@tributary/core";
import type { Row, Sink, Source, TableDescriptor } from "@tributary/core";
import { factoryConformance, sinkConformance, sourceConformance } from "@tributary/core/testing";
import type { ConformanceCase, SinkSubject, SourceDemand, SourceSubject } from "@tributary/core/testing";
import { PrintSinkFactory, ioBasic } from "@tributary/io-basic";
import test from "ava";
import { planContext, sourceOf, tableOf } from "./drive.js";

function register(cases: readonly ConformanceCase[]): void {
  for (const one of cases) test(one.name, (t) => t.notThrowsAsync(one.run()));
}

function sinkOf(table: TableDescriptor, context = planContext): Sink<Row> {
  const { value, diagnostics } = planSink(table, context);
  if (value === undefined) throw new Error(JSON.stringify(diagnostics));
  return value.binding.sink;
}

// datagen

/** Rows `from` to before `to`. */
const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => String(from + index));

register(
  sourceConformance({
    name: "datagen",
    boundedness: "bounded",
    // A batch has up to 1,000 rows.
    recordsPerSplit: 2_500,
    create({ parallelism, records }): SourceSubject<Row> {
      const table = tableOf("id BIGINT", {
        connector: "datagen",
        "rows-per-second": "1000000000",
        "fields.id.kind": "sequence",
        "fields.id.start": "0",
        "fields.id.end": String(records * parallelism - 1),
      });
      return {
        source: () => sourceOf(table) as Source<Row>,
        expected: Array.from({ length: parallelism }, (_, split) =>
          numbers(split * records, (split + 1) * records),
        ),
      };
    },
    identify: (row) => String(row["id"]),
    describesPositions: false,
  }),
);

// filesystem

interface Folder {
  readonly path: string;
}

interface FileRecord {
  readonly bytes: Uint8Array;
}

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), "tributary-conformance-"));

/** Files below a folder that this process has open. */
async function openFiles({ path }: Folder): Promise<number> {
  const descriptors = await readdir("/proc/self/fd");
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")));
  return targets.filter((target) => target.startsWith(path)).length;
}

const removeFolder = ({ path }: Folder): Promise<void> => rm(path, { recursive: true, force: true });

/** Long lines: a file is read in pieces of 256 KiB. */
const PADDING = "-".repeat(12_000);

register(
  sourceConformance({
    name: "filesystem",
    boundedness: "bounded",
    async create({ splits, records }: SourceDemand): Promise<SourceSubject<FileRecord> & Folder> {
      const path = await newFolder();
      const expected = Array.from({ length: splits }, (_, split) =>
        Array.from({ length: records }, (__, index) => `${split}/${index}`),
      );
      for (const [split, names] of expected.entries()) {
        await writeFile(join(path, `${split}.txt`), names.map((name) => `${name} ${PADDING}\n`).join(""));
      }
      const table = tableOf("line STRING", { connector: "filesystem", path, format: "text" });
      return { path, expected, source: () => sourceOf(table) as Source<FileRecord> };
    },
    identify: ({ bytes }) => Buffer.from(bytes).toString().split(" ")[0] ?? "",
    failReads: removeFolder,
    openHandles: openFiles,
    dispose: removeFolder,
  }),
);

register(
  sinkConformance({
    name: "filesystem",
    async create(): Promise<SinkSubject<Row> & Folder> {
      const path = await newFolder();
      const table = tableOf("line STRING", { connector: "filesystem", path, format: "text" });
      return {
        path,
        sink: () => sinkOf(table),
        async written() {
          const files = await readdir(path);
          const texts = await Promise.all(files.map((file) => readFile(join(path, file), "utf8")));
          return texts.flatMap((text) => text.split("\n").slice(0, -1));
        },
      };
    },
    element: (index): Row => ({ line: `line ${index}` }),
    identify: ({ line }) => String(line),
    guarantee: "exactly-once",
    failWrites: removeFolder,
    openHandles: openFiles,
    dispose: removeFolder,
  }),
);

// print

/** A stream whose other end can stop reading, or break. */
class Terminal extends Writable implements SinkSubject<Row> {
  #text = "";
  isBroken = false;
  gate: Promise<void> | undefined;
  open: () => void = () => {};

  constructor() {
    super({ highWaterMark: 1_000 });
    this.on("error", () => undefined);
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error) => void): void {
    void (async () => {
      while (this.gate !== undefined) await this.gate;
      if (this.isBroken) return done(new Error("The terminal is gone."));
      this.#text += chunk.toString();
      done();
    })();
  }

  sink(): Sink<Row> {
    const factory = new PrintSinkFactory({ output: () => this, error: () => this });
    const registry = createRegistry([
      defineModule({ name: "print", version: "1.0.0", factories: [factory] }),
    ]);
    return sinkOf(tableOf("line STRING", { connector: "print" }), { ...planContext, registry });
  }

  written(): readonly string[] {
    return this.#text
      .split("\n")
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { readonly line: string }).line);
  }
}

register(
  sinkConformance({
    name: "print",
    create: () => new Terminal(),
    element: (index): Row => ({ line: `line ${index}` }),
    identify: ({ line }) => String(line),
    failWrites: (terminal) => {
      terminal.isBroken = true;
    },
    stall: (terminal) => {
      terminal.gate = new Promise((resolve) => (terminal.open = resolve));
    },
    resume: (terminal) => {
      terminal.gate = undefined;
      terminal.open();
    },
    // 1,000 bytes and the rows of one call.
    acceptedElementsMax: 100,
  }),
);

// factories

register(
  factoryConformance({
    role: "source",
    identifier: "datagen",
    modules: [ioBasic],
    options: { "rows-per-second": "10", "fields.id.min": "1" },
    invalid: {
      "rows-per-second": "0",
      "number-of-rows": "-1",
      "fields.id.min": "one",
      "fields.id.max": "999999999999999999999",
      "fields.id.null-rate": "2",
    },
  }),
);
register(
  factoryConformance({
    role: "source",
    identifier: "filesystem",
    modules: [ioBasic],
    options: { path: "data" },
    invalid: { path: "s3://bucket/data" },
  }),
);
register(
  factoryConformance({
    role: "sink",
    identifier: "filesystem",
    modules: [ioBasic],
    options: { path: "data" },
    invalid: { path: "hdfs://cluster/data" },
  }),
);
register(
  factoryConformance({
    role: "sink",
    identifier: "print",
    modules: [ioBasic],
    options: { "print-identifier": "out" },
  }),
);
register(factoryConformance({ role: "sink", identifier: "blackhole", modules: [ioBasic], options: {} }));
