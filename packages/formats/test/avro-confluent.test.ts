import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createRegistry,
  defineModule,
  DirectRunner,
  optionEntries,
  parseOptions,
  Pipeline,
  planEncoder,
  rowToCanonicalJson,
  table,
  tableSource,
} from "@tributary/core";
import type {
  Diagnostic,
  FactoryRegistry,
  Row,
  SinkFactory,
  SourceFactory,
  TableDescriptor,
} from "@tributary/core";
import {
  CollectingSink,
  factoryConformance,
  formatConformance,
  graphOf,
  ScriptedSource,
  SILENT_LOGGER,
  until,
  VirtualClock,
} from "@tributary/core/testing";
import {
  AvroConfluentFormat,
  AvroConfluentFormatOptions,
  formats,
  SCHEMA_REGISTRIES,
} from "@tributary/formats";
import type { SchemaRegistries, SchemaRegistry } from "@tributary/formats";
import test from "ava";
import avro from "avsc";
import fc from "fast-check";
import { TEST_CERTIFICATE, TEST_KEY, TEST_STORE_PASSWORD, TEST_STORES } from "./certificate.js";
import { rowTypeOf } from "./codec.js";
import type { Options } from "./codec.js";
import {
  CONTEXT,
  decodeWith,
  encodeRows,
  HastyClock,
  plannersOf,
  rejection,
  services,
  sound,
} from "./planned-codec.js";
import type { Decoded } from "./planned-codec.js";
import { TestRegistry } from "./schema-registry.js";

const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 100);
const COLUMNS = "id BIGINT NOT NULL, name STRING";
const NAMESPACE = "org.apache.flink.avro.generated";
/** What the columns give. */
const DERIVED = {
  type: "record",
  name: "record",
  namespace: NAMESPACE,
  fields: [
    { name: "id", type: "long" },
    { name: "name", type: ["null", "string"], default: null },
  ],
};

const { planReading, planWriting, request } = plannersOf("avro-confluent");

const running = test.macro(async (t, run: (r: TestRegistry, u: typeof t) => Promise<void>) => {
  const stand = await TestRegistry.start();
  try {
    await run(stand, t);
  } finally {
    await stand.stop();
  }
});

interface Failing {
  readonly code: Diagnostic["code"];
  readonly read: RegExp;
  readonly written: RegExp;
  readonly calls: number;
}

// The frame, byte for byte. Confluent documentation, wire format.

test("a message is a zero, the id in four bytes, big-endian, and the record", running, async (r, t) => {
  r.add(0x01020304, DERIVED);
  const options = { url: r.url, subject: "clicks-value" };

  const [message] = await encodeRows(sound(planWriting(COLUMNS, options)), COLUMNS, [
    '{"id":"7","name":"a"}',
  ]);

  t.is(message, "00" + "01020304" + "0e" + "02" + "02" + "61");
  const back = await decodeWith(sound(planReading(COLUMNS, options)), COLUMNS, [message ?? ""]);
  t.deepEqual(back.events, ['{"id":"7","name":"a"}']);
});

test("an id can have its highest bit set", running, async (r, t) => {
  r.add(0xfffffffe, DERIVED);
  const options = { url: r.url, subject: "s" };

  const decoded = await decodeWith(sound(planReading(COLUMNS, options)), COLUMNS, ["00 fffffffe 0200"]);

  t.deepEqual(decoded.events, ['{"id":"1","name":null}']);
  t.deepEqual(r.paths, ["GET /schemas/ids/4294967294"]);
  t.deepEqual(await encodeRows(sound(planWriting(COLUMNS, options)), COLUMNS, ['{"id":"1"}']), [
    "00fffffffe0200",
  ]);
});

test("what has no frame is malformed, and nothing else is tried", running, async (r, t) => {
  r.add(1, DERIVED);
  const messages = [
    "",
    "00",
    "00000000",
    "0000000001",
    "0100000001" + "0200",
    "7b7d",
    "00 00000001 0200",
    "00 00000001 02",
  ];

  const { events, faults } = await decodeWith(sound(planReading(COLUMNS, { url: r.url })), COLUMNS, messages);

  t.deepEqual(events, ["!", "!", "!", "!id", "!", "!", '{"id":"1","name":null}', "!name"]);
  t.regex(faults[0]?.reason ?? "", /has 0 bytes/);
  t.regex(faults[1]?.reason ?? "", /has 1 bytes/);
  t.regex(faults[4]?.reason ?? "", /0x01 and not with 0x00/);
  t.regex(faults[5]?.reason ?? "", /0x7b/);
  t.is(faults[5]?.excerpt, "0x7b7d");
  // Offsets count from the start of the message.
  t.is(faults[3]?.offset, 5);
});

test("a message without body gives no row, and needs no schema", running, async (r, t) => {
  const decoded = await decodeWith(sound(planReading(COLUMNS, { url: r.url })), COLUMNS, [null, null]);

  t.deepEqual(decoded.events, []);
  t.deepEqual(r.requests, []);
});

// Calls

test("each schema is asked for once, whatever the number of messages and batches", running, async (r, t) => {
  r.add(1, DERIVED);
  r.add(2, { ...DERIVED, fields: DERIVED.fields.toReversed() });
  const planned = sound(planReading(COLUMNS, { url: r.url }));
  const messages = ["00 00000001 0200", "00 00000002 000a", "00 00000001 0400", "00 00000002 02026106"];

  const first = await decodeWith(planned, COLUMNS, messages);
  const second = await decodeWith(planned, COLUMNS, messages.toReversed());

  t.deepEqual(first.events, [
    '{"id":"1","name":null}',
    '{"id":"5","name":null}',
    '{"id":"2","name":null}',
    '{"id":"3","name":"a"}',
  ]);
  t.deepEqual(second.events, first.events.toReversed());
  t.deepEqual([...r.paths].sort(), ["GET /schemas/ids/1", "GET /schemas/ids/2"]);
});

test("nothing is awaited for a batch whose schemas are known", running, async (r, t) => {
  r.add(1, DERIVED);
  const { decoder } = sound(planReading(COLUMNS, { url: r.url }));
  const messages = [Buffer.from("0000000001 0200".replaceAll(" ", ""), "hex"), null, Buffer.from("61")];

  t.not(decoder.prepare?.(messages, services()), undefined);
  await decoder.prepare?.(messages, services());

  t.is(decoder.prepare?.(messages, services()), undefined);
});

test("requests say what they are, and carry the schema as the columns give it", running, async (r, t) => {
  await encodeRows(sound(planWriting(COLUMNS, { url: `${r.url}/`, subject: "a/b c-value" })), COLUMNS, []);
  await decodeWith(sound(planReading(COLUMNS, { url: r.url })), COLUMNS, ["00 00000001 0200"]);

  const [post, get] = r.requests;
  t.deepEqual(r.paths, ["POST /subjects/a%2Fb%20c-value/versions", "GET /schemas/ids/1"]);
  t.is(post?.headers["content-type"], "application/vnd.schemaregistry.v1+json");
  t.is(get?.headers["accept"], "application/vnd.schemaregistry.v1+json");
  t.is(get?.headers["authorization"], undefined);
  t.deepEqual(Object.keys(JSON.parse(post?.body ?? "") as object), ["schema"]);
  t.deepEqual(JSON.parse((JSON.parse(post?.body ?? "") as { schema: string }).schema), DERIVED);
});

