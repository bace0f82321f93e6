import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Diagnostic } from "@tributary/core";

import { root } from "../repository/checkout.js";

const PROGRAM = join(root, "packages", "cli", "bin", "tributary.mjs");

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** Resolves with the first line of a stream that holds `text`; rejects if the command ends before. */
  line(stream: "stdout" | "stderr", text: string): Promise<string>;
}

/** Longest a command may run here; far more than any needs, also on a busy machine. */
const PATIENCE_MS = 100_000;

export interface CommandSettings {
  readonly cwd?: string;
  readonly env?: object;
  /** All of stdin; empty unless given. */
  readonly input?: string | Uint8Array;
}

/** Starts the `tributary` command in a process of its own. */
export function start(args: readonly string[], options: CommandSettings = {}): Running {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
    stdio: "pipe",
  });
  child.stdin.end(options.input);
  const texts = { stdout: "", stderr: "" };
  const waiting: { stream: "stdout" | "stderr"; text: string; found: (line: string) => void }[] = [];
  const look = (): void => {
    for (const [at, wait] of [...waiting.entries()].reverse()) {
      const line = texts[wait.stream].split("\n").find((one) => one.includes(wait.text));
      if (line === undefined) continue;
      waiting.splice(at, 1);
      wait.found(line);
    }
  };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (chunk: string) => {
      texts[stream] += chunk;
      look();
    });
  }
  // A command that hangs fails its test instead of the run, and none outlives the tests.
  const kill = (): boolean => child.kill("SIGKILL");
  const patience = setTimeout(kill, PATIENCE_MS);
  process.once("exit", kill);
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(patience);
      process.off("exit", kill);
      resolve({ code, signal, ...texts });
    });
  });
  return {
    child,
    outcome,
    line: (stream, text) =>
      Promise.race([
        new Promise<string>((found) => {
          waiting.push({ stream, text, found });
          look();
        }),
        outcome.then(({ code, stderr }) => {
          throw new Error(`ended with ${code} before '${text}' came: ${stderr}`);
        }),
      ]),
  };
}

/** Commands that run at once in one test file; more would only take turns on the processors. */
const AT_ONCE = 3;
const turns = Array.from({ length: AT_ONCE }, () => Promise.resolve());
let next = 0;

/** Runs the `tributary` command to its end, when it is its turn. */
export function tributary(args: readonly string[], options: CommandSettings = {}): Promise<Outcome> {
  const turn = next++ % AT_ONCE;
  const outcome = (turns[turn] as Promise<void>).then(() => start(args, options).outcome);
  turns[turn] = outcome.then(
    () => undefined,
    () => undefined,
  );
  return outcome;
}

/** JSON values on stdout, one a line; fails on a line that is none. */
export function jsonLines<T = Diagnostic>(outcome: Outcome): readonly T[] {
  return outcome.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

/** A new folder that holds one file for each entry. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "tributary-test-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Runs `tributary validate --json` on a script. */
export async function validate(
  script: string,
  ...more: readonly string[]
): Promise<{
  readonly code: number | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly stderr: string;
}> {
  const cwd = folderWith({ "script.sql": script });
  const outcome = await tributary(["validate", "script.sql", "--json", ...more], { cwd });
  return { code: outcome.code, diagnostics: jsonLines(outcome), stderr: outcome.stderr };
}
