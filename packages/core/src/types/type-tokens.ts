/** A piece of a type's text. `end` is the token behind the last character. */
export interface TypeToken {
  readonly kind: "keyword" | "name" | "number" | "string" | "symbol" | "end";
  /** Keywords in upper case; names and strings without their quotes; symbols as they are. */
  readonly text: string;
  /** Index of the first character. */
  readonly at: number;
}

/** What a tokenizer cannot read. */
export interface TokenFault {
  readonly at: number;
  readonly problem: string;
}

/** Words that are part of the type grammar; as names they need backquotes. */
export const TYPE_KEYWORDS: ReadonlySet<string> = new Set(
  (
    "CHAR VARCHAR STRING BOOLEAN BINARY VARBINARY BYTES DECIMAL NUMERIC DEC TINYINT SMALLINT INT INTEGER BIGINT " +
    "FLOAT DOUBLE PRECISION DATE TIME WITH WITHOUT LOCAL ZONE TIMESTAMP TIMESTAMP_LTZ INTERVAL YEAR MONTH DAY HOUR " +
    "MINUTE SECOND TO ARRAY MULTISET MAP ROW NULL RAW NOT VARIANT BITMAP"
  ).split(" "),
);

const SYMBOLS = "<>(),.";

/** Splits a type's text; an unknown character or an open quote gives a fault. */
export function tokenizeType(text: string): TypeToken[] | TokenFault {
  const tokens: TypeToken[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (/\s/.test(char)) {
      at++;
    } else if (SYMBOLS.includes(char)) {
      tokens.push({ kind: "symbol", text: char, at });
      at++;
    } else if (char === "`" || char === "'") {
      const end = closingQuote(text, at);
      if (end < 0)
        return { at, problem: char === "'" ? "a string without its closing quote" : "an open backquote" };
      const inside = text.slice(at + 1, end).replaceAll(char + char, char);
      tokens.push({ kind: char === "'" ? "string" : "name", text: inside, at });
      at = end + 1;
    } else {
      const end = wordEnd(text, at);
      tokens.push(wordToken(text.slice(at, end), at));
      at = end;
    }
  }
  tokens.push({ kind: "end", text: "", at: text.length });
  return tokens;
}

function closingQuote(text: string, start: number): number {
  const quote = text.charAt(start);
  for (let at = start + 1; at < text.length; at++) {
    if (text.charAt(at) !== quote) continue;
    if (text.charAt(at + 1) !== quote) return at;
    at++;
  }
  return -1;
}

/** A word runs to the next blank, symbol or quote. */
function wordEnd(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && !/[\s<>(),.`']/.test(text.charAt(end))) end++;
  return end;
}

function wordToken(word: string, at: number): TypeToken {
  if (/^\d+$/.test(word)) return { kind: "number", text: word, at };
  const upper = word.toUpperCase();
  return TYPE_KEYWORDS.has(upper) ? { kind: "keyword", text: upper, at } : { kind: "name", text: word, at };
}