test("an address may have a path in front", running, async (r, t) => {
  r.faults.push({ status: 200, body: JSON.stringify({ schema: JSON.stringify(DERIVED) }) });

  const decoded = await decodeWith(sound(planReading(COLUMNS, { url: `${r.url}/api/registry/` })), COLUMNS, [
    "00 00000001 0200",
  ]);

  t.deepEqual(r.paths, ["GET /api/registry/schemas/ids/1"]);
  t.deepEqual(decoded.events, ['{"id":"1","name":null}']);
});

test("the schema is registered once, and a schema that is known keeps its id", running, async (r, t) => {
  r.add(41, DERIVED);
  const planned = sound(planWriting(COLUMNS, { url: r.url, subject: "s" }));

  await encodeRows(planned, COLUMNS, ['{"id":"1"}']);
  const [message] = await encodeRows(planned, COLUMNS, ['{"id":"1"}']);

  t.is(message, "00000000290200");
  t.deepEqual(r.paths, ["POST /subjects/s/versions"]);
});

test(
  "an id that is unknown is malformed, is remembered, and is asked for again after a while",
  running,
  async (r, t) => {
    const planned = sound(planReading(COLUMNS, { url: r.url }));
    const clock = new HastyClock();
    const message = "00 00000009 0200";

    const unknown = await decodeWith(planned, COLUMNS, [message, message], services(clock));
    r.add(9, DERIVED);
    const remembered = await decodeWith(planned, COLUMNS, [message], services(clock));
    clock.time += 10_000;
    const learnt = await decodeWith(planned, COLUMNS, [message], services(clock));

    t.deepEqual(unknown.events, ["!", "!"]);
    t.regex(unknown.faults[0]?.reason ?? "", /no schema with the id 9/);
    t.deepEqual(remembered.events, ["!"]);
    t.deepEqual(learnt.events, ['{"id":"1","name":null}']);
    t.is(r.requests.length, 2);
  },
);

test("no more schemas are kept than the limit, but all of a batch", running, async (r, t) => {
  const planned = sound(planReading(COLUMNS, { url: r.url }));
  const ids = Array.from({ length: 1_005 }, (_, index) => index + 1);
  for (const id of ids) r.add(id, DERIVED);
  const message = (id: number): string => `00${id.toString(16).padStart(8, "0")}0200`;

  const { events } = await decodeWith(planned, COLUMNS, ids.map(message));
  t.is(events.filter((event) => event === '{"id":"1","name":null}').length, 1_005);
  await decodeWith(planned, COLUMNS, [message(1_005)]);
  t.is(r.requests.length, 1_005);
  // One more makes room: the oldest are gone.
  r.add(2_000, DERIVED);
  await decodeWith(planned, COLUMNS, [message(2_000)]);
  await decodeWith(planned, COLUMNS, [message(1_004)]);
  t.is(r.requests.length, 1_006);
  await decodeWith(planned, COLUMNS, [message(1)]);
  t.is(r.requests.length, 1_007);
});

// Resolution. Avro specification, schema resolution.

const record = (fields: readonly object[], name = "elsewhere.Other"): object => ({
  type: "record",
  name,
  fields,
});

const resolves = test.macro(
  async (t, columns: string, writer: object, cases: readonly (readonly [hex: string, event: string])[]) => {
    const stand = await TestRegistry.start();
    try {
      stand.add(3, writer);
      const messages = cases.map(([hex]) => `00 00000003 ${hex}`);
      const { events } = await decodeWith(sound(planReading(columns, { url: stand.url })), columns, messages);
      t.deepEqual(
        events,
        cases.map(([, event]) => event),
      );
    } finally {
      await stand.stop();
    }
  },
);

test(
  "fields are found by name in any order, and the record's name does not matter",
  resolves,
  "a INT, b STRING",
  record([
    { name: "b", type: "string" },
    { name: "a", type: "int" },
  ]),
  [["026104", '{"a":2,"b":"a"}']],
);

test(
  "a nullable column that the writer lacks is NULL",
  resolves,
  "a INT, b STRING, c ROW<x INT>",
  record([{ name: "a", type: "int" }]),
  [["04", '{"a":2,"b":null,"c":null}']],
);

test(
  "fields that the table lacks are passed over, whatever they hold",
  resolves,
  "z INT",
  record([
    { name: "l", type: { type: "array", items: { type: "map", values: "string" } } },
    {
      name: "u",
      type: [
        "null",
        "long",
        { type: "fixed", name: "F", size: 3 },
        { type: "enum", name: "E", symbols: ["A"] },
      ],
    },
    {
      name: "r",
      type: record(
        [
          { name: "d", type: "double" },
          { name: "y", type: "bytes" },
        ],
        "R",
      ),
    },
    { name: "z", type: "int" },
  ]),
  [
    ["02 02 02 61 02 62 00 00 04 010203 0000000000000000 0261 0e", '{"z":7}'],
    ["00 06 00 0000000000000000 00 0e", '{"z":7}'],
    // A block with a negative count tells its size.
    ["01 0c 02 02 61 02 62 00 00 00 0000000000000000 00 0e", '{"z":7}'],
  ],
);

test(
  "int is promoted to long, float and double; long to float and double; float to double",
  resolves,
  "a BIGINT, b FLOAT, c DOUBLE, d FLOAT, e DOUBLE, f DOUBLE",
  record([
    { name: "a", type: "int" },
    { name: "b", type: "int" },
    { name: "c", type: "int" },
    { name: "d", type: "long" },
    { name: "e", type: "long" },
    { name: "f", type: "float" },
  ]),
  [["0204060880808080808080100000c03f", '{"a":"1","b":2,"c":3,"d":4,"e":4503599627370496,"f":1.5}']],
);

test(
  "string and bytes stand for each other",
  resolves,
  "a STRING, b BYTES",
  record([
    { name: "a", type: "bytes" },
    { name: "b", type: "string" },
  ]),
  [["04c3a9 04c3a9", '{"a":"é","b":"w6k="}']],
);

test(
  "what is nullable for the writer only, or for the table only, is read",
  resolves,
  "a INT NOT NULL, b INT",
  record([
    { name: "a", type: ["null", "int"] },
    { name: "b", type: "int" },
  ]),
  [
    ["020402", '{"a":2,"b":1}'],
    ["0002", "!a"],
  ],
);

