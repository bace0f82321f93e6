/** What an application wires in: classes that options name, clients in place of the service's. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import test from "ava";

import {
  DirectRunner,
  Pipeline,
  TributaryError,
  bindClass,
  createRegistry,
  defineModule,
  planSink,
  types,
} from "@tributary/core";
import type {
  FactoryRegistry,
  ModuleDefinition,
  PlanContext,
  Row,
  Sink,
  SinkWriter,
  TableDescriptor,
  TypedTable,
} from "@tributary/core";
import { SILENT_LOGGER } from "@tributary/core/testing";
import {
  AwsKinesisClients,
  CREDENTIALS_PROVIDER,
  KINESIS_CLIENTS,
  PARTITION_KEY_GENERATOR,
  kinesisStreams5,
} from "@tributary/io-kinesis";
import type {
  AwsCredentials,
  AwsProperties,
  ConnectionSettings,
  CredentialsProvider,
  KinesisClient,
  KinesisClients,
  PartitionKeyContext,
  PartitionKeyGenerator,
  PutEntry,
} from "@tributary/io-kinesis";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";

import { KinesisFixture } from "./kinesis-fixture.js";
import { plainFormat } from "./plain-format.js";
import { hastyServices } from "./source-harness.js";

const emulator = await startKinesisEmulator();
const kinesis = new KinesisFixture(emulator.endpoint);
let streams = 0;

test.after.always(async () => {
  kinesis.client.destroy();
  await emulator.close();
});

async function newStream(): Promise<string> {
  const name = `stream-${(streams += 1)}`;
  await emulator.createStream(name, 2);
  return name;
}

type Classes = NonNullable<ModuleDefinition["classes"]>;

function registryWith(classes: Classes): FactoryRegistry {
  return createRegistry([
    kinesisStreams5,
    plainFormat,
    defineModule({ name: "acme", version: "1.0.0", classes }),
  ]);
}

function contextOf(registry: FactoryRegistry): PlanContext {
  return { registry, timeZone: "UTC", logger: SILENT_LOGGER };
}

function sinkOf(table: TableDescriptor, registry: FactoryRegistry): Sink<Row> {
  const { value, diagnostics } = planSink(table, contextOf(registry));
  if (value === undefined) throw new TributaryError(diagnostics);
  return value.binding.sink;
}

/** Writer 2 of 4. */
function openWriter(table: TableDescriptor, registry: FactoryRegistry): Promise<SinkWriter<Row>> {
  return sinkOf(table, registry).createWriter({
    ...hastyServices(),
    writerIndex: 2,
    parallelism: 4,
    signal: new AbortController().signal,
    fail: () => undefined,
  });
}

// --------------------------------------------------------------------------------------------------- partition keys

test("a class that sink.partitioner names makes the keys, knows its writer and is closed with it", async (t) => {
  const events: string[] = [];
  class ByFirstLetter implements PartitionKeyGenerator {
    #suffix = "";
    async open({ table, writerIndex, parallelism }: PartitionKeyContext): Promise<void> {
      await Promise.resolve();
      events.push(`open ${table}`);
      this.#suffix = `${writerIndex}/${parallelism}`;
    }
    partitionKey(row: Row): string {
      return `${String(row["text"])[0]}-${this.#suffix}`;
    }
    close(): void {
      events.push("close");
    }
  }
  const stream = await newStream();
  const registry = registryWith({
    "org.mycompany.ByFirstLetter": bindClass(PARTITION_KEY_GENERATOR, ByFirstLetter),
  });
  const table = kinesis.table(stream, { "sink.partitioner": "org.mycompany.ByFirstLetter" });
  t.deepEqual(events, []);

  const writer = await openWriter(table, registry);
  await writer.write([{ text: "apple" }, { text: "pear" }, { text: "apricot" }]);
  await writer.flush();
  await writer.close();

  const records = [...(await kinesis.contents(stream)).values()].flat();
  t.deepEqual(records.map(({ key, text }) => `${key} ${text}`).toSorted(), [
    "a-2/4 apple",
    "a-2/4 apricot",
    "p-2/4 pear",
  ]);
  t.deepEqual(events, ["open orders", "close"]);
});

/** A generator that gives one value for every row, whatever it is. */
function giving(value: unknown): Classes {
  class Given implements PartitionKeyGenerator {
    partitionKey(): string {
      if (value instanceof Error) throw value;
      return value as string;
    }
  }
  return { "a.Given": bindClass(PARTITION_KEY_GENERATOR, Given) };
}

