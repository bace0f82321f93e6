import { existsSync } from "node:fs";

import {
  checkpointScheme,
  createRegistry,
  DirectoryCheckpointStore,
  newestCheckpoint,
  TributaryError,
  type CheckpointStore,
} from "@tributary/core";
import type { SourceSnapshot, StoredCheckpoint } from "@tributary/core";

import { storeAt } from "../job/checkpoint-store.js";
import type { Command, Invocation } from "../command-line/command.js";
import { stderrLogger } from "../output/logger.js";

/** One line of the output; its keys are fixed, those that a source has no word for are null. */
interface PositionLine {
  readonly table: string;
  readonly stream: string | null;
  readonly shard: string;
  readonly sequenceNumber: string | null;
  readonly subSequenceNumber: number | null;
  readonly finished: boolean;
  readonly position?: string;
}

async function linesOf({ label: table, enumerator, splits }: SourceSnapshot): Promise<PositionLine[]> {
  const { checkpointPositions: kinesisPositions } = await import("@tributary/io-kinesis");
  const kinesis = kinesisPositions(enumerator, splits);
  if (kinesis !== undefined) return kinesis.map((position) => ({ table, ...position }));
  // Of other sources: the split, and its state as it is stored.
  return splits.map(({ id, state, isOver }) => ({
    table,
    stream: null,
    shard: id,
    sequenceNumber: null,
    subSequenceNumber: null,
    finished: isOver === true,
    position: JSON.stringify(state),
  }));
}

function textOf({ table, stream, shard, sequenceNumber, subSequenceNumber, ...rest }: PositionLine): string {
  const where = stream === null ? table : `${table} (${stream})`;
  const sub = subSequenceNumber === null ? "" : `/${subSequenceNumber}`;
  const position = rest.finished ? "finished" : (rest.position ?? `${sequenceNumber}${sub}`);
  return `${where}  ${shard}  ${position}`;
}

/** The store at a location; undefined for a directory that is not there. */
async function existing(location: string): Promise<CheckpointStore | undefined> {
  if (checkpointScheme(location) === undefined && existsSync(location))
    return new DirectoryCheckpointStore(location);
  const { store } = await storeAt(location, createRegistry([]), [process.cwd()]);
  return store;
}

/** @throws `CHECKPOINT_UNUSABLE` if there is none, `CHECKPOINT_DAMAGED` if none can be read. */
async function newestIn(location: string, invocation: Invocation): Promise<StoredCheckpoint> {
  const store = await existing(location);
  const checkpoint =
    store === undefined ? undefined : await newestCheckpoint(store, stderrLogger(invocation));
  if (checkpoint !== undefined) return checkpoint;
  throw new TributaryError({
    severity: "error",
    code: "CHECKPOINT_UNUSABLE",
    message: `The checkpoint directory '${location}' ${store === undefined ? "does not exist" : "holds no checkpoint"}`,
    value: location,
    hint: "Give the directory that a run was given with --checkpoint.",
  });
}

/** `tributary checkpoint positions`: where the newest complete checkpoint stands in every shard. */
export const checkpointPositions: Command = {
  path: ["checkpoint", "positions"],
  summary: "print the source positions in the newest complete checkpoint",
  operands: [{ name: "DIR" }],
  options: [],
  async run(invocation) {
    const { operands, terminal } = invocation;
    const { snapshot } = await newestIn(operands[0] ?? "", invocation);
    for (const source of snapshot.manifest.sources) {
      for (const line of await linesOf(source)) {
        if (terminal.isJson) terminal.printJson(line);
        else terminal.print(textOf(line));
      }
    }
    return 0;
  },
};
