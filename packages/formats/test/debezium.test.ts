import {
  createRegistry,
  CreateSource,
  defineModule,
  optionEntries,
  parseOptions,
  planSource,
  rowToCanonicalJson,
  table,
  tableSource,
  TributaryError,
} from "@tributary/core";
import type { DecodeOutput, MalformedRecord, Row, RowKind, SourceFactory } from "@tributary/core";
import {
  DebeziumJsonFormat,
  DebeziumJsonFormatFactory,
  DebeziumJsonFormatOptions,
  formats,
} from "@tributary/formats";
import type { CodeStyle } from "@tributary/formats";
import test from "ava";
import fc from "fast-check";
import { SILENT_LOGGER, formatConformance } from "@tributary/core/testing";
import { rowTypeOf } from "./codec.js";
import type { Options } from "./codec.js";

const STYLES: readonly CodeStyle[] = ["generated", "closures"];
const WRAPPED: Options = { "schema-include": "true" };
const LENIENT: Options = { "ignore-parse-errors": "true" };

function parsed(options: Options): DebeziumJsonFormatOptions {
  const entries = optionEntries(
    Object.fromEntries(Object.entries(options).map(([key, value]) => [`debezium-json.${key}`, value])),
  );
  const context = { prefix: "debezium-json.", table: "t", identifier: "debezium-json" };
  const { value, diagnostics } = parseOptions(DebeziumJsonFormatOptions, entries, context);
  if (value === undefined) throw new TributaryError(diagnostics);
  return value;
}

interface Decoded {
  /** In order: kind and canonical JSON of a row, `!column` for a malformed message, `~` for a skipped one. */
  readonly events: readonly string[];
  readonly faults: readonly MalformedRecord[];
}

function decodeIn(
  style: CodeStyle,
  columns: string,
  options: Options,
  messages: readonly (string | null)[],
): Decoded {
  const rowType = rowTypeOf(columns);
  const events: string[] = [];
  const faults: MalformedRecord[] = [];
  const fail = (sign: string, fault: MalformedRecord): void => {
    events.push(sign);
    faults.push(fault);
  };
  const output: DecodeOutput = {
    row: (index, row, kind) => events.push(`${index}${kind ?? "?"}${rowToCanonicalJson(row, rowType)}`),
    malformed: (_, fault) => fail(`!${fault.column ?? ""}`, fault),
    skipped: (_, fault) => fail("~", fault),
  };
  new DebeziumJsonFormat(parsed(options), style).createDecoder({ table: "t", rowType }).decode(
    messages.map((message) => (message === null ? null : Buffer.from(message))),
    output,
  );
  return { events, faults };
}

/** Decodes with generated code and with closures; throws if they differ. */
function decode(columns: string, options: Options, ...messages: (string | null)[]): Decoded {
  const [generated, closures] = STYLES.map((style) => decodeIn(style, columns, options, messages));
  if (JSON.stringify(generated) !== JSON.stringify(closures)) throw new Error("The styles differ.");
  return generated as Decoded;
}

function encode(
  columns: string,
  options: Options,
  rows: readonly Row[],
  kinds?: readonly RowKind[],
): readonly string[] {
  const rowType = rowTypeOf(columns);
  const [generated, closures] = STYLES.map((style) =>
    new DebeziumJsonFormat(parsed(options), style)
      .createEncoder({ table: "t", rowType })
      .encode(rows, kinds)
      .map((message) => Buffer.from(message ?? []).toString("utf8")),
  );
  if (JSON.stringify(generated) !== JSON.stringify(closures)) throw new Error("The styles differ.");
  return generated ?? [];
}

const COLUMNS = "id BIGINT, name STRING";
const OLD = '{"id":1,"name":"scooter"}';
const NEW = '{"id":1,"name":"bike"}';
const ROW_OLD = '{"id":"1","name":"scooter"}';
const ROW_NEW = '{"id":"1","name":"bike"}';

const reads = test.macro((t, options: Options, cases: Readonly<Record<string, readonly string[]>>) => {
  for (const [message, expected] of Object.entries(cases)) {
    t.deepEqual(decode(COLUMNS, options, message).events, expected, message);
  }
});