for (const [value, expected] of [
  ["", "gave a partition key of 0 characters for a row; a key is a string of 1 to 256"],
  ["k".repeat(257), "gave a partition key of 257 characters for a row; a key is a string of 1 to 256"],
  [7n, "gave a value of type bigint as partition key for a row; a key is a string of 1 to 256"],
  [null, "gave null as partition key for a row; a key is a string of 1 to 256"],
  [new RangeError("no such city"), "failed for a row: no such city"],
] as const) {
  test(`a generator that ${expected.replace(/ for a row.*/, "")} fails the write with class, option and table`, async (t) => {
    const table = kinesis.table(await newStream(), { "sink.partitioner": "a.Given" });
    const writer = await openWriter(table, registryWith(giving(value)));

    const error = await t.throwsAsync(() => writer.write([{ text: "a" }]), { instanceOf: TributaryError });
    await writer.close();

    t.like(error.diagnostics[0], {
      code: "RECORD_MALFORMED",
      message: `The class 'a.Given' of option 'sink.partitioner' of table 'orders' ${expected}.`,
      option: "sink.partitioner",
      table: "orders",
      value: "a.Given",
    });
  });
}

test("the longest key that the service takes is written", async (t) => {
  const stream = await newStream();
  const table = kinesis.table(stream, { "sink.partitioner": "a.Given" });
  const writer = await openWriter(table, registryWith(giving("k".repeat(256))));
  await writer.write([{ text: "a" }]);
  await writer.flush();
  await writer.close();

  const records = [...(await kinesis.contents(stream)).values()].flat();
  t.deepEqual(
    records.map(({ key }) => key.length),
    [256],
  );
});

test("a generator that cannot be opened fails the writer before any client, and is closed", async (t) => {
  const events: string[] = [];
  class Failing implements PartitionKeyGenerator {
    open(): void {
      throw new Error("no list of keys");
    }
    partitionKey(): string {
      return "";
    }
    close(): Promise<void> {
      events.push("close");
      return Promise.reject(new Error("nor can it be closed"));
    }
  }
  const clients: KinesisClients = {
    open: () => {
      events.push("client");
      return Promise.reject(new Error("unused"));
    },
  };
  const registry = createRegistry(
    [
      kinesisStreams5,
      plainFormat,
      defineModule({
        name: "acme",
        version: "1.0.0",
        classes: { "a.Failing": bindClass(PARTITION_KEY_GENERATOR, Failing) },
      }),
    ],
    { bindings: [{ token: KINESIS_CLIENTS, value: clients }] },
  );

  const error = await t.throwsAsync(
    () => openWriter(kinesis.table("s", { "sink.partitioner": "a.Failing" }), registry),
    { instanceOf: TributaryError },
  );

  t.is(error.code, "OPTION_INVALID");
  t.is(
    error.message,
    "The class 'a.Failing' of option 'sink.partitioner' of table 'orders' could not be opened: no list of keys.",
  );
  t.deepEqual(events, ["close"]);
});

test("a generator is closed when the stream cannot be written to", async (t) => {
  let closed = 0;
  class Counted implements PartitionKeyGenerator {
    partitionKey(): string {
      return "";
    }
    close(): void {
      closed += 1;
    }
  }
  const registry = registryWith({ "a.Counted": bindClass(PARTITION_KEY_GENERATOR, Counted) });

  await t.throwsAsync(
    () => openWriter(kinesis.table("no-such-stream", { "sink.partitioner": "a.Counted" }), registry),
    { code: "STREAM_NOT_FOUND" },
  );
  t.is(closed, 1);
});

// ------------------------------------------------------------------------------------------------------ credentials

const CUSTOM = {
  "aws.credentials.provider": "CUSTOM",
  "aws.credentials.custom.class": "org.mycompany.Vault",
};

