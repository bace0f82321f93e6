import type {
  EnumeratorContext,
  JsonValue,
  RecordFraming,
  Source,
  SourceReader,
  SplitEnumerator,
} from "@tributary/core";
import { FixedSplitEnumerator } from "../splits/fixed-split-enumerator.js";
import { SequentialReader } from "../splits/sequential-reader.js";
import { describePlace, FileReading, fileSplit } from "./file-reading.js";
import type { FileRecord } from "./file-record.js";
import { findFiles } from "./find-files.js";

/** Reads the files that are there when the job starts. A split is a file, its position a byte offset. */
export class FileSource implements Source<FileRecord> {
  readonly boundedness = "bounded";
  readonly #path: string;
  readonly #framing: RecordFraming | undefined;

  /** @param framing - of the format; absent: each line that is not empty is a record. */
  constructor(path: string, framing: RecordFraming | undefined) {
    this.#path = path;
    this.#framing = framing;
  }

  createEnumerator(context: EnumeratorContext, restored?: JsonValue): SplitEnumerator {
    return new FixedSplitEnumerator(context, restored, async () =>
      (await findFiles(this.#path)).map(fileSplit),
    );
  }

  createReader(): SourceReader<FileRecord> {
    return new SequentialReader((split) => new FileReading(split, this.#framing), true);
  }

  describePosition(record: FileRecord): string {
    return describePlace(record.line, record.offset);
  }
}
