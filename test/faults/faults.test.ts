/** The short form of `npm run test:faults`. */
import test from "ava";

import { runCampaign, summaryOf } from "./campaign.js";
import { playDiskFull } from "./disk-full.js";
import { World } from "./world.js";

test("killed with -9 in any phase and restored, with torn checkpoints, a clock that goes back and an emulator that stands still, jobs lose nothing", async (t) => {
  const tally = await runCampaign({
    kills: 8,
    seed: 7,
    killsPerRound: 4,
    outageMs: 1_500,
    log: (line) => t.log(line),
  });

  t.deepEqual(tally.faults, []);
  t.is(tally.kills, 8);
  t.true(tally.restores >= 2);
  t.log(summaryOf(tally));
});

test("a full disk in the middle of a checkpoint ends the job with a fault of the machine, and loses nothing", async (t) => {
  const world = await World.open();
  t.teardown(() => world.close());

  const { failure, left, faults } = await playDiskFull(world, 3);

  t.like(failure, { failed: "EXTERNAL_FAILED" });
  t.regex((failure as { message: string }).message, /A checkpoint cannot be written to '.+': ENOSPC/);
  t.true(left.length > 0);
  t.deepEqual(
    left.filter((name) => !/^checkpoint-\d+$/.test(name)),
    [],
  );
  t.deepEqual(faults, []);
});
