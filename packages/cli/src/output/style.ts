/** SGR codes; text without colour when `isOn` is false. */
export function paint(
  isOn: boolean,
): Record<"bold" | "dim" | "green" | "yellow" | "cyan", (text: string) => string> {
  const wrap = (open: number, close: number) => (text: string) =>
    isOn ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: wrap(1, 22),
    dim: wrap(2, 22),
    green: wrap(32, 39),
    yellow: wrap(33, 39),
    cyan: wrap(36, 39),
  };
}

/** A number with thousands separators, e.g. `200,000`. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** A duration a person reads: `850 ms`, `4.2 s`, `3 min`, `2 h`. */
export function shortDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}
