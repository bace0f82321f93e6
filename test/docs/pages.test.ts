/** The commands that pages show are run, in their order, in a folder with the scripts that the pages show. */
import { symlinkSync } from "node:fs";
import { join } from "node:path";

import test from "ava";

import { folderWith, tributary } from "../command/tributary.js";
import { read, root } from "../repository/checkout.js";

const PAGES = ["docs/operations.md", "docs/guarantees.md", "docs/troubleshooting.md"];

/** Files of a page: code blocks that begin with their name. */
function filesOf(page: string): Readonly<Record<string, string>> {
  const blocks = page.matchAll(/```(?:sql|ts)\n((?:--|\/\/) (\S+)\n[\s\S]*?)```/g);
  return Object.fromEntries(Array.from(blocks, ([, text = "", name = ""]) => [name, text]));
}

interface Shown {
  readonly args: readonly string[];
  readonly code: number;
}

/** `tributary ...` lines of bash blocks, with the exit code that a comment names; 0 otherwise. */
function commandsOf(page: string): readonly Shown[] {
  return [...page.matchAll(/```bash\n([\s\S]*?)```/g)].flatMap(([, block = ""]) =>
    [...block.matchAll(/^tributary (.*?)(?: +# exit code (\d))?$/gm)].map(([, line = "", code = "0"]) => ({
      args: Array.from(line.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, word]) => quoted ?? word ?? ""),
      code: Number(code),
    })),
  );
}

/** A folder with the files of a page, where the packages are installed. */
function folderOf(page: string): string {
  const folder = folderWith({ "package.json": '{"type":"module"}', ...filesOf(page) });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  return folder;
}

for (const page of PAGES) {
  test(`the commands of ${page} do what it says`, async (t) => {
    const text = read(page);
    const cwd = folderOf(text);
    const commands = commandsOf(text);

    t.true(commands.length > 0);
    for (const { args, code } of commands) {
      const outcome = await tributary(args, { cwd });
      t.is(outcome.code, code, `tributary ${args.join(" ")}: ${outcome.stdout}${outcome.stderr}`);
    }
  });
}

test("what the page on guarantees leaves out is left out", async (t) => {
  const text = read("docs/guarantees.md");
  const cwd = folderOf(text);

  const { stdout } = await tributary(["run", "deduplicate.ts"], { cwd });

  t.is(stdout, '{"airport":"LAS","hour":9,"departures":3}\n{"airport":"LAS","hour":10,"departures":5}\n');
});
