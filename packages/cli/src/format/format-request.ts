import { parseType, printType, TributaryError } from "@tributary/core";
import type { Diagnostic, FormatRequest, RowType, TableOption } from "@tributary/core";

import { commandInvalid } from "../command-line/command-invalid.js";
import type { Invocation, OptionSpec } from "../command-line/command.js";

/** Options of commands that work with one format. */
export const FORMAT_OPTIONS: readonly OptionSpec[] = [
  { name: "format", value: "F", summary: "identifier of the format, such as csv (required)" },
  { name: "schema", value: "TYPE", summary: "columns, as 'ROW<id BIGINT, name STRING>' (required)" },
  {
    name: "option",
    value: "KEY=VALUE",
    isRepeatable: true,
    summary: "an option of the format, with or without its prefix",
  },
];

/** What messages call the rows. */
const TABLE = "rows";

/**
 * The format and the columns that the command line asks for.
 *
 * @throws `COMMAND_INVALID` for every fault of the command line; `SCHEMA_INVALID` if the schema is no row type.
 */
export function formatRequest(invocation: Invocation): FormatRequest {
  const { value } = invocation;
  const identifier = value("format");
  const schema = value("schema");
  const faults: Diagnostic[] = [];
  if (identifier === undefined) faults.push(commandInvalid("--format is missing", { hint: "--format csv" }));
  if (schema === undefined) {
    faults.push(commandInvalid("--schema is missing", { hint: "--schema 'ROW<id BIGINT, name STRING>'" }));
  }
  const options = formatOptions(invocation, identifier ?? "", faults);
  if (identifier === undefined || schema === undefined || faults.length > 0) throw new TributaryError(faults);
  return { identifier, table: TABLE, rowType: rowTypeOf(schema), options };
}

/** What `--option` says, by full key; faults are added to the list. */
export function formatOptions(
  { values }: Invocation,
  identifier: string,
  faults: Diagnostic[],
): readonly TableOption[] {
  return values("option").map((text) => {
    const at = text.indexOf("=");
    if (at <= 0) {
      const hint = "for example --option null-literal=N/A";
      faults.push(commandInvalid(`--option '${text}' is not KEY=VALUE`, { hint }));
    }
    return { key: prefixed(text.slice(0, at), identifier), value: text.slice(at + 1) };
  });
}

/** Keys stand as in the format's own table, or as in a table's WITH clause. */
function prefixed(key: string, identifier: string): string {
  return key.startsWith(`${identifier}.`) ? key : `${identifier}.${key}`;
}

/** The row itself is NOT NULL, as a table's is, whatever is said. */
function rowTypeOf(schema: string): RowType {
  const type = parseType(schema);
  if (type.kind === "ROW") return { ...type, nullable: false };
  throw new TributaryError({
    severity: "error",
    code: "SCHEMA_INVALID",
    message: `The schema is ${printType(type)} and not a ROW.`,
    value: schema,
    hint: "Write the columns as 'ROW<id BIGINT, name STRING>'.",
  });
}
