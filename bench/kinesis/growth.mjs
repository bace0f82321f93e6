/** Does a record cost the same however many shards and records there are? And what is the runner's own share? */
import { inTurns, measured, median, replay } from "./turns.mjs";

/** Most that a pipeline may add to decoding and the user's function, as a part of the whole. */
const SHARE_GOAL = 0.2;
const RECORDS = 300_000;
/** Enough for every one of 256 shards to have been read from: opening them is not what grows with the records. */
const WARM_UP = 400_000;

/** @returns CPU per record with 1, 16 and 256 shards, and with once, twice and four times the records. */
export async function measureGrowth({ isQuick }) {
  const unit = isQuick ? RECORDS / 3 : RECORDS;
  const table = [];
  const add = async (shards, records) => {
    const server = await replay({ payloadBytes: 100, records: 1_000, shards });
    try {
      const runs = [];
      for (let round = 0; round < (isQuick ? 1 : 3); round += 1) {
        const settings = { contender: "source-json", job: "get", endpoint: server.endpoint };
        runs.push(
          await measured({ ...settings, payloadBytes: 100, perCall: 1_000, records, warmUp: WARM_UP }),
        );
      }
      const micros = median(runs.map((run) => run.micros));
      table.push({ shards, records, micros, residentMax: Math.max(...runs.map((run) => run.residentMax)) });
    } finally {
      await server.close();
    }
  };
  for (const shards of [1, 16, 256]) await add(shards, unit);
  for (const times of [2, 4]) await add(16, unit * times);
  return table;
}

/** @returns what a pipeline costs beside decoding the same answers and calling the same function. */
export async function measureShare({ isQuick }) {
  const server = await replay({ payloadBytes: 100, records: 10_000 });
  try {
    const taken = await inTurns(["floor-json", "pipeline-json"], isQuick ? 1 : 5, {
      job: "get",
      endpoint: server.endpoint,
      payloadBytes: 100,
      perCall: 10_000,
      records: isQuick ? RECORDS : 2 * RECORDS,
    });
    const [floor, pipeline] = [...taken.values()].map((runs) => runs.map(({ micros }) => micros));
    return {
      floor: median(floor),
      pipeline: median(pipeline),
      share: median(pipeline.map((micros, round) => 1 - floor[round] / micros)),
      goal: SHARE_GOAL,
    };
  } finally {
    await server.close();
  }
}
