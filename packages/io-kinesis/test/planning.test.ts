import { createRequire } from "node:module";

import test from "ava";
import fc from "fast-check";

import {
  FactoryConflictError,
  TributaryError,
  createRegistry,
  describeOptions,
  notNull,
  planSink,
  planSource,
  types,
  validateTable,
} from "@tributary/core";
import type { Diagnostic, LogicalType, Module, PlanContext, RowType, TableDescriptor } from "@tributary/core";
import { SILENT_LOGGER } from "@tributary/core/testing";
import {
  KinesisSinkOptions,
  KinesisSourceOptions,
  ShardTracker,
  assignByHashRange,
  columnKeyGenerator,
  kinesis4,
  kinesis5,
  kinesisStreams4,
  kinesisStreams5,
  parseStartTimestamp,
  partitionKeyFunction,
} from "@tributary/io-kinesis";

import { plainFormat } from "./plain-format.js";

// ---------------------------------------------------------------------------------------------------------- options

const SOUND = {
  connector: "kinesis",
  "stream.arn": "arn:aws:kinesis:eu-west-1:111122223333:stream/orders",
  "aws.region": "eu-west-1",
  format: "plain",
};

function contextOf(module: Module): PlanContext {
  return { registry: createRegistry([module, plainFormat]), timeZone: "UTC", logger: SILENT_LOGGER };
}

const CONTEXT = contextOf(kinesisStreams5);

type Options = Readonly<Record<string, string | undefined>>;

function tableOf(changes: Options, partitionKeys: readonly string[] = []): TableDescriptor {
  const options = Object.entries({ ...SOUND, ...changes })
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([key, value], index) => ({ key, value, place: { file: "t.sql", line: 10 + index, column: 3 } }));
  return {
    name: "orders",
    schema: {
      columns: [
        { kind: "physical", name: "id", type: types.string() },
        { kind: "physical", name: "city", type: types.string() },
        { kind: "physical", name: "price", type: types.decimal(10, 2) },
      ],
    },
    partitionKeys,
    options,
    partitionKeysPlace: { file: "t.sql", line: 30, column: 1 },
  };
}

/** `severity CODE option` of each diagnostic. */
function briefly(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ severity, code, option, columnName }) =>
    [severity, code, option ?? columnName].filter((part) => part !== undefined).join(" "),
  );
}

type Role = "source" | "sink";

const plan = (role: Role, table: TableDescriptor, context = CONTEXT): readonly Diagnostic[] =>
  (role === "source" ? planSource(table, context) : planSink(table, context)).diagnostics;

function options(
  role: Role,
  changes: Options,
  expected: readonly string[],
  partitionKeys: readonly string[] = [],
): void {
  const by = partitionKeys.length > 0 ? ` by ${partitionKeys.join()}` : "";
  const outcome = expected.length === 0 ? "no fault" : expected.join(", ");
  test(`${role} with ${JSON.stringify(changes)}${by} gives ${outcome}`, (t) => {
    t.deepEqual(briefly(plan(role, tableOf(changes, partitionKeys))), [...expected]);
  });
}

