/**
 * Rewrites tables of the old Kinesis connectors in a SQL script: only the texts of options change, so that comments and
 * layout stay as they were.
 */
import type { Diagnostic } from "@tributary/core";
import type { CreateTable, SetStatement, TableOption } from "@tributary/sql";

import { changeOf } from "./option-changes.js";

/** Where a script goes. */
export interface MigrationTarget {
  readonly file: string;
  /** `kinesis@5`. */
  readonly module: string;
  /** Account of the streams. */
  readonly account?: string;
  /** Region of tables that have none. */
  readonly region?: string;
}

/** A rewritten script, and what its author should know. */
export interface MigratedScript {
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** A piece of the text and what takes its place. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const OLD_MODULE = /\bkinesis(?:-streams)?@4(?:\.[0-9.]+)?/g;

/** @returns the text as it was, with errors, if it does not parse or a stream's ARN cannot be told. */
export async function migrateScript(text: string, target: MigrationTarget): Promise<MigratedScript> {
  const { parseScript } = await import("@tributary/sql");
  const { statements, diagnostics: faults, lines } = await parseScript(text, target.file);
  if (faults.length > 0) return { text, diagnostics: faults };
  const edits: Edit[] = [];
  const diagnostics: Diagnostic[] = [];
  const place = (offset: number): Pick<Diagnostic, "file" | "line" | "column"> => {
    const { line, column } = lines.position(offset);
    return { file: target.file, line, column };
  };
  for (const statement of statements) {
    if (statement.kind === "Set") edits.push(...moduleEdits(statement, text, target));
    if (statement.kind !== "CreateTable" || !isOld(statement)) continue;
    const migration = new TableMigration(statement, text, target, place);
    migration.run();
    edits.push(...migration.edits);
    diagnostics.push(...migration.diagnostics);
  }
  const isRefused = diagnostics.some(({ severity }) => severity === "error");
  return { text: isRefused ? text : applied(text, edits), diagnostics };
}

/** `kinesis-legacy`, or `kinesis` with the stream by its name. */
function isOld({ options }: CreateTable): boolean {
  const connector = options.findLast(({ key }) => key.value === "connector")?.value.value;
  if (connector === "kinesis-legacy") return true;
  return connector === "kinesis" && options.some(({ key }) => key.value === "stream");
}

/** A module of 4.x gives way to the one that was asked for. */
function moduleEdits({ key, value }: SetStatement, text: string, { module }: MigrationTarget): Edit[] {
  if (key?.value !== "tributary.modules" || value === undefined) return [];
  const { start, end } = value.span;
  const before = text.slice(start, end);
  const after = before.replace(OLD_MODULE, module);
  return after === before ? [] : [{ start, end, text: after }];
}

class TableMigration {
  readonly edits: Edit[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #table: CreateTable;
  readonly #text: string;
  readonly #target: MigrationTarget;
  readonly #place: (offset: number) => Pick<Diagnostic, "file" | "line" | "column">;
  readonly #dropped: TableOption[] = [];

  constructor(
    table: CreateTable,
    text: string,
    target: MigrationTarget,
    place: (offset: number) => Pick<Diagnostic, "file" | "line" | "column">,
  ) {
    this.#table = table;
    this.#text = text;
    this.#target = target;
    this.#place = place;
  }

  run(): void {
    for (const option of this.#table.options) {
      switch (option.key.value) {
        case "connector":
          this.#replace(option.value.span, "kinesis");
          break;
        case "stream":
          this.#stream(option);
          break;
        default:
          this.#option(option);
      }
    }
    for (const option of this.#dropped) this.#remove(option);
    this.#differences();
  }

  get #name(): string {
    return this.#table.name.parts.map(({ name }) => name).join(".");
  }

  #valueOf(key: string): string | undefined {
    return this.#table.options.findLast((option) => option.key.value === key)?.value.value;
  }

