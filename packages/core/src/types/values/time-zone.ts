import { TributaryError } from "../../diagnostics/error.js";
import { Instant } from "./instant.js";
import { LocalTimestamp } from "./local-timestamp.js";
import { daysFromCivil, MILLIS_PER_DAY, MILLIS_PER_HOUR } from "./civil-time.js";

/** Offsets of a time zone. Immutable to the eye; remembers what it looked up. @public */
export interface TimeZone {
  /** As given. */
  readonly id: string;
  /** Milliseconds that the zone's clocks are ahead of UTC at an instant. */
  offsetAt(epochMillis: number): number;
  /** What the zone's clocks show at an instant. */
  toLocal(instant: Instant): LocalTimestamp;
  /**
   * When the zone's clocks show `local`. A time that they show twice is the earlier one; a time that they skip is
   * moved on by the length of the gap. The rules of `java.time.ZonedDateTime`.
   */
  toInstant(local: LocalTimestamp): Instant;
}

const zones = new Map<string, TimeZone>();

/**
 * The time zone of an IANA name (`Europe/Berlin`), `UTC`, or an offset (`+02:00`, `UTC+2`, `GMT-03:30`).
 *
 * @throws `OPTION_INVALID` if there is no such zone.
 * @public
 */
export function timeZone(id: string): TimeZone {
  let zone = zones.get(id);
  if (zone === undefined) {
    zone = makeZone(id);
    zones.set(id, zone);
  }
  return zone;
}

function makeZone(id: string): TimeZone {
  const offset = fixedOffset(id);
  if (offset !== undefined) return new FixedZone(id, offset);
  // Newer versions of Node know offsets as zones too, with other bounds.
  if (/^[+-]/.test(id)) throw unknownZone(id);
  return new RuleZone(id);
}

/** Milliseconds of a zone that never changes; `undefined` for other zones. */
function fixedOffset(id: string): number | undefined {
  if (id === "UTC" || id === "Z" || id === "GMT" || id === "UT" || id === "Etc/UTC") return 0;
  const match = /^(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/.exec(id);
  if (match === null) return undefined;
  const seconds = Number(match[2]) * 3_600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
  if (seconds > 18 * 3_600) return undefined;
  return (match[1] === "-" ? -seconds : seconds) * 1_000 + 0;
}

class FixedZone implements TimeZone {
  readonly id: string;
  readonly #offset: number;

  constructor(id: string, offset: number) {
    this.id = id;
    this.#offset = offset;
  }

  offsetAt(): number {
    return this.#offset;
  }

  toLocal(instant: Instant): LocalTimestamp {
    return new LocalTimestamp(instant.epochMillis + this.#offset, instant.nanosOfMilli);
  }

  toInstant(local: LocalTimestamp): Instant {
    return new Instant(local.epochMillis - this.#offset, local.nanosOfMilli);
  }
}

/** Instants for which one look-up answers, if the offset is the same at both ends. */
const BUCKET_MILLIS = 6 * MILLIS_PER_HOUR;
/** Most buckets remembered for a zone. */
const BUCKETS_MAX = 2_048;
/** More than any zone is ahead of or behind UTC. */
const OFFSET_LIMIT_MILLIS = 16 * MILLIS_PER_HOUR;
/** Instants that Intl can format lie within. */
const DATE_LIMIT_MILLIS = 8.64e15;

/** A zone with rules. Intl knows them; asking it takes microseconds, hence the memory. */
class RuleZone implements TimeZone {
  readonly id: string;
  readonly #format: Intl.DateTimeFormat;
  /** Offset by bucket; NaN for a bucket in which it changes. */
  readonly #buckets = new Map<number, number>();
  #lastBucket = Number.NaN;
  #lastOffset = Number.NaN;

  constructor(id: string) {
    this.id = id;
    this.#format = zoneFormat(id);
  }

  offsetAt(epochMillis: number): number {
    const bucket = Math.floor(epochMillis / BUCKET_MILLIS);
    if (bucket !== this.#lastBucket) {
      this.#lastOffset = this.#bucketOffset(bucket);
      this.#lastBucket = bucket;
    }
    return Number.isNaN(this.#lastOffset) ? this.#lookUp(epochMillis) : this.#lastOffset;
  }

  #bucketOffset(bucket: number): number {
    const known = this.#buckets.get(bucket);
    if (known !== undefined) return known;
    const start = this.#lookUp(bucket * BUCKET_MILLIS);
    const end = this.#lookUp((bucket + 1) * BUCKET_MILLIS - 1);
    if (this.#buckets.size >= BUCKETS_MAX) this.#buckets.clear();
    const offset = start === end ? start : Number.NaN;
    this.#buckets.set(bucket, offset);
    return offset;
  }

  #lookUp(epochMillis: number): number {
    const millis = Math.max(-DATE_LIMIT_MILLIS, Math.min(DATE_LIMIT_MILLIS, epochMillis));
    const fields: Record<string, number> = {};
    let isBefore = false;
    for (const { type, value } of this.#format.formatToParts(millis)) {
      if (type === "era") isBefore = value.startsWith("B");
      else fields[type] = Number(value);
    }
    const year = fields["year"] ?? 0;
    const days = daysFromCivil(isBefore ? 1 - year : year, fields["month"] ?? 1, fields["day"] ?? 1);
    const seconds = (fields["hour"] ?? 0) * 3_600 + (fields["minute"] ?? 0) * 60 + (fields["second"] ?? 0);
    return days * MILLIS_PER_DAY + seconds * 1_000 - Math.floor(millis / 1_000) * 1_000;
  }

  toLocal(instant: Instant): LocalTimestamp {
    return new LocalTimestamp(instant.epochMillis + this.offsetAt(instant.epochMillis), instant.nanosOfMilli);
  }

  toInstant(local: LocalTimestamp): Instant {
    const wall = local.epochMillis;
    const before = this.offsetAt(wall - OFFSET_LIMIT_MILLIS);
    const after = this.offsetAt(wall + OFFSET_LIMIT_MILLIS);
    const isAfter = this.offsetAt(wall - before) !== before && this.offsetAt(wall - after) === after;
    return new Instant(wall - (isAfter ? after : before), local.nanosOfMilli);
  }
}

function zoneFormat(id: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: id,
      calendar: "iso8601",
      numberingSystem: "latn",
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch (cause) {
    throw unknownZone(id, cause);
  }
}

function unknownZone(id: string, cause?: unknown): TributaryError {
  return new TributaryError(
    {
      severity: "error",
      code: "OPTION_INVALID",
      message: `There is no time zone '${id}'.`,
      value: id,
      hint: "Use a name such as 'UTC', 'Europe/Berlin' or 'Asia/Shanghai', or an offset such as '+02:00'.",
    },
    cause === undefined ? {} : { cause },
  );
}
