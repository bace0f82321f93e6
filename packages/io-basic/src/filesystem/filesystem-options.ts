import { Option } from "@tributary/core";

/** Options of the source and the sink `filesystem`. @public */
export class FilesystemOptions {
  @Option({
    key: "path",
    type: "string",
    required: true,
    summary:
      "Reading: a file, or a directory whose files are read, those in its directories too. Writing: a directory, which is made. Relative to the working directory; file:// URLs are taken.",
    example: "data/clicks",
    source: "Flink documentation, FileSystem SQL connector",
  })
  readonly path!: string;
}
