import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import test from "ava";
import type { ExecutionContext } from "ava";

import { startKinesisEmulator } from "@tributary/kinesis-emulator";
import type { KinesisEmulator } from "@tributary/kinesis-emulator";

import { folderWith, start, tributary } from "../command/tributary.js";

/** Every secret here begins so, whoever it is given to or by: then one search finds any of them. */
const MARK = "hunter2";

const emulator = await startKinesisEmulator();
const arn = await emulator.createStream("orders", 1);

/** STS that gives temporary credentials. */
const sts = createServer((request, response) => {
  request.resume().on("end", () => {
    response.setHeader("content-type", "text/xml");
    response.end(
      `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>${MARK}-of-sts</SecretAccessKey><SessionToken>${MARK}-token-of-sts</SessionToken><Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    );
  });
}).listen(0, "127.0.0.1");
await once(sts, "listening");
const stsEndpoint = `http://127.0.0.1:${(sts.address() as AddressInfo).port}`;

test.after.always(async () => {
  sts.closeAllConnections();
  sts.close();
  await emulator.close();
});

type Options = Readonly<Record<string, string>>;

const ROLE = "aws.credentials.role.provider";
const GIVEN: Readonly<Record<string, { readonly options: Options; readonly args?: readonly string[] }>> = {
  BASIC: {
    options: {
      "aws.credentials.basic.accesskeyid": "AKIA",
      "aws.credentials.basic.secretkey": `${MARK}-basic`,
    },
  },
  "BASIC in the spelling of the DataStream API": {
    options: {
      "aws.credentials.provider.basic.accesskeyid": "AKIA",
      "aws.credentials.provider.basic.secretkey": `${MARK}-basic`,
    },
  },
  ENV_VAR: { options: { "aws.credentials.provider": "ENV_VAR" } },
  AUTO: { options: {} },
  SYS_PROP: {
    options: { "aws.credentials.provider": "SYS_PROP" },
    args: ["--set", "aws.accessKeyId=AKIA", "--set", `aws.secretAccessKey=${MARK}-set`],
  },
  "a chain of roles": {
    options: {
      "aws.credentials.provider": "ASSUME_ROLE",
      "aws.credentials.role.arn": "arn:aws:iam::1:role/first",
      "aws.credentials.role.sessionName": "one",
      "aws.credentials.role.stsEndpoint": stsEndpoint,
      [ROLE]: "ASSUME_ROLE",
      [`${ROLE}.role.arn`]: "arn:aws:iam::1:role/second",
      [`${ROLE}.role.sessionName`]: "two",
      [`${ROLE}.role.provider`]: "BASIC",
      [`${ROLE}.role.provider.basic.accesskeyid`]: "AKIA",
      [`${ROLE}.role.provider.basic.secretkey`]: `${MARK}-base`,
    },
  },
};

/** Secrets of the environment are there whatever the table says. */
const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: "AKIA",
  AWS_SECRET_ACCESS_KEY: `${MARK}-env`,
  AWS_SESSION_TOKEN: `${MARK}-token-env`,
  AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
  AWS_CONFIG_FILE: "/nonexistent",
  AWS_EC2_METADATA_DISABLED: "true",
};

/** Copies the stream to another table of it; each option on a line of its own, as a fault would show it. */
function script(options: Options, endpoint = emulator.endpoint): string {
  const lines = (more: Options): string =>
    Object.entries({
      connector: "kinesis",
      "stream.arn": arn,
      "aws.region": "us-east-1",
      "aws.endpoint": endpoint,
      format: "json",
      ...options,
      ...more,
    })
      .map(([key, value]) => `  '${key}' = '${value}'`)
      .join(",\n");
  return `CREATE TABLE orders (id BIGINT) WITH (\n${lines({ "source.init.position": "TRIM_HORIZON" })}\n);
CREATE TABLE copies (id BIGINT) WITH (\n${lines({ "sink.flush-buffer.timeout": "50" })}\n);
CREATE TABLE seen (id BIGINT) WITH ('connector' = 'print');
INSERT INTO seen SELECT id FROM orders;`;
}

function assertSilent(t: ExecutionContext, text: string): void {
  const at = text.indexOf(MARK);
  t.is(at, -1, text.slice(Math.max(0, at - 300), at + 100));
}

for (const [what, { options, args = [] }] of Object.entries(GIVEN)) {
  test.serial(
    `a run with ${what} prints no secret, nor do its metrics and checkpoints hold one`,
    async (t) => {
      const cwd = folderWith({ "job.sql": script(options) });
      const running = start(
        [
          "run",
          "job.sql",
          "--log",
          "trace",
          "--metrics-port",
          "0",
          "--checkpoint",
          "kept",
          "--until-idle",
          "500 ms",
          ...args,
        ],
        { cwd, env: ENVIRONMENT },
      );
      const line = await running.line("stderr", "metrics at");
      const metrics = await fetch(/http\S+/.exec(line)?.[0] ?? "").then((answer) => answer.text());
      const { code, stdout, stderr } = await running.outcome;

      t.is(code, 0, stderr);
      assertSilent(t, stdout + stderr + metrics);
      for (const file of readdirSync(join(cwd, "kept"), { recursive: true, withFileTypes: true })) {
        if (file.isFile()) assertSilent(t, readFileSync(join(file.parentPath, file.name), "latin1"));
      }
    },
  );

  test.serial(`explain and validate with ${what} print no secret, also of a faulty table`, async (t) => {
    const cwd = folderWith({
      "job.sql": script(options),
      // The lines around a fault are shown.
      "faulty.sql": script({
        ...options,
        "aws.credentials.basic.secret": `${MARK}-unknown`,
        "any.password": `${MARK}-password`,
      }),
      "broken.sql": script(options).replace("format", "fromat").replace(");", ""),
    });
    const commands = [
      ["explain", "job.sql"],
      ["explain", "job.sql", "--json"],
      ["validate", "job.sql", "--log", "trace"],
      ["validate", "faulty.sql"],
      ["validate", "faulty.sql", "--json"],
      ["validate", "broken.sql"],
    ];
    const outcomes = await Promise.all(
      commands.map((command) => tributary([...command, ...args], { cwd, env: ENVIRONMENT })),
    );

    t.deepEqual(
      outcomes.map(({ code }) => code),
      [0, 0, 0, 1, 1, 1],
    );
    for (const { stdout, stderr } of outcomes) assertSilent(t, stdout + stderr);
  });
}

/** What a service says of a refused request: all of it, with secrets that only it knows and those of the run. */
function revealing(options: Options, args: readonly string[]): string {
  const known = [
    ...Object.values(options),
    ...args.map((one) => one.slice(one.indexOf("=") + 1)),
    ...Object.values(ENVIRONMENT),
  ];
  return (
    `The request signature does not match; x-amz-security-token:${MARK}-token-of-sts, SecretAccessKey=${MARK}-x; ` +
    `${known.filter((one) => one.startsWith(MARK)).join(" and ")}\n\nThe Canonical String for this request should have been\n'POST\n/\n\n${MARK}-of-sts'`
  );
}

for (const [what, { options, args = [] }] of Object.entries(GIVEN)) {
  test.serial(`a run with ${what} that is refused prints none of its secrets`, async (t) => {
    const own: KinesisEmulator = await startKinesisEmulator();
    await own.createStream("orders", 1);
    own.faults.inject({
      kind: "error",
      errorType: "InvalidSignatureException",
      message: revealing(options, args),
    });
    const cwd = folderWith({ "job.sql": script(options, own.endpoint) });
    const { code, stdout, stderr } = await tributary(
      ["run", "job.sql", "--log", "trace", "--json", ...args],
      {
        cwd,
        env: ENVIRONMENT,
      },
    );
    await own.close();

    t.is(code, 3, stderr);
    t.regex(stdout, /CREDENTIALS_REJECTED/);
    assertSilent(t, stdout + stderr);
  });
}
