import type { Logger } from "../../connector/services.js";
import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import { TributaryError } from "../../diagnostics/error.js";
import { CheckpointFormatError, decodeCheckpoint } from "./checkpoint-format.js";
import type { CheckpointStore } from "./checkpoint-store.js";
import type { Snapshot } from "./snapshot.js";

/** A complete checkpoint that was read. @public */
export interface StoredCheckpoint {
  readonly id: number;
  readonly snapshot: Snapshot;
  /** Warnings about newer ones that could not be used. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * The newest complete checkpoint of a store. A damaged one is passed over with a `CHECKPOINT_DAMAGED` warning.
 *
 * @throws `CHECKPOINT_DAMAGED` if there are checkpoints and none is whole; `CHECKPOINT_UNUSABLE` if a later release
 *   wrote the newest: going back behind it would be the user's decision.
 * @public
 */
export async function newestCheckpoint(
  store: CheckpointStore,
  logger: Logger,
): Promise<StoredCheckpoint | undefined> {
  const damaged: Diagnostic[] = [];
  for (const id of await store.list()) {
    try {
      const snapshot = decodeCheckpoint(await store.read(id));
      const warnings = damaged.map((one) => ({ ...one, severity: "warning" as const }));
      for (const { message, value } of warnings)
        logger.warn(message, {
          code: "CHECKPOINT_DAMAGED",
          value,
          hint: `The checkpoint ${id} is used instead.`,
        });
      return { id, snapshot, warnings };
    } catch (error) {
      if (error instanceof CheckpointFormatError && error.isNewer) throw newer(store, id, error);
      damaged.push(damage(store, id, error));
    }
  }
  if (damaged.length > 0) throw new TributaryError(damaged);
  return undefined;
}

function damage(store: CheckpointStore, id: number, error: unknown): Diagnostic {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    severity: "error",
    code: "CHECKPOINT_DAMAGED",
    message: `The checkpoint ${id} in '${store.description}' cannot be read: ${reason}.`,
    value: String(id),
  };
}

function newer(store: CheckpointStore, id: number, { message }: Error): TributaryError {
  return unusable(
    store,
    `cannot be continued by this release: of its newest checkpoint (${id}), ${message}.`,
    "Run the release that wrote it, or a later one; or start anew with a fresh checkpoint.",
  );
}

/** What a job starts with. */
export interface StartingPoint {
  readonly restored: StoredCheckpoint | undefined;
  /** Number of the next checkpoint. */
  readonly nextId: number;
  /** Checkpoints to be removed once the first of this job is complete: of an earlier run, damaged, or too old. */
  readonly replaces: readonly number[];
}

/**
 * Decides where a job starts.
 *
 * @throws `CHECKPOINT_UNUSABLE` if there are checkpoints and `start` does not say what to do, if there is nothing to
 *   restore from, or if the newest one was written when the job had drained; `CHECKPOINT_DAMAGED` if none is whole.
 */
export async function startingPoint(
  store: CheckpointStore,
  start: "fresh" | "restore" | undefined,
  logger: Logger,
): Promise<StartingPoint> {
  const ids = await store.list();
  const nextId = (ids[0] ?? 0) + 1;
  if (start === "restore") {
    const restored = await newestCheckpoint(store, logger);
    if (restored === undefined) {
      throw unusable(
        store,
        "holds no checkpoint to restore from.",
        "Check that it is the directory of the earlier run; if that run ended before its first checkpoint, start fresh.",
      );
    }
    if (restored.snapshot.manifest.isDrained) {
      throw unusable(
        store,
        `cannot be continued: its newest checkpoint (${restored.id}) was written when the job had drained, with every window fired.`,
        "Start anew with a fresh checkpoint.",
      );
    }
    return { restored, nextId, replaces: ids.filter((id) => id !== restored.id) };
  }
  if (ids.length > 0 && start === undefined) {
    throw unusable(
      store,
      `holds ${ids.length === 1 ? "a checkpoint" : `${ids.length} checkpoints`} of an earlier run.`,
      "Say whether to restore from it or to start fresh.",
    );
  }
  return { restored: undefined, nextId, replaces: ids };
}

function unusable(store: CheckpointStore, what: string, hint?: string): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "CHECKPOINT_UNUSABLE",
    message: `The checkpoint directory '${store.description}' ${what}`,
    value: store.description,
    ...(hint === undefined ? {} : { hint }),
  });
}
