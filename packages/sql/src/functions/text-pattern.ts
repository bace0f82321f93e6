/**
 * Patterns of SQL and of Java as JavaScript regular expressions: LIKE, SIMILAR TO and the REGEXP functions. What
 * cannot be carried over exactly is a {@link PatternError}, never an approximation.
 */

/** A pattern that is wrong, or that JavaScript cannot match in the same way. */
export class PatternError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PatternError";
  }
}

/** What `.` does not match in Java. */
const LINE_ENDS = "\\n\\r\\u0085\\u2028\\u2029";
const ANY_CHARACTER = `[^${LINE_ENDS}]`;
const ANY_RUN = "[\\s\\S]*";
const SPACE = " \\t\\n\\x0B\\f\\r";

function quote(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}

function escapeCharacter(escape: string | undefined): string | undefined {
  if (escape !== undefined && Array.from(escape).length !== 1)
    throw new PatternError(`the escape character '${escape}' is not one character`);
  return escape;
}

type Part = { readonly text: string } | "one" | "run";

function likeParts(pattern: string, escapeText: string | undefined): Part[] {
  const escape = escapeCharacter(escapeText);
  const parts: Part[] = [];
  let text = "";
  const flush = (): void => {
    if (text !== "") parts.push({ text });
    text = "";
  };
  const points = Array.from(pattern);
  for (let i = 0; i < points.length; i += 1) {
    const point = points[i]!;
    if (point === escape) {
      const next = points[i + 1];
      if (next !== "%" && next !== "_" && next !== escape)
        throw new PatternError(`in the pattern '${pattern}' only %, _ or '${escape}' may follow '${escape}'`);
      text += next;
      i += 1;
    } else if (point === "%" || point === "_") {
      flush();
      parts.push(point === "%" ? "run" : "one");
    } else text += point;
  }
  flush();
  return parts;
}

/** The test `x LIKE pattern [ESCAPE escape]`. @throws PatternError */
export function likeMatcher(pattern: string, escape?: string): (text: string) => boolean {
  const parts = likeParts(pattern, escape);
  const [a, b, c] = parts;
  if (parts.length === 0) return (text) => text === "";
  if (parts.length === 1 && typeof a === "object") return (text) => text === a.text;
  if (parts.length === 2 && typeof a === "object" && b === "run") return (text) => text.startsWith(a.text);
  if (parts.length === 2 && a === "run" && typeof b === "object") return (text) => text.endsWith(b.text);
  if (parts.length === 3 && a === "run" && typeof b === "object" && c === "run")
    return (text) => text.includes(b.text);
  const source = parts
    .map((part) =>
      part === "one" ? ANY_CHARACTER : part === "run" ? ANY_RUN : Array.from(part.text).map(quote).join(""),
    )
    .join("");
  const expression = new RegExp(`^${source}$`, "u");
  return (text) => expression.test(text);
}

const SIMILAR_CLASSES: Readonly<Record<string, string>> = {
  "[:ALPHA:]": "A-Za-z",
  "[:alpha:]": "A-Za-z",
  "[:UPPER:]": "A-Z",
  "[:upper:]": "A-Z",
  "[:LOWER:]": "a-z",
  "[:lower:]": "a-z",
  "[:DIGIT:]": "0-9",
  "[:digit:]": "0-9",
  "[:SPACE:]": " ",
  "[:space:]": " ",
  "[:WHITESPACE:]": SPACE,
  "[:whitespace:]": SPACE,
  "[:ALNUM:]": "0-9A-Za-z",
  "[:alnum:]": "0-9A-Za-z",
};

/** The test `x SIMILAR TO pattern [ESCAPE escape]`. @throws PatternError */
export function similarMatcher(pattern: string, escapeText?: string): (text: string) => boolean {
  const escape = escapeCharacter(escapeText);
  let source = "";
  for (let i = 0; i < pattern.length; i += 1) {
    const one = pattern.charAt(i);
    if (one === escape) {
      const next = pattern.charAt(i + 1);
      if (next === "" || !("[]()|^-+*_%?{}".includes(next) || next === escape))
        throw new PatternError(`in the pattern '${pattern}' nothing special follows '${escape}'`);
      source += next === "-" ? "\\x2d" : quote(next);
      i += 1;
    } else if (one === "_") source += ANY_CHARACTER;
    else if (one === "%") source += ANY_RUN;
    else if (one === "\\" || one === "$" || one === "/") source += `\\${one}`;
    else if (one === ".") source += ANY_CHARACTER;
    else if (one === "[") {
      const end = similarClassEnd(pattern, i);
      source += similarClass(pattern.slice(i, end), pattern);
      i = end - 1;
    } else source += one;
  }
  const expression = compile(`^(?:${source})$`, "u", pattern);
  return (text) => expression.test(text);
}

