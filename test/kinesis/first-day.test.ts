import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { once } from "node:events";

import test from "ava";
import type { ExecutionContext } from "ava";

import type { Diagnostic } from "@tributary/core";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";
import type { FaultRule, KinesisEmulator } from "@tributary/kinesis-emulator";

import { folderWith, jsonLines, tributary } from "../command/tributary.js";
import type { Outcome } from "../command/tributary.js";

/** What goes wrong on the first day, as the command tells it. */
const PATIENCE_MS = 10_000;
const REGION = "us-east-1";

const emulator = await startKinesisEmulator();
const arn = await emulator.createStream("orders", 1);
await emulator.createStream("order-items", 1);

test.after.always(() => emulator.close());

/** Nothing of the machine's own AWS settings. */
const BARE = {
  AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
  AWS_CONFIG_FILE: "/nonexistent",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_PROFILE: undefined,
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_SESSION_TOKEN: undefined,
};

const BASIC = {
  "aws.credentials.basic.accesskeyid": "AKIAFIRSTDAY",
  "aws.credentials.basic.secretkey": "top-secret-key",
};

type Options = Readonly<Record<string, string>>;

function table(options: Options, endpoint = emulator.endpoint): string {
  const all = {
    connector: "kinesis",
    "stream.arn": arn,
    "aws.region": REGION,
    "aws.endpoint": endpoint,
    format: "json",
    ...options,
  };
  const lines = Object.entries(all).map(([key, value]) => `'${key}' = '${value}'`);
  return `CREATE TABLE orders (id BIGINT, customer STRING) WITH (${lines.join(", ")});`;
}

/** A script that reads the stream, and one that writes it. */
const reading = (options: Options, endpoint?: string): string =>
  `${table({ "source.init.position": "TRIM_HORIZON", ...options }, endpoint)}
   CREATE TABLE seen (id BIGINT, customer STRING) WITH ('connector' = 'blackhole');
   INSERT INTO seen SELECT id, customer FROM orders;`;
const writing = (options: Options, endpoint?: string): string =>
  `${table(options, endpoint)} INSERT INTO orders VALUES (1, 'ann');`;

interface Told {
  readonly outcome: Outcome;
  readonly errors: readonly Diagnostic[];
}

async function run(script: string, ...more: readonly string[]): Promise<Told> {
  const cwd = folderWith({ "job.sql": script });
  const outcome = await tributary(["run", "job.sql", "--json", ...more], { cwd, env: BARE });
  const errors = jsonLines(outcome).filter(({ severity }) => severity === "error");
  return { outcome, errors };
}

/** One error of that code, exit code 3, soon. */
function assertTold(
  t: ExecutionContext,
  told: Told,
  startedMs: number,
  code: string,
  words: readonly RegExp[],
): void {
  const output = told.outcome.stdout + told.outcome.stderr;
  t.deepEqual(
    told.errors.map((error) => error.code),
    [code],
    output,
  );
  t.is(told.outcome.code, 3, output);
  const { message = "", hint = "" } = told.errors[0] ?? {};
  for (const word of words) t.regex(`${message} ${hint}`, word);
  t.false(output.includes("top-secret-key"), output);
  t.notRegex(output, /\n {4}at /);
  t.true(Date.now() - startedMs < PATIENCE_MS, `${Date.now() - startedMs} ms`);
}

/** An emulator of the test's own, that refuses as it is told. */
async function refusing(rule: FaultRule, act: (own: KinesisEmulator) => Promise<void>): Promise<void> {
  const own = await startKinesisEmulator();
  await own.createStream("orders", 1);
  own.faults.inject(rule);
  try {
    await act(own);
  } finally {
    await own.close();
  }
}

const fails = test.macro(
  async (
    t,
    {
      rule,
      script,
      code,
      words,
    }: {
      readonly rule: FaultRule;
      readonly script: (options: Options, endpoint?: string) => string;
      readonly code: string;
      readonly words: readonly RegExp[];
    },
  ) => {
    await refusing(rule, async (own) => {
      const startedMs = Date.now();
      const told = await run(script(BASIC, own.endpoint));

      assertTold(t, told, startedMs, code, words);
    });
  },
);