for (const role of ["source", "sink"] as const) {
  const cases: readonly (readonly [Options, readonly string[]])[] = [
    [{}, []],
    [{ "stream.arn": undefined }, ["error OPTION_MISSING stream.arn"]],
    [{ "aws.region": undefined }, ["error OPTION_MISSING aws.region"]],
    [{ "aws.region": undefined, "aws.endpoint": "http://localhost:1" }, ["error OPTION_MISSING aws.region"]],
    [{ format: undefined }, ["error OPTION_MISSING format"]],
    [{ "stream.arn": "orders" }, ["error OPTION_INVALID stream.arn"]],
    [{ "stream.arn": "arn:aws:kinesis:eu-west-1:111122223333:stream/" }, ["error OPTION_INVALID stream.arn"]],
    [{ "stream.arn": "arn:aws-cn:kinesis:eu-west-1:111122223333:stream/a.b-c_d" }, []],
    [{ "aws.region": "us-east-1" }, ["error OPTION_CONFLICT aws.region"]],
    [{ "aws.region": "wrongRegionId" }, ["error OPTION_INVALID aws.region"]],
    [{ "aws.region": "us-gov-west-1" }, ["error OPTION_CONFLICT aws.region"]],
    [{ "aws.region": "some-bad-region" }, ["error OPTION_INVALID aws.region"]],
    [{ "aws.region": "aws-global" }, ["warning OPTION_IGNORED aws.region"]],
    [{ "aws.endpoint": "bad-endpoint-no-uri" }, ["error OPTION_INVALID aws.endpoint"]],
    [{ "aws.endpoint": "http://localhost:4567" }, []],
    [{ "aws.trust.all.certificates": "true" }, []],
    [{ "aws.trust.all.certificates": "TRUE" }, ["error OPTION_INVALID aws.trust.all.certificates"]],
    [{ "aws.trust.all.certificates": "yes" }, ["error OPTION_INVALID aws.trust.all.certificates"]],
    [{ "aws.http.protocol.version": "HTTP1_1" }, []],
    [{ "aws.http.protocol.version": "http2" }, ["error OPTION_INVALID aws.http.protocol.version"]],
    [{ "aws.http-client.max-concurrency": "0" }, ["error OPTION_INVALID aws.http-client.max-concurrency"]],
    [{ "aws.http-client.read-timeout": "x" }, ["error OPTION_INVALID aws.http-client.read-timeout"]],
    [{ "aws.anything": "1" }, ["warning OPTION_UNKNOWN aws.anything"]],
    [{ "source.anything": "1" }, ["warning OPTION_UNKNOWN source.anything"]],
    [
      { "sink.producer.aggregation-enabled": "true" },
      ["warning OPTION_UNKNOWN sink.producer.aggregation-enabled"],
    ],
    [{ sourcefoo: "1" }, ["error OPTION_UNKNOWN sourcefoo"]],
    [{ "invalid.option": "1" }, ["error OPTION_UNKNOWN invalid.option"]],
    [{ stream: "orders" }, ["error OPTION_UNKNOWN stream"]],
    [{ "scan.stream.initpos": "LATEST" }, ["error OPTION_UNKNOWN scan.stream.initpos"]],
    [{ "retry-strategy.attempts.max": "5" }, ["error OPTION_UNKNOWN retry-strategy.attempts.max"]],
    [
      { "aws.credentials.provider": "BASIC" },
      [
        "error OPTION_MISSING aws.credentials.basic.accesskeyid",
        "error OPTION_MISSING aws.credentials.basic.secretkey",
      ],
    ],
    [
      {
        "aws.credentials.provider": "BASIC",
        "aws.credentials.basic.accesskeyid": "a",
        "aws.credentials.provider.basic.secretkey": "s",
      },
      [],
    ],
    [{ "aws.credentials.provider": "basic" }, ["error OPTION_INVALID aws.credentials.provider"]],
    [
      { "aws.credentials.provider": "SYS_PROP" },
      [
        "error OPTION_MISSING aws.credentials.provider",
        "error OPTION_MISSING aws.credentials.provider",
        "warning SECRET_EXPOSED aws.credentials.provider",
      ],
    ],
    [
      { "aws.credentials.provider": "CUSTOM", "aws.credentials.custom.class": "a.B" },
      ["error OPTION_INVALID aws.credentials.custom.class"],
    ],
    [{ "aws.credentials.provider": "CUSTOM" }, ["error OPTION_MISSING aws.credentials.custom.class"]],
    [
      { "aws.credentials.provider": "CUSTOM", "aws.credentials.provider.custom.class": "./gone.mjs#A" },
      ["error OPTION_INVALID aws.credentials.provider.custom.class"],
    ],
    [
      {
        "aws.credentials.provider": "ASSUME_ROLE",
        "aws.credentials.role.arn": "arn:aws:iam::1:role/r",
        "aws.credentials.role.sessionName": "s",
        "aws.credentials.role.provider": "CUSTOM",
        "aws.credentials.role.provider.custom.class": "a.B",
      },
      ["error OPTION_INVALID aws.credentials.role.provider.custom.class"],
    ],
    [
      { "aws.credentials.provider": "ASSUME_ROLE", "aws.credentials.role.arn": "arn:aws:iam::1:role/r" },
      ["error OPTION_MISSING aws.credentials.role.sessionName"],
    ],
    [{ "aws.credentials.provider": "PROFILE", "aws.credentials.profile.name": "dev" }, []],
  ];
  for (const [changes, expected] of cases) options(role, changes, expected);
}