test(
  "null may stand second in the writer's union",
  resolves,
  "a INT",
  record([{ name: "a", type: ["int", "null"] }]),
  [
    ["0004", '{"a":2}'],
    ["02", '{"a":null}'],
  ],
);

test(
  "a union of more types is read where the branch fits",
  resolves,
  "a BIGINT",
  record([{ name: "a", type: ["string", "int", "null", "long"] }]),
  [
    ["0204", '{"a":"2"}'],
    ["0604", '{"a":"2"}'],
    ["04", '{"a":null}'],
    ["000261", "!a"],
  ],
);

test(
  "an enum is the name of its symbol",
  resolves,
  "a STRING",
  record([{ name: "a", type: { type: "enum", name: "E", symbols: ["RED", "BLUE"] } }]),
  [
    ["02", '{"a":"BLUE"}'],
    ["04", "!a"],
  ],
);

test(
  "fixed is read as bytes, and as a decimal",
  resolves,
  "a BYTES, b DECIMAL(9, 2)",
  record([
    { name: "a", type: { type: "fixed", name: "F", size: 2 } },
    {
      name: "b",
      type: { type: "fixed", name: "D", size: 4, logicalType: "decimal", precision: 9, scale: 2 },
    },
  ]),
  [["0102 ffffff85", '{"a":"AQI=","b":"-1.23"}']],
);

test(
  "nested records, arrays and maps are resolved inside",
  resolves,
  "a ARRAY<ROW<x BIGINT, y STRING>>, m MAP<STRING, DOUBLE>",
  record([
    { name: "m", type: { type: "map", values: "int" } },
    {
      name: "a",
      type: {
        type: "array",
        items: record(
          [
            { name: "q", type: "string" },
            { name: "x", type: "int" },
          ],
          "Item",
        ),
      },
    },
  ]),
  [["0202610400 0202710600", '{"a":[{"x":"3","y":null}],"m":[["a",2]]}']],
);

test(
  "a writer's own unit of time counts",
  resolves,
  "a TIMESTAMP(3), d DATE, t TIME(3)",
  record([
    { name: "a", type: { type: "long", logicalType: "timestamp-micros" } },
    { name: "d", type: { type: "int", logicalType: "date" } },
    { name: "t", type: { type: "int", logicalType: "time-millis" } },
  ]),
  [["80897a 02 d00f", '{"a":"1970-01-01 00:00:01.000","d":"1970-01-02","t":"00:00:01.000"}']],
);

test(
  "a schema that cannot be resolved, is no Avro, or no schema, makes its messages malformed",
  running,
  async (r, t) => {
    r.add(1, record([{ name: "name", type: "string" }]));
    r.add(2, record([{ name: "id", type: "string" }]));
    r.add(3, "message M {}", { schemaType: "PROTOBUF" });
    r.add(4, "{");
    r.add(5, '{"type":"recor"}');
    r.add(6, '"string"');
    r.add(7, DERIVED);
    const planned = sound(planReading(COLUMNS, { url: r.url }));
    const messages = [1, 2, 3, 4, 5, 6, 7].map((id) => `00 0000000${id} 0200`);

    const { events, faults } = await decodeWith(planned, COLUMNS, messages);

    t.deepEqual(events, ["!", "!", "!", "!", "!", "!", '{"id":"1","name":null}']);
    const reasons = [
      /id 1 .*'id'.*no such field/,
      /id 2 .*'id'.*string/,
      /id 3 is of PROTOBUF/,
      /id 4 .*JSON/,
      /id 5 /,
      /id 6 /,
    ];
    for (const [index, reason] of reasons.entries()) t.regex(faults[index]?.reason ?? "", reason);
  },
);

test("schemas that a schema refers to are fetched, those that they need first", running, async (r, t) => {
  r.add(1, { type: "enum", name: "shop.Color", symbols: ["RED", "BLUE"] });
  r.add(
    2,
    { type: "record", name: "shop.Item", fields: [{ name: "color", type: "shop.Color" }] },
    {
      references: [{ name: "shop.Color", subject: "color", version: 1 }],
    },
  );
  r.add(
    3,
    record([
      { name: "item", type: "shop.Item" },
      { name: "other", type: "shop.Color" },
    ]),
    {
      references: [
        { name: "shop.Item", subject: "item", version: 1 },
        { name: "shop.Color", subject: "color", version: 1 },
      ],
    },
  );
  r.addVersion("color", 1);
  r.addVersion("item", 2);
  const columns = "item ROW<color STRING>, other STRING";

  const { events } = await decodeWith(sound(planReading(columns, { url: r.url })), columns, [
    "00 00000003 0200",
  ]);

  t.deepEqual(events, ['{"item":{"color":"BLUE"},"other":"RED"}']);
  t.deepEqual(r.paths, [
    "GET /schemas/ids/3",
    "GET /subjects/item/versions/1",
    "GET /subjects/color/versions/1",
  ]);
});

test("avsc reads what is written, and what avsc writes is read, for every row", running, async (r, t) => {
  const columns =
    "a BIGINT NOT NULL, b STRING, c ARRAY<ROW<x INT, y DOUBLE NOT NULL>>, d MAP<STRING, BYTES>, e BOOLEAN NOT NULL, f FLOAT";
  const planned = sound(planWriting(columns, { url: r.url, subject: "s" }));
  const reading = sound(planReading(columns, { url: r.url }));
  await planned.prepare?.(services());
  const type = avro.Type.forSchema(JSON.parse(r.schemas.get(1)?.schema ?? "") as avro.Schema);
  const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const nullable = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(one);
  const rows = fc.record({
    a: fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
    b: nullable(fc.string({ unit: "binary" })),
    c: nullable(fc.array(nullable(fc.record({ x: nullable(int), y: fc.double({ noNaN: true }) })))),
    d: nullable(fc.dictionary(fc.string(), nullable(fc.uint8Array()))),
    e: fc.boolean(),
    f: nullable(fc.float({ noNaN: true })),
  });
  await fc.assert(
    fc.asyncProperty(rows, async (row) => {
      const own = {
        ...row,
        a: BigInt(row.a),
        d: row.d === null ? null : new Map(Object.entries(row.d)),
      } as unknown as Row;
      const [message] = planned.encoder.encode([own]);
      const theirs = Buffer.concat([
        Buffer.from("0000000001", "hex"),
        type.toBuffer({
          ...row,
          d:
            row.d === null
              ? null
              : Object.fromEntries(
                  Object.entries(row.d).map(([k, v]) => [k, v === null ? null : Buffer.from(v)]),
                ),
        }),
      ]);
      t.deepEqual(Buffer.from(message ?? []), theirs);
      const { events } = await decodeWith(reading, columns, [theirs.toString("hex")]);
      t.deepEqual(events, [rowToCanonicalJson(own, rowTypeOf(columns))]);
    }),
    { numRuns: RUNS },
  );
});

