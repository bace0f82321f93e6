// Writes docs/api/: pages about everything that our packages export, for reading offline. The folder is not checked in.
import { join, relative } from "node:path";

import { Application, ReflectionKind } from "typedoc";

import { publicEntries, root } from "./entries.mjs";

const out = join(root, "docs", "api");
const application = await Application.bootstrap({
  name: "Tributary",
  entryPoints: publicEntries().map(({ source }) => source),
  tsconfig: join(root, "tools", "docs", "tsconfig.pages.json"),
  readme: join(root, "tools", "docs", "start-page.md"),
  // Compiling has checked the sources; they are only read here.
  skipErrorChecking: true,
  excludeInternal: true,
  excludePrivate: true,
  githubPages: false,
  disableSources: true,
  sort: ["kind", "alphabetical"],
  validation: { notExported: false, invalidLink: true, notDocumented: false },
  blockTags: ["@example", "@param", "@typeParam", "@returns", "@throws", "@see"],
  modifierTags: ["@public", "@experimental", "@internal", "@packageDocumentation"],
  highlightLanguages: ["typescript", "javascript", "json", "sql", "shell"],
  logLevel: "Warn",
});
const project = await application.convert();
if (project === undefined) throw new Error("The sources cannot be read.");
// Named as they are imported, instead of by their files.
const names = new Map(publicEntries().map(({ source, specifier }) => [source, specifier]));
for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
  const [source] = project.getSymbolIdFromReflection(module)?.fileName.match(/packages\/.*$/) ?? [];
  module.name = names.get(join(root, source ?? "")) ?? module.name;
}
await application.generateDocs(project, out);
console.log(`wrote ${relative(root, out)}/index.html`);
