/** A registry with tables in memory: what a test puts into a source, and what a sink collected. */
import type {
  DecodingFormat,
  FactoryRegistry,
  JobResult,
  Row,
  RowType,
  SinkFactory,
  SourceFactory,
} from "@tributary/core";
import { DirectRunner, Option, createRegistry, defineModule, tableSource } from "@tributary/core";
import { CollectingSink, SILENT_LOGGER, ScriptedSource, VirtualClock } from "@tributary/core/testing";
import type { PlanScriptOptions, ScriptPlan } from "@tributary/sql";
import { planScript } from "@tributary/sql";

class MemoryOptions {
  @Option({ key: "limit", type: "int", summary: "Not used." })
  readonly limit: number = 10;
}

/** Rows by table for sources; what sinks collected, by table. */
export class Memory {
  readonly inputs = new Map<string, readonly (readonly Row[])[]>();
  readonly outputs = new Map<string, CollectingSink<Row>>();
  readonly registry: FactoryRegistry;

  constructor() {
    const { inputs, outputs } = this;
    class MemorySource implements SourceFactory<MemoryOptions> {
      readonly role = "source";
      readonly identifier = "memory";
      readonly provides = "Source";
      readonly options = MemoryOptions;
      readonly format = "none";
      readonly metadata = [
        {
          key: "offset",
          type: { kind: "BIGINT", nullable: false } as const,
          isReadable: true,
          isWritable: false,
        },
      ];
      create(
        _: MemoryOptions,
        { table }: { readonly table: { readonly name: string } },
      ): ReturnType<typeof tableSource> {
        const batches = (inputs.get(table.name) ?? []).map((records) => ({ records }));
        const source = new ScriptedSource<Row>({ a: { batches } });
        return tableSource<Row>({ source, metadata: new Map([["offset", () => 7n]]) });
      }
    }
    class MemorySink implements SinkFactory<MemoryOptions> {
      readonly role = "sink";
      readonly identifier = "memory";
      readonly provides = "Sink";
      readonly options = MemoryOptions;
      readonly format = "none";
      readonly metadata = [];
      create(
        _: MemoryOptions,
        { table }: { readonly table: { readonly name: string } },
      ): { sink: CollectingSink<Row>; supportsPartitions: boolean } {
        const sink = outputs.get(table.name) ?? new CollectingSink<Row>();
        outputs.set(table.name, sink);
        return { sink, supportsPartitions: true };
      }
    }
    this.registry = createRegistry([
      defineModule({ name: "memory", version: "1.0.0", factories: [MemorySource, MemorySink] }),
    ]);
  }

  plan(text: string, options: Partial<PlanScriptOptions> = {}): Promise<ScriptPlan> {
    return planScript(text, { registry: this.registry, logger: SILENT_LOGGER, file: "test.sql", ...options });
  }

  /** Plans and runs a script; @throws if it has errors. */
  async run(text: string, options: Partial<PlanScriptOptions> = {}): Promise<JobResult> {
    const plan = await this.plan(text, options);
    if (plan.graph === undefined) throw new Error(JSON.stringify(plan.diagnostics, null, 1));
    const job = await new DirectRunner().run(plan.graph, { clock: new VirtualClock() });
    return job.result;
  }

  rows(table: string): readonly Row[] {
    return this.outputs.get(table)?.values ?? [];
  }
}

export type { DecodingFormat, RowType };
