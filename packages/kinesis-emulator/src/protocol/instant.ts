/** A point in time in an answer; each wire format has its own way to write it. */
export class Instant {
  /** Milliseconds since 1970. */
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }

  /** The JSON protocol counts seconds. */
  toJSON(): number {
    return this.ms / 1000;
  }
}
