import {
  createRegistry,
  DirectRunner,
  Pipeline,
  type FactoryRegistry,
  type PlanContext,
  type Row,
  type TableDescriptor,
} from "@tributary/core";
import { CollectingSink, SILENT_LOGGER } from "@tributary/core/testing";
import { formats } from "@tributary/formats";
import { kinesisStreams5 } from "@tributary/io-kinesis";
import { planScript } from "@tributary/sql";

import type { Departure } from "./data-set.js";

/** The tables that the script declares, by name, and the modules that know their connectors. */
export interface ScriptTables {
  readonly registry: FactoryRegistry;
  readonly table: (name: string) => TableDescriptor;
}

export async function tablesOf(script: string, file: string): Promise<ScriptTables> {
  const registry = createRegistry([kinesisStreams5, formats]);
  const { tables } = await planScript(script, { file, registry, logger: SILENT_LOGGER });
  return {
    registry,
    table: (name) => {
      const found = tables.find((one) => one.name === name);
      if (found === undefined) throw new Error(`${file} declares no table ${name}`);
      return found;
    },
  };
}

function context(registry: FactoryRegistry): PlanContext {
  return { registry, timeZone: "UTC", logger: SILENT_LOGGER };
}

function graphOf(pipeline: Pipeline, registry: FactoryRegistry) {
  const planned = pipeline.toGraph(context(registry));
  if (planned.value === undefined) throw new Error(planned.diagnostics.map((one) => one.message).join("\n"));
  return planned.value;
}

/**
 * Writes the departures to the input table through the connector's own sink.
 *
 * @param onProgress - called several times a second with the number of rows written.
 */
export async function load(
  { registry, table }: ScriptTables,
  departures: readonly Departure[],
  onProgress: (written: number) => void,
): Promise<void> {
  const flights = table("flights");
  // One call at a time keeps the order of the file, which the watermark of the script relies on.
  const inOrder = {
    ...flights,
    options: [...flights.options, { key: "sink.requests.max-inflight", value: "1" }],
  };
  const pipeline = new Pipeline("load flights");
  pipeline.create("departures", departures).writeTable("load", inOrder);
  const job = await new DirectRunner().run(graphOf(pipeline, registry), { logger: SILENT_LOGGER });
  const timer = setInterval(() => onProgress(job.progress().sinks[0]?.written ?? 0), 100);
  try {
    await job.result;
  } finally {
    clearInterval(timer);
  }
  onProgress(departures.length);
}

/** Reads all rows that a table's stream holds now. */
export async function readBack({ registry, table }: ScriptTables, name: string): Promise<readonly Row[]> {
  const pipeline = new Pipeline(`read ${name}`);
  const collected = new CollectingSink<Row>();
  pipeline.readTable("read", table(name)).write("collect", collected);
  const job = await new DirectRunner().run(graphOf(pipeline, registry), {
    logger: SILENT_LOGGER,
    untilIdleMs: 700,
  });
  await job.result;
  return collected.values;
}
