import { explainGraph, explainText, type PipelineGraph } from "@tributary/core";

import { FILE_OPTIONS, type Command } from "../command-line/command.js";
import { loadJob, parallelismOf, sourceOf } from "../job/script.js";
import { stderrLogger } from "../output/logger.js";
import { hasErrors } from "../output/outcome.js";
import type { Terminal } from "../output/terminal.js";

function printPlan(graph: PipelineGraph | undefined, parallelism: number, terminal: Terminal): void {
  if (graph === undefined) {
    if (terminal.isJson) terminal.printJson({ nodes: [], edges: [] });
    else terminal.print("nothing to run: the script has no INSERT");
    return;
  }
  const explanation = explainGraph(graph, parallelism);
  if (terminal.isJson) terminal.printJson(explanation);
  else terminal.print(explainText(explanation));
}

/** `tributary explain`: the plan as stages, or as a graph of nodes and edges. */
export const explain: Command = {
  path: ["explain"],
  summary: "show the plan: tables, fused stages, keyed exchanges",
  operands: [{ name: "FILE" }],
  options: FILE_OPTIONS,
  async run(invocation) {
    const { terminal } = invocation;
    const job = await loadJob(invocation, "explain", stderrLogger(invocation));
    try {
      const failed = hasErrors(job.diagnostics);
      // With --json stdout holds the plan alone unless there is none.
      if (failed || !terminal.isJson) terminal.report(job.diagnostics, sourceOf(job));
      if (failed) return 1;
      printPlan(job.graph, parallelismOf(job.settings), terminal);
      return 0;
    } finally {
      await job.registry.dispose();
    }
  },
};