for (const [what, script] of [
  ["reading", reading],
  ["writing", writing],
] as const) {
  test.serial(`${what} without credentials`, async (t) => {
    const startedMs = Date.now();
    const told = await run(script({}));

    assertTold(t, told, startedMs, "CREDENTIALS_MISSING", [/AUTO/, /AWS_ACCESS_KEY_ID/]);
  });

  test.serial(`${what} with a token that has expired`, fails, {
    rule: {
      kind: "error",
      errorType: "ExpiredTokenException",
      message: "The security token included in the request is expired",
    },
    script,
    code: "CREDENTIALS_EXPIRED",
    words: [/BASIC/, /expired/],
  });

  test.serial(`${what} with a key that the service does not know`, fails, {
    rule: {
      kind: "error",
      errorType: "UnrecognizedClientException",
      message: "The security token included in the request is invalid.",
    },
    script,
    code: "CREDENTIALS_REJECTED",
    words: [/BASIC/, /UnrecognizedClientException/],
  });

  test.serial(`${what} with another secret key`, fails, {
    rule: {
      kind: "error",
      errorType: "InvalidSignatureException",
      message:
        "The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for this request should have been\n'POST\n/\nx-amz-security-token:top-secret-key\n'",
    },
    script,
    code: "CREDENTIALS_REJECTED",
    words: [/does not match/],
  });

  test.serial(`${what} a stream that does not exist`, async (t) => {
    const startedMs = Date.now();
    const told = await run(script({ ...BASIC, "stream.arn": emulator.streamArn("ordres") }));

    assertTold(t, told, startedMs, "STREAM_NOT_FOUND", [
      /'ordres'/,
      /'us-east-1'/,
      /'000000000000'/,
      /'orders'/,
    ]);
    t.deepEqual(told.errors[0]?.candidates?.slice(0, 2), ["orders", "order-items"]);
  });

  test.serial(`${what} in another region than the ARN's is seen without a connection`, async (t) => {
    const { outcome, errors } = await run(
      script({ ...BASIC, "aws.region": "eu-west-1" }, "http://127.0.0.1:1"),
    );

    t.is(outcome.code, 1, outcome.stdout + outcome.stderr);
    t.like(errors[0], { code: "OPTION_CONFLICT", option: "aws.region", candidates: [REGION] });
    t.is(errors.length, 1);
  });

  test.serial(`${what} where nobody listens`, async (t) => {
    const startedMs = Date.now();
    const told = await run(script(BASIC, "http://127.0.0.1:1"));

    assertTold(t, told, startedMs, "SERVICE_UNAVAILABLE", [/http:\/\/127\.0\.0\.1:1/, /ECONNREFUSED/]);
  });

  test.serial(`${what} at a name that does not exist`, async (t) => {
    const startedMs = Date.now();
    const told = await run(script(BASIC, "http://kinesis.invalid"));

    assertTold(t, told, startedMs, "SERVICE_UNAVAILABLE", [/http:\/\/kinesis\.invalid/]);
  });

  test.serial(`${what} with a clock that is wrong`, fails, {
    rule: {
      kind: "error",
      errorType: "InvalidSignatureException",
      message:
        "Signature expired: 20261123T010000Z is now earlier than 20261123T011500Z (20261123T012000Z - 5 min.)",
    },
    script,
    code: "CLOCK_SKEWED",
    words: [/20 minutes behind/],
  });
}

test.serial("reading without the right to list shards", fails, {
  rule: {
    kind: "error",
    operation: "ListShards",
    errorType: "AccessDeniedException",
    message:
      "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: kinesis:ListShards on resource: arn:aws:kinesis:us-east-1:111122223333:stream/orders",
  },
  script: reading,
  code: "ACCESS_DENIED",
  words: [/kinesis:ListShards/, /Allow kinesis:ListShards/],
});

test.serial("reading without the right to read names the action although the service does not", fails, {
  rule: { kind: "error", operation: "GetRecords", errorType: "AccessDeniedException", message: "" },
  script: reading,
  code: "ACCESS_DENIED",
  words: [/kinesis:GetRecords/],
});

test.serial("writing without the right to write", fails, {
  rule: { kind: "error", operation: "PutRecords", errorType: "AccessDeniedException", message: "no" },
  script: writing,
  code: "ACCESS_DENIED",
  words: [/kinesis:PutRecords/],
});

test.serial("reading without the right to decrypt", fails, {
  rule: { kind: "error", operation: "GetRecords", errorType: "KMSAccessDeniedException", message: "no" },
  script: reading,
  code: "KMS_DENIED",
  words: [/kms:Decrypt/],
});

test.serial("writing with a key that is disabled", fails, {
  rule: { kind: "error", operation: "PutRecords", errorType: "KMSDisabledException", message: "disabled" },
  script: writing,
  code: "KMS_DENIED",
  words: [/kms:GenerateDataKey/, /KMSDisabledException/],
});

test.serial("a service that takes connections and says nothing is given up on", async (t) => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => sockets.add(socket)).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const startedMs = Date.now();
  const told = await run(reading(BASIC, `http://127.0.0.1:${port}`));
  for (const socket of sockets) socket.destroy();
  silent.close();

  assertTold(t, told, startedMs, "SERVICE_UNAVAILABLE", [/ETIMEDOUT/]);
});

test.serial("STS that cannot be reached is named", async (t) => {
  const startedMs = Date.now();
  const told = await run(
    reading({
      "aws.credentials.provider": "ASSUME_ROLE",
      "aws.credentials.role.arn": "arn:aws:iam::111122223333:role/reader",
      "aws.credentials.role.sessionName": "s",
      "aws.credentials.role.stsEndpoint": "http://127.0.0.1:1",
      "aws.credentials.role.provider.basic.accesskeyid": "AKIA",
      "aws.credentials.role.provider.basic.secretkey": "top-secret-key",
    }),
  );

  assertTold(t, told, startedMs, "SERVICE_UNAVAILABLE", [/AssumeRole/, /http:\/\/127\.0\.0\.1:1/]);
});
