import {
  createRegistry,
  defineModule,
  DirectRunner,
  metadata,
  optionEntries,
  parseOptions,
  Pipeline,
  planSource,
  printType,
  rowToCanonicalJson,
  table,
  tableSource,
  TributaryError,
  types,
} from "@tributary/core";
import type { FormatFactory, Row, SinkFactory, SourceFactory, SqlValue } from "@tributary/core";
import { CollectingSink, graphOf, ScriptedSource, SILENT_LOGGER } from "@tributary/core/testing";
import { DebeziumJsonFormat, DebeziumJsonFormatOptions, formats } from "@tributary/formats";
import test from "ava";
import { rowTypeOf } from "./codec.js";
import type { Options } from "./codec.js";

// The metadata of debezium-json. Flink documentation, Debezium format, available metadata.

const KEYS = [
  "schema",
  "ingestion-timestamp",
  "source.timestamp",
  "source.database",
  "source.schema",
  "source.table",
  "source.properties",
];

function formatOf(options: Options): DebeziumJsonFormat {
  const entries = Object.fromEntries(
    Object.entries(options).map(([key, value]) => [`debezium-json.${key}`, value]),
  );
  const { value, diagnostics } = parseOptions(DebeziumJsonFormatOptions, optionEntries(entries), {
    prefix: "debezium-json.",
  });
  if (value === undefined) throw new TributaryError(diagnostics);
  return new DebeziumJsonFormat(value);
}

/** Kind and row of each event, with its metadata as JSON of their types. */
function read(options: Options, keys: readonly string[], ...messages: readonly string[]): readonly string[] {
  const format = formatOf(options);
  const rowType = rowTypeOf("id INT");
  const metadataType = types.row(
    Object.fromEntries(
      format.metadata.filter(({ key }) => keys.includes(key)).map(({ key, type }) => [key, type]),
    ),
  );
  const events: string[] = [];
  format.createDecoder({ table: "t", rowType, metadata: keys }).decode(
    messages.map((text) => Buffer.from(text)),
    {
      row: (_, row, kind, found = []) => {
        const byKey: Row = Object.fromEntries(keys.map((key, index) => [key, found[index] ?? null]));
        events.push(`${kind}${rowToCanonicalJson(row, rowType)}${rowToCanonicalJson(byKey, metadataType)}`);
      },
      malformed: (_, { reason }) => events.push(`!${reason}`),
      skipped: () => events.push("~"),
    },
  );
  return events;
}

const SOURCE =
  '{"ts_ms":1700000000123,"db":"shop","schema":"public","table":"orders","lsn":7,"snapshot":null,"more":{"a":[1]}}';
const EVENT = `{"before":null,"after":{"id":1},"op":"c","ts_ms":1700000000456,"source":${SOURCE}}`;
const WRAPPED = `{"schema":{"type": "struct"},"payload":${EVENT}}`;
const INCLUDED: Options = { "schema-include": "true" };

test("debezium-json offers the metadata of the reference, with its types", (t) => {
  t.deepEqual(
    formatOf({}).metadata.map(({ key, type }) => [key, printType(type)]),
    [
      ["schema", "STRING"],
      ["ingestion-timestamp", "TIMESTAMP_LTZ(3)"],
      ["source.timestamp", "TIMESTAMP_LTZ(3)"],
      ["source.database", "STRING"],
      ["source.schema", "STRING"],
      ["source.table", "STRING"],
      ["source.properties", "MAP<STRING, STRING>"],
    ],
  );
});

test("every key has its part of the event", (t) => {
  t.deepEqual(read(INCLUDED, KEYS, WRAPPED), [
    '+I{"id":1}{"schema":"{\\"type\\":\\"struct\\"}","ingestion-timestamp":"2023-11-14 22:13:20.456Z","source.timestamp":"2023-11-14 22:13:20.123Z","source.database":"shop","source.schema":"public","source.table":"orders","source.properties":[["ts_ms","1700000000123"],["db","shop"],["schema","public"],["table","orders"],["lsn","7"],["snapshot",null],["more","{\\"a\\":[1]}"]]}',
  ]);
});

test("without schema the key is NULL, and so is what the event lacks", (t) => {
  t.deepEqual(read({}, ["schema", "source.database", "ingestion-timestamp"], EVENT), [
    '+I{"id":1}{"schema":null,"ingestion-timestamp":"2023-11-14 22:13:20.456Z","source.database":"shop"}',
  ]);
  t.deepEqual(read({}, KEYS, '{"after":{"id":1},"op":"r"}'), [
    '+I{"id":1}{"schema":null,"ingestion-timestamp":null,"source.timestamp":null,"source.database":null,"source.schema":null,"source.table":null,"source.properties":null}',
  ]);
});

test("both rows of an update have the event's metadata", (t) => {
  const update = '{"before":{"id":1},"after":{"id":2},"op":"u","source":{"table":"orders"}}';

  t.deepEqual(read({}, ["source.table"], update, update.replace('"u"', '"d"')), [
    '-U{"id":1}{"source.table":"orders"}',
    '+U{"id":2}{"source.table":"orders"}',
    '-D{"id":1}{"source.table":"orders"}',
  ]);
});

