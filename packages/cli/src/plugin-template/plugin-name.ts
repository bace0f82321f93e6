import { builtinModules } from "node:module";

import type { Diagnostic } from "@tributary/core";

/** What a new plugin is called, in the places that want a name. */
export interface PluginName {
  /** The npm package, e.g. `@acme/queue`. */
  readonly packageName: string;
  /** Name of the folder, the module and the connector: the package without its scope. */
  readonly identifier: string;
  /** Begins the names of classes. */
  readonly className: string;
  /** Begins the names of constants. */
  readonly constantName: string;
}

/** Longest package name that npm takes, scope included, in characters. */
const PACKAGE_NAME_MAX = 214;
const IDENTIFIER = /^[a-z0-9][a-z0-9-]*$/;
const SCOPE = /^@[a-z0-9][a-z0-9._~-]*$/;
const EXAMPLE = "for example tributary new plugin acme-queue, or @acme/queue";

/** Words that would give a class the name of a contract that it implements, as in `TableSource`. */
const CONTRACT_WORDS: ReadonlySet<string> = new Set([
  "decoding",
  "encoding",
  "format",
  "row",
  "sink",
  "source",
  "split",
  "table",
]);

/** Reads NAME, or says everything that is wrong with it. */
export function parsePluginName(text: string): PluginName | readonly Diagnostic[] {
  const slash = text.startsWith("@") ? text.indexOf("/") : -1;
  const scope = slash < 0 ? undefined : text.slice(0, slash);
  const identifier = text.slice(slash + 1);
  const faults = [...nameFaults(text, scope, identifier)];
  if (faults.length > 0) {
    return faults.map((message) => ({
      severity: "error",
      code: "COMMAND_INVALID",
      message,
      value: text,
      hint: EXAMPLE,
    }));
  }
  const words = identifier.split("-").filter((word) => word !== "");
  const needsPrefix = /^[0-9]/.test(identifier) || CONTRACT_WORDS.has(words[0] ?? "");
  const className = [...(needsPrefix ? ["plugin"] : []), ...words]
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
  return {
    packageName: text,
    identifier,
    className,
    constantName: className.charAt(0).toLowerCase() + className.slice(1),
  };
}

function* nameFaults(text: string, scope: string | undefined, identifier: string): Generator<string> {
  if (scope !== undefined && !SCOPE.test(scope)) {
    yield `'${scope}' is not a scope of npm: '@', then lower-case letters, digits, '.', '_', '~' and '-'`;
  }
  if (!IDENTIFIER.test(identifier)) {
    yield `'${identifier}' is not a name for a plugin: lower-case letters, digits and '-', a letter or digit first`;
  } else if (scope === undefined && builtinModules.includes(identifier)) {
    yield `'${identifier}' is a module of Node itself, and npm takes no package of that name`;
  }
  if (text.length > PACKAGE_NAME_MAX) {
    yield `the name has ${text.length} characters; npm takes at most ${PACKAGE_NAME_MAX}`;
  }
}
