import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { spawnKinesisEmulator } from "@tributary/kinesis-emulator";

/** Where the main job keeps what a later `--restore` needs: the endpoint and the checkpoints. */
export interface WorkFolder {
  readonly checkpoints: string;
  readonly endpointFile: string;
}

export function workFolder(root: string): WorkFolder {
  const folder = join(root, ".tributary", "main-job");
  return { checkpoints: join(folder, "checkpoints"), endpointFile: join(folder, "kinesis.json") };
}

/** A Kinesis that runs in a process of its own. */
export interface RunningKinesis {
  readonly endpoint: string;
  readonly pid: number;
  /** Variables by which the AWS client finds it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts the embedded Kinesis; a kept one outlives this process, another ends with it. */
export async function startKinesis(
  folder: WorkFolder,
  isKept: boolean,
): Promise<RunningKinesis & { readonly close: () => Promise<void> }> {
  const emulator = await spawnKinesisEmulator({ detached: isKept });
  const { endpoint, pid, environment } = emulator;
  await mkdir(dirname(folder.endpointFile), { recursive: true });
  await writeFile(folder.endpointFile, `${JSON.stringify({ endpoint, pid, environment }, null, 2)}\n`);
  return { endpoint, pid, environment, close: () => emulator.close() };
}

/** The Kinesis that an earlier run left running, if it still answers. */
export async function findKinesis(folder: WorkFolder): Promise<RunningKinesis | undefined> {
  try {
    const kinesis = JSON.parse(await readFile(folder.endpointFile, "utf8")) as RunningKinesis;
    await fetch(kinesis.endpoint, { signal: AbortSignal.timeout(2000) });
    return kinesis;
  } catch {
    return undefined;
  }
}

/** Ends the Kinesis that an earlier run left running. */
export async function stopKinesis(folder: WorkFolder): Promise<boolean> {
  const kinesis = await findKinesis(folder);
  if (kinesis !== undefined) process.kill(kinesis.pid, "SIGTERM");
  await rm(folder.endpointFile, { force: true });
  return kinesis !== undefined;
}
