/** The yardsticks: the same results by hand, without any library. */

/** SELECT user_id, UPPER(behavior), ts FROM t WHERE item_id % 2 = 0 AND behavior LIKE 'b%' */
export function filterLoop(rows) {
  const out = [];
  for (const { user_id, item_id, behavior, ts } of rows) {
    if (item_id % 2n === 0n && behavior.startsWith("b"))
      out.push({ user_id, behavior: behavior.toUpperCase(), ts });
  }
  return out.length;
}

/** COUNT(*) and SUM(item_id) for each user and tumbling window. */
export function tumbleLoop(rows, sizeMs) {
  const windows = new Map();
  for (const { user_id, item_id, ts } of rows) {
    const end = ts.epochMillis - (ts.epochMillis % sizeMs) + sizeMs;
    let users = windows.get(end);
    if (users === undefined) windows.set(end, (users = new Map()));
    const group = users.get(user_id);
    if (group === undefined) users.set(user_id, { count: 1n, sum: item_id });
    else {
      group.count += 1n;
      group.sum = BigInt.asIntN(64, group.sum + item_id);
    }
  }
  const out = [];
  for (const [end, users] of windows)
    for (const [user_id, { count, sum }] of users) out.push({ user_id, end, count, sum });
  return out.length;
}
