/** One page for each connector and format, and an index of them: file name to text. */
export function optionPages({ describeConnector, describeOptions }, wirings) {
  const pages = new Map();
  for (const { registry, module, suffix } of wirings) {
    for (const { role, identifier } of registry.registrations) {
      const name = `${identifier}${suffix}.md`;
      if (pages.has(name)) continue;
      const isFormat = role === "format";
      const roles = registry.registrations.filter((one) => one.identifier === identifier);
      const options = isFormat
        ? describeOptions(registry.findFormat(identifier).options, `${identifier}.`)
        : describeConnector(registry, identifier);
      pages.set(name, { title: titleOf(identifier, isFormat, module, roles), options });
    }
  }
  const names = [...pages.keys()].sort((a, b) => (a < b ? -1 : 1));
  const index = names.map((name) => `- [${pages.get(name).title}](${name})`).join("\n");
  return new Map([
    ["README.md", `# Options of connectors and formats\n\n${index}`],
    ...names.map((name) => [name, pageOf(pages.get(name))]),
  ]);
}

function titleOf(identifier, isFormat, module, roles) {
  const what = isFormat ? "format" : roles.map(({ role }) => role).join(" and ");
  return `\`${identifier}\`: ${what} of the module \`${module}\``;
}

function pageOf({ title, options }) {
  const intro =
    "All values are texts: durations as `10 s` or `PT10S`, sizes as `5 mb`. `#` stands for a part of the key that varies.";
  return [`# ${title}`, intro, optionTable(options)].join("\n\n");
}

/** The options as a table, one a row. */
export function optionTable(options) {
  const rows = options.map((option) =>
    [
      code(option.key),
      option.type,
      defaultText(option.default),
      requiredText(option.required),
      meaningOf(option),
    ].join(" | "),
  );
  const head = ["Option | Type | Default | Required | Meaning", "--- | --- | --- | --- | ---"];
  return [...head, ...rows].map((row) => `| ${row} |`).join("\n");
}

/** Nothing where there is none; an empty text is told from that. */
function defaultText(value) {
  if (value === null) return "";
  return value === "" ? "empty text" : code(value);
}

function requiredText(required) {
  if (required === true) return "yes";
  return required === false ? "" : cell(required);
}

function meaningOf({ description, values, deprecatedKeys }) {
  const parts = [cell(description)];
  if (values !== null) parts.push(`One of ${values.map(code).join(", ")}.`);
  if (deprecatedKeys.length > 0) parts.push(`Also accepted: ${deprecatedKeys.map(code).join(", ")}.`);
  return parts.join(" ");
}

/** A text inside a table's cell. */
function cell(text) {
  return text.replaceAll("|", "\\|").replaceAll("*", "\\*").replaceAll("<", "&lt;").replaceAll("\n", " ");
}

function code(text) {
  const quoted = text.replaceAll("|", "\\|");
  return text.includes("`") || text === "" ? `\`\` ${quoted} \`\`` : `\`${quoted}\``;
}