test("no bytes crash the decoder", running, async (r, t) => {
  r.add(1, DERIVED);
  const { decoder } = sound(planReading(COLUMNS, { url: r.url }));
  const framed = fc.uint8Array().map((bytes) => Buffer.concat([Buffer.from("0000000001", "hex"), bytes]));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(fc.uint8Array(), framed)), async (messages) => {
      let count = 0;
      // What names another schema costs a call each; such messages are for other tests.
      const few = messages.filter((one) => one[0] !== 0 || one.length < 5 || one[4] === 1);
      await decoder.prepare?.(few, services());
      decoder.decode(few, { row: () => count++, malformed: () => count++, skipped: () => t.fail() });
      t.is(count, few.length);
    }),
    { numRuns: RUNS },
  );
});

// The registry's faults

const failsWith = test.macro(async (t, prepare: (r: TestRegistry) => void, expected: Failing) => {
  for (const side of ["read", "written"] as const) {
    const stand = await TestRegistry.start();
    try {
      prepare(stand);
      const clock = new HastyClock();
      const options = { url: stand.url, subject: "clicks-value" };
      const failure = await rejection(
        side === "read"
          ? decodeWith(sound(planReading(COLUMNS, options)), COLUMNS, ["00 00000007 0200"], services(clock))
          : encodeRows(sound(planWriting(COLUMNS, options)), COLUMNS, [], services(clock)),
      );
      t.is(failure.code, expected.code);
      t.regex(failure.message, expected[side]);
      t.true(failure.message.includes(stand.url));
      t.is(failure.connector, "avro-confluent");
      t.is(stand.requests.length, expected.calls);
      t.is(clock.pauses.length, Math.max(0, expected.calls - 1));
    } finally {
      await stand.stop();
    }
  }
});

const answers = (status: number, body: unknown) => (r: TestRegistry) =>
  void r.faults.push(
    ...Array.from({ length: 9 }, () => ({
      status,
      body: typeof body === "string" ? body : JSON.stringify(body),
    })),
  );

test(
  "an error of the backend is tried again, then reported",
  failsWith,
  answers(500, { error_code: 50001, message: "Error in the backend data store" }),
  {
    code: "SERVICE_UNAVAILABLE",
    read: /id 7: the answer is 500, error code 50001: Error in the backend data store\./,
    written: /under the subject 'clicks-value': the answer is 500, error code 50001/,
    calls: 4,
  },
);
test(
  "a wrong password is not tried again",
  failsWith,
  answers(401, { error_code: 40101, message: "Unauthorized" }),
  {
    code: "ACCESS_DENIED",
    read: /id 7: the answer is 401, error code 40101/,
    written: /subject 'clicks-value': the answer is 401/,
    calls: 1,
  },
);
test("a missing right is reported", failsWith, answers(403, { error_code: 40301, message: "Forbidden" }), {
  code: "ACCESS_DENIED",
  read: /403/,
  written: /403/,
  calls: 1,
});
test(
  "an incompatible or invalid schema is refused with the registry's words",
  failsWith,
  answers(409, { error_code: 409, message: "Schema being registered is incompatible" }),
  {
    code: "EXTERNAL_FAILED",
    read: /409/,
    written: /409, error code 409: Schema being registered is incompatible/,
    calls: 1,
  },
);
test("an address that is no registry's is told", failsWith, answers(200, "<html>welcome</html>"), {
  code: "EXTERNAL_FAILED",
  read: /no JSON object/,
  written: /no JSON object/,
  calls: 1,
});
test("a path that is not there is no unknown schema", failsWith, answers(404, "not here"), {
  code: "EXTERNAL_FAILED",
  read: /404: not here/,
  written: /404: not here/,
  calls: 1,
});
test("an answer without what was asked for is told", failsWith, answers(200, {}), {
  code: "EXTERNAL_FAILED",
  read: /no schema/,
  written: /no id/,
  calls: 1,
});
test(
  "a connection that is cut is tried again",
  failsWith,
  (r) => void r.faults.push("cut", "cut", "cut", "cut"),
  {
    code: "SERVICE_UNAVAILABLE",
    read: /no answer \(ECONNRESET\)/,
    written: /no answer \(ECONNRESET\)/,
    calls: 4,
  },
);

test("a registry that comes back serves", running, async (r, t) => {
  r.add(7, DERIVED);
  r.faults.push("cut", { status: 503, body: "" }, { status: 429, body: "{}" });
  const clock = new HastyClock();

  const { events } = await decodeWith(
    sound(planReading(COLUMNS, { url: r.url })),
    COLUMNS,
    ["00 00000007 0200"],
    services(clock),
  );

  t.deepEqual(events, ['{"id":"1","name":null}']);
  // 1, 2 and 4 seconds, of which chance takes up to half.
  t.deepEqual(clock.pauses, [750, 1_500, 3_000]);
});

test("a kept connection that the server has closed is no failed attempt", running, async (r, t) => {
  r.add(1, DERIVED);
  r.add(2, DERIVED);
  const planned = sound(planReading(COLUMNS, { url: r.url, "properties.max.retries": "0" }));
  await decodeWith(planned, COLUMNS, ["00 00000001 0200"]);
  // The connection is kept some turns of the event loop after the answer.
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  // The server takes the request on the kept connection and closes it without an answer.
  r.faults.push("cut");

  const { events } = await decodeWith(planned, COLUMNS, ["00 00000002 0200"]);

  t.deepEqual(events, ['{"id":"1","name":null}']);
  t.deepEqual(r.paths, ["GET /schemas/ids/1", "GET /schemas/ids/2", "GET /schemas/ids/2"]);
});

test("nobody listening is told with the address", async (t) => {
  const stand = await TestRegistry.start();
  const { url } = stand;
  await stand.stop();

  const failure = await rejection(
    decodeWith(sound(planReading(COLUMNS, { url })), COLUMNS, ["00 00000007 0200"]),
  );

  t.is(failure.code, "SERVICE_UNAVAILABLE");
  t.regex(failure.message, /ECONNREFUSED/);
  t.true(failure.message.includes(url));
});

test("a registry that is silent is given up after its time", running, async (r, t) => {
  r.faults.push("silence", "silence");
  const clock = new VirtualClock();
  const options = { url: r.url, "properties.max.retries": "1", "properties.http.read.timeout.ms": "5000" };
  const failing = rejection(
    decodeWith(sound(planReading(COLUMNS, options)), COLUMNS, ["00 00000007 0200"], services(clock)),
  );

  await until(() => r.requests.length === 1);
  await clock.advance(4_999);
  t.is(r.requests.length, 1);
  await clock.advance(1);
  await until(() => clock.pendingTimers > 0);
  await clock.advance(1_000);
  await until(() => r.requests.length === 2);
  await clock.advance(5_000);

  t.regex((await failing).message, /no answer within 5000 ms/);
});

