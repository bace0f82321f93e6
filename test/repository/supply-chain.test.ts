import test from "ava";

import { manifestOf, packageFolders, readJson, type Manifest } from "./checkout.js";

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

/** Optional peers that may run an install script, by name; none so far. */
const EXCEPTED: readonly string[] = [];

function locked(): readonly (readonly [string, LockedPackage])[] {
  const { packages } = readJson<{ packages: Record<string, LockedPackage> }>("package-lock.json");
  return Object.entries(packages).filter(
    ([path, entry]) => path.includes("node_modules/") && entry.link !== true,
  );
}

/** Package name of a lockfile path such as `node_modules/a/node_modules/@b/c`. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
}

test("no runtime dependency runs an install script", (t) => {
  const offenders = locked()
    .filter(
      ([path, entry]) =>
        entry.dev !== true && entry.hasInstallScript === true && !EXCEPTED.includes(nameOf(path)),
    )
    .map(([path]) => path);
  t.deepEqual(offenders, []);
});

test("every dependency is asked for in one exact version", (t) => {
  const manifests = [readJson<Manifest>("package.json"), ...packageFolders().map(manifestOf)];
  for (const manifest of manifests) {
    const wanted = { ...manifest.dependencies, ...manifest.devDependencies };
    const loose = Object.entries(wanted).filter(([, range]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(range));
    t.deepEqual(loose, [], manifest.name);
  }
});

test("every locked package has a checksum and comes from the registry", (t) => {
  const odd = locked().filter(
    ([, entry]) =>
      entry.integrity === undefined ||
      (entry.resolved !== undefined && !entry.resolved.startsWith("https://registry.npmjs.org/")),
  );
  t.deepEqual(
    odd.map(([path]) => path),
    [],
  );
});
