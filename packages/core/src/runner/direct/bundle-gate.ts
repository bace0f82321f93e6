/**
 * Lets bundles pass one by one and side by side, and holds them back while a checkpoint cuts: work enters before a
 * bundle and leaves after it, and whoever closes the gate waits until nothing is inside.
 */
export class BundleGate {
  #closed: Promise<void> | undefined;
  #inside = 0;
  #atRest: (() => void) | undefined;

  /** Resolves when a bundle may begin. */
  async enter(): Promise<void> {
    while (this.#closed !== undefined) await this.#closed;
    this.#inside += 1;
  }

  leave(): void {
    this.#inside -= 1;
    if (this.#inside === 0) this.wake();
  }

  /** Holds new bundles back until the returned function is called. */
  close(): () => void {
    let open: () => void = () => {};
    this.#closed = new Promise((resolve) => {
      open = resolve;
    });
    return () => {
      this.#closed = undefined;
      open();
    };
  }

  /** Resolves when no bundle is inside, or when woken. */
  async untilAtRest(): Promise<void> {
    if (this.#inside === 0) return;
    await new Promise<void>((resolve) => {
      this.#atRest = resolve;
    });
    this.#atRest = undefined;
  }

  /** Ends the wait for rest: the job is over. */
  wake(): void {
    this.#atRest?.();
  }
}
