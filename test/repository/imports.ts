import { dirname, posix } from "node:path";

import { filesBelow, packageFolders, read } from "./checkout.js";

/** One import or re-export of a source file. */
export interface Import {
  /** Path from the root, e.g. `packages/core/src/index.ts`. */
  readonly file: string;
  readonly specifier: string;
  readonly isTypeOnly: boolean;
}

const STATEMENT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^;'"]*?from\s*["']([^"']+)["']|(?:^|\n)\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/g;

/** Comments away: examples in docstrings import things too. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/[^\n]*/g, "$1");
}

export function importsOf(file: string, text: string): readonly Import[] {
  return [...withoutComments(text).matchAll(STATEMENT)].map(([, type, from, bare, dynamic]) => ({
    file,
    specifier: from ?? bare ?? dynamic ?? "",
    isTypeOnly: type !== undefined,
  }));
}

/** Every import of every package's sources. */
export function allImports(): readonly Import[] {
  return packageFolders().flatMap((folder) =>
    filesBelow(`packages/${folder}/src`, ".ts").flatMap((file) => importsOf(file, read(file))),
  );
}

/** `core` of `packages/core/src/...`. */
export function packageOf(file: string): string {
  return file.split("/")[1] ?? "";
}

/** The room a file stands in: `io-kinesis/client`, or `io-kinesis/` for files directly in `src`. */
export function roomOf(file: string): string {
  const [, name = "", , room = "", ...rest] = file.split("/");
  return `${name}/${rest.length === 0 ? "" : room}`;
}

/** File that a relative import leads to, as a path from the root. */
export function targetOf({ file, specifier }: Import): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return posix.normalize(posix.join(dirname(file), specifier)).replace(/\.js$/, ".ts");
}
