import { parseArgs } from "node:util";

import { TributaryError, nearestFirst, type Diagnostic } from "@tributary/core";

import { commandInvalid } from "./command-invalid.js";
import { COMMON_OPTIONS, operandText, type Command, type OptionSpec } from "./command.js";

/** The command line, split and checked. */
export interface ParsedCommandLine {
  readonly command: Command;
  readonly operands: readonly string[];
  readonly options: ReadonlyMap<string, readonly string[]>;
}

/** What to do instead of a command. */
type CommandLineAnswer =
  | ({ readonly kind: "command" } & ParsedCommandLine)
  | { readonly kind: "help"; readonly command?: Command }
  | { readonly kind: "version" };

/** Every option that any command takes: whether a word after `--name` is its value must be known before the command is. */
function everyOption(commands: readonly Command[]): Map<string, OptionSpec> {
  const all = new Map<string, OptionSpec>();
  for (const option of COMMON_OPTIONS) all.set(option.name, option);
  for (const command of commands) for (const option of command.options) all.set(option.name, option);
  return all;
}

function findCommand(words: readonly string[], commands: readonly Command[]): Command | undefined {
  return commands.find((command) => command.path.every((word, at) => words[at] === word));
}

function unknownCommand(words: readonly string[], commands: readonly Command[]): Diagnostic {
  const names = commands.map((command) => command.path.join(" "));
  const siblings = commands.filter((command) => command.path.length > 1 && command.path[0] === words[0]);
  const found = siblings.length > 0 ? words.slice(0, 2).join(" ") : (words[0] ?? "");
  const candidates = nearestFirst(
    found,
    siblings.length > 0 ? siblings.map((one) => one.path.join(" ")) : names,
  );
  return commandInvalid(`unknown command '${found}'`, {
    candidates,
    hint: "tributary --help lists the commands",
  });
}

function checkOptions(
  command: Command,
  given: ReadonlyMap<string, readonly (string | undefined)[]>,
): Diagnostic[] {
  const specs = [...command.options, ...COMMON_OPTIONS];
  const faults: Diagnostic[] = [];
  const help = `tributary ${command.path.join(" ")} --help lists the options`;
  for (const [name, values] of given) {
    const spec = specs.find((one) => one.name === name);
    if (spec === undefined) {
      const candidates = nearestFirst(
        `--${name}`,
        specs.map((one) => `--${one.name}`),
      );
      faults.push(commandInvalid(`unknown option '--${name}'`, { candidates, hint: help }));
      continue;
    }
    if (spec.value === undefined) {
      if (values.some((value) => value !== undefined))
        faults.push(commandInvalid(`option '--${name}' takes no value`));
      continue;
    }
    if (values.some((value) => value === undefined)) {
      faults.push(commandInvalid(`option '--${name}' needs a value`, { hint: `--${name} ${spec.value}` }));
    }
    if (spec.isRepeatable !== true && values.length > 1) {
      faults.push(
        commandInvalid(`option '--${name}' is given ${values.length} times`, { hint: "give it once" }),
      );
    }
    for (const value of values) {
      if (value !== undefined && spec.choices !== undefined && !spec.choices.includes(value)) {
        faults.push(
          commandInvalid(`option '--${name}' cannot be '${value}'`, {
            value,
            candidates: nearestFirst(value, spec.choices),
          }),
        );
      }
    }
  }
  return faults;
}

function checkOperands(command: Command, operands: readonly string[]): Diagnostic[] {
  const usage = `tributary ${command.path.join(" ")} ${command.operands.map(operandText).join(" ")}`.trim();
  const required = command.operands.filter((one) => one.isRepeatable !== true);
  const missing = required.slice(operands.length).map((one) => one.name);
  const faults: Diagnostic[] = [];
  if (missing.length > 0) faults.push(commandInvalid(`${missing.join(" and ")} missing`, { hint: usage }));
  const extras = required.length === command.operands.length ? operands.slice(required.length) : [];
  for (const extra of extras) {
    faults.push(commandInvalid(`unexpected argument '${extra}'`, { hint: usage }));
  }
  for (const [at, spec] of command.operands.entries()) {
    const found = operands[at];
    if (found !== undefined && spec.choices !== undefined && !spec.choices.includes(found)) {
      faults.push(
        commandInvalid(`${spec.name} cannot be '${found}'`, {
          candidates: nearestFirst(found, spec.choices),
          hint: usage,
        }),
      );
    }
  }
  return faults;
}

/** A command's own options, and those of others so that they are told apart from unknown ones. */
function optionsOf(command: Command, commands: readonly Command[]): readonly OptionSpec[] {
  const all = everyOption(commands);
  for (const option of [...COMMON_OPTIONS, ...command.options]) all.set(option.name, option);
  return [...all.values()];
}

interface CommandLineWords {
  readonly words: readonly string[];
  readonly given: ReadonlyMap<string, readonly (string | undefined)[]>;
  readonly wantsHelp: boolean;
  readonly wantsVersion: boolean;
}

function readTokens(args: readonly string[], specs: readonly OptionSpec[]): CommandLineWords {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      specs.map((option) => [
        option.name,
        { type: option.value === undefined ? ("boolean" as const) : ("string" as const), multiple: true },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const words: string[] = [];
  const given = new Map<string, (string | undefined)[]>();
  let wantsHelp = false;
  let wantsVersion = false;
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    if (token.name === "help" || token.rawName === "-h") wantsHelp = true;
    else if (token.name === "version" && words.length === 0) wantsVersion = true;
    else given.set(token.name, [...(given.get(token.name) ?? []), token.value]);
  }
  return { words, given, wantsHelp, wantsVersion };
}

/**
 * Splits and checks a command line.
 *
 * @throws `COMMAND_INVALID` with every fault found.
 */
export function parseCommandLine(args: readonly string[], commands: readonly Command[]): CommandLineAnswer {
  // Whether a word behind `--name` is its value depends on the command, which is known once the words are.
  const guessed = readTokens(args, [...everyOption(commands).values()]);
  const command = findCommand(guessed.words, commands);
  const { words, given, wantsHelp, wantsVersion } =
    command === undefined ? guessed : readTokens(args, optionsOf(command, commands));

  if (wantsVersion) return { kind: "version" };
  if (command === undefined) {
    if (words.length === 0 && (wantsHelp || given.size === 0)) return { kind: "help" };
    if (words.length === 0)
      throw new TributaryError(commandInvalid("no command given", { hint: "tributary --help" }));
    throw new TributaryError(unknownCommand(words, commands));
  }
  if (wantsHelp) return { kind: "help", command };

  const operands = words.slice(command.path.length);
  const faults = [...checkOptions(command, given), ...checkOperands(command, operands)];
  if (faults.length > 0) throw new TributaryError(faults);
  const options = new Map([...given].map(([name, values]) => [name, values.map((value) => value ?? "")]));
  return { kind: "command", command, operands, options };
}
