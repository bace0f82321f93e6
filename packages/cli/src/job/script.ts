import { dirname, extname, resolve } from "node:path";

import {
  sortDiagnostics,
  TributaryError,
  type Diagnostic,
  type FactoryRegistry,
  type Logger,
  type Pipeline,
  type PipelineGraph,
} from "@tributary/core";

import { commandInvalid } from "../command-line/command-invalid.js";
import { modulesOf, type Invocation } from "../command-line/command.js";
import { planForPurpose, type Purpose } from "./class-files.js";
import { loadRegistry } from "../modules/load.js";
import { importModule } from "./import-module.js";
import { readFileBytes, readScript } from "./script-text.js";

/** What a FILE says, planned; nothing was connected to. */
export interface LoadedJob {
  readonly registry: FactoryRegistry;
  /** Absent when a diagnostic is an error, and for a script without INSERT. */
  readonly graph?: PipelineGraph;
  /** Sorted; warnings included. */
  readonly diagnostics: readonly Diagnostic[];
  /** Settings of the script and of `--set`, by key. */
  readonly settings: ReadonlyMap<string, string>;
  /** Text of a SQL script, without its secrets, for showing lines. */
  readonly source?: string;
}

/** Writers of each sink, as the script or `--set` says. */
export function parallelismOf(settings: ReadonlyMap<string, string>): number {
  return Number(settings.get("parallelism.default") ?? 1);
}

/** What diagnostics of a job are shown with. */
export function sourceOf({ source }: LoadedJob): { readonly source?: string } {
  return source === undefined ? {} : { source };
}

const MODULE_EXTENSIONS = [".ts", ".mts", ".js", ".mjs"];

/** `--set KEY=VALUE`, in order; a key given twice takes the last value. */
function parseSettings(values: readonly string[]): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  const faults: Diagnostic[] = [];
  for (const value of values) {
    const at = value.indexOf("=");
    if (at <= 0) {
      faults.push(
        commandInvalid(`--set '${value}' is not KEY=VALUE`, {
          hint: "for example --set pipeline.name=clicks",
        }),
      );
    } else settings.set(value.slice(0, at), value.slice(at + 1));
  }
  if (faults.length > 0) throw new TributaryError(faults);
  return settings;
}

/**
 * Loads FILE and plans it.
 *
 * @throws `COMMAND_INVALID` when FILE cannot be read or is of no known kind; module faults.
 */
export async function loadJob(invocation: Invocation, purpose: Purpose, logger: Logger): Promise<LoadedJob> {
  const [file = ""] = invocation.operands;
  const settings = parseSettings(invocation.values("set"));
  const extension = extname(file).toLowerCase();
  if (extension === ".sql") return loadSql(file, settings, invocation, purpose, logger);
  if (MODULE_EXTENSIONS.includes(extension))
    return loadPipelineModule(file, settings, invocation, purpose, logger);
  throw new TributaryError(
    commandInvalid(`${file} is neither a SQL script nor a pipeline module`, {
      candidates: [".sql", ...MODULE_EXTENSIONS],
      file,
    }),
  );
}

/** Where packages that a command names are looked up: the folder of FILE, then the working directory. */
export function foldersOf({ operands: [file = ""] }: Invocation): readonly string[] {
  return folders(file);
}

function folders(file: string): readonly string[] {
  return [...new Set([dirname(resolve(file)), process.cwd()])];
}

async function loadSql(
  file: string,
  given: ReadonlyMap<string, string>,
  invocation: Invocation,
  purpose: Purpose,
  logger: Logger,
): Promise<LoadedJob> {
  const text = await readScript(file);
  const { planScript, readSettings, redactionKeys, redactScript, settingPlace } =
    await import("@tributary/sql");
  const chosen = new Map([...given, ...(await readSettings(text))]).get("tributary.modules") ?? "";
  const { named, withDefaults } = modulesOf(invocation);
  const all = [...named, ...chosen.split(";").map((name) => name.trim())].filter((name) => name !== "");
  const registry = await loadRegistry({
    named: [...new Set(all)],
    withDefaults,
    folders: folders(file),
  }).catch(async (error: unknown) => {
    if (!TributaryError.is(error)) throw error;
    // What the command line does not name comes from the script, and so do conflicts with it.
    const place = await settingPlace(text, "tributary.modules", file);
    const isOurs = ({ value }: Diagnostic): boolean => value !== undefined && named.includes(value);
    throw new TributaryError(
      error.diagnostics.map((one) => (isOurs(one) ? one : { ...one, ...place })),
      { cause: error },
    );
  });
  const validateUnused = purpose === "validate";
  const plan = await planForPurpose(file, purpose, (classFiles) =>
    planScript(text, { file, registry, settings: given, logger, validateUnused, classFiles }),
  );
  return {
    registry,
    ...(plan.graph === undefined ? {} : { graph: plan.graph }),
    diagnostics: sortDiagnostics(plan.diagnostics),
    settings: plan.settings,
    source: redactScript(text, redactionKeys(plan.settings)),
  };
}

/** By shape: the module may have a copy of core of its own. */
function isPipeline(value: unknown): value is Pipeline {
  return (
    typeof value === "object" && value !== null && "toGraph" in value && typeof value.toGraph === "function"
  );
}

async function loadPipelineModule(
  file: string,
  settings: ReadonlyMap<string, string>,
  invocation: Invocation,
  purpose: Purpose,
  logger: Logger,
): Promise<LoadedJob> {
  await readFileBytes(file);
  if (/\.m?ts$/i.test(file)) {
    const { registerTypeScriptLoader } = await import("../typescript/register.js");
    registerTypeScriptLoader();
  }
  const registry = await loadRegistry({ ...modulesOf(invocation), folders: folders(file) });
  const { default: pipeline } = await importModule(file, logger);
  if (!isPipeline(pipeline)) {
    throw new TributaryError({
      severity: "error",
      code: "PIPELINE_INVALID",
      message: `${file} has no pipeline as its default export`,
      file,
      hint: "export default pipeline, made with new Pipeline(name)",
    });
  }
  const timeZone = settings.get("table.local-time-zone") ?? "UTC";
  const planned = await planForPurpose(file, purpose, (classFiles) =>
    pipeline.toGraph({ registry, timeZone, logger, classFiles, properties: settings }),
  );
  return {
    registry,
    ...(planned.value === undefined ? {} : { graph: planned.value }),
    diagnostics: planned.diagnostics.map((one) => ({ file, ...one })),
    settings,
  };
}
