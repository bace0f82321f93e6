/** JSON_VALUE, JSON_QUERY, JSON_EXISTS, IS JSON and the constructors. The binder reads their clauses. */
import type { Decimal, Instant, LocalTimestamp, LogicalType, SqlValue } from "@tributary/core";
import {
  formatDate,
  formatDouble,
  formatIsoTimestamp,
  parseDoubleText,
  parseIntegerText,
  printTime,
} from "@tributary/core";
import type { ScalarImplementation } from "../expressions/scalar.js";
import { ScalarFault, implementation } from "../expressions/scalar.js";
import { STRING } from "../expressions/type-rules.js";
import type { ScalarFunction } from "./function.js";
import { ANY, CallRefusal, TEXT, define } from "./function.js";
import type { Json, JsonPath } from "./json-text.js";
import {
  JsonNumber,
  JsonPathError,
  isContainer,
  isObject,
  jsonPath,
  jsonText,
  parseJson,
} from "./json-text.js";
import { cached } from "./text-pattern.js";

/** What to do when there is nothing, or the JSON is broken. */
export type JsonFallback =
  { readonly kind: "NULL" | "ERROR" } | { readonly kind: "DEFAULT"; readonly value: SqlValue };

/** Compiles a path: once if it is constant. @throws CallRefusal */
export function pathReader(constant: SqlValue): (path: string) => JsonPath {
  if (typeof constant !== "string") return cached(jsonPath);
  try {
    const path = jsonPath(constant);
    return () => path;
  } catch (error) {
    if (error instanceof JsonPathError) throw new CallRefusal(error.message);
    throw error;
  }
}

class Missing extends Error {}

function fallBack(fallback: JsonFallback, why: string): SqlValue {
  if (fallback.kind === "ERROR") throw new ScalarFault(why);
  return fallback.kind === "DEFAULT" ? fallback.value : null;
}

/** The matches of a path; throws `Missing` for broken JSON and, strictly, for a path without match. */
function matches(text: string, path: JsonPath): readonly Json[] {
  const root = parseJson(text);
  if (root === undefined) throw new Missing("the text is not JSON");
  const found = path.find(root);
  if (path.isStrict && found.length === 0) throw new Missing("the strict path leads nowhere");
  return found;
}

function guarded(fallback: JsonFallback, run: () => SqlValue): SqlValue {
  try {
    return run();
  } catch (error) {
    if (error instanceof Missing) return fallBack(fallback, error.message);
    if (error instanceof JsonPathError) return fallBack(fallback, error.message);
    throw error;
  }
}

/** The scalar as a value of the returned type; `undefined` if it does not convert. */
function converted(value: Json, type: LogicalType): SqlValue {
  const text =
    typeof value === "string"
      ? value
      : value instanceof JsonNumber
        ? numberText(value.text)
        : value === true
          ? "true"
          : "false";
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others take the default's way.
  switch (type.kind) {
    case "BOOLEAN":
      if (typeof value === "boolean") return value;
      return text.toLowerCase() === "true" ? true : text.toLowerCase() === "false" ? false : undefined;
    case "INT":
      return parseIntegerText(text, -2147483648, 2147483647);
    case "DOUBLE":
      return parseDoubleText(text);
    default:
      return text;
  }
}

/** Integers stay as written; others print as Java prints the double. */
function numberText(text: string): string {
  return /^-?\d+$/u.test(text) ? text : formatDouble(Number(text));
}

/** JSON_VALUE with its clauses. */
export function jsonValue(
  type: LogicalType,
  path: (text: string) => JsonPath,
  onEmpty: JsonFallback,
  onError: JsonFallback,
): ScalarImplementation {
  const canFail = onEmpty.kind === "ERROR" || onError.kind === "ERROR";
  const evaluate = (text: string, pathText: string): SqlValue =>
    guarded(onError, () => {
      const [value] = matches(text, path(pathText));
      if (value === undefined || value === null) return fallBack(onEmpty, "the path leads to nothing");
      if (isContainer(value)) return fallBack(onError, "the path leads to an object or an array");
      const result = converted(value, type);
      return result === undefined ? fallBack(onError, `the value is not ${type.kind}`) : result;
    });
  return implementation("JSON_VALUE", evaluate, { canBeNull: true, canFail });
}

/** JSON_QUERY with its clauses. */
export function jsonQuery(
  wrapper: "WITHOUT" | "CONDITIONAL" | "UNCONDITIONAL",
  path: (text: string) => JsonPath,
  onEmpty: JsonFallback,
  onError: JsonFallback,
): ScalarImplementation {
  const canFail = onEmpty.kind === "ERROR" || onError.kind === "ERROR";
  const evaluate = (text: string, pathText: string): SqlValue =>
    guarded(onError, () => {
      const compiled = path(pathText);
      const found = matches(text, compiled);
      const value: Json | undefined = compiled.isMultiple && found.length > 0 ? found : found[0];
      if (value === undefined || value === null) return fallBack(onEmpty, "the path leads to nothing");
      if (wrapper === "UNCONDITIONAL") return jsonText(compiled.isMultiple ? value : [value]);
      if (isContainer(value)) return jsonText(value);
      return wrapper === "CONDITIONAL"
        ? jsonText([value])
        : fallBack(onError, "the path leads to a value that is no object and no array");
    });
  return implementation("JSON_QUERY", evaluate, { canBeNull: true, canFail });
}

