import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import test from "ava";

import { createRegistry, planSink, types } from "@tributary/core";
import type { Diagnostic, PlanContext } from "@tributary/core";
import { SILENT_LOGGER } from "@tributary/core/testing";
import {
  AwsKinesisClients,
  CREDENTIALS_PROVIDER,
  KINESIS_CLIENTS,
  kinesisStreams5,
} from "@tributary/io-kinesis";
import type { ConnectionSettings, KinesisClients } from "@tributary/io-kinesis";

import { AwsStandIn } from "./aws-stand-in.js";
import type { KinesisCall } from "./aws-stand-in.js";
import { plainFormat } from "./plain-format.js";
import { hastyServices } from "./source-harness.js";

const aws = await AwsStandIn.start();
const folder = mkdtempSync(join(tmpdir(), "tributary-credentials-"));
const tokenFile = join(folder, "token");
const credentialsFile = join(folder, "credentials");
writeFileSync(tokenFile, "web-token");
writeFileSync(
  credentialsFile,
  "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = d\n" +
    "[dev]\naws_access_key_id = AKIADEV\naws_secret_access_key = s\naws_session_token = dev-token\n",
);

/** Nothing of the machine's own AWS settings may be found. */
for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name];
const BARE = {
  AWS_SHARED_CREDENTIALS_FILE: join(folder, "none"),
  AWS_CONFIG_FILE: join(folder, "none"),
  AWS_EC2_METADATA_DISABLED: "true",
};
Object.assign(process.env, BARE);

test.after.always(() => {
  aws.close();
  rmSync(folder, { recursive: true });
});

/** Runs with variables of the environment set. */
async function within<T>(variables: Readonly<Record<string, string>>, run: () => Promise<T>): Promise<T> {
  Object.assign(process.env, variables);
  try {
    return await run();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    Object.assign(process.env, BARE);
  }
}

interface Given {
  readonly options?: Readonly<Record<string, string>>;
  readonly properties?: Readonly<Record<string, string>>;
}

/** The settings that a planned table gives its client, and what planning said. */
async function planned(given: Given): Promise<{
  readonly settings: ConnectionSettings | undefined;
  readonly diagnostics: readonly Diagnostic[];
}> {
  let settings: ConnectionSettings | undefined;
  const value: KinesisClients = {
    open: (opened) => {
      settings = opened;
      return Promise.reject(new Error("opened"));
    },
  };
  const context: PlanContext = {
    registry: createRegistry([kinesisStreams5, plainFormat], {
      bindings: [{ token: KINESIS_CLIENTS, value }],
    }),
    timeZone: "UTC",
    logger: SILENT_LOGGER,
    ...(given.properties === undefined ? {} : { properties: new Map(Object.entries(given.properties)) }),
  };
  const options = {
    connector: "kinesis",
    "stream.arn": "arn:aws:kinesis:eu-west-1:000000000000:stream/orders",
    "aws.region": "eu-west-1",
    "aws.endpoint": aws.endpoint,
    format: "plain",
    ...given.options,
  };
  const plan = planSink(
    {
      name: "orders",
      schema: {
        columns: [{ kind: "physical", name: "text", type: types.string() }],
      },
      partitionKeys: [],
      options: Object.entries(options).map(([key, text]) => ({ key, value: text })),
    },
    context,
  );
  const sink = plan.value?.binding.sink;
  const { signal } = new AbortController();
  await sink
    ?.createWriter({ ...hastyServices(), writerIndex: 0, parallelism: 1, signal, fail: () => {} })
    .catch(() => undefined);
  return { settings, diagnostics: plan.diagnostics };
}

/** Makes one call as the table says, and returns how it arrived. */
async function called(given: Given): Promise<KinesisCall | undefined> {
  aws.reset();
  const { settings, diagnostics } = await planned(given);
  if (settings === undefined) throw new Error(JSON.stringify(diagnostics));
  const clients = new AwsKinesisClients();
  const client = await clients.open(settings, SILENT_LOGGER);
  try {
    await client.describeStreamSummary();
  } finally {
    clients.dispose();
  }
  return aws.kinesisCalls[0];
}

