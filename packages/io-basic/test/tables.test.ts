import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Decimal, Instant, LocalTimestamp, TributaryError } from "@tributary/core";
import type { MetricRegistry, Row, SinkFactoryContext } from "@tributary/core";
import { SILENT_LOGGER, VirtualClock } from "@tributary/core/testing";
import { PrintOptions, PrintSinkFactory } from "@tributary/io-basic";
import type { TextStream } from "@tributary/io-basic";
import test from "ava";
import type { ExecutionContext } from "ava";
import fc from "fast-check";
import {
  faultsOf,
  makeWriter,
  readSplits,
  rowsOf,
  servicesOf,
  sourceOf,
  splitsOf,
  tableOf,
  writerOf,
} from "./drive.js";

const datagen = (fields: string, options: Readonly<Record<string, string>> = {}) =>
  tableOf(fields, { connector: "datagen", ...options });

// datagen

test("a sequence bounds the table, and the shortest ends it", async (t) => {
  const rows = await rowsOf(
    datagen("a INT, b BIGINT, c STRING, d DECIMAL(5, 1), e TINYINT", {
      "fields.a.kind": "sequence",
      "fields.a.start": "1",
      "fields.a.end": "100",
      "fields.b.kind": "sequence",
      "fields.b.start": "9223372036854775805",
      "fields.b.end": "9223372036854775807",
      "fields.c.kind": "SEQUENCE",
      "fields.c.start": "-1",
      "fields.c.end": "5",
      "fields.d.kind": "sequence",
      "fields.d.start": "7",
      "fields.d.end": "9",
      "fields.e.min": "5",
      "fields.e.max": "5",
    }),
  );

  t.deepEqual(
    rows.map((row) => ({ ...row, d: String(row["d"]) })),
    [
      { a: 1, b: 9223372036854775805n, c: "-1", d: "7.0", e: 5 },
      { a: 2, b: 9223372036854775806n, c: "0", d: "8.0", e: 5 },
      { a: 3, b: 9223372036854775807n, c: "1", d: "9.0", e: 5 },
    ],
  );
});

