import { TributaryError } from "@tributary/core";
import type { Diagnostic } from "@tributary/core";
import test from "ava";
import { decode, encodeBytes, makeFormat, rowTypeOf } from "./codec.js";
import type { Options } from "./codec.js";

function faultsOf(work: () => unknown): readonly Diagnostic[] {
  try {
    work();
  } catch (error) {
    if (TributaryError.is(error)) return error.diagnostics;
    throw error;
  }
  return [];
}

const hexOf = (bytes: Uint8Array | null | undefined): string | null =>
  bytes === null || bytes === undefined ? null : Buffer.from(bytes).toString("hex");

const bothWays = test.macro(
  (t, type: string, options: Options, cases: readonly (readonly [value: unknown, hex: string])[]) => {
    for (const [value, hex] of cases) {
      const [bytes] = encodeBytes("raw", rowTypeOf(`c ${type}`), options, [{ c: value }]);
      t.is(hexOf(bytes), hex, `${type} ${hex}`);
      const { rows } = decode("raw", `c ${type}`, options, [Buffer.from(hex, "hex")]);
      t.deepEqual(rows, [{ c: value }], `${type} ${hex}`);
    }
  },
);

const LITTLE: Options = { endianness: "Little-Endian" };

test("BOOLEAN is a byte", bothWays, "BOOLEAN", {}, [
  [true, "01"],
  [false, "00"],
]);
test("TINYINT is a signed byte", bothWays, "TINYINT", {}, [
  [-1, "ff"],
  [127, "7f"],
]);
test("SMALLINT is two bytes", bothWays, "SMALLINT", {}, [[-2, "fffe"]]);
test("INT is four bytes", bothWays, "INT", {}, [[1, "00000001"]]);
test("BIGINT is eight bytes", bothWays, "BIGINT", {}, [
  [9007199254740993n, "0020000000000001"],
  [-(2n ** 63n), "8000000000000000"],
]);
test("FLOAT is four bytes", bothWays, "FLOAT", {}, [[1.5, "3fc00000"]]);
test("DOUBLE is eight bytes", bothWays, "DOUBLE", {}, [[1.5, "3ff8000000000000"]]);
test("little-endian numbers", bothWays, "INT", LITTLE, [[1, "01000000"]]);
test("little-endian SMALLINT", bothWays, "SMALLINT", LITTLE, [[-2, "feff"]]);
test("little-endian BIGINT", bothWays, "BIGINT", LITTLE, [[1n, "0100000000000000"]]);
test("little-endian DOUBLE", bothWays, "DOUBLE", LITTLE, [[1.5, "000000000000f83f"]]);
test("little-endian FLOAT", bothWays, "FLOAT", LITTLE, [[1.5, "0000c03f"]]);
test("bytes are as they are", bothWays, "BYTES", {}, [
  [Uint8Array.of(), ""],
  [Uint8Array.of(0, 255), "00ff"],
]);
test("text is UTF-8", bothWays, "STRING", {}, [
  ["", ""],
  ["é😀\n", "c3a9f09f98800a"],
  ["\ufeffx", "efbbbf78"],
]);
test("UTF-16 has a byte order mark and is big-endian", bothWays, "STRING", { charset: "UTF-16" }, [
  ["", ""],
  ["aé", "feff006100e9"],
]);
test("UTF-16LE has no mark", bothWays, "STRING", { charset: "utf-16le" }, [["a\ufeff", "6100fffe"]]);
test("UTF-16BE has no mark", bothWays, "STRING", { charset: "UTF-16BE" }, [["a", "0061"]]);
test("ISO-8859-1 is a byte a character", bothWays, "STRING", { charset: "ISO-8859-1" }, [
  ["\u0080é", "80e9"],
]);
test("US-ASCII is half of it", bothWays, "STRING", { charset: "US-ASCII" }, [["a~", "617e"]]);
test("GBK has two bytes for Chinese", bothWays, "STRING", { charset: "GBK" }, [["a你好\n", "61c4e3bac30a"]]);
test("Shift_JIS", bothWays, "STRING", { charset: "Shift_JIS" }, [["ｱ日本", "b193fa967b"]]);
test("windows-1252", bothWays, "STRING", { charset: "windows-1252" }, [["€", "80"]]);

test("UTF-16 is read by its mark, and without one as big-endian", (t) => {
  const messages = ["fffe6100", "feff0061", "0061"].map((hex) => Buffer.from(hex, "hex"));
  const { rows } = decode("raw", "c STRING", { charset: "UTF-16" }, messages);
  t.deepEqual(rows, [{ c: "a" }, { c: "a" }, { c: "a" }]);
});

test("bytes that are no text do not fail a message", (t) => {
  const ff = Buffer.of(0x61, 0xff);
  t.deepEqual(decode("raw", "c STRING", {}, [ff]).rows, [{ c: "a\ufffd" }]);
  t.deepEqual(decode("raw", "c STRING", { charset: "US-ASCII" }, [ff]).rows, [{ c: "a\ufffd" }]);
});

