import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import { createRegistry, defineModule, planEncoder } from "@tributary/core";
import { factoryConformance } from "@tributary/core/testing";
import { formats, GLUE_SCHEMA_REGISTRIES } from "@tributary/formats";
import type { GlueSchemaRegistry } from "@tributary/formats";
import { SignatureV4 } from "@smithy/signature-v4";
import test from "ava";
import fc from "fast-check";
import type { Options } from "./codec.js";
import { GlueStandIn } from "./glue-stand-in.js";
import type { SeenCall } from "./glue-stand-in.js";
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

const { planReading, planWriting, request } = plannersOf("avro-glue");

process.env["AWS_ACCESS_KEY_ID"] = "AKIDEXAMPLE";
process.env["AWS_SECRET_ACCESS_KEY"] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
process.env["AWS_SESSION_TOKEN"] = "a-token";

const COLUMNS = "id BIGINT NOT NULL, name STRING";
const ID = "01020304-0506-0708-090a-0b0c0d0e0f10";
const ID_HEX = "0102030405060708090a0b0c0d0e0f10";
const OTHER = "ffffffff-ffff-4fff-bfff-fffffffffffe";
const DERIVED = {
  type: "record",
  name: "record",
  namespace: "org.apache.flink.avro.generated",
  fields: [
    { name: "id", type: "long" },
    { name: "name", type: ["null", "string"], default: null },
  ],
};
const record = (fields: readonly object[]): object => ({ type: "record", name: "Other", fields });
const NAMES: Options = { "aws.region": "eu-west-1", "registry.name": "shop", "schema.name": "clicks" };
const REGISTERS: Options = { "schema.autoRegistration": "true" };

const running = test.macro(
  async (t, run: (glue: GlueStandIn, u: typeof t, options: Options) => Promise<void>) => {
    const glue = await GlueStandIn.start();
    try {
      await run(glue, t, { ...NAMES, "aws.endpoint": glue.url });
    } finally {
      await glue.stop();
    }
  },
);

// The frame, byte for byte. AWS Glue Schema Registry library.

test("a message is 3, 0, the version's id in 16 bytes, and the record", running, async (glue, t, options) => {
  glue.add(ID, "clicks", DERIVED);

  const [message] = await encodeRows(sound(planWriting(COLUMNS, options)), COLUMNS, [
    '{"id":"7","name":"a"}',
  ]);

  t.is(message, "03" + "00" + ID_HEX + "0e" + "02" + "02" + "61");
  const { events } = await decodeWith(sound(planReading(COLUMNS, options)), COLUMNS, [message ?? ""]);
  t.deepEqual(events, ['{"id":"7","name":"a"}']);
});

test(
  "compressed, it is 3, 5, the id and the record in the zlib format",
  running,
  async (glue, t, options) => {
    glue.add(ID, "clicks", DERIVED);
    const planned = sound(planWriting(COLUMNS, { ...options, "schema.compression": "ZLIB" }));

    const [message] = await encodeRows(planned, COLUMNS, ['{"id":"7","name":"a"}']);

    const packed = deflateSync(Buffer.from("0e020261", "hex")).toString("hex");
    t.is(message, "03" + "05" + ID_HEX + packed);
    t.is(packed.slice(0, 2), "78");
  },
);

test("both kinds are read, whatever is set for writing", running, async (glue, t, options) => {
  glue.add(ID, "clicks", DERIVED);
  const packed = deflateSync(Buffer.from("0a00", "hex")).toString("hex");

  const { events } = await decodeWith(sound(planReading(COLUMNS, options)), COLUMNS, [
    `0300${ID_HEX}0e00`,
    `0305${ID_HEX}${packed}`,
    null,
  ]);

  t.deepEqual(events, ['{"id":"7","name":null}', '{"id":"5","name":null}']);
  t.deepEqual(glue.actions, ["GetSchemaVersion"]);
  t.deepEqual(glue.calls[0]?.input, { SchemaVersionId: ID });
});

