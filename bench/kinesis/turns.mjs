/** What the measurements share: a replay server, a contender in a process of its own, contenders that take turns. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const path = (script) => fileURLToPath(new URL(script, import.meta.url));

export async function replay(settings) {
  const child = spawn(process.execPath, [path("replay.mjs"), JSON.stringify(settings)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = await once(createInterface({ input: child.stdout }), "line");
  const origin = `${settings.tls ? "https" : "http"}://127.0.0.1:${port}`;
  return {
    endpoint: origin,
    async close() {
      const gone = once(child, "exit");
      child.kill();
      await gone;
    },
  };
}

export async function measured(settings) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--no-warnings",
    path("contender.mjs"),
    JSON.stringify(settings),
  ]);
  return JSON.parse(stdout);
}

export function median(values) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
}

/**
 * Runs each contender once a round.
 *
 * @returns what each gave, round by round.
 */
export async function inTurns(contenders, rounds, settings) {
  const taken = new Map(contenders.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) {
      taken.get(contender).push(await measured({ contender, ...settings }));
    }
  }
  return taken;
}
