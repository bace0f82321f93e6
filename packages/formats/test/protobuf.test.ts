// The descriptor files and the bytes of whole messages come from protoc and from Google's runtime; see protobuf/*.proto.
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  optionEntries,
  parseOptions,
  rowFromCanonicalJson,
  rowToCanonicalJson,
  TributaryError,
} from "@tributary/core";
import type { DecodeOutput, Diagnostic, MalformedRecord, Row } from "@tributary/core";
import { ProtobufFormat, ProtobufFormatFactory, ProtobufFormatOptions } from "@tributary/formats";
import test from "ava";
import fc from "fast-check";
import { rowTypeOf } from "./codec.js";
import type { Options } from "./codec.js";

const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 200);

const descriptor = (name: string): string =>
  fileURLToPath(new URL(`../test/protobuf/${name}`, import.meta.url));

function formatOf(message: string, options: Options = {}): ProtobufFormat {
  const all: Options = {
    "message-class-name": message,
    "descriptor-file": descriptor("kinds.desc"),
    ...options,
  };
  const entries = optionEntries(
    Object.fromEntries(Object.entries(all).map(([key, value]) => [`protobuf.${key}`, value])),
  );
  const context = { prefix: "protobuf.", table: "t", identifier: "protobuf" };
  const { value, diagnostics } = parseOptions(ProtobufFormatOptions, entries, context);
  if (value === undefined) throw new TributaryError(diagnostics);
  return new ProtobufFormat(value);
}

interface Decoded {
  /** Canonical JSON of rows, `!column` for malformed messages, `~` for skipped ones. */
  readonly events: readonly string[];
  readonly faults: readonly MalformedRecord[];
}

function decodeBytes(
  format: ProtobufFormat,
  columns: string,
  messages: readonly (Uint8Array | null)[],
): Decoded {
  const rowType = rowTypeOf(columns);
  const events: string[] = [];
  const faults: MalformedRecord[] = [];
  const fail = (sign: string, fault: MalformedRecord): void => {
    events.push(sign);
    faults.push(fault);
  };
  const output: DecodeOutput = {
    row: (_, row) => events.push(rowToCanonicalJson(row, rowType)),
    malformed: (_, fault) => fail(`!${fault.column ?? ""}`, fault),
    skipped: (_, fault) => fail("~", fault),
  };
  format.createDecoder({ table: "t", rowType }).decode(messages, output);
  return { events, faults };
}

function decode(message: string, columns: string, options: Options, ...hex: readonly string[]): Decoded {
  return decodeBytes(
    formatOf(message, options),
    columns,
    hex.map((one) => Buffer.from(one.replaceAll(" ", ""), "hex")),
  );
}

function encode(
  message: string,
  columns: string,
  rows: readonly Row[],
  options: Options = {},
): readonly string[] {
  return formatOf(message, options)
    .createEncoder({ table: "t", rowType: rowTypeOf(columns) })
    .encode(rows)
    .map((bytes) => Buffer.from(bytes ?? []).toString("hex"));
}

function diagnosticsOf(run: () => unknown): readonly Diagnostic[] {
  try {
    run();
  } catch (error) {
    if (TributaryError.is(error)) return error.diagnostics;
    throw error;
  }
  return [];
}

const SCALARS = "kinds.v1.Scalars";
const HOLDER = "kinds.v1.Holder";
const DEFAULTS = "older.Defaults";

const SCALAR_COLUMNS =
  "i32 INT, s32 INT, u32 INT, f32 INT, sf32 INT, i64 BIGINT, s64 BIGINT, u64 BIGINT, f64 BIGINT, sf64 BIGINT, " +
  "f FLOAT, d DOUBLE, b BOOLEAN, t STRING, y BYTES, c STRING, maybe INT, far INT";

/** Both ways: the bytes that Google's runtime wrote, and the row. */
const agrees = test.macro((t, message: string, columns: string, hex: string, json: string) => {
  const { events, faults } = decode(message, columns, {}, hex);
  t.deepEqual(faults, []);
  t.deepEqual(events, [json]);
  t.deepEqual(encode(message, columns, [rowFromCanonicalJson(json, rowTypeOf(columns))]), [hex]);
});