test("what has no frame, or cannot be decompressed, is malformed", running, async (glue, t, options) => {
  glue.add(ID, "clicks", DERIVED);
  const messages = [
    "",
    "03",
    `0200${ID_HEX}0e00`,
    `0301${ID_HEX}0e00`,
    `0300${ID_HEX.slice(2)}`,
    `0305${ID_HEX}0e00`,
    `0300${ID_HEX}0e`,
  ];

  const { events, faults } = await decodeWith(sound(planReading(COLUMNS, options)), COLUMNS, messages);

  t.deepEqual(events, ["!", "!", "!", "!", "!", "!", "!name"]);
  const reasons = [/0 bytes/, /1 bytes/, /byte 2 and not/, /compression 1/, /17 bytes/, /decompressed/, /./];
  for (const [index, reason] of reasons.entries()) t.regex(faults[index]?.reason ?? "", reason);
});

test(
  "a version that is unknown, of another format, or no schema, makes its messages malformed",
  running,
  async (glue, t, options) => {
    glue.add(OTHER, "clicks", "{}", "JSON");
    glue.add(ID, "clicks", "{");
    const hex = OTHER.replaceAll("-", "");
    const messages = [`0300${"0".repeat(32)}0e00`, `0300${hex}0e00`, `0300${ID_HEX}0e00`];

    const { events, faults } = await decodeWith(sound(planReading(COLUMNS, options)), COLUMNS, messages);

    t.deepEqual(events, ["!", "!", "!"]);
    t.regex(faults[0]?.reason ?? "", /no schema version 00000000-0000-0000-0000-000000000000/);
    t.regex(faults[1]?.reason ?? "", /ffffffff-ffff-4fff-bfff-fffffffffffe is of JSON/);
    t.regex(faults[2]?.reason ?? "", /no Avro schema/);
  },
);

test("records are read with the schema that they were written with", running, async (glue, t, options) => {
  glue.add(
    ID,
    "clicks",
    record([
      { name: "extra", type: "string" },
      { name: "id", type: "int" },
    ]),
  );

  const { events } = await decodeWith(sound(planReading(COLUMNS, options)), COLUMNS, [`0300${ID_HEX}02610e`]);

  t.deepEqual(events, ['{"id":"7","name":null}']);
});

test("no bytes crash the decoder", running, async (glue, t, options) => {
  glue.add(ID, "clicks", DERIVED);
  const { decoder } = sound(planReading(COLUMNS, options));
  const framed = fc
    .tuple(fc.constantFrom("0300", "0305"), fc.uint8Array(), fc.boolean())
    .map(([start, bytes, isPacked]) =>
      Buffer.concat([Buffer.from(start + ID_HEX, "hex"), isPacked ? deflateSync(bytes) : bytes]),
    );
  const messages = fc.array(fc.oneof(fc.uint8Array({ maxLength: 17 }), framed));
  await fc.assert(
    fc.asyncProperty(messages, async (batch) => {
      let count = 0;
      await decoder.prepare?.(batch, services());
      decoder.decode(batch, { row: () => count++, malformed: () => count++, skipped: () => t.fail() });
      t.is(count, batch.length);
    }),
  );
});

// The cache

test(
  "a schema is kept for its time, and longer while the service is away",
  running,
  async (glue, t, options) => {
    glue.add(ID, "clicks", DERIVED);
    const planned = sound(planReading(COLUMNS, { ...options, "cache.ttlMs": "1000" }));
    const clock = new HastyClock();
    const read = async (): Promise<readonly string[]> =>
      (await decodeWith(planned, COLUMNS, [`0300${ID_HEX}0e00`], services(clock))).events;

    await read();
    clock.time = 999;
    await read();
    t.is(glue.calls.length, 1);
    clock.time = 1_000;
    await read();
    t.is(glue.calls.length, 2);
    clock.time = 2_000;
    glue.faults.push([400, "AccessDeniedException", "no"]);
    t.deepEqual(await read(), ['{"id":"7","name":null}']);
    t.is(glue.calls.length, 3);
  },
);

