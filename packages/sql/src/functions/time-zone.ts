/** Wall clocks of a time zone in plain milliseconds: instant to local time and back. */
import { Instant, LocalTimestamp, timeZone } from "@tributary/core";

/** A zone's clock. Milliseconds; local ones are counted as if the wall clock were UTC. */
export interface ZoneClock {
  toLocal(epochMillis: number): number;
  /**
   * The instant at which the wall clock shows `localMillis`: the first of two, and for times that a change skips the
   * instant as if the change had not come yet.
   */
  toInstant(localMillis: number): number;
  /** The last instant at which the wall clock shows `localMillis`. */
  toLastInstant(localMillis: number): number;
}

const UTC: ZoneClock = {
  toLocal: (millis) => millis,
  toInstant: (millis) => millis,
  toLastInstant: (millis) => millis,
};

/** More than any zone is ahead of or behind UTC, and less than the time between two changes. */
const OFFSET_LIMIT_MS = 57_600_000;

const clocks = new Map<string, ZoneClock>();

/** The clock of an IANA zone or an offset such as `+08:00`. @throws `OPTION_INVALID` for an unknown zone. */
export function zoneClock(id: string): ZoneClock {
  const known = clocks.get(id);
  if (known !== undefined) return known;
  const made = id === "UTC" ? UTC : makeClock(id);
  clocks.set(id, made);
  return made;
}

function makeClock(id: string): ZoneClock {
  const zone = timeZone(id);
  const around = (local: number): readonly [before: number, after: number] => [
    zone.offsetAt(local - OFFSET_LIMIT_MS),
    zone.offsetAt(local + OFFSET_LIMIT_MS),
  ];
  const shows = (local: number, offset: number): boolean => zone.offsetAt(local - offset) === offset;
  return {
    toLocal: (millis) => millis + zone.offsetAt(millis),
    toInstant(local) {
      const [before, after] = around(local);
      return local - (!shows(local, before) && shows(local, after) ? after : before);
    },
    toLastInstant(local) {
      const [before, after] = around(local);
      return local - (shows(local, after) ? after : before);
    },
  };
}

/** The wall clock of an instant. */
export function toLocalTimestamp(clock: ZoneClock, instant: Instant): LocalTimestamp {
  return new LocalTimestamp(clock.toLocal(instant.epochMillis), instant.nanosOfMilli);
}

/** The instant of a wall clock. */
export function toInstant(clock: ZoneClock, local: LocalTimestamp): Instant {
  return new Instant(clock.toInstant(local.epochMillis), local.nanosOfMilli);
}
