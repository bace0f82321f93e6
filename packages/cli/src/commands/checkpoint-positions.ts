import { existsSync } from "node:fs";

import { DirectoryCheckpointStore, TributaryError, newestCheckpoint } from "@tributary/core";
import type { SourceSnapshot, StoredCheckpoint } from "@tributary/core";

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

/** @throws `CHECKPOINT_UNUSABLE` if there is none, `CHECKPOINT_DAMAGED` if none can be read. */
async function newestIn(directory: string, invocation: Invocation): Promise<StoredCheckpoint> {
  const checkpoint = existsSync(directory)
    ? await newestCheckpoint(new DirectoryCheckpointStore(directory), stderrLogger(invocation))
    : undefined;
  if (checkpoint !== undefined) return checkpoint;
  throw new TributaryError({
    severity: "error",
    code: "CHECKPOINT_UNUSABLE",
    message: `The checkpoint directory '${directory}' ${existsSync(directory) ? "holds no checkpoint" : "does not exist"}`,
    value: directory,
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
