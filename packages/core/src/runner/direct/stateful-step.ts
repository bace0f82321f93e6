/**
 * What the runner asks of a step that keeps something between bundles: combines, functions with state or timers,
 * functions that wait for side inputs. Such a step has an output watermark of its own, and work that becomes due when a
 * watermark or the clock moves.
 */
import type { ByteReader } from "../../types/coders/byte-reader.js";
import type { ByteWriter } from "../../types/coders/byte-writer.js";
import type { Pressure, Push } from "./push.js";
import type { StepCut } from "./step-cut.js";

/** Work that a movement of the clock makes due. Absent for steps that know event time only. */
export interface ProcessingTimeWork {
  /** Earliest instant at which something is due, in milliseconds; `undefined` when nothing is. */
  readonly next: number | undefined;
  /** Takes the time; what is due by it is emitted by the next calls of `fire`. */
  advanceTo(now: number): void;
}

/** A step with state. Calls do not overlap. */
export interface StatefulStep {
  readonly name: string;
  /** By position in the node's inputs; the first is the main input, the others are side inputs. */
  readonly inputs: readonly Push[];
  /** True when elements leave while others are pushed, or at the end of a bundle, and not by `fire` alone. */
  readonly emitsInBundle: boolean;
  /** Never goes back; not above any hold. */
  readonly outputWatermark: number;
  /** True while something is due that `fire` has not emitted. */
  readonly hasDue: boolean;
  readonly processingTime?: ProcessingTimeWork;
  /** Elements that were dropped in every window they belong to. */
  readonly lateRows: number;
  /** Pairs of element and window that were dropped since the window had expired. */
  readonly droppedDueToLateness: number;
  /** Pairs that were dropped since the window's trigger had finished. */
  readonly droppedDueToClosedWindow: number;
  /**
   * Takes the watermark of each input, in their order, and works the output watermark out. Called after each bundle and
   * whenever a watermark moved. A watermark that goes back is ignored.
   */
  advanceTo(inputWatermarks: readonly number[]): void;
  /**
   * Emits what is due, a slice at a time: returns when nothing is left or much waits below. A promise where the step
   * calls functions that wait.
   */
  fire(pressure: Pressure): Promise<void> | void;
  /** True while the step has work of its own left, although its inputs may have ended. */
  readonly isWorking?: boolean;
  /** Work that waits in the step, in a unit of its function's own. */
  readonly backlog?: number;
  /** The job drains: its sources end, and what waits for the clock alone must not wait for it any more. */
  drain?(): void;
  /** Writes everything that must survive; between bundles, when nothing is due. */
  snapshot(writer: ByteWriter): void;
  /**
   * The same bytes, written a slice at a time while the step goes on; so that a job with much state pauses for the cut
   * alone. Absent: `snapshot` writes them at once.
   */
  cut?(): StepCut;
  /**
   * Before the first element.
   *
   * @param formatVersion - of the checkpoint that holds the bytes.
   */
  restore(reader: ByteReader, formatVersion: number): void;
}
