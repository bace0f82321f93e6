import type { OptionsClass } from "../factory/factory.js";
import type { FactoryRegistry } from "../factory/registry.js";
import { describeOptions } from "../options/describe-options.js";
import type { OptionDescription } from "../options/describe-options.js";
import { DecodeOptions, FrameworkOptions } from "./framework-options.js";

/**
 * Every option of a table with a connector: `connector` and `format`, those of its source and of its sink, each once,
 * and those that every table takes. An option that only one role requires says so.
 *
 * @returns undefined if the registry has no such connector.
 * @public
 */
export function describeConnector(
  registry: FactoryRegistry,
  identifier: string,
): readonly OptionDescription[] | undefined {
  const source = registry.findSource(identifier);
  const sink = registry.findSink(identifier);
  if (source === undefined && sink === undefined) return undefined;
  const [connector, ...framework] = describeOptions(FrameworkOptions);
  const formats = [source?.format, sink?.format].filter((one) => one !== undefined);
  const byKey = new Map<string, OptionDescription>();
  const add = (options: readonly OptionDescription[]): void => {
    for (const option of options) if (!byKey.has(option.key)) byKey.set(option.key, option);
  };
  if (connector !== undefined) add([connector]);
  const own = mergeRoles(describe(source?.options), describe(sink?.options));
  if (!own.some(({ key }) => key === "format") && formats.some((one) => one !== "none")) {
    add([formatOption(formats.every((one) => one === "required"))]);
  }
  add(own);
  if (source !== undefined && source.format !== "none") add(describeOptions(DecodeOptions));
  const isScan = ({ key }: OptionDescription): boolean => key.startsWith("scan.");
  add(framework.filter((option) => source !== undefined || !isScan(option)));
  return [...byKey.values()];
}

function describe(options: OptionsClass<object> | undefined): readonly OptionDescription[] | undefined {
  return options === undefined ? undefined : describeOptions(options);
}

function mergeRoles(
  source: readonly OptionDescription[] | undefined,
  sink: readonly OptionDescription[] | undefined,
): readonly OptionDescription[] {
  if (source === undefined || sink === undefined) return source ?? sink ?? [];
  const byKey = (options: readonly OptionDescription[]) => new Map(options.map((one) => [one.key, one]));
  const [ofSource, ofSink] = [byKey(source), byKey(sink)];
  return [...source, ...sink.filter(({ key }) => !ofSource.has(key))].map((option) => ({
    ...option,
    required: requiredIn(ofSource.get(option.key), ofSink.get(option.key)),
  }));
}

function requiredIn(
  source: OptionDescription | undefined,
  sink: OptionDescription | undefined,
): boolean | string {
  if (source?.required === true && sink?.required === true) return true;
  if (source?.required === true) return "when the table is read";
  if (sink?.required === true) return "when the table is written";
  return (source?.required || sink?.required) ?? false;
}

function formatOption(isRequired: boolean): OptionDescription {
  return {
    key: "format",
    type: "String",
    default: null,
    required: isRequired,
    forwarded: false,
    values: null,
    description:
      "Identifier of the format of the payload; its own options stand below the identifier as prefix.",
    deprecatedKeys: [],
  };
}
