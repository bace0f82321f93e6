import { readFile } from "node:fs/promises";

import { TributaryError } from "@tributary/core";

import type { ShardPosition } from "./shard-position.js";
import type { StartPositions } from "./source-settings.js";

/** Positions that a text holds, or what is wrong with it. */
export type ParsedPositions =
  { readonly ok: true; readonly positions: StartPositions } | { readonly ok: false; readonly fault: string };

const INLINE = /^\s*(?:[a-zA-Z0-9_.-]+\/)?shardId-\d+\s*:/;

/** Is the text positions themselves, rather than the path of a file that holds them? */
export function holdsPositions(text: string): boolean {
  return /^\s*[{[]/.test(text) || INLINE.test(text);
}

/**
 * Reads start positions: a JSON object from shard id to sequence number, the lines that `tributary checkpoint positions
 * --json` prints, or `SHARD:NUMBER` pairs separated by commas. A number is the last one that is done; in its place
 * `TRIM_HORIZON` reads the shard from its beginning, `AT_TIMESTAMP:` and milliseconds from that instant. A shard may be written `STREAM/SHARD`.
 */
export function parseStartPositions(text: string): ParsedPositions {
  const positions = new Map<string, ShardPosition | "FINISHED">();
  const faults: string[] = [];
  for (const [shard, value] of entriesOf(text, faults)) {
    const position = positionOf(value);
    if (position === undefined) faults.push(`has no sequence number for ${shard}: ${JSON.stringify(value)}`);
    else positions.set(shard, position);
  }
  if (faults.length === 0 && positions.size === 0) faults.push("names no shard");
  return faults.length > 0 ? { ok: false, fault: faults.join(", and ") } : { ok: true, positions };
}

function entriesOf(text: string, faults: string[]): readonly (readonly [string, unknown])[] {
  if (INLINE.test(text)) {
    return text.split(/[,;]/).map((pair) => {
      const at = pair.indexOf(":");
      return [pair.slice(0, at < 0 ? undefined : at).trim(), at < 0 ? undefined : pair.slice(at + 1).trim()];
    });
  }
  const found = jsonOf(text);
  if (found === undefined) {
    faults.push("is not JSON");
    return [];
  }
  if (!found.every((one) => typeof one === "object" && one !== null)) {
    faults.push("is not an object of shard ids and sequence numbers");
    return [];
  }
  return (found as object[]).flatMap((one): (readonly [string, unknown])[] =>
    "shard" in one ? [[exportedId(one), one]] : Object.entries(one),
  );
}

/** The values of a JSON text or of JSON lines. */
function jsonOf(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [value];
  } catch {
    try {
      return text
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => JSON.parse(line) as unknown);
    } catch {
      return undefined;
    }
  }
}

function exportedId(line: object): string {
  const { stream, shard } = line as { readonly stream?: unknown; readonly shard?: unknown };
  return typeof stream === "string" ? `${stream}/${String(shard)}` : String(shard);
}

function positionOf(value: unknown): ShardPosition | "FINISHED" | undefined {
  if (typeof value === "string") return positionOfText(value);
  if (typeof value !== "object" || value === null) return undefined;
  const { sequenceNumber, subSequenceNumber, finished, position } = value as Record<string, unknown>;
  if (finished === true) return "FINISHED";
  const found = positionOf(typeof sequenceNumber === "string" ? sequenceNumber : position);
  if (found === undefined || found === "FINISHED" || found.type !== "AFTER_SEQUENCE_NUMBER") return found;
  return typeof subSequenceNumber === "number" ? { ...found, subSequenceNumber } : found;
}

function positionOfText(text: string): ShardPosition | undefined {
  if (text === "TRIM_HORIZON") return { type: "TRIM_HORIZON" };
  const instant = /^AT_TIMESTAMP:(\d{1,15})$/.exec(text)?.[1];
  if (instant !== undefined) return { type: "AT_TIMESTAMP", timestamp: Number(instant) };
  return /^\d+$/.test(text) ? { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: text } : undefined;
}

/**
 * Positions from the option's text, or from the file that it names.
 *
 * @throws `OPTION_INVALID` if the file cannot be read or holds no positions.
 */
export async function readStartPositions(text: string): Promise<StartPositions> {
  const content = holdsPositions(text) ? text : await readFile(text, "utf8").catch((error: Error) => error);
  const parsed: ParsedPositions =
    typeof content === "string"
      ? parseStartPositions(content)
      : { ok: false, fault: `cannot be read: ${content.message}` };
  if (parsed.ok) return parsed.positions;
  throw new TributaryError({
    severity: "error",
    code: "OPTION_INVALID",
    message: `The file '${text}' of option 'source.init.positions' ${parsed.fault}`,
    option: "source.init.positions",
    value: text,
    hint: "Write a JSON object of shard ids and sequence numbers, or use the output of 'tributary checkpoint positions --json'.",
  });
}
