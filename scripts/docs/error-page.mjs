const EXIT_CODES = {
  1: "the input is wrong",
  2: "the command line is wrong",
  3: "the outside world failed",
};

/** docs/errors.md: every diagnostic code with its cause, its cure and an example. */
export function errorPage(codes) {
  const sections = Object.entries(codes).map(([code, info]) =>
    [
      `## ${code}`,
      `Given when ${info.when}. Exit code ${info.exitCode} (${EXIT_CODES[info.exitCode]}).`,
      `**Cause.** ${info.cause}`,
      `**Cure.** ${info.cure}`,
      "For example, this",
      `\`\`\`text\n${info.example.input}\n\`\`\``,
      "gives",
      `\`\`\`text\n${info.example.message}\n\`\`\``,
    ].join("\n\n"),
  );
  const intro =
    "Every error and warning has one of these codes. Tools read the code and the fields beside it " +
    "(`file`, `line`, `column`, `table`, `option`, `value`, `candidates`, `hint`), never the message. " +
    "A code keeps its meaning for ever.";
  return ["# Errors and warnings", intro, ...sections].join("\n\n");
}
