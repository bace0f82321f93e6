/**
 * Bounds what the readers of a worker fetch ahead: bytes that wait to be polled, and calls under way. A fetch asks
 * for room first, with the size it expects; a queued batch gives its room back when it is polled. Waiting fetches are
 * served in order, so a busy shard does not starve the others.
 */
export class FetchBudget {
  readonly #bytesMax: number;
  readonly #callsMax: number;
  readonly #waiting: { readonly bytes: number; readonly grant: () => void }[] = [];
  #bytes = 0;
  #calls = 0;

  constructor(bytesMax: number, callsMax: number) {
    this.#bytesMax = bytesMax;
    this.#callsMax = callsMax;
  }

  /** Bytes reserved and queued. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves when a call that expects so many bytes may start. Always grants one if nothing else is there. */
  async callStarts(expectedBytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#waiting.length === 0 && this.#hasRoom(expectedBytes)) {
      this.#take(expectedBytes);
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const waiter = { bytes: expectedBytes, grant: () => settle(resolve) };
      const settle = (end: () => void): void => {
        signal.removeEventListener("abort", onAbort);
        end();
      };
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(waiter);
    });
  }

  /** The call is over; what it brought, zero after a failure, stays counted until {@link polled}. */
  callEnded(expectedBytes: number, bytes: number): void {
    this.#calls -= 1;
    this.#bytes += bytes - expectedBytes;
    this.#serve();
  }

  /** A batch has left the queue, or never came into it. */
  polled(bytes: number): void {
    this.#bytes -= bytes;
    this.#serve();
  }

  #hasRoom(bytes: number): boolean {
    return this.#calls < this.#callsMax && (this.#bytes === 0 || this.#bytes + bytes <= this.#bytesMax);
  }

  #take(bytes: number): void {
    this.#calls += 1;
    this.#bytes += bytes;
  }

  #serve(): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && this.#hasRoom(next.bytes);
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#take(next.bytes);
      next.grant();
    }
  }
}
