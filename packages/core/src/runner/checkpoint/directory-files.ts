import { open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { makeDirectories } from "./make-directories.js";

/** Checkpoints hold what was read: their owner alone may look at them. */
const FILE_MODE = 0o600;

/**
 * The few things a checkpoint directory does with its files, each of which may fail or be the last before a crash.
 *
 * @experimental
 */
export interface DirectoryFiles {
  makeDirectory(): Promise<void>;
  list(): Promise<readonly string[]>;
  read(name: string): Promise<Uint8Array>;
  /** Makes or truncates a file, writes the parts and waits until they are on the disk. */
  writeDurably(name: string, parts: readonly Uint8Array[]): Promise<void>;
  /** Makes a file that must not exist. Rejects with the code EEXIST if it does. */
  create(name: string, text: string): Promise<void>;
  /** Atomic. */
  rename(from: string, to: string): Promise<void>;
  /** Waits until names are on the disk. */
  syncNames(): Promise<void>;
  remove(name: string): Promise<void>;
}

/** Files of a directory of this machine. @experimental */
export function directoryFiles(directory: string): DirectoryFiles {
  const path = (name: string): string => join(directory, name);
  return {
    makeDirectory: () => makeDirectories(directory),
    list: () => readdir(directory),
    read: (name) => readFile(path(name)),
    writeDurably: async (name, parts) => {
      const file = await open(path(name), "w", FILE_MODE);
      try {
        for (const part of parts) await file.writeFile(part);
        await file.sync();
      } finally {
        await file.close();
      }
    },
    create: async (name, text) => {
      const file = await open(path(name), "wx", FILE_MODE);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
    },
    rename: (from, to) => rename(path(from), path(to)),
    syncNames: () => syncDirectory(directory),
    remove: (name) => rm(path(name), { force: true }),
  };
}

/** Windows cannot open a directory as a file; there a rename is durable by itself. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Code of a system error, e.g. `ENOENT`; undefined for errors without one. */
export function systemCode(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
