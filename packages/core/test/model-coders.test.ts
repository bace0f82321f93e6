import test from "ava";
import { intervalWindowCoder, lengthPrefixCoder, stringCoder } from "@tributary/core";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

for (const [what, window, bytes] of [
  ["an hour", { start: 1_454_289_825_000, end: 1_454_293_425_000 }, "800001529aa49b6880dddb01"],
  ["at zero", { start: 0, end: 10 }, "800000000000000a0a"],
  ["below zero", { start: -11, end: -1 }, "7fffffffffffffff0a"],
] as const) {
  test(`a window is its end, sorted as times are, and its length: ${what}`, (t) => {
    t.is(hex(intervalWindowCoder.encode(window)), bytes);
    t.deepEqual(intervalWindowCoder.decode(Buffer.from(bytes, "hex")), window);
  });
}

test("a length stands before the bytes of a coder also where nothing follows", (t) => {
  const coder = lengthPrefixCoder(stringCoder);

  t.is(hex(coder.encode("ab")), "026162");
  t.is(coder.decode(coder.encode("ab")), "ab");
});
