import { setImmediate as nextTurn } from "node:timers/promises";

/** How long the kit waits; the defaults suit connectors to a service on the same machine. @public */
export interface WaitOptions {
  /** Give up on something that must happen after so much real time, in milliseconds. Default 10,000. */
  readonly patienceMs?: number;
  /** Give up after so many turns of the event loop instead: for what lives in memory. */
  readonly patienceTurns?: number;
  /** Turns of the event loop in which something that must not happen had its chance. Default 2,000. */
  readonly restTurns?: number;
}

const PATIENCE_MS = 10_000;
const REST_TURNS = 2_000;

/** Something that must happen did not. */
export class Overdue extends Error {
  readonly expected: string;

  constructor(expected: string) {
    super(`Still waiting: ${expected}`);
    this.expected = expected;
  }
}

const PENDING = Symbol("pending");

/** Waits with an end to it. */
export class Waiting {
  readonly #options: WaitOptions;

  constructor(options: WaitOptions) {
    this.#options = options;
  }

  /**
   * The outcome of what must happen.
   *
   * @param expected - one phrase that says what.
   * @throws Overdue when patience ends, and what `promise` rejects with.
   */
  async within<T>(promise: Promise<T>, expected: string): Promise<T> {
    const { patienceMs = PATIENCE_MS, patienceTurns } = this.#options;
    const patience = patienceTurns === undefined ? timeLimit(patienceMs) : turnLimit(patienceTurns);
    try {
      const outcome = await Promise.race([promise, patience.ended]);
      if (outcome === PENDING) throw new Overdue(expected);
      return outcome;
    } finally {
      patience.cancel();
    }
  }

  /** The outcome of what may happen, if it happens before everything has come to rest. */
  async settles<T>(promise: Promise<T>): Promise<{ readonly value: T } | undefined> {
    const limit = turnLimit(this.#options.restTurns ?? REST_TURNS);
    try {
      const outcome = await Promise.race([promise, limit.ended]);
      return outcome === PENDING ? undefined : { value: outcome };
    } finally {
      limit.cancel();
    }
  }

  /** Gives the connector time to do what it does on its own. */
  async rest(): Promise<void> {
    await turnLimit(this.#options.restTurns ?? REST_TURNS).ended;
  }
}

interface Limit {
  readonly ended: Promise<typeof PENDING>;
  cancel(): void;
}

function timeLimit(limitMs: number): Limit {
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<typeof PENDING>((resolve) => {
    timer = setTimeout(() => resolve(PENDING), limitMs);
  });
  return { ended, cancel: () => clearTimeout(timer) };
}

function turnLimit(turns: number): Limit {
  let isCancelled = false;
  const count = async (): Promise<typeof PENDING> => {
    for (let turn = 0; turn < turns && !isCancelled; turn++) await nextTurn();
    return PENDING;
  };
  return { ended: count(), cancel: () => void (isCancelled = true) };
}
