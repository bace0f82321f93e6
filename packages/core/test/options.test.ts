import test from "ava";
import { IsInt, Matches, Max, Min } from "class-validator";
import { CrossCheck, Option, describeOptions, optionEntries, parseOptions } from "@tributary/core";
import type { CrossCheckContext, Diagnostic, OptionFault } from "@tributary/core";

class ClientOptions {
  @Option({ key: "aws.region", type: "string", required: true, summary: "Region.", example: "eu-west-1" })
  @Matches(/^[a-z]+-[a-z]+-[0-9]$/, { message: "must be the name of a region" })
  readonly region!: string;

  @Option({ key: "aws.credentials.basic.secretkey", type: "string", summary: "Secret key." })
  @Matches(/^[a-z]+$/, { message: "must be letters, not $value" })
  readonly secretKey?: string;
}

class SinkOptions extends ClientOptions {
  @Option({
    key: "sink.batch.max-size",
    type: "int",
    unit: "records",
    summary: "Most records in one call.",
    deprecatedKeys: ["sink.producer.collection-max-size"],
    fallbackKeys: ["sink.batch"],
  })
  @IsInt()
  @Min(1)
  @Max(500)
  readonly batchRecordsMax: number = 500;

  @Option({
    key: "sink.requests.max-buffered",
    type: "int",
    unit: "records",
    summary: "Most records that wait.",
  })
  readonly bufferedRecordsMax: number = 10_000;

  @Option({ key: "sink.mode", type: "enum", values: ["FAST", "SAFE"], summary: "Mode." })
  readonly mode: "FAST" | "SAFE" = "SAFE";

  @Option({ key: "sink.flush-buffer.timeout", type: "duration", unit: "ms", summary: "Wait." })
  @Min(1)
  readonly flushIntervalMs: number = 5000;

  @Option({ key: "sink.buffer.size", type: "memorySize", summary: "Size." })
  readonly bufferBytes: number = 5 * 1024 * 1024;

  @Option({ key: "fields.#.length", type: "int", summary: "Length of a field." })
  readonly fieldLengths: ReadonlyMap<string, number> = new Map();

  @Option({ key: "tags", type: "map", summary: "Tags." })
  readonly tags: ReadonlyMap<string, string> = new Map();

  @CrossCheck()
  checkBuffer(context: CrossCheckContext): OptionFault[] {
    if (this.bufferedRecordsMax > this.batchRecordsMax) return [];
    return [
      {
        key: "sink.requests.max-buffered",
        otherKeys: ["sink.batch.max-size"],
        message: `Option '${context.fullKey("sink.requests.max-buffered")}' (${this.bufferedRecordsMax}) must be greater than '${context.fullKey("sink.batch.max-size")}' (${this.batchRecordsMax}).`,
      },
    ];
  }
}

const REGION = { "aws.region": "eu-west-1" };

function codesOf(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ severity, code, option }) => `${severity} ${code} ${option}`);
}

test("an option that is not given has its initialiser's value, and one without is absent", (t) => {
  const { value, diagnostics } = parseOptions(SinkOptions, optionEntries(REGION));

  t.deepEqual(diagnostics, []);
  t.is(value?.batchRecordsMax, 500);
  t.false(Object.hasOwn(value ?? {}, "secretKey"));
  t.true(Object.isFrozen(value));
});

test("every fault is reported at once: missing, invalid, unknown, each by key", (t) => {
  const { value, diagnostics } = parseOptions(
    SinkOptions,
    optionEntries({
      "sink.mode": "FSAT",
      "sink.batch.max-size": "0",
      "sink.buffer.size": "1 kib",
      "sink.batch.max-sze": "1",
      "aws.credentials.basic.secretkey": "hunter2",
    }),
    { role: "sink", identifier: "kinesis", table: "t" },
  );

  t.is(value, undefined);
  t.deepEqual(codesOf(diagnostics), [
    "error OPTION_MISSING aws.region",
    "error OPTION_INVALID aws.credentials.basic.secretkey",
    "error OPTION_INVALID sink.batch.max-size",
    "error OPTION_INVALID sink.buffer.size",
    "error OPTION_INVALID sink.mode",
    "error OPTION_UNKNOWN sink.batch.max-sze",
  ]);
  t.false(JSON.stringify(diagnostics).includes("hunter2"));
  t.is(
    diagnostics[2]?.message,
    "The value '0' of option 'sink.batch.max-size' must not be less than 1 records.",
  );
  t.deepEqual(diagnostics[4]?.candidates, ["FAST", "SAFE"]);
  t.is(diagnostics[5]?.candidates?.[0], "sink.batch.max-size");
});

test("a key may vary at '#', and a map may be given by prefix", (t) => {
  const { value } = parseOptions(
    SinkOptions,
    optionEntries({ ...REGION, "fields.a.b.length": "3", "tags.x.y": "1", "tags.__proto__": "2" }),
  );

  t.deepEqual([...(value?.fieldLengths ?? [])], [["a.b", 3]]);
  t.deepEqual(
    [...(value?.tags ?? [])],
    [
      ["x.y", "1"],
      ["__proto__", "2"],
    ],
  );
});

test("a rule across options is left out while one of its options is faulty by itself", (t) => {
  const broken = parseOptions(
    SinkOptions,
    optionEntries({ ...REGION, "sink.requests.max-buffered": "x", "sink.batch.max-size": "500" }),
  );
  const crossed = parseOptions(
    SinkOptions,
    optionEntries({ ...REGION, "sink.requests.max-buffered": "500" }),
  );

  t.deepEqual(codesOf(broken.diagnostics), ["error OPTION_INVALID sink.requests.max-buffered"]);
  t.deepEqual(codesOf(crossed.diagnostics), ["error OPTION_INVALID sink.requests.max-buffered"]);
  t.is(
    crossed.diagnostics[0]?.message,
    "Option 'sink.requests.max-buffered' (500) must be greater than 'sink.batch.max-size' (500).",
  );
});

test("options are described in the words of the reference", (t) => {
  const described = describeOptions(SinkOptions, "p.");

  t.deepEqual(described[2], {
    key: "p.sink.batch.max-size",
    type: "Integer",
    default: "500",
    required: false,
    forwarded: false,
    values: null,
    description: "Most records in one call.",
    deprecatedKeys: ["p.sink.batch", "p.sink.producer.collection-max-size"],
  });
  t.deepEqual(
    described.map((one) => one.default),
    [null, null, "500", "10000", "SAFE", "5 s", "5 mb", null, null],
  );
});
