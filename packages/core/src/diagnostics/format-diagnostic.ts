import type { Diagnostic, Severity } from "./diagnostic.js";

/** How {@link formatDiagnostic} prints. @public */
export interface FormatDiagnosticOptions {
  /** Colours for a terminal; default none. */
  readonly color?: boolean;
  /** Text of the file that the diagnostic points into; its line is shown with a mark below the place. */
  readonly source?: string;
}

/** Candidates shown as text; JSON holds all of them. */
const CANDIDATES_SHOWN = 5;
const RESET = "\u001b[0m";
const BOLD = "\u001b[1m";
const DIM = "\u001b[2m";
const SEVERITY_COLORS: Readonly<Record<Severity, string>> = {
  error: "\u001b[31m",
  warning: "\u001b[33m",
  info: "\u001b[36m",
};

/**
 * A diagnostic as a person reads it in a terminal: place, severity, code and message, then the line of the script,
 * what would have been accepted, and what to do. Several lines without a final line end.
 *
 * @public
 */
export function formatDiagnostic(diagnostic: Diagnostic, options: FormatDiagnosticOptions = {}): string {
  const paint = (style: string, text: string): string =>
    options.color === true && text !== "" ? `${style}${text}${RESET}` : text;
  const { severity, code, message, hint } = diagnostic;
  const place = placeOf(diagnostic);
  const head = `${paint(SEVERITY_COLORS[severity], severity)} ${paint(DIM, code)}: ${message}`;
  return [
    place === "" ? head : `${paint(BOLD, place)}: ${head}`,
    ...excerptOf(diagnostic, options.source).map((line) => paint(DIM, line)),
    ...candidateLines(diagnostic),
    ...(hint === undefined ? [] : [`  hint: ${hint}`]),
  ].join("\n");
}

/** `file:line:column`, or as much as is known. */
function placeOf({ file, line, column }: Diagnostic): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}

/** UTF-16 units of a line that are shown, and how many of them may stand before the mark. */
const EXCERPT_LENGTH_MAX = 160;
const EXCERPT_BEFORE_MAX = 100;

/** What a terminal would obey instead of showing; tabs stay. */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** The line of the source with a mark below the column; a tab before it stays one, so that the mark stands right. */
function excerptOf({ line, column }: Diagnostic, source: string | undefined): readonly string[] {
  const text = line === undefined ? undefined : source?.split(/\r\n|\n|\r/)[line - 1];
  if (text === undefined || column === undefined) return [];
  const start = Math.max(0, column - 1 - EXCERPT_BEFORE_MAX);
  const end = start + EXCERPT_LENGTH_MAX;
  const [before, after] = [start > 0 ? "..." : "", end < text.length ? "..." : ""];
  const shown = text.slice(start, end).replace(CONTROL, "\ufffd");
  const indent = (before + shown.slice(0, column - 1 - start)).replace(/[^\t]/g, " ");
  return [`  | ${before}${shown}${after}`, `  | ${indent}^`];
}

/** Of a conflict the claimants, one a line; else what would have been accepted. */
function candidateLines({ code, candidates = [] }: Diagnostic): readonly string[] {
  if (candidates.length === 0) return [];
  if (code === "FACTORY_CONFLICT") return candidates.map((claim) => `  claimed by ${claim}`);
  return [`  accepted: ${listed(candidates)}`];
}

function listed(candidates: readonly string[]): string {
  const shown = candidates.slice(0, CANDIDATES_SHOWN).join(", ");
  const rest = candidates.length - CANDIDATES_SHOWN;
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