test("metadata that is no time fails the event, and is NULL where errors are ignored", (t) => {
  const event = '{"after":{"id":1},"op":"c","source":{"ts_ms":"soon"}}';

  t.deepEqual(read({}, ["source.timestamp"], event), [
    `!The event's 'source.ts_ms' is "soon" and no time in milliseconds.`,
  ]);
  t.deepEqual(read({ "ignore-parse-errors": "true" }, ["source.timestamp"], event), [
    '+I{"id":1}{"source.timestamp":null}',
  ]);
  // Not asked for, it does no harm.
  t.deepEqual(read({}, [], event), ['+I{"id":1}{}']);
});

// Through a connector that passes a format's metadata on

class NoOptions {}

const stamped: FormatFactory<NoOptions> = {
  role: "format",
  identifier: "stamped",
  provides: ["DecodingFormat"],
  options: NoOptions,
  createDecoding: () => ({
    changelog: ["+I"],
    metadata: [
      { key: "made-at", type: types.bigint() },
      { key: "by", type: types.string() },
      { key: "offset", type: types.string() },
    ],
    createDecoder: ({ metadata: keys = [] }) => ({
      decode(messages, output) {
        for (const [index, message] of messages.entries()) {
          const [id = "", at = "", by = ""] = Buffer.from(message ?? [])
            .toString()
            .split(",");
          const all: Readonly<Record<string, SqlValue>> = {
            "made-at": BigInt(at),
            by: by === "" ? null : by,
          };
          output.row(
            index,
            { id: Number(id) },
            "+I",
            keys.map((key) => all[key] ?? null),
          );
        }
      },
    }),
  }),
};

const lines = (
  identifier: string,
  prefix: { readonly formatMetadataPrefix?: string },
): SourceFactory<NoOptions> => ({
  role: "source",
  identifier,
  provides: "Source",
  options: NoOptions,
  format: "required",
  metadata: [{ key: "value.offset", type: types.bigint(), isReadable: true, isWritable: false }],
  ...prefix,
  create: () =>
    tableSource<string>({
      source: new ScriptedSource<string>({ a: { batches: [{ records: ["1,5,me", "2,6,"] }] } }),
      payload: (line) => Buffer.from(line),
      metadata: new Map([["value.offset", (line: string): SqlValue => BigInt(line.length)]]),
    }),
});

function wiring(): {
  readonly registry: ReturnType<typeof createRegistry>;
  readonly sink: CollectingSink<Row>;
} {
  const sink = new CollectingSink<Row>();
  const kept: SinkFactory<NoOptions> = {
    role: "sink",
    identifier: "kept",
    provides: "Sink",
    options: NoOptions,
    format: "none",
    metadata: [],
    create: () => ({ sink, supportsPartitions: false }),
  };
  const factories = [
    lines("forwards", { formatMetadataPrefix: "value." }),
    lines("keeps", {}),
    stamped,
    kept,
  ];
  return {
    sink,
    registry: createRegistry([formats, defineModule({ name: "m", version: "1.0.0", factories })]),
  };
}

function stampedTable(connector: string, key = "value.made-at") {
  return table({
    name: "t",
    columns: {
      by: metadata("STRING", { key: "value.by", isVirtual: true }),
      id: "INT",
      at: metadata("STRING", { key: key, isVirtual: true }),
      offset: metadata("BIGINT", { key: "value.offset", isVirtual: true }),
    },
    options: { connector, format: "stamped" },
  });
}

test("a connector passes the format's metadata on, cast to its columns, its own keys first", async (t) => {
  const { registry, sink } = wiring();
  const pipeline = new Pipeline("test");
  pipeline.readTable("read", stampedTable("forwards")).writeTable(
    "write",
    table({
      name: "out",
      columns: { by: "STRING", id: "INT", at: "STRING", offset: "BIGINT" },
      options: { connector: "kept" },
    }),
  );

  await (
    await new DirectRunner().run(graphOf(pipeline, registry), { logger: SILENT_LOGGER })
  ).result;

  t.deepEqual(sink.values, [
    { by: "me", id: 1, at: "5", offset: 6n },
    { by: null, id: 2, at: "6", offset: 4n },
  ]);
});

test("a key that neither has is refused with those of both, and all where nothing is passed on", (t) => {
  const { registry } = wiring();
  const context = { registry, timeZone: "UTC", logger: SILENT_LOGGER };

  const [fault] = planSource(stampedTable("forwards", "value.made"), context).diagnostics;
  t.like(fault, { code: "SCHEMA_INVALID", columnName: "at" });
  t.deepEqual([...(fault?.candidates ?? [])].sort(), ["value.by", "value.made-at", "value.offset"]);
  t.deepEqual(
    planSource(stampedTable("keeps"), context).diagnostics.map(({ columnName }) => columnName),
    ["by", "at"],
  );
});
