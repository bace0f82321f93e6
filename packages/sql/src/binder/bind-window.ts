/** Window table functions: TUMBLE, HOP and CUMULATE over a time attribute. After Apache Flink, "Windowing TVF". */
import type { Scalar } from "../expressions/scalar.js";
import { timestampType } from "../expressions/type-rules.js";
import type * as ast from "../parser/ast.js";
import type { RelationColumn, WindowRelation, WindowSpec } from "../planner/relation.js";
import type { BoundTable, QueryContext } from "./query-context.js";
import { renamed } from "./query-context.js";
import { bindExpression, isExpression } from "./bind-expression.js";
import { near } from "./faults.js";
import { Scope } from "./scope.js";

interface WindowFunction {
  readonly kind: WindowSpec["kind"];
  /** Named forms of the arguments after DATA and TIMECOL. */
  readonly parameters: readonly ("SIZE" | "SLIDE" | "STEP" | "GAP" | "OFFSET")[];
}

const FUNCTIONS: Readonly<Record<string, WindowFunction>> = {
  TUMBLE: { kind: "TUMBLE", parameters: ["SIZE", "OFFSET"] },
  HOP: { kind: "HOP", parameters: ["SLIDE", "SIZE", "OFFSET"] },
  CUMULATE: { kind: "CUMULATE", parameters: ["STEP", "SIZE", "OFFSET"] },
  SESSION: { kind: "SESSION", parameters: ["GAP"] },
};

const FORMS =
  "TUMBLE(TABLE t, DESCRIPTOR(c), size [, offset]), HOP(..., slide, size), CUMULATE(..., step, size) and SESSION(TABLE t [PARTITION BY k], DESCRIPTOR(c), gap)";

type Arguments = ReadonlyMap<string, ast.FunctionArgument>;

/** Binds `TABLE(TUMBLE(...))` and the bare form. */
export function bindWindowFunction(node: ast.TableFunction, binder: QueryContext): BoundTable {
  const { faults } = binder;
  const { call } = node;
  const name = call.name.parts
    .map((one) => one.name)
    .join(".")
    .toUpperCase();
  const definition = FUNCTIONS[name];
  if (definition === undefined) {
    if (node.form === "LATERAL TABLE")
      return faults.unsupported(node.span, `LATERAL TABLE(${name}(...))`, `Table functions are ${FORMS}.`);
    return faults.invalid(call.name.span, `There is no table function '${name}'.`, {
      candidates: near(name, Object.keys(FUNCTIONS)),
    });
  }
  const args = named(call, definition, binder);
  const data = args.get("DATA");
  const time = args.get("TIMECOL");
  if (data?.kind !== "TableArgument")
    return faults.invalid(call.span, `${name} starts with TABLE t.`, {
      hint: `Supported windows are ${FORMS}.`,
    });
  if (time?.kind !== "Descriptor" || time.columns.length !== 1)
    return faults.invalid(call.span, `${name} needs DESCRIPTOR(c) with one column.`);
  if (data.orderBy.length > 0) return faults.invalid(data.span, `${name} takes no ORDER BY.`);
  if (data.partitionBy.length > 0 && name !== "SESSION")
    return faults.invalid(data.span, `${name} takes no PARTITION BY; only SESSION does.`);
  const input = dataTable(data, binder);
  const column = timeColumn(time, input, name, binder);
  const zone = column.type.kind === "TIMESTAMP_LTZ" ? binder.environment.timeZone : undefined;
  const spec = windowSpec(definition, args, zone, call, binder);
  return windowTable(node, input, column, spec, partitionFields(data, input, binder), binder);
}

function dataTable(data: ast.TableArgument, binder: QueryContext): BoundTable {
  if (data.table.kind === "Query") {
    const relation = binder.query(data.table);
    return {
      relation,
      scope: relation.columns.map((column) => ({ qualifier: undefined, column })),
      poisoned: new Set(),
    };
  }
  return binder.namedTable(data.table);
}

/** Arguments by name; by position they stand in the order of the definition. */
function named(call: ast.FunctionCall, definition: WindowFunction, binder: QueryContext): Arguments {
  const names = ["DATA", "TIMECOL", ...definition.parameters];
  const found = new Map<string, ast.FunctionArgument>();
  for (const [i, argument] of call.arguments.entries()) {
    const name = argument.kind === "NamedArgument" ? argument.name.name.toUpperCase() : names[i];
    if (name === undefined || !names.includes(name))
      return binder.faults.invalid(
        argument.span,
        argument.kind === "NamedArgument"
          ? `${definition.kind} has no argument '${argument.name.name}'.`
          : `${definition.kind} takes at most ${names.length} arguments.`,
        { candidates: near(name ?? "", names) },
      );
    if (found.has(name)) return binder.faults.invalid(argument.span, `${name} is given twice.`);
    found.set(name, argument.kind === "NamedArgument" ? argument.value : argument);
  }
  return found;
}

/** PARTITION BY of SESSION: columns of the table. */
function partitionFields(
  data: ast.TableArgument,
  input: BoundTable,
  binder: QueryContext,
): readonly string[] {
  const scope = new Scope(input.scope, input.poisoned);
  return data.partitionBy.map((one) =>
    one.kind === "ColumnReference"
      ? scope.resolve(one.parts, binder.faults).column.field
      : binder.faults.invalid(one.span, "PARTITION BY of SESSION takes columns of the table."),
  );
}

