/** Plays a script of elements, watermarks and clock moves to a grouping and tells what came of each. */
import {
  DEFAULT_WINDOWING,
  MAX_TIMESTAMP,
  type JobHandle,
  type KV,
  type PCollection,
  type Reified,
  type WindowingStrategy,
} from "@tributary/core";
import {
  CollectingSink,
  SILENT_LOGGER,
  TestPipeline,
  TestStream,
  VirtualClock,
  graphOf,
} from "@tributary/core/testing";
import { GroupingReference, paneText, type ScriptElement, type ScriptEvent } from "./grouping-reference.js";
import { runner } from "./model-runner.js";

/** What came of a script. */
export interface Played {
  /** Panes by event, sorted; the last are those of the end of the stream. */
  readonly steps: readonly (readonly string[])[];
  /** Output watermark of the grouping after each event but the last. */
  readonly watermarks: readonly number[];
  readonly droppedLate: number;
  readonly droppedClosed: number;
}

type GroupedPane = Reified<KV<string, readonly number[]>>;

/** Marks where an event is over: a poll of the stream comes when the pipeline is quiet. */
class Marker extends VirtualClock {
  constructor(readonly mark: () => void) {
    super();
  }

  override advance(): Promise<void> {
    this.mark();
    return Promise.resolve();
  }
}

/** A pipeline that groups what a script says, and where its panes go. */
export interface ScriptedGrouping {
  readonly pipeline: TestPipeline;
  readonly sink: CollectingSink<GroupedPane>;
  readonly panes: PCollection<GroupedPane>;
}

/** @param mark - called after each event, when the pipeline is quiet. */
export function groupingOf(
  strategy: WindowingStrategy,
  events: readonly ScriptEvent[],
  clock: VirtualClock,
  mark: () => void,
): ScriptedGrouping {
  const sink = new CollectingSink<GroupedPane>();
  const marker = new Marker(mark);
  const stream = new TestStream<ScriptElement>();
  for (const event of events) {
    if (event.kind === "elements") {
      stream.addAt(...event.elements.map((value) => ({ value, timestamp: value.timestamp })));
    } else if (event.kind === "watermark") {
      stream.advanceWatermarkTo(event.to);
    } else {
      stream.advanceProcessingTime(clock, event.byMs);
    }
    stream.advanceProcessingTime(marker, 0);
  }
  const pipeline = new TestPipeline();
  const panes = pipeline
    .read("stream", stream.source, stream.options)
    .map("pairs", ({ key, value }): KV<string, number> => ({ key, value }))
    .windowInto("windows", strategy)
    .groupByKey("group")
    .reify("panes");
  panes.write("out", sink);
  return { pipeline, sink, panes };
}

/** Runs a script to the end of its stream. */
export async function play(strategy: WindowingStrategy, events: readonly ScriptEvent[]): Promise<Played> {
  const clock = new VirtualClock();
  const ends: number[] = [];
  const watermarks: number[] = [];
  const running: { job?: JobHandle } = {};
  const { pipeline, sink } = groupingOf(strategy, events, clock, () => {
    ends.push(sink.values.length);
    if (running.job !== undefined) watermarks.push(gaugeOf(running.job, "currentWatermark"));
  });
  const job = await runner.run(graphOf(pipeline), { clock, logger: SILENT_LOGGER });
  running.job = job;
  await job.result;
  const texts = sink.values.map(textOf);
  ends.push(texts.length);
  const steps = ends.map((end, i) => texts.slice(i === 0 ? 0 : ends[i - 1], end).toSorted());
  return { steps, watermarks, ...drops(job) };
}

/** What the definitions give. */
export function playReference(strategy: WindowingStrategy, events: readonly ScriptEvent[]): Played {
  const reference = new GroupingReference(strategy);
  const watermarks: number[] = [];
  const steps = events.map((event) => {
    const panes = reference.play(event);
    watermarks.push(reference.outputWatermark);
    return panes;
  });
  steps.push(reference.play({ kind: "watermark", to: MAX_TIMESTAMP }));
  return {
    steps,
    watermarks,
    droppedLate: reference.droppedLate,
    droppedClosed: reference.droppedClosed,
  };
}

/** The counters of the grouping. */
export function drops(job: JobHandle): Pick<Played, "droppedLate" | "droppedClosed"> {
  return {
    droppedLate: gaugeOf(job, "droppedDueToLateness"),
    droppedClosed: gaugeOf(job, "droppedDueToClosedWindow"),
  };
}

function gaugeOf(job: JobHandle, name: string): number {
  return Number(job.metrics.read().find((metric) => metric.name === `step.group.${name}`)?.value);
}

export function textOf({ value, window, pane, timestamp }: GroupedPane): string {
  return paneText({
    key: value.key,
    values: value.value,
    window,
    timestamp,
    timing: pane.timing,
    index: pane.index,
    speculative: pane.nonSpeculativeIndex,
    isLast: pane.isLast,
  });
}

/** A strategy with what matters to a test; triggers may lose data. */
export function strategyOf(part: Partial<WindowingStrategy>): WindowingStrategy {
  return { ...DEFAULT_WINDOWING, allowsUnsafeTrigger: true, ...part };
}

/**
 * A script as text: `5 7` elements of key a with these event times, numbered from 1 over the script; `b9` one of key b;
 * `w12` moves the watermark to 12, `p5` the clock by 5 ms. `|` ends an event.
 */
export function script(text: string): readonly ScriptEvent[] {
  let number = 0;
  return text.split("|").map((part): ScriptEvent => {
    const words = part.trim().split(/\s+/);
    const [first = ""] = words;
    if (first.startsWith("w")) return { kind: "watermark", to: Number(first.slice(1)) };
    if (first.startsWith("p")) return { kind: "clock", byMs: Number(first.slice(1)) };
    const elements = words.map((word) => {
      const key = /^[a-o]/.exec(word)?.[0];
      number += 1;
      return { key: key ?? "a", timestamp: Number(key === undefined ? word : word.slice(1)), value: number };
    });
    return { kind: "elements", elements };
  });
}

/** `early 0: 1 2`: timing, index and values of each pane of each event, events parted by `|`. */
export function brief({ steps }: Played): string {
  return steps
    .map((step) =>
      step.map((pane) => pane.replace(/^a \[.*?\) (\S+ \d+)\/\S+ @\S+: ?/, "$1: ").trim()).join(", "),
    )
    .join(" | ")
    .replaceAll(/ +/g, " ")
    .trim();
}
