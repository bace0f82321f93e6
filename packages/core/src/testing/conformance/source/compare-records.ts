import { Mismatch, listed } from "../conformance-case.js";

/** A record that was taken from a batch. */
export interface TakenRecord {
  readonly splitId: string;
  readonly name: string;
}

/** @throws Mismatch unless every expected record was taken once, and each split's in order. */
export function expectExactlyOnce(
  expected: readonly (readonly string[])[],
  taken: readonly TakenRecord[],
): void {
  const all = expected.flat();
  const times = new Map<string, number>();
  for (const { name } of taken) times.set(name, (times.get(name) ?? 0) + 1);
  const known = new Set(all);
  const problems = [
    ["missing", all.filter((name) => !times.has(name))],
    ["repeated", all.filter((name) => (times.get(name) ?? 0) > 1)],
    ["unexpected", [...times.keys()].filter((name) => !known.has(name))],
    ["out of order", outOfOrder(expected, taken)],
  ] as const;
  const found = problems.filter(([, names]) => names.length > 0);
  if (found.length === 0) return;
  throw new Mismatch(
    `all ${all.length} records once, those of a split in order`,
    found.map(([what, names]) => `${names.length} ${what}: ${listed(names)}`).join("; "),
  );
}

/** Records that come behind one that follows them in their split. */
function outOfOrder(
  expected: readonly (readonly string[])[],
  taken: readonly TakenRecord[],
): readonly string[] {
  const places = new Map<string, { readonly list: number; readonly place: number }>();
  for (const [list, names] of expected.entries()) {
    for (const [place, name] of names.entries()) places.set(name, { list, place });
  }
  const last = new Map<number, number>();
  const late: string[] = [];
  for (const { name } of taken) {
    const found = places.get(name);
    if (found === undefined) continue;
    // A repeated record is said to be repeated, not late.
    if (found.place < (last.get(found.list) ?? -1)) late.push(name);
    else last.set(found.list, found.place);
  }
  const counts = new Map<string, number>();
  for (const { name } of taken) counts.set(name, (counts.get(name) ?? 0) + 1);
  return late.filter((name) => counts.get(name) === 1);
}
