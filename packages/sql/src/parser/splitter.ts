import { lex } from "./lexer.js";
import { isWord, type Token } from "./token.js";

/**
 * One statement of a script with everything around it. The pieces of a script, put one behind the other, are the script.
 * A piece without tokens is empty statements in a row or the end of the script.
 *
 * @internal
 */
export interface ScriptPiece {
  /** Offset in the script, comments and blanks before the statement included. */
  readonly start: number;
  /** Offset behind the semicolon, or the end of the script. */
  readonly end: number;
  /** The statement's tokens, its last semicolon left out, those inside a statement set included. */
  readonly tokens: readonly Token[];
  /** Offset of the semicolon that ends it. */
  readonly semicolon: number | undefined;
  /** For a statement set: its parts. */
  readonly set: StatementSetParts | undefined;
}

/** The pieces of `STATEMENT SET BEGIN ...; ...; END`, as indices into the piece's tokens. @internal */
export interface StatementSetParts {
  /** Index behind `STATEMENT SET BEGIN` or `BEGIN STATEMENT SET ;`. */
  readonly bodyStart: number;
  /** Statements inside, each from `from` up to and without the semicolon at `to`; the last may lack one. */
  readonly statements: readonly {
    readonly from: number;
    readonly to: number;
    readonly terminated: boolean;
  }[];
  /** Index of `END`; `undefined` when it is missing. */
  readonly endIndex: number | undefined;
}

/** Words that can begin a statement and never stand inside a statement set: a set that meets one has lost its END. */
const NOT_IN_A_SET = new Set(["CREATE", "DROP", "SET", "RESET", "USE", "ALTER", "SHOW", "EXECUTE", "BEGIN"]);

/** Cuts a script into statements without looking into them. Never throws. @internal */
export function splitScript(text: string): ScriptPiece[] {
  const { tokens } = lex(text);
  const pieces: ScriptPiece[] = [];
  let start = 0;
  let from = 0;
  while (from < tokens.length) {
    let empty = from;
    while (isWord(tokens[empty], ";")) empty++;
    const lastEmpty = tokens[empty - 1];
    if (empty > from && lastEmpty !== undefined) {
      pieces.push({ start, end: lastEmpty.end, tokens: [], semicolon: lastEmpty.start, set: undefined });
      start = lastEmpty.end;
      from = empty;
      continue;
    }
    const extent = statementExtent(tokens, from);
    const semicolon = tokens[extent.to];
    const terminated = isWord(semicolon, ";");
    const last = tokens[extent.to - 1];
    const end = terminated && semicolon !== undefined ? semicolon.end : (last?.end ?? start);
    pieces.push({
      start,
      end,
      tokens: tokens.slice(from, extent.to),
      semicolon: terminated ? semicolon?.start : undefined,
      set: extent.set,
    });
    start = end;
    from = terminated ? extent.to + 1 : extent.to;
  }
  if (start < text.length || pieces.length === 0) {
    pieces.push({ start, end: text.length, tokens: [], semicolon: undefined, set: undefined });
  }
  return pieces;
}

interface Extent {
  /** Index of the semicolon, or behind the last token. */
  readonly to: number;
  readonly set: StatementSetParts | undefined;
}

function statementExtent(tokens: readonly Token[], from: number): Extent {
  if (isWord(tokens[from], "BEGIN") && isWord(tokens[from + 1], "STATEMENT")) {
    const bodyStart = from + (isWord(tokens[from + 3], ";") ? 4 : 3);
    return setExtent(tokens, from, bodyStart);
  }
  for (let index = from; index < tokens.length; index++) {
    if (isWord(tokens[index], ";")) return { to: index, set: undefined };
    if (
      isWord(tokens[index], "STATEMENT") &&
      isWord(tokens[index + 1], "SET") &&
      isWord(tokens[index + 2], "BEGIN")
    ) {
      return setExtent(tokens, from, index + 3);
    }
  }
  return { to: tokens.length, set: undefined };
}

function setExtent(tokens: readonly Token[], from: number, bodyStart: number): Extent {
  const statements: { from: number; to: number; terminated: boolean }[] = [];
  let index = Math.min(bodyStart, tokens.length);
  let endIndex: number | undefined;
  while (index < tokens.length) {
    const first = tokens[index];
    if (isWord(first, "END")) {
      endIndex = index - from;
      index++;
      while (index < tokens.length && !isWord(tokens[index], ";")) index++;
      break;
    }
    if (first !== undefined && first.kind === "word" && NOT_IN_A_SET.has(first.word)) break;
    let to = index;
    while (to < tokens.length && !isWord(tokens[to], ";")) to++;
    const terminated = to < tokens.length;
    if (to > index) statements.push({ from: index - from, to: to - from, terminated });
    index = terminated ? to + 1 : to;
  }
  return { to: index, set: { bodyStart: Math.min(bodyStart, tokens.length) - from, statements, endIndex } };
}

/**
 * True if a text could be run as it stands, for a shell that reads line by line: its last statement ends with a semicolon,
 * and no string, comment or STATEMENT SET is open.
 *
 * @public
 */
export function isCompleteScript(text: string): boolean {
  const last = splitScript(text).findLast(({ tokens }) => tokens.length > 0);
  if (last === undefined) return true;
  if (last.semicolon === undefined || last.tokens.some((token) => token.fault?.open === true)) return false;
  return last.set === undefined || last.set.endIndex !== undefined;
}
