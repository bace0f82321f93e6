import { failedStep, TributaryError, type PipelineGraph } from "@tributary/core";

/**
 * A job's failure with the table and the connector whose step met it. A connector's client does not know for which
 * table it works; the step does.
 */
export function atTable(error: unknown, graph: PipelineGraph): unknown {
  const step = failedStep(error);
  const details = graph.nodes.find((node) => node.name === step)?.details;
  const { table, connector } = details ?? {};
  if (!TributaryError.is(error) || typeof table !== "string") return error;
  const place = { table, ...(typeof connector === "string" ? { connector } : {}) };
  return new TributaryError(
    error.diagnostics.map((one) => ({ ...place, ...one })),
    { cause: error, retryable: error.retryable },
  );
}
