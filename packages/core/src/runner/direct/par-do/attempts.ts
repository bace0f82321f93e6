import type { StepServices } from "../step-services.js";

/** How a bundle is tried, and undone before it is tried again. */
export interface Attempt {
  run(): Promise<void>;
  undo(): Promise<void>;
}

/** Tries a bundle as often as its step allows. @throws the error of the last attempt. */
export async function tryRepeatedly(
  { attempts = 1, retryDelayMs = 0 }: { readonly attempts?: number; readonly retryDelayMs?: number },
  { clock, signal, bundleRetries }: StepServices,
  attempt: Attempt,
  step: string,
): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      await attempt.run();
      return;
    } catch (error) {
      if (tried >= attempts || signal.aborted) throw error;
    }
    bundleRetries.add(step);
    await attempt.undo();
    const delayMs = retryDelayMs * 2 ** (tried - 1);
    if (delayMs > 0) await clock.sleep(delayMs, signal);
  }
}
