import {
  describeConnector,
  describeOptions,
  factoryNotFound,
  TributaryError,
  type FactoryRegistry,
  type OptionDescription,
} from "@tributary/core";

import { MODULE_OPTIONS, modulesOf, type Command } from "../command-line/command.js";
import { loadRegistry } from "../modules/load.js";
import { paint } from "../output/style.js";

function connectorOptions(registry: FactoryRegistry, identifier: string): readonly OptionDescription[] {
  const options = describeConnector(registry, identifier);
  if (options === undefined) throw new TributaryError(factoryNotFound(registry, "source", identifier));
  return options;
}

function formatOptions(registry: FactoryRegistry, identifier: string): readonly OptionDescription[] {
  const factory = registry.findFormat(identifier);
  if (factory === undefined) throw new TributaryError(factoryNotFound(registry, "format", identifier));
  // Keys as a table's WITH clause has them.
  return describeOptions(factory.options, `${identifier}.`);
}

function text(option: OptionDescription, color: boolean): string {
  const { bold, dim } = paint(color);
  const facts = [
    option.type,
    option.required === true
      ? "required"
      : typeof option.required === "string"
        ? `required ${option.required}`
        : undefined,
    option.default === null ? undefined : `default ${option.default === "" ? "''" : option.default}`,
    option.values === null || option.values.length === 0 ? undefined : `one of ${option.values.join(", ")}`,
    option.deprecatedKeys.length === 0 ? undefined : `formerly ${option.deprecatedKeys.join(", ")}`,
  ].filter((one) => one !== undefined);
  return `${bold(option.key)}\n    ${dim(facts.join("; "))}\n    ${option.description}`;
}

/** `tributary describe`: every option of a connector or format. */
export const describe: Command = {
  path: ["describe"],
  summary: "show the options of a connector or format",
  operands: [{ name: "KIND", choices: ["connector", "format"] }, { name: "IDENTIFIER" }],
  options: MODULE_OPTIONS,
  async run(invocation) {
    const { operands, terminal } = invocation;
    const [kind = "", identifier = ""] = operands;
    const registry = await loadRegistry({ ...modulesOf(invocation), folders: [process.cwd()] });
    try {
      const options =
        kind === "connector" ? connectorOptions(registry, identifier) : formatOptions(registry, identifier);
      for (const option of options) {
        if (terminal.isJson) terminal.printJson(option);
        else terminal.print(text(option, terminal.hasColor.stdout));
      }
      return 0;
    } finally {
      await registry.dispose();
    }
  },
};
