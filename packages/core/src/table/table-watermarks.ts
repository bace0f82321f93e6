import { TributaryError } from "../diagnostics/error.js";
import type { WatermarkAssigner } from "../pipeline/graph.js";
import type { Row } from "../types/logical-type.js";
import type { WatermarkDeclaration } from "./schema.js";

/** Event time and watermark of a table's rows, from its WATERMARK clause. */
export function tableWatermarks(table: string, declaration: WatermarkDeclaration): WatermarkAssigner {
  const { eventTime, watermark } = declaration;
  return {
    assign(values, timestamps) {
      let highest = Number.NEGATIVE_INFINITY;
      for (let index = 0; index < values.length; index++) {
        const row = values[index] as Row;
        const time = eventTime(row);
        if (time === null) throw nullTime(table, declaration.column);
        timestamps[index] = time;
        const mark = watermark(row);
        if (mark !== null && mark > highest) highest = mark;
      }
      // SQL's watermark W says "no more rows at or before W"; the model's says "none before".
      return highest + 1;
    },
  };
}

function nullTime(table: string, column: string): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "RECORD_MALFORMED",
    message: `A row of the table '${table}' has NULL in its event-time column '${column}'.`,
    table,
    columnName: column,
    hint: `Give '${column}' a value in every record, or declare the watermark on a computed column that replaces NULL (COALESCE).`,
  });
}