const signed = test.macro(
  async (
    t,
    given: Given,
    by: string,
    sessionToken: string | undefined,
    environment: Readonly<Record<string, string>> = {},
  ) => {
    const call = await within(environment, () => called(given));

    t.is(call?.signedBy, by);
    t.is(call?.sessionToken, sessionToken);
    t.is(call?.region, "eu-west-1");
  },
);

const provider = (name: string, more: Readonly<Record<string, string>> = {}): Given => ({
  options: { "aws.credentials.provider": name, ...more },
});
const ENVIRONMENT = { AWS_ACCESS_KEY_ID: "AKIAENV", AWS_SECRET_ACCESS_KEY: "s" };

test.serial("ENV_VAR reads the pair", signed, provider("ENV_VAR"), "AKIAENV", undefined, ENVIRONMENT);
test.serial("ENV_VAR reads the session token", signed, provider("ENV_VAR"), "AKIAENV", "tok", {
  ...ENVIRONMENT,
  AWS_SESSION_TOKEN: "tok",
});
test.serial("AUTO reads the environment", signed, provider("AUTO"), "AKIAENV", undefined, ENVIRONMENT);
test.serial("AUTO reads a profile", signed, provider("AUTO"), "AKIADEV", "dev-token", {
  AWS_SHARED_CREDENTIALS_FILE: credentialsFile,
  AWS_PROFILE: "dev",
});
test.serial(
  "AUTO asks a container's endpoint",
  signed,
  provider("AUTO"),
  "AKIACONTAINER",
  "token-of-CONTAINER",
  {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${aws.endpoint}/container`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "Bearer abc",
  },
);
test.serial(
  "AUTO asks an instance's metadata",
  signed,
  provider("AUTO"),
  "AKIAINSTANCE",
  "token-of-INSTANCE",
  {
    AWS_EC2_METADATA_DISABLED: "false",
    AWS_EC2_METADATA_SERVICE_ENDPOINT: aws.endpoint,
  },
);
test.serial("AUTO takes a web identity", signed, provider("AUTO"), "AKIAWEB", "token-of-WEB", {
  AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
  AWS_ROLE_ARN: "arn:aws:iam::1:role/web",
  AWS_ENDPOINT_URL_STS: aws.endpoint,
});
test.serial(
  "a pair without a provider is BASIC",
  signed,
  { options: { "aws.credentials.basic.accesskeyid": "AKIAB", "aws.credentials.basic.secretkey": "s" } },
  "AKIAB",
  undefined,
  ENVIRONMENT,
);
test.serial(
  "a provider that is named counts, whatever pair stands beside it",
  signed,
  provider("ENV_VAR", { "aws.credentials.basic.accesskeyid": "A", "aws.credentials.basic.secretkey": "s" }),
  "AKIAENV",
  undefined,
  ENVIRONMENT,
);
test.serial(
  "BASIC in the spelling of the DataStream API",
  signed,
  provider("BASIC", {
    "aws.credentials.provider.basic.accesskeyid": "AKIAB",
    "aws.credentials.provider.basic.secretkey": "s",
  }),
  "AKIAB",
  undefined,
);
test.serial(
  "PROFILE reads the file it is given, and of it the default profile",
  signed,
  provider("PROFILE", { "aws.credentials.profile.path": credentialsFile }),
  "AKIADEFAULT",
  undefined,
  ENVIRONMENT,
);
test.serial(
  "PROFILE reads the profile it is given",
  signed,
  provider("PROFILE", {
    "aws.credentials.profile.path": credentialsFile,
    "aws.credentials.profile.name": "dev",
  }),
  "AKIADEV",
  "dev-token",
);

const WEB = {
  "aws.credentials.role.arn": "arn:aws:iam::1:role/web",
  "aws.credentials.role.sessionName": "orders",
  "aws.credentials.webIdentityToken.file": tokenFile,
  "aws.credentials.role.stsEndpoint": aws.endpoint,
};
test.serial("WEB_IDENTITY_TOKEN sends the file's token for the role", async (t) => {
  const call = await called(provider("WEB_IDENTITY_TOKEN", WEB));

  t.is(call?.signedBy, "AKIAWEB");
  t.deepEqual(aws.stsCalls, [
    {
      action: "AssumeRoleWithWebIdentity",
      roleArn: "arn:aws:iam::1:role/web",
      sessionName: "orders",
      externalId: null,
      token: "web-token",
    },
  ]);
});

const ROLE = {
  "aws.credentials.role.arn": "arn:aws:iam::1:role/first",
  "aws.credentials.role.sessionName": "one",
  "aws.credentials.role.stsEndpoint": aws.endpoint,
};
const role = (
  name: string,
  sessionName: string,
  signedBy: string,
  externalId: string | null = null,
): unknown => ({
  action: "AssumeRole",
  roleArn: `arn:aws:iam::1:role/${name}`,
  sessionName,
  externalId,
  token: null,
  signedBy,
});

test.serial(
  "ASSUME_ROLE assumes the role with what AUTO finds, and signs with what it is given",
  async (t) => {
    const call = await within(ENVIRONMENT, () =>
      called(provider("ASSUME_ROLE", { ...ROLE, "aws.credentials.role.externalId": "ext" })),
    );

    t.is(call?.signedBy, "AKIAFIRST");
    t.is(call?.sessionToken, "token-of-FIRST");
    t.deepEqual(aws.stsCalls, [role("first", "one", "AKIAENV", "ext")]);
  },
);

const LEVEL = "aws.credentials.role.provider";
const THREE_ROLES = {
  ...ROLE,
  [LEVEL]: "ASSUME_ROLE",
  [`${LEVEL}.role.arn`]: "arn:aws:iam::1:role/second",
  [`${LEVEL}.role.sessionName`]: "two",
  [`${LEVEL}.role.provider`]: "ASSUME_ROLE",
  [`${LEVEL}.role.provider.role.arn`]: "arn:aws:iam::1:role/third",
  [`${LEVEL}.role.provider.role.sessionName`]: "three",
  [`${LEVEL}.role.provider.role.externalId`]: "ext",
  [`${LEVEL}.role.provider.role.provider`]: "BASIC",
  [`${LEVEL}.role.provider.role.provider.basic.accesskeyid`]: "AKIABASE",
  [`${LEVEL}.role.provider.role.provider.basic.secretkey`]: "s",
};
const CHAIN = [
  role("third", "three", "AKIABASE", "ext"),
  role("second", "two", "AKIATHIRD"),
  role("first", "one", "AKIASECOND"),
];

test.serial("roles are assumed with roles, however many", async (t) => {
  const call = await called(provider("ASSUME_ROLE", THREE_ROLES));

  t.is(call?.signedBy, "AKIAFIRST");
  t.deepEqual(aws.stsCalls, CHAIN);
});

test.serial("a chain of roles in the spelling of the DataStream API", async (t) => {
  const options = Object.fromEntries(
    Object.entries(THREE_ROLES).map(([key, value]) => [
      key.replace("aws.credentials.", "aws.credentials.provider."),
      value,
    ]),
  );

  const call = await called(provider("ASSUME_ROLE", options));

  t.is(call?.signedBy, "AKIAFIRST");
  t.deepEqual(aws.stsCalls, CHAIN);
});

test.serial("a role is assumed with a web identity", async (t) => {
  const call = await called(
    provider("ASSUME_ROLE", {
      ...ROLE,
      [LEVEL]: "WEB_IDENTITY_TOKEN",
      [`${LEVEL}.role.arn`]: "arn:aws:iam::1:role/web",
      [`${LEVEL}.role.sessionName`]: "w",
      [`${LEVEL}.webIdentityToken.file`]: tokenFile,
    }),
  );

  t.is(call?.signedBy, "AKIAFIRST");
  t.deepEqual(
    aws.stsCalls.map(({ action }) => action),
    ["AssumeRoleWithWebIdentity", "AssumeRole"],
  );
});

test.serial("what STS gives is kept until it expires, and asked for again before", async (t) => {
  const { settings } = await planned(provider("ASSUME_ROLE", { ...ROLE, [LEVEL]: "ENV_VAR" }));
  const clients = new AwsKinesisClients();
  const client = await clients.open(settings as ConnectionSettings, SILENT_LOGGER);
  aws.reset();
  await within(ENVIRONMENT, async () => {
    for (let call = 0; call < 3; call += 1) await client.describeStreamSummary();
    t.is(aws.stsCalls.length, 1);
    aws.lifetimeMs = 1_000;
    const short = await clients.open(settings as ConnectionSettings, SILENT_LOGGER);
    for (let call = 0; call < 3; call += 1) await short.describeStreamSummary();
  });
  aws.lifetimeMs = 3_600_000;
  clients.dispose();

  t.true(aws.stsCalls.length > 2);
});

const PROPERTIES = { "aws.accessKeyId": "AKIAPROP", "aws.secretAccessKey": "s" };

test.serial(
  "SYS_PROP reads the properties of the run, not the environment",
  signed,
  { ...provider("SYS_PROP"), properties: PROPERTIES },
  "AKIAPROP",
  undefined,
  ENVIRONMENT,
);
test.serial(
  "SYS_PROP reads a session token",
  signed,
  { ...provider("SYS_PROP"), properties: { ...PROPERTIES, "aws.sessionToken": "tok" } },
  "AKIAPROP",
  "tok",
);
test.serial("a role is assumed with SYS_PROP", async (t) => {
  await called({ ...provider("ASSUME_ROLE", { ...ROLE, [LEVEL]: "SYS_PROP" }), properties: PROPERTIES });

  t.is(aws.stsCalls[0]?.signedBy, "AKIAPROP");
});

test.serial(
  "SYS_PROP warns, and without its properties is an error although the environment has a pair",
  async (t) => {
    const codes = async (properties: Readonly<Record<string, string>>): Promise<string[]> =>
      within(ENVIRONMENT, async () => {
        const { diagnostics } = await planned({ ...provider("SYS_PROP"), properties });
        return diagnostics.map(({ severity, code }) => `${severity} ${code}`);
      });

    t.deepEqual(await codes(PROPERTIES), ["warning SECRET_EXPOSED"]);
    t.deepEqual(await codes({ "aws.accessKeyId": "A" }), ["error OPTION_MISSING", "warning SECRET_EXPOSED"]);
  },
);

const faults = test.macro(
  async (t, options: Readonly<Record<string, string>>, expected: readonly string[]) => {
    const { diagnostics } = await planned(
      provider("ASSUME_ROLE", { ...ROLE, [LEVEL]: "ASSUME_ROLE", ...options }),
    );

    t.deepEqual(
      diagnostics.map(({ severity, code, option }) => `${severity} ${code} ${option ?? ""}`),
      expected,
    );
  },
);
const SECOND = { [`${LEVEL}.role.arn`]: "arn", [`${LEVEL}.role.sessionName`]: "two" };

test.serial("a second role without arn and session name", faults, {}, [
  `error OPTION_MISSING ${LEVEL}.role.arn`,
  `error OPTION_MISSING ${LEVEL}.role.sessionName`,
]);
test.serial(
  "a third role without session name",
  faults,
  { ...SECOND, [`${LEVEL}.role.provider`]: "ASSUME_ROLE", [`${LEVEL}.role.provider.role.arn`]: "arn" },
  [`error OPTION_MISSING ${LEVEL}.role.provider.role.sessionName`],
);
test.serial(
  "BASIC behind a second role without its secret key",
  faults,
  { ...SECOND, [`${LEVEL}.role.provider`]: "BASIC", [`${LEVEL}.role.provider.basic.accesskeyid`]: "A" },
  [`error OPTION_MISSING ${LEVEL}.role.provider.basic.secretkey`],
);
test.serial(
  "a provider behind a second role that does not exist",
  faults,
  { ...SECOND, [`${LEVEL}.role.provider`]: "BASICS" },
  [`error OPTION_INVALID ${LEVEL}.role.provider`],
);
test.serial(
  "a setting of a second role that does not exist",
  faults,
  { ...SECOND, [`${LEVEL}.role.session`]: "x" },
  [`error OPTION_INVALID ${LEVEL}.role.session`],
);
test.serial(
  "an STS endpoint of the second role",
  faults,
  { ...SECOND, [`${LEVEL}.role.stsEndpoint`]: "http://x" },
  [`warning OPTION_IGNORED ${LEVEL}.role.stsEndpoint`],
);

test.serial("what the client calls itself", async (t) => {
  const call = await within(ENVIRONMENT, () =>
    called({ options: { "aws.kinesis.client.user-agent-prefix": "acme-orders/1.0" } }),
  );

  t.regex(call?.userAgent ?? "", /acme-orders\/1\.0/);
});

test.serial("the contract of CUSTOM is the one that is exported", (t) => {
  t.deepEqual(CREDENTIALS_PROVIDER.methods, ["resolveCredentials"]);
});
