import { createRequire } from "node:module";
import type * as Yaml from "yaml";
import { parsed, unparsable } from "./parsed.js";
import type { ParsedValue } from "./parsed.js";

/** Loaded when a value looks like YAML: few do, and the reader takes time to load. */
const require = createRequire(import.meta.url);

const LIST_EXPECTED = "a list such as 'a;b;c' or '[a, b, c]'";
const MAP_EXPECTED = "a map such as 'k1:v1,k2:v2' or '{k1: v1, k2: v2}'";

/** A YAML list, else items separated by `;`. Items are texts. */
export function parseList(text: string): ParsedValue<readonly string[]> {
  const yaml = /^\s*[[-]/.test(text) ? readYaml(text) : undefined;
  if (Array.isArray(yaml) && yaml.every(isText)) return parsed(Object.freeze(yaml));
  const split = splitQuoted(text, ";");
  return split.ok ? parsed(Object.freeze(split.value)) : unparsable(split.reason, LIST_EXPECTED);
}

/** A YAML mapping, else entries separated by `,`, each a key and a value separated by `:`. Later entries win. */
export function parseMap(text: string): ParsedValue<ReadonlyMap<string, string>> {
  const yaml = /^\s*[{?]|:\s|:$/m.test(text) ? readYaml(text) : undefined;
  if (yaml instanceof Map) {
    const entries = [...yaml] as [unknown, unknown][];
    if (entries.every(([key, value]) => isText(key) && isText(value))) {
      return parsed(new Map(entries as [string, string][]));
    }
  }
  const entries = splitQuoted(text, ",");
  if (!entries.ok) return unparsable(entries.reason, MAP_EXPECTED);
  const map = new Map<string, string>();
  for (const entry of entries.value) {
    const pair = splitQuoted(entry, ":");
    if (!pair.ok) return unparsable(pair.reason, MAP_EXPECTED);
    const [key, value, ...more] = pair.value;
    if (key === undefined || value === undefined || more.length > 0) {
      return unparsable(
        "has an entry that is not a key and a value; maybe a ':' is missing or not quoted",
        MAP_EXPECTED,
      );
    }
    map.set(key, value);
  }
  return parsed(map);
}

/** Lists as arrays, mappings as Map, every scalar as its text; `undefined` if the text is no YAML. */
function readYaml(text: string): unknown {
  const { parseDocument } = require("yaml") as typeof Yaml;
  const document = parseDocument(text, { schema: "failsafe" });
  return document.errors.length > 0 ? undefined : document.toJS({ mapAsMap: true });
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

type Split =
  { readonly ok: true; readonly value: string[] } | { readonly ok: false; readonly reason: string };

/**
 * Splits at a delimiter. An item may stand in single or double quotes, the quote doubled inside; quotes count only at
 * an item's start. Items outside quotes are trimmed; between two delimiters there is an empty item, before the first
 * and after the last there is none.
 *
 * @see Apache Flink's `StructuredOptionsSplitter`.
 */
function splitQuoted(text: string, delimiter: string): Split {
  const items: string[] = [];
  let position = 0;
  /** Was the last thing a delimiter (true), an item (false) or nothing (undefined)? */
  let isAfterDelimiter: boolean | undefined;
  while (position < text.length) {
    const character = text.charAt(position);
    if (character === delimiter) {
      if (isAfterDelimiter === true) items.push("");
      isAfterDelimiter = true;
      position++;
    } else if (/\s/.test(character)) {
      position++;
    } else if (isAfterDelimiter === false) {
      return { ok: false, reason: `has text after a closing quote, at position ${position + 1}` };
    } else if (character === "'" || character === '"') {
      const quoted = readQuoted(text, position);
      if (quoted === undefined) {
        return { ok: false, reason: `has a quote that is not closed, opened at position ${position + 1}` };
      }
      items.push(quoted.item);
      position = quoted.end;
      isAfterDelimiter = false;
    } else {
      const found = text.indexOf(delimiter, position);
      const end = found < 0 ? text.length : found;
      items.push(text.slice(position, end).trim());
      position = end;
      isAfterDelimiter = false;
    }
  }
  return { ok: true, value: items };
}

/** Reads a quoted item that opens at `start`; `end` is the place after the closing quote. */
function readQuoted(text: string, start: number): { item: string; end: number } | undefined {
  const quote = text.charAt(start);
  let item = "";
  for (let position = start + 1; position < text.length; position++) {
    if (text.charAt(position) !== quote) {
      item += text.charAt(position);
    } else if (text.charAt(position + 1) === quote) {
      item += quote;
      position++;
    } else {
      return { item, end: position + 1 };
    }
  }
  return undefined;
}

/** Items separated by `;`, in quotes where they need them; as YAML where that would read back as something else. */
export function formatList(items: readonly string[]): string {
  const text = items.map((item) => quoteItem(item, ";")).join(";");
  const read = parseList(text);
  const isSame = read.ok && JSON.stringify(read.value) === JSON.stringify(items);
  return isSame ? text : JSON.stringify(items);
}

/** Entries `key:value` separated by `,`, quoted or as YAML as for {@link formatList}. */
export function formatMap(map: ReadonlyMap<string, string>): string {
  const entries = [...map];
  const text = entries
    .map(([key, value]) => quoteItem(`${quoteItem(key, ":")}:${quoteItem(value, ":")}`, ","))
    .join(",");
  const read = parseMap(text);
  const isSame = read.ok && JSON.stringify([...read.value]) === JSON.stringify(entries);
  if (isSame) return text;
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(", ")}}`;
}

function quoteItem(item: string, delimiter: string): string {
  const isPlain = item !== "" && item.trim() === item && !item.includes(delimiter) && !/^['"]/.test(item);
  return isPlain ? item : `'${item.replaceAll("'", "''")}'`;
}
