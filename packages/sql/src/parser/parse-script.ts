import type { ParsedScript, ScriptParser } from "./script-parser.js";

let parser: Promise<ScriptParser> | undefined;

/**
 * The parser of this process. The first call loads and builds the grammar (a tenth of a second); who never calls it pays
 * nothing. Its own methods are synchronous.
 *
 * @public
 */
export function loadParser(): Promise<ScriptParser> {
  parser ??= import("./script-parser.js").then((module) => new module.ScriptParser());
  return parser;
}

/**
 * Reads a script: {@link loadParser}, then {@link ScriptParser.parse}.
 *
 * @param file - the script's name in diagnostics.
 * @public
 */
export async function parseScript(text: string, file?: string): Promise<ParsedScript> {
  return (await loadParser()).parse(text, file);
}