test(
  "every scalar type agrees with Google's runtime",
  agrees,
  SCALARS,
  SCALAR_COLUMNS,
  "08feffffffffffffffff01100518ffffffff0f25ffffffff2dffffffff30feffffffffffffffff0138ffffffffffffffffff0140ffffffffffffffffff0149ffffffffffffffff5100000000000000805d0000c03f619a9999999999b9bf68017206c3a9f09f98807a0200ff800102880100f8ffffff0f01",
  '{"i32":-2,"s32":-3,"u32":-1,"f32":-1,"sf32":-1,"i64":"-2","s64":"-9223372036854775808","u64":"-1","f64":"-1","sf64":"-9223372036854775808","f":1.5,"d":-0.1,"b":true,"t":"é😀","y":"AP8=","c":"BLUE","maybe":0,"far":1}',
);

test(
  "limits, infinity and negative zero agree",
  agrees,
  SCALARS,
  "i32 INT, s32 INT, i64 BIGINT, s64 BIGINT, d DOUBLE, f FLOAT, c INT",
  "08ffffffff0710ffffffff0f30ffffffffffffffff7f38feffffffffffffffff015d0000807f6100000000000000808001fbffffffffffffffff01",
  '{"i32":2147483647,"s32":-2147483648,"i64":"9223372036854775807","s64":"9223372036854775807","d":-0,"f":"Infinity","c":-5}',
);

const LINE = "ROW<sku STRING, `count` INT, tags ARRAY<STRING>>";

test(
  "messages, repeated fields, maps and a oneof agree",
  agrees,
  HOLDER,
  `first ${LINE}, lines ARRAY<${LINE}>, packed ARRAY<INT>, loose ARRAY<INT>, words ARRAY<STRING>, colors ARRAY<STRING>, ` +
    `counts MAP<STRING, BIGINT>, by_id MAP<INT, ${LINE}>, flags MAP<BOOLEAN, STRING>, \`line\` ${LINE}, ` +
    "`at` ROW<seconds BIGINT, nanos INT>, `where` ROW<lat DOUBLE, lon DOUBLE>, ratios ARRAY<DOUBLE>, " +
    "tree ROW<name STRING, children ARRAY<ROW<name STRING>>>, labels MAP<STRING, STRING>, blobs ARRAY<BYTES>, deltas ARRAY<BIGINT>",
  "0a060a016110960112030a01781200121010ffffffffffffffffff011a01701a001a06038e029ea7052001200020ffffffffffffffffff012a002a0162320c0100fbffffffffffffffff013a0c0a016b108180808080808010420b080712070a05736576656e4a040801100262080a0663686f73656e72080880e2cfaa0610057a09090000000000404a40820110000000000000e03f00000000000000808a010e0a04726f6f7412060a046c6561669201050a016112009a01009a010101a2010b0180808080808080808001",
  '{"first":{"sku":"a","count":150,"tags":null},"lines":[{"sku":"x","count":0,"tags":null},{"sku":"","count":0,"tags":null},{"sku":"","count":-1,"tags":["p",""]}],"packed":[3,270,86942],"loose":[1,0,-1],"words":["","b"],"colors":["RED","NONE","NAVY"],"counts":[["k","9007199254740993"]],"by_id":[[7,{"sku":"seven","count":0,"tags":null}]],"flags":[[true,"BLUE"]],"line":{"sku":"chosen","count":0,"tags":null},"at":{"seconds":"1700000000","nanos":5},"where":{"lat":52.5,"lon":0},"ratios":[0.5,-0],"tree":{"name":"root","children":[{"name":"leaf"}]},"labels":[["a",""]],"blobs":["","AQ=="],"deltas":["-1","4611686018427387904"]}',
);

test(
  "proto2 writes zeros, and repeated fields unpacked unless it is told",
  agrees,
  DEFAULTS,
  "i INT, l BIGINT, b BOOLEAN, t STRING, y BYTES, d DOUBLE, f FLOAT, `level` STRING, plain STRING, u INT, `none` INT, many ARRAY<INT>, packed ARRAY<INT>, history ARRAY<STRING>",
  "08001000180022002a003100000000000000003d000000004003480750005800600160026a020102800103800107",
  '{"i":0,"l":"0","b":false,"t":"","y":"","d":0,"f":0,"level":"LOW","plain":"HIGH","u":0,"none":0,"many":[1,2],"packed":[1,2],"history":["LOW","HIGH"]}',
);

