import type { OptionsClass } from "../factory/factory.js";
import { declaredOptions } from "./option.js";
import type { DeclaredOption } from "./option.js";
import { spellingsOf } from "./key-index.js";

/** Something that is wrong with an options class. */
export interface OptionsClassFault {
  /** Continues "Class X ...". */
  readonly message: string;
  readonly hint: string;
}

/**
 * What is wrong with an options class: a key declared twice, an older spelling that is another option's key, an enum
 * without values.
 */
export function checkOptionsClass(options: OptionsClass<object>): readonly OptionsClassFault[] {
  if (typeof options !== "function") {
    return [
      {
        message: "has no options class",
        hint: "Name a class in 'options'; one without properties for no options.",
      },
    ];
  }
  const owners = new Map<string, string>();
  return declaredOptions(options).flatMap((declared) => [...faultsOf(declared, options.name, owners)]);
}

/** @param owners - what each key seen so far is of, as messages say it. */
function* faultsOf(
  declared: DeclaredOption,
  className: string,
  owners: Map<string, string>,
): Generator<OptionsClassFault> {
  for (const { key, spelling } of spellingsOf(declared)) {
    const what = spelling === "key" ? "key" : `${spelling} key`;
    const claim = `the ${what} of property '${declared.property}'`;
    const owner = owners.get(key);
    if (key === "") {
      yield {
        message: `declares an empty ${what} (property '${declared.property}' of ${className})`,
        hint: "A key is not empty.",
      };
    }
    if (owner === undefined) owners.set(key, claim);
    else {
      yield {
        message: `declares '${key}' twice in ${className}: as ${owner} and as ${claim}`,
        hint: "Each key and each older spelling of an options class belongs to one option.",
      };
    }
    if (key.split("#").length > 2) {
      yield {
        message: `declares the ${what} '${key}' with more than one '#' (property '${declared.property}' of ${className})`,
        hint: "One level of a key may be '#', the part that varies.",
      };
    }
  }
  if (declared.type === "enum" && (declared.values?.length ?? 0) === 0) {
    yield {
      message: `declares the enum '${declared.key}' without values (property '${declared.property}' of ${className})`,
      hint: "List the constants in 'values'.",
    };
  }
}
