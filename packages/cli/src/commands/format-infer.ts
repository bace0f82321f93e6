import { printType, TributaryError, type Diagnostic, type PlanContext } from "@tributary/core";
import type { InferredColumns, InferRequest, InferSample } from "@tributary/formats";

import { commandInvalid } from "../command-line/command-invalid.js";
import { MODULE_OPTIONS, modulesOf, type Command, type Invocation } from "../command-line/command.js";
import { columnList } from "../format/column-list.js";
import { formatOptions } from "../format/format-request.js";
import { readAll } from "../format/stdin-records.js";
import { readFileBytes } from "../job/script-text.js";
import { loadRegistry } from "../modules/load.js";
import { exitCodeOf, hasErrors } from "../output/outcome.js";
import { stderrLogger } from "../output/logger.js";
import type { Terminal } from "../output/terminal.js";

const FORMATS = ["json", "csv", "avro"] as const;

/** @throws `COMMAND_INVALID` with every fault of the command line, and if a FILE cannot be read. */
async function requestOf(invocation: Invocation): Promise<InferRequest> {
  const { value, isSet } = invocation;
  const format = FORMATS.find((one) => one === value("format"));
  const faults: Diagnostic[] = [];
  if (format === undefined) faults.push(commandInvalid("--format is missing", { hint: "--format json" }));
  const options = formatOptions(invocation, format ?? "", faults);
  if (isSet("header") && format !== "csv" && format !== undefined) {
    faults.push(commandInvalid("--header is for csv alone", { hint: "leave it out" }));
  }
  if (isSet("schema") && format !== "avro" && format !== undefined) {
    faults.push(commandInvalid("--schema is for avro alone: the writer's schema", { hint: "leave it out" }));
  }
  if (format === undefined || faults.length > 0) throw new TributaryError(faults);
  const writerSchema = await schemaOf(value("schema"));
  return {
    format,
    options,
    samples: await samplesOf(invocation, writerSchema !== undefined),
    isLines: isSet("lines"),
    hasHeader: isSet("header"),
    ...(writerSchema !== undefined && { writerSchema }),
  };
}

/** JSON as it is, or a file that holds it. */
async function schemaOf(text: string | undefined): Promise<string | undefined> {
  if (text === undefined || /^\s*[[{"]/.test(text)) return text;
  return Buffer.from(await readFileBytes(text)).toString("utf8");
}

/** @param isComplete - nothing more is needed: stdin is read only if it is no terminal. */
async function samplesOf({ operands }: Invocation, isComplete: boolean): Promise<readonly InferSample[]> {
  if (operands.length > 0) {
    return Promise.all(operands.map(async (name) => ({ name, bytes: await readFileBytes(name) })));
  }
  if (isComplete && process.stdin.isTTY === true) return [];
  return [{ name: "stdin", bytes: await readAll(process.stdin) }];
}

function print(terminal: Terminal, inferred: InferredColumns): void {
  if (!terminal.isJson) {
    terminal.print(columnList(inferred));
    return;
  }
  for (const { name, type, notes } of inferred.columns) {
    terminal.printJson({ column: name, type: printType(type), notes });
  }
  for (const [key, value] of inferred.options) terminal.printJson({ option: key, value });
  for (const note of inferred.notes) terminal.printJson({ note });
}

/** `tributary format infer`: sample records to the columns of a table. */
export const formatInfer: Command = {
  path: ["format", "infer"],
  summary: "read sample records and print the columns of a table for them",
  operands: [{ name: "FILE", isRepeatable: true }],
  options: [
    { name: "format", value: "F", choices: FORMATS, summary: "what the records are (required)" },
    {
      name: "option",
      value: "KEY=VALUE",
      isRepeatable: true,
      summary: "an option of the format, with or without its prefix",
    },
    { name: "lines", summary: "one record a line (default: a sample is taken apart by the format)" },
    { name: "header", summary: "csv: the first record of each sample holds the names" },
    {
      name: "schema",
      value: "SCHEMA",
      summary: "avro: the writer's schema, as JSON or a file that holds it",
    },
    ...MODULE_OPTIONS,
  ],
  async run(invocation) {
    const { terminal } = invocation;
    const request = await requestOf(invocation);
    const { inferColumns } = await import("@tributary/formats");
    const registry = await loadRegistry({ ...modulesOf(invocation), folders: [process.cwd()] });
    try {
      const context: PlanContext = { registry, timeZone: "UTC", logger: stderrLogger(invocation) };
      const inferred = inferColumns(request, context);
      terminal.report(inferred.diagnostics);
      if (hasErrors(inferred.diagnostics)) return exitCodeOf(inferred.diagnostics);
      print(terminal, inferred);
      return 0;
    } finally {
      await registry.dispose();
    }
  },
};