// Protocol Buffers documentation, Encoding: the examples of its text.
test("the examples of the encoding's documentation read as it says", (t) => {
  t.deepEqual(decode(SCALARS, "i32 INT", {}, "08 96 01").events, ['{"i32":150}']);
  t.deepEqual(decode(HOLDER, "packed ARRAY<INT>", {}, "1a 06 03 8e 02 9e a7 05").events, [
    '{"packed":[3,270,86942]}',
  ]);
  t.deepEqual(decode(SCALARS, "i32 INT", {}, "08 fe ff ff ff ff ff ff ff ff 01").events, ['{"i32":-2}']);
  const zigzag = { "00": 0, "01": -1, "02": 1, "03": -2, feffffff0f: 2147483647, ffffffff0f: -2147483648 };
  for (const [hex, value] of Object.entries(zigzag)) {
    t.deepEqual(decode(SCALARS, "s32 INT", {}, `10${hex}`).events, [`{"s32":${value}}`]);
  }
});

test("repeated numbers are read packed, unpacked and mixed", (t) => {
  t.deepEqual(
    decode(HOLDER, "packed ARRAY<INT>, loose ARRAY<INT>", {}, "18 01 1a 02 02 03 18 04 22 02 05 06 20 07")
      .events,
    ['{"packed":[1,2,3,4],"loose":[5,6,7]}'],
  );
});

test("fields that no column names are passed over, groups and other wire types too", (t) => {
  const others = [
    "a3 06 08 01 ab 06 12 01 61 ac 06 a4 06",
    "0a 01 61",
    "0d 00000000",
    "09 0000000000000000",
    "93 05 94 05",
  ];
  t.deepEqual(decode(SCALARS, "i32 INT", {}, `${others.join(" ")} 08 05 ${others.join(" ")}`).events, [
    '{"i32":5}',
  ]);
});

test("the last of repeated scalars wins, and pieces of a message grow together", (t) => {
  t.deepEqual(decode(SCALARS, "i32 INT, t STRING", {}, "08 01 72 01 61 08 02 72 01 62").events, [
    '{"i32":2,"t":"b"}',
  ]);
  const pieces = ["0a 03 0a 01 61", "0a 05 10 05 1a 01 78", "0a 05 0a 01 62 1a 00"];
  t.deepEqual(decode(HOLDER, `first ${LINE}`, {}, pieces.join(" ")).events, [
    '{"first":{"sku":"b","count":5,"tags":["x",""]}}',
  ]);
});

test("of a oneof the member that came last is set, also if no column names it", (t) => {
  const columns = "name STRING, number INT";
  t.deepEqual(decode(HOLDER, columns, {}, "52 01 61 58 05").events, ['{"name":"","number":5}']);
  t.deepEqual(decode(HOLDER, columns, {}, "58 05 52 01 61").events, ['{"name":"a","number":0}']);
  t.deepEqual(decode(HOLDER, columns, {}, "58 05 68 01").events, ['{"name":"","number":0}']);
  t.deepEqual(decode(HOLDER, `\`line\` ${LINE}, number INT`, {}, "62 02 10 01 58 05").events, [
    '{"line":null,"number":5}',
  ]);
});

const ABSENT =
  "i INT, l BIGINT, b BOOLEAN, t STRING, y BYTES, d DOUBLE, f FLOAT, `level` STRING, plain INT, u INT, `none` INT, many ARRAY<INT>, grades MAP<STRING, STRING>, `inner` ROW<s STRING, deeper ROW<s STRING>>, nan DOUBLE";

test("proto2: what is absent is NULL", (t) => {
  t.deepEqual(decode(DEFAULTS, ABSENT, {}, "").events, [
    '{"i":null,"l":null,"b":null,"t":null,"y":null,"d":null,"f":null,"level":null,"plain":null,"u":null,"none":null,"many":null,"grades":null,"inner":null,"nan":null}',
  ]);
  t.deepEqual(decode(DEFAULTS, "`inner` ROW<s STRING, deeper ROW<s STRING>>", {}, "7a 00").events, [
    '{"inner":{"s":null,"deeper":null}}',
  ]);
});

