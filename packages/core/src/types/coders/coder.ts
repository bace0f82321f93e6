/**
 * Element to bytes and back: between steps that need it, in state and in checkpoints. After the Apache Beam model.
 *
 * @public
 */
export interface Coder<T> {
  /** True when equal values give equal bytes, on all machines and in all runs. Keys need it. */
  readonly isDeterministic: boolean;
  /** Name and parameters: tells in a checkpoint whether the coder is still the same. */
  readonly description?: string;
  encode(value: T): Uint8Array;
  /** @throws if `bytes` is not what `encode` makes. */
  decode(bytes: Uint8Array): T;
}
