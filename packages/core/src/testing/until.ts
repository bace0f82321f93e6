import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";

/** Turns of the event loop that are tried at full speed: enough for whatever waits on promises alone. */
const TURNS_AT_ONCE = 1_000;
/** From then on something outside is waited for, a disk or a socket: leave the processor to it, in milliseconds. */
const PAUSE_MS = 1;
/** How long such a thing may take on a machine that is busy, in milliseconds. */
const PATIENCE_MS = 30_000;

/**
 * Waits until a condition holds.
 *
 * @param what - names the condition in the error.
 * @throws Error when it does not hold after half a minute.
 * @public
 */
export async function until(condition: () => boolean, what = String(condition)): Promise<void> {
  for (let turn = 0; turn < TURNS_AT_ONCE; turn++) {
    if (condition()) return;
    await nextTurn();
  }
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    if (condition()) return;
    await pause(PAUSE_MS);
  }
  throw new Error(`This never came true: ${what}`);
}
