// docs/sql/functions.md: the functions of the language as package sql declares them.
import * as aggregates from "../../packages/sql/dist/aggregates/builtin-aggregates.js";
import { BUILTIN_FUNCTIONS, functionNames } from "../../packages/sql/dist/functions/builtin-functions.js";
import { COLLECTION_FUNCTIONS } from "../../packages/sql/dist/functions/collection.js";
import { JSON_FUNCTIONS } from "../../packages/sql/dist/functions/json.js";
import { NUMERIC_FUNCTIONS } from "../../packages/sql/dist/functions/numeric.js";
import { TEXT_FUNCTIONS } from "../../packages/sql/dist/functions/text.js";
import { TIME_TEXT_FUNCTIONS } from "../../packages/sql/dist/functions/time-text.js";
import { TIME_FUNCTIONS } from "../../packages/sql/dist/functions/time.js";

const AREAS = [
  ["Text", TEXT_FUNCTIONS],
  ["Numbers", NUMERIC_FUNCTIONS],
  ["Date and time", [...TIME_FUNCTIONS, ...TIME_TEXT_FUNCTIONS]],
  ["Conditions and collections", COLLECTION_FUNCTIONS],
  ["JSON", JSON_FUNCTIONS],
];

const INTRO = `Names compare without case. A call with other arguments is refused with the signatures below. \`number\` is any
numeric type, \`value\` and \`any\` are any type; what stands in \`[ ]\` may be left out, and \`...\` repeats the last argument. An
argument of another type is cast where Flink does so by itself. NULL in, NULL out, unless a function is there for NULLs
(\`COALESCE\`, \`IFNULL\`, \`CONCAT_WS\`). [User functions](user-functions.md) come from TypeScript.

Besides there are \`CAST\` and \`TRY_CAST\`, \`CASE\`, \`TRIM([BOTH or LEADING or TRAILING] [STRING] FROM STRING)\`, and the JSON
forms \`JSON_VALUE\`, \`JSON_QUERY\`, \`JSON_EXISTS\`, \`JSON_OBJECT\`, \`JSON_ARRAY\` and \`IS JSON\`, which are grammar, not calls.`;

function table(rows) {
  const lines = rows
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, signatures, names]) => {
      const calls = signatures.map((one) => `\`${one}\``).join("<br>");
      return `| ${calls} | ${names.map((one) => `\`${one}\``).join(", ")} |`;
    });
  return ["| call | also named |", "| --- | --- |", ...lines].join("\n");
}

/** A function whose name another one has taken is not there; one that no script can name neither. */
function scalarRows(functions, names) {
  return functions
    .filter((one) => names.has(one.name) && BUILTIN_FUNCTIONS.get(one.name) === one)
    .map((one) => [one.name, one.signatures, one.aliases ?? []]);
}

function aggregateRows() {
  const all = new Set(aggregates.aggregateNames().map((name) => aggregates.findAggregate(name)));
  return [...all].map((one) => [one.name, one.signature.split(/(?<=\)), /u), one.aliases ?? []]);
}

/** @throws Error for a function that stands in no area. */
export function functionPage() {
  const names = new Set(functionNames());
  const areas = AREAS.map(([title, functions]) => [title, scalarRows(functions, names)]);
  const listed = new Set(areas.flatMap(([, rows]) => rows.flatMap(([name, , others]) => [name, ...others])));
  const missing = [...names].filter((name) => !listed.has(name));
  if (missing.length > 0) throw new Error(`docs/sql/functions.md has no area for ${missing.join(", ")}`);
  const sections = areas.map(([title, rows]) => `## ${title}\n\n${table(rows)}`);
  const last = `## Aggregates\n\nOf the rows of a window, with \`DISTINCT\` and \`FILTER (WHERE ...)\`.\n\n${table(aggregateRows())}`;
  return ["# Functions", INTRO, ...sections, last].join("\n\n");
}
