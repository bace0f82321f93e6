import { createRequire } from "node:module";
import type * as ClassValidator from "class-validator";

/** Loaded at the first parse: class-validator takes 0.17 s to import, and importing core must stay cheap. */
const require = createRequire(import.meta.url);

/**
 * Runs the class-validator decorators of an object's class.
 *
 * @returns for each property that breaks rules, what is wrong, in words that continue "The value ...".
 */
export function brokenRules(options: object): ReadonlyMap<string, string> {
  const { validateSync } = require("class-validator") as typeof ClassValidator;
  const errors = validateSync(options, { skipUndefinedProperties: true, forbidUnknownValues: false });
  return new Map(
    errors.map(({ property, constraints }) => [
      property,
      Object.values(constraints ?? { invalid: "is not valid" })
        .map((message) => withoutSubject(message, property))
        .join(" and "),
    ]),
  );
}

/** class-validator's own messages begin with the property's name, which the user never wrote. */
function withoutSubject(message: string, property: string): string {
  const text = message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
  return text.replace(/\.$/, "");
}
