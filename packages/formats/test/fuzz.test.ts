// A short form of `npm run fuzz`, and that code made from a schema and closures give the same to the last byte.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { rowToCanonicalJson } from "@tributary/core";
import test from "ava";
import { decode, decodeWith, encode, encodeBytes, rowTypeOf } from "./codec.js";
import type { FormatName, Options } from "./codec.js";
import { fuzz } from "./fuzz/fuzz.js";
import { Random } from "./fuzz/random.js";
import { randomRow } from "./fuzz/random-rows.js";
import { SERVICES, subjectsOf } from "./fuzz/subjects.js";

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL("./fuzz/main.js", import.meta.url));
/** The same in every run; another one to hunt with. */
const SEED = Number(process.env["FUZZ_SEED"] ?? 20);
const INPUTS = Number(process.env["FUZZ_INPUTS"] ?? 3_000);

for (const subject of subjectsOf()) {
  test(`${subject.name}: near misses and noise end in rows or in faults`, async (t) => {
    const { faults, rows, refused } = await fuzz(subject, SEED, INPUTS);
    t.deepEqual(faults, []);
    t.true(rows > 0 && refused + rows > INPUTS / 2, `${rows} rows, ${refused} refused`);
  });
}

/** What came out of each subject, without the time it took. */
async function outcomes(flags: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run(process.execPath, [...flags, MAIN, "4000", "--seed", String(SEED)]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => line.replace(/, [0-9.]+ s,/, ","));
}

test("where code may not be made from strings every format gives the same", async (t) => {
  const [usual, forbidden] = await Promise.all([
    outcomes([]),
    outcomes(["--disallow-code-generation-from-strings"]),
  ]);
  t.deepEqual(forbidden, usual);
  t.true(usual.length > subjectsOf().length);
});

const LEVELS = 100_000;
const DEEP: readonly (readonly [title: string, json: string])[] = [
  ["arrays", "[".repeat(LEVELS) + "]".repeat(LEVELS)],
  ["objects", '{"x":'.repeat(LEVELS) + "1" + "}".repeat(LEVELS)],
  ["arrays without end", "[".repeat(LEVELS)],
  ["objects without end", '{"x":'.repeat(LEVELS)],
  ["both in turn", '[{"x":'.repeat(LEVELS) + "1" + "}]".repeat(LEVELS)],
];
const READ = [
  "x STRING",
  "x INT",
  "x BOOLEAN",
  "x DECIMAL(5, 2)",
  "x ARRAY<INT>",
  "x MAP<STRING, STRING>",
  "x ROW<x ROW<x STRING>>",
  "y INT",
];

const refusesDepth = test.macro(
  (t, name: FormatName, options: Options, wrap: (json: string) => string, columns: readonly string[]) => {
    const mark = options["ignore-parse-errors"] === "true" ? "~" : "!";
    for (const [title, json] of DEEP) {
      for (const column of columns) {
        const { events, faults } = decode(name, column, options, [wrap(json)]);
        t.deepEqual(
          events.map((event) => event.slice(0, 1)),
          [mark],
          `${title} for ${column}`,
        );
        t.true((faults[0]?.excerpt?.length ?? 0) < 200);
      }
    }
  },
);

test(
  "json a hundred thousand levels deep is refused",
  refusesDepth,
  "json",
  {},
  (json) => `{"x":${json}}`,
  READ,
);
test(
  "json a hundred thousand levels deep is skipped where errors are ignored",
  refusesDepth,
  "json",
  { "ignore-parse-errors": "true" },
  (json) => `{"x":${json}}`,
  READ,
);
test(
  "the tree decoder refuses it as well",
  refusesDepth,
  "json",
  { "decode.json-parser.enabled": "false" },
  (json) => `{"x":${json}}`,
  READ,
);
test("it is refused at top level", refusesDepth, "json", {}, (json) => json.replace("x", "z"), ["y INT"]);
test(
  "avro's JSON is refused as well",
  refusesDepth,
  "avro",
  { encoding: "json" },
  (json) => `{"x":${json}}`,
  ["x ARRAY<INT>", "x INT"],
);

const deepType = (open: string, levels: number, close: string): string =>
  `${open.repeat(levels)}BIGINT${close.repeat(levels)}`;

