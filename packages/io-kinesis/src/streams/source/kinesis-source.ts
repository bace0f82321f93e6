/**
 * Reading a Kinesis stream. A split is a shard; its state is the position to read from next. The enumerator lists the
 * shards, hands each to the reader that its hash-key range belongs to, and holds children back until their parents
 * are read. Readers poll every shard at its own pace. A split ends with its shard: after a split or merge of the
 * stream, or when retention has removed it.
 */
import type {
  EnumeratorContext,
  JsonValue,
  ReaderContext,
  Source,
  SourceReader,
  SplitEnumerator,
} from "@tributary/core";

import type { KinesisClients } from "../../client/kinesis-clients.js";
import type { KinesisRecord } from "../../client/kinesis-client.js";
import { refuseOldState } from "../../migration/refuse-old-state.js";
import { KinesisEnumerator } from "./kinesis-enumerator.js";
import { KinesisReader } from "./kinesis-reader.js";
import type { KinesisSourceSettings } from "./source-settings.js";
import type { StreamSet } from "./stream-set.js";
import { StreamsEnumerator } from "./streams-enumerator.js";
import { StreamsReader } from "./streams-reader.js";

/** The source `kinesis` of one stream. */
export class KinesisSource implements Source<KinesisRecord> {
  readonly boundedness: "bounded" | "unbounded";
  readonly #settings: KinesisSourceSettings;
  readonly #clients: KinesisClients;

  constructor(settings: KinesisSourceSettings, clients: KinesisClients) {
    this.boundedness = settings.end === undefined ? "unbounded" : "bounded";
    this.#settings = settings;
    this.#clients = clients;
  }

  createEnumerator(context: EnumeratorContext, restored?: JsonValue): SplitEnumerator {
    refuseOldState(restored);
    return new KinesisEnumerator(this.#settings, this.#clients, context, restored);
  }

  createReader(context: ReaderContext): SourceReader<KinesisRecord> {
    return new KinesisReader(this.#settings, this.#clients, context);
  }

  describePosition(record: KinesisRecord): string {
    return positionText(record);
  }
}

/** The source `kinesis` of several streams. */
export class KinesisStreamsSource implements Source<KinesisRecord> {
  readonly boundedness: "bounded" | "unbounded";
  readonly #set: StreamSet;
  readonly #clients: KinesisClients;

  constructor(set: StreamSet, clients: KinesisClients) {
    this.boundedness = set.settings.end === undefined ? "unbounded" : "bounded";
    this.#set = set;
    this.#clients = clients;
  }

  createEnumerator(context: EnumeratorContext, restored?: JsonValue): SplitEnumerator {
    refuseOldState(restored);
    return new StreamsEnumerator(this.#set, this.#clients, context, restored);
  }

  createReader(context: ReaderContext): SourceReader<KinesisRecord> {
    return new StreamsReader(this.#set, this.#clients, context);
  }

  describePosition(record: KinesisRecord): string {
    return positionText(record);
  }
}

function positionText({ sequenceNumber, subSequenceNumber }: KinesisRecord): string {
  return subSequenceNumber === undefined ? sequenceNumber : `${sequenceNumber}/${subSequenceNumber}`;
}
