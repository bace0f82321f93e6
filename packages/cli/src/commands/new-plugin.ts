import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";

import { TributaryError } from "@tributary/core";

import { commandInvalid } from "../command-line/command-invalid.js";
import type { Command } from "../command-line/command.js";
import { parsePluginName, type PluginName } from "../plugin-template/plugin-name.js";
import { PLUGIN_PARTS, renderPlugin, type PluginPart } from "../plugin-template/render-template.js";
import { TOOL_VERSIONS } from "../plugin-template/tool-versions.js";
import { packageVersion } from "../version.js";

/** Makes the folder that a plugin goes into. @throws `COMMAND_INVALID` if something is there, or it cannot be made. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(dirname(folder), { recursive: true });
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new TributaryError(
      commandInvalid(code === "EEXIST" ? `${folder} exists already` : `${folder} cannot be made (${code})`, {
        value: folder,
        hint: "choose another name, or another place with --out DIR; nothing is ever overwritten",
      }),
      { cause: error },
    );
  }
}

async function writeFiles(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

function nameOf(text: string): PluginName {
  const name = parsePluginName(text);
  if ("packageName" in name) return name;
  throw new TributaryError(name);
}

/** What the templates print of a name and of versions. */
function templateValues(name: PluginName, parts: readonly PluginPart[]): Readonly<Record<string, string>> {
  return {
    package: name.packageName,
    identifier: name.identifier,
    Class: name.className,
    constant: name.constantName,
    parts: parts.join(", ").replace(/, ([a-z]+)$/, " and $1"),
    tributaryVersion: packageVersion(),
    ...TOOL_VERSIONS,
  };
}

/** `tributary new plugin`: a package of its own with a working source, sink and format to start from. */
export const newPlugin: Command = {
  path: ["new", "plugin"],
  summary: "write a new plugin package that builds, is tested and runs",
  operands: [{ name: "NAME" }],
  options: [
    { name: "source", summary: "with a source (default: with all three parts)" },
    { name: "sink", summary: "with a sink" },
    { name: "format", summary: "with a format" },
    { name: "out", value: "DIR", summary: "where to make the folder NAME (default: here)" },
  ],
  async run({ operands: [text = ""], isSet, value, terminal }) {
    const name = nameOf(text);
    const chosen = PLUGIN_PARTS.filter((part) => isSet(part));
    const parts = chosen.length === 0 ? PLUGIN_PARTS : chosen;
    const folder = resolve(value("out") ?? ".", name.identifier);
    const files = renderPlugin(parts, templateValues(name, parts));
    await makeFolder(folder);
    await writeFiles(folder, files);
    if (terminal.isJson) {
      terminal.printJson({
        event: "created",
        package: name.packageName,
        identifier: name.identifier,
        folder,
        parts,
        files: [...files.keys()],
      });
    } else {
      const shown = relative(process.cwd(), folder);
      terminal.print(`${name.packageName}: ${files.size} files in ${shown}`);
      terminal.print("Next:");
      for (const step of [`cd ${shown}`, "npm install", "npm test", "npm run example"]) {
        terminal.print(`  ${step}`);
      }
    }
    return 0;
  },
};
