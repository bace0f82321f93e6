import type { Clock } from "@tributary/core";

/** Rows come in bursts of so much time, in milliseconds: finer waits cost more than they give. */
const BURST_MS = 10;
/** A reader that was held up makes up for at most so much time, in milliseconds. */
const ARREARS_MS = 1_000;

/** Hands out rows at a rate. */
export class RowPace {
  readonly #clock: Clock;
  readonly #rowsPerMs: number;
  /** When the rows handed out so far were due. */
  #paidUntil: number | undefined;

  constructor(clock: Clock, rowsPerSecond: number) {
    this.#clock = clock;
    this.#rowsPerMs = rowsPerSecond / 1_000;
  }

  /**
   * Waits until at least one row is due.
   *
   * @returns how many rows may be made, 1 to `wanted`; 0 when `signal` was aborted.
   */
  async take(wanted: number, signal: AbortSignal): Promise<number> {
    const burst = Math.max(BURST_MS, 1 / this.#rowsPerMs);
    for (;;) {
      if (signal.aborted) return 0;
      const now = this.#clock.now();
      const paidUntil = Math.max(this.#paidUntil ?? now - burst, now - burst - ARREARS_MS);
      // Rounded against the noise of floating-point time.
      const due = Math.floor((now - paidUntil) * this.#rowsPerMs + 1e-6);
      if (due >= 1) {
        const count = Math.min(wanted, due);
        this.#paidUntil = paidUntil + count / this.#rowsPerMs;
        return count;
      }
      this.#paidUntil = paidUntil;
      await this.#wait(paidUntil + burst - now, signal);
    }
  }

  async #wait(delayMs: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(Math.max(1, Math.ceil(delayMs)), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