test("proto2: what is absent has its default where defaults are read", (t) => {
  t.deepEqual(decode(DEFAULTS, ABSENT, { "read-default-values": "true" }, "").events, [
    '{"i":-7,"l":"9007199254740993","b":true,"t":"a\\"b","y":"Af9cego=","d":"-Infinity","f":0.1,"level":"HIGH","plain":3,"u":-1,"none":0,"many":[],"grades":[],"inner":{"s":"in","deeper":{"s":"in"}},"nan":"NaN"}',
  ]);
});

const HOLDER_ABSENT = `first ${LINE}, packed ARRAY<INT>, counts MAP<STRING, BIGINT>, number INT, \`at\` ROW<seconds BIGINT>`;

test("proto3: scalars and enums have their zero, messages and collections are NULL or have theirs by option", (t) => {
  t.deepEqual(
    decode(SCALARS, "i32 INT, t STRING, y BYTES, c STRING, i64 BIGINT, b BOOLEAN, maybe INT", {}, "").events,
    ['{"i32":0,"t":"","y":"","c":"NONE","i64":"0","b":false,"maybe":0}'],
  );
  t.deepEqual(decode(HOLDER, HOLDER_ABSENT, {}, "").events, [
    '{"first":null,"packed":null,"counts":null,"number":0,"at":null}',
  ]);
  t.deepEqual(decode(HOLDER, HOLDER_ABSENT, { "read-default-values": "true" }, "").events, [
    '{"first":{"sku":"","count":0,"tags":[]},"packed":[],"counts":[],"number":0,"at":{"seconds":"0"}}',
  ]);
});

test("enums are names or numbers; unknown ones are open in proto3 and absent in proto2", (t) => {
  const types = { STRING: '"UNRECOGNIZED"', TINYINT: "9", SMALLINT: "9", INT: "9", BIGINT: '"9"' };
  for (const [type, expected] of Object.entries(types)) {
    t.deepEqual(decode(SCALARS, `c ${type}`, {}, "80 01 09").events, [`{"c":${expected}}`]);
  }
  t.deepEqual(decode(SCALARS, "c TINYINT", {}, "80 01 ac 02").events, ["!c"]);
  t.deepEqual(
    decode(DEFAULTS, "`level` STRING, history ARRAY<INT>", {}, "40 03 40 09 80 01 07 80 01 09").events,
    ['{"level":"LOW","history":[7]}'],
  );
  t.deepEqual(
    decode(DEFAULTS, "grades MAP<STRING, STRING>", {}, "72 05 0a 01 67 10 01 72 05 0a 01 68 10 09").events,
    ['{"grades":[["g","ONE"]]}'],
  );
});

test("an entry of a map without key or value has their zeros", (t) => {
  const columns = `counts MAP<STRING, BIGINT>, by_id MAP<INT, ${LINE}>`;
  t.deepEqual(decode(HOLDER, columns, {}, "3a 00 3a 02 10 05 42 02 08 07").events, [
    '{"counts":[["","5"]],"by_id":[[7,{"sku":"","count":0,"tags":null}]]}',
  ]);
});

test("a missing required field fails the message, and so does its NULL when writing", (t) => {
  const columns = "id INT, note STRING, next ROW<id INT>";
  t.deepEqual(decode("older.Needy", columns, {}, "08 01 1a 02 08 02", "12 01 61", "08 01 1a 00").events, [
    '{"id":1,"note":null,"next":{"id":2}}',
    "!id",
    "!next.id",
  ]);
  const [fault] = diagnosticsOf(() => encode("older.Needy", columns, [{ id: null, note: "x", next: null }]));
  t.like(fault, { code: "RECORD_MALFORMED", columnName: "id", table: "t" });
  t.deepEqual(
    diagnosticsOf(() => encode("older.Needy", "id INT, next ROW<note STRING>", [])).map(
      ({ code, message }) => [code, message],
    ),
    [
      [
        "SCHEMA_INVALID",
        "The message older.Needy requires the field 'id', and the table 't' has no column 'next.id' to write it.",
      ],
    ],
  );
});