test(
  "each operation gives the rows of its kind",
  reads,
  {},
  {
    [`{"before":null,"after":${NEW},"op":"c"}`]: [`0+I${ROW_NEW}`],
    [`{"before":null,"after":${NEW},"op":"r"}`]: [`0+I${ROW_NEW}`],
    [`{"before":${OLD},"after":${NEW},"op":"u"}`]: [`0-U${ROW_OLD}`, `0+U${ROW_NEW}`],
    [`{"before":${OLD},"after":null,"op":"d"}`]: [`0-D${ROW_OLD}`],
  },
);

test(
  "order, further fields and missing images of no use do not matter",
  reads,
  {},
  {
    [`{"op":"c","ts_ms":12,"source":{"db":"x","a":[1,{}]},"after":${NEW}}`]: [`0+I${ROW_NEW}`],
    [` {"op" : "u", "after": {"name":"bike","weight":3.14,"id":"1"}, "before":${OLD}} trailing`]: [
      `0-U${ROW_OLD}`,
      `0+U${ROW_NEW}`,
    ],
    [`{"op":"d","before":{"id":1}}`]: ['0-D{"id":"1","name":null}'],
    [`{"op":"x","op":"c","after":${OLD},"after":${NEW}}`]: [`0+I${ROW_NEW}`],
    [`\ufeff{"op":"c","after":${NEW}}`]: [`0+I${ROW_NEW}`],
  },
);

test("with schema the event is the payload", reads, WRAPPED, {
  [`{"schema":{"type":"struct","fields":[]},"payload":{"before":null,"after":${NEW},"op":"c"}}`]: [
    `0+I${ROW_NEW}`,
  ],
  [`{"payload":{"before":${OLD},"op":"d"}}`]: [`0-D${ROW_OLD}`],
  [`{"before":null,"after":${NEW},"op":"c"}`]: ["!"],
  '{"payload":null}': ["!"],
  '{"payload":7}': ["!"],
});

const CORRUPT = [
  `{"before":null,"after":${NEW},"op":"u"}`,
  `{"after":${NEW},"op":"u"}`,
  `{"before":null,"after":null,"op":"d"}`,
  `{"before":${OLD},"after":null,"op":"u"}`,
  `{"before":${OLD},"op":"c"}`,
  `{"op":"r"}`,
  `{"before":${OLD},"after":${NEW},"op":"t"}`,
  `{"before":${OLD},"after":${NEW},"op":"C"}`,
  `{"before":${OLD},"after":${NEW}}`,
  `{"before":${OLD},"after":${NEW},"op":null}`,
  `{"payload":{"after":${NEW},"op":"c"}}`,
  '{"before":null,"after":5,"op":"c"}',
  "{}",
  "null",
  "  ",
  "[]",
  `[{"after":${NEW},"op":"c"}]`,
  "7",
  "no JSON",
  '{"op":"c","after":{"id":1}',
];

test("what is no change event is malformed, and skipped where errors are ignored", (t) => {
  for (const message of CORRUPT) {
    const strict = decode(COLUMNS, {}, message);
    t.deepEqual(strict.events, ["!"], message);
    t.is(strict.faults[0]?.excerpt, message);
    t.deepEqual(decode(COLUMNS, LENIENT, message).events, ["~"], message);
  }
});

test("an event without the old row names the operation and REPLICA IDENTITY", (t) => {
  const { faults } = decode(COLUMNS, {}, `{"after":${NEW},"op":"u"}`, `{"after":${NEW},"op":"d"}`);
  t.regex(faults[0]?.reason ?? "", /'u' \(update\).*'before' is null.*REPLICA IDENTITY FULL/);
  t.regex(faults[1]?.reason ?? "", /'d' \(delete\).*'before' is null.*REPLICA IDENTITY FULL/);
});

