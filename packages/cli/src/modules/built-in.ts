import type { CatalogueEntry, Module } from "@tributary/core";

/** Built-in modules by the name that `--module` takes. Loaded when asked for: the Kinesis client is large. */
export const BUILT_IN_MODULES: ReadonlyMap<string, () => Promise<Module>> = new Map([
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

/**
 * Names of the modules to load: the defaults and the named ones. A named Kinesis distribution replaces the default
 * one; naming a default again changes nothing.
 */
export function moduleNames(named: readonly string[], withDefaults: boolean): readonly string[] {
  const replacesKinesis = named.some((name) => KINESIS_DISTRIBUTIONS.has(name));
  const defaults = withDefaults
    ? DEFAULT_MODULES.filter(
        (name) => !named.includes(name) && !(replacesKinesis && KINESIS_DISTRIBUTIONS.has(name)),
      )
    : [];
  return [...defaults, ...named];
}
