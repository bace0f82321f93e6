import type { Window } from "./results.js";

const BAR_WIDTH = 36;

function bar(share: number, width: number): string {
  const eighths = Math.round(share * width * 8);
  const rest = eighths % 8;
  return "█".repeat(Math.floor(eighths / 8)) + (rest === 0 ? "" : "▏▎▍▌▋▊▉".charAt(rest - 1));
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

interface Total {
  departures: number;
  delayed: number;
  minutes: number;
  worst: number;
}

function totals(windows: Iterable<Window>, keyOf: (window: Window) => string): Map<string, Total> {
  const all = new Map<string, Total>();
  for (const window of windows) {
    const key = keyOf(window);
    let total = all.get(key);
    if (total === undefined)
      all.set(key, (total = { departures: 0, delayed: 0, minutes: 0, worst: -Infinity }));
    total.departures += window.departures;
    total.delayed += window.delayed;
    total.minutes += window.averageDelay * window.departures;
    total.worst = Math.max(total.worst, window.worstDelay);
  }
  return all;
}

/** The ten busiest airports, as a table. */
export function airportTable(windows: ReadonlyMap<string, Window>): readonly string[] {
  const busiest = [...totals(windows.values(), (window) => window.airport)]
    .sort(([, a], [, b]) => b.departures - a.departures)
    .slice(0, 10);
  return [
    "airport   departures   15+ min late   average delay   worst delay",
    ...busiest.map(([airport, { departures, delayed, minutes, worst }]) =>
      [
        airport.padEnd(7),
        grouped(departures).padStart(13),
        `${((100 * delayed) / departures).toFixed(1)} %`.padStart(15),
        `${(minutes / departures).toFixed(1)} min`.padStart(16),
        `${grouped(worst)} min`.padStart(14),
      ].join(""),
    ),
  ];
}

/** Share of late departures by hour of the day, as bars. */
export function hourChart(windows: ReadonlyMap<string, Window>): readonly string[] {
  const byHour = totals(windows.values(), ({ hour }) => new Date(hour).toISOString().slice(11, 13));
  // Hours in which hardly anything leaves say little.
  const busy = [...byHour]
    .filter(([, total]) => total.departures >= 1000)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const most = Math.max(...busy.map(([, total]) => total.delayed / total.departures));
  return [
    "departures 15+ min late, by hour of the day",
    ...busy.map(([hour, { departures, delayed }]) => {
      const share = delayed / departures;
      return `  ${hour}:00 ${bar(share / most, BAR_WIDTH).padEnd(BAR_WIDTH)} ${(100 * share).toFixed(1).padStart(5)} %`;
    }),
  ];
}

/** A bar for loading, drawn again on a terminal, one line a tenth elsewhere. */
export function loadingBar(total: number, stream: NodeJS.WriteStream): (done: number) => void {
  let tenths = -1;
  let isComplete = false;
  return (done) => {
    if (isComplete) return;
    isComplete = done === total;
    const share = done / total;
    const text = `  loading ${bar(share, BAR_WIDTH).padEnd(BAR_WIDTH)} ${grouped(done)} of ${grouped(total)}`;
    if (stream.isTTY) stream.write(`\r\u001b[2K${text}${isComplete ? "\n" : ""}`);
    else if (Math.floor(share * 10) > tenths) {
      tenths = Math.floor(share * 10);
      stream.write(`${text}\n`);
    }
  };
}
