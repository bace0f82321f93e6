/**
 * Number of single edits between two words: insert, delete, replace, swap two neighbours (optimal string alignment).
 * Letter case does not count.
 */
function editDistance(left: string, right: string): number {
  const a = left.toLowerCase();
  const b = right.toLowerCase();
  const width = b.length + 1;
  let beforePrevious = new Uint32Array(width);
  let previous = Uint32Array.from({ length: width }, (_, index) => index);
  let current = new Uint32Array(width);
  for (let row = 1; row <= a.length; row++) {
    current[0] = row;
    for (let column = 1; column < width; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      let best = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + cost,
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, (beforePrevious[column - 2] ?? 0) + 1);
      }
      current[column] = best;
    }
    [beforePrevious, previous, current] = [previous, current, beforePrevious];
  }
  return previous[b.length] ?? 0;
}

/**
 * All candidates, nearest spelling first; equally near ones in alphabetical order. Each stands once.
 *
 * @public
 */
export function nearestFirst(word: string, candidates: Iterable<string>): readonly string[] {
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance || compareText(a.candidate, b.candidate))
    .map((one) => one.candidate);
}

/**
 * The candidate that was probably meant, if one is near enough to be a slip of the fingers: at most a third of the
 * word's letters differ.
 *
 * @public
 */
export function probablyMeant(word: string, candidates: Iterable<string>): string | undefined {
  const [nearest] = nearestFirst(word, candidates);
  if (nearest === undefined) return undefined;
  const limit = Math.max(1, Math.floor(Math.max(word.length, nearest.length) / 3));
  return editDistance(word, nearest) <= limit ? nearest : undefined;
}

/** Order by UTF-16 code units: the same on every machine and in every locale. */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