test("an unknown operation is quoted, and a missing one hints at the wrapped form", (t) => {
  const [unknown, missing] = decode(COLUMNS, {}, '{"op":"truncate"}', `{"payload":{"op":"c"}}`).faults;
  t.is(unknown?.reason, `The event's 'op' is "truncate", and not one of 'c', 'r', 'u', 'd'.`);
  t.regex(missing?.reason ?? "", /has no 'op'.*debezium-json\.schema-include/);
});

test("a value that does not fit names image, column and offset", (t) => {
  const columns = "id BIGINT, items ARRAY<ROW<n INT>>";
  const event = '{"before":null,"after":{"id":1,"items":[{"n":1},{"n":"x"}]},"op":"c"}';
  const wrapped = `{"payload":${event}}`;

  const plain = decode(columns, {}, event).faults[0];
  t.is(plain?.column, "items[1].n");
  t.is(plain?.reason, `In 'after': "x" is not an INT.`);
  t.is(plain?.offset, event.indexOf('"x"'));
  t.is(decode(columns, WRAPPED, wrapped).faults[0]?.column, "items[1].n");
  t.deepEqual(decode(columns, LENIENT, event).events, ['0+I{"id":"1","items":[{"n":1},{"n":null}]}']);
});

test("a bad value in the image that is not used fails the event, too", (t) => {
  const event = `{"before":{"id":"x"},"after":${NEW},"op":"c"}`;
  t.deepEqual(decode(COLUMNS, {}, event).events, ["!id"]);
  t.deepEqual(decode(COLUMNS, LENIENT, event).events, [`0+I${ROW_NEW}`]);
});

test("tombstones and empty messages give nothing", (t) => {
  t.deepEqual(decode(COLUMNS, {}, null, "", `{"after":${NEW},"op":"c"}`).events, [`2+I${ROW_NEW}`]);
});

test("values follow the tree decoder: numbers in text are printed again, exactly beside a DECIMAL", (t) => {
  t.deepEqual(decode("a STRING, b BOOLEAN", {}, '{"op":"c","after":{"a":1.50,"b":"yes"}}').events, [
    '0+I{"a":"1.5","b":false}',
  ]);
  const decimal = decode("a STRING, d DECIMAL(5, 2)", {}, '{"op":"c","after":{"a":100.0,"d":"1.005"}}');
  t.deepEqual(decimal.events, ['0+I{"a":"1E+2","d":"1.01"}']);
  t.deepEqual(decode("d DECIMAL(5, 2)", {}, '{"op":"c","after":{"d":" 1 "}}').events, ["!d"]);
});

test("an earlier value of a repeated field need not fit, in the images and around them", (t) => {
  t.deepEqual(
    decode("a INT", {}, '{"op":"x","before":5,"op":"d","before":{"a":"x","a":1},"after":null}').events,
    ['0-D{"a":1}'],
  );
});

test("timestamps read and write in the form of the option", (t) => {
  const iso = { "timestamp-format.standard": "ISO-8601" };
  const event = '{"before":null,"after":{"at":"2024-02-29T23:59:01.5Z"},"op":"c"}';
  const rowType = rowTypeOf("at TIMESTAMP_LTZ(3)");
  const rows: Row[] = [];
  new DebeziumJsonFormat(parsed(iso)).createDecoder({ table: "t", rowType }).decode([Buffer.from(event)], {
    row: (_, row) => rows.push(row),
    malformed: () => t.fail(),
    skipped: () => t.fail(),
  });
  t.deepEqual(encode("at TIMESTAMP_LTZ(3)", iso, rows), [event]);
  t.deepEqual(decode("at TIMESTAMP_LTZ(3)", {}, event).events, ["!at"]);
});

test("what the consumer of rows throws is not taken for a fault of the message", (t) => {
  const rowType = rowTypeOf(COLUMNS);
  const decoder = new DebeziumJsonFormat(parsed(LENIENT)).createDecoder({ table: "t", rowType });
  const output: DecodeOutput = {
    row: () => {
      throw new Error("downstream");
    },
    malformed: () => t.fail(),
    skipped: () => t.fail(),
  };
  t.throws(() => decoder.decode([Buffer.from(`{"after":${NEW},"op":"c"}`)], output), {
    message: "downstream",
  });
});

