import type { ConnectionSettings } from "../../client/connection-settings.js";
import type { RecordOrigin } from "../../client/kinesis-client.js";
import type { StreamArn } from "../../client/stream-arn.js";
import type { StreamSelection } from "../../options/stream-selection.js";
import type { KinesisSourceSettings } from "./source-settings.js";

/**
 * The streams behind one table. Each is read as if it were alone; its shards are told apart by the stream's name, which
 * stands before the shard's in the id of a split.
 */
export class StreamSet {
  readonly selection: StreamSelection;
  readonly #settings: KinesisSourceSettings;
  readonly #origins = new WeakMap<RecordOrigin, string>();

  /** @param settings - of any of the streams. */
  constructor(selection: StreamSelection, settings: KinesisSourceSettings) {
    this.selection = selection;
    this.#settings = settings;
  }

  get settings(): KinesisSourceSettings {
    return this.#settings;
  }

  /** The settings of one stream; undefined if the selection does not have it any more. */
  settingsOf(name: string): KinesisSourceSettings | undefined {
    const { streams, patterns } = this.selection;
    const stream =
      streams.find((one) => one.name === name) ??
      patterns.find((pattern) => pattern.matches(name))?.stream(name);
    return stream === undefined ? undefined : { ...this.#settings, connection: this.connectionTo(stream) };
  }

  connectionTo(stream: StreamArn): ConnectionSettings {
    return { ...this.#settings.connection, stream, region: stream.region };
  }

  /** Notes where an answer's records come from; once for all that share the origin. */
  note(origin: RecordOrigin, stream: string): void {
    this.#origins.set(origin, stream);
  }

  streamOf(origin: RecordOrigin): string {
    return this.#origins.get(origin) ?? "";
  }
}

export function splitIdOf(stream: string, shardId: string): string {
  return `${stream}/${shardId}`;
}

/** The parts of what {@link splitIdOf} has made. */
export function partsOf(splitId: string): { readonly stream: string; readonly shardId: string } {
  const at = splitId.indexOf("/");
  return { stream: splitId.slice(0, at), shardId: splitId.slice(at + 1) };
}
