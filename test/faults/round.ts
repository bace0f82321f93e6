/**
 * One round: a job on streams of its own, killed again and again while data come and shards split, restored each time,
 * then left to its end and compared with a job that nobody disturbed.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Breakage } from "./broken-machine.js";
import { JobProcess, PHASES, type Phase } from "./job.js";
import type { JobSaying, JobSettings } from "./job-process.js";
import type { Reading } from "./pipelines.js";
import { randomOf } from "./random.js";
import { expectedOf, faultsOf, resultsOf } from "./results.js";
import { readingsOf, type World } from "./world.js";

/** Readings that come before each kill. */
const PIECE = 240;
const INTERVAL_MS = 40;
/** Longest wait within a phase before the kill, in milliseconds: about as long as the phase lasts. */
const DWELL_MAX_MS: Readonly<Record<Phase, number>> = {
  starting: 500,
  restoring: 6,
  reading: 250,
  checkpoint: 12,
  flush: 20,
  reshard: 120,
};
/** A phase that does not come, a flush where nothing was written, is not waited for any longer, in milliseconds. */
const PHASE_PATIENCE_MS = 8_000;
const SYNC_MAX_MS = 8;
const IDLE_MS = 600;

/** How a round goes. */
export interface RoundPlan {
  readonly language: JobSettings["language"];
  readonly seed: number;
  readonly kills: number;
  /** Number of the first kill, which decides what it is to hit. */
  readonly firstKill: number;
  /** Also broken in every process of the round. */
  readonly breakage?: Breakage;
  /** The emulator stands still for so long in the middle of the last run, in milliseconds. */
  readonly outageMs?: number;
  /** The newest checkpoint is damaged before every restore that has an older one. */
  readonly tearsCheckpoints?: boolean;
}

/** What came of it. */
export interface RoundOutcome {
  readonly hits: readonly Phase[];
  readonly restores: number;
  /** Records read beyond the first time. */
  readonly readTwice: number;
  readonly torn: number;
  /** Rows written beyond the first time. */
  readonly writtenTwice: number;
  /** Windows that are missing or wrong, and everything else that should not be. */
  readonly faults: readonly string[];
}

export async function playRound(world: World, plan: RoundPlan): Promise<RoundOutcome> {
  const round = new Round(world, plan);
  try {
    return await round.play();
  } finally {
    round.clean();
  }
}

class Round {
  readonly #world: World;
  readonly #plan: RoundPlan;
  readonly #random: () => number;
  readonly #directory = mkdtempSync(join(tmpdir(), "tributary-faults-"));
  readonly #readings: Reading[] = [];
  readonly #hits: Phase[] = [];
  readonly #faults: string[] = [];
  readonly #input: string;
  #restores = 0;
  #read = 0;
  #torn = 0;

  constructor(world: World, plan: RoundPlan) {
    this.#world = world;
    this.#plan = plan;
    this.#random = randomOf(plan.seed);
    this.#input = `in-${plan.seed}-${plan.language}`;
  }