for (const [changes, expected] of [
  [{ "source.init.position": "trim_horizon" }, []],
  [{ "source.init.position": "EARLIEST" }, ["error OPTION_INVALID source.init.position"]],
  [{ "source.init.position": "AT_TIMESTAMP" }, ["error OPTION_MISSING source.init.timestamp"]],
  [
    { "source.init.position": "AT_TIMESTAMP", "source.init.timestamp": "badTimestamp" },
    ["error OPTION_INVALID source.init.timestamp"],
  ],
  [{ "source.init.position": "AT_TIMESTAMP", "source.init.timestamp": "1459799926.480" }, []],
  [
    {
      "source.init.position": "AT_TIMESTAMP",
      "source.init.timestamp": "2020",
      "source.init.timestamp.format": "yyyy-bb",
    },
    ["error OPTION_INVALID source.init.timestamp.format"],
  ],
  [{ "source.init.timestamp": "2020" }, ["warning OPTION_IGNORED source.init.timestamp"]],
  [{ "source.reader.type": "PUSH" }, ["error OPTION_INVALID source.reader.type"]],
  [{ "source.reader.type": "EFO" }, ["error OPTION_MISSING source.efo.consumer.name"]],
  [
    { "source.reader.type": "EFO", "source.efo.consumer.name": "" },
    ["error OPTION_MISSING source.efo.consumer.name"],
  ],
  [{ "source.reader.type": "EFO", "source.efo.consumer.name": "me" }, []],
  [{ "source.init.position": "SPECIFIC" }, ["error OPTION_MISSING source.init.positions"]],
  [{ "source.init.position": "SPECIFIC", "source.init.positions": "shardId-000000000000:495" }, []],
  [{ "source.init.position": "SPECIFIC", "source.init.positions": '{"shardId-000000000000":"495"}' }, []],
  [{ "source.init.position": "SPECIFIC", "source.init.positions": "positions.json" }, []],
  [
    { "source.init.position": "SPECIFIC", "source.init.positions": "shardId-000000000000:first" },
    ["error OPTION_INVALID source.init.positions"],
  ],
  [
    { "source.init.position": "SPECIFIC", "source.init.positions": '{"shardId-000000000000":495}' },
    ["error OPTION_INVALID source.init.positions"],
  ],
  [{ "source.init.positions": "shardId-000000000000:495" }, ["warning OPTION_IGNORED source.init.positions"]],
  [{ "source.end.position": "LATEST" }, []],
  [{ "source.end.timestamp": "1459799926.480" }, []],
  [{ "source.end.timestamp": "soon" }, ["error OPTION_INVALID source.end.timestamp"]],
  [{ "source.end.position": "AT_TIMESTAMP" }, ["error OPTION_MISSING source.end.timestamp"]],
  [
    { "source.end.position": "LATEST", "source.end.timestamp": "2020" },
    ["warning OPTION_IGNORED source.end.timestamp"],
  ],
  [
    {
      "source.init.position": "AT_TIMESTAMP",
      "source.init.timestamp": "2020",
      "source.end.timestamp": "2020",
    },
    ["error OPTION_INVALID source.end.timestamp"],
  ],
  [{ "source.on-data-loss": "fail" }, []],
  [{ "source.on-data-loss": "ignore" }, ["error OPTION_INVALID source.on-data-loss"]],
  [{ "source.deaggregate": "off" }, []],
  [{ "source.deaggregate": "on" }, ["error OPTION_INVALID source.deaggregate"]],
  [{ "source.shard.get-records.limit-share": "1" }, []],
  [
    { "source.shard.get-records.limit-share": "1.1" },
    ["error OPTION_INVALID source.shard.get-records.limit-share"],
  ],
  [
    { "source.shard.get-records.limit-share": "0" },
    ["error OPTION_INVALID source.shard.get-records.limit-share"],
  ],
  [{ "source.shard.get-records.max-record-count": "10000" }, []],
  [
    { "source.shard.get-records.max-record-count": "10001" },
    ["error OPTION_INVALID source.shard.get-records.max-record-count"],
  ],
  [
    { "source.shard.get-records.max-record-count": "0" },
    ["error OPTION_INVALID source.shard.get-records.max-record-count"],
  ],
  [{ "source.shard.discovery.interval": "500 ms" }, []],
  [{ "source.shard.discovery.interval": "soon" }, ["error OPTION_INVALID source.shard.discovery.interval"]],
  [{ "source.shard-assigner": "uniform" }, ["warning OPTION_IGNORED source.shard-assigner"]],
  [
    {
      "sink.http-client.max-concurrency": "5",
      "sink.batch.max-size": "1",
      "sink.producer.fail-on-error": "true",
    },
    [],
  ],
  [{ "sink.batch.max-size": "0" }, []],
] as const) {
  options("source", changes, expected);
}

