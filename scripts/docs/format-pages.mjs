import { optionTable } from "./option-pages.mjs";

const BLOCK = /(<!-- options of (\S+): [^>]* -->\n)[\s\S]*?(<!-- end of options -->)/g;

/**
 * The pages that people write about formats, with the tables of options as the code has them.
 *
 * @param pages - file name to text.
 * @returns the same, each block between its two comments filled; and the formats that lack a page of their own.
 */
export function formatPages({ describeOptions }, wirings, pages) {
  const factories = new Map(
    wirings
      .flatMap(({ registry }) => registry.registrations.map((one) => [one, registry]))
      .filter(([one]) => one.role === "format")
      .map(([{ identifier }, registry]) => [identifier, registry.findFormat(identifier)]),
  );
  const filled = new Map();
  for (const [name, text] of pages) {
    const block = (_, head, identifier, end) => {
      const factory = factories.get(identifier);
      if (factory === undefined) throw new Error(`docs/formats/${name}: there is no format '${identifier}'`);
      return `${head}\n${optionTable(describeOptions(factory.options, `${identifier}.`))}\n\n${end}`;
    };
    filled.set(name, text.replaceAll(BLOCK, block));
  }
  const missing = [...factories.keys()].filter((identifier) => !pages.has(`${identifier}.md`));
  return { pages: filled, missing };
}
