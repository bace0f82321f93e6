import { setImmediate as nextTurn } from "node:timers/promises";

/** Turns of the event loop after which a condition counts as never met. */
const TURNS_MAX = 20_000;

/**
 * Waits, without a timer, until a condition holds.
 *
 * @param what - names the condition in the error.
 * @throws Error when it does not hold after many turns of the event loop.
 * @public
 */
export async function until(condition: () => boolean, what = String(condition)): Promise<void> {
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    if (condition()) return;
    await nextTurn();
  }
  throw new Error(`This never came true: ${what}`);
}
