/** The frame of the Confluent serializers: a zero, the schema's id, the record. Confluent documentation, wire format. */
import { hexadecimalExcerpt } from "../text/excerpt.js";
import type { SchemaFrame } from "../registry/schema-frame.js";

const MAGIC = 0;
const HEADER_BYTES = 5;

export const CONFLUENT_FRAME: SchemaFrame = {
  size: HEADER_BYTES,
  readId(message) {
    if (message.length < HEADER_BYTES || message[0] !== MAGIC) return undefined;
    const [, b1 = 0, b2 = 0, b3 = 0, b4 = 0] = message;
    return ((b1 << 24) | (b2 << 16) | (b3 << 8) | b4) >>> 0;
  },
  printId: (id) => String(id),
  fault(message) {
    const first = message[0];
    const reason =
      first === undefined || first === MAGIC
        ? `The message has ${message.length} bytes, and the frame alone ${HEADER_BYTES}.`
        : `The message starts with the byte 0x${first.toString(16).padStart(2, "0")} and not with 0x00.`;
    return { reason, offset: 0, excerpt: hexadecimalExcerpt(message) };
  },
};

/** @param id - 0 to 2^32 - 1. */
export function confluentHeader(id: number): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = MAGIC;
  header.writeUInt32BE(id, 1);
  return header;
}