test("no more schemas are kept than the cache holds", running, async (glue, t, options) => {
  glue.add(ID, "clicks", DERIVED);
  glue.add(OTHER, "clicks", DERIVED);
  const planned = sound(planReading(COLUMNS, { ...options, "cache.size": "1" }));
  const other = `0300${OTHER.replaceAll("-", "")}0e00`;

  await decodeWith(planned, COLUMNS, [`0300${ID_HEX}0e00`]);
  await decodeWith(planned, COLUMNS, [other]);
  await decodeWith(planned, COLUMNS, [other]);
  t.is(glue.calls.length, 2);
  await decodeWith(planned, COLUMNS, [`0300${ID_HEX}0e00`]);

  t.is(glue.calls.length, 3);
});

// Registering

test("a schema that is there is found by its definition", running, async (glue, t, options) => {
  glue.add(ID, "clicks", DERIVED);

  await encodeRows(sound(planWriting(COLUMNS, options)), COLUMNS, []);

  t.deepEqual(glue.actions, ["GetSchemaByDefinition"]);
  t.deepEqual(glue.calls[0]?.input, {
    SchemaId: { RegistryName: "shop", SchemaName: "clicks" },
    SchemaDefinition: JSON.stringify(DERIVED),
  });
});

test("a schema that is missing fails unless it may be registered", running, async (_, t, options) => {
  const failure = await rejection(encodeRows(sound(planWriting(COLUMNS, options)), COLUMNS, []));

  t.is(failure.code, "EXTERNAL_FAILED");
  t.regex(failure.message, /'clicks' in the registry 'shop'/);
  t.regex(failure.hint ?? "", /schema\.autoRegistration/);
});

test("a schema that is new is created, with its compatibility", running, async (glue, t, options) => {
  const planned = sound(
    planWriting(COLUMNS, { ...options, ...REGISTERS, "schema.compatibility": "BACKWARD" }),
  );

  const [message] = await encodeRows(planned, COLUMNS, ['{"id":"7"}']);

  t.deepEqual(glue.actions, ["GetSchemaByDefinition", "RegisterSchemaVersion", "CreateSchema"]);
  t.deepEqual(glue.calls[2]?.input, {
    RegistryId: { RegistryName: "shop" },
    SchemaName: "clicks",
    DataFormat: "AVRO",
    Compatibility: "BACKWARD",
    SchemaDefinition: JSON.stringify(DERIVED),
  });
  const id = createHash("md5").update(JSON.stringify(DERIVED)).digest("hex");
  t.is(message, `0300${id}0e00`);
});

test("a schema that exists gets a version, which is waited for", running, async (glue, t, options) => {
  glue.add(ID, "clicks", record([{ name: "id", type: "long" }]));
  glue.registersAs = "PENDING";
  glue.checksToPass = 2;
  const clock = new HastyClock();

  await encodeRows(sound(planWriting(COLUMNS, { ...options, ...REGISTERS })), COLUMNS, [], services(clock));

  t.deepEqual(glue.actions, [
    "GetSchemaByDefinition",
    "RegisterSchemaVersion",
    "GetSchemaVersion",
    "GetSchemaVersion",
    "GetSchemaVersion",
  ]);
  t.is(clock.pauses.length, 2);
});

test("a version that does not fit the others fails", running, async (glue, t, options) => {
  glue.add(ID, "clicks", record([{ name: "id", type: "long" }]));
  glue.registersAs = "PENDING";
  glue.checkedAs = "FAILURE";

  const failure = await rejection(
    encodeRows(sound(planWriting(COLUMNS, { ...options, ...REGISTERS })), COLUMNS, []),
  );

  t.is(failure.code, "EXTERNAL_FAILED");
  t.regex(failure.message, /FAILURE/);
});

