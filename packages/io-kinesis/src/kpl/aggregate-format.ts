/**
 * Aggregated records of the Kinesis Producer Library: many user records in one record of the stream.
 *
 * Layout: four magic bytes, a protocol buffer message, the MD5 digest of that message. The message has a table of
 * partition keys (field 1), a table of explicit hash keys (field 2) and the user records (field 3), each with an index
 * into the first table (field 1), perhaps one into the second (field 2), its data (field 3) and tags (field 4), which
 * nobody reads.
 *
 * Source: "KPL Aggregated Record Format" of the Kinesis Producer Library's repository.
 */

/** The first bytes of an aggregated record. */
export const AGGREGATE_MAGIC = Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2);
export const DIGEST_BYTES = 16;

/** Protocol buffer tags: field number and wire type in one byte. */
export const TAG = {
  partitionKey: (1 << 3) | 2,
  hashKey: (2 << 3) | 2,
  record: (3 << 3) | 2,
  partitionKeyIndex: 1 << 3,
  hashKeyIndex: 2 << 3,
  data: (3 << 3) | 2,
} as const;

/** Bytes of a number as a varint. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** Could `data` be an aggregated record? Cheap, for every record that is read. */
export function hasAggregateMagic(data: Uint8Array): boolean {
  return (
    data.length > AGGREGATE_MAGIC.length + DIGEST_BYTES &&
    data[0] === 0xf3 &&
    data[1] === 0x89 &&
    data[2] === 0x9a &&
    data[3] === 0xc2
  );
}
