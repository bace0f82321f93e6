import type { DiagnosticCode } from "../diagnostics/codes.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { MASK, isSecretKey, withoutUserInfo } from "../diagnostics/secrets.js";
import type { FactoryRole } from "../factory/factory.js";
import type { SourcePlace } from "../table/schema.js";
import type { TableOption } from "../table/table.js";
import type { OptionDeclaration } from "./option.js";

/** Whose options are parsed, and where they stand; all of it only goes into diagnostics. @public */
export interface OptionsContext {
  readonly role?: FactoryRole;
  /** Identifier of the connector or format. */
  readonly identifier?: string;
  readonly table?: string;
  /** Where the table is declared: the place of what is missing. */
  readonly place?: SourcePlace;
  /** Prefix of a format's options, e.g. `csv.`; only keys below it are looked at. */
  readonly prefix?: string;
  /** Further parts of keys that make a value secret (session option `security.redaction.additional-keys`). */
  readonly secretKeys?: readonly string[];
}

/** `the source 'kinesis'`, for messages. */
export function ownerOf({ role, identifier }: OptionsContext): string {
  if (identifier === undefined) return role === undefined ? "these options" : `this ${role}`;
  return `the ${role ?? "connector"} '${identifier}'`;
}

/** The value as it may be printed. */
export function printedValue(
  { key, value }: TableOption,
  declaration: OptionDeclaration | undefined,
  context: OptionsContext,
): string {
  const isSecret = declaration?.isSecret === true || isSecretKey(key, context.secretKeys);
  return isSecret ? MASK : withoutUserInfo(value);
}

/** Removes a secret from a text that others made and that may quote it. */
export function withoutSecret(text: string, { value }: TableOption, printed: string): string {
  return printed !== value && value !== "" ? text.replaceAll(value, printed) : text;
}

/** A diagnostic about a key: at the entry's place, or the table's where there is no entry. */
export function optionDiagnostic(
  base: {
    readonly severity: Diagnostic["severity"];
    readonly code: DiagnosticCode;
    readonly message: string;
  },
  key: string,
  place: SourcePlace | undefined,
  context: OptionsContext,
  more: Pick<Diagnostic, "value" | "candidates" | "hint"> = {},
): Diagnostic {
  return {
    ...base,
    ...(place?.file !== undefined && { file: place.file }),
    ...(place !== undefined && { line: place.line, column: place.column }),
    ...(context.table !== undefined && { table: context.table }),
    ...(context.identifier !== undefined && { connector: context.identifier }),
    option: key,
    ...more,
  };
}