test("the derived schema can have names of one's own", running, async (glue, t, options) => {
  const columns = "id BIGINT NOT NULL, r ROW<x INT NOT NULL> NOT NULL";
  const names = { "avro.namespace": "com.example", "avro.record-name": "Click" };

  await encodeRows(sound(planWriting(columns, { ...options, ...REGISTERS, ...names })), columns, []);

  t.deepEqual(JSON.parse(String(glue.calls[0]?.input["SchemaDefinition"])), {
    type: "record",
    name: "Click",
    namespace: "com.example",
    fields: [
      { name: "id", type: "long" },
      {
        name: "r",
        type: {
          type: "record",
          name: "Click_r",
          namespace: "com.example",
          fields: [{ name: "x", type: "int" }],
        },
      },
    ],
  });
});

const FETCHES: Options = { "schema.fetchFromRegistry": "true" };

test(
  "the registry's schema is written with where that is asked for, in its own order",
  running,
  async (glue, t, options) => {
    glue.add(
      ID,
      "clicks",
      record([
        { name: "name", type: "string" },
        { name: "id", type: "long" },
      ]),
    );

    const planned = sound(planWriting(COLUMNS, { ...options, ...FETCHES }));

    t.deepEqual(await encodeRows(planned, COLUMNS, ['{"id":"7","name":"a"}']), [`0300${ID_HEX}02610e`]);
    t.deepEqual(
      glue.calls.map(({ input }) => input),
      [
        {
          SchemaId: { RegistryName: "shop", SchemaName: "clicks" },
          SchemaVersionNumber: { LatestVersion: true },
        },
      ],
    );
  },
);

test("without a schema in the registry that of the columns is used", running, async (glue, t, options) => {
  await encodeRows(sound(planWriting(COLUMNS, { ...options, ...FETCHES, ...REGISTERS })), COLUMNS, []);

  t.deepEqual(glue.actions, [
    "GetSchemaVersion",
    "GetSchemaByDefinition",
    "RegisterSchemaVersion",
    "CreateSchema",
  ]);
});

test("a registry's schema must have the columns, and no others", running, async (glue, t, options) => {
  const write = (): Promise<unknown> =>
    encodeRows(sound(planWriting(COLUMNS, { ...options, ...FETCHES })), COLUMNS, []);
  glue.add(ID, "clicks", record([{ name: "id", type: "long" }]));
  const surplus = await rejection(write());
  glue.add(OTHER, "clicks", record([...DERIVED.fields, { name: "more", type: "int" }]));
  const lacking = await rejection(write());

  t.is(surplus.code, "SCHEMA_INVALID");
  t.regex(surplus.message, /no field for the column 'name'/);
  t.regex(lacking.message, /no column for its field 'more'/);
});

test("what a record lacks has the default of the registry's schema", running, async (glue, t, options) => {
  glue.add(ID, "clicks", record([{ name: "id", type: "long" }]));
  glue.add(
    OTHER,
    "clicks",
    record([
      { name: "id", type: "long" },
      { name: "name", type: "string", default: "nobody" },
    ]),
  );
  const read = async (more: Options): Promise<readonly string[]> =>
    (await decodeWith(sound(planReading(COLUMNS, { ...options, ...more })), COLUMNS, [`0300${ID_HEX}0e`]))
      .events;

  t.deepEqual(await read(FETCHES), ['{"id":"7","name":"nobody"}']);
  t.deepEqual(await read({}), ['{"id":"7","name":null}']);
});

// Requests and their faults

