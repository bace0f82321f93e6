import { COMMON_OPTIONS, operandText, type Command, type OptionSpec } from "./command.js";

/** Widest line of the help texts, in characters. */
const WIDTH = 80;

function wrap(text: string, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
}

function table(rows: readonly (readonly [string, string])[]): string {
  const left = Math.min(30, Math.max(...rows.map(([name]) => name.length))) + 4;
  return rows
    .map(([name, text]) => {
      const head = `  ${name}`;
      const gap = head.length + 2 > left ? `\n${" ".repeat(left)}` : " ".repeat(left - head.length);
      return head + gap + wrap(text, left);
    })
    .join("\n");
}

function optionRow(option: OptionSpec): readonly [string, string] {
  const choices = option.choices === undefined ? "" : ` (${option.choices.join(", ")})`;
  const repeat = option.isRepeatable === true ? "; may be repeated" : "";
  return [
    `--${option.name}${option.value === undefined ? "" : ` ${option.value}`}`,
    option.summary + choices + repeat,
  ];
}

/** Text of `tributary --help`. */
export function generalHelp(commands: readonly Command[], version: string): string {
  const rows = commands.map((command): readonly [string, string] => [
    [...command.path, ...command.operands.map(operandText)].join(" "),
    command.summary,
  ]);
  return [
    `tributary ${version}: data pipelines in SQL and TypeScript`,
    "",
    "Usage: tributary COMMAND [OPTIONS]",
    "",
    table(rows),
    "",
    wrap(
      "Every command takes --help. Exit codes: 0 done, 1 wrong input, 2 wrong command line, 3 the outside world failed, 130 interrupted.",
      0,
    ),
    "",
  ].join("\n");
}

/** Text of `tributary COMMAND --help`. */
export function commandHelp(command: Command): string {
  const words = ["tributary", ...command.path, ...command.operands.map(operandText), "[OPTIONS]"];
  return [
    wrap(command.summary, 0),
    "",
    `Usage: ${words.join(" ")}`,
    "",
    table([...command.options, ...COMMON_OPTIONS].map(optionRow)),
    "",
  ].join("\n");
}
