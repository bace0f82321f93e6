import { existsSync } from "node:fs";

import {
  DirectoryCheckpointStore,
  TributaryError,
  encodeCheckpoint,
  functionState,
  newestCheckpoint,
} from "@tributary/core";
import type { Diagnostic, SourceSnapshot, StoredCheckpoint } from "@tributary/core";

import { commandInvalid } from "../command-line/command-invalid.js";
import type { Command, Invocation } from "../command-line/command.js";
import { stderrLogger } from "../output/logger.js";

/** What was made of one source. */
interface Migrated {
  readonly source: SourceSnapshot;
  /** Absent: the source is none of the old Kinesis source, and stays as it is. */
  readonly shards?: number;
  readonly finished?: number;
}

async function migrated(source: SourceSnapshot, takenAtMs: number): Promise<Migrated> {
  const state = functionState(source.enumerator);
  const isKinesis = state?.some((entry) => (entry as { kind?: unknown } | null)?.kind === "kinesis-legacy");
  if (state === undefined || isKinesis !== true) return { source };
  const { convertOldState } = await import("@tributary/io-kinesis");
  const { enumerator, shards, finished } = convertOldState(state, { takenAtMs });
  return { source: { ...source, enumerator, splits: [] }, shards, finished };
}

async function newestIn(directory: string, invocation: Invocation): Promise<StoredCheckpoint> {
  const found = existsSync(directory)
    ? await newestCheckpoint(new DirectoryCheckpointStore(directory), stderrLogger(invocation))
    : undefined;
  if (found !== undefined) return found;
  throw unusable(directory, existsSync(directory) ? "holds no checkpoint" : "does not exist");
}

function unusable(directory: string, what: string): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "CHECKPOINT_UNUSABLE",
    message: `The checkpoint directory '${directory}' ${what}`,
    value: directory,
    hint: "Give the directory that a run of the old source was given with --checkpoint.",
  });
}

/** @throws `CHECKPOINT_UNUSABLE` if something is there already. */
async function writeTo(directory: string, { id, snapshot }: StoredCheckpoint): Promise<void> {
  const store = new DirectoryCheckpointStore(directory);
  await store.acquire();
  try {
    if ((await store.list()).length > 0) throw unusable(directory, "holds checkpoints already");
    await store.write(id, await encodeCheckpoint(snapshot));
  } finally {
    await store.release();
  }
}

/** What the continued job does otherwise than the old one. */
function difference(table: string): Diagnostic {
  return {
    severity: "warning",
    code: "MIGRATION_DIFFERENCE",
    message: `The table '${table}' goes on with the new source: children of a shard are read behind their parents.`,
    table,
    hint: "Restore with the table's connector 'kinesis' of kinesis@5 or kinesis-streams@5; 'tributary migrate FILE' rewrites the script.",
  };
}

/** `tributary migrate checkpoint`: positions of the old Kinesis source as positions of the new one. */
export const migrateCheckpoint: Command = {
  path: ["migrate", "checkpoint"],
  summary: "turn a checkpoint of the old Kinesis source into one of the new",
  operands: [{ name: "DIR" }],
  options: [{ name: "out", value: "DIR", summary: "where to write the new checkpoint; required" }],
  async run(invocation) {
    const { operands, value, terminal } = invocation;
    const out = value("out");
    if (out === undefined) throw new TributaryError(commandInvalid("--out DIR is missing", {}));
    const directory = operands[0] ?? "";
    const stored = await newestIn(directory, invocation);
    const { manifest } = stored.snapshot;
    const results: Migrated[] = [];
    for (const source of manifest.sources) results.push(await migrated(source, manifest.takenAt));
    const changed = results.filter(({ shards }) => shards !== undefined);
    if (changed.length === 0) throw unusable(directory, "holds no state of the old Kinesis source");
    const sources = results.map(({ source }) => source);
    await writeTo(out, { ...stored, snapshot: { ...stored.snapshot, manifest: { ...manifest, sources } } });
    for (const { source, shards, finished } of changed) {
      if (terminal.isJson) {
        terminal.printJson({ event: "migrated", table: source.label, shards, finished, checkpoint: out });
      } else {
        terminal.print(`${source.label}: ${shards} shards, ${finished} of them finished, written to ${out}`);
      }
    }
    terminal.report(changed.map(({ source }) => difference(source.label)));
    return 0;
  },
};
