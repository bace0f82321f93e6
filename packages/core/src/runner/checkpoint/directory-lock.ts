import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout } from "node:timers/promises";
import { TributaryError } from "../../diagnostics/error.js";
import { systemCode, type DirectoryFiles } from "./directory-files.js";

const LOCK_NAME = "lock";
/** Tries to take a lock that vanishes and comes back in between. */
const ATTEMPTS_MAX = 5;
/** Looks at a lock that says nothing: its process is about to write it, or was killed before it did. */
const UNWRITTEN_LOOKS_MAX = 10;
/** Time between two of those looks, in milliseconds. */
const UNWRITTEN_LOOK_MS = 20;

/** Who holds a lock. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process started, in the machine's own count; tells it from a later one with the same number. */
  readonly started: string | null;
}

/**
 * A file that says which process works in a directory. The lock of a process that is gone (killed, say) is taken over;
 * whether it is gone is told by its number and its start, so that a restarted container, where numbers repeat, is not
 * taken for the one before. On another host nothing can be told about a process, so its lock counts as stale: a volume
 * that moves between hosts follows its job.
 */
export class DirectoryLock {
  readonly #directory: string;
  readonly #files: DirectoryFiles;
  #isHeld = false;

  constructor(directory: string, files: DirectoryFiles) {
    this.#directory = directory;
    this.#files = files;
  }

  /** @throws `CHECKPOINT_UNUSABLE` if a live process has it. */
  async acquire(): Promise<void> {
    const me: Owner = { pid: process.pid, host: hostname(), started: await startOf(process.pid) };
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (await this.#create(me)) return;
      const text = await this.#readWritten();
      if (text === undefined) continue;
      const owner = parseOwner(text);
      if (owner !== undefined && (await isAlive(owner))) throw this.#inUse(owner);
      await this.#removeStale(text);
    }
    throw this.#inUse(undefined);
  }

  async release(): Promise<void> {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    await this.#files.remove(LOCK_NAME);
  }

  async #create(owner: Owner): Promise<boolean> {
    try {
      await this.#files.create(LOCK_NAME, JSON.stringify(owner));
    } catch (error) {
      if (systemCode(error) === "EEXIST") return false;
      throw error;
    }
    this.#isHeld = true;
    return true;
  }

  /** A lock comes into being before its text does. */
  async #readWritten(): Promise<string | undefined> {
    for (let look = 1; ; look++) {
      const text = await this.#read();
      if (text === undefined || parseOwner(text) !== undefined || look === UNWRITTEN_LOOKS_MAX) return text;
      await setTimeout(UNWRITTEN_LOOK_MS);
    }
  }

  async #read(): Promise<string | undefined> {
    try {
      return Buffer.from(await this.#files.read(LOCK_NAME)).toString("utf8");
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Renames first: of two processes that find the same stale lock, one gets it out of the way. */
  async #removeStale(stale: string): Promise<void> {
    const aside = `${LOCK_NAME}.${process.pid}.stale`;
    try {
      await this.#files.rename(LOCK_NAME, aside);
    } catch (error) {
      if (systemCode(error) === "ENOENT") return;
      throw error;
    }
    const moved = Buffer.from(await this.#files.read(aside)).toString("utf8");
    if (moved === stale) await this.#files.remove(aside);
    else await this.#files.rename(aside, LOCK_NAME);
  }

  #inUse(owner: Owner | undefined): TributaryError {
    const who = owner === undefined ? "another process" : `the process ${owner.pid}`;
    return new TributaryError({
      severity: "error",
      code: "CHECKPOINT_UNUSABLE",
      message: `The checkpoint directory '${this.#directory}' is in use by ${who}.`,
      value: this.#directory,
      hint: "Stop the other job first, or give this one a directory of its own.",
    });
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Partial<Owner> | null;
    if (typeof owner?.pid !== "number" || typeof owner.host !== "string") return undefined;
    return { pid: owner.pid, host: owner.host, started: owner.started ?? null };
  } catch {
    return undefined;
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  if (owner.host !== hostname()) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    if (systemCode(error) !== "EPERM") return false;
  }
  const started = await startOf(owner.pid);
  return owner.started === null || started === null || owner.started === started;
}

/** Start of a process in clock ticks since the machine's start, from Linux' process table; `null` elsewhere. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field is the command in brackets and may hold anything; the start is the 20th field after it.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
