import test from "ava";
import { DIAGNOSTIC_CODES, TributaryError, formatDiagnostic, sortDiagnostics } from "@tributary/core";
import type { Diagnostic, DiagnosticCodeInfo } from "@tributary/core";

function at(message: string, file?: string, line?: number, column?: number): Diagnostic {
  return {
    severity: "error",
    code: "SQL_INVALID",
    message,
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
  };
}

test("diagnostics are sorted by file, line and column; at one place they keep their order", (t) => {
  const unsorted = [
    at("second check", "a.sql", 2, 3),
    at("other file", "b.sql", 1, 1),
    at("tenth line", "a.sql", 10, 1),
    at("third check", "a.sql", 2, 3),
    at("earlier column", "a.sql", 2, 1),
    at("no place"),
  ];

  t.deepEqual(
    sortDiagnostics(unsorted).map(({ message }) => message),
    ["no place", "earlier column", "second check", "third check", "tenth line", "other file"],
  );
});

test("a diagnostic as text: place, severity, code, message, the line with a mark, candidates, hint", (t) => {
  const diagnostic: Diagnostic = {
    ...at("There is no column 'usr'.", "a.sql", 2, 9),
    candidates: ["user", "url", "a", "b", "c", "d", "e"],
    hint: "Did you mean 'user'?",
  };

  t.is(
    formatDiagnostic(diagnostic, { source: "SELECT\r\n\tdistinct usr\nFROM t" }),
    [
      "a.sql:2:9: error SQL_INVALID: There is no column 'usr'.",
      "  | \tdistinct usr",
      "  | \t       ^",
      "  accepted: user, url, a, b, c and 2 more",
      "  hint: Did you mean 'user'?",
    ].join("\n"),
  );
});

test("without a place, candidates or hint only the head is printed", (t) => {
  t.is(formatDiagnostic(at("No."), { source: "x" }), "error SQL_INVALID: No.");
  t.is(formatDiagnostic(at("No.", undefined, 99, 1), { source: "x" }), "99:1: error SQL_INVALID: No.");
});

test("of a long line the part around the mark is shown, and nothing that a terminal would obey", (t) => {
  const source = `${"a".repeat(500)}\u001b[2J${"b".repeat(500)}`;
  const [, line = "", mark = ""] = formatDiagnostic(at("No.", "a.sql", 1, 505), { source }).split("\n");

  t.regex(line, /^ {2}\| \.\.\.a{96}\ufffd\[2Jb{60}\.\.\.$/);
  t.is(line.indexOf("b"), mark.indexOf("^"));
});

test("colours only wrap, they change no text", (t) => {
  const diagnostic = { ...at("No.", "a.sql", 1, 1), hint: "Yes." };
  const colored = formatDiagnostic(diagnostic, { color: true, source: "x" });

  t.not(colored, formatDiagnostic(diagnostic, { source: "x" }));
  // eslint-disable-next-line no-control-regex -- escape sequences are what is looked for
  t.is(colored.replaceAll(/\u001b\[\d+m/g, ""), formatDiagnostic(diagnostic, { source: "x" }));
});

test("every code says when, why, what to do and shows an example", (t) => {
  const incomplete = Object.entries(DIAGNOSTIC_CODES as Record<string, DiagnosticCodeInfo>).filter(
    ([, { when, cause, cure, example }]) =>
      [when, cause, cure, example.message, example.input].some((text) => text.length < 3) ||
      !cause.endsWith(".") ||
      !cure.endsWith("."),
  );

  t.deepEqual(incomplete, []);
});

test("only the command line exits with 2, and only the outside world with 3", (t) => {
  const codesOf = (exitCode: number) =>
    Object.entries(DIAGNOSTIC_CODES)
      .filter(([, info]) => info.exitCode === exitCode)
      .map(([code]) => code);

  t.deepEqual(codesOf(2), ["COMMAND_INVALID"]);
  t.deepEqual(codesOf(3), [
    "CREDENTIALS_MISSING",
    "ACCESS_DENIED",
    "CREDENTIALS_EXPIRED",
    "CREDENTIALS_REJECTED",
    "KMS_DENIED",
    "CLOCK_SKEWED",
    "STREAM_NOT_FOUND",
    "SERVICE_UNAVAILABLE",
    "EXTERNAL_FAILED",
  ]);
});

test("an error is known by its brand and by the codes of its diagnostics", (t) => {
  const error = new TributaryError([at("a"), { ...at("b"), code: "SQL_SYNTAX" }]);

  t.true(TributaryError.is(error));
  t.true(TributaryError.is(error, "SQL_SYNTAX"));
  t.false(TributaryError.is(error, "SQL_UNSUPPORTED"));
  t.false(TributaryError.is(new Error("a")));
  t.is(error.message, "a\nb");
});
