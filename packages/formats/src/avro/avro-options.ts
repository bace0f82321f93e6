import { Option } from "@tributary/core";

const SOURCE = "Flink documentation, Avro format";

/** Options of the format `avro`. @public */
export class AvroFormatOptions {
  @Option({
    key: "encoding",
    type: "enum",
    values: ["binary", "json"],
    summary: "How records are written: 'binary', or Avro's own JSON, which wraps the values of unions.",
    source: SOURCE,
  })
  readonly encoding: "binary" | "json" = "binary";

  @Option({
    key: "timestamp_mapping.legacy",
    type: "boolean",
    summary:
      "TIMESTAMP is Avro's timestamp-millis, and there is no TIMESTAMP_LTZ; else TIMESTAMP is local-timestamp-millis or -micros, and TIMESTAMP_LTZ is timestamp-millis or -micros.",
    source: SOURCE,
  })
  readonly usesLegacyTimestamps: boolean = true;

  @Option({
    key: "codec",
    type: "string",
    summary: "Compression of Avro files. Accepted, and without effect on messages.",
    source: SOURCE,
  })
  readonly codec: string = "snappy";
}
