/** From a spec to a table descriptor: types, computed columns, watermark, key, partitions. */
import type {
  Column,
  Instant,
  LogicalType,
  PrimaryKey,
  Row,
  SqlValue,
  TableDescriptor,
  WatermarkDeclaration,
} from "@tributary/core";
import { printType } from "@tributary/core";
import { bindExpression, compileOptions } from "../binder/bind-expression.js";
import type { Faults } from "../binder/faults.js";
import { Abandoned, near } from "../binder/faults.js";
import { Scope } from "../binder/scope.js";
import type { Scalar } from "../expressions/scalar.js";
import type { CompileOptions } from "../expressions/stage-function.js";
import { compileScalar } from "../expressions/stage-function.js";
import { isTimestamp, withNullable } from "../expressions/type-rules.js";
import type { FunctionEnvironment } from "../functions/function.js";
import type { Identifier, Span } from "../parser/ast.js";
import type { ComputedSpec, TableSpec, WatermarkSpec } from "./table-spec.js";

/** A table of the catalog. */
export interface ResolvedSpec {
  readonly descriptor: TableDescriptor;
  readonly poisoned: ReadonlySet<string>;
}

/** Resolves a spec. Faults are reported; columns that have one are left out and named in `poisoned`. */
export function resolveTable(
  name: string,
  spec: TableSpec,
  span: Span,
  faults: Faults,
  environment: FunctionEnvironment,
): ResolvedSpec {
  return new TableResolver(name, spec, span, faults, environment).resolve();
}

class TableResolver {
  readonly #name: string;
  readonly #spec: TableSpec;
  readonly #span: Span;
  readonly #faults: Faults;
  readonly #environment: FunctionEnvironment;
  readonly #poisoned: Set<string>;

  constructor(name: string, spec: TableSpec, span: Span, faults: Faults, environment: FunctionEnvironment) {
    this.#name = name;
    this.#spec = spec;
    this.#span = span;
    this.#faults = faults;
    this.#environment = environment;
    this.#poisoned = new Set(spec.poisoned);
  }