test("who no longer waits ends the call", running, async (r, t) => {
  r.faults.push("silence");
  const controller = new AbortController();
  const planned = sound(planReading(COLUMNS, { url: r.url }));
  const waiting = decodeWith(
    planned,
    COLUMNS,
    ["00 00000007 0200"],
    services(new HastyClock(), controller.signal),
  );
  await until(() => r.requests.length === 1);

  controller.abort(new Error("cancelled"));

  await t.throwsAsync(waiting, { message: "cancelled" });
  t.is(r.requests.length, 1);
});

test("of several addresses the next is tried when one fails, and kept", async (t) => {
  const gone = await TestRegistry.start();
  const { url: goneUrl } = gone;
  await gone.stop();
  const stand = await TestRegistry.start();
  try {
    stand.add(1, DERIVED);
    stand.add(2, DERIVED);
    const clock = new HastyClock();
    const planned = sound(planReading(COLUMNS, { url: `${goneUrl}, ${stand.url}` }));

    await decodeWith(planned, COLUMNS, ["00 00000001 0200"], services(clock));
    const { events } = await decodeWith(planned, COLUMNS, ["00 00000002 0200"], services(clock));

    t.deepEqual(events, ['{"id":"1","name":null}']);
    t.is(clock.pauses.length, 1);
  } finally {
    await stand.stop();
  }
});

// Credentials

const authorized = test.macro(async (t, header: string, options: (r: TestRegistry) => Options) => {
  const stand = await TestRegistry.start();
  try {
    stand.authorization = header;
    stand.add(1, DERIVED);
    const given = { url: stand.url, subject: "s", ...options(stand) };
    const { events } = await decodeWith(sound(planReading(COLUMNS, given)), COLUMNS, ["00 00000001 0200"]);
    t.deepEqual(events, ['{"id":"1","name":null}']);
    t.deepEqual(await encodeRows(sound(planWriting(COLUMNS, given)), COLUMNS, ['{"id":"1"}']), [
      "00000000010200",
    ]);
  } finally {
    await stand.stop();
  }
});

const USER = `Basic ${Buffer.from("me:pa:ss").toString("base64")}`;
test("a user goes with every request", authorized, USER, () => ({
  "basic-auth.credentials-source": "USER_INFO",
  "basic-auth.user-info": "me:pa:ss",
}));
test("a user needs no source", authorized, USER, () => ({ "basic-auth.user-info": "me:pa:ss" }));
test("a user may stand in the address", authorized, USER, ({ port }) => ({
  url: `http://me:pa%3Ass@127.0.0.1:${port}`,
}));
test("the source URL takes the user of the address", authorized, USER, ({ port }) => ({
  url: `http://me:pa%3Ass@127.0.0.1:${port}`,
  "basic-auth.credentials-source": "URL",
  "basic-auth.user-info": "other:one",
}));
test("a token goes with every request", authorized, "Bearer t0ken", () => ({
  "bearer-auth.credentials-source": "STATIC_TOKEN",
  "bearer-auth.token": "t0ken",
}));
test("a token needs no source", authorized, "Bearer t0ken", () => ({ "bearer-auth.token": "t0ken" }));
test("properties reach the client as they are", authorized, USER, () => ({
  "properties.basic.auth.credentials.source": "USER_INFO",
  "properties.basic.auth.user.info": "me:pa:ss",
}));
test("an option goes before the property of the same meaning", authorized, USER, () => ({
  "basic-auth.credentials-source": "USER_INFO",
  "basic-auth.user-info": "me:pa:ss",
  "properties.basic.auth.user.info": "other:one",
}));

test("failures name the address without its credentials", running, async (r, t) => {
  answers(401, { message: "Unauthorized" })(r);
  const url = `http://someone:s3cret@127.0.0.1:${r.port}`;

  const failure = await rejection(
    decodeWith(sound(planReading(COLUMNS, { url })), COLUMNS, ["00 00000007 0200"]),
  );

  t.true(failure.message.includes(`http://127.0.0.1:${r.port}`));
  t.notRegex(JSON.stringify(failure), /s3cret|someone/);
});

// Certificates

const PEM = mkdtempSync(join(tmpdir(), "tributary-tls-"));
const inFolder = (name: string, content: string | Buffer): string => {
  const path = join(PEM, name);
  writeFileSync(path, content);
  return path;
};
const CERTIFICATE_FILE = inFolder("trusted.pem", TEST_CERTIFICATE);
const KEY_FILE = inFolder("client.pem", `${TEST_KEY}\n${TEST_CERTIFICATE}`);

test("a certificate that is named is trusted, and the client shows its own", async (t) => {
  const stand = await TestRegistry.start({
    key: TEST_KEY,
    cert: TEST_CERTIFICATE,
    ca: TEST_CERTIFICATE,
    requestCert: true,
    rejectUnauthorized: true,
  });
  try {
    stand.add(1, DERIVED);
    const trusting = {
      url: stand.url.replace("127.0.0.1", "localhost"),
      "ssl.truststore.location": CERTIFICATE_FILE,
    };
    const read = (options: Options): Promise<Decoded> =>
      decodeWith(sound(planReading(COLUMNS, options)), COLUMNS, ["00 00000001 0200"]);

    t.deepEqual((await read({ ...trusting, "ssl.keystore.location": KEY_FILE })).events, [
      '{"id":"1","name":null}',
    ]);
    const nobody = await rejection(read(trusting));
    t.is(nobody.code, "SERVICE_UNAVAILABLE");
    const stranger = await rejection(read({ url: trusting.url, "ssl.keystore.location": KEY_FILE }));
    t.is(stranger.code, "SERVICE_UNAVAILABLE");
    t.regex(stranger.hint ?? "", /ssl\.truststore\.location/);
  } finally {
    await stand.stop();
  }
});

const unusable = test.macro(
  async (t, option: string, file: () => string, message: RegExp, hint: RegExp | undefined) => {
    const options = { url: "https://localhost:1", [option]: file() };

    const failure = await rejection(
      decodeWith(sound(planReading(COLUMNS, options)), COLUMNS, ["00 00000001 0200"]),
    );

    t.is(failure.code, "OPTION_INVALID");
    t.is(failure.option, `avro-confluent.${option}`);
    t.regex(failure.message, message);
    if (hint === undefined) t.is(failure.hint, undefined);
    else t.regex(failure.hint ?? "", hint);
  },
);

const JKS = Buffer.from("feedfeed00000002", "hex");
test(
  "a file that is missing is told",
  unusable,
  "ssl.truststore.location",
  () => "/no/such/file",
  /not readable \(ENOENT\)/,
  undefined,
);
const stored = (store: keyof typeof TEST_STORES): string =>
  inFolder(`${store}.store`, Buffer.from(TEST_STORES[store], "base64"));

