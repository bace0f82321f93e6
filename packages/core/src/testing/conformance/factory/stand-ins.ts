/** A format for connectors under test, and a connector for formats under test: they do nothing. */
import type { DecodingFormat, EncodingFormat } from "../../../connector/format.js";
import { tableSource } from "../../../factory/factory.js";
import type { FormatFactory, SinkFactory, SourceFactory } from "../../../factory/factory.js";
import { defineModule } from "../../../factory/module.js";
import type { Module } from "../../../factory/module.js";
import { CollectingSink } from "../../collecting-sink.js";
import { listSource } from "../../scripted-source.js";

/** Identifier of the stand-ins, in every role. */
export const STAND_IN = "conformance-stand-in";

class NoOptions {}

/** Decodes nothing and encodes every row as no bytes. */
export const STAND_IN_FORMAT: DecodingFormat & EncodingFormat = {
  changelog: ["+I"],
  createDecoder: () => ({ decode: () => {} }),
  createEncoder: () => ({ encode: (rows) => rows.map(() => new Uint8Array(0)) }),
};

const format: FormatFactory<NoOptions> = {
  role: "format",
  identifier: STAND_IN,
  provides: ["DecodingFormat", "EncodingFormat"],
  options: NoOptions,
  createDecoding: () => STAND_IN_FORMAT,
  createEncoding: () => STAND_IN_FORMAT,
};

const source: SourceFactory<NoOptions> = {
  role: "source",
  identifier: STAND_IN,
  provides: "Source",
  options: NoOptions,
  format: "required",
  metadata: [],
  create: () => tableSource<Uint8Array>({ source: listSource<Uint8Array>([]), payload: (record) => record }),
};

const sink: SinkFactory<NoOptions> = {
  role: "sink",
  identifier: STAND_IN,
  provides: "Sink",
  options: NoOptions,
  format: "required",
  metadata: [],
  create: () => ({ sink: new CollectingSink(), supportsPartitions: false }),
};

export const STAND_INS: Module = defineModule({
  name: STAND_IN,
  version: "1.0.0",
  factories: [format, source, sink],
});
