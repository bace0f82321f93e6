import type { Terminal } from "../output/terminal.js";

/** An option of a command, declared once: parsing, checking, `--help` and suggestions derive from it. */
export interface OptionSpec {
  /** Without the leading dashes. */
  readonly name: string;
  /** Placeholder of the value in `--help`; absent for a switch. */
  readonly value?: string;
  readonly isRepeatable?: boolean;
  readonly choices?: readonly string[];
  readonly summary: string;
}

/** An operand of a command. */
interface OperandSpec {
  readonly name: string;
  readonly choices?: readonly string[];
  /** Any number of them, none too; the last operand only. */
  readonly isRepeatable?: boolean;
}

/** An operand in `--help`. */
export function operandText({ name, isRepeatable }: OperandSpec): string {
  return isRepeatable === true ? `[${name}...]` : name;
}

/** What the user asked for, checked against the command's declaration. */
export interface Invocation {
  /** Operands in order, all present but repeatable ones. */
  readonly operands: readonly string[];
  /** Values of an option in written order; empty when absent. */
  readonly values: (name: string) => readonly string[];
  /** Last value of an option. */
  readonly value: (name: string) => string | undefined;
  readonly isSet: (name: string) => boolean;
  readonly terminal: Terminal;
}

/** One command of the command line. */
export interface Command {
  /** Words that select it, e.g. `["dev", "kinesis"]`. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly operands: readonly OperandSpec[];
  readonly options: readonly OptionSpec[];
  /** @returns the exit code. */
  run(invocation: Invocation): Promise<number>;
}

/** Options that every command takes. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  { name: "json", summary: "print JSON, one value a line" },
  {
    name: "log",
    value: "LEVEL",
    choices: ["error", "warn", "info", "debug", "trace"],
    summary: "what to log to stderr (default warn)",
  },
  { name: "no-color", summary: "no colour, also on a terminal" },
  { name: "help", summary: "print this text" },
];

/** Options of commands that load factories. */
export const MODULE_OPTIONS: readonly OptionSpec[] = [
  {
    name: "module",
    value: "NAME",
    isRepeatable: true,
    summary: "load a built-in module, or a plugin by package or path",
  },
  { name: "no-default-modules", summary: "start from nothing" },
];

/** Options of commands that plan a FILE. */
export const FILE_OPTIONS: readonly OptionSpec[] = [
  { name: "set", value: "KEY=VALUE", isRepeatable: true, summary: "as a SET before the first statement" },
  ...MODULE_OPTIONS,
];

/** What {@link MODULE_OPTIONS} say. */
export function modulesOf({ values, isSet }: Invocation): {
  readonly named: readonly string[];
  readonly withDefaults: boolean;
} {
  return { named: values("module"), withDefaults: !isSet("no-default-modules") };
}