const ROW = { id: 1n, name: "bike" };

test("additions are written as inserts and removals as deletes", (t) => {
  const kinds: readonly RowKind[] = ["+I", "-U", "+U", "-D"];
  t.deepEqual(encode(COLUMNS, {}, [ROW, ROW, ROW, ROW], kinds), [
    `{"before":null,"after":${NEW},"op":"c"}`,
    `{"before":${NEW},"after":null,"op":"d"}`,
    `{"before":null,"after":${NEW},"op":"c"}`,
    `{"before":${NEW},"after":null,"op":"d"}`,
  ]);
});

test("rows without kinds are inserts", (t) => {
  t.deepEqual(encode(COLUMNS, {}, [ROW]), [`{"before":null,"after":${NEW},"op":"c"}`]);
});

test("NULL fields can be left out, the image that is null among them", (t) => {
  const rows = [
    { id: 1n, name: null },
    { id: null, name: null },
  ];
  t.deepEqual(encode(COLUMNS, { "encode.ignore-null-fields": "true" }, rows, ["+I", "-D"]), [
    '{"after":{"id":1},"op":"c"}',
    '{"before":{},"op":"d"}',
  ]);
});

test("a NULL key names the option of this format, and the column", (t) => {
  const error = t.throws(() => encode("m MAP<STRING, INT>", {}, [{ m: new Map([[null, 1]]) }]));
  t.true(TributaryError.is(error, "RECORD_MALFORMED"));
  const [fault] = (error as TributaryError).diagnostics;
  t.is(fault?.columnName, "m");
  t.regex(fault?.hint ?? "", /'debezium-json\.map-null-key\.mode'/);
  t.regex(fault?.message ?? "", /as debezium-json/);
});

test("schema-include is refused where the table is written, and options are checked as those of json", (t) => {
  const factory = new DebeziumJsonFormatFactory();
  t.notThrows(() => factory.createDecoding(parsed(WRAPPED)));
  const conflict = t.throws(() => factory.createEncoding(parsed(WRAPPED)), { instanceOf: TributaryError });
  t.is(conflict.diagnostics[0]?.code, "OPTION_CONFLICT");
  t.is(conflict.diagnostics[0]?.option, "debezium-json.schema-include");
  const wrong = t.throws(
    () =>
      parsed({
        "timestamp-format.standard": "iso-8601",
        "map-null-key.mode": "SKIP",
        "schema-include": "yes",
      }),
    { instanceOf: TributaryError },
  );
  t.deepEqual(
    wrong.diagnostics.map(({ option }) => option),
    [
      "debezium-json.schema-include",
      "debezium-json.map-null-key.mode",
      "debezium-json.timestamp-format.standard",
    ].toSorted(),
  );
});

test("types that JSON cannot carry are refused with their columns", (t) => {
  const rowType = rowTypeOf("a MAP<INT, INT>, b STRING, c MULTISET<INT>");
  const error = t.throws(() => new DebeziumJsonFormat(parsed({})).createEncoder({ table: "t", rowType }), {
    instanceOf: TributaryError,
  });
  t.deepEqual(
    error.diagnostics.map(({ code, columnName }) => `${code} ${columnName}`),
    ["SCHEMA_INVALID a", "SCHEMA_INVALID c"],
  );
});

test("the module registers the format for both directions", (t) => {
  const found = createRegistry([formats]).registrations.filter(
    ({ identifier }) => identifier === "debezium-json",
  );
  t.deepEqual(found.map((one) => one.interface).toSorted(), ["DecodingFormat", "EncodingFormat"]);
});

class NoOptions {}

const messages: SourceFactory<NoOptions> = {
  role: "source",
  identifier: "messages",
  provides: "Source",
  options: NoOptions,
  format: "required",
  metadata: [],
  create: () => tableSource({ source: new CreateSource<Uint8Array>([]), payload: (record) => record }),
};

