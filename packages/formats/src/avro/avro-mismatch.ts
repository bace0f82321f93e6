/** A schema that messages were written with, and one that cannot read them; becomes a diagnostic where both are known. */
export class Mismatch extends Error {
  /** What the writer has, as the rest of a sentence without its point. */
  readonly reason: string;
  /** Names from the place outwards. */
  readonly path: string[] = [];

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** Adds the name of a level to a mismatch that passes through it. */
export function place<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Mismatch) error.path.push(name);
    throw error;
  }
}