/** JSON_EXISTS with its clause. */
export function jsonExists(
  path: (text: string) => JsonPath,
  onError: boolean | null | "ERROR",
): ScalarImplementation {
  const fallback: JsonFallback =
    onError === "ERROR" ? { kind: "ERROR" } : { kind: "DEFAULT", value: onError };
  const evaluate = (text: string, pathText: string): SqlValue =>
    guarded(fallback, () => {
      const root = parseJson(text);
      if (root === undefined) throw new Missing("the text is not JSON");
      return path(pathText).find(root).length > 0;
    });
  return implementation("JSON_EXISTS", evaluate, {
    canBeNull: onError === null,
    canFail: onError === "ERROR",
  });
}

/** `x IS [NOT] JSON [VALUE | SCALAR | ARRAY | OBJECT]`. */
export function isJson(
  kind: "VALUE" | "SCALAR" | "ARRAY" | "OBJECT",
  isNegated: boolean,
): ScalarImplementation {
  const words = `IS ${isNegated ? "NOT " : ""}JSON${kind === "VALUE" ? "" : ` ${kind}`}`;
  const test = (text: string): boolean => {
    const value = parseJson(text);
    if (value === undefined) return false;
    if (kind === "ARRAY") return Array.isArray(value);
    if (kind === "OBJECT") return isObject(value);
    return kind === "VALUE" || !isContainer(value);
  };
  return implementation(words, (text: string) => test(text) !== isNegated, {
    print: ([a]) => `(${a} ${words})`,
  });
}

/** The JSON text of a value of a type; `isJsonText`: it holds JSON already and goes in as it is. */
export function jsonWriter(type: LogicalType, isJsonText = false): (value: SqlValue) => string {
  if (isJsonText) return (value) => (value === null ? "null" : (value as string));
  const write = writerOf(type);
  return (value) => (value === null ? "null" : write(value as never));
}

function writerOf(type: LogicalType): (value: never) => string {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others take the default's way.
  switch (type.kind) {
    case "BOOLEAN":
    case "TINYINT":
    case "SMALLINT":
    case "INT":
    case "BIGINT":
      return String;
    case "FLOAT":
    case "DOUBLE":
      return (value: number) =>
        Number.isFinite(value) ? formatDouble(value) : JSON.stringify(String(value));
    case "DECIMAL":
      return (value: Decimal) => value.toString();
    case "CHAR":
    case "VARCHAR":
      return (value: string) => JSON.stringify(value);
    case "BINARY":
    case "VARBINARY":
      return (value: Uint8Array) => JSON.stringify(Buffer.from(value).toString("base64"));
    case "DATE":
      return (value: number) => JSON.stringify(formatDate(value));
    case "TIME":
      return (value: number) => JSON.stringify(printTime(value, type.precision));
    case "TIMESTAMP":
      return (value: LocalTimestamp) => JSON.stringify(formatIsoTimestamp(value));
    case "TIMESTAMP_LTZ":
      return (value: Instant) => JSON.stringify(value.toString().replace(" ", "T"));
    case "ARRAY": {
      const element = jsonWriter(type.element);
      return (value: readonly unknown[]) => `[${value.map((one) => element(one)).join(",")}]`;
    }
    case "ROW": {
      const fields = type.fields.map((one) => [one.name, jsonWriter(one.type)] as const);
      return (value: Record<string, unknown>) =>
        `{${fields.map(([name, write]) => `${JSON.stringify(name)}:${write(value[name])}`).join(",")}}`;
    }
    case "MAP":
    case "MULTISET": {
      const write = type.kind === "MAP" ? jsonWriter(type.value) : String;
      const keyType = type.kind === "MAP" ? type.key : type.element;
      if (keyType.kind !== "CHAR" && keyType.kind !== "VARCHAR")
        throw new CallRefusal("a JSON object needs keys of type STRING");
      return (value: ReadonlyMap<string, unknown>) =>
        `{${[...value].map(([key, one]) => `${JSON.stringify(key)}:${write(one)}`).join(",")}}`;
    }
    default:
      throw new CallRefusal(`${type.kind} has no JSON form`);
  }
}

/** Functions on JSON without clauses. */
export const JSON_FUNCTIONS: readonly ScalarFunction[] = [
  define("JSON_STRING", [
    {
      parameters: [ANY],
      returns: STRING,
      make: (site) => implementation("JSON_STRING", writerOf(site.arguments[0]!.type)),
    },
  ]),
  define("JSON_QUOTE", [
    {
      parameters: [TEXT],
      returns: STRING,
      make: () => implementation("JSON_QUOTE", (text: string) => JSON.stringify(text)),
    },
  ]),
  define("JSON_UNQUOTE", [
    {
      parameters: [TEXT],
      returns: STRING,
      make: () =>
        implementation("JSON_UNQUOTE", (text: string) => {
          const value = text.startsWith('"') ? parseJson(text) : undefined;
          return typeof value === "string" ? value : text;
        }),
    },
  ]),
];
