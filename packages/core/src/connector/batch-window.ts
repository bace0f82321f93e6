/** Records that one more fully successful call adds to the window. After Apache Flink's AIMD strategy. */
const INCREASE_RECORDS = 10;
/** What a call with a failure leaves of the window. After Apache Flink's AIMD strategy. */
const DECREASE_FACTOR = 0.99;

/**
 * How much may be in flight: calls by a fixed limit, records by a window that grows by addition while calls succeed
 * and shrinks by multiplication when records are refused. Starts at one batch.
 *
 * @internal
 */
export class BatchWindow {
  readonly #callsMax: number;
  readonly #sizeMax: number;
  #size: number;
  #calls = 0;
  #records = 0;

  constructor(batchRecordsMax: number, callsInFlightMax: number) {
    this.#callsMax = callsInFlightMax;
    this.#sizeMax = batchRecordsMax * callsInFlightMax;
    this.#size = batchRecordsMax;
  }

  /** Records that may be in flight. */
  get size(): number {
    return this.#size;
  }

  get callsInFlight(): number {
    return this.#calls;
  }

  /** May a call with so many records start? */
  hasRoom(records: number): boolean {
    return this.#calls < this.#callsMax && this.#records + records <= this.#size;
  }

  started(records: number): void {
    this.#calls += 1;
    this.#records += records;
  }

  /** @param isFullSuccess - false if one record or more failed. */
  ended(records: number, isFullSuccess: boolean): void {
    this.#calls -= 1;
    this.#records -= records;
    this.#size = isFullSuccess
      ? Math.min(this.#size + INCREASE_RECORDS, this.#sizeMax)
      : Math.max(1, Math.round(this.#size * DECREASE_FACTOR));
  }
}
