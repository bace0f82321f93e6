import { probablyMeant } from "@tributary/core";

import type { StartRule } from "./recognizer.js";
import { CANDIDATES_MAX, type SyntaxFault } from "./syntax-fault.js";
import type { Token } from "./token.js";

/** What a statement is, by its leading words. */
export type StatementKind =
  | { readonly kind: "setting" }
  | { readonly kind: "statementSet" }
  | { readonly kind: "rule"; readonly rule: StartRule }
  | { readonly kind: "unsupported"; readonly feature: string }
  | { readonly kind: "unknown"; readonly fault: SyntaxFault };

/** Statements that are sent on unread; with the words that may follow and belong to the name of the feature. */
const PASSED: Readonly<Record<string, readonly string[]>> = {
  ADD: ["JAR"],
  ALTER: ["CATALOG", "CONNECTION", "DATABASE", "FUNCTION", "MATERIALIZED", "MODEL", "TABLE", "VIEW"],
  ANALYZE: ["TABLE"],
  CALL: [],
  COMPILE: ["PLAN", "AND"],
  DELETE: [],
  DESC: [],
  DESCRIBE: [],
  EXPLAIN: [],
  LOAD: ["MODULE"],
  REMOVE: ["JAR"],
  REPLACE: ["TABLE"],
  SHOW: [
    "CATALOGS",
    "COLUMNS",
    "CONNECTIONS",
    "CREATE",
    "CURRENT",
    "DATABASES",
    "FULL",
    "FUNCTIONS",
    "JARS",
    "JOBS",
    "MATERIALIZED",
    "MODELS",
    "MODULES",
    "PARTITIONS",
    "PROCEDURES",
    "TABLES",
    "USER",
    "VIEWS",
  ],
  STOP: ["JOB"],
  TRUNCATE: ["TABLE"],
  UNLOAD: ["MODULE"],
  UPDATE: [],
  USE: ["CATALOG", "MODULES"],
};

const QUERY_STARTS = ["SELECT", "VALUES", "WITH", "TABLE", "("];
const PASSED_OBJECTS = ["CATALOG", "CONNECTION", "DATABASE", "FUNCTION", "MATERIALIZED", "MODEL"];
const LEADS = [
  "SELECT",
  "INSERT",
  "CREATE",
  "DROP",
  "SET",
  "RESET",
  "EXECUTE",
  "BEGIN",
  "WITH",
  "VALUES",
  ...Object.keys(PASSED),
];

/** Looks at the leading words only. */
export function statementKind(tokens: readonly Token[], end: number): StatementKind {
  const lead = tokens[0]?.word ?? "";
  switch (lead) {
    case "SET":
    case "RESET":
      return { kind: "setting" };
    case "INSERT":
      return { kind: "rule", rule: "insert" };
    case "CREATE":
      return createKind(tokens, end);
    case "DROP":
      return dropKind(tokens, end);
    case "EXECUTE":
      return executeKind(tokens, end);
    case "BEGIN":
      return (
        follow(tokens, 1, end, ["STATEMENT"]) ?? follow(tokens, 2, end, ["SET"]) ?? { kind: "statementSet" }
      );
    default:
      if (QUERY_STARTS.includes(lead)) return { kind: "rule", rule: "queryStatement" };
      return passedKind(tokens, end);
  }
}

function passedKind(tokens: readonly Token[], end: number): StatementKind {
  const lead = tokens[0]?.word ?? "";
  const seconds = Object.hasOwn(PASSED, lead) ? PASSED[lead] : undefined;
  if (seconds === undefined) return { kind: "unknown", fault: notAStatement(tokens[0], end) };
  const second = tokens[1]?.word ?? "";
  if (!seconds.includes(second)) return { kind: "unsupported", feature: lead };
  const third = second === "MATERIALIZED" && tokens[2]?.word === "TABLE" ? " TABLE" : "";
  return { kind: "unsupported", feature: `${lead} ${second}${third}` };
}

