import {
  planEncoder,
  TributaryError,
  type Diagnostic,
  type PlannedEncoder,
  type RowType,
} from "@tributary/core";

import { MODULE_OPTIONS, modulesOf, type Command, type Invocation } from "../command-line/command.js";
import { FORMAT_OPTIONS, formatRequest } from "../format/format-request.js";
import { rowParser } from "../format/row-kinds.js";
import { whenReady } from "../format/services.js";
import { readLines } from "../format/stdin-records.js";
import { loadRegistry } from "../modules/load.js";
import { stderrLogger } from "../output/logger.js";
import { exitCodeOf, hasErrors } from "../output/outcome.js";

/** A record as a line: its bytes, or hexadecimal text; with `--json` a string of that or of Base64. */
function printRecord({ terminal, isSet }: Invocation, record: Uint8Array): void {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  const isHexadecimal = isSet("hex");
  if (terminal.isJson) terminal.printJson(bytes.toString(isHexadecimal ? "hex" : "base64"));
  else if (isHexadecimal) terminal.print(bytes.toString("hex"));
  else terminal.printBytes(bytes);
}

/** @returns true if a line could not be encoded; the lines after it are encoded nonetheless. */
async function encodeStdin(
  invocation: Invocation,
  { encoder, changelog, prepare }: PlannedEncoder,
  rowType: RowType,
): Promise<boolean> {
  const { terminal } = invocation;
  await whenReady((services) => prepare?.(services));
  const parse = rowParser(rowType, changelog);
  let line = 0;
  let hasFailed = false;
  for await (const lines of readLines(process.stdin)) {
    for (const bytes of lines) {
      line++;
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8").trim();
      if (text === "") continue;
      try {
        const { row, kind } = parse(text);
        for (const record of encoder.encode([row], [kind])) {
          if (record !== null) printRecord(invocation, record);
        }
      } catch (error) {
        if (!TributaryError.is(error)) throw error;
        terminal.report(
          error.diagnostics.map((one): Diagnostic => ({
            ...one,
            file: one.file ?? "stdin",
            line: one.line ?? line,
          })),
        );
        hasFailed ||= hasErrors(error.diagnostics);
      }
    }
    await terminal.drained();
  }
  return hasFailed;
}

/** `tributary format encode`: rows to bytes of records. */
export const formatEncode: Command = {
  path: ["format", "encode"],
  summary: "read rows from stdin, canonical JSON one a line, and print a record each",
  operands: [],
  options: [
    ...FORMAT_OPTIONS,
    { name: "hex", summary: "print records as hexadecimal text" },
    ...MODULE_OPTIONS,
  ],
  async run(invocation) {
    const request = formatRequest(invocation);
    const registry = await loadRegistry({ ...modulesOf(invocation), folders: [process.cwd()] });
    const logger = stderrLogger(invocation);
    const { value, diagnostics } = planEncoder(request, { registry, timeZone: "UTC", logger });
    invocation.terminal.report(diagnostics);
    const hasFailed = value !== undefined && (await encodeStdin(invocation, value, request.rowType));
    await registry.dispose();
    if (value === undefined) return exitCodeOf(diagnostics);
    return hasFailed ? 1 : 0;
  },
};
