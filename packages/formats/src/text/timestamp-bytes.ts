import { daysFromCivil } from "@tributary/core";

const DASH = 0x2d;
const COLON = 0x3a;
const DOT = 0x2e;
const MILLIS_PER_DAY = 86_400_000;
/** Days that every month has; later ones are left to the readers of text and their rules. */
const SAFE_DAY = 28;
const DAYS_OF_MONTH = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** What {@link scanTimestamp} found; overwritten by the next call. */
export const scannedTimestamp = { epochMillis: 0, nanosOfMilli: 0, end: 0 };

let lastDate = -1;
let lastDays = 0;

/**
 * Reads `yyyy-MM-dd`, the separator and `HH:mm:ss[.f{1..9}]` as they usually look: four digits for the year, a day that
 * its month has in every year, an hour up to 23. False for everything else, which need not be wrong.
 */
export function scanTimestamp(bytes: Uint8Array, start: number, separator: number): boolean {
  const isShaped =
    bytes[start + 4] === DASH &&
    bytes[start + 7] === DASH &&
    bytes[start + 10] === separator &&
    bytes[start + 13] === COLON &&
    bytes[start + 16] === COLON;
  if (!isShaped) return false;
  const century = pair(bytes, start);
  const year = pair(bytes, start + 2);
  const month = pair(bytes, start + 5);
  const day = pair(bytes, start + 8);
  const hour = pair(bytes, start + 11);
  const minute = pair(bytes, start + 14);
  const second = pair(bytes, start + 17);
  const isUsual =
    century >= 0 &&
    year >= 0 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    (day <= SAFE_DAY || day <= (DAYS_OF_MONTH[month] as number)) &&
    hour >= 0 &&
    hour <= 23 &&
    minute >= 0 &&
    minute <= 59 &&
    second >= 0 &&
    second <= 59;
  if (!isUsual) return false;
  const date = ((century * 100 + year) * 16 + month) * 32 + day;
  if (date !== lastDate) {
    lastDays = daysFromCivil(century * 100 + year, month, day);
    lastDate = date;
  }
  scannedTimestamp.epochMillis = lastDays * MILLIS_PER_DAY + ((hour * 60 + minute) * 60 + second) * 1_000;
  scannedTimestamp.nanosOfMilli = 0;
  scannedTimestamp.end = start + 19;
  return bytes[start + 19] !== DOT || scanFraction(bytes, start + 20);
}

/** The number in two digits; negative if they are none. */
function pair(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 48;
  const ones = (bytes[at + 1] as number) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

function scanFraction(bytes: Uint8Array, start: number): boolean {
  let nanos = 0;
  let at = start;
  for (; at < start + 9; at++) {
    const digit = (bytes[at] as number) - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    nanos = nanos * 10 + digit;
  }
  for (let digits = at - start; digits < 9; digits++) nanos *= 10;
  const nanosOfMilli = nanos % 1_000_000;
  scannedTimestamp.epochMillis += (nanos - nanosOfMilli) / 1_000_000;
  scannedTimestamp.nanosOfMilli = nanosOfMilli;
  scannedTimestamp.end = at;
  return at > start;
}
