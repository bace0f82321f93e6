import { readFile } from "node:fs/promises";

import { TributaryError } from "@tributary/core";

import { commandInvalid } from "../command-line/command-invalid.js";

/**
 * The text of a SQL script.
 *
 * @throws `COMMAND_INVALID` if it cannot be read; `SQL_SYNTAX` if it is no UTF-8.
 */
export async function readScript(file: string): Promise<string> {
  return decodeScript(await readFileBytes(file), file);
}

/** The text without its byte order mark. @throws `SQL_SYNTAX` at the first byte that is no UTF-8. */
function decodeScript(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const { line, column } = endOf(validPrefix(bytes));
    throw new TributaryError({
      severity: "error",
      code: "SQL_SYNTAX",
      message: `${file} is not UTF-8 text`,
      file,
      line,
      column,
      hint: "Save it as UTF-8; this is the first byte that is not.",
    });
  }
}

/** Text up to the first byte that is no UTF-8. */
function validPrefix(bytes: Uint8Array): string {
  let [from, to] = [0, bytes.length];
  // A prefix decodes in streaming mode, where it may end within a character, exactly up to the fault.
  while (from < to) {
    const middle = Math.ceil((from + to) / 2);
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      from = middle;
    } catch {
      to = middle - 1;
    }
  }
  return new TextDecoder().decode(bytes.subarray(0, from), { stream: true });
}

function endOf(text: string): { readonly line: number; readonly column: number } {
  const lines = text.split(/\r\n|\n|\r/);
  return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}

/** @throws `COMMAND_INVALID` if there is no such file, or it cannot be read. */
export async function readFileBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === "ENOENT"
        ? "does not exist"
        : code === "EISDIR"
          ? "is a directory"
          : `cannot be read (${code})`;
    throw new TributaryError(commandInvalid(`${file} ${reason}`, { file }));
  }
}
