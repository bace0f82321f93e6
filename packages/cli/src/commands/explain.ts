import { explainGraph, explainText } from "@tributary/core";

import { MODULE_OPTIONS, type Command } from "../command-line/command.js";
import { loadJob, sourceOf } from "../job/script.js";
import { stderrLogger } from "../output/logger.js";
import { hasErrors } from "../output/outcome.js";

/** `tributary explain`: the plan as stages, or as a graph of nodes and edges. */
export const explain: Command = {
  path: ["explain"],
  summary: "show the plan: tables, fused stages, keyed exchanges",
  operands: [{ name: "FILE" }],
  options: [
    { name: "set", value: "KEY=VALUE", isRepeatable: true, summary: "as a SET before the first statement" },
    ...MODULE_OPTIONS,
  ],
  async run(invocation) {
    const { terminal } = invocation;
    const job = await loadJob(invocation, "run", stderrLogger(invocation));
    // With --json stdout holds the plan alone unless there is none.
    if (hasErrors(job.diagnostics)) {
      terminal.report(job.diagnostics, sourceOf(job));
      return 1;
    }
    if (!terminal.isJson) terminal.report(job.diagnostics, sourceOf(job));
    if (job.graph === undefined) {
      if (terminal.isJson) terminal.printJson({ nodes: [], edges: [] });
      else terminal.print("nothing to run: the script has no INSERT");
    } else {
      const explanation = explainGraph(job.graph);
      if (terminal.isJson) terminal.printJson(explanation);
      else terminal.print(explainText(explanation));
    }
    await job.registry.dispose();
    return 0;
  },
};
