import { invariant, Instant, notNull, tableSource, types } from "@tributary/core";
import { basename } from "node:path";
import type {
  MetadataKey,
  SinkFactory,
  SinkFactoryContext,
  SourceFactory,
  SourceFactoryContext,
  SqlValue,
  TableSink,
  TableSource,
} from "@tributary/core";
import type { FileRecord } from "./file-record.js";
import { FileSink } from "./file-sink.js";
import { FileSource } from "./file-source.js";
import { FilesystemOptions } from "./filesystem-options.js";
import { localPath } from "./local-path.js";

const METADATA: readonly (MetadataKey & { readonly read: (record: FileRecord) => SqlValue })[] = [
  {
    key: "file.path",
    type: notNull(types.string()),
    isReadable: true,
    isWritable: false,
    read: ({ file }) => file.path,
  },
  {
    key: "file.name",
    type: notNull(types.string()),
    isReadable: true,
    isWritable: false,
    read: ({ file }) => basename(file.path),
  },
  {
    key: "file.size",
    type: notNull(types.bigint()),
    isReadable: true,
    isWritable: false,
    read: ({ file }) => BigInt(file.size),
  },
  {
    key: "file.modification-time",
    type: notNull(types.timestampLtz(3)),
    isReadable: true,
    isWritable: false,
    read: ({ file }) => new Instant(file.modifiedMs),
  },
];

/**
 * The source `filesystem`: records of local files, once each.
 *
 * After the FileSystem connector of Apache Flink, for the formats that are told apart by lines.
 *
 * @public
 */
export class FilesystemSourceFactory implements SourceFactory<FilesystemOptions> {
  readonly role = "source";
  readonly identifier = "filesystem";
  readonly provides = "Source";
  readonly options = FilesystemOptions;
  readonly format = "required";
  readonly metadata: readonly MetadataKey[] = METADATA;

  create(options: FilesystemOptions, context: SourceFactoryContext): TableSource {
    return tableSource<FileRecord>({
      source: new FileSource(localPath(options.path), context.format?.framing),
      payload: (record) => record.bytes,
      metadata: new Map(METADATA.map(({ key, read }) => [key, read])),
    });
  }
}

/**
 * The sink `filesystem`: appends records to files in a directory, one a writer.
 *
 * @public
 */
export class FilesystemSinkFactory implements SinkFactory<FilesystemOptions> {
  readonly role = "sink";
  readonly identifier = "filesystem";
  readonly provides = "Sink";
  readonly options = FilesystemOptions;
  readonly format = "required";
  readonly metadata: readonly MetadataKey[] = METADATA;

  create(options: FilesystemOptions, context: SinkFactoryContext): TableSink {
    const { format, physicalRowType, table } = context;
    invariant(format !== undefined, "a format is required");
    const identifier = table.options.findLast(({ key }) => key === "format")?.value ?? "";
    return {
      sink: new FileSink({
        directory: localPath(options.path),
        extension: /^[a-z0-9-]+$/.test(identifier) ? identifier : "txt",
        createEncoder: () => format.createEncoder({ table: table.name, rowType: physicalRowType }),
      }),
      supportsPartitions: false,
    };
  }
}
