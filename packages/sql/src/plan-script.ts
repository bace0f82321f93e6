/**
 * A script as a plan: its tables, its settings and the graph of its INSERTs, or all of its faults. Nothing is
 * connected to and nothing runs.
 */
import type {
  ClassFiles,
  Clock,
  Diagnostic,
  FactoryRegistry,
  Logger,
  PipelineGraph,
  Random,
  RowType,
  SourcePlace,
  TableDescriptor,
} from "@tributary/core";
import { sortDiagnostics, SYSTEM_CLOCK, SYSTEM_RANDOM } from "@tributary/core";
import { Faults } from "./binder/faults.js";
import { Settings } from "./catalog/settings.js";
import type { UserFunctions } from "./functions/user-functions.js";
import type { Statement } from "./parser/ast-statement.js";
import { parseScript } from "./parser/parse-script.js";

/** @public */
export interface PlanScriptOptions {
  /** The script's name in diagnostics. */
  readonly file?: string;
  readonly registry: FactoryRegistry;
  /** Acts as SETs before the first statement. */
  readonly settings?: ReadonlyMap<string, string>;
  readonly logger: Logger;
  /** Files beside the script that options may name classes in; without them such a name is a fault. */
  readonly classFiles?: ClassFiles;
  /** Also checks tables that no statement uses, in every role their connector has. */
  readonly validateUnused?: boolean;
  /**
   * False: expressions are composed of closures instead of generated code, with the same results and slower. Default:
   * whatever the process allows.
   */
  readonly generatesCode?: boolean;
  /** Clock of NOW() and its kin; the process's by default. */
  readonly clock?: Pick<Clock, "now">;
  /** Source of RAND() and UUID(); the process's by default. */
  readonly random?: Random;
  /** Functions of the application that the script may call. */
  readonly functions?: UserFunctions;
  /** The table that the rows of a bare SELECT go to, by its place among them; absent: such a statement is refused. */
  readonly queryTable?: (rowType: RowType, index: number) => TableDescriptor;
}

/** A statement of a script, for those who send it elsewhere. @public */
export interface PlannedStatement {
  readonly kind: Statement["kind"];
  /** Without the semicolon, as written. */
  readonly text: string;
  readonly place: SourcePlace;
}

/** @public */
export interface ScriptPlan {
  /** All INSERTs as one graph; absent if there is an error, or no INSERT. */
  readonly graph?: PipelineGraph;
  /** Every table that was declared. */
  readonly tables: readonly TableDescriptor[];
  /** As they are after the last statement. */
  readonly settings: ReadonlyMap<string, string>;
  /** By place. */
  readonly diagnostics: readonly Diagnostic[];
  /** Those that could be read. */
  readonly statements: readonly PlannedStatement[];
}

/**
 * Plans a script. Never throws for a mistake in it: the diagnostics hold every fault of every statement, and a statement
 * that uses something faulty adds none for it.
 *
 * @public
 */
export async function planScript(text: string, options: PlanScriptOptions): Promise<ScriptPlan> {
  const { file, registry, logger } = options;
  const parsed = await parseScript(text, file);
  const faults = new Faults(text, file);
  faults.add(parsed.diagnostics);
  const settings = new Settings(new Map());
  for (const [key, value] of options.settings ?? []) settings.set(key, value, undefined, faults);
  const random = options.random ?? SYSTEM_RANDOM;
  const clock = options.clock ?? SYSTEM_CLOCK;
  // Loaded when it is needed: an application that imports the package need not use SQL in every process.
  const { ScriptPlanner } = await import("./planner/script-planner.js");
  const planner = new ScriptPlanner(
    {
      text,
      registry,
      logger,
      settings,
      environment: {
        now: () => clock.now(),
        random,
        ...(options.generatesCode === undefined ? {} : { generatesCode: options.generatesCode }),
        ...(options.functions === undefined ? {} : { functions: options.functions }),
      },
      ...(options.queryTable === undefined ? {} : { queryTable: options.queryTable }),
      ...(options.classFiles === undefined ? {} : { classFiles: options.classFiles }),
    },
    faults,
  );
  if (parsed.diagnostics.length > 0)
    for (const name of unreadNames(text, parsed.statements)) planner.catalog.set({ kind: "broken", name });
  for (const statement of parsed.statements) planner.run(statement);
  planner.finish(options.validateUnused ?? false);
  const name =
    settings.values.get("pipeline.name") ??
    file
      ?.split(/[\\/]/u)
      .at(-1)
      ?.replace(/\.sql$/iu, "") ??
    "script";
  return {
    ...(faults.hasErrors || planner.graph.isEmpty ? {} : { graph: planner.graph.build(name) }),
    tables: planner.tables.map((one) => one.descriptor),
    settings: settings.values,
    diagnostics: sortDiagnostics(faults.diagnostics),
    statements: parsed.statements.map((one) => ({
      kind: one.kind,
      text: one.text,
      place: faults.place(one.span),
    })),
  };
}

/** Names that statements which could not be read would have declared. */
function unreadNames(text: string, statements: readonly Statement[]): readonly string[] {
  const read = new Set(
    statements.flatMap((one) =>
      one.kind === "CreateTable" || one.kind === "CreateView" ? [one.name.parts.at(-1)!.name] : [],
    ),
  );
  const declared = text.matchAll(
    /\bCREATE\s+(?:TEMPORARY\s+)?(?:TABLE|VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:[\w$]+\s*\.\s*)*(?:`((?:[^`]|``)+)`|([\w$]+))/giu,
  );
  return [...declared]
    .map((one) => one[1]?.replaceAll("``", "`") ?? one[2]!)
    .filter((name) => !read.has(name));
}

/**
 * The settings of a script as they are after its last statement, before there is a registry; not checked. Statements
 * that cannot be read are passed over. `tributary.modules` is among them.
 *
 * @public
 */
export async function readSettings(text: string): Promise<ReadonlyMap<string, string>> {
  const { statements } = await parseScript(text);
  const settings = new Map<string, string>();
  for (const statement of statements) {
    if (statement.kind === "Set" && statement.key !== undefined && statement.value !== undefined)
      settings.set(statement.key.value, statement.value.value);
    else if (statement.kind === "Reset") {
      if (statement.key === undefined) settings.clear();
      else settings.delete(statement.key.value);
    }
  }
  return settings;
}

/** Where a script sets `key` last; `undefined` if it does not. @public */
export async function settingPlace(
  text: string,
  key: string,
  file?: string,
): Promise<SourcePlace | undefined> {
  const { statements } = await parseScript(text);
  const last = statements.findLast((one) => one.kind === "Set" && one.key?.value === key);
  return last?.kind === "Set" && last.value !== undefined
    ? new Faults(text, file).place(last.value.span)
    : undefined;
}

/** The modules that `SET 'tributary.modules'` chooses, parted by `;`; `undefined` if the script does not say. @public */
export async function scriptModules(text: string): Promise<readonly string[] | undefined> {
  return (await readSettings(text))
    .get("tributary.modules")
    ?.split(";")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}