test("values share no memory with their message", (t) => {
  const message = Buffer.of(1, 2);
  const { rows } = decode("raw", "c BYTES", {}, [message]);
  message.fill(0);
  t.deepEqual(rows, [{ c: Uint8Array.of(1, 2) }]);
});

test("any byte but zero is true", (t) => {
  t.deepEqual(decode("raw", "c BOOLEAN", {}, [Buffer.of(7), Buffer.of(0)]).rows, [{ c: true }, { c: false }]);
});

test("NULL is a message without body, both ways, also in a NOT NULL column", (t) => {
  for (const type of ["STRING", "INT NOT NULL", "BYTES"]) {
    t.deepEqual(decode("raw", `c ${type}`, {}, [null]).events, ['{"c":null}']);
    t.deepEqual(encodeBytes("raw", rowTypeOf(`c ${type}`), {}, [{ c: null }]), [null]);
  }
});

test("a wrong number of bytes says which type needs how many", (t) => {
  const cases: readonly (readonly [type: string, size: number])[] = [
    ["BOOLEAN", 1],
    ["TINYINT", 1],
    ["SMALLINT", 2],
    ["INT", 4],
    ["BIGINT", 8],
    ["FLOAT", 4],
    ["DOUBLE", 8],
  ];
  for (const [type, size] of cases) {
    const wrong = [0, size - 1, size + 1].map((length) => new Uint8Array(length));
    const { events, faults } = decode("raw", `c ${type}`, {}, wrong);
    t.deepEqual(events, ["!c", "!c", "!c"].slice(0, wrong.length));
    t.regex(faults[2]?.reason ?? "", new RegExp(`^The type ${type} has ${size} byte.*${size + 1}`));
  }
});

test("lines are rows, but nothing behind the last delimiter", (t) => {
  const read = (text: string, type = "STRING", options: Options = {}): readonly string[] =>
    decode("raw", `c ${type}`, { "line-delimiter": "\n", ...options }, [text]).events;

  t.deepEqual(read("a\nb"), ['{"c":"a"}', '{"c":"b"}']);
  t.deepEqual(read("a\n\nb\n"), ['{"c":"a"}', '{"c":""}', '{"c":"b"}']);
  t.deepEqual(read("\n"), ['{"c":""}']);
  t.deepEqual(read("\n\n"), ['{"c":""}', '{"c":""}']);
  t.deepEqual(read("a.b", "STRING", { "line-delimiter": "." }), ['{"c":"a"}', '{"c":"b"}']);
  t.deepEqual(read("a\\nb\n", "STRING", { "line-delimiter": "\\n" }), ['{"c":"a"}', '{"c":"b\\n"}']);
  t.deepEqual(read("a\nxyz", "TINYINT"), ['{"c":97}', "!c"]);
  t.deepEqual(decode("raw", "c STRING", { "line-delimiter": "\n" }, [null]).events, []);
});

test("lines of UTF-16 are read and written in it", (t) => {
  const options = { charset: "UTF-16", "line-delimiter": "\n" };
  const message = Buffer.from("feff0061000a0062", "hex");
  t.deepEqual(decode("raw", "c STRING", options, [message]).events, ['{"c":"a"}', '{"c":"b"}']);
  t.deepEqual(encodeBytes("raw", rowTypeOf("c STRING"), options, [{ c: "a" }]).map(hexOf), ["feff0061000a"]);
});

test("a delimiter is written behind every value but NULL", (t) => {
  const rowType = rowTypeOf("c STRING");
  const written = encodeBytes("raw", rowType, { "line-delimiter": "--" }, [
    { c: "a" },
    { c: "" },
    { c: null },
  ]);
  t.deepEqual(written.map(hexOf), ["612d2d", "2d2d", null]);
  const [one] = encodeBytes("raw", rowTypeOf("c TINYINT"), { "line-delimiter": "\n" }, [{ c: 65 }]);
  t.is(hexOf(one), "410a");
});

test("what a column or charset cannot hold names the column", (t) => {
  const cases: readonly (readonly [type: string, options: Options, value: unknown])[] = [
    ["INT", {}, 2 ** 31],
    ["BIGINT", {}, 1],
    ["BOOLEAN", {}, 1],
    ["BYTES", {}, "a"],
    ["STRING", {}, 1],
    ["STRING", { charset: "ISO-8859-1" }, "€"],
    ["STRING", { charset: "US-ASCII" }, "é"],
    ["STRING", { charset: "GBK" }, "😀"],
  ];
  for (const [type, options, value] of cases) {
    const [fault] = faultsOf(() => encodeBytes("raw", rowTypeOf(`c ${type}`), options, [{ c: value }]));
    t.like(fault, { code: "RECORD_MALFORMED", columnName: "c", connector: "raw" }, type);
  }
});

const contextOf = (fields: string) => ({ table: "t", rowType: rowTypeOf(fields) });

