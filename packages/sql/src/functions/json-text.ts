/** JSON as the JSON functions see it: numbers keep their text, members their order, paths are SQL's `lax $.a[0]`. */

/** A number as it was written. */
export class JsonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Json = null | boolean | string | JsonNumber | readonly Json[] | ReadonlyMap<string, Json>;

/** Deepest nesting that is read. */
const DEPTH_MAX = 512;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Json | undefined {
    const value = this.#value(0);
    this.#blanks();
    return this.#at === this.#text.length ? value : undefined;
  }

  #blanks(): void {
    while (" \t\n\r".includes(this.#text.charAt(this.#at)) && this.#at < this.#text.length) this.#at += 1;
  }

  #take(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #value(depth: number): Json | undefined {
    if (depth > DEPTH_MAX) return undefined;
    this.#blanks();
    switch (this.#text.charAt(this.#at)) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#take("true") ? true : undefined;
      case "f":
        return this.#take("false") ? false : undefined;
      case "n":
        return this.#take("null") ? null : undefined;
      default:
        return this.#number();
    }
  }

  #number(): JsonNumber | undefined {
    const pattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/uy;
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return new JsonNumber(found[0]);
  }

  #string(): string | undefined {
    let end = this.#at + 1;
    while (end < this.#text.length && this.#text.charAt(end) !== '"')
      end += this.#text.charAt(end) === "\\" ? 2 : 1;
    try {
      const value = JSON.parse(this.#text.slice(this.#at, end + 1)) as string;
      this.#at = end + 1;
      return value;
    } catch {
      return undefined;
    }
  }

  #array(depth: number): Json | undefined {
    this.#at += 1;
    const items: Json[] = [];
    this.#blanks();
    if (this.#take("]")) return items;
    for (;;) {
      const item = this.#value(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
      this.#blanks();
      if (this.#take("]")) return items;
      if (!this.#take(",")) return undefined;
    }
  }

  #object(depth: number): Json | undefined {
    this.#at += 1;
    const members = new Map<string, Json>();
    this.#blanks();
    if (this.#take("}")) return members;
    for (;;) {
      this.#blanks();
      const key = this.#text.charAt(this.#at) === '"' ? this.#string() : undefined;
      if (key === undefined) return undefined;
      this.#blanks();
      if (!this.#take(":")) return undefined;
      const value = this.#value(depth + 1);
      if (value === undefined) return undefined;
      members.set(key, value);
      this.#blanks();
      if (this.#take("}")) return members;
      if (!this.#take(",")) return undefined;
    }
  }
}

/** The value of a JSON text, `undefined` if it is none. */
export function parseJson(text: string): Json | undefined {
  return new Reader(text).document();
}

export function isObject(value: Json): value is ReadonlyMap<string, Json> {
  return value instanceof Map;
}

export function isContainer(value: Json): value is readonly Json[] | ReadonlyMap<string, Json> {
  return Array.isArray(value) || isObject(value);
}

/** The text of a value, without blanks. */
export function jsonText(value: Json): string {
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(jsonText).join(",")}]`;
  if (value !== null && typeof value === "object")
    return `{${[...(value as ReadonlyMap<string, Json>)].map(([key, one]) => `${JSON.stringify(key)}:${jsonText(one)}`).join(",")}}`;
  return JSON.stringify(value);
}

/** A path that cannot be read. */
export class JsonPathError extends Error {
  constructor(path: string) {
    super(`'${path}' is not a JSON path; write for instance 'lax $.a[0].b'`);
    this.name = "JsonPathError";
  }
}

type Step = { readonly name: string } | { readonly index: number } | "members" | "items";

/** A compiled path. */
export interface JsonPath {
  readonly isStrict: boolean;
  /** True if it can match several values. */
  readonly isMultiple: boolean;
  /** The matches; `undefined` when nothing can be there (strict: a step that does not fit). */
  find(root: Json): readonly Json[];
}

/** @throws JsonPathError */
export function jsonPath(path: string): JsonPath {
  const head = /^\s*(?:(lax|strict)\s+)?\$/iu.exec(path);
  if (head === null) throw new JsonPathError(path);
  const steps: Step[] = [];
  let rest = path.slice(head[0].length);
  while (rest.trim() !== "") {
    const found =
      /^\.([^.[\]\s*'"]+)|^\.\*|^\[\s*(-?\d+)\s*\]|^\[\s*\*\s*\]|^\[\s*'((?:[^'\\]|\\.)*)'\s*\]|^\[\s*"((?:[^"\\]|\\.)*)"\s*\]|^\."((?:[^"\\]|\\.)*)"/u.exec(
        rest,
      );
    if (found === null) throw new JsonPathError(path);
    const name = found[1] ?? found[3] ?? found[4] ?? found[5];
    if (name !== undefined)
      steps.push({ name: found[1] === undefined ? name.replace(/\\(.)/gu, "$1") : name });
    else if (found[2] !== undefined) steps.push({ index: Number(found[2]) });
    else steps.push(found[0].startsWith(".") ? "members" : "items");
    rest = rest.slice(found[0].length);
  }
  return {
    isStrict: head[1]?.toLowerCase() === "strict",
    isMultiple: steps.some((step) => typeof step === "string"),
    find: (root) =>
      steps.reduce<readonly Json[]>((values, step) => values.flatMap((value) => follow(value, step)), [root]),
  };
}

function follow(value: Json, step: Step): readonly Json[] {
  if (step === "members")
    return isObject(value) ? [...value.values()] : Array.isArray(value) ? (value as Json[]) : [];
  if (step === "items")
    return Array.isArray(value) ? (value as Json[]) : isObject(value) ? [...value.values()] : [];
  if ("name" in step) {
    const found = isObject(value) ? value.get(step.name) : undefined;
    return found === undefined ? [] : [found];
  }
  const items = Array.isArray(value) ? (value as readonly Json[]) : [];
  const found = items[step.index < 0 ? items.length + step.index : step.index];
  return found === undefined ? [] : [found];
}
