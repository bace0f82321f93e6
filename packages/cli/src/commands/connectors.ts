import type { FactoryRegistration } from "@tributary/core";

import { MODULE_OPTIONS, type Command } from "../command-line/command.js";
import { loadRegistry } from "../modules/load.js";
import { paint } from "../output/style.js";

function line(one: FactoryRegistration): string {
  const override = one.overrides === undefined ? "" : ` overrides ${one.overrides}`;
  return `${one.role.padEnd(7)} ${one.identifier.padEnd(18)} ${one.interface.padEnd(15)} ${one.module} ${one.version}${override}`;
}

/** `tributary connectors`: the factories that the chosen modules register. */
export const connectors: Command = {
  path: ["connectors"],
  summary: "list sources, sinks and formats of the chosen modules",
  operands: [],
  options: MODULE_OPTIONS,
  async run({ values, isSet, terminal }) {
    const registry = await loadRegistry({
      named: values("module"),
      withDefaults: !isSet("no-default-modules"),
      folders: [process.cwd()],
    });
    if (terminal.isJson) for (const one of registry.registrations) terminal.printJson(one);
    else {
      const { bold } = paint(terminal.hasColor.stdout);
      terminal.print(bold(`${"role".padEnd(7)} ${"identifier".padEnd(18)} ${"interface".padEnd(15)} module`));
      for (const one of registry.registrations) terminal.print(line(one));
    }
    await registry.dispose();
    return 0;
  },
};