for (const [changes, expected, partitionKeys] of [
  [{ "sink.partitioner": "random" }, []],
  [{ "sink.partitioner": "fixed" }, []],
  [{ "sink.partitioner": "FIXED" }, ["error OPTION_INVALID sink.partitioner"]],
  [{ "sink.partitioner": "com.acme.MyKeys" }, ["error OPTION_INVALID sink.partitioner"]],
  [
    {
      "sink.partitioner": "a.B",
      "aws.credentials.provider": "CUSTOM",
      "aws.credentials.custom.class": "c.D",
    },
    ["error OPTION_INVALID sink.partitioner", "error OPTION_INVALID aws.credentials.custom.class"],
  ],
  [{ "sink.partitioner": "com.acme.MyKeys" }, ["error OPTION_CONFLICT sink.partitioner"], ["city"]],
  [{ "sink.partitioner": "random" }, ["error OPTION_CONFLICT sink.partitioner"], ["city"]],
  [{}, [], ["city"]],
  [{ "sink.partitioner-field-delimiter": "" }, [], ["city", "id"]],
  [{}, ["error SCHEMA_INVALID price"], ["price"]],
  [{}, ["error SCHEMA_INVALID city"], ["city", "city"]],
  [{ "sink.batch.max-size": "500" }, []],
  [{ "sink.batch.max-size": "501" }, ["error OPTION_INVALID sink.batch.max-size"]],
  [{ "sink.batch.max-size": "0" }, ["error OPTION_INVALID sink.batch.max-size"]],
  [{ "sink.batch.max-size": "100", "sink.requests.max-buffered": "101" }, []],
  [
    { "sink.batch.max-size": "100", "sink.requests.max-buffered": "100" },
    ["error OPTION_INVALID sink.requests.max-buffered"],
  ],
  [{ "sink.requests.max-buffered": "500" }, ["error OPTION_INVALID sink.requests.max-buffered"]],
  [{ "sink.requests.max-inflight": "0" }, ["error OPTION_INVALID sink.requests.max-inflight"]],
  [{ "sink.flush-buffer.size": "1048576" }, []],
  [{ "sink.flush-buffer.size": "1048575" }, ["error OPTION_INVALID sink.flush-buffer.size"]],
  [{ "sink.flush-buffer.timeout": "0" }, ["error OPTION_INVALID sink.flush-buffer.timeout"]],
  [{ "sink.http-client.max-concurrency": "0" }, ["error OPTION_INVALID sink.http-client.max-concurrency"]],
  [{ "sink.http-client.protocol.version": "HTTP1_1" }, []],
  [
    { "sink.producer.collection-max-size": "0" },
    [
      "error OPTION_INVALID sink.producer.collection-max-size",
      "warning OPTION_DEPRECATED sink.producer.collection-max-size",
    ],
  ],
  [
    { "sink.producer.record-max-buffered-time": "10" },
    ["warning OPTION_DEPRECATED sink.producer.record-max-buffered-time"],
  ],
  [
    { "sink.producer.kinesis-endpoint": "localhost", "sink.producer.kinesis-port": "1" },
    ["warning OPTION_DEPRECATED sink.producer.kinesis-endpoint"],
  ],
  [{ "sink.producer.kinesis-port": "1" }, ["warning OPTION_IGNORED sink.producer.kinesis-port"]],
  [
    { "sink.producer.verify-certificate": "False" },
    ["warning OPTION_DEPRECATED sink.producer.verify-certificate"],
  ],
  [
    { "sink.producer.verify-certificate": "maybe" },
    ["warning OPTION_IGNORED sink.producer.verify-certificate"],
  ],
  [{ "source.init.position": "AT_TIMESTAMP" }, []],
  [{ "source.reader.type": "PUSH" }, []],
] as const satisfies readonly (readonly [Options, readonly string[], (readonly string[])?])[]) {
  options("sink", changes, expected, partitionKeys);
}

test("a column that cannot be part of a key is reported at its place in PARTITIONED BY", (t) => {
  const table: TableDescriptor = {
    ...tableOf({}, ["id", "price"]),
    partitionKeyPlaces: new Map([["price", { file: "t.sql", line: 30, column: 5 }]]),
  };

  t.deepEqual(
    plan("sink", table).map(({ columnName, line, column }) => [columnName, line, column]),
    [["price", 30, 5]],
  );
});

test("a partitioner beside PARTITIONED BY is reported at the option's place", (t) => {
  const [fault] = plan("sink", tableOf({ "sink.partitioner": "fixed" }, ["city"]));

  t.like(fault, {
    code: "OPTION_CONFLICT",
    file: "t.sql",
    line: 14,
    column: 3,
    value: "fixed",
    connector: "kinesis",
  });
});