test("random values are of their types and within their bounds", async (t) => {
  const clock = new VirtualClock(Date.UTC(2024, 1, 29, 12));
  const rows = await rowsOf(
    datagen(
      "ti TINYINT, i INT, bi BIGINT, wide BIGINT, de DECIMAL(5, 2), d DOUBLE, f FLOAT, bo BOOLEAN, s STRING, v VARCHAR(20), " +
        "ch CHAR(3), by BYTES, da DATE, tm TIME(3), ts TIMESTAMP(3), tz TIMESTAMP_LTZ(3), mo INTERVAL YEAR TO MONTH, " +
        "a ARRAY<INT>, m MAP<STRING, INT>, ms MULTISET<STRING>, r ROW<x INT, y STRING>",
      {
        "number-of-rows": "500",
        "fields.ti.min": "-3",
        "fields.ti.max": "3",
        "fields.bi.min": "-5",
        "fields.bi.max": "9007199254740999",
        "fields.de.min": "-1.5",
        "fields.de.max": "1.5",
        "fields.d.min": "-1",
        "fields.d.max": "1",
        "fields.s.length": "7",
        "fields.v.var-len": "true",
        "fields.tz.max-past": "1 h",
        "fields.a.length": "2",
        "fields.a.element.min": "1",
        "fields.a.element.max": "2",
        "fields.r.y.length": "1",
        "fields.r.x.null-rate": "1",
      },
    ),
    servicesOf(clock),
  );

  const all = (name: string): unknown[] => rows.map((row) => row[name]);
  const numbers = (name: string): number[] => all(name).map(Number);
  t.is(rows.length, 500);
  t.deepEqual(
    [...new Set(numbers("ti"))].toSorted((a, b) => a - b),
    [-3, -2, -1, 0, 1, 2, 3],
  );
  t.true(numbers("i").some((i) => i < 0) && numbers("i").every((i) => i === (i | 0)));
  t.true(all("bi").every((value) => typeof value === "bigint" && value >= -5n && value <= 9007199254740999n));
  t.true(
    all("wide").some((value) => (value as bigint) > 2n ** 62n) &&
      all("wide").some((value) => (value as bigint) < 0n),
  );
  t.true(
    all("de").every((value) => Decimal.is(value) && value.scale === 2 && Math.abs(value.toNumber()) <= 1.5),
  );
  t.true(all("de").some((value) => (value as Decimal).unscaled % 10n !== 0n));
  t.true(numbers("d").every((d) => d >= -1 && d <= 1) && numbers("d").some((d) => d < 0));
  t.true(numbers("f").every((f) => f >= 0 && Math.fround(f) === f && Number.isFinite(f)));
  t.deepEqual(new Set(all("bo")), new Set([true, false]));
  t.true(all("s").every((s) => /^[0-9a-f]{7}$/.test(s as string)));
  t.is(new Set(all("s")).size, 500);
  t.deepEqual(
    [...new Set(all("v").map((v) => (v as string).length))].toSorted((a, b) => a - b),
    Array.from({ length: 20 }, (_, n) => n + 1),
  );
  t.true(all("ch").every((ch) => (ch as string).length === 3));
  t.true(all("by").every((by) => (by as Uint8Array).length === 100));
  t.true(all("da").every((da) => da === 19782));
  t.true(numbers("tm").every((tm) => tm >= 43_200_000 && tm < 43_260_000));
  t.true(all("ts").every((ts) => LocalTimestamp.is(ts) && ts.epochMillis >= Date.UTC(2024, 1, 29, 12)));
  t.true(all("tz").every((tz) => Instant.is(tz) && tz.epochMillis >= Date.UTC(2024, 1, 29, 11)));
  t.true(all("tz").some((tz) => (tz as Instant).epochMillis < Date.UTC(2024, 1, 29, 12)));
  t.true(numbers("mo").every((mo) => mo >= 0 && mo <= 120_000));
  t.true(
    all("a").every((a) => (a as number[]).length === 2 && (a as number[]).every((x) => x === 1 || x === 2)),
  );
  t.true(all("m").every((m) => (m as Map<string, number>).size === 3));
  t.true(
    all("ms").every((ms) =>
      [...(ms as Map<string, number>).values()].every((count) => count >= 0 && count <= 10),
    ),
  );
  t.true(all("r").every((r) => (r as Row)["x"] === null && (r as Row)["y"] !== null));
});

test("about as many values are NULL as the rate says", async (t) => {
  const rows = await rowsOf(
    datagen("a INT, b INT", { "number-of-rows": "2000", "fields.a.null-rate": "0.25" }),
  );

  const nulls = rows.filter(({ a }) => a === null).length;
  t.true(nulls > 400 && nulls < 600, String(nulls));
  t.true(rows.every(({ b }) => b !== null));
});

test("a seed gives the same rows again, another one others", async (t) => {
  const table = datagen("a BIGINT, s STRING", { "number-of-rows": "20" });

  const first = await rowsOf(table, servicesOf(undefined, 1));
  t.deepEqual(await rowsOf(table, servicesOf(undefined, 1)), first);
  t.notDeepEqual(await rowsOf(table, servicesOf(undefined, 2)), first);
});

test("a restored split goes on with just the rows that were left", async (t) => {
  const table = datagen("n INT, a BIGINT, s STRING", {
    "number-of-rows": "2500",
    "rows-per-second": "1000000",
    "fields.n.kind": "sequence",
    "fields.n.start": "0",
    "fields.n.end": "9999",
  });
  const source = sourceOf(table);
  const { splits } = await splitsOf(source, servicesOf());
  const batches = await readSplits(
    source,
    splits.map(([split]) => split),
    servicesOf(),
  );
  const all = batches.flatMap(({ records }) => records);
  t.is(all.length, 2500);
  t.true(batches.length >= 3);

  let seen = 0;
  for (const { splitId, state, records } of batches) {
    seen += records.length;
    const rest = await readSplits(sourceOf(table), [{ id: splitId, state }], servicesOf());
    t.deepEqual(
      rest.flatMap((batch) => batch.records),
      all.slice(seen),
    );
  }
});

