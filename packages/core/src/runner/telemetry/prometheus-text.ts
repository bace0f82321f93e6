import type { MetricRegistry } from "../metrics.js";
import { identitiesOf } from "./identified-samples.js";

/** Names in the style of Prometheus: `numRecordsIn` becomes `num_records_in`. */
function snakeCase(text: string): string {
  return text
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9_]/g, "_")
    .toLowerCase();
}

function escaped(label: string): string {
  return label.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}

/**
 * All metrics of a job in the text format that Prometheus reads: `tributary_<kind>_<name>`, with source, sink, step,
 * stream, shard as labels. Those that functions keep themselves are `tributary_user_<namespace>_<name>`.
 *
 * @public
 */
export function prometheusText(metrics: MetricRegistry): string {
  const families = new Map<string, { readonly type: string; readonly lines: string[] }>();
  for (const { parts, labels, kind, value } of identitiesOf(metrics)) {
    // What is not known yet, and watermarks before the first and after the last element, are left out.
    if (!Number.isFinite(value)) continue;
    const name = `tributary_${parts.map(snakeCase).join("_")}${kind === "counter" ? "_total" : ""}`;
    const family = families.get(name) ?? { type: kind, lines: [] };
    families.set(name, family);
    const texts = Object.entries(labels).map(([key, label]) => `${snakeCase(key)}="${escaped(label)}"`);
    family.lines.push(`${name}${texts.length === 0 ? "" : `{${texts.join(",")}}`} ${value}`);
  }
  return [...families]
    .flatMap(([name, { type, lines }]) => [`# TYPE ${name} ${type}`, ...lines, ""])
    .filter((line) => line !== "")
    .map((line) => `${line}\n`)
    .join("");
}
