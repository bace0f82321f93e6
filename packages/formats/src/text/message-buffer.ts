/** Bytes of a buffer that messages share. */
const SLAB_BYTES = 65_536;
/** With less room than this a message starts in a new buffer. */
const ROOM_BYTES_MIN = 1_024;

/**
 * Many messages in one buffer, which grows: the writer of each encoding adds what that encoding consists of. A message
 * is a view of its buffer, which is never written to again at that place.
 */
export class MessageBuffer {
  protected slab: Buffer = Buffer.alloc(0);
  /** Where the next byte goes. */
  protected pos = 0;
  /** Where the message begins. */
  protected origin = 0;

  /** Starts a message; one that was started before and not ended is forgotten. */
  start(): void {
    if (this.slab.length - this.origin < ROOM_BYTES_MIN) {
      this.slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.origin = 0;
    }
    this.pos = this.origin;
  }

  /** The message since {@link start}. */
  end(): Uint8Array {
    const start = this.origin;
    this.origin = this.pos;
    return new Uint8Array(this.slab.buffer, start, this.pos - start);
  }

  protected reserve(count: number): void {
    if (this.pos + count > this.slab.length) this.#grow(count);
  }

  /** Goes on in a larger buffer; messages that were ended keep the old one. */
  #grow(count: number): void {
    const written = this.pos - this.origin;
    const bytes = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, (written + count) * 2));
    this.slab.copy(bytes, 0, this.origin, this.pos);
    this.slab = bytes;
    this.origin = 0;
    this.pos = written;
  }

  byte(value: number): void {
    this.reserve(1);
    this.slab[this.pos++] = value;
  }
}
