import type { DiagnosticCode } from "../diagnostics/codes.js";
import type { Severity } from "../diagnostics/diagnostic.js";

/** What a cross check found. @public */
export interface OptionFault {
  /** The option to point at, as declared (without a format's prefix). */
  readonly key: string;
  /** Other options the rule looked at. The fault is left out if one of them is faulty by itself. */
  readonly otherKeys?: readonly string[];
  /** Default `OPTION_INVALID`. */
  readonly code?: Extract<
    DiagnosticCode,
    "OPTION_INVALID" | "OPTION_MISSING" | "OPTION_CONFLICT" | "OPTION_IGNORED" | "OPTION_DEPRECATED"
  >;
  /** Default: `warning` for `OPTION_IGNORED` and `OPTION_DEPRECATED`, else `error`. */
  readonly severity?: Severity;
  /** One sentence with the actual values quoted; holds no secret. */
  readonly message: string;
  readonly hint?: string;
  readonly candidates?: readonly string[];
}

/** What a cross check may ask beside the parsed values. @public */
export interface CrossCheckContext {
  /** Was the option given, under any of its spellings? Tells a given value from a default. */
  isGiven(key: string): boolean;
  /** The full key as the user writes it: with the format's prefix. */
  fullKey(key: string): string;
}

/** A rule across options. @public */
export type CrossCheckMethod = (context: CrossCheckContext) => readonly OptionFault[];
