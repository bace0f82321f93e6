import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * What others may import from our packages: one entry for each export with types.
 *
 * @returns `specifier` is what is imported, e.g. `@tributary/core/testing`; `report` names the entry's report.
 */
export function publicEntries() {
  return readdirSync(join(root, "packages"))
    .sort()
    .flatMap((name) => {
      const folder = join(root, "packages", name);
      const { exports, name: packageName } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      return Object.entries(exports)
        .filter(([, target]) => typeof target.types === "string")
        .map(([subpath, { types }]) => ({
          folder,
          specifier: packageName + subpath.slice(1),
          report: [name, ...subpath.split("/").slice(1)].join("-"),
          declarations: join(folder, types),
          source: join(folder, types.replace(/^\.\/dist\//, "src/").replace(/\.d\.ts$/, ".ts")),
        }));
    })
    .filter(({ declarations }) => existsSync(declarations));
}