test("parallel splits share the rows, and a restored enumerator hands out none", async (t) => {
  const table = datagen("n INT", {
    "fields.n.kind": "sequence",
    "fields.n.start": "1",
    "fields.n.end": "10",
  });
  const source = sourceOf(table);
  const { splits, snapshot } = await splitsOf(source, servicesOf(), 3);

  t.deepEqual(
    splits.map(([, reader]) => reader),
    [0, 1, 2],
  );
  const batches = await readSplits(
    source,
    splits.map(([split]) => split),
    servicesOf(),
  );
  t.deepEqual(
    batches
      .flatMap(({ records }) => records.map((row) => (row as Row)["n"] as number))
      .toSorted((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  t.deepEqual((await splitsOf(sourceOf(table), servicesOf(), 3, snapshot)).splits, []);
});

test("rows come at the rate and not faster", async (t) => {
  const clock = new VirtualClock();
  const services = servicesOf(clock);
  const source = sourceOf(datagen("a INT", { "rows-per-second": "150" }));
  const { splits } = await splitsOf(source, services);
  const reader = source.createReader({
    ...services,
    readerIndex: 0,
    parallelism: 1,
    signal: new AbortController().signal,
  });
  reader.addSplits(splits.map(([split]) => split));
  let count = 0;
  const reading = (async () => {
    for (let batch = await reader.poll(); batch !== undefined; batch = await reader.poll())
      count += batch.records.length;
  })();

  await clock.advance(2_000);
  t.true(count >= 299 && count <= 303, String(count));
  await clock.advance(1_000);
  t.true(count >= 449 && count <= 453, String(count));
  await reader.close();
  await reading;
});

test("a table without rows and an unbounded one", async (t) => {
  t.deepEqual(await rowsOf(datagen("a INT", { "number-of-rows": "0" })), []);
  t.is(sourceOf(datagen("a INT")).boundedness, "unbounded");
  t.is(sourceOf(datagen("a INT", { "number-of-rows": "1" })).boundedness, "bounded");
});

test("options that fit no column or no value are refused all at once", (t) => {
  const faults = faultsOf(
    "source",
    datagen("a INT, s VARCHAR(5), q BOOLEAN, n INT", {
      "fields.a.min": "10",
      "fields.a.max": "x",
      "fields.s.length": "6",
      "fields.s.min": "1",
      "fields.b.kind": "random",
      "fields.q.kind": "sequence",
      "fields.n.kind": "sequence",
      "fields.n.start": "5",
      "fields.a.null-rate": "2",
    }),
  );

  t.deepEqual(
    faults.map(({ code, option, columnName }) => [code, option ?? columnName]),
    [
      ["OPTION_INVALID", "fields.a.max"],
      ["OPTION_INVALID", "fields.a.null-rate"],
      ["OPTION_INVALID", "fields.s.length"],
      ["SCHEMA_INVALID", "q"],
      ["OPTION_MISSING", "fields.n.end"],
      ["OPTION_UNKNOWN", "fields.b.kind"],
      ["OPTION_UNKNOWN", "fields.s.min"],
    ],
  );
  t.is(faults.at(-1)?.candidates?.[0], "fields.s.kind");
  t.is(faultsOf("source", datagen("a INT", { "rows-per-second": "0" }))[0]?.option, "rows-per-second");
  t.is(
    faultsOf("source", datagen("a INT", { "fields.a.min": "2", "fields.a.max": "1" }))[0]?.option,
    "fields.a.max",
  );
});

// print and blackhole

/** A stream whose writes end when told to. */
class ScriptedStream implements TextStream {
  text = "";
  isFull = false;
  failure: Error | undefined;
  readonly waiting: (() => void)[] = [];
  listeners = 0;

  write(text: string, done: (error?: Error | null) => void): boolean {
    this.text += text;
    if (this.isFull) this.waiting.push(() => done(this.failure));
    else queueMicrotask(() => done(this.failure));
    return !this.isFull;
  }

  on(): void {
    this.listeners++;
  }
}

function printTo(stream: ScriptedStream, options: Partial<PrintOptions>, parallelism = 1, index = 0) {
  const table = tableOf("a BIGINT, b STRING", {});
  const factory = new PrintSinkFactory({ output: () => stream, error: () => stream });
  const rowType = {
    kind: "ROW",
    nullable: false,
    fields: table.schema.columns,
  } as unknown as SinkFactoryContext["rowType"];
  const { sink } = factory.create(Object.assign(new PrintOptions(), options), {
    rowType,
    physicalRowType: rowType,
    table,
    timeZone: "UTC",
    logger: SILENT_LOGGER,
    staticPartition: new Map(),
    report: () => undefined,
    resolveClass: () => undefined,
  });
  return makeWriter(sink, { index, parallelism });
}

const ROWS: readonly Row[] = [
  { a: 1n, b: "x" },
  { a: null, b: "é\n" },
];

test("print writes a line of canonical JSON for each row, a batch at a time", async (t) => {
  const stream = new ScriptedStream();
  const writer = await printTo(stream, {});
  await writer.write(ROWS);
  await writer.flush();

  t.is(stream.text, '{"a":"1","b":"x"}\n{"a":null,"b":"é\\n"}\n');
});

test("print puts the identifier before each row, and the writer's number if there are several", async (t) => {
  const stream = new ScriptedStream();
  await (await printTo(stream, { identifier: "out" })).write(ROWS.slice(0, 1));
  await (await printTo(stream, { identifier: "out" }, 2, 1)).write(ROWS.slice(0, 1));
  await (await printTo(stream, {}, 2, 1)).write(ROWS.slice(0, 1));

  t.is(stream.text, 'out> {"a":"1","b":"x"}\nout:2> {"a":"1","b":"x"}\n{"a":"1","b":"x"}\n');
  t.is(stream.listeners, 1);
});

test("print waits while the stream is full", async (t) => {
  const stream = new ScriptedStream();
  stream.isFull = true;
  const writer = await printTo(stream, {});
  let isWritten = false;
  const writing = writer.write(ROWS).then(() => (isWritten = true));
  await Promise.resolve();
  t.false(isWritten);

  stream.waiting[0]?.();
  await writing;
  t.true(isWritten);
});

test("a reader of print that goes away is no failure", async (t) => {
  const stream = new ScriptedStream();
  stream.failure = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
  const writer = await printTo(stream, {});
  await writer.write(ROWS);
  await t.notThrowsAsync(writer.flush());

  stream.text = "";
  await writer.write(ROWS);
  t.is(stream.text, "");
});

test("any other failure of the stream fails the writer", async (t) => {
  const stream = new ScriptedStream();
  stream.failure = Object.assign(new Error("no space left"), { code: "ENOSPC" });
  const writer = await printTo(stream, {});
  await writer.write(ROWS);

  const error = await t.throwsAsync(writer.flush(), { instanceOf: TributaryError });
  t.is(error.code, "EXTERNAL_FAILED");
});

test("print chooses the standard error stream by option", async (t) => {
  const [output, error] = [new ScriptedStream(), new ScriptedStream()];
  const factory = new PrintSinkFactory({ output: () => output, error: () => error });
  const rowType = { kind: "ROW", nullable: false, fields: [] } as const;
  const table = tableOf("a INT", {});
  const context = {
    rowType,
    physicalRowType: rowType,
    table,
    timeZone: "UTC",
    logger: SILENT_LOGGER,
    staticPartition: new Map(),
    report: () => undefined,
    resolveClass: () => undefined,
  };
  const { sink } = factory.create(
    Object.assign(new PrintOptions(), { printsToStandardError: true }),
    context,
  );
  await (await makeWriter(sink, {})).write([{}]);

  t.deepEqual([output.text, error.text], ["", "{}\n"]);
});

test("blackhole counts", async (t) => {
  const services = servicesOf();
  const writer = await writerOf(tableOf("a INT", { connector: "blackhole" }), {}, services);
  await writer.write([{ a: 1 }, { a: 2 }]);
  await writer.flush();

  t.deepEqual(
    (services.metrics as MetricRegistry).read().map(({ name, value }) => [name, value]),
    [["records", 2]],
  );
});

// filesystem

const withDirectory = test.macro(
  async (t, run: (t: ExecutionContext, directory: string) => Promise<void>) => {
    const directory = await mkdtemp(join(tmpdir(), "tributary-files-"));
    try {
      await run(t, directory);
    } finally {
      await rm(directory, { recursive: true });
    }
  },
);

const files = (path: string, format = "text", metadata: readonly string[] = []) =>
  tableOf("line STRING", { connector: "filesystem", path, format }, metadata);

const linesOf = async (path: string, format = "text"): Promise<unknown[]> =>
  (await rowsOf(files(path, format))).map(({ line }) => line);

test("files of a directory are read in order, hidden ones are not", withDirectory, async (t, directory) => {
  await mkdir(join(directory, "b/c"), { recursive: true });
  await writeFile(join(directory, "a.txt"), "1\r\n\n2\n");
  await writeFile(join(directory, "b/c/d.txt"), "\ufeff3\n4");
  await writeFile(join(directory, "empty.txt"), "");
  await writeFile(join(directory, "z.txt"), "5\r\n\r\n");
  await writeFile(join(directory, ".hidden"), "no\n");
  await writeFile(join(directory, "_SUCCESS"), "no\n");

  t.deepEqual(await linesOf(directory), ["1", "2", "3", "4", "5"]);
  t.deepEqual(await linesOf(join(directory, "a.txt")), ["1", "2"]);
  t.deepEqual(await linesOf(pathToFileURL(join(directory, "a.txt")).href), ["1", "2"]);
});

test("metadata columns tell the file", withDirectory, async (t, directory) => {
  const path = join(directory, "a.txt");
  await writeFile(path, "1\n");

  const [row] = await rowsOf(files(path, "text", ["file.path", "file.name", "file.size"]));
  t.deepEqual(row, { line: "1", "file.path": path, "file.name": "a.txt", "file.size": "2" });
});

test("a malformed line names its file and its place", withDirectory, async (t, directory) => {
  const path = join(directory, "a.txt");
  await writeFile(path, "good\r\n\r\nbad\n");

  const error = await t.throwsAsync(linesOf(path), { instanceOf: TributaryError });
  t.like(error.diagnostics[0], { code: "RECORD_MALFORMED", shard: path, sequenceNumber: "line 3, byte 8" });
});

test(
  "records that the format tells apart are cut by it and keep their ends",
  withDirectory,
  async (t, directory) => {
    const path = join(directory, "a.txt");
    await writeFile(path, "a\nb;\n\rc");
    t.deepEqual(await linesOf(path, "semicolons"), ["a\nb;", "\n\rc"]);

    await writeFile(path, "a\nb\r\nc\rd;bad;");
    const error = await t.throwsAsync(linesOf(path, "semicolons"), { instanceOf: TributaryError });
    t.is(error.diagnostics[0]?.sequenceNumber, "line 4, byte 9");
  },
);

test(
  "lines of any length are cut alike, and a restored file goes on where it was",
  withDirectory,
  async (t, directory) => {
    const path = join(directory, "a.txt");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 400_000 }), fc.constantFrom("\n", "\r\n")), {
          maxLength: 8,
        }),
        fc.boolean(),
        async (lines, endsInLine) => {
          const texts = lines.map(([length], index) => `${index}`.padEnd(length, "é"));
          const file =
            lines.map(([, end], index) => (texts[index] ?? "") + end).join("") + (endsInLine ? "last" : "");
          await writeFile(path, file);
          const expected = [...texts.filter((text) => text !== ""), ...(endsInLine ? ["last"] : [])];

          const source = sourceOf(files(path));
          const { splits } = await splitsOf(source, servicesOf());
          const batches = await readSplits(
            source,
            splits.map(([split]) => split),
            servicesOf(),
          );
          const read = batches.map(({ records }) =>
            records.map((one) => Buffer.from((one as { bytes: Uint8Array }).bytes).toString()),
          );
          t.deepEqual(read.flat(), expected);
          const middle = Math.floor(batches.length / 2);
          const { splitId, state } = batches[middle] as (typeof batches)[number];
          const rest = await readSplits(source, [{ id: splitId, state }], servicesOf());
          t.deepEqual(
            rest.flatMap(({ records }) =>
              records.map((one) => Buffer.from((one as { bytes: Uint8Array }).bytes).toString()),
            ),
            read.slice(middle + 1).flat(),
          );
        },
      ),
      { numRuns: 15 },
    );
  },
);

