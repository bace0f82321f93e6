import { diagnose, type Stop } from "./diagnose.js";
import type { Recognizer } from "./recognizer.js";
import type { FaultContext, SyntaxFault } from "./syntax-fault.js";
import { isWord, type Token } from "./token.js";

/** Most faults that one CREATE TABLE reports. */
const FAULTS_MAX = 10;

const OPENS_TYPE = new Set(["ARRAY", "MAP", "MULTISET", "ROW"]);

/** Words in front of the first bracket of a statement that has no columns. */
const LATER_CLAUSES = new Set(["WITH", "LIKE", "DISTRIBUTED", "COMMENT", "USING"]);

/**
 * The faults of a CREATE TABLE that stopped inside the brackets of its columns: each column is read by itself, so that all
 * bad ones are reported. Columns are parted by the commas that are in no bracket and in no type; where that goes wrong, as
 * it does when a bracket is missing, there is no answer and the statement has the one fault where it stopped.
 */
export function elementFaults(recognizer: Recognizer, stop: Stop, context: FaultContext): SyntaxFault[] {
  const { tokens, index } = stop;
  const open = tokens.findIndex((token) => isWord(token, "(") || LATER_CLAUSES.has(token.word));
  const parts = !isWord(tokens[open], "(") ? undefined : elements(tokens, open + 1);
  if (parts === undefined || index <= open || index > parts.close) return [];
  const faults: SyntaxFault[] = [];
  for (const { from, to } of parts.ranges) {
    const inner = tokens.slice(from, to);
    const reading = recognizer.read(inner, "tableElement");
    if (reading.kind === "faulty") faults.push(reading.fault);
    if (reading.kind !== "stopped") continue;
    // Diagnosed in a statement without the columns before it, so that what follows is seen.
    const alone = [...tokens.slice(0, open + 1), ...tokens.slice(from)];
    const place = { ...stop, tokens: alone, index: open + 1 + reading.index };
    faults.push(diagnose(recognizer, place, context));
    if (faults.length === FAULTS_MAX) break;
  }
  return faults;
}

interface Elements {
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
  /** Index of the closing bracket. */
  readonly close: number;
}

function elements(tokens: readonly Token[], start: number): Elements | undefined {
  const ranges: { from: number; to: number }[] = [];
  let from = start;
  let brackets = 0;
  let angles = 0;
  for (let at = start; at < tokens.length; at++) {
    const token = tokens[at];
    if (isWord(token, "(")) brackets++;
    else if (isWord(token, "<") && OPENS_TYPE.has(tokens[at - 1]?.word ?? "")) angles++;
    else if (isWord(token, ">") && angles > 0) angles--;
    else if (isWord(token, ")")) {
      if (brackets === 0) {
        ranges.push({ from, to: at });
        return angles === 0 ? { ranges, close: at } : undefined;
      }
      brackets--;
    } else if (isWord(token, ",") && brackets === 0 && angles === 0) {
      ranges.push({ from, to: at });
      from = at + 1;
    }
  }
  return undefined;
}
