/**
 * Module hooks that read TypeScript files, loaded into Node's hook thread by `register.ts`. Types are removed, not
 * checked: that is the editor's and the build's work.
 */
import { readFile } from "node:fs/promises";
import type { LoadHook, ResolveHook } from "node:module";
import { fileURLToPath } from "node:url";

import { transform } from "esbuild-wasm";

const TYPESCRIPT = /\.[mc]?ts$/;

/** What a written specifier may stand for on disk: `./step.js` is `./step.ts` before compilation. */
function sourcesOf(specifier: string): readonly string[] {
  if (!/^(\.{0,2}\/|file:)/.test(specifier)) return [];
  if (/\.[mc]?js$/.test(specifier)) return [specifier.replace(/js$/, "ts")];
  return [`${specifier}.ts`, `${specifier}/index.ts`];
}

function isNotFound(error: unknown): boolean {
  const { code } = error as { readonly code?: string };
  return code === "ERR_MODULE_NOT_FOUND" || code === "ERR_UNSUPPORTED_DIR_IMPORT";
}

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    for (const source of sourcesOf(specifier)) {
      try {
        return await nextResolve(source, context);
      } catch (inner) {
        if (!isNotFound(inner)) throw inner;
      }
    }
    throw error;
  }
};

export const load: LoadHook = async (url, context, nextLoad) => {
  const [path = url] = url.split("?", 1);
  if (!path.startsWith("file:") || !TYPESCRIPT.test(path)) return nextLoad(url, context);
  const file = fileURLToPath(path);
  const isCommonJs = path.endsWith(".cts");
  const { code } = await transform(await readFile(file, "utf8"), {
    loader: "ts",
    format: isCommonJs ? "cjs" : "esm",
    target: "node20",
    sourcefile: file,
    sourcemap: "inline",
    // Decorated fields need the older meaning of class fields, as in our own build.
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true, useDefineForClassFields: false } },
  });
  return { format: isCommonJs ? "commonjs" : "module", source: code, shortCircuit: true };
};
