// One million records of five columns: BIGINT, BIGINT, BIGINT, STRING, TIMESTAMP(3).
import { LocalTimestamp, parseType } from "@tributary/core";

export const rowType = {
  ...parseType("ROW<user_id BIGINT, item_id BIGINT, category_id BIGINT, behavior STRING, ts TIMESTAMP(3)>"),
  nullable: false,
};

const BEHAVIORS = ["pv", "buy", "cart", "fav"];
const START_MILLIS = 1_511_544_070_000;

/**
 * Rows of a shop's click stream, the same for the same index.
 *
 * @param isWide - numbers of 17 to 19 digits, which a double does not hold; else of up to 7 digits.
 */
export function rowAt(index, isWide) {
  const user = (index * 7919) % 1_000_003;
  const item = (index * 104_729) % 5_163_071;
  const category = (index * 31) % 9_439;
  return {
    user_id: isWide ? 9_007_199_254_740_993n + BigInt(user) * 9_000_000_001n : BigInt(user + 1),
    item_id: isWide ? -9_223_372_036_854_775_808n + BigInt(item) : BigInt(item + 1),
    category_id: isWide ? 123_456_789_012_345_678n + BigInt(category) : BigInt(category + 4_000_000),
    behavior: BEHAVIORS[index & 3],
    ts: new LocalTimestamp(START_MILLIS + index * 37),
  };
}

export function isSameRow(a, b) {
  return (
    a !== undefined &&
    a.user_id === b.user_id &&
    a.item_id === b.item_id &&
    a.category_id === b.category_id &&
    a.behavior === b.behavior &&
    a.ts.equals(b.ts)
  );
}

const two = (text, at) => (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;

/** What a program does by hand with `yyyy-MM-dd HH:mm:ss[.fff]`, and no check of it. */
export function timestampOf(text) {
  const fraction = text.length > 20 ? Number(text.slice(20).padEnd(3, "0")) : 0;
  return new LocalTimestamp(
    Date.UTC(
      two(text, 0) * 100 + two(text, 2),
      two(text, 5) - 1,
      two(text, 8),
      two(text, 11),
      two(text, 14),
      two(text, 17),
      fraction,
    ),
  );
}

/** The other way round. */
export function textOf(timestamp) {
  return new Date(timestamp.epochMillis).toISOString().replace("T", " ").slice(0, -1);
}

/** Cells or fields, all of them text, to a row. */
export function rowOfTexts(user, item, category, behavior, ts) {
  return {
    user_id: BigInt(user),
    item_id: BigInt(item),
    category_id: BigInt(category),
    behavior,
    ts: timestampOf(ts),
  };
}