const trusts = test.macro(async (t, store: keyof typeof TEST_STORES, more: Options) => {
  const stand = await TestRegistry.start({
    key: TEST_KEY,
    cert: TEST_CERTIFICATE,
    ca: TEST_CERTIFICATE,
    requestCert: true,
    rejectUnauthorized: true,
  });
  try {
    stand.add(1, DERIVED);
    const options: Options = {
      url: stand.url.replace("127.0.0.1", "localhost"),
      "ssl.truststore.location": stored(store),
      "ssl.keystore.location": stored("keyPkcs12"),
      "ssl.keystore.password": TEST_STORE_PASSWORD,
      ...more,
    };
    const read = await decodeWith(sound(planReading(COLUMNS, options)), COLUMNS, ["00 00000001 0200"]);
    t.deepEqual(read.events, ['{"id":"1","name":null}']);
  } finally {
    await stand.stop();
  }
});

const WITH_PASSWORD: Options = { "ssl.truststore.password": TEST_STORE_PASSWORD };
test(
  "a truststore of keytool is trusted, with a PKCS #12 file for the client",
  trusts,
  "keytoolPkcs12",
  WITH_PASSWORD,
);
test("a truststore of openssl is trusted", trusts, "opensslPkcs12", WITH_PASSWORD);
test("a Java truststore is trusted", trusts, "keytoolJks", WITH_PASSWORD);
test("a Java truststore needs no password", trusts, "keytoolJks", {});
test("the client's settings may stand among the properties", trusts, "keytoolPkcs12", {
  "properties.schema.registry.ssl.truststore.password": TEST_STORE_PASSWORD,
});

const TRUST = "ssl.truststore.location";
test(
  "a PKCS #12 truststore needs its password",
  unusable,
  TRUST,
  () => stored("keytoolPkcs12"),
  /password is another/,
  /keytool -list -rfc/,
);
test(
  "a truststore that is cut off is told",
  unusable,
  TRUST,
  () => inFolder("cut.p12", Buffer.from(TEST_STORES.keytoolPkcs12, "base64").subarray(0, 300)),
  /damaged/,
  /keytool/,
);
test(
  "a Java truststore that is cut off is told",
  unusable,
  TRUST,
  () => inFolder("cut.jks", Buffer.from(TEST_STORES.keytoolJks, "base64").subarray(0, 200)),
  /damaged/,
  /keytool/,
);
test(
  "a truststore of another kind is told",
  unusable,
  TRUST,
  () => inFolder("text", "certificate"),
  /no known kind/,
  /keytool/,
);
test(
  "a keystore needs its password",
  unusable,
  "ssl.keystore.location",
  () => stored("keyPkcs12"),
  /not to be opened/,
  undefined,
);
test(
  "a Java keystore is refused, and how to convert it is told",
  unusable,
  "ssl.keystore.location",
  () => inFolder("b.jks", JKS),
  /a Java keystore/,
  /-deststoretype PKCS12/,
);

// Options

const planned = test.macro(
  (
    t,
    side: "read" | "written",
    columns: string,
    options: Options,
    expected: readonly (readonly [code: string, option: string | undefined, text: RegExp])[],
  ) => {
    const { diagnostics } = side === "read" ? planReading(columns, options) : planWriting(columns, options);
    t.deepEqual(
      diagnostics.map(({ code, option }) => [code, option]),
      expected.map(([code, option]) => [code, option]),
      diagnostics.map(({ message }) => message).join("\n"),
    );
    for (const [index, [, , text]] of expected.entries()) t.regex(diagnostics[index]?.message ?? "", text);
  },
);

const URL_ONLY = { url: "http://localhost:8081" };
test("the address is required", planned, "read", COLUMNS, {}, [
  ["OPTION_MISSING", "avro-confluent.url", /url/],
]);
test("reading needs no subject", planned, "read", COLUMNS, URL_ONLY, []);
test("writing needs a subject", planned, "written", COLUMNS, URL_ONLY, [
  ["OPTION_MISSING", "avro-confluent.subject", /'avro-confluent\.subject'/],
]);
test(
  "older keys still work",
  planned,
  "written",
  COLUMNS,
  {
    "schema-registry.url": "http://localhost:8081",
    "schema-registry.subject": "s",
    "schema-registry.schema": JSON.stringify(DERIVED),
  },
  [
    ["OPTION_DEPRECATED", "avro-confluent.schema-registry.schema", /schema/],
    ["OPTION_DEPRECATED", "avro-confluent.schema-registry.subject", /subject/],
    ["OPTION_DEPRECATED", "avro-confluent.schema-registry.url", /url/],
  ],
);
test("what is no address is refused", planned, "read", COLUMNS, { url: "localhost:8081" }, [
  ["OPTION_INVALID", "avro-confluent.url", /'localhost:8081'/],
]);
test(
  "a user and a token exclude each other",
  planned,
  "read",
  COLUMNS,
  { ...URL_ONLY, "basic-auth.user-info": "a:b", "bearer-auth.token": "t" },
  [["OPTION_CONFLICT", "avro-confluent.bearer-auth.token", /one of them/]],
);
test(
  "USER_INFO needs the user",
  planned,
  "read",
  COLUMNS,
  { ...URL_ONLY, "basic-auth.credentials-source": "USER_INFO" },
  [["OPTION_MISSING", "avro-confluent.basic-auth.user-info", /USER_INFO/]],
);
test(
  "STATIC_TOKEN needs the token",
  planned,
  "read",
  COLUMNS,
  { ...URL_ONLY, "bearer-auth.credentials-source": "STATIC_TOKEN" },
  [["OPTION_MISSING", "avro-confluent.bearer-auth.token", /STATIC_TOKEN/]],
);
test(
  "other sources are refused",
  planned,
  "read",
  COLUMNS,
  {
    ...URL_ONLY,
    "basic-auth.credentials-source": "SASL_INHERIT",
    "bearer-auth.credentials-source": "OAUTHBEARER",
  },
  [
    ["OPTION_INVALID", "avro-confluent.basic-auth.credentials-source", /./],
    ["OPTION_INVALID", "avro-confluent.bearer-auth.credentials-source", /./],
  ],
);
test(
  "a property that the client lacks is passed over with a warning",
  planned,
  "read",
  COLUMNS,
  { ...URL_ONLY, "properties.no.such": "x" },
  [["OPTION_IGNORED", "avro-confluent.properties.no.such", /'no\.such'/]],
);
test(
  "a property that is a number must be one",
  planned,
  "read",
  COLUMNS,
  { ...URL_ONLY, "properties.max.retries": "few" },
  [["OPTION_INVALID", "avro-confluent.properties.max.retries", /./]],
);
test("options of avro do not exist here", planned, "read", COLUMNS, { ...URL_ONLY, encoding: "json" }, [
  ["OPTION_UNKNOWN", "avro-confluent.encoding", /encoding/],
]);
test(
  "types follow the legacy mapping",
  planned,
  "read",
  "a TIMESTAMP(3), b TIMESTAMP_LTZ(3), c TIMESTAMP(6)",
  URL_ONLY,
  [
    ["SCHEMA_INVALID", undefined, /'b'/],
    ["SCHEMA_INVALID", undefined, /'c'/],
  ],
);