test("NULL leaves a field out, and in arrays and maps it is a zero or the literal", (t) => {
  const columns = `words ARRAY<STRING>, packed ARRAY<INT>, colors ARRAY<STRING>, lines ARRAY<${LINE}>, labels MAP<STRING, STRING>, first ${LINE}, blobs ARRAY<BYTES>`;
  const row = {
    words: [null, "a"],
    packed: [null, 1],
    colors: [null, "BLUE"],
    lines: [null],
    labels: new Map([[null, null]]),
    first: null,
    blobs: [null],
  };
  t.deepEqual(encode(HOLDER, columns, [row]), ["12001a0200012a002a01613202000292" + "01040a0012009a0100"]);
  t.deepEqual(
    encode(HOLDER, "words ARRAY<STRING>, labels MAP<STRING, STRING>", [row], {
      "write-null-string-literal": "-",
    }),
    ["2a012d2a01619201060a012d12012d"],
  );
});

test("an unknown name or number of an enum is written as the first value, and of a oneof the last column counts", (t) => {
  t.deepEqual(encode(DEFAULTS, "`level` STRING, plain BIGINT", [{ level: "MIDDLE", plain: 99n }]), [
    "40034803",
  ]);
  t.deepEqual(encode(SCALARS, "c STRING", [{ c: "MAUVE" }]), [""]);
  t.deepEqual(
    encode(HOLDER, "number INT, name STRING", [
      { number: 5, name: "a" },
      { number: 5, name: null },
    ]),
    ["520161", "5805"],
  );
  t.deepEqual(encode(HOLDER, "number INT", [{ number: 0 }]), ["5800"]);
  t.deepEqual(encode(SCALARS, "i32 INT, maybe INT", [{ i32: 0, maybe: 0 }]), ["880100"]);
});

const BAD_VALUES: readonly (readonly [string, unknown])[] = [
  ["i32 INT", 1.5],
  ["i32 INT", 2 ** 31],
  ["i64 BIGINT", 1],
  ["i64 BIGINT", 2n ** 63n],
  ["t STRING", 1],
  ["y BYTES", "x"],
  ["b BOOLEAN", 1],
  ["f FLOAT", "1"],
  ["c STRING", 1],
  ["c INT", "RED"],
];

test("a value that is not of its column's type names the column, and errors are not ignored", (t) => {
  for (const [column, value] of BAD_VALUES) {
    const name = column.split(" ")[0] as string;
    const faults = diagnosticsOf(() =>
      encode(SCALARS, column, [{ [name]: value }], { "ignore-parse-errors": "true" }),
    );
    t.deepEqual(
      faults.map((one) => [one.code, one.columnName]),
      [["RECORD_MALFORMED", name]],
      column,
    );
  }
  const nested = diagnosticsOf(() => encode(HOLDER, `lines ARRAY<${LINE}>`, [{ lines: [{ sku: 7 }] }]));
  t.is(nested[0]?.columnName, "lines");
});

test("a known field of another wire type is an unknown field, as Google's parsers have it", (t) => {
  const cases = ["0a 01 07", "0d 07 00 00 00", "09 07 00 00 00 00 00 00 00", "0b 08 05 0c"];
  t.deepEqual(
    decode(SCALARS, "i32 INT", {}, ...cases, "0a 01 07 08 05").events,
    [0, 0, 0, 0, 5].map((value) => `{"i32":${value}}`),
  );
  t.deepEqual(decode(HOLDER, "words ARRAY<STRING>", {}, "28 05").events, ['{"words":null}']);
});

const MALFORMED: Readonly<
  Record<string, readonly [columns: string, column: string, offset: number, reason: RegExp]>
> = {
  "08": ["i32 INT", "i32", 1, /ends within a value/],
  "08 80": ["i32 INT", "i32", 2, /ends within a value/],
  "08 ff ff ff ff ff ff ff ff ff ff 01": ["i32 INT", "i32", 1, /more than ten bytes/],
  "00 01": ["i32 INT", "", 0, /no field number/],
  "ff ff ff ff 7f 01": ["i32 INT", "", 0, /no field number/],
  "0c": ["i32 INT", "", 1, /ends that has not begun/],
  "0e 01": ["i32 INT", "", 1, /wire type 6/],
  "72 05 61": ["t STRING", "t", 1, /length of 5 bytes.*1 are left/],
  "72 ff ff ff ff ff ff ff ff ff 01": ["t STRING", "t", 1, /more than 4294967295/],
  "72 02 c3 28": ["t STRING", "t", 2, /no UTF-8/],
  "25 01 02": ["f32 INT", "f32", 3, /ends within/],
  "49 01 02 03 04 05": ["f64 BIGINT", "f64", 6, /ends within/],
  "61 01 02 03 04 05": ["d DOUBLE", "d", 6, /ends within/],
  "7a 04 01": ["y BYTES", "y", 1, /length of 4 bytes/],
  "a3 06 08 01": ["i32 INT", "", 4, /ends within/],
  "a3 06 9c 06": ["i32 INT", "", 2, /group 100 ends as 99/],
};

