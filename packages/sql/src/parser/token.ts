import type { Span } from "./ast.js";

/** What a token is, before the grammar looks at words. @internal */
export type TokenKind =
  "word" | "quotedName" | "string" | "binary" | "integer" | "decimal" | "approximate" | "symbol" | "invalid";

/** Why a token can stand nowhere, and what to write instead. @internal */
export interface LexicalFault {
  readonly message: string;
  readonly hint: string | undefined;
  /** More text could close it: a string, name or comment that the script ends in. */
  readonly open?: true;
}

/** One token of a script. Comments and blanks are no tokens. @internal */
export interface Token extends Span {
  readonly kind: TokenKind;
  /** The source text from `start` to `end`. */
  readonly image: string;
  /** Upper case of a word, text of a symbol; empty for the others. */
  readonly word: string;
  /** Name or string with quoting undone. */
  readonly value: string;
  readonly bytes: Uint8Array | undefined;
  /** Offset of the second part of a string that is continued on another line. */
  readonly continuedAt: number | undefined;
  /** Only of `invalid` tokens. */
  readonly fault: LexicalFault | undefined;
}

/** True for a word that is not quoted and equals `word`, which is in upper case, or for that symbol. @internal */
export function isWord(token: Token | undefined, word: string): boolean {
  return token !== undefined && token.word === word;
}
