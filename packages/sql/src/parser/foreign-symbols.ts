/** Symbols of other languages, and what to write instead. Longest first: `<=>` before `<=`. @internal */
export const FOREIGN_SYMBOLS: readonly (readonly [symbol: string, hint: string])[] = [
  ["<=>", "Write a IS NOT DISTINCT FROM b."],
  ["!=", "Write <> for 'not equal'."],
  ["==", "Write = for 'equal'."],
  ["=<", "Write <= for 'at most'."],
  ["&&", "Write AND."],
  ["::", "Write CAST(x AS type)."],
  ["->", "Write x.field or map['key']."],
  ["!", "Write NOT, or <> for 'not equal'."],
  ["?", "Parameters are not part of a script; write the value."],
  ["\u2018", "Write strings between straight single quotes: 'text'."],
  ["\u2019", "Write strings between straight single quotes: 'text'."],
  ["\u201c", "Write strings between straight single quotes: 'text'."],
  ["\u201d", "Write strings between straight single quotes: 'text'."],
  ["\u00a0", "This is a no-break space; put a plain blank in its place."],
];

/** Their first characters. @internal */
export const FOREIGN_STARTS = new Set(FOREIGN_SYMBOLS.map(([symbol]) => symbol.charCodeAt(0)));
