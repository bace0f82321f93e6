import { writeFile } from "node:fs/promises";

import { TributaryError, sortDiagnostics } from "@tributary/core";

import { commandInvalid } from "../command-line/command-invalid.js";
import type { Command } from "../command-line/command.js";
import { readScript } from "../job/script-text.js";
import { migrateScript } from "../migrate/migrate-script.js";
import { hasErrors } from "../output/outcome.js";

const TARGETS = ["kinesis@5", "kinesis-streams@5"];

/** `tributary migrate`: a script's tables of the old Kinesis connectors as tables of the new one. */
export const migrate: Command = {
  path: ["migrate"],
  summary: "rewrite a script's old Kinesis tables for the new connector",
  operands: [{ name: "FILE" }],
  options: [
    { name: "to", value: "MODULE", choices: TARGETS, summary: "the distribution to migrate to; required" },
    { name: "account", value: "ID", summary: "account of the streams, to make ARNs of their names" },
    { name: "region", value: "NAME", summary: "region of tables that have none" },
    { name: "out", value: "FILE", summary: "where to write the script (default stdout)" },
  ],
  async run({ operands, value, terminal }) {
    const [file = ""] = operands;
    const [to, account, region] = [value("to"), value("account"), value("region")];
    if (to === undefined) {
      throw new TributaryError(commandInvalid("--to MODULE is missing", { candidates: TARGETS }));
    }
    if (account !== undefined && !/^\d{12}$/.test(account)) {
      throw new TributaryError(
        commandInvalid(`--account '${account}' does not have 12 digits`, { value: account }),
      );
    }
    const { text, diagnostics } = await migrateScript(await readScript(file), {
      file,
      module: to,
      ...(account !== undefined && { account }),
      ...(region !== undefined && { region }),
    });
    if (!hasErrors(diagnostics)) {
      const out = value("out");
      if (out !== undefined) await writeFile(out, text);
      else if (terminal.isJson) terminal.printJson({ event: "migrated", script: text });
      else terminal.print(text.replace(/\n$/, ""));
    }
    terminal.report(sortDiagnostics(diagnostics));
    return hasErrors(diagnostics) ? 1 : 0;
  },
};