test("damaged messages fail with reason, offset and column, and are skipped where errors are ignored", (t) => {
  for (const [hex, [columns, column, offset, reason]] of Object.entries(MALFORMED)) {
    const { events, faults } = decode(SCALARS, columns, {}, hex);
    t.deepEqual(events, [`!${column}`], hex);
    t.is(faults[0]?.offset, offset, hex);
    t.is(faults[0]?.excerpt, `0x${hex.replaceAll(" ", "")}`);
    t.regex(faults[0]?.reason ?? "", reason, hex);
    t.deepEqual(decode(SCALARS, columns, { "ignore-parse-errors": "true" }, hex, "").events[0], "~", hex);
  }
});

test("a failure within is named with every level above it, and no length reaches beyond its message", (t) => {
  const columns = `lines ARRAY<${LINE}>, by_id MAP<INT, ${LINE}>, tree ROW<children ARRAY<ROW<name STRING>>>`;
  t.deepEqual(decode(HOLDER, columns, {}, "12 00 12 02 10 80 08 01", "12 03 0a 05 61 62 63 64 65").events, [
    "!lines[1].count",
    "!lines[0].sku",
  ]);
  t.deepEqual(decode(HOLDER, columns, {}, "8a 01 05 12 03 0a 01 ff").events, ["!tree.children[0].name"]);
  t.deepEqual(decode(HOLDER, "packed ARRAY<INT>", {}, "1a 02 01 80").events, ["!packed[1]"]);
});

test("groups may be nested a hundred levels and no deeper, whatever their length", (t) => {
  const nest = (levels: number): string => "0b".repeat(levels) + "0c".repeat(levels);
  t.deepEqual(decode(HOLDER, "number INT", {}, nest(100), nest(101), "0b".repeat(1_000_000)).events, [
    '{"number":0}',
    "!",
    "!",
  ]);
});

test("a message without body gives nothing, one of zero bytes a row", (t) => {
  t.deepEqual(decodeBytes(formatOf(SCALARS), "i32 INT", [null, new Uint8Array(0)]).events, ['{"i32":0}']);
});

test("bytes that were read do not change with the message they came in", (t) => {
  const message = Buffer.from("7a020102", "hex");
  const rowType = rowTypeOf("y BYTES");
  const rows: Row[] = [];
  formatOf(SCALARS)
    .createDecoder({ table: "t", rowType })
    .decode([message], {
      row: (_, row) => rows.push(row),
      malformed: () => t.fail(),
      skipped: () => t.fail(),
    });
  message.fill(0);
  t.deepEqual(rows, [{ y: Uint8Array.of(1, 2) }]);
});

const refusals = test.macro(
  (t, message: string, columns: string, expected: readonly (readonly [string, RegExp])[]) => {
    for (const role of ["createDecoder", "createEncoder"] as const) {
      const faults = diagnosticsOf(() =>
        formatOf(message)[role]({ table: "t", rowType: rowTypeOf(columns) }),
      );
      t.deepEqual(
        faults.map(({ code, columnName }) => [code, columnName]),
        expected.map(([name]) => ["SCHEMA_INVALID", name]),
      );
      for (const [index, [, pattern]] of expected.entries()) t.regex(faults[index]?.message ?? "", pattern);
    }
  },
);

test(
  "columns that do not fit their fields are refused all at once, with both types",
  refusals,
  HOLDER,
  `first STRING, packed INT, words ARRAY<INT>, counts MAP<STRING, INT>, by_id MAP<INT, ROW<sku INT, sk STRING>>, colors ARRAY<DECIMAL(3, 0)>, number ${LINE}, \`at\` TIMESTAMP(3), nme STRING`,
  [
    ["first", /'first' is message kinds\.v1\.Holder\.Line, and the column is STRING/],
    ["packed", /'packed' is repeated int32, and the column is INT/],
    ["words", /'words' is repeated string, and the column is ARRAY<INT>/],
    ["counts", /map<string, int64>, and the column is MAP<STRING, INT>/],
    ["by_id", /'by_id\.sku'.*'sku' is string, and the column is INT/],
    ["by_id", /'by_id\.sk'.*Holder\.Line has no field 'sk'/],
    ["colors", /repeated enum kinds\.v1\.Color, and the column is ARRAY<DECIMAL\(3, 0\)>/],
    ["number", /'number' is int32, and the column is ROW/],
    ["at", /message google\.protobuf\.Timestamp, and the column is TIMESTAMP\(3\)/],
    ["nme", /kinds\.v1\.Holder has no field 'nme'/],
  ],
);