test("a partition column of an unsupported type is reported at the clause", (t) => {
  const [fault] = plan("sink", tableOf({}, ["price"]));

  t.like(fault, { code: "SCHEMA_INVALID", file: "t.sql", line: 30, column: 1, columnName: "price" });
});

test("a table that is used in no statement has each fault once", (t) => {
  const faults = validateTable(
    tableOf({ "stream.arn": "x", "aws.endpoint": "y", "sink.batch.max-size": "0" }),
    CONTEXT,
  );

  t.deepEqual(briefly(faults).toSorted(), [
    "error OPTION_INVALID aws.endpoint",
    "error OPTION_INVALID sink.batch.max-size",
    "error OPTION_INVALID stream.arn",
  ]);
});

test("a missing partition column is reported once", (t) => {
  const faults = validateTable(tableOf({}, ["nowhere"]), CONTEXT);

  t.deepEqual(briefly(faults), ["error SCHEMA_INVALID nowhere"]);
});

test("secrets are masked under both spellings", (t) => {
  for (const key of ["aws.credentials.basic.secretkey", "aws.credentials.provider.basic.secretkey"]) {
    const diagnostics = plan(
      "source",
      tableOf({ [key]: "hunter2", "aws.credentials.provider": "BASIC", "aws.region": "x" }),
    );
    t.false(JSON.stringify(diagnostics).includes("hunter2"));
  }
});

test("the AWS client is loaded when it is used, not to plan", async (t) => {
  const { cache } = createRequire(import.meta.url);
  const isLoaded = (): boolean => Object.keys(cache).some((file) => file.includes("client-kinesis"));

  t.deepEqual(briefly(plan("source", tableOf({}))), []);
  t.false(isLoaded());
  await import("@aws-sdk/client-kinesis");
  t.true(isLoaded());
});