const given = (schema: object): Options => ({ ...URL_ONLY, subject: "s", schema: JSON.stringify(schema) });
test("a schema that fits is taken", planned, "written", COLUMNS, given(record(DERIVED.fields)), []);
test(
  "a schema that fits may be nullable as a whole",
  planned,
  "read",
  COLUMNS,
  given(["null", record(DERIVED.fields)]),
  [],
);
test(
  "types that only a given schema has are taken",
  planned,
  "read",
  "a TIMESTAMP(6) NOT NULL, t TIME(6) NOT NULL, f VARBINARY(3) NOT NULL, e STRING NOT NULL",
  given(
    record([
      { name: "a", type: { type: "long", logicalType: "timestamp-micros" } },
      { name: "t", type: { type: "long", logicalType: "time-micros" } },
      { name: "f", type: { type: "fixed", name: "F", size: 3 } },
      { name: "e", type: { type: "enum", name: "E", symbols: ["A"] } },
    ]),
  ),
  [],
);
const REFUSED = (text: RegExp) => [["OPTION_INVALID", "avro-confluent.schema", text] as const];
test(
  "nullability must agree",
  planned,
  "read",
  "id BIGINT, name STRING",
  given(record(DERIVED.fields)),
  REFUSED(/`id` BIGINT NOT NULL/),
);
test(
  "lengths must agree",
  planned,
  "read",
  "id BIGINT NOT NULL, name VARCHAR(9)",
  given(record(DERIVED.fields)),
  REFUSED(/VARCHAR\(9\)/),
);
test(
  "the order of fields must agree",
  planned,
  "read",
  "name STRING, id BIGINT NOT NULL",
  given(record(DERIVED.fields)),
  REFUSED(/./),
);
test("a schema must be JSON", planned, "read", COLUMNS, { ...URL_ONLY, schema: "{" }, REFUSED(/JSON/));
test(
  "a schema must be one of Avro",
  planned,
  "read",
  COLUMNS,
  { ...URL_ONLY, schema: '{"type":"x"}' },
  REFUSED(/./),
);
test(
  "a schema must be a record",
  planned,
  "read",
  COLUMNS,
  { ...URL_ONLY, schema: '"string"' },
  REFUSED(/record/),
);
test(
  "a schema must have types of columns",
  planned,
  "read",
  COLUMNS,
  given(record([{ name: "id", type: ["int", "string"] }])),
  REFUSED(/union/),
);

test(
  "a given schema is registered as it is given, and records are written with it",
  running,
  async (r, t) => {
    const schema = JSON.stringify(record(DERIVED.fields), null, 1);
    const options = { url: r.url, subject: "s", schema };

    const messages = await encodeRows(sound(planWriting(COLUMNS, options)), COLUMNS, [
      '{"id":"1","name":"a"}',
    ]);

    t.is(r.schemas.get(1)?.schema, schema);
    t.deepEqual(messages, ["0000000001" + "02" + "020261"]);
    const { diagnostics } = planReading("x INT", options);
    t.is(diagnostics[0]?.value, schema);
  },
);

test("enums of a given schema are written as enums", running, async (r, t) => {
  const columns = "e STRING NOT NULL";
  const schema = JSON.stringify(
    record([{ name: "e", type: { type: "enum", name: "E", symbols: ["A", "B"] } }]),
  );
  const planned = sound(planWriting(columns, { url: r.url, subject: "s", schema }));

  t.deepEqual(await encodeRows(planned, columns, ['{"e":"B"}']), ["000000000102"]);
  t.throws(() => planned.encoder.encode([{ e: "C" }]), { code: "RECORD_MALFORMED", message: /'e'/ });
});

// The client can be replaced

test("a module may bring registries of its own", async (t) => {
  const calls: unknown[] = [];
  const own: SchemaRegistry = {
    schemaById: (id) => Promise.resolve(id === 5 ? { schema: JSON.stringify(DERIVED) } : undefined),
    register: (subject) => {
      calls.push(subject);
      return Promise.resolve(5);
    },
  };
  const { services: _, ...rest } = formats;
  const replaced = defineModule({
    ...rest,
    name: "replaced",
    services: [
      {
        token: SCHEMA_REGISTRIES,
        provide: {
          useFactory: () => ({
            connect: (settings: unknown) => {
              calls.push(settings);
              return own;
            },
          }),
        },
      },
      ...(formats.services ?? []).filter(({ token }) => token !== SCHEMA_REGISTRIES),
    ],
  });
  const context = { ...CONTEXT, registry: createRegistry([replaced]) };
  const planned = sound(
    planEncoder(request(COLUMNS, { url: "https://a:b@r:8081/x/", subject: "s" }), context),
  );

  t.deepEqual(await encodeRows(planned, COLUMNS, ['{"id":"1"}']), ["00000000050200"]);
  t.deepEqual(calls, [
    {
      urls: ["https://r:8081/x"],
      authorization: `Basic ${Buffer.from("a:b").toString("base64")}`,
      timeoutMs: 60_000,
      retriesMax: 3,
      retryWaitMs: 1_000,
      retryWaitMaxMs: 20_000,
    },
    "s",
  ]);
});

// In a job

class NoOptions {}

interface Job {
  readonly registry: FactoryRegistry;
  readonly sinks: Map<string, CollectingSink<Row>>;
}

/** Sources `bytes`, sinks `kept`, and a sink `framed` that keeps what its format writes. */
function jobWith(batches: readonly (readonly string[])[]): Job & { readonly written: string[] } {
  const sinks = new Map<string, CollectingSink<Row>>();
  const written: string[] = [];
  const bytes: SourceFactory<NoOptions> = {
    role: "source",
    identifier: "bytes",
    provides: "Source",
    options: NoOptions,
    format: "required",
    metadata: [],
    create: () =>
      tableSource<Uint8Array>({
        source: new ScriptedSource<Uint8Array>({
          split: {
            batches: batches.map((records) => ({
              records: records.map((hex) => Buffer.from(hex.replaceAll(" ", ""), "hex")),
            })),
          },
        }),
        payload: (record) => record,
      }),
  };
  const kept: SinkFactory<NoOptions> = {
    role: "sink",
    identifier: "kept",
    provides: "Sink",
    options: NoOptions,
    format: "none",
    metadata: [],
    create: (_, { table: { name } }) => {
      const sink = new CollectingSink<Row>();
      sinks.set(name, sink);
      return { sink, supportsPartitions: false };
    },
  };
  const framed: SinkFactory<NoOptions> = {
    role: "sink",
    identifier: "framed",
    provides: "Sink",
    options: NoOptions,
    format: "required",
    metadata: [],
    create: (_, { format, table: { name }, physicalRowType }) => ({
      supportsPartitions: false,
      sink: {
        createWriter: () => {
          const encoder = format?.createEncoder({ table: name, rowType: physicalRowType });
          return Promise.resolve({
            write: (rows) => {
              for (const message of encoder?.encode(rows) ?? [])
                written.push(Buffer.from(message ?? []).toString("hex"));
              return Promise.resolve();
            },
            flush: () => Promise.resolve(),
            close: () => Promise.resolve(),
          });
        },
      },
    }),
  };
  const module = defineModule({ name: "bench", version: "1.0.0", factories: [bytes, kept, framed] });
  return { registry: createRegistry([formats, module]), sinks, written };
}