test("paths that cannot be read fail with the path", withDirectory, async (t, directory) => {
  const error = await t.throwsAsync(linesOf(join(directory, "nothing")), { instanceOf: TributaryError });
  t.is(error.code, "EXTERNAL_FAILED");
  t.regex(error.message, /nothing/);
  t.is(faultsOf("source", files("s3://bucket/key"))[0]?.code, "OPTION_INVALID");
  t.is(faultsOf("sink", files("hdfs://host/x"))[0]?.option, "path");
  t.deepEqual(
    faultsOf("source", tableOf("a STRING", { connector: "filesystem" })).map(({ code, option }) => [
      code,
      option,
    ]),
    [
      ["OPTION_MISSING", "format"],
      ["OPTION_MISSING", "path"],
    ],
  );
});

test("a file that became shorter than its position is a loss", withDirectory, async (t, directory) => {
  const path = join(directory, "a.txt");
  await writeFile(path, "123\n456\n");
  const source = sourceOf(files(path));
  const { splits } = await splitsOf(source, servicesOf());
  const [batch] = await readSplits(
    source,
    splits.map(([split]) => split),
    servicesOf(),
  );
  await truncate(path, 4);

  const error = await t.throwsAsync(
    readSplits(source, [{ id: path, state: batch?.state ?? null }], servicesOf()),
    {
      instanceOf: TributaryError,
    },
  );
  t.is(error.code, "SOURCE_DATA_LOST");
});

