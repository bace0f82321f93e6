import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KinesisEmulatorError } from "../errors.js";

const LOCK_FILE = "lock";
/** Directories that this process has locked itself. */
const held = new Set<string>();

/**
 * Keeps a second emulator out of a data directory, which it makes if it is not there. The lock of a process that has
 * died does not count.
 *
 * @returns releases the lock.
 * @throws KinesisEmulatorError `DATA_IN_USE` or `DATA_UNREADABLE`.
 */
export function lockDirectory(directory: string): () => void {
  const file = join(directory, LOCK_FILE);
  const mine = `${process.pid} ${startOf(process.pid)}`;
  try {
    mkdirSync(directory, { recursive: true });
    const owner = ownerOf(file);
    if (owner !== undefined && (owner === mine ? held.has(file) : isAlive(owner))) {
      throw new KinesisEmulatorError(
        "DATA_IN_USE",
        `the data directory ${directory} is in use by process ${owner.split(" ")[0]}`,
      );
    }
    writeFileSync(file, mine);
  } catch (error) {
    if (error instanceof KinesisEmulatorError) throw error;
    throw new KinesisEmulatorError("DATA_UNREADABLE", `the data directory ${directory} cannot be used`, {
      cause: error,
    });
  }
  held.add(file);
  return () => {
    held.delete(file);
    rmSync(file, { force: true });
  };
}

function ownerOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function isAlive(owner: string): boolean {
  const [pid = "", start = ""] = owner.split(" ");
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return startOf(Number(pid)) === start;
}

/** When a process was started, as the kernel counts, so that a reused pid is recognised; empty where it does not say. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")")).split(" ")[20] ?? "";
  } catch {
    return "";
  }
}
