/** What formats get while they wait for something outside, e.g. a schema registry. */
import { STDERR_LOGGER, SYSTEM_CLOCK, SYSTEM_RANDOM } from "@tributary/core";
import type { FormatServices } from "@tributary/core";

const SERVICES: FormatServices = {
  clock: SYSTEM_CLOCK,
  random: SYSTEM_RANDOM,
  logger: STDERR_LOGGER,
  signal: new AbortController().signal,
};
const LONG_MS = 2 ** 30;

/** Waits until a format is ready. The clock's timers keep no process alive: this does, pauses before retries included. */
export async function whenReady(
  prepare: (services: FormatServices) => Promise<void> | undefined,
): Promise<void> {
  const ready = prepare(SERVICES);
  if (ready === undefined) return;
  const alive = setInterval(() => undefined, LONG_MS);
  try {
    await ready;
  } finally {
    clearInterval(alive);
  }
}
