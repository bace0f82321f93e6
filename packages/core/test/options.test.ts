import test from "ava";
import fc from "fast-check";
import { IsInt, Matches, Max, Min } from "class-validator";
import {
  CrossCheck,
  Option,
  describeOptions,
  formatDuration,
  formatMemorySize,
  isSecretKey,
  maskSecrets,
  nearestFirst,
  optionEntries,
  parseDuration,
  parseMemorySize,
  parseOptions,
  probablyMeant,
  validateOptions,
} from "@tributary/core";
import type { CrossCheckContext, Diagnostic, OptionDeclaration, OptionFault } from "@tributary/core";

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
    optionEntries({ ...REGION, "sink.requests.max-buffered": "400", "sink.batch.max-size": "x" }),
  );
  const crossed = parseOptions(
    SinkOptions,
    optionEntries({ ...REGION, "sink.requests.max-buffered": "500" }),
  );

  t.deepEqual(codesOf(broken.diagnostics), ["error OPTION_INVALID sink.batch.max-size"]);
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

test("a fallback key works without a remark, an older one with a warning, and the key itself wins", (t) => {
  const parse = (options: Record<string, string>) => {
    const { value, diagnostics } = parseOptions(SinkOptions, optionEntries({ ...REGION, ...options }));
    return [value?.batchRecordsMax, ...codesOf(diagnostics)];
  };

  t.deepEqual(parse({ "sink.batch": "3" }), [3]);
  t.deepEqual(parse({ "sink.producer.collection-max-size": "4" }), [
    4,
    "warning OPTION_DEPRECATED sink.producer.collection-max-size",
  ]);
  t.deepEqual(parse({ "sink.batch": "3", "sink.batch.max-size": "2" }), [
    2,
    "warning OPTION_IGNORED sink.batch",
  ]);
  t.deepEqual(parse({ "sink.producer.collection-max-size": "4", "sink.batch": "3" }), [
    3,
    "warning OPTION_DEPRECATED sink.producer.collection-max-size",
  ]);
});

test("a limit holds just inside and just outside", (t) => {
  const faults = (value: string) =>
    parseOptions(SinkOptions, optionEntries({ ...REGION, "sink.batch.max-size": value })).diagnostics.length;

  t.deepEqual(["0", "1", "500", "501"].map(faults), [1, 0, 0, 1]);
});

test("a format's prefix stands in keys, and other keys are not looked at", (t) => {
  const { value, diagnostics } = parseOptions(
    SinkOptions,
    optionEntries({ "f.aws.region": "eu-west-1", "f.sink.mode": "x", other: "1" }),
    { prefix: "f.", role: "format", identifier: "f" },
  );

  t.is(value, undefined);
  t.deepEqual(codesOf(diagnostics), ["error OPTION_INVALID f.sink.mode"]);
  t.is(diagnostics[0]?.connector, "f");
});

test("a method under the well-known symbol is a rule across options", (t) => {
  class Checked {
    @Option({ key: "a", type: "int", summary: "A." })
    readonly a: number = 1;
    [validateOptions](context: CrossCheckContext): OptionFault[] {
      return context.isGiven("a") ? [{ key: "a", code: "OPTION_IGNORED", message: "Not now." }] : [];
    }
  }

  t.deepEqual(parseOptions(Checked, []).diagnostics, []);
  const { value, diagnostics } = parseOptions(Checked, optionEntries({ a: "2" }));
  t.deepEqual(codesOf(diagnostics), ["warning OPTION_IGNORED a"]);
  t.is(value?.a, 2);
});

test("a subclass declares an inherited property anew", (t) => {
  class Narrow extends SinkOptions {
    @Option({ key: "batch", type: "int", summary: "Batch." })
    override readonly batchRecordsMax: number = 7;
  }

  t.is(parseOptions(Narrow, optionEntries({ ...REGION, batch: "8" })).value?.batchRecordsMax, 8);
  t.false(describeOptions(Narrow).some(({ key }) => key === "sink.batch.max-size"));
  t.true(describeOptions(SinkOptions).some(({ key }) => key === "sink.batch.max-size"));
});

/** A class with one option `x`. */
function optionsOf(declaration: Omit<OptionDeclaration, "key" | "summary">, initial?: unknown) {
  class One {
    x: unknown = initial;
  }
  Option({ key: "x", summary: "X.", ...declaration })(One.prototype, "x");
  return One;
}

const scalar = test.macro(
  (
    t,
    declaration: Omit<OptionDeclaration, "key" | "summary">,
    cases: readonly (readonly [string, unknown])[],
  ) => {
    const One = optionsOf(declaration);
    for (const [text, expected] of cases) {
      t.deepEqual(parseOptions(One, optionEntries({ x: text })).value?.x, expected, JSON.stringify(text));
    }
  },
);