function similarClassEnd(pattern: string, start: number): number {
  let i = start + 1;
  while (i < pattern.length && pattern.charAt(i) !== "]") {
    if (pattern.startsWith("[:", i)) {
      const close = pattern.indexOf(":]", i);
      i = close < 0 ? pattern.length : close + 2;
    } else i += 1;
  }
  if (i >= pattern.length) throw new PatternError(`the pattern '${pattern}' has a [ without ]`);
  return i + 1;
}

function similarClass(text: string, pattern: string): string {
  const inside = text.slice(1, -1).replace(/\[:\w+:\]/gu, (name) => {
    const members = SIMILAR_CLASSES[name];
    if (members === undefined) throw new PatternError(`the pattern '${pattern}' has no class '${name}'`);
    return members;
  });
  return `[${inside}]`;
}

function compile(source: string, flags: string, shown: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    const why = error instanceof Error ? (error.message.split(": ").at(-1) ?? "") : String(error);
    throw new PatternError(`the pattern '${shown}' is not a regular expression: ${why.toLowerCase()}`);
  }
}

const POSIX: Readonly<Record<string, string>> = {
  Lower: "a-z",
  Upper: "A-Z",
  ASCII: "\\x00-\\x7F",
  Alpha: "A-Za-z",
  Digit: "0-9",
  Alnum: "A-Za-z0-9",
  Punct: "!-\\/:-@\\[-`{-~",
  Graph: "!-~",
  Print: " -~",
  Blank: " \\t",
  Cntrl: "\\x00-\\x1F\\x7F",
  XDigit: "0-9a-fA-F",
  Space: SPACE,
};

/** A Java regular expression, to be searched for in a text. @throws PatternError */
export function javaRegExp(pattern: string): RegExp {
  return new JavaPattern(pattern).translate();
}

/** Walks over a Java pattern once and writes the JavaScript one. */
class JavaPattern {
  readonly #text: string;
  #at = 0;
  #source = "";
  #flags = "u";
  #isDotAll = false;
  #isMultiline = false;

  constructor(text: string) {
    this.#text = text;
  }

  translate(): RegExp {
    this.#leadingFlags();
    while (this.#at < this.#text.length) this.#next();
    return compile(this.#source, this.#flags, this.#text);
  }

  #refuse(what: string): never {
    throw new PatternError(`the pattern '${this.#text}' uses ${what}, which is not supported`);
  }

  #leadingFlags(): void {
    const found = /^\(\?([a-zA-Z]+)\)/u.exec(this.#text);
    if (found === null) return;
    for (const flag of found[1]!) {
      if (flag === "i") this.#flags += "i";
      else if (flag === "s") this.#isDotAll = true;
      else if (flag === "m") {
        this.#isMultiline = true;
        this.#flags += "m";
      } else if (flag !== "u" && flag !== "U") this.#refuse(`the flag '${flag}'`);
    }
    this.#at = found[0].length;
  }

  #next(): void {
    const one = this.#text.charAt(this.#at);
    this.#at += 1;
    if (one === "\\") this.#source += this.#escape(false);
    else if (one === "[") this.#class();
    else if (one === ".") this.#source += this.#isDotAll ? "[\\s\\S]" : ANY_CHARACTER;
    else if (one === "$") this.#source += this.#isMultiline ? "$" : `(?=(?:\\r\\n|[${LINE_ENDS}])?$)`;
    else if (one === "(") this.#group();
    else if (one === "]" || one === "}") this.#source += `\\${one}`;
    else if (one === "*" || one === "+" || one === "?" || one === "{") this.#quantifier(one);
    else if (one === "/") this.#source += "\\/";
    else this.#source += one;
  }