test("requests are signed as the AWS SDK signs them", running, async (glue, t, options) => {
  glue.add(ID, "clicks", DERIVED);

  await decodeWith(sound(planReading(COLUMNS, options)), COLUMNS, [`0300${ID_HEX}0e00`]);

  const { headers, body } = glue.calls[0] as SeenCall;
  const date = String(headers["x-amz-date"]);
  t.is(headers["x-amz-security-token"], "a-token");
  t.is(headers["content-type"], "application/x-amz-json-1.1");
  const signer = new SignatureV4({
    service: "glue",
    region: "eu-west-1",
    credentials: {
      accessKeyId: "AKIDEXAMPLE",
      secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
      sessionToken: "a-token",
    },
    sha256: Sha256,
    applyChecksum: false,
  });
  const { hostname, port } = new URL(glue.url);
  const signed = await signer.sign(
    {
      method: "POST",
      protocol: "http:",
      hostname,
      port: Number(port),
      path: "/",
      query: {},
      headers: {
        host: `${hostname}:${port}`,
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "AWSGlue.GetSchemaVersion",
      },
      body,
    },
    { signingDate: new Date(date.replace(/^(.{4})(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5")) },
  );
  t.is(headers["authorization"], signed.headers["authorization"]);
});

/** What the SDK's signer hashes with. */
class Sha256 {
  readonly #secret: Uint8Array | string | undefined;
  readonly #chunks: Uint8Array[] = [];

  constructor(secret?: Uint8Array | string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret as Uint8Array | string | undefined;
  }

  update(chunk: Uint8Array | string): void {
    this.#chunks.push(Buffer.from(chunk));
  }

  reset(): void {
    this.#chunks.length = 0;
  }

  async digest(): Promise<Uint8Array> {
    const { createHmac } = await import("node:crypto");
    const hash = this.#secret === undefined ? createHash("sha256") : createHmac("sha256", this.#secret);
    for (const chunk of this.#chunks) hash.update(chunk);
    return hash.digest();
  }
}

const fails = test.macro(
  async (t, fault: readonly [number, string, string], code: string, calls: number, message: RegExp) => {
    const glue = await GlueStandIn.start();
    try {
      glue.faults.push(...Array.from({ length: 9 }, () => fault));
      const options = { ...NAMES, "aws.endpoint": glue.url };
      const failure = await rejection(
        decodeWith(sound(planReading(COLUMNS, options)), COLUMNS, [`0300${ID_HEX}00`]),
      );
      t.is(failure.code, code as typeof failure.code);
      t.is(glue.calls.length, calls);
      t.regex(failure.message, message);
      t.true(failure.message.includes(glue.url));
      t.true(failure.message.includes(ID));
    } finally {
      await glue.stop();
    }
  },
);

test(
  "a missing right names the action",
  fails,
  [400, "AccessDeniedException", "not authorized"],
  "ACCESS_DENIED",
  1,
  /GetSchemaVersion failed with AccessDeniedException: not authorized/,
);
test(
  "a wrong signature is a missing right",
  fails,
  [403, "InvalidSignatureException", ""],
  "ACCESS_DENIED",
  1,
  /InvalidSignatureException/,
);
test(
  "a fault of the service is tried again",
  fails,
  [500, "InternalServiceException", ""],
  "SERVICE_UNAVAILABLE",
  5,
  /InternalServiceException/,
);
test(
  "throttling is tried again",
  fails,
  [400, "ThrottlingException", "Rate exceeded"],
  "SERVICE_UNAVAILABLE",
  5,
  /Rate exceeded/,
);
test(
  "other refusals are told",
  fails,
  [400, "InvalidInputException", "bad"],
  "EXTERNAL_FAILED",
  1,
  /InvalidInputException: bad/,
);

test("a service that recovers serves", running, async (glue, t, options) => {
  glue.add(ID, "clicks", DERIVED);
  glue.faults.push([500, "InternalServiceException", ""], [400, "ThrottlingException", ""]);

  const { events } = await decodeWith(sound(planReading(COLUMNS, options)), COLUMNS, [`0300${ID_HEX}0e00`]);

  t.deepEqual(events, ['{"id":"7","name":null}']);
});

test("nobody listening is told with the address", async (t) => {
  const glue = await GlueStandIn.start();
  const { url } = glue;
  await glue.stop();

  const options = { ...NAMES, "aws.endpoint": url };
  const failure = await rejection(
    decodeWith(sound(planReading(COLUMNS, options)), COLUMNS, [`0300${ID_HEX}00`]),
  );

  t.is(failure.code, "SERVICE_UNAVAILABLE");
  t.true(failure.message.includes(url));
  t.regex(failure.message, /ECONNREFUSED/);
});

// Options

const planned = test.macro((t, columns: string, options: Options, expected: readonly string[]) => {
  for (const plan of [planReading, planWriting]) {
    const { diagnostics } = plan(columns, options);
    t.deepEqual(
      diagnostics.map(({ code, option, columnName }) => `${code} ${option ?? columnName}`),
      expected,
    );
  }
});

test("region, registry and schema are required", planned, COLUMNS, {}, [
  "OPTION_MISSING avro-glue.aws.region",
  "OPTION_MISSING avro-glue.registry.name",
  "OPTION_MISSING avro-glue.schema.name",
]);
test("the rest has defaults", planned, COLUMNS, NAMES, []);
test(
  "every option is taken",
  planned,
  COLUMNS,
  {
    ...NAMES,
    "aws.endpoint": "http://localhost:4566",
    "schema.type": "SPECIFIC_RECORD",
    "avro.namespace": "a",
    "avro.record-name": "b",
    "schema.fetchFromRegistry": "true",
    "cache.size": "1",
    "cache.ttlMs": "0",
    "schema.autoRegistration": "true",
    "schema.compatibility": "full_all",
    "schema.compression": "zlib",
  },
  [],
);
test(
  "values outside their sets are refused",
  planned,
  COLUMNS,
  {
    "aws.region": "EU West",
    "registry.name": "r",
    "schema.name": "s",
    "aws.endpoint": "localhost",
    "cache.size": "0",
    "cache.ttlMs": "-1",
  },
  [
    "OPTION_INVALID avro-glue.aws.region",
    "OPTION_INVALID avro-glue.aws.endpoint",
    "OPTION_INVALID avro-glue.cache.size",
    "OPTION_INVALID avro-glue.cache.ttlMs",
  ],
);
test(
  "types follow the legacy mapping",
  planned,
  "a TIMESTAMP(3), b TIMESTAMP_LTZ(3), c INTERVAL YEAR TO MONTH",
  NAMES,
  ["SCHEMA_INVALID b", "SCHEMA_INVALID c"],
);

test("a module may bring registries of its own", async (t) => {
  const seen: unknown[] = [];
  const own: GlueSchemaRegistry = {
    schemaByVersionId: () => Promise.resolve(undefined),
    latestSchema: () => Promise.resolve(undefined),
    versionIdOf: () => Promise.resolve(ID),
  };
  const replaced = defineModule({
    ...formats,
    name: "replaced",
    services: [
      ...(formats.services ?? []).filter(({ token }) => token !== GLUE_SCHEMA_REGISTRIES),
      {
        token: GLUE_SCHEMA_REGISTRIES,
        provide: { useFactory: () => ({ connect: (settings: unknown) => (seen.push(settings), own) }) },
      },
    ],
  });
  const context = { ...CONTEXT, registry: createRegistry([replaced]) };
  const encoder = sound(planEncoder(request(COLUMNS, NAMES), context));

  t.deepEqual(await encodeRows(encoder, COLUMNS, ['{"id":"7"}']), [`0300${ID_HEX}0e00`]);
  t.deepEqual(seen, [
    {
      region: "eu-west-1",
      registryName: "shop",
      schemaName: "clicks",
      registersSchemas: false,
      compatibility: "NONE",
    },
  ]);
});

for (const one of factoryConformance({
  role: "format",
  identifier: "avro-glue",
  modules: [formats],
  options: {
    "avro-glue.aws.region": "eu-west-1",
    "avro-glue.registry.name": "shop",
    "avro-glue.schema.name": "clicks",
  },
  invalid: { "avro-glue.aws.endpoint": "localhost", "avro-glue.cache.size": "0" },
})) {
  test(one.name, (t) => t.notThrowsAsync(one.run()));
}