function timeColumn(
  time: ast.DescriptorArgument,
  input: BoundTable,
  name: string,
  binder: QueryContext,
): RelationColumn {
  const { faults } = binder;
  const [identifier] = time.columns as readonly [ast.Identifier];
  const scope = new Scope(input.scope, input.poisoned);
  const { column } = scope.resolve([identifier], faults);
  if (column.timeAttribute === "processing")
    return faults.unsupported(
      time.span,
      `${name} over processing time`,
      "Windows are cut by event time: give the table a WATERMARK.",
    );
  if (column.timeAttribute !== "event") {
    const candidates = input.relation.columns
      .filter((one) => one.timeAttribute === "event")
      .map((one) => one.name);
    return faults.invalid(identifier.span, `Column '${identifier.name}' is no time attribute.`, {
      columnName: identifier.name,
      candidates: near(identifier.name, candidates),
      hint:
        candidates.length > 0
          ? `The time attribute here is '${candidates[0]}'.`
          : "Declare WATERMARK FOR the column in the table; a cast or arithmetic on the column takes the attribute away.",
    });
  }
  return column;
}

function windowSpec(
  definition: WindowFunction,
  args: Arguments,
  zone: string | undefined,
  call: ast.FunctionCall,
  binder: QueryContext,
): WindowSpec {
  const { faults } = binder;
  const { kind } = definition;
  const interval = (name: string): number | undefined => {
    const argument = args.get(name);
    return argument === undefined ? undefined : milliseconds(name, argument, binder);
  };
  const required = (name: "SIZE" | "SLIDE" | "STEP" | "GAP"): number => {
    const value = interval(name);
    if (value === undefined)
      return faults.invalid(call.span, `${kind} needs its ${name.toLowerCase()}.`, {
        hint: `Supported windows are ${FORMS}.`,
      });
    if (value < 1)
      return faults.invalid(args.get(name)!.span, `The ${name.toLowerCase()} of ${kind} must be positive.`);
    return value;
  };
  if (kind === "SESSION") {
    const gapMs = required("GAP");
    return { kind, sizeMs: gapMs, stepMs: gapMs, offsetMs: 0, zone };
  }
  const stepName = kind === "HOP" ? "SLIDE" : "STEP";
  const step = kind === "TUMBLE" ? undefined : required(stepName);
  const sizeMs = required("SIZE");
  const stepMs = step ?? sizeMs;
  if (sizeMs % stepMs !== 0)
    return faults.invalid(
      args.get(stepName)!.span,
      `The size of ${kind} (${sizeMs} ms) must be a multiple of its ${stepName.toLowerCase()} (${stepMs} ms).`,
    );
  return { kind, sizeMs, stepMs, offsetMs: interval("OFFSET") ?? 0, zone };
}

function milliseconds(name: string, argument: ast.FunctionArgument, binder: QueryContext): number {
  const { faults } = binder;
  const scalar: Scalar | undefined = isExpression(argument)
    ? bindExpression(argument, binder.expressions(new Scope([]), "a window function"))
    : undefined;
  if (scalar?.kind !== "literal" || scalar.type.kind !== "INTERVAL_DAY_TIME")
    return faults.invalid(
      argument.span,
      `The ${name.toLowerCase()} of a window is a constant interval such as INTERVAL '10' MINUTE.`,
    );
  return Number(scalar.value);
}

function windowTable(
  node: ast.TableFunction,
  input: BoundTable,
  time: RelationColumn,
  spec: WindowSpec,
  partition: readonly string[],
  binder: QueryContext,
): BoundTable {
  const fields = new Set(input.relation.columns.map((one) => one.field));
  const free = (name: string): string => (fields.has(name) ? free(`${name}$`) : name);
  const plain = input.relation.columns.map((one): RelationColumn => {
    const { timeAttribute, windowPart: _, ...rest } = one;
    return timeAttribute === "processing" ? { ...rest, timeAttribute } : rest;
  });
  const bounds: RelationColumn[] = [
    { name: "window_start", field: free("window_start"), type: timestampType(3) },
    { name: "window_end", field: free("window_end"), type: timestampType(3) },
    {
      name: "window_time",
      field: free("window_time"),
      type: { ...time.type, nullable: false },
      timeAttribute: "event",
    },
  ];
  const parts = ["start", "end", "time"] as const;
  const relation: WindowRelation = {
    kind: "window",
    input: input.relation,
    spec,
    timeField: time.field,
    partitionFields: partition,
    span: node.span,
    columns: [],
  };
  // The columns refer to their relation, so they are put in after it exists.
  const columns = [
    ...plain,
    ...bounds.map((one, i) => ({ ...one, windowPart: { window: relation, part: parts[i]! } })),
  ];
  Object.assign(relation, { columns });
  const alias = node.alias?.name.name;
  const qualifier = (i: number): string | undefined => alias ?? input.scope[i]?.qualifier;
  return {
    relation: relation,
    scope: renamed(relation, node.alias?.columns ?? [], node.alias?.name, binder.faults).columns.map(
      (column, i) => ({
        qualifier: qualifier(i),
        column,
      }),
    ),
    poisoned: input.poisoned,
  };
}
