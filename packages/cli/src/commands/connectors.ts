import type { FactoryRegistration } from "@tributary/core";

import { MODULE_OPTIONS, modulesOf, type Command } from "../command-line/command.js";
import { loadRegistry } from "../modules/load.js";
import { paint } from "../output/style.js";

/** One line of the table, in columns. */
function row(role: string, identifier: string, provided: string, module: string): string {
  return `${role.padEnd(7)} ${identifier.padEnd(18)} ${provided.padEnd(15)} ${module}`;
}

const HEADING = row("role", "identifier", "interface", "module");

function line(one: FactoryRegistration): string {
  const override = one.overrides === undefined ? "" : ` overrides ${one.overrides}`;
  return row(one.role, one.identifier, one.interface, `${one.module} ${one.version}${override}`);
}

/** `tributary connectors`: the factories that the chosen modules register. */
export const connectors: Command = {
  path: ["connectors"],
  summary: "list sources, sinks and formats of the chosen modules",
  operands: [],
  options: MODULE_OPTIONS,
  async run(invocation) {
    const { terminal } = invocation;
    const registry = await loadRegistry({ ...modulesOf(invocation), folders: [process.cwd()] });
    try {
      if (terminal.isJson) for (const one of registry.registrations) terminal.printJson(one);
      else {
        const { bold } = paint(terminal.hasColor.stdout);
        terminal.print(bold(HEADING));
        for (const one of registry.registrations) terminal.print(line(one));
      }
      return 0;
    } finally {
      await registry.dispose();
    }
  },
};
