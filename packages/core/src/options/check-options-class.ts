import type { OptionsClass } from "../factory/factory.js";
import { declaredOptions } from "./option.js";
import { spellingsOf } from "./key-index.js";

/**
 * What is wrong with an options class: a key declared twice, an older spelling that is another option's key, an enum
 * without values. Each text continues "Class X ...".
 */
export function checkOptionsClass(options: OptionsClass<object>): readonly string[] {
  if (typeof options !== "function") return ["has no options class"];
  const faults: string[] = [];
  const owners = new Map<string, string>();
  for (const declared of declaredOptions(options)) {
    for (const { key, spelling } of spellingsOf(declared)) {
      const owner = owners.get(key);
      const what = spelling === "key" ? "key" : `${spelling} key`;
      if (key === "")
        faults.push(`declares an empty ${what} (property '${declared.property}' of ${options.name})`);
      if (owner === undefined) owners.set(key, declared.property);
      else {
        faults.push(
          `declares the ${what} '${key}' twice (properties '${owner}' and '${declared.property}' of ${options.name})`,
        );
      }
      if (key.split("#").length > 2) faults.push(`declares the ${what} '${key}' with more than one '#'`);
    }
    if (declared.type === "enum" && (declared.values?.length ?? 0) === 0) {
      faults.push(`declares the enum '${declared.key}' without values`);
    }
  }
  return faults;
}
