/**
 * A checkpoint as bytes:
 *
 * | bytes | content |
 * | --- | --- |
 * | 20 | `TRIBUTARY CHECKPOINT` |
 * | 4 | format version, little endian |
 * | 4 | length of the manifest |
 * | n | manifest: JSON in UTF-8, with the steps and lengths of keyed state |
 * | ... | keyed state, step after step |
 * | 32 | SHA-256 of everything before |
 *
 * A file that was cut short or changed anywhere fails the checksum.
 */
import { createHash } from "node:crypto";
import type { CheckpointManifest, Snapshot } from "./snapshot.js";

/**
 * Version of the format; a higher one is refused.
 *
 * | version | what changed |
 * | --- | --- |
 * | 1 | keyed state of a combine: its windows, each with its groups |
 * | 2 | keyed state of a combine: windows and groups in any order, groups refer to windows by number |
 */
export const CHECKPOINT_FORMAT_VERSION = 2;
/** The oldest that is read. */
const OLDEST_FORMAT_VERSION = 1;

const MAGIC = Buffer.from("TRIBUTARY CHECKPOINT", "latin1");
const HEADER_BYTES = MAGIC.length + 8;
const CHECKSUM_BYTES = 32;

interface StoredManifest extends CheckpointManifest {
  readonly keyedState: readonly { readonly step: string; readonly bytes: number }[];
}

/** Why bytes are no checkpoint. */
export class CheckpointFormatError extends Error {
  override readonly name = "CheckpointFormatError";
  /** Whole, and of a format that a later release has brought. */
  readonly isNewer: boolean;

  constructor(message: string, isNewer = false) {
    super(message);
    this.isNewer = isNewer;
  }
}

/**
 * The parts to be written one after the other; keyed state is not copied.
 *
 * @param breathe - awaited between parts, so that a large checkpoint holds nothing up.
 * @public
 */
export async function encodeCheckpoint(
  snapshot: Snapshot,
  breathe: () => Promise<void> = async () => {},
): Promise<readonly Uint8Array[]> {
  const states = [...snapshot.keyedState];
  const stored: StoredManifest = {
    ...snapshot.manifest,
    keyedState: states.map(([step, pieces]) => ({
      step,
      bytes: pieces.reduce((sum, piece) => sum + piece.length, 0),
    })),
  };
  const manifest = Buffer.from(JSON.stringify(stored), "utf8");
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(CHECKPOINT_FORMAT_VERSION, MAGIC.length);
  header.writeUInt32LE(manifest.length, MAGIC.length + 4);
  const parts: Uint8Array[] = [header, manifest, ...states.flatMap(([, pieces]) => pieces)];
  const hash = createHash("sha256");
  for (const part of parts) {
    hash.update(part);
    await breathe();
  }
  return [...parts, hash.digest()];
}

/** @throws {@link CheckpointFormatError} if the bytes are not what {@link encodeCheckpoint} makes. */
export function decodeCheckpoint(bytes: Uint8Array): Snapshot {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < HEADER_BYTES + CHECKSUM_BYTES) {
    throw new CheckpointFormatError(`it is incomplete (${buffer.length} bytes)`);
  }
  if (!buffer.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new CheckpointFormatError("it does not begin as a checkpoint does");
  }
  const version = buffer.readUInt32LE(MAGIC.length);
  const body = buffer.subarray(0, buffer.length - CHECKSUM_BYTES);
  const isWhole = createHash("sha256").update(body).digest().equals(buffer.subarray(body.length));
  if (version < OLDEST_FORMAT_VERSION || version > CHECKPOINT_FORMAT_VERSION) {
    throw new CheckpointFormatError(
      `its format version is ${version}; this release reads ${OLDEST_FORMAT_VERSION} to ${CHECKPOINT_FORMAT_VERSION}`,
      isWhole && version > CHECKPOINT_FORMAT_VERSION,
    );
  }
  if (!isWhole)
    throw new CheckpointFormatError("it is incomplete or its content does not match its checksum");
  const manifestEnd = HEADER_BYTES + buffer.readUInt32LE(MAGIC.length + 4);
  const stored = JSON.parse(buffer.toString("utf8", HEADER_BYTES, manifestEnd)) as StoredManifest;
  const { keyedState: lengths, ...manifest } = stored;
  const keyedState = new Map<string, readonly Uint8Array[]>();
  let offset = manifestEnd;
  for (const { step, bytes: length } of lengths) {
    keyedState.set(step, [body.subarray(offset, offset + length)]);
    offset += length;
  }
  return { manifest, keyedState, formatVersion: version };
}
