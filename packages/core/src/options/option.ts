/**
 * The option kit: one declaration of an option, from which parsing, validation, help and the option tables derive.
 *
 * An options class has one property for each option. `@Option` gives the user's key, the type and the meaning; the
 * property's initialiser is the default; an option without initialiser is required if it says so, else optional and
 * absent. Decorators of class-validator on the same property are rules on the parsed value; a method marked with
 * {@link CrossCheck} holds a rule across options. Classes inherit options from their superclass.
 */
import type { OptionsClass } from "../factory/factory.js";

/**
 * How an option's text is read, and the property's type: `string`; `boolean`; `int`, `long` and `double` as `number`
 * (`long` as `bigint` with {@link OptionDeclaration.isBigInt}); `enum` as one of `values`; `duration` as milliseconds;
 * `memorySize` as bytes; `list` as `readonly string[]`; `map` as `ReadonlyMap<string, string>`.
 *
 * @public
 */
export type OptionType =
  "string" | "boolean" | "int" | "long" | "double" | "enum" | "duration" | "memorySize" | "list" | "map";

/** What an options class says about one option. @public */
export interface OptionDeclaration {
  /**
   * The user's word, without a format's prefix. One level may be `#`, which stands for a part that varies
   * (`fields.#.kind`): the property is then a `ReadonlyMap` from that part to the value. A `map` option takes
   * `key` itself or any number of keys below `key.`.
   */
  readonly key: string;
  readonly type: OptionType;
  /** Of an `enum`: the constants as printed. */
  readonly values?: readonly string[];
  /** Of an `enum`: must the letter case agree? Default: no. */
  readonly isCaseSensitive?: boolean;
  /** Type that option tables print: the reference declares some options with fixed values as texts. */
  readonly printedType?: "String";
  /** Of a `long`: is the property a `bigint`? Default: a number, refused beyond 2^53. */
  readonly isBigInt?: boolean;
  /** Unit of the property's value, e.g. `records`; for messages and tables. */
  readonly unit?: string;
  /** The meaning, one or more sentences. */
  readonly summary: string;
  /** A value to show in hints and tables. */
  readonly example?: string;
  /** Older spellings that still work, with a warning. */
  readonly deprecatedKeys?: readonly string[];
  /** Other spellings that work without a warning. */
  readonly fallbackKeys?: readonly string[];
  /** Never print the value. Keys that speak of secrets are masked without it. */
  readonly isSecret?: boolean;
  /** May a restored plan take the value from the catalog's present table? */
  readonly isForwarded?: boolean;
  /** `true`: must be given; a text: the condition under which it must, checked by a {@link CrossCheck}. */
  readonly required?: true | string;
  /** Where a number or rule from outside comes from. */
  readonly source?: string;
  /** The default as tables print it, where it is not the initialiser's own text. */
  readonly defaultText?: string;
}

/** A declaration with the property that carries it. */
export interface DeclaredOption extends OptionDeclaration {
  readonly property: string;
}

/** Global, so that an options class written against another copy of this package is understood. */
const OPTIONS = Symbol.for("@tributary/core/options");
const CROSS_CHECKS = Symbol.for("@tributary/core/crossChecks");

/** Name of a method that does what a {@link CrossCheck} does, for classes without decorators. @public */
export const validateOptions: unique symbol = Symbol.for("@tributary/core/validateOptions");

interface Annotated {
  [OPTIONS]?: DeclaredOption[];
  [CROSS_CHECKS]?: string[];
}

/** Declares the property as an option. @public */
export function Option(declaration: OptionDeclaration): PropertyDecorator {
  return (prototype, property) => {
    own(prototype as Annotated, OPTIONS).push(Object.freeze({ ...declaration, property: String(property) }));
  };
}

/**
 * Marks a method as a rule across options: `(context: CrossCheckContext) => readonly OptionFault[]`. It runs on the
 * parsed options and returns what is wrong.
 *
 * @public
 */
export function CrossCheck(): MethodDecorator {
  return (prototype, method) => {
    own(prototype as Annotated, CROSS_CHECKS).push(String(method));
  };
}

function own<K extends keyof Annotated>(prototype: Annotated, key: K): NonNullable<Annotated[K]> {
  if (!Object.hasOwn(prototype, key)) Object.defineProperty(prototype, key, { value: [] });
  return prototype[key] as NonNullable<Annotated[K]>;
}

/**
 * The declared options of a class, those of its superclasses first; a property declared again replaces the inherited
 * declaration at its place.
 */
export function declaredOptions(options: OptionsClass<object>): readonly DeclaredOption[] {
  const byProperty = new Map<string, DeclaredOption>();
  for (const prototype of prototypesOf(options)) {
    for (const declared of Object.hasOwn(prototype, OPTIONS) ? (prototype[OPTIONS] ?? []) : []) {
      byProperty.set(declared.property, declared);
    }
  }
  return [...byProperty.values()];
}

/** Names of the methods marked as cross checks, superclasses first, each once. */
export function crossCheckMethods(options: OptionsClass<object>): readonly (string | symbol)[] {
  const names = new Set<string | symbol>();
  for (const prototype of prototypesOf(options)) {
    for (const name of Object.hasOwn(prototype, CROSS_CHECKS) ? (prototype[CROSS_CHECKS] ?? []) : []) {
      names.add(name);
    }
  }
  return [...names, validateOptions];
}

/** From the oldest ancestor to the class itself. */
function prototypesOf(options: OptionsClass<object>): Annotated[] {
  const chain: Annotated[] = [];
  for (
    let prototype = options.prototype as object | null;
    prototype !== null && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype) as object | null
  ) {
    chain.unshift(prototype);
  }
  return chain;
}
