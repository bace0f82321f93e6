/**
 * Lets this process import TypeScript from here on: a pipeline module is written in it, and Node 20 cannot read it.
 * Loaded only when a `.ts` or `.mts` file is run.
 */
export async function registerTypeScriptLoader(): Promise<void> {
  const { register } = await import("tsx/esm/api");
  register();
}