test("each writer appends to a file of its own", withDirectory, async (t, directory) => {
  const path = join(directory, "new/out");
  const [first, second] = [
    await writerOf(files(path), { parallelism: 2 }),
    await writerOf(files(path), { index: 1, parallelism: 2 }),
  ];
  await first.write([{ line: "a" }, { line: "b" }]);
  await second.write([{ line: "c" }]);
  await first.flush();
  await second.flush();
  await first.write([{ line: "d" }]);
  await first.flush();
  await first.close();
  await second.close();

  t.deepEqual((await readdir(path)).toSorted(), ["part-0-0.text", "part-1-0.text"]);
  t.is(await readFile(join(path, "part-0-0.text"), "utf8"), "a\nb\nd\n");
  t.deepEqual(await linesOf(path), ["a", "b", "d", "c"]);
});

test(
  "a restored writer cuts its file back to the checkpoint, a fresh one starts another",
  withDirectory,
  async (t, directory) => {
    const first = await writerOf(files(directory));
    await first.write([{ line: "covered" }]);
    await first.flush();
    const snapshot = first.snapshot?.() ?? null;
    await first.write([{ line: "not covered" }]);
    await first.flush();
    await first.close();

    const restored = await writerOf(files(directory), { restored: snapshot });
    await restored.write([{ line: "again" }]);
    await restored.flush();
    await restored.close();
    t.is(await readFile(join(directory, "part-0-0.text"), "utf8"), "covered\nagain\n");

    const fresh = await writerOf(files(directory));
    await fresh.write([{ line: "fresh" }]);
    await fresh.flush();
    await fresh.close();
    t.is(await readFile(join(directory, "part-0-1.text"), "utf8"), "fresh\n");
  },
);

test(
  "a writer restored from before its first row drops what came after",
  withDirectory,
  async (t, directory) => {
    const first = await writerOf(files(directory));
    const snapshot = first.snapshot?.() ?? null;
    await first.write([{ line: "not covered" }]);
    await first.flush();
    await first.close();

    const restored = await writerOf(files(directory), { restored: snapshot });
    await restored.close();
    t.is(await readFile(join(directory, "part-0-0.text"), "utf8"), "");
  },
);

test("a file that is shorter than the checkpoint covers is refused", withDirectory, async (t, directory) => {
  const first = await writerOf(files(directory));
  await first.write([{ line: "covered" }]);
  await first.flush();
  await first.close();
  const snapshot = first.snapshot?.() ?? null;
  await truncate(join(directory, "part-0-0.text"), 3);

  const error = await t.throwsAsync(writerOf(files(directory), { restored: snapshot }), {
    instanceOf: TributaryError,
  });
  t.is(error.code, "CHECKPOINT_UNUSABLE");
});
