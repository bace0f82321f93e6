import { CrossCheck, Option } from "@tributary/core";
import type { CrossCheckContext, OptionFault } from "@tributary/core";

const SOURCE = "Flink documentation, DataGen SQL connector";

/**
 * Options of the source `datagen`. In keys with `#` the column's name stands for it; within a column it goes on with
 * `.FIELD` for a ROW, `.element` for an ARRAY or MULTISET, `.key` and `.value` for a MAP.
 *
 * @public
 */
export class DatagenOptions {
  @Option({
    key: "rows-per-second",
    type: "long",
    unit: "rows",
    summary: "Rows made in a second, at most.",
    source: SOURCE,
  })
  readonly rowsPerSecond: number = 10_000;

  @Option({
    key: "number-of-rows",
    type: "long",
    unit: "rows",
    summary: "Rows made in all. Without it, and without a sequence, rows come for ever.",
    source: SOURCE,
  })
  readonly numberOfRows?: number;

  @Option({
    key: "fields.#.kind",
    type: "enum",
    values: ["random", "sequence"],
    summary:
      "How the column's values are made: at random (the default), or one after another from start to end.",
    source: SOURCE,
  })
  readonly kinds: ReadonlyMap<string, "random" | "sequence"> = new Map();

  @Option({
    key: "fields.#.min",
    type: "string",
    summary:
      "Least value of a random number; the type's least one unless given (0 for DECIMAL, FLOAT and DOUBLE).",
    source: SOURCE,
  })
  readonly minima: ReadonlyMap<string, string> = new Map();

  @Option({
    key: "fields.#.max",
    type: "string",
    summary: "Greatest value of a random number; the type's greatest one unless given.",
    source: SOURCE,
  })
  readonly maxima: ReadonlyMap<string, string> = new Map();

  @Option({
    key: "fields.#.max-past",
    type: "duration",
    unit: "ms",
    summary: "How far back a random timestamp may lie; 0 unless given, which is the present time.",
    source: SOURCE,
  })
  readonly maxPastsMs: ReadonlyMap<string, number> = new Map();

  @Option({
    key: "fields.#.length",
    type: "int",
    summary:
      "Characters, bytes or elements of a random value: the declared length unless given, 100 for STRING and BYTES, 3 for ARRAY, MAP and MULTISET.",
    source: SOURCE,
  })
  readonly lengths: ReadonlyMap<string, number> = new Map();

  @Option({
    key: "fields.#.var-len",
    type: "boolean",
    summary: "Make VARCHAR, STRING, VARBINARY and BYTES of any length from 1 to the length.",
    source: SOURCE,
  })
  readonly variableLengths: ReadonlyMap<string, boolean> = new Map();

  @Option({
    key: "fields.#.start",
    type: "string",
    summary: "First value of a sequence.",
    required: "if the kind is 'sequence'",
    source: SOURCE,
  })
  readonly starts: ReadonlyMap<string, string> = new Map();

  @Option({
    key: "fields.#.end",
    type: "string",
    summary: "Last value of a sequence. The source ends with the first sequence that does.",
    required: "if the kind is 'sequence'",
    source: SOURCE,
  })
  readonly ends: ReadonlyMap<string, string> = new Map();

  @Option({
    key: "fields.#.null-rate",
    type: "double",
    summary: "Share of NULL values, from 0 (the default) to 1.",
    source: SOURCE,
  })
  readonly nullRates: ReadonlyMap<string, number> = new Map();

  @CrossCheck()
  checkCounts(context: CrossCheckContext): readonly OptionFault[] {
    const faults: OptionFault[] = [];
    if (this.rowsPerSecond < 1) {
      faults.push({
        key: "rows-per-second",
        message: `'${context.fullKey("rows-per-second")}' must be at least 1, but was ${this.rowsPerSecond}.`,
      });
    }
    if (this.numberOfRows !== undefined && this.numberOfRows < 0) {
      faults.push({
        key: "number-of-rows",
        message: `'${context.fullKey("number-of-rows")}' must not be negative, but was ${this.numberOfRows}.`,
      });
    }
    return faults;
  }
}
