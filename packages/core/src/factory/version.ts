/** Numbers of a version's parts; a pre-release or build suffix is left out. */
function partsOf(version: string): readonly number[] {
  return (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? "").split(".").filter(Boolean).map(Number);
}

function compareVersions(left: readonly number[], right: readonly number[]): number {
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Does a version meet a requirement: `5` and `5.1` (these parts are equal), `^5.1.0` (same first part that is not
 * zero, not lower), `>=5.1.0`?
 */
export function meetsVersion(version: string, requirement: string): boolean {
  const actual = partsOf(version);
  const wanted = partsOf(requirement.replace(/^(?:\^|>=)\s*/, ""));
  if (requirement.startsWith(">=")) return compareVersions(actual, wanted) >= 0;
  if (requirement.startsWith("^")) {
    const significant =
      Math.max(
        0,
        wanted.findIndex((part) => part > 0),
      ) + 1;
    const isSameLine = compareVersions(actual.slice(0, significant), wanted.slice(0, significant)) === 0;
    return isSameLine && compareVersions(actual, wanted) >= 0;
  }
  return compareVersions(actual.slice(0, wanted.length), wanted) === 0;
}
