import { read } from "../repository/checkout.js";

/** What a page tells its reader to do, in order. */
export interface Guide {
  /** Text by path: blocks with `file=PATH` behind the language. */
  readonly files: ReadonlyMap<string, string>;
  /** The `shell` blocks. */
  readonly scripts: readonly string[];
  /** Their lines. */
  readonly commands: readonly string[];
  /** The `text` blocks that are no files: what is printed. */
  readonly printed: readonly string[];
}

const BLOCK = /^```([a-z]+)(?: file=(\S+))?\n([\s\S]*?)^```$/gm;

export function readGuide(page = "docs/plugins/guide.md"): Guide {
  const files = new Map<string, string>();
  const scripts: string[] = [];
  const printed: string[] = [];
  for (const [, language = "", path, text = ""] of read(page).matchAll(BLOCK)) {
    if (path !== undefined) files.set(path, text);
    else if (language === "shell") scripts.push(text);
    else if (language === "text") printed.push(text);
    else throw new Error(`${page} has a block of ${language} that is neither file nor command`);
  }
  const commands = scripts.flatMap((script) => script.split("\n").filter((line) => line !== ""));
  return { files, scripts, commands, printed };
}