test("there must be exactly one column", (t) => {
  for (const make of ["createDecoder", "createEncoder"] as const) {
    const [two] = faultsOf(() => makeFormat("raw", {})[make](contextOf("a INT, b STRING NOT NULL")));
    const [none] = faultsOf(() => makeFormat("raw", {})[make](contextOf("")));

    t.is(two?.code, "SCHEMA_INVALID");
    t.regex(two?.message ?? "", /a INT, b STRING NOT NULL/);
    t.is(none?.code, "SCHEMA_INVALID");
  }
});

test("other types are refused", (t) => {
  const types = [
    "DECIMAL(5, 2)",
    "DATE",
    "TIME(3)",
    "TIMESTAMP(3)",
    "TIMESTAMP_LTZ(3)",
    "INTERVAL YEAR",
    "ARRAY<INT>",
    "MAP<STRING, INT>",
    "MULTISET<STRING>",
    "ROW<x INT>",
    "NULL",
  ];
  for (const type of types) {
    const [fault] = faultsOf(() => makeFormat("raw", {}).createDecoder(contextOf(`c ${type}`)));
    t.like(fault, { code: "SCHEMA_INVALID", columnName: "c" }, type);
  }
});

test("an option that is wrong names its key and value", (t) => {
  t.like(faultsOf(() => makeFormat("raw", { charset: "UTF-99" }))[0], {
    code: "OPTION_INVALID",
    option: "raw.charset",
    value: "UTF-99",
  });
  t.like(faultsOf(() => makeFormat("raw", { endianness: "BIG_ENDIAN" }))[0], {
    code: "OPTION_INVALID",
    option: "raw.endianness",
    value: "BIG_ENDIAN",
    candidates: ["big-endian", "little-endian"],
  });
  t.like(faultsOf(() => makeFormat("raw", { "line-delimiter": "" }))[0], {
    code: "OPTION_INVALID",
    option: "raw.line-delimiter",
  });
});

test("UTF-32 is written big-endian and read by its mark, GB18030 holds every character", (t) => {
  const cases: readonly (readonly [charset: string, text: string, hex: string])[] = [
    ["UTF-32", "a😀", "000000610001f600"],
    ["utf-32le", "a😀", "6100000000f60100"],
    ["UTF-32BE", "é", "000000e9"],
    ["UTF-32", "", ""],
    ["GB18030", "中a\n", "d6d0610a"],
    ["gb18030", "é😀ß", "a8a69439fc368130 8938"],
    ["GB18030", "\u{10000}\u{10ffff}\u0080", "90308130e3329a3581308130"],
  ];
  for (const [charset, text, hex] of cases) {
    const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
    const [written] = encodeBytes("raw", rowTypeOf("c STRING"), { charset }, [{ c: text }]);
    t.is(hexOf(written ?? null), bytes.toString("hex"), charset);
    t.deepEqual(decode("raw", "c STRING", { charset }, [bytes]).rows, [{ c: text }], charset);
  }
  const marked = ["0000feff00000061", "fffe000061000000", "0000d8000000", "00110000"].map((hex) =>
    Buffer.from(hex, "hex"),
  );
  t.deepEqual(
    decode("raw", "c STRING", { charset: "UTF_32" }, marked).rows.map(({ c }) => c),
    ["a", "a", "\ufffd\ufffd", "\ufffd"],
  );
  const [fault] = faultsOf(() =>
    encodeBytes("raw", rowTypeOf("c STRING"), { charset: "UTF-32" }, [{ c: "\ud83d" }]),
  );
  t.like(fault, { code: "RECORD_MALFORMED", columnName: "c" });
});

test("GB18030 gives back every character that it reads", (t) => {
  const decoder = new TextDecoder("gb18030");
  for (let from = 0x80; from < 0x11000; from += 0x400) {
    const text = Array.from({ length: 0x400 }, (_, index) => from + index)
      .filter((code) => code < 0xd800 || code > 0xf8ff)
      .map((code) => String.fromCodePoint(code))
      .join("");
    const [bytes] = encodeBytes("raw", rowTypeOf("c STRING"), { charset: "GB18030" }, [{ c: text }]);
    t.true(decoder.decode(bytes ?? new Uint8Array(0)) === text, from.toString(16));
  }
});

test("a charset that can only be read is refused when writing is planned", (t) => {
  const format = makeFormat("raw", { charset: "ISO-2022-JP" });
  const bytes = Buffer.from("1b2442467c1b2842", "hex");
  t.deepEqual(decode("raw", "c STRING", { charset: "ISO-2022-JP" }, [bytes]).rows, [{ c: "日" }]);

  const [fault] = faultsOf(() => format.createEncoder(contextOf("c STRING")));
  t.like(fault, { code: "OPTION_INVALID", option: "raw.charset", value: "ISO-2022-JP" });
  t.true(fault?.candidates?.includes("GBK"));
  t.deepEqual(
    faultsOf(() => format.createEncoder(contextOf("c INT"))),
    [],
  );
});
