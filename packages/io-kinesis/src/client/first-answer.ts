/** Parts in which patience is counted. A busy process gets round to one late, and several at once count as one. */
const TICK_MS = 500;
/** Of a live process: so long it waits for the first answer of all. */
const FIRST_ANSWER_MS_MAX = 7_000;

/**
 * Time that passes while this process has time for it. Whatever it is too busy for does not count: an answer may lie
 * there unread.
 */
export class FreeTime {
  readonly #timer: NodeJS.Timeout;
  #ms = 0;

  /** @param onTick - hears each time that some more has passed. */
  constructor(onTick?: (ms: number) => void) {
    this.#timer = setInterval(() => {
      this.#ms += TICK_MS;
      onTick?.(this.#ms);
    }, TICK_MS);
  }

  /** Milliseconds so far, counted in halves of a second. */
  get ms(): number {
    return this.#ms;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/**
 * Until a service has answered once, a wrong address is likelier than a slow service, and the user should hear of it
 * soon.
 *
 * @throws an error named `TimeoutError`; `call` goes on, and is ended with the client.
 */
export async function firstAnswer<T>(call: Promise<T>): Promise<T> {
  let time: FreeTime | undefined;
  const patience = new Promise<never>((_resolve, reject) => {
    time = new FreeTime((ms) => {
      if (ms < FIRST_ANSWER_MS_MAX) return;
      const error = new Error(`there was no answer within ${FIRST_ANSWER_MS_MAX / 1000} seconds`);
      reject(Object.assign(error, { name: "TimeoutError", code: "ETIMEDOUT" }));
    });
  });
  try {
    return await Promise.race([call, patience]);
  } finally {
    time?.stop();
  }
}
