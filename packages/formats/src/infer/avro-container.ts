/** The header of an Avro object container file. Avro specification, "Object Container Files". */
import { TributaryError } from "@tributary/core";
import type { InferSample } from "./inferred-columns.js";

const MAGIC = Buffer.from("Obj\u0001", "latin1");
const SCHEMA_KEY = "avro.schema";

export function isContainer(bytes: Uint8Array): boolean {
  return bytes.length >= MAGIC.length && MAGIC.equals(bytes.subarray(0, MAGIC.length));
}

/** The writer's schema as JSON. @throws `RECORD_MALFORMED` if the header is damaged. */
export function containerSchema({ name, bytes }: InferSample): string {
  const header = new HeaderReader(bytes, MAGIC.length);
  const schema = header.schema();
  if (schema !== undefined) return schema;
  throw new TributaryError({
    severity: "error",
    code: "RECORD_MALFORMED",
    message: "The header of the Avro container file is damaged: it has no schema.",
    file: name,
  });
}

class HeaderReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = start;
  }

  /** Blocks of a map from texts to bytes. */
  schema(): string | undefined {
    for (;;) {
      let count = this.#long();
      if (count === undefined || count === 0) return undefined;
      // A negative count has the block's size behind it.
      if (count < 0 && this.#long() === undefined) return undefined;
      for (count = Math.abs(count); count > 0; count--) {
        const key = this.#text();
        const value = this.#text();
        if (key === undefined || value === undefined) return undefined;
        if (key === SCHEMA_KEY) return value;
      }
    }
  }

  #text(): string | undefined {
    const length = this.#long();
    if (length === undefined || length < 0 || length > this.#bytes.length - this.#at) return undefined;
    const start = this.#at;
    this.#at += length;
    return Buffer.from(this.#bytes.subarray(start, this.#at)).toString("utf8");
  }

  /** A zig-zag varint; `undefined` if the bytes end or it is larger than any header's. */
  #long(): number | undefined {
    let value = 0;
    for (let unit = 1; unit < 2 ** 49; unit *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) return undefined;
      value += (byte & 127) * unit;
      if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    return undefined;
  }
}
