/**
 * The templates of a new plugin: files below `files/`, each named as in the plugin with `.template` behind it.
 *
 * `{{name}}` stands for a value. Lines between `{{#if PARTS}}` and `{{/if}}` stay if one of the parts is chosen, with
 * `!` in front if none of them is; PARTS are joined with `|`. Conditions may stand inside each other.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

import { invariant } from "@tributary/core";

/** A part of a plugin that can be left out. */
export const PLUGIN_PARTS = ["source", "sink", "format"] as const;
export type PluginPart = (typeof PLUGIN_PARTS)[number];

/** The templates are read from the sources, which the package holds beside the compiled files. */
const FILES = fileURLToPath(new URL("../../src/plugin-template/files/", import.meta.url));
const ENDING = ".template";

/**
 * The files of a plugin.
 *
 * @returns text by path below the plugin's folder, with `/`.
 */
export function renderPlugin(
  parts: readonly PluginPart[],
  values: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  return new Map(
    templates()
      .filter((path) => partOf(path) === undefined || parts.some((part) => part === partOf(path)))
      .map((path) => [nameOf(path), renderTemplate(readFileSync(join(FILES, path), "utf8"), parts, values)]),
  );
}

function templates(): readonly string[] {
  return readdirSync(FILES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ENDING))
    .map((entry) => relative(FILES, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

/** `src/source/...` and `test/source.test.ts` belong to the source. */
function partOf(path: string): string | undefined {
  return /^(?:src|test)\/(source|sink|format)[/.]/.exec(path)?.[1];
}

/** npm leaves files out of packages that begin with a dot and renames some: they have none in here. */
function nameOf(path: string): string {
  return path.slice(0, -ENDING.length).replace(/^gitignore$/, ".gitignore");
}

/** Fills one template in. */
export function renderTemplate(
  text: string,
  parts: readonly PluginPart[],
  values: Readonly<Record<string, string>>,
): string {
  const lines: string[] = [];
  const conditions: boolean[] = [];
  for (const line of text.split("\n")) {
    const condition = /^\s*\{\{#if (!?)([a-z|]+)\}\}$/.exec(line);
    if (condition !== null) {
      const isAny = parts.some((part) => condition[2]?.split("|").includes(part));
      conditions.push(condition[1] === "!" ? !isAny : isAny);
    } else if (/^\s*\{\{\/if\}\}$/.test(line)) {
      conditions.pop();
    } else if (!conditions.includes(false)) {
      lines.push(line);
    }
  }
  return lines.join("\n").replaceAll(/\{\{([a-zA-Z]+)\}\}/g, (_, name: string) => {
    const value = values[name];
    invariant(value !== undefined, `the template's value '${name}' is known`);
    return value;
  });
}