  /** A name and an account make an ARN; the region has to stand beside it. */
  #stream(option: TableOption): void {
    const { account, region: regionGiven } = this.#target;
    const regionWritten = this.#valueOf("aws.region");
    const region = regionWritten ?? regionGiven;
    if (account === undefined || region === undefined) {
      const missing = account === undefined ? "--account ID" : "--region NAME";
      this.#report(option, {
        severity: "error",
        code: "OPTION_MISSING",
        message: `The stream '${option.value.value}' of table '${this.#name}' needs an ARN, and its ${account === undefined ? "account" : "region"} is not known.`,
        hint: `Give ${missing}.`,
      });
      return;
    }
    const arn = `arn:${partitionOf(region)}:kinesis:${region}:${account}:stream/${option.value.value}`;
    this.#replace(option.key.span, "stream.arn");
    this.#replace(option.value.span, arn);
    if (regionWritten !== undefined) return;
    // Behind the stream, in a line of its own where options have one each.
    const { end } = option.value.span;
    this.edits.push({
      start: end,
      end,
      text: `,${this.#lineBreak(option)}'aws.region' = '${region}'`,
    });
  }

  #option(option: TableOption): void {
    const key = option.key.value;
    const change = changeOf(key);
    if (change === undefined) return;
    if (change.kind === "drop") {
      this.#drop(option, change.because);
      return;
    }
    const value = change.value === undefined ? option.value.value : change.value(option.value.value);
    if (value === undefined) {
      this.#drop(option, `= '${option.value.value}' has no form as '${change.key}'`);
      return;
    }
    if (this.#valueOf(change.key) !== undefined) {
      this.#drop(option, `stands beside '${change.key}', which goes before`);
      return;
    }
    this.#replace(option.key.span, change.key);
    if (value !== option.value.value) this.#replace(option.value.span, value);
    if (change.difference !== undefined) {
      this.#report(option, {
        severity: "warning",
        code: "MIGRATION_DIFFERENCE",
        message: `Option '${key}' became '${change.key}', and ${change.difference}.`,
      });
    }
  }

  #drop(option: TableOption, because: string): void {
    this.#dropped.push(option);
    this.#report(option, {
      severity: "warning",
      code: "MIGRATION_DIFFERENCE",
      message: `Option '${option.key.value}' ${because}; it is left out.`,
    });
  }

  /** With its comma: the one behind it, or, of the last that stays, the one before. */
  #remove(option: TableOption): void {
    const { options } = this.#table;
    const index = options.indexOf(option);
    const isLast = options.slice(index).every((one) => this.#dropped.includes(one));
    const comma = isLast ? this.#commaBefore(option) : this.#commaBehind(option);
    if (comma !== undefined) this.edits.push({ start: comma, end: comma + 1, text: "" });
    const { start, end } = this.#whole(option, isLast ? undefined : comma);
    this.edits.push({ start, end, text: "" });
  }

  /** The option, and its line where nothing else stands in it. */
  #whole(option: TableOption, comma: number | undefined): { readonly start: number; readonly end: number } {
    const { start, end } = option.span;
    if (comma !== undefined && this.#text.slice(end, comma).trim() !== "") return { start, end };
    const behind = comma === undefined ? end : comma + 1;
    const lineStart = this.#text.lastIndexOf("\n", start - 1) + 1;
    const lineEnd = this.#text.indexOf("\n", behind);
    const isAlone =
      this.#text.slice(lineStart, start).trim() === "" &&
      lineEnd >= 0 &&
      this.#text.slice(behind, lineEnd).trim() === "";
    return isAlone ? { start: lineStart, end: lineEnd + 1 } : { start, end };
  }

  #commaBehind({ span }: TableOption): number | undefined {
    return commaIn(this.#text, span.end);
  }

  #commaBefore(option: TableOption): number | undefined {
    const { options } = this.#table;
    const before = options[options.indexOf(option) - 1];
    return before === undefined ? undefined : commaIn(this.#text, before.span.end);
  }

  #lineBreak({ span }: TableOption): string {
    const lineStart = this.#text.lastIndexOf("\n", span.start - 1) + 1;
    const indent = this.#text.slice(lineStart, span.start);
    return indent.trim() === "" ? `\n${indent}` : " ";
  }

  #replace({ start, end }: { readonly start: number; readonly end: number }, value: string): void {
    const text = `'${value.replaceAll("'", "''")}'`;
    // A literal in another form that says the same stays as it is.
    if (this.#text.slice(start, end) !== text) this.edits.push({ start, end, text });
  }

  /** What no option tells. */
  #differences(): void {
    const isRead = this.#table.options.some(({ key }) => key.value.startsWith("scan."));
    if (!isRead && this.#valueOf("connector") !== "kinesis-legacy") return;
    this.diagnostics.push({
      severity: "warning",
      code: "MIGRATION_DIFFERENCE",
      message: `The table '${this.#name}' is read otherwise: children of a shard behind their parents, shards found by one reader for all, metrics under other names.`,
      ...this.#place(this.#table.span.start),
      table: this.#name,
      hint: "Checkpoints of the old source: 'tributary migrate checkpoint DIR --out DIR2'.",
    });
  }

  #report(option: TableOption, fault: Omit<Diagnostic, "table" | "option">): void {
    this.diagnostics.push({
      ...fault,
      ...this.#place(option.key.span.start),
      table: this.#name,
      option: option.key.value,
    });
  }
}

/** Of a region. @see AWS General Reference, ARN format. */
function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** Offset of the first comma from `from` on, comments passed over; undefined if something else comes first. */
function commaIn(text: string, from: number): number | undefined {
  const match = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*,/.exec(text.slice(from));
  return match === null ? undefined : from + match[0].length - 1;
}

/** Edits in the order of the text; one that lies in another is done with that one. */
function applied(text: string, edits: readonly Edit[]): string {
  const sorted = edits.toSorted((a, b) => a.start - b.start || b.end - a.end);
  let result = "";
  let done = 0;
  for (const { start, end, text: replacement } of sorted) {
    if (start < done) continue;
    result += text.slice(done, start) + replacement;
    done = end;
  }
  return result + text.slice(done);
}