  #group(): void {
    const rest = this.#text.slice(this.#at);
    if (rest.startsWith("?>")) this.#refuse("an atomic group");
    if (/^\?[a-zA-Z-]+[:)]/u.test(rest)) this.#refuse("flags inside the pattern");
    this.#source += "(";
    const head = /^\?(?:[:=!]|<[=!]|<[A-Za-z][A-Za-z0-9]*>)/u.exec(rest)?.[0] ?? "";
    this.#source += head;
    this.#at += head.length;
  }

  #quantifier(one: string): void {
    let text = one;
    if (one === "{") {
      const found = /^\d+(?:,\d*)?\}/u.exec(this.#text.slice(this.#at));
      if (found === null)
        throw new PatternError(`the pattern '${this.#text}' has a '{' that repeats nothing`);
      text += found[0];
      this.#at += found[0].length;
    }
    const next = this.#text.charAt(this.#at);
    if (next === "+") this.#refuse("a possessive quantifier");
    if (next === "?") {
      text += "?";
      this.#at += 1;
    }
    this.#source += text;
  }

  /** After a backslash; inside a class only its members are returned. */
  #escape(isInClass: boolean): string {
    const one = this.#text.charAt(this.#at);
    this.#at += 1;
    if (one === "") throw new PatternError(`the pattern '${this.#text}' ends in a backslash`);
    if (one === "s") return isInClass ? SPACE : `[${SPACE}]`;
    if (one === "S") return isInClass ? this.#refuse("\\S in a class") : `[^${SPACE}]`;
    if (one === "h") return isInClass ? " \\t\\xA0" : "[ \\t\\xA0]";
    if (one === "e") return "\\x1B";
    if (one === "a") return "\\x07";
    if (one === "Q") return this.#quoted();
    if (one === "p" || one === "P") return this.#property(one === "P", isInClass);
    if (!isInClass && one === "A") return "(?<![\\s\\S])";
    if (!isInClass && one === "z") return "(?![\\s\\S])";
    if (!isInClass && one === "Z") return `(?=(?:\\r\\n|[${LINE_ENDS}])?(?![\\s\\S]))`;
    if (!isInClass && one === "R") return `(?:\\r\\n|[\\n\\x0B\\f\\r\\u0085\\u2028\\u2029])`;
    if (/[dDwWtnrfv0]/u.test(one) && one !== "0") return one === "v" ? "\\x0B" : `\\${one}`;
    if (!isInClass && /[bBk1-9]/u.test(one)) return `\\${one}`;
    if (one === "x" || one === "u") return this.#codePoint(one);
    if (/[A-Za-z0-9]/u.test(one)) return this.#refuse(`'\\${one}'`);
    return one === "-" ? "\\x2d" : /[\^$\\.*+?()[\]{}|/]/u.test(one) ? `\\${one}` : one;
  }

  #codePoint(kind: string): string {
    const found = (kind === "x" ? /^(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{2}))/u : /^([0-9a-fA-F]{4})/u).exec(
      this.#text.slice(this.#at),
    );
    if (found === null) throw new PatternError(`the pattern '${this.#text}' has a broken '\\${kind}'`);
    this.#at += found[0].length;
    return `\\u{${found[1] ?? found[2]}}`;
  }

  #quoted(): string {
    const end = this.#text.indexOf("\\E", this.#at);
    const inside = this.#text.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#text.length : end + 2;
    return Array.from(inside).map(quote).join("");
  }

  #property(isNegated: boolean, isInClass: boolean): string {
    const found = /^(?:\{(\w+)(?:=(\w+))?\}|([A-Z]))/u.exec(this.#text.slice(this.#at));
    if (found === null) throw new PatternError(`the pattern '${this.#text}' has a broken '\\p'`);
    this.#at += found[0].length;
    const name = found[1] ?? found[3]!;
    const members = POSIX[name];
    if (members !== undefined) {
      if (isNegated && isInClass) this.#refuse("a negated \\P in a class");
      return isInClass ? members : `[${isNegated ? "^" : ""}${members}]`;
    }
    const letter = isNegated ? "P" : "p";
    if (name.startsWith("Is")) {
      const bare = name.slice(2);
      return bare === "Alphabetic" || bare === "Uppercase" || bare === "Lowercase" || bare === "White_Space"
        ? `\\${letter}{${bare}}`
        : `\\${letter}{Script=${bare}}`;
    }
    return `\\${letter}{${name}}`;
  }

  #class(): void {
    this.#source += "[";
    if (this.#text.charAt(this.#at) === "^") {
      this.#source += "^";
      this.#at += 1;
    }
    let isFirst = true;
    for (;;) {
      const one = this.#text.charAt(this.#at);
      if (one === "") throw new PatternError(`the pattern '${this.#text}' has a [ without ]`);
      this.#at += 1;
      if (one === "]" && !isFirst) break;
      if (one === "[") this.#refuse("a class inside a class");
      if (one === "&" && this.#text.charAt(this.#at) === "&") this.#refuse("the intersection of classes");
      this.#source += one === "\\" ? this.#escape(true) : one === "]" ? "\\]" : one === "/" ? "\\/" : one;
      isFirst = false;
    }
    this.#source += "]";
  }
}

/** Greatest number of patterns remembered by {@link cached}. */
const CACHE_PATTERNS_MAX = 64;

/** Remembers the last matchers made from patterns that are not constant. */
export function cached<T>(make: (pattern: string) => T): (pattern: string) => T {
  const known = new Map<string, T>();
  return (pattern) => {
    const old = known.get(pattern);
    if (old !== undefined) return old;
    const made = make(pattern);
    if (known.size >= CACHE_PATTERNS_MAX) known.delete(known.keys().next().value!);
    known.set(pattern, made);
    return made;
  };
}