test("a pipeline does not read changes, and says which and what to do", (t) => {
  const source = defineModule({ name: "m", version: "1.0.0", file: import.meta.url, factories: [messages] });
  const { value, diagnostics } = planSource(
    table({
      name: "orders",
      columns: { id: "BIGINT" },
      options: { connector: "messages", format: "debezium-json" },
    }),
    { registry: createRegistry([formats, source]), timeZone: "UTC", logger: SILENT_LOGGER },
  );

  t.is(value, undefined);
  t.deepEqual(
    diagnostics.map(({ code, option, table: name, message }) => ({ code, option, name, message })),
    [
      {
        code: "RUNNER_UNSUPPORTED",
        option: "format",
        name: "orders",
        message:
          "The format 'debezium-json' of the table 'orders' carries changes (-U, +U, -D), and the rows of a pipeline are insertions only.",
      },
    ],
  );
  t.regex(diagnostics[0]?.hint ?? "", /'json'/);
});

const anyRow = fc.record({
  id: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  name: fc.option(fc.string({ unit: "binary", maxLength: 20 })),
  tags: fc.option(fc.array(fc.option(fc.string({ unit: "binary", maxLength: 5 })), { maxLength: 4 })),
});

test("what was written is read back, each row with the kind that adds or removes it", (t) => {
  const columns = "id BIGINT, name STRING, tags ARRAY<STRING>";
  const rowType = rowTypeOf(columns);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyRow, fc.constantFrom<RowKind>("+I", "-U", "+U", "-D")), {
        minLength: 1,
        maxLength: 5,
      }),
      fc.boolean(),
      (rows, omitsNulls) => {
        const messages = encode(
          columns,
          { "encode.ignore-null-fields": String(omitsNulls) },
          rows.map(([row]) => row),
          rows.map(([, kind]) => kind),
        );
        const expected = rows.map(
          ([row, kind], index) =>
            `${index}${kind.startsWith("+") ? "+I" : "-D"}${rowToCanonicalJson(row as Row, rowType)}`,
        );
        t.deepEqual(decode(columns, {}, ...messages).events, expected);
      },
    ),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 150) },
  );
});

test("no bytes crash the decoder", (t) => {
  const rowType = rowTypeOf(COLUMNS);
  const event = Buffer.from(`{"before":${OLD},"after":${NEW},"op":"u"}`);
  const damaged = fc
    .tuple(fc.nat(event.length - 1), fc.uint8Array({ maxLength: 3 }), fc.nat(3))
    .map(([at, bytes, drop]) => Buffer.concat([event.subarray(0, at), bytes, event.subarray(at + drop)]));
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 60 }), damaged),
      fc.constantFrom({}, LENIENT, WRAPPED),
      (bytes, options) => {
        let outcomes = 0;
        const count = (): void => void outcomes++;
        new DebeziumJsonFormat(parsed(options))
          .createDecoder({ table: "t", rowType })
          .decode([bytes], { row: count, malformed: count, skipped: count });
        t.true(outcomes <= 2);
      },
    ),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 500) },
  );
});

const conformance = formatConformance({
  name: "debezium-json",
  decoding: () => new DebeziumJsonFormat(parsed({})),
  encoding: () => new DebeziumJsonFormat(parsed({})),
  types: [
    "BOOLEAN",
    "BIGINT",
    "DOUBLE",
    "DECIMAL(12, 3)",
    "STRING",
    "BYTES",
    "TIMESTAMP(9)",
    "TIMESTAMP_LTZ(3)",
    "ARRAY<STRING>",
    "MAP<STRING, DECIMAL(10, 2)>",
    "ROW<x BIGINT, y ARRAY<ROW<z DATE>>>",
  ],
  unsupported: ["RAW('java.lang.Object', 'AAE=')", "MAP<INT, STRING>"],
  malformed: [
    "no JSON",
    "{}",
    '{"op":"c"}',
    '{"op":"c","after":{"a":"x"}}',
    '{"op":"u","after":{"a":1}}',
    "3",
  ],
});
for (const one of conformance) test(`conformance: ${one.name}`, (t) => t.notThrowsAsync(one.run()));
