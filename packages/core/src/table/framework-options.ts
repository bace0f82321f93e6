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

export const ON_ERROR_KEY = "decode.on-error";
export const DEAD_LETTER_TABLE_KEY = "decode.dead-letter.table";

/** What to do with records that a format cannot decode, of connectors that take a format. @public */
export class DecodeOptions {
  @Option({
    key: ON_ERROR_KEY,
    type: "enum",
    values: ["fail", "skip", "dead-letter"],
    summary:
      "A record that the format cannot decode fails the job, is skipped and counted, or is counted and written to the table that decode.dead-letter.table names. Formats may have an option of their own that goes further.",
  })
  readonly onError: "fail" | "skip" | "dead-letter" = "fail";

  @Option({
    key: DEAD_LETTER_TABLE_KEY,
    type: "string",
    required: "with decode.on-error = dead-letter",
    summary:
      "Table for records that cannot be decoded, declared before. Its columns are some of payload BYTES, reason STRING, column_name STRING, table STRING, format STRING, split STRING, position STRING, failed_at TIMESTAMP_LTZ(3).",
  })
  readonly deadLetterTable?: string;

  /** The table and the policy belong together. */
  @CrossCheck()
  checkDeadLetters(context: CrossCheckContext): readonly OptionFault[] {
    const wantsTable = this.onError === "dead-letter";
    if (wantsTable === context.isGiven(DEAD_LETTER_TABLE_KEY)) return [];
    if (wantsTable) {
      return [
        {
          key: DEAD_LETTER_TABLE_KEY,
          otherKeys: [ON_ERROR_KEY],
          code: "OPTION_MISSING",
          message: `Option '${DEAD_LETTER_TABLE_KEY}' is missing: '${ON_ERROR_KEY}' = 'dead-letter' needs a table to write to.`,
          hint: `Name a table, or set '${ON_ERROR_KEY}' = 'skip'.`,
        },
      ];
    }
    return [
      {
        key: DEAD_LETTER_TABLE_KEY,
        otherKeys: [ON_ERROR_KEY],
        code: "OPTION_CONFLICT",
        message: `Option '${DEAD_LETTER_TABLE_KEY}' is given, and '${ON_ERROR_KEY}' is '${this.onError}': no record would go there.`,
        hint: `Set '${ON_ERROR_KEY}' = 'dead-letter', or leave the table out.`,
      },
    ];
  }
}
