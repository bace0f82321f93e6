/**
 * Rows of one stable shape. All rows of a factory share one hidden class, so that code which reads them stays fast;
 * building an object property by property in a loop would not give that for wide rows.
 */
import { invariant } from "../../diagnostics/error.js";
import type { Row } from "../logical-type.js";
import { compile, isCodeGenerationAllowed, propertyLiteral } from "./code-generation.js";

/** Most fields for which code is generated; wider rows are cloned from a template. */
const GENERATED_FIELDS_MAX = 1_000;
/** Most parameters of a generated function. */
const PARAMETERS_MAX = 250;

/** How rows are built; for tests, since both ways give the same rows. @internal */
export interface RowFactoryOptions {
  /** Default: whatever the process allows. */
  readonly generatesCode?: boolean;
}

/**
 * A function from an array of values, one a field in order, to a row. The array is read, not kept.
 *
 * @param names - distinct field names; any text is data, `__proto__` too.
 * @public
 */
export function rowFactory(
  names: readonly string[],
  options: RowFactoryOptions = {},
): (values: ArrayLike<unknown>) => Row {
  checkDistinct(names);
  if (!generates(names, GENERATED_FIELDS_MAX, options)) return templateFactory(names);
  const entries = names.map((name, index) => `${propertyLiteral(name)}:v[${index}]`);
  return compile(["v"], `return {${entries.join(",")}};`) as (values: ArrayLike<unknown>) => Row;
}

/**
 * A function from values as arguments, one a field in order, to a row. Faster than {@link rowFactory} where the values
 * are at hand one by one.
 *
 * @param names - distinct field names; any text is data, `__proto__` too.
 * @public
 */
export function rowConstructor(
  names: readonly string[],
  options: RowFactoryOptions = {},
): (...values: unknown[]) => Row {
  checkDistinct(names);
  if (!generates(names, PARAMETERS_MAX, options)) {
    const make = templateFactory(names);
    return (...values) => make(values);
  }
  const parameters = names.map((_, index) => `v${index}`);
  const entries = names.map((name, index) => `${propertyLiteral(name)}:v${index}`);
  return compile(parameters, `return {${entries.join(",")}};`) as (...values: unknown[]) => Row;
}

function generates(names: readonly string[], limit: number, options: RowFactoryOptions): boolean {
  return names.length <= limit && (options.generatesCode ?? true) && isCodeGenerationAllowed();
}

function checkDistinct(names: readonly string[]): void {
  invariant(new Set(names).size === names.length, `field names are distinct: ${names.join(", ")}`);
}

/** Clones a row of nulls and fills it. JSON.parse makes the template: it takes `__proto__` for a plain key. */
function templateFactory(names: readonly string[]): (values: ArrayLike<unknown>) => Row {
  const entries = names.map((name) => `${JSON.stringify(name)}:null`);
  const template = JSON.parse(`{${entries.join(",")}}`) as Record<string, unknown>;
  return (values) => {
    const row: Record<string, unknown> = { ...template };
    for (let index = 0; index < names.length; index++) row[names[index] as string] = values[index];
    return row;
  };
}