function createKind(tokens: readonly Token[], end: number): StatementKind {
  let at = 1;
  let change = "";
  if (tokens[at]?.word === "OR") {
    const wrong = follow(tokens, at + 1, end, ["REPLACE", "ALTER"]);
    if (wrong !== undefined) return wrong;
    change = ` OR ${tokens[at + 1]?.word ?? ""}`;
    at += 2;
  }
  const temporary = tokens[at]?.word === "TEMPORARY";
  if (temporary) at++;
  if (tokens[at]?.word === "SYSTEM") at++;
  const wrong = follow(tokens, at, end, ["TABLE", "VIEW", ...PASSED_OBJECTS]);
  if (wrong !== undefined) return wrong;
  const object = tokens[at]?.word ?? "";
  if (change === "" && object === "TABLE") return { kind: "rule", rule: "createTable" };
  if (change === "" && object === "VIEW") return { kind: "rule", rule: "createView" };
  return { kind: "unsupported", feature: `CREATE${change} ${objectName(tokens, at)}` };
}

function dropKind(tokens: readonly Token[], end: number): StatementKind {
  let at = tokens[1]?.word === "TEMPORARY" ? 2 : 1;
  if (tokens[at]?.word === "SYSTEM") at++;
  const wrong = follow(tokens, at, end, ["TABLE", "VIEW", ...PASSED_OBJECTS]);
  if (wrong !== undefined) return wrong;
  const object = tokens[at]?.word ?? "";
  if (object === "TABLE" || object === "VIEW") return { kind: "rule", rule: "drop" };
  return { kind: "unsupported", feature: `DROP ${objectName(tokens, at)}` };
}

function executeKind(tokens: readonly Token[], end: number): StatementKind {
  const second = tokens[1]?.word ?? "";
  if (second === "INSERT") return { kind: "rule", rule: "insert" };
  if (second === "PLAN") return { kind: "unsupported", feature: "EXECUTE PLAN" };
  if (QUERY_STARTS.includes(second)) return { kind: "rule", rule: "queryStatement" };
  return (
    follow(tokens, 1, end, ["STATEMENT", "INSERT", "SELECT", "PLAN"]) ??
    follow(tokens, 2, end, ["SET"]) ??
    follow(tokens, 3, end, ["BEGIN"]) ?? { kind: "statementSet" }
  );
}

const objectName = (tokens: readonly Token[], at: number): string =>
  tokens[at]?.word === "MATERIALIZED" ? "MATERIALIZED TABLE" : (tokens[at]?.word ?? "");

/** A fault unless the word at `at` is one of those. */
function follow(
  tokens: readonly Token[],
  at: number,
  end: number,
  allowed: readonly string[],
): StatementKind | undefined {
  const token = tokens[at];
  if (token !== undefined && allowed.includes(token.word)) return undefined;
  return { kind: "unknown", fault: wordFault(token, end, allowed) };
}

function notAStatement(token: Token | undefined, end: number): SyntaxFault {
  if (token?.word === "STATEMENT") {
    const fault = wordFault(token, end, ["EXECUTE"]);
    return { ...fault, hint: "Write EXECUTE STATEMENT SET BEGIN ...; END." };
  }
  if (token?.word === "END")
    return {
      ...wordFault(token, end, LEADS),
      hint: "No STATEMENT SET is open here.",
    };
  return wordFault(token, end, LEADS);
}

function wordFault(token: Token | undefined, end: number, allowed: readonly string[]): SyntaxFault {
  const span = token === undefined ? { start: end, end } : { start: token.start, end: token.end };
  if (token?.fault !== undefined)
    return { span, message: token.fault.message, hint: token.fault.hint, candidates: undefined };
  const meant = token?.kind === "word" ? probablyMeant(token.word, allowed) : undefined;
  const ordered = meant === undefined ? allowed : [meant, ...allowed.filter((word) => word !== meant)];
  const candidates = ordered.slice(0, CANDIDATES_MAX);
  const found =
    token === undefined
      ? "the end of the statement"
      : token.kind === "string"
        ? "a string"
        : `'${token.image}'`;
  const list =
    candidates.length === 1
      ? candidates[0]
      : `${candidates.slice(0, -1).join(", ")} or ${candidates.at(-1) ?? ""}`;
  return {
    span,
    message: `Found ${found}, expected ${list ?? ""}`,
    hint: meant === undefined ? undefined : `Did you mean ${meant}?`,
    candidates,
  };
}
