import { read } from "../repository/checkout.js";

/** What docs/plugins/guide.md tells its reader to do, in order. */
export interface Guide {
  /** Text by path: blocks with `file=PATH` behind the language. */
  readonly files: ReadonlyMap<string, string>;
  /** Lines of the `shell` blocks. */
  readonly commands: readonly string[];
  /** The `text` blocks that are no files: what is printed. */
  readonly printed: readonly string[];
}

const BLOCK = /^```([a-z]+)(?: file=(\S+))?\n([\s\S]*?)^```$/gm;

export function readGuide(): Guide {
  const files = new Map<string, string>();
  const commands: string[] = [];
  const printed: string[] = [];
  for (const [, language = "", path, text = ""] of read("docs/plugins/guide.md").matchAll(BLOCK)) {
    if (path !== undefined) files.set(path, text);
    else if (language === "shell") commands.push(...text.split("\n").filter((line) => line !== ""));
    else if (language === "text") printed.push(text);
    else throw new Error(`docs/plugins/guide.md has a block of ${language} that is neither file nor command`);
  }
  return { files, commands, printed };
}