test("a group is refused as a column", refusals, DEFAULTS, "old ROW<x INT>", [["old", /'old' is group/]]);

test("a column without field names the nearest fields first", (t) => {
  const [fault] = diagnosticsOf(() =>
    formatOf(HOLDER).createDecoder({ table: "t", rowType: rowTypeOf("nme STRING") }),
  );
  t.is(fault?.candidates?.[0], "name");
});

test("a message that the file does not declare is refused, the nearest names first", (t) => {
  const [fault] = diagnosticsOf(() => formatOf("kinds.v1.Hodler"));
  t.like(fault, { code: "OPTION_INVALID", option: "protobuf.message-class-name", value: "kinds.v1.Hodler" });
  t.is(fault?.candidates?.[0], "kinds.v1.Holder");
  t.is(diagnosticsOf(() => formatOf("kinds.v1.Holder.CountsEntry"))[0]?.code, "OPTION_INVALID");
});

test("a descriptor file that cannot be used is refused, and says how to make one", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "tributary-protobuf-"));
  const write = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const files: Readonly<Record<string, RegExp>> = {
    [join(folder, "kinds.dsc")]: /there is no such file/,
    [folder]: /is no file/,
    [write("empty.desc", "")]: /declares no file/,
    [write("kinds.proto", readFileSync(descriptor("kinds.proto")))]: /no FileDescriptorSet/,
    [write("cut.desc", readFileSync(descriptor("kinds.desc")).subarray(0, 900))]: /At offset \d+/,
    [descriptor("lone.desc")]: /google\.protobuf\.Timestamp, which the descriptor set does not declare/,
  };
  for (const [file, message] of Object.entries(files)) {
    const [fault] = diagnosticsOf(() => formatOf(HOLDER, { "descriptor-file": file }));
    t.like(fault, { code: "OPTION_INVALID", option: "protobuf.descriptor-file", value: file });
    t.regex(fault?.message ?? "", message, file);
    t.regex(fault?.hint ?? "", /--include_imports/);
  }
  write("kinds.desc", "");
  const [missing] = diagnosticsOf(() => formatOf(HOLDER, { "descriptor-file": join(folder, "kinds.dsc") }));
  t.is(missing?.candidates?.[0], join(folder, "kinds.desc"));
});

test("messages of editions are refused", (t) => {
  const options = { "descriptor-file": descriptor("coming.desc") };
  t.regex(diagnosticsOf(() => formatOf("coming.Later", options))[0]?.message ?? "", /syntax "editions"/);
});

test("both options that name the message are required", (t) => {
  const context = { prefix: "protobuf.", table: "t", identifier: "protobuf" };
  const { diagnostics } = parseOptions(new ProtobufFormatFactory().options, optionEntries({}), context);
  t.deepEqual(
    diagnostics.map(({ code, option }) => `${code} ${option}`),
    ["OPTION_MISSING protobuf.descriptor-file", "OPTION_MISSING protobuf.message-class-name"],
  );
});

const int32 = fc.integer();
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const anyText = fc.string({ unit: "grapheme", maxLength: 60 });
const anyBytes = fc.uint8Array({ maxLength: 200 });

test("what was written is read back, for every scalar type", (t) => {
  const row = fc.record({
    ...Object.fromEntries(["i32", "s32", "u32", "f32", "sf32", "far", "maybe"].map((name) => [name, int32])),
    ...Object.fromEntries(["i64", "s64", "u64", "f64", "sf64"].map((name) => [name, int64])),
    f: fc.float(),
    d: fc.double(),
    b: fc.boolean(),
    t: anyText,
    y: anyBytes,
    c: fc.constantFrom("NONE", "RED", "BLUE", "NAVY"),
  });
  const rowType = rowTypeOf(SCALAR_COLUMNS);
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), (rows) => {
      const written = encode(SCALARS, SCALAR_COLUMNS, rows);
      const expected = rows.map((one) => rowToCanonicalJson(one, rowType));
      t.deepEqual(decode(SCALARS, SCALAR_COLUMNS, {}, ...written).events, expected);
    }),
    { numRuns: RUNS },
  );
});

