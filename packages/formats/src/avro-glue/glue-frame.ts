/**
 * The frame of the Glue Schema Registry serializers: a version, how the record is compressed, the id of the schema's
 * version, the record. AWS Glue Schema Registry library, constants of its serializers.
 */
import { deflateSync, inflateSync } from "node:zlib";
import type { MalformedRecord } from "@tributary/core";
import { hexadecimalExcerpt } from "../text/excerpt.js";
import type { SchemaFrame } from "../registry/schema-frame.js";

const HEADER_VERSION = 3;
const NOT_COMPRESSED = 0;
const ZLIB = 5;
const ID_START = 2;
const HEADER_BYTES = 18;
/** Longest record after decompression. */
const RECORD_BYTES_MAX = 268_435_456;

export const GLUE_FRAME: SchemaFrame = {
  size: HEADER_BYTES,
  readId(message) {
    if (message.length < HEADER_BYTES || message[0] !== HEADER_VERSION) return undefined;
    if (message[1] !== NOT_COMPRESSED && message[1] !== ZLIB) return undefined;
    return bufferOf(message).toString("latin1", ID_START, HEADER_BYTES);
  },
  printId: (id) => uuidOf(String(id)),
  fault(message) {
    return { reason: reasonOf(message), offset: 0, excerpt: hexadecimalExcerpt(message) };
  },
  unpack(message) {
    if (message[1] !== ZLIB) return undefined;
    try {
      return inflateSync(message.subarray(HEADER_BYTES), { maxOutputLength: RECORD_BYTES_MAX });
    } catch (error) {
      return badCompression(message, error);
    }
  },
};

function bufferOf(message: Uint8Array): Buffer {
  return Buffer.isBuffer(message)
    ? message
    : Buffer.from(message.buffer, message.byteOffset, message.byteLength);
}

function reasonOf(message: Uint8Array): string {
  const [version, compression] = message;
  if (version !== undefined && version !== HEADER_VERSION) {
    return `The message starts with the byte ${version} and not with the version ${HEADER_VERSION}.`;
  }
  if (compression !== undefined && compression !== NOT_COMPRESSED && compression !== ZLIB) {
    return `The message says compression ${compression}, and there are ${NOT_COMPRESSED} (none) and ${ZLIB} (zlib).`;
  }
  return `The message has ${message.length} bytes, and the frame alone ${HEADER_BYTES}.`;
}

function badCompression(message: Uint8Array, error: unknown): MalformedRecord {
  return {
    reason: `The record cannot be decompressed: ${(error as Error).message}.`,
    offset: HEADER_BYTES,
    excerpt: hexadecimalExcerpt(message),
  };
}

/** The id as it is printed, from its 16 bytes as characters. */
export function uuidOf(id: string): string {
  const hex = Buffer.from(id, "latin1").toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** @param versionId - a UUID as text. @returns `undefined` if it is none. */
export function glueHeader(versionId: string, isCompressed: boolean): Uint8Array | undefined {
  const hex = versionId.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/i.test(hex)) return undefined;
  return Buffer.concat([
    Buffer.of(HEADER_VERSION, isCompressed ? ZLIB : NOT_COMPRESSED),
    Buffer.from(hex, "hex"),
  ]);
}

/** The message of a record that is compressed. */
export function packed(record: Uint8Array, header: Uint8Array): Uint8Array {
  return Buffer.concat([header, deflateSync(record)]);
}
