import { Option } from "@tributary/core";

const SOURCE = "Flink documentation, Protobuf format";

/** The format's identifier. */
export const PROTOBUF = "protobuf";

/** Options of the format `protobuf`. @public */
export class ProtobufFormatOptions {
  @Option({
    key: "message-class-name",
    type: "string",
    required: true,
    summary: "Full name of the message, with its package, as the descriptor file has it.",
    example: "shop.v1.Order",
    source: SOURCE,
  })
  readonly messageName!: string;

  @Option({
    key: "descriptor-file",
    type: "string",
    required: true,
    summary:
      "Path of the file that declares the message: a FileDescriptorSet, as protoc writes it with --include_imports --descriptor_set_out=FILE. Relative paths start at the working directory.",
    example: "order.desc",
  })
  readonly descriptorFile!: string;

  @Option({
    key: "ignore-parse-errors",
    type: "boolean",
    summary: "A message that cannot be decoded is skipped as a whole; else it fails the record.",
    source: SOURCE,
  })
  readonly ignoreParseErrors: boolean = false;

  @Option({
    key: "read-default-values",
    type: "boolean",
    summary:
      "What is absent gives its default instead of NULL: messages a row of defaults, repeated fields and maps empty ones. Scalars and enums of proto3 always give theirs.",
    source: SOURCE,
  })
  readonly readsDefaults: boolean = false;

  @Option({
    key: "write-null-string-literal",
    type: "string",
    summary: "Text written for a NULL element, key or value of type string.",
    source: SOURCE,
  })
  readonly nullText: string = "";
}
