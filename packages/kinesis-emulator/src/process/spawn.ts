import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { KinesisEmulatorError, type KinesisEmulatorErrorCode } from "../errors.js";
import { settingsOf, type KinesisEmulatorOptions } from "../options.js";

/** Settings of an emulator in a process of its own. @public */
export interface SpawnKinesisEmulatorOptions extends KinesisEmulatorOptions {
  /** Lets it outlive this process; it must then be ended by `close` or its pid. Default false. */
  readonly detached?: boolean;
}

/** An emulator in a process of its own. @public */
export interface SpawnedKinesisEmulator {
  readonly endpoint: string;
  readonly pid: number;
  /** Variables that point an AWS client at this emulator. */
  readonly environment: Record<string, string>;
  /** Ends the process; resolves when it is gone. Idempotent. */
  close(): Promise<void>;
}

/** How long `close` waits before it kills. */
const CLOSE_PATIENCE_MS = 5_000;
const MAIN = fileURLToPath(new URL("./main.js", import.meta.url));

/**
 * Starts an emulator as a process of its own and waits until it answers. Unless it is detached it ends with this
 * process, even if this one is killed.
 *
 * @throws KinesisEmulatorError.
 * @public
 */
export async function spawnKinesisEmulator(
  options: SpawnKinesisEmulatorOptions = {},
): Promise<SpawnedKinesisEmulator> {
  const { detached = false, ...settings } = options;
  settingsOf(settings);
  const child = spawn(
    process.execPath,
    [MAIN, JSON.stringify(settings), detached ? "detached" : "attached"],
    { stdio: [detached ? "ignore" : "pipe", "pipe", "ignore"], detached },
  );
  const { endpoint, environment } = await started(child);
  child.stdout?.destroy();
  child.unref();
  (child.stdin as { unref?: () => void } | null)?.unref?.();
  let closed: Promise<void> | undefined;
  return {
    endpoint,
    environment,
    pid: child.pid ?? 0,
    close() {
      closed ??= end(child);
      return closed;
    },
  };
}

interface Started {
  readonly endpoint: string;
  readonly environment: Record<string, string>;
}

async function started(child: ChildProcess): Promise<Started> {
  const failed = once(child, "error").then(([error]) => {
    throw new KinesisEmulatorError("START_FAILED", "the emulator's process cannot be started", {
      cause: error,
    });
  });
  const line = await Promise.race([failed, firstLine(child)]);
  const message = JSON.parse(line) as Partial<Started> & {
    error?: { code: KinesisEmulatorErrorCode; message: string };
  };
  if (message.error !== undefined) throw new KinesisEmulatorError(message.error.code, message.error.message);
  return { endpoint: message.endpoint ?? "", environment: message.environment ?? {} };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout !== null) for await (const line of createInterface({ input: child.stdout })) return line;
  throw new KinesisEmulatorError("START_FAILED", "the emulator's process ended before it answered");
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), CLOSE_PATIENCE_MS);
  await gone;
  clearTimeout(timer);
}
