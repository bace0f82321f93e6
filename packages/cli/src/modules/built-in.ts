import { nearestFirst, TributaryError, type CatalogueEntry, type Module } from "@tributary/core";

/** Built-in modules by the name that `--module` takes. Loaded when asked for: the Kinesis client is large. */
const BUILT_IN_MODULES: ReadonlyMap<string, () => Promise<Module>> = new Map([
  ["kinesis-streams@5", async () => (await import("@tributary/io-kinesis")).kinesisStreams5],
  ["kinesis-streams@4", async () => (await import("@tributary/io-kinesis")).kinesisStreams4],
  ["kinesis@5", async () => (await import("@tributary/io-kinesis")).kinesis5],
  ["kinesis@4", async () => (await import("@tributary/io-kinesis")).kinesis4],
  ["formats", async () => (await import("@tributary/formats")).formats],
  ["io-basic", async () => (await import("@tributary/io-basic")).ioBasic],
]);

/** The distributions of the Kinesis connector, of which one application uses one. */
const KINESIS_DISTRIBUTIONS: ReadonlySet<string> = new Set([
  "kinesis-streams@5",
  "kinesis-streams@4",
  "kinesis@5",
  "kinesis@4",
]);

/** Factories that only a module beyond the defaults registers, for messages. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  { role: "source", identifier: "kinesis", module: "kinesis-streams@5" },
  { role: "source", identifier: "kinesis-legacy", module: "kinesis@5" },
  { role: "sink", identifier: "kinesis", module: "kinesis-streams@5" },
];

const DEFAULT_MODULES: readonly string[] = ["kinesis-streams@5", "formats", "io-basic"];

/** What `--module` takes without installing anything. */
export const BUILT_IN_NAMES: readonly string[] = [...BUILT_IN_MODULES.keys()];

/** A built-in module that is asked for, under one of its names. */
export interface WantedBuiltIn {
  readonly name: string;
  /** Name in the table. */
  readonly key: string;
  /** Parts of the version that were given beyond those of the key, e.g. `5.1.0`. */
  readonly version?: string;
}

/** A built-in module's name may go on to a full version: `kinesis@5` is `kinesis@5.1.0`, `formats` is `formats@0.1.0`. */
function findBuiltIn(name: string): WantedBuiltIn | undefined {
  if (BUILT_IN_MODULES.has(name)) return { name, key: name };
  const [, plain = "", version = ""] = /^([a-z-]+)@([0-9]+(?:\.[0-9]+)*)$/.exec(name) ?? [];
  const key = [`${plain}@${version.split(".")[0]}`, plain].find((one) => BUILT_IN_MODULES.has(one));
  return key === undefined ? undefined : { name, key, version };
}

/** @throws `MODULE_NOT_FOUND` if the built-in module has another version than the one asked for. */
export async function loadBuiltIn({ name, key, version }: WantedBuiltIn): Promise<Module> {
  const load = BUILT_IN_MODULES.get(key) as () => Promise<Module>;
  const module = await load();
  if (version === undefined || `${module.version}.`.startsWith(`${version}.`)) return module;
  const full = `${module.name}@${module.version}`;
  throw new TributaryError({
    severity: "error",
    code: "MODULE_NOT_FOUND",
    message: `There is no module '${name}': the one that is built in is ${full}.`,
    value: name,
    candidates: nearestFirst(name, [key, full]),
    hint: `Write '${key}', or install the release of Tributary that has this version.`,
  });
}

/**
 * The modules to load: the defaults and the named ones. A named Kinesis distribution replaces the default one; naming
 * a default again changes nothing.
 */
export function chosenModules(
  named: readonly string[],
  withDefaults: boolean,
): { readonly builtIn: readonly WantedBuiltIn[]; readonly others: readonly string[] } {
  const builtIn: WantedBuiltIn[] = [];
  const others: string[] = [];
  for (const name of named) {
    const found = findBuiltIn(name);
    if (found === undefined) others.push(name);
    else builtIn.push(found);
  }
  const keys = builtIn.map(({ key }) => key);
  const replacesKinesis = keys.some((key) => KINESIS_DISTRIBUTIONS.has(key));
  const defaults = withDefaults
    ? DEFAULT_MODULES.filter(
        (key) => !keys.includes(key) && !(replacesKinesis && KINESIS_DISTRIBUTIONS.has(key)),
      )
    : [];
  return { builtIn: [...defaults.map((key) => ({ name: key, key })), ...builtIn], others };
}
