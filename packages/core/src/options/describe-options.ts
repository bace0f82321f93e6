import type { OptionsClass } from "../factory/factory.js";
import { formatDuration } from "./duration.js";
import { formatList, formatMap } from "./list-and-map.js";
import { formatMemorySize } from "./memory-size.js";
import { declaredOptions } from "./option.js";
import type { DeclaredOption, OptionType } from "./option.js";

/** One line of `tributary describe --json`: an option in the words of Flink's option tables. @public */
export interface OptionDescription {
  /** Full key. */
  readonly key: string;
  readonly type:
    | "String"
    | "Boolean"
    | "Integer"
    | "Long"
    | "Double"
    | "Enum"
    | "Duration"
    | "MemorySize"
    | "List"
    | "Map";
  /** The default as text; `null` without one. */
  readonly default: string | null;
  /** True, false, or the condition as text. */
  readonly required: boolean | string;
  readonly forwarded: boolean;
  /** Allowed values of an Enum, or of a String that has such; `null` for other types. */
  readonly values: readonly string[] | null;
  readonly description: string;
  /** Older and other spellings that are accepted. */
  readonly deprecatedKeys: readonly string[];
}

const TYPE_WORDS = {
  string: "String",
  boolean: "Boolean",
  int: "Integer",
  long: "Long",
  double: "Double",
  enum: "Enum",
  duration: "Duration",
  memorySize: "MemorySize",
  list: "List",
  map: "Map",
} as const satisfies Record<OptionType, OptionDescription["type"]>;

/**
 * Describes every option of a class, in declared order.
 *
 * @param prefix - a format's prefix, e.g. `csv.`; put before every key.
 * @public
 */
export function describeOptions(options: OptionsClass<object>, prefix = ""): readonly OptionDescription[] {
  const defaults = new options() as Record<string, unknown>;
  return declaredOptions(options).map((declared) => ({
    key: prefix + declared.key,
    type: declared.printedType ?? TYPE_WORDS[declared.type],
    default: declared.defaultText ?? formatDefault(declared, defaults[declared.property]),
    required: declared.required ?? false,
    forwarded: declared.isForwarded ?? false,
    values: declared.type === "enum" ? (declared.values ?? []) : null,
    description: declared.summary,
    deprecatedKeys: [...(declared.fallbackKeys ?? []), ...(declared.deprecatedKeys ?? [])].map(
      (key) => prefix + key,
    ),
  }));
}

function formatDefault(declared: DeclaredOption, value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (declared.type === "duration" && typeof value === "number") return formatDuration(value);
  if (declared.type === "memorySize" && typeof value === "number") return formatMemorySize(value);
  if (Array.isArray(value)) return value.length === 0 ? null : formatList(value as string[]);
  if (value instanceof Map) return value.size === 0 ? null : formatMap(value as Map<string, string>);
  return typeof value === "object" ? JSON.stringify(value) : `${value as string | number | bigint | boolean}`;
}
