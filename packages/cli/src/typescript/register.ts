import { register } from "node:module";

let isRegistered = false;

/**
 * Lets this process import TypeScript from here on, decorators and enums included: a pipeline module may be written in
 * it, and Node 20 cannot read it. Costs nothing until it is called.
 */
export function registerTypeScriptLoader(): void {
  if (isRegistered) return;
  isRegistered = true;
  register(new URL("./hooks.js", import.meta.url));
}