const NESTED = `first ${LINE}, lines ARRAY<${LINE}>, packed ARRAY<INT>, loose ARRAY<INT>, words ARRAY<STRING>, colors ARRAY<INT>, counts MAP<STRING, BIGINT>, by_id MAP<INT, ${LINE}>, flags MAP<BOOLEAN, STRING>, blobs ARRAY<BYTES>, deltas ARRAY<BIGINT>, tree ROW<name STRING, children ARRAY<ROW<name STRING, children ARRAY<ROW<name STRING>>>>>`;

test("what was written is read back, for what holds other values", (t) => {
  const some = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[] | null> =>
    fc.option(fc.array(one, { minLength: 1, maxLength: 5 }));
  const map = <K, V>(key: fc.Arbitrary<K>, value: fc.Arbitrary<V>): fc.Arbitrary<Map<K, V> | null> =>
    fc.option(
      fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 4 }).map((entries) => new Map(entries)),
    );
  const line = fc.record({ sku: anyText, count: int32, tags: some(anyText) });
  const leaf = fc.record({ name: anyText });
  const branch = fc.record({ name: anyText, children: some(leaf) });
  const row = fc.record({
    first: fc.option(line),
    lines: some(line),
    packed: some(int32),
    loose: some(int32),
    words: some(anyText),
    colors: some(fc.constantFrom(0, 1, 2, -5)),
    counts: map(anyText, int64),
    by_id: map(int32, line),
    flags: map(fc.boolean(), fc.constantFrom("NONE", "NAVY")),
    blobs: some(anyBytes),
    deltas: some(int64),
    tree: fc.option(fc.record({ name: anyText, children: some(branch) })),
  });
  const rowType = rowTypeOf(NESTED);
  fc.assert(
    fc.property(row, (one) => {
      const value = one as unknown as Row;
      const written = encode(HOLDER, NESTED, [value]);
      t.deepEqual(decode(HOLDER, NESTED, {}, ...written).events, [rowToCanonicalJson(value, rowType)]);
    }),
    { numRuns: RUNS },
  );
});

const WHOLE = Buffer.from(
  "0a060a016110960112030a01781200121010ffffffffffffffffff011a01701a001a06038e029ea7052001200020ffffffffffffffffff012a002a0162420b080712070a05736576656e4a040801100262080a0663686f73656e8a010e0a04726f6f7412060a046c656166",
  "hex",
);

test("no bytes crash the decoder, whole ones, damaged ones and any others", (t) => {
  const damaged = fc
    .tuple(fc.nat(WHOLE.length - 1), fc.uint8Array({ maxLength: 3 }), fc.nat(3))
    .map(([at, bytes, drop]) => Buffer.concat([WHOLE.subarray(0, at), bytes, WHOLE.subarray(at + drop)]));
  const formats = [formatOf(HOLDER), formatOf(HOLDER, { "read-default-values": "true" })];
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), damaged), fc.nat(1), (bytes, which) => {
      t.is(decodeBytes(formats[which] as ProtobufFormat, NESTED, [bytes]).events.length, 1);
    }),
    { numRuns: RUNS * 4 },
  );
});

test("no damage to a descriptor file crashes planning", (t) => {
  const whole = readFileSync(descriptor("kinds.desc"));
  const file = join(mkdtempSync(join(tmpdir(), "tributary-protobuf-")), "damaged.desc");
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.uint8Array({ maxLength: 2 }), fc.nat(2), (at, bytes, drop) => {
      writeFileSync(file, Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + drop)]));
      const faults = diagnosticsOf(() =>
        formatOf(HOLDER, { "descriptor-file": file, "read-default-values": "true" }).createDecoder({
          table: "t",
          rowType: rowTypeOf(NESTED),
        }),
      );
      t.true(faults.every(({ code }) => code === "OPTION_INVALID" || code === "SCHEMA_INVALID"));
    }),
    { numRuns: RUNS },
  );
});
