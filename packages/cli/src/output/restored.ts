import type { JobHandle } from "@tributary/core";

import { grouped } from "./style.js";

/** What a restored job goes on from, as one line; empty on a fresh start. */
export function restoredText({ restoredFrom }: JobHandle): readonly string[] {
  if (restoredFrom === undefined) return [];
  const { checkpoint, takenAt, sources } = restoredFrom;
  const positions = sources.map(({ label, rows, splits }) => {
    const count = splits.length === 1 ? "1 split" : `${splits.length} splits`;
    return `${label} after ${grouped(rows)} rows in ${count}`;
  });
  const time = new Date(takenAt).toISOString();
  return [
    `restored checkpoint ${checkpoint} of ${time}: ${positions.join(", ")}; what came later is read again`,
  ];
}