  resolve(): ResolvedSpec {
    const spec = this.#spec;
    const primaryKey = this.#primaryKey();
    const keyed = new Set(primaryKey?.columns);
    this.#metadataKeys();
    const stored = spec.columns.filter((one) => one.kind !== "computed");
    const plain = new Scope(
      stored.map((one) =>
        this.#scopeColumn(one.name, keyed.has(one.name) ? withNullable(one.type, false) : one.type),
      ),
      this.#poisoned,
    );
    const columns: Column[] = [];
    for (const column of spec.columns) {
      if (column.kind === "computed") {
        const computed = this.#faults.attempt(() => this.#computed(column, plain));
        if (computed === undefined) this.#poisoned.add(column.name);
        else columns.push(computed);
        continue;
      }
      const { name, comment } = column;
      const type = keyed.has(name) ? withNullable(column.type, false) : column.type;
      const base = {
        name,
        type,
        place: this.#faults.place(column.span),
        ...(comment === undefined ? {} : { comment }),
      };
      columns.push(
        column.kind === "physical"
          ? { ...base, kind: "physical" }
          : { ...base, kind: "metadata", key: column.key, isVirtual: column.isVirtual },
      );
    }
    if (columns.length === 0 && this.#poisoned.size === 0)
      this.#faults.error("SCHEMA_INVALID", this.#span, `Table '${this.#name}' has no columns.`, {
        table: this.#name,
      });
    const watermark =
      spec.watermark === undefined
        ? undefined
        : this.#faults.attempt(() => this.#watermark(spec.watermark!, columns));
    if (spec.distribution !== undefined)
      this.#faults.error(
        "SQL_UNSUPPORTED",
        spec.distribution,
        "DISTRIBUTED is not run by the embedded runner.",
        {
          table: this.#name,
          hint: "Leave it out; PARTITIONED BY says how a sink spreads its rows.",
        },
      );
    const partitionKeys = this.#partitionKeys(columns);
    const descriptor: TableDescriptor = {
      name: this.#name,
      schema: {
        columns,
        ...(watermark === undefined ? {} : { watermark }),
        ...(primaryKey === undefined ? {} : { primaryKey }),
      },
      partitionKeys,
      options: spec.options,
      ...(spec.comment === undefined ? {} : { comment: spec.comment }),
      place: this.#faults.place(this.#span),
      ...(spec.partitionedBy.length === 0
        ? {}
        : {
            partitionKeysPlace: this.#faults.place(spec.partitionedBy[0]!.span),
            partitionKeyPlaces: new Map(
              spec.partitionedBy.map(({ name, span }) => [name, this.#faults.place(span)]),
            ),
          }),
    };
    return { descriptor, poisoned: this.#poisoned };
  }

  #scopeColumn(name: string, type: LogicalType): Scope["columns"][number] {
    return { qualifier: undefined, column: { name, field: name, type } };
  }

  #schemaFault(span: Span, message: string, details: Parameters<Faults["error"]>[3] = {}): never {
    return this.#faults.fail("SCHEMA_INVALID", span, message, { table: this.#name, ...details });
  }

  #computed(column: ComputedSpec, scope: Scope): Column {
    const { name, comment, text, span } = column;
    const scalar = this.#expression(column.expression, scope, `the computed column '${name}'`, name);
    if (scalar.type.kind === "NULL")
      this.#schemaFault(span, `The type of the computed column '${name}' is not known; CAST the NULL.`, {
        columnName: name,
      });
    const isProcessingTime = scalar.kind === "call" && scalar.implementation.name === "PROCTIME";
    return {
      kind: "computed",
      name,
      type: scalar.type,
      expression: text,
      evaluate: compileScalar(scalar, compileOptions(this.#faults, this.#environment)),
      place: this.#faults.place(span),
      ...(comment === undefined ? {} : { comment }),
      ...(isProcessingTime ? { isProcessingTime } : {}),
    };
  }

  /** Faults inside are those of the schema. */
  #expression(
    node: Parameters<typeof bindExpression>[0],
    scope: Scope,
    place: string,
    columnName: string,
  ): Scalar {
    const computed = this.#spec.columns.find((one) => one.kind === "computed" && refersTo(node, one.name));
    const isOther = computed !== undefined && !scope.columns.some((one) => one.column.name === computed.name);
    if (isOther)
      this.#schemaFault(node.span, `The expression uses the computed column '${computed.name}'.`, {
        columnName,
        hint: "A computed column sees physical and metadata columns only; write the expression out.",
      });
    const what = place.charAt(0).toUpperCase() + place.slice(1);
    return this.#faults.ofSchema({ table: this.#name, columnName, what }, () =>
      bindExpression(node, { scope, faults: this.#faults, environment: this.#environment, place }),
    );
  }

  #metadataKeys(): void {
    const seen = new Map<string, string>();
    for (const column of this.#spec.columns) {
      if (column.kind !== "metadata") continue;
      const other = seen.get(column.key);
      if (other !== undefined)
        this.#faults.error(
          "SCHEMA_INVALID",
          column.span,
          `Columns '${other}' and '${column.name}' both take the metadata key '${column.key}'.`,
          {
            table: this.#name,
            columnName: column.name,
          },
        );
      seen.set(column.key, column.name);
    }
  }

  #watermark(spec: WatermarkSpec, columns: readonly Column[]): WatermarkDeclaration {
    const { name } = spec.column;
    if (this.#poisoned.has(name)) throw new Abandoned();
    const column = columns.find((one) => one.name === name);
    if (column === undefined)
      return this.#schemaFault(
        spec.column.span,
        `The WATERMARK is for the column '${name}', which does not exist.`,
        {
          columnName: name,
          candidates: near(
            name,
            columns.filter((one) => isTimestamp(one.type)).map((one) => one.name),
          ),
        },
      );
    if (column.kind === "computed" && column.isProcessingTime === true)
      return this.#schemaFault(
        spec.column.span,
        `The WATERMARK cannot be for '${name}': it is a processing time.`,
        { columnName: name },
      );
    this.#timeType(column.type, spec.column.span, `The WATERMARK column '${name}'`, name);
    const scope = new Scope(
      columns.map((one) => this.#scopeColumn(one.name, one.type)),
      this.#poisoned,
    );
    const what = `The WATERMARK of '${name}'`;
    const scalar = this.#faults.ofSchema({ table: this.#name, columnName: name, what }, () =>
      bindExpression(spec.expression, {
        scope,
        faults: this.#faults,
        environment: this.#environment,
        place: "the WATERMARK",
      }),
    );
    this.#timeType(scalar.type, spec.expression.span, `The WATERMARK expression of '${name}'`, name);
    if (scalar.type.kind !== column.type.kind)
      this.#schemaFault(
        spec.expression.span,
        `The WATERMARK expression is ${printType(scalar.type)}, the column '${name}' ${printType(column.type)}.`,
        {
          columnName: name,
          hint: "Both must be TIMESTAMP or both TIMESTAMP_LTZ.",
        },
      );
    return {
      column: name,
      expression: spec.text,
      eventTime: (row) => millis(row[name]),
      watermark: watermarkFunction(scalar, compileOptions(this.#faults, this.#environment)),
      place: this.#faults.place(spec.span),
    };
  }

  #timeType(type: LogicalType, span: Span, what: string, columnName: string): void {
    if (isTimestamp(type) && type.precision <= 3) return;
    this.#schemaFault(span, `${what} is ${printType(withNullable(type, true))}.`, {
      columnName,
      candidates: ["TIMESTAMP(3)", "TIMESTAMP_LTZ(3)"],
      hint: isTimestamp(type)
        ? `Its precision must be 0 to 3: declare TIMESTAMP(3), or CAST(... AS ${type.kind}(3)).`
        : "It must be TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p from 0 to 3.",
    });
  }

  #primaryKey(): PrimaryKey | undefined {
    const key = this.#spec.primaryKey;
    if (key === undefined) return undefined;
    const names: string[] = [];
    for (const identifier of key.columns) {
      const column = this.#spec.columns.find((one) => one.name === identifier.name);
      const isTwice = names.includes(identifier.name);
      names.push(identifier.name);
      const message =
        column === undefined
          ? this.#poisoned.has(identifier.name)
            ? undefined
            : `The PRIMARY KEY names the column '${identifier.name}', which does not exist.`
          : column.kind !== "physical"
            ? `The PRIMARY KEY names '${identifier.name}', a ${column.kind} column; it must be a physical one.`
            : isTwice
              ? `The PRIMARY KEY names '${identifier.name}' twice.`
              : undefined;
      if (message !== undefined)
        this.#faults.error("SCHEMA_INVALID", identifier.span, message, {
          table: this.#name,
          columnName: identifier.name,
          candidates: near(
            identifier.name,
            this.#spec.columns.filter((one) => one.kind === "physical").map((one) => one.name),
          ),
        });
    }
    return { name: key.name ?? `PK_${names.join("_")}`, columns: names };
  }

  #partitionKeys(columns: readonly Column[]): readonly string[] {
    const names = columns.map((one) => one.name);
    const seen = new Set<string>();
    // A column that does not exist is reported here, once: the connector is not told of it.
    const known: string[] = [];
    for (const { name, span } of this.#spec.partitionedBy) {
      if (!names.includes(name) && !this.#poisoned.has(name))
        this.#faults.error(
          "SCHEMA_INVALID",
          span,
          `PARTITIONED BY names the column '${name}', which does not exist.`,
          {
            table: this.#name,
            columnName: name,
            candidates: near(name, names),
          },
        );
      else if (seen.has(name))
        this.#faults.error("SCHEMA_INVALID", span, `PARTITIONED BY names the column '${name}' twice.`, {
          table: this.#name,
          columnName: name,
        });
      else if (names.includes(name)) known.push(name);
      seen.add(name);
    }
    return known;
  }
}

function refersTo(value: unknown, name: string): boolean {
  if (Array.isArray(value)) return value.some((one) => refersTo(one, name));
  if (typeof value !== "object" || value === null) return false;
  const node = value as { kind?: string; parts?: readonly Identifier[] };
  if (node.kind === "ColumnReference") return node.parts![0]!.name === name;
  return Object.values(node).some((one) => refersTo(one, name));
}

function millis(value: SqlValue): number | null {
  return value === null ? null : (value as Instant).epochMillis;
}

/** The watermark's milliseconds; the usual forms without making a timestamp for each row. */
function watermarkFunction(scalar: Scalar, options: CompileOptions): (row: Row) => number | null {
  if (scalar.kind === "column") {
    const { name } = scalar;
    return (row) => millis(row[name]);
  }
  const [left, right] = scalar.kind === "call" && scalar.implementation.name === "-" ? scalar.arguments : [];
  if (left?.kind === "column" && right?.kind === "literal" && typeof right.value === "bigint") {
    const { name } = left;
    const delay = Number(right.value);
    return (row) => {
      const value = row[name];
      return value === null ? null : (value as Instant).epochMillis - delay;
    };
  }
  const evaluate = compileScalar(scalar, options);
  return (row) => millis(evaluate(row));
}
