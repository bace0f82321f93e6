import { sortDiagnostics, TributaryError } from "@tributary/core";

import type { Command } from "./command-line/command.js";
import { commandHelp, generalHelp } from "./command-line/help.js";
import { parseCommandLine, type ParsedCommandLine } from "./command-line/parse.js";
import { checkpointPositions } from "./commands/checkpoint-positions.js";
import { connectors } from "./commands/connectors.js";
import { describe } from "./commands/describe.js";
import { devKinesis } from "./commands/dev-kinesis.js";
import { explain } from "./commands/explain.js";
import { formatDecode } from "./commands/format-decode.js";
import { formatEncode } from "./commands/format-encode.js";
import { formatInfer } from "./commands/format-infer.js";
import { migrateCheckpoint } from "./commands/migrate-checkpoint.js";
import { migrate } from "./commands/migrate.js";
import { newPlugin } from "./commands/new-plugin.js";
import { run } from "./commands/run.js";
import { validate } from "./commands/validate.js";
import { exitCodeOf } from "./output/outcome.js";
import { Terminal, tolerateClosedPipes } from "./output/terminal.js";
import { packageVersion } from "./version.js";

/** The commands, in the order in which `--help` lists them. */
const COMMANDS: readonly Command[] = [
  run,
  validate,
  explain,
  connectors,
  describe,
  formatDecode,
  formatEncode,
  formatInfer,
  checkpointPositions,
  // Before the other: its first word is that one's only word.
  migrateCheckpoint,
  migrate,
  devKinesis,
  newPlugin,
];

async function execute(
  { command, operands, options }: ParsedCommandLine,
  terminal: Terminal,
): Promise<number> {
  const values = (name: string): readonly string[] => options.get(name) ?? [];
  return command.run({
    operands,
    values,
    value: (name) => values(name).at(-1),
    isSet: (name) => options.has(name),
    terminal,
  });
}

/**
 * The `tributary` command.
 *
 * @param args - the words after the command's name.
 * @returns the exit code: 0 done, 1 wrong input, 2 wrong command line, 3 the outside world failed, 130 interrupted.
 * @public
 */
export async function main(args: readonly string[]): Promise<number> {
  tolerateClosedPipes([process.stdout, process.stderr]);
  const terminal = new Terminal({
    isJson: args.includes("--json"),
    isPlain: args.includes("--no-color"),
    stdout: process.stdout,
    stderr: process.stderr,
  });
  try {
    const answer = parseCommandLine(args, COMMANDS);
    switch (answer.kind) {
      case "version":
        terminal.print(packageVersion());
        return 0;
      case "help":
        terminal.print(
          (answer.command === undefined
            ? generalHelp(COMMANDS, packageVersion())
            : commandHelp(answer.command)
          ).trimEnd(),
        );
        return 0;
      case "command":
        return await execute(answer, terminal);
    }
  } catch (error) {
    if (TributaryError.is(error)) {
      terminal.report(sortDiagnostics(error.diagnostics));
      return exitCodeOf(error.diagnostics);
    }
    // A defect of ours or of the user's own code: here the trace is what helps.
    terminal.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  }
}
