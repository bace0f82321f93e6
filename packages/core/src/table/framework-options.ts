import { CrossCheck, Option } from "../options/option.js";
import type { CrossCheckContext, OptionFault } from "../options/cross-check.js";

const SOURCE = "Flink documentation, CREATE TABLE and Watermark strategies";
const EMIT_STRATEGY = "scan.watermark.emit.strategy";
export const IDLE_TIMEOUT_KEY = "scan.watermark.idle-timeout";
const GROUP = "scan.watermark.alignment.group";
const MAX_DRIFT = "scan.watermark.alignment.max-drift";
const UPDATE_INTERVAL = "scan.watermark.alignment.update-interval";

/** Options that every table takes, whatever its connector. @public */
export class FrameworkOptions {
  @Option({
    key: "connector",
    type: "string",
    required: true,
    summary: "Identifier of the connector.",
    source: SOURCE,
  })
  readonly connector?: string;

  @Option({
    key: "property-version",
    type: "int",
    summary: "Version of the options' own form; there is one.",
    source: SOURCE,
  })
  readonly propertyVersion: number = 1;

  @Option({
    key: EMIT_STRATEGY,
    type: "enum",
    values: ["on-periodic", "on-event"],
    summary: "When watermarks are emitted; without effect here: a watermark follows each batch.",
    source: SOURCE,
  })
  readonly watermarkEmitStrategy: string = "on-periodic";

  @Option({
    key: IDLE_TIMEOUT_KEY,
    type: "duration",
    unit: "ms",
    summary:
      "A split without records for so long does not hold the watermark back; absent or 0: it always does.",
    example: "30 s",
    source: SOURCE,
  })
  readonly idleTimeoutMs?: number;

  @Option({
    key: GROUP,
    type: "string",
    summary: "Name of a group of sources whose watermarks are kept together; without effect here.",
    source: SOURCE,
  })
  readonly alignmentGroup?: string;

  @Option({
    key: MAX_DRIFT,
    type: "duration",
    unit: "ms",
    summary: "How far a source may run ahead of its group; without effect here.",
    source: SOURCE,
  })
  readonly alignmentMaxDriftMs?: number;

  @Option({
    key: UPDATE_INTERVAL,
    type: "duration",
    unit: "ms",
    summary: "How often a group's watermarks are compared; without effect here.",
    source: SOURCE,
  })
  readonly alignmentUpdateIntervalMs: number = 1000;

  /** Any alignment option needs both the group and the drift. */
  @CrossCheck()
  checkAlignment(context: CrossCheckContext): readonly OptionFault[] {
    const given = [GROUP, MAX_DRIFT, UPDATE_INTERVAL].filter((key) => context.isGiven(key));
    const missing = [GROUP, MAX_DRIFT].filter((key) => !context.isGiven(key));
    const [first] = given;
    if (first === undefined || missing.length === 0) return [];
    return [
      {
        key: first,
        otherKeys: [GROUP, MAX_DRIFT],
        code: "OPTION_CONFLICT",
        message: `Watermark alignment needs both '${GROUP}' and '${MAX_DRIFT}'; ${missing.map((key) => `'${key}'`).join(" and ")} is missing.`,
        hint: "Set both, or leave all alignment options out.",
      },
    ];
  }
}

/** Watermark options without effect in this runtime. */
export const IGNORED_WATERMARK_KEYS: readonly string[] = [EMIT_STRATEGY, GROUP, MAX_DRIFT, UPDATE_INTERVAL];

/** What to do with records that a format cannot decode, of connectors that take a format. @public */
export class DecodeOptions {
  @Option({
    key: "decode.on-error",
    type: "enum",
    values: ["fail", "skip"],
    summary:
      "A record that the format cannot decode fails the job, or is skipped and counted. Formats may have an option of their own that goes further.",
  })
  readonly onError: "fail" | "skip" = "fail";
}
