import type { KinesisRecord, RecordOrigin } from "../kinesis-client.js";

const UNKNOWN_ORIGIN: RecordOrigin = { shardId: "", millisBehindLatest: 0 };

/**
 * The bytes of one answer, shared by its records: each is a view into them, and its texts are made when somebody asks
 * for them. The bytes live as long as one of the records does.
 */
export class RecordSlab {
  readonly bytes: Buffer;
  /** Set once the answer has been read to its end. */
  origin: RecordOrigin = UNKNOWN_ORIGIN;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/** A record as offsets into a {@link RecordSlab}. The scanners fill it in field by field, whatever the order. */
export class SlabRecord implements KinesisRecord {
  readonly #slab: RecordSlab;
  #data: Uint8Array | undefined = undefined;
  /** Where the payload is, in bytes of the slab. */
  dataStart = 0;
  dataEnd = 0;
  keyStart = 0;
  keyEnd = 0;
  numberStart = 0;
  numberEnd = 0;
  arrivalMs = 0;
  /** The partition key, where it does not stand in the slab as it is. */
  keyText: string | undefined = undefined;

  constructor(slab: RecordSlab) {
    this.#slab = slab;
  }

  get data(): Uint8Array {
    return (this.#data ??= this.#slab.bytes.subarray(this.dataStart, this.dataEnd));
  }

  get partitionKey(): string {
    return this.keyText ?? this.#slab.bytes.toString("utf8", this.keyStart, this.keyEnd);
  }

  get sequenceNumber(): string {
    return this.#slab.bytes.toString("latin1", this.numberStart, this.numberEnd);
  }

  get origin(): RecordOrigin {
    return this.#slab.origin;
  }
}

/** What GetRecords answers and a SubscribeToShard event says, read without an object of the SDK. */
export interface ScannedRecords {
  readonly slab: RecordSlab;
  readonly records: readonly SlabRecord[];
  /** Sum of the payloads, in bytes. */
  readonly dataBytes: number;
  readonly millisBehindLatest: number | undefined;
  readonly nextIterator: string | undefined;
  readonly continuationSequenceNumber: string | undefined;
  /** As the service writes them: `ChildShard` of the Kinesis API Reference. */
  readonly childShards: readonly unknown[];
}

/** {@link ScannedRecords} while it is being read. */
export class RecordsBuilder {
  readonly slab: RecordSlab;
  readonly records: SlabRecord[] = [];
  dataBytes = 0;
  millisBehindLatest: number | undefined = undefined;
  nextIterator: string | undefined = undefined;
  continuationSequenceNumber: string | undefined = undefined;
  childShards: readonly unknown[] = [];

  constructor(bytes: Buffer) {
    this.slab = new RecordSlab(bytes);
  }
}
