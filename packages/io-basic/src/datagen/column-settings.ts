import { nearestFirst } from "@tributary/core";
import type { Diagnostic } from "@tributary/core";
import type { DatagenOptions } from "./datagen-options.js";

/** Names of the options of a column. */
export type FieldOption =
  "kind" | "min" | "max" | "max-past" | "length" | "var-len" | "start" | "end" | "null-rate";

type Report = (diagnostic: Omit<Diagnostic, "table" | "connector">) => void;

/** The options of all columns: read by path, and in the end asked for those that nothing read. */
export class ColumnSettings {
  readonly #options: DatagenOptions;
  readonly #report: Report;
  readonly #read = new Set<string>();
  readonly #paths: string[] = [];

  constructor(options: DatagenOptions, report: Report) {
    this.#options = options;
    this.#report = report;
  }

  /** Names a column or a part of one. */
  addPath(path: string): void {
    this.#paths.push(path);
  }

  kind(path: string): "random" | "sequence" {
    return this.#take(path, "kind", this.#options.kinds) ?? "random";
  }

  min(path: string): string | undefined {
    return this.#take(path, "min", this.#options.minima);
  }

  max(path: string): string | undefined {
    return this.#take(path, "max", this.#options.maxima);
  }

  start(path: string): string | undefined {
    return this.#take(path, "start", this.#options.starts);
  }

  end(path: string): string | undefined {
    return this.#take(path, "end", this.#options.ends);
  }

  length(path: string): number | undefined {
    const length = this.#take(path, "length", this.#options.lengths);
    if (length === undefined || (length >= 0 && length <= LENGTH_MAX)) return length;
    this.invalid(path, "length", String(length), `a whole number from 0 to ${LENGTH_MAX}`);
    return undefined;
  }

  isVariableLength(path: string): boolean {
    return this.#take(path, "var-len", this.#options.variableLengths) ?? false;
  }

  maxPastMs(path: string): number {
    return this.#take(path, "max-past", this.#options.maxPastsMs) ?? 0;
  }

  nullRate(path: string): number {
    const rate = this.#take(path, "null-rate", this.#options.nullRates) ?? 0;
    if (rate >= 0 && rate <= 1) return rate;
    this.invalid(path, "null-rate", String(rate), "a share from 0 to 1");
    return 0;
  }

  #take<T>(path: string, option: FieldOption, values: ReadonlyMap<string, T>): T | undefined {
    this.#read.add(`${path}.${option}`);
    return values.get(path);
  }

  invalid(path: string, option: FieldOption, value: string, expected: string): void {
    this.#report({
      severity: "error",
      code: "OPTION_INVALID",
      message: `The value '${value}' of option 'fields.${path}.${option}' is not ${expected}.`,
      option: `fields.${path}.${option}`,
      value,
    });
  }

  missing(path: string, option: FieldOption): void {
    this.#report({
      severity: "error",
      code: "OPTION_MISSING",
      message: `Option 'fields.${path}.${option}' is missing: 'fields.${path}.kind' is 'sequence'.`,
      option: `fields.${path}.${option}`,
    });
  }

  unsupported(path: string, type: string, reason: string): void {
    this.#report({
      severity: "error",
      code: "SCHEMA_INVALID",
      message: `datagen cannot make values for '${path}' of type ${type}: ${reason}`,
      columnName: path.split(".")[0] ?? path,
    });
  }

  /** Reports the options that no column took. */
  reportUnread(): void {
    const { kinds, minima, maxima, maxPastsMs, lengths, variableLengths, starts, ends, nullRates } =
      this.#options;
    const given: readonly (readonly [FieldOption, ReadonlyMap<string, unknown>])[] = [
      ["kind", kinds],
      ["min", minima],
      ["max", maxima],
      ["max-past", maxPastsMs],
      ["length", lengths],
      ["var-len", variableLengths],
      ["start", starts],
      ["end", ends],
      ["null-rate", nullRates],
    ];
    for (const [option, values] of given) {
      for (const path of values.keys()) {
        if (!this.#read.has(`${path}.${option}`)) this.#reportUnreadOne(path, option);
      }
    }
  }

  #reportUnreadOne(path: string, option: FieldOption): void {
    const key = `fields.${path}.${option}`;
    const isKnown = this.#paths.includes(path);
    const taken = [...this.#read]
      .filter((one) => !isKnown || one.startsWith(`${path}.`))
      .map((one) => `fields.${one}`);
    this.#report({
      severity: "error",
      code: "OPTION_UNKNOWN",
      message: isKnown
        ? `Option '${key}' does not go with the type or the kind of '${path}'.`
        : `Option '${key}' names no column of the table.`,
      option: key,
      candidates: nearestFirst(key, taken),
    });
  }
}

/** Longest text, bytes or collection that is made. */
export const LENGTH_MAX = 16_777_216;
