/**
 * The service's figures in one place: they change over time.
 *
 * Sources: Kinesis Data Streams Developer Guide, "Quotas and limits"; Kinesis API Reference, PutRecords, GetRecords.
 */

/** Most records in one PutRecords call. */
export const PUT_RECORDS_RECORDS_MAX = 500;
/** Most bytes of one PutRecords call, data and partition keys together (since October 2025; 5 MiB before). */
export const PUT_RECORDS_BYTES_MAX = 10 * 1024 * 1024;
/** Most bytes of a record, data and partition key together, unless the stream is set to allow more. */
export const RECORD_BYTES_DEFAULT = 1024 * 1024;
/** Longest partition key, in UTF-16 code units. */
export const PARTITION_KEY_LENGTH_MAX = 256;
/** Most records of one GetRecords answer. */
export const GET_RECORDS_RECORDS_MAX = 10_000;
