import { MODULE_OPTIONS, type Command } from "../command-line/command.js";
import { loadJob, sourceOf } from "../job/script.js";
import { hasErrors } from "../output/outcome.js";
import { stderrLogger } from "../output/logger.js";

/** `tributary validate`: parses and plans without connecting to anything. */
export const validate: Command = {
  path: ["validate"],
  summary: "check a script or pipeline without connecting to anything",
  operands: [{ name: "FILE" }],
  options: [
    { name: "set", value: "KEY=VALUE", isRepeatable: true, summary: "as a SET before the first statement" },
    ...MODULE_OPTIONS,
  ],
  async run(invocation) {
    const { terminal, operands } = invocation;
    const job = await loadJob(invocation, "validate", stderrLogger(invocation));
    terminal.report(job.diagnostics, { onStdout: true, ...sourceOf(job) });
    const failed = hasErrors(job.diagnostics);
    if (!terminal.isJson && !failed) terminal.print(`${operands[0]} is valid`);
    await job.registry.dispose();
    return failed ? 1 : 0;
  },
};
