import { TributaryError } from "@tributary/core";
import type { Diagnostic, PlanContext } from "@tributary/core";
import { inferAvro } from "./infer-avro.js";
import { inferCsv } from "./infer-csv.js";
import { inferJson } from "./infer-json.js";
import type { InferredColumns, InferRequest } from "./inferred-columns.js";

/**
 * The columns of a table that reads the samples, each with what is uncertain about it. A type is as narrow as the sample
 * allows, but no narrower than what is usual: whole numbers are BIGINT, columns are nullable (Avro's say themselves
 * whether they are).
 *
 * Without an error among the diagnostics, a table with these columns, the given options and those of the result decodes
 * every record of the sample, but what a container file holds.
 *
 * @returns `SCHEMA_INVALID` among the diagnostics for an Avro schema that is none, and where there is no schema or record.
 * @public
 */
export function inferColumns(request: InferRequest, context: PlanContext): InferredColumns {
  const inferred = inferOf(request, context);
  if (inferred.columns.length > 0 || inferred.diagnostics.some(({ severity }) => severity === "error")) {
    return inferred;
  }
  return { ...inferred, diagnostics: [...inferred.diagnostics, emptySample(request)] };
}

function inferOf(request: InferRequest, context: PlanContext): InferredColumns {
  try {
    switch (request.format) {
      case "json":
        return inferJson(request, context);
      case "csv":
        return inferCsv(request, context);
      case "avro":
        return inferAvro(request, context);
    }
  } catch (error) {
    if (!TributaryError.is(error)) throw error;
    return { columns: [], options: new Map(), notes: [], diagnostics: error.diagnostics };
  }
}

function emptySample({ samples, format }: InferRequest): Diagnostic {
  const [first] = samples;
  return {
    severity: "error",
    code: "SCHEMA_INVALID",
    message: `The sample holds no ${format} record with a column.`,
    ...(first !== undefined && { file: first.name }),
    hint: "Give a file with at least one record, or pipe one to stdin.",
  };
}
