import { existsSync } from "node:fs";
import { dirname, join, posix } from "node:path";

import test from "ava";

import { read, root } from "./checkout.js";

/** What plugin authors and applications import. */
const ENTRIES = ["packages/core/src/index.ts", "packages/core/src/testing/index.ts"];

/** A name that an entry exports, and the file that declares it. */
interface Exported {
  readonly name: string;
  readonly file: string;
}

/** Follows re-exports to the declarations. */
function exportsOf(file: string): readonly Exported[] {
  const reExports = [...read(file).matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]+)";/gm)];
  return reExports.flatMap(([, list = "", from = ""]) => {
    const target = posix.join(dirname(file), from.replace(/\.js$/, ".ts"));
    const names = list
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "");
    const further = exportsOf(target);
    return names.map((name) => further.find((one) => one.name === name) ?? { name, file: target });
  });
}

/** The doc comment right before a declaration, without its stars; undefined if there is none. */
function docOf({ name, file }: Exported): string | undefined {
  const text = read(file);
  const declaration = new RegExp(
    `^export (?:declare )?(?:abstract )?(?:async )?(?:class|interface|type|const|function\\*?) ${name.replace("$", "\\$")}\\b`,
    "m",
  );
  const at = declaration.exec(text)?.index;
  if (at === undefined) return undefined;
  // Decorators may stand between.
  const before = text.slice(0, at).replace(/(?:^@[^\n]*\n)+$/m, "");
  const comment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(before)?.[1];
  return comment?.replaceAll(/^\s*\*\s?/gm, "").trim();
}

/** Words before the first tag: a tag alone says nothing. */
function hasMeaning(doc: string | undefined): boolean {
  return /^[^@]*\w/.test(doc ?? "");
}

for (const entry of ENTRIES) {
  test(`every export of ${entry} says what it is`, (t) => {
    const exported = exportsOf(entry);
    const silent = exported.filter((one) => !hasMeaning(docOf(one)));

    t.true(exported.length > 10 && exported.every(({ file }) => existsSync(join(root, file))));
    t.deepEqual(
      silent.map(({ name, file }) => `${name} in ${file}`),
      [],
    );
  });

  test(`every export of ${entry} says how stable it is`, (t) => {
    const unmarked = exportsOf(entry).filter(
      (one) => !/@(?:public|experimental|internal)\b/.test(docOf(one) ?? ""),
    );

    t.deepEqual(
      unmarked.map(({ name, file }) => `${name} in ${file}`),
      [],
    );
  });
}
