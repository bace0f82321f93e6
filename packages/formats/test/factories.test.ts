import { fileURLToPath } from "node:url";
import test from "ava";
import { factoryConformance } from "@tributary/core/testing";
import type { FactoryHarness } from "@tributary/core/testing";
import { formats } from "@tributary/formats";

const DESCRIPTORS = fileURLToPath(new URL("../test/protobuf/kinds.desc", import.meta.url));

const HARNESSES: readonly Omit<FactoryHarness, "role" | "modules">[] = [
  {
    identifier: "raw",
    columns: { text: "STRING" },
    options: {},
    invalid: { "raw.charset": "no-such-charset", "raw.endianness": "BIG_ENDIAN" },
  },
  {
    identifier: "debezium-json",
    options: {},
    invalid: { "debezium-json.timestamp-format.standard": "sql", "debezium-json.map-null-key.mode": "KEEP" },
  },
  {
    identifier: "protobuf",
    columns: { i32: "INT", t: "STRING" },
    options: { "protobuf.message-class-name": "kinds.v1.Scalars", "protobuf.descriptor-file": DESCRIPTORS },
    illustrations: ["protobuf.message-class-name", "protobuf.descriptor-file"],
    invalid: {
      "protobuf.message-class-name": "kinds.v1.Nothing",
      "protobuf.descriptor-file": "/no/such/file",
    },
  },
];

for (const harness of HARNESSES) {
  for (const one of factoryConformance({ ...harness, role: "format", modules: [formats] })) {
    test(one.name, (t) => t.notThrowsAsync(one.run()));
  }
}
