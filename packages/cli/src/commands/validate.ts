import { sortDiagnostics, TributaryError } from "@tributary/core";

import { FILE_OPTIONS, type Command } from "../command-line/command.js";
import { loadJob, sourceOf } from "../job/script.js";
import { exitCodeOf, hasErrors } from "../output/outcome.js";
import { stderrLogger } from "../output/logger.js";

/** `tributary validate`: parses and plans without connecting to anything. */
export const validate: Command = {
  path: ["validate"],
  summary: "check a script or pipeline without connecting to anything",
  operands: [{ name: "FILE" }],
  options: FILE_OPTIONS,
  async run(invocation) {
    const { terminal, operands } = invocation;
    const job = await loadJob(invocation, "validate", stderrLogger(invocation)).catch((error: unknown) => {
      if (!TributaryError.is(error) || exitCodeOf(error.diagnostics) !== 1) throw error;
      terminal.report(sortDiagnostics(error.diagnostics), { onStdout: true });
      return undefined;
    });
    if (job === undefined) return 1;
    try {
      terminal.report(job.diagnostics, { onStdout: true, ...sourceOf(job) });
      const failed = hasErrors(job.diagnostics);
      if (!terminal.isJson && !failed) terminal.print(`${operands[0]} is valid`);
      return failed ? 1 : 0;
    } finally {
      await job.registry.dispose();
    }
  },
};