test("options are described with the types and defaults of the reference", (t) => {
  const described = new Map(
    [...describeOptions(KinesisSourceOptions), ...describeOptions(KinesisSinkOptions)].map((one) => [
      one.key,
      one,
    ]),
  );
  const rows = [
    ["stream.arn", "String", null, true],
    ["aws.region", "String", null, true],
    ["aws.trust.all.certificates", "Boolean", "false", false],
    ["aws.http.protocol.version", "Enum", "HTTP2", false],
    ["aws.http-client.max-concurrency", "Integer", "10000", false],
    ["aws.credentials.provider", "Enum", "AUTO", false],
    ["source.init.position", "Enum", "LATEST", false],
    ["source.init.timestamp.format", "String", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", false],
    ["source.shard.discovery.interval", "Duration", "10 s", false],
    ["source.shard.get-records.max-record-count", "Integer", "10000", false],
    ["source.reader.empty-records-fetch-interval", "Duration", "250 ms", false],
    ["sink.batch.max-size", "Integer", "500", false],
    ["sink.requests.max-inflight", "Integer", "50", false],
    ["sink.flush-buffer.size", "Long", "5242880", false],
    ["sink.flush-buffer.timeout", "Long", "5000", false],
    ["sink.fail-on-error", "Boolean", "false", false],
  ] as const;

  for (const [key, type, value, required] of rows) {
    t.like(described.get(key), { type, default: value, required, forwarded: false }, key);
  }
});

// ---------------------------------------------------------------------------------------------------------- modules

test("each distribution registers the factories of the original", (t) => {
  const lines = (module: Module): string[] =>
    createRegistry([module]).registrations.map(
      (one) => `${one.role} ${one.identifier} ${one.interface} ${one.module}@${one.version}`,
    );

  t.deepEqual(lines(kinesisStreams5), [
    "source kinesis Source kinesis-streams@5.1.0",
    "sink kinesis Sink kinesis-streams@5.1.0",
  ]);
  t.deepEqual(lines(kinesisStreams4), ["sink kinesis Sink kinesis-streams@4.3.0"]);
  t.deepEqual(lines(kinesis5), [
    "source kinesis Source kinesis@5.1.0",
    "source kinesis-legacy SourceFunction kinesis@5.1.0",
    "sink kinesis Sink kinesis@5.1.0",
  ]);
  t.deepEqual(lines(kinesis4), [
    "source kinesis SourceFunction kinesis@4.3.0",
    "sink kinesis Sink kinesis@4.3.0",
  ]);
});

test("any two distributions conflict about the sink", (t) => {
  const all = [kinesisStreams5, kinesisStreams4, kinesis5, kinesis4];
  for (const [index, left] of all.entries()) {
    for (const right of all.slice(index + 1)) {
      const error = t.throws(() => createRegistry([right, left]), { instanceOf: FactoryConflictError });
      t.true(error.conflicts.some(({ role, identifier }) => role === "sink" && identifier === "kinesis"));
    }
  }
});

test("the old source is planned under the identifier of its distribution", (t) => {
  const legacy = {
    connector: "kinesis-legacy",
    stream: "orders",
    "stream.arn": undefined,
    "scan.stream.initpos": "LATEST",
  };

  t.deepEqual(briefly(plan("source", tableOf(legacy), contextOf(kinesis5))), []);
  t.deepEqual(briefly(plan("source", tableOf({ ...legacy, connector: "kinesis" }), contextOf(kinesis4))), []);
});

test("the sink of 4.x takes the stream's name", (t) => {
  const context = contextOf(kinesisStreams4);

  t.deepEqual(briefly(plan("sink", tableOf({ "stream.arn": undefined, stream: "orders" }), context)), []);
  t.deepEqual(briefly(plan("sink", tableOf({ stream: "orders" }), context)), [
    "error OPTION_UNKNOWN stream.arn",
  ]);
});

test("metadata columns are listed in order, the original's three first", (t) => {
  const { registry } = CONTEXT;

  t.deepEqual(
    registry
      .findSource("kinesis")
      ?.metadata.map(({ key, type }) => `${key} ${type.kind}${type.nullable ? "" : " NOT NULL"}`),
    [
      "timestamp TIMESTAMP_LTZ NOT NULL",
      "sequence-number VARCHAR NOT NULL",
      "shard-id VARCHAR NOT NULL",
      "stream VARCHAR NOT NULL",
      "partition-key VARCHAR NOT NULL",
      "sub-sequence-number BIGINT",
      "explicit-hash-key VARCHAR",
      "millis-behind-latest BIGINT",
    ],
  );
});

// ------------------------------------------------------------------------------------------------- start timestamps

const DEFAULT = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX";
const NOW = Date.UTC(2024, 5, 1);

function timestamp(text: string, pattern: string, expected: number | "pattern" | "text"): void {
  test(`'${text}' by ${pattern} is ${expected}`, (t) => {
    const parsed = parseStartTimestamp(text, pattern, NOW);

    t.is(parsed.ok ? parsed.ms : parsed.part, expected);
  });
}

for (const [text, pattern, expected] of [
  ["2023-04-13T09:18:00.0+01:00", DEFAULT, 1681373880000],
  ["2016-04-04T19:58:46.480-00:00", DEFAULT, 1459799926480],
  ["1681910583.745", DEFAULT, 1681910583745],
  ["1459799926.480", DEFAULT, 1459799926480],
  ["2023-04-13T09:23", "yyyy-MM-dd'T'HH:mm", Date.UTC(2023, 3, 13, 9, 23)],
  ["2014-10-22T12:00:00", "yyyy-MM-dd'T'HH:mm:ss", Date.UTC(2014, 9, 22, 12)],
  ["badTimestamp", DEFAULT, "text"],
  ["2020", DEFAULT, 2020000],
  ["", DEFAULT, "text"],
  ["-1.5", DEFAULT, -1500],
  ["+1e3", DEFAULT, 1_000_000],
  ["1.0009", DEFAULT, 1000],
  ["NaN", DEFAULT, "text"],
  ["2023-04-13T09:18:00.5Z", DEFAULT, Date.UTC(2023, 3, 13, 9, 18, 0, 5)],
  ["2023-04-13T09:18:00.123456Z", DEFAULT, Date.UTC(2023, 3, 13, 9, 20, 3, 456)],
  ["2023-04-13T09:18:00.000Z and more", DEFAULT, Date.UTC(2023, 3, 13, 9, 18)],
  ["2023-13-01", "yyyy-MM-dd", Date.UTC(2024, 0, 1)],
  ["2023-02-30", "yyyy-MM-dd", Date.UTC(2023, 2, 2)],
  ["20230413", "yyyyMMdd", Date.UTC(2023, 3, 13)],
  ["2023041", "yyyyMMdd", Date.UTC(2023, 3, 1)],
  ["4/5/23", "M/d/yy", Date.UTC(2023, 3, 5)],
  ["4/5/90", "M/d/yy", Date.UTC(1990, 3, 5)],
  ["13 Apr 2023", "d MMM yyyy", Date.UTC(2023, 3, 13)],
  ["13 April 2023 at 9 PM", "d MMMM yyyy 'at' h a", Date.UTC(2023, 3, 13, 21)],
  ["Thu 13.04.2023 12 AM", "EEE dd.MM.yyyy hh a", Date.UTC(2023, 3, 13)],
  ["2023-04-13 24", "yyyy-MM-dd kk", Date.UTC(2023, 3, 13)],
  ["2023-103", "yyyy-DDD", Date.UTC(2023, 3, 13)],
  ["2023-04-13 +0130", "yyyy-MM-dd Z", Date.UTC(2023, 3, 12, 22, 30)],
  ["2023-04-13 GMT+1:30", "yyyy-MM-dd z", Date.UTC(2023, 3, 12, 22, 30)],
  ["2023-04-13+01", "yyyy-MM-ddX", Date.UTC(2023, 3, 12, 23)],
  ["2023-04-13+0130", "yyyy-MM-ddXX", Date.UTC(2023, 3, 12, 22, 30)],
  ["2023-04-13+25:00", "yyyy-MM-ddXXX", "text"],
  ["o'clock 9", "'o''clock' H", Date.UTC(1970, 0, 1, 9)],
  ["'5'", "''d''", Date.UTC(1970, 0, 5)],
  ["2023", "yyyy b", "pattern"],
  ["2023", "yyyy 'T", "pattern"],
  ["2023", "yyyyXXXX", "pattern"],
] as const) {
  timestamp(text, pattern, expected);
}

// --------------------------------------------------------------------------------------------------- partition keys

function rowTypeOf(columns: Readonly<Record<string, LogicalType>>): RowType {
  return notNull(types.row(Object.entries(columns)));
}

const key = test.macro({
  exec(
    t,
    given: {
      readonly columns: Readonly<Record<string, LogicalType>>;
      readonly row: Readonly<Record<string, unknown>>;
      readonly by?: readonly string[];
      readonly delimiter?: string;
      readonly fixed?: Readonly<Record<string, unknown>>;
    },
    expected: string,
  ) {
    const generate = columnKeyGenerator({
      columns: given.by ?? Object.keys(given.columns),
      delimiter: given.delimiter ?? "|",
      rowType: rowTypeOf(given.columns),
      staticPartition: new Map(Object.entries(given.fixed ?? {})),
    });

    t.is(generate(given.row), expected);
  },
  title: (title) => `partition key: ${title}`,
});

const DAY = { date: types.int(), ip: types.string() };
const DAY_ROW = { date: 16365, ip: "255.255.255.255" };
const DATE = { year: types.int(), month: types.int(), day: types.int() };

test("the default delimiter", key, { columns: DAY, row: DAY_ROW }, "16365|255.255.255.255");
test("an empty delimiter", key, { columns: DAY, row: DAY_ROW, delimiter: "" }, "16365255.255.255.255");
test("a long delimiter", key, { columns: DAY, row: DAY_ROW, delimiter: "--" }, "16365--255.255.255.255");
test(
  "static columns at the front",
  key,
  { columns: DATE, row: { year: 0, month: 0, day: 31 }, delimiter: ",", fixed: { year: 2014, month: 10 } },
  "2014,10,31",
);
test(
  "a static column in the middle",
  key,
  { columns: DATE, row: { year: 2015, month: 0, day: 13 }, delimiter: ",", fixed: { month: 10 } },
  "2015,10,13",
);
test(
  "static columns only",
  key,
  { columns: { year: types.int() }, row: { year: 1 }, fixed: { year: 2014 } },
  "2014",
);
test(
  "the order of the clause counts",
  key,
  { columns: DAY, by: ["ip", "date"], row: DAY_ROW },
  "255.255.255.255|16365",
);
test(
  "282 characters are cut at 256",
  key,
  { columns: { route: types.string() }, row: { route: "x".repeat(282) } },
  "x".repeat(256),
);
test(
  "255 characters and a delimiter leave no room for more",
  key,
  { columns: { a: types.string(), b: types.string() }, row: { a: "x".repeat(255), b: "y" } },
  "x".repeat(255),
);
test(
  "254 characters and a delimiter leave room for one",
  key,
  { columns: { a: types.string(), b: types.string() }, row: { a: "x".repeat(254), b: "yz" } },
  `${"x".repeat(254)}|y`,
);
test(
  "a surrogate pair may be cut",
  key,
  { columns: { a: types.string() }, row: { a: `${"x".repeat(255)}\u{1F600}` } },
  `${"x".repeat(255)}\ud83d`,
);
test(
  "null is a word",
  key,
  { columns: { a: types.string(), b: types.int() }, row: { a: null, b: null } },
  "null|null",
);
test(
  "texts of values",
  key,
  {
    columns: {
      a: types.boolean(),
      b: types.bigint(),
      c: types.double(),
      d: types.float(),
      e: types.double(),
      f: types.char(2),
    },
    row: { a: true, b: 9007199254740993n, c: 1, d: 0.5, e: 1e10, f: "xy" },
  },
  "true|9007199254740993|1.0|0.5|1.0E10|xy",
);

test("a key never has more than 256 UTF-16 units and begins with the first column's text", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "binary", maxLength: 300 }), { minLength: 1, maxLength: 4 }),
      fc.string({ maxLength: 3 }),
      (cells, delimiter) => {
        const columns = Object.fromEntries(cells.map((_, index) => [`c${index}`, types.string()]));
        const row = Object.fromEntries(cells.map((cell, index) => [`c${index}`, cell]));
        const generate = columnKeyGenerator({
          columns: Object.keys(columns),
          delimiter,
          rowType: rowTypeOf(columns),
          staticPartition: new Map(),
        });
        const made = generate(row);
        t.true(made.length <= 256);
        t.true(made.startsWith((cells[0] ?? "").slice(0, 256)));
      },
    ),
  );
});