test("types as deep as types can be are read and written by generated code and by closures", (t) => {
  const levels = 90;
  const types: readonly (readonly [type: string, json: string])[] = [
    [deepType("ARRAY<", levels, ">"), "[".repeat(levels) + "9007199254740993" + "]".repeat(levels)],
    [deepType("ROW<x ", levels, ">"), '{"x":'.repeat(levels) + "9007199254740993" + "}".repeat(levels)],
    [deepType("MAP<STRING, ", levels, ">"), '{"x":'.repeat(levels) + "9007199254740993" + "}".repeat(levels)],
  ];
  for (const [type, json] of types) {
    const { rows } = decode("json", `x ${type}`, {}, [`{"x":${json}}`]);
    t.deepEqual(encode("json", `x ${type}`, {}, rows), [`{"x":${json}}`]);
    const [binary] = encodeBytes("avro", rowTypeOf(`x ${type}`), {}, rows);
    t.deepEqual(decode("avro", `x ${type}`, {}, [binary ?? null]).rows, rows);
  }
});

test("groups nested in unknown fields of protobuf have a limit", (t) => {
  const [subject] = subjectsOf(["protobuf"]);
  if (subject === undefined) throw new Error("There is no format 'protobuf'.");
  const { decoding, rowType } = subject;
  // Field 99 as a group, never closed, and closed.
  const open = Buffer.from("9b06".repeat(LEVELS), "hex");
  const closed = Buffer.from("9b06".repeat(LEVELS) + "9c06".repeat(LEVELS), "hex");
  t.deepEqual(
    decodeWith(decoding, rowType, [open, closed]).events.map((event) => event.slice(0, 1)),
    ["!", "!"],
  );
});

const ODD_NAMES = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "__defineGetter__",
  "toJSON",
  "then",
  "length",
  "0",
];

test("names of what every object has are ordinary names of columns, fields and keys", (t) => {
  const names = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
  const fields = ODD_NAMES.map((name) => `\`${name}\` INT`).join(", ");
  const type = `${fields}, r ROW<${fields}>, m MAP<STRING, INT>`;
  const object = `{${ODD_NAMES.map((name, index) => `"${name}":${index}`).join(",")}`;
  const text = `${object},"r":${object}},"m":${object}}}`;
  const { rows } = decode("json", type, {}, [text]);
  const [row] = rows;

  t.deepEqual(encode("json", type, {}, rows), [text]);
  t.deepEqual(Object.keys(row ?? {}), [...new Set(["0", ...ODD_NAMES]), "r", "m"]);
  t.is(Object.getPrototypeOf(row), Object.prototype);
  // Fields that no column names, and ones that are missing.
  const polluting = '{"__proto__":{"a":9},"constructor":{"prototype":{"a":9}}}';
  t.deepEqual(decode("json", "a INT, b INT", {}, [polluting]).events, ['{"a":null,"b":null}']);
  t.deepEqual(decode("json", "`toString` INT, `__proto__` INT", {}, ["{}"]).events, [
    '{"toString":null,"__proto__":null}',
  ]);
  t.deepEqual(encode("json", "`toString` INT, `__proto__` INT", {}, [{}]), [
    '{"toString":null,"__proto__":null}',
  ]);
  t.is(JSON.stringify(Object.getOwnPropertyNames(Object.prototype)), names);
});

test("csv and avro have such columns too", (t) => {
  const names = ODD_NAMES.filter((name) => name !== "0");
  const fields = names.map((name) => `\`${name}\` INT`).join(", ");
  const cells = names.map((_, index) => index).join(",");
  const { rows } = decode("csv", fields, {}, [cells]);

  t.deepEqual(encode("csv", fields, {}, rows), [cells]);
  const [message] = encodeBytes("avro", rowTypeOf(fields), {}, rows);
  t.deepEqual(decode("avro", fields, {}, [message ?? null]).rows, rows);
  t.deepEqual(encode("csv", fields, { "null-literal": "-" }, [{}]), [names.map(() => "-").join(",")]);
});

/** Formats that hold every row of their setups exactly; of the others the limits are pinned where they are described. */
const EXACT_FORMATS = ["avro", "avro-confluent", "avro-glue", "debezium-json", "json"];

for (const subject of subjectsOf(EXACT_FORMATS)) {
  test(`${subject.name}: every row is read as it was written`, async (t) => {
    const { encoding, decoding, rowType, name } = subject;
    const context = { table: "t", rowType };
    const random = Random.of(SEED, `${name}, rows`, 0);
    const rows = Array.from({ length: 500 }, () => randomRow(random, rowType));
    await encoding.prepare?.(context, SERVICES);
    const messages = encoding.createEncoder(context).encode(rows);
    const decoder = decoding.createDecoder(context);
    await decoder.prepare?.(messages, SERVICES);
    const read: string[] = [];
    decoder.decode(messages, {
      row: (_, row) => read.push(rowToCanonicalJson(row, rowType)),
      malformed: (_, { reason }) => read.push(reason),
      skipped: (_, { reason }) => read.push(reason),
    });
    t.deepEqual(
      read,
      rows.map((row) => rowToCanonicalJson(row, rowType)),
    );
  });
}
