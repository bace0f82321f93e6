/** A file that is read. */
export interface FileInfo {
  readonly path: string;
  readonly size: number;
  readonly modifiedMs: number;
}

/** One record of a file. */
export interface FileRecord {
  readonly bytes: Uint8Array;
  /** Where the record starts, counted from 0. */
  readonly offset: number;
  /** Its first line, counted from 1. */
  readonly line: number;
  readonly file: FileInfo;
}