test("keys of columns that do not fit are refused, all faults at once", (t) => {
  const error = t.throws(() =>
    columnKeyGenerator({
      columns: ["at", "ip", "ip", "nowhere"],
      delimiter: "|",
      rowType: rowTypeOf({ ip: types.string(), at: types.timestamp(3) }),
      staticPartition: new Map([["other", 1]]),
    }),
  );

  t.true(TributaryError.is(error, "SCHEMA_INVALID"));
  t.deepEqual(
    (error as TributaryError).diagnostics.map(({ columnName }) => columnName),
    ["at", "ip", "nowhere", "other"],
  );
});

test("random keys are fresh UUIDs, fixed ones are the writer's index", (t) => {
  const uuids = ["a", "b"];
  const random = { next: () => 0, uuid: () => uuids.shift() ?? "" };
  const fresh = partitionKeyFunction({ kind: "random" }, 3, random);

  t.deepEqual([fresh({}), fresh({})], ["a", "b"]);
  t.is(partitionKeyFunction({ kind: "fixed" }, 3, random)({}), "3");
});

// ------------------------------------------------------------------------------------------------ shards and readers

const MAX = 2n ** 128n - 1n;
const THIRD = MAX / 3n;

for (const [first, last, readers, expected] of [
  [0n, THIRD, 3, 0],
  [THIRD, 2n * THIRD, 3, 1],
  [2n * THIRD, MAX, 3, 2],
  [0n, 0n, 3, 0],
  [-1n, 0n, 3, 0],
  [0n, MAX, 1, 0],
] as const) {
  test(`a shard from ${first} to ${last} goes to reader ${expected} of ${readers}`, (t) => {
    t.is(assignByHashRange({ first: String(first), last: String(last) }, readers), expected);
  });
}