const TABLE_COLUMNS = { id: "BIGINT NOT NULL", name: "STRING" } as const;

function clicks(options: Options): TableDescriptor {
  // Pauses are the machine's in a job.
  const hasty = { "avro-confluent.properties.retries.wait.ms": "0" };
  return table({
    name: "clicks",
    columns: TABLE_COLUMNS,
    options: { connector: "bytes", format: "avro-confluent", ...hasty, ...options },
  });
}

const target = (connector: string, options: Options = {}): TableDescriptor =>
  table({ name: "target", columns: TABLE_COLUMNS, options: { connector, ...options } });

async function runJob(pipeline: Pipeline, { registry: wired }: Job): Promise<unknown> {
  const handle = await new DirectRunner().run(graphOf(pipeline, wired), { logger: SILENT_LOGGER });
  return handle.result;
}

test("a job reads and writes, each schema asked for once", running, async (r, t) => {
  r.add(1, DERIVED);
  r.add(2, record([{ name: "id", type: "int" }]));
  const job = jobWith([["00 00000001 0200", "00 00000002 04"], ["00 00000001 0600"]]);
  const pipeline = new Pipeline("test");
  pipeline.readTable("read", clicks({ "avro-confluent.url": r.url })).writeTable(
    "write",
    target("framed", {
      format: "avro-confluent",
      "avro-confluent.url": r.url,
      "avro-confluent.subject": "out",
    }),
  );

  await runJob(pipeline, job);

  t.deepEqual(job.written, ["00000000010200", "00000000010400", "00000000010600"]);
  t.deepEqual([...r.paths].sort(), [
    "GET /schemas/ids/1",
    "GET /schemas/ids/2",
    "POST /subjects/out/versions",
  ]);
});

test("a job fails when the registry does, naming table, address and id", running, async (r, t) => {
  answers(500, { error_code: 50001, message: "Error in the backend data store" })(r);
  const job = jobWith([["00 00000007 0200"]]);
  const pipeline = new Pipeline("test");
  pipeline
    .readTable("read", clicks({ "avro-confluent.url": r.url, "decode.on-error": "skip" }))
    .writeTable("write", target("kept"));

  const failure = await rejection(runJob(pipeline, job));

  t.is(failure.code, "SERVICE_UNAVAILABLE");
  t.is(failure.table, "clicks");
  t.regex(failure.message, /id 7/);
});

test("a job that cannot register its schema fails before it reads", running, async (r, t) => {
  answers(422, { error_code: 42201, message: "Invalid Avro schema" })(r);
  const job = jobWith([["00 00000001 0200"]]);
  const pipeline = new Pipeline("test");
  pipeline.readTable("read", clicks({ "avro-confluent.url": r.url })).writeTable(
    "write",
    target("framed", {
      format: "avro-confluent",
      "avro-confluent.url": r.url,
      "avro-confluent.subject": "out",
    }),
  );

  const failure = await rejection(runJob(pipeline, job));

  t.is(failure.code, "EXTERNAL_FAILED");
  t.regex(failure.message, /subject 'out'/);
  t.deepEqual(r.paths, ["POST /subjects/out/versions"]);
});

test(
  "messages without frame or with an unknown schema follow the policy for malformed records",
  running,
  async (r, t) => {
    r.add(1, DERIVED);
    const job = jobWith([["00 00000001 0200", "7b7d", "00 00000009 0200", "00 00000001 0400"]]);
    const pipeline = new Pipeline("test");
    const deadLetter = table({
      name: "dead",
      columns: { payload: "BYTES", reason: "STRING", format: "STRING" },
      options: { connector: "kept" },
    });
    pipeline
      .readTable("read", clicks({ "avro-confluent.url": r.url }), { deadLetter })
      .writeTable("write", target("kept"));

    await runJob(pipeline, job);

    t.deepEqual(
      job.sinks.get("target")?.values.map(({ id }) => id),
      [1n, 2n],
    );
    const letters = job.sinks.get("dead")?.values ?? [];
    t.deepEqual(
      letters.map(({ payload }) => Buffer.from(payload as Uint8Array).toString("hex")),
      ["7b7d", "00000000090200"],
    );
    t.regex(String(letters[1]?.["reason"]), /no schema with the id 9/);
    t.is(letters[0]?.["format"], "avro-confluent");
  },
);

for (const one of factoryConformance({
  role: "format",
  identifier: "avro-confluent",
  modules: [formats],
  options: { "avro-confluent.url": "http://localhost:8081", "avro-confluent.subject": "s" },
  invalid: { "avro-confluent.url": "ftp://x", "avro-confluent.schema": "{" },
})) {
  test(one.name, (t) => t.notThrowsAsync(one.run()));
}

/** A registry in memory, shared by all formats. */
const numbered: string[] = [];
const inMemory: SchemaRegistries = {
  connect: () => ({
    schemaById: (id) => {
      const schema = numbered[id - 1];
      return Promise.resolve(schema === undefined ? undefined : { schema });
    },
    register: (_, schema) => {
      if (!numbered.includes(schema)) numbered.push(schema);
      return Promise.resolve(numbered.indexOf(schema) + 1);
    },
  }),
};

function confluent(): AvroConfluentFormat {
  const { value } = parseOptions(
    AvroConfluentFormatOptions,
    optionEntries({ url: "http://localhost:8081", subject: "s" }),
    { prefix: "" },
  );
  return new AvroConfluentFormat(value as AvroConfluentFormatOptions, inMemory);
}

for (const one of formatConformance({
  name: "avro-confluent",
  decoding: confluent,
  encoding: confluent,
  types: [
    "BOOLEAN",
    "TINYINT",
    "SMALLINT",
    "INT",
    "BIGINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL(12, 3)",
    "CHAR(3)",
    "STRING",
    "BYTES",
    "DATE",
    "TIME(3)",
    "TIMESTAMP(3)",
    "ARRAY<STRING>",
    "MAP<STRING, DECIMAL(10, 2)>",
    "MULTISET<STRING>",
    "ROW<x BIGINT, y ARRAY<ROW<z DOUBLE>>>",
  ],
  unsupported: ["TIMESTAMP(6)", "TIMESTAMP_LTZ(3)", "TIME(6)", "MAP<INT, STRING>", "INTERVAL YEAR TO MONTH"],
  malformed: ["", "text", Uint8Array.of(0, 0, 0, 0, 1), Uint8Array.of(0, 0xff, 0, 0, 0, 0)],
})) {
  test(one.name, (t) => t.notThrowsAsync(one.run()));
}
