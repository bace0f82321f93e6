/**
 * Kills jobs with SIGKILL at random instants of every phase and restores them; then full disks, torn checkpoints, a
 * clock that goes back and an emulator that stands still. A failing round prints the command that repeats it.
 *
 *   npm run test:faults [-- KILLS [SEED]]
 */
import { playDiskFull } from "./disk-full.js";
import { World } from "./world.js";
import { printSummary, runCampaign } from "./campaign.js";

const FULL_DISKS = 10;
const [kills = 200, seed = 1] = process.argv.slice(2).map(Number);
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
const tally = await runCampaign({
  kills,
  seed,
  killsPerRound: 12,
  outageMs: Number(process.env["TRIBUTARY_OUTAGE_MS"] ?? 30_000),
  log: console.log,
});
const world = await World.open();
for (let disk = 0; disk < FULL_DISKS && tally.faults.length === 0; disk++) {
  const { failure, faults } = await playDiskFull(world, seed + disk);
  const isNamed = failure !== undefined && "failed" in failure && failure.failed === "EXTERNAL_FAILED";
  tally.faults.push(...faults, ...(isNamed ? [] : [`disk full: ${JSON.stringify(failure)}`]));
}
await world.close();
if (tally.faults.length === 0) console.log(`disks full ${FULL_DISKS}`);
for (const fault of tally.faults.slice(0, 10)) console.error(fault);
process.exitCode = printSummary(tally, kills >= 100 ? 10 : 0);