test("Boolean: two words in any case, no blanks", scalar, { type: "boolean" }, [
  ["true", true],
  ["FALSE", false],
  ["True", true],
  [" true", undefined],
  ["1", undefined],
  ["yes", undefined],
  ["", undefined],
]);
test("Integer: 32 bits, optional sign, no blanks", scalar, { type: "int" }, [
  ["0", 0],
  ["+7", 7],
  ["-007", -7],
  ["2147483647", 2147483647],
  ["2147483648", undefined],
  ["-2147483648", -2147483648],
  ["-2147483649", undefined],
  ["1.0", undefined],
  ["1e3", undefined],
  ["1_000", undefined],
  [" 1", undefined],
  ["", undefined],
  ["+-1", undefined],
]);
test("Long as number: refused where a number is not exact", scalar, { type: "long" }, [
  ["9007199254740991", 9007199254740991],
  ["9007199254740992", undefined],
  ["-9007199254740991", -9007199254740991],
]);
test("Long as bigint: 64 bits", scalar, { type: "long", isBigInt: true }, [
  ["9223372036854775807", 9223372036854775807n],
  ["9223372036854775808", undefined],
  ["-9223372036854775808", -9223372036854775808n],
  ["-9223372036854775809", undefined],
  ["+1", 1n],
]);
test("Double: decimal or exponent form", scalar, { type: "double" }, [
  ["1.5", 1.5],
  [".5", 0.5],
  ["1.", 1],
  ["-1e-3", -0.001],
  ["1e400", undefined],
  ["0x10", undefined],
  ["1,5", undefined],
  ["", undefined],
]);
test(
  "Enum: any case gives the constant as printed",
  scalar,
  { type: "enum", values: ["AT_TIMESTAMP", "on-event"] },
  [
    ["at_timestamp", "AT_TIMESTAMP"],
    ["ON-EVENT", "on-event"],
    ["AT-TIMESTAMP", undefined],
    ["", undefined],
  ],
);
test("Enum that is case-sensitive", scalar, { type: "enum", values: ["LATEST"], isCaseSensitive: true }, [
  ["LATEST", "LATEST"],
  ["latest", undefined],
]);
test("List: YAML, else split at semicolons", scalar, { type: "list" }, [
  ["a;b", ["a", "b"]],
  [" a ; b ", ["a", "b"]],
  ["a;;b", ["a", "", "b"]],
  [";a;", ["a"]],
  ["", []],
  ["'a;b';\"c\"", ["a;b", "c"]],
  ["'it''s'", ["it's"]],
  ["A'B;c", ["A'B", "c"]],
  ["'a' b;c", undefined],
  ["'a", undefined],
  ["[a, 'b;c']", ["a", "b;c"]],
  ["[1, true, null]", ["1", "true", "null"]],
  ["- a\n- b", ["a", "b"]],
  ["[a", ["[a"]],
]);
test("Map: YAML, else split at commas and colons", scalar, { type: "map" }, [
  [
    "k1:v1,k2:v2",
    new Map([
      ["k1", "v1"],
      ["k2", "v2"],
    ]),
  ],
  [
    "{a: b, c: 1}",
    new Map([
      ["a", "b"],
      ["c", "1"],
    ]),
  ],
  ["a: b", new Map([["a", "b"]])],
  ["'k:''1,2'''", new Map([["k", "1,2"]])],
  ["__proto__:x", new Map([["__proto__", "x"]])],
  ["", new Map()],
  ["a", undefined],
  ["a:b:c", undefined],
  ["a:", new Map([["a", ""]])],
]);

test("a map without colon says that one may be missing", (t) => {
  const { diagnostics } = parseOptions(optionsOf({ type: "map" }), optionEntries({ x: "a" }));

  t.regex(diagnostics[0]?.message ?? "", /a ':' is missing/);
});

const measured = test.macro(
  (t, parse: typeof parseDuration, cases: readonly (readonly [string, number | undefined])[]) => {
    for (const [text, expected] of cases) {
      const result = parse(text);
      t.is(result.ok ? result.value : undefined, expected, JSON.stringify(text));
    }
  },
);

test("Duration: number and unit, or ISO-8601; milliseconds", measured, parseDuration, [
  ["1000", 1000],
  ["10 s", 10_000],
  ["  10S ", 10_000],
  ["3min", 180_000],
  ["2 HOURS", 7_200_000],
  ["1 d", 86_400_000],
  ["1500 µs", 1],
  ["999 ns", 0],
  ["7 nanoseconds", 0],
  ["4 milli", 4],
  ["1.5 s", undefined],
  ["-1 s", undefined],
  ["1 min 30 s", undefined],
  ["5 mins", undefined],
  ["5 hrs", undefined],
  ["5 \u03bcs", undefined],
  ["", undefined],
  ["  ", undefined],
  ["s", undefined],
  ["9223372036854775807 s", Number(9223372036854775807000n)],
  ["9223372036854775808 s", undefined],
  ["9223372036854775808 ms", 2 ** 63],
  ["PT10S", 10_000],
  ["pt15m", 900_000],
  ["P2DT3H4M", 183_840_000],
  ["PT20.345S", 20_345],
  ["P1D", 86_400_000],
  ["PT-1S", undefined],
  ["-PT-1S", 1000],
  ["-PT1S", undefined],
  ["PT1M-1.5S", 58_500],
  ["P", undefined],
  ["PT", undefined],
  ["P1W", undefined],
  ["P1M", undefined],
  ["P1Y", undefined],
  ["PT1.5M", undefined],
]);

