const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
export function waitForInterrupt(): Promise<void> {
  return new Promise((resolve) => {
    onInterrupt(() => resolve());
  });
}

/**
 * Calls `first` at the first SIGINT or SIGTERM; a second one ends the process at once with exit code 130.
 *
 * @returns takes the handlers away again.
 */
export function onInterrupt(first: () => void): () => void {
  let seen = 0;
  const handler = (): void => {
    seen++;
    if (seen > 1) process.exit(130);
    first();
  };
  for (const signal of SIGNALS) process.on(signal, handler);
  return () => {
    for (const signal of SIGNALS) process.off(signal, handler);
  };
}
