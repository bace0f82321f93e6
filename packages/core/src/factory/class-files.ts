/**
 * Classes in files beside a script, which options name as `./file.mjs#Export`. Planning is synchronous and executes
 * nothing: it notes which files it wants. Whoever runs the plan loads them and plans again.
 */
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Diagnostic } from "../diagnostics/diagnostic.js";

/** Where the files of a script are, and how they are imported. @public */
export interface ClassFilesOptions {
  /** The folder of the script: names are relative to it. */
  readonly folder: string;
  /** Imports a file by its path; Node's `import` by default. */
  readonly importFile?: (path: string) => Promise<Readonly<Record<string, unknown>>>;
}

/** How far a file has come. @public */
export type ClassFile =
  | { readonly state: "absent" | "unread" }
  | { readonly state: "failed"; readonly error: unknown }
  | { readonly state: "loaded"; readonly exports: Readonly<Record<string, unknown>> };

/** The parts of `./file.mjs#Export`. */
export interface ClassReference {
  readonly path: string;
  readonly exportName: string;
}

const REFERENCE = /^(\.{1,2}\/[^#]+)#([^#]+)$/;

/** @returns undefined if the text is no such name. */
export function parseClassReference(text: string): ClassReference | undefined {
  const [, path, exportName] = REFERENCE.exec(text) ?? [];
  return path === undefined || exportName === undefined ? undefined : { path, exportName };
}

/** The files of one script. @public */
export class ClassFiles {
  readonly #folder: string;
  readonly #importFile: NonNullable<ClassFilesOptions["importFile"]>;
  readonly #files = new Map<string, ClassFile>();

  constructor({ folder, importFile = importByPath }: ClassFilesOptions) {
    this.#folder = folder;
    this.#importFile = importFile;
  }

  /** Absolute path of a file that a name gives. */
  pathOf(path: string): string {
    return resolve(this.#folder, path);
  }

  /** Looks a file up, and notes that it is wanted. */
  find(path: string): ClassFile {
    const file = this.pathOf(path);
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    const found: ClassFile = { state: existsSync(file) && statSync(file).isFile() ? "unread" : "absent" };
    this.#files.set(file, found);
    return found;
  }

  /** Absolute paths of files that are wanted, there, and not loaded. */
  get unread(): readonly string[] {
    return [...this.#files].filter(([, { state }]) => state === "unread").map(([file]) => file);
  }

  /** Executes the files that are wanted. Never rejects: a file that fails is a fault of the tables that name it. */
  async load(): Promise<void> {
    for (const file of this.unread) {
      try {
        this.#files.set(file, { state: "loaded", exports: await this.#importFile(file) });
      } catch (error) {
        this.#files.set(file, { state: "failed", error });
      }
    }
  }
}

async function importByPath(path: string): Promise<Readonly<Record<string, unknown>>> {
  return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
}

/**
 * Plans what is to run: once to learn which files tables name, and, if there are any and nothing is wrong so far,
 * again with these files loaded.
 *
 * @param plan - makes the plan; called once or twice.
 * @example
 * const planned = await planWithClassFiles({ folder: import.meta.dirname }, (classFiles) =>
 *   pipeline.toGraph({ registry, timeZone: "UTC", logger, classFiles }),
 * );
 * @public
 */
export async function planWithClassFiles<P extends { readonly diagnostics: readonly Diagnostic[] }>(
  options: ClassFilesOptions,
  plan: (classFiles: ClassFiles) => P | Promise<P>,
): Promise<P> {
  const classFiles = new ClassFiles(options);
  const planned = await plan(classFiles);
  const isFaulty = planned.diagnostics.some(({ severity }) => severity === "error");
  if (isFaulty || classFiles.unread.length === 0) return planned;
  await classFiles.load();
  return plan(classFiles);
}