test("MemorySize: number and unit, powers of 1024; bytes", measured, parseMemorySize, [
  ["1024", 1024],
  ["5 mb", 5 * 1024 ** 2],
  ["64K", 65_536],
  ["1 kibibytes", 1024],
  ["2 tebibytes", 2 * 1024 ** 4],
  ["3 bytes", 3],
  ["1 kib", undefined],
  ["1 kilobytes", undefined],
  ["-1", undefined],
  ["1.5 mb", undefined],
  ["", undefined],
  ["mb", undefined],
  ["9223372036854775807", 2 ** 63],
  ["9223372036854775808", undefined],
  ["8388607 t", 8388607 * 1024 ** 4],
  ["8388608 t", undefined],
]);

test("a printed duration or memory size reads back as itself", (t) => {
  fc.assert(
    fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (number) => {
      t.deepEqual(parseDuration(formatDuration(number)), { ok: true, value: number });
      t.deepEqual(parseMemorySize(formatMemorySize(number)), { ok: true, value: number });
    }),
  );
});

test("a printed list or map reads back as itself", (t) => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...Array.from("a;,:'\" -[{}]?#&\n")) }),
  );
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), (list) => {
      const One = optionsOf({ type: "list" }, list);
      const printed = describeOptions(One)[0]?.default ?? "";
      t.deepEqual(parseOptions(One, optionEntries({ x: printed })).value?.x, list, printed);
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { minLength: 1 }), (entries) => {
      const One = optionsOf({ type: "map" }, new Map(entries));
      const printed = describeOptions(One)[0]?.default ?? "";
      t.deepEqual(parseOptions(One, optionEntries({ x: printed })).value?.x, new Map(entries), printed);
    }),
    { numRuns: 300 },
  );
});

test("every parser answers any text without throwing", (t) => {
  const types = ["boolean", "int", "long", "double", "duration", "memorySize", "list", "map"] as const;
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.string(), (type, text) => {
      const { value, diagnostics } = parseOptions(optionsOf({ type }), optionEntries({ x: text }));
      t.is(value === undefined, diagnostics.length === 1);
    }),
    { numRuns: 500 },
  );
});

test("candidates come nearest first: swapped letters are one slip", (t) => {
  t.deepEqual(nearestFirst("stream.anr", ["sink.mode", "stream.arn", "stream"]), [
    "stream.arn",
    "stream",
    "sink.mode",
  ]);
  t.is(probablyMeant("stream.anr", ["stream.arn", "sink.mode"]), "stream.arn");
  t.is(probablyMeant("colour", ["stream.arn", "sink.mode"]), undefined);
});

test("secrets are known by their keys", (t) => {
  const keys = ["aws.credentials.basic.secretkey", "X.ACCESSKEYID", "my-token-count", "db.Password"];

  t.true(keys.every((key) => isSecretKey(key)));
  t.false(isSecretKey("stream.arn"));
  t.true(isSecretKey("my.pin", ["PIN"]));
  t.is(maskSecrets("password", "x"), "******");
  t.is(maskSecrets("stream.arn", "x"), "x");
  t.is(maskSecrets("f.properties.basic.auth.user.info", "x"), "******");
  t.is(maskSecrets("url", "http://me:pass@a:1/x,https://you@b"), "http://******@a:1/x,https://******@b");
  t.is(maskSecrets("url", "http://a/x@y, me@b"), "http://a/x@y, me@b");
});

test("of two maps the one with the longer prefix takes a key, and a key declared as it stands before both", (t) => {
  class Maps {
    @Option({ key: "a", type: "map", summary: "A." })
    readonly outer?: ReadonlyMap<string, string>;

    @Option({ key: "a.b", type: "map", summary: "B." })
    readonly inner?: ReadonlyMap<string, string>;

    @Option({ key: "a.b.c", type: "int", summary: "C." })
    readonly plain?: number;
  }
  const { value } = parseOptions(Maps, optionEntries({ "a.x": "1", "a.b.y": "2", "a.b.c": "3" }));

  t.deepEqual(value?.outer, new Map([["x", "1"]]));
  t.deepEqual(value?.inner, new Map([["y", "2"]]));
  t.is(value?.plain, 3);
});

test("a map given as a whole leaves entries below its prefix without effect", (t) => {
  const { value, diagnostics } = parseOptions(
    SinkOptions,
    optionEntries({ ...REGION, tags: "a:b", "tags.c": "d" }),
  );

  t.deepEqual(value?.tags, new Map([["a", "b"]]));
  t.deepEqual(codesOf(diagnostics), ["warning OPTION_IGNORED tags.c"]);
});
