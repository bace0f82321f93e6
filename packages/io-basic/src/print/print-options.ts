import { Option } from "@tributary/core";

const SOURCE = "Flink documentation, Print SQL connector";

/** Options of the sink `print`. @public */
export class PrintOptions {
  @Option({
    key: "print-identifier",
    type: "string",
    summary: "A name put before each row as 'name> ', or 'name:2> ' by the second of several writers.",
    source: SOURCE,
  })
  readonly identifier?: string;

  @Option({
    key: "standard-error",
    type: "boolean",
    summary: "Print to the standard error stream instead of the standard output.",
    source: SOURCE,
  })
  readonly printsToStandardError: boolean = false;
}