  clean(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async play(): Promise<RoundOutcome> {
    await this.#world.createStream(this.#input);
    await this.#world.createStream(this.#output("killed"));
    await this.#world.createStream(this.#output("whole"));
    for (let kill = 0; kill < this.#plan.kills; kill++) await this.#kill(this.#plan.firstKill + kill);
    await this.#put();
    await this.#finish();
    await this.#runWhole();
    const killed = resultsOf(await this.#world.rows(this.#output("killed")));
    const whole = resultsOf(await this.#world.rows(this.#output("whole")));
    const faults = [
      ...this.#faults,
      ...faultsOf(whole.windows, killed),
      ...faultsOf(expectedOf(this.#readings), whole).map((one) => `uninterrupted: ${one}`),
    ];
    return {
      hits: this.#hits,
      restores: this.#restores,
      readTwice: this.#read - this.#readings.length,
      torn: this.#torn,
      writtenTwice: killed.repeated,
      faults,
    };
  }

  #output(which: "killed" | "whole"): string {
    return `out-${which}-${this.#plan.seed}-${this.#plan.language}`;
  }

  async #put(): Promise<void> {
    const readings = readingsOf(this.#readings.length, PIECE / 2, this.#random);
    this.#readings.push(...readings);
    await this.#world.put(this.#input, readings);
  }

  #start(more: Partial<JobSettings> = {}): JobProcess {
    const { language, breakage } = this.#plan;
    const hasCheckpoint = this.#checkpoints().length > 0;
    if (hasCheckpoint) this.#restores += 1;
    return new JobProcess({
      language,
      endpoint: this.#world.endpoint,
      input: this.#input,
      output: this.#output("killed"),
      directory: this.#directory,
      intervalMs: INTERVAL_MS,
      seed: Math.floor(this.#random() * 2 ** 31),
      breakage: { syncMaxMs: SYNC_MAX_MS, ...breakage },
      ...(hasCheckpoint ? { start: "restore" } : {}),
      ...more,
    });
  }

  async #kill(number: number): Promise<void> {
    const wanted = this.#wanted(number);
    await this.#put();
    const job = this.#start();
    const before = { assigned: 0 };
    let isResharded = false;
    if (wanted === "flush") await this.#put();
    if (wanted !== "starting") {
      const times = wanted === "restoring" || wanted === "flush" ? 1 : 1 + Math.floor(this.#random() * 4);
      const phase = wanted === "reshard" ? "reading" : wanted;
      const isThere = job.until(
        (said) => count(said, (one) => "phase" in one && one.phase === phase) >= times,
      );
      await Promise.race([isThere, wait(PHASE_PATIENCE_MS)]);
    }
    if (wanted === "reshard") {
      before.assigned = count(job.sayings, (one) => "assigned" in one);
      await this.#world.reshard(this.#input, this.#random);
      isResharded = true;
    }
    if (wanted === "reading") await this.#put();
    await wait(this.#random() * DWELL_MAX_MS[wanted]);
    await job.kill();
    this.#read += job.read;
    const isResharding = isResharded && count(job.sayings, (one) => "assigned" in one) === before.assigned;
    this.#hits.push(isResharding ? "reshard" : job.phase);
    const failure = job.sayings.find((one) => "failed" in one);
    if (failure !== undefined) this.#faults.push(`before kill ${number}: ${JSON.stringify(failure)}`);
    if (this.#plan.tearsCheckpoints === true) this.#tear();
  }

  /** Phases in turn; what cannot be without a checkpoint waits for one. */
  #wanted(number: number): Phase {
    const wanted = PHASES[number % PHASES.length] as Phase;
    return wanted === "restoring" && this.#checkpoints().length === 0 ? "checkpoint" : wanted;
  }

  #checkpoints(): readonly string[] {
    const names = readdirSync(this.#directory).filter((name) => /^checkpoint-\d+$/.test(name));
    return names.toSorted().map((name) => join(this.#directory, name));
  }

  /** Cuts the newest checkpoint short, or changes a byte of it, if there is one before. */
  #tear(): void {
    const [newest, older] = this.#checkpoints().toReversed();
    if (newest === undefined || older === undefined) return;
    const bytes = readFileSync(newest);
    const at = Math.floor(this.#random() * bytes.length);
    if (this.#random() < 0.5) truncateSync(newest, at);
    else writeFileSync(newest, bytes.with(at, (bytes[at] ?? 0) ^ 0xff));
    this.#torn += 1;
  }

  async #finish(): Promise<void> {
    const { outageMs } = this.#plan;
    const job = this.#start({ untilIdleMs: IDLE_MS });
    if (outageMs !== undefined) {
      await job.until((said) => said.some((one) => "read" in one));
      this.#world.stop();
      await wait(outageMs);
      this.#world.continue();
    }
    this.#check("the last run", await job.ended());
    this.#read += job.read;
  }

  async #runWhole(): Promise<void> {
    const { language } = this.#plan;
    const job = new JobProcess({
      language,
      endpoint: this.#world.endpoint,
      input: this.#input,
      output: this.#output("whole"),
      intervalMs: INTERVAL_MS,
      untilIdleMs: IDLE_MS,
      seed: 1,
    });
    this.#check("the uninterrupted run", await job.ended());
  }

  #check(which: string, last: JobSaying | undefined): void {
    const isGood = last !== undefined && "state" in last && last.state === "finished" && last.late === 0;
    if (!isGood) this.#faults.push(`${which}: ${JSON.stringify(last)}`);
  }
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function count(sayings: readonly JobSaying[], is: (saying: JobSaying) => boolean): number {
  return sayings.reduce((sum, one) => sum + (is(one) ? 1 : 0), 0);
}