test("every hash range goes to a reader that there is", (t) => {
  const hash = fc.bigInt({ min: 0n, max: MAX });
  fc.assert(
    fc.property(hash, hash, fc.integer({ min: 1, max: 1000 }), (a, b, readers) => {
      const [first, last] = a < b ? [a, b] : [b, a];
      const index = assignByHashRange({ first: String(first), last: String(last) }, readers);
      t.true(index >= 0 && index < readers);
    }),
  );
});

test("children wait for all of their parents that are still to be read", (t) => {
  const tracker = new ShardTracker();
  const add = (shardId: string, ...parentShardIds: string[]): void =>
    tracker.add(
      { shardId, parentShardIds, hashKeyRange: { first: "0", last: "0" } },
      { type: "TRIM_HORIZON" },
    );
  const ready = (): string[] => {
    const ids = tracker.assignable().map(({ shard }) => shard.shardId);
    for (const id of ids) tracker.markAssigned(id);
    return ids;
  };
  for (const id of ["0", "1", "2"]) add(id, "never-seen");
  add("3", "0");
  add("4", "0");
  add("5", "1", "2");

  t.deepEqual(ready(), ["0", "1", "2"]);
  tracker.markFinished("0", 0);
  t.deepEqual(ready(), ["3", "4"]);
  tracker.markFinished("1", 0);
  t.deepEqual(ready(), []);
  tracker.markFinished("2", 0);
  t.deepEqual(ready(), ["5"]);
  tracker.markAssigned("unknown");
  add("0");
  t.deepEqual(ready(), []);
});
