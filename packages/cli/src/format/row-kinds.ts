/** Rows of a changelog as canonical JSON: the kind stands before the fields, as `$kind`. */
import { canonicalJsonReader, canonicalJsonWriter, TributaryError } from "@tributary/core";
import type { Row, RowKind, RowType } from "@tributary/core";

const KIND_KEY = "$kind";
const KINDS: readonly RowKind[] = ["+I", "-U", "+U", "-D"];

/** Does the changelog have more than insertions? */
function hasChanges(changelog: readonly RowKind[]): boolean {
  return changelog.some((kind) => kind !== "+I");
}

/** The text of a row; with its kind where the format carries changes. */
export function rowPrinter(
  rowType: RowType,
  changelog: readonly RowKind[],
): (row: Row, kind: RowKind) => string {
  const write = canonicalJsonWriter(rowType);
  if (!hasChanges(changelog)) return write;
  return (row, kind) => {
    const fields = write(row).slice(1);
    return `{"${KIND_KEY}":"${kind}"${fields === "}" ? "" : ","}${fields}`;
  };
}

/**
 * Reads a row's text. The kind may be left out: `+I` then.
 *
 * @throws `RECORD_MALFORMED` with every fault.
 */
export function rowParser(
  rowType: RowType,
  changelog: readonly RowKind[],
): (text: string) => { readonly row: Row; readonly kind: RowKind } {
  const read = canonicalJsonReader(rowType);
  // A column of this name is one, where there are no kinds.
  const isColumn = !hasChanges(changelog) && rowType.fields.some(({ name }) => name === KIND_KEY);
  return (text) => {
    const json = parseJson(text);
    if (isColumn || typeof json !== "object" || json === null || !Object.hasOwn(json, KIND_KEY)) {
      return { row: read(json), kind: "+I" };
    }
    const { [KIND_KEY]: kind, ...fields } = json as Readonly<Record<string, unknown>>;
    return { kind: kindOf(kind, changelog), row: read(fields) };
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `The line is not JSON: ${(cause as Error).message}.`;
    throw new TributaryError({ severity: "error", code: "RECORD_MALFORMED", message }, { cause });
  }
}

function kindOf(value: unknown, changelog: readonly RowKind[]): RowKind {
  const accepted = hasChanges(changelog) ? KINDS : (["+I"] as const);
  const kind = accepted.find((one) => one === value);
  if (kind !== undefined) return kind;
  throw new TributaryError({
    severity: "error",
    code: "RECORD_MALFORMED",
    message: `${JSON.stringify(value)} is no '${KIND_KEY}' that the format takes.`,
    candidates: accepted,
  });
}
