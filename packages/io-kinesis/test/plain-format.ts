import { defineModule } from "@tributary/core";
import type { DecodingFormat, EncodingFormat, FormatFactory, Module, Row } from "@tributary/core";

class PlainOptions {}

const decoding: DecodingFormat = {
  changelog: ["+I"],
  createDecoder: ({ rowType }) => ({
    decode: (messages, output) => {
      for (const [index, message] of messages.entries()) {
        const cells = Buffer.from(message ?? [])
          .toString()
          .split(",");
        output.row(
          index,
          Object.fromEntries(rowType.fields.map(({ name }, at) => [name, cells[at] ?? null])),
        );
      }
    },
  }),
};

const encoding: EncodingFormat = {
  changelog: ["+I"],
  createEncoder: ({ rowType }) => ({
    encode: (rows: readonly Row[]) =>
      rows.map((row) => Buffer.from(rowType.fields.map(({ name }) => String(row[name])).join(","))),
  }),
};

const factory: FormatFactory<PlainOptions> = {
  role: "format",
  identifier: "plain",
  provides: ["DecodingFormat", "EncodingFormat"],
  options: PlainOptions,
  createDecoding: () => decoding,
  createEncoding: () => encoding,
};

/** A format for tests: STRING columns, separated by commas. */
export const plainFormat: Module = defineModule({ name: "plain", version: "1.0.0", factories: [factory] });