/** A service that knows no stream, and the access keys that it was called with. */
async function refusingService(): Promise<{
  readonly endpoint: string;
  readonly accessKeys: readonly string[];
  close(): void;
}> {
  const accessKeys: string[] = [];
  const server = createServer((request, response) => {
    accessKeys.push(/Credential=([^/]+)\//.exec(request.headers.authorization ?? "")?.[1] ?? "none");
    response.statusCode = 400;
    response.setHeader("content-type", "application/x-amz-json-1.1");
    response.end(JSON.stringify({ __type: "ResourceNotFoundException", message: "no stream" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    accessKeys,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test("a class that aws.credentials.custom.class names signs the calls; it gets the aws. properties and is closed with its client", async (t) => {
  const seen: [string, string][][] = [];
  let closed = 0;
  class Vault implements CredentialsProvider {
    readonly #properties: AwsProperties;
    constructor(properties: AwsProperties) {
      this.#properties = properties;
    }
    resolveCredentials(): AwsCredentials {
      seen.push([...this.#properties]);
      return { accessKeyId: "AKIAVAULT", secretAccessKey: "s" };
    }
    close(): void {
      closed += 1;
    }
  }
  const service = await refusingService();
  const registry = registryWith({ "org.mycompany.Vault": bindClass(CREDENTIALS_PROVIDER, Vault) });
  const table = kinesis.table("s", { ...CUSTOM, "aws.endpoint": service.endpoint });

  await t.throwsAsync(() => openWriter(table, registry), { code: "STREAM_NOT_FOUND" });
  service.close();

  t.deepEqual([...new Set(service.accessKeys)], ["AKIAVAULT"]);
  t.deepEqual(seen, [
    [
      ["aws.region", "us-east-1"],
      ["aws.endpoint", service.endpoint],
      ["aws.credentials.provider.basic.accesskeyid", "000000000000"],
      ["aws.credentials.provider.basic.secretkey", "test"],
      ["aws.credentials.provider", "CUSTOM"],
      ["aws.credentials.provider.custom.class", "org.mycompany.Vault"],
    ],
  ]);
  t.is(closed, 1);
});

test("a role is assumed with the credentials of a class", async (t) => {
  class Vault implements CredentialsProvider {
    resolveCredentials(): AwsCredentials {
      return { accessKeyId: "AKIABASE", secretAccessKey: "s" };
    }
  }
  const sts = await refusingService();
  const registry = registryWith({ "org.mycompany.Vault": bindClass(CREDENTIALS_PROVIDER, Vault) });
  const table = kinesis.table("s", {
    "aws.credentials.provider": "ASSUME_ROLE",
    "aws.credentials.role.arn": "arn:aws:iam::111122223333:role/writer",
    "aws.credentials.role.sessionName": "orders",
    "aws.credentials.role.stsEndpoint": sts.endpoint,
    "aws.credentials.role.provider": "CUSTOM",
    "aws.credentials.role.provider.custom.class": "org.mycompany.Vault",
  });

  await t.throwsAsync(() => openWriter(table, registry));
  sts.close();

  t.is(sts.accessKeys[0], "AKIABASE");
});

test("a provider that cannot reach its own service for a moment is asked again", async (t) => {
  let asked = 0;
  class Vault implements CredentialsProvider {
    resolveCredentials(): AwsCredentials {
      asked += 1;
      if (asked === 1) throw Object.assign(new Error("connect refused"), { code: "ECONNREFUSED" });
      return { accessKeyId: "a", secretAccessKey: "s" };
    }
  }
  const registry = registryWith({ "org.mycompany.Vault": bindClass(CREDENTIALS_PROVIDER, Vault) });
  const writer = await openWriter(kinesis.table(await newStream(), CUSTOM), registry);
  await writer.close();

  t.is(asked, 2);
});

const noCredentials = test.macro(async (t, given: unknown, expected: string) => {
  class Vault implements CredentialsProvider {
    resolveCredentials(): AwsCredentials {
      if (given instanceof Error) throw given;
      return given as AwsCredentials;
    }
  }
  const registry = registryWith({ "org.mycompany.Vault": bindClass(CREDENTIALS_PROVIDER, Vault) });
  const table = kinesis.table(await newStream(), CUSTOM);

  const error = await t.throwsAsync(() => openWriter(table, registry), { instanceOf: TributaryError });

  t.is(error.code, "CREDENTIALS_MISSING");
  t.is(
    error.message,
    `The class 'org.mycompany.Vault' of option 'aws.credentials.custom.class' ${expected}.`,
  );
  t.false(JSON.stringify(error.diagnostics).includes("hunter2"));
});

test("a provider that throws", noCredentials, new Error("sealed"), "found no credentials: sealed");
test("a provider that gives nothing", noCredentials, undefined, "gave credentials that are no object");
test(
  "a provider that gives half a pair",
  noCredentials,
  { secretAccessKey: "hunter2" },
  "gave credentials without accessKeyId",
);
test(
  "a provider whose expiration is a text",
  noCredentials,
  { accessKeyId: "A", secretAccessKey: "hunter2", expiration: "2030-01-01" },
  "gave credentials whose expiration is no Date",
);

// ----------------------------------------------------------------------------------------------------------- scopes

/** Clients that keep in memory what is written. */
class MemoryClients implements KinesisClients {
  readonly written: string[] = [];
  open(settings: ConnectionSettings): Promise<KinesisClient> {
    const unused = (): Promise<never> => Promise.reject(new Error("only written to"));
    return Promise.resolve({
      describeStreamSummary: () =>
        Promise.resolve({ streamName: settings.stream.name, status: "ACTIVE", retentionHours: 24 }),
      putRecords: (entries: readonly PutEntry[]) => {
        this.written.push(...entries.map(({ data }) => Buffer.from(data).toString()));
        return Promise.resolve([]);
      },
      listShards: unused,
      getShardIterator: unused,
      getRecords: unused,
      listStreamNames: unused,
      subscriptions: () => {
        throw new Error("not used");
      },
      close: () => undefined,
    });
  }
}

test("clients are replaced in one registry and stay the service's in another", async (t) => {
  const clients = new MemoryClients();
  const inMemory = createRegistry([kinesisStreams5, plainFormat], {
    bindings: [{ token: KINESIS_CLIENTS, value: clients }],
  });
  const real = createRegistry([kinesisStreams5, plainFormat]);
  const stream = await newStream();

  for (const [registry, text] of [
    [inMemory, "kept"],
    [real, "sent"],
  ] as const) {
    const writer = await openWriter(kinesis.table(stream), registry);
    await writer.write([{ text }]);
    await writer.flush();
    await writer.close();
    await registry.dispose();
  }

  t.deepEqual(clients.written, ["kept"]);
  const records = [...(await kinesis.contents(stream)).values()].flat();
  t.deepEqual(
    records.map(({ text }) => text),
    ["sent"],
  );
});

test("a pipeline runs against replaced clients without a service", async (t) => {
  const clients = new MemoryClients();
  const registry = createRegistry([kinesisStreams5, plainFormat], {
    bindings: [{ token: KINESIS_CLIENTS, value: clients }],
  });
  const orders = kinesis.table(
    "orders",
    {},
    {
      columns: [{ kind: "physical", name: "text", type: types.string() }],
    },
  ) as TypedTable<{ text: string | null }>;
  const pipeline = new Pipeline("greet");
  pipeline.create("words", [{ text: "one" }, { text: "two" }]).writeTable("orders", orders);
  const { value, diagnostics } = pipeline.toGraph(contextOf(registry));
  if (value === undefined) throw new TributaryError(diagnostics);

  const job = await new DirectRunner().run(value, { logger: SILENT_LOGGER });
  await job.result;
  await registry.dispose();

  t.deepEqual(clients.written.toSorted(), ["one", "two"]);
});

test("a registry that is disposed of closes the clients that it opened, once, and no others", async (t) => {
  let closed = 0;
  class Counted implements CredentialsProvider {
    resolveCredentials(): AwsCredentials {
      return { accessKeyId: "a", secretAccessKey: "s" };
    }
    close(): void {
      closed += 1;
    }
  }
  const registry = registryWith({ "org.mycompany.Vault": bindClass(CREDENTIALS_PROVIDER, Counted) });
  const table = kinesis.table(await newStream(), CUSTOM);
  const [abandoned, orderly] = [await openWriter(table, registry), await openWriter(table, registry)];
  const other = registryWith({ "org.mycompany.Vault": bindClass(CREDENTIALS_PROVIDER, Counted) });
  const untouched = await openWriter(table, other);

  await orderly.close();
  await new Promise(setImmediate);
  t.is(closed, 1);
  await registry.dispose();
  await new Promise(setImmediate);
  t.is(closed, 2);
  await abandoned.close();
  await registry.dispose();
  await new Promise(setImmediate);
  t.is(closed, 2);

  await untouched.write([{ text: "still open" }]);
  await untouched.flush();
  await untouched.close();
  await other.dispose();
});

test("no client is opened by a registry that was disposed of", async (t) => {
  const registry = createRegistry([kinesisStreams5, plainFormat]);
  const sink = sinkOf(kinesis.table(await newStream()), registry);
  await registry.dispose();

  await t.throwsAsync(
    () =>
      sink.createWriter({
        ...hastyServices(),
        writerIndex: 0,
        parallelism: 1,
        signal: new AbortController().signal,
        fail: () => undefined,
      }),
    { message: /disposed of/ },
  );
  t.notThrows(() => new AwsKinesisClients().dispose());
});
