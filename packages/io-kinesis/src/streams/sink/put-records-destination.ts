import { TributaryError } from "@tributary/core";
import type { BatchDestination, EntryRefusal, FailureClass } from "@tributary/core";

import { classifyFailure } from "../../client/classify-failure.js";
import type { ConnectionSettings } from "../../client/connection-settings.js";
import { explainFailure } from "../../client/explain-failure.js";
import type { KinesisClient, PutEntry } from "../../client/kinesis-client.js";

/**
 * A record to write, with what it counts against the limits of a call. Thousands of them wait, so each is one object:
 * the view on its bytes is made when they are needed.
 */
export class StreamEntry implements PutEntry {
  readonly partitionKey: string;
  /** Data and partition key, in bytes. */
  readonly bytes: number;
  readonly #buffer: ArrayBufferLike;
  readonly #offset: number;
  /** Bytes of the data. */
  readonly dataBytes: number;

  /** @param keyBytes - of the key. */
  constructor({ buffer, byteOffset, length }: Uint8Array, partitionKey: string, keyBytes: number) {
    this.partitionKey = partitionKey;
    this.bytes = length + keyBytes;
    this.#buffer = buffer;
    this.#offset = byteOffset;
    this.dataBytes = length;
  }

  /** A new view at each call. */
  get data(): Uint8Array {
    return Buffer.from(this.#buffer, this.#offset, this.dataBytes);
  }

  /** The same data under another key of as many bytes. */
  withKey(partitionKey: string): StreamEntry {
    return new StreamEntry(this.data, partitionKey, this.bytes - this.dataBytes);
  }
}

/** PutRecords as a destination of batches. */
export class PutRecordsDestination implements BatchDestination<StreamEntry> {
  readonly #client: KinesisClient;
  readonly #settings: ConnectionSettings;
  readonly orderKeyOf?: (entry: StreamEntry) => string;

  /** @param ordering - `key`: records with the same partition key are to keep their order. */
  constructor(client: KinesisClient, settings: ConnectionSettings, ordering: "none" | "key") {
    this.#client = client;
    this.#settings = settings;
    if (ordering === "key") this.orderKeyOf = (entry) => entry.partitionKey;
  }

  sizeOf(entry: StreamEntry): number {
    return entry.bytes;
  }

  payloadSizeOf(entry: StreamEntry): number {
    return entry.dataBytes;
  }

  send(batch: readonly StreamEntry[], signal: AbortSignal): Promise<readonly EntryRefusal[]> {
    const entries = batch.map(({ data, partitionKey }) => ({ data, partitionKey }));
    return this.#client.putRecords(entries, signal);
  }

  classify(error: unknown): FailureClass {
    return classifyFailure(error);
  }

  callFailed(error: unknown): unknown {
    return explainFailure(error, { operation: "PutRecords", settings: this.#settings });
  }

  entriesRefused(refusals: readonly EntryRefusal[], batchRecords: number): unknown {
    const codes = [...new Set(refusals.map(({ code }) => code))].sort();
    return new TributaryError(
      {
        severity: "error",
        code: "EXTERNAL_FAILED",
        message: `PutRecords on stream '${this.#settings.stream.name}' refused ${refusals.length} of ${batchRecords} records (${codes.join(", ")}), and 'sink.fail-on-error' is 'true'.`,
        option: "sink.fail-on-error",
        value: "true",
        connector: "kinesis",
        hint: "Set it to 'false' to send refused records again.",
      },
      { retryable: true },
    );
  }
}
