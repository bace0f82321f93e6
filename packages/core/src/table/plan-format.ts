/** A format on its own, without a connector: for tools that turn records into rows and back. */
import type { Decoder, Encoder, FormatServices } from "../connector/format.js";
import type { FormatFactory } from "../factory/factory.js";
import { factoryNotFound } from "../factory/not-found.js";
import { parseOptions } from "../options/parse-options.js";
import { declaredOptions } from "../options/option.js";
import { isSecretKey } from "../diagnostics/secrets.js";
import type { RowType } from "../types/logical-type.js";
import type { RowKind } from "../types/row-kind.js";
import type { PlanContext, Planned } from "./planning.js";
import { TableDiagnostics } from "./table-diagnostics.js";
import type { TableDescriptor, TableOption } from "./table.js";

/** Which format, and for which rows. @public */
export interface FormatRequest {
  readonly identifier: string;
  /** Name to call the rows by in messages. */
  readonly table: string;
  /** The physical columns; NOT NULL, as a table's row is. */
  readonly rowType: RowType;
  /** Keys with the format's prefix, as in a table. */
  readonly options: readonly TableOption[];
}

/** A decoder, and the kinds of rows that it emits. @public */
export interface PlannedDecoder {
  readonly decoder: Decoder;
  readonly changelog: readonly RowKind[];
}

/** An encoder, and the kinds of rows that it takes. @public */
export interface PlannedEncoder {
  readonly encoder: Encoder;
  /** Awaited before the first row is encoded; absent if the format needs nothing from outside. */
  readonly prepare?: (services: FormatServices) => Promise<void>;
  readonly changelog: readonly RowKind[];
}

/**
 * Finds a format, checks its options and columns, and makes a decoder. Connects to nothing.
 *
 * @returns diagnostics of every fault at once; warnings too.
 * @public
 */
export function planDecoder(request: FormatRequest, context: PlanContext): Planned<PlannedDecoder> {
  return plan(request, context, "DecodingFormat", ({ factory, options, diagnostics }) => {
    const { identifier, rowType, table } = request;
    const format = factory.createDecoding?.(options, diagnostics.factoryContext(context, identifier));
    return format && { decoder: format.createDecoder({ table, rowType }), changelog: format.changelog };
  });
}

/**
 * Finds a format, checks its options and columns, and makes an encoder. Connects to nothing.
 *
 * @returns diagnostics of every fault at once; warnings too.
 * @public
 */
export function planEncoder(request: FormatRequest, context: PlanContext): Planned<PlannedEncoder> {
  return plan(request, context, "EncodingFormat", ({ factory, options, diagnostics }) => {
    const { identifier, rowType, table } = request;
    const format = factory.createEncoding?.(options, diagnostics.factoryContext(context, identifier));
    if (format === undefined) return undefined;
    const { changelog } = format;
    const encoder = format.createEncoder({ table, rowType });
    const prepare = format.prepare?.bind(format, { table, rowType });
    return { encoder, changelog, ...(prepare !== undefined && { prepare }) };
  });
}

interface FoundFormat {
  readonly factory: FormatFactory;
  readonly options: object;
  readonly diagnostics: TableDiagnostics;
}

function plan<T>(
  request: FormatRequest,
  context: PlanContext,
  wanted: "DecodingFormat" | "EncodingFormat",
  make: (found: FoundFormat) => T | undefined,
): Planned<T> {
  const { identifier } = request;
  const factory = context.registry.findFormat(identifier);
  if (factory === undefined) {
    return {
      diagnostics: [{ ...factoryNotFound(context.registry, "format", identifier), value: identifier }],
    };
  }
  if (!factory.provides.includes(wanted)) return { diagnostics: [wrongDirection(request, context, wanted)] };
  const { value: options, diagnostics: found } = parseOptions(factory.options, request.options, {
    role: "format",
    identifier,
    table: request.table,
    prefix: `${identifier}.`,
    secretKeys: context.redactionKeys ?? [],
  });
  if (options === undefined) return { diagnostics: found };
  const diagnostics = new TableDiagnostics(
    tableOf(request),
    new Map(request.options.map((option) => [option.key, option])),
    (key) => isSecretKey(key, context.redactionKeys) || isDeclaredSecret(factory, key),
  );
  const made = diagnostics.collect(identifier, () => make({ factory, options, diagnostics }));
  const all = [...diagnostics.all, ...found];
  return made === undefined || diagnostics.hasError
    ? { diagnostics: all }
    : { value: made, diagnostics: all };
}

function isDeclaredSecret({ options, identifier }: FormatFactory, key: string): boolean {
  return declaredOptions(options).some((one) => one.isSecret === true && `${identifier}.${one.key}` === key);
}

function wrongDirection(
  { identifier, table }: FormatRequest,
  { registry }: PlanContext,
  wanted: "DecodingFormat" | "EncodingFormat",
): Planned<never>["diagnostics"][number] {
  const candidates = registry.registrations
    .filter((one) => one.role === "format" && one.interface === wanted)
    .map((one) => one.identifier);
  return {
    severity: "error",
    code: "FACTORY_NOT_FOUND",
    message: `The format '${identifier}' can ${wanted === "DecodingFormat" ? "only write" : "only read"}.`,
    table,
    value: identifier,
    candidates,
    hint: "Use one of the candidates.",
  };
}

function tableOf({ table, rowType, options }: FormatRequest): TableDescriptor {
  const columns = rowType.fields.map(({ name, type }) => ({ kind: "physical" as const, name, type }));
  return { name: table, schema: { columns }, partitionKeys: [], options };
}
