/** What a value parser gives: the value, or what is wrong with the text and what would have been right. @public */
export type ParsedValue<T> = { readonly ok: true; readonly value: T } | ParseFault;

/** Why a text is no value, and what would have been one. @public */
export interface ParseFault {
  readonly ok: false;
  /** Continues "The value 'x' of option 'key' ...", without the value itself (it may be a secret). */
  readonly reason: string;
  /** The form that would have been accepted. */
  readonly expected: string;
  /** Values that would have been accepted, in declared order. */
  readonly candidates?: readonly string[];
}

export function parsed<T>(value: T): ParsedValue<T> {
  return { ok: true, value };
}

export function unparsable(reason: string, expected: string, candidates?: readonly string[]): ParseFault {
  return candidates === undefined
    ? { ok: false, reason, expected }
    : { ok: false, reason, expected, candidates };
}
