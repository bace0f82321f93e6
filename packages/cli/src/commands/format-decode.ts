import {
  malformedPlace,
  planDecoder,
  type DecodeOutput,
  type FormatRequest,
  type MalformedRecord,
  type PlannedDecoder,
} from "@tributary/core";

import { MODULE_OPTIONS, modulesOf, type Command, type Invocation } from "../command-line/command.js";
import { FORMAT_OPTIONS, formatRequest } from "../format/format-request.js";
import { rowPrinter } from "../format/row-kinds.js";
import { whenReady } from "../format/services.js";
import { fromHexadecimal, readAll, readLines } from "../format/stdin-records.js";
import { loadRegistry } from "../modules/load.js";
import { stderrLogger } from "../output/logger.js";
import { exitCodeOf } from "../output/outcome.js";
import type { Terminal } from "../output/terminal.js";

/** Prints what a decoder finds, a line each. */
class RowPrinter implements DecodeOutput {
  readonly #terminal: Terminal;
  readonly #request: FormatRequest;
  readonly #print: ReturnType<typeof rowPrinter>;
  hasFailed = false;

  constructor(terminal: Terminal, request: FormatRequest, { changelog }: PlannedDecoder) {
    this.#terminal = terminal;
    this.#request = request;
    this.#print = rowPrinter(request.rowType, changelog);
  }

  row: DecodeOutput["row"] = (_index, row, kind = "+I") => this.#terminal.print(this.#print(row, kind));

  malformed: DecodeOutput["malformed"] = (_index, fault) => this.fail(messageOf(fault, this.#request));

  /** The format ignores its errors. */
  skipped: DecodeOutput["skipped"] = () => undefined;

  fail(message: string): void {
    this.hasFailed = true;
    this.#terminal.printJson({ $error: { code: "RECORD_MALFORMED", message } });
  }
}

function messageOf(fault: MalformedRecord, { identifier, rowType }: FormatRequest): string {
  const where = malformedPlace(fault, rowType);
  const place = where.length === 0 ? "" : ` (${where.join(", ")})`;
  const near = fault.excerpt === undefined ? "" : ` Near: ${fault.excerpt}`;
  return `The record cannot be decoded as ${identifier}${place}: ${fault.reason}${near}`;
}

async function decodeStdin(
  { isSet, terminal }: Invocation,
  { decoder }: PlannedDecoder,
  printer: RowPrinter,
): Promise<void> {
  const isHexadecimal = isSet("hex");
  const decode = async (records: readonly Uint8Array[]): Promise<void> => {
    const messages = isHexadecimal ? records.map(fromHexadecimal) : records;
    const present = messages.filter((message) => message !== undefined);
    await whenReady((services) => decoder.prepare?.(present, services));
    if (present.length === messages.length) {
      decoder.decode(present, printer);
      return;
    }
    for (const message of messages) {
      if (message === undefined) printer.fail("The record is not hexadecimal text of whole bytes.");
      else decoder.decode([message], printer);
    }
  };
  if (!isSet("lines")) {
    await decode([await readAll(process.stdin)]);
    return;
  }
  for await (const records of readLines(process.stdin)) {
    await decode(records);
    await terminal.drained();
  }
}

/** `tributary format decode`: bytes of records to rows. */
export const formatDecode: Command = {
  path: ["format", "decode"],
  summary: "read a record from stdin and print its rows",
  operands: [],
  options: [
    ...FORMAT_OPTIONS,
    { name: "hex", summary: "records are hexadecimal text" },
    { name: "lines", summary: "one record a line (default: all of stdin is one)" },
    ...MODULE_OPTIONS,
  ],
  async run(invocation) {
    const { terminal } = invocation;
    const request = formatRequest(invocation);
    const registry = await loadRegistry({ ...modulesOf(invocation), folders: [process.cwd()] });
    const logger = stderrLogger(invocation);
    const { value, diagnostics } = planDecoder(request, { registry, timeZone: "UTC", logger });
    terminal.report(diagnostics);
    if (value === undefined) {
      await registry.dispose();
      return exitCodeOf(diagnostics);
    }
    const printer = new RowPrinter(terminal, request, value);
    await decodeStdin(invocation, value, printer);
    await registry.dispose();
    return printer.hasFailed ? 1 : 0;
  },
};
