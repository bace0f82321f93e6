/** Every format of the module's registrations, ready to be fed. */
import { createRegistry, optionEntries, parseOptions, TributaryError } from "@tributary/core";
import type {
  DecodingFormat,
  EncodingFormat,
  FactoryContext,
  FormatFactory,
  FormatServices,
  RowType,
} from "@tributary/core";
import { SILENT_LOGGER, VirtualClock } from "@tributary/core/testing";
import { formats, SCHEMA_REGISTRIES } from "@tributary/formats";
import type { SchemaRegistries } from "@tributary/formats";
import { rowTypeOf } from "../codec.js";
import { DEFAULT_SETUP, SETUPS } from "./setups.js";
import type { Setup } from "./setups.js";

/** A format with options and a table. */
export interface Subject {
  /** `json, lenient` */
  readonly name: string;
  /** Identifier of the format. */
  readonly format: string;
  readonly setup: Setup;
  readonly rowType: RowType;
  readonly decoding: DecodingFormat;
  readonly encoding: EncodingFormat;
  readonly isLenient: boolean;
}

export const SERVICES: FormatServices = {
  clock: new VirtualClock(),
  random: { next: () => 0.5, uuid: () => "00000000-0000-4000-8000-000000000000" },
  logger: SILENT_LOGGER,
  signal: new AbortController().signal,
};

/** What was registered last: every subject registers its schema before its messages are read. */
let registered = "";

/** A registry that has one schema, under whatever subject, and one that is no schema. */
const registries: SchemaRegistries = {
  connect: () => ({
    register: (_subject, schema) => {
      registered = schema;
      return Promise.resolve(1);
    },
    schemaById: (id) => {
      if (id === 1) return Promise.resolve({ schema: registered });
      return Promise.resolve(id === 0 ? { schema: "no schema" } : undefined);
    },
  }),
};

const VERSION_ID = "11111111-2222-4333-8444-555555555555";

/** The same in the form of the Glue Schema Registry. */
const glueRegistries = {
  connect: () => ({
    versionIdOf: (definition: string) => {
      registered = definition;
      return Promise.resolve(VERSION_ID);
    },
    latestSchema: () => Promise.resolve(undefined),
    schemaByVersionId: (versionId: string) =>
      Promise.resolve(
        versionId === VERSION_ID ? { versionId, definition: registered, dataFormat: "AVRO" } : undefined,
      ),
  }),
};

/** @param identifiers - of the formats that are wanted; all of them if there are none. */
export function subjectsOf(identifiers: readonly string[] = []): Subject[] {
  const registry = createRegistry([formats], {
    bindings: [
      { token: SCHEMA_REGISTRIES, value: registries },
      { token: Symbol.for("@tributary/formats/GlueSchemaRegistries"), value: glueRegistries },
    ],
  });
  const known = registry.registrations.filter(({ role }) => role === "format").map((one) => one.identifier);
  return [...new Set(known)]
    .filter((identifier) => identifiers.length === 0 || identifiers.includes(identifier))
    .flatMap((identifier) => {
      const factory = registry.findFormat(identifier);
      if (factory === undefined)
        throw new Error(`The format '${identifier}' is registered and cannot be found.`);
      return (SETUPS[identifier] ?? [DEFAULT_SETUP]).map((setup) => subjectOf(factory, setup));
    });
}

/** What a factory may know; no format of this package asks for more than its options. */
function contextOf(setup: Setup): FactoryContext {
  return {
    table: { name: "t", schema: { columns: [] }, partitionKeys: [], options: [] },
    timeZone: "UTC",
    logger: SERVICES.logger,
    report: ({ message }) => {
      throw new Error(`${setup.title}: ${message}`);
    },
    resolveClass: () => undefined,
  };
}

function subjectOf(factory: FormatFactory, setup: Setup): Subject {
  const { identifier } = factory;
  const prefix = `${identifier}.`;
  const { value, diagnostics } = parseOptions(
    factory.options,
    optionEntries(
      Object.fromEntries(Object.entries(setup.options).map(([key, text]) => [prefix + key, text])),
    ),
    { prefix, table: "t", identifier },
  );
  if (value === undefined) throw new TributaryError(diagnostics);
  const context = contextOf(setup);
  const decoding = factory.createDecoding?.(value, context);
  const encoding = factory.createEncoding?.(value, context);
  if (decoding === undefined || encoding === undefined) {
    throw new Error(`The format '${identifier}' goes one way only, and there is no list of its messages.`);
  }
  return {
    name: `${identifier}, ${setup.title}`,
    format: identifier,
    setup,
    rowType: rowTypeOf(setup.columns),
    decoding,
    encoding,
    isLenient: setup.options["ignore-parse-errors"] === "true",
  };
}
