import type { LogicalType } from "@tributary/core";
import type { CodeStyle } from "../text/generated-code.js";
import type { AvroCursor } from "./avro-cursor.js";
import type { AvroType } from "./avro-schema.js";

/** Reads one value. */
export interface AvroReader {
  readonly read: (cursor: AvroCursor) => unknown;
  /** The same as an expression in terms of `cursor`, if it is short. */
  readonly code?: string;
}

/** Makes the reader of a value of the writer's schema, read with the reader's, for a column's type. */
export type MakeAvroReader = (writer: AvroType, reader: AvroType, type: LogicalType) => AvroReader;

/** What readers of values that hold others are built with. */
export interface AvroReaderContext {
  readonly codeStyle: CodeStyle;
  readonly make: MakeAvroReader;
}
