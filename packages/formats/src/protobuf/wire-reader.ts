/**
 * The wire form of Protocol Buffers: fields in any order, each a tag (number and wire type) and a value. Every length
 * is checked against what is left before anything is made of it.
 *
 * A message that fails throws one and the same object, which costs no stack trace; what happened stands in the reader.
 *
 * Source: Protocol Buffers documentation, Encoding.
 */
import { utf8Text } from "../text/message-text.js";

/** How a value is laid out; the lower three bits of a tag. */
export const WIRE = { varint: 0, fixed64: 1, length: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;
export type WireType = (typeof WIRE)[keyof typeof WIRE];

/** Deepest nesting of groups that are passed over; the limit of Google's parsers for messages. */
const GROUP_NESTING_MAX = 100;
const VARINT_SHIFT_MAX = 63;
const TWO_POW_32 = 4_294_967_296;
/** Upper halves within this are exact in a double together with the lower half. */
const EXACT_HIGH = 0x1f_ffff;
const NO_BYTES = new Uint8Array(0);

/** Thrown when a message fails; see the reader's fields. */
class WireFailure extends Error {}

const floats = new DataView(new ArrayBuffer(8));

export class WireReader {
  /** What a failing message throws. */
  readonly failure = new WireFailure("The message failed; the reader says why.");
  pos = 0;
  /** Where the message that is being read ends: of a nested one before the end of the bytes. */
  end = 0;
  /** Halves of the last {@link varint}, as 32 bits each. */
  low = 0;
  high = 0;
  /** Where and why the message failed. */
  reason = "";
  offset = 0;
  /** Names from the failed value outwards. */
  readonly path: string[] = [];
  #bytes: Uint8Array = NO_BYTES;

  reset(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.pos = 0;
    this.end = bytes.length;
    this.path.length = 0;
  }

  /** Lets go of the message. */
  release(): void {
    this.reset(NO_BYTES);
  }

  fail(reason: string, offset: number = this.pos): never {
    this.reason = reason;
    this.offset = offset;
    throw this.failure;
  }

  /** Adds the name of a level to a failure that passes through it. */
  enclose(error: unknown, name: string | undefined): void {
    if (error === this.failure && name !== undefined) this.path.push(name);
  }

  /** A field's number and wire type: `number << 3 | type`, unsigned. */
  tag(): number {
    const start = this.pos;
    this.varint();
    const tag = this.low >>> 0;
    if (this.high !== 0 || tag >>> 3 === 0) this.fail("A tag has no field number.", start);
    return tag;
  }

  /** Reads up to 64 bits into {@link low} and {@link high}. */
  varint(): void {
    const at = this.pos;
    const byte = this.#bytes[at] as number;
    if (at < this.end && byte < 0x80) {
      this.low = byte;
      this.high = 0;
      this.pos = at + 1;
    } else {
      this.#longVarint();
    }
  }

  #longVarint(): void {
    let low = 0;
    let high = 0;
    let at = this.pos;
    for (let shift = 0; ; shift += 7) {
      if (at >= this.end) this.#truncated();
      if (shift > VARINT_SHIFT_MAX) this.fail("A variable-length number has more than ten bytes.");
      const byte = this.#bytes[at++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift > 28) high |= bits << (shift - 32);
      else {
        low |= bits << 28;
        high = bits >>> 4;
      }
      if (byte < 0x80) break;
    }
    this.pos = at;
    this.low = low;
    this.high = high;
  }

  /** The lower 32 bits of a varint, signed: of a negative int32 ten bytes are on the wire. */
  int32(): number {
    this.varint();
    return this.low | 0;
  }

  /** All 64 bits of a varint, signed. */
  int64(): bigint {
    this.varint();
    return bigintOf(this.low, this.high);
  }

  sint32(): number {
    this.varint();
    return (this.low >>> 1) ^ -(this.low & 1);
  }

  sint64(): bigint {
    this.varint();
    const sign = -(this.low & 1);
    const low = ((this.low >>> 1) | (this.high << 31)) ^ sign;
    return bigintOf(low, (this.high >>> 1) ^ sign);
  }

  bool(): boolean {
    this.varint();
    return this.low !== 0 || this.high !== 0;
  }

  /** Four bytes, little-endian, signed. */
  fixed32(): number {
    const at = this.#advance(4);
    const bytes = this.#bytes;
    return (
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    );
  }

  fixed64(): bigint {
    if (this.end - this.pos < 8) this.#truncated();
    const low = this.fixed32();
    return bigintOf(low, this.fixed32());
  }

  float(): number {
    floats.setInt32(0, this.fixed32(), true);
    return floats.getFloat32(0, true);
  }

  double(): number {
    if (this.end - this.pos < 8) this.#truncated();
    floats.setInt32(0, this.fixed32(), true);
    floats.setInt32(4, this.fixed32(), true);
    return floats.getFloat64(0, true);
  }

  string(): string {
    const length = this.length();
    const start = this.#advance(length);
    const text = utf8Text(this.#bytes, start, start + length);
    return text ?? this.fail("A string holds bytes that are no UTF-8.", start);
  }

  /** A copy: a view would keep the whole message alive. */
  bytes(): Uint8Array {
    const length = this.length();
    const start = this.#advance(length);
    return new Uint8Array(this.#bytes.subarray(start, start + length));
  }

  /** Reads a length and makes what it spans the message to be read. Answers the end to give to {@link leave}. */
  enter(): number {
    const length = this.length();
    const outer = this.end;
    this.end = this.pos + length;
    return outer;
  }

  leave(outer: number): void {
    this.end = outer;
  }

  /** A length that is known to be there. */
  length(): number {
    const start = this.pos;
    this.varint();
    const length = this.high === 0 ? this.low >>> 0 : Number.POSITIVE_INFINITY;
    const left = this.end - this.pos;
    if (length > left) {
      const claimed = Number.isFinite(length) ? String(length) : "more than 4294967295";
      this.fail(`A length of ${claimed} bytes is given where ${left} are left.`, start);
    }
    return length;
  }

  /** Passes over the value of a field, behind its tag. */
  skip(tag: number): void {
    if ((tag & 7) === WIRE.startGroup) this.#skipGroup(tag >>> 3);
    else this.#skipValue(tag & 7);
  }

  #skipValue(wireType: number): void {
    switch (wireType) {
      case WIRE.varint:
        this.varint();
        break;
      case WIRE.fixed64:
        this.#advance(8);
        break;
      case WIRE.length:
        this.#advance(this.length());
        break;
      case WIRE.fixed32:
        this.#advance(4);
        break;
      case WIRE.endGroup:
        this.fail("A group ends that has not begun.");
        break;
      default:
        this.fail(`A tag has the wire type ${wireType}, which there is not.`);
    }
  }

  /** Passes over everything up to the end of the group. */
  #skipGroup(group: number): void {
    const open = [group];
    while (open.length > 0) {
      const start = this.pos;
      const tag = this.tag();
      const number = tag >>> 3;
      if ((tag & 7) === WIRE.startGroup) {
        if (open.length >= GROUP_NESTING_MAX) {
          this.fail(`Groups are nested deeper than ${GROUP_NESTING_MAX} levels.`, start);
        }
        open.push(number);
      } else if ((tag & 7) === WIRE.endGroup) {
        const begun = open.pop();
        if (begun !== number) this.fail(`The group ${begun} ends as ${number}.`, start);
      } else {
        this.#skipValue(tag & 7);
      }
    }
  }

  /** Moves on and answers where it was. */
  #advance(count: number): number {
    const start = this.pos;
    if (count > this.end - start) this.#truncated();
    this.pos = start + count;
    return start;
  }

  #truncated(): never {
    return this.fail("The message ends within a value.", this.end);
  }
}

/** The signed number of two halves. */
function bigintOf(low: number, high: number): bigint {
  const upper = high | 0;
  const lower = low >>> 0;
  if (upper <= EXACT_HIGH && upper >= -EXACT_HIGH) return BigInt(upper * TWO_POW_32 + lower);
  return (BigInt(upper) << 32n) | BigInt(lower);
}
