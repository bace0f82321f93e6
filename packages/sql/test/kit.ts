/** Tables in memory, with what a test puts into a source and what a sink collected; expressions worked out from text. */
import type {
  FactoryRegistry,
  JobResult,
  Row,
  RowType,
  SinkFactory,
  SourceFactory,
  TableDescriptor,
  TableSource,
} from "@tributary/core";
import {
  DirectRunner,
  Option,
  TributaryError,
  canonicalJsonWriter,
  createRegistry,
  defineModule,
  nullable,
  printType,
  tableSource,
} from "@tributary/core";
import { CollectingSink, SILENT_LOGGER, ScriptedSource, VirtualClock } from "@tributary/core/testing";
import type { PlanScriptOptions, ScriptPlan } from "@tributary/sql";
import { planScript } from "@tributary/sql";

class MemoryOptions {
  @Option({ key: "limit", type: "int", summary: "Not used." })
  readonly limit: number = 10;
}

interface Named {
  readonly table: { readonly name: string };
}

/** 2024-02-29 12:34:56.789 UTC, at which every test's clock stands. */
export const NOW = Date.UTC(2024, 1, 29, 12, 34, 56, 789);

const RESULT = "result";

function resultTable(type: RowType): TableDescriptor {
  return {
    name: RESULT,
    schema: {
      columns: type.fields.map((one) => ({ kind: "physical", name: one.name, type: nullable(one.type) })),
    },
    partitionKeys: [],
    options: [{ key: "connector", value: "memory" }],
  };
}

/** A registry with the connector `memory`. */
export class Memory {
  /** Batches of rows by table. */
  readonly inputs = new Map<string, readonly (readonly Row[])[]>();
  readonly outputs = new Map<string, CollectingSink<Row>>();
  /** Batches that each source reads before it waits. */
  polls = Number.POSITIVE_INFINITY;
  readonly registry: FactoryRegistry;

  constructor() {
    const { inputs, outputs } = this;
    const polls = (): number => this.polls;
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
      create(_: MemoryOptions, { table }: Named): TableSource {
        const batches = (inputs.get(table.name) ?? []).map((records) => ({ records }));
        const source = new ScriptedSource<Row>({ a: { batches } }, { polls: polls() });
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
      create(_: MemoryOptions, { table }: Named): { sink: CollectingSink<Row>; supportsPartitions: boolean } {
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
    return planScript(text, {
      registry: this.registry,
      logger: SILENT_LOGGER,
      file: "test.sql",
      clock: { now: () => NOW },
      ...options,
    });
  }

  /** Plans and runs a script. @throws TributaryError with its errors. */
  async run(text: string, options: Partial<PlanScriptOptions> = {}): Promise<JobResult> {
    const plan = await this.plan(text, options);
    if (plan.graph === undefined) throw new TributaryError(plan.diagnostics);
    const job = await new DirectRunner().run(plan.graph, { clock: new VirtualClock() });
    return job.result;
  }

  /** The rows of a script's one bare SELECT as canonical JSON values, and the types of its columns. */
  async query(
    text: string,
    options: Partial<PlanScriptOptions> = {},
  ): Promise<{ readonly types: readonly string[]; readonly rows: readonly (readonly unknown[])[] }> {
    let rowType: RowType | undefined;
    this.outputs.delete(RESULT);
    const queryTable = (type: RowType): TableDescriptor => {
      rowType = type;
      return resultTable(type);
    };
    await this.run(text, { ...options, queryTable });
    const write = canonicalJsonWriter(rowType!);
    return {
      types: rowType!.fields.map((one) => printType(one.type)),
      rows: this.rows(RESULT).map((row) => Object.values(JSON.parse(write(row)) as Record<string, unknown>)),
    };
  }

  rows(table: string): readonly Row[] {
    return this.outputs.get(table)?.values ?? [];
  }
}

/** Values and types of expressions without columns. */
export async function evaluate(
  expressions: readonly string[],
  options: Partial<PlanScriptOptions> = {},
): Promise<{ readonly values: readonly unknown[]; readonly types: readonly string[] }> {
  const { rows, types } = await new Memory().query(`SELECT ${expressions.join(",\n")}`, options);
  return { values: rows[0]!, types };
}
