/** A job process as those see it who watch and kill it. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import type { JobSaying, JobSettings, Vitals } from "./job-process.js";

/** What a job can be at when it is killed. A stream that is resharded outranks what the job does meanwhile. */
export const PHASES = ["starting", "restoring", "reading", "checkpoint", "flush", "reshard"] as const;
export type Phase = (typeof PHASES)[number];

const MAIN = fileURLToPath(new URL("./job-process.js", import.meta.url));

/** A job in a process of its own. */
export class JobProcess {
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  readonly #waiting = new Set<() => void>();
  /** Everything that it said. */
  readonly sayings: JobSaying[] = [];
  #rest = "";

  constructor(settings: JobSettings, nodeOptions: readonly string[] = []) {
    this.#child = spawn(process.execPath, [...nodeOptions, MAIN, JSON.stringify(settings)], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (chunk: string) => this.#hear(chunk));
    let complaints = "";
    this.#child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (complaints += chunk));
    this.#gone = once(this.#child, "close").then(() => {
      if (complaints !== "") this.sayings.push({ failed: "STDERR", message: complaints });
      this.#wake();
    });
  }

  /** Records that its readers gave. */
  get read(): number {
    return this.sayings.reduce((sum, one) => sum + ("read" in one ? one.read : 0), 0);
  }

  get phase(): Exclude<Phase, "reshard"> {
    const last = this.sayings.findLast((one) => "phase" in one);
    return last !== undefined && "phase" in last ? last.phase : "starting";
  }

  get isGone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves when it has said so much, or is gone. */
  async until(isSaid: (sayings: readonly JobSaying[]) => boolean): Promise<void> {
    while (!isSaid(this.sayings) && !this.isGone) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }

  /** How it was, from the start on. */
  get vitals(): readonly Vitals[] {
    return this.sayings.flatMap((one) => ("vitals" in one ? one.vitals : []));
  }

  /** Resolves with what it said last when it has ended by itself. */
  async ended(): Promise<JobSaying | undefined> {
    await this.#gone;
    return this.sayings.findLast((one) => "failed" in one) ?? this.sayings.at(-1);
  }

  /** Kills it with SIGKILL; everything that it said before is heard. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#gone;
  }

  #hear(chunk: string): void {
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.sayings.push(JSON.parse(line) as JobSaying);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
