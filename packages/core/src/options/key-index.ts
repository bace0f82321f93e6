import type { OptionsClass } from "../factory/factory.js";
import { declaredOptions } from "./option.js";
import type { DeclaredOption } from "./option.js";

/** How an accepted key relates to the option it sets. */
export type Spelling = "key" | "fallback" | "deprecated";

/** What a written key means. */
export interface KeyMatch {
  readonly declared: DeclaredOption;
  readonly spelling: Spelling;
  /** Order of look-up among the spellings of one option: the lowest that is present wins. */
  readonly rank: number;
  /** The part behind `#`, or behind `key.` for a map given by prefix. */
  readonly part?: string;
}

/** Every key that an options class takes, with a format's prefix put before each. */
export class KeyIndex {
  readonly declared: readonly DeclaredOption[];
  /** Every accepted key as tables print it, `#` and map prefixes included; unsorted. */
  readonly supportedKeys: readonly string[];
  readonly prefix: string;
  readonly #exact = new Map<string, KeyMatch>();
  readonly #patterns: { readonly pattern: RegExp; readonly match: KeyMatch }[] = [];
  readonly #mapPrefixes: { readonly start: string; readonly match: KeyMatch }[] = [];

  constructor(options: OptionsClass<object>, prefix = "") {
    this.prefix = prefix;
    this.declared = declaredOptions(options);
    this.supportedKeys = this.declared.flatMap((declared) =>
      spellingsOf(declared).map(({ key }) => prefix + key),
    );
    for (const declared of this.declared) this.#add(declared);
    // A longer prefix is the more specific one.
    this.#mapPrefixes.sort((a, b) => b.start.length - a.start.length);
  }

  #add(declared: DeclaredOption): void {
    spellingsOf(declared).forEach(({ key, spelling }, rank) => {
      const full = this.prefix + key;
      const match: KeyMatch = { declared, spelling, rank };
      if (key.includes("#")) this.#patterns.push({ pattern: patternOf(full), match });
      else this.#exact.set(full, match);
      if (declared.type === "map" && !key.includes("#")) this.#mapPrefixes.push({ start: `${full}.`, match });
    });
  }

  /** A key declared as it stands wins over a pattern, and a pattern over a map's prefix. */
  find(key: string): KeyMatch | undefined {
    const exact = this.#exact.get(key);
    if (exact !== undefined) return exact;
    for (const { pattern, match } of this.#patterns) {
      const part = pattern.exec(key)?.[1];
      if (part !== undefined) return { ...match, part };
    }
    const found = this.#mapPrefixes.find(({ start }) => key.startsWith(start) && key.length > start.length);
    return found === undefined ? undefined : { ...found.match, part: key.slice(found.start.length) };
  }
}

/** The keys of an option in the order of look-up: its own, then fallback keys, then deprecated ones. */
export function spellingsOf(
  declared: DeclaredOption,
): { readonly key: string; readonly spelling: Spelling }[] {
  return [
    { key: declared.key, spelling: "key" as const },
    ...(declared.fallbackKeys ?? []).map((key) => ({ key, spelling: "fallback" as const })),
    ...(declared.deprecatedKeys ?? []).map((key) => ({ key, spelling: "deprecated" as const })),
  ];
}

function patternOf(key: string): RegExp {
  const escaped = key.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replace("#", "(.+)")}$`);
}
