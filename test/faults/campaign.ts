/** Rounds one after the other, and what they add up to. */
import { PHASES, type Phase } from "./job.js";
import { playRound, type RoundOutcome, type RoundPlan } from "./round.js";
import { World } from "./world.js";

export interface CampaignPlan {
  readonly kills: number;
  readonly seed: number;
  readonly killsPerRound: number;
  /** How long the emulator stands still, in milliseconds. */
  readonly outageMs: number;
  readonly log: (line: string) => void;
}

export interface Tally {
  readonly hits: Record<Phase, number>;
  kills: number;
  restores: number;
  readTwice: number;
  writtenTwice: number;
  torn: number;
  readonly faults: string[];
}

/** Every third round is SQL, every fourth tears checkpoints, some have a clock that goes back, one has an outage. */
function planOf(round: number, firstKill: number, plan: CampaignPlan): RoundPlan {
  return {
    language: round % 3 === 1 ? "sql" : "typescript",
    seed: plan.seed + round,
    firstKill,
    kills: Math.min(plan.killsPerRound, plan.kills - firstKill),
    ...(round % 4 === 1 ? { tearsCheckpoints: true } : {}),
    ...(round % 3 === 2 ? { breakage: { clockBackMs: 3_600_000, clockBackAfterMs: 900 } } : {}),
    ...(round === 0 ? { outageMs: plan.outageMs } : {}),
  };
}

export async function runCampaign(plan: CampaignPlan): Promise<Tally> {
  const tally: Tally = {
    hits: Object.fromEntries(PHASES.map((phase) => [phase, 0])) as Record<Phase, number>,
    kills: 0,
    restores: 0,
    readTwice: 0,
    writtenTwice: 0,
    torn: 0,
    faults: [],
  };
  for (let round = 0; tally.kills < plan.kills; round++) {
    const roundPlan = planOf(round, tally.kills, plan);
    // An emulator for each round: it keeps everything in memory.
    const world = await World.open();
    try {
      add(tally, await playRound(world, roundPlan));
    } finally {
      await world.close();
    }
    const { faults } = tally;
    plan.log(`round ${round} (${roundPlan.language}): ${tally.kills} kills, ${faults.length} faults`);
    if (faults.length > 0) {
      plan.log(`seed ${plan.seed}: ${faults.slice(0, 5).join("\n  ")}`);
      return tally;
    }
  }
  return tally;
}

function add(tally: Tally, outcome: RoundOutcome): void {
  for (const phase of outcome.hits) tally.hits[phase] += 1;
  tally.kills += outcome.hits.length;
  tally.restores += outcome.restores;
  tally.readTwice += outcome.readTwice;
  tally.writtenTwice += outcome.writtenTwice;
  tally.torn += outcome.torn;
  tally.faults.push(...outcome.faults);
}

/** @returns the exit code: 1 if anything was lost, or a phase was hit more rarely than `hitsMin`. */
export function printSummary(tally: Tally, hitsMin: number): number {
  const { hits, writtenTwice, torn, faults } = tally;
  const missed = PHASES.filter((phase) => hits[phase] < hitsMin);
  console.log(`killed in: ${PHASES.map((phase) => `${phase} ${hits[phase]}`).join(", ")}`);
  console.log(`checkpoints torn ${torn}, rows written twice ${writtenTwice}`);
  if (missed.length > 0) console.log(`hit fewer than ${hitsMin} times: ${missed.join(", ")}`);
  console.log(summaryOf(tally));
  return faults.length > 0 || missed.length > 0 ? 1 : 0;
}

/** The line that the suite ends with. */
export function summaryOf({ kills, restores, readTwice, faults }: Tally): string {
  return `kills ${kills}, restores ${restores}, read twice ${readTwice}, lost ${faults.length}`;
}
